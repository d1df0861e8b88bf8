"""Open items: what is left of a customer's debits once the credits have settled the oldest of them.

Inside an unbalanced group its credits settle its debits. Then opening lines and unlettered debits are settled by what
is left of the groups' credits and by unlettered credits, oldest first. What is left of a debit is open, what is left
of a credit is unallocated. "Unlettered lines plus balances of groups" alone would invent debts: opening balances
hide invoices that were paid and lettered against nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from policy_engine.imports.fec_ledger import Line
from policy_engine.imports.fec_lettering import letter_groups

_ODD_AFTER = timedelta(days=366)
"""A document this much older than its entry is a slip of the pen, unless a balance was brought forward."""


@dataclass(slots=True)
class OpenItem:
    """A debit, what of it is open (cents), and which credits settled the rest."""

    line: Line
    left: int
    settled: list[tuple[Line, int]] = field(default_factory=list)


@dataclass(slots=True)
class Credit:
    """A credit and what of it is unallocated: cents, positive."""

    line: Line
    left: int


@dataclass(frozen=True, slots=True)
class Position:
    """One auxiliary on a day: open debits and unallocated credits, each oldest first; cents.

    `balance` is the account's own: the sum of its lines, not of what netting left.
    """

    auxiliary: str
    lines: tuple[Line, ...]
    balance: int
    open: tuple[OpenItem, ...]
    unallocated: tuple[Credit, ...]
    straddling: int


def issue_date(line: Line, as_of: date) -> date:
    """The date of the document when it can be meant, else of the entry.

    It can't when it lies after `as_of`, or a year or more before an entry that brings no balance forward: the later
    date is the one that harms nobody.
    """
    piece = line.piece_day
    if piece is None or piece > as_of or (not line.opening and piece < line.day - _ODD_AFTER):
        return line.day
    return piece


def line_key(line: Line) -> tuple[object, ...]:
    """Everything a line says, to put lines of a day in an order that the file's order has no part in."""
    return (
        line.day, line.journal, line.entry, line.account, line.auxiliary, line.piece, line.piece_day or date.min,
        line.amount, line.label, line.name, line.account_name, line.letter, line.letter_day or date.min,
    )  # fmt: skip


def position(auxiliary: str, lines: Sequence[Line], as_of: date) -> Position:
    """What one auxiliary owes on `as_of`, from all its lines, later ones included."""
    lettered = letter_groups(lines, as_of)

    def age(line: Line) -> tuple[object, ...]:
        return (not line.opening, issue_date(line, as_of), *line_key(line))

    items: list[OpenItem] = []
    pool_items: list[OpenItem] = []
    pool_credits: list[Credit] = []
    for group in lettered.groups:
        debits, credits_ = _sides(sorted(group, key=age))
        _settle(debits, credits_)
        pool_credits += [credit for credit in credits_ if credit.left]
        for item in debits:
            (pool_items if item.line.opening else items).append(item)
    debits, credits_ = _sides(lettered.loose)
    pool_items = sorted([*pool_items, *debits], key=lambda item: age(item.line))
    pool_credits = sorted(
        [*pool_credits, *credits_], key=lambda credit: (not credit.line.opening, *line_key(credit.line))
    )
    _settle(pool_items, pool_credits)
    now = tuple(line for line in lines if line.day <= as_of)
    return Position(
        auxiliary,
        now,
        sum(line.amount for line in now),
        tuple(sorted((item for item in [*items, *pool_items] if item.left), key=lambda item: age(item.line))),
        tuple(credit for credit in pool_credits if credit.left),
        lettered.straddling,
    )


def _sides(lines: Iterable[Line]) -> tuple[list[OpenItem], list[Credit]]:
    debits: list[OpenItem] = []
    credits_: list[Credit] = []
    for line in lines:
        if line.amount > 0:
            debits.append(OpenItem(line, line.amount))
        elif line.amount < 0:
            credits_.append(Credit(line, -line.amount))
    return debits, credits_


def _settle(debits: Sequence[OpenItem], credits_: Sequence[Credit]) -> None:
    """Let the credits settle the debits, both in their order.

    INVARIANT (nothing lost): debits left minus credits left stays the same.
    """
    waiting = iter([item for item in debits if item.left])
    item = next(waiting, None)
    for credit in credits_:
        while credit.left and item is not None:
            part = min(credit.left, item.left)
            credit.left -= part
            item.left -= part
            item.settled.append((credit.line, part))
            if not item.left:
                item = next(waiting, None)
