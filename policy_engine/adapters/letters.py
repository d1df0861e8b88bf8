"""Letters as PDF, in batches for a print-and-post provider: a folder and an index for each day and channel."""

import csv
import hashlib
import os
import re
from collections.abc import Hashable, Iterable, Mapping, Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator

from policy_engine.adapters.batches import Batches, Row
from policy_engine.adapters.disk import file_name, neutral
from policy_engine.adapters.paper import ADDRESS_LINES, Paper, enclosing, letter_of, marked
from policy_engine.execution.documents import Document, Documents
from policy_engine.execution.job import MESSAGES, Job, Receipt, Refused, Retry
from policy_engine.execution.kinds import Kind, Place, SettingsError, Surroundings
from policy_engine.execution.messages import LETTERS, STATEMENT
from policy_engine.execution.workers import worker_id
from policy_engine.language.models.base import Syntax, key
from policy_engine.language.nodes import Text, items_at
from policy_engine.language.scalars import Line
from policy_engine.templates.context import Sender
from policy_engine.templates.letter import LetterError
from policy_engine.values.text import inert

SERVICES = {"letter": "ordinary", "registered_letter": "registered_with_receipt"}
"""What is bought from the provider; the shipped formal notice says that it comes with acknowledgement of receipt."""
MOST_PRESSES = 4
"""Processes that set letters side by side, one a processor."""
TRIAL = "trial"
"""The folder, below the adapter's own, where letters lie while everything is redirected."""

Enclosure = Literal["statement", "invoices"]
ColumnName = Literal[
    "number", "file", "sha256", "pages", "bytes", "enclosed", "action", "attempt", "customer", "company", "line1",
    "line2", "line3", "line4", "line5", "line6", "channel", "service", "step", "subject", "date", "total", "currency",
    "trial",
]  # fmt: skip
COLUMNS: tuple[str, ...] = ColumnName.__args__  # type: ignore[attr-defined]
"""Of the index, in this order, unless the settings say."""
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INVOICE = {"fr": ("facture ", "factures ", "relevé de compte"), "en": ("invoice ", "invoices ", "statement")}


def _one_or_more(value: Any) -> Any:
    if isinstance(value, Text):
        items = items_at(value.file, value.line, value.column)
        items.append(value)
        return items
    return value


class LettersSettings(Syntax):
    """Where batches of letters are written, and what is in them."""

    path: Place = key("The folder, beside the operator's file unless it is absolute.", "letters")
    enclose: Annotated[tuple[Enclosure, ...], BeforeValidator(_one_or_more)] = key(
        "What goes into the envelope with the letter: the account, the invoices' own files.",
        ["statement", "invoices"],
        default=(),
    )
    columns: dict[Line, ColumnName] = key(
        "The index's columns as the provider calls them, in order, each with what stands in it.",
        {"Fichier": "file", "Adresse 1": "line1"},
        default={},
        longest=50,
    )


class LettersAdapter:
    """Sets letters and gathers them in batches, handed over when the run ends."""

    channels = LETTERS
    idempotent = True
    real = True

    def __init__(
        self,
        name: str,
        path: Path,
        *,
        enclose: Sequence[Enclosure] = (),
        columns: Mapping[str, str] | None = None,
        documents: Documents | None = None,
        sender: Sender | None = None,
    ) -> None:
        self.name = name
        self.path = path
        self.wants = frozenset({MESSAGES} | ({STATEMENT} if STATEMENT in enclose else set()))
        self._enclose = frozenset(enclose)
        self._columns = dict(columns or {column: column for column in COLUMNS})
        self._documents = documents or Documents()
        self._sender = sender
        self._paper = Paper(min(MOST_PRESSES, os.cpu_count() or 1))
        self._batches: dict[Path, Batches] = {}
        self._notes: list[str] = []

    def foresee(self, channel: str, facts: Mapping[str, Any]) -> str | None:
        """Whether a letter would be refused for its address."""
        try:
            letter_of(facts, channel)
        except Refused as error:
            return str(error)
        return None

    def prepare(self, jobs: Sequence[Job]) -> None:
        """Begin to set the letters of jobs that will be delivered one by one."""
        letters: dict[Hashable, Mapping[str, Any]] = {}
        for job in jobs:
            for channel in (job.channel, *job.also):
                if channel not in LETTERS:
                    continue
                try:
                    data, statement, _ = self._envelope(job, channel)
                except (KeyError, TypeError, Refused):
                    continue  # `deliver` says why
                letters[job.key, channel] = data
                if statement is not None:
                    letters[job.key, STATEMENT] = statement
        self._paper.begin(letters)

    def deliver(self, job: Job) -> Receipt:
        """Set the letter and put it into the open batch of its day and channel.

        Raises:
            Refused: no letter was written, no postal address, an address too large, a character that no font has.
            Retry: it can't be set or written now.
        """
        try:
            day, name = str(job.facts["action"]["send_on"]), file_name(job)
        except (KeyError, TypeError) as error:
            raise Refused("the action's facts aren't known any more") from error
        if not _DAY.fullmatch(day):
            raise Refused("the action's facts don't say on which day it is sent")
        details: dict[str, str] = {}
        served = [channel for channel in (job.channel, *job.also) if channel in LETTERS]
        try:
            for channel in served:
                end = "" if channel == job.channel else f"_{channel}"
                details |= {f"{what}{end}": text for what, text in self._one(job, channel, day, name).items()}
        except OSError as error:
            raise Retry(f"the letter can't be written: {error.strerror}") from error
        return Receipt(details)

    def settle(self) -> None:
        """Bring the letters to the disk and rename them into their batches.

        Raises:
            Retry: the disk doesn't take them now.
        """
        try:
            for batches in self._batches.values():
                batches.settle()
        except OSError as error:
            raise Retry(f"the letters can't be written: {error.strerror}") from error

    def close(self) -> None:
        """Hand over the batches that no other worker adds to; end the press."""
        self._paper.close()
        for root in (self.path, self.path / TRIAL):
            try:
                for place, count in self._batch(root).close():
                    letters = "1 letter" if count == 1 else f"{count} letters"
                    self._notes.append(f"handed over {(root / place).as_posix()}: {letters}")
            except OSError as error:
                self._notes.append(f"a batch isn't handed over yet ({error.strerror}): run execute again")

    def notes(self) -> list[str]:
        """What the run should tell people: the batches that were handed over."""
        notes, self._notes = self._notes, []
        return notes

    def check(self) -> list[str]:
        """What would keep letters from being made: typst, its fonts, the folder, the sender, the invoices' folder."""
        faults = []
        if self._sender is None or len(self._sender.address) < ADDRESS_LINES:
            faults.append("letters need a `sender` in the operator's file, with its address in two lines at least")
        if "invoices" in self._enclose and self._documents.folder is None:
            faults.append("`enclose: invoices` needs `documents` in the operator's file: where the invoices lie")
        existing = next(path for path in (self.path, *self.path.parents) if path.exists())
        if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
            faults.append(f"nothing can be written to the folder {existing.as_posix()}")
        return [*faults, *_press_faults()]

    def _one(self, job: Job, channel: str, day: str, name: str) -> dict[str, str]:
        """The receipt of one channel's letter."""
        batch = self._batch(self.path if job.redirect_to is None else self.path / TRIAL).open(day, channel)
        if name in batch.handed:
            return {"file": f"{batch.place_of(batch.handed[name])}/{name}.pdf"}
        data, statement, invoices = self._envelope(job, channel)
        letter = self._paper.set(data, (job.key, channel))
        files = {f"{name}.pdf": letter.pdf}
        if statement is not None:
            files[f"{name}_statement.pdf"] = self._paper.set(statement, (job.key, STATEMENT)).pdf
        for document, _ in invoices:
            files[f"{name}_{document.name}"] = document.read()
        row = {
            "name": name,
            "file": f"{name}.pdf",
            "sha256": hashlib.sha256(letter.pdf).hexdigest(),
            "pages": letter.pages,
            "bytes": len(letter.pdf),
            "enclosed": " ".join(list(files)[1:]),
            "action": job.action,
            "attempt": job.attempt,
            "customer": job.customer,
            "company": job.facts["customer"]["name"],
            **{f"line{at}": line.replace("\u200b", "") for at, line in enumerate(data["recipient"], 1)},
            "channel": channel,
            "service": SERVICES[channel],
            "step": job.facts["action"]["step"],
            "subject": data["subject"],
            "date": f"{data['year']:04}-{data['month']:02}-{data['day']:02}",
            "total": job.facts["action"]["total"],
            "currency": job.facts["action"]["currency"],
            "trial": job.redirect_to or "",
        }
        batch.put(name, files, row)
        receipt = {"file": f"{batch.place}/{name}.pdf", "sha256": str(row["sha256"]), "pages": str(letter.pages)}
        left_out = self._left_out(job)
        return {**receipt, "not_enclosed": ", ".join(left_out)[:300]} if left_out else receipt

    def _envelope(
        self, job: Job, channel: str
    ) -> tuple[Mapping[str, Any], Mapping[str, Any] | None, list[tuple[Document, str]]]:
        """The letter and the statement as they will be set, and the invoices' files."""
        data: Mapping[str, Any] = letter_of(job.facts, channel)
        invoices = self._invoices(job) if "invoices" in self._enclose else []
        statement = job.facts.get(STATEMENT) if STATEMENT in self._enclose else None
        enclosed = _enclosed(data["language"], statement is not None, invoices)
        data = marked(enclosing(data, enclosed) if enclosed else data, job.redirect_to)
        return data, None if statement is None else marked(statement, job.redirect_to), invoices

    def _batch(self, root: Path) -> Batches:
        if root not in self._batches:
            self._batches[root] = Batches(root, worker_id(), partial(write_index, self._columns))
        return self._batches[root]

    def _invoices(self, job: Job) -> list[tuple[Document, str]]:
        """The files of the invoices that are asked for, each once, with its number."""
        found = ((self._documents.of(invoice, number), number) for invoice, number in _numbers(job).items())
        return [(document, number) for document, number in found if document is not None]

    def _left_out(self, job: Job) -> list[str]:
        """The invoices whose file may be another's."""
        if "invoices" not in self._enclose or self._documents.folder is None:
            return []
        lacks = ((inert(number)[:60], self._documents.lacks(ident, number)) for ident, number in _numbers(job).items())
        return [f"{number}: {why}" for number, why in lacks if why == "shared name"]


def _numbers(job: Job) -> dict[str, str]:
    """The numbers of the invoices that are asked for, by id."""
    action = job.facts["action"]
    return {str(line["invoice"]): str(line["number"]) for line in (*action["demanded"], *action["mentioned"])}


def write_index(columns: Mapping[str, str], path: Path, rows: Iterable[Row]) -> None:
    """Write an index: UTF-8 with a mark of its encoding, `;` between cells, nothing that is a formula."""
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        index = csv.writer(stream, delimiter=";")
        index.writerow(map(neutral, columns))
        for number, row in enumerate(rows, 1):
            cells = {**row, "number": number}
            index.writerow([_cell(str(cells.get(column, ""))) for column in columns.values()])


def _cell(text: str) -> str:
    """A negative amount isn't a formula."""
    return text if text.removeprefix("-").replace(".", "", 1).isdigit() and text.isascii() else neutral(text)


def _enclosed(language: str, statement: bool, invoices: Sequence[tuple[Document, str]]) -> str:  # noqa: FBT001
    """What lies in the envelope with the letter, as the letter names it."""
    one, several, account = _INVOICE[language]
    numbers = ", ".join(number for _, number in invoices)
    about = f"{one if len(invoices) == 1 else several}{numbers}" if invoices else ""
    return " ; ".join(part for part in (account if statement else "", about) if part)


def _press_faults() -> list[str]:
    """Whether a letter can be set here, and the fonts have what French needs: one is set and thrown away."""
    if find_spec("typst") is None:
        return ["letters need typst: pip install 'dunning-policy-engine[letters]'"]
    paper = Paper()
    try:
        paper.set(_SPECIMEN)
    except (LetterError, Refused, Retry) as error:
        return [str(error)]
    finally:
        paper.close()
    return []


def _build(name: str, settings: LettersSettings, around: Surroundings) -> LettersAdapter:
    if find_spec("typst") is None:
        raise SettingsError("letters need typst: pip install 'dunning-policy-engine[letters]'")
    return LettersAdapter(
        name,
        around.at(settings.path),
        enclose=settings.enclose,
        columns={str(title): column for title, column in settings.columns.items()},
        documents=around.documents,
        sender=around.sender,
    )


KIND = Kind(LettersSettings, _build)
_SPECIMEN: dict[str, Any] = {
    "language": "fr", "subject": "ÀÂÇÉÈÊËÎÏÔÙÛŒàâçéèêëîïôùûœ€«»", "subject_line": "ÀÂÇÉÈÊËÎÏÔÙÛŒàâçéèêëîïôùûœ€«»",
    "author": "-", "year": 2026, "month": 1, "day": 1, "sender": ["-"], "recipient": ["-", "-", "-"],
    "address_lines": 2, "marks": ["-"], "place_and_date": "-", "running": "-", "reference_line": "-", "footer": "-",
    "page_word": "Page", "banner": None, "blocks": [],
}  # fmt: skip
