"""Zips that are the same bytes each time: sorted names, the action's day as time, harmless names, parts of a size."""

import re
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from datetime import date
from io import BytesIO

MiB = 1024 * 1024
_STRANGE = re.compile(r"[^A-Za-z0-9_-]+")
_ENDING = re.compile(r"\.([A-Za-z0-9]{1,8})")
HEAD = 256 * 1024
"""Bytes kept free in each zip for README, manifest and directory."""
_OVERHEAD = 300
"""Bytes that a file takes beside its own; generous."""


class TooLargeError(ValueError):
    """The files don't fit the size that a zip may have."""


def member(folder: str, number: int, text: str, file: str) -> str:
    """A name for a document within a zip: numbered, so that no two fall together and none is a name that systems keep.

    Args:
        folder: in the zip.
        number: of the document, from 1.
        text: what it is called after, e.g. an invoice's number: from strangers.
        file: the file's own name, whose ending stays.
    """
    word = _STRANGE.sub("-", text).strip("-")[:60]
    ending = _ENDING.fullmatch(file[file.rfind(".") :]) if "." in file else None
    return f"{folder}/{number:03d}{f'_{word}' if word else ''}.{ending[1].lower() if ending else 'bin'}"


def packed(files: Mapping[str, bytes], most: int, *, split: bool, core: Sequence[str]) -> list[list[str]]:
    """The names of each part, the first with all that is `core`.

    Args:
        files: by name.
        most: bytes of a zip.
        split: whether there may be several.
        core: the names that stay together.

    Raises:
        TooLargeError: they don't fit.
    """
    parts: list[list[str]] = [sorted(core)]
    room = most - HEAD
    sizes = [sum(_size(files[name]) for name in core)]
    for name in sorted(set(files) - set(core)):
        size = _size(files[name])
        place = next((place for place, used in enumerate(sizes) if used + size <= room), None)
        if place is None:
            if not split:
                raise TooLargeError(
                    f"the file is larger than {most // MiB} MiB; `split: true` makes several zips of it"
                )
            parts.append([])
            sizes.append(0)
            place = len(parts) - 1
        parts[place].append(name)
        sizes[place] += size
    if max(sizes) > room:
        raise TooLargeError(f"a document, or the data together, is larger than the {most // MiB} MiB of a zip")
    return parts


def zipped(files: Mapping[str, bytes], day: date) -> bytes:
    """A zip of files, by name. Years before 1980 are none that a zip can say; dates of actions are later."""
    made = BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, (max(day.year, 1980), day.month, day.day, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # as on Unix, wherever it is made
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, files[name])
    return made.getvalue()


def _size(data: bytes) -> int:
    return len(zlib.compress(data, 6)) + _OVERHEAD
