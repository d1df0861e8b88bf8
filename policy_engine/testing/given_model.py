"""What a test gives: rows of the snapshot's tables, one key a column, made from the same definition as the readers."""

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, cast

from pydantic import PlainValidator, WithJsonSchema, create_model

from policy_engine.language.models.base import Syntax, key
from policy_engine.language.nodes import Map, Text
from policy_engine.language.scalars import Day, refuse, scalar
from policy_engine.snapshot.schema import column_schema
from policy_engine.snapshot.tables import TABLES, Column

SINGULAR = {
    "customers": "customer",
    "invoices": "invoice",
    "instalments": "instalment",
    "payments": "payment",
    "disputes": "dispute",
    "promises": "promise",
    "payment_plans": "payment_plan",
    "blocks": "block",
    "charges": "charge",
    "corrections": "correction",
    "contact_persons": "contact_person",
    "credit_reports": "credit_report",
    "orders": "order",
    "exchange_rates": "exchange_rate",
}
"""Table to the key that gives one row of it."""
PREFIX = {
    "customers": "C",
    "invoices": "F",
    "instalments": "T",
    "payments": "P",
    "disputes": "D",
    "promises": "PR",
    "payment_plans": "PL",
    "blocks": "B",
    "history": "H",
    "charges": "CH",
    "notes": "N",
    "corrections": "CO",
    "contact_persons": "K",
    "credit_reports": "CR",
    "insurance": "IN",
    "orders": "O",
}
"""Table to the first letters of ids that are made up: `F-1`, `F-2` in the order of the test."""
DAY = {
    "payments": "date",
    "disputes": "opened",
    "promises": "made",
    "payment_plans": "made",
    "blocks": "from",
    "history": "date",
    "charges": "date",
    "notes": "date",
    "corrections": "date",
    "credit_reports": "date",
    "insurance": "from",
    "orders": "date",
    "exchange_rates": "date",
}
"""Table to the column that says when the row came to be known; left out: the day it is given for."""
_ASIDE = frozenset({"notes"})
"""Tables that decide nothing: a test has no use for them."""


class RowSyntax(Syntax):
    """A row of a table. What is left out has a default, or is empty."""

    @property
    def node(self) -> Map:
        """The row as written, without unknown keys."""
        return self._node


def _cell(value: Any) -> Any:
    return value


def _column(column: Column) -> Any:
    schema = column_schema(column)
    kinds = schema.get("type")
    if column.type == "date" and isinstance(kinds, str):
        schema = {**schema, "format": "date"}
    return Annotated[Any, PlainValidator(_cell), WithJsonSchema(schema)]


def _days_late(value: Any) -> Text:
    text = scalar(value, "a number of days", "30")
    if not text.lstrip("-").isdecimal() or not text.isascii() or len(text) > 6:
        raise refuse("DUN106", f"`{text[:20]}` is not a whole number", "write e.g. `30`, or `-5` before the due date")
    return text


_LATE = Annotated[Text, PlainValidator(_days_late), WithJsonSchema({"type": "integer"})]


def _row(table: str) -> type[RowSyntax]:
    fields: dict[str, Any] = {}
    for column in TABLES[table].columns:
        fields[f"in_{column.name}"] = (
            _column(column),
            key(_told(column, table), column.example, alias=column.name, default=None),
        )
    if table == "invoices":
        fields["in_days_late"] = (
            _LATE | None,
            key(
                "Days late on the test's first day, instead of `due_date`; negative before the due date.",
                30, -5, alias="days_late", default=None,
            ),
        )  # fmt: skip
    own = TABLES[table].attributes
    if own is not None:
        fields["in_attributes"] = (
            dict[str, Annotated[Any, PlainValidator(_cell), WithJsonSchema({})]],
            key(f"Columns that the policy declares for {own}s.", {"region": "west"}, alias="attributes", default={}),
        )
    name = "".join(part.capitalize() for part in table.split("_")) + "RowSyntax"
    return create_model(name, __base__=RowSyntax, __doc__=TABLES[table].description, __module__=__name__, **fields)


_DEFAULTS = {
    ("customers", "name"): "`Customer N`",
    ("customers", "kind"): "`business`",
    ("invoices", "kind"): "`invoice`",
    ("invoices", "amount"): "1000",
    ("invoices", "due_date"): "the test's first day",
    ("invoices", "issue_date"): "30 days before the due date",
    ("payments", "amount"): "the invoice's amount",
    ("history", "status"): "`delivered`",
    ("history", "stage"): "the step's",
    ("history", "channel"): "the step's",
}


def _told(column: Column, table: str) -> str:
    """The column's description, with what a test assumes when it is left out."""
    default = _DEFAULTS.get((table, column.name))
    if column.name == "id":
        default = f"`{PREFIX[table]}-N`"
    elif column.name == "currency":
        default = "the policy's"
    elif column.name == "customer":
        default = "the invoice's, else the only one"
    elif column.name == "invoice" and column.required:
        default = "the only one"
    elif DAY.get(table) == column.name:
        default = "the day that the row is given for"
    default = default or column.default
    return column.description + (f" Left out: {default}." if default else "")


ROWS: dict[str, type[RowSyntax]] = {name: _row(name) for name in TABLES if name not in _ASIDE}
"""The model of a row of each table."""


def _path(value: Any) -> Text:
    text = scalar(value, "a path", "portfolio.yaml")
    if not text.strip() or "\0" in text or "\\" in text or text.startswith(("/", "~")) or text[1:2] == ":":
        raise refuse("DUN113", f"`{text[:60]}` is not a path from this file", "write it with `/`, from this folder")
    return text


FilePath = Annotated[
    Text, PlainValidator(_path), WithJsonSchema({"type": "string", "minLength": 1, "pattern": r"^[^/~\\]"})
]


def _tables() -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name, model in ROWS.items():
        title = TABLES[name].title
        example = {column.name: column.example for column in TABLES[name].columns if column.required}
        if name in SINGULAR:
            fields[f"one_{name}"] = (
                model | None,
                key(f"One row of `{name}`: only what matters.", example, alias=SINGULAR[name], default=None),
            )
        fields[f"all_{name}"] = (
            tuple[model, ...],  # type: ignore[valid-type]
            key(f"{title}: one item a row, only what matters.", [example], alias=name, default=(), longest=2000),
        )
    return fields


class TablesSyntax(Syntax):
    """Rows that become known."""

    EITHER: ClassVar[tuple[tuple[str, ...], ...]] = tuple((one, many) for many, one in SINGULAR.items())

    def rows(self) -> list[tuple[str, RowSyntax]]:
        """(table, row) in the order of the tables."""
        found: list[tuple[str, RowSyntax]] = []
        given = self._node
        for name in ROWS:
            if name in given:
                found += [(name, row) for row in cast("tuple[RowSyntax, ...]", getattr(self, f"all_{name}"))]
            elif SINGULAR.get(name, "") in given:
                found.append((name, cast("RowSyntax", getattr(self, f"one_{name}"))))
        return found


class _Given(TablesSyntax):
    """What is known on the first day."""

    snapshot: FilePath | None = key(
        "A snapshot, as a path from this file: a file or a folder. Rows add to it.", "portfolio.yaml", default=None
    )
    payments_complete_through: Day | None = key(
        "Last day whose payments are all known. Left out: the day judged.", "2026-06-01", default=None
    )


class _Defaults(Syntax):
    """What rows hold that don't say otherwise."""

    def row(self, table: str) -> Map | None:
        """The columns for every row of a table."""
        return cast("Map | None", self._node.get(SINGULAR.get(table, table)))


def _default_fields() -> dict[str, Any]:
    return {
        f"one_{name}": (
            model | None,
            key(
                f"Columns of every row of `{name}` that doesn't say otherwise.",
                {TABLES[name].columns[-1].name: TABLES[name].columns[-1].example},
                alias=SINGULAR.get(name, name),
                default=None,
            ),
        )
        for name, model in ROWS.items()
    }


if TYPE_CHECKING:

    class GivenSyntax(_Given):
        """What is known on the first day."""

    class EventsSyntax(TablesSyntax):
        """What becomes known by a later day."""

    class DefaultsSyntax(_Defaults):
        """What rows hold that don't say otherwise."""

else:
    _DOCS = {"__module__": __name__}
    GivenSyntax = create_model("GivenSyntax", __base__=_Given, __doc__=_Given.__doc__, **_DOCS, **_tables())
    EventsSyntax = create_model(
        "EventsSyntax", __base__=TablesSyntax, __doc__="What becomes known by a later day.", **_DOCS, **_tables()
    )
    DefaultsSyntax = create_model(
        "DefaultsSyntax", __base__=_Defaults, __doc__=_Defaults.__doc__, **_DOCS, **_default_fields()
    )
