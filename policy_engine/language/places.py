"""Where an expression's characters stand in the file, for each way of writing a scalar."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from policy_engine.language.nodes import Text
from policy_engine.values.diagnostics import Diagnostic
from policy_engine.values.position import Position

Shift = Callable[[Iterable[Diagnostic]], tuple[Diagnostic, ...]]


def placed(text: Text, lines: Sequence[str]) -> tuple[str, Position, str | None, Shift]:
    """The text on one line, the place of its first character, the source line, and what corrects the findings.

    A plain or quoted text on one line maps character by character. One on several lines (folded, literal, or plain)
    is aligned by its letters. Where escapes make that impossible, findings point at its beginning.
    """
    at = text.position
    flat = text.rstrip().replace("\n", " ")
    line = lines[at.line - 1] if at.line <= len(lines) else None
    if line is not None and text.style != "block":
        rest = line[at.column - 1 :]
        if rest.startswith(flat):
            return flat, replace(at, length=max(1, len(flat))), line, tuple
        if text.style == "quoted" and rest[1:].startswith(flat):
            return flat, Position(at.file, at.line, at.column + 1, max(1, len(flat))), line, tuple
    places = _aligned(flat, text, lines)
    return flat, replace(at, length=1), None, lambda found: tuple(_moved(one, at, places) for one in found)


def _aligned(flat: str, text: Text, lines: Sequence[str]) -> list[tuple[int, int]] | None:
    """Line and column of each character; None when the source has other characters (escapes)."""
    row = text.line if text.style == "block" else text.line - 1
    column = 0 if text.style == "block" else text.column - (0 if text.style == "quoted" else 1)
    places: list[tuple[int, int]] = []
    for character in flat:
        if character.isspace():
            places.append((row + 1, column + 1))
            continue
        while row < len(lines) and not lines[row][column:].strip():
            row, column = row + 1, 0
        if row >= len(lines):
            return None
        while lines[row][column].isspace():
            column += 1
        if lines[row][column] != character:
            return None
        places.append((row + 1, column + 1))
        column += 1
    return places


def _moved(found: Diagnostic, at: Position, places: list[tuple[int, int]] | None) -> Diagnostic:
    offset = found.position.column - at.column
    if places is None or not 0 <= offset < len(places) or found.position.line != at.line:
        return replace(found, position=replace(at, length=1), source=None)
    line, column = places[offset]
    last = offset
    while last + 1 < min(offset + found.position.length, len(places)) and places[last + 1][0] == line:
        last += 1
    return replace(found, position=Position(at.file, line, column, places[last][1] - column + 1), source=None)
