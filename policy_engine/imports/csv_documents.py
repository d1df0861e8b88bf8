"""Rows that are documents or payments, into rows of a snapshot. Amounts are exact, signs turned only where said."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from policy_engine.imports.csv_findings import ImportFindings
from policy_engine.imports.csv_rows import Row
from policy_engine.imports.csv_values import (
    Context,
    Getter,
    Record,
    all_of,
    amount_value,
    column_value,
    raw_value,
)
from policy_engine.imports.mapping_model import MappingSyntax, SectionSyntax
from policy_engine.imports.mapping_parts import ValueSyntax
from policy_engine.snapshot.cells import CellError, minor
from policy_engine.snapshot.tables import TABLES, Column
from policy_engine.values.days import add_days, add_months
from policy_engine.values.money import EXPONENTS, minor_text

Cells = dict[str, str]


@dataclass(frozen=True, slots=True)
class Money:
    """An amount as the export writes it (`written`) and as the snapshot holds it, in minor units."""

    written: int
    amount: int
    currency: str


class Reader:
    """The values of one sheet. Every method reports what can't be used and gives None for it."""

    def __init__(self, mapping: MappingSyntax, context: Context, findings: ImportFindings) -> None:
        self.mapping = mapping
        self.context = context
        self.findings = findings
        self.invoices = self._getters("invoices")
        self.payments = self._getters("payments")
        self.amounts: dict[str, tuple[Callable[[Record], tuple[str, str | None, int]], ValueSyntax]] = {}
        for name in ("invoices", "payments"):
            section = mapping.section(name)
            value = None if section is None else section.value("amount")
            if value is not None:
                self.amounts[name] = (amount_value(value, context), value)
        paid = mapping.paid
        self.paid_amount = None
        if paid is not None and (paid.balance or paid.amount) is not None:
            value = paid.balance or paid.amount
            assert value is not None
            self.paid_amount = (amount_value(value, context), value)
        self.paid_date = None
        if paid is not None and paid.date is not None:
            self.paid_date = column_value(paid.date, _optional(TABLES["payments"].column("date")), context)
        self.buckets = [
            (context.sheet.place(bucket.column), bucket.days_late, bucket.months_late)
            for bucket in (mapping.ageing.buckets if mapping.ageing is not None else ())
        ]
        when = {
            name: getattr(mapping.section(name), "when", None) for name in ("contact_persons", "disputes", "history")
        }
        self.when = {name: None if rule is None else all_of(rule, context) for name, rule in when.items()}

    def _getters(self, name: str) -> dict[str, Getter]:
        """A getter for each column that the mapping fills, amounts apart."""
        section = self.mapping.section(name)
        return {} if section is None else self.section_getters(name, section)

    def section_getters(self, name: str, section: SectionSyntax) -> dict[str, Getter]:
        """A getter for each column of a section; columns that the import may fill itself may be empty."""
        getters = {}
        for column, value in section.values().items():
            definition = TABLES[name].column(column)
            if definition.type == "amount" and name in ("invoices", "payments"):
                continue
            if name == "invoices" and column == "currency":
                continue  # read before the amount
            if name not in ("invoices", "payments"):
                definition = _optional(definition)
            getters[column] = column_value(value, definition, self.context)
        for column, value in getattr(section, "attributes", {}).items():
            getters[column] = raw_value(value, self.context)
        return getters

    def read(self, getters: dict[str, Getter], row: Row) -> Cells | None:
        """The row's cells by column; None when one can't be used."""
        cells: Cells = {}
        good = True
        record = row.record
        for name, getter in getters.items():
            try:
                text = getter.get(record)
            except CellError as error:
                self.refuse(error, row, getter.place)
                good = False
            else:
                if text:
                    cells[name] = text
        return cells if good else None

    def refuse(self, error: CellError, row: Row, place: int) -> None:
        """An error at a cell."""
        sheet = self.context.sheet
        about = sheet.names[place] if 0 <= place < sheet.width else ""
        at = sheet.at(self.findings, row.record.line, max(place, 0))
        self.findings.error(error.code, at, error.message, error.fix or None, about=about)

    def money(self, table: str, row: Row, currency: str) -> Money | None:
        """The amount of a document or payment."""
        get, value = self.amounts[table]
        return self.figure(get, value, row, currency, required=True)

    def figure(
        self,
        get: Callable[[Record], tuple[str, str | None, int]],
        value: ValueSyntax,
        row: Row,
        currency: str,
        *,
        required: bool,
    ) -> Money | None:
        """An amount in minor units of the currency, None when it is empty or can't be used."""
        place = -1
        try:
            text, sign, place = get(row.record)
            if not text and not required:
                return None
            written = exact(text, sign, currency)
        except CellError as error:
            self.refuse(error, row, place if place >= 0 else self._column(value))
            return None
        return Money(written, -written if value.sign == "reversed" else written, currency)

    def _column(self, value: ValueSyntax) -> int:
        name = value.column or value.debit
        return -1 if name is None else self.context.sheet.place(name)

    def in_bucket(self, place: int, row: Row, currency: str) -> Money | None:
        """The amount in a bucket of an ageing; None when it is empty, zero, or can't be used."""
        cell = row.record.cells[place].strip()
        if not cell or cell in "-\u2013":
            return None
        try:
            text, sign = self.context.figure(cell)
            written = exact(text, sign, currency)
        except CellError as error:
            self.refuse(error, row, place)
            return None
        return Money(written, written, currency) if written else None


def exact(text: str, sign: str | None, currency: str) -> int:
    """Minor units of a plain decimal text; `sign` is the currency that stands beside it.

    Raises:
        CellError: no amount, another currency, more decimals than it has, or too large.
    """
    if not text:
        raise CellError("DUN615", "the amount is empty", "skip such rows in `rows`, or map another column")
    if sign is not None and sign != currency:
        message = f"the amount is in {sign}, but the row's currency is {currency}"
        raise CellError("DUN611", message, "map `currency` to the column that says it")
    if currency not in EXPONENTS:
        raise CellError(
            "DUN618", f"`{currency[:20]}` is not an ISO 4217 currency", "add it to a `lookup` of `currency`"
        )
    try:
        return minor(text, currency)
    except CellError as error:
        raise CellError("DUN617", error.message, "say `thousands`, or correct the amount") from error


def due_of_bucket(as_of: date, days: int | None, months: int | None) -> date:
    """The last day to pay in time of what is so long late on `as_of`."""
    return add_days(as_of, -days) if days is not None else add_months(as_of, -(months or 0))


def _optional(column: Column) -> Column:
    return Column(column.name, column.type, column.description, column.example, choices=column.choices)


def amount_text(money: Money) -> str:
    """The amount as a snapshot writes it."""
    return minor_text(money.amount, money.currency)
