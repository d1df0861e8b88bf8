"""The dialects of a FEC: encoding, separator, line ends, quotes, padding, and which column is where.

LPF art. A47 A-1 names 18 columns, separated by TAB or `|`, in ASCII, ISO 8859-15 or UTF-8; exports add columns, blanks,
trailing separators, byte order marks, Windows-1252 and line ends of all kinds. What can't be told apart is refused.
"""

import csv
import difflib
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from policy_engine.imports.fec_findings import Findings

MAX_BYTES = 1024**3
"""Largest file: it is held in memory whole."""
LONGEST_FIELD = 10_000
"""Longest field, in characters; a longer one is no accounting entry."""
ENCODINGS = ("utf-8", "iso-8859-15", "cp1252")

COLUMNS = (
    "JournalCode", "JournalLib", "EcritureNum", "EcritureDate", "CompteNum", "CompteLib", "CompAuxNum", "CompAuxLib",
    "PieceRef", "PieceDate", "EcritureLib", "Debit", "Credit", "EcritureLet", "DateLet", "ValidDate", "Montantdevise",
    "Idevise",
)  # fmt: skip
"""The columns of LPF art. A47 A-1 VII, in its order."""
_OTHERS = ("Montant", "Sens", "DateRglt", "ModeRglt", "NatOp", "IdClient")
NEEDED = ("JournalCode", "EcritureNum", "EcritureDate", "CompteNum", "CompAuxNum", "EcritureLet")
"""Columns that must be there, beside the amounts; their cells may be empty where the rules say so."""

_TRIED = 200
_BLANK = " \t|;\x1a"
SEPARATORS = {"\t": "TAB", "|": "|", ";": ";"}


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a file is written.

    Attributes:
        encoding: of the text; `utf-8-sig` is UTF-8 with a byte order mark.
        guessed: whether the encoding is a guess between eight-bit ones, which no file states.
        separator: between cells.
        quoted: whether cells stand in double quotes.
        columns: column name to place.
        width: cells of the header that have a name.
        cells: of a line; more than `width` where lines, or the header too, end with separators.
    """

    encoding: str
    guessed: bool
    separator: str
    quoted: bool
    columns: dict[str, int]
    width: int
    cells: int


@dataclass(frozen=True, slots=True)
class FecText:
    """A file as text: its lines without their ends, whether the last one is ended, and how it is written."""

    lines: list[str]
    ended: bool
    dialect: Dialect

    def cells(self, line: str) -> list[str]:
        """The cells of a line, without quotes; padding is left to whoever reads a cell."""
        return split(line, self.dialect.separator, quoted=self.dialect.quoted)

    def rows(self) -> Iterator[tuple[int, str, list[str]]]:
        """Line number, line and cells of each line below the header that isn't blank."""
        for number, line in enumerate(self.lines, start=1):
            if number > 1 and line.strip(_BLANK):
                yield number, line, self.cells(line)


def split(line: str, separator: str, *, quoted: bool) -> list[str]:
    """The cells of a line, with the blanks around them."""
    if quoted:
        try:
            return next(csv.reader([line], delimiter=separator), [])
        except csv.Error:
            pass
    return line.split(separator)


def column_of(line: str, cells: list[str], place: int, separator: str) -> int:
    """The first character of a cell in its line, counted from 1."""
    start = 0
    for _ in range(place):
        found = line.find(separator, start)
        if found < 0:
            break
        start = found + 1
    cell = cells[place].strip() if place < len(cells) else ""
    inside = line.find(cell, start) if cell else start
    return (inside if inside >= 0 else start) + 1


def read_text(path: Path, findings: Findings, encoding: str | None = None) -> FecText | None:
    """The file's text and dialect, or None and findings that say why not.

    Args:
        path: the file.
        findings: where errors go: DUN650 to DUN652.
        encoding: one of `ENCODINGS` when the user knows better than a guess.
    """
    data = _bytes(path, findings)
    if data is None:
        return None
    decoded = _decoded(data, findings, encoding)
    if decoded is None:
        return None
    text, used, guessed = decoded
    end = "\n" if "\n" in text else "\r"
    lines = [line.rstrip("\r") for line in text.split(end)]
    ended = lines[-1].strip(" \t\x1a") == ""  # 0x1A is how DOS ended a text
    if ended:
        lines.pop()
    dialect = _header(lines, used, findings, guessed=guessed)
    return None if dialect is None else FecText(lines, ended, dialect)


def _bytes(path: Path, findings: Findings) -> bytes | None:
    try:
        if path.is_dir():
            findings.add("DUN650", "this is a folder, not a file", help_="give the FEC itself, a text file")
            return None
        chunks = []
        size = 0
        with path.open("rb") as stream:
            while size <= MAX_BYTES and (chunk := stream.read(1 << 22)):
                chunks.append(chunk)
                size += len(chunk)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "the path can't be used"
        findings.add("DUN650", f"the file can't be read: {reason}", help_="check the path")
        return None
    if size > MAX_BYTES:
        findings.add("DUN650", f"the file is larger than {MAX_BYTES // 1024**2} MB", help_="export fewer years")
        return None
    data = b"".join(chunks)
    if not data.strip(b"\xef\xbb\xbf \t\r\n"):
        findings.add("DUN650", "the file is empty", help_="export the FEC again")
        return None
    return data


def _decoded(data: bytes, findings: Findings, wanted: str | None) -> tuple[str, str, bool] | None:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        findings.add("DUN651", "the file is UTF-16", help_="save it as UTF-8")
        return None
    nul = data.find(b"\0")
    if nul >= 0:
        line = 1 + data.count(b"\n", 0, nul)
        column = nul - data.rfind(b"\n", 0, nul)
        message = "the line holds a NUL byte: this is no text, or a damaged one"
        findings.add("DUN651", message, line=line, column=column, help_="export the FEC again")
        return None
    if data.startswith(b"\xef\xbb\xbf"):
        data, first, guessed = data[3:], "utf-8-sig", False
    else:
        first, guessed = "utf-8", False
    if wanted in (None, "utf-8"):
        try:
            return data.decode("utf-8"), first, guessed
        except UnicodeDecodeError as error:
            if wanted is not None or first == "utf-8-sig":
                _wrong_byte(data, error.start, "UTF-8", findings)
                return None
    # 0x80 to 0x9F are printable in Windows-1252 and control characters in ISO 8859-15.
    windows = any(data.find(bytes([byte])) >= 0 for byte in range(0x80, 0xA0))
    used = wanted or ("cp1252" if windows else "iso-8859-15")
    try:
        return data.decode(used), used, wanted is None
    except UnicodeDecodeError as error:
        _wrong_byte(data, error.start, "UTF-8 nor Windows-1252" if wanted is None else used, findings)
        return None


def _wrong_byte(data: bytes, place: int, what: str, findings: Findings) -> None:
    line = 1 + data.count(b"\n", 0, place)
    column = place - data.rfind(b"\n", 0, place)
    neither = "neither " if " nor " in what else "not "
    message = f"the byte 0x{data[place]:02X} is {neither}{what}"
    findings.add("DUN651", message, line=line, column=column, help_="give --encoding, or export the FEC again")


def _plain(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name.strip().strip('"').strip())
    return "".join(ch for ch in letters if ch.isalnum() and not unicodedata.combining(ch)).casefold()


_ALSO = {
    "journallibelle": "JournalLib", "comptelibelle": "CompteLib", "compauxlibelle": "CompAuxLib",
    "ecriturelibelle": "EcritureLib", "ecriturelettrage": "EcritureLet", "ecrturelet": "EcritureLet",
    "lettrage": "EcritureLet", "datelettrage": "DateLet", "datevalidation": "ValidDate",
}  # fmt: skip
"""Names that some software gives to the same columns."""
_KNOWN = {_plain(name): name for name in (*COLUMNS, *_OTHERS)} | _ALSO


def _header(lines: list[str], encoding: str, findings: Findings, *, guessed: bool) -> Dialect | None:
    line = lines[0] if lines else ""

    def known(separator: str) -> int:
        return sum(_plain(name) in _KNOWN for name in line.split(separator))

    separator = max(SEPARATORS, key=known)
    if len(line) > LONGEST_FIELD or known(separator) < 4:
        shown = line if len(line) <= LONGEST_FIELD else None
        message = "the first line isn't the header of a FEC"
        fix = "it names JournalCode, JournalLib, EcritureNum ..., separated by TAB, `|` or `;`"
        findings.add("DUN652", message, help_=fix, source=shown)
        return None
    quoted = line.lstrip().startswith('"')
    names = [name.strip() for name in split(line, separator, quoted=quoted)]
    while names and not names[-1]:
        names.pop()
    columns: dict[str, int] = {}
    failed = findings.failed()
    for place, name in enumerate(names):
        column = _KNOWN.get(_plain(name), name)
        if column in columns:
            at = column_of(line, names, place, separator)
            findings.add(
                "DUN652", f"the column `{name[:60]}` stands twice", column=at, length=len(name), source=line,
                help_="keep one of them",
            )  # fmt: skip
            failed = True
        columns.setdefault(column, place)
    for missing in _missing(columns):
        strange = [name for name in columns if name not in _KNOWN.values()]
        near = difflib.get_close_matches(missing, strange, n=1)
        fix = f"is `{near[0]}` meant for it?" if near else "a FEC has the 18 columns of LPF art. A47 A-1"
        findings.add("DUN652", f"the column `{missing}` is missing", source=line, help_=fix)
        failed = True
    if failed:
        return None
    width = len(names)
    return Dialect(encoding, guessed, separator, quoted, columns, width, _cells(lines, separator, width, quoted=quoted))


def _cells(lines: list[str], separator: str, width: int, *, quoted: bool) -> int:
    """How many cells a line has: separators at the end are a habit of the file, a single one is a text's own."""
    some = (line for line in islice(lines, 1, _TRIED) if line.strip(_BLANK))
    counts = Counter(len(split(line, separator, quoted=quoted)) for line in some)
    return max(width, max(counts, key=lambda count: (counts[count], count), default=width))


def _missing(columns: dict[str, int]) -> list[str]:
    missing = [name for name in NEEDED if name not in columns]
    if not {"Montant", "Sens"} <= columns.keys():
        pair = ("Montant", "Sens") if "Montant" in columns or "Sens" in columns else ("Debit", "Credit")
        if not {"Debit", "Credit"} <= columns.keys():
            missing += [name for name in pair if name not in columns]
    return missing
