"""Time as the ledger records it. Who runs an execution passes a clock; nothing here reads one."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple, TypeAlias


class Moment(NamedTuple):
    """An instant in UTC, and the calendar day of the business where it was seen."""

    at: datetime
    day: date


Clock: TypeAlias = Callable[[], Moment]


def stamp(at: datetime) -> str:
    """An instant as the ledger writes it: UTC, microseconds; texts sort as instants do."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def later(at: datetime, seconds: float) -> str:
    """The stamp of so many seconds later."""
    return stamp(at + timedelta(seconds=seconds))
