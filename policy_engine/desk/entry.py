"""One thing to note: a row of a snapshot's table, checked by the parsers that will read it back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeAlias

from policy_engine.snapshot.cells import CellError, parser
from policy_engine.snapshot.tables import BLOCKS, CHARGES, CORRECTIONS, DISPUTES, HISTORY, NOTES, PROMISES, Table
from policy_engine.values.text import inert, nfc

Kind: TypeAlias = Literal["promise", "dispute", "block", "set", "waiver", "note", "correction"]

TABLE_OF: dict[Kind, Table] = {
    "promise": PROMISES, "dispute": DISPUTES, "block": BLOCKS, "set": HISTORY, "waiver": CHARGES, "note": NOTES,
    "correction": CORRECTIONS,
}  # fmt: skip
"""Which table each kind of entry is a row of, in the order in which a desk shows them."""
DAY_OF: dict[Kind, str] = {
    "promise": "made", "dispute": "opened", "block": "from", "set": "date", "waiver": "date", "note": "date",
    "correction": "date",
}  # fmt: skip
"""The column that holds the day of the entry."""
MAX_TEXT = 2_000
"""Longest text of an entry, in characters."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """Why something can't be noted: what it is about, one lower-case sentence, the likely fix."""

    about: str
    message: str
    help: str | None = None

    def render(self) -> str:
        """What the person sees; inert on a terminal."""
        return inert(f"{self.about}: {self.message}") + (f"\n  help: {inert(self.help)}" if self.help else "")


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing to note. `cells` holds texts by column, without the id, which the desk gives."""

    kind: Kind
    day: date
    cells: Mapping[str, str]

    @property
    def table(self) -> Table:
        """The table it becomes a row of."""
        return TABLE_OF[self.kind]


def entry(kind: Kind, day: date, by: str, cells: Mapping[str, str | date | None]) -> tuple[Entry, tuple[Mistake, ...]]:
    """An entry as it will stand in the file, and everything that is wrong with it by itself.

    Texts are trimmed and composed as the reader does, so what is written is what comes back. Empty cells are left out.
    """
    kept: dict[str, str] = {}
    for name, value in {**cells, DAY_OF[kind]: day, "by": by}.items():
        text = nfc(str(value).strip()) if value is not None else ""
        if text:
            kept[name] = text
    made = Entry(kind, day, kept)
    return made, tuple(_mistakes(made))


def _mistakes(made: Entry) -> list[Mistake]:
    found: list[Mistake] = []
    values: dict[str, object] = {}
    for column in made.table.columns:
        text = made.cells.get(column.name, "")
        if column.name == "id" or (column.name == "customer" and not text):
            continue  # the desk gives the id, and the snapshot may give the customer
        about = f"`{column.name}`"
        unusable = _unusable(text)
        if unusable is not None:
            found.append(Mistake(about, unusable))
            continue
        try:
            values[column.name] = parser(column)(text)
        except CellError as error:
            found.append(Mistake(about, error.message, error.fix or None))
    return found or [*_contradictions(made, values)]


def _unusable(text: str) -> str | None:
    """Why a text can't stand in a UTF-8 file that the reader takes, or None."""
    if len(text) > MAX_TEXT:
        return f"is {len(text)} characters long, at most {MAX_TEXT} are noted"
    if "\0" in text:
        return "holds a NUL character"
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return "holds a character that is not Unicode text"
    return None


def _contradictions(made: Entry, values: Mapping[str, object]) -> list[Mistake]:
    """What the reader would refuse in the row as a whole."""
    found = []
    if not any(made.cells.get(name) for name in ("customer", "invoice", "invoices")) and made.kind != "correction":
        found.append(Mistake(f"`{made.kind}`", "names neither a customer nor an invoice", "say whom it is about"))
    for first, last in (("made", "date"), ("from", "until")):
        start, end = values.get(first), values.get(last)
        if isinstance(start, date) and isinstance(end, date) and end < start:
            found.append(Mistake(f"`{last}`", f"{end} is before {start}", "put the dates in order"))
    amount = made.cells.get("amount")
    if amount is not None and (amount.startswith("-") or not amount.strip("+0.")):
        found.append(Mistake("`amount`", f"`{amount}` is not positive", "leave the sign out"))
    if made.kind == "waiver" and amount is not None and "until" in made.cells:
        message = "waives an amount and everything until the invoice is settled"
        found.append(Mistake("`amount`", message, "keep one of them"))
    return found
