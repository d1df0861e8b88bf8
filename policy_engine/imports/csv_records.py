"""Text into records: the separator, the line with the header, the rows below it, each with its line."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Any

from policy_engine.imports.csv_findings import ImportFindings
from policy_engine.imports.mapping_parts import FileSyntax
from policy_engine.language.nodes import Text
from policy_engine.values.diagnostics import did_you_mean
from policy_engine.values.position import Position
from policy_engine.values.text import nfc

MAX_COLUMNS = 2_000
"""Widest export."""
BATCH = 8_192
"""Rows that are handed on together."""
SEARCHED = 100
"""Lines in which the header is looked for."""
_SEPARATORS = {",": ",", ";": ";", "tab": "\t", "|": "|"}
_NAMES = {mark: name for name, mark in _SEPARATORS.items()}


@dataclass(frozen=True, slots=True)
class Sheet:
    """An export as a table.

    Attributes:
        names: the headers as they stand, without empty ones at the end.
        headed: how many cells the header has, those empty ones too.
        ended: False when the last line has no end.
    """

    file: str
    text: str
    separator: str
    quote: str | None
    header_line: int
    names: tuple[str, ...]
    headed: int
    ended: bool

    @property
    def width(self) -> int:
        """How many columns there are."""
        return len(self.names)

    def place(self, column: str) -> int:
        """Where a column stands, by its header or as `#3`; -1 when there is none.

        Names count in NFC without blanks around them.
        """
        if column.startswith("#"):
            place = int(column[1:]) - 1
            return place if place < len(self.names) else -1
        wanted = plain(column)
        return next((place for place, name in enumerate(self.names) if plain(name) == wanted), -1)

    def at(self, findings: ImportFindings, line: int, place: int) -> Position:
        """Where a cell stands in a line; where the line begins when that can't be told."""
        text = findings.line(self.file, line) or ""
        start = 0
        quoted = False
        for _ in range(place):
            while start < len(text) and (quoted or text[start] != self.separator):
                quoted ^= text[start] == self.quote
                start += 1
            start += 1
        end = start
        while end < len(text) and (quoted or text[end] != self.separator):
            quoted ^= text[end] == self.quote
            end += 1
        if start >= len(text):
            return Position(self.file, line, max(1, len(text)))
        return Position(self.file, line, start + 1, max(1, end - start))


def plain(name: str) -> str:
    """A header as names are compared: NFC, blanks around it gone, line breaks and runs of blanks one blank."""
    return " ".join(nfc(name).split())


def find_sheet(
    text: str, shown: str, options: FileSyntax | None, wanted: Sequence[str], findings: ImportFindings
) -> Sheet | None:
    """The table in an export: the header is the first line with every wanted column. None with findings.

    A wanted column that isn't there is told where a mapping names it, else where the header stands.
    """
    start = Position(shown, 1, 1)
    if not text.strip():
        findings.error("DUN603", start, "the file is empty", "export it again")
        return None
    quote = '"' if options is None else None if options.quotes == "none" else options.quotes
    declared = None if options is None or options.separator is None else _SEPARATORS[options.separator]
    line = None if options is None else options.header
    head = "".join(text.splitlines(keepends=True)[: max(SEARCHED, line or 0)]) if len(text) < 10**6 else text[: 10**6]
    best: tuple[int, int, str, int, list[str]] | None = None
    for separator in (declared,) if declared else _SEPARATORS.values():
        for found, cells in _head(head, separator, quote, line or SEARCHED):
            if line is not None and found != line:
                continue
            has = {plain(cell) for cell in cells}
            matches = sum(name.startswith("#") or plain(name) in has for name in wanted)
            if best is None or (matches, len(cells) > 1) > best[:2]:
                best = (matches, len(cells) > 1, separator, found, cells)
            if matches == len(wanted) and (line is not None or len(cells) > 1):
                break
    if best is None:
        wanted_line = f"line {line}" if line is not None else "the file"
        findings.error("DUN604", start, f"{wanted_line} holds no header", "say `header: N`, the header's line")
        return None
    return _sheet(text, shown, quote, best, wanted, findings)


def _head(text: str, separator: str, quote: str | None, lines: int) -> Iterator[tuple[int, list[str]]]:
    """The first records, as far as they can be read."""
    before = 0
    try:
        reader = _reader(text, separator, quote, strict=False)
        for cells in reader:
            first = before + 1
            before = reader.line_num
            if first > lines:
                return
            if any(cells):
                yield first, cells
    except csv.Error:
        return


def _reader(text: str, separator: str, quote: str | None, *, strict: bool) -> Any:
    """Records; `line_num` is the last line of the one before."""
    return csv.reader(
        StringIO(text, newline=""),
        delimiter=separator,
        quotechar=quote or '"',
        quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
        strict=strict,
    )


def _sheet(
    text: str,
    shown: str,
    quote: str | None,
    best: tuple[int, int, str, int, list[str]],
    wanted: Sequence[str],
    findings: ImportFindings,
) -> Sheet | None:
    _, _, separator, line, cells = best
    start = Position(shown, line, 1)
    if len(cells) > MAX_COLUMNS:
        message = f"the header has {len(cells)} columns, at most {MAX_COLUMNS} are read"
        findings.error("DUN606", start, message, "export the columns that the mapping needs, or say the separator")
        return None
    errors = findings.errors
    headed = len(cells)
    while len(cells) > 1 and not cells[-1].strip() and f"#{len(cells)}" not in wanted:
        cells.pop()
    sheet = Sheet(shown, text, separator, quote, line, tuple(cells), headed, text.endswith("\n"))
    known = [plain(name) for name in cells]
    for name in dict.fromkeys(wanted):
        times = known.count(plain(name))
        if sheet.place(name) < 0:
            hint = did_you_mean(plain(name), [other for other in known[:300] if other])
            seen = ", ".join(f"`{other}`" for other in known[:12] if other) + (" ..." if len(known) > 12 else "")
            fix = hint or f"the header of line {line}, separated by `{_NAMES[separator]}`, has {seen}"
            if isinstance(name, Text):
                findings.error("DUN604", name.position, f"`{shown}` has no column `{name[:80]}`", fix, about=shown)
            else:
                findings.error("DUN604", start, f"no column is called `{name[:80]}`", fix)
        elif times > 1 and not name.startswith("#"):
            second = known.index(plain(name), known.index(plain(name)) + 1)
            fix = (
                f'rename one in the export, or name it by its place: `"#{sheet.place(name) + 1}"` or `"#{second + 1}"`'
            )
            findings.error(
                "DUN605", sheet.at(findings, line, second), f"the column `{name[:80]}` stands {times} times", fix
            )
    return sheet if findings.errors == errors else None


def records(sheet: Sheet, findings: ImportFindings) -> Iterator[tuple[int, list[str]]]:
    """The rows below the header that aren't blank, each with its first line; a broken end is a finding."""
    for batch in batches(sheet, findings):
        yield from batch


def batches(sheet: Sheet, findings: ImportFindings) -> Iterator[list[tuple[int, list[str]]]]:
    """The same, some thousands together.

    A broken end is a finding.
    """
    line = 0
    batch: list[tuple[int, list[str]]] = []
    try:
        reader = _reader(sheet.text, sheet.separator, sheet.quote, strict=True)
        for cells in reader:
            start, line = line + 1, reader.line_num
            if start > sheet.header_line and cells and (cells[0].strip() or any(map(str.strip, cells))):
                batch.append((start, cells))
                if len(batch) == BATCH:
                    yield batch
                    batch = []
        yield batch
    except csv.Error as error:
        yield batch
        text = str(error)
        at = Position(sheet.file, line + 1, 1)
        if "unexpected end of data" in text:
            fix = "the file was cut, or a quote is missing: export it again; `quotes: none` if quotes are letters"
            findings.error("DUN607", at, "the file ends inside the quotes of the row that begins here", fix)
        else:
            fix = "a text that holds a separator or a quote stands in quotes and doubles them; else `quotes: none`"
            findings.error("DUN607", at, f"the row that begins here can't be read: {text}", fix)
