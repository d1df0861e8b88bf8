"""3.3 Outcomes: each row of `invoices` gets the first that applies, with the first reason. Applied last."""

from collections.abc import Sequence
from contextlib import suppress

from policy_engine.engine.reference.build_facts import settled_day
from policy_engine.engine.reference.draft import Draft
from policy_engine.engine.reference.item import Item
from policy_engine.engine.reference.program import Program
from policy_engine.engine.reference.s06_holds import check_stops
from policy_engine.engine.reference.s12_charges import MissingRateError, charge_of, charges_of
from policy_engine.plan.model import OUTCOMES, REASONS, Amounts, Next, Outcome, OutcomeName
from policy_engine.snapshot.model import BrokenInvoice, Charge

_UNTIL = {
    "pending": "delivery",
    "account_in_credit": "debit",
    "below_minimum": "minimum",
    "no_channel": "address",
    "missing_rate": "rate",
    "ladder_done": "person",
    "needs_triage": "person",
    "data_problem": "correction",
    "contact_cap": "delivery",
    "block": "lifted",
}
"""What must happen first, when no date can be told."""

Classified = tuple[OutcomeName, str, Next | None, tuple[Amounts, ...]]


def outcomes(program: Program, found: Draft) -> tuple[Outcome, ...]:
    """One outcome for each usable invoice of a customer, sorted by invoice id."""
    segment = found.segment_name
    ladder = None if found.ladder is None else found.ladder.ladder.name
    customer = found.account.customer.id
    made = []
    for item in found.items:
        spoken = speaking(program, found, item) if item.apart else item
        outcome, reason, following, charges = _classify(program, found, spoken)
        made.append(
            Outcome(
                item.id,
                item.number,
                customer,
                item.currency,
                item.amount,
                item.outstanding,
                item.due_date,
                item.days_late,
                segment,
                ladder,
                spoken.step,
                outcome,
                reason,
                following,
                spoken.action if outcome == "acted" else None,
                spoken.rule,
                item.detail if spoken is item else _part_detail(spoken),
                charges,
            )
        )
    made.sort()
    return tuple(made)


def speaking(program: Program, found: Draft, item: Item) -> Item:
    """Where each part climbs alone (3.10): the unpaid part whose outcome comes first in 3.3, the oldest of several.

    The invoice itself when it is settled, out of scope, or has no parts.
    """
    if not item.apart or item.outstanding <= 0 or found.ladder is None or not item.open:
        return item
    holds = [hold.name for hold in program.policy.holds]

    def place(part: Item) -> tuple[int, int, int]:
        outcome, reason = code_of(found, part)
        reasons = REASONS[outcome]
        if outcome == "held" and reason in holds:
            return OUTCOMES.index(outcome), reasons.index("<hold>"), holds.index(reason)
        return OUTCOMES.index(outcome), reasons.index(reason), 0

    return min((part for part in item.parts if part.outstanding > 0), key=place)


def _part_detail(part: Item) -> tuple[tuple[str, str], ...]:
    """The facts about the reason of a part that speaks for its invoice, and which part it is."""
    return tuple(sorted((*part.detail, ("instalment", part.instalment or ""))))


def codes(program: Program, found: Draft) -> tuple[tuple[str, str, str], ...]:
    """(invoice id, outcome, reason) of each usable invoice, sorted by id; the same verdicts as `outcomes`."""
    made: list[tuple[str, str, str]] = []
    for item in found.items:
        outcome, reason = code_of(found, speaking(program, found, item) if item.apart else item)
        if outcome == "settled":
            late = item.settled_on is None or item.settled_on > item.due_date
            reason = "charges_due" if late and _owes_after_settlement(program, found, item) else "paid"
        made.append((item.id, outcome, reason))
    made.sort()
    return tuple(made)


def broken(row: BrokenInvoice) -> Outcome:
    """The outcome of a row that can't be used."""
    problem = row.problem
    detail = (("problem", problem.code), ("where", problem.where))
    return Outcome(
        row.id, row.id, row.customer or "", row.currency, row.amount, None, None, None, None, None, None,
        "problem", "problem", Next(None, None, "correction"), None, None, detail, (),
    )  # fmt: skip


def code_of(found: Draft, item: Item) -> tuple[OutcomeName, str]:
    """The first outcome of 3.3 that applies, with its reason; that of what is settled follows from what it owes."""
    if item.status != "open":
        return "out_of_scope", item.status
    if found.ladder is None and found.segment >= 0:
        return "out_of_scope", "no_ladder"
    if not item.covered:
        return "out_of_scope", "currency_not_covered"
    if item.outstanding <= 0 or item.kind == "credit_note":
        return "settled", ""
    if item.held and item.blocked is not None:
        return "held", item.blocked
    if item.role is not None:
        return "acted", item.role
    if item.blocked is not None:
        return "waiting", item.blocked
    return "not_due", "not_due"


def _classify(program: Program, found: Draft, item: Item) -> Classified:
    """The code, what comes next, what is due on a settled invoice; fills in the rule that decided."""
    outcome, reason = code_of(found, item)
    if outcome == "settled":
        charges = _after_settlement(program, found, item)
        return outcome, "charges_due" if charges else "paid", None, charges
    if outcome == "out_of_scope":
        if reason == "no_ladder":
            item.rule = program.segment_at[found.segment]
        elif reason == "currency_not_covered" and found.ladder is not None:
            item.rule = program.policy.place(found.ladder.ladder.position)
        return outcome, reason, None, ()
    if outcome == "held":
        return outcome, reason, _next(item, _UNTIL.get(reason, "hold_lifted")), ()
    if outcome == "acted":
        if item.candidate is not None:
            item.rule = item.candidate.at
        return outcome, reason, None, ()
    if outcome == "waiting":
        if item.rule is None and item.candidate is not None:
            item.rule = item.candidate.at
        return outcome, reason, _next(item, _UNTIL.get(reason)), ()
    return outcome, reason, _next(item, None), ()


def _next(item: Item, until: str | None) -> Next:
    """What comes next: the candidate on the first day it may go, no earlier than what blocks it ends.

    Nothing is said of the step of an invoice that waits for a person, now or after what holds it (3.7).
    """
    step = None if item.candidate is None or item.triage else item.candidate.step.name
    if item.blocked_until is not None:
        if item.triage:
            return Next(item.blocked_until, None, None)
        day = item.blocked_until if item.next_on is None else max(item.blocked_until, item.next_on)
        return Next(day, step, None)
    if until is not None:
        return Next(None, step, until)
    if item.next_on is None:
        return Next(None, step, "delivery" if step is not None else "person")
    return Next(item.next_on, step, None)


def paid_late(program: Program, found: Draft, item: Item) -> bool:
    """Whether a settled invoice may still owe something that the policy lists: it was paid after its due date."""
    if program.policy.after_settlement == "never" or not item.open or not item.payments:
        return False
    if found.account.quarantined is not None or found.unconverted:
        return False
    if item.settled_on is None:
        item.settled_on = settled_day(item)
    return item.settled_on is None or item.settled_on > item.due_date


def _owes_after_settlement(program: Program, found: Draft, item: Item) -> bool:
    """Whether anything remains on an invoice paid late: the first penalty that does answers, lump sums first."""
    if not paid_late(program, found, item):
        return False
    rows = found.charge_rows.get(item.id, ())
    for penalty in program.lump_sums_first:
        try:
            made = charge_of(penalty, item, found.customer, program.stops, rows, found.as_of)
        except MissingRateError:
            continue
        if made is not None and made.asked > 0:
            return True
    return False


def _after_settlement(program: Program, found: Draft, item: Item) -> tuple[Amounts, ...]:
    """Interest and lump sums that remain on an invoice paid late, when the policy lists them (`after_settlement`)."""
    if not paid_late(program, found, item):
        return ()
    check_stops(found, item)
    rows = found.charge_rows.get(item.id, ())
    try:
        charges = charges_of(item, found.customer, program.penalties, program.stops, rows, found.as_of)
    except MissingRateError:
        charges = _without_unknown_rates(program, found, item, rows)
    return tuple(amounts for amounts in charges if amounts.asked > 0)


def _without_unknown_rates(program: Program, found: Draft, item: Item, rows: Sequence[Charge]) -> tuple[Amounts, ...]:
    """A lump sum is owed though the rate of the interest isn't known."""
    charges: list[Amounts] = []
    for penalty in program.penalties:
        with suppress(MissingRateError):
            charges += charges_of(item, found.customer, (penalty,), program.stops, rows, found.as_of)
    return tuple(charges)
