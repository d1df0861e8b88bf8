"""Internet messages as bytes (RFC 5322, MIME): headers and parts, lines of at most 78 octets, nothing random.

Written by hand because the standard library's `EmailMessage` takes three milliseconds a message and draws boundaries
at random; the tests read every message back with it, and it finds no defect.
"""

import re
from base64 import b64encode
from binascii import b2a_base64, b2a_qp
from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256

from policy_engine.templates.document import clean

LINE = 76
_WORD = 39
"""Octets of an encoded word before base64: 64 characters with what stands around them (RFC 2047: 75, lines of 76)."""
_LONGEST_WORD = 70
_TYPES = {"pdf": "application/pdf", "xml": "application/xml", "zip": "application/zip"}
"""Content types of files by their names' endings."""
_QUOTED = re.compile(r'(["\\])')


def boundary(key: str, place: int) -> bytes:
    """What parts a message's parts: `=_` can stand neither in quoted-printable nor in base64 (RFC 2045 6.7)."""
    return f"=_{sha256(f'{key}/{place}'.encode()).hexdigest()[:32]}_{place}".encode()


def words(text: str) -> str:
    """A header's free text, folded; with encoded words where it isn't plain ASCII, or could pass for one of them."""
    text = " ".join(clean(text).split())
    pieces = text.split(" ")
    if text.isascii() and "=?" not in text and all(len(piece) <= _LONGEST_WORD for piece in pieces):
        return fold(pieces)
    return "\r\n ".join(_encoded(text))


@lru_cache(maxsize=200)  # one sender's name stands in every message
def phrase(text: str) -> str:
    """A name that stands before an address: quoted, or in encoded words."""
    text = " ".join(clean(text).split())
    if text.isascii() and "=?" not in text and len(text) <= _LONGEST_WORD:
        return f'"{_QUOTED.sub(_escaped, text)}"'
    return "\r\n ".join(_encoded(text))


def _escaped(found: re.Match[str]) -> str:
    return "\\" + found[1]


def _encoded(text: str) -> list[str]:
    """Encoded words, each of whole characters."""
    found, begin, size = list[str](), 0, 0
    for place, ch in enumerate(text):
        octets = 1 if ch < "\x80" else len(ch.encode("utf-8", "replace"))
        if size + octets > _WORD:
            found.append(_word(text[begin:place]))
            begin, size = place, 0
        size += octets
    return [*found, _word(text[begin:])]


def _word(text: str) -> str:
    return f"=?utf-8?b?{b64encode(text.encode('utf-8', 'replace')).decode('ascii')}?="


def fold(pieces: Sequence[str]) -> str:
    """Pieces on lines, broken between them; the first line leaves room for the header's name."""
    lines, line = list[str](), " " * 12
    for piece in pieces:
        if len(line) + len(piece) > LINE and line.strip():
            lines.append(line)
            line = ""
        line += piece if not line.strip() else f" {piece}"
    lines.append(line)
    return "\r\n ".join(one.strip() for one in lines)


def header(name: str, value: str) -> bytes:
    """A header's line, or lines.

    Raises:
        ValueError: the value would open another header: line breaks that don't fold, NUL.
    """
    whole = value.replace("\r\n ", "")
    if "\r" in whole or "\n" in whole or "\0" in whole:
        raise ValueError(f"the header {name} can't hold a line break")
    return f"{name}: {value}\r\n".encode("utf-8", "replace")


def text_part(text: str, kind: str) -> bytes:
    """A part of text, in quoted-printable: readable, short lines, whatever the text."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    body = b2a_qp(text.replace("\n", "\r\n").encode("utf-8", "replace"), istext=True)
    if "\n" not in text:
        body = body.replace(b"\n", b"\r\n")  # the line ends that it makes itself are bare where the text has none
    return (
        f'Content-Type: text/{kind}; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n'.encode()
        + body
    )


def file_part(name: str, data: bytes) -> bytes:
    """An attached file. `name` is plain ASCII: letters, digits, `.`, `-`, `_`.

    Raises:
        ValueError: it isn't.
    """
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,300}", name):
        raise ValueError("the name of an attachment has other characters than letters, digits, `.`, `-`, `_`")
    kind = _TYPES.get(name.rpartition(".")[2].lower(), "application/octet-stream")
    head = (
        f'Content-Type: {kind};\r\n name="{name}"\r\nContent-Transfer-Encoding: base64\r\n'
        f'Content-Disposition: attachment;\r\n filename="{name}"\r\n\r\n'
    )
    step = LINE // 4 * 3
    lines = [b2a_base64(data[at : at + step], newline=False) for at in range(0, len(data), step)]
    return head.encode("ascii") + b"\r\n".join(lines) + b"\r\n"


def parted(kind: str, mark: bytes, parts: Sequence[bytes]) -> bytes:
    """Several parts as one: its header and body, ends with a line end."""
    lines = [f'Content-Type: multipart/{kind};\r\n boundary="'.encode() + mark + b'"\r\n']
    lines.extend(b"\r\n--" + mark + b"\r\n" + part for part in parts)
    return b"".join(lines) + b"\r\n--" + mark + b"--\r\n"
