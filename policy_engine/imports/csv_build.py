"""The tables of a snapshot from the rows of exports: documents, payments, customers, and what stands beside them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from policy_engine.imports.csv_documents import Cells, Money, Reader, amount_text, due_of_bucket, exact
from policy_engine.imports.csv_findings import ImportFindings
from policy_engine.imports.csv_paid import paid_by, settled
from policy_engine.imports.csv_parties import Parties
from policy_engine.imports.csv_places import Places
from policy_engine.imports.csv_rows import Row, looks_like_total
from policy_engine.imports.csv_tally import Tally
from policy_engine.imports.csv_values import column_value
from policy_engine.imports.mapping_model import MappingSyntax
from policy_engine.snapshot.cells import CellError
from policy_engine.snapshot.table_rows import TableRows
from policy_engine.snapshot.tables import TABLES
from policy_engine.values.money import EXPONENTS, minor_text
from policy_engine.values.position import Position

KINDS = {"invoice", "credit_note", "prepayment"}


@dataclass(slots=True)
class Build:
    """What is put together from all files.

    Attributes:
        tables: rows of the snapshot by table.
        places: where in the exports each of them comes from, by table and id.
        left: ids of documents that were left out because they are later.
    """

    mapping: MappingSyntax
    as_of: date
    findings: ImportFindings
    tally: Tally
    tables: dict[str, TableRows] = field(default_factory=dict)
    places: Places = field(default_factory=Places)
    left: set[str] = field(default_factory=set)

    def add(self, table: str, cells: Cells, at: Position) -> bool:
        """One row; False when its id stands twice."""
        first = self.places.get(table, cells["id"])
        if first is not None:
            message = f"the id `{cells['id'][:60]}` of `{table}` stands twice, first in {first.file}:{first.line}"
            fix = "put the id together from several `columns`, or skip one of the rows"
            self.findings.error("DUN625", at, message, fix, about=table)
            return False
        self.places.put(table, cells["id"], at)
        self.tables.setdefault(table, TableRows()).append(cells)
        return True

    def can_add(self, ids: Sequence[tuple[str, Sequence[str]]]) -> bool:
        """Whether all these ids, by table, would stand once."""
        together: dict[str, list[str]] = {}
        for table, keys in ids:
            together.setdefault(table, []).extend(keys)
        return all(
            len(set(keys)) == len(keys) and not self.places.knows_any(table, keys) for table, keys in together.items()
        )


class SheetBuild:
    """The rows of one sheet, put into a `Build`."""

    def __init__(self, build: Build, reader: Reader, parties: Parties) -> None:
        self.build = build
        self.reader = reader
        self.parties = parties
        self.sheet = reader.context.sheet
        invoices = build.mapping.section("invoices")
        assert invoices is not None
        self.section = invoices
        currency, customer = invoices.value("currency"), invoices.value("customer")
        assert currency is not None  # `mapping_load` refuses mappings without
        assert customer is not None
        self.currency = column_value(currency, TABLES["invoices"].column("currency"), reader.context)
        self.customer = column_value(customer, TABLES["invoices"].column("customer"), reader.context)
        self.needed = [
            getter.place for name in ("id", "issue_date") if (getter := reader.invoices.get(name)) and getter.place >= 0
        ]
        self._sums: dict[str, int] = {}
        self._rows = 0
        self._last: tuple[Row, Money] | None = None

    def at(self, row: Row) -> Position:
        """Where a row begins."""
        return Position(self.sheet.file, row.record.line, 1)

    def take(self, row: Row) -> None:
        """One row that is no title and no total."""
        if row.kind == "skip":
            self._skip(row)
        elif row.kind == "refuse":
            fix = "say in `rows` what such rows are"
            self.build.findings.error("DUN622", self.at(row), "no rule of the mapping says what this row is", fix)
        elif not row.ruled and (place := looks_like_total(row.record.cells, self.needed)) >= 0:
            fix = "say so in `rows`: `is: total` (or `subtotal`, `skip`); if it is a document, say `is: document`"
            at = self.sheet.at(self.build.findings, row.record.line, place)
            self.build.findings.error("DUN620", at, "this row looks like a total, not like a document", fix)
        elif row.kind == "payment":
            self._payment(row)
        elif self.build.mapping.ageing is not None:
            self._ageing(row)
        else:
            self._document(row)

    def close(self) -> None:
        """After the last row: it may be the sum of all others and carry no word that says so."""
        if self._last is None or self._rows < 3 or self._last[0].ruled:
            return
        row, money = self._last
        if money.written and 2 * money.written == self._sums[money.currency]:
            text = f"this last row is exactly the sum of the {self._rows - 1} rows above: it may be a total"
            fix = "say in `rows` what it is: `is: total`, or `is: document`"
            self.build.findings.error("DUN620", self.at(row), text, fix)

    def _money_in(self, row: Row, money: Money) -> None:
        self._rows += 1
        self._sums[money.currency] = self._sums.get(money.currency, 0) + money.written
        self._last = (row, money)

    def money_in_all(self, sums: Mapping[str, int], rows: int, last: Row, money: Money) -> None:
        """Rows whose amounts were read together, as the export writes them; `last` is the last one of them."""
        self._rows += rows
        for code, amount in sums.items():
            self._sums[code] = self._sums.get(code, 0) + amount
        if self._last is None or self._last[0].record.line < last.record.line:
            self._last = (last, money)

    def _skip(self, row: Row) -> None:
        """Its amount counts in the totals when it has one that can be read."""
        amount = currency = None
        try:
            currency = self.currency.get(row.record)
            text = self.reader.amounts["invoices"][0](row.record)[0]
            if text and currency in EXPONENTS:
                amount = exact(text, None, currency)
        except (CellError, KeyError):
            amount = None
        self.build.tally.row("skip", row.why, amount, currency)

    def _document(self, row: Row) -> None:
        cells = self.reader.read(self.reader.invoices, row)
        currency = self._currency_of(row)
        money = None if currency is None else self.reader.money("invoices", row, currency)
        if money is not None:
            self._money_in(row, money)
            money = self._signed(row, money)
        if cells is None or money is None:
            return
        if not self._dated(row, cells):
            return
        kind = row.kind if row.kind in KINDS else "credit_note" if money.amount < 0 else "invoice"
        cells |= {"kind": kind, "amount": amount_text(money), "currency": money.currency}
        if kind == "credit_note" and not cells.keys() & {"due_date", "terms"}:
            cells["due_date"] = cells["issue_date"]  # a credit can be used at once
        if cells["issue_date"] > self.build.as_of.isoformat():
            self.build.left.add(cells["id"])
            why = f"issued after {self.build.as_of}"
            self.build.tally.row("later", why, money.written, money.currency)
            return
        paid = settled(self.reader, row, money, self.build.as_of, self.build.tally)
        if paid is False or not self.build.add("invoices", cells, self.at(row)):
            return
        self.build.tally.row(kind, self._turned(money), money.written, money.currency)
        self.build.tally.expect("invoices", money.amount, money.currency)
        if isinstance(paid, tuple):
            self._put_payment(cells, *paid, row)
        self.parties.take(row, cells)

    def _turned(self, money: Money) -> str:
        return "" if money.written == money.amount else "sign turned"

    def _dated(self, row: Row, cells: Cells) -> bool:
        """Whether the row says what a document must; what lacks is reported."""
        lacking = [name for name in ("id", "customer", "issue_date") if name not in cells]
        for name in lacking:
            getter = self.reader.invoices.get(name)
            error = CellError("DUN615", f"`{name}` of `invoices` is empty", "skip such rows in `rows`, or say `empty`")
            self.reader.refuse(error, row, -1 if getter is None else getter.place)
        return not lacking

    def _currency_of(self, row: Row) -> str | None:
        try:
            return self.currency.get(row.record)
        except CellError as error:
            self.reader.refuse(error, row, self.currency.place)
            return None

    def _signed(self, row: Row, money: Money) -> Money | None:
        """The amount as the kind of the row wants it, or None with a finding."""
        amount = money.amount
        wrong = ""
        if row.kind == "credit_note":
            if self.build.mapping.credit_notes == "positive":
                wrong = "a credit note below zero, but the mapping says they are positive" if amount < 0 else ""
                amount = -amount
            elif amount > 0:
                wrong = "a credit note above zero: say `credit_notes: positive` if all are like this"
        elif row.kind in ("invoice", "prepayment") and amount < 0:
            what = "an invoice" if row.kind == "invoice" else "a prepayment"
            wrong = f"{what} below zero: let `rows` say `is: document` if it is a credit note"
        if wrong:
            error = CellError("DUN623", f"{minor_text(money.amount, money.currency)} is {wrong}", "")
            value = self.section.value("amount")
            self.reader.refuse(
                error, row, -1 if value is None or value.column is None else self.sheet.place(value.column)
            )
            return None
        return Money(money.written, amount, money.currency)

    def _put_payment(self, cells: Cells, amount: int, day: str, row: Row) -> None:
        currency = cells["currency"]
        payment = {
            "id": f"P-{cells['id']}", "customer": cells["customer"], "date": day,
            "amount": minor_text(amount, currency), "currency": currency, "invoice": cells["id"],
        }  # fmt: skip
        if self.build.add("payments", payment, self.at(row)):
            self.build.tally.made("payments", paid_by(self.build.mapping), amount, currency)
            self.build.tally.expect("payments", amount, currency)

    def _payment(self, row: Row) -> None:
        cells = self.reader.read(self.reader.payments, row)
        if cells is not None and "currency" not in cells:
            currency = self._currency_of(row)
        else:
            currency = None if cells is None else cells["currency"]
        money = None if currency is None else self.reader.money("payments", row, currency)
        if money is not None:
            self._money_in(row, money)
        if cells is None or money is None:
            return
        if "customer" not in cells:
            try:
                cells["customer"] = self.customer.get(row.record)
            except CellError as wrong:
                self.reader.refuse(wrong, row, self.customer.place)
                return
        for name in ("id", "customer", "date"):
            if not cells.get(name):
                error = CellError(
                    "DUN615", f"`{name}` of `payments` is empty", "say `empty`, or skip such rows in `rows`"
                )
                self.reader.refuse(error, row, -1)
                return
        cells |= {"amount": amount_text(money), "currency": money.currency}
        if cells["date"] > self.build.as_of.isoformat():
            why = f"paid after {self.build.as_of}"
            self.build.tally.row("later", why, money.written, money.currency)
            return
        if self.build.add("payments", cells, self.at(row)):
            self.build.tally.row("payment", self._turned(money), money.written, money.currency)
            self.build.tally.expect("payments", money.amount, money.currency)
            self.parties.take(row, cells)

    def _ageing(self, row: Row) -> None:
        """One document a bucket that holds an amount."""
        cells = self.reader.read(self.reader.invoices, row)
        currency = self._currency_of(row)
        if cells is None or currency is None:
            return
        ageing = self.build.mapping.ageing
        assert ageing is not None
        errors = self.build.findings.errors
        found = [
            (place, due_of_bucket(self.build.as_of, days, months), money)
            for place, days, months in self.reader.buckets
            if (money := self.reader.in_bucket(place, row, currency)) is not None
        ]
        if self.build.findings.errors > errors or not self._adds_up(row, currency, [m for _, _, m in found]):
            return
        if not found:
            self.build.tally.row("skip", "no amount in any bucket")
            return
        if "issue_date" in self.reader.invoices and "issue_date" not in cells:
            fix = "if it is the title of a customer, say so in `rows`: `is: group`"
            error = CellError("DUN615", "`issue_date` of `invoices` is empty", fix)
            self.reader.refuse(error, row, self.reader.invoices["issue_date"].place)
            return
        if len(found) > 1 and "id" in cells:
            text = f"the document `{cells['id'][:40]}` stands in {len(found)} buckets"
            fix = "leave `invoices.id` out when a row is a customer, not a document"
            self.reader.refuse(CellError("DUN626", text, fix), row, found[1][0])
            return
        today = self.build.as_of
        if cells.get("issue_date", "") > today.isoformat():
            self.build.tally.row(
                "later", f"issued after {today}", sum(money.written for _, _, money in found), currency
            )
            return
        for number, (place, due, money) in enumerate(found):
            name = f"{cells['customer']} / {self.sheet.names[place].strip()}"
            kind = "credit_note" if money.amount < 0 else "invoice"
            document = {"id": name, "issue_date": min(due, today).isoformat()} | cells
            document |= {"due_date": due.isoformat(), "kind": kind, "amount": amount_text(money), "currency": currency}
            if not self.build.add("invoices", document, self.at(row)):
                return
            if number == 0:
                self.build.tally.row("ageing", "", money.written, currency)
                self.parties.take(row, document)
            else:
                self.build.tally.part("ageing", "", money.written, currency)
            self.build.tally.expect("invoices", money.amount, currency)
            self._money_in(row, money)

    def _adds_up(self, row: Row, currency: str, found: list[Money]) -> bool:
        ageing = self.build.mapping.ageing
        if ageing is None or ageing.total is None:
            return True
        place = self.sheet.place(ageing.total)
        errors = self.build.findings.errors
        said = self.reader.in_bucket(place, row, currency)
        if self.build.findings.errors > errors:
            return False
        total, added = 0 if said is None else said.written, sum(money.written for money in found)
        if total != added:
            text = f"the total says {minor_text(total, currency)}, the buckets add up to {minor_text(added, currency)}"
            fix = "name every bucket of the export in `ageing.buckets`"
            self.reader.refuse(CellError("DUN626", text, fix), row, place)
        return total == added
