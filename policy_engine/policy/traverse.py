"""Questions about a typed tree that checker, engines and explanations ask: names, size, what may be missing."""

from collections.abc import Iterator

from policy_engine.policy.tree import (
    Arithmetic,
    Call,
    Choice,
    Compare,
    Has,
    Known,
    Logic,
    Member,
    Name,
    Node,
    Not,
    Ratio,
)


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly below, in the order in which they were written (a choice: condition, then, otherwise)."""
    match node:
        case Arithmetic() | Compare():
            return (node.left, node.right)
        case Call() | Logic():
            return node.operands
        case Ratio():
            return (node.top, node.bottom)
        case Member():
            return (node.operand, *node.values)
        case Has() | Known() | Not():
            return (node.operand,)
        case Choice():
            return (node.condition, node.then, node.otherwise)
        case _:
            return ()


def walk(node: Node) -> Iterator[Node]:
    """The node and everything below it, in written order."""
    stack = [node]
    while stack:
        top = stack.pop()
        yield top
        stack.extend(reversed(children(top)))


def names(node: Node) -> tuple[Name, ...]:
    """Every name that is read, in written order, repetitions kept."""
    return tuple(part for part in walk(node) if isinstance(part, Name))


def size(node: Node) -> int:
    """How many nodes the tree has."""
    return sum(1 for _ in walk(node))


def nullable(node: Node) -> bool:
    """Whether the value may be missing: comparisons and logic never are (language.md section 2)."""
    match node:
        case Name():
            return node.nullable
        case Ratio():
            return True
        case Arithmetic() | Call():
            return any(nullable(child) for child in children(node))
        case Choice():
            return nullable(node.then) or nullable(node.otherwise)
        case _:
            return False
