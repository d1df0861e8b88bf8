"""The page as values: titles, paragraphs, lists, tables, a time line. Plain text; each renderer makes it inert."""

from dataclasses import dataclass
from typing import Literal, TypeAlias


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph."""

    text: str


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list: each entry has a lead (may be empty), set off from its text."""

    entries: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of as many cells as there are columns; a cell's lines are set one below the other."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """A step on a time line: the day counted from its anchor, its stage's place on the scale, what it is."""

    day: int
    rank: int
    label: str


@dataclass(frozen=True, slots=True)
class Line:
    """One ladder on the time line."""

    name: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class TimeLine:
    """Ladders side by side over the days from the due date; `stages` names the ranks."""

    lines: tuple[Line, ...]
    stages: tuple[str, ...]
    axis: str


Block: TypeAlias = Paragraph | Bullets | Table | TimeLine


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """A policy's page.

    Attributes:
        language: of the text.
        title: the policy's name and version.
        subtitle: its own description, or nothing.
        about: label and value: currency, since when in force, place, digest.
        lead: what a director wants to know first, a few sentences.
        sections: in the order in which a policy is read.
        note: the last line.
        mark: the colon between a label and its text, as the language sets it.
    """

    language: Literal["en", "fr"]
    title: str
    subtitle: str
    about: tuple[tuple[str, str], ...]
    lead: tuple[str, ...]
    sections: tuple[Section, ...]
    note: str
    mark: str
