"""A message as a simple page: no script, no picture, no link, nothing loaded; every text escaped."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from html import escape as escape_marks

from policy_engine.explanation.locale import Language
from policy_engine.templates.document import Heading, Paragraph, Points, Table

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;color:#1a1a1a;background:#fff;max-width:46rem;margin:1.5rem auto;"
    "padding:0 1rem;overflow-wrap:anywhere}"
    "table{border-collapse:collapse;margin:1rem 0;font-size:.95em}"
    "th,td{padding:.3rem .7rem;text-align:left;border-bottom:1px solid #bbb;vertical-align:top;"
    "overflow-wrap:break-word;max-width:14rem}.t{overflow-x:auto}"
    ".n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}th.n{white-space:normal}"
    "tfoot td{font-weight:700;border-bottom:0}.b{border:2px solid #a00000;padding:.5rem 1rem;font-weight:700}"
    "@media(max-width:40rem){table{font-size:.8em}th,td{padding:.2rem .25rem}}"
)
# A cell breaks no word or date in two, as the page's other text may; a narrow screen scrolls the table, not the page.
_MARKS = re.compile("[&<>\"']")


def page(subject: str, body: Iterable[str], language: Language, *, banner: str | None = None) -> str:
    """A whole page of blocks (`as_html`). `banner` stands out at its head."""
    marked = "" if banner is None else f'<p class="b">{escape(banner)}</p>\n'
    blocks = "\n".join(body)
    return (
        f'<!doctype html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"{title(subject)}\n<style>{_STYLE}</style>\n</head>\n<body>\n{marked}{blocks}\n</body>\n</html>\n"
    )


TITLE, BODY = 5, 9
"""The lines of a page on which its title stands and its blocks begin, counted from 0."""


def title(subject: str) -> str:
    """The line with a page's title."""
    return f"<title>{escape(subject)}</title>"


def as_html(block: Heading | Paragraph | Points | Table) -> str:
    """A block of a page."""
    if isinstance(block, Paragraph):
        return f"<p>{'<br>'.join(map(escape, block.lines))}</p>"
    if isinstance(block, Heading):
        return f"<h2>{escape(block.text)}</h2>"
    if isinstance(block, Points):
        return f"<ul>{''.join([f'<li>{escape(item)}</li>' for item in block.items])}</ul>"
    return _table(block)


def _table(table: Table) -> str:
    head, row = _frame(tuple([(column.title, column.right) for column in table.columns]))
    body = "\n".join([row % cells for cells in _escaped(table.rows)])
    foot = "" if table.total is None else f"\n<tfoot>{row % _escaped((table.total,))[0]}</tfoot>"
    return f'<div class="t"><table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>{foot}\n</table></div>'


@lru_cache(maxsize=500)
def _frame(columns: tuple[tuple[str, bool], ...]) -> tuple[str, str]:
    """The head of a table, and a row of it for `%`."""
    marks = [' class="n"' if right else "" for _, right in columns]
    head = "".join(
        [f'<th scope="col"{mark}>{escape(title)}</th>' for mark, (title, _) in zip(marks, columns, strict=True)]
    )
    return head, f"<tr>{''.join([f'<td{mark}>%s</td>' for mark in marks])}</tr>"


def _escaped(rows: Sequence[tuple[str, ...]]) -> Sequence[tuple[str, ...]]:
    """Rows as they stand in a page; looked through as one text, as few hold anything to escape."""
    if _MARKS.search("".join(map("".join, rows))) is None:
        return rows
    return [tuple(map(escape, cells)) for cells in rows]


def escape(text: str) -> str:
    """A text as it stands in a page: `html.escape`, which is needed for few texts."""
    return text if _MARKS.search(text) is None else escape_marks(text)
