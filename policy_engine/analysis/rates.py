"""Interest below what French law allows between businesses (`DUN428`)."""

from collections.abc import Iterator

from policy_engine.analysis.cells import Stored
from policy_engine.analysis.climbs import Climb, climbs
from policy_engine.analysis.conditions import Conditions, TooManyError
from policy_engine.analysis.customers import TERM
from policy_engine.analysis.engine import Delivered, Subject
from policy_engine.analysis.model import Found
from policy_engine.policy.resolved import InterestPenalty, Ladder
from policy_engine.rates import reference_rates
from policy_engine.values.days import add_days, half_year_start
from policy_engine.values.diagnostics import Diagnostic
from policy_engine.values.money import round_half_up

LEGAL_RATE, TIMES = "fr_legal_interest", 3
"""C. com. art. L441-10 II: an agreed rate may not be below three times the legal interest rate."""


def rates_below_the_floor(subject: Subject) -> Iterator[Found]:
    """`DUN428`: a constant rate, or the policy's own floor of agreed rates, below the legal floor.

    Judged for French policies only (`calendar.country: FR`, or the legal rate of France is named), for the half-year of
    `as_of`, where interest is asked of businesses.
    """
    policy = subject.policy
    if policy.calendar.country != "FR" and not any(table.name == LEGAL_RATE for table in policy.rates):
        return
    legal = next((table for table in policy.rates if table.name == LEGAL_RATE), None) or reference_rates()[LEGAL_RATE]
    known = legal.on(half_year_start(subject.as_of))
    if known is None:
        return
    for penalty in policy.penalties:
        if isinstance(penalty, InterestPenalty):
            found = _below(subject, penalty, known * TIMES)
            if found is not None:
                yield found


def _below(subject: Subject, penalty: InterestPenalty, floor: int) -> Found | None:
    if penalty.annual is not None:
        low, what, hint = penalty.annual, "rate", f"use at least {_percent(floor)} %, or `rate: {{otherwise: ...}}`"
        if low >= floor:
            return None
    elif penalty.floor is not None and penalty.contract is not None:
        table = next(table for table in subject.policy.rates if table.name == penalty.floor.table)
        rate = table.on(half_year_start(subject.as_of))
        if rate is None or rate * penalty.floor.times + penalty.floor.plus >= floor:
            return None
        low = rate * penalty.floor.times + penalty.floor.plus
        what, hint = "floor", f"write `floor: {{reference: {LEGAL_RATE}, times: {TIMES}}}`"
    else:
        return None
    message = f"the {what} of `{penalty.name}`, {_percent(low)} %, is below the legal floor of {_percent(floor)} %"
    node = subject.written("penalties", penalty.name, "rate")
    at = penalty.position if node is None else node.of("annual" if penalty.annual is not None else "floor")
    diagnostic = Diagnostic("DUN428", "warning", message, at, hint)
    for ladder in subject.policy.ladders:
        climb = _charged(subject, ladder, penalty, low)
        if climb is not None:
            return climb.found(subject, diagnostic, f"{penalty.name} is asked at {_percent(low)} %")
    return None


def _charged(subject: Subject, ladder: Ladder, penalty: InterestPenalty, rate: int) -> Climb | None:
    """A run in which a business is asked the interest at that rate, within the half-year."""
    space: Conditions = subject.open_invoices
    for step in ladder.steps:
        if penalty.name not in step.charges or (step.days or 0) <= 0:
            continue
        more: dict[str, Stored] = {
            "customer.kind": "business",
            "customer.contract_rate": 1_000 if penalty.annual is None else None,
        }
        start = add_days(half_year_start(subject.as_of), -TERM)  # due within the half-year
        when = None if penalty.when is None else space.plain(penalty.when.tree)
        try:
            for climb in climbs(subject, ladder, conditions=when, start=start, more=more):
                if any(_asks(one, penalty.name, rate) for one in climb.delivered):
                    return climb
        except TooManyError:
            continue
    return None


def _asks(one: Delivered, penalty: str, rate: int) -> bool:
    """Whether the message asks simple interest at the rate for every day since the due date (actual/365)."""
    due = round_half_up(one.line.outstanding * rate * one.line.days_late, 365 * 1_000_000)
    return due > 0 and any(charge.penalty == penalty and charge.asked == due for charge in one.line.charges)


def _percent(ppm: int) -> str:
    whole, rest = divmod(ppm, 10_000)
    return f"{whole}.{rest:04}".rstrip("0").rstrip(".")
