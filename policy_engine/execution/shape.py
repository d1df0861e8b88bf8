"""Whether an action of a plan's file can be one at all: a file that was edited may hold anything, digests and all.

The engine makes no others; whoever writes a plan by hand, and computes its identity anew, meets this before a channel's
name becomes a folder, a step's a file, a number a column of the ledger.
"""

import re
from collections.abc import Iterator

from policy_engine.engine.reference.s17_identity import intervention_key, item_key
from policy_engine.language.models.base import Channel
from policy_engine.plan.model import Action, Line
from policy_engine.values.money import EXPONENTS

_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
_ID = re.compile(r"[0-9a-f]{64}")
_CHANNELS = frozenset(Channel.__args__)  # type: ignore[attr-defined]
_LARGEST = 2**63
_MOST_PEOPLE = 5


def misfit(action: Action) -> str | None:
    """What of an action can't be, None when it is well formed; ids are checked elsewhere."""
    if not _ID.fullmatch(str(action.id)):
        return "its id is none"
    if action.channel not in _CHANNELS or not _CHANNELS.issuperset(action.also):
        return "there is no such channel"
    if action.currency not in EXPONENTS:
        return "there is no such currency"
    if not all(map(_is_name, (action.step, action.segment, action.ladder))):
        return "a step, segment or ladder has no name"
    others = (action.template, action.adapter, action.intervention, action.stage or None)
    if not all(name is None or _is_name(name) for name in others):
        return "a stage, template, adapter or intervention has no name"
    approval = action.approval
    if approval is not None and not (
        _is_name(approval.role) and type(approval.people) is int and 1 <= approval.people <= _MOST_PEOPLE
    ):
        return "its approval is by nobody"
    if not all(map(_is_text, _texts(action))):
        return "a text is none"
    if not all(type(number) is int and -_LARGEST < number < _LARGEST for number in _numbers(action)):
        return "a number is none, or too large"
    return None if sorted(action.items) == sorted(_items(action)) else "its items aren't those of its invoices"


def _is_name(value: object) -> bool:
    return isinstance(value, str) and bool(_NAME.fullmatch(value))


def _is_text(value: object) -> bool:
    return isinstance(value, str) and (value.isascii() or not any("\ud800" <= ch <= "\udfff" for ch in value))


def _items(action: Action) -> Iterator[str]:
    """The dunning items of what an action is about (3.17)."""
    if action.intervention is None:
        for line in _lines(action):
            yield item_key(line.invoice, line.step, line.occurrence, line.instalment)
        return
    subjects = (action.customer, *(line.invoice for line in action.listed))
    yield from sorted({intervention_key(one, action.intervention) for one in subjects}.intersection(action.items))[:1]


def _texts(action: Action) -> Iterator[object]:
    yield from (action.customer, action.customer_name, action.why, *action.items)
    for line in _lines(action):
        yield from (line.invoice, line.number, line.step, line.instalment or "")
        for row in line.charges:
            yield from (row.penalty, row.kind)
    for listed in action.listed:
        yield from (listed.invoice, listed.number, listed.currency, listed.instalment or "")


def _numbers(action: Action) -> Iterator[object]:
    yield from (action.rank, action.principal, action.credits, action.interest, action.lump_sums, action.total)
    for line in _lines(action):
        yield from (line.occurrence, line.days_late, line.outstanding, line.disputed, line.principal)
        yield from (line.interest, line.lump_sums, line.later)
        for row in line.charges:
            yield from row[2:]
    for listed in action.listed:
        yield from (listed.days_late, listed.outstanding)


def _lines(action: Action) -> tuple[Line, ...]:
    return (*action.demanded, *action.mentioned)
