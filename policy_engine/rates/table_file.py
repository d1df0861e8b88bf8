"""One rate table as a CSV file, read with everything that is wrong with it, each finding with its place.

    # title: ECB main refinancing operations rate
    # checked_through: 2027-01-01
    effective_from,rate_pct,verified,source
    2026-12-18,2.15,yes,ECB press release of 10 December 2026

A row holds from its day until the day before the next row's. Nothing is known after `checked_through`.
"""

import csv
import re
from dataclasses import dataclass, field
from datetime import date
from io import StringIO
from itertools import pairwise
from pathlib import Path

from policy_engine.rates import PPM_PER_PERCENT, RateTable, percent_to_ppm
from policy_engine.values.days import parse_date
from policy_engine.values.diagnostics import Diagnostic, did_you_mean
from policy_engine.values.position import Position
from policy_engine.values.text import nfc

COLUMNS = ("effective_from", "rate_pct", "verified", "source")
"""What each row says: first day, percent a year, how well it is verified, where it stands."""
EXTRA = ("tender", "regime", "individual_creditor_pct", "contract_floor_pct")
"""Further columns that shipped tables have; the engine doesn't read them, the cross-checks do."""
VERIFIED = ("yes", "secondary", "no")
"""On a public page or in a public data set; in secondary sources only; from memory."""
LEAST_PCT, MOST_PCT = -20, 100
"""Bounds of a reference rate in percent a year: beyond them it is mistyped."""
MAX_BYTES = 4 * 1024**2
_MAX_SOURCE = 500
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_RATE = re.compile(r"-?[0-9]{1,3}(?:\.[0-9]{1,4})?")
_KEYS = ("checked_through", "title", "replaces")


@dataclass(frozen=True, slots=True)
class RateRow:
    """A row: `ppm` a year from `day` on; `extra` holds the further columns that aren't empty.

    `source_line` is the line of the file that it begins on, to show it.
    """

    day: date
    ppm: int
    verified: str
    source: str
    position: Position
    extra: dict[str, str] = field(default_factory=dict)
    source_line: str | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class RateFile:
    """A table with its places. `replaces`: it stands instead of the package's table, rather than after it."""

    name: str
    title: str
    rows: tuple[RateRow, ...]
    checked_through: date
    position: Position
    replaces: bool = False

    def table(self) -> RateTable:
        """What policies read."""
        return RateTable(
            self.name,
            self.title,
            tuple(row.day for row in self.rows),
            tuple(row.ppm for row in self.rows),
            self.checked_through,
            tuple(row.source for row in self.rows),
        )


@dataclass(slots=True)
class _Reading:
    """The findings in one file, and its lines to show them with."""

    file: str
    lines: list[str]
    found: list[Diagnostic] = field(default_factory=list)

    def error(self, code: str, line: int, message: str, fix: str, part: str = "") -> None:
        source = self.lines[line - 1] if 0 < line <= len(self.lines) else None
        place = -1 if source is None or not part else _place(source, part)
        at = Position(self.file, line, max(0, place) + 1, len(part) if place >= 0 else 1)
        self.found.append(Diagnostic(code, "error", message, at, fix, source))

    def __len__(self) -> int:
        return len(self.found)


def _place(line: str, part: str) -> int:
    """Where a text stands in a line, as a cell of its own if there is one: `201` isn't meant in `2015-01-01,201`."""
    beside = r"[ \t\"]*"
    cell = re.search(rf"(?:^|[,;]){beside}({re.escape(part)})(?={beside}(?:[,;]|$))", line)
    return line.find(part) if cell is None else cell.start(1)


def ppm_text(ppm: int) -> str:
    """Percent a year as people write it, `2.15`: at least two decimals, at most four."""
    whole, rest = divmod(abs(ppm), PPM_PER_PERCENT)
    decimals = f"{rest:04d}"
    return f"{'-' if ppm < 0 else ''}{whole}.{decimals[:2]}{decimals[2:].rstrip('0')}"


def read_rates(
    path: Path, *, name: str | None = None, title: str = "", checked_through: date | None = None
) -> tuple[RateFile | None, tuple[Diagnostic, ...]]:
    """The table in a file, or None and everything that is wrong. Nothing that the file holds raises.

    Args:
        path: the CSV file; its name without the extension is the table's name.
        name: another name for the table.
        title: for people, when the file says none.
        checked_through: the last day for which it is known; goes before what the file says.
    """
    shown = path.as_posix()
    start = Position(shown, 1, 1)
    try:
        if not path.is_file():
            raise FileNotFoundError(2, "there is no such file")
        content = path.read_bytes()[: MAX_BYTES + 1]
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "not a usable path"
        return None, (Diagnostic("DUN801", "error", f"the file can't be read: {why}", start, "check the path"),)
    return parse_rates(content, shown, name or path.stem, title=title, checked_through=checked_through)


def parse_rates(
    content: bytes, shown: str, name: str, *, title: str = "", checked_through: date | None = None
) -> tuple[RateFile | None, tuple[Diagnostic, ...]]:
    """As `read_rates`, from bytes; `shown` is what findings call the file."""
    text, refused = _text(content, shown)
    if text is None:
        return None, refused
    reading = _Reading(shown, text.split("\n"))
    if not _NAME.fullmatch(name):
        fix = "call the file as policies name the table: small letters, digits and `_`, e.g. `ecb_mro.csv`"
        reading.error("DUN809", 1, f"`{name[:80]}` can't be the name of a table", fix)
    heads, first = _heads(reading)
    through = checked_through or _through(reading, heads)
    replaces = heads.get("replaces", ("no", 1))
    if replaces[0] not in ("yes", "no"):
        reading.error("DUN806", replaces[1], "`replaces` is neither yes nor no", "write `# replaces: yes`", replaces[0])
    rows = _rows(reading, first)
    for earlier, later in pairwise(rows):
        if later.day <= earlier.day:
            what = "stands twice" if later.day == earlier.day else f"does not come after {earlier.day}"
            fix = "sort the rows by date, and keep one a day: a row holds until the next"
            reading.error("DUN804", later.position.line, f"{later.day} {what}", fix, str(later.day))
    if not rows and not reading.found:
        reading.error("DUN802", first, "the table has no rows", "add at least one rate")
    if rows and through is not None and through < rows[-1].day:
        last = rows[-1]
        message = f"the rate of {last.day} comes after `checked_through`, {through}, and would never be used"
        reading.error("DUN806", last.position.line, message, "say through which day the table is known", str(last.day))
    if reading.found or through is None:
        return None, tuple(reading.found)
    said = heads["title"][0] if "title" in heads else title or name
    return RateFile(name, said, tuple(rows), through, Position(shown, 1, 1), replaces[0] == "yes"), ()


def _text(content: bytes, shown: str) -> tuple[str | None, tuple[Diagnostic, ...]]:
    start = Position(shown, 1, 1)
    if len(content) > MAX_BYTES:
        return None, (Diagnostic("DUN801", "error", "the file is larger than 4 MB", start, "give one rate table"),)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        at = Position(shown, content.count(b"\n", 0, error.start) + 1, 1)
        return None, (Diagnostic("DUN801", "error", "this line is not UTF-8", at, "save the file as UTF-8"),)
    if "\0" in text:
        at = Position(shown, text.count("\n", 0, text.index("\0")) + 1, 1)
        return None, (Diagnostic("DUN801", "error", "the line holds a NUL byte", at, "export the file again as text"),)
    return text.replace("\r\n", "\n").replace("\r", "\n"), ()


def _heads(reading: _Reading) -> tuple[dict[str, tuple[str, int]], int]:
    """The `# key: value` lines above the header, and the line of the header. Other comments are for people."""
    heads: dict[str, tuple[str, int]] = {}
    for number, line in enumerate(reading.lines, 1):
        if line.strip() and not line.startswith("#"):
            return heads, number
        key, colon, value = line.lstrip("#").partition(":")
        key = key.strip()
        if not colon or not re.fullmatch(r"[A-Za-z_-]+", key):
            continue
        if key not in _KEYS:
            near = did_you_mean(key, _KEYS)
            if near:
                reading.error("DUN806", number, f"`{key}` is not known above the header", near, key)
        elif key in heads:
            reading.error("DUN806", number, f"`{key}` is said twice", "keep one of them", key)
        else:
            heads[key] = (nfc(value.strip().rstrip(",;").strip())[:200], number)  # spreadsheets fill the line up
    return heads, len(reading.lines)


def _through(reading: _Reading, heads: dict[str, tuple[str, int]]) -> date | None:
    if "checked_through" not in heads:
        fix = "put `# checked_through: 2026-12-31` above the header, or give --checked-through"
        reading.error("DUN806", 1, "nothing says through which day the table is known", fix)
        return None
    text, line = heads["checked_through"]
    day = parse_date(text)
    if day is None:
        reading.error("DUN806", line, f"`{text[:40]}` is not a date", "write YYYY-MM-DD, from 1970 to 2200", text)
    return day


def _rows(reading: _Reading, first: int) -> list[RateRow]:
    head = reading.lines[first - 1]
    if not head.strip():
        reading.error("DUN802", first, "the file has no header", f"begin with `{','.join(COLUMNS)}`")
        return []
    delimiter = ";" if head.count(";") > head.count(",") else ","
    reader = csv.reader(StringIO("\n".join(reading.lines[first - 1 :]), newline=""), delimiter=delimiter, strict=True)
    rows: list[RateRow] = []
    line = first
    try:
        columns = [cell.strip() for cell in next(reader)]
        if not _header(reading, first, columns):
            return []
        for record in reader:
            start, line = line + 1, first - 1 + reader.line_num
            if any(cell.strip() for cell in record):
                row = _row(reading, start, columns, [cell.strip() for cell in record])
                if row is not None:
                    rows.append(row)
    except (csv.Error, StopIteration) as error:
        fix = "a text that holds a separator or a quote stands in quotes and doubles them"
        reading.error("DUN802", line + 1, f"the row that begins here can't be read as CSV: {error}", fix)
    return rows


def _header(reading: _Reading, line: int, columns: list[str]) -> bool:
    errors = len(reading)
    for name in COLUMNS:
        if name not in columns:
            near = did_you_mean(name, [column for column in columns if column not in COLUMNS])
            fix = f"the columns are {', '.join(COLUMNS)}" + (f"; {near}" if near else "")
            reading.error("DUN802", line, f"the table has no column `{name}`", fix)
    for column in columns:
        if column not in (*COLUMNS, *EXTRA):
            near = did_you_mean(column, COLUMNS) or "leave the column out"
            reading.error("DUN802", line, f"`{column[:80]}` is not a column of a rate table", near, column)
        elif columns.count(column) > 1:
            reading.error("DUN802", line, f"the column `{column}` stands twice", "keep one of them", column)
    return len(reading) == errors


def _row(reading: _Reading, line: int, columns: list[str], cells: list[str]) -> RateRow | None:
    if len(cells) != len(columns):
        message = f"the row has {len(cells)} cells where the header has {len(columns)}"
        reading.error("DUN802", line, message, "write decimals with a point, and texts with separators in quotes")
        return None
    errors = len(reading)
    row = dict(zip(columns, cells, strict=True))
    day = parse_date(row["effective_from"])
    if day is None:
        text = row["effective_from"]
        fix = "write YYYY-MM-DD, from 1970 to 2200"
        reading.error("DUN803", line, f"`{text[:40]}` is not a date" if text else "the row has no date", fix, text)
    ppm = _ppm(reading, line, row["rate_pct"])
    if row["verified"] not in VERIFIED:
        fix = "yes: it stands on a public page; secondary: in secondary sources only; no: from memory"
        reading.error("DUN803", line, _unverified(row["verified"]), fix, row["verified"])
    source = nfc(row["source"])
    if not source or not source.isprintable() or len(source) > _MAX_SOURCE:
        fix = f"say where the rate stands, in at most {_MAX_SOURCE} characters"
        reading.error("DUN803", line, "the row names no source" if not source else "the source can't be used", fix)
    for name in ("individual_creditor_pct", "contract_floor_pct"):
        if row.get(name):
            _ppm(reading, line, row[name])
    if day is None or ppm is None or len(reading) > errors:
        return None
    extra = {name: row[name] for name in EXTRA if row.get(name)}
    text = reading.lines[line - 1]
    at = Position(reading.file, line, max(0, _place(text, row["rate_pct"])) + 1, len(row["rate_pct"]))
    return RateRow(day, ppm, row["verified"], source, at, extra, text)


def _unverified(text: str) -> str:
    return f"{f'`{text[:40]}`' if text else 'the row'} doesn't say how well the rate is verified"


def _ppm(reading: _Reading, line: int, text: str) -> int | None:
    """A rate in percent a year: plain digits with a point, at most four decimals, within the bounds."""
    if _RATE.fullmatch(text) and text.isascii():
        ppm = percent_to_ppm(text)
        if LEAST_PCT * PPM_PER_PERCENT <= ppm <= MOST_PCT * PPM_PER_PERCENT:
            return ppm
        fix = f"rates are percent a year, from {LEAST_PCT} to {MOST_PCT}"
        reading.error("DUN803", line, f"`{text}` is out of bounds", fix, text)
        return None
    fix = "write percent a year like `2.15`: a decimal point, at most four decimals, no sign of percent, no exponent"
    reading.error("DUN803", line, f"`{text[:40]}` is not a rate" if text else "the row has no rate", fix, text)
    return None
