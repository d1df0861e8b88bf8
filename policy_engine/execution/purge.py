"""Deleting what is personal and old: the chain still verifies, the ladder still knows what was sent."""

from datetime import date

from sqlalchemy import delete, func, select, update

from policy_engine.execution.database import reclaim
from policy_engine.execution.ledger import Ledger
from policy_engine.execution.states import CLOSED
from policy_engine.execution.tables import ACTIONS, PAYLOADS, TRANSITIONS


def purge(ledger: Ledger, before: date) -> int:
    """Delete the payloads of actions that were closed before a day; how many actions that concerns.

    Names, addresses, texts, amounts of lines, actors and receipts go; ids, states, days and hashes stay, because
    "once" and the ladder's position hang on them.
    """
    closed = select(ACTIONS.c.n).where(
        ACTIONS.c.state.in_(sorted(CLOSED)), ACTIONS.c.decided_on < before.isoformat()
    )  # fmt: skip
    of_closed = select(TRANSITIONS.c.seq).where(TRANSITIONS.c.action_n.in_(closed))
    with ledger.writing() as connection:
        held = select(func.count(TRANSITIONS.c.action_n.distinct())).where(
            TRANSITIONS.c.action_n.in_(closed), TRANSITIONS.c.seq.in_(select(PAYLOADS.c.seq))
        )
        count = connection.execute(held).scalar_one()
        connection.execute(delete(PAYLOADS).where(PAYLOADS.c.seq.in_(of_closed)))
        connection.execute(update(ACTIONS).where(ACTIONS.c.n.in_(closed)).values(rests_on=""))
    reclaim(ledger.engine)
    return count
