"""What a YAML file holds, each value with its place: text as the author wrote it, mappings, lists.

The nodes are `str`, `dict` and `list` themselves, so that pydantic validates them as they are; treat them as
read-only. Nothing is interpreted here: `no`, `010` and `22:30` are text until a key of the schema wants more.
"""

from typing import Literal, TypeAlias

from policy_engine.values.position import Position

Style: TypeAlias = Literal["plain", "quoted", "block"]


class Text(str):
    """A scalar: its text, and where it stands in the file (`line`, `column` from 1, `length` in characters)."""

    __slots__ = ("column", "file", "length", "line", "style")

    file: str
    line: int
    column: int
    length: int
    style: Style

    @property
    def position(self) -> Position:
        """The first character of the scalar in the file: the quote of a quoted one."""
        return Position(self.file, self.line, self.column, self.length)


class Map(dict[str, "Node"]):
    """A mapping. Its keys are `Text`; `empty` holds the keys written without a value, which it leaves out."""

    __slots__ = ("column", "empty", "file", "flow", "line")

    file: str
    line: int
    column: int
    flow: bool
    empty: tuple[Text, ...]

    @property
    def position(self) -> Position:
        """Where the mapping begins."""
        return Position(self.file, self.line, self.column)

    def key(self, name: str) -> Text | None:
        """The key as it stands in the file, or None."""
        for key in self:
            if key == name and isinstance(key, Text):
                return key
        return None

    def of(self, name: str) -> Position:
        """Where the value of `name` stands; of an absent key, where the mapping begins."""
        value = self.get(name)
        return self.position if value is None else value.position


class Items(list["Node"]):
    """A list, block or flow style; `removed` holds the names that inheritance took out, each with what stood before."""

    __slots__ = ("column", "file", "line", "removed")

    file: str
    line: int
    column: int
    removed: dict[str, str | None]

    @property
    def position(self) -> Position:
        """Where the list begins."""
        return Position(self.file, self.line, self.column)


Node: TypeAlias = Text | Map | Items


def text_at(text: str, position: Position, style: Style = "plain") -> Text:
    """A scalar at a place."""
    node = Text(text)
    node.file, node.line, node.column, node.length = position.file, position.line, position.column, position.length
    node.style = style
    return node


def map_at(file: str, line: int, column: int, *, flow: bool = False) -> Map:
    """An empty mapping at a place."""
    node = Map()
    node.file, node.line, node.column, node.flow, node.empty = file, line, column, flow, ()
    return node


def items_at(file: str, line: int, column: int) -> Items:
    """An empty list at a place."""
    node = Items()
    node.file, node.line, node.column, node.removed = file, line, column, {}
    return node


def map_like(node: Map) -> Map:
    """An empty mapping at the place of another, with its empty keys."""
    copy = map_at(node.file, node.line, node.column, flow=node.flow)
    copy.empty = node.empty
    return copy


def items_like(node: Items) -> Items:
    """An empty list at the place of another."""
    return items_at(node.file, node.line, node.column)


def lookalike(node: "Node") -> str:
    """What a node is, for a message."""
    if isinstance(node, Map):
        return "a mapping"
    return "a list" if isinstance(node, Items) else f"`{shorten(node)}`"


def shorten(text: str) -> str:
    """At most 60 characters of an author's text on one line."""
    flat = " ".join(text.split())
    return flat if len(flat) <= 60 else flat[:57] + "..."
