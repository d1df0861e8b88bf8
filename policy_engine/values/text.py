"""Text from strangers: normalised on the way in, inert on the way out."""

import re
import unicodedata

LONGEST = 2000
"""Characters of a text that are shown to people; data is written whole."""
_BIDI = {*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C}
_RUNNER = re.compile(r"::(?=[A-Za-z])|##(?=[a-z]*\[)")
_UNSEEN = re.compile(
    "[\x7f-\x9f\xad\u0600-\u0605\u061c\u06dd\u070f\u1680\u180e\u2000-\u200f\u2028-\u202e\u205f-\u206f\u3000"
    "\ud800-\udfff\ufdd0-\ufdef\ufeff\ufff0-\ufffb\ufffe\uffff\U000e0000-\U000e0fff]|##(?=[a-z]*\\[)"
)
"""In JSON, outside ASCII these can only stand inside texts; the first 32 characters are always escaped there."""
_TAGS = b"\xf3"
"""What U+E0000 to U+E0FFF begin with in UTF-8: Python finds some of them printable."""
_PLAIN = bytes([ord("\n"), *range(0x20, 0x7F)])


def nfc(text: str) -> str:
    """`text` in Unicode NFC (language.md 3.20)."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def inert(text: str) -> str:
    """`text` with control characters, line breaks, bidirectional marks and commands of CI runners shown as escapes.

    What comes back moves no cursor, opens no line, reorders nothing and commands nobody on a terminal or in a log: `::`
    before a letter and `##[`, `##vso[` (GitHub's and Azure's runners read them in what a program prints) are broken up.
    Beyond `LONGEST` characters it ends with an ellipsis.
    """
    if len(text) > LONGEST:
        text = text[:LONGEST] + "…"
    if not (text.isascii() and text.isprintable()):
        text = "".join(
            ch
            if (ch.isprintable() and ord(ch) not in _BIDI) or ch in "\u00a0\u202f"
            else ch.encode("unicode_escape").decode("ascii")
            for ch in text
        )
    if "::" in text or "##" in text:
        text = _RUNNER.sub(lambda found: f"{found[0][0]}\\x{ord(found[0][1]):02x}", text)
    return text


def inert_json(text: str) -> str:
    """JSON text that says the same; what can't be seen, commands a CI runner or ends a script is escaped."""
    text = text.replace("</", "<\\/")
    # what is left without plain ASCII is short, and little of that can't be seen: ten times faster than to look for it
    rest = text.encode("utf-8", "surrogatepass").translate(None, _PLAIN)
    blanks_aside = rest.decode("utf-8", "surrogatepass").replace("\u00a0", "").replace("\u202f", "")
    if "##" not in text and _TAGS not in rest and blanks_aside.isprintable():
        return text
    return _UNSEEN.sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    """`##[` keeps its first character and escapes the second; anything else is escaped whole."""
    what = found[0]
    if what == "##":
        return "#\\u0023"
    units = what.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[place]:02x}{units[place + 1]:02x}" for place in range(0, len(units), 2))


def yaml_quoted(text: str) -> str:
    """A text in double quotes as YAML and JSON-like readers take it; what can't be seen or commands is escaped."""
    return f'"{"".join(map(_yaml, text))}"'.replace("##", "#\\x23")


def _yaml(ch: str) -> str:
    if ch in '"\\':
        return "\\" + ch
    if ch.isprintable():
        return ch
    code = ord(ch)
    return f"\\x{code:02X}" if code < 0x100 else f"\\u{code:04X}" if code < 0x10000 else f"\\U{code:08X}"


def slug(heading: str) -> str:
    """The anchor that Markdown renderers give a heading: lower case, blanks as hyphens, other marks left out."""
    kept = "".join(ch for ch in heading.lower() if ch.isalnum() or ch in " -_")
    return kept.replace(" ", "-")
