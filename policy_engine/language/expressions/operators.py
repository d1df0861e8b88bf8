"""What each operator takes and gives: numbers of one unit, dates and days, ratios, lists, choices."""

from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias, cast

from policy_engine.language.expressions.findings import Findings
from policy_engine.language.expressions.scope import Scope, choices_of
from policy_engine.language.expressions.units import (
    MAX_TERM,
    NUMERIC,
    PLAIN,
    WORDS,
    adapt,
    mismatch,
    product_type,
    together,
    unitless,
    whole,
)
from policy_engine.policy.tree import (
    Arithmetic,
    Choice,
    Comparator,
    Compare,
    Constant,
    Member,
    Name,
    Node,
    Ratio,
    Span,
    Type,
)
from policy_engine.values.diagnostics import did_you_mean

CompareOp: TypeAlias = Comparator
_DIVISION = "a division can only be compared with a number, as in `a / b > 0.8`"


@dataclass(frozen=True, slots=True)
class Context:
    """What every rule needs: the names that are known and the place for findings."""

    scope: Scope
    findings: Findings

    def error(self, code: str, message: str, span: Span, hint: str | None = None) -> None:
        """Note a mistake at a span of the text."""
        self.findings.error(code, message, span.start, span.end, hint)

    def shown(self, node: Node) -> str:
        """The author's own words for a node."""
        return self.findings.text[node.span.start : node.span.end]


def number_of(node: Node) -> Fraction | None:
    """The value of a plain number, None for everything else."""
    return node.value if isinstance(node, Constant) and isinstance(node.value, Fraction) else None


def negate(operand: Node, span: Span, context: Context) -> Node | None:
    """`-x`: a negative constant, or 0 - x."""
    value = number_of(operand)
    if value is not None:
        return Constant(-value, operand.type, span)
    if refuse_ratio(operand, context):
        return None
    if operand.type not in NUMERIC:
        context.error("DUN211", f"`-` needs a number, this is {WORDS[operand.type]}", span)
        return None
    return Arithmetic("-", Constant(Fraction(0), operand.type, span), operand, operand.type, span)


def refuse_ratio(node: Node, context: Context) -> bool:
    """Whether the part is a ratio where none can stand; notes it."""
    if node.type != "ratio":
        return False
    if isinstance(node, Ratio):
        top, bottom = context.shown(node.top), context.shown(node.bottom)
        hint = f"compare the quotient itself, `{top} / {bottom} > 0.8`, or multiply: `{top} > 0.8 * {bottom}`"
        context.error("DUN213", "a division can only be compared with a number", node.span, hint)
    else:
        shown = context.shown(node)
        context.error("DUN213", f"`{shown}` is a ratio and can only be compared", node.span, f"`{shown} > 15`")
    return True


def add(op: str, left: Node, right: Node, span: Span, context: Context) -> Node | None:
    """`+` and `-`: numbers of one unit, or a date and days."""
    if refuse_ratio(left, context) | refuse_ratio(right, context):
        return None
    if "date" in {left.type, right.type}:
        return _shift(op, left, right, span, context)
    if left.type not in NUMERIC or right.type not in NUMERIC:
        _refuse_operand(op, left, right, context)
        return None
    a, b = number_of(left), number_of(right)
    if a is not None and b is not None and left.type == right.type == "number":
        return folded(a + b if op == "+" else a - b, span)
    both = together(left, right, context.scope.currency, context.findings)
    if both is None:
        message, hint = mismatch(left, right)
        context.error("DUN210", message, span, hint)
        return None
    return Arithmetic("+" if op == "+" else "-", both[0], both[1], both[2], span)


def folded(value: Fraction, span: Span) -> Constant:
    """Plain numbers are computed at once, exactly; bounds are judged once they meet a unit."""
    return Constant(value, "number", span)


def _refuse_operand(op: str, left: Node, right: Node, context: Context) -> None:
    for part in (left, right):
        if part.type not in NUMERIC:
            context.error("DUN211", f"`{op}` needs numbers, this is {WORDS[part.type]}", part.span)


def _shift(op: str, left: Node, right: Node, span: Span, context: Context) -> Node | None:
    """A date plus or minus whole days; `days + date` too."""
    if left.type == right.type:
        a, b = context.shown(left), context.shown(right)
        hint = f"days between them are `days_between({b}, {a})`" if op == "-" else None
        context.error("DUN211", f"two dates can't be joined by `{op}`", span, hint)
        return None
    day, days = (left, right) if left.type == "date" else (right, left)
    if op == "-" and day is right:
        context.error("DUN211", "a date can't be taken from a number", span)
        return None
    days = adapt(days, "days", context.scope.currency, context.findings)
    if days.type != "days":
        hint = 'write the days as a number: `date("2026-01-31") + 30`' if days.type in NUMERIC else None
        context.error("DUN210", f"only days can be added to a date, this is {WORDS[days.type]}", days.span, hint)
        return None
    if not whole(days):
        context.error("DUN211", "only whole days can be added to a date", days.span)
        return None
    return Arithmetic("+" if op == "+" else "-", day, days, "date", span)


def multiply(left: Node, right: Node, span: Span, context: Context) -> Node | None:
    """`*`: one side is a plain number or a count."""
    if refuse_ratio(left, context) | refuse_ratio(right, context):
        return None
    if left.type not in NUMERIC or right.type not in NUMERIC:
        _refuse_operand("*", left, right, context)
        return None
    a, b = number_of(left), number_of(right)
    if a is not None and b is not None and left.type == right.type == "number":
        return folded(a * b, span)
    kind = product_type(left.type, right.type)
    if kind is None:
        hint = "write the share as a number: `0.05 * x`" if "percent" in {left.type, right.type} else None
        context.error("DUN211", f"{WORDS[left.type]} can't be multiplied by {WORDS[right.type]}", span, hint)
        return None
    for value, part in ((a, left), (b, right)):
        if value is not None and max(abs(value.numerator), value.denominator) > MAX_TERM:
            context.error("DUN214", "the factor is too large or too fine", part.span, "at most 100000, five decimals")
    return Arithmetic("*", left, right, kind, span)


def divide(top: Node, bottom: Node, span: Span, context: Context) -> Node | None:
    """`/`: two plain numbers give a number, everything else a ratio that must be compared."""
    if refuse_ratio(top, context) | refuse_ratio(bottom, context):
        return None
    if top.type not in NUMERIC or bottom.type not in NUMERIC:
        _refuse_operand("/", top, bottom, context)
        return None
    a, b = number_of(top), number_of(bottom)
    if b is not None and b <= 0:
        context.error("DUN214", "a denominator of zero or less has no value", bottom.span)
        return None
    if a is not None and b is not None:
        return folded(a / b, span)
    if unitless(top) and bottom.type in NUMERIC:
        top = adapt(top, bottom.type, context.scope.currency, context.findings)
    if ratio_unit(top.type, bottom.type) is None:
        context.error("DUN210", f"{WORDS[top.type]} can't be divided by {WORDS[bottom.type]}", span)
        return None
    return Ratio(top, bottom, span)


def ratio_unit(top: Type, bottom: Type) -> Type | None:
    """The unit of a quotient: a number for two of one unit, the dividend's for a plain divisor."""
    if top == bottom or (top in PLAIN and bottom in PLAIN):
        return "number"
    return top if bottom in PLAIN else None


def compare(op: Comparator, left: Node, right: Node, span: Span, context: Context) -> Node | None:
    """A comparison of two values of one type; texts and conditions only for equality; a ratio with a number."""
    if left.type == "ratio" or right.type == "ratio":
        return _compare_ratio(op, left, right, span, context)
    both = together(left, right, context.scope.currency, context.findings)
    if both is None:
        message, why = mismatch(left, right)
        context.error("DUN210", message, span, why)
        return None
    left, right, kind = both
    if kind == "set":
        context.error("DUN211", "sets can't be compared", span, 'ask `has(set, "text")`')
        return None
    if kind in {"text", "flag"} and op not in {"==", "!="}:
        word, hint = "texts have", 'compare with `==` or `!=`, or `in ["a", "b"]`'
        if kind == "flag":
            word, hint = "conditions have", "join them with `and` or `or`"
        context.error("DUN211", f"{word} no order", span, hint)
        return None
    for name, value in ((left, right), (right, left)):
        _check_choice(name, value, context)
    return Compare(op, left, right, span)


def _check_choice(name: Node, value: Node, context: Context) -> None:
    """A text compared with a fact that never has it."""
    if not (isinstance(name, Name) and isinstance(value, Constant) and isinstance(value.value, str)):
        return
    choices = choices_of(name.name, context.scope)
    if choices and value.value not in choices:
        listed = ", ".join(f'"{choice}"' for choice in choices)
        hint = did_you_mean(value.value, choices) or f"it is one of {listed}"
        context.error("DUN212", f'`{name.name}` is never "{value.value}"', value.span, hint.replace("`", '"'))


def _compare_ratio(op: Comparator, left: Node, right: Node, span: Span, context: Context) -> Node | None:
    """`top / bottom` or a ratio fact, compared with a plain number of small terms."""
    ratio, other = (left, right) if left.type == "ratio" else (right, left)
    value = number_of(other)
    hint: str | None = None
    if value is None or not unitless(other):
        if other.type in NUMERIC or other.type == "ratio":
            message = "a ratio can only be compared with a plain number"
            if isinstance(ratio, Ratio) and other.type != "ratio":
                top, bottom, shown = context.shown(ratio.top), context.shown(ratio.bottom), context.shown(other)
                hint = f"multiply: `{top} {op} {shown} * {bottom}`" if ratio is left else None
            context.error("DUN213", message, other.span, hint or "as in `a / b > 0.8` or `a / b > 2 / 3`")
        else:
            message, hint = mismatch(left, right)
            context.error("DUN210", message, span, hint)
        return None
    if max(abs(value.numerator), value.denominator) > MAX_TERM:
        context.error(
            "DUN214", "the terms of a ratio are at most 100000", other.span, "fewer digits, or multiply: `a > 2 * b`"
        )
        return None
    unit: Type = "days"
    if isinstance(ratio, Ratio):
        unit = cast("Type", ratio_unit(ratio.top.type, ratio.bottom.type))
    constant = adapt(other, unit, context.scope.currency, context.findings)
    return Compare(op, constant, ratio, span) if ratio is right else Compare(op, ratio, constant, span)


def member(
    operand: Node | None, values: tuple[Constant, ...] | None, span: Span, context: Context, *, negated: bool
) -> Node | None:
    """`in` and `not in` over constants of the operand's type."""
    if operand is None or values is None or refuse_ratio(operand, context):
        return None
    if operand.type in {"flag", "set"}:
        hint = 'ask `has(set, "text")`' if operand.type == "set" else "use the condition itself"
        context.error("DUN211", f"`in` can't be asked of {WORDS[operand.type]}", operand.span, hint)
        return None
    kept: list[Constant] = []
    for value in values:
        both = together(operand, value, context.scope.currency, context.findings)
        if both is None or not isinstance(both[1], Constant):
            message, why = mismatch(operand, value)
            context.error("DUN210", message, value.span, why)
            continue
        operand = both[0]
        _check_choice(operand, value, context)
        kept.append(both[1])
    return Member(operand, tuple(kept), negated, span) if len(kept) == len(values) else None


def choose(condition: Node, then: Node, otherwise: Node, span: Span, context: Context) -> Node | None:
    """`a if c else b`: both sides of one type."""
    if refuse_ratio(then, context) | refuse_ratio(otherwise, context):
        return None
    both = together(then, otherwise, context.scope.currency, context.findings)
    if both is None:
        message, hint = mismatch(then, otherwise)
        context.error("DUN210", message, span, hint)
        return None
    return Choice(condition, both[0], both[1], both[2], span)
