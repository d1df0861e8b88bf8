"""A day's lists as files: made anew from all its entries, but never over what somebody has filled in.

A sheet that was changed since it was written belongs to whoever changed it. It stays as it is, and entries that it
doesn't hold yet go to the next sheet: `calls.csv`, `calls_2.csv` ... Which bytes were written is kept, as hashes, in
`.lists`. A calendar is always made anew: its entries keep their UIDs.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from hashlib import file_digest, sha256
from pathlib import Path

from policy_engine.adapters.disk import sync
from policy_engine.adapters.lists.calendar import Look, calendar
from policy_engine.adapters.lists.entry import KINDS, Entry, Kind
from policy_engine.adapters.lists.sheet import sheet
from policy_engine.adapters.lists.shelf import Shelf

NAMES: dict[Kind, str] = {"call": "calls", "task": "tasks"}
"""The files' names, by kind."""
KNOWN = ".lists"
"""Holds the hashes of the sheets that were written, one a line."""
_STRANGE = re.compile(r"[^A-Za-z0-9-]+")


@dataclass(frozen=True, slots=True)
class Form:
    """How lists are written.

    Attributes:
        separator: of cells, `,` or `;`; None: that of the language.
        whole_script: scripts stand in the sheet, else only the names of their files.
        look: of the calendars.
    """

    separator: str | None = None
    whole_script: bool = False
    look: Look = field(default_factory=Look)


def write_lists(day: Path, entries: Iterable[Entry], form: Form) -> None:
    """Write the lists of a day: of everybody, and of each collector whom entries name.

    A kind without entries has no list. The caller is alone in the folder. The entries come in any order and aren't
    held.

    Raises:
        OSError: a file can't be written.
    """
    with Shelf() as shelf:
        for one in entries:
            shelf.put(one)
        for kind in KINDS:
            _write(day, NAMES[kind], partial(shelf.entries, kind), kind, form)
            for who in shelf.collectors(kind):
                _write(day, f"{NAMES[kind]}-{_word(who)}", partial(shelf.entries, kind, who), kind, form)


def _write(day: Path, name: str, entries: Callable[[], Iterator[Entry]], kind: Kind, form: Form) -> None:
    if next(entries(), None) is None:
        return
    touched = list[bytes]()
    path = day / f"{name}.csv"
    while (found := _touched(day, path)) is not None:
        touched.append(found)
        path = day / f"{name}_{len(touched) + 1}.csv"

    def left() -> Iterator[Entry]:
        return (one for one in entries() if not any(one.key.encode() in found for found in touched))

    if next(left(), None) is not None:
        part, made = _part(path, sheet(left(), kind, separator=form.separator, whole_script=form.whole_script))
        with (day / KNOWN).open("a", encoding="ascii") as known:
            known.write(f"{made}\n")  # before the sheet: what was written is never taken for touched
        sync(day / KNOWN)
        part.replace(path)
    path = day / f"{name}.ics"
    part, _ = _part(path, calendar(entries(), form.look))
    part.replace(path)


def _touched(day: Path, path: Path) -> bytes | None:
    """What somebody made of a sheet; None when it isn't there, or is as it was written."""
    try:
        with path.open("rb") as stream:
            digest = file_digest(stream, "sha256").hexdigest()
    except FileNotFoundError:
        return None
    try:
        known = (day / KNOWN).read_text(encoding="ascii").split()
    except (FileNotFoundError, UnicodeDecodeError):
        known = []
    return None if digest in known else path.read_bytes()


def _part(path: Path, parts: Iterable[bytes]) -> tuple[Path, str]:
    """A file beside its place, on the disk, and the hash of what stands in it."""
    part, digest = path.with_name(f".{path.name}.part"), sha256()
    with part.open("wb") as stream:
        for piece in parts:
            stream.write(piece)
            digest.update(piece)
    sync(part)
    return part, digest.hexdigest()


def _word(text: str) -> str:
    """A collector's name within a file's name; names that would fall together are told apart."""
    word = _STRANGE.sub("-", text).strip("-")[:40]
    return word if word == text else f"{word or 'x'}-{sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:6]}"
