"""Every witness is run through the engine, and shows what its finding says."""

from collections.abc import Callable
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from policy_engine.analysis.customers import INVOICE
from policy_engine.analysis.engine import RunDay, Subject, run
from policy_engine.analysis.model import Found
from policy_engine.engine.expressions import compile_flag
from policy_engine.engine.reference.decide import decide_customer, draft
from policy_engine.engine.reference.draft import Draft
from policy_engine.engine.reference.program import program_for
from policy_engine.engine.reference.s03_outcomes import outcomes
from policy_engine.explanation.ahead import look_ahead
from policy_engine.plan.model import Outcome
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


def taken(policy: Policy, found: Found) -> list[str]:
    """The steps of the witness's invoice, delivered one after the other, by what explanations look ahead with."""
    ahead = look_ahead(program_for(policy), found.witness.account, found.witness.as_of, {})
    return list(dict.fromkeys(step.step for step in ahead.steps.get(INVOICE, ())))


def never_takes_it(policy: Policy, found: Found) -> None:
    """DUN421: the invoice climbs, and never takes the step."""
    steps = taken(policy, found)
    assert named(policy, found) not in steps
    assert found.witness.shows == f"takes {', '.join(steps)}, never {named(policy, found)}"


def is_reached_first(policy: Policy, found: Found) -> None:
    """DUN422: the engine's own date of the step lies before that of the step above it."""
    later, earlier = found.diagnostic.message.split("`")[1:4:2]
    dates = {one.step: one.line.trigger_on for day in days_of(policy, found) for one in day.delivered}
    assert earlier not in dates or dates[later] < dates[earlier]


def waits_for_the_cap(policy: Policy, found: Found) -> None:
    """DUN423: on the day on which the step is reached the invoice waits, because of the cap."""
    day = date.fromisoformat(found.witness.shows.split(" from ")[1][:10])
    then = next(one for one in days_of(policy, found) if one.day == day)
    reasons = {item.id: item.blocked for item in then.draft.climbers}
    assert reasons[INVOICE] == "contact_cap"


def nothing_follows(policy: Policy, found: Found) -> None:
    """DUN426: after the last step the unpaid invoice waits for nothing."""
    ladder = policy.ladder(named(policy, found))
    assert taken(policy, found)[-1] == ladder.steps[-1].name
    last = list(days_of(policy, found))[-1]
    outcome = next(row for row in outcomes(last.draft.program, last.draft) if row.invoice == INVOICE)
    assert (outcome.outcome, outcome.reason) == ("waiting", "ladder_done")


def threatens_first(policy: Policy, found: Found) -> None:
    """DUN427: no contact about the overdue invoice before the grave step."""
    ahead = look_ahead(program_for(policy), found.witness.account, found.witness.as_of, {}).steps[INVOICE]
    due = next(one for one in found.witness.account.invoices if one.id == INVOICE).due_date
    late = [one.step for one in ahead if one.on > due]
    assert late[0] == named(policy, found)


def leaves_unasked(policy: Policy, found: Found) -> None:
    """DUN401: the grave step leaves, and nobody had to agree."""
    step = named(policy, found)
    actions = [one.action for day in days_of(policy, found) for one in day.delivered if one.step == step]
    assert actions
    assert all(action.approval is None for action in actions)


def waits_for_its_pause(policy: Policy, found: Found) -> None:
    """DUN402: on the day on which the step is reached the invoice waits, because the last one is too near."""
    day = date.fromisoformat(found.witness.shows.split(" from ")[1][:10])
    then = next(one for one in days_of(policy, found) if one.day == day)
    item = next(item for item in then.draft.climbers if item.id == INVOICE)
    assert item.candidate is not None
    assert item.candidate.step.name == found.witness.shows.split(" ")[0]
    assert item.last_delivery is not None
    assert (day - item.last_delivery).days < item.candidate.step.after_previous


def waits_for_a_rate(policy: Policy, found: Found) -> None:
    """DUN403: a message that would have to state the rate is held back."""
    reasons = {item.blocked for day in days_of(policy, found) for item in day.draft.climbers}
    assert "missing_rate" in reasons


def is_turned(policy: Policy, found: Found) -> None:
    """DUN219: the fact is missing, and the engine's own condition comes out as told."""
    fact = found.diagnostic.message.split("`")[3]
    assert dict(found.witness.facts)[fact] == "missing"
    outcome = decided(policy, found)
    item = next(one for one in outcome.items if one.id == INVOICE)
    shows = found.witness.shows
    if shows.startswith("lands in "):
        assert shows == f"lands in {outcome.segment_name}"
        return
    name, verb = shows.removeprefix("the condition of ").split(" ")
    step = next(step for ladder in policy.ladders for step in ladder.steps if step.name == name)
    assert step.when is not None
    assert compile_flag(step.when.tree, policy.facts)(outcome.customer, item) is (verb == "holds")


def asks_too_little(policy: Policy, found: Found) -> None:
    """DUN428: the engine asks interest at the low rate: principal x rate x days / 365."""
    asked = {
        (line.outstanding, line.days_late, amounts.asked)
        for day in days_of(policy, found)
        for one in day.delivered
        for line in (one.line,)
        for amounts in line.charges
        if amounts.kind == "interest"
    }
    rate = Fraction(found.witness.shows.split(" at ")[1].removesuffix(" %")) / 100
    assert any(asked == int(out * rate * days / 365 + Fraction(1, 2)) > 0 for out, days, asked in asked)


def days_of(policy: Policy, found: Found) -> list[RunDay]:
    """The engine's word on every day of the witness's run."""
    witness = found.witness
    assert witness.until is not None
    return list(run(Subject(policy, witness.as_of), witness.account, witness.as_of, witness.until))


def _outcomes(policy: Policy, found: Found) -> tuple[Outcome, ...]:
    return decide_customer(program_for(policy), found.witness.account, found.witness.as_of).outcomes


SHOWS: dict[str, Callable[[Policy, Found], None]] = {
    "DUN219": is_turned,
    "DUN401": leaves_unasked,
    "DUN402": waits_for_its_pause,
    "DUN403": waits_for_a_rate,
    "DUN420": is_elsewhere,
    "DUN421": never_takes_it,
    "DUN422": is_reached_first,
    "DUN423": waits_for_the_cap,
    "DUN424": holds_it,
    "DUN425": does_not_hold_it,
    "DUN426": nothing_follows,
    "DUN427": threatens_first,
    "DUN428": asks_too_little,
    "DUN429": has_no_limit,
}


@pytest.mark.parametrize(("path", "number"), EVERY, ids=[f"{path.stem}-{number}" for path, number in EVERY])
def test_the_engine_shows_it(path: Path, number: int) -> None:
    policy = loaded(path).policy
    assert policy is not None
    found = found_in(path)[number]
    SHOWS[found.diagnostic.code](policy, found)
