"""What may become of an action, as data: the states of language.md 3.4, and which may follow which."""

from typing import Literal, TypeAlias, get_args

State: TypeAlias = Literal[
    "planned", "awaiting_approval", "approved", "rejected", "sending", "delivered", "failed", "in_doubt", "expired",
    "returned", "voided", "cancelled",
]  # fmt: skip
STATES: tuple[State, ...] = get_args(State)

FOLLOWS: dict[State | None, frozenset[State]] = {
    None: frozenset({"planned", "awaiting_approval"}),
    "planned": frozenset({"sending", "rejected", "expired", "cancelled"}),
    # awaiting approval after awaiting approval: the first of two people agreed
    "awaiting_approval": frozenset({"awaiting_approval", "approved", "rejected", "expired", "cancelled"}),
    "approved": frozenset({"sending", "rejected", "expired", "cancelled"}),
    # sending after sending: another worker repeats it under the same key, or one carrier is done and the next isn't;
    # planned, approved: nothing left, try later
    "sending": frozenset({"sending", "planned", "approved", "delivered", "failed", "in_doubt"}),
    # sending after in doubt: that carrier is settled, the next isn't
    "in_doubt": frozenset({"sending", "delivered", "failed"}),
    # delivered after delivered: news of a delay, or of a copy that came back
    "delivered": frozenset({"delivered", "returned", "voided"}),
    "returned": frozenset({"voided"}),
    "rejected": frozenset(),
    "failed": frozenset(),
    "expired": frozenset(),
    "voided": frozenset(),
    "cancelled": frozenset(),
}
"""State to the states that may follow it; None is the beginning."""

WAITING: frozenset[State] = frozenset({"planned", "awaiting_approval", "approved"})
"""Nothing of it has left: it may expire, be rejected, be cancelled."""
LIVE: frozenset[State] = WAITING | {"sending", "in_doubt", "delivered"}
"""Its items are taken: the ledger takes no second action about them."""
CLOSED: frozenset[State] = frozenset(STATES) - WAITING - {"sending", "in_doubt"}
"""Nobody has anything left to do."""


class StateError(ValueError):
    """A change that the states don't allow; the message names both."""


def check(before: State | None, after: State) -> None:
    """Refuse a change that isn't in `FOLLOWS`.

    Raises:
        StateError: it isn't.
    """
    if after not in FOLLOWS[before]:
        raise StateError(f"an action that is {before or 'not yet in the ledger'} can't become {after}")
