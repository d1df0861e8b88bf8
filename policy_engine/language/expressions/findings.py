"""Collects the diagnostics of one expression and places them inside its text."""

from dataclasses import dataclass, field, replace

from policy_engine.values.diagnostics import Diagnostic, Severity, in_order
from policy_engine.values.position import Position


@dataclass(slots=True)
class Findings:
    """The findings of one expression while it is read; offsets are characters of `text`, end excluded."""

    text: str
    position: Position
    source: str | None
    found: list[Diagnostic] = field(default_factory=list)

    def error(self, code: str, message: str, start: int, end: int, hint: str | None = None) -> None:
        """Note a mistake."""
        self._add(code, "error", message, start, end, hint)

    def warning(self, code: str, message: str, start: int, end: int, hint: str | None = None) -> None:
        """Note something that is allowed and probably not meant."""
        self._add(code, "warning", message, start, end, hint)

    @property
    def failed(self) -> bool:
        """Whether an error was noted."""
        return any(finding.severity == "error" for finding in self.found)

    def sorted(self) -> tuple[Diagnostic, ...]:
        """The findings by place, each once."""
        return in_order(self.found)

    def _add(self, code: str, severity: Severity, message: str, start: int, end: int, hint: str | None) -> None:
        self.found.append(Diagnostic(code, severity, message, self._place(start, end), hint, self.source))

    def _place(self, start: int, end: int) -> Position:
        """Inside the text where it stands in its line as it is; else (folded, escaped) at its beginning."""
        at = self.position
        first = at.column
        if self.source is not None:
            rest = self.source[first - 1 :]
            if not rest.startswith(self.text):
                if rest[:1] in {"'", '"'} and rest[1:].startswith(self.text):
                    first += 1
                else:
                    return replace(at, length=max(1, at.length))
        elif "\n" in self.text:
            return replace(at, length=1)
        return replace(at, column=first + start, length=max(1, end - start))
