"""Every folder of tests/bad/triage: a worksheet for the example backlog, and what is wrong with it, rendered.

`UPDATE_GOLDEN=1` writes the expected texts; read the difference before committing it.
"""

import re
from datetime import date
from pathlib import Path

import pytest

from policy_engine.language.load import load_policy
from policy_engine.snapshot.read import read_snapshot
from policy_engine.triage.find import find_triage
from policy_engine.triage.limitation import limitation_of
from policy_engine.triage.read import read_worksheet, standing_of
from tests.bad_commands import check_codes, check_findings
from tests.triage.support import BACKLOG, ROOT

BAD = ROOT / "tests" / "bad" / "triage"
CASES = sorted(path.name for path in BAD.iterdir())


def read(path):
    """A worksheet against the example backlog, one of whose invoices was put on a step and one settled since."""
    loaded = load_policy(BACKLOG / "policy.yaml")
    found = read_snapshot([BACKLOG / "erp", BAD.parent / "triage_since.yaml"], policy_currency="EUR")
    assert loaded.policy is not None
    assert found.snapshot is not None, [item.render() for item in found.diagnostics]
    triage = find_triage(loaded.policy, found.snapshot, limitation_of(loaded.policy, None))
    return read_worksheet(path, triage, standing_of(found.snapshot), date(2026, 11, 20), "m.leroy")


@pytest.mark.parametrize("case", CASES)
def test_bad_worksheet(case, monkeypatch):
    monkeypatch.chdir(BAD / case)
    result = read(Path("worksheet.csv"))
    check_findings(BAD / case, result.diagnostics)
    assert all(found.severity == "error" for found in result.diagnostics)


def test_every_code_has_a_case_and_words():
    source = (ROOT / "policy_engine/triage/read.py").read_text(encoding="utf-8")
    check_codes(set(re.findall(r'"(DUN6\d\d)"', source)), "triage", "diagnostics-triage.md")
