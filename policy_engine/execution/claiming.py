"""Claiming: which shares of actions a run delivers next, and what expires instead, in one transaction."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

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
from policy_engine.execution.clock import Moment, later
from policy_engine.execution.due import Found, changed_since, dropped, due_rows, expired, lapsed
from policy_engine.execution.job import Adapter
from policy_engine.execution.ledger import Change, Ledger, Row
from policy_engine.execution.limits import Gates, Pace
from policy_engine.execution.operator_file import Operator
from policy_engine.execution.outcomes import in_doubt
from policy_engine.execution.tally import Noted, Tally, noted
from policy_engine.execution.trial import begin_manner

BATCH = 500
"""Actions claimed at once for adapters that are idempotent."""
PAGE = 500
"""Rows looked at in one query."""
LEASE = 300
"""Seconds after which a claim lapses."""


@dataclass(slots=True)
class Course:
    """What a run has come to so far.

    Attributes:
        tally: its report.
        unwritten: by channel: actions without the message that their adapter needs.
        held: channels that have reached their limit in this pass.
        lacking: actions that are approved, but not by this operator's file.
        begun: actions of which this run delivered the main carrier, their copies to come.
        said: whether the ledger knows how this run delivers (`trial`).
    """

    tally: Tally = field(default_factory=Tally)
    unwritten: dict[str, set[int]] = field(default_factory=dict)
    held: set[str] = field(default_factory=set)
    lacking: dict[int, Noted] = field(default_factory=dict)
    begun: set[int] = field(default_factory=set)
    said: bool = False


@dataclass(slots=True)
class Claimed:
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


@dataclass(frozen=True, slots=True)
class Claims:
    """Who claims for a run. Attributes as of `run.Run`; `_course` is what it has come to."""

    _ledger: Ledger
    _adapters: Adapters
    _found: Found
    _choice: Choice
    _worker: str
    _reached: Callable[[str], None]
    _pace: Pace
    _operator: Operator
    _course: Course

    def claim(self, after: int, before: Claimed | None = None) -> Claimed | None:
        """Claim the next shares that are due, and expire what has changed; None when nothing is left.

        Args:
            after: the number up to which rows were looked at.
            before: what is claimed already and about to be delivered: only its adapter's shares are claimed.
        """
        waiting = 0 if before is None else sum(row["n"] not in self._course.begun for row, _ in before.taken)
        room = self._choice.room(self._course.tally.tried + waiting)
        if room <= 0 and not self._course.begun:
            return None
        adapter = None if before is None else before.adapter
        claimed = self._ledger.insist(
            lambda connection: self._claiming(connection, after, room, adapter), patience(self._pace)
        )
        if claimed is None:
            return None
        self._course.said = self._course.said or bool(claimed.taken)
        self._course.tally.add(claimed.tally)
        self._reached("after_claim_commit")
        return claimed

    def _claiming(self, connection: Connection, after: int, room: int, adapter: Adapter | None) -> Claimed | None:
        now = self._ledger.clock()
        tally = Tally()
        claimed = self._choose(connection, after, room, now, tally, adapter)
        if claimed is None:
            return None
        if claimed.taken and not self._course.said:
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
    ) -> Claimed | None:
        """The next shares of one adapter, one or many; what can't leave now is passed over.

        None when nothing is left, or what comes next isn't the wanted adapter's.
        """
        claimed: Claimed | None = None
        gates = Gates(connection, self._pace.limits, now)
        while claimed is None:
            due = due_rows(after, now, self._found.snapshot, sorted(self._course.held))
            page = connection.execute(due.limit(PAGE)).mappings().all()
            if not page:
                return None
            after = page[-1]["n"]
            for found in page:
                row: Row = dict(found)
                share = self.share(row, now)
                if share is None or (room <= 0 and row["n"] not in self._course.begun):
                    continue
                full = gates.full(share.channels)
                if full:
                    self._course.held.update(full)
                    continue
                lacks = lacking(self._ledger, connection, row, self._operator, now)
                if lacks is not None:
                    self._course.lacking[row["n"]] = noted(row, row["state"], lacks)
                    continue
                if claimed is None and adapter is not None and share.adapter is not adapter:
                    return None
                if claimed is None:
                    claimed = Claimed(share.adapter, gates, now.at + timedelta(seconds=LEASE * 0.8))
                elif share.adapter is not claimed.adapter:
                    break
                claimed.last = row["n"]
                change = self._overtaken(row, share, now, tally)
                if change is not None:
                    claimed.dropped.append(change)
                    continue
                claimed.taken.append((row, share))
                gates.take(share.channels)
                room -= row["n"] not in self._course.begun
                if len(claimed.taken) >= (BATCH if share.adapter.idempotent else 1):
                    break
        return claimed

    def share(self, row: Row, now: Moment) -> Share | None:
        """What would be delivered now, by whom; None when it wasn't chosen, or is another worker's."""
        if not self._choice.takes(row):
            return None
        share = next_share(row, self._adapters)
        if share is None or share.adapter.name in self._course.tally.broken:
            return None
        if row["written"] == 0 and wants_text(share.adapter):
            self._course.unwritten.setdefault(share.channels[0], set()).add(row["n"])
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
