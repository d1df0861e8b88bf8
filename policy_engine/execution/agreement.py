"""Whether the rows of actions and items say what the transitions say: the chain holds the transitions alone."""

import json
from collections.abc import Iterator

from sqlalchemy import Connection, func, select

from policy_engine.execution.chain import Break
from policy_engine.execution.states import LIVE
from policy_engine.execution.tables import ACTIONS, ITEMS, PAYLOADS, TRANSITIONS


def disagreements(connection: Connection) -> Iterator[Break]:
    """Actions and items that don't say what the transitions say."""
    last = (
        select(TRANSITIONS.c.action_n, func.max(TRANSITIONS.c.seq).label("seq"))
        .group_by(TRANSITIONS.c.action_n)
        .subquery()
    )
    wanted = (
        select(
            ACTIONS.c.n, ACTIONS.c.action, ACTIONS.c.attempt, ACTIONS.c.state, ACTIONS.c.last,
            TRANSITIONS.c.seq, TRANSITIONS.c.after, TRANSITIONS.c.action.label("said"),
            TRANSITIONS.c.attempt.label("number"),
        )
        .outerjoin(last, last.c.action_n == ACTIONS.c.n)
        .outerjoin(TRANSITIONS, TRANSITIONS.c.seq == last.c.seq)
        .order_by(ACTIONS.c.n)
    )  # fmt: skip
    for row in connection.execute(wanted):
        same = (row.action, row.attempt, row.state, row.last) == (row.said, row.number, row.after, row.seq)
        if not same:
            yield Break(row.last, f"the action {row.action[:12]} isn't where its transitions put it")
    carried = select(ACTIONS.c.action, ACTIONS.c.last, ACTIONS.c.carriers, PAYLOADS.c.body).join(
        PAYLOADS, PAYLOADS.c.seq == ACTIONS.c.last
    )
    for action, seq, known, body in connection.execute(carried.execution_options(yield_per=1000)):
        if json.loads(known) != json.loads(body).get("carriers", {}):
            yield Break(seq, f"the carriers of the action {action[:12]} aren't what was recorded")
    dead = (
        select(ITEMS.c.item, ACTIONS.c.action, ACTIONS.c.last)
        .join(ACTIONS, ACTIONS.c.n == ITEMS.c.action_n)
        .where(ITEMS.c.live.is_not(None), ACTIONS.c.state.not_in(sorted(LIVE)))
    )
    freed = (
        select(ITEMS.c.item, ACTIONS.c.action, ACTIONS.c.last)
        .join(ACTIONS, ACTIONS.c.n == ITEMS.c.action_n)
        .where(ITEMS.c.live.is_(None), ACTIONS.c.state.in_(sorted(LIVE)), ACTIONS.c.intervention.is_(None))
    )
    for wrong, what in ((dead, "is kept"), (freed, "was freed")):
        for found in connection.execute(wrong).mappings():
            yield Break(found["last"], f"an item of the action {found['action'][:12]} {what} against its state")
