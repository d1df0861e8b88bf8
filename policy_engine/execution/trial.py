"""Whether a ledger's deliveries were a trial's or real: what customers never got must not count as sent.

The first delivery of a trial (`redirect_to` is set) and the first real one (`live: true` without it) each append a word
to the chain, so that it can't be taken away unseen. A ledger has one of them, never both. What `live: false` leaves in
folders has none: a house may post it by hand.
"""

from typing import Literal, TypeAlias

from sqlalchemy import Connection, func, select

from policy_engine.execution.errors import LedgerError
from policy_engine.execution.ledger import Ledger
from policy_engine.execution.operator_file import Operator
from policy_engine.execution.tables import ACTIONS, TRANSITIONS

Manner: TypeAlias = Literal["trial", "live"]
"""How deliveries count: a trial's never do for real."""
SUBJECT = "deliveries"
"""What the word in the chain is about."""
ANOTHER = "begin another ledger (--ledger with another address)"


class MixedLedgerError(LedgerError):
    """A trial on a ledger of real deliveries, or the other way round."""


def manner_of(operator: Operator) -> Manner | None:
    """How a run with this operator's file delivers; None: into folders only."""
    if operator.redirect_to is not None:
        return "trial"
    return "live" if operator.live else None


def known_manner(connection: Connection) -> tuple[Manner, str] | None:
    """What the ledger's deliveries were, and since which day; None while there was neither a trial nor a real one."""
    wanted = select(TRANSITIONS.c.after, TRANSITIONS.c.at).where(
        TRANSITIONS.c.action_n.is_(None), TRANSITIONS.c.action == SUBJECT
    )
    found = connection.execute(wanted.order_by(TRANSITIONS.c.seq).limit(1)).first()
    return None if found is None else (found.after, found.at[:10])


def check_manner(connection: Connection, operator: Operator) -> None:
    """Refuse a run whose deliveries would stand beside others that count otherwise.

    Raises:
        MixedLedgerError: the ledger holds a trial's deliveries and the run is real, or the other way round.
    """
    known, now = known_manner(connection), manner_of(operator)
    if known is None or now is None or known[0] == now:
        return
    if now == "live":
        raise MixedLedgerError(
            f"this ledger holds deliveries of a trial (`redirect_to`, since {known[1]}), which customers never got and"
            f" which would count as sent: {ANOTHER}"
        )
    raise MixedLedgerError(
        f"this ledger holds real deliveries (since {known[1]}), and a trial's (`redirect_to`) would count among them:"
        f" {ANOTHER}"
    )


def begin_manner(ledger: Ledger, connection: Connection, operator: Operator) -> None:
    """Say in the chain, once, what deliveries are from now on: in the transaction that claims the first.

    Raises:
        MixedLedgerError: as `check_manner`; another worker was quicker.
    """
    check_manner(connection, operator)
    now = manner_of(operator)
    if now is not None and known_manner(connection) is None:
        ledger.testify(connection, SUBJECT, None, now, {"operator": operator.digest}, ledger.clock())


def in_folders_only(connection: Connection, operator: Operator) -> int:
    """How many actions count as sent although they were only put into folders: for the first real run, else 0."""
    if manner_of(operator) != "live" or known_manner(connection) is not None:
        return 0
    wanted = select(func.count()).where(ACTIONS.c.state.in_(("delivered", "returned")))
    return int(connection.execute(wanted).scalar_one())
