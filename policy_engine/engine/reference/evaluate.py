"""The plan: every customer decided, then the stages that need the portfolio, then the order of everything.

`evaluate(policy, snapshot)` is a pure function: it reads no clock, file, locale or environment, and equal inputs
give equal plans (design.md promise 1).
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta

from policy_engine.engine.reference.currencies import exchange_alerts
from policy_engine.engine.reference.decide import draft
from policy_engine.engine.reference.draft import Draft
from policy_engine.engine.reference.exchange import NO_RATES, ExchangeRates
from policy_engine.engine.reference.families import credit_families
from policy_engine.engine.reference.legal_alerts import legal_alerts
from policy_engine.engine.reference.program import Program, program_for
from policy_engine.engine.reference.s03_outcomes import broken, outcomes
from policy_engine.engine.reference.s15_capacity import exact_text, rank_candidates
from policy_engine.engine.reference.s16_sending_date import add_business_days, closed_days, next_business_day
from policy_engine.engine.reference.s18_grave_steps import Reach, safeguards
from policy_engine.engine.reference.s19_credit import credit_alerts, data_alerts, decide_orders
from policy_engine.engine.reference.s20_order import action_key, alert_key, problem_key
from policy_engine.engine.reference.summary import summarise
from policy_engine.plan.model import Action, Header, Outcome, Plan
from policy_engine.policy.resolved import Policy
from policy_engine.snapshot.model import Alert, Snapshot
from policy_engine.values.days import ONE_DAY, half_year_start, next_half_year

RATE_NOTICE_DAYS = 30
"""How long before a rate can't be read any more the plan says so."""
BACKLOG_DAYS = 90
"""Days late beyond which an invoice that nothing was sent for is a backlog: the last column of the aged balance."""


def evaluate(policy: Policy, snapshot: Snapshot) -> Plan:
    """The action plan of a policy on a snapshot.

    Raises:
        CalendarError: `as_of` lies outside the years whose closed days the policy's calendar knows.
    """
    program = program_for(policy)
    as_of = snapshot.as_of
    valid_until, closed = validity(policy, as_of)
    drafts = list(each_draft(program, snapshot))
    if policy.capacity:
        apply_capacity(program, drafts, as_of)
    actions = sorted((action for found in drafts for action in found.actions), key=action_key)
    rows = _outcomes(program, drafts, snapshot)
    reach = Reach()
    for found in drafts:
        reach.add(found.actions, found.customer)
    alerts = sorted(
        {*snapshot.alerts, *rate_alerts(policy, as_of), *_kind_alerts(drafts, rows), *_own_alerts(drafts)}
        | {*data_alerts(program, drafts, snapshot), *_backlog_alerts(drafts), *exchange_alerts(drafts, rows)}
        | {*legal_alerts(program, drafts)},
        key=alert_key,
    )
    return Plan(
        as_of=as_of,
        policy=policy.name,
        policy_version=policy.version,
        currency=policy.currency,
        valid_until=valid_until,
        vouched=snapshot.manifest.present and snapshot.manifest.payments_complete_through is not None,
        actions=tuple(actions),
        outcomes=rows,
        alerts=tuple(alerts),
        problems=tuple(sorted(snapshot.problems, key=problem_key)),
        stopped=safeguards(policy, snapshot.manifest, reach),
        summary=summarise(policy, drafts, rows, len(actions), reach.overdue),
        identity="",
        header=Header("reference", (), policy.file, policy.digest, snapshot.digest),
        decisions=decide_orders(program, drafts),
        credit_alerts=credit_alerts(program, drafts),
        closed=closed,
    )


def validity(policy: Policy, as_of: date) -> tuple[date, tuple[date, ...]]:
    """The last day on which a plan of `as_of` may be executed, and the days until then that are no business days.

    Raises:
        CalendarError: one of them lies outside the years whose closed days the policy's calendar knows.
    """
    until = add_business_days(policy.calendar, as_of, policy.valid_for)
    return until, closed_days(policy.calendar, as_of, until)


def each_draft(program: Program, snapshot: Snapshot) -> Iterator[Draft]:
    """Every customer decided, by customer id, as if there were no other but its family: before 3.15.

    Raises:
        CalendarError: a day outside the years whose closed days the policy's calendar knows.
    """
    rates = ExchangeRates(snapshot.exchange_rates) if snapshot.exchange_rates else NO_RATES
    families = credit_families(program, snapshot, rates)
    for account in snapshot.accounts:
        yield draft(program, account, snapshot.as_of, families.get(account.customer.id), rates)


def _outcomes(program: Program, drafts: Sequence[Draft], snapshot: Snapshot) -> tuple[Outcome, ...]:
    """Sorted by customer id, then invoice id; broken rows among them."""
    rows: list[Outcome] = []
    for found in drafts:
        rows.extend(outcomes(program, found))
    if snapshot.broken_invoices:
        rows.extend(broken(row) for row in snapshot.broken_invoices)
        rows.sort(key=lambda row: (row.customer, row.invoice, row.detail))
    return tuple(rows)


def apply_capacity(program: Program, drafts: Sequence[Draft], as_of: date) -> None:
    """3.15: losers leave the plan; their invoices wait with the rank, the cut-off and the next business day."""
    calendar = program.policy.calendar
    for index, candidates, room in rank_candidates(program, drafts):
        capacity = program.policy.capacity[index]
        tomorrow = next_business_day(calendar, as_of + ONE_DAY)
        for place, candidate in enumerate(candidates):
            found, action = candidate.draft, candidate.action
            if place < room:
                if candidate.priority is not None:
                    found.actions[found.actions.index(action)] = action._replace(
                        priority=exact_text(candidate.priority)
                    )
                continue
            found.actions.remove(action)
            for item in found.climbers:
                if item.action == action.id:
                    item.message, item.role = None, None
                    item.blocked, item.blocked_until = "capacity", tomorrow
                    item.rule = program.policy.place(capacity.position)
                    item.detail = (("capacity", capacity.name), ("cut_off", str(room)), ("rank", str(place + 1)))


def rate_alerts(policy: Policy, as_of: date) -> Iterable[Alert]:
    """Tables whose rates can't be read any more within 30 days: known to the end of the half-year checked last."""
    for table in policy.rates:
        last = next_half_year(half_year_start(table.checked_through)) - ONE_DAY
        if last < as_of:
            yield Alert("rate_ended", table.name, f"{table.name} is known to {last}; later interest can't be stated")
        elif last - as_of < timedelta(days=RATE_NOTICE_DAYS):
            yield Alert("rate_ending", table.name, f"{table.name} is known to {last}; bring it up to date before then")


def _kind_alerts(drafts: Sequence[Draft], rows: Sequence[Outcome]) -> Iterable[Alert]:
    """Customers that no ladder covers because of what they are (consumers, public bodies, unknown)."""
    kinds = {found.account.customer.id: found.account.customer.kind for found in drafts}
    counts: dict[str, int] = {}
    for row in rows:
        kind = kinds.get(row.customer, "business")
        if row.reason == "no_ladder" and kind != "business" and (row.outstanding or 0) > 0:
            counts[kind] = counts.get(kind, 0) + 1
    for kind, count in counts.items():
        yield Alert(
            "kind_not_covered",
            kind,
            f"open invoices of customers of kind {kind}, which no ladder covers: {count}",
            count,
        )


def _backlog_alerts(drafts: Sequence[Draft]) -> Iterable[Alert]:
    """Old invoices that a snapshot without any history would begin to dun, unless onboarding lets them in by age.

    The first step may be a friendly reminder into a lawsuit. One row of history about any invoice is enough to know
    that this is no first run: then an old invoice that is still due its first step is the ladder's own doing.
    """
    if any(found.account.history for found in drafts):
        return
    old = [
        item
        for found in drafts
        for item in found.climbers
        if item.due
        and item.days_late > BACKLOG_DAYS
        and not item.held
        and not item.onboarded
        and item.blocked != "below_minimum"
    ]
    if old:
        oldest = min(old, key=lambda item: (item.due_date, item.id)).id
        text = f"more than {BACKLOG_DAYS} days late without any history, and due a step: {len(old)}, oldest {oldest}"
        yield Alert("backlog_without_history", oldest, text, len(old))


def _own_alerts(drafts: Sequence[Draft]) -> Iterable[Alert]:
    for found in drafts:
        yield from found.alerts


def actions_of(plan: Plan, customer: str) -> tuple[Action, ...]:
    """The plan's actions for one customer."""
    return tuple(action for action in plan.actions if action.customer == customer)
