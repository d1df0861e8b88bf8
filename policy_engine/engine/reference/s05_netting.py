"""3.5 Netting: what unallocated payments and credit notes settle, per customer and currency."""

from collections.abc import Callable, Iterable
from datetime import date

from policy_engine.engine.reference.item import Item
from policy_engine.engine.reference.ledger import Credit


def net_oldest_first(
    items: Iterable[Item], credits_: list[Credit], as_of: date, is_held: Callable[[Item], bool]
) -> bool:
    """Settle open invoices due up to `as_of` by due date, then id, held ones last; credits by date, then id.

    Of an invoice in instalments the parts are settled, each by its own due date (3.10). Money of one currency never
    settles an invoice of another. The settled part counts as paid on the payment's own date, for every fact and step.
    Returns whether anything was settled.
    """
    targets = [
        target
        for item in items
        if item.open and item.outstanding > 0
        for target in item.parts or (item,)
        if target.outstanding > 0 and target.due_date <= as_of
    ]
    targets.sort(key=lambda item: (is_held(item), item.due_date, item.id, item.instalment or ""))
    moved = False
    for currency in {credit.currency for credit in credits_}:
        same = [item for item in targets if item.currency == currency]
        moved = _settle(same, [credit for credit in credits_ if credit.currency == currency]) or moved
    return moved


def _settle(targets: list[Item], credits_: list[Credit]) -> bool:
    """Let credits settle items, both in their order; whether anything was settled."""
    moved = False
    position = 0
    for credit in credits_:
        while credit.left > 0 and position < len(targets):
            target = targets[position]
            part = min(credit.left, target.outstanding)
            if part > 0:
                (target.credits if credit.is_note else target.payments).append((credit.day, part))
                target.outstanding -= part
                credit.left -= part
                if target.whole is not None and target.instalment is not None:
                    whole = target.whole
                    (whole.credits if credit.is_note else whole.payments).append((credit.day, part))
                    whole.by_part.append((credit.day, credit.is_note, part, target.instalment))
                    whole.outstanding -= part
                if credit.item is not None:
                    credit.item.outstanding += part
                moved = True
            if target.outstanding == 0:
                position += 1
    return moved


def credits_left(credits_: Iterable[Credit]) -> dict[str, int]:
    """What is still unallocated, minor units by currency, positive."""
    left: dict[str, int] = {}
    for credit in credits_:
        left[credit.currency] = left.get(credit.currency, 0) + credit.left
    return left
