"""From a plan's action to what its templates may read: a pure function of action, policy, account and sender.

The customer is decided again from the account, so that every line shows what the engine saw: payments and credit notes
with their days, what netting settled, interest by period.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from policy_engine.engine.reference.decide import draft, on_the_books
from policy_engine.engine.reference.draft import Draft
from policy_engine.engine.reference.exchange import NO_RATES, ExchangeRates
from policy_engine.engine.reference.item import Item
from policy_engine.engine.reference.program import program_for
from policy_engine.engine.reference.s03_outcomes import outcomes
from policy_engine.explanation.locale import Language
from policy_engine.plan.model import Action
from policy_engine.policy.resolved import Policy
from policy_engine.snapshot.model import EXECUTED, ContactPerson, CustomerAccount, ExchangeRate
from policy_engine.templates.build_lines import line_of, settled_line
from policy_engine.templates.context import (
    Carrier,
    ChargeShown,
    Contact,
    CustomerShown,
    Following,
    InvoiceLine,
    ListedLine,
    MessageContext,
    Money,
    Payee,
    PromiseShown,
    Recipient,
    Sender,
    StatementLine,
    money,
)
from policy_engine.templates.dates import next_step, pay_by
from policy_engine.templates.source import template_name
from policy_engine.templates.table_words import role_said

_INSTRUCTIONS = frozenset({"order_hold", "order_release"})
"""Channels of what is said about a customer, not to him."""
_REACHING = frozenset({"email", "letter", "registered_letter", "call"})
"""Channels by which a customer is reminded."""


def build_context(
    action: Action,
    policy: Policy,
    account: CustomerAccount,
    sender: Sender,
    as_of: date,
    *,
    payee: Payee | None = None,
    language: Language | None = None,
    channel: Carrier | None = None,
    exchange_rates: Sequence[ExchangeRate] | ExchangeRates = (),
    settled: bool = False,
    what_if: bool = False,
    template: str | None = None,
) -> MessageContext:
    """Everything that the action's templates may read.

    Args:
        action: of a plan of this policy, on `as_of`.
        policy: the policy of the plan.
        account: the customer, as the snapshot of the plan knows it.
        sender: whose letterhead it is.
        as_of: the plan's date.
        payee: where to pay; its last four characters are all that messages show.
        language: instead of the customer's own (`language_of`).
        channel: which of the action's channels, when it has several (`also`); its main one without it.
        exchange_rates: the snapshot's, needed when the customer has invoices in other currencies; `known_rates` of
            them when many messages are made.
        settled: whether invoices paid late are listed with what they still owe.
        what_if: marks a message that isn't due.
        template: another template than the step's, e.g. `statement`.
    """
    rates = exchange_rates if isinstance(exchange_rates, ExchangeRates) else known_rates(exchange_rates, as_of)
    decided = draft if settled else on_the_books  # what settled invoices owe is an outcome; lines need the books alone
    found = decided(program_for(policy), account, as_of, None, rates)
    currency = action.currency
    spoken = language or language_of(account, policy)
    carrier: Carrier = channel or action.channel  # type: ignore[assignment]  # a plan's channels are the policy's
    demanded = tuple([line_of(found, line) for line in action.demanded])
    mentioned = tuple([line_of(found, line) for line in action.mentioned])
    following = next_step(policy, action)
    until = pay_by(policy, action, action.send_on)
    statement = _statement(found, currency)
    late = _settled(found) if settled else ()
    asked = {line.invoice for line in action.demanded}
    invoices = asked | {line.invoice for line in action.mentioned} | {row.invoice for row in action.listed}
    about = asked or invoices  # reminders of other invoices prove nothing here
    owed: dict[str, int] = {}
    for row in action.listed:
        owed[row.currency] = owed.get(row.currency, 0) + row.outstanding

    def sum_of(minor: int) -> Money:
        return money(minor, currency)

    return MessageContext(
        language=spoken,
        reference=action.id[:12].upper() or account.customer.id,
        what_if=what_if,
        step=action.step,
        stage=action.stage,
        template=template or template_name(action.template, action.stage, carrier, action.step) or action.step,
        channel=carrier,
        as_of=as_of,
        sent_on=action.send_on,
        pay_by=until,
        pay_days=(until - action.send_on).days,
        sender=sender,
        payee=payee,
        recipient=_recipient(account, carrier, spoken),
        customer=_customer(account),
        currency=currency,
        demanded=demanded,
        mentioned=mentioned,
        listed=tuple(
            ListedLine(row.number, row.due_date, row.days_late, money(row.outstanding, row.currency))
            for row in action.listed
        ),
        principal=sum_of(action.principal),
        credits=sum_of(action.credits),
        unallocated=sum_of(found.credits_left.get(currency, 0)),
        interest=sum_of(action.interest),
        lump_sums=sum_of(action.lump_sums),
        total=sum_of(action.total),
        overdue=sum_of(_overdue(found, currency)),
        owed=tuple([money(minor, code) for code, minor in sorted(owed.items())]),
        references=_references(line.charges for line in (*demanded, *mentioned, *late)),
        following=None if following is None else Following(following.name, following.stage, following.channel),
        deadline=action.deadline,
        history=_history(account, about, as_of),
        promises=_promises(account, invoices, currency, as_of),
        statement=statement,
        balance=sum_of(sum([row.balance.minor for row in statement])),
        settled=late,
    )


def known_rates(rates: Sequence[ExchangeRate], as_of: date) -> ExchangeRates:
    """The rates of a snapshot that are known on a day."""
    return ExchangeRates(rate for rate in rates if rate.day <= as_of) if rates else NO_RATES


def carried_by(context: MessageContext, action: Action, account: CustomerAccount, channel: Carrier) -> MessageContext:
    """The same message on another of the action's channels: its template and whom it reaches are the channel's own."""
    if channel == context.channel:
        return context
    return replace(
        context,
        template=template_name(action.template, action.stage, channel, action.step) or action.step,
        channel=channel,
        recipient=_recipient(account, channel, context.language),
    )


def language_of(account: CustomerAccount, policy: Policy) -> Language:
    """The customer's language, else the first that a contact person has, else the policy's; French or English."""
    known = [account.customer.language, *(person.language for person in account.contact_persons), policy.locale]
    for tag in known:
        if tag:
            return "fr" if tag.lower().startswith("fr") else "en"
    return "en"


def _customer(account: CustomerAccount) -> CustomerShown:
    row = account.customer
    return CustomerShown(row.id, row.name, row.registration, row.insolvent, row.insolvent_since)


def address_lines(address: str | None) -> tuple[str, ...]:
    """A postal address in lines: as it is broken, or at its commas when it stands on one line; six at most."""
    if not address or not address.strip():
        return ()
    parts = address.strip().splitlines()
    if len(parts) == 1:
        parts = parts[0].split(",")
    lines = [part.strip() for part in parts if part.strip()]
    return tuple([*lines[:5], ", ".join(lines[5:])] if len(lines) > 6 else lines)


def _recipient(account: CustomerAccount, channel: str, language: Language) -> Recipient:
    """Whom a channel reaches: the first person, by id, with the address that it needs."""
    persons = account.contact_persons
    wanted = {"email": "email", "call": "phone"}.get(channel, "address")
    person = _first(persons, wanted) or next(iter(persons), None)
    if person is None:
        return Recipient(account.customer.name)
    by_post = person if person.address else _first(persons, "address")
    by_mail = person if person.email else _first(persons, "email")
    by_phone = person if person.phone else _first(persons, "phone")
    return Recipient(
        company=account.customer.name,
        person=person.name,
        role=person.role and role_said(person.role, language),
        address=address_lines(by_post.address if by_post else None),
        email=by_mail.email if by_mail else None,
        phone=by_phone.phone if by_phone else None,
    )


def _first(persons: Iterable[ContactPerson], has: str) -> ContactPerson | None:
    return next((person for person in persons if getattr(person, has)), None)


def _references(charged: Iterable[Iterable[ChargeShown]]) -> tuple[str, ...]:
    """Each article once, in the order of the lines."""
    found = [one.reference for charges in charged for one in charges if one.reference and one.asked]
    return tuple(dict.fromkeys(found))


def _settled(found: Draft) -> tuple[InvoiceLine, ...]:
    """Invoices paid late that still owe interest or a lump sum, by invoice id."""
    rows = outcomes(found.program, found)
    return tuple(settled_line(found, row) for row in rows if row.reason == "charges_due")


def _overdue(found: Draft, currency: str) -> int:
    """What is overdue; of an invoice in parts, what is overdue of them."""
    units = [unit for item in found.items if item.currency == currency for unit in _units(item)]
    return sum([unit.outstanding for unit in units if unit.overdue])


def _units(item: Item) -> Sequence[Item]:
    """What falls due on its own: an invoice's parts that are unpaid, else the invoice."""
    if not item.parts:
        return (item,)
    unpaid = [part for part in item.parts if part.outstanding > 0]
    return unpaid if unpaid and sum(part.outstanding for part in unpaid) == item.outstanding else (item,)


def _history(account: CustomerAccount, invoices: set[str], as_of: date) -> tuple[Contact, ...]:
    """What was delivered about these invoices, one a message, by day; instructions about orders are none."""
    found: dict[tuple[date, str, str, str], set[str]] = {}
    for row in account.history:
        if row.channel in _INSTRUCTIONS or row.step is None:
            continue
        if row.status in EXECUTED and row.invoice in invoices and row.day <= as_of:
            key = (row.day, row.step, row.stage or "", row.channel or "")
            found.setdefault(key, set()).add(row.invoice or "")
    due = {row.id: row.due_date for row in account.invoices} if found else {}
    for part in account.instalments if found else ():
        due[part.invoice] = min(due.get(part.invoice, part.due_date), part.due_date)
    return tuple(
        Contact(
            day, step, stage, channel or None, len(about),
            reminder=(not channel or channel in _REACHING) and any(due.get(one, day) < day for one in about),
        )
        for (day, step, stage, channel), about in sorted(found.items())
    )  # fmt: skip


def _promises(account: CustomerAccount, invoices: set[str], currency: str, as_of: date) -> tuple[PromiseShown, ...]:
    rows = [row for row in account.promises if row.made <= as_of and (not row.invoices or invoices & set(row.invoices))]
    return tuple(
        PromiseShown(row.made, row.day, None if row.amount is None else money(row.amount, currency), row.day < as_of)
        for row in sorted(rows, key=lambda row: (row.day, row.id))
    )


def _statement(found: Draft, currency: str) -> tuple[StatementLine, ...]:
    """Everything open in a currency; its sum is what the customer owes, less what is not yet allocated."""
    rows: list[tuple[date, str, StatementLine]] = []
    for item in found.items:
        if item.currency != currency or item.outstanding == 0 or item.status != "open":
            continue
        rows += [(item.issue_date, item.id, _statement_line(item, unit)) for unit in _units(item)]
    for credit in found.credits:
        if credit.item is None and credit.currency == currency and credit.left > 0:
            left = money(-credit.left, currency)
            rows.append((credit.day, credit.id, StatementLine("payment", credit.id, credit.day, None, 0, left, left)))
    return tuple(row for _, _, row in sorted(rows, key=lambda row: (row[0], row[1])))


def _statement_line(item: Item, unit: Item) -> StatementLine:
    """An invoice, or a part of it with its own due date and amount."""
    note = item.kind == "credit_note"
    kind = "credit_note" if note else "prepayment" if item.kind == "prepayment" else "invoice"
    return StatementLine(
        kind=kind,  # type: ignore[arg-type]  # mypy widens the conditional to str
        number=item.number,
        day=item.issue_date,
        due_date=None if note else unit.due_date,
        days_late=unit.days_late if unit.overdue else 0,
        amount=money(unit.amount, item.currency),
        balance=money(unit.outstanding, item.currency),
    )
