"""What a message says on each day on which it may leave: kept when it is taken in, chosen when it leaves.

Its figures are those that were decided and approved; its own date and the day until which it asks to be paid are those
of the day on which it leaves. The facts hold the message of its `send_on` and, under `by_day`, where that of another
day differs: pairs of a path and what stands there.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from copy import copy
from datetime import date
from typing import Any, TypeAlias

from policy_engine.values.days import ONE_DAY

BY_DAY = "by_day"
"""The facts' name for what differs, by day."""
PAY_BY = "pay_by"
"""The facts' name for the day until which payment is asked, by the day on which the message leaves."""
LEAVES_ON = "leaves_on"
"""The facts' name for the day whose message they hold, once that is known."""
Difference: TypeAlias = list[Any]
"""A path and what stands there: `[["messages", "email", "text", 4], "..."]`; a number within a text is a line."""


def leaving_days(send_on: date, valid_until: date, closed: Collection[date], *, any_day: bool) -> list[date]:
    """The days on which an action may leave, the first of them its `send_on`.

    Args:
        send_on: the day for which it was planned.
        valid_until: the last day of its plan.
        closed: the days until then that are no business days.
        any_day: whether it leaves on those too.
    """
    days, day = [send_on], send_on + ONE_DAY
    while day <= valid_until:
        if any_day or day not in closed:
            days.append(day)
        day += ONE_DAY
    return days


def differences(first: Any, other: Any, path: Sequence[Any] = ()) -> Iterator[Difference]:
    """Where JSON data differs: values, and lines of texts that have as many."""
    if first == other:
        return
    if isinstance(first, dict) and isinstance(other, dict) and first.keys() == other.keys():
        for name, value in first.items():
            if value != other[name]:
                yield from differences(value, other[name], (*path, name))
        return
    before, after = _parts(first), _parts(other)
    if before is not None and after is not None and type(first) is type(other) and len(before) == len(after) > 1:
        for place, (one, another) in enumerate(zip(before, after, strict=True)):
            if one != another:
                yield from differences(one, another, (*path, place))
        return
    yield [list(path), other]


def on_day(facts: Mapping[str, Any], day: str | None) -> dict[str, Any]:
    """The facts with the messages of the day on which they leave, or left; None: of the day they were planned for.

    Facts that a ledger of an earlier version holds have the messages of that day alone.
    """
    found = {name: value for name, value in facts.items() if name != BY_DAY}
    if day is None:
        return found
    for path, value in facts.get(BY_DAY, {}).get(day, ()):
        found = _put(found, path, value)
    return {**found, LEAVES_ON: day}


def day_of(facts: Mapping[str, Any]) -> str:
    """The day on which an action leaves, or was to leave, as its messages have it."""
    return str(facts.get(LEAVES_ON) or facts["action"]["send_on"])


def asked_by(facts: Mapping[str, Any], day: str | None) -> dict[str, str]:
    """Until when the messages ask to be paid, by the day on which they leave; of that day alone once it is known."""
    known: Mapping[str, str] = facts.get(PAY_BY, {})
    return {one: until for one, until in known.items() if day is None or one == day}


def _parts(value: Any) -> list[Any] | None:
    if isinstance(value, str):
        return value.split("\n")
    return value if isinstance(value, list) else None


def _put(within: Any, path: Iterable[Any], value: Any) -> Any:
    """The same data with another value at a path; what it shares with the first isn't changed."""
    place, *further = [*path] or [None]
    if place is None:
        return value
    if isinstance(within, str):
        lines = within.split("\n")
        lines[place] = _put(lines[place], further, value)
        return "\n".join(lines)
    changed = copy(within)
    changed[place] = _put(within[place], further, value)
    return changed
