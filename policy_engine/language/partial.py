"""All findings in one pass: what can still be said about a policy whose schema errors stop its resolution.

The values with errors are left out, with what can't stand without them, and the rest is resolved aside. Kept are the
findings that don't depend on what was left out: those inside expressions and on references.
"""

from collections.abc import Mapping, Sequence
from datetime import date

from pydantic import ValidationError

from policy_engine.language.findings import Findings
from policy_engine.language.models.policy import PolicySyntax
from policy_engine.language.nodes import Items, Map, Node, Text, items_like, map_like
from policy_engine.language.resolve.policy import resolve_policy
from policy_engine.rates import RateTable

_KEPT = frozenset({"DUN107", "DUN301", "DUN306", "DUN309", "DUN310", "DUN312", "DUN313", "DUN401"})
_NEEDED_WHOLE = frozenset({"stages", "attributes", "facts"})
"""Sections on which every expression and reference may stand: with one of them broken nothing more is said."""
_ROUNDS = 8


def further_findings(
    node: Map, file: str, as_of: date | None, findings: Findings, rates: Mapping[str, RateTable] | None = None
) -> None:
    """Add what the sound rest of the policy has wrong."""
    rest = _copy(node)
    assert isinstance(rest, Map)
    lost: set[str] = set()
    for _ in range(_ROUNDS):
        aside = findings.aside()
        try:
            syntax = PolicySyntax.model_validate(rest, context=aside)
        except ValidationError as errors:
            for error in errors.errors(include_url=False, include_input=False, include_context=False):
                if not _leave_out(rest, error["loc"], lost):
                    return
            rest = _filtered(rest)
            continue
        aside = findings.aside()
        resolve_policy(syntax, rest, file, as_of, aside, frozenset(lost), rates)
        findings.extend(found for found in aside.all() if found.code in _KEPT or found.code.startswith("DUN2"))
        return


def _leave_out(root: Map, loc: Sequence[int | str], lost: set[str]) -> bool:
    """Take the value of an error out of its container. False when the policy can't be judged without it."""
    node: Node = root
    place: tuple[Map | Items, int | str] | None = None
    first = str(loc[0]) if loc else ""
    if first in _NEEDED_WHOLE:
        return False
    for part in loc:
        inner: Node | None = None
        if isinstance(node, Map) and isinstance(part, str):
            inner = node.get(part)
        elif isinstance(node, Items) and isinstance(part, int) and part < len(node):
            inner = node[part]
        if inner is not None and not isinstance(node, Text):
            place, node = (node, part), inner
    if place is None:
        return False
    container, key = place
    _names(node, lost)
    if isinstance(container, Map):
        lost.add(str(key))
        container.pop(str(key), None)
    elif isinstance(key, int):
        container[key] = _GONE
    return True


_GONE = Text()
"""Stands in a list for an item that was left out, until the round is over."""


def _filtered(node: Map) -> Map:
    copy = _copy(node)
    assert isinstance(copy, Map)
    return copy


def _names(node: Node, lost: set[str]) -> None:
    """All words of what is left out: no reference to them is a mistake."""
    pending = [node]
    while pending:
        part = pending.pop()
        if isinstance(part, Map):
            lost.update(str(key) for key in part)
            pending.extend(part.values())
        elif isinstance(part, Items):
            pending.extend(part)
        else:
            lost.add(str(part))


def _copy(node: Node) -> Node:
    """The mappings and lists anew, without what is gone; at most `MAX_DEPTH` levels."""
    if isinstance(node, Map):
        copy = map_like(node)
        copy.update((key, _copy(value)) for key, value in node.items())
        return copy
    if isinstance(node, Items):
        items = items_like(node)
        items.extend(_copy(item) for item in node if item is not _GONE)
        return items
    return node
