"""The files of a claim: invoices, orders, deliveries, contract, letters made again; and what is missing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from policy_engine.adapters.agency.archive import MiB, TooLargeError, member
from policy_engine.adapters.agency.placement import Papers, about
from policy_engine.adapters.paper import Paper
from policy_engine.execution.documents import MOST_BYTES, Document, Documents
from policy_engine.execution.job import Job, Refused
from policy_engine.execution.proofs import FORMAL_NOTICE
from policy_engine.templates.letter import LetterError

MOST_AT_ONCE = 500 * MiB
"""Bytes of all the documents of a claim."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the files are found.

    Attributes:
        invoices, orders, deliveries: by the invoice's number or id.
        contracts: by the customer's id.
        terms: the creditor's general terms, one file.
    """

    invoices: Documents = field(default_factory=Documents)
    orders: Documents = field(default_factory=Documents)
    deliveries: Documents = field(default_factory=Documents)
    contracts: Documents = field(default_factory=Documents)
    terms: Path | None = None


class Gathered:
    """What was found for a claim: `files` by their name in the zip, and what wasn't."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.missing: list[dict[str, Any]] = []
        self._bytes = 0

    def lacks(self, what: str, why: str, subject: str | None = None) -> None:
        """Something isn't there."""
        self.missing.append({"what": what, "subject": subject, "why": why})

    def add(self, name: str, data: bytes) -> str:
        """A file.

        Raises:
            TooLargeError: all of them are too large.
        """
        self._bytes += len(data)
        if self._bytes > MOST_AT_ONCE:
            raise TooLargeError(f"the documents of one claim are larger than {MOST_AT_ONCE // MiB} MiB")
        self.files[name] = data
        return name


def gather(job: Job, sources: Sources, paper: Paper) -> tuple[Gathered, Papers]:
    """Everything that a claim's facts name and that can be found.

    Raises:
        Retry: the process that sets letters failed.
        TooLargeError: the documents are too large.
    """
    found = Gathered()
    rows = job.facts["dossier"]["invoices"]
    by_kind: dict[str, dict[str, str]] = {"invoices": {}, "orders": {}, "deliveries": {}}
    for kind, names in by_kind.items():
        where: Documents = getattr(sources, kind)
        for number, row in enumerate(rows, 1):
            name = _add(found, kind, kind, number, row["number"], _found(where, row["id"], row["number"]))
            if name is not None:
                names[row["id"]] = name
    customer = job.customer
    contract = _add(
        found, "contract", "contract", 1, customer, _found(sources.contracts, customer, customer), subject=None
    )
    terms = _add(found, "terms", "contract", 2, "terms", _terms(sources.terms) or "no file", subject=None)
    notices = _notices(job, found, paper)
    _statement(job, found, paper)
    _note(job, found)
    contacts = about(job.facts["dossier"])
    if not contacts:
        found.lacks("proof", "none delivered")
    elif any(row["source"] == "snapshot" for row in contacts):
        found.lacks("proof", "erp history")
    papers = Papers(
        invoices=by_kind["invoices"],
        orders=by_kind["orders"],
        deliveries=by_kind["deliveries"],
        notices=notices,
        contract=contract,
        terms=terms,
        missing=found.missing,
    )
    return found, papers


def _add(
    found: Gathered,
    what: str,
    folder: str,
    number: int,
    text: str,
    document: Document | str,
    subject: str | None = "",
) -> str | None:
    """A document's name in the zip, None when it isn't there, for which reason; `subject` "" stands for the text."""
    about_ = text if subject == "" else subject
    if isinstance(document, str):
        found.lacks(what, document, about_)
        return None
    try:
        if document.path.stat().st_size > MOST_BYTES:
            found.lacks(what, "too large", about_)
            return None
        data = document.read()
    except OSError:
        found.lacks(what, "unreadable", about_)
        return None
    return found.add(member(folder, number, text, document.path.name), data)


def _found(where: Documents, ident: str, number: str) -> Document | str:
    """A file, or why there is none."""
    return where.of(ident, number) or where.lacks(ident, number)


def _terms(path: Path | None) -> Document | None:
    return Document("", path.name, path) if path is not None and path.is_file() else None


def _notices(job: Job, found: Gathered, paper: Paper) -> list[str | None]:
    """The formal notices as they were sent, made again from what the ledger kept; None for those that can't be."""
    notices = job.facts.get("notices", ())
    made: list[str | None] = []
    for number, notice in enumerate(notices, 1):
        if notice["messages"] is None:
            found.lacks("formal_notice", "purged", notice["day"])
            made.append(None)
            continue
        name = _letter(found, paper, number, notice)
        if name is None:
            found.lacks("formal_notice", "not a letter", notice["day"])
            name = _words(found, number, notice)
        made.append(name)
    if not notices:
        contacts = about(job.facts["dossier"])
        told = any(row["stage"] == FORMAL_NOTICE and row["status"] == "delivered" for row in contacts)
        found.lacks("formal_notice", "erp only" if told else "none delivered")
    return made


def _letter(found: Gathered, paper: Paper, number: int, notice: Mapping[str, Any]) -> str | None:
    """The first letter of a notice, as PDF."""
    for channel in ("registered_letter", "letter"):
        data = notice["messages"].get(channel, {}).get("letter")
        if data is None:
            continue
        try:
            letter = paper.set(data)
        except (Refused, LetterError):
            continue
        return found.add(member("formal_notice", number, f"{notice['day']}_{channel}", "x.pdf"), letter.pdf)
    return None


def _words(found: Gathered, number: int, notice: Mapping[str, Any]) -> str | None:
    for channel, message in notice["messages"].items():
        text = f"{message['subject']}\n\n{message['text']}\n".encode("utf-8", "backslashreplace")
        return found.add(member("formal_notice", number, f"{notice['day']}_{channel}", "x.txt"), text)
    return None


def _statement(job: Job, found: Gathered, paper: Paper) -> None:
    data = job.facts.get("statement")
    if data is None:
        found.lacks("statement", "not written")
        return
    try:
        found.add("statement.pdf", paper.set(data).pdf)
    except (Refused, LetterError):
        found.lacks("statement", "not written")


def _note(job: Job, found: Gathered) -> None:
    """What the templates wrote for the collector."""
    message = job.facts.get("messages", {}).get(job.channel)
    if message is None:
        found.lacks("note", "not written")
        return
    found.add("note.txt", f"{message['subject']}\n\n{message['text']}\n".encode("utf-8", "backslashreplace"))
    found.add("note.html", message["html"].encode("utf-8", "backslashreplace"))
