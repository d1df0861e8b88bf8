"""Put files into a folder: all of them or none, and nothing that is there is replaced."""

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path


def in_the_way(folder: Path, files: Mapping[str, str]) -> list[str]:
    """What keeps the files from being put there: files of those names, files or links where folders must be.

    Paths relative to the folder, sorted; `.` when the folder itself is no folder.
    """
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        return ["."]
    found = set()
    for name in files:
        place = folder / name
        if os.path.lexists(place):
            found.add(name)
        for parent in Path(name).parents:
            above = folder / parent
            if parent != Path() and (above.is_symlink() or (above.exists() and not above.is_dir())):
                found.add(parent.as_posix())
    return sorted(found)


def put(folder: Path, files: Mapping[str, str]) -> None:
    """Write the files below the folder, which is made when it isn't there. On an error what was made is gone again.

    Raises:
        FileExistsError: something is in the way.
        OSError: the disk or the rights don't allow it.
    """
    if in_the_way(folder, files):
        raise FileExistsError(f"`{folder}` holds files of the same names")
    missing = [parent for parent in (folder, *folder.parents) if not parent.exists()]
    made: list[Path] = []
    aside: Path | None = None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(dir=folder, prefix=".init.", suffix=".part"))
        for name, text in files.items():
            part = aside / name
            part.parent.mkdir(parents=True, exist_ok=True)
            part.write_bytes(text.encode("utf-8"))
        for name in files:
            made += _make_parents(folder, Path(name).parent)
            place = folder / name
            os.link(aside / name, place)  # unlike a rename it fails when somebody was faster
            made.append(place)
    except OSError:
        for place in reversed(made):
            place.rmdir() if place.is_dir() else place.unlink(missing_ok=True)
        _remove(aside)
        for parent in missing:
            if parent.is_dir():
                parent.rmdir()
        raise
    _remove(aside)


def _make_parents(folder: Path, parent: Path) -> list[Path]:
    made = []
    for part in reversed([parent, *parent.parents]):
        place = folder / part
        if not place.is_dir():
            place.mkdir()
            made.append(place)
    return made


def _remove(aside: Path | None) -> None:
    if aside is not None:
        shutil.rmtree(aside, ignore_errors=True)
