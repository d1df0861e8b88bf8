"""Mutants of a policy: its text with one small change each, the way authors slip.

A number off by one, a comparison turned, a rule dropped, two neighbours swapped, a word replaced by one of its kind.
The changes are made in the text at the places that the parser gives, so that a survivor can be named by its line.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from policy_engine.language.findings import Findings
from policy_engine.language.nodes import Items, Map, Node, Text
from policy_engine.language.yaml import read_yaml

NUMBERS = frozenset({
    "days", "after_previous", "item", "customer", "grace", "valid_for", "max", "per_days", "per_day", "months",
    "people", "times", "plus", "value", "bank_lag", "credit_limit", "annual", "every",
})  # fmt: skip
WORDS = {
    "channel": ("email", "letter", "registered_letter", "call", "task", "placement"),
    "otherwise": ("letter", "call"),
    "stage": ("notice", "reminder", "call", "formal_notice", "agency", "legal"),
    "netting": ("oldest_first", "account", "none"),
    "progression": ("stepwise", "jump"),
    "consolidate": ("customer", "step", "item"),
    "anchor": ("due_date", "issue_date"),
    "adjust": ("next_business_day", "none"),
    "after_settlement": ("list", "never"),
    "allocation": ("interest_first", "principal_first"),
    "once": ("customer", "invoice"),
    "country": ("FR", "DE"),
}
"""Keys with the words that may stand there; a mutant takes the next one."""
OWN = frozenset({"template", "adapter", "role"})
"""Keys with names of the author's own; a mutant misspells them."""
EXPRESSIONS = frozenset({"when", "slow_payer", "breaks_promises"})
OPTIONAL = frozenset({
    "otherwise", "template", "adapter", "charge", "exempt", "also", "approval", "when", "after_previous", "instead",
    "stops", "deadline", "contact", "safeguards", "floor", "contract", "netting", "minimum", "calendar", "country",
    "capacity", "priority", "promises", "bank_lag", "valid_for", "consolidate", "progression", "weekend", "adjust",
    "after_settlement", "allocation", "holds", "people",
})  # fmt: skip
LISTS = frozenset({"segments", "steps", "holds", "interventions", "capacity"})
_TURNED = (("!=", "=="), ("==", "!="), (">=", ">"), ("<=", "<"), (">", ">="), ("<", "<="))


class Mutant(NamedTuple):
    """A changed text, and the change in a few words with its line."""

    change: str
    line: int
    text: str


class _Source:
    """The text of a policy, and ways to cut and replace in it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = text.split("\n")

    def replaced(self, node: Text, new: str) -> str:
        """The text with another scalar in the place of `node`, which stands on one line."""
        line = self.lines[node.line - 1]
        start = node.column - 1
        return self._with(node.line - 1, node.line, [line[:start] + new + line[start + node.length :]])

    def block(self, line: int, column: int) -> int:
        """The line after a block that begins at a place: blank lines, comments and deeper lines belong to it."""
        end = line
        while end < len(self.lines):
            found = self.lines[end]
            inside = not found.strip() or len(found) - len(found.lstrip()) > column - 1
            if not inside:
                break
            end += 1
        while end > line and not self.lines[end - 1].strip():
            end -= 1
        return end

    def without(self, line: int, column: int) -> str:
        """The text without the block that begins at a place (from 1)."""
        return self._with(line - 1, self.block(line, column), [])

    def swapped(self, first: tuple[int, int], second: tuple[int, int]) -> str:
        """The text with two neighbouring blocks changing places."""
        (line, column), (other, _) = first, second
        end = self.block(other, column)
        moved = self.lines[other - 1 : end] + self.lines[line - 1 : other - 1]
        return self._with(line - 1, end, moved)

    def _with(self, start: int, end: int, lines: list[str]) -> str:
        return "\n".join([*self.lines[:start], *lines, *self.lines[end:]])


def mutants(path: Path) -> Iterator[Mutant]:
    """Every mutant of a policy's text; many can't be loaded, and some mean the same."""
    text = path.read_text(encoding="utf-8")
    node = read_yaml(text.encode(), path.name, Findings())
    assert isinstance(node, Map)
    yield from _map(_Source(text), node, ())


def _map(source: _Source, node: Map, path: tuple[str, ...]) -> Iterator[Mutant]:
    for key, value in node.items():
        assert isinstance(key, Text)
        name = ".".join((*path, key))
        if key in OPTIONAL or (path and path[-1] in {"penalties", "stops"}):
            yield from _without_key(source, node, key, name)
        yield from _value(source, key, value, name)
        if isinstance(value, Map):
            yield from _map(source, value, (*path, str(key)))
        elif isinstance(value, Items):
            yield from _items(source, str(key), value, (*path, str(key)))


def _value(source: _Source, key: str, value: Node, name: str) -> Iterator[Mutant]:
    def put(new: str) -> Mutant:
        assert isinstance(value, Text)
        return Mutant(f"{name}: {value} -> {new}", value.line, source.replaced(value, new))

    if key == "approval":
        if isinstance(value, Map) and value.flow:
            yield Mutant(f"{name} lifted", value.line, _flow(source, value, "none"))
        return
    if not isinstance(value, Text):
        return
    if key in NUMBERS and re.fullmatch(r"-?[0-9]+", value):
        yield put(str(int(value) + 1))
        yield put(str(int(value) - 1))
    elif key in WORDS and value in WORDS[key]:
        words = WORDS[key]
        for new in words[words.index(str(value)) + 1 :][:1] or words[:1]:
            yield put(new)
        if key in {"netting", "consolidate"}:
            yield put(words[words.index(str(value)) - 1])
    elif key in OWN:
        yield put(f"{value}_x")
    elif key == "exempt":
        yield put("false" if value == "true" else "true")
    elif key == "ladder":
        yield from (put(new) for new in ("standard", "none") if new != value)
    elif key in EXPRESSIONS and value.style == "plain":
        yield from _expression(source, value, name)


def _expression(source: _Source, value: Text, name: str) -> Iterator[Mutant]:
    text = str(value)
    changed: list[str] = []
    for found in re.finditer(r"!=|==|>=|<=|>|<", text):
        new = next(turned for sign, turned in _TURNED if sign == found[0])
        changed.append(text[: found.start()] + new + text[found.end() :])
    for found in re.finditer(r"(?<![\w.])[0-9]+\b", text):
        changed += [text[: found.start()] + str(int(found[0]) + step) + text[found.end() :] for step in (1, -1)]
    for word, other in ((" and ", " or "), (" or ", " and ")):
        changed += [text[: at.start()] + other + text[at.end() :] for at in re.finditer(word, text)]
        if word in text:
            first, _, rest = text.partition(word)
            changed += [first, rest]
    if not re.search(r"[=<>]", text):
        changed.append(f"not {text}")
    for new in dict.fromkeys(changed):
        yield Mutant(f"{name}: {text} -> {new}", value.line, source.replaced(value, new))


def _flow(source: _Source, node: Map | Items, new: str) -> str:
    """The text with something else in the place of a map or list in flow style on one line."""
    line = source.lines[node.line - 1]
    start = node.column - 1
    depth = 0
    for end in range(start, len(line)):
        depth += (line[end] in "{[") - (line[end] in "}]")
        if depth == 0:
            break
    text = line[:start] + new + line[end + 1 :]
    return "\n".join([*source.lines[: node.line - 1], text, *source.lines[node.line :]])


def _shown(node: Node) -> str:
    """A node in flow style."""
    if isinstance(node, Map):
        return "{" + ", ".join(f"{key}: {_shown(value)}" for key, value in node.items()) + "}"
    if isinstance(node, Items):
        return "[" + ", ".join(map(_shown, node)) + "]"
    return str(node)


def _without_key(source: _Source, node: Map, key: Text, name: str) -> Iterator[Mutant]:
    if node.flow:
        rest = "{" + ", ".join(f"{k}: {_shown(v)}" for k, v in node.items() if k != key) + "}"
        yield Mutant(f"{name} dropped", key.line, _flow(source, node, rest))
    elif key.line != node.line or key.column == 1:  # the first key of a list's item stands behind its dash
        yield Mutant(f"{name} dropped", key.line, source.without(key.line, key.column))


def _items(source: _Source, key: str, items: Items, path: tuple[str, ...]) -> Iterator[Mutant]:
    name = ".".join(path)
    if key in LISTS:
        places = [(item.line, items.column) for item in items]
        for item, place in zip(items, places, strict=True):
            yield Mutant(f"{name}: {_name(item)} dropped", item.line, source.without(*place))
        for one, other, place, next_ in zip(items, items[1:], places, places[1:], strict=False):
            yield Mutant(f"{name}: {_name(one)} and {_name(other)} swapped", one.line, source.swapped(place, next_))
    elif all(isinstance(item, Text) for item in items):
        for index in range(len(items)):
            rest = "[" + ", ".join(str(item) for place, item in enumerate(items) if place != index) + "]"
            yield Mutant(f"{name}: without {items[index]}", items.line, _flow(source, items, rest))
    for item in items:
        if isinstance(item, Map):
            yield from _map(source, item, (*path, _name(item)))


def _name(item: Node) -> str:
    return str(item.get("name", "?")) if isinstance(item, Map) else str(item)


Judge = Callable[[str], bool]
"""Whether a policy's text is refused by its tests; the text of a mutant to a verdict."""
