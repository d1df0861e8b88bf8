"""From an author's text to tokens: every character accounted for, habits of other languages recognised and named.

What comes out is clean: `structure` gives Python's parser a text of placeholders only, which is therefore ASCII, free
of escapes and odd numbers, and can't raise a warning.
"""

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from policy_engine.language.expressions.findings import Findings
from policy_engine.values.position import NOWHERE
from policy_engine.values.text import nfc

Kind = Literal["name", "number", "text", "word", "operator", "nothing"]
_TOKEN = re.compile(
    r"""(?P<space>\s+)
      |(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2}(?![\w]))
      |(?P<number>\.?[0-9](?:[\w.]|(?<=[eE])[+-](?=[0-9]))*)
      |(?P<prefixed>[A-Za-z]{1,2}(?=["']))
      |(?P<name>[^\W0-9]\w*)
      |(?P<text>"[^"]*"|'[^']*')
      |(?P<operator>===|&&|\|\||\*\*|//|<<|>>|<>|:=|=>|=<|->|==|!=|<=|>=|[-+*/<>()\[\],.])
      |(?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_NUMBER = re.compile(r"(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,9})?")
_WORDS = {"and", "or", "not", "in", "if", "else", "True", "False"}
_INSTEAD = {
    "&&": "and", "||": "or", "!": "not", "=": "==", "===": "==", "<>": "!=", "=>": ">=", "=<": "<=", ":=": "==",
    "≥": ">=", "≤": "<=", "≠": "!=", "−": "-", "×": "*", "–": "-",
}  # fmt: skip
_HABITS = {"true": "True", "false": "False", "yes": "True", "no": "False"}
_NOTHING = {"none", "null", "nil", "undefined", "nan"}
_KEYWORDS = {
    "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "except", "finally", "for",
    "from", "global", "import", "lambda", "nonlocal", "pass", "raise", "return", "try", "while", "with", "yield",
}  # fmt: skip
_REFUSED = {
    "**": ("powers aren't part of expressions", "multiply instead"),
    "//": ("whole-number division isn't part of expressions", "compare a ratio: `a / b > 0.5`"),
    "%": ("`%` isn't part of expressions", "percentages are plain numbers: `12.4`, shares too: `0.8`"),
    "&": ("`&` isn't part of expressions", "write `and`"),
    "|": ("`|` isn't part of expressions", "write `or`"),
    "^": ("`^` isn't part of expressions", None),
    "~": ("`~` isn't part of expressions", "write `not`"),
    "<<": ("`<<` isn't part of expressions", None),
    ">>": ("`>>` isn't part of expressions", None),
    "->": ("`->` isn't part of expressions", None),
    "{": ("braces aren't part of expressions", 'a list is written `["a", "b"]`'),
    "}": ("braces aren't part of expressions", None),
    ":": ("`:` isn't part of expressions", "a choice is written `a if condition else b`"),
    "?": ("`?` isn't part of expressions", "a choice is written `a if condition else b`"),
    ";": ("`;` isn't part of expressions", "an expression is one condition or value"),
    "@": ("`@` isn't part of expressions", None),
    "\\": ("`\\` isn't part of expressions", None),
    "`": ("a backquote isn't part of expressions", 'texts stand in double quotes: `"a"`'),
    "$": ("`$` isn't part of expressions", "amounts are plain numbers in the policy's currency"),
    "€": ("`€` isn't part of expressions", "amounts are plain numbers in the policy's currency"),
    "£": ("`£` isn't part of expressions", "amounts are plain numbers in the policy's currency"),
}


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the text: what it is to be read as, and where it stands (characters, end excluded)."""

    kind: Kind
    text: str
    start: int
    end: int
    value: Fraction | str | None = None


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens; `readable` is False when something had to be left out, so that the order can't be trusted."""

    items: tuple[Token, ...]
    readable: bool


def tokens_of(text: str, findings: Findings) -> Tokens:
    """Cut the text into tokens and note each habit of another language, with what to write instead."""
    items: list[Token] = []
    readable = True
    for match in _TOKEN.finditer(text):
        group, word, start, end = str(match.lastgroup), match.group(), match.start(), match.end()
        previous = items[-1] if items else None
        after_dot = previous is not None and previous.kind == "operator" and previous.text == "."
        before_dot = text[end:].lstrip()[:1] == "."
        if group == "space":
            continue
        if group == "name":
            items.extend(_word(word, start, end, previous, findings, is_part=after_dot or before_dot))
            readable = readable and (after_dot or word not in _KEYWORDS)
        elif group == "number":
            items.append(Token("number", word, start, end, _number(word, start, end, findings)))
        elif group == "text":
            items.append(_text(word, start, end, findings))
        elif group == "date":
            findings.error("DUN209", f"a date is written `date(...)`, not `{word}`", start, end, f'`date("{word}")`')
            items.append(Token("nothing", word, start, end))
        elif group == "prefixed":
            findings.error(
                "DUN208", f"`{word}` before a text isn't part of expressions", start, end, "leave the letter out"
            )
        else:
            token = _operator(word, start, end, findings)
            items.extend([] if token is None else [token])
            readable = readable and token is not None
    return Tokens(tuple(items), readable)


def fact_names(text: str) -> frozenset[str]:
    """The bare names in an expression's text, for putting a policy's facts in order before they are checked."""
    items = tokens_of(text, Findings(text, NOWHERE, None)).items
    bare = set()
    for index, token in enumerate(items):
        around = {items[index - 1].text if index else "", items[index + 1].text if index + 1 < len(items) else ""}
        if token.kind == "name" and "." not in around:
            bare.add(token.text)
    return frozenset(bare)


def _word(word: str, start: int, end: int, previous: Token | None, findings: Findings, *, is_part: bool) -> list[Token]:
    """A name, or a word of the language or of another one. `is_part`: it stands beside a dot, so it is a name."""
    lower = word.lower()
    if is_part:
        return [Token("name", word, start, end)]
    if word in _WORDS:
        if word == "not" and previous is not None and findings.text[previous.start : previous.end] == "is":
            return []
        return [Token("word", word, start, end)]
    if lower in _HABITS:
        findings.error("DUN209", f"`{word}` is written `{_HABITS[lower]}`", start, end, f"`{_HABITS[lower]}`")
        return [Token("word", _HABITS[lower], start, end)]
    if lower in {"and", "or", "not", "in", "if", "else"} or word in {"TRUE", "FALSE"}:
        findings.error("DUN209", f"`{word}` is written `{lower}`", start, end, f"`{lower}`")
        return [Token("word", lower, start, end)]
    if lower in _NOTHING:
        findings.error(
            "DUN209", f"there is no `{word}` in expressions", start, end, "ask `known(x)`, or `not known(x)`"
        )
        return [Token("nothing", word, start, end)]
    if word == "is":
        findings.error(
            "DUN209", "`is` isn't part of expressions", start, end, "write `==` or `!=`; for missing values `known(x)`"
        )
        return [Token("operator", "==", start, end)]
    if word in _KEYWORDS:
        findings.error("DUN208", f"`{word}` isn't part of expressions", start, end)
        return []
    return [Token("name", word, start, end)]


def _number(word: str, start: int, end: int, findings: Findings) -> Fraction | None:
    """The exact value of a plain decimal, never by way of a float; None when it was refused."""
    if _NUMBER.fullmatch(word):
        return Fraction(word)
    hint = "write a plain decimal such as `1200` or `0.25`"
    if re.fullmatch(r"[0-9]{4}-?[0-9]{2}-?[0-9]{2}", word):
        hint += f'; a date is `date("{word}")`'
    elif re.fullmatch(r"[0-9][0-9_]*(\.[0-9]+)?", word):
        plain = word.replace("_", "").lstrip("0") or "0"
        hint = f"`{'0' if plain.startswith('.') else ''}{plain}`" if len(plain) < 16 else "at most 15 digits"
    elif re.fullmatch(r"\.[0-9]{1,9}", word):
        hint = f"`0{word}`"
    findings.error("DUN214", f"`{word}` isn't a number of expressions", start, end, hint)
    return None


def _text(word: str, start: int, end: int, findings: Findings) -> Token:
    inner = word[1:-1]
    if "\\" in inner or not inner.isprintable():
        findings.error(
            "DUN202", "a text holds printable characters only, no backslash", start, end, "write the characters as is"
        )
        return Token("nothing", word, start, end)
    return Token("text", word, start, end, nfc(inner))


def _operator(word: str, start: int, end: int, findings: Findings) -> Token | None:
    """An operator, what to write instead of one, or None when there is nothing to put in its place."""
    if word in _INSTEAD:
        right = _INSTEAD[word]
        findings.error("DUN209", f"`{word}` is written `{right}`", start, end, f"`{right}`")
        return Token("word" if right.isalpha() else "operator", right, start, end)
    if word in {"**", "//"}:
        message, hint = _REFUSED[word]
        findings.error("DUN208", message, start, end, hint)
        return Token("operator", "*", start, end)
    if word in {'"', "'"}:
        findings.error("DUN202", "a text isn't closed", start, len(findings.text), f"put {word} after its last letter")
        return None
    if word in {"“", "”", "„", "«", "»", "‘", "’"}:
        findings.error("DUN202", f"`{word}` isn't a quote of expressions", start, end, 'write `"`')
        return None
    if word in _REFUSED:
        message, hint = _REFUSED[word]
        findings.error("DUN208", message, start, end, hint)
        return None
    if len(word) == 1 and word not in "-+*/<>()[],.":
        shown = word if word.isprintable() else word.encode("unicode_escape", "surrogatepass").decode("ascii")
        findings.error("DUN202", f"`{shown}` has no meaning here", start, end)
        return None
    return Token("operator", word, start, end)
