"""The whole analysis of a policy: every rule, findings in the order of their places."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from policy_engine.analysis.engine import Subject
from policy_engine.analysis.holds import holds_that_decide_nothing
from policy_engine.analysis.ladders import (
    dates_that_fall,
    ladders_without_end,
    steps_that_the_cap_delays,
    threats_without_reminder,
)
from policy_engine.analysis.loaded import witness_of
from policy_engine.analysis.model import Found, Witness
from policy_engine.analysis.rates import rates_below_the_floor
from policy_engine.analysis.segments import segments_without_limit, unreachable_segments
from policy_engine.analysis.steps import steps_that_never_fire
from policy_engine.language.nodes import Map
from policy_engine.policy.resolved import Policy
from policy_engine.values.diagnostics import Diagnostic

Rule = Callable[[Subject], Iterator[Found]]
_RULES: tuple[Rule, ...] = (
    unreachable_segments,
    segments_without_limit,
    holds_that_decide_nothing,
    steps_that_never_fire,
    dates_that_fall,
    steps_that_the_cap_delays,
    ladders_without_end,
    threats_without_reminder,
    rates_below_the_floor,
)


@dataclass(frozen=True, slots=True)
class Analysis:
    """What came of it.

    Attributes:
        found: what the rules find, by place.
        witnesses: for findings of the load, in their order; None where there is none.
    """

    found: tuple[Found, ...]
    witnesses: tuple[Witness | None, ...]


def analyse(
    policy: Policy, as_of: date, document: Map | None = None, diagnostics: Sequence[Diagnostic] = ()
) -> Analysis:
    """Everything that the rules find, each with a witness on which the engine shows it. Never raises.

    Args:
        policy: as it was loaded, without errors.
        as_of: the day on which witnesses live.
        document: what is written, after inheritance: for the places of keys.
        diagnostics: what the load found, to be shown on witnesses too.
    """
    subject = Subject(policy, as_of, document)
    found: dict[object, Found] = {}
    for one in (one for rule in _RULES for one in rule(subject)):  # ladders share the steps that they inherit
        found.setdefault((one.diagnostic.code, one.diagnostic.position, one.diagnostic.message), one)
    by_place = sorted(
        found.values(), key=lambda one: (one.diagnostic.position, one.diagnostic.code, one.diagnostic.message)
    )
    return Analysis(tuple(by_place), tuple(witness_of(subject, one) for one in diagnostics))
