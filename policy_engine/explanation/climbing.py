"""Who climbs (3.10), for an explanation: which instalment an invoice goes by, and which invoice carries an account."""

from policy_engine.engine.reference.draft import Draft
from policy_engine.engine.reference.item import Item
from policy_engine.engine.reference.s03_outcomes import code_of
from policy_engine.explanation.model import Carrier, Climbing, PartExplained
from policy_engine.plan.model import Outcome


def unit_of(item: Item, outcome: Outcome) -> Item:
    """What the outcome speaks of: the instalment that it names, else the invoice."""
    named = dict(outcome.detail).get("instalment")
    return next((part for part in item.parts if item.apart and part.instalment == named), item)


def carrier_of(found: Draft, item: Item) -> Item | None:
    """The invoice that carries the account of this one's currency, when the account climbs and something carries."""
    if found.ladder is None or found.ladder.ladder.scope != "customer":
        return None
    return next((one for one in found.climbers if one.carrier and one.currency == item.currency), None)


def climbing(found: Draft, item: Item, unit: Item) -> Climbing | None:
    """How an open invoice climbs when it doesn't climb plainly alone; None when it does, or when nothing climbs."""
    if found.ladder is None or not item.open or item.outstanding <= 0:
        return None
    ladder = found.ladder.ladder
    if ladder.scope != "customer" and not item.parts:
        return None
    parts = tuple(_part(found, item, part, unit) for part in item.parts)
    carrier = carrier_of(found, item)
    return Climbing(
        ladder.scope,
        parts,
        ladder.carrier,
        ladder.on_carrier_paid,
        None
        if carrier is None
        else Carrier(carrier.id, carrier.number, carrier.days_late, carrier.outstanding, carrier is item),
    )


def _part(found: Draft, item: Item, part: Item, unit: Item) -> PartExplained:
    outcome = reason = None
    if item.apart:
        outcome, reason = ("settled", "paid") if part.outstanding <= 0 else code_of(found, part)
        speaks = part is unit
    else:
        unpaid = [one for one in item.parts if one.outstanding > 0]
        speaks = bool(unpaid) and part is unpaid[0]
    return PartExplained(
        part.instalment or "", part.amount, part.outstanding, part.due_date, part.days_late, part.step, outcome, reason,
        speaks,
    )  # fmt: skip
