"""Conditions taken apart: which part of a `when` decided, on which values.

The parts are run by the engine's own compiler, so an explanation can't disagree with the decision.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from policy_engine.engine.expressions import compile_flag, compile_value
from policy_engine.engine.reference.facts import CustomerFacts, Subject
from policy_engine.explanation.model import Condition, Decider, Fact, FactValue
from policy_engine.facts.table import BY_NAME, NUMBER_SCALE
from policy_engine.policy.resolved import Expression, Policy, PolicyFact
from policy_engine.policy.traverse import names
from policy_engine.policy.tree import Choice, Logic, Name, Node, Not, Type


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads facts and runs parts of expressions for one policy."""

    facts: tuple[PolicyFact, ...]
    by_name: Mapping[str, PolicyFact]
    attributes: Mapping[str, Type]

    def holds(self, tree: Node, customer: CustomerFacts, invoice: Subject | None) -> bool:
        """Whether a condition holds; a missing flag doesn't."""
        return compile_flag(tree, self.facts)(customer, invoice)

    def compiled(self, tree: Node) -> Callable[[CustomerFacts, Subject | None], bool]:
        """A condition to be asked often."""
        return compile_flag(tree, self.facts)

    def fact(self, name: Name, customer: CustomerFacts, invoice: Subject | None) -> Fact:
        """A fact that an expression names, with its value."""
        return self.named(name.name, name.type, customer, invoice)

    def named(self, name: str, kind: Type, customer: CustomerFacts, invoice: Subject | None) -> Fact:
        """A fact by its name: of the facts table, a declared attribute, or the policy's own."""
        own = self.by_name.get(name)
        if own is not None:
            return Fact(name, kind, _plain(compile_value(own.expression.tree, self.facts)(customer, invoice)))
        level, _, field = name.rpartition(".")
        holder = customer if level in ("customer", "") else invoice
        scale = NUMBER_SCALE if kind == "number" else 1
        if name in BY_NAME:
            return Fact(name, kind, _plain(getattr(holder, BY_NAME[name].attribute, None)), scale)
        values = getattr(holder, "attributes", {})
        return Fact(name, kind, _plain(values.get(field)), scale)


def _plain(value: object) -> FactValue:
    return value  # type: ignore[return-value]  # what facts and expressions give is a FactValue


def reader_for(policy: Policy) -> Reader:
    """The reader of a policy."""
    attributes = {f"{attribute.level}.{attribute.name}": attribute.type for attribute in policy.attributes}
    return Reader(policy.facts, {fact.name: fact for fact in policy.facts}, attributes)


def condition(reader: Reader, expression: Expression, customer: CustomerFacts, invoice: Subject | None) -> Condition:
    """A `when` with its verdict and the parts that decided it."""
    holds = reader.holds(expression.tree, customer, invoice)
    found = _deciders(reader, expression.tree, expression.text, holds, customer, invoice)
    return Condition(expression.text, str(expression.position), holds, tuple(found))


def _deciders(
    reader: Reader,
    tree: Node,
    text: str,
    holds: bool,  # noqa: FBT001 - an internal recursion
    customer: CustomerFacts,
    invoice: Subject | None,
) -> list[Decider]:
    """The parts that decided: of a false `and` its first false part, of a true `or` its first true one, else all."""
    match tree:
        case Not():
            return _deciders(reader, tree.operand, text, not holds, customer, invoice)
        case Logic():
            verdicts = [reader.holds(part, customer, invoice) for part in tree.operands]
            alone = (tree.op == "and") != holds  # one part settles it
            parts = [part for part, verdict in zip(tree.operands, verdicts, strict=True) if verdict == holds]
            chosen = parts[:1] if alone else parts
            return [found for part in chosen for found in _deciders(reader, part, text, holds, customer, invoice)]
        case Choice():
            chosen_branch = tree.then if reader.holds(tree.condition, customer, invoice) else tree.otherwise
            return [
                *_deciders(reader, tree.condition, text, chosen_branch is tree.then, customer, invoice),
                *_deciders(reader, chosen_branch, text, holds, customer, invoice),
            ]
        case Name() if tree.name in reader.by_name:
            own = reader.by_name[tree.name].expression
            return _deciders(reader, own.tree, own.text, holds, customer, invoice)
        case _:
            values = _values(reader, tree, customer, invoice)
            return [Decider(text[tree.span.start : tree.span.end], holds, values)]


def _values(reader: Reader, tree: Node, customer: CustomerFacts, invoice: Subject | None) -> tuple[Fact, ...]:
    found: dict[str, Fact] = {}
    for name in names(tree):
        found.setdefault(name.name, reader.fact(name, customer, invoice))
    return tuple(found.values())


def names_read(expressions: Iterable[Expression | None], reader: Reader) -> dict[str, Type]:
    """The facts that expressions read, those behind the policy's own facts included, in the order of reading."""
    found: dict[str, Type] = {}
    pending = [expression.tree for expression in expressions if expression is not None]
    seen: set[str] = set()
    while pending:
        for name in names(pending.pop(0)):
            found.setdefault(name.name, name.type)
            own = reader.by_name.get(name.name)
            if own is not None and own.name not in seen:
                seen.add(own.name)
                pending.append(own.expression.tree)
    return found
