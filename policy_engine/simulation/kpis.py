"""The figures of a run: what was done, week by week and stage by stage, and how the receivables stand after it.

Amounts in minor units of the policy's currency. Formulas and their sources stand with each function.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from policy_engine.plan.model import Action
from policy_engine.policy.resolved import CONTACT_CHANNELS, Policy
from policy_engine.simulation.record import Day, Position, Run
from policy_engine.snapshot.model import Snapshot

SALES_DAYS = 365
"""The period of sales that the DSO looks at, in days, the last one included."""
_VOID = frozenset({"draft", "cancelled"})


@dataclass(frozen=True, slots=True)
class StageFigures:
    """What a stage came to: delivered actions, customers it reached, and charges it asked for the first time."""

    stage: str
    actions: int
    customers: int
    newly_asked: int


@dataclass(frozen=True, slots=True)
class Week:
    """A week from Monday to Sunday, as far as the run reaches into it.

    Attributes:
        first: its Monday.
        days: simulated days in it.
        actions: delivered actions by stage, in the order of the policy; interventions last, under "".
        closing: the position on the morning after its last simulated day.
    """

    first: date
    days: int
    actions: Mapping[str, int]
    expired: int
    cash: int
    charges_paid: int
    invoiced: int
    closing: Position


@dataclass(frozen=True, slots=True)
class CustomerFigures:
    """What happened to one customer.

    Attributes:
        contacts: delivered actions over contact channels (language.md 3.14); other actions aren't counted.
        reached: stage to the day of the first delivered action of it within the run.
    """

    customer: str
    name: str
    contacts: int
    actions: int
    reached: Mapping[str, date]


@dataclass(frozen=True, slots=True)
class Figures:
    """A run in figures.

    Attributes:
        stages: in the order of the policy; interventions last, under "".
        customers: those about whom something was done, by id.
        overdue_ratio: overdue / what customers owe; None when they owe nothing.
        dso: in days; None without sales.
        mean_overdue: the mean of the mornings, rounded down to minor units.
        newly_asked: charges asked for the first time, over all stages.
    """

    days: int
    stages: tuple[StageFigures, ...]
    weeks: tuple[Week, ...]
    customers: tuple[CustomerFigures, ...]
    delivered: int
    expired: int
    under_way: int
    cash: int
    cash_others: Mapping[str, int]
    charges_paid: int
    invoiced: int
    newly_asked: int
    overdue_ratio: Fraction | None
    dso: Fraction | None
    mean_overdue: int
    contacts: int
    contacted: int
    most_contacts: int
    missing_rate: int


def figures(run: Run) -> Figures:
    """The figures of a run, over its executed days."""
    stages = stage_names(run.policy)
    asked = newly_asked(run)
    customers = _customers(run)
    delivered = [action for day in run.days for action in day.delivered]
    return Figures(
        days=len(run.days),
        stages=tuple(
            StageFigures(
                stage,
                sum(action.stage == stage for action in delivered),
                len({action.customer for action in delivered if action.stage == stage}),
                asked.get(stage, 0),
            )
            for stage in stages
        ),
        weeks=_weeks(run, stages),
        customers=customers,
        delivered=len(delivered),
        expired=sum(len(day.expired) for day in run.days),
        under_way=run.days[-1].waiting if run.days else 0,
        cash=sum(day.cash for day in run.days),
        cash_others=_cash_others(run),
        charges_paid=sum(day.charges_paid for day in run.days),
        invoiced=sum(day.invoiced for day in run.days),
        newly_asked=sum(asked.values()),
        overdue_ratio=overdue_ratio(run.closing),
        dso=simple_dso(run.closing, run.snapshot, run.policy.currency),
        mean_overdue=sum(day.morning.overdue for day in run.days) // max(1, len(run.days)),
        contacts=sum(found.contacts for found in customers),
        contacted=sum(found.contacts > 0 for found in customers),
        most_contacts=max((found.contacts for found in customers), default=0),
        missing_rate=max((day.missing_rate for day in run.days), default=0),
    )


def _cash_others(run: Run) -> dict[str, int]:
    found: dict[str, int] = {}
    for day in run.days:
        for code, amount in day.cash_others:
            found[code] = found.get(code, 0) + amount
    return {code: found[code] for code in sorted(found)}


def stage_names(policy: Policy) -> tuple[str, ...]:
    """The policy's stages, and "" for interventions, which have none."""
    return (*policy.stages, "")


def overdue_ratio(position: Position) -> Fraction | None:
    """Overdue / owed, unallocated money not taken off either: the share of the receivables that is late.

    The unpaid rate of French credit managers at a date, by amount; variants of the same name are taken over a period.
    """
    return Fraction(position.overdue, position.owed) if position.owed > 0 else None


def simple_dso(position: Position, snapshot: Snapshot, currency: str) -> Fraction | None:
    """Simple DSO in days: closing receivables / credit sales of the period x days of the period.

    The period is the `SALES_DAYS` days before the snapshot's. Receivables are the ledger's balance; sales are what was
    invoiced less credit notes, with tax like the receivables. None without sales. A scenario that issues no invoices
    lets sales shrink day by day: compare policies by it, not with last year's.
    """
    last = snapshot.as_of - timedelta(days=1)
    first = last - timedelta(days=SALES_DAYS - 1)
    sales = sum(
        row.amount
        for account in snapshot.accounts
        for row in account.invoices
        if first <= row.issue_date <= last and row.currency == currency and row.status not in _VOID
    )
    return Fraction(position.balance * SALES_DAYS, sales) if sales > 0 else None


def newly_asked(run: Run) -> dict[str, int]:
    """Interest and lump sums by the stage that asked them first.

    Each message states the whole of a charge again. Of one penalty of one invoice, what exceeds all that was asked
    before in the run is new. In the policy's currency; messages in others are left out.
    """
    highest: dict[tuple[str, str | None, str], int] = {}
    found: dict[str, int] = {}
    for day in run.days:
        for action in day.delivered:
            if action.currency != run.policy.currency:
                continue
            for line in action.demanded:
                for amounts in line.charges:
                    key = (line.invoice, line.instalment, amounts.penalty)
                    before = highest.get(key, 0)
                    if amounts.asked > before:
                        found[action.stage] = found.get(action.stage, 0) + amounts.asked - before
                        highest[key] = amounts.asked
    return found


def is_contact(action: Action) -> bool:
    """Whether the customer hears from us: any carrier is a contact channel; two carriers are one contact."""
    return any(channel in CONTACT_CHANNELS for channel in (action.channel, *action.also))


def _customers(run: Run) -> tuple[CustomerFigures, ...]:
    stage_of = {(ladder.name, step.name): step.stage for ladder in run.policy.ladders for step in ladder.steps}
    names: dict[str, str] = {}
    contacts: dict[str, int] = {}
    actions: dict[str, int] = {}
    reached: dict[str, dict[str, date]] = {}
    for day in run.days:
        for action in day.delivered:
            key = action.customer
            names[key] = action.customer_name
            actions[key] = actions.get(key, 0) + 1
            contacts[key] = contacts.get(key, 0) + is_contact(action)
            mine = reached.setdefault(key, {})
            for line in (*action.demanded, *action.mentioned):
                mine.setdefault(stage_of[action.ladder, line.step], day.day)
    return tuple(CustomerFigures(key, names[key], contacts[key], actions[key], reached[key]) for key in sorted(names))


def _weeks(run: Run, stages: Sequence[str]) -> tuple[Week, ...]:
    groups: dict[date, list[Day]] = {}
    for day in run.days:
        groups.setdefault(day.day - timedelta(days=day.day.weekday()), []).append(day)
    mornings = {day.day: day.morning for day in run.days}
    found = []
    for first, days in groups.items():
        counts = dict.fromkeys(stages, 0)
        for action in _delivered(days):
            counts[action.stage] += 1
        found.append(
            Week(
                first=first,
                days=len(days),
                actions=counts,
                expired=sum(len(day.expired) for day in days),
                cash=sum(day.cash for day in days),
                charges_paid=sum(day.charges_paid for day in days),
                invoiced=sum(day.invoiced for day in days),
                closing=mornings.get(days[-1].day + timedelta(days=1), run.closing),
            )
        )
    return tuple(found)


def _delivered(days: Iterable[Day]) -> Iterable[Action]:
    for day in days:
        yield from day.delivered
