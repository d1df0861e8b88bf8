"""Which conditions can hold together: searched over the values that matter, in a space no smaller than the truth.

A comparison of a fact with a constant splits the fact's values into cells (`cells`), and one value a cell stands for
all. Any other comparison (arithmetic, a ratio, two facts) is a coin of its own that may fall either way. So the space
holds every customer that can exist and some that can't: when nothing in it satisfies a condition, nothing does. What
is found in it is only a suggestion until the engine has run on it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from itertools import product
from math import prod
from typing import Any, TypeAlias

from policy_engine.analysis.cells import Bounds, Constants, Stored, cells
from policy_engine.engine.expressions import compile_flag
from policy_engine.engine.reference.facts import CustomerFacts, InvoiceFacts
from policy_engine.facts.table import BY_NAME
from policy_engine.policy.resolved import Policy
from policy_engine.policy.traverse import names
from policy_engine.policy.tree import (
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
    Span,
)

Assignment: TypeAlias = Mapping[str, Stored]
MOST = 20_000
"""Most combinations of one search; a search that would need more answers nothing."""
_NOWHERE = Span(0, 0)
TRUE = Constant(value=True, type="flag", span=_NOWHERE)


@dataclass(slots=True)
class Conditions:
    """The conditions of a policy over one space.

    Args:
        policy: whose facts are written out.
        domain: facts whose values are known to be among these, e.g. an open invoice's status.
        bounds: the least and the most of facts that are limited.
    """

    policy: Policy
    domain: Mapping[str, tuple[Stored, ...]] = field(default_factory=dict)
    bounds: Mapping[str, Bounds] = field(default_factory=dict)
    _names: dict[str, Name] = field(default_factory=dict)
    _constants: dict[str, set[object]] = field(default_factory=dict)
    _coins: dict[Node, Name] = field(default_factory=dict)
    _trees: dict[int, tuple[Node, Node]] = field(default_factory=dict)  # by identity: hashing a tree costs a walk
    _used: dict[int, tuple[Node, frozenset[str]]] = field(default_factory=dict)
    _cells: dict[str, tuple[Stored, ...] | None] = field(default_factory=dict)

    def plain(self, tree: Node) -> Node:
        """The condition over facts and coins, policy facts written out; its constants are remembered."""
        if id(tree) not in self._trees:
            facts = {fact.name: fact.expression.tree for fact in self.policy.facts}
            self._trees[id(tree)] = (tree, self._plain(tree, facts))
        return self._trees[id(tree)][1]

    def names(self, tree: Node) -> frozenset[str]:
        """The facts and coins that a plain condition reads."""
        if id(tree) not in self._used:
            self._used[id(tree)] = (tree, frozenset(name.name for name in names(tree)))
        return self._used[id(tree)][1]

    def values(self, name: str) -> tuple[Stored, ...] | None:
        """The values of a fact or coin in this space; None when there are too many."""
        if name not in self._cells:
            if name in self.domain:
                self._cells[name] = self.domain[name]
            else:
                constants: Constants = frozenset(self._constants.get(name, ()))  # type: ignore[arg-type]
                self._cells[name] = cells(self._names[name], constants, self.bounds.get(name, (None, None)))
        return self._cells[name]

    def size(self, names: Sequence[str]) -> int:
        """How many combinations the values of these have; more than `MOST` when one of them has too many."""
        counts = [self.values(name) for name in names]
        return MOST + 1 if any(values is None for values in counts) else prod(len(values or ()) for values in counts)

    def search(self, tree: Node, fixed: Assignment | None = None) -> Iterator[dict[str, Stored]]:
        """Every combination in which a plain condition holds, `fixed` facts as given.

        Raises:
            TooManyError: there are more than `MOST` combinations to try.
        """
        fixed = fixed or {}
        free = sorted(self.names(tree) - fixed.keys(), key=lambda name: (len(self.values(name) or ()), name))
        if self.size(free) > MOST:
            raise TooManyError
        holds = compile_flag(tree, ())
        room = Room()
        room.put(fixed)
        setters = [room.setter(name) for name in free]
        for chosen in product(*(self.values(name) or () for name in free)):
            for put, value in zip(setters, chosen, strict=True):
                put(value)
            if holds(room.customer, room.invoice):
                yield {**fixed, **dict(zip(free, chosen, strict=True))}

    def test(self, tree: Node) -> Callable[[Assignment], bool]:
        """Whether a plain condition holds for facts that say everything that it reads."""
        holds, room = compile_flag(tree, ()), Room()

        def asked(facts: Assignment) -> bool:
            room.put(facts)
            return holds(room.customer, room.invoice)

        return asked

    def _plain(self, node: Node, facts: Mapping[str, Node]) -> Node:
        match node:
            case Logic():
                return replace(node, operands=tuple(self._plain(operand, facts) for operand in node.operands))
            case Not():
                return replace(node, operand=self._plain(node.operand, facts))
            case Name() if node.name in facts:
                return self._plain(facts[node.name], facts)
            case Choice(type="flag"):
                condition = self._plain(node.condition, facts)
                then, otherwise = self._plain(node.then, facts), self._plain(node.otherwise, facts)
                return replace(node, condition=condition, then=then, otherwise=otherwise)
            case Name():
                self._learn(node, ())
                return node
            case Constant():
                return node
            case Compare(left=Name() as name, right=Constant() as constant) if name.name not in facts:
                self._learn(name, (constant.value,))
                return node
            case Compare(left=Constant() as constant, right=Name() as name) if name.name not in facts:
                self._learn(name, (constant.value,))
                return node
            case Member(operand=Name() as name) if name.name not in facts:
                self._learn(name, tuple(value.value for value in node.values))
                return node
            case Has(operand=Name() as name) if name.name not in facts:
                self._learn(name, (node.value,))
                return node
            case Known(operand=Name() as name) if name.name not in facts:
                self._learn(name, ())
                return node
            case _:
                return self._coin(node)

    def _learn(self, name: Name, constants: Sequence[object]) -> None:
        self._names.setdefault(name.name, name)
        self._constants.setdefault(name.name, set()).update(constants)
        self._cells.pop(name.name, None)

    def _coin(self, node: Node) -> Name:
        key = _unplaced(node)
        if key not in self._coins:
            coin = Name(f"customer.#{len(self._coins)}", "flag", nullable=False, span=_NOWHERE)
            self._coins[key] = coin
            self._names[coin.name] = coin
        return self._coins[key]


class TooManyError(Exception):
    """A search would have to try too many combinations: nothing can be said."""


class Room:
    """Facts to be set by name: what compiled conditions read."""

    def __init__(self) -> None:
        self.customer, self.invoice = CustomerFacts(), InvoiceFacts()
        self._own: dict[str, dict[str, Any]] = {"customer": {}, "invoice": {}}
        self.customer.attributes, self.invoice.attributes = self._own["customer"], self._own["invoice"]

    def put(self, values: Assignment) -> None:
        """Set facts and declared attributes."""
        for name, value in values.items():
            self.setter(name)(value)

    def setter(self, name: str) -> Callable[[Stored], None]:
        """What sets one of them."""
        level, _, last = name.rpartition(".")
        if name not in BY_NAME:
            own = self._own[level]
            return lambda value: own.__setitem__(last, value)
        holder, attribute = (self.invoice if level == "invoice" else self.customer), BY_NAME[name].attribute
        return lambda value: setattr(holder, attribute, value)


def both(*trees: Node) -> Node:
    """All of the conditions."""
    kept = tuple(tree for tree in trees if tree is not TRUE)
    if not kept:
        return TRUE
    return kept[0] if len(kept) == 1 else Logic("and", kept, _NOWHERE)


def none_of(*trees: Node) -> Node:
    """None of the conditions."""
    return both(*(Not(tree, _NOWHERE) for tree in trees))


def any_of(*trees: Node) -> Node:
    """One of the conditions at least."""
    return trees[0] if len(trees) == 1 else Logic("or", trees, _NOWHERE)


def _unplaced(node: Node) -> Node:
    """The same condition wherever it stands: equal texts are one coin."""
    changes: dict[str, object] = {"span": _NOWHERE}
    for part in fields(node):
        value = getattr(node, part.name)
        if hasattr(value, "span"):
            changes[part.name] = _unplaced(value)
        elif isinstance(value, tuple) and value and hasattr(value[0], "span"):
            changes[part.name] = tuple(_unplaced(item) for item in value)
    return replace(node, **changes)  # type: ignore[arg-type]
