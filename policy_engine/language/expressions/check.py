"""An author's text becomes a typed tree, or diagnostics that point inside it (design.md section 3).

A closed list of Python's node types is translated; everything else is refused by name. All mistakes of an expression
are found in one pass: a part that is wrong yields None and says nothing more about what contains it.
"""

import ast
from dataclasses import dataclass
from fractions import Fraction
from typing import cast

from policy_engine.language.expressions import calls, operators
from policy_engine.language.expressions.findings import Findings
from policy_engine.language.expressions.lexer import tokens_of
from policy_engine.language.expressions.missing import warn_where_missing_decides
from policy_engine.language.expressions.operators import CompareOp, Context
from policy_engine.language.expressions.scope import Scope, resolve_name
from policy_engine.language.expressions.structure import MAX_LENGTH, Parsed, syntax_tree
from policy_engine.language.expressions.units import NUMERIC, WORDS, adapt, unitless
from policy_engine.policy.resolved import Expression
from policy_engine.policy.traverse import size
from policy_engine.policy.tree import Comparator, Constant, Logic, Node, Not, Ratio, Span, Type
from policy_engine.values.diagnostics import Diagnostic
from policy_engine.values.position import Position

_COMPARATORS: dict[type[ast.cmpop], Comparator] = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
}  # fmt: skip
_MAX_NODES = 600


def parse_expression(
    text: str, position: Position, scope: Scope, source: str | None = None
) -> tuple[Expression | None, tuple[Diagnostic, ...]]:
    """Read, type and scale one expression.

    Args:
        text: what the author wrote, as YAML gives it.
        position: of its first character.
        scope: what it may name and what type it must have.
        source: the line of the file it begins on, for the caret.

    Returns:
        The expression, None when there is an error; and all findings by place, warnings included. Nothing is raised,
        whatever the text is. Both are empty when the only trouble is a name in `scope.broken`.
    """
    findings = Findings(text, position, source)
    tree = _read(text, scope, findings)
    if tree is None or findings.failed:
        return None, findings.sorted()
    warn_where_missing_decides(tree, findings)
    return Expression(text, position, tree), findings.sorted()


def _read(text: str, scope: Scope, findings: Findings) -> Node | None:
    if len(text) > MAX_LENGTH:
        findings.error(
            "DUN201", f"the expression has {len(text)} characters, {MAX_LENGTH} are allowed", 0, 1,
            "name a part of it under `facts:` and use the name",
        )  # fmt: skip
        return None
    tokens = tokens_of(text, findings)
    parsed = syntax_tree(tokens.items, findings) if tokens.readable else None
    if parsed is None:
        _check_names(text, scope, findings)
        return None
    reader = _Reader(parsed, Context(scope, findings))
    tree = reader.read(parsed.body)
    return None if tree is None else _as_wanted(tree, scope, findings)


def _check_names(text: str, scope: Scope, findings: Findings) -> None:
    """The names of a text that can't be read, so that a misspelt fact is reported in the same pass."""
    quiet = Findings(text, findings.position, None)
    items = tokens_of(text, quiet).items
    index = 0
    while index < len(items):
        first = last = items[index]
        parts = [first.text]
        while index + 2 < len(items) and items[index + 1].text == "." and items[index + 2].kind == "name":
            index += 2
            last = items[index]
            parts.append(last.text)
        index += 1
        called = index < len(items) and items[index].text == "("
        if first.kind == "name" and len(parts) > 1 and not called:
            resolve_name(".".join(parts), Span(first.start, last.end), scope, findings)


def _as_wanted(tree: Node, scope: Scope, findings: Findings) -> Node | None:
    """The tree in the type that its place asks for, or a finding."""
    wanted = scope.wanted_types
    at = (tree.span.start, tree.span.end)
    if tree.type == "ratio" and wanted != ("ratio",):
        shown, bound = findings.text[at[0] : at[1]], "0.8" if isinstance(tree, Ratio) else "15"
        findings.error("DUN213", "a ratio can only be compared", *at, f"compare it, as in `{shown} > {bound}`")
        return None
    if unitless(tree):
        kind: Type = next((kind for kind in wanted if kind in NUMERIC), "number")
        tree = adapt(tree, kind, scope.currency, findings)
    if wanted and tree.type not in wanted:
        expected = " or ".join(WORDS[kind] for kind in wanted)
        hint = None
        if wanted == ("flag",):
            hint = "compare it with something" if tree.type != "set" else 'ask `has(..., "...")`'
        findings.error("DUN215", f"{expected} is expected here, this is {WORDS[tree.type]}", *at, hint)
        return None
    return tree


@dataclass(frozen=True, slots=True)
class _Reader:
    """Translates Python's syntax tree, node type by node type."""

    parsed: Parsed
    context: Context

    def read(self, node: ast.expr) -> Node | None:
        """The typed node, or None when a finding says why there is none."""
        match node:
            case ast.Constant():
                return self.constant(node)
            case ast.Name() | ast.Attribute():
                return self.name(node)
            case ast.BoolOp():
                return self.logic(node)
            case ast.UnaryOp():
                return self.unary(node)
            case ast.BinOp():
                return self.binary(node)
            case ast.Compare():
                return self.compare(node)
            case ast.IfExp():
                return self.choice(node)
            case ast.Call():
                return self.call(node)
            case ast.List() | ast.Tuple():
                self.error("DUN217", "a list can only stand after `in`", node, 'write `x in ["a", "b"]`')
                for element in node.elts:
                    self.read(element)
                return None
            case _:
                self.error("DUN208", "this isn't part of expressions", node)
                return None

    def error(self, code: str, message: str, node: ast.expr, hint: str | None = None) -> None:
        span = self.parsed.span(node)
        self.context.findings.error(code, message, span.start, span.end, hint)

    def constant(self, node: ast.Constant) -> Node | None:
        span = self.parsed.span(node)
        token = self.parsed.token(node)
        if isinstance(node.value, bool):
            return Constant(node.value, "flag", span)
        if isinstance(token.value, Fraction):
            return Constant(token.value, "number", span)
        if isinstance(token.value, str):
            return Constant(token.value, "text", span)
        return None  # a number that the lexer has refused

    def name(self, node: ast.Name | ast.Attribute) -> Node | None:
        dotted = self.dotted(node)
        if dotted is None:
            self.error("DUN208", "a dot can only follow `customer` or `invoice`", node)
            return None
        if self.parsed.token(node).kind == "nothing":
            return None
        return resolve_name(dotted, self.parsed.span(node), self.context.scope, self.context.findings)

    def dotted(self, node: ast.expr) -> str | None:
        """`a.b` as it was written, without blanks; None when something else than a name stands before a dot."""
        if isinstance(node, ast.Name):
            return self.parsed.token(node).text
        if isinstance(node, ast.Attribute):
            before = self.dotted(node.value)
            if before is None:
                return None
            span = self.parsed.member_span(node)
            return f"{before}.{self.context.findings.text[span.start : span.end]}"
        return None

    def logic(self, node: ast.BoolOp) -> Node | None:
        word = "and" if isinstance(node.op, ast.And) else "or"
        parts = [self.flag(operand, f"`{word}` joins conditions") for operand in node.values]
        if any(part is None for part in parts):
            return None
        return Logic("and" if word == "and" else "or", tuple(cast("list[Node]", parts)), self.parsed.span(node))

    def flag(self, node: ast.expr, why: str) -> Node | None:
        """A part that must be a condition."""
        part = self.read(node)
        if part is None or part.type == "flag":
            return part
        hint = {"text": 'compare it, as in `x == "a"`', "set": 'ask `has(x, "a")`', "date": "compare it with a date"}
        self.error(
            "DUN218", f"{why}, this is {WORDS[part.type]}", node,
            hint.get(part.type, "compare it, as in `x > 0`; whether it is there at all is `known(x)`"),
        )  # fmt: skip
        return None

    def unary(self, node: ast.UnaryOp) -> Node | None:
        span = self.parsed.span(node)
        if isinstance(node.op, ast.Not):
            part = self.flag(node.operand, "`not` turns a condition round")
            return None if part is None else Not(part, span)
        operand = self.read(node.operand)
        if isinstance(node.op, ast.UAdd):
            self.error("DUN208", "a leading `+` isn't part of expressions", node, "leave it out")
            return None
        return None if operand is None else operators.negate(operand, span, self.context)

    def binary(self, node: ast.BinOp) -> Node | None:
        left, right = self.read(node.left), self.read(node.right)
        if left is None or right is None:
            return None
        span = self.parsed.span(node)
        match node.op:
            case ast.Add():
                return operators.add("+", left, right, span, self.context)
            case ast.Sub():
                return operators.add("-", left, right, span, self.context)
            case ast.Mult():
                return operators.multiply(left, right, span, self.context)
            case ast.Div():
                return operators.divide(left, right, span, self.context)
            case _:
                self.error("DUN208", "this operator isn't part of expressions", node)
                return None

    def compare(self, node: ast.Compare) -> Node | None:
        """One comparison, or a chain: `0 < x < 5` is `0 < x and x < 5`."""
        operands: list[Node | None] = []
        sides = [node.left, *node.comparators]
        for index, side in enumerate(sides):
            listed = index > 0 and isinstance(node.ops[index - 1], ast.In | ast.NotIn)
            operands.append(None if listed else self.read(side))
        middle = [operand for operand in operands[1:-1] if operand is not None]
        if len(node.ops) > 1 and sum(size(operand) for operand in middle) > _MAX_NODES // 10:
            self.error("DUN201", "the middle of a chain is too large", node, "write two comparisons")
            return None
        parts: list[Node | None] = []
        for index, op in enumerate(node.ops):
            left, side = operands[index], sides[index + 1]
            span = self.parsed.span(node)
            if len(node.ops) > 1:
                span = Span(self.parsed.span(sides[index]).start, self.parsed.span(side).end)
            if isinstance(op, ast.In | ast.NotIn):
                values = self.listed(side)
                negated = isinstance(op, ast.NotIn)
                parts.append(operators.member(left, values, span, self.context, negated=negated))
            elif left is not None and operands[index + 1] is not None:
                sign: CompareOp = _COMPARATORS.get(type(op), "==")
                parts.append(operators.compare(sign, left, cast("Node", operands[index + 1]), span, self.context))
            else:
                parts.append(None)
        if any(part is None for part in parts):
            return None
        nodes = cast("list[Node]", parts)
        return nodes[0] if len(nodes) == 1 else Logic("and", tuple(nodes), self.parsed.span(node))

    def listed(self, node: ast.expr) -> tuple[Constant, ...] | None:
        """The constants of the list after `in`."""
        if not isinstance(node, ast.List | ast.Tuple):
            span = self.parsed.span(node)
            shown = self.context.findings.text[span.start : span.end]
            self.error("DUN217", "`in` needs a list of values", node, f"write `[{shown}]`, or `has(set, text)`")
            return None
        if not node.elts:
            self.error("DUN217", "the list after `in` is empty", node, 'write `x in ["a", "b"]`')
            return None
        values: list[Constant] = []
        complete = True
        for element in node.elts:
            value = self.read(element)
            if isinstance(value, Constant):
                values.append(value)
            else:
                complete = False
                if value is not None:
                    self.error(
                        "DUN217", "a list holds values only, no facts", element, "compare with `==` and join with `or`"
                    )
        return tuple(values) if complete else None

    def choice(self, node: ast.IfExp) -> Node | None:
        then = self.read(node.body)
        condition = self.flag(node.test, "the condition of a choice is a condition")
        otherwise = self.read(node.orelse)
        if then is None or condition is None or otherwise is None:
            return None
        return operators.choose(condition, then, otherwise, self.parsed.span(node), self.context)

    def call(self, node: ast.Call) -> Node | None:
        function = self.dotted(node.func)
        span = self.parsed.span(node)
        if function is None:
            self.error("DUN208", "only functions can be called", node)
            return None
        if node.keywords or any(isinstance(argument, ast.Starred) for argument in node.args):
            self.error("DUN207", "arguments are written without names or stars", node)
            return None
        arguments = [self.read(argument) for argument in node.args]
        return calls.call(function, self.parsed.span(node.func), arguments, span, self.context)


__all__ = ["Scope", "parse_expression"]
