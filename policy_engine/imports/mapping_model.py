"""A mapping: which column of an export is what in a snapshot. One mapping of YAML, closed, every mistake located."""

from typing import Annotated, Any, ClassVar, Literal, cast

from pydantic import WithJsonSchema, create_model

from policy_engine.imports.mapping_parts import (
    Anything,
    ColumnName,
    Conditions,
    FileSyntax,
    RowClass,
    RowSyntax,
    Value,
    ValueSyntax,
    Version,
    _whole,
)
from policy_engine.language.models.base import Syntax, key
from policy_engine.language.scalars import Line
from policy_engine.snapshot.tables import TABLES

SECTIONS = ("customers", "invoices", "payments", "contact_persons", "disputes", "history")
"""The tables that a mapping can fill."""
_BY_CLASS = {"invoices": {"kind", "allocations"}, "payments": {"allocations"}}
"""Columns that are not mapped: what a row is decides `rows`."""


class SectionSyntax(Syntax):
    """One table: each key is a column of the snapshot, each value says where it comes from."""

    def value(self, column: str) -> ValueSyntax | None:
        """Where a column comes from, or None when the mapping doesn't say."""
        return cast("ValueSyntax | None", getattr(self, _field(column), None))

    def values(self) -> dict[str, ValueSyntax]:
        """Every column that the mapping fills, in the order of the table."""
        names = [column.name for column in TABLES[type(self).__name__.removesuffix("Syntax").lower()].columns]
        return {name: found for name in names if (found := self.value(name)) is not None}


def _field(column: str) -> str:
    return f"to_{column}"


def _section(table: str, title: str, **more: Any) -> type[SectionSyntax]:
    """A model with one key a column, described as the snapshot describes it."""
    fields: dict[str, Any] = {}
    for column in TABLES[table].columns:
        if column.name in _BY_CLASS.get(table, ()):
            continue
        text = column.description
        fields[_field(column.name)] = (
            Value | None,
            key(text, "Column of the export", {"constant": column.example}, alias=column.name, default=None),
        )
    name = table.capitalize() + "Syntax"
    return create_model(name, __base__=SectionSyntax, __doc__=title, __module__=__name__, **fields, **more)


def _own(what: str) -> Any:
    return (
        dict[Line, Value],
        key(f"Columns of the company's own, for attributes that the policy declares for {what}.",
            {"sales_rep": "Salesperson"}, default={}),
    )  # fmt: skip


_WHEN = (Conditions | None, key("Only for rows like this.", {"column": "Disputed", "in": "Yes"}, default=None))

CustomersSyntax = _section(
    "customers", "Who owes. One customer is made of all rows that name it.", attributes=_own("customers")
)
InvoicesSyntax = _section("invoices", "What a row that is a document says.", attributes=_own("invoices"))
PaymentsSyntax = _section("payments", "What a row that is a payment says.")
Contact_personsSyntax = _section("contact_persons", "Whom to write to, once a customer.", when=_WHEN)
DisputesSyntax = _section("disputes", "What a document's row says of a dispute.", when=_WHEN)
HistorySyntax = _section(
    "history", "What a document's row says of its last reminder; rows without a step and a stage have none.", when=_WHEN
)


class PaidSyntax(Syntax):
    """What a document's row says of the money that settled it: each row gives at most one payment."""

    EITHER: ClassVar[tuple[tuple[str, ...], ...]] = (("amount", "balance"),)

    date: Value | None = key(
        "When it was paid; empty: not paid. Left out with `balance`: on the day of the import.",
        "SettledDate", default=None,
    )  # fmt: skip
    amount: Value | None = key("How much was paid; left out: all of it.", "Paid", default=None)
    balance: Value | None = key("What is still open: the amount less this was paid.", "Open balance", default=None)


_LATE = _whole(-3650, 36_500)
_MONTHS = _whole(-120, 1_200)


class BucketSyntax(Syntax):
    """One column of an ageing."""

    ONE_OF: ClassVar[tuple[tuple[str, ...], ...]] = (("days_late", "months_late"),)

    column: ColumnName = key("The bucket's column.", "1 - 30")
    days_late: Annotated[int, _LATE, WithJsonSchema({"type": "integer"})] | None = key(
        "Days late that are certain: the least of the bucket; 0 for what is not due.", 1, default=None
    )
    months_late: Annotated[int, _MONTHS, WithJsonSchema({"type": "integer"})] | None = key(
        "The same in calendar months.", 1, default=None
    )


class AgeingSyntax(Syntax):
    """An ageing: amounts stand in columns by age instead of beside a due date."""

    buckets: tuple[BucketSyntax, ...] = key(
        "The columns by age. Each amount in one becomes a document that is due that long before the import.",
        [{"column": "Current", "days_late": 0}], longest=40,
    )  # fmt: skip
    total: ColumnName | None = key("The column that must be the sum of the buckets.", "Total", default=None)


class MappingSyntax(Syntax):
    """How one kind of export becomes a snapshot."""

    mapping: Version = key("The version of mappings.", 1)
    source: Line | None = key("Where the export comes from, for the manifest.", "Sage 100, balance âgée", default=None)
    file: FileSyntax | None = key("How the file is written.", {"separator": ";", "decimal": ","}, default=None)
    rows: tuple[RowSyntax, ...] = key(
        "Which rows are what; the first rule that fits counts.",
        [{"when": {"column": "Type", "in": "Payment"}, "is": "payment"}], default=(), longest=200,
    )  # fmt: skip
    otherwise: RowClass = key("What the rows are that no rule fits.", "refuse", default="document")
    totals: ColumnName | None = key(
        "The column whose sums stand in rows of class `subtotal` and `total`: they are added up again.",
        "Open Balance", default=None,
    )  # fmt: skip
    credit_notes: Literal["negative", "positive"] = key(
        "How the export writes the amounts of credit notes.", "positive", default="negative"
    )
    unknown_invoice: Literal["refuse", "unallocated"] = key(
        "What becomes of a payment for an invoice that the export doesn't hold.", "unallocated", default="refuse"
    )
    customers: CustomersSyntax | None = key("Who owes.", {"name": "Customer"}, default=None)  # type: ignore[valid-type]
    invoices: InvoicesSyntax = key("Documents.", {"id": "Number", "amount": "Total"})  # type: ignore[valid-type]
    payments: PaymentsSyntax | None = key("Payments.", {"date": "Date"}, default=None)  # type: ignore[valid-type]
    paid: PaidSyntax | None = key("What settled a document.", {"balance": "Open balance"}, default=None)
    ageing: AgeingSyntax | None = key(
        "Amounts in columns by age.", {"buckets": [{"column": "Current", "days_late": 0}]}, default=None
    )
    contact_persons: Contact_personsSyntax | None = key(  # type: ignore[valid-type]
        "Whom to write to.", {"email": "E-mail"}, default=None
    )
    disputes: DisputesSyntax | None = key(  # type: ignore[valid-type]
        "Disputes.", {"opened": "Disputed on"}, default=None
    )
    history: HistorySyntax | None = key(  # type: ignore[valid-type]
        "Where the last reminder put a document: a row of history with the status `set`, unless `status` is mapped.",
        {"step": {"column": "Level", "lookup": {"1": "courtesy_reminder"}}, "date": "Last reminder"},
        default=None,
    )

    def section(self, name: str) -> SectionSyntax | None:
        """A table's section."""
        return cast("SectionSyntax | None", getattr(self, name))


__all__ = ["SECTIONS", "AgeingSyntax", "Anything", "FileSyntax", "MappingSyntax", "PaidSyntax", "SectionSyntax"]
