"""3.13 Minimum and channel: what is too little to ask for, and by which carrier a message can go."""

from policy_engine.engine.reference.item import Item
from policy_engine.engine.reference.message import Message
from policy_engine.policy.resolved import CONTACT_CHANNELS, ByCurrency, Channel, Minimum, Step
from policy_engine.snapshot.model import CustomerAccount


def below_item(item: Item, minimum: Minimum) -> bool:
    """Whether what may be asked of an invoice is too little to trigger anything."""
    if item.foreign:
        return _below(item, item.principal, minimum.item, minimum.item_by)
    return item.principal < minimum.item


def below_message(message: Message, asked: int, minimum: Minimum) -> bool:
    """Whether a message asks too little to be sent."""
    return below_customer(message.demanded[0], asked, minimum)


def below_customer(item: Item, asked: int, minimum: Minimum) -> bool:
    """Whether an amount in the item's currency is below the minimum of a message."""
    if item.foreign:
        return _below(item, asked, minimum.customer, minimum.customer_by)
    return asked < minimum.customer


def _below(item: Item, amount: int, least: int, by: ByCurrency | None) -> bool:
    """Amounts by currency are compared as they stand, a plain one after conversion; without a rate it was held."""
    if by is not None:
        return amount < dict(by).get(item.currency, 0)
    worth = item.in_policy_currency(amount) if least else amount
    return worth is not None and worth < least


def reachable(account: CustomerAccount) -> frozenset[str]:
    """The contact channels for which the customer has an address.

    A snapshot without any `contact_persons` table says nothing about addresses: then every channel counts as
    reachable, and the adapter that delivers finds out (docs/decisions/0003).
    """
    if not account.addresses_known:
        return CONTACT_CHANNELS
    found: set[str] = set()
    for person in account.contact_persons:
        if person.email:
            found.add("email")
        if person.phone:
            found.add("call")
        if person.address:
            found.update(("letter", "registered_letter"))
    return frozenset(found)


def channel_for(step: Step, addresses: frozenset[str]) -> Channel | None:
    """The step's channel when it can be used, else its `otherwise`, else None (`no_channel`)."""
    for channel in (step.channel, step.otherwise):
        if channel is not None and (channel not in CONTACT_CHANNELS or channel in addresses):
            return channel
    return None
