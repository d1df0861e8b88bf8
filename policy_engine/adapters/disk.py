"""What adapters that write files share: names, files that are on the disk for sure, cells that are no formulas."""

import os
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

from policy_engine.execution.job import Job
from policy_engine.templates.document import clean

_STRANGE = re.compile(r"[^A-Za-z0-9-]+")
_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_INSIDE = re.compile("(;\\s*)(?=[=+@\uff1d\uff0b\uff0d\uff20-])")
"""Spreadsheets of countries that write a decimal comma part cells at semicolons, whatever the file says."""

_LOOK = 0.02
"""Seconds between two looks at a lock that somebody else has."""
_AT_ONCE = 16
"""Files brought to the disk side by side."""
_MANY = 32
"""Files from which on their whole file system is brought to the disk instead."""


def neutral(cell: str) -> str:
    """A cell on one line, of what can be seen, that no spreadsheet takes for a formula: a quote goes before such."""
    text = " ".join(clean(cell).split()) if not cell.isprintable() else cell
    text = _INSIDE.sub(r"\1'", text)
    return f"'{text}" if text.lstrip().startswith(_FORMULA) else text


def file_name(job: Job) -> str:
    """`customer_step_id-attempt`, in characters that every file system takes."""
    parts = (job.customer, str(job.facts["action"]["step"]))
    words = [_STRANGE.sub("-", part).strip("-")[:40] or "x" for part in parts]
    return f"{words[0]}_{words[1]}_{job.action[:12]}-{job.attempt}"


def sync(path: str | Path) -> None:
    """Bring a file, or the names in a folder, to the disk, where the system can."""
    if os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_all(paths: Sequence[str | Path]) -> None:
    """Bring many files to the disk. Linux writes a whole file system at once, much faster than file by file.

    Raises:
        OSError: the disk doesn't take them.
    """
    if len(paths) >= _MANY and _sync_systems(paths):
        return
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(_sync_each, [paths[share::_AT_ONCE] for share in range(_AT_ONCE)]))


def _sync_each(paths: Sequence[str | Path]) -> None:
    for path in paths:
        sync(path)


def _sync_systems(paths: Sequence[str | Path]) -> bool:
    """Bring the file systems of files to the disk; False where it can't be done, or somebody else's error came back.

    syncfs(2) tells of errors in writing since Linux 5.8: then each file is asked which one it was.
    """
    syncfs = _syncfs()
    if syncfs is None:
        return False
    folders = {os.path.dirname(path) for path in paths}  # noqa: PTH120 - a Path for each of thousands takes long
    for folder in {os.stat(folder).st_dev: folder for folder in folders}.values():  # noqa: PTH116 - as above
        handle = os.open(folder, os.O_RDONLY)
        try:
            if syncfs(handle) != 0:
                return False
        finally:
            os.close(handle)
    return True


@cache
def _syncfs() -> Callable[[int], int] | None:
    """The call, on Linux since 5.8, which is the first that tells of errors."""
    if sys.platform != "linux":
        return None
    version = tuple(int(part) for part in re.findall(r"\d+", os.uname().release)[:2])
    if version < (5, 8):
        return None
    import ctypes

    try:
        found: Callable[[int], int] = ctypes.CDLL(None, use_errno=True).syncfs
    except (OSError, AttributeError):
        return None
    return found


def names_in(folder: Path, ending: str) -> list[str]:
    """The names of a folder's files with an ending, sorted; a Path for each of many thousands would take megabytes."""
    with suppress(FileNotFoundError), os.scandir(folder) as found:
        return sorted(one.name for one in found if one.name.endswith(ending))
    return []


def put_mark(mark: Path, part: Path, worker: str) -> None:
    """Say who works here, whole or not at all: an empty mark would belong to nobody who could be seen to have died."""
    part.write_text(worker, encoding="utf-8")
    part.replace(mark)


def unwritable(folder: Path) -> list[str]:
    """Why a folder of files can't be written, nothing when it can; it isn't made."""
    place = folder
    while not place.exists() and place != place.parent:
        place = place.parent
    if not place.is_dir():
        return [f"{place} is no folder"]
    return [] if os.access(place, os.W_OK | os.X_OK) else [f"{place} can't be written by this user"]


@contextmanager
def alone(lock: Path, patience: float | None = None) -> Iterator[None]:
    """One worker at a time; who comes last sees what the others wrote.

    Args:
        lock: a file that nobody deletes.
        patience: seconds to wait for the others; None: as long as it takes.

    Raises:
        BlockingIOError: it took longer.
    """
    if os.name == "nt":
        yield
        return
    import fcntl

    with lock.open("w") as stream:
        if patience is None:
            fcntl.flock(stream, fcntl.LOCK_EX)
        else:
            _lock_within(stream.fileno(), patience)
        yield


def _lock_within(handle: int, seconds: float) -> None:
    import fcntl

    end = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= end:
                raise
            time.sleep(_LOOK)
        else:
            return
