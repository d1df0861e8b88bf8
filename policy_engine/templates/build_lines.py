"""The lines of a message: an invoice with what settled it, its charges, its interest by period."""

from collections.abc import Sequence
from fractions import Fraction

from policy_engine.engine.reference.draft import Draft
from policy_engine.engine.reference.item import Item
from policy_engine.engine.reference.s12_charges import amount_on, contract_rate, end_of_interest, interest_periods
from policy_engine.explanation.charges import interest_of
from policy_engine.plan.model import Amounts, Line, Outcome, Period
from policy_engine.policy.resolved import FlatPenalty, InterestPenalty
from policy_engine.templates.context import (
    ChargeShown,
    Instalment,
    InterestPeriod,
    InvoiceLine,
    Rate,
    Settlement,
    money,
)
from policy_engine.values.money import round_fraction, round_half_up


def line_of(found: Draft, line: Line) -> InvoiceLine:
    """A line of an action. The action's figures are shown, the account's are what explains them."""
    whole = next(item for item in found.items if item.id == line.invoice)
    item = whole
    if line.instalment is not None:
        item = next((part for part in whole.parts if part.instalment == line.instalment), whole)
    return _line(
        found,
        whole,
        item,
        due=(line.due_date, line.days_late),
        figures=(line.outstanding, line.disputed, line.later, line.principal, line.interest, line.lump_sums),
        charges=line.charges,
    )


def settled_line(found: Draft, outcome: Outcome) -> InvoiceLine:
    """An invoice that was paid late, with what it still owes on top."""
    item = next(item for item in found.items if item.id == outcome.invoice)
    interest = sum(one.asked for one in outcome.charges if one.kind == "interest")
    flat = sum(one.asked for one in outcome.charges if one.kind != "interest")
    late = 0 if item.settled_on is None else (item.settled_on - item.due_date).days
    return _line(
        found, item, item, due=(item.due_date, late), figures=(0, 0, 0, 0, interest, flat), charges=outcome.charges
    )


def _line(
    found: Draft,
    whole: Item,
    item: Item,
    *,
    due: tuple[object, int],
    figures: tuple[int, int, int, int, int, int],
    charges: Sequence[Amounts],
) -> InvoiceLine:
    currency = item.currency
    outstanding, disputed, later, principal, interest, lump_sums = [money(one, currency) for one in figures]
    return InvoiceLine(
        number=item.number,
        issue_date=item.issue_date,
        due_date=due[0],  # type: ignore[arg-type]
        days_late=due[1],
        amount=money(item.amount, currency),
        paid=money(sum([amount for _, amount in item.payments]), currency),
        credited=money(sum([amount for _, amount in item.credits]), currency),
        outstanding=outstanding,
        disputed=disputed,
        later=later,
        principal=principal,
        interest=interest,
        lump_sums=lump_sums,
        total=money(principal.minor + interest.minor + lump_sums.minor, currency),
        part=item is not whole,
        settlements=_settlements(found, item),
        instalments=_instalments(found, whole, item) if whole.parts else (),
        charges=tuple([_charge(found, item, one) for one in charges]),
        periods=tuple(period for one in charges if one.kind == "interest" for period in _periods(found, item, one)),
    )


def _settlements(found: Draft, item: Item) -> tuple[Settlement, ...]:
    rows = [Settlement("payment", day, money(amount, item.currency)) for day, amount in item.payments]
    for day, amount in item.credits:
        notes = {
            note.number
            for note in found.account.invoices
            if note.kind == "credit_note" and note.issue_date == day and note.currency == item.currency
        }
        number = notes.pop() if len(notes) == 1 else None
        rows.append(Settlement("credit_note", day, money(amount, item.currency), number))
    if len(rows) > 1:
        rows.sort(key=lambda row: (row.day, row.kind, row.amount.minor))
    return tuple(rows)


def _instalments(found: Draft, whole: Item, item: Item) -> tuple[Instalment, ...]:
    return tuple(
        Instalment(
            part.due_date,
            money(part.amount, part.currency),
            money(max(0, part.outstanding), part.currency),
            max(0, (found.as_of - part.due_date).days) if part.outstanding > 0 else 0,
            part.outstanding > 0 and (part is item if item is not whole else part.due_date <= found.as_of),
        )
        for part in whole.parts
    )


def _charge(found: Draft, item: Item, one: Amounts) -> ChargeShown:
    asked, accrued, invoiced, paid, waived = [
        money(minor, item.currency) for minor in (one.asked, one.accrued, one.invoiced, one.paid, one.waived)
    ]
    kind = "interest" if one.kind == "interest" else "flat"
    reference = _reference(found, item, one.penalty)
    return ChargeShown(one.penalty, kind, reference, asked, accrued, invoiced, paid, waived)  # type: ignore[arg-type]


def _reference(found: Draft, item: Item, name: str) -> str | None:
    """The article that the policy cites for a penalty; a dated amount's own goes before."""
    penalty = next(program.penalty for program in found.program.penalties if program.penalty.name == name)
    if isinstance(penalty, FlatPenalty):
        dated = amount_on(penalty, item.due_date)
        own = None if dated is None else dated.reference
        return penalty.reference or own
    return penalty.reference


def _periods(found: Draft, item: Item, one: Amounts) -> tuple[InterestPeriod, ...]:
    """The computation behind an amount of interest; none when a stop's date isn't known."""
    program = next(program for program in found.program.penalties if program.penalty.name == one.penalty)
    penalty = program.penalty
    assert isinstance(penalty, InterestPenalty)
    assert program.lines is not None
    end = end_of_interest(item, found.customer, found.program.stops, penalty.name, found.as_of)
    if end is None:
        return ()
    line = program.lines.line(contract_rate(program, found.customer, item))
    periods = interest_periods(item, line, end, interest_first=penalty.allocation == "interest_first")
    return tuple(_rounded(periods, item.currency))


def _rounded(periods: Sequence[Period], currency: str) -> list[InterestPeriod]:
    """Each period's share is the difference of two rounded running sums, so that they add up to the rounded whole."""
    shown: list[InterestPeriod] = []
    exact, before = Fraction(0), 0
    for period in periods:
        exact += interest_of(period)
        after = round_fraction(exact)
        balance = round_half_up(period.balance_numerator, period.balance_denominator)
        shown.append(
            InterestPeriod(
                period.first,
                period.last,
                period.days,
                money(balance, currency),
                Rate(period.rate),
                money(after - before, currency),
            )
        )
        before = after
    return shown
