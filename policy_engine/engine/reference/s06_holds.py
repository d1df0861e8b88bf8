"""3.6 Holds: they stop the invoice, not the customer. Blocks first, then the policy's holds in order."""

from collections.abc import Sequence
from datetime import date

from policy_engine.engine.reference.item import Item
from policy_engine.snapshot.model import Block


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
