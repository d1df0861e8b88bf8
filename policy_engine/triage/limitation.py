"""When a claim may be time-barred: shown with its inputs, for a person to conclude."""

from dataclasses import dataclass
from datetime import date

from policy_engine.engine.reference.item import Item
from policy_engine.policy.resolved import Policy
from policy_engine.snapshot.model import CustomerAccount
from policy_engine.values.days import add_months

FRENCH_YEARS = 5
"""C. com. art. L110-4: claims between traders."""
FRENCH_CONSUMER_YEARS = 2
"""C. conso art. L218-2: a professional's claims against consumers."""


@dataclass(frozen=True, slots=True)
class Limitation:
    """Years after which a claim is time-barred, from the due date; None = nothing is said."""

    years: int | None
    consumer_years: int | None


def limitation_of(policy: Policy, years: int | None) -> Limitation:
    """The years that were asked for, else those of French law where the policy's calendar is French, else none."""
    if years is not None:
        return Limitation(years, years)
    if policy.calendar.country == "FR":
        return Limitation(FRENCH_YEARS, FRENCH_CONSUMER_YEARS)
    return Limitation(None, None)


def barred_since(item: Item, account: CustomerAccount, limitation: Limitation) -> date | None:
    """The day on which the claim is time-barred, None when no years are known.

    Counted from the due date; a payment for the invoice before that day acknowledges the debt and begins the years
    anew (C. civ. art. 2240). Reminders and formal notices don't (Cass. com. 18 May 2022, 20-23.204).
    """
    years = limitation.consumer_years if account.customer.kind == "consumer" else limitation.years
    if years is None:
        return None
    end = add_months(item.due_date, 12 * years)
    paid = sorted(
        payment.day
        for payment in account.payments
        if payment.amount > 0 and any(part.invoice == item.id for part in payment.allocations)
    )
    for day in paid:
        if day < end:
            end = max(end, add_months(day, 12 * years))
    return end
