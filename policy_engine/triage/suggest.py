"""The lines of YAML that would give a policy without `onboarding` one: hold everything, or enter by age."""

from collections import Counter
from collections.abc import Sequence
from datetime import date

from policy_engine.policy.resolved import FINAL_STAGES, Ladder, Policy
from policy_engine.triage.model import TriageCustomer


def suggested_onboarding(policy: Policy, customers: Sequence[TriageCustomer], day: date) -> tuple[str, ...]:
    """Lines that `validate` takes: everything that is overdue on `day` waits for a person; by age as a comment.

    The ages are those of the ladder that most of the backlog climbs. Agency and court are left out: a person sends
    there what no formal notice has reached.
    """
    counted = Counter(customer.ladder for customer in customers for _ in customer.items)
    if not counted:
        return ()
    name = min(counted, key=lambda ladder: (-counted[ladder], ladder))
    ages = ", ".join(f"{age}: {stage}" for age, stage in _ages(policy.ladder(name)))
    lines = ["onboarding:", f"  date: {day}", "  entry: hold"]
    return (*lines, f"  # or, without a person: {{{ages}}}") if ages else tuple(lines)


def _ages(ladder: Ladder) -> list[tuple[int, str]]:
    """For each stage the days late from which its first step fits."""
    found: dict[str, int] = {}
    for step in ladder.steps:
        plain = step.anchor == "due_date" and step.days is not None and step.round_to is None
        if plain and step.stage not in FINAL_STAGES and (step.days or 0) > 0:
            found.setdefault(step.stage, step.days or 0)
    return sorted((age, stage) for stage, age in found.items())
