"""Conditions read aloud, in both languages; the words of both languages."""

import string
from pathlib import Path

import pytest
import yaml

from policy_engine.description import english, french
from policy_engine.description.phrases import Phrases
from policy_engine.description.words import words_for
from policy_engine.facts.table import TABLE
from policy_engine.language.load import load_policy

CASES = yaml.safe_load((Path(__file__).parent / "phrases.yaml").read_text(encoding="utf-8"))
POLICY = """\
dunning: 1
policy: spoken
version: 1
currency: EUR
locale: fr-FR
stages: [reminder]
attributes:
  customer:
    region: text
facts:
  slow: customer.oldest_days_late > 60
segments:
  - name: all
    ladder: one
ladders:
  one:
    steps:
      - name: first
        stage: reminder
        days: 3
        channel: email
        when: >-
          {when}
"""


@pytest.mark.parametrize("case", CASES, ids=[case["when"][:40] for case in CASES])
def test_a_condition_is_read_aloud(tmp_path: Path, case: dict[str, str]) -> None:
    path = tmp_path / "p.yaml"
    path.write_text(POLICY.replace("{when}", case["when"]), encoding="utf-8")
    found = load_policy(path)
    assert found.policy is not None, [d.render() for d in found.diagnostics]
    when = found.policy.ladders[0].steps[0].when
    assert when is not None
    for language in ("en", "fr"):
        said = Phrases(words_for(language, "EUR"), found.policy.facts).condition(when.tree)
        assert said.replace("\u00a0", " ").replace("\u202f", " ") == case[language]


def test_both_languages_have_the_same_sentences_with_the_same_blanks() -> None:
    def blanks(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    assert english.ENGLISH.keys() == french.FRENCH.keys()
    for key, text in english.ENGLISH.items():
        assert blanks(text) == blanks(french.FRENCH[key]), key
        assert text.count("|") == french.FRENCH[key].count("|"), key


@pytest.mark.parametrize("facts", [english.FACTS, french.FACTS], ids=["en", "fr"])
def test_every_fact_has_its_words_and_a_flag_its_opposite(facts: dict[str, str]) -> None:
    for fact in TABLE:
        assert fact.name in facts
        assert ("|" in facts[fact.name]) == (fact.type == "flag"), fact.name
