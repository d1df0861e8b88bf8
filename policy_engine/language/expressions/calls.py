"""The functions: `min max abs known has days_between date`, what they take and how to put a call right."""

from fractions import Fraction
from functools import reduce
from typing import cast

from policy_engine.facts.table import BY_NAME
from policy_engine.language.expressions.operators import Context, number_of, refuse_ratio
from policy_engine.language.expressions.scope import FUNCTIONS
from policy_engine.language.expressions.units import NUMERIC, WORDS, adapt, mismatch, together, unitless
from policy_engine.policy.tree import Call, Constant, Has, Known, Node, Ratio, Span, Type
from policy_engine.values.days import parse_date
from policy_engine.values.diagnostics import did_you_mean

_USAGE = {
    "abs": "abs(x)", "known": "known(x)", "has": 'has(customer.tags, "vip")', "min": "min(a, b)", "max": "max(a, b)",
    "days_between": "days_between(a, b)", "date": 'date("2026-01-31")',
}  # fmt: skip
_ARITY = {
    "abs": (1, 1),
    "known": (1, 1),
    "has": (2, 2),
    "days_between": (2, 2),
    "date": (1, 1),
    "min": (2, 99),
    "max": (2, 99),
}
_INSTEAD = {
    "today": "the date of the snapshot is `as_of`", "now": "the date of the snapshot is `as_of`",
    "is_known": "`known(x)`", "exists": "`known(x)`", "defined": "`known(x)`", "contains": "`has(set, \"text\")`",
    "datediff": "`days_between(a, b)`", "days": "days are plain numbers: `invoice.due_date + 30`",
    "int": "numbers are exact, nothing is converted", "float": "numbers are exact, nothing is converted",
    "round": "numbers are exact, nothing is rounded", "len": "a count is a fact, such as `customer.open_invoices`",
    "sum": "a sum is a fact, such as `customer.outstanding`", "str": "texts and numbers aren't converted",
}  # fmt: skip


def call(function: str, at: Span, arguments: list[Node | None], span: Span, context: Context) -> Node | None:
    """The typed call, or None with a finding. Arguments that were wrong already are None."""
    if function not in FUNCTIONS:
        _unknown(function, at, context)
        return None
    least, most = _ARITY[function]
    if not least <= len(arguments) <= most:
        count = "two or more values" if most > least else "one value" if least == 1 else "two values"
        context.error("DUN207", f"`{function}` takes {count}, not {len(arguments)}", span, f"`{_USAGE[function]}`")
        return None
    if any(argument is None for argument in arguments):
        return None
    given = cast("list[Node]", arguments)
    if function == "known":
        return _known(given[0], span, context)
    ratios = [argument for argument in given if refuse_ratio(argument, context)]
    if ratios:
        return None
    if function == "has":
        return _has(given[0], given[1], span, context)
    if function == "date":
        return _date(given[0], span, context)
    if function == "days_between":
        return _days_between(given, span, context)
    return _abs(given[0], span, context) if function == "abs" else _extreme(function, given, span, context)


def _unknown(function: str, at: Span, context: Context) -> None:
    last = function.rpartition(".")[2].lower()
    if function in BY_NAME or function in context.scope.facts:
        context.error("DUN206", f"`{function}` is a fact, not a function", at, "write it without parentheses")
        return
    hint = _INSTEAD.get(last) or did_you_mean(last, FUNCTIONS) or f"there are {', '.join(FUNCTIONS)}"
    context.error("DUN206", f"`{function}` is not a known function", at, hint)


def _known(operand: Node, span: Span, context: Context) -> Node | None:
    if isinstance(operand, Ratio) and refuse_ratio(operand, context):
        return None
    return Known(operand, span)


def _has(operand: Node, value: Node, span: Span, context: Context) -> Node | None:
    right = isinstance(value, Constant) and isinstance(value.value, str)
    if operand.type != "set":
        context.error("DUN207", f"`has` asks a set, this is {WORDS[operand.type]}", operand.span, f"`{_USAGE['has']}`")
    if not right:
        context.error("DUN207", "`has` takes a text in quotes", value.span, f"`{_USAGE['has']}`")
    if operand.type != "set" or not right:
        return None
    return Has(operand, cast("str", cast("Constant", value).value), span)


def _date(value: Node, span: Span, context: Context) -> Node | None:
    if not (isinstance(value, Constant) and isinstance(value.value, str)):
        context.error("DUN216", "`date` takes a text in quotes", value.span, f"`{_USAGE['date']}`")
        return None
    day = parse_date(value.value)
    if day is None:
        context.error(
            "DUN216",
            f'"{value.value}" is not a date',
            value.span,
            'year-month-day from 1970 to 2200, as in `date("2026-01-31")`',
        )
        return None
    return Constant(day, "date", span)


def _days_between(given: list[Node], span: Span, context: Context) -> Node | None:
    wrong = [part for part in given if part.type != "date"]
    for part in wrong:
        hint = f"`date({context.shown(part)})`" if part.type == "text" and isinstance(part, Constant) else None
        context.error("DUN207", f"`days_between` takes dates, this is {WORDS[part.type]}", part.span, hint)
    return None if wrong else Call("days_between", tuple(given), "days", span)


def _abs(operand: Node, span: Span, context: Context) -> Node | None:
    if operand.type not in NUMERIC:
        context.error("DUN207", f"`abs` takes a number, this is {WORDS[operand.type]}", operand.span)
        return None
    value = number_of(operand)
    if value is not None and unitless(operand):
        return Constant(abs(value), "number", span)
    return Call("abs", (operand,), operand.type, span)


def _extreme(function: str, given: list[Node], span: Span, context: Context) -> Node | None:
    """`min` and `max` of numbers of one unit, or of dates."""
    wrong = [part for part in given if part.type not in NUMERIC and part.type != "date"]
    for part in wrong:
        context.error("DUN207", f"`{function}` takes numbers or dates, this is {WORDS[part.type]}", part.span)
    if wrong:
        return None
    first = next((part for part in given if not unitless(part)), given[0])
    kind: Type = first.type
    if any(part.type == "number" and not unitless(part) for part in given) and kind == "count":
        kind = "number"
    operands = [adapt(part, kind, context.scope.currency, context.findings) for part in given]
    for part in operands:
        if together(first, part, context.scope.currency, context.findings) is None:
            message, hint = mismatch(first, part)
            context.error("DUN210", message, part.span, hint)
            return None
    values = [number_of(part) for part in operands]
    if all(value is not None for value in values) and kind == "number":
        best = reduce(min if function == "min" else max, cast("list[Fraction]", values))
        return Constant(best, "number", span)
    return Call("min" if function == "min" else "max", tuple(operands), kind, span)
