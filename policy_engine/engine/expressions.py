"""Python code generated from typed trees and compiled once a policy: how the reference engine runs expressions.

The code is made of the slots of `CustomerFacts` (`c`) and `InvoiceFacts` (`i`), of names made up here, and of
constants; never of an author's text. Missing values are None; a comparison with one is False. Numbers are exact: a
numeric part is an integer expression over a fixed denominator, comparisons multiply across, nothing is a float.
`engine.walker` says the same plainly and is what this is tested against.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from math import lcm
from typing import Any, TypeAlias, cast

from policy_engine.engine.reference.facts import CustomerFacts, InvoiceFacts
from policy_engine.facts.table import BY_NAME, NUMBER_SCALE
from policy_engine.policy.resolved import PolicyFact
from policy_engine.policy.traverse import names, nullable, size
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

Value: TypeAlias = int | Fraction | str | bool | date | frozenset[str] | tuple[int, int] | None
Compiled: TypeAlias = Callable[[CustomerFacts, InvoiceFacts | None], Any]

_INLINE = 12
"""Policy facts up to this many nodes are written out where they are named, larger ones are called."""
_FLIPPED = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_LAST_ORDINAL = date.max.toordinal()


def compile_value(tree: Node, facts: Sequence[PolicyFact]) -> Callable[[CustomerFacts, InvoiceFacts | None], Value]:
    """The value: None when missing; int, or Fraction when it isn't whole; date, str, bool; a pair for a ratio fact."""
    writer = _Writer({fact.name: fact for fact in facts})
    return writer.function([f"return {writer.result(tree)}"])


def compile_flag(tree: Node, facts: Sequence[PolicyFact]) -> Callable[[CustomerFacts, InvoiceFacts | None], bool]:
    """Whether the condition holds; a missing flag doesn't."""
    writer = _Writer({fact.name: fact for fact in facts})
    return writer.function([f"return {writer.condition(tree)}"])


def compile_first(
    trees: Sequence[Node | None], facts: Sequence[PolicyFact]
) -> Callable[[CustomerFacts, InvoiceFacts | None], int]:
    """The index of the first condition that is None or holds; -1 when none does."""
    writer = _Writer({fact.name: fact for fact in facts})
    lines = []
    for index, tree in enumerate(trees):
        if tree is None:
            lines.append(f"return {index}")
            break
        lines += [f"if {writer.condition(tree)}:", f"    return {index}"]
    else:
        lines.append("return -1")
    return writer.function(lines)


@dataclass(frozen=True, slots=True)
class _Part:
    """A value in Python: `text` may be read once every one of `checks` was true, in their order.

    A numeric part is `text / denominator`. `ordinal` marks a date given as its day number.
    """

    checks: tuple[str, ...]
    text: str
    denominator: int = 1
    ordinal: bool = False

    @property
    def check(self) -> str:
        return " and ".join(self.checks) if self.checks else "True"


@dataclass(slots=True)
class _Writer:
    """Writes one function and the helpers it calls, all in one namespace without builtins."""

    facts: Mapping[str, PolicyFact]
    namespace: dict[str, Any] = field(
        default_factory=lambda: {
            "__builtins__": {},
            "abs": abs,
            "exact": _exact,
            "within": _within,
            "from_ordinal": date.fromordinal,
        }
    )
    helpers: dict[str, _Part] = field(default_factory=dict)  # policy facts that became functions, by name
    sizes: dict[str, int] = field(default_factory=dict)
    counter: int = 0

    def function(self, lines: Sequence[str]) -> Compiled:
        name = self.fresh("f")
        body = "\n".join(f"    {line}" for line in lines)
        source = f"def {name}(c, i):\n{body}\n"
        exec(compile(source, f"<policy {name}>", "exec"), self.namespace)  # noqa: S102 - made from our own tree only
        return cast("Compiled", self.namespace[name])

    def fresh(self, letter: str) -> str:
        self.counter += 1
        return f"{letter}{self.counter}"

    def bound(self, value: object) -> str:
        """A name that holds a constant without a literal."""
        name = self.fresh("k")
        self.namespace[name] = value
        return name

    def kept(self, text: str) -> tuple[str, str]:
        """A text that assigns the value to a new local where it is first read, and the local."""
        local = self.fresh("t")
        return f"({local} := {text})", local

    # Results -----------------------------------------------------------------------------------------------------

    def result(self, node: Node) -> str:
        """The value itself or None, as `compile_value` gives it."""
        part = self.part(node)
        text = part.text
        if part.ordinal:
            text = f"from_ordinal({text})"
        elif part.denominator != 1:
            text = f"exact({text}, {part.denominator})"
        return f"({text} if {part.check} else None)" if part.checks else text

    # Values ------------------------------------------------------------------------------------------------------

    def part(self, node: Node) -> _Part:
        """The value of a node as a part."""
        match node:
            case Constant():
                return self.constant(node)
            case Name():
                return self.name(node)
            case Arithmetic():
                return self.arithmetic(node)
            case Call():
                return self.call(node)
            case Choice():
                return self.choice(node)
            case Ratio():
                raise TypeError("a ratio stands in a comparison only")
            case _:
                return _Part((), self.condition(node))

    def constant(self, node: Constant) -> _Part:
        value = node.value
        if isinstance(value, Fraction):
            return _Part((), str(value.numerator) if value >= 0 else f"({value.numerator})", value.denominator)
        if isinstance(value, date):
            return _Part((), self.bound(value))
        return _Part((), repr(value))

    def slot(self, name: str) -> str:
        """Where a fact of the table or a declared attribute is found."""
        fact = BY_NAME.get(name)
        if fact is None:
            level, _, attribute = name.partition(".")
            return f"{'c' if level == 'customer' else 'i'}.attributes.get({attribute!r})"
        return f"{'i' if fact.level == 'invoice' else 'c'}.{fact.attribute}"

    def name(self, node: Name) -> _Part:
        fact = self.facts.get(node.name)
        if fact is not None:
            return self.policy_fact(fact)
        denominator = NUMBER_SCALE if node.type == "number" else 1
        if not node.nullable:
            return _Part((), self.slot(node.name), denominator)
        assign, local = self.kept(self.slot(node.name))
        return _Part((f"{assign} is not None",), local, denominator)

    def policy_fact(self, fact: PolicyFact) -> _Part:
        tree = fact.expression.tree
        if self.expanded(fact) <= _INLINE:
            return self.part(tree)
        if fact.name not in self.helpers:
            part = self.part(tree)
            body = f"({part.text} if {part.check} else None)" if part.checks else part.text
            self.helpers[fact.name] = _Part(
                (), self.function([f"return {body}"]).__name__, part.denominator, part.ordinal
            )
        made = self.helpers[fact.name]
        call = f"{made.text}(c, i)"
        if not nullable(tree):
            return _Part((), call, made.denominator, made.ordinal)
        assign, local = self.kept(call)
        return _Part((f"{assign} is not None",), local, made.denominator, made.ordinal)

    def expanded(self, fact: PolicyFact) -> int:
        """The nodes of a policy fact with the facts it names written out; known ones are remembered."""
        if fact.name not in self.sizes:
            tree = fact.expression.tree
            inner = [self.facts[name.name] for name in names(tree) if name.name in self.facts]
            self.sizes[fact.name] = min(size(tree) + sum(self.expanded(part) for part in inner), 10 * _INLINE)
        return self.sizes[fact.name]

    def arithmetic(self, node: Arithmetic) -> _Part:
        left, right = self.part(node.left), self.part(node.right)
        checks = left.checks + right.checks
        if node.type == "date":
            return self.shifted(node, left, right, checks)
        if node.op == "*":
            product = f"({left.text} * {right.text})"
            if right.text == "1" or left.text == "1":
                product = left.text if right.text == "1" else right.text
            return _Part(checks, product, left.denominator * right.denominator)
        common = lcm(left.denominator, right.denominator)
        return _Part(checks, f"({_scaled(left, common)} {node.op} {_scaled(right, common)})", common)

    def shifted(self, node: Arithmetic, day: _Part, days: _Part, checks: tuple[str, ...]) -> _Part:
        """A date plus or minus whole days, as a day number kept within the calendar's ends."""
        moved = f"({_ordinal(day)} {node.op} {days.text})"
        return _Part(checks, f"within({moved})", 1, ordinal=True)

    def call(self, node: Call) -> _Part:
        parts = [self.part(operand) for operand in node.operands]
        checks = tuple(check for part in parts for check in part.checks)
        if node.function == "days_between":
            return _Part(checks, f"({_ordinal(parts[1])} - {_ordinal(parts[0])})")
        if node.function == "abs":
            return _Part(checks, f"abs({parts[0].text})", parts[0].denominator)
        texts, common, ordinal = _alike(parts)
        best = texts[0]
        sign = "<=" if node.function == "min" else ">="
        for text in texts[1:]:
            (keep, first), (keep_other, second) = self.kept(best), self.kept(text)
            best = f"({first} if {keep} {sign} {keep_other} else {second})"
        return _Part(checks, best, common, ordinal)

    def choice(self, node: Choice) -> _Part:
        condition = self.condition(node.condition)
        parts = [self.part(node.then), self.part(node.otherwise)]
        texts, common, ordinal = _alike(parts)
        if not parts[0].checks and not parts[1].checks:
            return _Part((), f"({texts[0]} if {condition} else {texts[1]})", common, ordinal)
        either = [
            f"({text} if {part.check} else None)" if part.checks else text
            for text, part in zip(texts, parts, strict=True)
        ]
        assign, local = self.kept(f"({either[0]} if {condition} else {either[1]})")
        return _Part((f"{assign} is not None",), local, common, ordinal)

    # Conditions --------------------------------------------------------------------------------------------------

    def condition(self, node: Node) -> str:
        """True or False: a flag that is missing is False."""
        match node:
            case Compare():
                return self.compare(node)
            case Member():
                return self.member(node)
            case Has():
                part = self.part(node.operand)
                return _all((*part.checks, f"{node.value!r} in {part.text}"))
            case Known():
                return self.known(node.operand)
            case Logic():
                return f"({f' {node.op} '.join(self.condition(operand) for operand in node.operands)})"
            case Not():
                return f"(not {self.condition(node.operand)})"
            case Constant():
                return repr(node.value)
            case Name() if node.name in self.facts and self.expanded(self.facts[node.name]) <= _INLINE:
                return self.condition(self.facts[node.name].expression.tree)
            case _:
                part = self.part(node)
                return _all((*part.checks, part.text))

    def known(self, node: Node) -> str:
        if node.type == "ratio":
            checks, _, _ = self.quotient(node)
            return _all(checks)
        return _all(self.part(node).checks) if nullable(node) else "True"

    def compare(self, node: Compare) -> str:
        if node.left.type == "ratio" or node.right.type == "ratio":
            return self.compare_ratio(node)
        left, right = self.part(node.left), self.part(node.right)
        if left.ordinal != right.ordinal:
            texts = [_ordinal(left), _ordinal(right)]
        elif node.left.type in {"text", "flag", "date", "set"}:
            texts = [left.text, right.text]
        else:
            common = lcm(left.denominator, right.denominator)
            texts = [_scaled(left, common), _scaled(right, common)]
        test = f"{texts[0]} {node.op} {texts[1]}"
        if (
            node.op == "=="
            and isinstance(node.left, Name)
            and isinstance(node.right, Constant)
            and node.left.name not in self.facts
            and not isinstance(node.right.value, Fraction)
        ):
            return f"({self.slot(node.left.name)} == {right.text})"  # None equals no constant: one test is enough
        return _all((*left.checks, *right.checks, test))

    def compare_ratio(self, node: Compare) -> str:
        """`top / bottom op p / q` as `bottom > 0 and top * q op p * bottom`."""
        op, ratio, other = node.op, node.left, node.right
        if ratio.type != "ratio":
            op, ratio, other = cast("Any", _FLIPPED[op]), other, ratio
        checks, top, bottom = self.quotient(ratio)
        if other.type == "ratio":
            more, other_top, other_bottom = self.quotient(other)
            return _all((*checks, *more, f"{top} * {other_bottom} {op} {other_top} * {bottom}"))
        part = self.part(other)
        left = top if part.denominator == 1 else f"{top} * {part.denominator}"
        right = bottom if part.text == "1" else "0" if part.text == "0" else f"{part.text} * {bottom}"
        return _all((*checks, *part.checks, f"{left} {op} {right}"))

    def quotient(self, node: Node) -> tuple[tuple[str, ...], str, str]:
        """Checks, numerator and denominator (positive once checked) of a ratio."""
        if isinstance(node, Ratio):
            top, bottom = self.part(node.top), self.part(node.bottom)
            common = lcm(top.denominator, bottom.denominator)
            assign, local = self.kept(_scaled(bottom, common))
            return (*top.checks, *bottom.checks, f"{assign} > 0"), _scaled(top, common), local
        part = self.part(node)
        if part.checks:
            return (*part.checks, f"{part.text}[1] > 0"), f"{part.text}[0]", f"{part.text}[1]"
        assign, local = self.kept(part.text)
        return (f"{assign}[1] > 0",), f"{local}[0]", f"{local}[1]"

    def member(self, node: Member) -> str:
        part = self.part(node.operand)
        word = "not in" if node.negated else "in"
        if part.ordinal:
            listed = [str(cast("date", value.value).toordinal()) for value in node.values]
            texts, common = [part.text], 1
        else:
            values = [self.constant(value) for value in node.values]
            common = lcm(part.denominator, *(value.denominator for value in values))
            numeric = isinstance(node.values[0].value, Fraction)
            texts = [_scaled(part, common) if numeric else part.text]
            listed = [_scaled(value, common) if numeric else value.text for value in values]
        return _all((*part.checks, f"{texts[0]} {word} ({', '.join(listed)},)"))


def _all(tests: Sequence[str]) -> str:
    return f"({' and '.join(tests)})"


def _scaled(part: _Part, common: int) -> str:
    factor = common // part.denominator
    if factor == 1:
        return part.text
    number = part.text.strip("()")
    if number.lstrip("-").isdigit():
        return f"({int(number) * factor})"
    return f"({part.text} * {factor})"


def _ordinal(part: _Part) -> str:
    return part.text if part.ordinal else f"{part.text}.toordinal()"


def _alike(parts: Sequence[_Part]) -> tuple[list[str], int, bool]:
    """The texts over one denominator; day numbers as soon as one of them is one."""
    if any(part.ordinal for part in parts):
        return [_ordinal(part) for part in parts], 1, True
    common = lcm(*(part.denominator for part in parts))
    return [_scaled(part, common) for part in parts], common, False


def _within(ordinal: int) -> int:
    """A day number within the calendar: dates never overflow (language.md section 2)."""
    return min(max(ordinal, 1), _LAST_ORDINAL)


def _exact(numerator: int, denominator: int) -> int | Fraction:
    value = Fraction(numerator, denominator)
    return value.numerator if value.denominator == 1 else value
