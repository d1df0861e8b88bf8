"""What another policy does to the same portfolio: invoice by invoice, from two plans of one snapshot."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from policy_engine.plan.model import Action, Outcome, Plan
from policy_engine.policy.resolved import CONTACT_CHANNELS

WITHOUT_ACTION = ("out_of_scope", "problem", "settled", "not_due", "held", "waiting")
"""Outcomes of invoices that take no step, in the order of reading."""
NOTHING = "-"
"""A side on which a name doesn't stand."""


@dataclass(frozen=True, slots=True)
class Cell:
    """Invoices that go from one place to another; `amounts`: outstanding by currency, minor units."""

    old: str
    new: str
    invoices: int
    amounts: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class SegmentEffect:
    """A segment on both sides: customers with a row, actions, and what is asked for (total by currency)."""

    segment: str
    customers: tuple[int, int]
    actions: tuple[int, int]
    asked: tuple[tuple[tuple[str, int], ...], tuple[tuple[str, int], ...]]


@dataclass(frozen=True, slots=True)
class StageEffect:
    """A stage or step on both sides: customers it reaches; who is new to it, and who no longer is."""

    name: str
    customers: tuple[int, int]
    newly: int
    no_longer: int


@dataclass(frozen=True, slots=True)
class Effects:
    """The effect of a change.

    Attributes:
        invoices: rows compared; `changed` of them come out differently.
        transitions: from where to where, unequal and equal, by the order of the plan's places.
        newly_contacted, left_alone: customers, sorted by what is outstanding, largest first, then id.
        changed_customers: customers with a changed row or action, in the same order.
    """

    invoices: int
    changed: int
    transitions: tuple[Cell, ...]
    segments: tuple[SegmentEffect, ...]
    stages: tuple[StageEffect, ...]
    steps: tuple[StageEffect, ...]
    newly_contacted: tuple[str, ...]
    left_alone: tuple[str, ...]
    changed_customers: tuple[str, ...]


def effects(old: Plan, new: Plan) -> Effects:
    """Compare two plans of one snapshot.

    Raises:
        ValueError: the plans are of different snapshots.
    """
    if old.header.snapshot_digest != new.header.snapshot_digest or len(old.outcomes) != len(new.outcomes):
        raise ValueError("the plans are of different snapshots")
    places = _steps_of(old), _steps_of(new)
    transitions: dict[tuple[str, str], list[Outcome]] = {}
    touched: set[str] = set()
    changed = 0
    weight: Counter[str] = Counter()
    for before, after in zip(old.outcomes, new.outcomes, strict=True):
        key = _place(before, places[0]), _place(after, places[1])
        transitions.setdefault(key, []).append(after)
        weight[after.customer] += after.outstanding or 0
        if key[0] != key[1] or before.reason != after.reason:  # another segment alone changes nothing for the invoice
            changed += 1
            touched.add(after.customer)
    touched |= _customers_of_other_actions(old, new)
    contacts = _contacted(old), _contacted(new)

    def largest_first(customers: Iterable[str]) -> tuple[str, ...]:
        return tuple(sorted(customers, key=lambda customer: (-weight[customer], customer)))

    return Effects(
        invoices=len(old.outcomes),
        changed=changed,
        transitions=tuple(_cells(transitions, _order(old, new))),
        segments=tuple(_segments(old, new)),
        stages=tuple(_reached(old, new, lambda action: action.stage)),
        steps=tuple(_reached(old, new, lambda action: action.step)),
        newly_contacted=largest_first(contacts[1] - contacts[0]),
        left_alone=largest_first(contacts[0] - contacts[1]),
        changed_customers=largest_first(touched),
    )


def _steps_of(plan: Plan) -> Mapping[tuple[str, str], str]:
    """(action, invoice) to the step that the invoice executes in it."""
    return {
        (action.id, line.invoice): line.step
        for action in plan.actions
        for line in (*action.mentioned, *action.demanded)
    }


def _place(row: Outcome, steps: Mapping[tuple[str, str], str]) -> str:
    """The step that an invoice takes today, else its outcome."""
    if row.action is not None:
        step = steps.get((row.action, row.invoice))
        if step is not None:
            return step
    return row.outcome


def _order(old: Plan, new: Plan) -> dict[str, int]:
    """Places in the order of reading: outcomes without action first, then steps by stage."""
    ranks: dict[str, int] = {}
    for action in (*old.actions, *new.actions):
        for line in (*action.demanded, *action.mentioned):
            ranks.setdefault(line.step, action.rank)
    return {
        name: place
        for place, name in enumerate([*WITHOUT_ACTION, *sorted(ranks, key=lambda step: (ranks[step], step))])
    }


def _cells(transitions: Mapping[tuple[str, str], Sequence[Outcome]], order: Mapping[str, int]) -> Iterator[Cell]:
    for (before, after), rows in sorted(
        transitions.items(), key=lambda pair: tuple((order.get(name, len(order)), name) for name in pair[0])
    ):
        yield Cell(before, after, len(rows), _amounts((row.currency, row.outstanding) for row in rows))


def _amounts(pairs: Iterable[tuple[str | None, int | None]]) -> tuple[tuple[str, int], ...]:
    found: Counter[str] = Counter()
    for currency, amount in pairs:
        if currency is not None and amount:
            found[currency] += amount
    return tuple(sorted(found.items()))


def _segments(old: Plan, new: Plan) -> Iterator[SegmentEffect]:
    members = [_members(plan) for plan in (old, new)]
    names = list(dict.fromkeys([*members[0], *members[1]]))
    for name in sorted(names):
        actions = [[action for action in plan.actions if action.segment == name] for plan in (old, new)]
        yield SegmentEffect(
            name or NOTHING,
            (len(members[0].get(name, ())), len(members[1].get(name, ()))),
            (len(actions[0]), len(actions[1])),
            (
                _amounts((action.currency, action.total) for action in actions[0]),
                _amounts((action.currency, action.total) for action in actions[1]),
            ),
        )


def _members(plan: Plan) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for row in plan.outcomes:
        found.setdefault(row.segment or "", set()).add(row.customer)
    return found


def _reached(old: Plan, new: Plan, name_of: Callable[[Action], str]) -> Iterator[StageEffect]:
    sides = [_by_name(plan, name_of) for plan in (old, new)]
    ranks = {name_of(action): action.rank for plan in (old, new) for action in plan.actions}
    for name in sorted(sides[0].keys() | sides[1].keys(), key=lambda name: (ranks[name], name)):
        before, after = sides[0].get(name, set()), sides[1].get(name, set())
        yield StageEffect(name, (len(before), len(after)), len(after - before), len(before - after))


def _by_name(plan: Plan, name_of: Callable[[Action], str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for action in plan.actions:
        if action.intervention is None:
            found.setdefault(name_of(action), set()).add(action.customer)
    return found


def _contacted(plan: Plan) -> set[str]:
    return {
        action.customer
        for action in plan.actions
        if action.channel in CONTACT_CHANNELS or any(channel in CONTACT_CHANNELS for channel in action.also)
    }


def _customers_of_other_actions(old: Plan, new: Plan) -> set[str]:
    """Customers whose actions differ in what leaves: what, how, for how much, with whose accord."""
    sides = [
        {
            (action.id, action.total, action.send_on, action.template, action.also, action.approval): action.customer
            for action in plan.actions
        }
        for plan in (old, new)
    ]
    return {customer for key, customer in sides[0].items() if key not in sides[1]} | {
        customer for key, customer in sides[1].items() if key not in sides[0]
    }
