"""Facts as text: for people in their language, and exactly for programs."""

from datetime import date
from fractions import Fraction

from policy_engine.explanation.model import Fact
from policy_engine.explanation.sentences import Words
from policy_engine.values.money import minor_text
from policy_engine.values.text import inert


def shown(fact: Fact, words: Words, currency: str) -> str:
    """A fact's value for people: amounts with their currency, rates in percent, dates as the language writes them."""
    value, locale = fact.value, words.locale
    if value is None:
        return words.say("missing")
    if isinstance(value, bool):
        return words.say("yes" if value else "no")
    if isinstance(value, date):
        return locale.day(value)
    if isinstance(value, str):
        return inert(value)
    if isinstance(value, frozenset):
        return inert(", ".join(sorted(value))) or "-"
    number = Fraction(*value) if isinstance(value, tuple) else Fraction(value) / fact.scale
    if fact.type == "amount" and number.denominator == 1:
        return locale.amount(number.numerator, currency)
    if fact.type == "percent" and number.denominator == 1:
        return locale.percent(number.numerator)
    if number.denominator == 1:
        if fact.type == "days":
            return words.say("count.days", count=number.numerator)
        return locale.count(number.numerator)
    return locale.decimal(number)


def exact(fact: Fact, currency: str) -> object:
    """A fact's value for programs: decimal text for amounts, percent text for rates, `p/q` for what has no end."""
    value = fact.value
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, frozenset):
        return sorted(value)
    number = Fraction(*value) if isinstance(value, tuple) else Fraction(value) / fact.scale
    if fact.type == "amount" and number.denominator == 1:
        return minor_text(number.numerator, currency)
    if fact.type == "percent":
        number /= 10_000
    if fact.type in ("days", "count") and number.denominator == 1:
        return number.numerator
    return fraction_text(number)


def exact_text(number: Fraction) -> str:
    """Decimal text of any length when the fraction ends, else `p/q`: exchange rates."""
    rest, decimals = number.denominator, 0
    while rest % 10 == 0 or rest % 2 == 0 or rest % 5 == 0:
        decimals += 1
        rest = (number * 10**decimals).denominator
    if rest != 1:
        return f"{number.numerator}/{number.denominator}"
    digits = f"{(number * 10**decimals).numerator:0{decimals + 1}d}"
    return f"{digits[:-decimals]}.{digits[-decimals:]}" if decimals else digits


def fraction_text(number: Fraction) -> str:
    """Decimal text when the fraction ends within six decimals, else `p/q`."""
    scaled = number * 10**6
    if scaled.denominator != 1:
        return f"{number.numerator}/{number.denominator}"
    sign = "-" if scaled < 0 else ""
    whole, rest = divmod(abs(scaled.numerator), 10**6)
    decimals = f"{rest:06d}".rstrip("0")
    return f"{sign}{whole}.{decimals}" if decimals else f"{sign}{whole}"
