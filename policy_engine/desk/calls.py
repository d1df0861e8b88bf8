"""A call list that somebody has filled in (`calls.csv` of the lists): what was promised, disputed, or else said.

Spreadsheets save such a file in their own way: `;` for `,`, Windows-1252 for UTF-8, 05/11/2026 for 2026-11-05,
1 200,50 for 1200.50. All of that is read; what can be read in two ways is asked, not guessed. Every mistake says the
line, the column and the spreadsheet's cell.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal, TypeAlias

from policy_engine.desk.entry import Entry, Kind, Mistake, entry
from policy_engine.desk.folder import Listed
from policy_engine.desk.known import Known, against
from policy_engine.values.text import nfc

Order: TypeAlias = Literal["dmy", "mdy"]
NEEDED = ("send_on", "customer", "invoices", "outcome", "promised_date", "promised_amount", "note")
"""The columns that are read, wherever they stand; all others are left alone."""
FRENCH = {
    "prevu le": "send_on", "client": "customer", "factures": "invoices", "resultat": "outcome",
    "date promise": "promised_date", "montant promis": "promised_amount", "essai": "trial",
}  # fmt: skip
"""What French lists call the columns that are read, without accents; `note` is the same."""
PROMISED = frozenset({"promise", "promised", "promesse", "promet", "promis"})
DISPUTED = frozenset({"dispute", "disputed", "litige", "conteste", "contestee"})
MAX_BYTES = 10 * 1024 * 1024
_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_SHORT = re.compile(r"([0-9]{1,2})[/.\-]([0-9]{1,2})[/.\-]([0-9]{4})")


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell, its text without blanks around it, and where it begins: line and column, from 1."""

    text: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Said:
    """What a list says: entries to note, what can't be noted, how many of its rows were already noted or not filled."""

    entries: tuple[Entry, ...]
    mistakes: tuple[Mistake, ...]
    noted: int
    empty: int


def read_calls(
    data: bytes, name: str, by: str, known: Known, there: Sequence[Listed], day: date | None, order: Order | None
) -> Said:
    """Everything that a filled-in list says.

    Args:
        data: the file.
        name: what mistakes call it.
        by: who notes it.
        known: the snapshot, which resolves the invoices' numbers.
        there: what stands on the desk: a row that says the same isn't noted twice.
        day: of the entries; without it each has its row's `send_on`.
        order: how days are written that aren't ISO.
    """
    rows = _Rows(name, by, known, there, day, order)
    if len(data) > MAX_BYTES:
        return Said((), (Mistake(name, "is larger than 10 MiB"),), 0, 0)
    text = _decoded(data)
    if text is None:
        return Said((), (Mistake(name, "is neither UTF-8 nor Windows-1252 text", "save it as CSV UTF-8"),), 0, 0)
    lines = _records(text, _separator(text))
    header = next(lines, [])
    places = {_column(cell.text): place for place, cell in enumerate(header)}
    lacking = [column for column in NEEDED if column not in places]
    if lacking:
        names = ", ".join(f"`{column}`" for column in lacking)
        return Said(
            (),
            (
                Mistake(
                    f"{name}:1", f"lacks the column{'s' if len(lacking) > 1 else ''} {names}", "keep the list's header"
                ),
            ),
            0,
            0,
        )
    for number, cells in enumerate(lines, 2):
        if any(cell.text for cell in cells):
            rows.take(number, {column: (place, cells[place]) for column, place in places.items() if place < len(cells)})
    return Said(tuple(rows.entries), tuple(rows.mistakes), rows.noted, rows.empty)


class _Rows:
    """What was found so far."""

    def __init__(
        self, name: str, by: str, known: Known, there: Sequence[Listed], day: date | None, order: Order | None
    ) -> None:
        self.entries: list[Entry] = []
        self.mistakes: list[Mistake] = []
        self.noted = 0
        self.empty = 0
        self._name, self._by, self._known, self._day, self._order = name, by, known, day, order
        self._there = {(row.kind, _same(row.cells)) for row in there}

    def take(self, number: int, row: Mapping[str, tuple[int, Cell]]) -> None:
        """A row of the list."""

        def text(column: str) -> str:
            return _plain(row[column][1].text) if column in row else ""

        def wrong(column: str, mistake: Mistake) -> None:
            place, cell = row.get(column, (0, Cell("", number, 1)))
            where = f"{self._name}:{cell.line}:{cell.column} (cell {_letters(place)}{number})"
            self.mistakes.append(replace(mistake, about=f"{where}: `{column}`"))

        outcome, note = text("outcome"), text("note")
        promised, amount = text("promised_date"), text("promised_amount")
        if not (outcome or note or promised or amount):
            self.empty += 1
            return
        if text("trial"):
            wrong("trial", Mistake("", "is a rehearsal's row: nothing was really asked", "empty the row's answers"))
            return
        before = len(self.mistakes)
        day = self._day or self._date(text("send_on"), "send_on", wrong)
        until = self._date(promised, "promised_date", wrong) if promised else None
        exact = None if not amount else _amount(amount)
        if amount and exact is None:
            wrong("promised_amount", Mistake("", f"`{amount[:40]}` is not an amount", "write e.g. `1200.50`"))
        word = _word(outcome)
        if (word in PROMISED or amount) and not promised:
            wrong("promised_date", Mistake("", "says no day by which the money was promised", "write e.g. 2026-11-05"))
        if len(self.mistakes) > before or day is None:
            return
        invoices = _numbers(text("invoices"), self._known)
        customer = text("customer")
        if promised:
            cells = {"customer": customer, "invoices": "; ".join(invoices), "date": until, "amount": exact}
            self._add("promise", day, cells, wrong)
        if word in DISPUTED:
            if len(invoices) == 1:
                self._add("dispute", day, {"customer": customer, "invoice": invoices[0], "reason": note or None}, wrong)
                return
            fix = "note it with `dunning desk dispute --invoice`"
            wrong("outcome", Mistake("", f"doesn't say which of {len(invoices)} invoices is disputed", fix))
        elif note or (outcome and word not in PROMISED):
            said = ": ".join(part for part in ("" if word in PROMISED else outcome, note) if part)
            self._add("note", day, {"customer": customer, "text": said}, wrong)

    def _date(self, text: str, column: str, wrong: Any) -> date | None:
        found = _day(text, self._order)
        if isinstance(found, date):
            return found
        fix = "write e.g. 2026-11-05" if found == "none" else "say --dates dmy or --dates mdy"
        shown = f"`{text[:40]}`" if text else "an empty cell"
        wrong(column, Mistake("", f"{shown} {'is no day' if found == 'none' else 'may be two days'}", fix))
        return None

    def _add(self, kind: Kind, day: date, cells: Mapping[str, Any], wrong: Any) -> None:
        made, found = entry(kind, day, self._by, cells)
        if not found:
            made, found = against(made, self._known)
        columns = {"customer": "customer", "amount": "promised_amount", "date": "promised_date"}
        for mistake in found:
            named = mistake.about.strip("`")
            wrong(columns.get(named, "note" if named in ("text", "reason") else "invoices"), mistake)
        if found:
            return
        same = (kind, _same(made.cells))
        if same in self._there:
            self.noted += 1
            return
        self._there.add(same)
        self.entries.append(made)


def _same(cells: Mapping[str, str]) -> frozenset[tuple[str, str]]:
    """What an entry says, whoever noted it under whatever id."""
    return frozenset((name, text) for name, text in cells.items() if text and name not in ("id", "by"))


def _decoded(data: bytes) -> str | None:
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return None if "\0" in text else text
    return None


def _separator(text: str) -> str:
    header = text[: text.find("\n")] if "\n" in text else text
    return max(",;\t", key=header.count)


def _records(text: str, separator: str) -> Iterator[list[Cell]]:
    """The rows of a CSV text (RFC 4180) with the place of each cell; lines within quotes belong to their cell."""
    line = column = 1
    cells: list[Cell] = []
    part: list[str] = []
    start, quoted, at = (1, 1), False, 0
    while at < len(text):
        ch = text[at]
        if quoted and ch == '"' and text[at + 1 : at + 2] == '"':
            part.append('"')
            at, column = at + 2, column + 2
            continue
        if ch == '"' and (quoted or not part):
            quoted = not quoted
        elif not quoted and ch in (separator, "\n"):
            cells.append(Cell("".join(part).strip(), *start))
            part, start = [], (line, column + 1) if ch == separator else (line + 1, 1)
            if ch == "\n":
                yield cells
                cells = []
        else:
            part.append(ch)
        line, column = (line + 1, 1) if ch == "\n" else (line, column + 1)
        at += 1
    if part or cells:
        yield [*cells, Cell("".join(part).strip(), *start)]


def _plain(text: str) -> str:
    """A cell without the quote that kept a spreadsheet from taking it for a formula."""
    return text[1:] if text.startswith("'") and text[1:].startswith(_SIGNS) else text


def _column(title: str) -> str:
    """A column's own name, of its title in either language."""
    name = nfc(title).lower()
    return FRENCH.get(_word(name), name)


def _word(text: str) -> str:
    """An outcome without capitals and accents."""
    apart = unicodedata.normalize("NFD", text.casefold().strip(" .!"))
    return "".join(ch for ch in apart if not unicodedata.combining(ch))


def _day(text: str, order: Order | None) -> date | Literal["none", "two"]:
    """A day: ISO, or day, month and year in an order that is said or can only be one."""
    try:
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            return date.fromisoformat(text)
        found = _SHORT.fullmatch(text)
        if found is None:
            return "none"
        first, second, year = (int(part) for part in found.groups())
        if order is None and first != second:
            if first <= 12 and second <= 12:
                return "two"
            order = "dmy" if first > 12 else "mdy"
        return date(year, second, first) if order != "mdy" else date(year, first, second)
    except ValueError:
        return "none"


def _amount(text: str) -> str | None:
    """A decimal text of an amount as people and spreadsheets write it; None when it is none, or may be two."""
    bare = re.sub(r"[ \u00a0\u202f']|€|EUR", "", text)
    if re.fullmatch(r"[0-9]{1,3}(\.[0-9]{3})+,[0-9]{1,2}", bare):
        bare = bare.replace(".", "").replace(",", ".")
    elif re.fullmatch(r"[0-9]{1,3}(,[0-9]{3})+\.[0-9]{1,2}", bare):
        bare = bare.replace(",", "")
    elif re.fullmatch(r"[0-9]+,[0-9]{1,2}", bare):
        bare = bare.replace(",", ".")
    return (
        bare
        if re.fullmatch(r"[0-9]{1,13}(\.[0-9]{1,3})?", bare) and not re.fullmatch(r"[0-9]+\.[0-9]{3}", bare)
        else None
    )


def _numbers(text: str, known: Known) -> list[str]:
    """The invoices of a row; a number may itself hold a comma."""
    if not text or known.invoice(text) is not None:
        return [text] if text else []
    return [part for part in (piece.strip() for piece in text.split(", ")) if part]


def _letters(place: int) -> str:
    """A column as spreadsheets call it: A for the first."""
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
