"""Files in folders by day, as several workers write them: whole or not at all, lists made anew when a run ends.

A file is renamed into place when it is whole: a repeated delivery writes the same file again, and no half file is ever
seen. A day's lists are made from its files at the end of a run; until then a mark of the worker lies beside them, so
that the next run makes them, and removes what was half written, when this one dies.
"""

import os
import re
import shutil
import time
from collections.abc import Callable, Iterable
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from policy_engine.adapters.disk import alone, put_mark, sync, sync_all
from policy_engine.execution.job import Retry
from policy_engine.execution.workers import is_dead, worker_id

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MARK = ".unlisted-"
_PART = ".part"
_LONGEST_RUN = 7 * 24 * 3600
"""Seconds after which a mark belongs to nobody any more, where no system tells whether its worker lives."""


class Written(NamedTuple):
    """A file that is whole, and what it will be called."""

    part: str
    path: str


def write_part(folder: str, name: str, token: str, data: str | bytes) -> Written:
    """Write a file of a channel's folder, apart: in a folder of this process, where no other one waits for its turn.

    Args:
        folder: as `DayFiles.into` gives it.
        name: unlike those of all other files of the day.
        token: of the worker whose file it is.
        data: what it holds.

    Raises:
        OSError: it can't be written.
    """
    day, _ = os.path.split(folder)
    apart = f"{day}{os.sep}.{token}-{os.getpid()}"
    written = Written(f"{apart}{os.sep}{name}{_PART}", f"{folder}{os.sep}{name}")
    octets = data if isinstance(data, bytes) else data.encode("utf-8", "backslashreplace")
    try:
        _write(written.part, octets)
    except FileNotFoundError:
        os.makedirs(apart, exist_ok=True)  # noqa: PTH103 - as below
        _write(written.part, octets)
    return written


def _write(path: str, octets: bytes) -> None:
    with open(path, "wb") as stream:  # noqa: PTH123 - a Path for each of many thousands takes as long as the file
        stream.write(octets)


class DayFiles:
    """The files of one worker below a folder.

    Args:
        path: the folder; days are its folders.
        make_lists: makes the lists of a day's folder from the files in it.
    """

    def __init__(self, path: Path, make_lists: Callable[[Path], None]) -> None:
        self.path = path
        self._make_lists = make_lists
        self._worker = worker_id()
        self.token = sha256(self._worker.encode("utf-8", "surrogateescape")).hexdigest()[:12]
        self._made: dict[str, str] = {}
        self._written: list[Written] = []

    def put(self, day: str, folder: str, name: str, data: str | bytes) -> None:
        """Write a file of a day's folder apart; `settle` brings it to its place.

        Raises:
            OSError: it can't be written.
            ValueError: `day` is no day.
        """
        self.add([write_part(self.into(day, folder), name, self.token, data)])

    def into(self, day: str, folder: str) -> str:
        """A day's folder, made if it isn't there.

        Raises:
            OSError: it can't be made.
            ValueError: `day` is no day.
        """
        if not _DAY.fullmatch(day):
            raise ValueError("not a day")
        return self._folder(f"{day}/{folder}")

    def add(self, written: Iterable[Written]) -> None:
        """Have `settle` bring to its place what was written with this worker's token for folders that `into` named."""
        self._written.extend(written)

    def settle(self) -> None:
        """Bring the files to the disk, many at once, and rename them into place.

        Raises:
            Retry: the disk doesn't take them now.
        """
        written, self._written = self._written, []
        if not written:
            return
        try:
            sync_all([part for part, _ in written])
            for part, path in written:
                os.replace(part, path)  # noqa: PTH105 - as in `_write`
            for folder in sorted({os.path.dirname(path) for _, path in written}):  # noqa: PTH120 - as in `_write`
                sync(folder)
        except OSError as error:
            raise Retry(f"the files can't be written: {error.strerror}") from error

    def close(self) -> None:
        """Make the lists anew of each day to which this worker, or one that died, has added; tidy up after the dead."""
        self._made.clear()
        if not self.path.is_dir():
            return
        for day in sorted(path for path in self.path.iterdir() if _DAY.fullmatch(path.name)):
            marks = [mark for mark in day.glob(f"{_MARK}*") if self._is_over(mark)]
            if marks:
                with alone(day / ".lists.lock"):
                    self._make_lists(day)
                for mark in marks:
                    for apart in day.glob(f".{mark.name.removeprefix(_MARK)}-*"):
                        shutil.rmtree(apart, ignore_errors=True)
                    mark.unlink(missing_ok=True)

    def _is_over(self, mark: Path) -> bool:
        """Whether a mark is this worker's, or of one that has died; the others make their lists themselves."""
        try:
            worker, age = mark.read_text(encoding="utf-8"), time.time() - mark.stat().st_mtime
        except OSError:
            return False
        return worker == self._worker or is_dead(worker) or age > _LONGEST_RUN

    def _folder(self, place: str) -> str:
        """A day's folder of a channel; this worker's mark is set beside it before the first file."""
        folder = self.path / place
        if place not in self._made:
            folder.mkdir(parents=True, exist_ok=True)
            day = folder.parent
            put_mark(day / f"{_MARK}{self.token}", day / f".mark-{self.token}{_PART}", self._worker)
            sync(folder.parent)
            self._made[place] = str(folder)
        return self._made[place]
