"""Documents and payments by columns: what `SheetBuild` makes of each row, for thousands of plain rows together."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import compress
from typing import Any

from policy_engine.imports.csv_build import KINDS, Build, SheetBuild
from policy_engine.imports.csv_columns import Amounts, Batch, ColumnGet, column_get
from policy_engine.imports.csv_documents import Cells, Money
from policy_engine.imports.csv_paid import paid_by
from policy_engine.imports.csv_tally import Sums
from policy_engine.snapshot.table_rows import Block, TableRows
from policy_engine.snapshot.tables import TABLES
from policy_engine.values.money import EXPONENTS, minor_text

Columns = dict[str, Sequence[str]]


@dataclass(slots=True)
class Found:
    """What rows of one table say.

    Attributes:
        cells: the columns of the snapshot, "" for an empty cell.
        fates: what the summary calls each row.
        written: amounts as the export has them, in minor units; `amounts`: as the snapshot has them.
        kept: the places of rows that aren't of later.
        paid: of documents: place, minor units and day of what settled them.
        paid_later: the same of money that came after the day of the import.
    """

    table: str
    cells: Columns
    fates: Sequence[str]
    written: list[int]
    amounts: list[int]
    currencies: Sequence[str]
    kept: Sequence[int]
    later: str
    paid: list[tuple[int, int, str]] = field(default_factory=list)
    paid_later: list[tuple[int, int]] = field(default_factory=list)

    def ids(self) -> list[tuple[str, list[str]]]:
        """The ids that would be added, by table."""
        keys = self.cells["id"]
        own = (self.table, [keys[place] for place in self.kept])
        return [own, ("payments", [f"P-{keys[place]}" for place, _, _ in self.paid])] if self.paid else [own]

    def firsts(self) -> list[tuple[str, int]]:
        """Each table with the place of the first row that goes into it."""
        own = [(self.table, self.kept[0])] if self.kept else []
        return [*own, ("payments", self.paid[0][0])] if self.paid else own

    def cells_of(self, place: int) -> Cells:
        """A row of the snapshot."""
        return {name: column[place] for name, column in self.cells.items() if column[place]}

    def money(self, place: int) -> Money:
        """A row's amount."""
        return Money(self.written[place], self.amounts[place], self.currencies[place])

    def add(self, build: Build, batch: Batch, file: str) -> None:
        """Put the rows into the tables and the summary."""
        count, kept = len(batch), self.kept
        if len(kept) < count:
            away = set(range(count)) - set(kept)
            rows = sorted(away)
            if self.table == "invoices":
                build.left.update(self.cells["id"][place] for place in rows)
            build.tally.rows("later", self.later, len(rows), _sums(rows, self.written, self.currencies))
        if not kept:
            return
        turned = [one != other for one, other in zip(self.written, self.amounts, strict=True)]
        for fate, sign in sorted(set(zip(self.fates, turned, strict=True))):
            chosen = [place for place in kept if self.fates[place] == fate and turned[place] == sign]
            if chosen:
                sums = _sums(chosen, self.written, self.currencies)
                build.tally.rows(fate, "sign turned" if sign else "", len(chosen), sums)
        build.tally.expect_all(self.table, len(kept), _sums(kept, self.amounts, self.currencies))
        columns = {name: _pick(cells, kept, count) for name, cells in self.cells.items()}
        self._put(build, self.table, {name: cells for name, cells in columns.items() if any(cells)}, len(kept))
        lines = [batch.lines[place] for place in kept]
        build.places.put_all(self.table, columns["id"], file, lines)
        self._add_paid(build, batch, file)

    def _add_paid(self, build: Build, batch: Batch, file: str) -> None:
        source = paid_by(build.mapping)
        if self.paid_later:
            sums = sums_of((self.currencies[place], amount) for place, amount in self.paid_later)
            build.tally.made_all("paid later, open then", source, len(self.paid_later), sums)
        if not self.paid:
            return
        places = [place for place, _, _ in self.paid]
        units = [amount for _, amount, _ in self.paid]
        invoices = [self.cells["id"][place] for place in places]
        currencies = [self.currencies[place] for place in places]
        columns: Columns = {
            "id": [f"P-{key}" for key in invoices],
            "customer": [self.cells["customer"][place] for place in places],
            "date": [day for _, _, day in self.paid],
            "amount": amount_texts(units, currencies),
            "currency": currencies,
            "invoice": invoices,
        }
        self._put(build, "payments", columns, len(places))
        build.places.put_all("payments", columns["id"], file, [batch.lines[place] for place in places])
        sums = sums_of(zip(currencies, units, strict=True))
        build.tally.made_all("payments", source, len(places), sums)
        build.tally.expect_all("payments", len(places), sums)

    def _put(self, build: Build, table: str, columns: Columns, count: int) -> None:
        build.tables.setdefault(table, TableRows()).add(Block(columns, count))


def _pick(cells: Sequence[str], places: Sequence[int], count: int) -> Sequence[str]:
    return cells if len(places) == count else [cells[place] for place in places]


def _sums(places: Sequence[int], units: Sequence[int], currencies: Sequence[str]) -> Sums:
    if len(places) < len(units):
        units = [units[place] for place in places]
        currencies = [currencies[place] for place in places]
    return {code: sum(compress(units, [one == code for one in currencies])) for code in set(currencies)}


def sums_of(pairs: Iterable[tuple[str, int]]) -> Sums:
    """Amounts by currency."""
    sums: Sums = {}
    for code, amount in pairs:
        sums[code] = sums.get(code, 0) + amount
    return sums


def amount_texts(units: Sequence[int], currencies: Sequence[str]) -> list[str]:
    """What `minor_text` writes, for many."""
    if all(EXPONENTS[code] == 2 for code in set(currencies)):
        code = currencies[0] if currencies else ""
        texts = zip(units, map(str, units), strict=True)
        return [f"{text[:-2]}.{text[-2:]}" if unit >= 100 else minor_text(unit, code) for unit, text in texts]
    return [minor_text(unit, code) for unit, code in zip(units, currencies, strict=True)]


class _Section:
    """The columns of a section of the mapping."""

    def __init__(self, build: SheetBuild, name: str) -> None:
        reader = build.reader
        self.build = build
        section = reader.mapping.section(name)
        values = {} if section is None else {**section.values(), **getattr(section, "attributes", {})}
        getters = reader.invoices if name == "invoices" else reader.payments
        index = TABLES[name].index
        self.gets: dict[str, ColumnGet] = {
            column: column_get(
                values[column], TABLES[name].column(column) if column in index else None, getter, build.sheet
            )
            for column, getter in getters.items()
        }
        invoices = reader.mapping.section("invoices")
        assert invoices is not None
        currency, customer = invoices.value("currency"), invoices.value("customer")
        assert currency is not None  # `mapping_load` refuses mappings without
        assert customer is not None
        self.currency = column_get(currency, TABLES["invoices"].column("currency"), build.currency, build.sheet)
        self.customer = column_get(customer, TABLES["invoices"].column("customer"), build.customer, build.sheet)
        value = None if section is None else section.value("amount")
        options = reader.mapping.file
        self.amounts = None if value is None else Amounts(value, reader.context, options)
        self.today = build.build.as_of.isoformat()

    def kept(self, days: Sequence[str]) -> Sequence[int]:
        """The places of rows that aren't of later."""
        if max(days) <= self.today:
            return range(len(days))
        return [place for place, day in enumerate(days) if day <= self.today]


def _filled(cells: Columns, names: Iterable[str], refused: set[int]) -> None:
    for name in names:
        if "" in cells[name]:
            refused.update(place for place, cell in enumerate(cells[name]) if not cell)


class PlainDocuments(_Section):
    """Rows that are invoices, credit notes or prepayments."""

    def __init__(self, build: SheetBuild) -> None:
        super().__init__(build, "invoices")
        self.usable = self.amounts is not None and {"id", "customer", "issue_date"} <= self.gets.keys()
        paid = build.reader.mapping.paid
        self.paid_amount = self.paid_date = None
        if paid is not None:
            value = paid.balance or paid.amount
            if value is not None:
                self.paid_amount = Amounts(value, build.reader.context, build.reader.mapping.file)
            if paid.date is not None and build.reader.paid_date is not None:
                column = TABLES["payments"].column("date")
                self.paid_date = column_get(paid.date, column, build.reader.paid_date, build.sheet)

    def read(self, batch: Batch, kinds: Sequence[str], refused: set[int]) -> Found | None:
        """What the rows say, or None when some must be read by themselves."""
        cells: Columns = {name: get(batch, refused) for name, get in self.gets.items()}
        currencies = self.currency(batch, refused)
        _filled(cells, ("id", "customer", "issue_date"), refused)
        if refused or self.amounts is None:
            return None
        written = self.amounts.of(batch, currencies, refused, required=True)
        amounts = self._signed(self.amounts.turned(written), kinds, refused)
        if refused:
            return None
        made = [
            kind if kind in KINDS else "credit_note" if amount < 0 else "invoice"
            for kind, amount in zip(kinds, amounts, strict=True)
        ]
        if "credit_note" in made:
            _due_at_once(cells, made)
        cells |= {"kind": made, "amount": amount_texts(amounts, currencies), "currency": currencies}
        kept = self.kept(cells["issue_date"])
        why = f"issued after {self.build.build.as_of}"
        found = Found("invoices", cells, made, written, amounts, currencies, kept, why)
        if self.build.reader.mapping.paid is not None:
            self._settle(batch, found, kinds, refused)
        return None if refused else found

    def _signed(self, amounts: list[Any], kinds: Sequence[str], refused: set[int]) -> list[Any]:
        """The amounts as the kinds of the rows want them."""
        if not {"credit_note", "invoice", "prepayment"} & set(kinds):
            return amounts
        positive = self.build.build.mapping.credit_notes == "positive"
        signed = []
        for place, (amount, kind) in enumerate(zip(amounts, kinds, strict=True)):
            wrong = amount > 0 and not positive if kind == "credit_note" else amount < 0 and kind in KINDS
            if wrong or (kind == "credit_note" and positive and amount < 0):
                refused.add(place)
            signed.append(-amount if kind == "credit_note" and positive else amount)
        return signed

    def _settle(self, batch: Batch, found: Found, kinds: Sequence[str], refused: set[int]) -> None:
        """The same as `csv_paid.settled`; what it would refuse is left to it."""
        mapping = self.build.build.mapping
        paid = mapping.paid
        assert paid is not None
        kept = set(found.kept)
        faults: set[int] = set()
        days = [""] * len(batch) if self.paid_date is None else self.paid_date(batch, faults)
        figures: list[Any] = [None] * len(batch)
        if self.paid_amount is not None:
            required = paid.balance is not None
            figures = self.paid_amount.of(batch, found.currencies, faults, required=required)
            figures = self.paid_amount.turned(figures)
        refused.update(faults & kept)
        if refused:
            return
        flips = mapping.credit_notes == "positive"
        for place in found.kept:
            whole, figure, day = found.amounts[place], figures[place], days[place]
            if figure is not None and flips and kinds[place] == "credit_note":
                figure = -figure
            if paid.balance is not None:
                amount, day = whole - figure, day or self.today
            else:
                amount = whole if figure is None else figure
                if not day and not figure:
                    continue
            if not amount:
                continue
            if (amount > 0) != (whole > 0) or abs(amount) > abs(whole) or not day:
                refused.add(place)
            elif day > self.today:
                found.paid_later.append((place, amount))
            else:
                found.paid.append((place, amount, day))


def _due_at_once(cells: Columns, kinds: Sequence[str]) -> None:
    """A credit note without a due date or terms can be used at once."""
    none = [""] * len(kinds)
    due, terms, issued = cells.get("due_date", none), cells.get("terms", none), cells["issue_date"]
    cells["due_date"] = [
        day if day or word or kind != "credit_note" else first
        for day, word, kind, first in zip(due, terms, kinds, issued, strict=True)
    ]


class PlainPayments(_Section):
    """Rows that are payments."""

    def __init__(self, build: SheetBuild) -> None:
        super().__init__(build, "payments")

    def read(self, batch: Batch, kinds: Sequence[str], refused: set[int]) -> Found | None:
        """What the rows say, or None when some must be read by themselves."""
        if self.amounts is None or not {"id", "date"} <= self.gets.keys():
            refused.update(range(len(batch)))
            return None
        cells: Columns = {name: get(batch, refused) for name, get in self.gets.items()}
        currencies = cells["currency"] if "currency" in cells else self.currency(batch, refused)
        if "customer" not in cells:
            cells["customer"] = self.customer(batch, refused)
        cells["currency"] = currencies
        _filled(cells, ("id", "customer", "date", "currency"), refused)
        if refused:
            return None
        written = self.amounts.of(batch, currencies, refused, required=True)
        amounts = self.amounts.turned(written)
        if refused:
            return None
        cells["amount"] = amount_texts(amounts, currencies)
        why = f"paid after {self.build.build.as_of}"
        fates = ["payment" for _ in kinds]
        return Found("payments", cells, fates, written, amounts, currencies, self.kept(cells["date"]), why)
