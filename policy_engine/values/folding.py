"""Long lines folded to the width of a terminal, below the column that they run on from. Files keep them whole."""

import re
import unicodedata

NARROWEST = 60
"""Below this width nothing is folded any further."""
_GAP = re.compile(r"\s{2,}(?=\S)")
_STEP = 2
"""How much further in than its line a rest stands when there is no column to stand below."""


def width_of(text: str) -> int:
    """Columns that a text takes on a terminal: two for wide characters, none for combining ones."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(ch) else 1 + (unicodedata.east_asian_width(ch) in "WF") for ch in text)


def folded(text: str, width: int) -> str:
    """The text with lines of at most `width` columns, folded at blanks; a word that is longer stays in one piece."""
    width = max(NARROWEST, width)
    return "\n".join(_fold(line, width) for line in text.split("\n"))


def _fold(line: str, width: int) -> str:
    if width_of(line) <= width:
        return line
    hang = _hanging(line, width)
    start = len(line) - len(line.lstrip(" "))
    made: list[str] = []
    shown, used = line[:start], start
    for number, piece in enumerate(re.findall(r"[^ ]+ *", line)):
        if number and used + width_of(piece.rstrip(" ")) > width:
            made.append(shown.rstrip(" "))
            shown, used = " " * hang, hang
        shown, used = shown + piece, used + width_of(piece)
    return "\n".join([*made, shown.rstrip(" ")])


def _hanging(line: str, width: int) -> int:
    """Where the rest of a line stands: below its last column that begins in the left half, else a bit further in."""
    indent = len(line) - len(line.lstrip(" "))
    columns = [width_of(line[: gap.end()]) for gap in _GAP.finditer(line, indent)]
    return max((column for column in columns if column <= width // 2), default=indent + _STEP)
