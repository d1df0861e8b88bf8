"""Waivers: what is accepted isn't reported; what accepts badly is, where it stands."""

from pathlib import Path

import pytest

from policy_engine.analysis.report import judge
from policy_engine.language.load import load_policy
from policy_engine.reporting.model import Finding
from tests.analysis.judged import AS_OF

POLICY = """\
dunning: 1
policy: waived
currency: EUR
segments:
  - {{name: others, ladder: standard}}
ladders:
  standard:
    steps:
      - {{name: courtesy, stage: reminder, days: 5, channel: email}}
{above}
      - {{name: second, stage: reminder, days: 15, channel: letter}}{behind}
"""


def judged(tmp_path: Path, above: str = "", behind: str = "") -> tuple[Finding, ...]:
    path = tmp_path / "waived.yaml"
    path.write_text(POLICY.format(above=above, behind=behind), encoding="utf-8")
    return judge(load_policy(path, as_of=AS_OF), AS_OF)


def places(findings: tuple[Finding, ...]) -> list[tuple[str, int, int]]:
    return [(one.code, one.position.line, one.position.column) for one in findings if one.position is not None]


def test_without_a_waiver_it_is_reported(tmp_path: Path) -> None:
    assert places(judged(tmp_path)) == [("DUN426", 11, 16)]


@pytest.mark.parametrize("where", ["above", "behind"])
def test_a_waiver_with_reason_and_day_waives(tmp_path: Path, where: str) -> None:
    waiver = "  # dunning: allow DUN426 until 2026-06-30: the agency calls"
    assert judged(tmp_path, **{where: waiver}) == ()


def test_comments_may_stand_between(tmp_path: Path) -> None:
    above = "  # dunning: allow DUN426 until 2027-01-01: the agency calls\n      # and nobody else"
    assert judged(tmp_path, above=above) == ()


def test_a_waiver_past_its_day_is_reported_with_what_it_waived(tmp_path: Path) -> None:
    waiver = "  # dunning: allow DUN426 until 2026-06-29: the agency calls"
    assert places(judged(tmp_path, above=waiver)) == [("DUN431", 10, 3), ("DUN426", 11, 16)]


def test_a_waiver_that_waives_nothing_is_reported(tmp_path: Path) -> None:
    waiver = "  # dunning: allow DUN427 until 2027-01-01: the agency calls"
    assert places(judged(tmp_path, above=waiver)) == [("DUN432", 10, 3), ("DUN426", 11, 16)]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("allow DUN426", "it needs a code, a last day and a reason"),
        ("allow DUN426 until 2027-01-01", "gives no reason"),
        ("allow DUN426 until 2027-01-01:   ", "gives no reason"),
        ("allow DUN426 until 2027-02-30: because", "no day of the calendar"),
        ("allow DUN426 until tomorrow: because", "it needs a code, a last day and a reason"),
        ("allow DUN308 until 2027-01-01: because", "`DUN308` can't be waived"),
        ("allow", "it needs a code, a last day and a reason"),
    ],
)
def test_a_waiver_that_cannot_be_read_is_an_error(tmp_path: Path, text: str, says: str) -> None:
    findings = judged(tmp_path, above=f"  # dunning: {text}")
    assert places(findings) == [("DUN430", 10, 3), ("DUN426", 11, 16)]
    assert findings[0].level == "error"
    assert says in findings[0].message
    assert findings[0].help is not None


def test_a_text_that_looks_like_a_waiver_is_none(tmp_path: Path) -> None:
    path = tmp_path / "waived.yaml"
    text = POLICY.format(above="", behind="")
    path.write_text(text + 'description: "read # dunning: allow DUN426 until 2027-01-01: so"\n', encoding="utf-8")
    assert {one.code for one in judge(load_policy(path, as_of=AS_OF), AS_OF)} == {"DUN426"}


def test_a_warning_of_the_load_can_be_waived(tmp_path: Path) -> None:
    path = tmp_path / "waived.yaml"
    text = POLICY.format(above="", behind="  # dunning: allow DUN402 until 2027-01-01: in a hurry")
    path.write_text(text.replace("days: 15, channel: letter", "days: 6, channel: call"), encoding="utf-8")
    assert judge(load_policy(path, as_of=AS_OF), AS_OF) == ()


def test_waivers_of_a_policy_with_errors_are_read_but_not_judged(tmp_path: Path) -> None:
    path = tmp_path / "waived.yaml"
    text = POLICY.format(above="  # dunning: allow DUN427 until 2027-01-01: so", behind="  # dunning: allow")
    path.write_text(text.replace("days: 5,", "days: five,"), encoding="utf-8")
    codes = {one.code for one in judge(load_policy(path, as_of=AS_OF), AS_OF)}
    assert "DUN430" in codes
    assert "DUN432" not in codes
