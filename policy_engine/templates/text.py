"""A message as plain text, for e-mails, call sheets and terminals: 78 columns, tables aligned."""

import textwrap
import unicodedata
from collections.abc import Iterable, Sequence

from policy_engine.templates.document import Block, Heading, Paragraph, Points, Space, Table

WIDTH = 78
WIDEST_CELL = 40


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
    lines = textwrap.wrap(
        text, WIDTH, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    )
    return "\n".join(lines) or first.rstrip()


def width(text: str) -> int:
    """Columns that a text takes in a fixed font: wide characters two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(ch) else 2 if unicodedata.east_asian_width(ch) in "WF" else 1 for ch in text)


def _table(table: Table) -> str:
    """Aligned when it fits the width; else each row as a list of its cells."""
    titles = [column.title for column in table.columns]
    rows = [*table.rows, *([table.total] if table.total else [])]
    if any(width(cell) > WIDEST_CELL for row in rows for cell in row):
        return _as_list(titles, table)
    widths = [max(width(cell) for cell in column) for column in zip(titles, *rows, strict=True)]
    if sum(widths) + 2 * (len(widths) - 1) > WIDTH:
        widths = [max([*map(width, title.split()), *(width(cell) for cell in column)])
                  for title, *column in zip(titles, *rows, strict=True)]  # fmt: skip
        if sum(widths) + 2 * (len(widths) - 1) > WIDTH:
            return _as_list(titles, table)
    right = [column.right for column in table.columns]
    head = [_broken(title, limit) for title, limit in zip(titles, widths, strict=True)]
    height = max(map(len, head))
    lines = [_row([cell[line] if line < len(cell) else "" for cell in head], widths, right) for line in range(height)]
    rule = "-" * (sum(widths) + 2 * (len(widths) - 1))
    lines += [rule, *(_row(row, widths, right) for row in table.rows)]
    if table.total:
        lines += [rule, _row(table.total, widths, right)]
    return "\n".join(lines)


def _broken(title: str, limit: int) -> list[str]:
    return textwrap.wrap(title, max(1, limit), break_long_words=False) or [""]


def _row(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    padded = []
    for cell, limit, on_right in zip(cells, widths, right, strict=True):
        blanks = " " * (limit - width(cell))
        padded.append(blanks + cell if on_right else cell + blanks)
    return "  ".join(padded).rstrip()


def _as_list(titles: Sequence[str], table: Table) -> str:
    lines = []
    for row in table.rows:
        lines += [f"{'- ' if place == 0 else '  '}{title}: {cell}"
                  for place, (title, cell) in enumerate(zip(titles, row, strict=True)) if cell]  # fmt: skip
    if table.total:
        lines.append("  ".join(cell for cell in table.total if cell))
    return "\n".join(lines)
