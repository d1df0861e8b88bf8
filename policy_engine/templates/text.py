"""A message as plain text, for e-mails, call sheets and terminals, block by block: 78 columns, tables aligned."""

import re
import textwrap
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from policy_engine.templates.document import Heading, Paragraph, Points, Table

WIDTH = 78
WIDEST_CELL = 40
_UNEVEN = re.compile(r"[^\x00-\u02ff\u2010-\u2064\u20a0-\u20bf]")
"""Characters that may take another width than one column."""


def as_text(block: Heading | Paragraph | Points | Table) -> str:
    """A block, without a line end."""
    if isinstance(block, Paragraph):
        return "\n".join(map(_wrapped, block.lines))
    if isinstance(block, Heading):
        return f"{block.text}\n{'-' * min(WIDTH, width(block.text))}"
    if isinstance(block, Points):
        return "\n".join([_wrapped(item, "- ", "  ") for item in block.items])
    return _table(block)


def _wrapped(text: str, first: str = "", rest: str = "") -> str:
    # No-break blanks hold amounts together: they aren't places to break, textwrap knows only ASCII blanks.
    if _is_even(text):
        return _filled(text, first, rest)
    lines = textwrap.wrap(
        text, WIDTH, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    )
    return "\n".join(lines) or first.rstrip()


def _is_even(text: str) -> bool:
    """Whether a text is words parted by single blanks, no-break ones or not, and by no other kind of blank."""
    return " ".join(text.split()) == text.replace("\u00a0", " ").replace("\u202f", " ")


def _filled(text: str, first: str, rest: str) -> str:
    """What `textwrap.wrap` makes of words parted by single blanks: each line takes as many as fit, one at least."""
    lines: list[str] = []
    indent = first
    while len(text) > WIDTH - len(indent):
        room = WIDTH - len(indent)
        cut = text.rfind(" ", 0, room + 1)
        if cut < 0:
            cut = text.find(" ", room)
        if cut < 0:
            break
        lines.append(indent + text[:cut])
        text, indent = text[cut + 1 :], rest
    if text:
        lines.append(indent + text)
    return "\n".join(lines) or first.rstrip()


def width(text: str) -> int:
    """Columns that a text takes in a fixed font: wide characters two, combining ones none."""
    if _is_plain(text):
        return len(text)
    return sum(0 if unicodedata.combining(ch) else 2 if unicodedata.east_asian_width(ch) in "WF" else 1 for ch in text)


def _is_plain(text: str) -> bool:
    """Whether each character takes one column."""
    return text.isascii() or _UNEVEN.search(text) is None


def _table(table: Table) -> str:
    """Aligned when it fits the width; else each row as a list of its cells."""
    titles = tuple([column.title for column in table.columns])
    rows = (*table.rows, table.total) if table.total else table.rows
    plain = _is_plain("".join(map("".join, rows)))  # all cells at once, as most tables are
    measure = len if plain else width
    cells = [max(map(measure, column)) for column in zip(*rows, strict=True)] if rows else [0] * len(titles)
    if max(cells) > WIDEST_CELL:
        return _as_list(titles, table)
    whole, broken = _title_widths(titles)
    widths = tuple(map(max, whole, cells))
    if sum(widths) + 2 * (len(widths) - 1) > WIDTH:
        widths = tuple(map(max, broken, cells))
        if sum(widths) + 2 * (len(widths) - 1) > WIDTH:
            return _as_list(titles, table)
    right = tuple([column.right for column in table.columns])
    pattern = _pattern(widths, right)
    written = [(pattern % row).rstrip() if plain else _row(row, widths, right) for row in rows]
    rule = "-" * (sum(widths) + 2 * (len(widths) - 1))
    if table.total:
        written.insert(-1, rule)
    return "\n".join([_head(titles, widths, right), rule, *written])


@lru_cache(maxsize=500)
def _title_widths(titles: tuple[str, ...]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """How wide the titles are, each on a line and broken into its words."""
    return tuple(map(width, titles)), tuple([max(map(width, title.split()), default=0) for title in titles])


@lru_cache(maxsize=500)
def _pattern(widths: tuple[int, ...], right: tuple[bool, ...]) -> str:
    """A line of cells whose characters take one column each, for `%`."""
    return "  ".join(
        [f"%{limit}s" if on_right else f"%-{limit}s" for limit, on_right in zip(widths, right, strict=True)]
    )


@lru_cache(maxsize=500)
def _head(titles: tuple[str, ...], widths: tuple[int, ...], right: tuple[bool, ...]) -> str:
    """The titles, broken at blanks where a column is narrower."""
    head = [
        textwrap.wrap(title, max(1, limit), break_long_words=False) or [""]
        for title, limit in zip(titles, widths, strict=True)
    ]
    lines = [[cell[line] if line < len(cell) else "" for cell in head] for line in range(max(map(len, head)))]
    return "\n".join([_row(line, widths, right) for line in lines])


def _row(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    """A line of a table, whatever its characters."""
    padded = [
        " " * (limit - width(cell)) + cell if on_right else cell + " " * (limit - width(cell))
        for cell, limit, on_right in zip(cells, widths, right, strict=True)
    ]
    return "  ".join(padded).rstrip()


def _as_list(titles: Sequence[str], table: Table) -> str:
    lines = []
    for row in table.rows:
        lines += [f"{'- ' if place == 0 else '  '}{title}: {cell}"
                  for place, (title, cell) in enumerate(zip(titles, row, strict=True)) if cell]  # fmt: skip
    if table.total:
        lines.append("  ".join(cell for cell in table.total if cell))
    return "\n".join(lines)
