"""What a mail server's words mean: inert, short, without addresses; how long it asks to wait."""

import re

from policy_engine.values.text import inert

LONGEST = 200
_ADDRESS = re.compile(r"<?[^\s<>@]{1,200}@[^\s<>,;:]{1,200}>?")
_WAIT = re.compile(r"\b(\d{1,5})\s*(s|sec|secs|second|seconds|m|min|mins|minute|minutes|h|hour|hours)\b", re.IGNORECASE)
_CLOCK = re.compile(r"\b(\d{1,2}):([0-5]\d):([0-5]\d)\b")
LONGEST_WAIT = 6 * 3600


def shown(text: bytes | str, longest: int = LONGEST) -> str:
    """A server's text for the ledger: one line, nothing that commands or hides, addresses left out."""
    if isinstance(text, bytes):
        text = text[: 8 * LONGEST].decode("utf-8", "replace")
    one = _ADDRESS.sub("<address>", " ".join(text[: 8 * LONGEST].split()))
    one = inert(one)
    return one if len(one) <= longest else f"{one[: longest - 1]}…"


def wait_of(text: bytes) -> float | None:
    """Seconds that a server asks to wait, as greylisting does: `in 300 seconds`, `00:04:52`; None: it doesn't say."""
    words = text[: 8 * LONGEST].decode("ascii", "replace")
    at = _CLOCK.search(words)
    if at is not None:
        return _bounded(int(at[1]) * 3600 + int(at[2]) * 60 + int(at[3]))
    found = _WAIT.search(words)
    if found is None:
        return None
    return _bounded(int(found[1]) * {"s": 1, "m": 60, "h": 3600}[found[2][0].lower()])


def _bounded(seconds: int) -> float | None:
    return float(min(seconds, LONGEST_WAIT)) if seconds > 0 else None
