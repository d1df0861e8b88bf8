"""The policy's own facts and attributes: typed, put in an order in which each names only earlier ones."""

import re
from collections.abc import Mapping
from keyword import kwlist

from policy_engine.facts.table import BY_NAME
from policy_engine.language.expressions.scope import FUNCTIONS
from policy_engine.language.models.parts import AttributesSyntax
from policy_engine.language.nodes import Text
from policy_engine.language.resolve.context import Context
from policy_engine.policy.resolved import Attribute, PolicyFact
from policy_engine.policy.traverse import names, nullable

_RESERVED = frozenset({*kwlist, *FUNCTIONS, "as_of", "customer", "false", "invoice", "none", "null", "order", "true"})
_WORD = re.compile(r"\"[^\"]*\"|'[^']*'|(?<![\w.])[a-z][a-z0-9_]*(?![\w.])")


def resolve_attributes(syntax: AttributesSyntax, context: Context) -> tuple[Attribute, ...]:
    """The declared columns, customers' first, each by name."""
    found: list[Attribute] = []
    for level, columns in (("customer", syntax.customer), ("invoice", syntax.invoice)):
        for name, kind in sorted(columns.items()):
            if f"{level}.{name}" in BY_NAME:
                context.findings.add(
                    "DUN310",
                    f"`{level}.{name}` is a fact of the language already",
                    name.position,
                    hint="give the column another name",
                )
            found.append(Attribute("customer" if level == "customer" else "invoice", str(name), kind))
    return tuple(found)


def resolve_facts(texts: Mapping[Text, Text], context: Context) -> tuple[PolicyFact, ...]:
    """The policy's facts in order; sets `context.facts` and `context.broken` on the way."""
    keys = {str(key): key for key in texts}
    for key in texts:
        if key in _RESERVED:
            context.findings.add(
                "DUN310",
                f"`{key}` is a word of the language, no name for a fact",
                key.position,
                hint="give the fact another name",
            )
    written: dict[str, Text] = {str(name): text for name, text in texts.items()}
    uses = {
        name: [word for word in dict.fromkeys(_WORD.findall(text)) if word in written] for name, text in written.items()
    }
    facts: dict[str, PolicyFact] = {}
    broken: set[str] = set()
    context.facts = facts
    for name in _order(written, uses, broken, context):
        if name in broken:
            continue
        context.broken = frozenset(broken)
        expression = context.expression(written[name], "invoice", None)
        if expression is None or expression.type == "ratio":
            broken.add(name)
            if expression is not None:
                context.findings.add(
                    "DUN310",
                    f"`{name}` is a ratio, which can only be compared",
                    expression.position,
                    hint="make the fact the comparison: `a / b > 0.5`",
                )
            continue
        inner = list(names(expression.tree))
        invoice = any(
            part.name.startswith("invoice.") or (part.name in facts and facts[part.name].level == "invoice")
            for part in inner
        )
        facts[name] = PolicyFact(
            name,
            "invoice" if invoice else "customer",
            expression,
            nullable(expression.tree),
            keys[name].position,
        )
    context.broken = frozenset(broken)
    return tuple(facts.values())


def _order(texts: Mapping[str, Text], uses: Mapping[str, list[str]], broken: set[str], context: Context) -> list[str]:
    """Names so that each comes after those that it uses; circles are findings and broken."""
    done: list[str] = []
    state: dict[str, int] = {}  # 1 = under way, 2 = done
    for start in texts:
        path: list[tuple[str, int]] = [(start, 0)] if start not in state else []
        while path:
            name, index = path.pop()
            state[name] = 1
            if index < len(uses[name]):
                path.append((name, index + 1))
                following = uses[name][index]
                if state.get(following) == 1:
                    circle = [part for part, _ in path]
                    circle = circle[circle.index(following) :]
                    _circle(circle, texts, broken, context)
                elif following not in state:
                    path.append((following, 0))
            else:
                state[name] = 2
                done.append(name)
    return done


def _circle(circle: list[str], texts: Mapping[str, Text], broken: set[str], context: Context) -> None:
    if not broken.isdisjoint(circle):
        return
    broken.update(circle)
    context.findings.add(
        "DUN306",
        f"facts need each other: {' -> '.join(f'`{name}`' for name in (*circle, circle[0]))}",
        texts[circle[0]].position,
        hint="let one of them stand on facts of the language alone",
    )
