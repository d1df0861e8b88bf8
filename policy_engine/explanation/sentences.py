"""Sentences from codes: what an outcome says and what comes next, in the reader's language.

The engine gives codes with facts; here they become text. Whatever came from strangers is made inert first.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from string import Formatter
from typing import Any

from policy_engine.explanation.english import ENGLISH
from policy_engine.explanation.english_simulation import ENGLISH_SIMULATION
from policy_engine.explanation.french import FRENCH
from policy_engine.explanation.french_simulation import FRENCH_SIMULATION
from policy_engine.explanation.locale import Language, Locale
from policy_engine.plan.model import REASONS, Action, Outcome
from policy_engine.values.text import inert

CATALOGUES: dict[Language, dict[str, str | tuple[str, ...]]] = {
    "en": ENGLISH | ENGLISH_SIMULATION,
    "fr": FRENCH | FRENCH_SIMULATION,
}


@dataclass(frozen=True, slots=True)
class Money:
    """An amount for a sentence: minor units of a currency."""

    minor: int
    currency: str


_UNKNOWN = "-"


class _Facts(Formatter):
    """Fills templates. A fact that isn't known raises KeyError, so that the next is tried; in the last it is a dash."""

    def __init__(self, locale: Locale, catalogue: Mapping[str, str | tuple[str, ...]], *, last: bool) -> None:
        self._locale = locale
        self._catalogue = catalogue
        self._last = last

    def get_value(self, key: int | str, _args: object, kwargs: Mapping[str, Any]) -> Any:
        value = kwargs[str(key)]
        if value is None or value == "":
            if self._last:
                return _UNKNOWN
            raise KeyError(key)
        return value

    def format_field(self, value: Any, format_spec: str) -> str:
        if value == _UNKNOWN:
            return _UNKNOWN
        if format_spec == "day":
            return self._locale.day(value if isinstance(value, date) else date.fromisoformat(str(value)))
        if format_spec == "money":
            return self._locale.amount(value.minor, value.currency) if isinstance(value, Money) else inert(str(value))
        if format_spec == "days":
            number = int(value)
            template = self._catalogue["days.one" if abs(number) == 1 else "days.many"]
            return str(template).replace("{count}", self._locale.count(number))
        return inert(str(value))


@dataclass(frozen=True, slots=True)
class Words:
    """One language: its sentences and how it writes numbers and dates."""

    language: Language

    @property
    def locale(self) -> Locale:
        """How the language writes numbers and dates."""
        return Locale(self.language)

    def say(self, key: str, **facts: object) -> str:
        """The first of the key's templates whose facts are all known, filled in.

        Raises:
            KeyError: no such key, or a fact that even the last template needs isn't given at all.
        """
        catalogue = CATALOGUES[self.language]
        templates = catalogue[key]
        choices = (templates,) if isinstance(templates, str) else templates
        for template in choices[:-1]:
            try:
                return _Facts(self.locale, catalogue, last=False).vformat(template, (), facts)
            except (KeyError, ValueError):
                continue
        return _Facts(self.locale, catalogue, last=True).vformat(choices[-1], (), facts)

    def word(self, word: str) -> str:
        """A word of the language, or the word itself."""
        return str(CATALOGUES[self.language].get(f"word.{word}", word))

    def channel(self, channel: str) -> str:
        """The channel's name."""
        return str(CATALOGUES[self.language].get(f"channel.{channel}", channel))


def words_of(language: Language) -> Words:
    """The words of a language: `en` or `fr`."""
    return Words(language)


def _detail(outcome: Outcome, words: Words, known: Iterable[tuple[str, object]]) -> dict[str, object]:
    """The facts for a template: the outcome's own, then what else is known."""
    facts: dict[str, object] = {**dict(outcome.detail), **dict(known)}
    if "level" in facts:
        facts["level"] = words.word(str(facts["level"]))
    if "channel" in facts:
        facts["channel"] = words.channel(str(facts["channel"]))
    return facts


def why_sentence(
    outcome: Outcome, words: Words, action: Action | None = None, known: Iterable[tuple[str, object]] = ()
) -> str:
    """Why an invoice has its outcome: one sentence without a full stop. `known` are facts beyond the outcome's own."""
    facts = _detail(outcome, words, known)
    facts |= {
        "segment": outcome.segment,
        "ladder": outcome.ladder,
        "step": outcome.step,
        "currency": facts.get("currency", outcome.currency),
        "due_date": outcome.due_date,
        "next_step": outcome.next.step if outcome.next else None,
    }
    if outcome.currency is not None and outcome.charges:
        facts["charges"] = Money(sum(charge.asked for charge in outcome.charges), outcome.currency)
    if action is not None:
        facts |= {
            "action_step": action.step,
            "channel": words.channel(action.channel),
            "send_on": action.send_on,
        }
    if outcome.outcome == "held" and outcome.reason not in REASONS["held"]:
        return words.say("why.held.<hold>", **{**facts, "hold": outcome.reason})
    return words.say(f"why.{outcome.outcome}.{outcome.reason}", **facts)


def next_sentence(outcome: Outcome, words: Words) -> str:
    """What comes next and when, or what must happen first; "" when nothing does."""
    if outcome.next is None:
        return ""
    on, step, until = outcome.next
    if on is not None and step is not None:
        return words.say("next.step_on", next_step=step, on=on)
    if on is not None:
        return words.say("next.on", on=on)
    if until is not None:
        key = f"until.{until}"
        known = key in CATALOGUES[words.language]
        first = words.say(key, hold=outcome.reason) if known else words.say("until.other", until=until)
        return words.say("next.step_until", next_step=step, until=first) if step is not None else first
    return words.say("next.step", next_step=step) if step is not None else words.say("next.none")
