"""Where something was written: kept on every node of a policy to the end (style.md, "positions kept")."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in an author's file: `line` and `column` count from 1, `length` in characters for the caret."""

    file: str
    line: int
    column: int
    length: int = 1

    def __str__(self) -> str:
        """`file:line:column`."""
        return f"{self.file}:{self.line}:{self.column}"


NOWHERE = Position("<built-in>", 1, 1)
"""For values nobody wrote: defaults of the language."""
