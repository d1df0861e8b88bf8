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
from policy_engine.language.nodes import Items, Map
from policy_engine.plan.model import Action, Line
from policy_engine.policy.resolved import Ladder, Policy, Step
from policy_engine.policy.tree import Node
from policy_engine.snapshot.model import CustomerAccount, History
from policy_engine.values.days import add_days
from policy_engine.values.position import Position


@dataclass
class Subject:
    """The policy that is analysed, and what its rules share.

    Attributes:
        policy: the resolved policy.
        as_of: the day on which witnesses live, unless a rule needs another.
        document: what is written, after inheritance: for the places of keys.
        held: remembered by a step's time: whether some invoice isn't held then.
        reaching: remembered by segment: facts of a customer who lands there, and whether the search was complete.
    """

    policy: Policy
    as_of: date
    document: Map | None = None
    held: dict[object, bool] = field(default_factory=dict)
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
        return Conditions(self.policy, domain, {"invoice.outstanding": (1, None), "invoice.amount": (1, None)})

    @cached_property
    def segment_conditions(self) -> tuple[Node, ...]:
        """When each segment fits, taken alone, in `space`."""
        return tuple(TRUE if s.when is None else self.space.plain(s.when.tree) for s in self.policy.segments)

    @cached_property
    def segment_tests(self) -> tuple[Callable[[Mapping[str, Stored]], bool], ...]:
        """The same, as questions about facts."""
        return tuple(self.space.test(tree) for tree in self.segment_conditions)

    @cached_property
    def segment_names(self) -> frozenset[str]:
        """The facts that decide who is in which segment."""
        read = frozenset[str]().union(*(self.space.names(tree) for tree in self.segment_conditions))
        return frozenset(name for name in read if "#" not in name)

    @cached_property
    def holds_read_position(self) -> bool:
        """Whether a hold asks which step or stage was reached."""
        space = self.open_invoices
        read = frozenset[str]().union(*(space.names(space.plain(hold.when.tree)) for hold in self.policy.holds))
        return bool(read & {"invoice.step", "invoice.stage"})

    @cached_property
    def segment_flags(self) -> tuple[Callable[[CustomerFacts, Any], bool], ...]:
        """The same as the engine asks it."""
        facts = self.policy.facts
        return tuple(compile_flag(TRUE if s.when is None else s.when.tree, facts) for s in self.policy.segments)

    def usual(self, space: Conditions, names: frozenset[str], known: Mapping[str, Stored]) -> dict[str, Stored]:
        """The facts that aren't known as they usually are: missing, a business, nothing set, nothing counted."""
        return {name: usual_of(name, space.values(name)) for name in names - known.keys()}

    def written(self, *path: str) -> Map | None:
        """A mapping of the document, by keys and by the names of items; None when there is none."""
        node: object = self.document
        for part in path:
            if isinstance(node, Map):
                node = node.get(part)
            elif isinstance(node, Items):
                node = next((item for item in node if isinstance(item, Map) and item.get("name") == part), None)
        return node if isinstance(node, Map) else None

    def at(self, ladder: Ladder, step: Step, *keys: str) -> Position:
        """The place of the first of a step's keys that is written, else of its name."""
        node = self.written("ladders", ladder.name, "steps", step.name)
        key = next((key for key in keys if node is not None and key in node), None)
        return step.position if node is None or key is None else node.of(key)

    def decide(self, account: CustomerAccount, as_of: date | None = None) -> Draft | None:
        """What the engine says; None outside the years that the calendar knows."""
        try:
            return draft(self.program, account, as_of or self.as_of)
        except CalendarError:
            return None


def usual_of(name: str, values: tuple[Stored, ...] | None) -> Stored:
    """Missing where that is possible; of texts the one that nobody asks for; of an invoice's amounts the most.

    Else the first, which is the least: nothing set, nothing counted.
    """
    if not values or None in values:
        return None
    if name in {"invoice.amount", "invoice.outstanding"}:
        return max(value for value in values if isinstance(value, int))
    texts = [value for value in values if isinstance(value, str)]
    return texts[-1] if texts and "business" not in texts else values[0]


@dataclass(frozen=True, slots=True)
class Delivered:
    """A step that left on a day of a run: when it left, and when its date was reached."""

    day: date
    step: str
    stage: str
    action: Action
    line: Line


@dataclass(frozen=True, slots=True)
class RunDay:
    """A day of a run: what the engine says of it, and what leaves."""

    day: date
    draft: Draft
    delivered: tuple[Delivered, ...]


def run(subject: Subject, account: CustomerAccount, first: date, last: date) -> Iterator[RunDay]:
    """Each day from `first` to `last` when nothing is paid and every action is delivered; approvals are given at once.

    An action that is sent on a later day (a weekend lies between) is delivered then; the days up to it are left out.
    """
    day, sequence = first, 1
    while day <= last:
        found = subject.decide(account, day)
        if found is None:
            return
        delivered = tuple(
            Delivered(action.send_on, line.step, action.stage, action, line)
            for action in found.actions
            for line in (*action.demanded, *action.mentioned)
        )
        yield RunDay(day, found, delivered)
        if delivered:
            rows = tuple(_row(one, sequence) for one in delivered)
            account = replace(account, history=(*account.history, *rows))
            sequence += 1
            day = max(day, *(row.day for row in rows))
        day = add_days(day, 1)


def _row(one: Delivered, sequence: int) -> History:
    return History(
        id=f"{one.action.id}/{one.line.invoice}/{one.line.instalment or ''}",
        customer=one.action.customer,
        invoice=one.line.invoice,
        step=one.step,
        stage=one.stage,
        channel=one.action.channel,
        status="delivered",
        day=one.day,
        sequence=sequence,
        action=one.action.id,
        instalment=one.line.instalment,
        carrier=one.line.carrier,
    )
