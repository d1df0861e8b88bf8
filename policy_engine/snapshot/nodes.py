"""What YAML and JSON files are parsed into: texts, lists and maps with their lines. Numbers stay text.

Nothing is guessed: no implicit dates, booleans, octal numbers; no anchors, aliases, tags; a key stands once.
"""

import json
import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import Any, TypeAlias

import yaml

MAX_DEPTH = 12
"""Deepest nesting; a snapshot needs six levels."""
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BLANK = re.compile(r"[ \t\r\n]*")
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|-?Infinity|NaN|true|false|null", re.ASCII)


@dataclass(frozen=True, slots=True)
class Scalar:
    """A text as written; `None` for null. Lines and columns count from 1."""

    text: str | None
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list."""

    items: tuple["Node", ...]
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Mapping:
    """A map: keys in order, each once."""

    items: tuple[tuple[Scalar, "Node"], ...]
    line: int
    column: int

    def get(self, key: str) -> "Node | None":
        """The value of a key, or None."""
        return next((value for name, value in self.items if name.text == key), None)


Node: TypeAlias = Scalar | Sequence | Mapping


class DocumentError(Exception):
    """The text is no YAML or JSON that we take: where, why, and the likely fix."""

    def __init__(self, line: int, column: int, message: str, fix: str | None = None) -> None:
        super().__init__(message)
        self.line = line
        self.column = column
        self.message = message
        self.fix = fix


def parse_yaml(text: str) -> Node | None:
    """The one document of a YAML text, None when it is empty.

    Raises:
        DocumentError: no YAML, or YAML that is not taken: several documents, anchors, tags, doubles, too deep.
    """
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    stack: list[tuple[yaml.Event, list[Any]]] = []
    root: Node | None = None
    documents = 0
    try:
        for event in yaml.parse(text, Loader=loader):
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise _at(event, "the file holds a second document", "keep one document a file")
                continue
            if not isinstance(event, yaml.NodeEvent | yaml.CollectionEndEvent):
                continue
            node: Node
            if isinstance(event, yaml.CollectionEndEvent):
                start, items = stack.pop()
                node = _collection(start, items)
            else:
                _refuse(event)
                if isinstance(event, yaml.CollectionStartEvent):
                    if len(stack) >= MAX_DEPTH:
                        raise _at(event, f"more than {MAX_DEPTH} levels of nesting")
                    stack.append((event, []))
                    continue
                node = _scalar(event)
            if stack:
                stack[-1][1].append(node)
            else:
                root = node
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise DocumentError(line, column, f"this is not YAML: {error.problem or error.context}") from error
    except yaml.YAMLError as error:
        raise DocumentError(1, 1, "this is not YAML: it holds a character that YAML refuses") from error
    return root


def _at(event: Any, message: str, fix: str | None = None) -> DocumentError:
    return DocumentError(event.start_mark.line + 1, event.start_mark.column + 1, message, fix)


def _refuse(event: Any) -> None:
    if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
        raise _at(event, "anchors and aliases are not taken", "write the value out")
    if event.tag is not None:
        raise _at(event, f"the tag `{event.tag}` is not taken", "remove it")


def _scalar(event: Any) -> Scalar:
    plain = not event.style
    text = None if plain and event.value in _NULL else event.value
    return Scalar(text, event.start_mark.line + 1, event.start_mark.column + 1)


def _collection(start: Any, items: list[Node]) -> Node:
    line, column = start.start_mark.line + 1, start.start_mark.column + 1
    if isinstance(start, yaml.SequenceStartEvent):
        return Sequence(tuple(items), line, column)
    return _mapping(list(zip(items[::2], items[1::2], strict=True)), line, column)


def _mapping(pairs: list[tuple[Node, Node]], line: int, column: int) -> Mapping:
    seen: set[str] = set()
    for key, _ in pairs:
        if not isinstance(key, Scalar) or key.text is None:
            raise DocumentError(key.line, key.column, "a key must be a text")
        if key.text in seen:
            raise DocumentError(key.line, key.column, f"the key `{key.text}` stands twice", "keep one of them")
        seen.add(key.text)
    return Mapping(tuple((key, value) for key, value in pairs if isinstance(key, Scalar)), line, column)


class _Json:
    """A small JSON parser that keeps positions and the numbers' source text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.ends = [match.start() for match in re.finditer("\n", text)]

    def fault(self, place: int, message: str) -> DocumentError:
        line, column = self.where(place)
        return DocumentError(line, column, f"this is not JSON: {message}")

    def where(self, place: int) -> tuple[int, int]:
        line = bisect_right(self.ends, place - 1)
        return line + 1, place - (self.ends[line - 1] + 1 if line else 0) + 1

    def blank(self, place: int) -> int:
        found = _BLANK.match(self.text, place)
        return found.end() if found else place

    def string(self, place: int) -> tuple[str, int]:
        try:
            value, end = json.decoder.scanstring(self.text, place + 1)  # type: ignore[attr-defined]
        except json.JSONDecodeError as error:
            raise self.fault(error.pos, error.msg[0].lower() + error.msg[1:]) from error
        if not value.isascii() and any("\ud800" <= ch <= "\udfff" for ch in value):
            raise self.fault(place, "the text holds half of a surrogate pair")
        return value, end

    def value(self, place: int, depth: int) -> tuple[Node, int]:
        line, column = self.where(place)
        first = self.text[place : place + 1]
        if first == '"':
            text, end = self.string(place)
            return Scalar(text, line, column), end
        if first and first in "[{":
            if depth >= MAX_DEPTH:
                raise DocumentError(line, column, f"more than {MAX_DEPTH} levels of nesting")
            return self.sequence(place, depth) if first == "[" else self.mapping(place, depth)
        found = _NUMBER.match(self.text, place)
        if not found:
            raise self.fault(place, "a value is expected here")
        word = found.group()
        return Scalar(None if word == "null" else word, line, column), found.end()

    def sequence(self, start: int, depth: int) -> tuple[Node, int]:
        items: list[Node] = []
        place = self.blank(start + 1)
        while self.text[place : place + 1] != "]":
            if items:
                place = self.expect(place, ",")
            node, place = self.value(place, depth + 1)
            items.append(node)
            place = self.blank(place)
        return Sequence(tuple(items), *self.where(start)), place + 1

    def mapping(self, start: int, depth: int) -> tuple[Node, int]:
        pairs: list[tuple[Node, Node]] = []
        place = self.blank(start + 1)
        while self.text[place : place + 1] != "}":
            if pairs:
                place = self.expect(place, ",")
            if self.text[place : place + 1] != '"':
                raise self.fault(place, "a key in double quotes is expected here")
            key, end = self.string(place)
            name = Scalar(key, *self.where(place))
            value, place = self.value(self.expect(self.blank(end), ":"), depth + 1)
            pairs.append((name, value))
            place = self.blank(place)
        return _mapping(pairs, *self.where(start)), place + 1

    def expect(self, place: int, sign: str) -> int:
        if self.text[place : place + 1] != sign:
            raise self.fault(place, f"`{sign}` is expected here")
        return self.blank(place + 1)


def parse_json(text: str) -> Node | None:
    """A JSON text, None when it is blank.

    Raises:
        DocumentError: no JSON, a key that stands twice, too deep.
    """
    reader = _Json(text)
    start = reader.blank(0)
    if start == len(text):
        return None
    node, end = reader.value(start, 0)
    if reader.blank(end) != len(text):
        raise reader.fault(reader.blank(end), "something follows the value")
    return node
