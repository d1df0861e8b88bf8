"""The worksheet: one row an invoice, an empty column `step` to be filled in with a spreadsheet.

Cells that a spreadsheet would take for a formula are written with an apostrophe in front, which `plain_cell` takes off.
"""

import csv
import hashlib
from io import StringIO
from typing import NamedTuple

from policy_engine.explanation.locale import Language
from policy_engine.explanation.sentences import words_of
from policy_engine.triage.model import Triage, TriageCustomer, TriageItem
from policy_engine.triage.words import argument_text
from policy_engine.values.money import minor_text
from policy_engine.values.text import inert

START = "start"
"""The word for `before the first step`."""
LEAVE_ALONE = "leave alone"
"""The words for a block instead of a step."""
COLUMNS = (
    "key", "customer", "name", "invoice", "number", "outstanding", "currency", "due_date", "late_at_onboarding", "late",
    "known", "unasked", "proposed", "then", "step", "reason", "until",
)  # fmt: skip
"""The columns, the last three for the person; `known` and those around it are for reading only."""
_FORMULA = "=+-@\t\r\n'"


class Style(NamedTuple):
    """How a worksheet is written: what stands between cells, and the decimal sign."""

    separator: str
    decimal: str


STYLES: dict[Language, Style] = {"en": Style(",", "."), "fr": Style(";", ",")}
"""What the spreadsheets of a language open by a double click."""


def worksheet_text(triage: Triage, language: Language) -> str:
    """The worksheet with a byte order mark and CR LF, as spreadsheets want it."""
    style = STYLES[language]
    stream = StringIO()
    writer = csv.writer(stream, delimiter=style.separator, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for customer in triage.customers:
        for item in customer.items:
            writer.writerow([safe_cell(cell) for cell in _cells(customer, item, language)])
    return "\ufeff" + stream.getvalue()


def key_of(invoice: str) -> str:
    """A key that no spreadsheet rewrites, as it does with `0012` or `2026-10`."""
    return "T" + hashlib.sha256(invoice.encode("utf-8")).hexdigest()[:12]


def safe_cell(text: str) -> str:
    """The text with an apostrophe in front when a spreadsheet would compute it."""
    return f"'{text}" if text[:1] and text[0] in _FORMULA else text


def plain_cell(text: str) -> str:
    """The text as it was before `safe_cell`."""
    return text[1:] if text.startswith("'") and text[1:2] and text[1] in _FORMULA else text


def _cells(customer: TriageCustomer, item: TriageItem, language: Language) -> list[str]:
    words = words_of(language)
    proposal = item.proposal
    proposed = {"step": proposal.step or START, "leave_alone": LEAVE_ALONE, "repair": ""}[proposal.choice]
    amount = minor_text(item.outstanding, item.currency).replace(".", STYLES[language].decimal)
    entering = "" if item.enters is None else item.enters.step
    return [
        key_of(item.invoice),
        item.customer,
        inert(customer.name),
        item.invoice,
        inert(item.number),
        amount,
        item.currency,
        item.due_date.isoformat(),
        "" if item.late_then is None else str(item.late_then),
        str(item.late),
        "; ".join(argument_text(argument, words) for argument in item.against),
        entering,
        proposed,
        proposal.then or "",
        "",
        "",
        "",
    ]
