"""What an expression means, said plainly: a walk over its tree with exact fractions and None for missing.

The definition that generated code (`engine.expressions`) is tested against, and what explanations use: it can record
the facts that were read, and tell from which day on a condition will hold if nothing else changes.
"""

import operator
from collections.abc import Callable, Sequence
from copy import copy
from datetime import date, timedelta
from fractions import Fraction
from typing import Any, TypeAlias, cast

from policy_engine.engine.reference.facts import CustomerFacts, InvoiceFacts, Subject
from policy_engine.facts.table import BY_NAME, NUMBER_SCALE
from policy_engine.policy.resolved import PolicyFact
from policy_engine.policy.traverse import names
from policy_engine.policy.tree import (
    Arithmetic,
    Call,
    Choice,
    Compare,
    Constant,
    Has,
    Known,
    Logic,
    Member,
    Name,
    Node,
    Not,
    Ratio,
)
from policy_engine.values.days import add_days

Value: TypeAlias = Fraction | str | bool | date | frozenset[str] | None
"""A number is a Fraction in the engine's unit: minor units, ppm, days; a `number` fact as people write it."""
Stored: TypeAlias = object
"""A value as the facts objects hold it: ints, a pair for a ratio, None when missing."""
Read: TypeAlias = tuple[Name, Stored]

TIME_DRIVEN = frozenset(
    {
        "as_of", "customer.oldest_days_late", "customer.days_since_contact", "invoice.days_late",
        "invoice.days_to_due", "invoice.age", "invoice.days_since_step",
    }
)  # fmt: skip
"""Facts that move with the calendar alone."""

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
_COMBINE: dict[str, Callable[[Fraction, Fraction], Fraction]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul,
}  # fmt: skip


def evaluate(tree: Node, facts: Sequence[PolicyFact], c: CustomerFacts, i: Subject | None) -> Value:
    """The value of an expression, None when it is missing. Raises nothing on facts of their declared types."""
    return _Walk({fact.name: fact for fact in facts}, c, i, []).value(tree)


def evaluate_recorded(
    tree: Node, facts: Sequence[PolicyFact], c: CustomerFacts, i: Subject | None
) -> tuple[Value, tuple[Read, ...]]:
    """The value, and the facts that decided it: each name once, in the order in which it was read first.

    `and` and `or` are read until they are decided. Facts of the table come with the value as it is stored (minor units,
    ten-thousandths for numbers, a pair for ratios), policy facts with their value, followed by what they read.
    """
    reads: list[Read] = []
    value = _Walk({fact.name: fact for fact in facts}, c, i, reads).value(tree)
    first: dict[str, Read] = {}
    for read in reads:
        first.setdefault(read[0].name, read)
    return value, tuple(first.values())


def when_true(
    tree: Node,
    facts: Sequence[PolicyFact],
    c: CustomerFacts,
    i: InvoiceFacts | None,
    horizon_days: int = 400,
    *,
    wanted: bool = True,
) -> date | None:
    """The first day, today included, on which a condition is `wanted` if only the calendar moves; None = not in sight.

    Facts of `TIME_DRIVEN` advance day by day; amounts, counts and everything else stay as they are.
    """
    if (evaluate(tree, facts, c, i) is True) is wanted:
        return c.as_of
    if not _moves(tree, {fact.name: fact for fact in facts}):
        return None
    for days in range(1, horizon_days + 1):
        later_c, later_i = advanced(c, i, days)
        if (evaluate(tree, facts, later_c, later_i) is True) is wanted:
            return later_c.as_of
    return None


def advanced(c: CustomerFacts, i: InvoiceFacts | None, days: int) -> tuple[CustomerFacts, InvoiceFacts | None]:
    """The facts `days` later if only the calendar moves; the given ones stay as they are."""
    later_c = copy(c)
    later_c.as_of = add_days(c.as_of, days)
    later_c.oldest_days_late = _later(c.oldest_days_late, days)
    later_c.days_since_contact = _later(c.days_since_contact, days)
    if i is None:
        return later_c, None
    later_i = copy(i)
    late = (later_c.as_of - i.due_date).days
    later_i.days_late = max(0, late)
    later_i.days_to_due = max(0, -late)
    later_i.age = i.age + days
    later_i.days_since_step = _later(i.days_since_step, days)
    return later_c, later_i


def _later(count: int | None, days: int) -> int | None:
    return None if count is None else count + days


def _moves(tree: Node, facts: dict[str, PolicyFact]) -> bool:
    """Whether the condition reads, itself or through policy facts, something that moves with the calendar."""
    seen: set[str] = set()
    stack = [tree]
    while stack:
        for name in names(stack.pop()):
            if name.name in TIME_DRIVEN:
                return True
            if name.name in facts and name.name not in seen:
                seen.add(name.name)
                stack.append(facts[name.name].expression.tree)
    return False


class _Walk:
    """One evaluation: the facts, and where what is read is noted."""

    __slots__ = ("c", "facts", "i", "reads")

    def __init__(self, facts: dict[str, PolicyFact], c: CustomerFacts, i: Subject | None, reads: list[Read]):
        self.facts, self.c, self.i, self.reads = facts, c, i, reads

    def value(self, node: Node) -> Value:
        """The value of a node; a condition is True or False, a bare flag may be missing."""
        match node:
            case Constant():
                return node.value
            case Name():
                return self.name(node)
            case Arithmetic():
                return self.arithmetic(node)
            case Call():
                return self.call(node)
            case Ratio():
                return self.ratio(node)
            case Choice():
                return self.value(node.then if self.holds(node.condition) else node.otherwise)
            case _:
                return self.condition(node)

    def holds(self, node: Node) -> bool:
        """Whether a flag is true; missing isn't."""
        return self.value(node) is True

    def condition(self, node: Compare | Member | Has | Known | Logic | Not) -> bool:
        """Two-valued: a comparison with a missing operand is false."""
        match node:
            case Logic(op="and"):
                return all(self.holds(operand) for operand in node.operands)
            case Logic():
                return any(self.holds(operand) for operand in node.operands)
            case Not():
                return not self.holds(node.operand)
            case Known():
                return self.value(node.operand) is not None
            case Has():
                members = self.value(node.operand)
                return members is not None and node.value in cast("frozenset[str]", members)
            case Member():
                value = self.value(node.operand)
                return value is not None and (value in [part.value for part in node.values]) is not node.negated
            case Compare():
                left, right = self.value(node.left), self.value(node.right)
                return left is not None and right is not None and _COMPARE[node.op](left, right)

    def arithmetic(self, node: Arithmetic) -> Value:
        """Numbers exactly; a date moves by whole days and stops at the calendar's ends."""
        left, right = self.value(node.left), self.value(node.right)
        if left is None or right is None:
            return None
        if isinstance(left, date):
            days = int(cast("Fraction", right))
            return _moved(left, days if node.op == "+" else -days)
        return _COMBINE[node.op](cast("Fraction", left), cast("Fraction", right))

    def call(self, node: Call) -> Value:
        values = [self.value(operand) for operand in node.operands]
        if any(value is None for value in values):
            return None
        if node.function == "days_between":
            start, end = cast("list[date]", values)
            return Fraction((end - start).days)
        numbers = cast("list[Fraction]", values)
        if node.function == "abs":
            return abs(numbers[0])
        return min(numbers) if node.function == "min" else max(numbers)

    def ratio(self, node: Ratio) -> Value:
        """`top / bottom`; missing when the denominator is missing, zero or negative."""
        top, bottom = self.value(node.top), self.value(node.bottom)
        if top is None or bottom is None or cast("Fraction", bottom) <= 0:
            return None
        return cast("Fraction", top) / cast("Fraction", bottom)

    def name(self, node: Name) -> Value:
        fact = self.facts.get(node.name)
        if fact is not None:
            place = len(self.reads)
            value = self.value(fact.expression.tree)
            self.reads.insert(place, (node, value))
            return value
        stored = self.stored(node.name)
        self.reads.append((node, stored))
        return _as_value(node, stored)

    def stored(self, name: str) -> Stored:
        """The value of a fact of the table or a declared attribute, as it is held."""
        level, _, last = name.rpartition(".")
        holder = self.i if level in ("invoice", "order") else self.c
        if name in BY_NAME:
            return cast("object", getattr(holder, BY_NAME[name].attribute))
        return cast("CustomerFacts | InvoiceFacts", holder).attributes.get(last)


def _as_value(node: Name, stored: Stored) -> Value:
    """What is held, in the terms of the walk: exact numbers."""
    if stored is None:
        return None
    if node.type == "ratio":
        top, bottom = cast("tuple[int, int]", stored)
        return Fraction(top, bottom) if bottom > 0 else None
    if node.type == "number":
        return Fraction(cast("int", stored), NUMBER_SCALE)
    if node.type in {"amount", "days", "count", "percent"}:
        return Fraction(cast("int", stored))
    return cast("Value", stored)


def _moved(day: date, days: int) -> date:
    """A date moved by days, kept within the calendar's ends: nothing overflows."""
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return date.max if days > 0 else date.min
