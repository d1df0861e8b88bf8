"""Where an expression's characters stand in the file, for each way of writing a scalar."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from policy_engine.language.nodes import Text
from policy_engine.values.diagnostics import Diagnostic
from policy_engine.values.position import Position

Shift = Callable[[Iterable[Diagnostic]], tuple[Diagnostic, ...]]


def placed(text: Text, line: str | None) -> tuple[Position, str | None, Shift]:
    """The place of the first character, the source line, and what corrects the findings made with them.

    A plain or quoted text on one line maps character by character. For a folded or literal text, and for one with
    escapes, findings point at its beginning.
    """
    at = text.position
    if line is not None and text.style != "block":
        rest = line[at.column - 1 :]
        if rest.startswith(text):
            return replace(at, length=max(1, len(text))), line, tuple
        if text.style == "quoted" and rest[1:].startswith(text):
            return Position(at.file, at.line, at.column + 1, max(1, len(text))), line, tuple
    return replace(at, length=1), None, _at(replace(at, length=1))


def _at(place: Position) -> Shift:
    def move(found: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
        return tuple(replace(finding, position=place, source=None) for finding in found)

    return move
