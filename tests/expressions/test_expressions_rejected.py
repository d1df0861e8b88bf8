"""Every finding as an author sees it, one golden block for each; each code has its section in the docs."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from policy_engine.language.expressions.check import parse_expression
from policy_engine.language.expressions.lexer import fact_names
from policy_engine.values.position import Position
from tests.expressions.expression_samples import AT, parsed, policy_facts, scope

HERE = Path(__file__).parent
CASES = yaml.safe_load((HERE / "rejected.yaml").read_text(encoding="utf-8"))
FACTS = policy_facts(
    {
        "slow_payer": "customer.average_days_late > 15 and customer.paid_invoices >= 3",
        "not_paying": "invoice.days_late > 60",
        "over_limit": "known(customer.credit_limit) and customer.overdue > customer.credit_limit",
    }
)
SOURCES = [*(HERE.parents[1] / "policy_engine/language/expressions").glob("*.py")]
CODES = sorted(set(re.findall(r"DUN2\d\d", "".join(path.read_text(encoding="utf-8") for path in SOURCES))))


@pytest.mark.parametrize("case", CASES, ids=[str(case["text"])[:60] for case in CASES])
def test_rejected(case: dict[str, Any]) -> None:
    changes = {key: value for key, value in case.items() if key not in {"text", "findings"}}
    if isinstance(changes.get("wanted"), list):
        changes["wanted"] = tuple(changes["wanted"])
    text = case["text"]
    expression, found = parse_expression(text, AT, scope(FACTS, **changes), f"      when: {text}")
    assert "\n".join(finding.render() for finding in found).rstrip() == case["findings"].rstrip()
    assert (expression is None) is any(finding.severity == "error" for finding in found)


@pytest.mark.parametrize("code", CODES)
def test_each_code_is_shown_and_documented(code: str) -> None:
    assert any(code in case["findings"] for case in CASES)
    page = (HERE.parents[1] / "docs/diagnostics-expressions.md").read_text(encoding="utf-8")
    section = page.partition(f"## {code}: ")[2].partition("\n## ")[0]
    assert all(word in section for word in ("Avoid", "Prefer", "Why"))


@pytest.mark.parametrize("code", CODES)
def test_the_documented_examples_do_what_the_page_says(code: str) -> None:
    page = (HERE.parents[1] / "docs/diagnostics-expressions.md").read_text(encoding="utf-8")
    section = page.partition(f"## {code}: ")[2].partition("\n## ")[0]
    avoid = re.findall(r"^- Avoid: `` ?(.*?) ?``", section, re.MULTILINE)
    prefer = re.findall(r"^- Prefer: `` ?(.*?) ?``", section, re.MULTILINE)
    assert avoid
    assert prefer
    customer_only = {"level": "customer", "segment_phase": True} if code == "DUN205" else {}
    wanted = {"wanted": "flag"} if code == "DUN215" else {}
    for text in avoid:
        found = parse_expression(text, AT, scope(FACTS, **customer_only, **wanted))[1]
        assert {finding.code for finding in found} == {code}, text
    for text in prefer:
        assert parse_expression(text, AT, scope(FACTS, **customer_only, **wanted))[1] == (), text


def test_names_whose_definition_failed_say_nothing_more() -> None:
    broken = scope(broken=frozenset({"slow_payer"}))
    expression, found = parse_expression("slow_payer and customer.insolvent", AT, broken)
    assert expression is None
    assert found == ()
    mixed = parse_expression("slow_payer and customer.insolvant", AT, broken)[1]
    assert [finding.code for finding in mixed] == ["DUN203"]


def test_choices_of_the_policy() -> None:
    of_policy = scope(choices={"invoice.stage": ("reminder", "formal_notice")})
    assert parse_expression('invoice.stage == "reminder"', AT, of_policy)[1] == ()
    found = parse_expression('invoice.stage in ["remindr"]', AT, of_policy)[1]
    assert [(finding.code, finding.help) for finding in found] == [("DUN212", 'did you mean "reminder"?')]


def test_texts_are_normalised() -> None:
    tree = parsed('customer.category == "cle\u0301"').tree
    assert "value='clé'" in repr(tree)


def test_carets_stand_in_the_source_line() -> None:
    quoted = parse_expression("invoice.x > 1", Position("p.yaml", 3, 9), scope(), "  when: 'invoice.x > 1'")[1]
    assert quoted[0].position == Position("p.yaml", 3, 10, 9)
    folded = parse_expression("1 < 2 and invoice.x > 1", Position("p.yaml", 3, 9, 1), scope(), "  when: >-")[1]
    assert folded[0].position == Position("p.yaml", 3, 9, 1)
    lines = parse_expression("1 < 2\nand invoice.x > 1", Position("p.yaml", 3, 9, 1), scope())[1]
    assert lines[0].position == Position("p.yaml", 3, 9, 1)


def test_a_line_break_is_a_blank() -> None:
    assert parsed("customer.overdue > 1\n  and customer.insolvent").type == "flag"


def test_fact_names_are_the_bare_names() -> None:
    text = 'slow_payer and customer.trusted == "quoted" or known(reserve) and customer . region == "a"'
    assert fact_names(text) == {"slow_payer", "known", "reserve"}


def test_another_currency_scales_amounts() -> None:
    tree = parsed("invoice.outstanding > 12", currency="JPY").tree
    assert "value=Fraction(12, 1), type='amount'" in repr(tree)
    assert "value=Fraction(12000, 1), type='amount'" in repr(parsed("invoice.outstanding > 12", currency="KWD").tree)
