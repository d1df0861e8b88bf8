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
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from policy_engine.execution.adapters import Adapters
from policy_engine.execution.again import patience
from policy_engine.execution.approvals import lacking
from policy_engine.execution.by_day import on_day
from policy_engine.execution.carriers import (
    Share,
    became,
    carried,
    is_resting,
    leaves_on,
    next_share,
    text_of,
    wants_text,
)
from policy_engine.execution.choice import Choice
from policy_engine.execution.clock import Moment, later, stamp
from policy_engine.execution.due import SENDING, Found, changed_since, dropped, due_rows, expire_old, expired, lapsed
from policy_engine.execution.job import Adapter, Broken, Job, LookingAhead, Preparing, Receipt, Refused
from policy_engine.execution.ledger import Change, Ledger, Row
from policy_engine.execution.limits import AT_ONCE, Gates, Pace, forget, gate
from policy_engine.execution.operator_file import Operator
from policy_engine.execution.outcomes import Outcome, change_of, in_doubt
from policy_engine.execution.tables import ACTIONS
from policy_engine.execution.tally import Limited, Noted, Tally, noted
from policy_engine.execution.trial import begin_manner

BATCH = 500
"""Actions claimed at once for adapters that are idempotent."""
PAGE = 500
"""Rows looked at in one query."""
LEASE = 300
"""Seconds after which a claim lapses."""


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
        self._unwritten: dict[str, set[int]] = {}  # by channel: actions without the message that their adapter needs
        self._held = set[str]()  # channels that have reached their limit in this pass
        self._tally = Tally()
        self._lacking: dict[int, Noted] = {}  # approved, but not by this operator's file
        self._begun = set[int]()  # actions of which this run delivered the main carrier, their copies to come
        self._said = False  # whether the ledger knows how this run delivers (`trial`)
        self._go_on = False  # a carrier is done in this pass, and the next one's turn has come

    def go(self) -> Tally:
        """Expire what is too old, settle what dead workers left, deliver what is due."""
        with self._ledger.writing() as connection:
            now = self._ledger.clock()
            expire_old(self._ledger, connection, now, self._tally)
            self._doubt(connection, now)
            forget(connection, now)
        self._reached("after_recovery")
        try:
            with self._ledger.held():
                self._pass()
                while self._go_on or self._wait():
                    self._pass()
            self._tally.limited = self._limited()
            self._tally.unwritten = {channel: len(rows) for channel, rows in self._unwritten.items()}
        finally:
            self._adapters.close()
        self._tally.held.extend(self._lacking.values())
        return self._tally

    def _pass(self) -> None:
        """Everything that is due, once through, by number."""
        self._go_on = False
        self._held.clear()
        claimed = self._claim(0)
        while claimed is not None:
            following = self._following(claimed)
            try:
                self._deliver(claimed)
            except BaseException:
                if following is not None:
                    self._record([(row, share, None) for row, share in following.taken])
                raise
            self._progress(self._tally.all_delivered)
            claimed = following or self._claim(claimed.last)

    def _following(self, claimed: "_Claimed") -> "_Claimed | None":
        """The next shares of the same adapter, claimed already where it begins with them while these are recorded."""
        self._prepare(claimed)
        adapter = claimed.adapter
        if not (isinstance(adapter, LookingAhead) and adapter.looks_ahead and adapter.idempotent):
            return None
        following = self._claim(claimed.last, claimed)
        if following is not None:
            self._prepare(following)
        return following

    def _wait(self) -> bool:
        """Wait for the limits that are worth it, while nothing is claimed; False when none is."""
        if not self._held or self._pace.sleep is None or self._choice.room(self._tally.tried) <= 0:
            return False
        with self._ledger.reading() as connection:
            now = self._ledger.clock()
            found = {name: gate(connection, name, self._pace.limits[name], now) for name in sorted(self._held)}
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
        if not self._held:
            return []
        counts = Counter[str]()
        with self._ledger.reading() as connection:
            now = self._ledger.clock()
            found = {name: gate(connection, name, self._pace.limits[name], now) for name in sorted(self._held)}
            rows = connection.execute(due_rows(0, now, self._found.snapshot).execution_options(yield_per=PAGE))
            for found_row in rows.mappings():
                row: Row = dict(found_row)
                share = self._share(row, now)
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
                changes.append(in_doubt(row, None, "the process died while it was being sent", self._tally))
        self._ledger.record(connection, changes, now)

    def _claim(self, after: int, before: "_Claimed | None" = None) -> "_Claimed | None":
        """Claim the next shares that are due, and expire what has changed; None when nothing is left.

        Args:
            after: the number up to which rows were looked at.
            before: what is claimed already and about to be delivered: only its adapter's shares are claimed.
        """
        waiting = 0 if before is None else sum(row["n"] not in self._begun for row, _ in before.taken)
        room = self._choice.room(self._tally.tried + waiting)
        if room <= 0 and not self._begun:
            return None
        adapter = None if before is None else before.adapter
        claimed = self._ledger.insist(
            lambda connection: self._claiming(connection, after, room, adapter), patience(self._pace)
        )
        if claimed is None:
            return None
        self._said = self._said or bool(claimed.taken)
        self._tally.add(claimed.tally)
        self._reached("after_claim_commit")
        return claimed

    def _claiming(self, connection: Connection, after: int, room: int, adapter: Adapter | None) -> "_Claimed | None":
        now = self._ledger.clock()
        tally = Tally()
        claimed = self._choose(connection, after, room, now, tally, adapter)
        if claimed is None:
            return None
        if claimed.taken and not self._said:
            begin_manner(self._ledger, connection, self._operator)
        until = later(now.at, LEASE)
        sending = [self._sending(row, share, until, now) for row, share in claimed.taken]
        self._ledger.record(connection, [*claimed.dropped, *sending], now)
        claimed.gates.record()
        facts = self._ledger.facts(connection, [row["n"] for row, _ in claimed.taken])
        days = {change.row["n"]: leaves_on({**change.row, "carriers": change.carriers}) for change in sending}
        claimed.facts = {number: on_day(known, days[number]) for number, known in facts.items()}
        claimed.tally = tally
        self._reached("before_claim_commit")
        return claimed

    def _sending(self, row: Row, share: Share, until: str, now: Moment) -> Change:
        name = share.adapter.name
        day = leaves_on(row) or now.day.isoformat()
        carriers = became(carried(row), share.channels, "sending", name, day)
        return Change(
            row, "sending", {}, name, row["tries"] + 1, worker=self._worker, worker_until=until,
            carriers=text_of(carriers),
        )  # fmt: skip

    def _choose(
        self, connection: Connection, after: int, room: int, now: Moment, tally: Tally, adapter: Adapter | None
    ) -> "_Claimed | None":
        """The next shares of one adapter, one or many; what can't leave now is passed over.

        None when nothing is left, or what comes next isn't the wanted adapter's.
        """
        claimed: _Claimed | None = None
        gates = Gates(connection, self._pace.limits, now)
        while claimed is None:
            due = due_rows(after, now, self._found.snapshot, sorted(self._held))
            page = connection.execute(due.limit(PAGE)).mappings().all()
            if not page:
                return None
            after = page[-1]["n"]
            for found in page:
                row: Row = dict(found)
                share = self._share(row, now)
                if share is None or (room <= 0 and row["n"] not in self._begun):
                    continue
                full = gates.full(share.channels)
                if full:
                    self._held.update(full)
                    continue
                lacks = lacking(self._ledger, connection, row, self._operator, now)
                if lacks is not None:
                    self._lacking[row["n"]] = noted(row, row["state"], lacks)
                    continue
                if claimed is None and adapter is not None and share.adapter is not adapter:
                    return None
                if claimed is None:
                    claimed = _Claimed(share.adapter, gates, now.at + timedelta(seconds=LEASE * 0.8))
                elif share.adapter is not claimed.adapter:
                    break
                claimed.last = row["n"]
                change = self._overtaken(row, share, now, tally)
                if change is not None:
                    claimed.dropped.append(change)
                    continue
                claimed.taken.append((row, share))
                gates.take(share.channels)
                room -= row["n"] not in self._begun
                if len(claimed.taken) >= (BATCH if share.adapter.idempotent else 1):
                    break
        return claimed

    def _share(self, row: Row, now: Moment) -> Share | None:
        """What would be delivered now, by whom; None when it wasn't chosen, or is another worker's."""
        if not self._choice.takes(row):
            return None
        share = next_share(row, self._adapters)
        if share is None or share.adapter.name in self._tally.broken:
            return None
        if row["written"] == 0 and wants_text(share.adapter):
            self._unwritten.setdefault(share.channels[0], set()).add(row["n"])
            return None
        if row["state"] != "sending" or is_resting(row):
            return share
        # claimed by a worker: only what it left dead is taken over, where that can't send it twice
        return share if lapsed(row, now) and share.adapter.idempotent else None

    def _overtaken(self, row: Row, share: Share, now: Moment, tally: Tally) -> Change | None:
        """What becomes of an action that may not leave any more, as something has changed; None when it may."""
        why = changed_since(row, self._found)
        if row["state"] == "sending" and not is_resting(row):
            if not why and row["valid_until"] < now.day.isoformat():
                why = f"the plan was valid until {row['valid_until']}"
            return in_doubt(row, share, f"nobody knows whether it left; {why}", tally) if why else None
        if not why:
            return None
        return dropped(row, why, tally) if is_resting(row) else expired(row, why, tally)

    def _deliver(self, claimed: "_Claimed") -> None:
        """Deliver what was claimed, then record what became of it, also when the keyboard interrupts."""
        outcomes: list[tuple[Row, Share, Outcome]] = []
        try:
            for row, share in claimed.taken:
                if self._ledger.clock().at >= claimed.end:
                    outcomes.append((row, share, None))  # the claim is about to lapse: somebody else may take it
                    continue
                if share.adapter.name in self._tally.broken:
                    outcomes.append((row, share, Broken(self._tally.broken[share.adapter.name])))
                    continue
                self._tally.tried += row["n"] not in self._begun
                outcomes.append((row, share, self._one(claimed, row, share)))
        finally:
            outcomes = _settled(claimed.adapter, outcomes)
            self._record(outcomes)

    def _prepare(self, claimed: "_Claimed") -> None:
        """Let an adapter begin with everything that was claimed, once, if it can."""
        adapter = claimed.adapter
        if not claimed.prepared and isinstance(adapter, Preparing) and adapter.name not in self._tally.broken:
            jobs = (self._job(claimed, row, share) for row, share in claimed.taken)
            claimed.prepared = True
            with suppress(Exception):  # `deliver` says what is wrong
                adapter.prepare([job for job in jobs if job is not None])

    def _job(self, claimed: "_Claimed", row: Row, share: Share) -> Job | None:
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

    def _one(self, claimed: "_Claimed", row: Row, share: Share) -> Receipt | Exception:
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
                self._tally.broken[share.adapter.name] = str(error) or "no reason was given"
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
        self._tally.add(tally)
        for change in changes:
            self._note_next(change)

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
            self._begun.discard(number)
        elif change.not_before is None and change.tries == 0:
            self._begun.add(number)
            self._go_on = True


@dataclass(slots=True)
class _Claimed:
    """Shares of one adapter; rows were looked at up to the number `last`; at `end` the claim is about to lapse."""

    adapter: Adapter
    gates: Gates
    end: datetime
    prepared: bool = False
    last: int = 0
    taken: list[tuple[Row, Share]] = field(default_factory=list)
    dropped: list[Change] = field(default_factory=list)
    facts: dict[int, dict[str, Any]] = field(default_factory=dict)
    tally: Tally = field(default_factory=Tally)


def _settled(adapter: Adapter, outcomes: list[tuple[Row, Share, Outcome]]) -> list[tuple[Row, Share, Outcome]]:
    try:
        adapter.settle()
    except Exception as error:  # noqa: BLE001 - whatever an adapter raises, the action is in the ledger
        return [(row, share, error if isinstance(outcome, Receipt) else outcome) for row, share, outcome in outcomes]
    return outcomes
