"""3.13 Minimum and channel: what is too little to ask for, and by which carrier a message can go."""

from policy_engine.policy.resolved import CONTACT_CHANNELS, Channel, Step
from policy_engine.snapshot.model import CustomerAccount


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
