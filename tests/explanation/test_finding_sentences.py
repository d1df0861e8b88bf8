"""Alerts and problems are told in the reader's language, with the words of the row."""

import re
from pathlib import Path

import pytest

from policy_engine.explanation.finding_sentences import (
    FRENCH_ALERTS,
    FRENCH_PROBLEMS,
    alert_sentence,
    problem_sentence,
)
from policy_engine.explanation.sentences import CATALOGUES, words_of
from policy_engine.snapshot.model import Alert

ROOT = Path(__file__).resolve().parents[2] / "policy_engine"
SOURCES = {
    path.relative_to(ROOT): path.read_text("utf-8")
    for part in ("snapshot", "engine")
    for path in (ROOT / part).rglob("*.py")
}


def test_every_alert_has_a_french_sentence() -> None:
    raised = {code for text in SOURCES.values() for code in re.findall(r"(?:\balert|Alert)\(\s*\"([a-z_]+)\"", text)}
    assert len(raised) > 15
    told = {key.removeprefix("alert.") for key in CATALOGUES["fr"] if key.startswith("alert.")}
    assert raised == told | set(FRENCH_ALERTS)
    assert not told & set(FRENCH_ALERTS)


def test_every_problem_of_a_row_has_a_french_sentence() -> None:
    """Problems are of rows (3.2): codes DUN520 to DUN539."""
    found = {code for text in SOURCES.values() for code in re.findall(r"\"(DUN5[23]\d)\"", text)}
    assert found == set(FRENCH_PROBLEMS)


def test_a_problem_keeps_the_words_of_its_row() -> None:
    message = "`amount`: `12,5x` is not an amount"
    assert problem_sentence("DUN520", message, words_of("en")) == message
    assert problem_sentence("DUN520", message, words_of("fr")) == "valeur illisible (amount, 12,5x)"
    assert problem_sentence("DUN528", "is negative", words_of("fr")) == "paiement négatif que rien n’explique"
    assert problem_sentence("DUN999", message, words_of("fr")) == message


@pytest.mark.parametrize(
    ("alert", "english", "french"),
    [
        (
            Alert("unknown_table", "notes.csv", "`notes.csv` is not a table of a snapshot and is left out"),
            "`notes.csv` is not a table of a snapshot and is left out",
            "notes.csv n’est pas une table d’export : elle n’est pas lue",
        ),
        (
            Alert("facts_missing", "{count}", "1,200 rows of `x` can't be used", 1200),
            "1,200 rows of `x` can't be used",
            "lignes inutilisables dans {count} : 1 200 ; ce qu’elles disaient manque",
        ),
        (Alert("of_tomorrow", "x", "as it was raised"), "as it was raised", "as it was raised"),
    ],
    ids=["table", "hostile subject", "unknown code"],
)
def test_an_alert_is_told_in_both_languages(alert: Alert, english: str, french: str) -> None:
    assert alert_sentence(alert, words_of("en")) == english
    assert alert_sentence(alert, words_of("fr")).replace("\u202f", " ").replace("\xa0", " ") == french
