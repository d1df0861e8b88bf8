"""The folder adapter, the default: everything as files, so that nothing leaves the house and everything can be seen.

    outbox/
      2026-10-30/
        index.csv                                         one row an action, for people and spreadsheets
        calls.csv                                         who to call, about how much
        email/C-0001_courtesy_reminder_3f9a0c12d4e5-1.json   with .txt and .html beside it where messages are written

A file is named after its action and attempt and renamed into place when it is whole: a repeated delivery writes the
same file again, and no half file is ever seen. A day's lists are made anew from its files at the end of a run; until
then a mark of the worker lies beside them, so that the next run makes them, and removes what was half written, when
this one dies.
"""

import csv
import json
import os
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from policy_engine.adapters.disk import alone, file_name, neutral, sync
from policy_engine.execution.job import Job, Receipt, Refused, Retry
from policy_engine.execution.kinds import Kind, Place, Surroundings
from policy_engine.execution.workers import is_dead, worker_id
from policy_engine.language.models.base import Syntax, key
from policy_engine.values.indented import indented_json
from policy_engine.values.text import inert_json

CHANNELS = frozenset({
    "email", "letter", "registered_letter", "call", "task", "webhook", "placement", "order_hold", "order_release",
})  # fmt: skip
FORMAT = 1
"""Version of the files."""
_INDEX = (
    "send_on",
    "channel",
    "also",
    "customer",
    "name",
    "step",
    "currency",
    "total",
    "invoices",
    "redirected",
    "file",
)
_CALLS = ("send_on", "customer", "name", "phone", "person", "step", "currency", "total", "invoices", "file")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MARK = ".unlisted-"
_PART = ".part"
_LONGEST_RUN = 7 * 24 * 3600
"""Seconds after which a mark belongs to nobody any more, where no system tells whether its worker lives."""
_AT_ONCE = 16
"""Files brought to the disk at once: the disk takes hundreds together as fast as one."""


class FolderSettings(Syntax):
    """Where the folder adapter writes."""

    path: Place = key("The folder, beside the operator's file unless it is absolute.", "outbox")


class FolderAdapter:
    """Writes actions as files. Nothing leaves the house."""

    channels = CHANNELS
    idempotent = True
    real = False

    def __init__(self, name: str, path: Path) -> None:
        self.name = name
        self.path = path
        self._worker = worker_id()
        self._token = sha256(self._worker.encode("utf-8", "surrogateescape")).hexdigest()[:12]
        self._made: dict[str, str] = {}
        self._written: list[tuple[str, str]] = []  # the parts, and what they will be called

    def deliver(self, job: Job) -> Receipt:
        """Write the action's file, under another name until `settle`.

        Raises:
            Refused: the facts don't say when the action is sent.
            Retry: the file can't be written now.
        """
        try:
            day = str(job.facts["action"]["send_on"])
        except (KeyError, TypeError) as error:
            raise Refused("the action's facts aren't known any more") from error
        place, name = f"{day}/{job.channel}", file_name(job)
        text = indented_json(_document(job)) + "\n"
        try:
            folder = self._folder(place)
            self._put(folder, f"{name}.json", inert_json(text))
            for ending, words in _texts(job):
                self._put(folder, f"{name}{ending}", words)
        except OSError as error:
            raise Retry(f"the file can't be written: {error.strerror}") from error
        return Receipt({"file": f"{place}/{name}.json"})

    def settle(self) -> None:
        """Bring the files to the disk, many at once, and rename them into place.

        Raises:
            Retry: the disk doesn't take them now.
        """
        written, self._written = self._written, []
        if not written:
            return
        from concurrent.futures import ThreadPoolExecutor

        try:
            parts = [part for part, _ in written]
            with ThreadPoolExecutor(_AT_ONCE) as pool:
                list(pool.map(_sync_all, [parts[share::_AT_ONCE] for share in range(_AT_ONCE)]))
            for part, path in written:
                os.replace(part, path)  # noqa: PTH105 - as in `_put`
            for folder in sorted({os.path.dirname(path) for _, path in written}):  # noqa: PTH120 - as in `_put`
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
                    _make_lists(day)
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
            (folder.parent / f"{_MARK}{self._token}").write_text(self._worker, encoding="utf-8")
            sync(folder.parent)
            self._made[place] = str(folder)
        return self._made[place]

    def _put(self, folder: str, name: str, text: str) -> None:
        """Write a file beside its place; `settle` renames it."""
        part = f"{folder}{os.sep}.{name}.{self._token}{_PART}"
        with open(part, "wb") as stream:  # noqa: PTH123 - a Path for each of many thousands takes as long as the file
            stream.write(text.encode("utf-8", "backslashreplace"))
        self._written.append((part, f"{folder}{os.sep}{name}"))


def _build(name: str, settings: FolderSettings, around: Surroundings) -> FolderAdapter:
    return FolderAdapter(name, around.folder / settings.path)


KIND = Kind(FolderSettings, _build)


def _texts(job: Job) -> Iterator[tuple[str, str]]:
    """The messages as people read them, by the end of the file's name; those of other channels name theirs."""
    for channel, message in job.facts.get("messages", {}).items():
        middle = "" if channel == job.channel else f".{channel}"
        redirected = "" if job.redirect_to is None else f"To: {job.redirect_to} (trial)\n"
        yield f"{middle}.txt", f"{redirected}{message['subject']}\n\n{message['text']}"
        yield f"{middle}.html", message["html"]


def _document(job: Job) -> dict[str, Any]:
    return {
        "dunning_action": FORMAT,
        "key": job.key,
        "attempt": job.attempt,
        "channel": job.channel,
        "also": list(job.also),
        "redirected_to": job.redirect_to,
        **{name: value for name, value in job.facts.items() if name != "messages"},
    }


def _make_lists(day: Path) -> None:
    """Index and call list of a day, from its files."""
    index, calls = day / "index.csv", day / "calls.csv"
    parts = index.with_suffix(".csv.part"), calls.with_suffix(".csv.part")
    with (
        parts[0].open("w", encoding="utf-8", newline="") as rows,
        parts[1].open("w", encoding="utf-8", newline="") as called,
    ):
        listed, by_phone = csv.writer(rows), csv.writer(called)
        listed.writerow(_INDEX)
        by_phone.writerow(_CALLS)
        for place, document in _documents(day):
            listed.writerow(map(neutral, _index_row(place, document)))
            if document["channel"] == "call" or "call" in document["also"]:
                by_phone.writerow(map(neutral, _call_row(place, document)))
    parts[0].replace(index)
    parts[1].replace(calls)


def _documents(day: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every action's file, by name; what isn't one of ours is passed over."""
    for channel in sorted(path for path in day.iterdir() if path.name in CHANNELS):
        for path in sorted(file for file in channel.iterdir() if file.suffix == ".json"):
            try:
                document = json.loads(path.read_text(encoding="utf-8"))
            except ValueError:
                continue
            if isinstance(document, dict) and document.get("dunning_action") == FORMAT:
                yield path.relative_to(day).as_posix(), document


def _numbers(action: Mapping[str, Any]) -> str:
    lines = [*action["demanded"], *action["mentioned"]] or action["listed"]
    return ", ".join(str(line["number"]) for line in lines)


def _index_row(place: str, document: Mapping[str, Any]) -> Sequence[str]:
    action, customer = document["action"], document["customer"]
    return (
        action["send_on"], document["channel"], " ".join(document["also"]), customer["id"], customer["name"],
        action["step"], action["currency"], action["total"], _numbers(action), document["redirected_to"] or "", place,
    )  # fmt: skip


def _call_row(place: str, document: Mapping[str, Any]) -> Sequence[str]:
    action, customer = document["action"], document["customer"]
    person = next((row for row in document["contacts"] if row["phone"]), {"phone": "", "name": ""})
    phone = document["redirected_to"] or person["phone"]
    return (
        action["send_on"], customer["id"], customer["name"], phone, person["name"] or "", action["step"],
        action["currency"], action["total"], _numbers(action), place,
    )  # fmt: skip


def _sync_all(paths: Sequence[str]) -> None:
    for path in paths:
        sync(path)
