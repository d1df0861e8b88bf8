"""The days to come for one customer: if nothing is paid, nothing new happens, and each step is delivered on its day.

Nothing is computed anew: the engine decides the same account day after day, with what it planned appended to the
history as delivered. Portfolio stages (capacity, safeguards) are left out, approvals are taken as given.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from policy_engine.engine.reference.decide import draft
from policy_engine.engine.reference.draft import Draft
from policy_engine.engine.reference.exchange import NO_RATES, ExchangeRates
from policy_engine.engine.reference.family import Family
from policy_engine.engine.reference.program import Program
from policy_engine.engine.reference.s03_outcomes import outcomes
from policy_engine.engine.reference.s16_sending_date import CalendarError
from policy_engine.explanation.model import Ahead
from policy_engine.plan.model import Action, Line, Outcome
from policy_engine.snapshot.model import ContactRole, CustomerAccount, History
from policy_engine.values.days import LAST_DAY, ONE_DAY

MOST_DAYS = 400
"""How far ahead is looked: past a year, so that yearly windows end."""
_WORK = 60_000
"""Bound of days times invoices, so that a customer with thousands of invoices is explained in seconds."""
_MOST_STEPS = 24
"""Steps shown for one invoice: repeats without limit would never end."""

Question = Callable[[Draft], bool]
"""A condition about the customer's draft of a day."""


@dataclass(slots=True)
class _Found:
    steps: dict[str, list[Ahead]] = field(default_factory=dict)
    turns: dict[str, date] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LookAhead:
    """What was seen: the coming steps by invoice id, the first day each question's answer changed, the last day."""

    steps: Mapping[str, tuple[Ahead, ...]]
    turns: Mapping[str, date]
    until: date


def look_ahead(
    program: Program,
    account: CustomerAccount,
    as_of: date,
    questions: Mapping[str, Question],
    family: Family | None = None,
    rates: ExchangeRates = NO_RATES,
) -> LookAhead:
    """Look ahead day by day from the day after `as_of`; questions are answered on `as_of` first.

    What the customer's `family` owes stays as it is, and so do exchange rates.
    """
    account = _known(account, as_of)
    days = max(40, min(MOST_DAYS, _WORK // max(1, len(account.invoices))))
    found = _Found()
    first: dict[str, bool] = {}
    seen_rates: set[tuple[str, str | None, str]] = set()
    sequence = 1 + max((row.sequence for row in account.history), default=0)
    day = as_of
    for _ in range(days):
        try:
            seen = draft(program, account, day, family, rates)
        except CalendarError:
            break
        for key, question in questions.items():
            answer = question(seen)
            if answer != first.setdefault(key, answer):
                found.turns.setdefault(key, day)
        rows = [row for action in seen.actions for row in _delivered(action, sequence)]
        if day > as_of:
            for action in seen.actions:
                _note(found, program, action)
        rows += _missing(program, outcomes(program, seen), day, seen_rates, found, sequence, later=day > as_of)
        if rows:
            account = replace(account, history=(*account.history, *rows))
            sequence += 1
        if day >= LAST_DAY:
            break
        day += ONE_DAY
    return LookAhead({key: tuple(steps[:_MOST_STEPS]) for key, steps in found.steps.items()}, found.turns, day)


def _known(account: CustomerAccount, as_of: date) -> CustomerAccount:
    """The account without what is dated after `as_of`: it doesn't exist yet, and isn't to appear on the way."""
    customer = account.customer
    if customer.insolvent_since is not None and customer.insolvent_since > as_of:
        customer = replace(customer, insolvent=False, insolvent_since=None)
    return replace(
        account,
        customer=customer,
        payments=tuple(payment for payment in account.payments if payment.day <= as_of),
        disputes=tuple(dispute for dispute in account.disputes if dispute.opened <= as_of),
        promises=tuple(promise for promise in account.promises if promise.made <= as_of),
        payment_plans=tuple(plan for plan in account.payment_plans if plan.made <= as_of),
        charges=tuple(charge for charge in account.charges if charge.day <= as_of),
        history=tuple(row for row in account.history if row.day <= as_of),
    )


def _delivered(action: Action, sequence: int) -> list[History]:
    """The history rows of an action once it is delivered: one an item, each on the step that it executed."""
    parts: tuple[tuple[ContactRole, tuple[Line, ...]], ...] = (
        ("demanded", action.demanded),
        ("mentioned", action.mentioned),
    )
    rows = [
        History(
            id=f"{action.id}/{line.invoice}/{line.instalment or ''}",
            customer=action.customer,
            invoice=line.invoice,
            step=line.step,
            stage=None if line.step != action.step else action.stage,
            channel=action.channel,
            status="delivered",
            day=action.send_on,
            sequence=sequence,
            action=action.id,
            role=role,
            instalment=line.instalment,
            carrier=line.carrier,
        )
        for role, lines in parts
        for line in lines
    ]
    if action.intervention is not None:
        by_invoice = action.items and not action.items[0].startswith(f"{action.customer}|")
        rows.append(
            History(
                id=action.id,
                customer=action.customer,
                invoice=action.listed[0].invoice if by_invoice and action.listed else None,
                step=None,
                stage=None,
                channel=action.channel,
                status="delivered",
                day=action.send_on,
                sequence=sequence,
                action=action.id,
                intervention=action.intervention,
            )
        )
    return rows


def _note(found: _Found, program: Program, action: Action) -> None:
    """Remember the coming steps of an action's invoices."""
    for line in (*action.demanded, *action.mentioned):
        stage = _stage(program, action.ladder, line.step) or action.stage
        note = "approval" if action.approval is not None and line.step == action.step else None
        found.steps.setdefault(line.invoice, []).append(
            Ahead(action.send_on, line.step, stage, action.channel, note, line.instalment)
        )


def _stage(program: Program, ladder: str, step: str) -> str | None:
    for candidate in program.ladders:
        if candidate is not None and candidate.ladder.name == ladder and step in candidate.by_name:
            return candidate.steps[candidate.by_name[step]].step.stage
    return None


def _missing(
    program: Program,
    rows_today: Sequence[Outcome],
    day: date,
    seen: set[tuple[str, str | None, str]],
    found: _Found,
    sequence: int,
    *,
    later: bool,
) -> list[History]:
    """Steps to come whose rate isn't known yet: they stand in the look ahead with a note, and the ladder goes on.

    Today's missing rate stops the invoice in truth, so nothing is looked at behind it.
    """
    rows: list[History] = []
    for outcome in rows_today:
        step = outcome.next.step if outcome.next else None
        if outcome.reason != "missing_rate" or step is None or outcome.ladder is None:
            continue
        instalment = dict(outcome.detail).get("instalment")
        key = (outcome.invoice, instalment, step)
        if not later:
            seen.add(key)
        if key in seen:
            continue
        seen.add(key)
        ladder = next(c for c in program.ladders if c is not None and c.ladder.name == outcome.ladder)
        rung = ladder.steps[ladder.by_name[step]].step
        found.steps.setdefault(outcome.invoice, []).append(
            Ahead(day, step, rung.stage, rung.channel, "missing_rate", instalment)
        )
        rows.append(
            History(
                id=f"ahead/{outcome.invoice}/{instalment or ''}/{step}",
                customer=outcome.customer,
                invoice=outcome.invoice,
                step=step,
                stage=rung.stage,
                channel=rung.channel,
                status="delivered",
                day=day,
                sequence=sequence,
                action=None,
                instalment=instalment,
            )
        )
    return rows
