"""The findings of an import: located in the export, and of each kind only as many as somebody reads."""

from collections import Counter

from policy_engine.values.diagnostics import Diagnostic, Severity, in_order
from policy_engine.values.position import Position

SHOWN = 5
"""Findings of one code about one column that are shown; the others are counted."""
_WIDEST_LINE = 4_000


class ImportFindings:
    """What is found on the way. The first `SHOWN` of each code and column are kept, of the others the number."""

    def __init__(self) -> None:
        self._found: list[Diagnostic] = []
        self._seen: Counter[tuple[str, str, str]] = Counter()
        self._last: dict[tuple[str, str, str], Diagnostic] = {}
        self._texts: dict[str, str] = {}
        self._lines: dict[str, list[str]] = {}
        self.errors = 0

    def knows(self, file: str, text: str) -> None:
        """Keep the text of a file, to show its lines."""
        self._texts[file] = text

    def line(self, file: str, line: int) -> str | None:
        """A line of a known file, when it is short enough to show."""
        if file not in self._texts:
            return None
        lines = self._lines.get(file)
        if lines is None:
            lines = self._lines[file] = self._texts[file].split("\n")
        if not 1 <= line <= len(lines) or len(lines[line - 1]) > _WIDEST_LINE:
            return None
        return lines[line - 1]

    def error(self, code: str, at: Position, message: str, fix: str | None = None, *, about: str = "") -> None:
        """Keep an error; `about` is the column or kind that its like are counted by."""
        self.errors += 1
        self._add(code, "error", at, message, fix, about)

    def warn(self, code: str, at: Position, message: str, fix: str | None = None, *, about: str = "") -> None:
        """Keep a warning."""
        self._add(code, "warning", at, message, fix, about)

    def extend(self, found: tuple[Diagnostic, ...]) -> None:
        """Findings made elsewhere."""
        self._found += found
        self.errors += sum(one.severity == "error" for one in found)

    def _add(self, code: str, severity: Severity, at: Position, message: str, fix: str | None, about: str) -> None:
        key = (code, at.file, about)
        self._seen[key] += 1
        if self._seen[key] <= SHOWN:
            found = Diagnostic(code, severity, message, at, fix, self.line(at.file, at.line))
            self._found.append(found)
            self._last[key] = found

    def all(self) -> tuple[Diagnostic, ...]:
        """By place; behind the last that is shown of a kind, how many more there are."""
        more = []
        for (code, _, about), count in self._seen.items():
            if count > SHOWN:
                last = self._last[(code, _, about)]
                of = f" about `{about}`" if about else ""
                text = f"and {count - SHOWN} more of this kind{of}"
                more.append(Diagnostic(code, last.severity, text, last.position, None, None))
        return in_order([*self._found, *more])
