"""Every field of a resolved policy that changes what the program does is told on the page.

Each field of each part of a policy that uses the whole language is changed, one at a time; the page must change with
it. What may stay untold is listed with the reason.
"""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

from policy_engine.description.build import describe
from policy_engine.description.render import render
from policy_engine.explanation.locale import Language
from policy_engine.language.load import load_policy
from policy_engine.policy import resolved
from policy_engine.policy.resolved import Expression, Policy
from policy_engine.policy.tree import Constant

EVERYTHING = Path(__file__).parent / "everything.yaml"
AS_OF = date(2026, 10, 30)

UNTOLD: Mapping[tuple[str, str], str] = {
    ("Policy", "language"): "version of the language: it says how the file is read",
    ("Policy", "locale"): "how messages write numbers and days; the page has a language of its own",
    ("Policy", "attributes"): "columns declared for the checker; the conditions that use them are told",
    ("Attribute", "level"): "see attributes",
    ("Attribute", "name"): "see attributes",
    ("Attribute", "type"): "see attributes",
    ("Policy", "rates"): "published figures; the rate of the day is told with each penalty",
    ("Calendar", "closed"): "too many days for a page: public holidays of the country told, and the company's own",
    ("Calendar", "first_year"): "how far the public holidays are known",
    ("Calendar", "last_year"): "how far the public holidays are known",
    ("PolicyFact", "level"): "follows from what its expression names",
    ("PolicyFact", "nullable"): "follows from its expression",
    ("Step", "index"): "its place in the list",
    ("Step", "rank"): "the place of its stage on the scale",
    ("Step", "template"): "which text is sent: neither who, when nor by what means",
    ("Step", "adapter"): "which interface delivers: neither who, when nor by what means",
    ("Intervention", "adapter"): "which interface delivers: neither who, when nor by what means",
    ("Intervention", "template"): "which text is used: neither who, when nor by what means",
}
PLACES = frozenset({"position", "file", "digest"})
"""Where something stands in a file, and what sums up everything: never told, or always (the digest)."""


def _policy() -> Policy:
    found = load_policy(EVERYTHING, as_of=AS_OF)
    assert found.policy is not None, [one.render() for one in found.diagnostics]
    return found.policy


def _page(policy: Policy, language: Language = "en") -> str:
    return render(describe(policy, language=language, as_of=AS_OF), "json")


def _others(value: Any, hint: Any) -> Iterator[Any]:
    """Other values of a leaf: of its words, the next number, nothing where nothing may stand."""
    words = [word for one in (hint, *get_args(hint)) for word in get_args(one) if isinstance(word, str)]
    if value is not None and type(None) in get_args(hint):
        yield None
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield from (value + 1, value * 2 + 7)
    elif isinstance(value, date):
        yield value + timedelta(days=400)
    elif isinstance(value, Fraction):
        yield value + 1
    elif isinstance(value, str):
        yield from (word for word in words if word != value)
        if not words:
            yield f"{value}_changed"
    elif value is None:
        yield from words
    elif isinstance(value, frozenset) and value:
        yield value - {max(value)}


def _changed(value: Any, hint: Any = None) -> Iterator[tuple[tuple[str, str], Any]]:
    """((part, field), the value with this one field changed) for each field below `value`."""
    if isinstance(value, Expression):
        yield ("", ""), replace(value, tree=Constant(Fraction(4711), "number", value.tree.span))
    elif is_dataclass(value) and not isinstance(value, type):
        hints = get_type_hints(type(value), vars(resolved))
        for field in fields(value):
            if field.name in PLACES:
                continue
            here = (type(value).__name__, field.name)
            inner = getattr(value, field.name)
            for where, other in _changed(inner, hints[field.name]):
                yield where if where[0] else here, replace(value, **{field.name: other})
            if isinstance(inner, tuple) and inner:
                yield here, replace(value, **{field.name: inner[1:]})
            if is_dataclass(inner) and type(None) in get_args(hints[field.name]):
                yield here, replace(value, **{field.name: None})
    elif isinstance(value, tuple):
        for place, inner in enumerate(value):
            for where, other in _changed(inner):
                yield where, (*value[:place], other, *value[place + 1 :])
    else:
        for other in _others(value, hint):
            yield ("", ""), other


def _parts(value: Any) -> Iterator[tuple[str, str]]:
    """Every (part, field) of the language that `value` holds."""
    if isinstance(value, tuple):
        for inner in value:
            yield from _parts(inner)
    elif is_dataclass(value) and not isinstance(value, type) and type(value).__module__ == resolved.__name__:
        if isinstance(value, Expression):
            return  # told in words, as the value of the field that holds it
        for field in fields(value):
            inner = getattr(value, field.name)
            if not is_dataclass(inner) or isinstance(inner, Expression):  # of a part, each of its own fields counts
                yield type(value).__name__, field.name
            yield from _parts(inner)


def test_every_field_is_told_or_says_why_not() -> None:
    policy = _policy()
    page = _page(policy)
    told: set[tuple[str, str]] = set()
    for where, other in _changed(policy):
        if where in told or where in UNTOLD:
            continue
        try:
            if _page(other) != page:
                told.add(where)
        except (KeyError, StopIteration, AssertionError):
            told.add(where)  # the page looks it up: a name that leads nowhere can't be loaded
    missing = {part for part in _parts(policy) if part[1] not in PLACES} - told - set(UNTOLD)
    assert missing == set()


def test_the_sample_uses_every_part_of_a_policy() -> None:
    """Otherwise the test above would pass over a part that it never sees."""
    parts = {part for part, _ in _parts(_policy())} | {"Expression"}
    known = {
        name
        for name, value in vars(resolved).items()
        if isinstance(value, type) and is_dataclass(value) and value.__module__ == resolved.__name__
    }
    assert known - parts == set()


@pytest.mark.parametrize("language", ["en", "fr"])
def test_own_facts_are_explained_wherever_they_are_named(language: Language) -> None:
    """`slow_payer` stands in a step and a hold only, `large_item` in an approval only."""
    made = render(describe(_policy(), language=language, as_of=AS_OF), "markdown")
    slow = "“slow payer”" if language == "en" else "«\u00a0payeur lent\u00a0»"
    large = "“large item”" if language == "en" else "«\u00a0large item\u00a0»"
    assert f"- **{slow}**" in made
    assert f"- **{large}**" in made
