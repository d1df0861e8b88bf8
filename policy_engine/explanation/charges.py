"""Amounts and how they came about: by period, with the exact sum, the single rounding and the article."""

from collections.abc import Sequence
from fractions import Fraction

from policy_engine.engine.reference.draft import Draft
from policy_engine.engine.reference.item import Item
from policy_engine.engine.reference.program import PenaltyProgram
from policy_engine.engine.reference.s12_charges import (
    YEAR_PPM,
    MissingRateError,
    amount_on,
    charges_of,
    contract_rate,
    end_of_interest,
    first_claim,
    interest_periods,
)
from policy_engine.explanation.conditions import Reader, condition
from policy_engine.explanation.converted import fee_conversion
from policy_engine.explanation.model import ChargeExplained, Condition, Converted
from policy_engine.plan.model import Action, Amounts, Outcome, Period
from policy_engine.policy.resolved import FlatPenalty, InterestPenalty, Penalty


def explain_charges(
    reader: Reader, found: Draft, item: Item, outcome: Outcome, action: Action | None
) -> tuple[ChargeExplained, ...]:
    """Each penalty of the policy for an invoice that is or was paid late; nothing for the others."""
    settled = item.outstanding <= 0
    if item.days_late <= 0 or found.ladder is None or (settled and not outcome.charges):
        return ()
    asked_now = {charge.penalty for charge in outcome.charges}
    if action is not None:
        lines = (
            line
            for line in (*action.demanded, *action.mentioned)
            if (line.invoice, line.instalment) == (item.id, item.instalment)
        )
        asked_now |= {charge.penalty for line in lines for charge in line.charges}
    return tuple(_charge(reader, found, item, program, asked_now) for program in found.program.penalties)


def _charge(reader: Reader, found: Draft, item: Item, program: PenaltyProgram, asked_now: set[str]) -> ChargeExplained:
    penalty = program.penalty
    asked: Condition | None = None
    if penalty.when is not None:
        asked = condition(reader, penalty.when, found.customer, item)
    status = "accrues"
    if penalty.name in asked_now:
        status = "asked" if item.outstanding > 0 else "due"
    amounts: Amounts | None = None
    periods: tuple[Period, ...] = ()
    if asked is not None and not asked.holds:
        status = "not_owed"
    else:
        try:
            made = charges_of(item, found.customer, (program,), found.program.stops, found.account.charges, found.as_of)
            amounts = made[0] if made else None
            if isinstance(penalty, InterestPenalty):
                status, periods = _interest(found, item, program, penalty, status)
            if amounts is None and status in ("asked", "due", "accrues"):
                status = "not_owed"
        except MissingRateError:
            status = "missing_rate"
    return ChargeExplained(
        penalty=penalty.name,
        kind="flat" if isinstance(penalty, FlatPenalty) else "interest",
        status=status,
        rule=str(penalty.position),
        reference=_reference(penalty, item),
        asked_from=_asked_from(found, penalty.name),
        amounts=amounts,
        periods=periods,
        exact=exact_sum(periods),
        condition=asked,
        converted=_converted(found, item, penalty),
    )


def _converted(found: Draft, item: Item, penalty: Penalty) -> Converted | None:
    if not isinstance(penalty, FlatPenalty):
        return None
    day = first_claim(found.charge_rows.get(item.id, ()), penalty.name, found.as_of)
    return fee_conversion(found, item, penalty.name, amount_on(penalty, item.due_date), day)


def _interest(
    found: Draft, item: Item, program: PenaltyProgram, penalty: InterestPenalty, status: str
) -> tuple[str, tuple[Period, ...]]:
    end = end_of_interest(item, found.customer, found.program.stops, penalty.name, found.as_of)
    if end is None:
        return "stop_without_date", ()
    assert program.lines is not None
    line = program.lines.line(contract_rate(program, found.customer, item))
    return status, interest_periods(item, line, end, interest_first=penalty.allocation == "interest_first")


def interest_of(period: Period) -> Fraction:
    """The exact interest of a period in minor units: balance x rate x days / 365."""
    return Fraction(period.balance_numerator * period.rate * period.days, period.balance_denominator * YEAR_PPM)


def exact_sum(periods: Sequence[Period]) -> Fraction:
    """The exact interest of all periods, minor units."""
    return sum(map(interest_of, periods), Fraction(0))


def _reference(penalty: InterestPenalty | FlatPenalty, item: Item) -> str | None:
    if isinstance(penalty, FlatPenalty):
        reference = penalty.reference
        for dated in penalty.amounts:
            if dated.start is None or dated.start <= item.due_date:
                reference = dated.reference or reference
        return reference
    return penalty.reference


def _asked_from(found: Draft, name: str) -> str | None:
    """The first step that asks for the penalty."""
    if found.ladder is None:
        return None
    return next((p.step.name for p in found.ladder.steps if name in p.step.charges), None)
