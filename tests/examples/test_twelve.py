"""The twelve customers: what language.md says must become of each, written by hand before the engine ran on them.

Amounts were computed with a pocket calculator: interest is principal x 12.40 % (ECB rate of 1 July 2026 plus ten
points; 12.15 % before that day) x days / 365, from the day after the due date on, rounded half up once.
"""

import os
from collections.abc import Iterator
from datetime import date
from io import StringIO
from pathlib import Path
from typing import NamedTuple

import pytest

import policy_engine as pe
from policy_engine.plan.model import Action, Outcome, Plan

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "examples" / "twelve"
GOLDEN = Path(__file__).parent / "golden" / "twelve.json"


class Expected(NamedTuple):
    """`next_` is the step and the day, or None; `asked` (principal, interest, lump sums), `owed` the charges due."""

    invoice: str
    outcome: str
    reason: str
    next_: tuple[str | None, date | None] | None = None
    step: str | None = None
    channel: str | None = None
    asked: tuple[int, int, int] | None = None
    owed: tuple[int, int] | None = None


EXPECTED = (
    # a credit note larger than the invoice settles it; what is left of it touches nothing that isn't due (3.5)
    Expected("BER-1", "settled", "paid"),
    Expected("BER-2", "settled", "paid"),
    Expected("BER-3", "not_due", "not_due", ("courtesy_reminder", date(2026, 11, 23))),
    # formal notice; the lump sum is waived for good, interest up to 13 October: 5,000 x 12.40 % x (45 - 28) days (3.12)
    Expected(
        "CHE-1", "acted", "demanded", step="formal_notice", channel="registered_letter", asked=(500_000, 2_888, 0)
    ),
    # a dispute of 1,500 replaced the one about everything: the rest is chased (2, invoice.disputed)
    Expected("DUB-1", "acted", "demanded", step="second_reminder", channel="email", asked=(450_000, 0, 0)),
    # a consumer: no ladder in this policy (3.3)
    Expected("DUP-1", "out_of_scope", "no_ladder"),
    # 5,000 came without a reference: 3,000 settle the older invoice 50 days late, 2,000 the next one in part (3.5)
    Expected("FON-1", "settled", "charges_due", owed=(5_096, 4_000)),
    Expected("FON-2", "acted", "demanded", step="phone_call", channel="call", asked=(50_000, 0, 0)),
    Expected("FON-3", "not_due", "not_due", ("pre_due_notice", date(2026, 11, 15))),
    # paid 107 days late: 10,000 x (12.15 % x 15 + 12.40 % x 92) / 365 = 362.479 (3.12)
    Expected("GIR-1", "settled", "charges_due", owed=(36_248, 4_000)),
    # no e-mail address: the reminder goes by post (3.13)
    Expected("LAM-1", "acted", "demanded", step="second_reminder", channel="letter", asked=(148_000, 0, 0)),
    # nothing was run for two months: one step, not three; none is lost (3.9)
    Expected("LER-1", "acted", "demanded", step="second_reminder", channel="email", asked=(330_000, 0, 0)),
    # the promise of 20 October was not kept, grace ended on the 22nd: 4,200 x 12.40 % x 51 / 365 = 72.769 (3.6, 3.12)
    Expected(
        "MAR-1", "acted", "demanded", step="formal_notice", channel="registered_letter", asked=(420_000, 7_277, 4_000)
    ),
    # the first instalment was paid in time, the second is due tomorrow (2, invoice.payment_plan_kept)
    Expected("MOU-1", "held", "payment_plan", ("collection_agency", None)),
    # judgment on the due date of the second invoice: both are held, the claim is declared instead (3.6)
    Expected("PET-1", "held", "insolvency", ("phone_call", None)),
    Expected("PET-2", "held", "insolvency", ("courtesy_reminder", None)),
    # became a key account after the call: it stays on the call of the gentle ladder, formal notice at 60 days (3.8)
    Expected("ROU-1", "waiting", "step_to_come", ("formal_notice", date(2026, 11, 13))),
)


@pytest.fixture(scope="module")
def plan() -> Plan:
    policy = pe.load_policy("policies/fr-b2b.yaml")
    return pe.evaluate(policy, pe.read_snapshot("examples/twelve", policy=policy))


@pytest.fixture(autouse=True, scope="module")
def _at_the_root() -> Iterator[None]:
    """Plans name files relative to where they are made."""
    before = Path.cwd()
    os.chdir(ROOT)
    yield
    os.chdir(before)


def _outcome(plan: Plan, invoice: str) -> Outcome:
    return next(row for row in plan.outcomes if row.invoice == invoice)


def _action(plan: Plan, invoice: str) -> Action | None:
    return next((a for a in plan.actions if any(line.invoice == invoice for line in a.demanded + a.mentioned)), None)


@pytest.mark.parametrize("expected", EXPECTED, ids=lambda row: row.invoice)
def test_outcome(plan: Plan, expected: Expected) -> None:
    found = _outcome(plan, expected.invoice)
    assert (found.outcome, found.reason) == (expected.outcome, expected.reason)
    if expected.next_ is not None:
        assert found.next is not None
        assert (found.next.step, found.next.on) == expected.next_
    action = _action(plan, expected.invoice)
    if expected.step is None:
        assert action is None
    else:
        assert action is not None
        assert (action.step, action.channel) == (expected.step, expected.channel)
        line = next(line for line in action.demanded if line.invoice == expected.invoice)
        assert (line.principal, line.interest, line.lump_sums) == expected.asked
        assert (action.approval is not None) == (action.stage == "formal_notice")
    owed = {amounts.kind: amounts.asked for amounts in found.charges}
    if expected.owed is None:
        assert owed == {}
    else:
        assert (owed["interest"], owed["flat"]) == expected.owed


def test_every_invoice_is_expected(plan: Plan) -> None:
    assert sorted(row.invoice for row in EXPECTED) == sorted(row.invoice for row in plan.outcomes)
    assert len({row.customer for row in plan.outcomes}) == 12


def test_claim_is_declared_once_with_its_deadline(plan: Plan) -> None:
    """One task for the customer, due two months after the judgment of 12 October: a Saturday, deadlines don't move."""
    found = [action for action in plan.actions if action.intervention]
    assert [(a.customer, a.intervention, a.deadline, a.total) for a in found] == [
        ("petit-insolvency", "declare_claim", date(2026, 12, 12), 0)
    ]


def test_who_is_not_covered_is_said(plan: Plan) -> None:
    assert [(alert.code, alert.subject, alert.count) for alert in plan.alerts] == [("kind_not_covered", "consumer", 1)]


def test_golden_plan(plan: Plan) -> None:
    """The whole plan, byte for byte. `REGENERATE=1` writes it; look at the difference before committing."""
    target = StringIO()
    pe.write_plan(plan, target)
    body = "".join(line for line in target.getvalue().splitlines(keepends=True) if not line.startswith('"header"'))
    if os.environ.get("REGENERATE"):
        GOLDEN.write_text(body, encoding="utf-8", newline="\n")
    assert body == GOLDEN.read_text(encoding="utf-8")
