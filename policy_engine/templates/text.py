"""A message as plain text, for e-mails, call sheets and terminals: 78 columns, tables aligned."""

import re
import textwrap
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache

from policy_engine.templates.document import Block, Heading, Paragraph, Points, Space, Table

WIDTH = 78
WIDEST_CELL = 40
_STRANGE_BLANKS = re.compile(r"[^\S \u00a0\u202f]")
"""Blanks that no-break ones and single ones between words aren't: tabs, line breaks, typographers' spaces."""
_UNEVEN = re.compile(r"[^\x00-\u02ff\u2010-\u2064\u20a0-\u20bf]")
"""Characters that may take another width than one column."""


def as_text(blocks: Iterable[Block]) -> str:
    """Blocks parted by blank lines; ends with a line end."""
    return "\n\n".join(_block(block) for block in blocks if not isinstance(block, Space)) + "\n"


def _block(block: Heading | Paragraph | Points | Table) -> str:
    if isinstance(block, Heading):
        return f"{block.text}\n{'-' * min(WIDTH, width(block.text))}"
    if isinstance(block, Paragraph):
        return "\n".join(_wrapped(line) for line in block.lines)
    if isinstance(block, Points):
        return "\n".join(_wrapped(item, "- ", "  ") for item in block.items)
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
    """Whether a text is words parted by single blanks, none of them made of no-break blanks alone."""
    if "  " in text or text[:1].isspace() or text[-1:].isspace() or _STRANGE_BLANKS.search(text) is not None:
        return False
    return text.isascii() or not (" \u00a0" in text or " \u202f" in text)


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
    if text.isascii() or _UNEVEN.search(text) is None:
        return len(text)
    return sum(0 if unicodedata.combining(ch) else 2 if unicodedata.east_asian_width(ch) in "WF" else 1 for ch in text)


def _table(table: Table) -> str:
    """Aligned when it fits the width; else each row as a list of its cells."""
    titles = [column.title for column in table.columns]
    rows = [*table.rows, *([table.total] if table.total else [])]
    measured = [[*map(width, column)] for column in zip(titles, *rows, strict=True)]
    if any(max(column[1:], default=0) > WIDEST_CELL for column in measured):
        return _as_list(titles, table)
    widths = [max(column) for column in measured]
    if sum(widths) + 2 * (len(widths) - 1) > WIDTH:
        widths = [max([*map(width, title.split()), *column[1:]])
                  for title, column in zip(titles, measured, strict=True)]  # fmt: skip
        if sum(widths) + 2 * (len(widths) - 1) > WIDTH:
            return _as_list(titles, table)
    right = [column.right for column in table.columns]
    head = [_broken(title, limit) for title, limit in zip(titles, widths, strict=True)]
    height = max(map(len, head))
    lines = [
        _row([cell[line] if line < len(cell) else "" for cell in head], None, widths, right) for line in range(height)
    ]
    rule = "-" * (sum(widths) + 2 * (len(widths) - 1))
    known = [*zip(*measured, strict=True)][1:]  # a row each, the titles left out
    lines += [rule, *(_row(row, taken, widths, right) for row, taken in zip(table.rows, known, strict=False))]
    if table.total:
        lines += [rule, _row(table.total, known[-1], widths, right)]
    return "\n".join(lines)


@lru_cache(maxsize=500)
def _broken(title: str, limit: int) -> tuple[str, ...]:
    return tuple(textwrap.wrap(title, max(1, limit), break_long_words=False)) or ("",)


def _row(cells: Sequence[str], taken: Sequence[int] | None, widths: Sequence[int], right: Sequence[bool]) -> str:
    """A line of a table; `taken` is how wide each cell is, where that is known."""
    padded = [
        " " * (limit - own) + cell if on_right else cell + " " * (limit - own)
        for cell, own, limit, on_right in zip(cells, taken or map(width, cells), widths, right, strict=True)
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
