"""Python code generated from typed trees and compiled once a policy: how the reference engine runs expressions.

The code is made of the slots of `CustomerFacts` (`c`) and of `InvoiceFacts` or `OrderFacts` (`i`), of names made up
here, and of constants; never of an author's text. Missing values are None; a comparison with one is False. Numbers are
exact: a numeric part is an integer expression over a fixed denominator, comparisons multiply across, nothing is a
float. `engine.walker` says the same plainly and is what this is tested against.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from math import lcm
from typing import Any, TypeAlias, cast

from policy_engine.engine.expression_parts import Part, alike, all_of, exact, ordinal_of, scaled, within
from policy_engine.engine.reference.facts import CustomerFacts, Subject
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
Compiled: TypeAlias = Callable[[CustomerFacts, Subject | None], Any]

_INLINE = 12
"""Policy facts up to this many nodes are written out where they are named, larger ones are called."""
_FLIPPED = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


def compile_value(tree: Node, facts: Sequence[PolicyFact]) -> Callable[[CustomerFacts, Subject | None], Value]:
    """The value: None when missing; int, or Fraction when it isn't whole; date, str, bool; a pair for a ratio fact."""
    writer = _Writer({fact.name: fact for fact in facts})
    return writer.function([f"return {writer.result(tree)}"])


def compile_flag(tree: Node, facts: Sequence[PolicyFact]) -> Callable[[CustomerFacts, Subject | None], bool]:
    """Whether the condition holds; a missing flag doesn't."""
    writer = _Writer({fact.name: fact for fact in facts})
    return writer.function([f"return {writer.condition(tree)}"])


def compile_first(
    trees: Sequence[Node | None], facts: Sequence[PolicyFact]
) -> Callable[[CustomerFacts, Subject | None], int]:
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


@dataclass(slots=True)
class _Writer:
    """Writes one function and the helpers it calls, all in one namespace without builtins."""

    facts: Mapping[str, PolicyFact]
    namespace: dict[str, Any] = field(
        default_factory=lambda: {
            "__builtins__": {},
            "abs": abs,
            "exact": exact,
            "within": within,
            "from_ordinal": date.fromordinal,
        }
    )
    helpers: dict[str, Part] = field(default_factory=dict)  # policy facts that became functions, by name
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

    def part(self, node: Node) -> Part:
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
                return Part((), self.condition(node))

    def constant(self, node: Constant) -> Part:
        value = node.value
        if isinstance(value, Fraction):
            return Part((), str(value.numerator) if value >= 0 else f"({value.numerator})", value.denominator)
        if isinstance(value, date):
            return Part((), self.bound(value))
        return Part((), repr(value))

    def slot(self, name: str) -> str:
        """Where a fact of the table or a declared attribute is found."""
        fact = BY_NAME.get(name)
        if fact is None:
            level, _, attribute = name.partition(".")
            return f"{'c' if level == 'customer' else 'i'}.attributes.get({attribute!r})"
        return f"{'i' if fact.level in ('invoice', 'order') else 'c'}.{fact.attribute}"

    def name(self, node: Name) -> Part:
        fact = self.facts.get(node.name)
        if fact is not None:
            return self.policy_fact(fact)
        denominator = NUMBER_SCALE if node.type == "number" else 1
        if not node.nullable:
            return Part((), self.slot(node.name), denominator)
        assign, local = self.kept(self.slot(node.name))
        return Part((f"{assign} is not None",), local, denominator)

    def policy_fact(self, fact: PolicyFact) -> Part:
        tree = fact.expression.tree
        if self.expanded(fact) <= _INLINE:
            return self.part(tree)
        if fact.name not in self.helpers:
            part = self.part(tree)
            body = f"({part.text} if {part.check} else None)" if part.checks else part.text
            self.helpers[fact.name] = Part(
                (), self.function([f"return {body}"]).__name__, part.denominator, part.ordinal
            )
        made = self.helpers[fact.name]
        call = f"{made.text}(c, i)"
        if not nullable(tree):
            return Part((), call, made.denominator, made.ordinal)
        assign, local = self.kept(call)
        return Part((f"{assign} is not None",), local, made.denominator, made.ordinal)

    def expanded(self, fact: PolicyFact) -> int:
        """The nodes of a policy fact with the facts it names written out; known ones are remembered."""
        if fact.name not in self.sizes:
            tree = fact.expression.tree
            inner = [self.facts[name.name] for name in names(tree) if name.name in self.facts]
            self.sizes[fact.name] = min(size(tree) + sum(self.expanded(part) for part in inner), 10 * _INLINE)
        return self.sizes[fact.name]

    def arithmetic(self, node: Arithmetic) -> Part:
        left, right = self.part(node.left), self.part(node.right)
        checks = left.checks + right.checks
        if node.type == "date":
            return self.shifted(node, left, right, checks)
        if node.op == "*":
            product = f"({left.text} * {right.text})"
            if right.text == "1" or left.text == "1":
                product = left.text if right.text == "1" else right.text
            return Part(checks, product, left.denominator * right.denominator)
        common = lcm(left.denominator, right.denominator)
        return Part(checks, f"({scaled(left, common)} {node.op} {scaled(right, common)})", common)

    def shifted(self, node: Arithmetic, day: Part, days: Part, checks: tuple[str, ...]) -> Part:
        """A date plus or minus whole days, as a day number kept within the calendar's ends."""
        moved = f"({ordinal_of(day)} {node.op} {days.text})"
        return Part(checks, f"within({moved})", 1, ordinal=True)

    def call(self, node: Call) -> Part:
        parts = [self.part(operand) for operand in node.operands]
        checks = tuple(check for part in parts for check in part.checks)
        if node.function == "days_between":
            return Part(checks, f"({ordinal_of(parts[1])} - {ordinal_of(parts[0])})")
        if node.function == "abs":
            return Part(checks, f"abs({parts[0].text})", parts[0].denominator)
        texts, common, ordinal = alike(parts)
        best = texts[0]
        sign = "<=" if node.function == "min" else ">="
        for text in texts[1:]:
            (keep, first), (keep_other, second) = self.kept(best), self.kept(text)
            best = f"({first} if {keep} {sign} {keep_other} else {second})"
        return Part(checks, best, common, ordinal)

    def choice(self, node: Choice) -> Part:
        condition = self.condition(node.condition)
        parts = [self.part(node.then), self.part(node.otherwise)]
        texts, common, ordinal = alike(parts)
        if not parts[0].checks and not parts[1].checks:
            return Part((), f"({texts[0]} if {condition} else {texts[1]})", common, ordinal)
        either = [
            f"({text} if {part.check} else None)" if part.checks else text
            for text, part in zip(texts, parts, strict=True)
        ]
        assign, local = self.kept(f"({either[0]} if {condition} else {either[1]})")
        return Part((f"{assign} is not None",), local, common, ordinal)

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
                return all_of((*part.checks, f"{node.value!r} in {part.text}"))
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
                return all_of((*part.checks, part.text))

    def known(self, node: Node) -> str:
        if node.type == "ratio":
            checks, _, _ = self.quotient(node)
            return all_of(checks)
        return all_of(self.part(node).checks) if nullable(node) else "True"

    def compare(self, node: Compare) -> str:
        if node.left.type == "ratio" or node.right.type == "ratio":
            return self.compare_ratio(node)
        left, right = self.part(node.left), self.part(node.right)
        if left.ordinal != right.ordinal:
            texts = [ordinal_of(left), ordinal_of(right)]
        elif node.left.type in {"text", "flag", "date", "set"}:
            texts = [left.text, right.text]
        else:
            common = lcm(left.denominator, right.denominator)
            texts = [scaled(left, common), scaled(right, common)]
        test = f"{texts[0]} {node.op} {texts[1]}"
        if (
            node.op == "=="
            and isinstance(node.left, Name)
            and isinstance(node.right, Constant)
            and node.left.name not in self.facts
            and not isinstance(node.right.value, Fraction)
        ):
            return f"({self.slot(node.left.name)} == {right.text})"  # None equals no constant: one test is enough
        return all_of((*left.checks, *right.checks, test))

    def compare_ratio(self, node: Compare) -> str:
        """`top / bottom op p / q` as `bottom > 0 and top * q op p * bottom`."""
        op, ratio, other = node.op, node.left, node.right
        if ratio.type != "ratio":
            op, ratio, other = cast("Any", _FLIPPED[op]), other, ratio
        checks, top, bottom = self.quotient(ratio)
        if other.type == "ratio":
            more, other_top, other_bottom = self.quotient(other)
            return all_of((*checks, *more, f"{top} * {other_bottom} {op} {other_top} * {bottom}"))
        part = self.part(other)
        left = top if part.denominator == 1 else f"{top} * {part.denominator}"
        right = bottom if part.text == "1" else "0" if part.text == "0" else f"{part.text} * {bottom}"
        return all_of((*checks, *part.checks, f"{left} {op} {right}"))

    def quotient(self, node: Node) -> tuple[tuple[str, ...], str, str]:
        """Checks, numerator and denominator (positive once checked) of a ratio."""
        if isinstance(node, Ratio):
            top, bottom = self.part(node.top), self.part(node.bottom)
            common = lcm(top.denominator, bottom.denominator)
            assign, local = self.kept(scaled(bottom, common))
            return (*top.checks, *bottom.checks, f"{assign} > 0"), scaled(top, common), local
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
            texts = [scaled(part, common) if numeric else part.text]
            listed = [scaled(value, common) if numeric else value.text for value in values]
        return all_of((*part.checks, f"{texts[0]} {word} ({', '.join(listed)},)"))
