"""What an expression may name, and how a name that isn't there is answered."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Literal

from policy_engine.facts.table import AFTER_SEGMENT, BY_NAME, NOT_YET
from policy_engine.language.expressions.findings import Findings
from policy_engine.policy.resolved import Attribute, PolicyFact
from policy_engine.policy.traverse import names
from policy_engine.policy.tree import Name, Span, Type

FUNCTIONS = ("abs", "date", "days_between", "has", "known", "max", "min")
_CLOCK = {"today", "now", "current_date", "date_today", "sysdate"}


@dataclass(frozen=True, slots=True)
class Scope:
    """Where an expression stands.

    Attributes:
        level: `customer` expressions see no invoice; `order` ones see the customer and an order waiting for credit.
        currency: the policy's; its exponent scales the numbers that meet amounts.
        attributes: declared columns.
        facts: the policy's own facts that can be named here, by name.
        segment_phase: facts that depend on the segment are refused (segments, and the facts they use).
        wanted: the type, or types, that the whole expression must have; None = any.
        choices: values that text facts can have in this policy (its stages, its steps), beside the facts table's.
        broken: names of policy facts that couldn't be read: naming one says nothing more.
    """

    level: Literal["customer", "invoice", "order"]
    currency: str
    attributes: tuple[Attribute, ...] = ()
    facts: Mapping[str, PolicyFact] = field(default_factory=dict)
    segment_phase: bool = False
    wanted: Type | tuple[Type, ...] | None = None
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    broken: frozenset[str] = frozenset()

    @property
    def wanted_types(self) -> tuple[Type, ...]:
        """`wanted` as a tuple; empty = any."""
        if self.wanted is None:
            return ()
        return (self.wanted,) if isinstance(self.wanted, str) else self.wanted


def resolve_name(name: str, span: Span, scope: Scope, findings: Findings) -> Name | None:
    """The name's node, or None with a finding."""
    if name in scope.broken:
        return None
    if name in scope.facts:
        return _policy_fact(scope.facts[name], span, scope, findings)
    fact = BY_NAME.get(name)
    if fact is not None:
        if fact.level == "invoice" and scope.level != "invoice":
            _no_invoice(name, span, scope, findings)
            return None
        if fact.level == "order" and scope.level != "order":
            _no_order(name, span, scope, findings)
            return None
        if scope.segment_phase and name in AFTER_SEGMENT:
            _after_segment(f"`{name}` is known only once the segment is", span, findings)
            return None
        return Name(name, fact.type, fact.nullable, span)
    for attribute in scope.attributes:
        if name == f"{attribute.level}.{attribute.name}":
            if attribute.level == "invoice" and scope.level != "invoice":
                _no_invoice(name, span, scope, findings)
                return None
            return Name(name, attribute.type, nullable=True, span=span)
    _unknown(name, span, scope, findings)
    return None


def choices_of(name: str, scope: Scope) -> tuple[str, ...]:
    """The values that a text fact can have, when they are known."""
    if name in scope.choices:
        return scope.choices[name]
    fact = BY_NAME.get(name)
    return fact.choices if fact is not None else ()


def needs_segment(fact: PolicyFact, scope: Scope) -> bool:
    """Whether the policy fact reads, itself or through others, what is known only once the segment is."""
    seen: set[str] = set()
    stack = [fact]
    while stack:
        for part in names(stack.pop().expression.tree):
            if part.name in AFTER_SEGMENT:
                return True
            inner = scope.facts.get(part.name)
            if inner is not None and inner.name not in seen:
                seen.add(inner.name)
                stack.append(inner)
    return False


def _policy_fact(fact: PolicyFact, span: Span, scope: Scope, findings: Findings) -> Name | None:
    if fact.level == "invoice" and scope.level != "invoice":
        _no_invoice(fact.name, span, scope, findings)
        return None
    if scope.segment_phase and needs_segment(fact, scope):
        _after_segment(f"`{fact.name}` uses a fact that is known only once the segment is", span, findings)
        return None
    return Name(fact.name, fact.expression.tree.type, fact.nullable, span)


def _no_invoice(name: str, span: Span, scope: Scope, findings: Findings) -> None:
    last = name.rpartition(".")[2]
    near = [known for known in (f"customer.{last}", f"customer.oldest_{last}") if known in BY_NAME]
    hint = f"did you mean `{near[0]}`?" if near else "name a customer fact, such as `customer.overdue`"
    here = "only the customer is" if scope.level == "customer" else "the customer and the order are"
    findings.error("DUN205", f"`{name}` is a fact of one invoice; here {here} known", *_at(span), hint)


def _no_order(name: str, span: Span, scope: Scope, findings: Findings) -> None:
    near = [known for known in (f"{scope.level}.{name.rpartition('.')[2]}",) if known in BY_NAME]
    hint = f"did you mean `{near[0]}`?" if near else "use it in a `when` of `credit.decisions`"
    findings.error("DUN205", f"`{name}` is a fact of an order, known in `credit.decisions` only", *_at(span), hint)


def _after_segment(message: str, span: Span, findings: Findings) -> None:
    findings.error(
        "DUN205", message, *_at(span), "compare `customer.outstanding` or `customer.overdue` with an amount instead"
    )


def _unknown(name: str, span: Span, scope: Scope, findings: Findings) -> None:
    if name in NOT_YET:
        findings.error("DUN204", f"`{name}` is not yet supported", *_at(span), f"it comes with {NOT_YET[name]}")
        return
    findings.error("DUN203", f"`{name}` is not a known fact", *_at(span), _suggestion(name, scope))


def _suggestion(name: str, scope: Scope) -> str | None:
    """The fact that was probably meant: the same word at the right level first, then the nearest spelling."""
    here = {"run", "customer", scope.level}
    known = [fact.name for fact in BY_NAME.values() if fact.level in here]
    known += [f"{part.level}.{part.name}" for part in scope.attributes if part.level in here]
    own = [fact.name for fact in scope.facts.values() if fact.level in here]
    last = name.rpartition(".")[2]
    if last.lower() in _CLOCK:
        return "the date of the snapshot is `as_of`"
    if name in FUNCTIONS:
        return f"a function is written with parentheses: `{name}(...)`"
    if any(name in fact.choices for fact in BY_NAME.values()):
        return f'a text stands in quotes: `"{name}"`'
    if name in {"customer", "invoice", "order"}:
        return f"name one of its facts, such as `{name}.{'amount' if name == 'order' else 'outstanding'}`"
    same = [full for full in known if full.rpartition(".")[2] == last.lower()]
    if not same and "." not in name:
        same = get_close_matches(name[:80], sorted({*own, "as_of"}), n=1, cutoff=0.6)
    if not same:
        level = name.partition(".")[0]
        lasts = {full.rpartition(".")[2]: full for full in sorted(known, key=lambda full: full.startswith(level))}
        same = [lasts[near] for near in get_close_matches(last[:80], sorted(lasts), n=1, cutoff=0.65)]
    if same:
        return f"did you mean `{same[0]}`?"
    return None if "." in name else f'a text stands in quotes: `"{name}"`'


def _at(span: Span) -> tuple[int, int]:
    return span.start, span.end
