"""Carrying actions out: claim, deliver, record; whatever dies in between, nothing is sent twice and nothing is lost.

A share of an action, the channels that one adapter serves, is claimed (`sending`) in one transaction, delivered, and
its outcome recorded in another; then comes the next adapter's share. What a dead worker left claimed is repeated under
the same key where the adapter is idempotent; else it is in doubt until a person says what became of it. Adapters that
aren't idempotent are given one action at a time, the others many.
"""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress

from sqlalchemy import Connection, select

from policy_engine.execution.adapters import Adapters
from policy_engine.execution.again import patience
from policy_engine.execution.carriers import Share
from policy_engine.execution.choice import Choice
from policy_engine.execution.claiming import PAGE, Claimed, Claims, Course
from policy_engine.execution.clock import Moment, stamp
from policy_engine.execution.due import SENDING, Found, due_rows, expire_old, lapsed
from policy_engine.execution.job import Adapter, Broken, Job, LookingAhead, Preparing, Receipt, Refused
from policy_engine.execution.ledger import Change, Ledger, Row
from policy_engine.execution.limits import AT_ONCE, Pace, forget, gate
from policy_engine.execution.operator_file import Operator
from policy_engine.execution.outcomes import Outcome, change_of, in_doubt
from policy_engine.execution.tables import ACTIONS
from policy_engine.execution.tally import Limited, Tally


def nothing(point: str) -> None:
    """Goes on; tests die here."""
    del point


class Run:
    """One execution.

    Args:
        ledger: where it is recorded.
        adapters: who delivers.
        found: what actions are held against before they leave.
        choice: which actions.
        worker: who this is (`workers.worker_id`).
        reached: told the name of each point where a process may die.
        progress: told how many were delivered, after each batch.
        pace: the limits of channels, and how to wait for them.
        operator: the operator's file, by which approvals count (`approvals`).
    """

    def __init__(
        self,
        ledger: Ledger,
        adapters: Adapters,
        found: Found,
        choice: Choice,
        worker: str,
        reached: Callable[[str], None] = nothing,
        progress: Callable[[int], None] = lambda _: None,
        pace: Pace = AT_ONCE,
        operator: Operator | None = None,
    ) -> None:
        self._ledger = ledger
        self._operator = operator or Operator()
        self._adapters = adapters
        self._found = found
        self._choice = choice
        self._worker = worker
        self._reached = reached
        self._progress = progress
        self._pace = pace
        self._course = Course()
        self._claims = Claims(ledger, adapters, found, choice, worker, reached, pace, self._operator, self._course)
        self._go_on = False  # a carrier is done in this pass, and the next one's turn has come

    def go(self) -> Tally:
        """Expire what is too old, settle what dead workers left, deliver what is due."""
        with self._ledger.writing() as connection:
            now = self._ledger.clock()
            expire_old(self._ledger, connection, now, self._course.tally)
            self._doubt(connection, now)
            forget(connection, now)
        self._reached("after_recovery")
        try:
            with self._ledger.held():
                self._pass()
                while self._go_on or self._wait():
                    self._pass()
            self._course.tally.limited = self._limited()
            self._course.tally.unwritten = {channel: len(rows) for channel, rows in self._course.unwritten.items()}
        finally:
            self._adapters.close()
        self._course.tally.held.extend(self._course.lacking.values())
        return self._course.tally

    def _pass(self) -> None:
        """Everything that is due, once through, by number."""
        self._go_on = False
        self._course.held.clear()
        claimed = self._claims.claim(0)
        while claimed is not None:
            following = self._following(claimed)
            try:
                self._deliver(claimed)
            except BaseException:
                if following is not None:
                    self._record([(row, share, None) for row, share in following.taken])
                raise
            self._progress(self._course.tally.all_delivered)
            claimed = following or self._claims.claim(claimed.last)

    def _following(self, claimed: Claimed) -> Claimed | None:
        """The next shares of the same adapter, claimed already where it begins with them while these are recorded."""
        self._prepare(claimed)
        adapter = claimed.adapter
        if not (isinstance(adapter, LookingAhead) and adapter.looks_ahead and adapter.idempotent):
            return None
        following = self._claims.claim(claimed.last, claimed)
        if following is not None:
            self._prepare(following)
        return following

    def _wait(self) -> bool:
        """Wait for the limits that are worth it, while nothing is claimed; False when none is."""
        if not self._course.held or self._pace.sleep is None or self._choice.room(self._course.tally.tried) <= 0:
            return False
        with self._ledger.reading() as connection:
            now = self._ledger.clock()
            found = {name: gate(connection, name, self._pace.limits[name], now) for name in sorted(self._course.held)}
        if any(one.room > 0 for one in found.values()):
            return True
        waits = [(one.opens, name, one.said) for name, one in found.items() if one.opens is not None and one.short]
        if not waits:
            return False
        opens, name, said = min(waits)
        seconds = (opens - now.at).total_seconds()
        self._pace.say(f"waiting {math.ceil(seconds)} s for the limit of {name}: {said}")
        self._pace.sleep(seconds)
        return True

    def _limited(self) -> list[Limited]:
        """What is due and waits for a limit, by channel."""
        if not self._course.held:
            return []
        counts = Counter[str]()
        with self._ledger.reading() as connection:
            now = self._ledger.clock()
            found = {name: gate(connection, name, self._pace.limits[name], now) for name in sorted(self._course.held)}
            rows = connection.execute(due_rows(0, now, self._found.snapshot).execution_options(yield_per=PAGE))
            for found_row in rows.mappings():
                row: Row = dict(found_row)
                share = self._claims.share(row, now)
                channels = () if share is None else share.channels
                counts.update([name for name in channels if name in found and found[name].room <= 0][:1])
        return [
            Limited(name, counts[name], one.said, stamp(one.opens))
            for name, one in found.items()
            if one.opens is not None and counts[name]
        ]

    def _doubt(self, connection: Connection, now: Moment) -> None:
        """What a dead worker left of adapters that can't repeat: nobody knows whether it left."""
        changes = []
        for found in connection.execute(SENDING).mappings().all():
            row: Row = dict(found)
            adapter = self._adapters.by_name(row["sent_by"])
            if lapsed(row, now) and (adapter is None or not adapter.idempotent):
                changes.append(in_doubt(row, None, "the process died while it was being sent", self._course.tally))
        self._ledger.record(connection, changes, now)

    def _deliver(self, claimed: Claimed) -> None:
        """Deliver what was claimed, then record what became of it, also when the keyboard interrupts."""
        outcomes: list[tuple[Row, Share, Outcome]] = []
        try:
            for row, share in claimed.taken:
                if self._ledger.clock().at >= claimed.end:
                    outcomes.append((row, share, None))  # the claim is about to lapse: somebody else may take it
                    continue
                if share.adapter.name in self._course.tally.broken:
                    outcomes.append((row, share, Broken(self._course.tally.broken[share.adapter.name])))
                    continue
                self._course.tally.tried += row["n"] not in self._course.begun
                outcomes.append((row, share, self._one(claimed, row, share)))
        finally:
            outcomes = _settled(claimed.adapter, outcomes)
            self._record(outcomes)

    def _prepare(self, claimed: Claimed) -> None:
        """Let an adapter begin with everything that was claimed, once, if it can."""
        adapter = claimed.adapter
        if not claimed.prepared and isinstance(adapter, Preparing) and adapter.name not in self._course.tally.broken:
            jobs = (self._job(claimed, row, share) for row, share in claimed.taken)
            claimed.prepared = True
            with suppress(Exception):  # `deliver` says what is wrong
                adapter.prepare([job for job in jobs if job is not None])

    def _job(self, claimed: Claimed, row: Row, share: Share) -> Job | None:
        """What an adapter is given; None when the action's facts were purged."""
        facts = claimed.facts.get(row["n"])
        if facts is None:
            return None
        return Job(
            key=f"{row['action']}-{row['attempt']}",
            action=row["action"],
            attempt=row["attempt"],
            channel=share.channels[0],
            also=share.channels[1:],
            customer=row["customer"],
            facts=facts,
            redirect_to=self._adapters.redirect_to,
        )

    def _one(self, claimed: Claimed, row: Row, share: Share) -> Receipt | Exception:
        job = self._job(claimed, row, share)
        if job is None:
            return Refused("its facts were purged")
        self._reached("before_effect")
        try:
            receipt: Receipt | Exception = share.adapter.deliver(job)
        except Exception as error:  # noqa: BLE001 - whatever an adapter raises, the action is in the ledger
            receipt = error.with_traceback(None)
            error.__cause__ = error.__context__ = None  # their frames know this one, and so themselves and the facts
            if isinstance(error, Broken):
                self._course.tally.broken[share.adapter.name] = str(error) or "no reason was given"
        self._reached("after_effect")
        return receipt

    def _record(self, outcomes: Sequence[tuple[Row, Share, Outcome]]) -> None:
        if not outcomes:
            return
        # what became of them is known: it is recorded also if the database goes away meanwhile, and comes back
        changes, tally = self._ledger.insist(
            lambda connection: self._recording(connection, outcomes), patience(self._pace)
        )
        self._reached("after_commit")
        self._course.tally.add(tally)
        for change in changes:
            self._note_next(change)
        for _, share, outcome in outcomes:
            if isinstance(outcome, Receipt):
                for channel in self._adapters.unserved(share.adapter, share.channels):
                    self._course.tally.unserved[channel] = self._course.tally.unserved.get(channel, 0) + 1

    def _recording(
        self, connection: Connection, outcomes: Sequence[tuple[Row, Share, Outcome]]
    ) -> tuple[list[Change], Tally]:
        now, tally = self._ledger.clock(), Tally()
        wanted = select(ACTIONS).where(ACTIONS.c.n.in_([row["n"] for row, _, _ in outcomes]))
        fresh = {row["n"]: dict(row) for row in connection.execute(wanted).mappings()}
        changes = list[Change]()
        for row, share, outcome in outcomes:
            change = change_of(fresh[row["n"]], share, outcome, self._worker, now, tally)
            if change is not None:
                changes.append(change)
        self._ledger.record(connection, changes, now)
        self._reached("before_commit")
        return changes, tally

    def _note_next(self, change: Change) -> None:
        """Remember whose copies have their turn now."""
        number = change.row["n"]
        if change.after != "sending":
            self._course.begun.discard(number)
        elif change.not_before is None and change.tries == 0:
            self._course.begun.add(number)
            self._go_on = True


def _settled(adapter: Adapter, outcomes: list[tuple[Row, Share, Outcome]]) -> list[tuple[Row, Share, Outcome]]:
    try:
        adapter.settle()
    except Exception as error:  # noqa: BLE001 - whatever an adapter raises, the action is in the ledger
        return [(row, share, error if isinstance(outcome, Receipt) else outcome) for row, share, outcome in outcomes]
    return outcomes
