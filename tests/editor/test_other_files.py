"""Policy tests, scenarios and mappings get the same help as policies."""

from pathlib import Path
from typing import get_args

import pytest

from policy_engine.execution.kinds import own
from policy_engine.language.models.base import Channel
from tests.editor.server import Finding, Server

CHANNELS = get_args(Channel)
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
OPERATOR = ROOT / "new_operator.yaml"
OPERATOR_HEAD = "# yaml-language-server: $schema=schemas/operator.schema.json\noperator: 1\n"
HOOK = OPERATOR_HEAD + "adapters:\n  - name: crm\n    uses: webhook\n"
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
        (OPERATOR, OPERATOR_HEAD + "|", {"live", "redirect_to", "payee", "sender", "roles", "rights", "adapters"}),
        (OPERATOR, OPERATOR_HEAD + "adapters:\n  |", {"adapter: folder", "adapter: webhook", "adapter: orders"}),
        (OPERATOR, HOOK + "    settings:\n      |", {"url", "secrets", "allow_private", "contacts"}),
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
        (OPERATOR, OPERATOR_HEAD + "live: maybe\n", Finding(3, "maybe", "`true` or `false` is wanted here")),
        (OPERATOR, HOOK + "    settings: {urll: x}\n", Finding(6, "urll", "Property urll is not allowed.")),
        (OPERATOR, HOOK + "    settings: {secrets: plain}\n",
         Finding(6, "plain", 'String does not match the pattern of "^env:[A-Za-z_][A-Za-z0-9_]{0,99}$".')),
        (OPERATOR, HOOK + "    channels: fax\n",
         Finding(6, "fax", "Value is not accepted. Valid values: " + ", ".join(f'"{one}"' for one in CHANNELS) + ".")),
        (MAPPING, MAPPING_HEAD + "invoices: {id: N}\nfile:\n  decimals: ','\n",
         Finding(5, "decimals", "Property decimals is not allowed.")),
    ],
    ids=lambda value: value.text if isinstance(value, Finding) else "",
)  # fmt: skip
def test_mistakes_are_underlined(server: Server, path: Path, text: str, finding: Finding) -> None:
    assert finding in server.findings(path, text)


def test_the_kinds_and_the_channels_of_adapters_are_offered(server: Server) -> None:
    kinds = server.complete(OPERATOR, OPERATOR_HEAD + "adapters:\n  - name: a\n    uses: |")
    assert kinds.keys() >= set(own())
    assert server.complete(OPERATOR, HOOK + "    channels: [|]").keys() >= set(CHANNELS)
    begun = server.complete(OPERATOR, OPERATOR_HEAD + "adapters:\n  |")["adapter: letters"]
    assert begun.inserts.startswith("- name: ${1:letters}\n  uses: letters\n  channels:\n    - letter\n")


def test_a_column_says_its_unit_and_default(server: Server) -> None:
    shown = server.hover(SUITE, SUITE_HEAD + "  - name: a\n    given:\n      invoice:\n        am|ount: 5\n")
    assert "Gross amount" in shown
    assert "Left out: 1000." in shown
