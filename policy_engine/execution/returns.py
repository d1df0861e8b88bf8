"""What comes back: bounces and undeliverable letters that adapters hear of become `returned`, each once (3.4).

An action whose main carrier came back counts no longer as delivered: the next plan asks again, as another attempt. If
only a copy came back the action stays delivered, and people see it. News of a delay is a remark. The same news again
changes nothing, so an adapter may tell it until it stands in the ledger.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, select

from policy_engine.execution.adapters import Adapters
from policy_engine.execution.carriers import became, carried, channels_of, is_resting, text_of, to_come, under_way
from policy_engine.execution.clock import Moment
from policy_engine.execution.errors import LedgerError
from policy_engine.execution.job import Adapter, Return, Returning
from policy_engine.execution.ledger import Change, Ledger, Row
from policy_engine.execution.states import State
from policy_engine.execution.tables import ACTIONS, TRANSITIONS
from policy_engine.execution.tally import Noted, noted

CHUNK = 100
"""News that are recorded by one transaction."""
_KEY = re.compile(r"([0-9a-f]{64})-([1-9][0-9]{0,8})")


class Strange(NamedTuple):
    """News that changes nothing: of an action that this ledger doesn't know, or that never left."""

    adapter: str
    key: str
    why: str
    reason: str
    source: str


@dataclass(slots=True)
class Heard:
    """What adapters told.

    Attributes:
        returned: actions whose main carrier came back: the next plan asks again.
        copies: actions of which only a copy came back: they stay delivered.
        delayed: actions that are on their way still.
        strange: news that changes nothing.
        later: news of actions that a worker has in hand; told again next time.
        known: news that stood in the ledger already.
        unasked: adapters that couldn't be asked, and why.
    """

    returned: list[Noted] = field(default_factory=list)
    copies: list[Noted] = field(default_factory=list)
    delayed: list[Noted] = field(default_factory=list)
    strange: list[Strange] = field(default_factory=list)
    later: int = 0
    known: int = 0
    unasked: dict[str, str] = field(default_factory=dict)

    @property
    def is_silent(self) -> bool:
        """Whether there is nothing to tell people."""
        return not (self.returned or self.copies or self.delayed or self.strange or self.later or self.unasked)


def hear(ledger: Ledger, adapters: Adapters, reached: Callable[[str], None] = lambda _: None) -> Heard:
    """Ask every adapter that can hear what came back, and record it. An adapter that can't be asked stops nothing.

    Raises:
        LedgerError: the ledger failed.
    """
    heard = Heard()
    for adapter in adapters.all():
        if not isinstance(adapter, Returning):
            continue
        try:
            news = adapter.returns()
            for start in range(0, len(news), CHUNK):
                _record(ledger, adapter, adapter, news[start : start + CHUNK], heard, reached)
        except LedgerError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever an adapter raises, plans are executed all the same
            heard.unasked[adapter.name] = _line(str(error) or type(error).__name__, 300)
    return heard


def _record(
    ledger: Ledger,
    adapter: Adapter,
    source: Returning,
    news: Sequence[Return],
    heard: Heard,
    reached: Callable[[str], None],
) -> None:
    done = list[Return]()
    told = Heard()
    with ledger.writing() as connection:
        now = ledger.clock()
        for one in news:
            if _one(_Told(ledger, connection, adapter.name, one, now, told)):
                done.append(one)
        reached("before_return_commit")
    reached("after_return_commit")
    heard.returned += told.returned
    heard.copies += told.copies
    heard.delayed += told.delayed
    heard.strange += told.strange
    heard.later += told.later
    heard.known += told.known
    source.noted(done)


class _Told(NamedTuple):
    """One piece of news, and where it is recorded."""

    ledger: Ledger
    connection: Connection
    adapter: str
    news: Return
    now: Moment
    heard: Heard

    def record(self, change: Change) -> Row:
        """Append a change; the row after it."""
        self.ledger.record(self.connection, [change], self.now)
        row = _row(self.connection, ACTIONS.c.n == change.row["n"])
        assert row is not None
        return row

    @property
    def body(self) -> dict[str, str]:
        """What is kept of the news."""
        return {"reason": _line(self.news.reason, 500), "source": _line(self.news.source, 300)}

    def strange(self, why: str) -> bool:
        """It changes nothing, and needn't be told again."""
        self.heard.strange.append(
            Strange(self.adapter, _line(self.news.key, 100), why, self.body["reason"], self.body["source"])
        )
        return True


def _one(told: _Told) -> bool:
    """Record one piece of news; False when it must be told again."""
    found = _KEY.fullmatch(told.news.key)
    row = found and _row(told.connection, ACTIONS.c.action == found[1], ACTIONS.c.attempt == int(found[2]))
    if not row:
        return told.strange("this ledger doesn't know it")
    carriers = carried(row)
    own = [name for name in channels_of(row) if not carriers or carriers.get(name, ("", None))[1] == told.adapter]
    if not own:
        return told.strange("another adapter delivered it")
    if row["state"] not in ("delivered", "returned", "voided", "sending", "in_doubt"):
        return told.strange(f"the action is {row['state'].replace('_', ' ')}")
    if not told.news.permanent:
        return _delay(told, row, own[0])
    return _return(told, row, own)


def _delay(told: _Told, row: Row, channel: str) -> bool:
    """On its way still: a remark in the chain, once."""
    reason = f"delayed: {told.body['reason']}"
    if row["state"] != "delivered":
        told.heard.known += 1
        return True
    story = told.ledger.story(told.connection, row["n"])
    if any(one["body"] and one["body"].get("reason") == reason for one in story):
        told.heard.known += 1
        return True
    told.record(Change(row, "delivered", {**told.body, "reason": reason}, told.adapter))
    told.heard.delayed.append(noted(row, "delivered", reason, channel))
    return True


def _return(told: _Told, row: Row, own: Sequence[str]) -> bool:
    """A carrier came back: the main one, or copies alone."""
    reason, main = told.body["reason"], row["channel"]
    carriers = carried(row)
    gone = [main] if main in own else list(own)
    if row["state"] in ("returned", "voided") or all(carriers.get(name, ("",))[0] == "returned" for name in gone):
        told.heard.known += 1
        return True
    if row["state"] == "in_doubt":
        if under_way(row)[0] not in own:
            told.heard.later += 1  # people must say first what became of the other carrier
            return False
        row = _left_after_all(told, row)
    elif row["state"] == "sending" and not is_resting(row):
        told.heard.later += 1  # a worker has it in hand
        return False
    if main in own:
        if row["state"] == "sending":
            row = _without_copies(told, row)
        after = became(carried(row), gone, "returned", told.adapter)
        told.record(Change(row, "returned", told.body, told.adapter, carriers=text_of(after)))
        told.heard.returned.append(noted(row, "returned", reason))
        return True
    after = became(carried(row), gone, "returned", told.adapter)
    change = Change(
        row, row["state"], {**told.body, "reason": f"the copy by {', '.join(gone)} came back: {reason}"}, told.adapter,
        not_before=row["not_before"], carriers=text_of(after),
    )  # fmt: skip
    told.record(change)
    told.heard.copies.append(noted(row, row["state"], reason, gone[0]))
    return True


def _left_after_all(told: _Told, row: Row) -> Row:
    """What was in doubt has left: it came back."""
    carriers = became(carried(row), under_way(row), "delivered", told.adapter)
    body = {"reason": "it left: news came of its coming back"}
    state: State = "sending" if to_come(row, carriers) else "delivered"
    return told.record(Change(row, state, body, told.adapter, 0, carriers=text_of(carriers)))


def _without_copies(told: _Told, row: Row) -> Row:
    """The main carrier came back before its copies left: they aren't sent."""
    left = to_come(row, carried(row))
    body = {"reason": f"the copy by {', '.join(left)} was not sent: the message came back"}
    carriers = became(carried(row), left, "dropped", None)
    return told.record(Change(row, "delivered", body, told.adapter, carriers=text_of(carriers)))


def _row(connection: Connection, *which: ColumnElement[bool]) -> Row | None:
    wanted = select(ACTIONS, TRANSITIONS.c.adapter.label("sent_by")).join(
        TRANSITIONS, TRANSITIONS.c.seq == ACTIONS.c.last
    )
    found = connection.execute(wanted.where(*which)).mappings().first()
    return None if found is None else dict(found)


def _line(text: str, most: int) -> str:
    """What a carrier wrote, in one line."""
    return " ".join(text.split())[:most]
