"""Holds that apply to no invoice, and holds that apply to every one."""

from collections.abc import Iterator, Mapping
from itertools import islice

from policy_engine.analysis.cells import Stored
from policy_engine.analysis.conditions import Conditions, TooManyError, both, none_of
from policy_engine.analysis.customers import INVOICE, customer_with
from policy_engine.analysis.engine import Subject
from policy_engine.analysis.model import Found, Witness
from policy_engine.analysis.segments import most_of, reaching
from policy_engine.analysis.words import late, told
from policy_engine.engine.expressions import compile_flag
from policy_engine.engine.reference.item import Item
from policy_engine.policy.resolved import Hold
from policy_engine.policy.tree import Node, Not
from policy_engine.values.diagnostics import Diagnostic

_TRIES = 60
Facts = Mapping[str, Stored]


def holds_that_decide_nothing(subject: Subject) -> Iterator[Found]:
    """`DUN424`: the hold applies to every open invoice; `DUN425`: to none, by itself or because of those above it."""
    space = subject.open_invoices
    trees = [space.plain(hold.when.tree) for hold in subject.policy.holds]
    for index in range(len(trees)):
        try:
            found = _always(subject, space, index, trees) or _never(subject, space, index, trees)
        except TooManyError:
            continue
        if found is not None:
            yield found


def _always(subject: Subject, space: Conditions, index: int, trees: list[Node]) -> Found | None:
    tree, hold = trees[index], subject.policy.holds[index]
    if next(space.search(Not(tree, tree.span)), None) is not None:
        return None
    for segment in range(len(subject.policy.segments)):
        if subject.policy.segments[segment].ladder is None:
            continue
        facts = reaching(subject, segment)
        item = None if facts is None else _held(subject, facts)
        if facts is not None and item is not None and item.hold == index:
            diagnostic = Diagnostic(
                "DUN424",
                "warning",
                f"`{hold.name}` holds every open invoice: nothing would ever be dunned",
                hold.when.position,
                "narrow its `when`: a hold is for the invoices that are to be left alone",
            )
            account = customer_with(subject.policy, facts, subject.as_of)
            shown = (*told(subject.policy, facts), late(31))
            return Found(diagnostic, Witness(account, subject.as_of, shown, f"held: {hold.name}"))
    return None


def _never(subject: Subject, space: Conditions, index: int, trees: list[Node]) -> Found | None:
    tree, hold = trees[index], subject.policy.holds[index]
    if next(space.search(tree), None) is None:
        return _contradiction(subject, space, index, tree)
    earlier = [other for other in trees[:index] if space.names(other) & space.names(tree)]
    if not earlier or next(space.search(both(tree, none_of(*earlier))), None) is not None:
        return None
    own = compile_flag(hold.when.tree, subject.policy.facts)
    for facts in islice(space.search(tree), _TRIES):
        item = _held(subject, facts)
        found = subject.decide(customer_with(subject.policy, facts, subject.as_of))
        if item is None or found is None or not 0 <= item.hold < index or not own(found.customer, item):
            continue
        first = subject.policy.holds[item.hold]
        diagnostic = Diagnostic(
            "DUN425",
            "warning",
            f"`{hold.name}` is never the reason: whatever it is meant for is held by `{first.name}` above it",
            hold.position,
            f"move it above `{first.name}`, or delete it",
        )
        return _found(subject, diagnostic, facts, f"held: {first.name}")
    return None


def _contradiction(subject: Subject, space: Conditions, index: int, tree: Node) -> Found | None:
    hold: Hold = subject.policy.holds[index]
    facts = most_of(space, tree)
    found = subject.decide(customer_with(subject.policy, facts, subject.as_of))
    if found is None or all(item.hold == index for item in found.items):
        return None
    diagnostic = Diagnostic(
        "DUN425",
        "warning",
        f"`{hold.name}` holds no invoice: its `when` never holds for an open one",
        hold.when.position,
        "one part of the condition contradicts another, or what is true of every open invoice: correct or delete it",
    )
    return _found(subject, diagnostic, facts, f"not held by {hold.name}")


def _found(subject: Subject, diagnostic: Diagnostic, facts: Facts, shows: str) -> Found:
    account = customer_with(subject.policy, facts, subject.as_of)
    named = {name for name in facts if name.startswith("invoice.days")}
    shown = told(subject.policy, facts) if named else (*told(subject.policy, facts), late(31))
    return Found(diagnostic, Witness(account, subject.as_of, shown, shows))


def _held(subject: Subject, facts: Facts) -> Item | None:
    """The witness's invoice as the engine sees it; None when it is not held."""
    found = subject.decide(customer_with(subject.policy, facts, subject.as_of))
    if found is None:
        return None
    return next((item for item in found.items if item.id == INVOICE and item.held), None)
