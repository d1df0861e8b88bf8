"""What is found in a FEC, located: all of it in one pass, but no flood when every line has the same fault."""

from dataclasses import dataclass, field

from policy_engine.values.diagnostics import Diagnostic, Severity, in_order
from policy_engine.values.position import Position

MOST_OF_A_CODE = 20
"""Findings of one code and severity that are shown; the rest is counted in one more."""
_LONGEST_SOURCE = 4_000


@dataclass(slots=True)
class Findings:
    """Findings of one file. `file` is the path as diagnostics show it."""

    file: str
    found: list[Diagnostic] = field(default_factory=list)
    counts: dict[tuple[str, Severity], int] = field(default_factory=dict)
    _beyond: dict[tuple[str, Severity], Position] = field(default_factory=dict)

    def add(
        self,
        code: str,
        message: str,
        *,
        line: int = 1,
        column: int = 1,
        length: int = 1,
        help_: str | None = None,
        source: str | None = None,
        severity: Severity = "error",
    ) -> None:
        """Keep a finding, or only count it when there are many of its kind."""
        key = (code, severity)
        self.counts[key] = self.counts.get(key, 0) + 1
        at = Position(self.file, line, column, max(1, length))
        if self.counts[key] > MOST_OF_A_CODE:
            self._beyond.setdefault(key, at)
            return
        shown = source if source is not None and len(source) <= _LONGEST_SOURCE else None
        self.found.append(Diagnostic(code, severity, message, at, help_, shown))

    def failed(self) -> bool:
        """Whether there is an error."""
        return any(severity == "error" for _, severity in self.counts)

    def result(self) -> tuple[Diagnostic, ...]:
        """The findings in order of place, and for each kind of which there were too many how many more there are."""
        more = [
            Diagnostic(code, severity, f"and {self.counts[code, severity] - MOST_OF_A_CODE} more of these", at)
            for (code, severity), at in self._beyond.items()
        ]
        return in_order([*self.found, *more])
