"""What a message carries: the invoices' own files and the statement, as far as they are there and fit."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from policy_engine.adapters.email.message import Attachment
from policy_engine.adapters.email.settings import Part
from policy_engine.adapters.paper import Paper, marked
from policy_engine.execution.documents import Documents
from policy_engine.execution.job import Job, Refused, Retry
from policy_engine.templates.letter import LetterError
from policy_engine.values.text import inert

MEGABYTE = 1_000_000
_STATEMENT = {"fr": "releve", "en": "statement"}


@dataclass(slots=True)
class Chosen:
    """Attachments, and what stays out: an invoice's number or `statement`, with the reason."""

    attachments: list[Attachment] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


class Files:
    """Finds and makes attachments. Holds the process that sets statements until `close`."""

    def __init__(self, parts: tuple[Part, ...], documents: Documents, most_mb: int) -> None:
        self._parts = parts
        self._documents = documents
        self._most = most_mb * MEGABYTE
        self._paper = Paper()

    def of(self, job: Job) -> Chosen:
        """The attachments of an action: invoices in the order of the message, then the statement."""
        chosen = Chosen()
        left = self._most
        for name, found in self._all(job):
            if isinstance(found, str):
                chosen.left_out.append(f"{name}: {found}")
            elif len(found.data) > left:
                chosen.left_out.append(f"{name}: too large")
            else:
                left -= len(found.data)
                chosen.attachments.append(found)
        return chosen

    def close(self) -> None:
        """End the process that sets statements."""
        self._paper.close()

    def _all(self, job: Job) -> Iterator[tuple[str, Attachment | str]]:
        """Each thing to attach by a short name: its file, or why there is none."""
        if "invoices" in self._parts and self._documents.folder is not None:
            for invoice, number in invoices_of(job):
                yield inert(number)[:60], self._invoice(invoice, number)
        if "statement" in self._parts:
            yield "statement", self._statement(job)

    def _invoice(self, invoice: str, number: str) -> Attachment | str:
        document = self._documents.of(invoice, number)
        if document is None:
            return self._documents.lacks(invoice, number)
        try:
            return Attachment(document.name, document.read())
        except OSError as error:
            return f"can't be read: {error.strerror or 'too large'}"

    def _statement(self, job: Job) -> Attachment | str:
        data = job.facts.get("statement")
        if not data:
            return "not in the action's facts"
        try:
            pdf = self._paper.set(marked(data, job.redirect_to)).pdf
        except (Refused, Retry, LetterError) as error:
            return str(error)
        word = _STATEMENT["fr" if data.get("language") == "fr" else "en"]
        customer = re.sub(r"[^A-Za-z0-9-]+", "-", job.customer).strip("-")[:40] or "x"
        return Attachment(f"{word}-{customer}.pdf", pdf)


def invoices_of(job: Job) -> list[tuple[str, str]]:
    """Id and number of each invoice that a message asks for, once; of those it lists when it asks for none."""
    action: Any = job.facts["action"]
    lines = [*action["demanded"], *action["mentioned"]] or action["listed"]
    return list(dict.fromkeys((str(line["invoice"]), str(line["number"])) for line in lines))
