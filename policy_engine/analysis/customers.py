"""A made-up customer to whom given facts apply, as rows of a snapshot; whether they do is for the engine to say."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import cast

from policy_engine.analysis.cells import Stored
from policy_engine.policy.resolved import Policy
from policy_engine.snapshot.model import (
    Allocation,
    AttributeValue,
    ContactPerson,
    CreditReport,
    Customer,
    CustomerAccount,
    Dispute,
    History,
    Insurance,
    Invoice,
    Payment,
    PaymentPlan,
    PlanInstalment,
    Promise,
)
from policy_engine.values.days import add_days

CUSTOMER, INVOICE = "W", "W-1"
AMOUNT = 2_000_000
"""20,000.00: above the minimums and amounts that conditions on steps usually name."""
TERM = 30
_DIRECT = frozenset(
    {"country", "language", "kind", "category", "status", "tags", "since", "insolvent", "insolvent_since"}
    | {"contract_rate"}
)
_DERIVED = frozenset({"customer.open_invoices", "customer.outstanding", "customer.exposure"})
_OVERDUE = frozenset({"customer.overdue_invoices", "customer.overdue"})


@dataclass(slots=True)
class _Build:
    policy: Policy
    as_of: date
    facts: Mapping[str, Stored]
    customer: Customer
    invoice: Invoice
    more: list[Invoice] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    disputes: list[Dispute] = field(default_factory=list)
    promises: list[Promise] = field(default_factory=list)
    plans: list[PaymentPlan] = field(default_factory=list)
    reports: list[CreditReport] = field(default_factory=list)
    insurance: list[Insurance] = field(default_factory=list)
    history: list[History] = field(default_factory=list)
    coming: list[str] = field(default_factory=list)


def customer_with(
    policy: Policy, facts: Mapping[str, Stored], as_of: date, *, days_late: int = 31, term: int = TERM
) -> CustomerAccount:
    """A customer with one invoice to whom `facts` apply as far as rows of a snapshot can say them.

    Facts are as the engine holds them (`cells.Stored`), others than those given are as usual: a business without
    history, an invoice of 20,000.00 that nobody disputes, `days_late` days after its due date (negative: before it).

    Args:
        policy: gives the currency.
        facts: by name; coins of a search (`customer.#0`) are passed over.
        as_of: the day on which the facts are to apply.
        days_late: the invoice's, unless the facts say it.
        term: days from issue to due date.
    """
    late = facts.get("invoice.days_late", facts.get("customer.oldest_days_late"))
    if isinstance(late, int) and (late > 0 or days_late > 0):
        days_late = late
    early = facts.get("invoice.days_to_due")
    if isinstance(early, int) and early > 0:
        days_late = -early
    due = add_days(as_of, -days_late)
    issue = add_days(due, -term)
    age = facts.get("invoice.age")
    if isinstance(age, int):
        issue = add_days(as_of, -age)
    fixed_due, fixed_issue = facts.get("invoice.due_date"), facts.get("invoice.issue_date")
    if isinstance(fixed_due, date):
        due, issue = fixed_due, add_days(fixed_due, -term)
    if isinstance(fixed_issue, date):
        issue = fixed_issue
    if issue > due:
        due = issue
    amount = _amount(facts)
    made = _Build(
        policy,
        as_of,
        facts,
        Customer(CUSTOMER, "Witness", "business"),
        Invoice(INVOICE, INVOICE, CUSTOMER, "invoice", "open", policy.currency, amount, issue, due),
    )
    _customer(made)
    _invoice(made)
    for name, build in _BUILDERS.items():
        value = facts.get(name)
        if value is not None and value is not False and value != 0:
            build(made, value)
    _several(made)
    return CustomerAccount(
        customer=made.customer,
        invoices=tuple(sorted([made.invoice, *made.more], key=lambda row: row.id)),
        payments=tuple(made.payments),
        disputes=tuple(made.disputes),
        promises=tuple(made.promises),
        payment_plans=tuple(made.plans),
        history=tuple(made.history),
        contact_persons=(
            ContactPerson("W-C", CUSTOMER, "Witness", None, "w@example.com", "+33 1 00 00 00 00", "1 rue A"),
        ),
        credit_reports=tuple(made.reports),
        insurance=tuple(made.insurance),
    )


def _amount(facts: Mapping[str, Stored]) -> int:
    for name in ("invoice.amount", "invoice.outstanding", "customer.overdue", "customer.outstanding"):
        value = facts.get(name)
        if isinstance(value, int) and value > 0:
            return value
    exposure = facts.get("customer.exposure")
    return exposure if isinstance(exposure, int) and exposure > 0 else AMOUNT


def _customer(made: _Build) -> None:
    direct: dict[str, object] = {}
    own: dict[str, AttributeValue] = {}
    for name, value in made.facts.items():
        level, _, last = name.rpartition(".")
        if level == "customer" and last in _DIRECT:
            direct[last] = value
        elif level == "customer" and any(a.name == last and a.level == "customer" for a in made.policy.attributes):
            own[last] = cast("AttributeValue", value)
    limit = made.facts.get("customer.credit_limit")
    if isinstance(limit, int):
        direct["credit_limit"] = limit
    if own:
        direct["attributes"] = own
    made.customer = replace(made.customer, **direct)  # type: ignore[arg-type]


def _invoice(made: _Build) -> None:
    direct: dict[str, object] = {}
    own: dict[str, AttributeValue] = {}
    for name, value in made.facts.items():
        level, _, last = name.rpartition(".")
        if level != "invoice":
            continue
        if last in {"kind", "status", "payment_method", "e_status", "factored"}:
            direct[last] = value
        elif any(a.name == last and a.level == "invoice" for a in made.policy.attributes):
            own[last] = cast("AttributeValue", value)
    if own:
        direct["attributes"] = own
    made.invoice = replace(made.invoice, **direct)  # type: ignore[arg-type]
    outstanding = made.facts.get("invoice.outstanding")
    if isinstance(outstanding, int) and 0 < outstanding < made.invoice.amount:
        paid = made.invoice.amount - outstanding
        day = made.invoice.issue_date
        made.payments.append(Payment("W-P0", CUSTOMER, day, paid, made.policy.currency, (Allocation(INVOICE, paid),)))


def _several(made: _Build) -> None:
    """More open invoices like the first, until there are as many as the facts say."""
    wanted = max(
        (value for name in ("customer.open_invoices", "customer.overdue_invoices")
         if isinstance(value := made.facts.get(name), int)), default=1,
    )  # fmt: skip
    for number in range(2, min(wanted, 200) + 1):
        made.more.append(replace(made.invoice, id=f"W-{number}", number=f"W-{number}"))


def _paid(made: _Build, count: int, late: tuple[int, int] | None) -> None:
    """Invoices settled lately, `late` days after their due date on average."""
    top, bottom = late or (0, 1)
    each, rest = divmod(top * count, bottom)
    if rest:  # an average that isn't whole: one invoice of `bottom` parts more
        each = top * count // bottom
    days = [each // count] * count
    for place in range(each - sum(days)):
        days[place] += 1
    for number, day in enumerate(days, 1):
        key = f"W-S{number}"
        settled = add_days(made.as_of, -20)
        due = add_days(settled, -day)
        made.more.append(replace(made.invoice, id=key, number=key, amount=10_000, issue_date=add_days(due, -30),
                                 due_date=due, factored=False))  # fmt: skip
        made.payments.append(
            Payment(f"W-P{number}", CUSTOMER, settled, 10_000, made.policy.currency, (Allocation(key, 10_000),))
        )


def _average(made: _Build, value: Stored) -> None:
    count = made.facts.get("customer.paid_invoices")
    late = cast("tuple[int, int]", value)
    if "customer.paid_invoices" not in made.facts:
        _paid(made, late[1], late)
    elif isinstance(count, int) and count > 0:
        _paid(made, count, late)


def _settled(made: _Build, value: Stored) -> None:
    if made.facts.get("customer.average_days_late") is None and isinstance(value, int):
        _paid(made, min(value, 200), None)


def _promises(made: _Build, value: Stored, *, kept: bool) -> None:
    """Promises on an invoice written off since: they touch nothing that is open."""
    count = min(cast("int", value), 200)
    key = "W-K" if kept else "W-B"
    day = add_days(made.as_of, -60)
    old = replace(made.invoice, id=key, number=key, amount=10_000, status="written_off",
                  issue_date=add_days(day, -60), due_date=add_days(day, -30))  # fmt: skip
    made.more.append(old)
    for number in range(count):
        made.promises.append(
            Promise(f"{key}{number:03}", CUSTOMER, day, add_days(day, 10), None if kept else 10_000, (key,))
        )
    if kept:
        made.payments.append(
            Payment("W-PK", CUSTOMER, add_days(day, 5), 10_000, made.policy.currency, (Allocation(key, 10_000),))
        )


def _disputed(made: _Build, _value: Stored) -> None:
    made.disputes.append(Dispute("W-D", CUSTOMER, INVOICE, add_days(made.as_of, -1)))


def _disputed_amount(made: _Build, value: Stored) -> None:
    if not made.disputes:
        opened = add_days(made.as_of, -1)
        made.disputes.append(Dispute("W-D", CUSTOMER, INVOICE, opened, None, cast("int", value)))


def _promise_active(made: _Build, _value: Stored) -> None:
    made.promises.append(Promise("W-A", CUSTOMER, add_days(made.as_of, -1), add_days(made.as_of, 5), None, (INVOICE,)))


def _promise_broken(made: _Build, _value: Stored) -> None:
    if not made.facts.get("invoice.promise_active"):
        day = add_days(made.as_of, -10 - made.policy.promise_grace)
        made.promises.append(Promise("W-X", CUSTOMER, add_days(day, -5), day, None, (INVOICE,)))


def _plan(made: _Build, *, kept: bool) -> None:
    start = add_days(made.as_of, -40 - made.policy.promise_grace)
    day = add_days(made.as_of, 20) if kept else add_days(start, 10)
    made.plans.append(PaymentPlan("W-L", CUSTOMER, start, (INVOICE,), (PlanInstalment(day, made.invoice.amount),)))


def _report(made: _Build, value: Stored) -> None:
    made.reports.append(CreditReport("W-R", CUSTOMER, add_days(made.as_of, -10), cast("int", value), "agency"))


def _scored(made: _Build, value: Stored) -> None:
    score = made.facts.get("customer.external_score")
    made.reports = [CreditReport("W-R", CUSTOMER, cast("date", value), cast("int | None", score), "agency")]


def _insured(made: _Build, value: Stored) -> None:
    start = add_days(made.as_of, -100)
    made.insurance.append(Insurance("W-I", CUSTOMER, cast("int", value), made.policy.currency, start))


_BUILDERS: dict[str, Callable[[_Build, Stored], None]] = {
    "customer.paid_invoices": _settled,
    "customer.average_days_late": _average,
    "customer.broken_promises": lambda made, value: _promises(made, value, kept=False),
    "customer.kept_promises": lambda made, value: _promises(made, value, kept=True),
    "invoice.disputed": _disputed,
    "invoice.disputed_amount": _disputed_amount,
    "invoice.promise_active": _promise_active,
    "invoice.promise_broken": _promise_broken,
    "invoice.payment_plan_kept": lambda made, _value: _plan(made, kept=True),
    "invoice.payment_plan_broken": lambda made, _value: _plan(made, kept=False),
    "customer.external_score": _report,
    "customer.score_date": _scored,
    "customer.insured_limit": _insured,
}
