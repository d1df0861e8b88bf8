"""Whatever the text is, there is an expression or a finding: nothing is raised and nothing warns."""

import warnings

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from policy_engine.language.expressions.check import parse_expression
from policy_engine.language.expressions.lexer import fact_names
from policy_engine.language.expressions.structure import MAX_DEPTH, MAX_LENGTH
from tests.expressions.expression_samples import AT, policy_facts, scope

FACTS = policy_facts({"slow_payer": "customer.average_days_late > 15"})
PIECES = [
    "customer", "invoice", ".", "overdue", "days_late", "customer.overdue", "customer.average_days_late", "as_of",
    "invoice.due_date", "customer.credit_limit", "customer.kind", "customer.tags", "slow_payer", "and", "or", "not",
    "in", "not in", "if", "else", "==", "!=", "<", ">", "+", "-", "*", "/", "(", ")", "[", "]", ",", "1", "0", "0.5",
    '"a"', '"business"', "'b'", "known(", "min(", "max(", "abs(", "has(", "days_between(", "date(", '"2026-01-01"',
    "True", "None", "1e400", "0x1", "1_0", "is", "lambda", ":", "=", "&&", "||", "!", "**", "//", "%", "\\", "\n",
    "\x00", "\ud800", "é", "\u202e", "f'", '"', "2026-01-01", "...", "{", "}", ";", "#", "@", ":=", "await", "yield",
    "5(3)",
]  # fmt: skip


def _check(text: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        expression, found = parse_expression(text, AT, scope(FACTS), f"      when: {text}")
        fact_names(text)
    for finding in found:
        assert finding.render().isprintable() or "\n" in finding.render()
        assert finding.position.line == AT.line
        assert AT.column <= finding.position.column <= AT.column + len(text)
    assert (expression is None) is any(finding.severity == "error" for finding in found)


@given(st.text(max_size=600))
@example("5(3)")
@example('"a"[0]')
@example("'\\d'")
@example("1if 2else 3")
@example("\ud800")
@example("\x00")
def test_any_text(text: str) -> None:
    _check(text)


@given(st.lists(st.sampled_from(PIECES), max_size=40).map(" ".join))
def test_any_order_of_words(text: str) -> None:
    _check(text)


@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
def test_any_order_of_words_without_blanks(text: str) -> None:
    _check(text)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 500, "-" * 500, "not " * 125, "[" * 250 + "]" * 250, "1" * 500, "1+" * 249 + "1", "a." * 249 + "a",
        "1<" * 249 + "1", "1 if 1 else " * 41 + "1", "(1)" * 160, "{" * 500, "f'" * 250, "known(" * 80 + "1" + ")" * 80,
    ],
)  # fmt: skip
def test_shapes_that_break_parsers(text: str) -> None:
    _check(text)


def test_length_and_depth_are_bounded() -> None:
    def errors(text: str) -> set[str]:
        return {finding.code for finding in parse_expression(text, AT, scope())[1]}

    fits = "customer.overdue > 1"
    assert errors(fits + " " * (MAX_LENGTH - len(fits))) == set()
    assert errors(fits + " " * (MAX_LENGTH + 1 - len(fits))) == {"DUN201"}
    assert errors("(" * MAX_DEPTH + fits + ")" * MAX_DEPTH) == set()
    assert errors("(" * (MAX_DEPTH + 1) + fits + ")" * (MAX_DEPTH + 1)) == {"DUN201"}
    terms = " + ".join(["customer.overdue"] * (MAX_DEPTH - 1))
    assert errors(f"{terms} > 1") == set()
    assert errors(f"customer.overdue + {terms} > 1") == {"DUN201"}


def test_nested_chains_stay_small() -> None:
    text = "invoice.days_late"
    for _ in range(12):
        text = f"(1 if 1<{text}<2 else 0)"
    assert [finding.code for finding in parse_expression(text, AT, scope())[1]] == ["DUN201"]


def test_deep_expressions_run() -> None:
    from policy_engine.engine.expressions import compile_flag
    from policy_engine.engine.walker import evaluate
    from tests.expressions.expression_samples import customer, invoice, parsed

    text = "customer.overdue"
    for _ in range(11):
        text = f"min({text}, 1)"
    text = f"{text} > 0"
    assert len(text) <= MAX_LENGTH
    tree = parsed(text).tree
    assert compile_flag(tree, ())(customer(), invoice()) is evaluate(tree, (), customer(), invoice()) is True
    choices = "1 if customer.vip else " * 15 + "customer.slack"
    tree = parsed(f"({choices}) > 0").tree
    assert compile_flag(tree, ())(customer(), invoice()) is evaluate(tree, (), customer(), invoice()) is False
