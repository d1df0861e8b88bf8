"""A message as a document: paragraphs, headings, lists and tables. Every channel shows the same one in its own way.

What a template prints is marked so that no value can pass for structure: each value begins with `VALUE`, which no
text may contain, and holds no line break. So a debtor called `# heading` stays a name.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias, TypeVar

_Made = TypeVar("_Made")

VALUE = "\ue000"
"""Stands before every value in what a template prints."""
TICK = "\ue001"
"""Printed at each turn of a loop, so that turns can be counted."""
LONGEST_VALUE = 2000
_LONGEST_REMEMBERED = 1000
SIGNATURE = "[signature]"
TABLE = re.compile(r"\[table: ([a-z_]+)\]")
_MARKS = {VALUE, TICK}
_CLEAN = re.compile("[!-~\xa1-\xac\xae-\u02ff\u20ac][ -~\xa0-\xac\xae-\u02ff\u202f\u20ac]*")
"""Values that are clean as they are: letters of Latin scripts, figures, signs, the euro, blanks between them."""
_BLANK_LINE = re.compile(r"\n[ \t]*\n")
_BLANKS = re.compile(" {2,}")
_BIDI = {*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C}


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Lines of text; more than one only where the template breaks them with a backslash."""

    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading within the message."""

    text: str


@dataclass(frozen=True, slots=True)
class Points:
    """A list."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Space:
    """Room for a signature; letters show it."""


@dataclass(frozen=True, slots=True)
class TableAsked:
    """A table that the template asks for by name; `tables.table` makes it from the context."""

    name: str


@dataclass(frozen=True, slots=True)
class Column:
    """A table's column; `right` for figures, `wide` for the one that takes what the others leave."""

    title: str
    right: bool = False
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells. `total` is set apart below them; `title` stands above."""

    name: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    total: tuple[str, ...] | None = None
    title: str | None = None


Asked: TypeAlias = Paragraph | Heading | Points | Space | TableAsked
Block: TypeAlias = Paragraph | Heading | Points | Space | Table


def remembered(make: Callable[[str], _Made]) -> Callable[[str], _Made]:
    """`make`, a pure function, with what the last short texts became: a template's own words come in every message."""
    known = lru_cache(maxsize=1000)(make)
    return lambda text: known(text) if len(text) <= _LONGEST_REMEMBERED else make(text)


def clean(text: str) -> str:
    """A value from the data on one line: blanks for line breaks, nothing that can't be seen or that reorders.

    At most `LONGEST_VALUE` characters.
    """
    if len(text) <= LONGEST_VALUE and ((text.isascii() and text.isprintable()) or _CLEAN.fullmatch(text) is not None):
        return text  # nearly every value: nothing below would change it
    text = unicodedata.normalize("NFC", text.encode("utf-8", "replace").decode("utf-8"))
    if len(text) > LONGEST_VALUE:
        text = text[:LONGEST_VALUE] + "…"
    if text.isascii() and text.isprintable():
        return text
    seen = "".join(_seen(ch) for ch in text)
    return seen if seen.strip() else "\ufffd"


def _seen(ch: str) -> str:
    if ch in "\u00a0\u202f":
        return ch
    if ch.isspace():
        return " "
    if not ch.isprintable() or ord(ch) in _BIDI or ch in _MARKS:
        return ""
    return ch


def chunks_of(text: str) -> list[str]:
    """What stands between the blank lines of what a template printed."""
    text = text.replace(TICK, "")
    # where no line begins with a blank, those without words are empty
    return _BLANK_LINE.split(text) if "\n " in text or "\n\t" in text else text.split("\n\n")


def blocks_of(chunk: str) -> tuple[Asked, ...]:
    """The blocks between two blank lines; `#` and `-` begin headings and points."""
    found: list[Asked] = []
    pending: list[str] = []
    points: list[str] = []
    for line in [line for line in [line.strip(" \t") for line in chunk.split("\n")] if line]:
        table = TABLE.fullmatch(line) if line[0] == "[" else None
        if table is not None or line == SIGNATURE or line.startswith("# "):
            _flush(found, pending, points)
            found.append(_single(line, table))
        elif line.startswith("- "):
            _flush(found, pending, [])
            points.append(line[2:])
        elif points:
            points[-1] += " " + line
        else:
            pending.append(line)
    _flush(found, pending, points)
    return tuple(found)


def _single(line: str, table: re.Match[str] | None) -> Asked:
    if table is not None:
        return TableAsked(table[1])
    return Space() if line == SIGNATURE else Heading(_plain(line[2:]))


def _flush(found: list[Asked], pending: list[str], points: list[str]) -> None:
    if pending:
        broken: list[str] = [""]
        for line in pending:
            if line.endswith("\\"):
                broken[-1] += line[:-1].rstrip() + " "
                broken.append("")
            else:
                broken[-1] += line + " "
        kept = tuple([line for line in map(_plain, broken) if line])
        if kept:
            found.append(Paragraph(kept))
        pending.clear()
    if points:
        found.append(Points(tuple(map(_plain, points))))
        points.clear()


def _plain(text: str) -> str:
    text = text.replace(VALUE, "")
    return (_BLANKS.sub(" ", text) if "  " in text else text).strip(" ")
