"""Interest and lump sums that others have published or worked out, run through policy, snapshot and plan.

The figures stand here, so that the tests mean something wherever they run. Where the collection they come from lies
beside the repository, its inputs and figures are compared with these, and each of its examples must be named here.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from policy_engine.engine.reference.evaluate import evaluate
from policy_engine.language.load import load_policy
from policy_engine.plan.model import Plan
from policy_engine.snapshot.read import read_snapshot
from policy_engine.values.money import minor_text

COLLECTION = Path(__file__).parents[3] / "shared" / "data" / "examples" / "late_payment.yaml"

POLICY = """
dunning: 1
policy: example
currency: {currency}
netting: none
segments:
  - {{name: everybody, ladder: standard}}
ladders:
  standard:
    steps:
      - name: claim
        stage: reminder
        days: 1
        channel: email
        charge: [late_interest, recovery_indemnity]
penalties:
  late_interest:
    kind: interest
    rate: {{{rate}}}
    allocation: {allocation}
  recovery_indemnity:
    kind: flat
    amount: 40
"""
SNAPSHOT = """
customers:
  - {{id: C-1, name: Debtor, kind: business{contract}}}
invoices:
  - id: F-1
    customer: C-1
    kind: invoice
    currency: {currency}
    amount: "{principal}"
    issue_date: {due}
    due_date: {due}
payments: [{payments}]
"""
ECB_10 = "otherwise: {reference: ecb_mro, plus: 10}"
FRENCH = f"contract: customer.contract_rate, floor: {{reference: fr_legal_interest, times: 3}}, {ECB_10}"


@dataclass(frozen=True)
class Example:
    """One published computation; `end` is the day of payment, or of the look at what is still owed."""

    id: str
    principal: str
    rate: str
    due: str
    end: str
    interest: str
    currency: str = "EUR"
    part: tuple[str, str] | None = None
    allocation: str = "interest_first"
    contract: str = ""


def _after(due: str, days: int) -> str:
    return str(date.fromisoformat(due) + timedelta(days=days))


D0 = "2025-03-03"
EXAMPLES = [
    # help.shine.fr: the floor 3 x 4.92 of the second half of 2024 as a plain rate, and as the floor of a low contract
    Example("FR-SHINE-1", "3000", "annual: 14.76", D0, _after(D0, 30), "36.39"),
    Example("FR-SHINE-1", "3000", FRENCH, "2024-09-02", "2024-10-02", "36.39", contract="1"),
    # lexing.law gives three months; days give these
    Example("FR-LEXING-1", "10000", "annual: 10.25", D0, _after(D0, 90), "252.74"),
    Example("FR-LEXING-1", "10000", "annual: 10.25", D0, _after(D0, 91), "255.55"),
    Example("FR-LEXING-1", "10000", "annual: 10.25", D0, _after(D0, 92), "258.36"),
    # C. com. L441-10 II over 1 July 2026: 60 days at 12.15 %, 63 at 12.40 %
    Example("FR-DER-1", "10000", ECB_10, "2026-05-01", "2026-09-01", "413.75"),
    Example("FR-DER-1", "10000", FRENCH, "2026-05-01", "2026-09-01", "413.75"),
    Example("FR-OSS-5", "1200", "annual: 12.15", D0, _after(D0, 30), "11.98"),
    Example("FR-OSS-5", "1200", ECB_10, "2025-08-01", "2025-08-31", "11.98"),
    # C. civ. 1343-1: 99.863 + 60.916, or 99.863 + 59.918
    Example("FR-DER-3", "10000", ECB_10, "2026-01-31", "2026-04-01", "160.78", part=("2026-03-02", "4000")),
    Example(
        "FR-DER-3", "10000", ECB_10, "2026-01-31", "2026-04-01", "159.78", part=("2026-03-02", "4000"),
        allocation="principal_first",
    ),
    Example("FR-DER-3", "10000", ECB_10, "2026-01-31", "2026-03-02", "99.86"),
    Example("DE-CREDITREFORM-1", "1000", "annual: 10.52", D0, _after(D0, 32), "9.22"),
    Example(
        "DE-CREDITREFORM-1", "1000", "otherwise: {reference: de_basiszinssatz, plus: 9}", "2026-07-06", "2026-08-07",
        "9.22",
    ),
    # rounded once; rounding each half-year gives 262.53
    Example(
        "DE-KLOTZ-1", "5000", "otherwise: {reference: de_basiszinssatz, plus: 9}", "2026-04-14", "2026-10-15", "262.52"
    ),
    # gov.uk rounds the amount of one day and says 11.50; to the day and rounded once it is
    Example("UK-GOV-1", "1000", "annual: 8.5", D0, _after(D0, 50), "11.64", currency="GBP"),
    # 36500 at 10 % bear 10.00 a day: 45 days; 19 days, and 10 on the half
    Example("UK-DAYCOUNT-1", "36500", "annual: 10", "2025-04-01", "2025-05-16", "450.00", currency="GBP"),
    Example(
        "CH-LAW-1", "36500", "annual: 10", "2025-01-01", "2025-01-30", "240.00", currency="CHF",
        part=("2025-01-20", "18250"), allocation="principal_first",
    ),
    Example("PL-1", "10000", "annual: 13.75", "2025-03-31", "2025-07-15", "399.32", currency="PLN"),
    # rates alone, as 365 days of them on 100.00 would be
    Example(
        "IT-RATE-2026S1", "3650000", "otherwise: {reference: ecb_mro, plus: 8}", "2026-01-01", "2026-01-02", "1015.00"
    ),
    Example(
        "LU-RATE-2024S2", "3650000", "otherwise: {reference: ecb_mro, plus: 8}", "2024-09-30", "2024-10-01", "1225.00"
    ),
    Example("FR-FLOOR-1", "3650000", FRENCH, "2018-03-01", "2018-03-02", "267.00", contract="0"),
    Example("FR-FLOOR-1", "3650000", FRENCH, "2021-03-01", "2021-03-02", "237.00", contract="0"),
    Example("FR-FLOOR-1", "3650000", FRENCH, "2024-09-01", "2024-09-02", "1476.00", contract="0"),
]  # fmt: skip

NOT_APPLICABLE = {
    "FR-MYC-1": "counts the due date and leaves out the day of payment (`boundary: due_date` comes later)",
    "DE-RES-3": "divides by 366 in a leap year (`day_count: actual/actual` comes later)",
    "UK-TIERS": "`kind: tiered` comes later",
    "IE-TIERS": "`kind: tiered` comes later",
    "BE-RATE-2026S1": "`round_up_to` comes later",
    "KPI-DSO-EXH-1": "DSO is a later issue",
}


def plan_of(example: Example, folder: Path, *, paid: bool) -> Plan:
    """The plan on the last day, on which the rest is paid or not."""
    payments = []
    if example.part is not None:
        payments.append((example.part[0], Decimal(example.part[1])))
    if paid:
        payments.append((example.end, Decimal(example.principal) - sum(amount for _, amount in payments)))
    listed = ", ".join(
        f'{{id: P-{place}, customer: C-1, date: {day}, amount: "{amount}", currency: {example.currency}, invoice: F-1}}'
        for place, (day, amount) in enumerate(payments)
    )
    policy, snapshot = folder / "policy.yaml", folder / "snapshot.yaml"
    policy.write_text(
        POLICY.format(currency=example.currency, rate=example.rate, allocation=example.allocation), encoding="utf-8"
    )
    snapshot.write_text(
        SNAPSHOT.format(
            currency=example.currency,
            principal=example.principal,
            due=example.due,
            payments=listed,
            contract=f", contract_rate: {example.contract}" if example.contract else "",
        ),
        encoding="utf-8",
    )
    loaded = load_policy(policy)
    assert loaded.policy is not None, [item.render() for item in loaded.diagnostics]
    read = read_snapshot([snapshot], as_of=date.fromisoformat(example.end), policy_currency=example.currency)
    assert read.snapshot is not None, [item.render() for item in read.diagnostics]
    return evaluate(loaded.policy, read.snapshot)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: f"{example.id}-{example.end}-{example.interest}")
def test_what_is_still_owed_on_the_last_day(example: Example, tmp_path: Path) -> None:
    (action,) = plan_of(example, tmp_path, paid=False).actions
    principal = Decimal(example.principal) - (Decimal(example.part[1]) if example.part else 0)
    assert minor_text(action.interest, example.currency) == example.interest
    assert minor_text(action.lump_sums, example.currency) == "40.00"
    assert Decimal(minor_text(action.total, example.currency)) == principal + Decimal(example.interest) + 40


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: f"{example.id}-{example.end}-{example.interest}")
def test_the_same_when_the_rest_is_paid_on_that_day(example: Example, tmp_path: Path) -> None:
    plan = plan_of(example, tmp_path, paid=True)
    assert plan.actions == ()
    (outcome,) = plan.outcomes
    assert (outcome.outcome, outcome.reason) == ("settled", "charges_due")
    assert {amounts.penalty: minor_text(amounts.asked, example.currency) for amounts in outcome.charges} == {
        "late_interest": example.interest,
        "recovery_indemnity": "40.00",
    }


def test_a_consumer_owes_neither_interest_nor_lump_sum(tmp_path: Path) -> None:
    """The second half of FR-OSS-5: the same case with a consumer gives 0 and 0."""
    example = next(example for example in EXAMPLES if example.id == "FR-OSS-5")
    plan_of(example, tmp_path, paid=False)
    policy, snapshot = tmp_path / "policy.yaml", tmp_path / "snapshot.yaml"
    business = '    when: customer.kind == "business"\n'
    text = policy.read_text(encoding="utf-8").replace("    kind: interest\n", "    kind: interest\n" + business)
    policy.write_text(text.replace("    kind: flat\n", "    kind: flat\n" + business), encoding="utf-8")
    snapshot.write_text(snapshot.read_text(encoding="utf-8").replace("kind: business", "kind: consumer"))
    loaded = load_policy(policy)
    read = read_snapshot([snapshot], as_of=date.fromisoformat(example.end), policy_currency="EUR")
    assert loaded.policy is not None
    assert read.snapshot is not None
    (action,) = evaluate(loaded.policy, read.snapshot).actions
    assert (action.interest, action.lump_sums, action.total) == (0, 0, 120_000)


@pytest.fixture(scope="module")
def collection() -> dict[str, dict[str, Any]]:
    if not COLLECTION.is_file():
        pytest.skip("the collection of examples is not beside the repository")
    found = yaml.load(COLLECTION.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506 - texts only
    return {example["id"]: example for example in found["examples"]}


def test_every_example_of_the_collection_is_named(collection: dict[str, dict[str, Any]]) -> None:
    assert collection.keys() == {example.id for example in EXAMPLES} | NOT_APPLICABLE.keys()
    assert not {example.id for example in EXAMPLES} & NOT_APPLICABLE.keys()


def _figures(example: dict[str, Any]) -> set[str]:
    """Every figure that the collection gives for our conventions: exact days over 365, rounded once."""
    found = {example[key] for key in ("recomputed_2dp",) if key in example}
    if isinstance(example.get("recomputed"), dict):
        found |= {value for key, value in example["recomputed"].items() if key.endswith("/365")}
    for key in ("interest_first", "principal_first"):
        if key in example:
            parts = example[key]
            found |= {parts["interest_1"], str(Decimal(parts["interest_1"]) + Decimal(parts["interest_2"]))}
    for case in example.get("cases", []):
        if "floor" in case:
            found.add(str(Decimal(case["floor"]) * 100))
    for key in ("recomputed_rate",):
        if key in example:
            found.add(str(Decimal(example[key]) * 100))
    if "recomputed_days" in example:
        days = example["recomputed_days"]
        total = 10 * int(days) if isinstance(days, str) else 10 * int(days[0]) + 5 * int(days[1])
        found.add(f"{total}.00")
    return found


def test_the_figures_here_are_those_of_the_collection(collection: dict[str, dict[str, Any]]) -> None:
    for ident in {example.id for example in EXAMPLES}:
        here = {example.interest for example in EXAMPLES if example.id == ident}
        assert here == _figures(collection[ident]), ident
        principal = collection[ident].get("principal")
        if principal is not None:
            assert {example.principal for example in EXAMPLES if example.id == ident} == {principal}, ident
        lump_sum = collection[ident].get("expected_indemnity")
        if lump_sum is not None and ident != "UK-GOV-1":  # a British tier
            assert lump_sum == "40.00"
