"""Bytes into text: the declared encoding, or the one that the bytes can only be. Two that differ are never guessed."""

from pathlib import Path

from policy_engine.imports.csv_findings import ImportFindings
from policy_engine.values.position import Position

MAX_FILE_BYTES = 512 * 1024**2
"""Largest export: it is held in memory whole."""
_DIFFERING = b"\xa4\xa6\xa8\xb4\xb8\xbc\xbd\xbe"
"""Bytes that mean one letter in Windows-1252 and another in ISO-8859-15."""
_ONLY_CP1252 = bytes(range(0x80, 0xA0))
"""Letters in Windows-1252, invisible control characters in ISO-8859-15."""
_UNDEFINED = b"\x81\x8d\x8f\x90\x9d"
_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


def read_export(path: Path, declared: str | None, findings: ImportFindings) -> str | None:
    """The text of a file with line feeds as line ends and without byte order mark, or None with a finding."""
    shown = path.as_posix()
    start = Position(shown, 1, 1)
    try:
        if path.is_dir():
            findings.error("DUN600", start, "this is a folder; an export is a file", "name the files in it")
            return None
        with path.open("rb") as stream:
            data = stream.read(MAX_FILE_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "there is no such file"
        findings.error("DUN600", start, f"the file can't be read: {reason}", "check the path")
        return None
    if len(data) > MAX_FILE_BYTES:
        findings.error("DUN600", start, f"the file is larger than {MAX_FILE_BYTES // 1024**2} MB", "export it in parts")
        return None
    text = _decode(data, declared, shown, findings)
    if text is None:
        return None
    text = text.removeprefix("\ufeff").replace("\r\r\n", "\n").replace("\r\n", "\n").replace("\r", "\n")
    nul = text.find("\0")
    if nul >= 0:
        line = text.count("\n", 0, nul) + 1
        fix = "the file is damaged, or UTF-16: say `encoding: utf-16`, or export it again as text"
        findings.error("DUN602", Position(shown, line, nul - text.rfind("\n", 0, nul)), "there is a NUL byte here", fix)
        return None
    findings.knows(shown, text)
    return text


def _decode(data: bytes, declared: str | None, shown: str, findings: ImportFindings) -> str | None:
    marked = next((name for mark, name in _MARKS if data.startswith(mark)), None)
    if declared is not None and marked is not None and marked != declared:
        message = f"the mapping says {declared}, but the file begins with the mark of {marked}"
        findings.error("DUN601", Position(shown, 1, 1), message, f"say `encoding: {marked}`, or leave it out")
        return None
    chosen = declared or marked
    if chosen is None:
        chosen = _told(data, shown, findings)
        if chosen is None:
            return None
    try:
        return data.decode(chosen)
    except UnicodeDecodeError as error:
        fix = "leave `encoding` out to have it told" if declared else "say `encoding` in the mapping"
        if chosen == "utf-16":
            at, what = Position(shown, 1, 1), "the file is no whole UTF-16"
        else:
            at, what = _place(data, error.start, shown), f"the byte 0x{data[error.start]:02X} is nothing in {chosen}"
        findings.error("DUN601", at, what, fix)
        return None


def _told(data: bytes, shown: str, findings: ImportFindings) -> str | None:
    """The encoding that the bytes show, or None with a finding when it could be two."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        first = error.start
    else:
        return "utf-8"
    if any(byte in data for byte in _UNDEFINED):
        return "iso-8859-15"
    if any(byte in data for byte in _ONLY_CP1252):
        return "cp1252"
    spot = min((place for byte in _DIFFERING if (place := data.find(byte)) >= 0), default=-1)
    if spot < 0:
        return "cp1252"
    byte = data[spot : spot + 1]
    first = spot
    message = (
        f"the byte 0x{byte[0]:02X} is `{byte.decode('cp1252')}` in cp1252 and `{byte.decode('iso-8859-15')}` in "
        "iso-8859-15"
    )
    findings.error("DUN601", _place(data, first, shown), message, "say `encoding: cp1252` or `encoding: iso-8859-15`")
    return None


def _place(data: bytes, spot: int, shown: str) -> Position:
    start = max(data.rfind(b"\n", 0, spot), data.rfind(b"\r", 0, spot)) + 1
    line = data.count(b"\n", 0, spot) + 1
    return Position(shown, line, len(data[start:spot].decode("utf-8", "replace")) + 1)
