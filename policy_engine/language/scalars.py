"""The kinds of value a policy knows, as pydantic types: whole numbers, amounts, rates, dates, names, texts.

Each validator takes the author's text and gives an exact value, or an error with a stable code. Numbers are
never read through floats. Each type carries its JSON Schema, so that an editor says the same.
"""

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, TypeVar

from pydantic import Discriminator, PlainValidator, Tag, WithJsonSchema
from pydantic_core import PydanticCustomError

from policy_engine.language.nodes import Node, Text, lookalike, shorten
from policy_engine.values.accounts import account_in, iban_in
from policy_engine.values.days import parse_date
from policy_engine.values.diagnostics import did_you_mean
from policy_engine.values.money import EXPONENTS
from policy_engine.values.text import nfc

T = TypeVar("T")

NAME = r"[a-z][a-z0-9_]{0,59}"
_NAME = re.compile(NAME)
_SLUG = re.compile("[a-z0-9][a-z0-9_.-]{0,59}")
_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")
_DECIMAL = re.compile(r"[+-]?[0-9]{1,18}(\.[0-9]{1,12})?")
_TRUE = frozenset({"true", "True", "TRUE"})
_FALSE = frozenset({"false", "False", "FALSE"})
MILLIONTHS = 1_000_000


def refuse(code: str, message: str, hint: str | None = None) -> PydanticCustomError:
    """An error with a stable code; `language.check` turns it into a diagnostic at the value."""
    return PydanticCustomError("dun", "{message}", {"code": code, "message": message, "help": hint})


def scalar(value: Any, what: str, example: str) -> Text:
    """The text of a scalar.

    Raises:
        PydanticCustomError: a mapping or a list.
    """
    if not isinstance(value, Text):
        seen = lookalike(value) if isinstance(value, Node) else f"`{value}`"
        raise refuse("DUN103", f"{what} is wanted here, not {seen}", f"write e.g. `{example}`")
    return value


def _number_text(value: Any, what: str, example: str, pattern: re.Pattern[str]) -> str:
    text = scalar(value, what, example)
    if pattern.fullmatch(text) and text.isascii():
        if text.style != "plain":
            raise refuse("DUN106", f"`{shorten(text)}` is a quoted text, {what} is wanted", "write it without quotes")
        digits = text.lstrip("+-")
        if len(digits) > 1 and digits[0] == "0" and digits[1] != ".":
            raise refuse(
                "DUN106",
                f"`{text}` has a leading zero, which YAML readers read differently",
                f"write `{int(digits)}`" if "." not in digits else "write it without the leading zero",
            )
        return str(text)
    raise refuse("DUN106", f"`{shorten(text)}` is not {what}", _number_help(text, example))


def _number_help(text: str, example: str) -> str:
    if re.fullmatch(r"[+-]?[0-9.]+[eE][+-]?[0-9]+", text):
        return f"powers of ten can't be used; write all digits, e.g. `{example}`"
    if re.fullmatch(r"[0-9]+(:[0-9]+)+", text):
        return f"`{text[:20]}` looks like a time of day; write e.g. `{example}`"
    if re.fullmatch(r"[+-]?\.(inf|nan|Inf|NaN|INF|NAN)", text):
        return f"there is no infinity here; write e.g. `{example}`, or leave the key out"
    if re.fullmatch(r"[+-]?[0-9 .'_\u00a0\u202f]*,[0-9]+", text):
        return f"the decimal sign is a point; write e.g. `{example}`"
    if re.search(r"[0-9][_ '\u00a0\u202f][0-9]", text):
        return f"write the digits without separators, e.g. `{example}`"
    if re.search(r"[0-9]\s*(%|€|\$|£|EUR|days?|d|jours?)\s*$", text):
        return f"write the number alone, e.g. `{example}`"
    if re.fullmatch(r"[+-]?[0-9]+\.[0-9]+", text):
        return f"write it without decimals, e.g. `{example}`"
    return f"write e.g. `{example}`"


def _whole(low: int, high: int, example: str) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        number = int(_number_text(value, "a whole number", example, _WHOLE))
        if not low <= number <= high:
            raise refuse("DUN107", f"`{number}` is out of bounds: {low} to {high} are possible")
        return number

    return read


def _whole_schema(low: int, high: int, unit: str | None, example: str) -> WithJsonSchema:
    what = f"a whole number of {unit}" if unit else "a whole number"
    counted = {"unit": unit} if unit else {}
    wanted = f"{what} is wanted here, e.g. `{example}`"
    return WithJsonSchema({"type": "integer", "minimum": low, "maximum": high, **counted, "errorMessage": wanted})


def _number_schema(what: str, example: str, unit: str, **bounds: int) -> WithJsonSchema:
    wanted = f"{what} is wanted here, e.g. `{example}`: digits and a point, without blanks or a sign of currency"
    return WithJsonSchema({"type": "number", **bounds, "unit": unit, "errorMessage": wanted})


def text_schema(pattern: str, what: str, example: str, **more: Any) -> WithJsonSchema:
    """The schema of a text of one shape, with the words an editor shows when it has another."""
    return WithJsonSchema(
        {"type": "string", "pattern": pattern, "errorMessage": f"{what} is wanted here, e.g. `{example}`", **more}
    )


def _amount(value: Any) -> Text:
    if isinstance(value, dict):
        raise refuse(
            "DUN103",
            "one amount in the policy's currency is wanted here, not amounts by currency",
            "write the amount alone, e.g. `50`; other currencies are converted",
        )
    text = _number_text(value, "an amount", "1250.50", _DECIMAL)
    if text.startswith("-"):
        raise refuse("DUN107", f"`{text}` is out of bounds: an amount is 0 or more")
    assert isinstance(value, Text)  # _number_text refuses the rest
    return value


def _currency(value: Any) -> Text:
    text = scalar(value, "a currency code", "EUR")
    if text not in EXPONENTS:
        upper = text.upper() if text.isascii() else text
        near = f"did you mean `{upper}`?" if upper in EXPONENTS else did_you_mean(upper, EXPONENTS)
        raise refuse("DUN113", f"`{shorten(text)}` is no currency of ISO 4217", near or "write e.g. `USD`")
    return text


def _how_many_currencies(value: Any) -> str:
    return "by_currency" if isinstance(value, dict) else "plain"


def _limit(value: Any) -> Text:
    if isinstance(value, Text) and value == "none":
        return value
    return _amount(value)


def _scaled(value: Any, what: str, example: str, scale: int, decimals: int, low: int, high: int) -> int:
    text = _number_text(value, what, example, _DECIMAL)
    number = Decimal(text) * scale
    if number != number.to_integral_value():
        raise refuse("DUN107", f"`{text}` has more than {decimals} decimals")
    if not low * scale <= number <= high * scale:
        raise refuse("DUN107", f"`{text}` is out of bounds: {low} to {high} are possible")
    return int(number)


def _percent(value: Any) -> int:
    return _scaled(value, "a rate in percent a year", "12.15", 10_000, 4, 0, 1000)


def _points(value: Any) -> int:
    return _scaled(value, "a number of percentage points", "10", 10_000, 4, -100, 1000)


def _share(value: Any) -> int:
    return _scaled(value, "a share from 0 to 1", "0.1", MILLIONTHS, 6, 0, 1)


def _date(value: Any) -> date:
    text = scalar(value, "a date", "2026-07-01")
    day = parse_date(text)
    if day is None:
        shape = re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text)
        why = "no day between 1970 and 2200" if shape else "not a date"
        raise refuse("DUN108", f"`{shorten(text)}` is {why}", "write year, month and day, e.g. `2026-07-01`")
    return day


def _flag(value: Any) -> bool:
    text = scalar(value, "true or false", "true")
    if text.style == "plain" and text in _TRUE:
        return True
    if text.style == "plain" and text in _FALSE:
        return False
    meant = "true" if text.lower() in {"yes", "on", "y", "1", "true"} else "false"
    raise refuse("DUN109", f"`{shorten(text)}` is neither true nor false", f"write `{meant}`")


def _name(value: Any) -> Text:
    text = scalar(value, "a name", "formal_notice")
    if iban_in(text) is not None:
        message = "this is a bank account, which no policy may hold"
        raise refuse("DUN117", message, "bank details stand in the operator's file")
    if not _NAME.fullmatch(text):
        near = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")[:60]
        offer = f"write e.g. `{near}`" if _NAME.fullmatch(near) else "begin with a letter, e.g. `formal_notice`"
        raise refuse(
            "DUN110",
            f"`{shorten(text)}` is no name: lower-case letters, digits and `_`, at most 60",
            offer,
        )
    return text


def _citation(value: Any) -> str:
    text = _line(200)(value)
    if account_in(text) is not None:
        message = "this looks like a bank account, which no policy may hold"
        raise refuse("DUN117", message, "bank details stand in the operator's file")
    return text


def _slug(value: Any) -> Text:
    text = scalar(value, "a name", "acme-fr")
    if not _SLUG.fullmatch(text):
        near = re.sub(r"[^a-z0-9_.-]+", "-", text.lower()).strip("-_.")[:60]
        raise refuse(
            "DUN110",
            f"`{shorten(text)}` is no policy name: lower-case letters, digits, `-`, `_` and `.`",
            f"write e.g. `{near}`" if _SLUG.fullmatch(near) else "write e.g. `acme-fr`",
        )
    return text


def _line(longest: int) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        text = scalar(value, "a text", "some words")
        if not text.strip():
            raise refuse("DUN112", "the text is empty", "write something, or leave the key out")
        if len(text) > longest:
            raise refuse("DUN112", f"the text has {len(text)} characters, at most {longest} are possible")
        return nfc(str(text).strip())

    return read


def _expression(value: Any) -> Text:
    text = scalar(value, "an expression", "invoice.outstanding >= 500")
    if not text.strip():
        raise refuse("DUN112", "the expression is empty", "write a condition, or leave the key out")
    return text


def pattern(regex: str, what: str, example: str) -> PlainValidator:
    """A validator for texts of one shape."""
    compiled = re.compile(regex)

    def read(value: Any) -> Text:
        text = scalar(value, what, example)
        if not compiled.fullmatch(text):
            raise refuse("DUN113", f"`{shorten(text)}` is not {what}", f"write e.g. `{example}`")
        return text

    return PlainValidator(read)


Days = Annotated[int, PlainValidator(_whole(-3650, 36500, "30")), _whole_schema(-3650, 36500, "calendar days", "30")]
"""Calendar days, before (negative) or after an anchor."""
Span = Annotated[int, PlainValidator(_whole(0, 36500, "7")), _whole_schema(0, 36500, "calendar days", "7")]
"""A number of days, not negative."""
Age = Annotated[int, PlainValidator(_whole(0, 36500, "30")), _whole_schema(0, 36500, "days", "30")]
"""An age in days late, the key of an onboarding map."""
Months = Annotated[int, PlainValidator(_whole(1, 1200, "2")), _whole_schema(1, 1200, "calendar months", "2")]
"""Calendar months."""
Every = Annotated[int, PlainValidator(_whole(1, 36500, "30")), _whole_schema(1, 36500, "calendar days", "30")]
"""Days between two occurrences."""
Times = Annotated[int, PlainValidator(_whole(1, 1000, "2")), _whole_schema(1, 1000, "repeats", "2")]
"""How often."""
People = Annotated[int, PlainValidator(_whole(1, 5, "2")), _whole_schema(1, 5, "people", "2")]
"""How many people."""
Grace = Annotated[int, PlainValidator(_whole(0, 3650, "2")), _whole_schema(0, 3650, "calendar days", "2")]
"""Days of grace."""
BusinessDays = Annotated[int, PlainValidator(_whole(0, 250, "2")), _whole_schema(0, 250, "business days", "2")]
"""Business days."""
Count = Annotated[
    int, PlainValidator(_whole(0, 1_000_000_000, "200")), _whole_schema(0, 1_000_000_000, "actions", "200")
]
"""How many actions."""
Multiple = Annotated[int, PlainValidator(_whole(1, 100, "3")), _whole_schema(1, 100, None, "3")]
"""How many times a reference rate."""
Version = Annotated[int, PlainValidator(_whole(1, 1_000_000, "3")), _whole_schema(1, 1_000_000, None, "3")]
"""The version of a policy."""
_CURRENCY_UNIT = "the policy's currency"
Amount = Annotated[Text, PlainValidator(_amount), _number_schema("an amount", "1250.50", _CURRENCY_UNIT, minimum=0)]
"""A plain amount in the policy's currency, as the author wrote it; `resolve` makes minor units of it."""
Currency = Annotated[Text, PlainValidator(_currency), text_schema("^[A-Z]{3}$", "a currency code", "EUR")]
"""An ISO 4217 code, the key of amounts by currency."""
Amounts = Annotated[
    Annotated[Amount, Tag("plain")] | Annotated[dict[Currency, Amount], Tag("by_currency")],
    Discriminator(_how_many_currencies),
]
"""A plain amount in the policy's currency, or amounts by currency: `{EUR: 10, USD: 12}`."""
Limit = Annotated[
    Text,
    PlainValidator(_limit),
    WithJsonSchema(
        {
            "if": {"type": "number"},
            "then": {"type": "number", "minimum": 0},
            "else": {"const": "none", "errorMessage": "an amount or `none` is wanted here, e.g. `30000`"},
            "unit": _CURRENCY_UNIT,
        }
    ),
]
"""A plain amount, or `none`."""
Percent = Annotated[
    int, PlainValidator(_percent), _number_schema("a rate", "12.15", "percent a year", minimum=0, maximum=1000)
]
"""Percent a year, read into parts per million."""
Points = Annotated[
    int, PlainValidator(_points), _number_schema("a number", "10", "percentage points", minimum=-100, maximum=1000)
]
"""Percentage points, read into parts per million."""
Share = Annotated[
    int, PlainValidator(_share), _number_schema("a share", "0.1", "share: 0.1 is 10 %", minimum=0, maximum=1)
]
"""A share from 0 to 1, read into millionths."""
Day = Annotated[
    date,
    PlainValidator(_date),
    text_schema(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "a date, year first,", "2026-07-01", format="date"),
]
"""A calendar date between 1970 and 2200."""
Flag = Annotated[
    bool, PlainValidator(_flag), WithJsonSchema({"type": "boolean", "errorMessage": "`true` or `false` is wanted here"})
]
"""true or false."""
Name = Annotated[
    Text,
    PlainValidator(_name),
    text_schema(f"^{NAME}$", "a name of lower-case letters, digits and `_`", "formal_notice"),
]
"""A name that other keys may refer to."""
Slug = Annotated[
    Text,
    PlainValidator(_slug),
    text_schema("^[a-z0-9][a-z0-9_.-]{0,59}$", "a name of lower-case letters, digits, `-`, `_` and `.`", "acme-fr"),
]
"""The name of a policy."""
Line = Annotated[str, PlainValidator(_line(200)), WithJsonSchema({"type": "string", "minLength": 1, "maxLength": 200})]
"""A short text for people."""
Citation = Annotated[
    str, PlainValidator(_citation), WithJsonSchema({"type": "string", "minLength": 1, "maxLength": 200})
]
"""A short text that messages show."""
Prose = Annotated[
    str, PlainValidator(_line(2000)), WithJsonSchema({"type": "string", "minLength": 1, "maxLength": 2000})
]
"""A longer text for people."""
ExpressionText = Annotated[
    Text,
    PlainValidator(_expression),
    WithJsonSchema(
        {
            "type": "string",
            "minLength": 1,
            "maxLength": 500,
            "errorMessage": "an expression is wanted here, e.g. `invoice.outstanding >= 500`",
        }
    ),
]
"""An expression, not parsed yet."""
