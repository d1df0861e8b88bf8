"""3.2 Bad data: what a broken row takes with it. Readers find the problems; here they hold."""

from policy_engine.engine.reference.item import Item
from policy_engine.snapshot.model import CustomerAccount


def quarantine(account: CustomerAccount, item: Item) -> tuple[tuple[str, str], ...] | None:
    """Why the invoice is held for data that can't be trusted, as detail pairs, or None.

    A broken row that could have protected the customer holds every invoice; so does history on a step and a stage
    that the policy doesn't know, for its own invoice: its position can't be told.
    """
    problem = account.quarantined
    if problem is not None:
        return (("problem", problem.code), ("row", problem.row), ("table", problem.table), ("where", problem.where))
    if item.parts_wrong:
        return (("problem", "DUN536"), ("row", item.id), ("table", "instalments"))
    if item.unmapped is not None:
        row = item.unmapped
        return (("problem", "unknown_step"), ("row", row.id), ("step", row.step or ""), ("table", "history"))
    return None


def segment_unknown(account: CustomerAccount) -> bool:
    """Whether the customer's own row is broken, so that no segment can be told."""
    return account.quarantined is not None and account.quarantined.table == "customers"
