"""The one place where customers come in: a function from a day's snapshot and what was executed to what happens.

A `Behaviour` is called once a simulated day with

- the snapshot that the day's plan was made from (`snapshot.as_of` is the day),
- the actions that were delivered on the day, in the order of the plan (language.md 3.20),
- the day,

and gives the events of that day: rows as a snapshot holds them, all dated that day, with ids that no other row of
their table has. The next day's snapshot holds them. A scenario is one behaviour (`scenario_behaviour`), a model of
payment behaviour another. It must be a function of its arguments: equal arguments give equal events.
"""

from collections.abc import Callable, Sequence
from datetime import date
from typing import TypeAlias

from policy_engine.plan.model import Action
from policy_engine.snapshot.model import Block, Charge, Dispute, Invoice, Payment, Promise, Snapshot

Event: TypeAlias = Payment | Dispute | Promise | Invoice | Charge | Block
"""A row that comes into being: money, a dispute, a promise, a new document, a charge paid or waived, a block."""

Behaviour: TypeAlias = Callable[[Snapshot, Sequence[Action], date], Sequence[Event]]
"""(snapshot of the day, actions executed on the day, day) -> events of the day."""


class BehaviourError(ValueError):
    """An event that can't be: of another day, about nobody, or with an id that is taken."""


def nobody_reacts(snapshot: Snapshot, executed: Sequence[Action], day: date) -> Sequence[Event]:
    """The simplest behaviour: nothing ever happens."""
    del snapshot, executed, day
    return ()


def day_of(event: Event) -> date:
    """The day on which an event comes into being."""
    if isinstance(event, Dispute):
        return event.opened
    if isinstance(event, Promise):
        return event.made
    if isinstance(event, Invoice):
        return event.issue_date
    if isinstance(event, Block):
        return event.start
    return event.day
