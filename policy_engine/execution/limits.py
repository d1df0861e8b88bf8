"""How many may leave by a channel in a minute, an hour, a day: counted in the ledger, so that all workers share it.

Windows slide: a limit of 60 a minute holds for any 60 seconds. What was claimed counts, whether it was delivered or
not; the carriers of one message count each.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, delete, func, insert, select

from policy_engine.execution.clock import Moment, later, stamp
from policy_engine.execution.tables import DEPARTURES

WINDOWS = (("per_minute", 60, "a minute"), ("per_hour", 3600, "an hour"), ("per_day", 86_400, "a day"))
"""Name of a limit, its window in seconds, its word; the shortest first."""
LONGEST = 86_400
"""Seconds after which nothing counts any more."""


class Limit(NamedTuple):
    """How many may leave by a channel; None: as many as there are."""

    per_minute: int | None = None
    per_hour: int | None = None
    per_day: int | None = None


class Gate(NamedTuple):
    """How many may leave by a channel now.

    Attributes:
        room: how many; 0 when a window is full.
        opens: when the first may leave again, None when it may now.
        said: the limit that takes longest, e.g. `5000 a day`; "" when none is reached.
        short: whether the wait is worth waiting for: at most a minute.
    """

    room: int
    opens: datetime | None = None
    said: str = ""
    short: bool = True


@dataclass(frozen=True, slots=True)
class Pace:
    """The limits of a run, and how it waits for them.

    Attributes:
        limits: by channel.
        sleep: waits so many seconds; None: nobody waits, what is over a limit is left as it is.
        say: told what is waited for.
    """

    limits: Mapping[str, Limit] = field(default_factory=dict)
    sleep: Callable[[float], None] | None = None
    say: Callable[[str], None] = lambda _: None


AT_ONCE = Pace()
"""No limits."""


def gate(connection: Connection, channel: str, limit: Limit, now: Moment) -> Gate:
    """What the departures in the ledger leave of a limit."""
    found = Gate(1_000_000_000)
    for name, seconds, word in WINDOWS:
        most = getattr(limit, name)
        if most is None:
            continue
        since = later(now.at, -seconds)
        recent = (DEPARTURES.c.channel == channel, DEPARTURES.c.at > since)
        room = most - connection.execute(select(func.count()).where(*recent)).scalar_one()
        if room > 0:
            found = found._replace(room=min(found.room, room))
            continue
        order = select(DEPARTURES.c.at).where(*recent).order_by(DEPARTURES.c.at.desc()).offset(most - 1).limit(1)
        left = datetime.fromisoformat(connection.execute(order).scalar_one())
        opens = max(left + timedelta(seconds=seconds), found.opens or left)
        found = Gate(0, opens, f"{most} {word}", short=seconds <= WINDOWS[0][1])
    return found


class Gates:
    """The gates of one transaction: what it claims counts at once."""

    def __init__(self, connection: Connection, limits: Mapping[str, Limit], now: Moment) -> None:
        self._connection = connection
        self._limits = limits
        self._now = now
        self._room: dict[str, int] = {}
        self._taken: list[str] = []

    def full(self, channels: Iterable[str]) -> list[str]:
        """The channels by which nothing may leave now."""
        return [channel for channel in channels if channel in self._limits and self._left(channel) <= 0]

    def take(self, channels: Iterable[str]) -> None:
        """Count a departure by each of these."""
        for channel in channels:
            if channel in self._limits:
                self._room[channel] = self._left(channel) - 1
                self._taken.append(channel)

    def record(self) -> None:
        """Write down what was taken."""
        if self._taken:
            at = stamp(self._now.at)
            self._connection.execute(insert(DEPARTURES), [{"channel": channel, "at": at} for channel in self._taken])

    def _left(self, channel: str) -> int:
        if channel not in self._room:
            self._room[channel] = gate(self._connection, channel, self._limits[channel], self._now).room
        return self._room[channel]


def forget(connection: Connection, now: Moment) -> None:
    """Delete the departures that count in no window any more."""
    connection.execute(delete(DEPARTURES).where(DEPARTURES.c.at <= later(now.at, -LONGEST)))
