"""The folder adapter, the default: everything as files, so that nothing leaves the house and everything can be seen.

    outbox/
      2026-10-30/
        index.csv                                         one row an action, for people and spreadsheets
        calls.csv, calls.ics, tasks.csv, tasks.ics        who to call, what to do (`lists`)
        email/C-0001_courtesy_reminder_3f9a0c12d4e5-1.json   with .html beside it where messages are written, and
                                                          .eml of e-mails, to be opened in a mail program, else .txt;
                                                          .pdf of letters where typst is installed

A file is named after its action and attempt and renamed into place when it is whole: a repeated delivery writes the
same file again, and no half file is ever seen. A day's lists are made anew from its files at the end of a run; until
then a mark of the worker lies beside them, so that the next run makes them, and removes what was half written, when
this one dies.
"""

import csv
import json
from collections.abc import Hashable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from policy_engine.adapters.days import DayFiles, Written
from policy_engine.adapters.disk import file_name, names_in, neutral
from policy_engine.adapters.email.draft import Drafts
from policy_engine.adapters.folder_files import FORMAT, Filing, Placed, unwritten
from policy_engine.adapters.lists.entry import KINDS, Entry, entry_of
from policy_engine.adapters.lists.write import Form, write_lists
from policy_engine.execution.by_day import day_of
from policy_engine.execution.documents import Documents
from policy_engine.execution.helping import Helping, Sharing
from policy_engine.execution.job import Job, Receipt, Refused, Retry
from policy_engine.execution.kinds import Kind, Place, Surroundings
from policy_engine.explanation.locale import Language
from policy_engine.language.models.base import Syntax, key
from policy_engine.language.scalars import Count
from policy_engine.templates.context import Sender

if TYPE_CHECKING:
    from policy_engine.adapters.paper import Paper

CHANNELS = frozenset({
    "email", "letter", "registered_letter", "call", "task", "webhook", "placement", "order_hold", "order_release",
})  # fmt: skip
LETTERS = 100
"""How many letters of a run are set as PDF unless the settings say: enough to look at, a few seconds' work."""
_PRESSES = 2
"""Letters set side by side."""
_ENOUGH = "the folder's setting `letters` says how many are set"
_INDEX = (
    "send_on",
    "leaves_on",
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


class FolderSettings(Syntax):
    """Where the folder adapter writes."""

    path: Place = key("The folder, beside the operator's file unless it is absolute.", "outbox")
    letters: Count = key("How many letters of a run are set as PDF too, where typst is installed.", 0, default=LETTERS)
    language: Literal["en", "fr"] | None = key(
        "Of the lists' own words; without it that of the policy.", "fr", default=None
    )


class FolderAdapter:
    """Writes actions as files. Nothing leaves the house."""

    channels = CHANNELS
    idempotent = True
    real = False

    def wants_for(self, channel: str) -> frozenset[str]:
        """Lists tell what went before."""
        return frozenset({"dossier"}) if channel in KINDS else frozenset()

    def __init__(
        self,
        name: str,
        path: Path,
        *,
        letters: int = LETTERS,
        sender: Sender | None = None,
        documents: Documents | None = None,
        helping: Helping | None = None,
        language: Language | None = None,
    ) -> None:
        self.name = name
        self.path = path
        documents = documents or Documents()
        self._apart = documents.folder is None  # invoices' files are read here: they could be the whole memory
        self._room = letters
        self._paper: Paper | None = None
        self._unset: dict[str, int] = {}  # why letters have no PDF, and how many
        self._files = DayFiles(path, partial(_make_lists, language=language))
        self._drafts = Drafts(sender, documents)
        filing = Filing(self._files.token, self._drafts)
        helping = helping or Helping()
        self.looks_ahead = self._apart and helping.processes > 0
        self._shared = Sharing[Placed, list[Written]](helping, filing, lambda placed: placed.job.key)

    def prepare(self, jobs: Sequence[Job]) -> None:
        """Begin with the letters and files of jobs that will be delivered one by one."""
        self._begin_letters(jobs)
        if self._apart:
            placed = list[Placed]()
            for job in jobs:
                with suppress(Refused, Retry):  # `deliver` says why
                    placed.append(self._placed(job))
            self._shared.begin(placed)

    def _begin_letters(self, jobs: Sequence[Job]) -> None:
        letters: dict[Hashable, Mapping[str, Any]] = {}
        room = self._room - (0 if self._paper is None else self._paper.begun)
        for job in jobs:
            for channel in (job.channel, *job.also):
                if len(letters) < room and "letter" in job.facts.get("messages", {}).get(channel, {}):
                    from policy_engine.adapters.paper import letter_of, marked

                    with suppress(Refused, KeyError, TypeError):  # `_pages` says why
                        letters[job.key, channel] = marked(letter_of(job.facts, channel), job.redirect_to)
        if letters:
            from policy_engine.templates.letter import LetterError

            with suppress(LetterError):
                self._press().begin(letters)

    def _press(self) -> "Paper":
        from policy_engine.adapters.paper import Paper

        self._paper = self._paper or Paper(_PRESSES)
        return self._paper

    def deliver(self, job: Job) -> Receipt:
        """Write the action's file, under another name until `settle`.

        Raises:
            Refused: the facts don't say when the action is sent.
            Retry: the file can't be written now.
        """
        placed = self._placed(job)
        self._files.add(self._shared.of(placed))
        name = file_name(job)
        try:
            for ending, page in self._pages(job):
                self._files.put(placed.day, job.channel, f"{name}{ending}", page)
        except OSError as error:
            raise unwritten(error) from error
        return Receipt({"file": f"{placed.day}/{job.channel}/{name}.json"})

    def _placed(self, job: Job) -> Placed:
        try:
            day = str(job.facts["action"]["send_on"])
            return Placed(job, day, self._files.into(day, job.channel))
        except (KeyError, TypeError) as error:
            raise Refused("the action's facts aren't known any more") from error
        except ValueError as error:
            raise Refused("the action's facts don't say on which day it is sent") from error
        except OSError as error:
            raise unwritten(error) from error

    def settle(self) -> None:
        """Bring the files to the disk, many at once, and rename them into place.

        Raises:
            Retry: the disk doesn't take them now.
        """
        self._files.settle()

    def close(self) -> None:
        """Make the lists anew of each day to which this worker, or one that died, has added."""
        if self._paper is not None:
            self._paper.close()
        self._shared.end()  # or a process would go on writing where the files tidy up
        self._files.close()

    def notes(self) -> list[str]:
        """Why letters have no PDF."""
        unset, self._unset = self._unset, {}
        return [f"letters without a PDF: {count} ({why})" for why, count in sorted(unset.items())]

    def _without(self, why: str) -> None:
        self._unset[why] = self._unset.get(why, 0) + 1

    def _pages(self, job: Job) -> Iterator[tuple[str, bytes]]:
        """The messages that are letters as PDF; why one can't be made is told at the end of the run."""
        messages = job.facts.get("messages", {})
        for channel in (job.channel, *job.also):
            if "letter" not in messages.get(channel, {}):
                continue
            if not self._room:
                self._without(_ENOUGH)
                continue
            self._room -= 1
            from policy_engine.adapters.paper import letter_of, marked
            from policy_engine.templates.letter import LetterError

            try:
                data = marked(letter_of(job.facts, channel), job.redirect_to)
                letter = self._press().set(data, (job.key, channel))
            except (Refused, Retry, LetterError) as error:
                self._without(str(error))
            else:
                yield f"{'' if channel == job.channel else '.' + channel}.pdf", letter.pdf


def _build(name: str, settings: FolderSettings, around: Surroundings) -> FolderAdapter:
    return FolderAdapter(
        name,
        around.at(settings.path),
        letters=settings.letters,
        sender=around.sender,
        documents=around.documents,
        helping=around.helping,
        language=settings.language,
    )


KIND = Kind(FolderSettings, _build)


def _make_lists(day: Path, language: Language | None = None) -> None:
    """Index of a day, and its lists of calls and tasks, from its files."""
    write_lists(day, _indexed(day, language), Form())


def _indexed(day: Path, language: Language | None) -> Iterator[Entry]:
    """The calls and tasks of a day; the index is written on the way."""
    part = day / "index.csv.part"
    with part.open("w", encoding="utf-8-sig", newline="") as rows:  # spreadsheets look for the mark
        listed = csv.writer(rows)
        listed.writerow(_INDEX)
        for place, document in _documents(day):
            listed.writerow(map(neutral, _index_row(place, document)))
            yield from _entries(day, place, document, language)
    part.replace(day / "index.csv")


def _entries(day: Path, place: str, document: Mapping[str, Any], language: Language | None) -> Iterator[Entry]:
    """The calls and tasks of an action, with their scripts as they lie beside its file."""
    for kind in KINDS:
        if kind == document["channel"] or kind in document["also"]:
            ending = ".txt" if kind == document["channel"] else f".{kind}.txt"
            file = place.removesuffix(".json") + ending
            subject, _, text = _read(day / file).partition("\n\n")
            there = file if subject else ""
            said = (subject, text)
            yield entry_of(document, kind, script=said, script_file=there, place=place, language=language)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return ""


def _documents(day: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every action's file, by name; what isn't one of ours is passed over."""
    for channel in sorted(path for path in day.iterdir() if path.name in CHANNELS):
        for name in names_in(channel, ".json"):
            try:
                document = json.loads((channel / name).read_text(encoding="utf-8"))
            except ValueError:
                continue
            if isinstance(document, dict) and document.get("dunning_action") == FORMAT:
                yield f"{channel.name}/{name}", document


def _numbers(action: Mapping[str, Any]) -> str:
    lines = [*action["demanded"], *action["mentioned"]] or action["listed"]
    return ", ".join(str(line["number"]) for line in lines)


def _index_row(place: str, document: Mapping[str, Any]) -> Sequence[str]:
    action, customer = document["action"], document["customer"]
    return (
        action["send_on"], day_of(document), document["channel"], " ".join(document["also"]), customer["id"],
        customer["name"], action["step"], action["currency"], action["total"], _numbers(action),
        document["redirected_to"] or "", place,
    )  # fmt: skip
