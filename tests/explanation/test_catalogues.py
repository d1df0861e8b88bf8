"""The two languages say the same things with the same facts, and every code of the engine has a sentence."""

import re

import pytest

from policy_engine.explanation.english import ENGLISH
from policy_engine.explanation.french import FRENCH
from policy_engine.explanation.sentences import Money, why_sentence, words_of
from policy_engine.plan.model import OUTCOMES, REASONS, Outcome
from policy_engine.policy.resolved import CONTACT_CHANNELS


def templates(value):
    return (value,) if isinstance(value, str) else value


def facts(template):
    return sorted(re.findall(r"\{([^}]*)\}", template))


def test_both_languages_have_the_same_keys():
    assert list(ENGLISH) == list(FRENCH)


@pytest.mark.parametrize("key", ENGLISH)
def test_both_languages_use_the_same_facts(key):
    english, french = templates(ENGLISH[key]), templates(FRENCH[key])
    assert [facts(text) for text in english] == [facts(text) for text in french]


@pytest.mark.parametrize("key", FRENCH)
def test_french_has_typographic_apostrophes_and_is_translated(key):
    for text in templates(FRENCH[key]):
        assert "'" not in text


def test_every_outcome_and_channel_has_a_name():
    for catalogue in (ENGLISH, FRENCH):
        assert all(f"outcome.{name}" in catalogue for name in OUTCOMES)
        assert all(f"channel.{name}" in catalogue for name in CONTACT_CHANNELS | {"task", "webhook", "placement"})


def bare(outcome, reason):
    """An outcome about which nothing else is known."""
    return Outcome(
        "F1", "F1", "C1", None, None, None, None, None, None, None, None, outcome, reason, None, None, None, (), ()
    )


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize(
    ("outcome", "reason"), [(o, r.replace("<hold>", "my_hold")) for o, rs in REASONS.items() for r in rs]
)
def test_every_reason_has_a_sentence_even_when_nothing_else_is_known(language, outcome, reason):
    said = why_sentence(bare(outcome, reason), words_of(language))
    assert said
    assert "{" not in said
    assert said[0].islower()
    assert not said.endswith(".")


def test_the_most_telling_sentence_is_chosen():
    words = words_of("en")
    row = bare("waiting", "below_minimum")
    assert why_sentence(row, words) == "what is to be asked is below the minimum"
    known = (("amount", Money(990, "EUR")), ("minimum", Money(1000, "EUR")), ("level", "item"))
    assert why_sentence(row, words, None, known) == "€9.90 is below the minimum of €10.00 (per invoice)"


def test_hostile_text_in_a_reason_is_inert():
    row = bare("held", "block")._replace(detail=(("reason", "\x1b[31mred\n::error::"),))
    said = why_sentence(row, words_of("en"))
    assert said == r"blocked by a person: \x1b[31mred\n:\x3aerror::"
