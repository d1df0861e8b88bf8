"""3.15 Capacity: what people can do a day; a portfolio stage, after every customer is decided."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple, TypeAlias

from policy_engine.engine.reference.draft import Draft
from policy_engine.engine.reference.program import Program, Value
from policy_engine.plan.model import Action
from policy_engine.policy.resolved import Capacity

Key: TypeAlias = tuple[bool, Fraction, str]
"""Priority descending, a missing one last, then action id."""
_SPARE = 500
"""Rivals beyond twice what there is room for, before those who have lost are let go."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An action that competes for a capacity. A missing priority comes last."""

    draft: Draft
    action: Action
    priority: Fraction | None

    @property
    def key(self) -> Key:
        """Its place among the others."""
        return _key(self.priority, self.action)


def _key(priority: Fraction | None, action: Action) -> Key:
    return (priority is None, -(priority or Fraction(0)), action.id)


def used_today(drafts: Iterable[Draft], channel: str) -> int:
    """Actions of the channel executed on as_of or under way, over all customers."""
    return sum(1 for draft in drafts for used, _ in draft.contacts.used if used == channel)


def exact_text(value: Fraction) -> str:
    """An integer or `p/q`."""
    return str(value.numerator) if value.denominator == 1 else f"{value.numerator}/{value.denominator}"


def _competes(action: Action, capacity: Capacity) -> bool:
    return action.intervention is None and (capacity.channel == action.channel or capacity.channel in action.also)


def _priority(value: Value | None, draft: Draft) -> Fraction | None:
    found = None if value is None else value(draft.customer, None)
    return Fraction(found) if isinstance(found, (int, Fraction)) else None


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
                if action.id in lost or not _competes(action, capacity):
                    continue
                candidates.append(Candidate(draft, action, _priority(value, draft)))
        candidates.sort(key=lambda candidate: candidate.key)
        room = max(0, capacity.per_day - used_today(drafts, capacity.channel))
        lost.update(candidate.action.id for candidate in candidates[room:])
        yield index, candidates, room


class _Rival(NamedTuple):
    """An action that competes: its place in each capacity, by the capacity's index."""

    action: str
    keys: dict[int, Key]


class Rivals:
    """Who wins the capacities, of customers that come one after the other and aren't kept.

    The same winners as `rank_candidates`; no more is held than a day has room for. An action waits in the list of the
    first capacity that it competes for, whose best are kept; who wins there goes on to the next.
    """

    def __init__(self, program: Program) -> None:
        self._program = program
        self._first: list[list[_Rival]] = [[] for _ in program.policy.capacity]
        self._used = Counter[str]()

    def saw(self, draft: Draft) -> None:
        """Count what a customer's day has used up already; once a customer."""
        self._used.update(channel for channel, _ in draft.contacts.used)

    def enter(self, draft: Draft, action: Action) -> Action | None:
        """Let an action compete; what it is when it wins, None when there is nothing to compete for."""
        program, keys = self._program, dict[int, Key]()
        won = action
        for index, capacity in enumerate(program.policy.capacity):
            if _competes(action, capacity):
                priority = _priority(program.priorities[index], draft)
                keys[index] = _key(priority, action)
                won = won if priority is None else won._replace(priority=exact_text(priority))
        if not keys:
            return None
        first = min(keys)
        waiting = self._first[first]
        waiting.append(_Rival(action.id, keys))
        if len(waiting) >= 2 * program.policy.capacity[first].per_day + _SPARE:
            self._keep_best(first)
        return won

    def winners(self) -> frozenset[str]:
        """The ids of the actions that win everything they compete for, once every customer was seen."""
        alive = dict[str, _Rival]()
        for index, capacity in enumerate(self._program.policy.capacity):
            rivals = [*self._first[index], *(rival for rival in alive.values() if index in rival.keys)]
            rivals.sort(key=lambda rival: rival.keys[index])
            room = max(0, capacity.per_day - self._used[capacity.channel])
            alive.update((rival.action, rival) for rival in rivals[:room])
            for rival in rivals[room:]:
                alive.pop(rival.action, None)
        return frozenset(alive)

    def _keep_best(self, index: int) -> None:
        waiting = self._first[index]
        waiting.sort(key=lambda rival: rival.keys[index])
        del waiting[self._program.policy.capacity[index].per_day :]
