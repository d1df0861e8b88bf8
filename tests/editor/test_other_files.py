"""Policy tests, scenarios and mappings get the same help as policies."""

from pathlib import Path

import pytest

from tests.editor.server import Finding, Server

ROOT = Path(__file__).resolve().parents[2]
SUITE = ROOT / "policies" / "tests" / "minimal" / "new.test.yaml"
SUITE_HEAD = """\
# yaml-language-server: $schema=../../../schemas/test.schema.json
dunning_test: 1
policy: ../../minimal.yaml
as_of: 2026-06-30
tests:
"""
SCENARIO = ROOT / "examples" / "scenarios" / "new.yaml"
SCENARIO_HEAD = (
    "# yaml-language-server: $schema=../../schemas/scenario.schema.json\nscenario: 1\nname: mine\ndays: 90\n"
)
MAPPING = ROOT / "examples" / "mappings" / "new.yaml"
MAPPING_HEAD = "# yaml-language-server: $schema=../../schemas/mapping.schema.json\nmapping: 1\n"


@pytest.mark.parametrize(
    ("path", "text", "offered"),
    [
        (SUITE, SUITE_HEAD + "  |", {"test: one day", "test: left alone", "test: several days"}),
        (SUITE, SUITE_HEAD + "  - name: a\n    |", {"given", "expect", "days", "as_of", "description"}),
        (SUITE, SUITE_HEAD + "  - name: a\n    given:\n      invoice:\n        |", {"days_late", "amount", "due_date"}),
        (
            SUITE,
            SUITE_HEAD + "  - name: a\n    expect:\n      outcomes:\n        F-1: |",
            {"acted", "waiting/contact_cap"},
        ),
        (SUITE, SUITE_HEAD + "  - name: a\n    days:\n      - as_of: 2026-06-04\n        executed: |", {"all", "none"}),
        (SCENARIO, SCENARIO_HEAD + "|", {"rules", "backlog", "disputed", "approvals", "payments", "promises"}),
        (SCENARIO, SCENARIO_HEAD + "rules:\n  |", {"rule: days after a stage", "rule: the rest never pays"}),
        (SCENARIO, SCENARIO_HEAD + "backlog: |", {"first_day", "from_start", "never"}),
        (MAPPING, MAPPING_HEAD + "|", {"file", "rows", "customers", "invoices", "ageing"}),
        (MAPPING, MAPPING_HEAD + "rows:\n  |", {"rows: payments", "rows: left out"}),
        (MAPPING, MAPPING_HEAD + "rows:\n  - is: |", {"document", "group", "subtotal", "refuse"}),
    ],
    ids=lambda value: value.rpartition("\n")[2].strip() if isinstance(value, str) else "",
)
def test_keys_choices_and_beginnings_are_offered(server: Server, path: Path, text: str, offered: set[str]) -> None:
    found = server.complete(path, text)
    assert found.keys() >= offered
    for label in offered:
        assert found[label].documentation, label
        assert "[object Object]" not in found[label].inserts


@pytest.mark.parametrize(
    ("path", "text", "finding"),
    [
        (SUITE, SUITE_HEAD + "  - name: a\n    givn: {}\n", Finding(7, "givn", "Property givn is not allowed.")),
        (SUITE, SUITE_HEAD + "  - name: a\n    expect: {outcomes: {F-1: helt}}\n",
         Finding(7, "helt", "an outcome with its reason is wanted here, e.g. `held/disputed`")),
        (SUITE, SUITE_HEAD + "  - expect: {}\n", Finding(6, "e", 'Missing property "name".')),
        (SCENARIO, SCENARIO_HEAD + "rules:\n  - pays: later\n",
         Finding(6, "later", "`never`, or a mapping, is wanted here, e.g. `{days: 30}`")),
        (SCENARIO, SCENARIO_HEAD.replace("90", "9000"), Finding(4, "9000", "Value is above the maximum of 1100.")),
        (MAPPING, MAPPING_HEAD + "invoices: {id: N}\nfile:\n  decimals: ','\n",
         Finding(5, "decimals", "Property decimals is not allowed.")),
    ],
    ids=lambda value: value.text if isinstance(value, Finding) else "",
)  # fmt: skip
def test_mistakes_are_underlined(server: Server, path: Path, text: str, finding: Finding) -> None:
    assert finding in server.findings(path, text)


def test_a_column_says_its_unit_and_default(server: Server) -> None:
    shown = server.hover(SUITE, SUITE_HEAD + "  - name: a\n    given:\n      invoice:\n        am|ount: 5\n")
    assert "Gross amount" in shown
    assert "Left out: 1000." in shown
