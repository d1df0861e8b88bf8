"""Several policies on one scenario, day by day side by side, and what comes of it."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date

from policy_engine.engine.reference.decide import decide_customer
from policy_engine.engine.reference.families import credit_families
from policy_engine.engine.reference.program import program_for
from policy_engine.policy.resolved import Policy
from policy_engine.simulation.assumptions import first_missing_rate, with_last_known_rates
from policy_engine.simulation.behaviour import Behaviour
from policy_engine.simulation.compare import Divergence, divergences
from policy_engine.simulation.kpis import Figures, figures
from policy_engine.simulation.loop import Simulation, Terms
from policy_engine.simulation.record import Run
from policy_engine.simulation.scenario import Scenario
from policy_engine.simulation.scenario_behaviour import scenario_behaviour
from policy_engine.snapshot.model import Snapshot
from policy_engine.values.days import add_days

LABELS = "ABCDEFGH"
"""What policies are called where they stand side by side; so many can."""


@dataclass(frozen=True, slots=True)
class Study:
    """Runs of several policies on one scenario, over the same days.

    Attributes:
        labels: one a run, `A`, `B` ...
        figures: one a run.
        differences: of each run but the first, where it differs from the first.
        missing_rate: the first day of a half-year whose rate isn't known, and its table; None when all are known or
            the scenario lets the last known ones go on.
        assumed_rate: the same when the scenario does let them go on.
    """

    scenario: Scenario
    start: date
    labels: tuple[str, ...]
    runs: tuple[Run, ...]
    figures: tuple[Figures, ...]
    differences: tuple[tuple[Divergence, ...], ...]
    overrides: tuple[str, ...]
    missing_rate: tuple[date, str] | None
    assumed_rate: tuple[date, str] | None

    @property
    def stopped(self) -> bool:
        """Whether a safeguard ended the runs early."""
        return any(run.stopped is not None for run in self.runs)


def segments_of(policy: Policy, snapshot: Snapshot) -> dict[str, str | None]:
    """Each customer's segment on the snapshot's day: what a scenario's rules go by, for every policy and day."""
    program, day = program_for(policy), snapshot.as_of
    families = credit_families(program, snapshot)
    return {
        account.customer.id: decide_customer(program, account, day, families.get(account.customer.id)).segment
        for account in snapshot.accounts
    }


def study(
    policies: Sequence[Policy],
    snapshots: Sequence[Snapshot],
    scenario: Scenario,
    *,
    overrides: Collection[str] = (),
    behaviours: Sequence[Behaviour] | None = None,
    seen: Callable[[int, Snapshot], None] | None = None,
    progress: Callable[[int], None] | None = None,
) -> Study:
    """Run each policy over the scenario's days. When a safeguard stops one, all end there, to stay comparable.

    Args:
        policies: 1 to 8, of one currency.
        snapshots: one a policy, of the same rows, read with the policy's attributes.
        scenario: ready to run.
        overrides: safeguards that a person overrides each time; `all` for every one.
        behaviours: one a policy instead of the scenario's rules and events, e.g. a model of payment behaviour.
        seen: called with the number of the policy and each morning's snapshot, before it is planned.
        progress: called after each day with the number of days done.

    Raises:
        CalendarError: a day outside the years whose closed days a policy's calendar knows.
        BehaviourError: a behaviour gave an event that can't be.
    """
    start = snapshots[0].as_of
    end = add_days(start, scenario.days)
    missing = min(filter(None, (first_missing_rate(policy, start, end) for policy in policies)), default=None)
    assumed = scenario.rates == "last_known"
    segments = segments_of(policies[0], snapshots[0])
    simulations = []
    for place, (policy, snapshot) in enumerate(zip(policies, snapshots, strict=True)):
        used = with_last_known_rates(policy, end) if assumed else policy
        behaviour = scenario_behaviour(scenario, used, snapshot, segments) if behaviours is None else behaviours[place]
        watch = None if seen is None else _watch(seen, place)
        simulations.append(
            Simulation(used, snapshot, behaviour, Terms(scenario.days, scenario.approvals, tuple(overrides), watch))
        )
    done = 0
    while not any(simulation.over for simulation in simulations):
        for simulation in simulations:
            simulation.plan_day()
        if any(simulation.over for simulation in simulations):
            break
        for simulation in simulations:
            simulation.execute_day()
        done += 1
        if progress is not None:
            progress(done)
    runs = tuple(simulation.finish() for simulation in simulations)
    return Study(
        scenario=scenario,
        start=start,
        labels=tuple(LABELS[: len(runs)]),
        runs=runs,
        figures=tuple(figures(run) for run in runs),
        differences=tuple(divergences(runs[0], run) for run in runs[1:]),
        overrides=tuple(sorted(overrides)),
        missing_rate=None if assumed else missing,
        assumed_rate=missing if assumed else None,
    )


def _watch(seen: Callable[[int, Snapshot], None], place: int) -> Callable[[Snapshot], None]:
    def watch(snapshot: Snapshot) -> None:
        seen(place, snapshot)

    return watch
