"""What came back isn't sent to the same address again: it waits until the address changes, or another channel is asked.

The last attempt about each dunning item counts. Somebody who is sure that the address is right voids the action that
came back: then the next plan's is sent.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select

from policy_engine.execution.ledger import Ledger, Row
from policy_engine.execution.tables import ACTIONS, ITEMS, PAYLOADS
from policy_engine.execution.tally import Noted
from policy_engine.plan.model import Action

_MOST = 500
_PARTS: Mapping[str, tuple[str, ...]] = {
    "email": ("email",),
    "letter": ("company", "person", "address"),
    "registered_letter": ("company", "person", "address"),
}
"""What of a message's recipient its channel goes by; of others all that is known of the customer counts."""


class Bounced(NamedTuple):
    """An attempt that came back, the last about an item: its row, and what the carrier said."""

    row: Row
    why: str
    facts: Mapping[str, Any] | None


def bounced(ledger: Ledger, connection: Connection, actions: Sequence[Action]) -> dict[str, Bounced]:
    """Dunning items of these actions whose last attempt came back, each with that attempt."""
    wanted = sorted({item for action in actions for item in action.items})
    found: dict[str, Row] = {}
    for start in range(0, len(wanted), _MOST):
        part = wanted[start : start + _MOST]
        back = (
            select(ITEMS.c.item, ACTIONS)
            .join(ACTIONS, ACTIONS.c.n == ITEMS.c.action_n)
            .where(ITEMS.c.item.in_(part), ITEMS.c.live.is_(None), ACTIONS.c.state == "returned")
            .order_by(ACTIONS.c.n)
        )
        found.update({row["item"]: dict(row) for row in connection.execute(back).mappings()})
    if not found:
        return {}
    items = sorted(found)
    last: dict[str, int] = {}
    for start in range(0, len(items), _MOST):
        newest = (
            select(ITEMS.c.item, func.max(ITEMS.c.action_n))
            .where(ITEMS.c.item.in_(items[start : start + _MOST]))
            .group_by(ITEMS.c.item)
        )
        last.update((item, number) for item, number in connection.execute(newest))
    found = {item: row for item, row in found.items() if last[item] == row["n"]}
    facts = ledger.facts(connection, sorted({row["n"] for row in found.values()}))
    words = _words(connection, found.values())
    return {
        item: Bounced(row, f"came back on {row['decided_on']}: {words.get(row['last']) or 'no reason was kept'}",
                      facts.get(row["n"]))
        for item, row in found.items()
    }  # fmt: skip


def waiting(action: Action, known: Mapping[str, Bounced], rests_on: str, facts: Mapping[str, Any]) -> Noted | None:
    """Why an action waits: it would go where an item of it came back from; None when it may leave.

    Args:
        action: a new attempt.
        known: what `bounced` found.
        rests_on: what it rests upon, as the ledger keeps it (`intake.rests_on`).
        facts: its facts.
    """
    for item in action.items:
        one = known.get(item)
        if one is None or one.row["channel"] != action.channel or not _same(action.channel, one, rests_on, facts):
            continue
        why = f"waits for another address: {one.why}"
        return Noted(action.id, action.customer, action.step, action.channel, "returned", why)
    return None


def _same(channel: str, one: Bounced, rests_on: str, facts: Mapping[str, Any]) -> bool:
    """Whether a message goes to what the other was addressed to; without their words, whether any of it changed."""
    now, before = _address(channel, facts), _address(channel, one.facts or {})
    if now is not None and before is not None:
        return now == before
    if not one.row["rests_on"]:
        return False  # purged: nobody knows any more where it went
    new, old = (str(json.loads(text)["hashes"]["address"]) for text in (rests_on, one.row["rests_on"]))
    return new == old


def _address(channel: str, facts: Mapping[str, Any]) -> list[Any] | None:
    to = facts.get("messages", {}).get(channel, {}).get("to")
    return [to.get(name) for name in _PARTS[channel]] if to and channel in _PARTS else None


def _words(connection: Connection, rows: Iterable[Row]) -> dict[int, str]:
    """What the carriers said, by the number of the transition."""
    wanted = select(PAYLOADS.c.seq, PAYLOADS.c.body).where(PAYLOADS.c.seq.in_(sorted({row["last"] for row in rows})))
    return {seq: str(json.loads(body).get("reason") or "")[:200] for seq, body in connection.execute(wanted)}
