"""Types and units: what may be added to, multiplied by or compared with what, and plain numbers taking a unit.

A part made of plain numbers only (`12`, `5 if x else 10`) has no unit of its own: it takes the one of what it meets.
Amounts become minor units of the policy's currency, percentages parts per million.
"""

from dataclasses import replace
from fractions import Fraction
from typing import cast

from policy_engine.language.expressions.findings import Findings
from policy_engine.policy.tree import Arithmetic, Call, Choice, Constant, Name, Node, Span, Type
from policy_engine.values.money import EXPONENTS

NUMERIC: frozenset[str] = frozenset({"amount", "days", "count", "number", "percent"})
PLAIN: frozenset[str] = frozenset({"count", "number"})
MAX_CONSTANT = 10**12
"""Largest constant, in the unit of its type: minor units, days, parts per million (language.md section 2)."""
MAX_TERM = 10**5
"""Largest term of a ratio, of a factor and of a denominator after reduction (language.md section 2)."""
_PPM_PER_PERCENT = 10_000

WORDS: dict[str, str] = {
    "amount": "an amount", "days": "a number of days", "count": "a count", "number": "a number",
    "percent": "a percentage", "ratio": "a ratio", "date": "a date", "text": "a text",
    "flag": "a condition", "set": "a set of texts",
}  # fmt: skip
"""How diagnostics call the types."""


def unitless(node: Node) -> bool:
    """Whether the part is made of plain numbers only, so that it takes the unit of what it meets."""
    match node:
        case Constant():
            return node.type == "number"
        case Arithmetic() | Call():
            return node.type == "number" and all(unitless(part) for part in _operands(node))
        case Choice():
            return unitless(node.then) and unitless(node.otherwise)
        case _:
            return False


def _operands(node: Arithmetic | Call) -> tuple[Node, ...]:
    return (node.left, node.right) if isinstance(node, Arithmetic) else node.operands


def adapt(node: Node, kind: Type, currency: str, findings: Findings) -> Node:
    """A unitless part in the unit of `kind`; anything else as it is. Constants out of bounds are found here."""
    if kind not in NUMERIC or not unitless(node):
        return node
    match node:
        case Constant():
            value = cast("Fraction", node.value) * factor(kind, currency)
            check_bounds(value, node.span, findings)
            return Constant(value, kind, node.span)
        case Arithmetic(op="*"):
            return replace(node, left=adapt(node.left, kind, currency, findings), type=kind)
        case Arithmetic():
            left, right = (adapt(part, kind, currency, findings) for part in (node.left, node.right))
            return replace(node, left=left, right=right, type=kind)
        case Call():
            operands = tuple(adapt(part, kind, currency, findings) for part in node.operands)
            return replace(node, operands=operands, type=kind)
        case Choice():
            then, otherwise = (adapt(part, kind, currency, findings) for part in (node.then, node.otherwise))
            return replace(node, then=then, otherwise=otherwise, type=kind)
        case _:  # pragma: no cover - unitless() is True for the four above only
            return node


def factor(kind: Type, currency: str) -> int:
    """What one written unit is in the engine's unit: minor units per unit of currency, ppm per percent."""
    if kind == "amount":
        return int(10 ** EXPONENTS[currency])
    return _PPM_PER_PERCENT if kind == "percent" else 1


def check_bounds(value: Fraction, span: Span, findings: Findings) -> None:
    """A constant beyond what every engine holds exactly is refused."""
    if abs(value) > MAX_CONSTANT:
        findings.error(
            "DUN214", "the number is too large", span.start, span.end, "at most 1e12 minor units, days or parts"
        )
    elif value.denominator > MAX_TERM:
        findings.error("DUN214", "the number has too many decimals", span.start, span.end, "at most five decimals")


def together(left: Node, right: Node, currency: str, findings: Findings) -> tuple[Node, Node, Type] | None:
    """Two parts in one type, or None when their types don't go together. A count and a number are both plain."""
    if unitless(left) and right.type in NUMERIC:
        left = adapt(left, right.type, currency, findings)
    elif unitless(right) and left.type in NUMERIC:
        right = adapt(right, left.type, currency, findings)
    if left.type == right.type:
        return left, right, left.type
    if left.type in PLAIN and right.type in PLAIN:
        return left, right, "number"
    return None


def product_type(left: Type, right: Type) -> Type | None:
    """The type of a product: one side has to be plain, a count or a number; None = can't be multiplied."""
    if left in PLAIN and right in PLAIN:
        return "count" if left == right == "count" else "number"
    if right in PLAIN and left in NUMERIC:
        return left
    return right if left in PLAIN and right in NUMERIC else None


def whole(node: Node) -> bool:
    """Whether a value is always a whole number, whatever the facts are."""
    match node:
        case Constant():
            return isinstance(node.value, Fraction) and node.value.denominator == 1
        case Name():
            return node.type != "number"
        case Arithmetic() | Call():
            return node.type == "date" or all(whole(part) for part in _operands(node) if part.type in NUMERIC)
        case Choice():
            return whole(node.then) and whole(node.otherwise)
        case _:
            return False


def mismatch(left: Node, right: Node) -> tuple[str, str | None]:
    """The sentence and the help for two types that don't go together."""
    message = f"{WORDS[left.type]} and {WORDS[right.type]} can't be compared or combined"
    pair = {left.type, right.type}
    text = next((part for part in (left, right) if part.type == "text" and isinstance(part, Constant)), None)
    hint: str | None = None
    if text is not None and "date" in pair:
        hint = f'a date is written `date("{text.value}")`'
    elif text is not None and pair & NUMERIC:
        hint = "write the number without quotes"
    elif "text" in pair and pair & NUMERIC:
        hint = 'a text stands in quotes: `"5"`'
    elif pair == {"set", "text"}:
        hint = 'ask `has(customer.tags, "...")`'
    elif "date" in pair and pair & NUMERIC:
        hint = "days between two dates are `days_between(a, b)`"
    elif "flag" in pair:
        hint = "a condition is used as it is, or with `not`"
    elif pair <= NUMERIC:
        hint = "both sides need one unit; a plain number takes the other side's"
    return message, hint
