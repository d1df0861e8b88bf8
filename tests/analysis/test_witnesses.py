"""Every witness is run through the engine, and shows what its finding says."""

from collections.abc import Callable
from pathlib import Path

import pytest

from policy_engine.analysis.customers import INVOICE
from policy_engine.analysis.model import Found
from policy_engine.engine.expressions import compile_flag
from policy_engine.engine.reference.decide import draft
from policy_engine.engine.reference.draft import Draft
from policy_engine.engine.reference.program import program_for
from policy_engine.policy.resolved import Policy
from tests.analysis.judged import BAD, found_in, loaded

EVERY = [(path, number) for path in BAD for number in range(len(found_in(path)))]


def decided(policy: Policy, found: Found) -> Draft:
    return draft(program_for(policy), found.witness.account, found.witness.as_of)


def named(policy: Policy, found: Found) -> str:
    """The first word in backticks of the message: the segment, hold or step that it is about."""
    return found.diagnostic.message.split("`")[1]


def is_elsewhere(policy: Policy, found: Found) -> None:
    """DUN420: the customer lands in another segment, though the segment's own condition holds, unless nothing can."""
    outcome = decided(policy, found)
    segment = next(one for one in policy.segments if one.name == named(policy, found))
    assert outcome.segment_name != segment.name
    assert found.witness.shows == f"lands in {outcome.segment_name}"
    assert segment.when is not None
    holds = compile_flag(segment.when.tree, policy.facts)(outcome.customer, None)
    assert holds is not found.diagnostic.message.endswith("never holds")


def holds_it(policy: Policy, found: Found) -> None:
    """DUN424: the plain invoice is held, with that hold's name as the reason."""
    rows = {row.invoice: row for row in _outcomes(policy, found)}
    assert (rows[INVOICE].outcome, rows[INVOICE].reason) == ("held", named(policy, found))


def does_not_hold_it(policy: Policy, found: Found) -> None:
    """DUN425: another hold is the reason, though its own condition holds; or nothing holds the invoice."""
    hold = next(one for one in policy.holds if one.name == named(policy, found))
    rows = {row.invoice: row for row in _outcomes(policy, found)}
    assert rows[INVOICE].reason != hold.name
    outcome = decided(policy, found)
    item = next(one for one in outcome.items if one.id == INVOICE)
    if found.witness.shows.startswith("held: "):
        assert compile_flag(hold.when.tree, policy.facts)(outcome.customer, item)
        assert rows[INVOICE].reason == found.witness.shows.removeprefix("held: ")
    else:
        assert not compile_flag(hold.when.tree, policy.facts)(outcome.customer, item)


def has_no_limit(policy: Policy, found: Found) -> None:
    """DUN429: the customer lands in the segment and may buy without end."""
    outcome = decided(policy, found)
    assert outcome.segment_name == named(policy, found)
    assert outcome.customer.credit_limit is None


def _outcomes(policy: Policy, found: Found):  # type: ignore[no-untyped-def]
    from policy_engine.engine.reference.decide import decide_customer

    return decide_customer(program_for(policy), found.witness.account, found.witness.as_of).outcomes


SHOWS: dict[str, Callable[[Policy, Found], None]] = {
    "DUN420": is_elsewhere,
    "DUN424": holds_it,
    "DUN425": does_not_hold_it,
    "DUN429": has_no_limit,
}


@pytest.mark.parametrize(("path", "number"), EVERY, ids=[f"{path.stem}-{number}" for path, number in EVERY])
def test_the_engine_shows_it(path: Path, number: int) -> None:
    policy = loaded(path).policy
    assert policy is not None
    found = found_in(path)[number]
    SHOWS[found.diagnostic.code](policy, found)
