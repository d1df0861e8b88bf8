"""Warns where a missing value decides and the author probably didn't mean it (language.md section 2).

A comparison with a missing value is false. Where that makes something true (`not (x > 5)`) or silently false
(`x != "a"`), there is a warning, unless the same condition settles whether `x` is known.
What a policy fact does inside is judged where it is defined, not where it is named.
"""

from policy_engine.language.expressions.findings import Findings
from policy_engine.policy.traverse import children, names
from policy_engine.policy.tree import Choice, Compare, Has, Known, Logic, Member, Name, Node, Not

_Names = frozenset[str]
_NONE: _Names = frozenset()


def warn_where_missing_decides(tree: Node, findings: Findings) -> None:
    """Note `DUN219` at each comparison that a missing value turns."""
    _visit(tree, _NONE, findings, negative=False)


def _visit(node: Node, guarded: _Names, findings: Findings, *, negative: bool) -> None:
    """`guarded`: names whose being known is settled around here; `negative`: below an odd number of `not`."""
    match node:
        case Not():
            _visit(node.operand, guarded, findings, negative=not negative)
        case Logic():
            for index, operand in enumerate(node.operands):
                others = [other for place, other in enumerate(node.operands) if place != index]
                settled = _union(_settled(other, holds=node.op == "and") for other in others)
                _visit(operand, guarded | settled, findings, negative=negative)
        case Choice():
            _visit(node.condition, guarded, findings, negative=False)
            _visit(node.then, guarded | _settled(node.condition, holds=True), findings, negative=negative)
            _visit(node.otherwise, guarded | _settled(node.condition, holds=False), findings, negative=negative)
        case Compare() | Member() | Has() | Name():
            _leaf(node, guarded, findings, negative=negative)
            for child in children(node):
                if not isinstance(child, Name):
                    _visit(child, guarded, findings, negative=False)
        case Known():
            pass
        case _:
            for child in children(node):
                if not isinstance(child, Name):
                    _visit(child, guarded, findings, negative=False)


def _leaf(node: Node, guarded: _Names, findings: Findings, *, negative: bool) -> None:
    differs = (isinstance(node, Compare) and node.op == "!=") or (isinstance(node, Member) and node.negated)
    if not (negative or differs):
        return
    open_names = sorted(_strict(node) - guarded)
    if not open_names:
        return
    shown = findings.text[node.span.start : node.span.end]
    name = open_names[0]
    turned = ", and `not` makes that true" if negative else ""
    findings.warning(
        "DUN219",
        f"`{shown}` is false when `{name}` is missing{turned}",
        node.span.start,
        node.span.end,
        f"say which is meant: `known({name}) and ...`, or `not known({name}) or ...`",
    )


def _strict(node: Node) -> _Names:
    """Nullable names whose being missing makes the part missing; branches of a choice aren't strict."""
    if isinstance(node, Name):
        return frozenset({node.name}) if node.nullable else _NONE
    if isinstance(node, Choice | Known | Logic | Not):
        return _NONE
    return _union(_strict(child) for child in children(node))


def _settled(node: Node, *, holds: bool) -> _Names:
    """Names that are known when the condition holds (or doesn't), said plainly: `!=` and `not in` don't count."""
    match node:
        case Not():
            return _settled(node.operand, holds=not holds)
        case Logic():
            parts = [_settled(operand, holds=holds) for operand in node.operands]
            return _union(parts) if (node.op == "and") == holds else frozenset.intersection(*parts)
        case Known():
            return frozenset(name.name for name in names(node.operand)) if holds else _NONE
        case Compare(op="!=") | Member(negated=True):
            return _NONE
        case Compare() | Member() | Has() | Name():
            return _strict(node) if holds else _NONE
        case _:
            return _NONE


def _union(parts: object) -> _Names:
    return frozenset().union(*parts)  # type: ignore[misc]
