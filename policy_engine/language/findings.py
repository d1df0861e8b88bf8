"""Collects what is wrong with a policy: every finding of a load, with the source line it points at."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from policy_engine.values.diagnostics import Diagnostic, Severity, in_order
from policy_engine.values.position import Position

MAX_FINDINGS = 100
"""More findings than this help nobody; a last one says how many were left out."""


class Findings:
    """The findings of one load. Written to by every phase of it, read once at the end."""

    def __init__(self) -> None:
        self._found: list[Diagnostic] = []
        self._lines: dict[str, list[str]] = {}

    def knows(self, file: str, text: str) -> None:
        """Keep the lines of a file, to show them."""
        self._lines[file] = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")

    def aside(self) -> "Findings":
        """An empty collection that knows the same files: for a trial."""
        other = Findings()
        other._lines = self._lines
        return other

    def lines(self, file: str) -> list[str]:
        """The lines of a file; none when it isn't known."""
        return self._lines.get(file, [])

    @property
    def sources(self) -> Mapping[str, list[str]]:
        """The lines of every file, by name."""
        return self._lines

    def line(self, position: Position) -> str | None:
        """The source line at a position, or None when there is none to show."""
        lines = self._lines.get(position.file)
        if lines is None or not 1 <= position.line <= len(lines):
            return None
        return lines[position.line - 1]

    def add(
        self, code: str, message: str, position: Position, *, hint: str | None = None, severity: Severity = "error"
    ) -> None:
        """One finding."""
        self._found.append(Diagnostic(code, severity, message, position, hint, self.line(position)))

    def warn(self, code: str, message: str, position: Position, *, hint: str | None = None) -> None:
        """One finding that stops nothing."""
        self.add(code, message, position, hint=hint, severity="warning")

    def extend(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Findings made elsewhere; their source lines are filled in where they lack."""
        for found in diagnostics:
            self._found.append(found if found.source is not None else replace(found, source=self.line(found.position)))

    @property
    def errors(self) -> int:
        """How many errors so far."""
        return sum(found.severity == "error" for found in self._found)

    def all(self) -> tuple[Diagnostic, ...]:
        """Sorted by place, each once, at most `MAX_FINDINGS` of them and a note on the rest."""
        found = in_order(self._found)
        if len(found) <= MAX_FINDINGS:
            return found
        errors = [d for d in found if d.severity == "error"]
        kept = (errors or list(found))[:MAX_FINDINGS]
        rest = len(found) - len(kept)
        last = kept[-1].position
        note = Diagnostic("DUN018", "note", f"{rest} more findings are not shown", last, "correct these first")
        return (*kept, note)
