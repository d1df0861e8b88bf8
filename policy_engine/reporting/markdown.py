"""Texts in Markdown: what comes from files formats nothing, links nothing, notifies nobody, breaks no table.

A text of letters, figures and harmless marks is written as it is. Any other goes into a code span, where GitHub, GitLab
and every CommonMark renderer resolve neither HTML nor links, mentions, references, shortcodes or formulas.
"""

import re
from collections.abc import Sequence

from policy_engine.values.text import inert

_PLAIN = re.compile(r"(?:[^\W_]|[ .,;:()%'’+/=?!€£\u00a0\u202f–—…-]|(?<=[^\W_])_(?=[^\W_]))*")
_LINKED = re.compile(r"://|www\.|\bGH-\d|\b(?=\d*[a-f])[0-9a-f]{7,64}\b|:\w+:", re.IGNORECASE)
"""Addresses, references, commits and shortcodes: harmless marks that renderers turn into something."""
_TICKS = re.compile(r"`+")


def text(value: str, longest: int = 300) -> str:
    """A text inside a line or a table's cell; empty stays empty."""
    shown = _cut(inert(value), longest)
    if not shown.strip():
        return ""
    return shown if _harmless(shown) else code(shown, longest=len(shown))


def code(value: str, longest: int = 300) -> str:
    """A text as code."""
    shown = _cut(inert(value), longest)
    if not shown.strip():
        return ""
    longest_run = max((len(run) for run in _TICKS.findall(shown)), default=0)
    fence = "`" * (longest_run + 1)
    pad = " " if shown.startswith("`") or shown.endswith("`") or longest_run else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def sentence(value: str, longest: int = 500) -> str:
    """A message with the author's words in backticks: they stay code when the rest is harmless, else all is code."""
    shown = _cut(inert(value), longest)
    parts = shown.split("`")
    if len(parts) % 2 == 0 or not all(_harmless(part) for part in parts[::2]) or not all(parts[1::2]):
        return code(shown, longest=len(shown))
    if not all(part.strip() for part in parts[1::2]) or not all(parts[2:-1:2]):
        return code(shown, longest=len(shown))
    return "".join(part if place % 2 == 0 else code(part, longest=len(part)) for place, part in enumerate(parts))


def block(value: str, longest: int = 60) -> str:
    """Lines as a code block whose fence no line can close; the first `longest` of them."""
    given = value.split("\n")
    lines = [_cut(inert(line), 300) for line in given[:longest]]
    if len(given) > longest:
        lines.append(f"... and {len(given) - longest} more lines")
    longest_run = max((len(run) for line in lines for run in _TICKS.findall(line)), default=0)
    fence = "`" * max(3, longest_run + 1)
    return "\n".join([f"{fence}text", *lines, fence])


def table(columns: Sequence[str], rows: Sequence[Sequence[str]], figures: frozenset[int] = frozenset()) -> list[str]:
    """A table's lines from cells that are Markdown already; bars inside them are escaped, in code too (GFM 4.10)."""
    rule = ["---:" if place in figures else "---" for place in range(len(columns))]
    return [f"| {' | '.join(map(_cell, cells))} |" for cells in (columns, rule, *rows)]


def _cell(markdown: str) -> str:
    """Renderers disagree on what a bar behind a backslash means: it is shown as an escape."""
    return markdown.replace("\\|", "\\\\x7c").replace("|", "\\|")


def _harmless(shown: str) -> bool:
    return _PLAIN.fullmatch(shown) is not None and _LINKED.search(shown) is None


def _cut(shown: str, longest: int) -> str:
    return shown if len(shown) <= longest else shown[:longest] + "…"
