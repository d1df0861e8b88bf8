"""3.4 History: what was executed, what is under way, what a person decided."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from policy_engine.engine.reference.item import Item
from policy_engine.engine.reference.s16_sending_date import add_business_days
from policy_engine.policy.resolved import CONTACT_CHANNELS, Calendar
from policy_engine.snapshot.model import EXECUTED, EXPIRING, PENDING, History
from policy_engine.values.days import add_days

NO_OTHERS: Mapping[str | None, str] = {}
REJECTION_DAYS = 7
"""How long a rejection blocks when it names no date (3.4)."""


def recorded(row: History) -> tuple[date, int, str]:
    """The order of recording: day, then sequence, then id."""
    return (row.day, row.sequence, row.id)


def standing(rows: Sequence[History]) -> Sequence[History]:
    """The rows that still say something: of several for one item of one action the last recorded counts.

    A source that only adds rows says `sending`, then `delivered`, then `returned`: what was returned or voided isn't
    executed, and what was delivered isn't under way any more.
    """
    last: dict[tuple[str | None, ...], History] = {}
    for row in rows:
        key = (row.id,) if row.action is None else (row.action, row.invoice, row.instalment, row.step, row.intervention)
        other = last.get(key)
        if other is None or recorded(row) > recorded(other):
            last[key] = row
    return rows if len(last) == len(rows) else tuple(last.values())


def live(row: History, as_of: date, calendar: Calendar, valid_for: int) -> bool:
    """Whether a pending row still blocks.

    `planned`, `awaiting_approval` and `approved` expire `valid_for` business days after the plan's date; `sending` and
    `in_doubt` block until a person or the carrier settles them.
    """
    if row.status not in PENDING:
        return False
    if row.status not in EXPIRING:
        return True
    return as_of <= add_business_days(calendar, row.day, valid_for)


@dataclass(frozen=True, slots=True)
class Contacts:
    """What the customer has been sent, for the cap, the capacity and the facts; one entry an action and day.

    Messages of a day in several currencies are one contact (3.14): whoever counts takes the currency with the most.
    """

    executed: tuple[tuple[date, str, str], ...]  # (day, channel, currency) of contacts
    pending: tuple[tuple[str, str], ...]  # (channel, currency) of contacts under way
    used: tuple[tuple[str, str], ...]  # (channel, action) executed on as_of or pending, any channel


def contacts_of(
    rows: Sequence[History],
    as_of: date,
    calendar: Calendar,
    valid_for: int,
    currency: str,
    others: Mapping[str | None, str] = NO_OTHERS,
) -> Contacts:
    """The customer's contacts: rows of one action and day are one; rows without an action, one a channel and day.

    A row without a channel is taken for a contact: better one message too few. `others` are the currencies of the
    invoices that aren't in the policy's `currency`.
    """
    executed: dict[tuple[str, date], tuple[str, str]] = {}
    pending: dict[str, tuple[str, str]] = {}
    used: set[tuple[str, str]] = set()
    for row in rows:
        channel = row.channel or "email"
        code = others.get(row.invoice, currency) if others else currency
        action = row.action or f"{channel} {row.day} {code}"
        if row.status in EXECUTED:
            if channel in CONTACT_CHANNELS:
                executed[(action, row.day)] = channel, code
            if row.day == as_of:
                used.add((channel, action))
        elif live(row, as_of, calendar, valid_for):
            if channel in CONTACT_CHANNELS:
                pending[action] = channel, code
            used.add((channel, action))
    days = sorted((day, channel, code) for (_, day), (channel, code) in executed.items())
    return Contacts(tuple(days), tuple(sorted(pending.values())), tuple(sorted(used)))


def contact_days(contacts: Iterable[tuple[date, str]]) -> dict[date, int]:
    """How many contacts each day had, of (day, currency) pairs: as many as the currency with the most (3.14)."""
    counts: dict[tuple[date, str], int] = {}
    for pair in contacts:
        counts[pair] = counts.get(pair, 0) + 1
    days: dict[date, int] = {}
    for (day, _), count in counts.items():
        days[day] = max(count, days.get(day, 0))
    return days


def by_invoice(rows: Sequence[History]) -> dict[str, list[History]]:
    """The rows about invoices' steps, in the order of recording."""
    found: dict[str, list[History]] = {}
    for row in sorted(rows, key=recorded):
        if row.invoice is not None and row.intervention is None:
            found.setdefault(row.invoice, []).append(row)
    return found


def blocked_until(rows: Sequence[History]) -> date | None:
    """The last day on which rejections block every step of the invoice, that day included."""
    ends = [
        row.until or add_days(row.day, REJECTION_DAYS)
        for row in rows
        if row.status == "rejected" and row.role == "demanded"
    ]
    return max(ends, default=None)


def is_pending(item: Item, step: str | None, as_of: date, calendar: Calendar, valid_for: int) -> bool:
    """Whether something under way blocks `step`: anything demanded does, what is mentioned its own step only."""
    return any(
        live(row, as_of, calendar, valid_for) and (row.role == "demanded" or row.step == step) for row in item.rows
    )
