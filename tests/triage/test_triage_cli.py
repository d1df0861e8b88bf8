"""`dunning triage` on a terminal and as JSON."""

import json

import pytest

from tests.desk.support import commands
from tests.triage.support import BACKLOG, ROOT


@pytest.fixture
def dunning(monkeypatch, capsysbinary):
    """Runs `dunning` in the repository."""
    monkeypatch.chdir(ROOT)
    return commands(monkeypatch, capsysbinary)


HOLD = "-p examples/backlog/policy.yaml -s examples/backlog/erp"
WITHOUT = "-p examples/backlog/without.yaml -s examples/backlog/erp"


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("options", [HOLD, WITHOUT])
def test_the_screen_fits(dunning, monkeypatch, width, language, options):
    monkeypatch.setenv("COLUMNS", str(width))
    done = dunning(f"triage {options} --lang {language}")
    assert (done.code, done.err) == (0, "")
    for line in done.out.splitlines():
        assert len(line) <= width or line.startswith(("  dunning ", "    # or")), line
    assert width == 60 or "F-2025-0417" in done.out
    assert "{" not in done.out.replace("{3: reminder, 20: call, 30: formal_notice}", "")


def test_json_says_the_same_with_codes(dunning):
    data = json.loads(dunning(f"triage {HOLD} --format json").out)
    assert (data["onboarding"], data["onboarding_date"], data["history"]) == ("hold", "2026-11-01", False)
    rows = {row["invoice"]: row for customer in data["customers"] for row in customer["invoices"]}
    assert rows["F-2025-0417"] == {
        "invoice": "F-2025-0417",
        "number": "F-2025-0417",
        "outstanding": "18400.00",
        "currency": "EUR",
        "due_date": "2025-10-16",
        "days_late_at_onboarding": 381,
        "days_late": 400,
        "without_a_person": {
            "step": "courtesy_reminder",
            "stage": "reminder",
            "on": "2025-10-19",
            "at_once": True,
        },
        "against": [],
        "proposal": {"choice": "step", "step": "phone_call", "then": "formal_notice", "because": "age"},
    }
    assert rows["F-2026-0655"]["against"][1]["reason"] == "two pallets damaged"
    assert "F-2026-0790" not in rows  # overdue after dunning began


def test_strict_says_that_somebody_is_waited_for(dunning, tmp_path):
    assert dunning(f"triage {HOLD} --strict").code == 1
    settled = tmp_path / "settled.yaml"
    text = "dunning: 1\npolicy: later\nextends: pack:fr-b2b\nonboarding: {date: 2020-01-01, entry: hold}\n"
    settled.write_text(text, encoding="utf-8")
    done = dunning(f"triage -p {settled} -s {BACKLOG / 'erp'} --strict")
    assert (done.code, "no invoice waits for a person" in done.out) == (0, True)


def test_hostile_names_are_inert(dunning, tmp_path):
    for file in (BACKLOG / "erp").iterdir():
        text = file.read_text(encoding="utf-8").replace("two pallets", "\x1b[2Jtwo pallets")
        (tmp_path / file.name).write_text(text.replace("Menuiserie", "\u202eMenuiserie"), encoding="utf-8")
    done = dunning(f"triage -p examples/backlog/policy.yaml -s {tmp_path}")
    assert "\x1b" not in done.out
    assert "\u202e" not in done.out
    assert "\\x1b[2Jtwo pallets" in done.out


def test_help_has_an_example(dunning):
    assert "Example: dunning triage" in dunning("triage --help").out
