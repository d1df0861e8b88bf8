"""What a guess says of columns that hold the last reminder: lines of `history`, commented, for a person to finish."""

import json
from collections.abc import Sequence


def history_lines(level: str | None, day: str | None, words: Sequence[str]) -> list[str]:
    """The lines for a column of levels and one of their days; none without a column of levels.

    They stay a comment: which step of the policy a level is, no export says.
    """
    if level is None:
        return []
    seen = ", ".join(_quoted(word) + (': ""' if word == "0" else ": STEP") for word in words if word)
    column = _quoted(level)
    return [
        "# The last reminder, so that no ladder begins again: name the policy's step for each level, and uncomment.",
        "# history:",
        f"#   step: {{column: {column}, lookup: {{{seen}}}}}",
        f"#   date: {_quoted(day) if day else 'COLUMN'}",
    ]


def _quoted(text: str) -> str:
    return json.dumps("".join(ch if ch.isprintable() else " " for ch in text), ensure_ascii=False)
