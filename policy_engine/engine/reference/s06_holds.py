"""3.6 Holds: they stop the invoice, not the customer. Blocks first, then the policy's holds in order."""

from collections.abc import Sequence
from datetime import date

from policy_engine.engine.reference.draft import Draft
from policy_engine.engine.reference.item import Item
from policy_engine.snapshot.model import Alert, Block


def block_on(item: Item, blocks: Sequence[Block], as_of: date) -> Block | None:
    """The block that stops the invoice on `as_of`, its last day included; the one that lasts longest, then by id."""
    found = [
        block
        for block in blocks
        if block.start <= as_of
        and (block.until is None or as_of <= block.until)
        and (block.invoice is None or block.invoice == item.id)
    ]
    return max(found, key=lambda block: (block.until or date.max, block.id), default=None)


def check_stops(found: Draft, item: Item) -> None:
    """A stop whose date is missing asks no interest, and somebody should know (3.12)."""
    for stop in found.program.stops:
        if stop.when(found.customer, item) and stop.since(found.customer, item) is None:
            customer = found.account.customer.id
            alert = Alert("stop_without_date", customer, f"{stop.hold} stops {stop.penalty}, but its date is missing")
            if alert not in found.alerts:
                found.alerts.append(alert)
