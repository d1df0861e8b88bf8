"""Text from strangers: normalised on the way in, inert on the way out."""

import unicodedata

_BIDI = {*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C}


def nfc(text: str) -> str:
    """`text` in Unicode NFC (language.md 3.20)."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def inert(text: str) -> str:
    """`text` with control characters, line breaks and bidirectional marks shown as escapes.

    What comes back moves no cursor, opens no line and reorders nothing on a terminal or in a log.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        ch
        if (ch.isprintable() and ord(ch) not in _BIDI) or ch in "\u00a0\u202f"
        else ch.encode("unicode_escape").decode("ascii")
        for ch in text
    )
