"""The words of one language, with the numbers and dates that go with them."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from policy_engine.description import english, french
from policy_engine.explanation.locale import Language, Locale, locale_of
from policy_engine.values.money import EXPONENTS


@dataclass(frozen=True, slots=True)
class Words:
    """What the page is written with.

    Attributes:
        currency: of the policy, for amounts.
    """

    language: Language
    locale: Locale
    currency: str
    texts: dict[str, str]
    facts: dict[str, str]
    names: dict[str, str]

    def say(self, key: str, **values: object) -> str:
        """A sentence with its blanks filled in."""
        return self.texts[key].format(**values)

    def known(self, key: str) -> str | None:
        """A word that may not be in the list."""
        return self.texts.get(key)

    def count(self, what: str, number: int) -> str:
        """A number of `day`s, `month`s or `time`s."""
        plural = "s" if abs(number) > 1 or (number == 0 and self.language == "en") else ""
        return self.say(f"count.{what}{plural}", count=number)

    def join(self, parts: Iterable[str], last: str = "join.and") -> str:
        """`a, b and c`."""
        found = list(parts)
        if len(found) < 2:
            return "".join(found)
        return self.texts["join.list"].join(found[:-1]) + self.texts[last] + found[-1]

    def amount(self, minor: int, currency: str | None = None) -> str:
        """An amount of minor units; whole amounts without decimals."""
        unit = currency or self.currency
        text = self.locale.amount(minor, unit)
        exponent = EXPONENTS[unit]
        if exponent and minor % 10**exponent == 0:
            mark = "," if self.language == "fr" else "."
            text = text.replace(f"{mark}{'0' * exponent}", "", 1)
        return text

    def number(self, value: Fraction) -> str:
        """A plain number, exact to four decimals."""
        return self.locale.count(value.numerator) if value.denominator == 1 else self.trimmed(value, 4)

    def trimmed(self, value: Fraction, decimals: int) -> str:
        """A number with as many decimals as it needs, `decimals` at most."""
        text = self.locale.decimal(value, decimals)
        return text.rstrip("0").rstrip(",.") if not text.endswith("…") else text

    def share(self, value: Fraction) -> str:
        """A ratio as percent: 4/5 is 80 %."""
        blank = "\u00a0" if self.language == "fr" else ""
        return f"{self.number(value * 100)}{blank}%"

    def quoted(self, text: str) -> str:
        """An author's own word, as people write it."""
        return self.say("quote", text=self.name(text))

    def name(self, name: str) -> str:
        """A name of the policy as people write it: `courtesy_reminder` is `courtesy reminder`."""
        return self.names.get(name) or name.replace("_", " ")

    def stage(self, name: str) -> str:
        """A stage: the usual ones in the language, others as the author calls them."""
        return self.texts.get(f"stage.{name}") or self.name(name)


def words_for(language: Language, currency: str) -> Words:
    """The words of a language."""
    module = french if language == "fr" else english
    texts = french.FRENCH if language == "fr" else english.ENGLISH
    if language == "fr":
        texts = {key: _set(text) for key, text in texts.items()}
    return Words(language, locale_of(language), currency, texts, module.FACTS, module.NAMES)


def _set(text: str) -> str:
    """French typography: no line breaks before a colon or semicolon, nor inside quotation marks."""
    for mark in (":", ";", "»"):
        text = text.replace(f" {mark}", f"\u00a0{mark}")
    return text.replace("« ", "«\u00a0")
