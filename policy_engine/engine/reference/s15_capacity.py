"""3.15 Capacity: what people can do a day; a portfolio stage, after every customer is decided."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from policy_engine.engine.reference.draft import Draft
from policy_engine.engine.reference.program import Program
from policy_engine.plan.model import Action


@dataclass(frozen=True, slots=True)
class Candidate:
    """An action that competes for a capacity. A missing priority comes last."""

    draft: Draft
    action: Action
    priority: Fraction | None

    @property
    def key(self) -> tuple[bool, Fraction, str]:
        """Priority descending, then action id."""
        return (self.priority is None, -(self.priority or Fraction(0)), self.action.id)


def used_today(drafts: Iterable[Draft], channel: str) -> int:
    """Actions of the channel executed on as_of or under way, over all customers."""
    return sum(1 for draft in drafts for used, _ in draft.contacts.used if used == channel)


def exact_text(value: Fraction) -> str:
    """An integer or `p/q`."""
    return str(value.numerator) if value.denominator == 1 else f"{value.numerator}/{value.denominator}"


def rank_candidates(program: Program, drafts: Sequence[Draft]) -> Iterable[tuple[int, list[Candidate], int]]:
    """For each capacity: its index, its candidates in order, and how many more fit today.

    An action that loses in one capacity competes in no later one. Interventions don't compete.
    """
    lost: set[str] = set()
    for index, capacity in enumerate(program.policy.capacity):
        value = program.priorities[index]
        candidates: list[Candidate] = []
        for draft in drafts:
            for action in draft.actions:
                if action.intervention is not None or action.id in lost:
                    continue
                if capacity.channel != action.channel and capacity.channel not in action.also:
                    continue
                found = None if value is None else value(draft.customer, None)
                priority = Fraction(found) if isinstance(found, (int, Fraction)) else None
                candidates.append(Candidate(draft, action, priority))
        candidates.sort(key=lambda candidate: candidate.key)
        room = max(0, capacity.per_day - used_today(drafts, capacity.channel))
        lost.update(candidate.action.id for candidate in candidates[room:])
        yield index, candidates, room
