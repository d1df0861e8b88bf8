"""A mapping against a header: closures from the cells of a record to texts as a snapshot writes them.

Every closure takes a `Record` and gives a text, "" for nothing, or raises `CellError`, whose place is the column that
`place` of the closure names.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from policy_engine.imports.csv_dates import DateFormat, date_format, formats_of
from policy_engine.imports.csv_figures import ReadFigure
from policy_engine.imports.csv_records import Sheet
from policy_engine.imports.mapping_parts import ConditionSyntax, ValueSyntax
from policy_engine.snapshot.cells import CellError, parser
from policy_engine.snapshot.tables import Column
from policy_engine.values.text import nfc

Test = Callable[["Record"], bool]


class Record(NamedTuple):
    """One row of the export: its line, its cells, and those of the last row of class `group` above it."""

    line: int
    cells: list[str]
    above: list[str]


@dataclass(slots=True)
class Getter:
    """Where a value comes from, ready to use. `place` is the column to point at, -1 for none."""

    get: Callable[[Record], str]
    place: int


@dataclass(slots=True)
class Context:
    """What all values of one file share."""

    sheet: Sheet
    figure: ReadFigure
    dates: DateFormat
    dated: dict[str, str] = field(default_factory=dict)


def clean(cell: str) -> str:
    """A cell's text: trimmed, `="0012"` unwrapped, any other formula refused.

    Raises:
        CellError: a formula, whose value this file doesn't hold.
    """
    text = cell.strip()
    if text.startswith("="):
        inner = text[2:-1]
        if text.startswith('="') and text.endswith('"') and len(text) >= 3 and '"' not in inner:
            return inner.strip()
        raise CellError("DUN616", f"`{text[:40]}` is a formula, not a value", "export values, not formulas")
    return text


def raw_value(value: ValueSyntax, context: Context) -> Getter:
    """A value as text, after lookup, default and prefix."""
    sheet = context.sheet
    base, place = _base(value, sheet)
    table = None if value.lookup is None else {_same(key): str(text) for key, text in value.lookup.items()}
    otherwise, empty, prefix = value.otherwise, value.empty, value.prefix
    if table is None and empty is None and prefix is None:
        return Getter(base, place)

    def get(record: Record) -> str:
        text = base(record)
        if table is not None:
            found = table.get(_same(text))
            if found is not None:
                text = found
            elif text:
                if otherwise is None:
                    fix = "add it to `lookup`, or say what it is with `otherwise`"
                    raise CellError("DUN614", f"`{text[:60]}` is not in the lookup", fix)
                text = str(otherwise)
        if not text and empty is not None:
            text = str(empty)
        return f"{prefix}{text}" if prefix is not None and text else text

    return Getter(get, place)


def _base(value: ValueSyntax, sheet: Sheet) -> tuple[Callable[[Record], str], int]:
    if value.constant is not None:
        constant = str(value.constant)
        return (lambda _: constant), -1
    if value.above is not None:
        place = sheet.place(value.above)
        return (lambda record: clean(record.above[place]) if record.above else ""), -1
    if value.columns is not None:
        places = [sheet.place(name) for name in value.columns]
        glue = str(value.joined_by)
        return (lambda r: glue.join(part for spot in places if (part := clean(r.cells[spot])))), places[0]
    name = value.column if value.column is not None else value.debit
    assert name is not None  # `ONE_OF` of the model
    place = sheet.place(name)
    return (lambda record: clean(record.cells[place])), place


def _same(text: str) -> str:
    return nfc(text).strip().casefold()


def column_value(value: ValueSyntax, column: Column, context: Context) -> Getter:
    """A value as the snapshot's column takes it; what the column can't hold is refused where it stands.

    Of ids every run of blanks, protected ones too, becomes one blank: exports of one ledger differ in them.
    """
    if column.type == "date":
        return _date(value, context)
    raw = raw_value(value, context)
    if column.type in {"amount", "percent", "number", "rate", "count"} and value.constant is None:
        inner = raw
        raw = Getter(lambda record: context.figure(text)[0] if (text := inner.get(record)) else "", inner.place)
    if column.type == "id":
        named = raw
        raw = Getter(lambda record: " ".join(named.get(record).split()), named.place)
    check = parser(column)
    get_raw = raw.get
    optional = not column.required

    def get(record: Record) -> str:
        text = get_raw(record)
        if text or not optional:
            try:
                check(text)
            except CellError as error:
                if error.code == "DUN521":
                    fix = "skip such rows in `rows`, or say `empty`"
                    raise CellError("DUN615", f"`{column.name}` is empty", fix) from error
                raise CellError("DUN618", f"`{column.name}` can't hold it: {error.message}", error.fix) from error
        return text

    return Getter(get, raw.place)


def _date(value: ValueSyntax, context: Context) -> Getter:
    raw = raw_value(value, context)
    form = context.dates if value.format is None else date_format(value.format)
    assert form is not None  # the model refuses others
    if value.constant is not None:
        form = date_format("yyyy-mm-dd")
        assert form is not None
    seen: dict[str, str] = {}
    get_raw = raw.get

    def get(record: Record) -> str:
        text = get_raw(record)
        if not text:
            return ""
        day = seen.get(text)
        if day is None:
            found = form.read(text) if len(text) <= 40 else None
            if found is None:
                raise _not_a_date(text, form.text)
            day = seen[text] = found.isoformat()
        return day

    return Getter(get, raw.place)


def _not_a_date(text: str, form: str) -> CellError:
    possible = formats_of(text) if len(text) <= 40 else []
    days = {day for _, day in possible}
    if len(days) > 1:
        told = " or ".join(f"{day} (`{name}`)" for name, day in _distinct(possible))
        message = f"`{text[:40]}` may be {told}; the mapping says `{form}`"
        return CellError("DUN613", message, "say how the export writes dates: `dates: dd/mm/yyyy`")
    fix = f"say `dates: {possible[0][0]}` if all are like this" if possible else "correct it in the export"
    return CellError("DUN612", f"`{text[:40]}` is no date written as `{form}`, 1970 to 2200", fix)


def _distinct(possible: Sequence[tuple[str, object]]) -> list[tuple[str, object]]:
    return list({day: (name, day) for name, day in reversed(possible)}.values())[::-1]


def amount_value(value: ValueSyntax, context: Context) -> Callable[[Record], tuple[str, str | None, int]]:
    """An amount before its sign is turned: plain decimal text ("" when empty), the sign's currency, the column."""
    figure = context.figure
    if value.debit is not None:
        sheet = context.sheet
        plus = sheet.place(value.debit)
        minus = sheet.place(value.credit) if value.credit is not None else -1
        return lambda record: _difference(record, plus, minus, figure)
    raw = raw_value(value, context)
    get_raw, place = raw.get, raw.place
    negative = None if value.negative_when is None else all_of(value.negative_when, context)

    def get(record: Record) -> tuple[str, str | None, int]:
        text = get_raw(record)
        if not text:
            return "", None, place
        plain, currency = figure(text)
        if negative is not None and negative(record):
            plain = turned(plain)
        return plain, currency, place

    return get


def _difference(record: Record, plus: int, minus: int, figure: ReadFigure) -> tuple[str, str | None, int]:
    """Debit or credit: one of the two is filled, or the other is zero."""
    debit, credit = clean(record.cells[plus]), clean(record.cells[minus]) if minus >= 0 else ""
    first, sign = figure(debit) if debit else ("", None)
    second, other = figure(credit) if credit else ("", None)
    if first.strip("0.") and second.strip("0."):
        raise CellError("DUN624", f"debit `{debit[:30]}` and credit `{credit[:30]}` are both filled", "keep one a row")
    if second.strip("0."):
        return turned(second), other, minus
    return first or second, sign or other, plus


def turned(plain: str) -> str:
    """A plain decimal with the other sign."""
    if not plain.strip("0."):
        return plain
    return plain[1:] if plain.startswith("-") else "-" + plain


def all_of(conditions: Sequence[ConditionSyntax], context: Context) -> Test:
    """Whether a record fits every condition."""
    tests = [_test(condition, context) for condition in conditions]
    return tests[0] if len(tests) == 1 else lambda record: all(test(record) for test in tests)


def _test(condition: ConditionSyntax, context: Context) -> Test:
    place = context.sheet.place(condition.column)
    if condition.empty is not None:
        empty = condition.empty
        return lambda record: (not record.cells[place].strip()) is empty
    if condition.words is not None:
        words = {_same(word) for word in condition.words}
        return lambda record: _same(record.cells[place]) in words
    if condition.like is not None:
        patterns = [_same(text).split("*") for text in condition.like]
        return lambda record: any(_fits(_same(record.cells[place]), parts) for parts in patterns)
    return lambda record: _sign(record.cells[place], context.figure) == condition.sign


def _fits(text: str, parts: list[str]) -> bool:
    """Whether a text is the parts with anything between them."""
    if len(parts) == 1:
        return text == parts[0]
    if not text.startswith(parts[0]) or not text.endswith(parts[-1]) or len(text) < len(parts[0]) + len(parts[-1]):
        return False
    place, end = len(parts[0]), len(text) - len(parts[-1])
    for part in parts[1:-1]:
        place = text.find(part, place, end)
        if place < 0:
            return False
        place += len(part)
    return True


def _sign(cell: str, figure: ReadFigure) -> str | None:
    try:
        text = clean(cell)
        plain = figure(text)[0] if text else ""
    except CellError:
        return None  # the cell itself is refused where its value is used
    if not plain:
        return None
    return "zero" if not plain.strip("-0.") else "negative" if plain.startswith("-") else "positive"
