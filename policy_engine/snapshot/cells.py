"""One cell of a table, read: text in, exact values out. One parse function a column, built once a file.

A cell is text, or, from YAML and JSON, a `Nested` list or map; from integer columns of Parquet files and databases an
int, which in a column of amounts is minor units. Whatever is wrong with one raises `CellError`, which the row reader
turns into a `Problem`. Nothing here goes through a float.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any, TypeAlias

from policy_engine.facts.table import NUMBER_SCALE
from policy_engine.rates import PPM_PER_PERCENT
from policy_engine.snapshot.tables import Column
from policy_engine.values.days import parse_date
from policy_engine.values.diagnostics import did_you_mean
from policy_engine.values.money import EXPONENTS, MAX_MINOR, minor_text
from policy_engine.values.text import nfc

MAX_ID = 200
"""Longest id, in characters."""

_DECIMAL = re.compile(r"[+-]?[0-9]{1,15}(?:\.[0-9]{1,9})?")
_FLAGS = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
_COUNTRY = re.compile(r"[A-Z]{2}")


@dataclass(frozen=True, slots=True)
class Nested:
    """A list (`keys` is None) or a map of texts, from YAML or JSON."""

    values: tuple[str, ...]
    keys: tuple[str, ...] | None = None


Cell: TypeAlias = str | Nested | int
Parse: TypeAlias = Callable[[Any], Any]
"""From a cell to a value, None when it is empty; raises `CellError`."""


class CellError(Exception):
    """A cell, or cells together, that can't be used: a stable code, one lower-case sentence, the likely fix."""

    def __init__(self, code: str, message: str, fix: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.fix = fix


def _shown(text: str) -> str:
    return text if len(text) <= 40 else text[:40] + "..."


def read_id(cell: str) -> str | None:
    """A trimmed key in NFC."""
    text = cell.strip()
    if not text:
        return None
    if not text.isascii():
        text = nfc(text)
    if not text.isprintable() or len(text) > MAX_ID:
        raise CellError(
            "DUN520", f"`{_shown(text)}` can't be an id", f"ids are printable and at most {MAX_ID} characters long"
        )
    return text


def read_text(cell: str) -> str | None:
    """Trimmed text in NFC."""
    text = cell.strip()
    return (text if text.isascii() else nfc(text)) or None


def read_country(cell: str) -> str | None:
    """An ISO 3166-1 alpha-2 code."""
    text = cell.strip()
    if not text:
        return None
    if not _COUNTRY.fullmatch(text):
        raise CellError("DUN520", f"`{_shown(text)}` is not a country code", "write two capital letters, like `FR`")
    return text


def read_currency(cell: str) -> str | None:
    """An ISO 4217 code."""
    text = cell.strip()
    if not text:
        return None
    if text not in EXPONENTS:
        fix = "write three capital letters, like `EUR`"
        raise CellError("DUN537", f"`{_shown(text)}` is not an ISO 4217 currency", fix)
    return text


def read_flag(cell: str) -> bool | None:
    """`yes` or `no`, `true` or `false`, `1` or `0`."""
    text = cell.strip()
    if not text:
        return None
    flag = _FLAGS.get(text.lower())
    if flag is None:
        raise CellError("DUN534", f"`{_shown(text)}` is neither yes nor no", "write `yes` or `no`")
    return flag


def read_date(cell: str) -> date | None:
    """A date from 1970 to 2200."""
    text = cell.strip()
    if not text:
        return None
    day = parse_date(text)
    if day is None:
        fix = "dates are written YYYY-MM-DD, from 1970 to 2200"
        raise CellError("DUN520", f"`{_shown(text)}` is not a date", fix)
    return day


def read_decimal(cell: str) -> str | None:
    """The text of a plain decimal number."""
    text = cell.strip()
    if not text:
        return None
    if not _DECIMAL.fullmatch(text):
        raise CellError("DUN520", f"`{_shown(text)}` is not a decimal number", _decimal_fix(text))
    return text


def _decimal_fix(text: str) -> str:
    tidy = re.sub(r"[\s'_\u00a0\u202f]", "", text)
    if re.fullmatch(r"[+-]?[0-9]{1,3}(?:\.[0-9]{3})*,[0-9]{1,9}", tidy) or re.fullmatch(r"[+-]?[0-9]+,[0-9]+", tidy):
        tidy = tidy.replace(".", "").replace(",", ".")
    elif re.fullmatch(r"[+-]?[0-9]{1,3}(?:,[0-9]{3})+\.[0-9]{1,9}", tidy):
        tidy = tidy.replace(",", "")
    if _DECIMAL.fullmatch(tidy):
        return f"write `{tidy}`: a decimal point, no thousands separators"
    return "write it like `1234.50`: digits, a decimal point, no exponent, no thousands separators"


def read_amount(cell: str | int) -> str | int | None:
    """The text of a decimal number in major units; an int, which is minor units, as it is."""
    return cell if type(cell) is int else read_decimal(cell)  # type: ignore[arg-type]


def amount_shown(amount: str | int, currency: str) -> str:
    """An amount that `read_amount` let through, for messages."""
    return minor_text(amount, currency) if isinstance(amount, int) else amount


def minor(text: str | int, currency: str) -> int:
    """Exact minor units of a text that `read_amount` let through; an int is minor units already.

    Raises:
        CellError: more decimals than the currency has, or beyond 1e12 minor units.
    """
    if isinstance(text, int):
        if not -MAX_MINOR <= text <= MAX_MINOR:
            shown = amount_shown(text, currency)
            raise CellError("DUN533", f"`{shown}` {currency} is beyond the bound of 1e12 minor units a row")
        return text
    exponent = EXPONENTS[currency]
    whole, _, fraction = text.partition(".")
    if len(fraction) == exponent:
        value = int(whole + fraction)
    else:
        kept = fraction.rstrip("0")
        if len(kept) > exponent or len(fraction) == 3:  # `1.200` may well be a thousand and two hundred
            fix = "write amounts without thousands separators, with the currency's decimals"
            raise CellError("DUN520", f"`{text}` has more than the {exponent} decimals of {currency}", fix)
        value = int(whole + kept.ljust(exponent, "0"))
    if not -MAX_MINOR <= value <= MAX_MINOR:
        raise CellError("DUN533", f"`{text}` {currency} is beyond the bound of 1e12 minor units a row")
    return value


def scaled(cell: str, scale: int, what: str, limit: int | None = None) -> int | None:
    """A decimal times `scale` as an integer; `limit` bounds it to 0 .. limit.

    Raises:
        CellError: no decimal, too many decimals, or out of bounds.
    """
    text = read_decimal(cell)
    if text is None:
        return None
    value = Fraction(text) * scale
    if value.denominator != 1:
        raise CellError("DUN520", f"`{text}` has too many decimals for a {what}")
    if limit is not None and not 0 <= value <= limit:
        raise CellError("DUN520", f"`{text}` is no {what} from 0 to {limit // scale}")
    if abs(value) > MAX_MINOR * NUMBER_SCALE:
        raise CellError("DUN533", f"`{text}` is too large for a {what}")
    return int(value)


def read_percent(cell: str) -> int | None:
    """A percentage from 0 to 100 in ppm, e.g. 12.15 is 121 500."""
    return scaled(cell, PPM_PER_PERCENT, "percentage", 100 * PPM_PER_PERCENT)


def read_number(cell: str) -> int | None:
    """A number in ten-thousandths."""
    return scaled(cell, NUMBER_SCALE, "number")


def read_count(cell: str) -> int | None:
    """A whole number, zero or more."""
    return scaled(cell, 1, "whole number", MAX_MINOR)


def read_days(cell: str) -> int | None:
    """A whole number of days, negative too."""
    return scaled(cell, 1, "number of days")


def read_rate(cell: str) -> Fraction | None:
    """A positive decimal."""
    text = read_decimal(cell)
    if text is None:
        return None
    rate = Fraction(text)
    if rate <= 0:
        raise CellError("DUN530", f"`{text}` is not a positive rate")
    return rate


NOTHING: Parse = {"": None}.__getitem__
"""The parse function of a column that the file lacks."""


def _parts(cell: str | Nested) -> list[str]:
    raw = cell.split(";") if isinstance(cell, str) else cell.values
    return [part.strip() for part in raw if part.strip()]


def _pairs(cell: str | Nested, shape: str) -> list[tuple[str, str]]:
    if isinstance(cell, Nested) and cell.keys is not None:
        return list(zip(cell.keys, cell.values, strict=True))
    pairs = []
    for part in _parts(cell):
        left, sign, right = part.rpartition("=")
        if not sign or not left.strip() or not right.strip():
            raise CellError("DUN520", f"`{_shown(part)}` does not have the form `{shape}`", f"write `{shape}`")
        pairs.append((left.strip(), right.strip()))
    return pairs


def read_ids(cell: str | Nested) -> tuple[str, ...] | None:
    """Keys separated by `;`, sorted; the same one twice is an error."""
    if isinstance(cell, Nested) and cell.keys is not None:
        raise CellError("DUN522", "a map stands where a list of ids is expected", "write `[F-1, F-2]`")
    found = [key for key in map(read_id, _parts(cell)) if key is not None]
    if len(set(found)) != len(found):
        raise CellError("DUN520", "the same id is listed twice")
    return tuple(sorted(found)) or None


def read_words(cell: str | Nested) -> frozenset[str] | None:
    """Texts separated by `;`."""
    if isinstance(cell, Nested) and cell.keys is not None:
        raise CellError("DUN522", "a map stands where a list of words is expected", "write `[export, vip]`")
    return frozenset(map(nfc, _parts(cell))) or None


def read_allocations(cell: str | Nested) -> tuple[tuple[str, str], ...] | None:
    """`F-1=120.00; F-2=30.00` as pairs of id and decimal text, sorted; an invoice stands in it once."""
    found: dict[str, str] = {}
    for left, right in _pairs(cell, "F-1=120.00"):
        key, amount = read_id(left), read_decimal(right)
        if key is None or amount is None:
            raise CellError("DUN520", "an allocation needs an invoice and an amount", "write `F-1=120.00`")
        if key in found:
            raise CellError("DUN527", f"invoice `{key}` is allocated twice", "add its amounts up")
        found[key] = amount
    return tuple(sorted(found.items())) or None


def read_schedule(cell: str | Nested) -> tuple[tuple[date, str], ...] | None:
    """`2026-09-30=500.00; ...` as pairs of day and decimal text, by rising date; a day stands in it once."""
    found: dict[date, str] = {}
    for left, right in _pairs(cell, "2026-09-30=500.00"):
        day, amount = read_date(left), read_decimal(right)
        if day is None or amount is None:
            raise CellError("DUN520", "an instalment needs a day and an amount", "write `2026-09-30=500.00`")
        if day in found:
            raise CellError("DUN520", f"the schedule names {day} twice", "add the amounts up")
        found[day] = amount
    return tuple(sorted(found.items())) or None


class _Memo(dict[str, Any]):
    """Remembers what each text was read as: dates and codes repeat, and a lookup costs a tenth of a parse."""

    def __init__(self, parse: Parse) -> None:
        super().__init__()
        self._parse = parse

    def __missing__(self, cell: str) -> Any:
        value = self._parse(cell)
        self[cell] = value
        return value


def _word(choices: tuple[str, ...]) -> Parse:
    def read(cell: str) -> str | None:
        text = cell.strip()
        if not text:
            return None
        if text not in choices:
            near = did_you_mean(text, choices)
            raise CellError("DUN534", f"`{_shown(text)}` is not a known word", near or f"one of {', '.join(choices)}")
        return text

    return read


_BY_TYPE: dict[str, Parse] = {
    "id": read_id, "text": read_text, "flag": read_flag, "date": read_date, "amount": read_amount,
    "percent": read_percent, "number": read_number, "count": read_count, "currency": read_currency,
    "country": read_country, "rate": read_rate, "ids": read_ids, "words": read_words,
    "allocations": read_allocations, "schedule": read_schedule, "days": read_days, "set": read_words,
}  # fmt: skip
_REPEATING = frozenset({"word", "flag", "date", "currency", "country", "count", "percent", "text", "id"})
_DISTINCT = frozenset({"id", "number", "name", "email", "phone", "address", "reason"})
NESTING = frozenset({"ids", "words", "allocations", "schedule", "set"})
"""Column types that may also be lists or maps in YAML and JSON."""


def parser(column: Column) -> Parse:
    """The function that reads the cells of a column; a required one refuses emptiness."""
    read = _word(column.choices) if column.type == "word" else _BY_TYPE[column.type]
    if column.required:
        read = _required(read)
    repeats = column.type in _REPEATING and column.name not in _DISTINCT
    return _Memo(read).__getitem__ if repeats else read


def attribute_parser(kind: str, currency: str | None) -> Parse:
    """The function that reads a declared column of the company's own, of an expression type.

    Raises:
        ValueError: an attribute of type amount, and no currency of the policy's.
    """
    if kind == "set":
        return lambda cell: read_words(str(cell) if isinstance(cell, int) else cell)
    if kind == "amount" and currency is None:
        raise ValueError("attributes of type amount need policy_currency")
    parse = _BY_TYPE[kind]

    def read(cell: Cell) -> Any:
        if isinstance(cell, Nested):
            raise CellError("DUN522", "holds a list or map where one value is expected")
        value = parse(cell if kind == "amount" else str(cell))
        return value if value is None or kind != "amount" or currency is None else minor(value, currency)

    return read


def _key(cell: str) -> str:
    """`read_id` of a cell that must not be empty, in one call for the plain case: each row has some."""
    if cell.isascii() and cell.isprintable() and 0 < len(cell) <= MAX_ID and cell[0] != " " and cell[-1] != " ":
        return cell
    text = read_id(cell)
    if text is None:
        raise CellError("DUN521", "is empty")
    return text


def _amount(cell: str | int) -> str | int:
    """`read_amount` of a cell that must not be empty, in one call for the plain case."""
    if type(cell) is int or _DECIMAL.fullmatch(cell):  # type: ignore[arg-type]
        return cell
    text = read_amount(cell)
    if text is None:
        raise CellError("DUN521", "is empty")
    return text


def _required(read: Parse) -> Parse:
    if read is read_id or read is read_amount:
        return _key if read is read_id else _amount

    def needed(cell: Cell) -> Any:
        value = read(cell)
        if value is None:
            raise CellError("DUN521", "is empty")
        return value

    return needed
