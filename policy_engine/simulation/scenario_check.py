"""A scenario against the policies and the snapshot it is run on: names, amounts, days; into one ready to run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from policy_engine.language.findings import Findings
from policy_engine.language.nodes import Text
from policy_engine.policy.resolved import Policy
from policy_engine.simulation.scenario import Approvals, DatedPayment, Moment, Rule, Scenario
from policy_engine.simulation.scenario_load import ScenarioFile
from policy_engine.simulation.scenario_model import (
    DisputeSyntax,
    InvoiceSyntax,
    PaymentSyntax,
    PromiseSyntax,
    RuleSyntax,
    ScenarioSyntax,
)
from policy_engine.snapshot.model import Customer, Dispute, Invoice, Promise, Snapshot
from policy_engine.snapshot.terms import due_date
from policy_engine.values.days import LAST_DAY, add_days, add_months
from policy_engine.values.diagnostics import did_you_mean
from policy_engine.values.money import AmountError, parse_minor
from policy_engine.values.position import Position

_DATES = ("due_date", "issue_date")


@dataclass(frozen=True, slots=True)
class _Known:
    """What the scenario may name."""

    policies: Sequence[Policy]
    start: date
    end: date  # last day that is planned
    currency: str
    customers: Mapping[str, Customer]
    invoices: dict[str, Invoice]  # the scenario's own are added as they are read
    findings: Findings

    def customer(self, ident: Text) -> Customer | None:
        """The customer of that id, or None with a finding."""
        found = self.customers.get(ident.strip())
        if found is None:
            self._unknown("customer", "customers", ident, self.customers)
        return found

    def invoice(self, ident: Text) -> Invoice | None:
        """The invoice of that id that can be paid or disputed, or None with a finding."""
        found = self.invoices.get(ident.strip())
        if found is None:
            self._unknown("invoice", "invoices", ident, self.invoices)
            return None
        if found.kind == "credit_note":
            self.findings.add("DUN905", f"`{ident.strip()}` is a credit note", ident.position, hint="name an invoice")
            return None
        return found

    def _unknown(self, what: str, table: str, ident: Text, known: Mapping[str, object]) -> None:
        text = f"the snapshot's `{table}` has no {what} `{ident.strip()[:60]}`"
        self.findings.add("DUN905", text, ident.position, hint=did_you_mean(ident.strip(), known))

    def amount(self, text: Text | None, currency: str) -> int | None:
        """Minor units, more than zero; None when there is none, or with a finding."""
        if text is None:
            return None
        try:
            minor = parse_minor(text, currency)
        except AmountError as error:
            self.findings.add("DUN908", str(error), text.position, hint=f"an amount in {currency}")
            return None
        if minor == 0:
            self.findings.add("DUN908", "the amount is 0", text.position, hint="give an amount above 0")
            return None
        return minor

    def in_run(self, day: date, position: Position, what: str) -> bool:
        """Whether the day can still happen: not before the snapshot (an error); after the run is a warning."""
        if day < self.start:
            text = f"{what} is on {day}, before the snapshot's day, {self.start}"
            self.findings.add("DUN906", text, position, hint=f"give a day from {self.start} to {self.end}")
            return False
        if day > self.end:
            text = f"{what} is on {day}, after the last planned day, {self.end}: it never happens"
            self.findings.warn("DUN907", text, position, hint="plan more days, or leave it out")
        return True


def check_scenario(
    file: ScenarioFile, policies: Sequence[Policy], snapshot: Snapshot, *, days: int | None = None
) -> Scenario | None:
    """The scenario ready to run, or None; findings go to `file.findings`.

    Args:
        file: what was read.
        policies: at least one; segments are those of the first, stages must be known to all.
        snapshot: the run's first day.
        days: a horizon instead of the scenario's own, 1 to `MAX_DAYS`.
    """
    syntax, findings = file.syntax, file.findings
    if syntax is None:
        return None
    horizon = syntax.days if days is None else days
    end = add_days(snapshot.as_of, horizon - 1)
    known = _Known(
        policies,
        snapshot.as_of,
        end,
        policies[0].currency,
        {account.customer.id: account.customer for account in snapshot.accounts},
        {row.id: row for account in snapshot.accounts for row in account.invoices},
        findings,
    )
    _check_policies(known, syntax)
    rules = tuple(_rule(known, syntax, place) for place in range(len(syntax.rules)))
    approvals = _approvals(known, syntax)
    invoices = [row for item in syntax.invoices for row in _invoices(known, item)]
    disputes = [_dispute(known, item, place) for place, item in enumerate(syntax.disputes, start=1)]
    promises, kept = _promises(known, syntax.promises)
    payments = [found for item in syntax.payments if (found := _payment(known, item)) is not None]
    if findings.errors:
        return None
    return Scenario(
        name=syntax.name,
        description=syntax.description or "",
        days=horizon,
        rules=rules,
        disputed=syntax.disputed,
        charges=syntax.charges,
        approvals=approvals,
        rates=syntax.rates,
        payments=tuple(sorted([*payments, *kept], key=lambda row: (row.day, row.customer, row.invoices))),
        disputes=tuple(sorted((row for row in disputes if row), key=lambda row: (row.opened, row.id))),
        promises=tuple(sorted(promises, key=lambda row: (row.made, row.id))),
        invoices=tuple(sorted(invoices, key=lambda row: (row.issue_date, row.id))),
        file=file.file,
    )


def _check_policies(known: _Known, syntax: ScenarioSyntax) -> None:
    """One currency, and calendars that reach the end of the run."""
    first = known.policies[0]
    for policy in known.policies[1:]:
        if policy.currency != first.currency:
            text = (
                f"{policy.file} is in {policy.currency}, {first.file} in {first.currency}: amounts of two currencies "
                "can't stand side by side"
            )
            known.findings.add("DUN911", text, syntax.position, hint="run them one by one")
    for policy in known.policies:
        calendar = policy.calendar
        last = add_days(known.end, 31)  # what is planned last may still have to wait for a business day
        if not calendar.first_year <= known.start.year or not last.year <= calendar.last_year:
            text = (
                f"the run goes from {known.start} to {known.end}, but the public holidays of {policy.file} are known "
                f"for {calendar.first_year} to {calendar.last_year} only"
            )
            known.findings.add("DUN902", text, syntax.at("days"), hint="plan fewer days")
    if known.end > LAST_DAY:
        known.findings.add("DUN902", f"the run would end on {known.end}", syntax.at("days"), hint="plan fewer days")


def _rule(known: _Known, syntax: ScenarioSyntax, place: int) -> Rule:
    item: RuleSyntax = syntax.rules[place]
    first = known.policies[0]
    segments = [segment.name for segment in first.segments]
    for name in item.segments or ():
        if name not in segments:
            hint = did_you_mean(name, segments) or f"its segments: {', '.join(segments)}"
            text = f"`{name}` is no segment of the policy {first.name} ({first.file})"
            known.findings.add("DUN903", text, name.position, hint=hint)
    for ident in item.customers or ():
        known.customer(ident)
    for moment in item.pays:
        if moment.after not in _DATES:
            _stage(known, moment.after, _DATES)
    earlier = next((n for n, other in enumerate(syntax.rules[:place], start=1) if _takes_all(other)), None)
    if earlier is not None:
        text = f"rule {place + 1} never applies: rule {earlier} fits every customer"
        known.findings.warn("DUN912", text, item.position, hint="put it before that rule")
    return Rule(
        name=item.name or f"rule {place + 1}",
        segments=None if item.segments is None else frozenset(map(str, item.segments)),
        customers=None if item.customers is None else frozenset(ident.strip() for ident in item.customers),
        pays=tuple(Moment(moment.days, str(moment.after)) for moment in item.pays),
        backlog=item.backlog or syntax.backlog,
    )


def _takes_all(rule: RuleSyntax) -> bool:
    return rule.segments is None and rule.customers is None


def _stage(known: _Known, name: Text, also: Sequence[str] = ()) -> None:
    """Refuse what is no stage of every policy; `also` are words that could have stood there."""
    for policy in known.policies:
        if name not in policy.stages:
            near = did_you_mean(name, [*also, *policy.stages])
            text = f"`{name}` is no stage of the policy {policy.name} ({policy.file})"
            known.findings.add(
                "DUN904", text, name.position, hint=near or f"one of {', '.join((*also, *policy.stages))}"
            )
            return


def _approvals(known: _Known, syntax: ScenarioSyntax) -> Approvals:
    found = syntax.approvals
    if found is None:
        return Approvals()
    for stage in found.stages:
        assert isinstance(stage, Text)
        _stage(known, stage)
    waits = [(found.after, found.at("after")), *((wait, found.at("stages")) for wait in found.stages.values())]
    for policy in known.policies:
        late = [(wait, at) for wait, at in waits if wait is not None and wait > policy.valid_for]
        for wait, at in late[:1]:
            text = (
                f"approvals take {wait} business days, but plans of {policy.name} ({policy.file}) are valid for "
                f"{policy.valid_for}: what waits for one is never sent"
            )
            known.findings.warn("DUN914", text, at, hint="raise `valid_for` in the policy, or approve sooner")
    return Approvals(found.after, {str(stage): wait for stage, wait in found.stages.items()})


def _payment(known: _Known, item: PaymentSyntax) -> DatedPayment | None:
    known.in_run(item.date, item.at("date"), "the payment")
    if item.invoice is not None:
        invoice = known.invoice(item.invoice)
        if invoice is None:
            return None
        if item.date < invoice.issue_date:
            text = f"the payment is on {item.date}, before `{invoice.id}` is issued on {invoice.issue_date}"
            known.findings.add("DUN909", text, item.at("date"), hint="put the days in order")
        amount = known.amount(item.amount, invoice.currency)
        return DatedPayment(item.date, invoice.customer, (invoice.id,), amount, invoice.currency)
    assert item.customer is not None
    customer = known.customer(item.customer)
    if item.amount is None:
        text = "a payment that names no invoice says how much"
        known.findings.add("DUN908", text, item.position, hint="add `amount: 500`, or name an invoice")
    amount = known.amount(item.amount, known.currency)
    return None if customer is None else DatedPayment(item.date, customer.id, (), amount, known.currency)


def _dispute(known: _Known, item: DisputeSyntax, place: int) -> Dispute | None:
    known.in_run(item.opened, item.at("opened"), "the dispute")
    invoice = known.invoice(item.invoice)
    if item.closed is not None and item.closed < item.opened:
        text = f"the dispute is closed on {item.closed}, before it is opened on {item.opened}"
        known.findings.add("DUN909", text, item.at("closed"), hint="put the days in order")
    if invoice is None:
        return None
    amount = known.amount(item.amount, invoice.currency)
    ident = f"D{place}"
    return Dispute(ident, invoice.customer, invoice.id, item.opened, item.closed, amount, item.reason)


def _promises(known: _Known, items: Sequence[PromiseSyntax]) -> tuple[list[Promise], list[DatedPayment]]:
    """The promises, and the payments that keep them."""
    promises, kept = list[Promise](), list[DatedPayment]()
    for place, item in enumerate(items, start=1):
        known.in_run(item.made, item.at("made"), "the promise")
        customer = known.customer(item.customer)
        if item.by < item.made:
            text = f"the money is promised by {item.by}, before the promise is made on {item.made}"
            known.findings.add("DUN909", text, item.at("by"), hint="put the days in order")
        named = [(ident, known.invoice(ident)) for ident in item.invoices or ()]
        for ident, invoice in named:
            if invoice is not None and customer is not None and invoice.customer != customer.id:
                text = f"the invoice `{invoice.id}` is owed by `{invoice.customer}`, not by `{customer.id}`"
                known.findings.add("DUN905", text, ident.position, hint="a promise is about one customer's invoices")
        currency = next((invoice.currency for _, invoice in named if invoice is not None), known.currency)
        amount = known.amount(item.amount, currency)
        if customer is None:
            continue
        ids = tuple(invoice.id for _, invoice in named if invoice is not None)
        promises.append(Promise(f"PR{place}", customer.id, item.made, item.by, amount, ids))
        if item.kept:
            if not ids:
                ids = tuple(
                    sorted(
                        row.id
                        for row in known.invoices.values()
                        if row.customer == customer.id and row.issue_date <= item.made and row.kind != "credit_note"
                    )
                )
            kept.append(DatedPayment(item.by, customer.id, ids, amount, currency))
    return promises, kept


def _invoices(known: _Known, item: InvoiceSyntax) -> list[Invoice]:
    """The invoice and those like it that follow; they may be named by what comes after."""
    known.in_run(item.issued, item.at("issued"), "the invoice")
    customer = known.customer(item.customer)
    amount = known.amount(item.amount, known.currency)
    if customer is None or amount is None:
        return []
    found = list[Invoice]()
    for place in range(item.times):
        issued = add_months(item.issued, place * item.every_months)
        if place and issued > known.end:
            break
        if item.due is not None:
            due: date | None = add_months(item.due, place * item.every_months)
        else:
            due = None if customer.terms is None else due_date(customer.terms, issued)
        if due is None:
            text = f"the invoice has no `due`, and `{customer.id}` has no terms to go by"
            known.findings.add("DUN909", text, item.position, hint="add `due: YYYY-MM-DD`")
            return []
        if due < issued:
            text = f"the invoice is due on {due}, before it is issued on {issued}"
            known.findings.add("DUN909", text, item.at("due"), hint="put the days in order")
            return []
        ident = item.id.strip() + (f"-{place + 1}" if place else "")
        if ident in known.invoices:
            text = f"there is already an invoice `{ident}`"
            known.findings.add("DUN910", text, item.id.position, hint="give it an id of its own")
            return []
        row = Invoice(ident, ident, customer.id, "invoice", "open", known.currency, amount, issued, due)
        known.invoices[ident] = row
        found.append(row)
    return found
