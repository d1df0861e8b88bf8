"""Files in folders by day, as several workers write them: whole or not at all, lists made anew when a run ends.

A file is renamed into place when it is whole: a repeated delivery writes the same file again, and no half file is ever
seen. A day's lists are made from its files at the end of a run; until then a mark of the worker lies beside them, so
that the next run makes them, and removes what was half written, when this one dies.
"""

import os
import re
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from policy_engine.adapters.disk import alone, put_mark, sync, sync_all
from policy_engine.execution.job import Retry
from policy_engine.execution.workers import is_dead, worker_id

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MARK = ".unlisted-"
_PART = ".part"
_LONGEST_RUN = 7 * 24 * 3600
"""Seconds after which a mark belongs to nobody any more, where no system tells whether its worker lives."""


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
        self._token = sha256(self._worker.encode("utf-8", "surrogateescape")).hexdigest()[:12]
        self._made: dict[str, str] = {}
        self._written: list[tuple[str, str]] = []  # the parts, and what they will be called

    def put(self, day: str, folder: str, name: str, data: str | bytes) -> None:
        """Write a file of a day's folder beside its place; `settle` renames it.

        Raises:
            OSError: it can't be written.
            ValueError: `day` is no day.
        """
        if not _DAY.fullmatch(day):
            raise ValueError("not a day")
        into = self._folder(f"{day}/{folder}")
        part = f"{into}{os.sep}.{name}.{self._token}{_PART}"
        with open(part, "wb") as stream:  # noqa: PTH123 - a Path for each of many thousands takes as long as the file
            stream.write(data if isinstance(data, bytes) else data.encode("utf-8", "backslashreplace"))
        self._written.append((part, f"{into}{os.sep}{name}"))

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
                os.replace(part, path)  # noqa: PTH105 - as in `put`
            for folder in sorted({os.path.dirname(path) for _, path in written}):  # noqa: PTH120 - as in `put`
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
                    for part in day.glob(f"*/.*.{mark.name.removeprefix(_MARK)}{_PART}"):
                        part.unlink(missing_ok=True)
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
            put_mark(day / f"{_MARK}{self._token}", day / f".mark-{self._token}{_PART}", self._worker)
            sync(folder.parent)
            self._made[place] = str(folder)
        return self._made[place]
