"""A golden text for each outcome, reason and hold, in both languages. `UPDATE_GOLDEN=1` writes them; read the diff."""

import json
import os

import pytest

from policy_engine.explanation.data import explanation_data
from policy_engine.explanation.text import explanation_text
from policy_engine.plan.model import REASONS
from tests.explanation.golden_cases import CASES, GOLDEN, explanation_of

HOLDS = ("insolvency", "disputed", "promise_to_pay", "payment_plan", "factored")


@pytest.mark.parametrize("name", CASES)
def test_text_is_golden_in_both_languages(name, tmp_path):
    explanation = explanation_of(name, tmp_path)
    expected = name.split("-")[:2]
    assert [explanation.invoices[0].outcome.outcome, explanation.invoices[0].outcome.reason] == expected
    for language in ("en", "fr"):
        text = explanation_text(explanation, language)
        file = GOLDEN / f"{name}.{language}.txt"
        if os.environ.get("UPDATE_GOLDEN"):
            file.write_text(text, encoding="utf-8")
        assert text == file.read_text(encoding="utf-8")


def test_every_outcome_reason_and_hold_has_a_case():
    shown = {tuple(name.split("-")[:2]) for name in CASES}
    wanted = {(outcome, reason) for outcome, reasons in REASONS.items() for reason in reasons if reason != "<hold>"} | {
        ("held", hold) for hold in HOLDS
    }
    assert shown == wanted


def test_no_golden_text_is_left_over():
    files = {path.name for path in GOLDEN.glob("*.txt")}
    assert files == {f"{name}.{language}.txt" for name in CASES for language in ("en", "fr")}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("language", ["en", "fr"])
def test_json_says_the_same_exactly(name, language, tmp_path):
    explanation = explanation_of(name, tmp_path)
    data = explanation_data(explanation, language)
    assert json.loads(json.dumps(data, allow_nan=False)) == data
    first = data["invoices"][0]
    assert first["why"] in explanation_text(explanation, language)
    assert f"{first['outcome']}-{first['reason']}" == "-".join(name.split("-")[:2])
