"""3.12 Charges: what a late payer owes on top, as French law has it; rounded half up once an invoice.

Interest runs on the balance of each day over (due date, end], end being `as_of`, the settlement, or the day before a
stop: a payment counts from the day after it arrives (C. com. art. L441-10 II; L441-9), a credit note lowers the
principal from its own day on. Simple interest on actual/365: the sum over the periods of balance x (rate x days),
where (rate x days) is one difference of the rate line's running sum. With `interest_first` (C. civ. art. 1343-1) a
payment settles the interest accrued so far before the principal, which only moves the base of the days after it.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from fractions import Fraction

from policy_engine.engine.reference.facts import CustomerFacts
from policy_engine.engine.reference.item import Item
from policy_engine.engine.reference.part_charges import rows_of_part
from policy_engine.engine.reference.program import PenaltyProgram, StopProgram
from policy_engine.engine.reference.rate_lines import RateLine
from policy_engine.plan.model import Amounts, Period
from policy_engine.policy.resolved import DatedAmount, FlatPenalty, InterestPenalty
from policy_engine.snapshot.model import Charge
from policy_engine.values.days import ONE_DAY
from policy_engine.values.money import round_fraction, round_half_up

YEAR_PPM = 365 * 1_000_000
"""What balance x ppm x days is divided by: actual/365, parts per million."""


class MissingRateError(Exception):
    """A rate that has to be read on a day its table doesn't reach; caught inside the engine (`missing_rate`)."""


def _timeline(item: Item) -> list[tuple[int, int, bool]]:
    """What lowers the balance, as (last day of the old balance, minor units, is it a payment), by day.

    A payment's own day still bears interest, a credit note's doesn't; on equal days credit notes go first.
    """
    found = [(day.toordinal(), amount, True) for day, amount in item.payments]
    found += [(day.toordinal() - 1, amount, False) for day, amount in item.credits]
    found.sort(key=lambda event: (event[0], event[2], event[1]))
    return found


def _balances(item: Item, line: RateLine, end: int, *, interest_first: bool) -> Iterable[tuple[int, int, int, int]]:
    """Runs of days with one balance: (day before the first, last day, numerator, denominator) in minor units.

    The disputed part bears no interest while it is disputed. With `interest_first` a payment's share of interest makes
    the balance a fraction; its denominator is a power of `YEAR_PPM`, so integers stay exact.

    Raises:
        MissingRateError: with `interest_first`, when a payment's share of interest can't be told.
    """
    start = item.due_date.toordinal()
    base, unit = item.amount - item.disputed_amount, 1
    unpaid = 0  # interest accrued and not yet settled, in units of 1 / (unit * YEAR_PPM)
    for last, amount, is_payment in _timeline(item):
        if last > start:
            stop = min(last, end)
            if stop > start and base > 0:
                yield start, stop, base, unit
                if interest_first and stop < end:  # nothing bears interest after the end, so nothing needs the share
                    unpaid += base * _rate_days(line, start, stop)
            start = max(start, stop)
        if is_payment and unpaid:
            unit *= YEAR_PPM
            settled = min(unpaid, amount * unit)
            base = base * YEAR_PPM - amount * unit + settled
            unpaid = (unpaid - settled) * YEAR_PPM
        else:
            base -= amount * unit
    if end > start and base > 0:
        yield start, end, base, unit


def _rate_days(line: RateLine, after: int, last: int) -> int:
    found = line.between(after, last)
    if found is None:
        raise MissingRateError
    return found


def accrued_interest(item: Item, line: RateLine, end: date, *, interest_first: bool) -> int:
    """All interest from the day after the due date to `end`, minor units, rounded half up once.

    That of an invoice in instalments runs on each part from its own due date (3.10); where each part climbs alone,
    each part's is rounded, as it is asked for.

    Raises:
        MissingRateError: a rate of these days is unknown.
    """
    if item.parts:
        exact = [_exact_interest(part, line, end, interest_first=interest_first) for part in item.parts]
        return sum(map(round_fraction, exact)) if item.apart else round_fraction(sum(exact, Fraction(0)))
    if item.whole is not None:
        return round_fraction(_exact_interest(item, line, end, interest_first=interest_first))
    if end <= item.due_date:
        return 0
    last = end.toordinal()
    due = item.due_date.toordinal()
    base = item.amount - item.disputed_amount
    if not item.credits and all(day >= end for day, _ in item.payments):  # one balance all along: most invoices
        return round_half_up(base * _rate_days(line, due, last), YEAR_PPM) if base > 0 else 0
    total, unit = 0, 1
    for after, until, base, base_unit in _balances(item, line, last, interest_first=interest_first):
        total = total * (base_unit // unit) + base * _rate_days(line, after, until)
        unit = base_unit
    return round_half_up(total, YEAR_PPM * unit)


def _exact_interest(part: Item, line: RateLine, end: date, *, interest_first: bool) -> Fraction:
    """Interest of one part in minor units, unrounded; its own settlement ends it."""
    end = end if part.settled_on is None else min(end, part.settled_on)
    total = Fraction(0)
    if end > part.due_date:
        for after, until, base, unit in _balances(part, line, end.toordinal(), interest_first=interest_first):
            total += Fraction(base * _rate_days(line, after, until), unit * YEAR_PPM)
    return total


def interest_periods(item: Item, line: RateLine, end: date, *, interest_first: bool) -> tuple[Period, ...]:
    """The same interest, period by period: a maximal run of days with the same balance, rate and half-year.

    Raises:
        MissingRateError: a rate of these days is unknown.
    """
    if item.parts:
        parts = [interest_periods(part, line, end, interest_first=interest_first) for part in item.parts]
        return tuple(period for periods in parts for period in periods)
    found: list[Period] = []
    if item.whole is not None and item.settled_on is not None:
        end = min(end, item.settled_on)
    if end <= item.due_date:
        return ()
    for after, until, base, unit in _balances(item, line, end.toordinal(), interest_first=interest_first):
        first = after + 1
        exact = Fraction(base, unit)
        while first <= until:
            index = line.index(first)
            if index is None:
                raise MissingRateError
            stop = min(until, line.starts[index + 1] - 1 if index + 1 < len(line.starts) else line.end - 1)
            rate, origin = line.rates[index], line.origins[index]
            found.append(
                Period(
                    date.fromordinal(first),
                    date.fromordinal(stop),
                    stop - first + 1,
                    exact.numerator,
                    exact.denominator,
                    rate,
                    origin,
                )
            )
            first = stop + 1
    return tuple(found)


def end_of_interest(
    item: Item, customer: CustomerFacts, stops: Sequence[StopProgram], penalty: str, as_of: date
) -> date | None:
    """The last day that bears interest: as_of, the settlement, or the day before a stop; None when a stop has no date.

    A hold that stops the penalty counts whenever its `when` is true, whether or not it is the reason told.
    """
    end = as_of if item.settled_on is None else min(as_of, item.settled_on)
    for stop in stops:
        if stop.penalty == penalty and stop.when(customer, item):
            since = stop.since(customer, item)
            if not isinstance(since, date):
                return None
            end = min(end, since - ONE_DAY)
    return end


def contract_rate(program: PenaltyProgram, customer: CustomerFacts, item: Item) -> int | None:
    """The agreed rate in ppm a year, rounded half up when an expression makes it a fraction; None when unknown."""
    if program.contract is None:
        return None
    value = program.contract(customer, item)
    if isinstance(value, Fraction):
        return round_fraction(value)
    return value if isinstance(value, int) else None


def rates_reach(program: PenaltyProgram, item: Item, customer: CustomerFacts, as_of: date) -> bool:
    """Whether every rate up to `as_of` is known, so that the penalty can be stated whatever was paid when.

    False doesn't say that it can't: the days with a missing rate may bear no interest.
    """
    if program.lines is None:
        return True
    line = program.lines.line(contract_rate(program, customer, item))
    due = item.parts[0].due_date if item.parts else item.due_date
    return bool(line.starts) and line.starts[0] <= due.toordinal() + 1 and as_of.toordinal() < line.end


def _interest(
    program: PenaltyProgram,
    penalty: InterestPenalty,
    item: Item,
    customer: CustomerFacts,
    stops: Sequence[StopProgram],
    rows: Sequence[Charge],
    as_of: date,
) -> Amounts | None:
    assert program.lines is not None
    end = end_of_interest(item, customer, stops, penalty.name, as_of)
    if end is None:
        return None
    line = program.lines.line(contract_rate(program, customer, item))
    first = penalty.allocation == "interest_first"
    accrued = accrued_interest(item, line, end, interest_first=first)
    if not accrued:
        return None
    if not rows:
        return Amounts(penalty.name, "interest", accrued, accrued, 0, 0, 0)

    def up_to(day: date) -> int:
        return accrued_interest(item, line, min(end, day), interest_first=first)

    if item.whole is not None:

        def of_part(part: Item, day: date | None) -> int:
            return accrued_interest(part, line, end if day is None else min(end, day), interest_first=first)

        rows = rows_of_part(item, rows, of_part)
    return _after_history(penalty.name, "interest", accrued, rows, up_to)


def unpaid_after_due(item: Item) -> bool:
    """Whether something was unpaid on the day after the due date: paid later than the due date counts as unpaid."""
    unpaid = item.amount - item.disputed_amount
    for day, amount in item.payments:
        if day <= item.due_date:
            unpaid -= amount
    for day, amount in item.credits:
        if day <= item.due_date + ONE_DAY:
            unpaid -= amount
    return unpaid > 0


def bearer(item: Item, as_of: date) -> Item | None:
    """What carries an amount owed once an invoice: the invoice, in instalments its first late part (3.10).

    None for a part that isn't it, and while no part is late. The amount is taken of the whole invoice all the same.
    """
    parts = item.parts if item.whole is None else item.whole.parts
    if not parts:
        return item
    first = next((part for part in parts if part.due_date < as_of and unpaid_after_due(part)), None)
    return first if item.whole is None or first is item else None


def amount_on(penalty: FlatPenalty, day: date) -> DatedAmount | None:
    """The amount in force on a day, the due date for what an invoice owes."""
    found = None
    for dated in penalty.amounts:
        if dated.start is None or dated.start <= day:
            found = dated
    return found


def first_claim(rows: Sequence[Charge], penalty: str, as_of: date) -> date:
    """The day a fee of an invoice was first claimed: its earliest row of any status, else today."""
    return min((row.day for row in rows if row.penalty == penalty and row.day <= as_of), default=as_of)


def _flat(penalty: FlatPenalty, item: Item, rows: Sequence[Charge], as_of: date) -> Amounts | None:
    """Once per invoice for good, owed when something is unpaid on the day after the due date (D441-5).

    Raises:
        MissingRateError: it has to be converted, and there was no exchange rate when it was first claimed.
    """
    late = bearer(item, as_of) if item.parts or item.whole is not None else item
    if late is None or as_of <= late.due_date or not unpaid_after_due(late):
        return None
    item = late
    dated = amount_on(penalty, item.due_date)
    owed: int | None = 0 if dated is None else dated.amount
    if item.foreign and dated is not None:
        owed = item.fee(dated, first_claim(rows, penalty.name, as_of))
    if owed is None:
        raise MissingRateError
    if not owed:
        return None
    if not rows:
        return Amounts(penalty.name, "flat", owed, owed, 0, 0, 0)
    return _after_history(penalty.name, "flat", owed, rows, lambda day: owed if day > item.due_date else 0)


def _after_history(name: str, kind: str, accrued: int, rows: Sequence[Charge], up_to: Callable[[date], int]) -> Amounts:
    """Asked = accrued less invoiced, paid, waived, at least 0.

    A waiver covers what accrued up to its date and isn't yet paid, or an amount of it, or everything for good
    (`until: settled`).
    """
    invoiced = paid = waived = 0
    for row in sorted(rows, key=lambda row: (row.day, row.id)):
        if row.status == "invoiced":
            invoiced += row.amount or 0
        elif row.status == "paid":
            paid += row.amount or 0
        elif row.status == "waived":
            open_then = max(0, (accrued if row.until_settled else up_to(row.day)) - invoiced - paid - waived)
            waived += open_then if row.amount is None or row.until_settled else min(row.amount, open_then)
            if row.until_settled:
                waived = max(waived, accrued - invoiced - paid)
    asked = max(0, accrued - invoiced - paid - waived)
    return Amounts(name, kind, asked, accrued, invoiced, paid, waived)


def charges_of(
    item: Item,
    customer: CustomerFacts,
    programs: Sequence[PenaltyProgram],
    stops: Sequence[StopProgram],
    charges: Sequence[Charge],
    as_of: date,
) -> tuple[Amounts, ...]:
    """What each of `programs` comes to for the invoice; penalties that aren't owed are left out.

    Raises:
        MissingRateError: a rate that would have to be stated is unknown.
    """
    found: list[Amounts] = []
    for program in programs:
        amounts = charge_of(program, item, customer, stops, charges, as_of)
        if amounts is not None:
            found.append(amounts)
    return tuple(found)


def charge_of(
    program: PenaltyProgram,
    item: Item,
    customer: CustomerFacts,
    stops: Sequence[StopProgram],
    charges: Sequence[Charge],
    as_of: date,
) -> Amounts | None:
    """What one penalty comes to for the invoice, None when it isn't owed.

    Raises:
        MissingRateError: a rate that would have to be stated is unknown.
    """
    penalty = program.penalty
    if program.when is not None and not program.when(customer, item):
        return None
    rows: Sequence[Charge] = ()
    if charges:
        rows = [row for row in charges if row.invoice == item.id and row.penalty == penalty.name and row.day <= as_of]
    if isinstance(penalty, FlatPenalty):
        return _flat(penalty, item, rows, as_of)
    return _interest(program, penalty, item, customer, stops, rows, as_of)
