"""The day loop: plan, execute virtually, let customers behave, next day. No clock, no random numbers.

A day has this order: the plan is made in the morning from what was known the evening before; what may leave leaves;
then the day's events happen, and the next morning's snapshot holds them.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace

from policy_engine.engine.reference.program import program_for
from policy_engine.plan.model import Stopped
from policy_engine.policy.resolved import Policy
from policy_engine.simulation.behaviour import Behaviour, Event
from policy_engine.simulation.books import Books
from policy_engine.simulation.execution import Executor
from policy_engine.simulation.planning import DayPlan, Planner, charges_owed
from policy_engine.simulation.record import Day, Run
from policy_engine.simulation.scenario import AT_ONCE, Approvals
from policy_engine.simulation.scenario_behaviour import free_prefix
from policy_engine.snapshot.model import Charge, Invoice, Payment, Snapshot
from policy_engine.values.days import ONE_DAY, add_days

_VOID = frozenset({"draft", "cancelled"})


@dataclass(frozen=True, slots=True)
class Terms:
    """How a run goes on.

    Attributes:
        days: how many are planned, the snapshot's own included.
        approvals: how long people take.
        overrides: safeguards that a person overrides each time, by name; `all` names every one.
        seen: called with each morning's snapshot before it is planned.
    """

    days: int
    approvals: Approvals = AT_ONCE
    overrides: Collection[str] = ()
    seen: Callable[[Snapshot], None] | None = None


class Simulation:
    """One policy day by day: `plan_day`, then `execute_day`, until it is `over`; then `finish`."""

    def __init__(self, policy: Policy, start: Snapshot, behaviour: Behaviour, terms: Terms) -> None:
        self.policy = policy
        self._behaviour = behaviour
        self._terms = terms
        self._books = Books(start)
        self._planner = Planner(program_for(policy))
        self._executor = Executor(policy, terms.approvals, free_prefix(start))
        self._day = start.as_of
        self._last = add_days(start.as_of, terms.days - 1)
        self._morning: tuple[Snapshot, DayPlan] | None = None
        self._days: list[Day] = []
        self.stopped: Day | None = None

    @property
    def over(self) -> bool:
        """Whether every day is done, or a safeguard ended the run."""
        return self.stopped is not None or self._day > self._last

    def plan_day(self) -> DayPlan:
        """Plan the day. Beyond a safeguard that nobody overrides the run is over, and the day isn't executed.

        Raises:
            CalendarError: a day outside the years whose closed days the policy's calendar knows.
        """
        snapshot = self._books.snapshot(self._day)
        if self._terms.seen is not None:
            self._terms.seen(snapshot)
        plan = self._planner.plan(snapshot)
        self._morning = (snapshot, plan)
        if any(not self._overridden(stop) for stop in plan.stopped):
            self.stopped = self._record(plan, ())
        return plan

    def execute_day(self) -> Day:
        """Execute the planned day and let customers behave.

        Raises:
            BehaviourError: the behaviour gave an event that can't be.
        """
        assert self._morning is not None
        assert self.stopped is None
        snapshot, plan = self._morning
        day = self._day
        done = self._executor.execute(plan)
        self._books.record(done.history, done.charges)
        events = tuple(self._behaviour(snapshot, done.delivered, day))
        known = tuple(self._books.known_before(day))
        self._books.add(events, day)
        found = replace(
            self._record(plan, (*known, *events)),
            delivered=done.delivered,
            expired=done.expired,
            waiting=self._executor.waiting,
        )
        self._days.append(found)
        self._day += ONE_DAY
        self._morning = None
        return found

    def finish(self) -> Run:
        """What the run comes to, judged on the morning after the last executed day.

        Raises:
            CalendarError: that day lies outside the years whose closed days the policy's calendar knows.
        """
        if self._morning is None:
            snapshot = self._books.snapshot(self._day)
            self._morning = (snapshot, self._planner.plan(snapshot))
        snapshot, plan = self._morning
        charges = charges_owed(plan, self._planner.program)
        return Run(self.policy, tuple(self._days), self.stopped, plan.position, charges, snapshot)

    def _overridden(self, stop: Stopped) -> bool:
        return "all" in self._terms.overrides or stop.safeguard in self._terms.overrides

    def _record(self, plan: DayPlan, events: tuple[Event, ...]) -> Day:
        currency = self.policy.currency
        return Day(
            day=plan.day,
            planned=plan.actions,
            delivered=(),
            expired=(),
            waiting=self._executor.waiting,
            stopped=plan.stopped,
            overridden=bool(plan.stopped) and all(self._overridden(stop) for stop in plan.stopped),
            morning=plan.position,
            cash=sum(row.amount for row in events if isinstance(row, Payment) and row.currency == currency),
            cash_others=_cash_others(events, currency),
            charges_paid=sum(
                row.amount or 0
                for row in events
                if isinstance(row, Charge)
                and row.status == "paid"
                and self._books.currency_of(row.customer, row.invoice) == currency
            ),
            invoiced=sum(
                row.amount
                for row in events
                if isinstance(row, Invoice) and row.currency == currency and row.status not in _VOID
            ),
            missing_rate=plan.missing_rate,
        )


def _cash_others(events: Iterable[Event], currency: str) -> tuple[tuple[str, int], ...]:
    found: dict[str, int] = {}
    for row in events:
        if isinstance(row, Payment) and row.currency != currency:
            found[row.currency] = found.get(row.currency, 0) + row.amount
    return tuple(sorted(found.items()))


def run(policy: Policy, start: Snapshot, behaviour: Behaviour, terms: Terms) -> Run:
    """One policy over all days.

    Raises:
        CalendarError: a day outside the years whose closed days the policy's calendar knows.
        BehaviourError: the behaviour gave an event that can't be.
    """
    simulation = Simulation(policy, start, behaviour, terms)
    while not simulation.over:
        simulation.plan_day()
        if not simulation.over:
            simulation.execute_day()
    return simulation.finish()
