"""The facts of section 2, computed for one customer: from the ledger before netting, and again after it."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Literal

from policy_engine.engine.reference.facts import CustomerFacts
from policy_engine.engine.reference.item import Item
from policy_engine.engine.reference.s04_history import Contacts, contact_days
from policy_engine.snapshot.model import CustomerAccount, Dispute, PaymentPlan, Promise

WINDOW = 365
"""Days that paid invoices and promises look back, `as_of` included (section 2)."""
CONTACT_WINDOW = 30


def _within(day: date, as_of: date, window: int) -> bool:
    return 0 <= (as_of - day).days < window


def set_day_facts(item: Item, as_of: date, grace: int) -> None:
    """The facts that count days, and whether the item is overdue. Recomputed when netting changed the outstanding."""
    late = (as_of - item.due_date).days
    if late > 0:  # 3.1: 0 until the due date, then counting
        item.days_late, item.days_to_due = late, 0
        item.overdue = late > grace and item.outstanding > 0 and item.open
    else:
        item.days_late, item.days_to_due = 0, -late
        item.overdue = False
    item.age = (as_of - item.issue_date).days


def set_dispute_facts(item: Item, disputes: Sequence[Dispute], as_of: date) -> None:
    """`disputed` when open disputes cover the whole outstanding; else what they cover is taken off what is asked."""
    covered = 0
    for dispute in disputes:
        closed = dispute.closed is not None and dispute.closed <= as_of
        if dispute.invoice == item.id and dispute.opened <= as_of and not closed:
            covered += item.outstanding if dispute.amount is None else dispute.amount
    item.disputed_amount = max(0, min(covered, item.outstanding))
    item.disputed = 0 < item.outstanding <= covered


def _arrived(items: Sequence[Item], first: date, last: date) -> int:
    """Money that settled the items from `first` to `last`, both included, minor units."""
    return sum(amount for item in items for day, amount in item.payments if first <= day <= last)


def _promised(promise: Promise, items: Sequence[Item]) -> int:
    """What the promise is worth: at most what was outstanding on its items when it was made, credit notes taken off."""
    outstanding = sum(
        max(
            0,
            item.amount
            - sum(amount for _, amount in item.credits)
            - sum(amount for day, amount in item.payments if day < promise.made),
        )
        for item in items
    )
    return outstanding if promise.amount is None else min(promise.amount, outstanding)


def _covered(promise: Promise, items: Sequence[Item]) -> list[Item]:
    if promise.invoices:
        return [item for item in items if item.id in promise.invoices]
    covered = [item for item in items if item.open and item.issue_date <= promise.made]
    if promise.amount is not None and any(item.foreign for item in items) and not all(item.foreign for item in items):
        return [item for item in covered if not item.foreign]  # an amount without invoices is in the policy's currency
    return covered


def _falls_short(promise: Promise, items: Sequence[Item], last: date) -> bool:
    """Whether less than promised has arrived up to `last`, in any of the items' currencies."""
    for code in {item.currency for item in items}:
        same = [item for item in items if item.currency == code]
        if _arrived(same, promise.made, last) < _promised(promise, same):
            return True
    return False


def set_promise_facts(
    customer: CustomerFacts, items: Sequence[Item], promises: Sequence[Promise], as_of: date, grace: int
) -> None:
    """Active, broken and kept promises.

    A promise is active while as_of <= promised date + grace and less than promised has arrived on its items since
    the day it was made, that day included; it is broken when it ran out like that. Of several, the latest counts.
    """
    latest: dict[str, tuple[tuple[date, date, str], bool]] = {}
    customer.promises = customer.broken_promises = customer.kept_promises = 0
    for promise in promises:
        if promise.made > as_of:
            continue
        covered = _covered(promise, items)
        last = promise.day + timedelta(days=grace)
        short = _falls_short(promise, covered, min(last, as_of))
        active, broken = short and as_of <= last, short and as_of > last
        if _within(promise.day, as_of, WINDOW):
            customer.promises += 1
            customer.broken_promises += broken
            customer.kept_promises += not short
        key = (promise.day, promise.made, promise.id)
        for item in covered:
            item.promise_active = item.promise_active or (active and item.outstanding > 0)
            if item.id not in latest or key > latest[item.id][0]:
                latest[item.id] = (key, broken)
    for item in items:
        if item.id in latest and latest[item.id][1]:
            item.promise_broken = not item.promise_active


def promise_state(
    promise: Promise, items: Sequence[Item], as_of: date, grace: int
) -> Literal["running", "kept", "broken"]:
    """What became of a promise by `as_of`, as `set_promise_facts` counts it."""
    last = promise.day + timedelta(days=grace)
    if not _falls_short(promise, _covered(promise, items), min(last, as_of)):
        return "kept"
    return "running" if as_of <= last else "broken"


def set_plan_facts(items: Sequence[Item], plans: Sequence[PaymentPlan], as_of: date, grace: int) -> None:
    """Payment plans: kept while each instalment due by as_of is paid within `grace` days. The newest plan counts."""
    for plan in sorted(plans, key=lambda plan: (plan.made, plan.id)):
        if plan.made > as_of:
            continue
        covered = [item for item in items if item.id in plan.invoices]
        required, broken = 0, False
        for instalment in plan.instalments:
            last = instalment.day + timedelta(days=grace)
            required += instalment.amount
            broken = broken or (last < as_of and _arrived(covered, plan.made, last) < required)
        for item in covered:
            item.payment_plan_kept, item.payment_plan_broken = not broken, broken


def settled_day(item: Item) -> date | None:
    """The day a payment or credit note brought the balance to zero, or None when nothing did."""
    left = item.amount
    events = item.payments
    if item.credits or len(events) > 1:
        events = sorted(events + item.credits)
    for day, amount in events:
        left -= amount
        if left <= 0:
            return day
    return None


def set_customer_row(customer: CustomerFacts, account: CustomerAccount, items: Sequence[Item], as_of: date) -> None:
    """The facts that the customer's own row and its reports give."""
    row = account.customer
    customer.as_of, customer.id, customer.kind = as_of, row.id, row.kind
    customer.country, customer.language, customer.category = row.country, row.language, row.category
    customer.status, customer.tags, customer.attributes = row.status, row.tags, row.attributes
    customer.since = row.since or min((item.issue_date for item in items), default=None)
    if row.insolvent_since is not None and row.insolvent_since > as_of:  # 3.1: it doesn't exist yet
        customer.insolvent, customer.insolvent_since = False, None
    else:
        customer.insolvent, customer.insolvent_since = row.insolvent, row.insolvent_since
    customer.contract_rate, customer.credit_limit = row.contract_rate, row.credit_limit
    customer.insured_limit = customer.external_score = customer.score_date = None
    if account.insurance:
        limits = [i.limit for i in account.insurance if i.start <= as_of and (i.until is None or as_of <= i.until)]
        customer.insured_limit = sum(limits) if limits else None
    if account.credit_reports:
        reports = [report for report in account.credit_reports if report.day <= as_of]
        newest = max(reports, key=lambda report: (report.day, report.id), default=None)
        if newest is not None:
            customer.external_score, customer.score_date = newest.score, newest.day


def set_contact_facts(customer: CustomerFacts, contacts: Contacts, as_of: date) -> None:
    """Executed contacts: the last, how long ago, how many in 30 days. Several currencies a day are one contact."""
    last = contacts.executed[-1][0] if contacts.executed else None
    customer.last_contact = last
    customer.days_since_contact = None if last is None else (as_of - last).days
    days = contacts.executed and contact_days(
        (day, code) for day, _, code in contacts.executed if _within(day, as_of, CONTACT_WINDOW)
    )
    customer.contacts_30 = sum(days.values()) if days else 0


def set_balance_facts(customer: CustomerFacts, items: Sequence[Item]) -> None:
    """Sums and extremes over the open and the overdue items."""
    open_items = outstanding = overdue_items = overdue = 0
    oldest_due = oldest_issue = None
    oldest_late: int | None = None
    for item in items:
        if item.outstanding <= 0 or not item.open:
            continue
        open_items += 1
        outstanding += item.outstanding
        if item.overdue:
            overdue_items += 1
            overdue += item.outstanding
            if oldest_due is None or item.due_date < oldest_due:
                oldest_due, oldest_late = item.due_date, item.days_late
            if oldest_issue is None or item.issue_date < oldest_issue:
                oldest_issue = item.issue_date
    customer.open_invoices, customer.outstanding = open_items, outstanding
    customer.overdue_invoices, customer.overdue = overdue_items, overdue
    customer.exposure = outstanding
    customer.oldest_due_date, customer.oldest_days_late = oldest_due, oldest_late
    customer.oldest_issue_date = oldest_issue


def _last(part: Item, day: date) -> date:
    """When a part was settled; `day` when nothing of it says so."""
    return settled_day(part) or day


def set_paid_facts(customer: CustomerFacts, items: Sequence[Item], as_of: date) -> None:
    """Invoices settled in the last 365 days and their amount-weighted mean lateness, as an exact ratio.

    An invoice that credit notes alone brought to zero wasn't paid.
    """
    count = weighted = amounts = 0
    first = as_of - timedelta(days=WINDOW)
    for item in items:
        if item.outstanding > 0 or not item.open:
            continue
        day = item.settled_on = settled_day(item)
        if day is not None and item.payments and first < day <= as_of:
            count += 1
            amounts += item.amount
            if item.parts:
                weighted += sum(part.amount * max(0, (_last(part, day) - part.due_date).days) for part in item.parts)
            elif day > item.due_date:
                weighted += item.amount * (day - item.due_date).days
    customer.paid_invoices = count
    customer.average_days_late = (weighted, amounts) if amounts else None


def set_account_facts(
    customer: CustomerFacts,
    account: CustomerAccount,
    items: Sequence[Item],
    as_of: date,
    *,
    grace: int,
    promise_grace: int,
    needs_paid: bool,
) -> None:
    """Everything that depends on what is outstanding: called before netting where that matters, and after it."""
    for item in items:
        if item.outstanding > 0 or item.overdue:
            set_day_facts(item, as_of, grace)
        else:  # settled: most invoices
            late = (as_of - item.due_date).days
            item.days_late, item.days_to_due = (late, 0) if late > 0 else (0, -late)
            item.age = (as_of - item.issue_date).days
    if account.disputes or account.promises or account.payment_plans:
        for item in items:
            item.disputed = item.promise_active = item.promise_broken = False
            item.payment_plan_kept = item.payment_plan_broken = False
            item.disputed_amount = 0
    if account.disputes:
        for item in items:
            set_dispute_facts(item, account.disputes, as_of)
    customer.promises = customer.broken_promises = customer.kept_promises = 0
    if account.promises:
        set_promise_facts(customer, items, account.promises, as_of, promise_grace)
    if account.payment_plans:
        set_plan_facts(items, account.payment_plans, as_of, promise_grace)
    set_balance_facts(customer, items)
    if needs_paid:
        set_paid_facts(customer, items, as_of)
    else:
        customer.paid_invoices, customer.average_days_late = 0, None
