"""Conditions as sentences: the typed tree of an expression read aloud.

A condition that misses a fact is false (language.md section 2), so `not (x > 5)` isn't `x <= 5`: negations of
comparisons are spelled out, never turned round.
"""

from collections.abc import Callable, Mapping
from datetime import date
from fractions import Fraction

from policy_engine.description.words import Words
from policy_engine.facts.table import BY_NAME
from policy_engine.policy.resolved import PolicyFact
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

_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}


class Phrases:
    """Reads expressions of one policy aloud. `used` collects the policy's own facts that were named on the way."""

    def __init__(self, words: Words, facts: tuple[PolicyFact, ...]) -> None:
        self.words = words
        self.own: Mapping[str, PolicyFact] = {fact.name: fact for fact in facts}
        self.used: list[str] = []

    def condition(self, node: Node) -> str:
        """A condition as a clause that may follow "if"."""
        match node:
            case Compare():
                return self._compare(node)
            case Member():
                return self._member(node)
            case Has():
                return self.words.say("has", value=self.words.quoted(node.value))
            case Known():
                return self.words.say("known", left=self.value(node.operand))
            case Logic():
                return self._logic(node)
            case Not():
                return self._not(node)
            case Name():
                return self._flag(node, 0)
            case Choice():
                return self._choice(node, self.condition)
            case _:
                return self.value(node)

    def value(self, node: Node) -> str:
        """A value as a noun."""
        words = self.words
        match node:
            case Constant():
                return self._constant(node, node.type)
            case Name():
                return self._noun(node)
            case Arithmetic():
                right = node.right
                unit = "days" if node.type == "date" else node.type
                shown = self._constant(right, unit) if isinstance(right, Constant) else self.value(right)
                return words.say(f"op.{node.op}", left=self.value(node.left), right=shown)
            case Call() if node.function == "days_between":
                first, second = (self.value(part) for part in node.operands)
                return words.say("call.days_between", first=first, second=second)
            case Call():
                return words.say(f"call.{node.function}", values=words.join(self.value(part) for part in node.operands))
            case Ratio():
                return words.say("ratio", top=self.value(node.top), bottom=self.value(node.bottom))
            case Choice():
                return self._choice(node, self.value)
            case _:
                return self.condition(node)

    # Parts -------------------------------------------------------------------------------------------------------

    def _choice(self, node: Choice, read: Callable[[Node], str]) -> str:
        condition = self.condition(node.condition)
        return self.words.say("choice", then=read(node.then), condition=condition, otherwise=read(node.otherwise))

    def _logic(self, node: Logic) -> str:
        plain: list[Node] = list(node.operands)
        excepted: list[Node] = []
        if node.op == "and":
            plain = _needed(plain)
            excepted = [part.operand for part in plain[1:] if isinstance(part, Not) and _spelled_out(part)]
            plain = [part for part in plain if not (isinstance(part, Not) and part.operand in excepted)]
        parts = [
            self.words.say("bracket", inner=self.condition(part)) if isinstance(part, Logic) else self.condition(part)
            for part in plain
        ]
        said = self.words.texts[f"join.{node.op}"].join(parts)
        if excepted:
            said = self.words.say("except", said=said, inner=self.words.join(map(self.condition, excepted), "join.or"))
        return said

    def _not(self, node: Not) -> str:
        inner = node.operand
        if isinstance(inner, Name):
            return self._flag(inner, 1)
        if isinstance(inner, Known):
            return self.words.say("unknown", left=self.value(inner.operand))
        if isinstance(inner, Not):
            return self.condition(inner.operand)
        bracket = self.words.say("bracket", inner=self.condition(inner))
        return self.words.say("not", inner=bracket)

    def _flag(self, node: Name, side: int) -> str:
        """A flag as a sentence: `side` 0 as it is, 1 its opposite."""
        if node.name not in self.own and "|" in self.words.facts.get(node.name, ""):
            return self.words.facts[node.name].split("|")[side]
        said = self._noun(node)
        return self.words.say("not.own" if node.name in self.own else "not", inner=said) if side else said

    def _noun(self, node: Name) -> str:
        if node.name in self.own:
            if node.name not in self.used:
                self.used.append(node.name)
            return self.words.quoted(node.name)
        if node.name in self.words.facts:
            return self.words.facts[node.name].split("|")[0]
        level, _, name = node.name.partition(".")
        return self.words.say(f"attribute.{level}", name=self.words.quoted(name))

    def _compare(self, node: Compare) -> str:
        left, right, op = node.left, node.right, node.op
        if isinstance(left, Constant) and not isinstance(right, Constant):
            left, right, op = right, left, _FLIPPED[node.op]  # type: ignore[assignment]  # _FLIPPED gives comparators
        kind = _unit(left)
        key = f"date.{op}" if left.type == "date" and op not in ("==", "!=") else f"is.{op}"
        if isinstance(right, Constant):
            said = self._choice_word(left, right) or self._constant(right, kind)
        else:
            said = self.value(right)
        return self.words.say(key, left=self.value(left), right=said)

    def _choice_word(self, left: Node, right: Constant) -> str | None:
        """What kind of customer, in words."""
        if isinstance(left, Name) and left.name == "customer.kind":
            return self.words.known(f"kind.{right.value}")
        return None

    def _member(self, node: Member) -> str:
        kind = _unit(node.operand)
        values = [self._choice_word(node.operand, value) or self._constant(value, kind) for value in node.values]
        key = "not_in" if node.negated else "in"
        return self.words.say(key, left=self.value(node.operand), values=self.words.join(values, "join.or"))

    def _constant(self, node: Constant, kind: str) -> str:
        value, words = node.value, self.words
        if isinstance(value, bool):
            return words.say("true" if value else "false")
        if isinstance(value, date):
            return words.locale.day(value)
        if isinstance(value, str):
            return words.quoted(value)
        return self._figure(value, kind)

    def _figure(self, value: Fraction, kind: str) -> str:
        words = self.words
        if kind == "amount":
            return (
                words.amount(value.numerator) if value.denominator == 1 else words.locale.exact(value, words.currency)
            )
        if kind == "percent" and value.denominator == 1:
            return words.locale.percent(value.numerator)
        if kind == "days" and value.denominator == 1:
            return words.count("day", value.numerator)
        if kind == "share":
            return words.share(value)
        return words.number(value)


def _spelled_out(node: Not) -> bool:
    """Whether the negation has no short form of its own."""
    return not isinstance(node.operand, Name | Known | Not)


def _needed(parts: list[Node]) -> list[Node]:
    """Without `known(x)` where a comparison of x stands beside it: with x missing that one is false anyway."""
    compared = [side for part in parts if isinstance(part, Compare) for side in (part.left, part.right)]
    names = {side.name for side in compared if isinstance(side, Name)}
    return [
        part
        for part in parts
        if not (isinstance(part, Known) and isinstance(part.operand, Name) and part.operand.name in names)
    ]


def _unit(node: Node) -> str:
    """How a constant beside `node` is to be read: the node's type, `days` for delays kept as ratios, `share`."""
    if isinstance(node, Ratio):
        return "share"
    if isinstance(node, Name) and node.type == "ratio":
        fact = BY_NAME.get(node.name)
        return "days" if fact is not None and fact.unit == "days" else "share"
    return node.type
