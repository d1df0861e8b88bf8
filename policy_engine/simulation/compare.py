"""Two runs of one scenario: of each customer the first day on which what reached them differs, and what it was."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from policy_engine.plan.model import Action
from policy_engine.simulation.record import Run


class Did(NamedTuple):
    """An action that reached a customer: its step, channel, invoices and what it asked in all, in minor units."""

    step: str
    stage: str
    channel: str
    invoices: tuple[str, ...]
    total: int
    currency: str


@dataclass(frozen=True, slots=True)
class Divergence:
    """The first day on which two runs treat a customer differently.

    Attributes:
        first: what the first run did that day, empty for nothing.
        second: what the second did.
        first_next: with nothing done that day, the first run's next action afterwards and its day, if any.
        second_next: the same of the second.
    """

    customer: str
    name: str
    day: date
    first: tuple[Did, ...]
    second: tuple[Did, ...]
    first_next: tuple[date, Did] | None
    second_next: tuple[date, Did] | None


def divergences(first: Run, second: Run) -> tuple[Divergence, ...]:
    """Of each customer whom the runs treat differently the first day of it; sorted by day, then customer.

    INVARIANT (A against A): runs of equal policies differ for nobody.
    """
    ours, names = _by_customer(first)
    theirs, others = _by_customer(second)
    found = []
    for customer in sorted({*ours, *theirs}):
        mine, yours = ours.get(customer, {}), theirs.get(customer, {})
        day = min((day for day in {*mine, *yours} if mine.get(day) != yours.get(day)), default=None)
        if day is None:
            continue
        name = names.get(customer) or others.get(customer, "")
        did, done = mine.get(day, ()), yours.get(day, ())
        found.append(
            Divergence(
                customer, name, day, did, done, None if did else _next(mine, day), None if done else _next(yours, day)
            )
        )
    found.sort(key=lambda row: (row.day, row.customer))
    return tuple(found)


def _by_customer(run: Run) -> tuple[dict[str, dict[date, tuple[Did, ...]]], dict[str, str]]:
    found: dict[str, dict[date, tuple[Did, ...]]] = {}
    names: dict[str, str] = {}
    for day in run.days:
        for action in day.delivered:
            mine = found.setdefault(action.customer, {})
            mine[day.day] = tuple(sorted((*mine.get(day.day, ()), _did(action))))
            names[action.customer] = action.customer_name
    return found, names


def _did(action: Action) -> Did:
    lines: Iterable[str] = (line.invoice for line in (*action.demanded, *action.mentioned))
    if action.intervention is not None:
        lines = (line.invoice for line in action.listed)
    return Did(action.step, action.stage, action.channel, tuple(sorted(lines)), action.total, action.currency)


def _next(days: dict[date, tuple[Did, ...]], after: date) -> tuple[date, Did] | None:
    later = min((day for day in days if day > after), default=None)
    return None if later is None else (later, days[later][0])
