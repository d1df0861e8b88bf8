"""The pack's own tests kill its mutants: a policy that somebody changes by one number or one rule doesn't pass them."""

from datetime import date
from pathlib import Path

import pytest

from policy_engine.language.load import load_policy
from policy_engine.policy.resolved import Policy
from policy_engine.testing.find import find_tests
from policy_engine.testing.load import Suite, load_suite
from policy_engine.testing.policies import Policies
from policy_engine.testing.run import Runner, run_case
from policy_engine.values.diagnostics import Diagnostic
from tests.mutants.mutate import Mutant, mutants

ROOT = Path(__file__).resolve().parents[2]


class _Fixed(Policies):
    """One policy, whatever the test files name."""

    def __init__(self, policy: Policy) -> None:
        super().__init__()
        self.policy = policy

    def of(self, suite: Suite, day: date | None) -> tuple[Policy | None, tuple[Diagnostic, ...]]:
        return self.policy, ()


def suites_of(path: Path) -> list[Suite]:
    found = [load_suite(file).suite for file in find_tests([path])[0]]
    assert found
    return [suite for suite in found if suite is not None]


def killed(policy: Policy, suites: list[Suite]) -> bool:
    runner = Runner(_Fixed(policy), explain=False)
    cases = [(suite, case) for suite in suites for case in suite.syntax.tests]
    cases.sort(key=lambda pair: pair[1].given is not None and pair[1].given.snapshot is not None)  # large ones last
    return any(run_case(suite, case, runner).status != "passed" for suite, case in cases)


def judged(path: Path, work: Path) -> tuple[list[Mutant], list[Mutant]]:
    """The mutants that load and differ, and those of them that the tests let pass."""
    original = load_policy(path).policy
    assert original is not None
    suites = suites_of(path)
    assert not killed(original, suites)
    seen = {original.digest}
    tried: list[Mutant] = []
    survivors: list[Mutant] = []
    for mutant in mutants(path):
        file = work / path.name
        file.write_text(mutant.text, encoding="utf-8")
        policy = load_policy(file).policy
        if policy is None or policy.digest in seen:
            continue  # `validate` refuses it, or it says the same in other words
        seen.add(policy.digest)
        tried.append(mutant)
        if not killed(policy, suites):
            survivors.append(mutant)
    return tried, survivors


SURVIVE = {
    "segments: group and strategic swapped": "a customer has one category, so that no customer is in both",
    "phone_call.when: invoice.outstanding > 0": "the minimum of 10 keeps what is smaller from being called",
    "pre_due_notice.when: invoice.outstanding > 0": "the minimum of 10 keeps what is smaller from a notice",
    "safeguards.all.max: 2000": "no test makes 2,001 actions",
    "penalties.late_interest.when dropped": "customers that are no businesses have no ladder, and are asked nothing",
}
"""Mutants of the French pack that its tests let pass: how their names begin or end, and why nothing is missing."""


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("name", "least"), [("fr-b2b", 200), ("minimal", 20)])
def test_a_packs_tests_kill_its_mutants(name: str, least: int, tmp_path: Path) -> None:
    tried, survivors = judged(ROOT / "policies" / f"{name}.yaml", tmp_path)
    assert len(tried) >= least
    listed = "\n".join(f"{name}.yaml:{mutant.line}: {mutant.change}" for mutant in survivors)
    assert len(survivors) * 20 <= len(tried), f"{len(survivors)} of {len(tried)} mutants survive:\n{listed}"
    unknown = [mutant.change for mutant in survivors if not any(known in mutant.change for known in SURVIVE)]
    assert unknown == [], f"mutants that survive without a known reason:\n{listed}"
