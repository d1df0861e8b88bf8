"""Every folder of tests/bad/triage: a worksheet for the example backlog, and what is wrong with it, rendered.

`UPDATE_GOLDEN=1` writes the expected texts; read the difference before committing it.
"""

import os
import re
from datetime import date
from pathlib import Path

import pytest

from policy_engine.language.load import load_policy
from policy_engine.snapshot.read import read_snapshot
from policy_engine.triage.find import find_triage
from policy_engine.triage.limitation import limitation_of
from policy_engine.triage.read import read_worksheet, standing_of
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
    text = "\n".join(found.render() for found in result.diagnostics) + "\n"
    expected = Path("expected.txt")
    if os.environ.get("UPDATE_GOLDEN"):
        expected.write_text(text, encoding="utf-8")
    assert text == expected.read_text(encoding="utf-8")
    assert all(found.severity == "error" for found in result.diagnostics)
    assert result.diagnostics


def emitted_codes():
    source = (ROOT / "policy_engine/triage/read.py").read_text(encoding="utf-8")
    return set(re.findall(r'"(DUN6\d\d)"', source))


def test_every_code_has_a_case():
    seen = "\n".join(path.read_text(encoding="utf-8") for path in BAD.glob("*/expected.txt"))
    assert emitted_codes() == set(re.findall(r"DUN67\d", seen))


def test_every_code_is_documented_with_avoid_prefer_and_why():
    text = (ROOT / "docs/diagnostics-triage.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^## (DUN6\d\d)[^\n]*\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL))
    assert set(sections) == emitted_codes()
    for code, section in sections.items():
        for word in ("Avoid", "Prefer", "Why"):
            assert f"**{word}**" in section, (code, word)
