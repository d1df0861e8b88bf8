"""From tokens to Python's syntax tree: brackets, order and depth are judged here, so that `ast` only confirms.

The text given to `ast` is made of placeholders, so nothing an author writes can make it warn or run out of stack.
"""

import ast
from dataclasses import dataclass
from typing import TypeAlias

from policy_engine.language.expressions.findings import Findings
from policy_engine.language.expressions.lexer import Token
from policy_engine.policy.tree import Span

MAX_DEPTH = 25
"""Levels of an expression (language.md section 2)."""
MAX_LENGTH = 500
"""Characters of an expression (language.md section 2)."""

_OPEN = {"(": ")", "[": "]"}


@dataclass(frozen=True, slots=True)
class Parsed:
    """Python's syntax tree over placeholders, and the way back: tokens by where their placeholder starts and ends."""

    body: ast.expr
    starts: dict[int, Token]
    ends: dict[int, Token]
    tokens: tuple[Token, ...]

    def token(self, node: ast.expr) -> Token:
        """The token that a name or a constant was made from."""
        return self.starts[node.col_offset]

    def span(self, node: ast.expr) -> Span:
        """Where a node stands in the author's text."""
        return Span(self.starts[node.col_offset].start, self.ends[node.end_col_offset or 0].end)

    def member_span(self, node: ast.Attribute) -> Span:
        """Where the name after the dot stands."""
        last = self.ends[node.end_col_offset or 0]
        return Span(last.start, last.end)


def syntax_tree(tokens: tuple[Token, ...], findings: Findings) -> Parsed | None:
    """The syntax tree, or None with a finding that says where the reading stops."""
    if not tokens:
        if not findings.failed:
            findings.error("DUN202", "the expression is empty", 0, 1)
        return None
    if not (_in_order(tokens, findings) and _closed(tokens, findings) and _shallow(tokens, findings)):
        return None
    starts: dict[int, Token] = {}
    ends: dict[int, Token] = {}
    pieces: list[str] = []
    at = 0
    for index, token in enumerate(tokens):
        piece = _placeholder(token, index)
        starts[at] = token
        ends[at + len(piece)] = token
        pieces.append(piece)
        at += len(piece) + 1
    try:
        body = ast.parse(" ".join(pieces), mode="eval").body
    except SyntaxError as error:
        choices = [part for part in tokens if part.kind == "word" and part.text == "if"]
        if len(choices) > sum(part.kind == "word" and part.text == "else" for part in tokens):
            at_if = choices[-1]
            hint = "a choice is written `a if condition else b`"
            findings.error("DUN202", "`if` has no `else`", at_if.start, at_if.end, hint)
            return None
        token = starts.get((error.offset or 1) - 1, tokens[-1])
        findings.error("DUN202", f"`{token.text}` can't be read here", token.start, token.end)
        return None
    except (RecursionError, MemoryError):
        _too_deep(tokens[0], findings)
        return None
    if _depth(body) > MAX_DEPTH:
        _too_deep(tokens[0], findings)
        return None
    return Parsed(body, starts, ends, tokens)


def _placeholder(token: Token, index: int) -> str:
    if token.kind in {"name", "nothing"}:
        return f"n{index}"
    if token.kind == "number":
        return str(index)
    if token.kind == "text":
        return f'"{index}"'
    return token.text


def _in_order(tokens: tuple[Token, ...], findings: Findings) -> bool:
    """Values and operators take turns; the first place where they don't is named."""
    value_next = True
    previous: Token | None = None
    for index, token in enumerate(tokens):
        before = _sign(previous)
        problem: _Problem
        if before == ".":
            problem = None if token.kind == "name" else ("a name is missing after the dot", None)
            value_next = False
        elif value_next:
            problem, value_next = _where_value(token, before)
        else:
            problem, value_next = _where_operator(token, previous, tokens[index + 1 : index + 2])
        if problem is not None:
            findings.error("DUN202", problem[0], token.start, token.end, problem[1])
            return False
        previous = token
    if value_next or _sign(previous) in {".", "not"}:
        last = tokens[-1]
        findings.error("DUN202", f"something is missing after `{last.text}`", last.start, last.end)
        return False
    return True


def _sign(token: Token | None) -> str:
    """The operator or word of the language that a token is, "" for values."""
    return token.text if token is not None and token.kind in {"operator", "word"} else ""


def _is_value(token: Token) -> bool:
    return token.kind in {"name", "number", "text", "nothing"} or _sign(token) in {"True", "False"}


_Problem: TypeAlias = tuple[str, str | None] | None


def _where_value(token: Token, before: str) -> tuple[_Problem, bool]:
    """What is wrong with a token where a value has to begin, and whether a value is still missing after it."""
    if _is_value(token):
        return None, False
    text = _sign(token)
    if text in {")", "]"} and before in {"(", "[", ","}:
        return None, False
    if text in {"(", "[", "not", "-", "+"}:
        return None, True
    return (f"something is missing before `{token.text}`", None), True


def _where_operator(token: Token, previous: Token | None, after: tuple[Token, ...]) -> tuple[_Problem, bool]:
    """What is wrong with a token after a value, and whether a value is missing after it."""
    text = _sign(token)
    after_name = previous is not None and previous.kind == "name"
    if _is_value(token):
        return (f"an operator is missing before `{token.text}`", "join conditions with `and` or `or`"), False
    if text == "(" and not after_name:
        return ("an operator is missing before `(`", None), True
    if text == "[":
        return ("`[` can't follow a value", 'a list is written after `in`: `x in ["a", "b"]`'), True
    if text == "." and not after_name:
        return ("a dot can follow a name only", None), False
    if text == "not":
        if not (after and _sign(after[0]) == "in"):
            return ("an operator is missing before `not`", "join conditions with `and` or `or`"), False
        return None, False
    return None, text not in {")", "]", "."}


def _closed(tokens: tuple[Token, ...], findings: Findings) -> bool:
    stack: list[Token] = []
    for token in tokens:
        if token.kind != "operator":
            continue
        if token.text in _OPEN:
            stack.append(token)
        elif token.text in _OPEN.values():
            if not stack or _OPEN[stack[-1].text] != token.text:
                findings.error("DUN202", f"`{token.text}` closes nothing", token.start, token.end)
                return False
            stack.pop()
    if stack:
        findings.error(
            "DUN202", f"`{stack[-1].text}` is never closed", stack[-1].start, stack[-1].end,
            f"put `{_OPEN[stack[-1].text]}` where it ends; flow style YAML cuts at `,` and `]`: quote the expression",
        )  # fmt: skip
        return False
    return True


def _shallow(tokens: tuple[Token, ...], findings: Findings) -> bool:
    """No deeper than the cap in brackets, signs and choices: keeps Python's parser far from its stack's end."""
    brackets = run = choices = 0
    for token in tokens:
        brackets += (token.text in _OPEN) - (token.text in _OPEN.values()) if token.kind == "operator" else 0
        run = run + 1 if token.text in {"not", "-", "+"} and token.kind != "text" else 0
        choices += token.kind == "word" and token.text == "if"
        if max(brackets, run, choices) > MAX_DEPTH:
            _too_deep(token, findings)
            return False
    return True


def _too_deep(token: Token, findings: Findings) -> None:
    findings.error(
        "DUN201", f"the expression has more than {MAX_DEPTH} levels", token.start, token.end,
        "name a part of it under `facts:` and use the name",
    )  # fmt: skip


def _depth(body: ast.expr) -> int:
    """Levels of the syntax tree, counted without recursion; dots of a name are one level."""
    deepest = 0
    stack: list[tuple[ast.AST, int]] = [(body, 1)]
    while stack:
        node, depth = stack.pop()
        deepest = max(deepest, depth)
        if isinstance(node, ast.expr) and not isinstance(node, (ast.Attribute, ast.Name)):
            stack.extend((child, depth + 1) for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr))
    return deepest
