"""Customers out of the rows that name them, and what rows say beside their document: contacts, disputes, reminders."""

from datetime import date
from typing import Any

from policy_engine.imports.csv_documents import Cells, Reader
from policy_engine.imports.csv_findings import ImportFindings
from policy_engine.imports.csv_rows import Row
from policy_engine.imports.csv_tally import Tally
from policy_engine.imports.mapping_model import MappingSyntax
from policy_engine.snapshot.cells import CellError
from policy_engine.values.position import Position


class Parties:
    """Collects over all files; `of` gives what is right for one sheet."""

    def __init__(
        self, mapping: MappingSyntax, as_of: date, kind: str | None, findings: ImportFindings, tally: Tally, add: Any
    ) -> None:
        self.mapping = mapping
        self.as_of = as_of.isoformat()
        self.kind = kind or "unknown"
        self.findings = findings
        self.tally = tally
        self.add = add
        self.customers: dict[str, Cells] = {}
        self.places: dict[str, Position] = {}
        self._told: set[tuple[str, str]] = set()
        self._contacts: dict[str, list[Cells]] = {}
        self.seen: set[tuple[str, ...]] = set()
        self.reader: Reader
        self.by_cells = False
        self.looked_at: list[int] = []
        self.getters: dict[str, dict[str, Any]] = {}

    def on(self, reader: Reader) -> "Parties":
        """The same, reading the columns of another sheet."""
        self.reader = reader
        self.getters = {}
        self.seen = set()
        section = self.mapping.section("customers")
        values = [] if section is None else [*section.values().values(), *getattr(section, "attributes", {}).values()]
        self.by_cells = all(value.column is not None or value.constant is not None for value in values)
        names = [value.column for value in values if value.column is not None]
        self.looked_at = [reader.context.sheet.place(name) for name in names]
        for name in ("customers", "contact_persons", "disputes", "history"):
            section = self.mapping.section(name)
            self.getters[name] = {} if section is None else reader.section_getters(name, section)
        return self

    def take(self, row: Row, document: Cells) -> None:
        """What a row that is kept says of its customer, and beside its document."""
        seen = (document["customer"], *(row.record.cells[place] for place in self.looked_at))
        if seen not in self.seen or not self.by_cells:
            self.seen.add(seen)
            self._customer(row, document)
        if self.mapping.section("contact_persons") is not None:
            self._contact(row, document)
        if "kind" in document and "issue_date" in document:
            for name in ("disputes", "history"):
                if self.mapping.section(name) is not None:
                    self._beside(name, row, document)

    def _customer(self, row: Row, document: Cells) -> None:
        key = document["customer"]
        cells = self.reader.read(self.getters["customers"], row)
        if cells is None:
            return
        if cells.get("id", key) != key:
            at = self._at(row)
            text = f"`customers.id` is `{cells['id'][:40]}`, but the document names `{key[:40]}`"
            self.findings.error("DUN624", at, text, "map both to the same column", about="customers.id")
            return
        fresh = {"id": key, "name": key, "kind": self.kind} | cells
        known = self.customers.get(key)
        if known is None:
            self.customers[key] = fresh
            self.places[key] = self._at(row)
            return
        for name, text in cells.items():
            if name not in known:
                known[name] = text
            elif known[name] != text and (key, name) not in self._told:
                self._told.add((key, name))
                first = self.places[key]
                message = (
                    f"`{name}` of `{key[:40]}` is `{text[:40]}` here and `{known[name][:40]}` in line {first.line}: "
                    "the first is kept"
                )
                fix = "map another column as the customer's id if these are two customers"
                self.findings.warn("DUN627", self._at(row), message, fix, about=f"customers.{name}")

    def _contact(self, row: Row, document: Cells) -> None:
        rule = self.reader.when["contact_persons"]
        if rule is not None and not rule(row.record):
            return
        cells = self.reader.read(self.getters["contact_persons"], row)
        if not cells:
            return
        key = document["customer"]
        cells["customer"] = key
        known = self._contacts.setdefault(key, [])
        if cells in known:
            return
        known.append(cells)
        number = "" if len(known) == 1 else f"-{len(known)}"
        if self.add("contact_persons", {"id": f"K-{key}{number}"} | cells, self._at(row)):
            self.tally.made("contact persons", "")

    def _beside(self, name: str, row: Row, document: Cells) -> None:
        """The dispute or the last reminder that the row tells of; one without its day is refused, never dropped."""
        rule = self.reader.when[name]
        if rule is not None and not rule(row.record):
            return
        cells = self.reader.read(self.getters[name], row)
        if cells is None:
            return
        day = "opened" if name == "disputes" else "date"
        if name == "history" and not cells.keys() & {"step", "stage"}:
            return  # no level: nothing was sent
        if day not in cells:
            if cells.keys() - self._constants(name) or rule is not None:
                self._undated(name, day, row)
            return
        if cells[day] > self.as_of:
            self.tally.made(f"{name} of later, left out", "")
            return
        if cells.get("closed", "") > self.as_of:
            del cells["closed"]
        letter = "D" if name == "disputes" else "H"
        base = {"id": f"{letter}-{document['id']}", "invoice": document["id"], "customer": document["customer"]}
        if name == "history":
            base["status"] = "set"
        if self.add(name, base | cells, self._at(row)):
            self.tally.made(name, "")

    def _constants(self, name: str) -> set[str]:
        """Columns that say nothing about a row: each has the same."""
        section = self.mapping.section(name)
        values = {} if section is None else section.values()
        return {column for column, value in values.items() if value.constant is not None}

    def _undated(self, name: str, day: str, row: Row) -> None:
        what = "the last reminder" if name == "history" else "the dispute"
        fix = f"correct the export, say a day with `empty` in `{name}.{day}`, or leave such rows out with `when`"
        error = CellError("DUN615", f"the row tells of {what}, but `{day}` of `{name}` is empty", fix)
        getter = self.getters[name].get(day)
        self.reader.refuse(error, row, -1 if getter is None else getter.place)

    def _at(self, row: Row) -> Position:
        return Position(self.reader.context.sheet.file, row.record.line, 1)
