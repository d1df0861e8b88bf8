"""Bounds on a change's effect: a build fails when a change does more than it was meant to."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from policy_engine.comparison.effects import Effects
from policy_engine.comparison.orders import CreditEffects
from policy_engine.policy.resolved import Policy
from policy_engine.values.diagnostics import did_you_mean
from policy_engine.values.position import Position

Side = Literal["new", "lost"]
CUSTOMERS = "customers"
"""The name that stands for being contacted at all."""
ORDERS = {"approved_orders": "approve", "referred_orders": "refer", "refused_orders": "refuse"}
"""Names that stand for orders with a verdict."""


@dataclass(frozen=True, slots=True)
class Bound:
    """At most `most` customers may newly get (`new`), or no longer get (`lost`), a stage, a step, or any contact.

    Of names in `ORDERS`, at most `most` orders may newly get, or no longer get, the verdict.
    """

    side: Side
    name: str
    most: int


@dataclass(frozen=True, slots=True)
class Exceeded:
    """A bound that doesn't hold. `position`: the step in the new policy, when a step or stage is meant."""

    key: str
    name: str
    count: int
    most: int
    position: Position | None


class BoundError(ValueError):
    """A bound that can't be read, or names nothing in either policy; the text says what was expected."""


def read_bound(text: str, side: Side) -> Bound:
    """`formal_notice=50`.

    Raises:
        BoundError: not a name, an equals sign and a whole number from 0 on.
    """
    name, equals, number = text.partition("=")
    if not equals or not name.strip() or not number.strip().isascii() or not number.strip().isdigit():
        raise BoundError(f"`{text}` isn't NAME=N, for example formal_notice=50")
    return Bound(side, name.strip(), int(number))


def check_names(bounds: Sequence[Bound], old: Policy, new: Policy) -> None:
    """Whether every bound names a stage or step of one of the policies, `customers`, or orders with a verdict.

    Raises:
        BoundError: it doesn't.
    """
    known = {CUSTOMERS, *ORDERS}
    for policy in (old, new):
        known |= set(policy.stages) | {step.name for ladder in policy.ladders for step in ladder.steps}
    for bound in bounds:
        if bound.name not in known:
            hint = did_you_mean(bound.name, sorted(known))
            said = f"`{bound.name}` is no stage, no step and not `{CUSTOMERS}`"
            raise BoundError(f"{said}; {hint}" if hint else said)


def exceeded(
    bounds: Sequence[Bound], most_changed: int | None, found: Effects, credit: CreditEffects, new: Policy
) -> Iterator[Exceeded]:
    """The bounds that the effects go beyond; a bound that is met exactly holds."""
    for bound in bounds:
        count = _count(bound, found, credit)
        if count > bound.most:
            if bound.name == CUSTOMERS:
                key = "too_many.customers" if bound.side == "new" else "too_many.left"
            elif bound.name in ORDERS:
                key = "too_many.orders" if bound.side == "new" else "too_many.orders.lost"
            else:
                key = "too_many" if bound.side == "new" else "too_many.lost"
            yield Exceeded(key, bound.name, count, bound.most, _position(bound.name, new))
    if most_changed is not None and found.changed > most_changed:
        yield Exceeded("too_many.changed", "", found.changed, most_changed, None)


def _count(bound: Bound, found: Effects, credit: CreditEffects) -> int:
    if bound.name == CUSTOMERS:
        return len(found.newly_contacted if bound.side == "new" else found.left_alone)
    if bound.name in ORDERS:
        verdict = ORDERS[bound.name]
        return credit.newly(verdict) if bound.side == "new" else credit.no_longer(verdict)
    for effect in (*found.steps, *found.stages):
        if effect.name == bound.name:
            return effect.newly if bound.side == "new" else effect.no_longer
    return 0


def _position(name: str, policy: Policy) -> Position | None:
    for ladder in policy.ladders:
        for step in ladder.steps:
            if name in (step.name, step.stage):
                return step.position
    return None
