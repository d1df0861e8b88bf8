"""What a FEC says of customers, as values: the lines of account 411, and figures of the whole file.

Amounts are euro cents, a debit positive and a credit negative.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date

CURRENCY = "EUR"
"""Debit and credit are in the currency of the books; Montantdevise and Idevise are for information."""
RECEIVABLES = "411"
COLLECTIVE_ACCOUNT = re.compile(r"411[0-9]?0*")
"""Accounts of all customers together: 411, 411000, 411100000 ..."""
BESIDE = {"413": "bills receivable", "416": "doubtful customers", "419": "advances and credits of customers"}
"""Other accounts of customers: said beside, not imported (domain of PCG class 41)."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line on an account of customers.

    Attributes:
        number: its line in the file, for messages only: nothing is decided by it.
        amount: cents, debit positive, credit negative.
        letter: the group it was lettered with, "" when it is not.
        letter_day: when it was lettered, None when the file doesn't say.
        piece_day: date of the document; None when the file doesn't say or nobody can mean it.
        opening: whether it brings a balance forward from the year before.
        origin: what the other lines of its entry say it is.
    """

    number: int
    journal: str
    entry: str
    day: date
    account: str
    account_name: str
    auxiliary: str
    name: str
    piece: str
    piece_day: date | None
    label: str
    amount: int
    letter: str
    letter_day: date | None
    opening: bool = False
    origin: str = "other"


@dataclass(slots=True)
class Ledger:
    """What a FEC holds: the lines of customers, and figures of the whole file."""

    lines: list[Line] = field(default_factory=list)
    beside: list[tuple[str, date, int]] = field(default_factory=list)
    count: int = 0
    debit: int = 0
    credit: int = 0
    days: set[date] = field(default_factory=set)


def named_by_account(lines: Iterable[Line]) -> list[Line]:
    """The lines with the account as auxiliary where there is none and the account isn't a collective one.

    Some books have no auxiliaries but an account for each customer, like `411DUPONT`.
    """
    return [
        line
        if line.auxiliary or COLLECTIVE_ACCOUNT.fullmatch(line.account)
        else replace(line, auxiliary=line.account, name=line.account_name)
        for line in lines
    ]
