"""A FEC's open items as rows of a snapshot: customers, open invoices, and the payments that explain what is left.

Ids are made of journal, day and entry number and a place among the entry's lines, never of a place in the file: an
entry that was validated can't change, so the next export gives the same ids and what was sent is found again.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from policy_engine.imports.fec_cells import plain
from policy_engine.imports.fec_customers import Choices
from policy_engine.imports.fec_ledger import CURRENCY, Line
from policy_engine.imports.fec_netting import Position, issue_date, line_key
from policy_engine.snapshot.table_rows import TableRow
from policy_engine.snapshot.terms import due_date
from policy_engine.values.money import minor_text

_LONGEST = 60
_COLLECTIVE = re.compile(
    r"\b(clients?|ventes?|comptes?)[ _./-]*(en )?(divers|comptoir|comptant|particuliers|de passage|passage|attente)\b"
    r"|^(divers|comptoir|particuliers|attente|caisse|cb|cheques?|especes|carte bleue|tickets? restaurants?)$"
    r"|^recettes?\b|\brecettes? (cb|caisse|du jour|especes|cheques?)\b"
)


@dataclass(frozen=True, slots=True)
class Debtor:
    """A customer as the snapshot has it; `collective` when its name says that it is many or nobody."""

    id: str
    name: str
    kind: str
    terms: str | None
    collective: bool


def line_ids(lines: Iterable[Line]) -> dict[int, str]:
    """An id for each line, by its line number: `VEN-20260831-412-1`.

    Where entries have no number (or always 0) the document's reference stands for it.
    """
    entries: dict[str, list[Line]] = {}
    for line in lines:
        number = line.entry if line.entry.strip("0") else line.piece
        parts = (_word(line.journal, "J"), line.day.strftime("%Y%m%d"), _word(number, "0"))
        entries.setdefault("-".join(parts), []).append(line)
    return {
        line.number: f"{prefix}-{place}"
        for prefix, group in entries.items()
        for place, line in enumerate(sorted(group, key=line_key), start=1)
    }


def _word(text: str, instead: str) -> str:
    """A part of an id: `;` and `=` separate allocations in a cell, and what can't be seen can't be compared."""
    if text.isalnum() and len(text) <= _LONGEST:
        return text
    return "".join(ch if ch.isprintable() and ch not in " ;=" else "_" for ch in text[:_LONGEST]) or instead


def debtor(position: Position, kinds: Choices, kind: str | None, terms: Choices) -> Debtor:
    """The customer behind an auxiliary; the name is that of its latest line.

    A collective account is of kind unknown whatever is said of everybody: it names no debtor. A list may name it.
    """
    _, name = max(((line.day, _text(line.name)) for line in position.lines if line.name), default=(date.min, ""))
    shown = name or position.auxiliary
    collective = bool(_COLLECTIVE.search(plain(shown)) or _COLLECTIVE.search(plain(position.auxiliary)))
    said = kinds.named.get(position.auxiliary)
    if said is None and not collective:
        said = kinds.rest or kind
    return Debtor(position.auxiliary, shown, said or "unknown", terms.of(position.auxiliary), collective)


def _text(text: str) -> str:
    return text if text.isprintable() else "".join(ch if ch.isprintable() else " " for ch in text).strip()


def tables(
    positions: Sequence[Position], debtors: Mapping[str, Debtor], ids: Mapping[int, str], as_of: date
) -> dict[str, list[TableRow]]:
    """The rows of `customers`, `invoices` and `payments`.

    A payment's amount is that part of the credit which settles open invoices or settles nothing: what it settled of
    invoices that are paid isn't in the snapshot, as they aren't.

    Raises:
        ValueError: no due date follows from a customer's terms; callers have checked them with `due`.
    """
    customers: list[TableRow] = []
    invoices: list[TableRow] = []
    payments: list[TableRow] = []
    for position in positions:
        who = debtors[position.auxiliary]
        customers.append({"id": who.id, "name": who.name, "kind": who.kind, "terms": who.terms or ""})
        settled: dict[int, dict[str, int]] = {}
        credits_ = {credit.line.number: credit.line for credit in position.unallocated}
        for item in position.open:
            ident = ids[item.line.number]
            issued = issue_date(item.line, as_of)
            until = due(who.terms, issued)
            if until is None:
                raise ValueError(f"no due date for {ident}")
            invoices.append(
                {
                    "id": ident,
                    "number": _text(item.line.piece) or ident,
                    "customer": who.id,
                    "kind": "invoice",
                    "currency": CURRENCY,
                    "amount": minor_text(item.line.amount, CURRENCY),
                    "issue_date": issued.isoformat(),
                    "due_date": until.isoformat(),
                    "terms": who.terms or "",
                }
            )
            for line, part in item.settled:
                credits_[line.number] = line
                shares = settled.setdefault(line.number, {})
                shares[ident] = shares.get(ident, 0) + part
        loose = {credit.line.number: credit.left for credit in position.unallocated}
        for number, line in credits_.items():
            shares = settled.get(number, {})
            payments.append(
                {
                    "id": ids[number],
                    "customer": who.id,
                    "date": line.day.isoformat(),
                    "amount": minor_text(sum(shares.values()) + loose.get(number, 0), CURRENCY),
                    "currency": CURRENCY,
                    "allocations": "; ".join(
                        f"{ident}={minor_text(part, CURRENCY)}" for ident, part in sorted(shares.items())
                    ),
                }
            )
    return {"customers": customers, "invoices": invoices, "payments": payments}


def due(terms: str | None, issued: date) -> date | None:
    """The last day to pay in time, or None when there are no terms or they lead beyond 2200."""
    return None if terms is None else due_date(terms, issued)
