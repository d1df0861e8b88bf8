"""What a run did: how much was delivered, and what people must look at."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from policy_engine.execution.notes import Notes
from policy_engine.execution.states import State


class Noted(NamedTuple):
    """An action that people should look at: what became of it, and why. `channel` is the carrier in question."""

    action: str
    customer: str
    step: str
    channel: str
    state: State
    why: str


class Limited(NamedTuple):
    """Actions that wait for the limit of a channel, and when the first may leave (a stamp)."""

    channel: str
    actions: int
    limit: str
    again: str


@dataclass(slots=True)
class Tally:
    """What a run did. Notes are only of what people must look at.

    Attributes:
        delivered: actions whose main carrier delivered, by its channel.
        copies: further carriers that delivered, by channel.
        copies_failed: copies that were refused for good; the action is delivered all the same.
        copies_dropped: copies that weren't sent because something had changed since the main carrier delivered.
        unwritten: actions taken in without the messages that their adapters need, by channel.
        unserved: what live deliveries wrote into the folder only, as no adapter serves the channel.
        limited: what waits for the limit of a channel.
        held: approved actions whose approvals don't count, or whose cool-off isn't over, by the run's operator's file.
        broken: adapters that can't work before a person has set something right, and why.
        tried: actions that were tried, each once.
    """

    delivered: dict[str, int] = field(default_factory=dict)
    copies: dict[str, int] = field(default_factory=dict)
    expired: Notes[Noted] = field(default_factory=lambda: Notes(Noted))
    failed: Notes[Noted] = field(default_factory=lambda: Notes(Noted))
    in_doubt: Notes[Noted] = field(default_factory=lambda: Notes(Noted))
    retried: Notes[Noted] = field(default_factory=lambda: Notes(Noted))
    copies_failed: Notes[Noted] = field(default_factory=lambda: Notes(Noted))
    copies_dropped: Notes[Noted] = field(default_factory=lambda: Notes(Noted))
    unwritten: dict[str, int] = field(default_factory=dict)
    unserved: dict[str, int] = field(default_factory=dict)
    limited: list[Limited] = field(default_factory=list)
    held: Notes[Noted] = field(default_factory=lambda: Notes(Noted))
    broken: dict[str, str] = field(default_factory=dict)
    tried: int = 0

    @property
    def all_delivered(self) -> int:
        """How many actions were delivered."""
        return sum(self.delivered.values())

    def add(self, other: "Tally") -> None:
        """Count what a transaction came to, once it is in the ledger."""
        for mine, theirs in ((self.delivered, other.delivered), (self.copies, other.copies)):
            for channel, count in theirs.items():
                mine[channel] = mine.get(channel, 0) + count
        for name in _LISTS:
            getattr(self, name).extend(getattr(other, name))
        self.tried += other.tried


_LISTS = ("expired", "failed", "in_doubt", "retried", "copies_failed", "copies_dropped", "held")


def noted(row: Mapping[str, Any], state: State, why: str, channel: str | None = None) -> Noted:
    """An action of the ledger to look at; `channel` when it isn't about the main carrier."""
    return Noted(row["action"], row["customer"], row["step"], channel or row["channel"], state, why)
