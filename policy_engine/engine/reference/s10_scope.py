"""3.10 Scope: who climbs.

`invoice`: each invoice does, alone; in instalments, by its oldest unpaid part (`parts.py`). `instalment`: each part
does. `customer`: the account does, at the age of its carrier (`carrier.py`, `account_position.py`, `account.py`).
"""

from collections.abc import Iterable, Sequence

from policy_engine.engine.reference.item import Item
from policy_engine.policy.resolved import Scope


def units(items: Sequence[Item], scope: Scope | None) -> list[Item]:
    """What climbs: the invoices, or with `scope: instalment` the parts of those that have parts."""
    for item in items:
        item.apart = scope == "instalment" and bool(item.parts)
    return [unit for item in items for unit in (item.parts if item.apart else (item,))]


def climbers(units: Iterable[Item]) -> list[Item]:
    """Those that climb the ladder today: open, with something outstanding, in a currency that is dunned."""
    return [item for item in units if item.open and item.outstanding > 0 and item.covered]


def held_in(target: Item) -> bool:
    """Whether what netting may settle is held: a part by itself where it climbs alone, else with its invoice."""
    if target.whole is not None and not target.whole.apart:
        return target.whole.held
    return target.held
