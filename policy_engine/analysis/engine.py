"""Asks the engine about a made-up customer: on one day, or day after day with every step delivered."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Any

from policy_engine.analysis.cells import Stored
from policy_engine.analysis.conditions import TRUE, Conditions
from policy_engine.engine.expressions import compile_flag
from policy_engine.engine.reference.decide import draft
from policy_engine.engine.reference.draft import Draft
from policy_engine.engine.reference.facts import CustomerFacts
from policy_engine.engine.reference.program import Program, program_for
from policy_engine.engine.reference.s16_sending_date import CalendarError
from policy_engine.plan.model import Action
from policy_engine.policy.resolved import Policy
from policy_engine.policy.tree import Node
from policy_engine.snapshot.model import CustomerAccount, History
from policy_engine.values.days import add_days


@dataclass
class Subject:
    """The policy that is analysed, and what its rules share.

    Attributes:
        policy: the resolved policy.
        as_of: the day on which witnesses live, unless a rule needs another.
        limits_written: segments whose `credit_limit` the author wrote, `none` included.
        reaching: remembered by segment: facts of a customer who lands there, and whether the search was complete.
    """

    policy: Policy
    as_of: date
    limits_written: frozenset[str] = frozenset()
    reaching: dict[int, tuple[Mapping[str, Stored] | None, bool]] = field(default_factory=dict)

    @cached_property
    def program(self) -> Program:
        """The policy compiled."""
        return program_for(self.policy)

    @cached_property
    def space(self) -> Conditions:
        """Every customer, without any invoice in particular."""
        return Conditions(self.policy)

    @cached_property
    def open_invoices(self) -> Conditions:
        """Every customer with every invoice that may be held: open, with something outstanding."""
        steps = sorted({step.name for ladder in self.policy.ladders for step in ladder.steps})
        domain: dict[str, tuple[Stored, ...]] = {
            "invoice.status": ("open",),
            "invoice.step": (*steps, None),
            "invoice.stage": (*self.policy.stages, None),
        }
        return Conditions(self.policy, domain, {"invoice.outstanding": 1})

    @cached_property
    def segment_conditions(self) -> tuple[Node, ...]:
        """When each segment fits, taken alone, in `space`."""
        return tuple(TRUE if s.when is None else self.space.plain(s.when.tree) for s in self.policy.segments)

    @cached_property
    def segment_flags(self) -> tuple[Callable[[CustomerFacts, Any], bool], ...]:
        """The same as the engine asks it."""
        facts = self.policy.facts
        return tuple(compile_flag(TRUE if s.when is None else s.when.tree, facts) for s in self.policy.segments)

    def decide(self, account: CustomerAccount, as_of: date | None = None) -> Draft | None:
        """What the engine says; None outside the years that the calendar knows."""
        try:
            return draft(self.program, account, as_of or self.as_of)
        except CalendarError:
            return None


@dataclass(frozen=True, slots=True)
class Delivered:
    """A step that left on a day of a run."""

    day: date
    step: str
    stage: str
    action: Action


def run(subject: Subject, account: CustomerAccount, first: date, last: date) -> Iterator[Delivered]:
    """Each step that leaves from `first` to `last` when nothing is paid and every action is delivered at once.

    Approvals are taken as given; days on which nothing can happen are decided like the others.
    """
    day, sequence = first, 1
    while day <= last:
        found = subject.decide(account, day)
        if found is None:
            return
        rows: list[History] = []
        for action in found.actions:
            for line in (*action.demanded, *action.mentioned):
                yield Delivered(action.send_on, line.step, action.stage, action)
                rows.append(
                    History(
                        id=f"{action.id}/{line.invoice}/{line.instalment or ''}",
                        customer=action.customer,
                        invoice=line.invoice,
                        step=line.step,
                        stage=action.stage,
                        channel=action.channel,
                        status="delivered",
                        day=action.send_on,
                        sequence=sequence,
                        action=action.id,
                        instalment=line.instalment,
                        carrier=line.carrier,
                    )
                )
        if rows:
            account = replace(account, history=(*account.history, *rows))
            sequence += 1
            day = max(day, *(row.day for row in rows))
        day = add_days(day, 1)
