"""The packs are fit to be used: no finding at all, and what the law wants is in them."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest

from policy_engine.language.load import load_policy
from policy_engine.policy.resolved import GRAVE_STAGES, InterestPenalty, Policy

ROOT = Path(__file__).resolve().parent.parent.parent / "policies"
PACKS = sorted(ROOT.glob("*.yaml"))
AS_OF = date(2026, 10, 30)


def pack(name: str) -> Policy:
    policy = load_policy(ROOT / f"{name}.yaml", as_of=AS_OF).policy
    assert policy is not None
    return policy


@pytest.mark.parametrize("path", PACKS, ids=lambda path: path.stem)
def test_nothing_is_said_about_a_pack(path: Path) -> None:
    result = load_policy(path, as_of=AS_OF)
    assert result.diagnostics == ()
    assert result.policy is not None
    assert result.policy.name == path.stem


def test_a_pack_is_loaded_by_its_name() -> None:
    by_name = load_policy(Path("pack:fr-b2b"), as_of=AS_OF).policy
    assert by_name is not None
    assert by_name.digest == pack("fr-b2b").digest
    assert [found.code for found in load_policy(Path("pack:fr-b2c")).diagnostics] == ["DUN015"]


def test_threads_may_load_at_the_same_time() -> None:
    with ThreadPoolExecutor(4) as pool:
        digests = set(pool.map(lambda _: pack("minimal").digest, range(12)))
    assert len(digests) == 1


def test_the_french_pack_keeps_to_business_customers_and_people_approve() -> None:
    policy = pack("fr-b2b")
    first = policy.segments[0]
    assert (first.name, first.ladder) == ("not_covered", None)
    assert first.when is not None
    assert first.when.text == 'customer.kind != "business"'
    for ladder in policy.ladders:
        for step in ladder.steps:
            grave = step.stage in GRAVE_STAGES
            assert (step.approval is not None) == grave
            assert step.charges == (("late_interest", "recovery_indemnity") if grave else ())
    assert {step.stage for step in policy.ladder("standard").steps} == set(policy.stages)


def test_the_french_pack_cites_the_law() -> None:
    policy = pack("fr-b2b")
    late, lump = policy.penalties
    assert isinstance(late, InterestPenalty)
    assert late.otherwise is not None
    assert late.floor is not None
    assert (late.otherwise.table, late.otherwise.plus) == ("ecb_mro", 100_000)
    assert (late.floor.table, late.floor.times) == ("fr_legal_interest", 3)
    assert "L441-10 II" in str(late.reference)
    assert "D441-5" in str(lump.reference)
    assert [hold.name for hold in policy.holds] == [
        "insolvency",
        "disputed",
        "promise_to_pay",
        "payment_plan",
        "factored",
    ]
    assert policy.holds[0].stops[0].penalty == "late_interest"


def test_the_minimal_pack_is_minimal() -> None:
    assert len((ROOT / "minimal.yaml").read_text(encoding="utf-8").splitlines()) <= 30
