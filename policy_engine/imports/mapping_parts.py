"""The pieces of a mapping: how the file is written, where a value comes from, which rows a rule is about."""

import re
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, PlainValidator, WithJsonSchema

from policy_engine.imports.csv_dates import FORMAT_HELP, date_format
from policy_engine.language.models.base import Syntax, key
from policy_engine.language.nodes import Map, Text, items_at, map_at
from policy_engine.language.scalars import Flag, Line, refuse, scalar
from policy_engine.values.money import EXPONENTS

MAPPING = 1
"""The version of mappings that this package reads."""
_BY_PLACE = re.compile(r"#[1-9][0-9]{0,3}")


def _version(value: object) -> int:
    text = scalar(value, "the version of the mapping", "1")
    if text != str(MAPPING) or text.style != "plain":
        raise refuse(
            "DUN630", f"this program reads mappings of version {MAPPING}, not `{text[:20]}`", "write `mapping: 1`"
        )
    return MAPPING


def _any_text(value: object) -> Text:
    return scalar(value, "a text", "some words")


def _column_name(value: object) -> Text:
    text = scalar(value, "the name of a column", "Invoice number")
    if not text.strip() or (text.startswith("#") and not _BY_PLACE.fullmatch(text)):
        raise refuse("DUN630", f"`{text[:40]}` names no column", 'write its header, or its place as in `"#3"`')
    return text


def _currency(value: object) -> Text:
    text = scalar(value, "a currency", "EUR")
    if text not in EXPONENTS:
        raise refuse("DUN632", f"`{text[:20]}` is not an ISO 4217 currency", "write three capital letters, like `EUR`")
    return text


def _format(value: object) -> Text:
    text = scalar(value, "a date format", "dd/mm/yyyy")
    if date_format(text) is None:
        raise refuse("DUN631", f"`{text[:40]}` is no date format", FORMAT_HELP)
    return text


def _whole(low: int, high: int) -> PlainValidator:
    def read(value: object) -> int:
        text = scalar(value, "a whole number", "1")
        if not re.fullmatch(r"-?[0-9]{1,6}", text) or not low <= int(text) <= high:
            raise refuse(
                "DUN107", f"`{text[:20]}` is no whole number from {low} to {high}", f"write e.g. `{max(low, 1)}`"
            )
        return int(text)

    return PlainValidator(read)


def _one_or_more(value: Any) -> Any:
    """A text alone stands for a list of one."""
    if isinstance(value, Text):
        items = items_at(value.file, value.line, value.column)
        items.append(value)
        return items
    return value


def _one_condition(value: Any) -> Any:
    if isinstance(value, Map):
        items = items_at(value.file, value.line, value.column)
        items.append(value)
        return items
    return value


def _value(value: Any) -> Any:
    """A text alone is the name of a column."""
    if not isinstance(value, Text):
        return value
    node = map_at(value.file, value.line, value.column)
    word = Text("column")
    word.file, word.line, word.column, word.length, word.style = (
        value.file, value.line, value.column, value.length, "plain",
    )  # fmt: skip
    node[word] = value
    return node


Version = Annotated[int, PlainValidator(_version), WithJsonSchema({"const": MAPPING})]
Anything = Annotated[Text, PlainValidator(_any_text), WithJsonSchema({"type": ["string", "number", "boolean"]})]
ColumnName = Annotated[
    Text, PlainValidator(_column_name), WithJsonSchema({"type": "string", "minLength": 1, "maxLength": 500})
]
"""The header of a column, or its place, `#3`."""
CurrencyCode = Annotated[Text, PlainValidator(_currency), WithJsonSchema({"type": "string", "pattern": "^[A-Z]{3}$"})]
DateFormat = Annotated[
    Text, PlainValidator(_format), WithJsonSchema({"type": "string", "pattern": "^[dmy ./-]{5,12}$"})
]
Texts = Annotated[
    tuple[Anything, ...],
    BeforeValidator(_one_or_more),
    WithJsonSchema({
        "if": {"type": "array"},
        "then": {"items": {"type": ["string", "number", "boolean"]}},
        "else": {"type": ["string", "number", "boolean"]},
    }),
]  # fmt: skip

Encoding = Literal["utf-8", "cp1252", "iso-8859-15", "iso-8859-1", "utf-16"]
Separator = Literal[",", ";", "tab", "|"]
Decimal = Literal[".", ","]
Thousands = Literal["none", ".", ",", "blank", "'"]


class FileSyntax(Syntax):
    """How the file is written. What is left out is told from the file where that can't go wrong."""

    encoding: Encoding | None = key(
        "How letters are stored; left out: told from the file, refused when it could be two.", "cp1252", default=None
    )
    separator: Separator | None = key(
        "What stands between cells; left out: told from the header.", ";", "tab", default=None
    )
    quotes: Literal['"', "'", "none"] = key(
        "What cells that hold a separator are wrapped in; `none` when quotes are letters like any other.",
        '"', default='"',
    )  # fmt: skip
    header: Annotated[int, _whole(1, 10_000), WithJsonSchema({"type": "integer", "minimum": 1})] | None = key(
        "The line with the names of the columns; left out: the first line that has all those the mapping uses.",
        5, default=None,
    )  # fmt: skip
    decimal: Decimal = key("The decimal sign of amounts.", ",", default=".")
    thousands: Thousands = key("What stands between groups of three digits.", "blank", default="none")
    dates: DateFormat = key("How dates are written: d, m and y as in dd/mm/yyyy.", "dd/mm/yyyy", default="yyyy-mm-dd")
    currency_signs: dict[Anything, CurrencyCode] = key(
        "Signs and words beside amounts that may be there, and the currency each one means.",
        {"€": "EUR", "$": "USD"}, default={},
    )  # fmt: skip


class ConditionSyntax(Syntax):
    """What a cell must be like. Capitals and blanks around it don't count."""

    ONE_OF: ClassVar[tuple[tuple[str, ...], ...]] = (("in", "like", "empty", "sign"),)

    column: ColumnName = key("The column that is looked at.", "Type")
    words: Texts | None = key("The cell is one of these.", ["Invoice", "Bill"], alias="in", default=None)
    like: Texts | None = key("The cell is like one of these; `*` stands for anything.", "Total *", default=None)
    empty: Flag | None = key("Whether the cell is empty.", True, default=None)  # noqa: FBT003 - an example
    sign: Literal["negative", "positive", "zero"] | None = key(
        "The amount in the cell is below, above or exactly zero.", "negative", default=None
    )


Conditions = Annotated[
    tuple[ConditionSyntax, ...],
    BeforeValidator(_one_condition),
]
"""One condition, or several that must all hold."""


class ValueSyntax(Syntax):
    """Where a value comes from: a column, several, a constant, or the group row above; and what is done to it."""

    ONE_OF: ClassVar[tuple[tuple[str, ...], ...]] = (("column", "columns", "constant", "above", "debit"),)

    column: ColumnName | None = key('Its column; `"#1"` is the first one.', "Amount", default=None)
    columns: tuple[ColumnName, ...] | None = key(
        "Several columns, put together.", ["Journal", "Number"], default=None, longest=10
    )
    joined_by: Anything = key("What stands between them.", "-", default=Text(" "))
    constant: Anything | None = key("The same for every row.", "EUR", default=None)
    above: ColumnName | None = key(
        "The cell of this column in the last row of class `group`.", "Customer", default=None
    )
    debit: ColumnName | None = key("For amounts: what is added; with `credit`.", "Débit", default=None)
    credit: ColumnName | None = key("For amounts: what is taken off; with `debit`.", "Crédit", default=None)
    lookup: dict[Anything, Anything] | None = key(
        "What each cell stands for. A cell that isn't listed is refused, unless `otherwise` is given.",
        {"FRA": "FR"}, default=None,
    )  # fmt: skip
    otherwise: Anything | None = key("For cells that `lookup` doesn't list.", "unknown", default=None)
    empty: Anything | None = key("For empty cells.", "EUR", default=None)
    prefix: Anything | None = key("Put in front of what isn't empty.", "P-", default=None)
    sign: Literal["as_is", "reversed"] = key(
        "For amounts: `reversed` when the export has what is owed as negative.", "reversed", default="as_is"
    )
    negative_when: Conditions | None = key(
        "For amounts without a sign: when they are negative.", {"column": "Sens", "in": "C"}, default=None
    )
    format: DateFormat | None = key("For dates: how this one is written.", "yyyymmdd", default=None)


Value = Annotated[ValueSyntax, BeforeValidator(_value)]
"""A value; a text alone names a column."""

RowClass = Literal[
    "document", "invoice", "credit_note", "prepayment", "payment", "group", "subtotal", "total", "skip", "refuse"
]


class RowSyntax(Syntax):
    """Which rows are what. The first rule that fits counts."""

    when: Conditions = key(
        "What the row must be like; of several conditions all.", {"column": "Type", "in": ["Invoice"]}
    )
    is_: RowClass = key(
        "`document` (an invoice, or a credit note when negative), `invoice`, `credit_note`, `prepayment`, `payment`; "
        "`group`: a title whose cells `above` takes; `subtotal`, `total`: checked against `totals` and left out; "
        "`skip`: left out and counted; `refuse`: an error.",
        "payment", alias="is",
    )  # fmt: skip
    because: Line | None = key("Why, for the summary.", "written off in 2024", default=None)
