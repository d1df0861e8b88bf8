"""Every folder of tests/bad/scenario: a scenario, what is wrong with it, rendered.

A folder holds `scenario.yaml`, `expected.txt`, and in `command.txt` the policies (names of files in `_policies`) when
they aren't the usual one; `snapshot.yaml` when it isn't the usual one. `UPDATE_GOLDEN=1` writes the expected texts;
read the difference before committing it.
"""

import re
from pathlib import Path

import pytest

from policy_engine.language.load import load_policy
from policy_engine.simulation.scenario_check import check_scenario
from policy_engine.simulation.scenario_load import load_scenario
from policy_engine.snapshot.read import read_snapshot
from tests.bad_commands import check_codes, check_findings
from tests.simulation.support import ROOT

BAD = ROOT / "tests/bad/scenario"
CASES = sorted(path.name for path in BAD.iterdir() if not path.name.startswith("_"))


def findings(folder):
    """What `dunning simulate` finds wrong with a case, run in its folder."""
    names = Path("command.txt").read_text(encoding="utf-8").split() if Path("command.txt").exists() else ["usual"]
    policies = [load_policy(Path("../_policies") / f"{name}.yaml").policy for name in names]
    assert all(policies)
    own = Path("snapshot.yaml")
    read = read_snapshot([own if own.exists() else Path("../_snapshot.yaml")], policy_currency=policies[0].currency)
    assert read.snapshot is not None, read.diagnostics
    file = load_scenario(Path("scenario.yaml"))
    scenario = check_scenario(file, policies, read.snapshot)
    return scenario, file.diagnostics


@pytest.mark.parametrize("case", CASES)
def test_bad_scenario(case, monkeypatch):
    monkeypatch.chdir(BAD / case)
    scenario, found = findings(case)
    check_findings(BAD / case, found)
    assert (scenario is None) == any(diagnostic.severity == "error" for diagnostic in found)


def test_every_code_has_a_case_and_words():
    source = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "policy_engine/simulation").glob("*.py"))
    check_codes(set(re.findall(r'"(DUN9\d\d)"', source)), "scenario", "diagnostics-scenario.md")
