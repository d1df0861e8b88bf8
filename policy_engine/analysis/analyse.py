"""The whole analysis of a policy: every rule, findings in the order of their places."""

from collections.abc import Callable, Iterator
from datetime import date

from policy_engine.analysis.engine import Subject
from policy_engine.analysis.holds import holds_that_decide_nothing
from policy_engine.analysis.model import Found
from policy_engine.analysis.segments import segments_without_limit, unreachable_segments
from policy_engine.policy.resolved import Policy

Rule = Callable[[Subject], Iterator[Found]]
_RULES: tuple[Rule, ...] = (unreachable_segments, segments_without_limit, holds_that_decide_nothing)


def analyse(policy: Policy, as_of: date, *, limits_written: frozenset[str] = frozenset()) -> tuple[Found, ...]:
    """Everything that the rules find, each with a witness on which the engine shows it. Never raises.

    Args:
        policy: as it was loaded, without errors.
        as_of: the day on which witnesses live.
        limits_written: segments whose `credit_limit` is written out, `none` included.
    """
    subject = Subject(policy, as_of, limits_written)
    found = [one for rule in _RULES for one in rule(subject)]
    return tuple(sorted(found, key=lambda one: (one.diagnostic.position, one.diagnostic.code, one.diagnostic.message)))
