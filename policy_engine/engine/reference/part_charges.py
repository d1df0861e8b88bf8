"""How the rows of `charges`, which name an invoice, are shared among its parts when each climbs alone (3.10, 3.12).

Oldest part first, as far as each has accrued, so that what the parts ask adds up to what the invoice would: a row's
amount is poured over them, and a waiver without an amount holds for each. What goes beyond stays with the last part.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date

from policy_engine.engine.reference.item import Item
from policy_engine.snapshot.model import Charge


def rows_of_part(part: Item, rows: Sequence[Charge], accrued: Callable[[Item, date | None], int]) -> tuple[Charge, ...]:
    """The part's share of its invoice's rows. `accrued` gives a part's interest up to a day, or up to the end."""
    whole = part.whole
    if whole is None or not rows:
        return tuple(rows)
    room = [accrued(sibling, None) for sibling in whole.parts]
    place = next(index for index, sibling in enumerate(whole.parts) if sibling is part)
    found: list[Charge] = []
    for row in sorted(rows, key=lambda row: (row.day, row.id)):
        if row.amount is None:
            for index, sibling in enumerate(whole.parts):
                open_then = 0 if row.until_settled else accrued(sibling, None) - accrued(sibling, row.day)
                room[index] = min(room[index], open_then)
            found.append(row)
        elif row.status == "claimed":
            continue
        else:
            share = _pour(row.amount, room)[place]
            if share:
                found.append(replace(row, amount=share))
    return tuple(found)


def _pour(amount: int, room: list[int]) -> list[int]:
    """What of an amount goes to each part; takes it off the room."""
    shares = [0] * len(room)
    for index, left in enumerate(room):
        shares[index] = min(amount, left)
        room[index] -= shares[index]
        amount -= shares[index]
    shares[-1] += amount
    return shares
