"""What an editor underlines in a broken policy: the line, the text, and what is wanted instead."""

from pathlib import Path

import pytest

from tests.editor.server import Finding, Server

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "policies" / "broken.yaml"
SOUND = """\
# yaml-language-server: $schema=../schemas/policy.schema.json
dunning: 1
policy: acme
currency: EUR
effective:
  from: 2026-07-01
grace: 0
minimum:
  item: 10
segments:
  - name: standard
    ladder: standard
    credit_limit: none
ladders:
  standard:
    steps:
      - name: courtesy
        stage: reminder
        days: 3
        channel: email
        also: [letter]
        approval: none
holds:
  - name: disputed
    when: invoice.disputed
penalties:
  lump_sum:
    kind: flat
    amount: 40
contact:
  max: 1
  per_days: 7
"""
NAME = "a name of lower-case letters, digits and `_` is wanted here, e.g. `formal_notice`"
NAMES = "a mapping is wanted here; its keys are names: lower-case letters, digits and `_`"
AMOUNT = "an amount is wanted here, e.g. `1250.50`: digits and a point, without blanks or a sign of currency"


def test_a_sound_policy_has_no_finding(server: Server) -> None:
    assert server.findings(FILE, SOUND) == []


@pytest.mark.parametrize(
    ("old", "new", "line", "text", "message"),
    [
        ("channel: email", "chanel: email\n        channel: email", 20, "chanel", "Property chanel is not allowed."),
        ("holds:", "hold:", 23, "hold", "Property hold is not allowed."),
        ("days: 3", "days: soon", 19, "soon", "a whole number of calendar days is wanted here, e.g. `30`"),
        ("days: 3", "days: 3.5", 19, "3.5", "a whole number of calendar days is wanted here, e.g. `30`"),
        ("grace: 0", "grace: -1", 7, "-1", "Value is below the minimum of 0."),
        ("item: 10", "item: ten", 9, "ten", AMOUNT),
        ("item: 10", "item: {eur: 10}", 9, "eur", "a mapping is wanted here; its keys are currencies, e.g. `EUR`"),
        ("limit: none", "limit: lots", 13, "lots", "an amount or `none` is wanted here, e.g. `30000`"),
        ("from: 2026-07-01", "from: 1/7/2026", 6, "1/7/2026", "a date, year first, is wanted here, e.g. `2026-07-01`"),
        ("- name: courtesy", "- name: Courtesy", 17, "Courtesy", NAME),
        ("  lump_sum:", "  Lump sum:", 27, "Lump sum", NAMES),
        ("amount: 40", "amount: 40 EUR", 29, "40 EUR", AMOUNT),
        ("approval: none", "approval: nobody", 22, "nobody", "`none` or a mapping is wanted here"),
        ("also: [letter]", "also: letter", 21, "letter",
         "a list is wanted here: each item on a line of its own that begins with `- `"),
        ("invoice.disputed", "5", 25, "5", "an expression is wanted here, e.g. `invoice.outstanding >= 500`"),
        ("dunning: 1", "dunning: 2", 2, "2", "this program reads version 1 of the language"),
        ("currency: EUR", "currency: euro", 4, "euro", "a currency code (ISO 4217) is wanted here, e.g. `EUR`"),
    ],
    ids=lambda value: value.strip() if isinstance(value, str) and len(value) < 30 else "",
)  # fmt: skip
def test_a_mistake_is_underlined_with_what_is_wanted(
    server: Server, old: str, new: str, line: int, text: str, message: str
) -> None:
    assert SOUND.count(old) == 1
    assert Finding(line, text, message) in server.findings(FILE, SOUND.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new", "line", "values"),
    [
        ("channel: email", "channel: fax", 20, '"email", "letter", "registered_letter", "call"'),
        ("kind: flat", "kind: fee", 28, '"flat", "interest"'),
        ("also: [letter]", "also: [letters]", 21, '"email", "letter", "registered_letter", "call".'),
    ],
)
def test_a_bad_choice_is_answered_with_the_good_ones(
    server: Server, old: str, new: str, line: int, values: str
) -> None:
    (finding,) = server.findings(FILE, SOUND.replace(old, new))
    assert finding.line == line
    assert f"Valid values: {values}" in finding.message


@pytest.mark.parametrize(
    ("old", "line", "key"),
    [
        ("currency: EUR\n", 2, "currency"),
        ("    ladder: standard\n", 11, "ladder"),
        ("        stage: reminder\n", 17, "stage"),
        ("        days: 3\n", 17, "days"),
        ("        channel: email\n", 17, "channel"),
        ("    when: invoice.disputed\n", 24, "when"),
        ("    kind: flat\n", 27, "kind"),
        ("    amount: 40\n", 27, "amount"),
        ("  per_days: 7\n", 30, "per_days"),
    ],
    ids=lambda value: value.strip() if isinstance(value, str) else "",
)
def test_what_is_missing_is_said_where_it_is_missing(server: Server, old: str, line: int, key: str) -> None:
    assert SOUND.count(old) == 1
    (finding,) = server.findings(FILE, SOUND.replace(old, ""))
    assert finding.message.startswith(f'Missing property "{key}')
    assert finding.line == line


def test_what_is_inherited_is_not_missing(server: Server) -> None:
    """A policy that extends another gives only what differs; so does a ladder."""
    text = (
        SOUND[: SOUND.index("currency")]
        + "extends: pack:fr-b2b\nsegments:\n  - name: high_risk\n    credit_limit: 100\n"
        + "ladders:\n  standard:\n    steps:\n      - name: phone_call\n        days: 18\n"
        + "penalties:\n  late_interest:\n    allocation: principal_first\ncontact:\n  max: 2\n"
    )
    assert server.findings(FILE, text) == []
    own = SOUND.replace(
        "holds:", "  firm:\n    extends: standard\n    steps:\n      - name: courtesy\n        days: 2\nholds:"
    )
    assert server.findings(FILE, own) == []
