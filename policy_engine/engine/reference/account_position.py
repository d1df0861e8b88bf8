"""Where an account stands on its ladder (3.10, `scope: customer`): one position for a customer's currency.

Which rows of history count is what `on_carrier_paid` says; what they come to is 3.4 and 3.8, as for an invoice.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date

from policy_engine.engine.reference.facts import CustomerFacts
from policy_engine.engine.reference.item import Item
from policy_engine.engine.reference.program import LadderProgram
from policy_engine.engine.reference.s01_days import first_overdue_day, step_date
from policy_engine.engine.reference.s04_history import recorded
from policy_engine.engine.reference.s08_position import set_position, step_index
from policy_engine.snapshot.model import EXECUTED, History
from policy_engine.values.days import ONE_DAY


def overdue_since(items: Iterable[Item], as_of: date, grace: int, settled: Callable[[Item], date | None]) -> date:
    """The first day of the run of days, `as_of` among them, on each of which something of the account was overdue.

    An item is overdue from the day after its due date plus `grace` up to the day before it was settled.
    """
    spans: list[tuple[date, date]] = []
    for item in items:
        for unit in item.parts or (item,):
            if not unit.open:
                continue
            end = as_of if unit.outstanding > 0 else (settled(unit) or unit.due_date) - ONE_DAY
            start = first_overdue_day(unit.due_date, grace)
            if start <= min(end, as_of):
                spans.append((start, min(end, as_of)))
    first = as_of
    moved = True
    while moved:
        moved = False
        for start, end in spans:
            if start < first <= end + ONE_DAY:
                first, moved = start, True
    return first


def messages_of(rows: Iterable[History]) -> tuple[History, ...]:
    """One row a message: repeats count messages, not the items in them (3.10)."""
    found: dict[tuple[str, str | None, str | None, str], History] = {}
    for row in rows:
        message = row.id if row.status == "set" else row.action or f"{row.day} {row.channel}"
        found.setdefault((message, row.step, row.stage, row.status), row)
    return tuple(found.values())


def account_rows(items: Iterable[Item]) -> list[History]:
    """What was executed or set for any item of the account, in the order of recording."""
    rows = [row for item in items for row in item.rows if row.status == "set" or row.status in EXECUTED]
    return sorted(rows, key=recorded)


def counting_rows(items: Sequence[Item], carrier: Item, ladder: LadderProgram, since: date) -> list[History]:
    """The rows from which the account's position is read.

    `keep`: those since the account last had nothing overdue. `restart`: those of messages that the present carrier
    carried, and what a person set, for it or since then for the account. `recompute`: those of open items.
    """
    rows = account_rows(items)
    mode = ladder.ladder.on_carrier_paid
    if mode == "recompute":
        unpaid = {item.id for item in items if item.open and item.outstanding > 0}
        return [row for row in rows if row.invoice in unpaid]
    if mode == "keep":
        return [row for row in rows if row.day >= since]
    marked = {_message(row) for row in rows if row.carrier}
    return [
        row
        for row in rows
        if (row.status == "set" and (row.invoice == carrier.id or row.day >= since))
        or (row.status != "set" and row.invoice == carrier.id and _carried(row, marked))
    ]


def _message(row: History) -> tuple[str, date]:
    return (row.action or f"{row.channel} {row.step}", row.day)


def _carried(row: History, marked: set[tuple[str, date]]) -> bool:
    """Whether the row's invoice carried: it is marked, or demanded in a message of which no row is."""
    return row.carrier or (row.role == "demanded" and _message(row) not in marked)


def place_account(
    carrier: Item,
    items: Sequence[Item],
    ladder: LadderProgram,
    stages: dict[str, int],
    customer: CustomerFacts,
    as_of: date,
    grace: int,
    since: date,
) -> Item:
    """The account as an item: the carrier's age, the account's rows (one a message) and position.

    `after_previous` counts from the account's last delivery, whichever of its rows the position is read from.
    """
    account = Item()
    account.issue_date, account.due_date = carrier.issue_date, carrier.due_date
    account.overdue = carrier.overdue
    rows = counting_rows(items, carrier, ladder, since)
    account.rows = messages_of(rows)
    set_position(account, ladder, stages)
    if ladder.ladder.on_carrier_paid == "recompute":
        _lower(account, carrier, ladder, stages, customer, as_of, grace)
    deliveries = [row.day for row in account_rows(items) if row.status in EXECUTED]
    if deliveries and (account.last_delivery is None or account.last_delivery < max(deliveries)):
        account.last_delivery = max(deliveries)
    return account


def _lower(
    account: Item,
    carrier: Item,
    ladder: LadderProgram,
    stages: dict[str, int],
    customer: CustomerFacts,
    as_of: date,
    grace: int,
) -> None:
    """Lower the position to the highest step whose date and `when` the carrier meets today."""
    reached = account.position
    while account.position >= 0 and not meets(carrier, ladder, account.position, customer, as_of, grace):
        account.position -= 1
    if account.position == reached:
        return
    account.stage_rank = ladder.steps[account.position].step.rank if account.position >= 0 else -1
    there = [row.day for row in account.rows if (step_index(row, ladder, stages) or 0) >= account.position]
    account.reached_on = min(there) if there and account.position >= 0 else None


def meets(carrier: Item, ladder: LadderProgram, index: int, customer: CustomerFacts, as_of: date, grace: int) -> bool:
    """Whether the carrier meets a step's date and `when` today; the date of a `previous_step` step counts as met."""
    program = ladder.steps[index]
    if program.when is not None and not program.when(customer, carrier):
        return False
    if program.step.anchor == "previous_step":
        return True
    day = step_date(program.step, carrier.issue_date, carrier.due_date, None, grace)
    return day is not None and day <= as_of


def own_age_reaches(item: Item, ladder: LadderProgram, index: int, as_of: date, grace: int) -> date | None:
    """The day on which an item's own age reached a step, or None: then it is only mentioned.

    A step that counts from the previous one has no age of its own: the nearest below it that has one answers.
    """
    while index > 0 and ladder.steps[index].step.anchor == "previous_step":
        index -= 1
    day = step_date(ladder.steps[index].step, item.issue_date, item.due_date, None, grace)
    return day if day is not None and day <= as_of else None
