"""What becomes of an action once a carrier was tried: delivered, tried again, refused, in doubt, or on to a copy."""

from typing import TypeAlias

from policy_engine.execution.carriers import Share, became, carried, text_of, to_come, troubles, under_way
from policy_engine.execution.clock import Moment, later
from policy_engine.execution.job import Broken, Receipt, Refused, Retry, Unanswered
from policy_engine.execution.ledger import Change, Row
from policy_engine.execution.states import State
from policy_engine.execution.tally import Tally, noted

MAX_TRIES = 8
"""Deliveries tried of one carrier before it has failed."""
BACK_OFF, LONGEST_BACK_OFF = 60, 6 * 3600
"""Seconds to the second try, doubled each time; at most."""
UNANSWERED = "-"
"""Who has claimed what wasn't answered: nobody, until the claim lapses and it is repeated under the same key."""
Outcome: TypeAlias = Receipt | Exception | None
"""What an adapter gave or raised; None: it wasn't asked, as the claim was about to lapse."""


def change_of(row: Row, share: Share, outcome: Outcome, worker: str, now: Moment, tally: Tally) -> Change | None:
    """The change of state that an outcome asks for, None when another worker has the action meanwhile.

    Args:
        row: the action as it is now.
        share: what was claimed of it.
        outcome: what came of it.
        worker: who claimed it.
        now: the moment.
        tally: where it is counted.
    """
    late = row["state"] == "in_doubt"  # somebody thought this worker dead
    if late:
        if set(under_way(row)) != set(share.channels):
            return None
    elif row["state"] != "sending" or row["worker"] != worker:
        return None
    match outcome:
        case Receipt():
            return _delivered(row, share, outcome, tally)
        case _ if late and (share.perhaps or not isinstance(outcome, Retry | Refused | Broken)):
            return None
        case None | Broken() if not late:
            reason = "its claim was about to lapse" if outcome is None else str(outcome)
            return _back(row, share, reason, row["tries"] - 1, later(now.at, 0))
        case Retry() if not late and (row["tries"] < MAX_TRIES or not outcome.tried):
            return _again(row, share, outcome, now, tally)
        case Unanswered() if share.adapter.idempotent and row["tries"] < MAX_TRIES:
            return _again(row, share._replace(perhaps=True), outcome, now, tally)
        case Retry() | Refused() | Broken() if not share.perhaps:
            why = str(outcome) or "no reason was given"
            if isinstance(outcome, Retry):
                why = f"given up after {row['tries']} tries: {why}"
            return _failed(row, share, why, tally)
        case Retry() | Refused():
            return in_doubt(row, share, f"an earlier try wasn't answered; now: {outcome}"[:500], tally)
        case Unanswered():
            return in_doubt(row, share, f"nobody answered: {outcome}"[:500], tally)
        case _:
            why = f"the adapter broke off: {type(outcome).__name__}: {outcome}"
            return in_doubt(row, share, why[:500], tally)


def in_doubt(row: Row, share: Share | None, why: str, tally: Tally) -> Change:
    """Nobody knows whether it left; `share` None when its adapter isn't there any more."""
    channel = under_way(row)[0]
    if channel != row["channel"]:
        why = f"the copy by {channel}: {why}"
    tally.in_doubt.append(noted(row, "in_doubt", why, channel))
    return Change(row, "in_doubt", {"reason": why}, row.get("sent_by") if share is None else share.adapter.name)


def is_copy(row: Row, share: Share) -> bool:
    """Whether a share holds only copies: the main carrier has delivered."""
    return row["channel"] not in share.channels


def _delivered(row: Row, share: Share, receipt: Receipt, tally: Tally) -> Change:
    for channel in share.channels:
        counts = tally.delivered if channel == row["channel"] else tally.copies
        counts[channel] = counts.get(channel, 0) + 1
    carriers = became(carried(row), share.channels, "delivered", share.adapter.name)
    body = {"receipt": dict(receipt.details)}
    if to_come(row, carriers):
        return Change(row, "sending", body, share.adapter.name, 0, carriers=text_of(carriers))
    lacking = troubles(carriers)
    more = {"copies": lacking} if lacking else {}
    return Change(row, "delivered", {**body, **more}, share.adapter.name, carriers=text_of(carriers))


def _again(row: Row, share: Share, outcome: Retry | Unanswered, now: Moment, tally: Tally) -> Change:
    tries = row["tries"] if isinstance(outcome, Unanswered) or outcome.tried else row["tries"] - 1
    wait = min(BACK_OFF * 2 ** max(tries - 1, 0), LONGEST_BACK_OFF)
    wait = max(wait, min(outcome.seconds or 0, LONGEST_BACK_OFF))
    at = later(now.at, wait)
    change = _back(row, share, str(outcome), tries, at)
    tally.retried.append(noted(row, change.after, f"{outcome}; again after {at[:19]}Z", share.channels[0]))
    return change


def _back(row: Row, share: Share, reason: str, tries: int, at: str) -> Change:
    """Waits again; what has perhaps left stays claimed until then, so that nobody takes it for unsent.

    What surely didn't leave waits as an action for its main carrier, or rests between two of its carriers.
    """
    body, name = {"reason": reason}, share.adapter.name
    if share.perhaps:
        return Change(row, "sending", body, name, tries, worker=UNANSWERED, worker_until=at)
    carriers = {channel: said for channel, said in carried(row).items() if channel not in share.channels}
    waiting: State = "approved" if row["people"] else "planned"
    state: State = "sending" if is_copy(row, share) else waiting
    return Change(row, state, body, name, tries, not_before=at, carriers=text_of(carriers))


def _failed(row: Row, share: Share, why: str, tally: Tally) -> Change:
    """A main carrier that is refused is the end of it: no copy is sent. A copy that is refused changes nothing."""
    carriers = became(carried(row), share.channels, "failed", share.adapter.name)
    if not is_copy(row, share):
        tally.failed.append(noted(row, "failed", why))
        return Change(row, "failed", {"reason": why}, share.adapter.name, carriers=text_of(carriers))
    why = f"the copy by {', '.join(share.channels)} failed: {why}"
    after: State = "sending" if to_come(row, carriers) else "delivered"
    tally.copies_failed.append(noted(row, after, why, share.channels[0]))
    body = {"reason": why} if after == "sending" else {"reason": why, "copies": troubles(carriers)}
    return Change(row, after, body, share.adapter.name, 0, carriers=text_of(carriers))
