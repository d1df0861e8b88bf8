"""Batches of letters for a print-and-post provider: gathered out of sight, handed over whole, never twice.

    letters/
      2026-10-30/registered_letter-1/    a batch that was handed over: PDFs and index.csv; a provider may take it away
      .open/2026-10-30/                  what is being gathered: `registered_letter-2/` and, beside it,
                                         `registered_letter-2.rows/`: a row of the index for each letter that is whole
      .handed/2026-10-30/                the names in each batch that was handed over, kept after the provider took it

All workers add to the one batch of a day and channel that is open; the last of them to end its run writes the index
and renames the folder. What a worker left that died is handed over by the next run. A letter counts once its row
stands in `.rows`; files without one are thrown away. A name that was handed over is never gathered again.
"""

import hashlib
import json
import os
import re
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from policy_engine.adapters.disk import alone, names_in, put_mark, sync, sync_all
from policy_engine.execution.workers import is_dead

INDEX = "index.csv"
STALE = 3600
"""Seconds after which a worker of another machine that gave no sign is taken for dead."""
_NAME = re.compile(r"([a-z_]+)-([1-9][0-9]{0,8})")
Row: TypeAlias = Mapping[str, Any]
"""What the index says of a letter; `files` are its names in the batch, its own first."""
WriteIndex: TypeAlias = Callable[[Path, Iterable[Row]], None]


@dataclass(slots=True)
class Batch:
    """The open batch of a day and channel, as one worker sees it.

    Attributes:
        day, channel, number: which.
        handed: the names of letters that were handed over, each with its batch's number.
        parts: what `Batches.settle` renames, of all its batches.
    """

    root: Path
    day: str
    channel: str
    number: int
    handed: dict[str, int]
    parts: list[tuple[Path, Path]]

    @property
    def place(self) -> str:
        """Where it will be, below the root."""
        return self.place_of(self.number)

    def place_of(self, number: int) -> str:
        """Where a batch of this day and channel is or was."""
        return f"{self.day}/{self.channel}-{number}"

    @property
    def folder(self) -> Path:
        """Where it is gathered."""
        return self.root / ".open" / self.place

    @property
    def rows(self) -> Path:
        """The rows of its index."""
        return self.folder.with_name(f"{self.folder.name}.rows")

    def put(self, name: str, files: Mapping[str, bytes], row: Row) -> None:
        """Write a letter's files and its row, under other names until `Batches.settle`.

        Raises:
            OSError: they can't be written.
        """
        for file, data in files.items():
            self._part(self.folder / file, data)
        text = json.dumps({**row, "files": list(files)}, ensure_ascii=False)
        self._part(self.rows / f"{name}.json", text.encode("utf-8", "backslashreplace"))

    def _part(self, path: Path, data: bytes) -> None:
        part = path.with_name(f".{path.name}.{os.getpid()}.part")
        part.write_bytes(data)
        self.parts.append((part, path))


class Batches:
    """The batches below a folder.

    Args:
        root: the folder.
        worker: who this is (`workers.worker_id`).
        write_index: writes an index file of rows.
    """

    def __init__(self, root: Path, worker: str, write_index: WriteIndex) -> None:
        self.root = root
        self._worker = worker
        self._write_index = write_index
        self._open: dict[tuple[str, str], Batch] = {}
        self._parts: list[tuple[Path, Path]] = []

    def open(self, day: str, channel: str) -> Batch:
        """The batch that letters of a day and channel are added to.

        Raises:
            OSError: its folder can't be made.
        """
        found = self._open.get((day, channel))
        if found is not None and found.folder.is_dir():  # else it was handed over: somebody took this worker for dead
            return found
        (self.root / ".open").mkdir(parents=True, exist_ok=True)
        with self._alone():
            (self.root / ".open" / day).mkdir(exist_ok=True)
            handed, number = self._handed(day, channel)
            found = Batch(self.root, day, channel, number + 1, handed, self._parts)
            if number and (self.root / ".open" / found.place_of(number)).is_dir():
                self._move(day, f"{channel}-{number}")  # its worker died while it handed it over
            found.folder.mkdir(exist_ok=True)
            found.rows.mkdir(exist_ok=True)
            self._sign(found)
            sync(found.folder.parent)
        self._open[day, channel] = found
        return found

    def settle(self) -> None:
        """Bring what was put to the disk, many files at once, and rename it: a letter's row comes last.

        Raises:
            OSError: not all of it could be; then none of it counts.
        """
        parts = self._parts.copy()
        self._parts.clear()
        if not parts:
            return
        sync_all([part for part, _ in parts])
        with self._alone():
            rows: list[Path] = []
            try:
                for part, path in parts:
                    new = path.suffix == ".json" and not path.exists()
                    part.replace(path)
                    if new:
                        rows.append(path)
                for batch in self._open.values():
                    if batch.folder.is_dir():
                        self._sign(batch)
                        sync(batch.folder)
                        sync(batch.rows)
            except OSError:
                for path in rows:
                    path.unlink(missing_ok=True)
                raise

    def close(self) -> list[tuple[str, int]]:
        """Hand over every open batch that no other worker adds to; each with the number of its letters.

        Raises:
            OSError: a batch can't be handed over now; the next run does.
        """
        self._open.clear()
        gathered = self.root / ".open"
        if not gathered.is_dir():
            return []
        done = []
        with self._alone():
            for day in sorted(path for path in gathered.iterdir() if path.is_dir()):
                for folder in sorted(path for path in day.iterdir() if path.is_dir() and _NAME.fullmatch(path.name)):
                    marks = [mark for mark in day.glob(f"{folder.name}.*.worker") if self._is_over(mark)]
                    if len(marks) == len(list(day.glob(f"{folder.name}.*.worker"))):
                        count = self._hand_over(day.name, folder)
                        if count:
                            done.append((f"{day.name}/{folder.name}", count))
                    for mark in marks:
                        mark.unlink(missing_ok=True)
                _sweep(day)
        return done

    def _hand_over(self, day: str, folder: Path) -> int:
        """Write the index, keep the names, rename the folder; how many letters it has."""
        kept = self.root / ".handed" / day / f"{folder.name}.json"
        if kept.exists():
            self._move(day, folder.name)
            return 0  # a worker that died has counted them
        gathered = folder.parent / f"{folder.name}.rows"
        letters = [name for name in names_in(gathered, ".json") if not name.startswith(".")]
        if not letters:
            shutil.rmtree(folder)
            shutil.rmtree(gathered, ignore_errors=True)
            return 0
        names, files = list[str](), {INDEX}

        def rows() -> Iterator[Row]:
            for letter in letters:
                row = json.loads((gathered / letter).read_text(encoding="utf-8"))
                names.append(row["name"])
                files.update(row["files"])
                yield row

        self._write_index(folder / INDEX, rows())
        for path in folder.iterdir():
            if path.name not in files:
                path.unlink()
        sync(folder / INDEX)
        sync(folder)
        kept.parent.mkdir(parents=True, exist_ok=True)
        part = kept.with_suffix(".part")
        part.write_text(json.dumps(sorted(names)), encoding="utf-8")
        sync(part)
        part.replace(kept)
        sync(kept.parent)
        self._move(day, folder.name)
        return len(names)

    def _move(self, day: str, name: str) -> None:
        """The last step of handing over: from here on the batch is in sight."""
        place = self.root / day
        place.mkdir(exist_ok=True)
        folder = self.root / ".open" / day / name
        folder.replace(place / name)
        sync(place)
        sync(folder.parent)
        shutil.rmtree(folder.with_name(f"{name}.rows"), ignore_errors=True)

    def _handed(self, day: str, channel: str) -> tuple[dict[str, int], int]:
        """The names that were handed over, each with its batch's number, and the last batch's number."""
        names: dict[str, int] = {}
        last = 0
        for path in (self.root / ".handed" / day).glob(f"{channel}-*.json"):
            found = _NAME.fullmatch(path.stem)
            if found is not None and found[1] == channel:
                number = int(found[2])
                last = max(last, number)
                names.update(dict.fromkeys(json.loads(path.read_text(encoding="utf-8")), number))
        return names, last

    def _sign(self, batch: Batch) -> None:
        """Say, again, that this worker adds to a batch."""
        own = hashlib.sha256(self._worker.encode("utf-8")).hexdigest()[:12]
        mark = batch.folder.with_name(f"{batch.folder.name}.{own}.worker")
        put_mark(mark, mark.with_suffix(".part"), self._worker)

    def _is_over(self, mark: Path) -> bool:
        """Whether a mark is this worker's, of one that died, or of one that gave no sign for long."""
        try:
            worker, age = mark.read_text(encoding="utf-8"), time.time() - mark.stat().st_mtime
        except OSError:
            return True
        return worker == self._worker or is_dead(worker) or age > STALE

    def _alone(self) -> Any:
        return alone(self.root / ".open" / ".lock")


def _sweep(day: Path) -> None:
    """Take away what a worker left that died after it had moved its batch."""
    for path in day.iterdir():
        batch = path.name.partition(".")[0]
        if (day / batch).is_dir():
            continue
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    if not any(day.iterdir()):
        day.rmdir()
