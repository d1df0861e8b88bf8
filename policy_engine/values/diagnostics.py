"""Diagnostics: an author's mistakes as values, with a place, a stable code and the likely fix.

Codes: DUN0xx files and YAML, DUN1xx schema, DUN2xx expressions, DUN3xx references and structure, DUN4xx semantic
warnings, DUN5xx snapshot. A diagnostic is rendered the same way everywhere:

    policies/fr.yaml:41:15: DUN203 `invoice.outstading` is not a known fact
      41 |         when: invoice.outstading >= 500
         |               ^^^^^^^^^^^^^^^^^^
      help: did you mean `invoice.outstanding`?
"""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from policy_engine.values.folding import NARROWEST, folded
from policy_engine.values.position import Position
from policy_engine.values.text import inert

Severity = Literal["error", "warning", "note"]
_WIDEST = 160
_GUTTER = 7
"""Columns before the source line: its number and a bar."""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding.

    Attributes:
        code: stable, e.g. `DUN203`; it has a page in docs/diagnostics.md.
        severity: `error` stops the load; `warning` fails only `--strict`.
        message: one lower-case sentence, the author's own words in backticks.
        position: the first character it is about, with the caret's length.
        help: the likely fix, or None.
        source: the line of the file, without its end, or None when there is none to show.
    """

    code: str
    severity: Severity
    message: str
    position: Position
    help: str | None = None
    source: str | None = None

    def render(self, width: int | None = None) -> str:
        """The text an author sees: place, code, message, source line, caret, help. Inert on a terminal.

        With the `width` of a terminal sentences are folded, and the source line shows what is around the caret.
        """
        widest = _WIDEST if width is None else min(_WIDEST, max(NARROWEST, width) - _GUTTER)
        at = self.position
        level = "" if self.severity == "error" else f"{self.severity}: "
        head = f"{inert(at.file)}:{at.line}:{at.column}: {self.code} {level}{inert(self.message)}"
        lines = [head if width is None else folded(head, width)]
        if self.source is not None:
            start = max(0, at.column - 1 - widest // 2) if len(self.source) > widest else 0
            shown = self.source[start : start + widest]
            column = at.column - 1 - start
            gutter = f"{at.line:>4}"
            lead = inert(shown[:column])
            caret = "^" * max(1, min(at.length, len(shown) - column))
            lines.append(f"{gutter} | {inert(shown)}")
            lines.append(f"{' ' * len(gutter)} | {' ' * len(lead)}{caret}")
        if self.help is not None:
            fix = f"  help: {inert(self.help)}"
            lines.append(fix if width is None else folded(fix, width))
        return "\n".join(lines)


def in_order(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Sorted by place, then code, then message; each once."""
    return tuple(sorted(set(diagnostics), key=lambda d: (d.position, d.code, d.message, d.help or "")))


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """`did you mean ...?` for the nearest known word, or None when nothing is near."""
    near = difflib.get_close_matches(word[:80], sorted(known), n=1, cutoff=0.6)
    return f"did you mean `{near[0]}`?" if near else None
