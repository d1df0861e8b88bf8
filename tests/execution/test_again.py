"""A ledger that goes away while a run knows something: recorded once, when it comes back; nothing is in doubt."""

import sqlite3
from contextlib import contextmanager
from itertools import count

import pytest

from policy_engine.execution import again, sqlite
from policy_engine.execution.errors import LedgerError, LedgerLostError
from policy_engine.execution.limits import Pace
from tests.execution.carrying import Scripted, serving
from tests.execution.support import House

MAIL = ("email",)


@pytest.fixture
def house(tmp_path):
    return House(tmp_path)


class Waiting:
    """How a run waits: what is to happen meanwhile happens at the second time."""

    def __init__(self, happens=lambda: None, at=2):
        self.happens, self.at, self.times, self.said = happens, at, 0, []

    @property
    def pace(self):
        return Pace(sleep=self._sleep, say=self.said.append)

    def _sleep(self, seconds):
        assert seconds <= 10
        self.times += 1
        if self.times == self.at:
            self.happens()


def once(point, happens):
    """Something happens when a run first comes to a point."""
    numbers = count()
    return lambda name: happens() if name == point and next(numbers) == 0 else None


@pytest.mark.parametrize("point", ["before_claim_commit", "after_effect", "before_commit"])
def test_a_server_that_restarts_leaves_nothing_in_doubt(on_postgresql, house, point):
    server = on_postgresql.server
    house.take_in()
    mail, waiting = Scripted("mail", MAIL), Waiting(server.start)
    reached = once(point, lambda: server.stop(immediate=True))
    tally = house.run(adapters=serving(house, mail), reached=reached, pace=waiting.pace)
    assert (tally.delivered, tally.in_doubt, house.states()) == ({"email": 3}, [], {"delivered": 3})
    assert len(mail.jobs) == 3
    assert waiting.times == 2
    assert waiting.said[0] == "the ledger can't be reached; trying again for 120 s"
    assert house.broken() == []


@pytest.mark.parametrize("point", ["before_claim_commit", "before_commit"])
def test_a_confirmation_that_is_lost_is_no_second_record(database, house, point, monkeypatch):
    """The transaction is in the ledger and nobody said so: what was done is counted, told and recorded once."""
    house.take_in()
    lost = []

    def reached(name):
        if name == point and not lost:
            lost.append(name)

    ledger = house.ledger()
    monkeypatch.setattr(house, "ledger", lambda: ledger)
    writing = type(ledger).writing

    def unconfirmed():
        before = len(lost)
        with writing(ledger) as connection:
            yield connection
        if len(lost) > before:
            raise LedgerLostError("cut")

    monkeypatch.setattr(ledger, "writing", contextmanager(unconfirmed))
    mail = Scripted("mail", MAIL)
    tally = house.run(adapters=serving(house, mail), reached=reached, pace=Waiting().pace)
    assert (len(lost), tally.delivered, tally.tried, len(mail.jobs)) == (1, {"email": 3}, 3, 3)
    with ledger.reading() as connection:
        stories = [[one["after"] for one in ledger.story(connection, number)] for number in (1, 2, 3)]
    assert stories == [["planned", "sending", "delivered"]] * 3
    assert house.broken() == []


def test_a_file_that_is_locked_for_long(house, monkeypatch):
    house.take_in()
    monkeypatch.setattr(sqlite, "_PATIENCE", 0.05)
    other = sqlite3.connect(house.folder / "ledger.db", isolation_level=None)
    mail, waiting = Scripted("mail", MAIL), Waiting(lambda: other.execute("ROLLBACK"))
    locks = once("after_effect", lambda: other.execute("BEGIN IMMEDIATE"))
    tally = house.run(adapters=serving(house, mail), reached=locks, pace=waiting.pace)
    assert (tally.delivered, len(mail.jobs), waiting.times) == ({"email": 3}, 3, 2)
    other.close()


def test_patience_ends(house, monkeypatch):
    house.take_in()
    monkeypatch.setattr(sqlite, "_PATIENCE", 0.05)
    monkeypatch.setattr(again, "PATIENCE", 0.2)
    other = sqlite3.connect(house.folder / "ledger.db", isolation_level=None)
    locks = once("after_effect", lambda: other.execute("BEGIN IMMEDIATE"))
    waiting = Waiting(at=None)
    with pytest.raises(LedgerLostError, match="database is locked"):
        house.run(adapters=serving(house, Scripted("mail", MAIL)), reached=locks, pace=waiting.pace)
    assert waiting.times > 1
    other.close()
    assert house.states() == {"planned": 2, "sending": 1}


def test_what_time_does_not_heal_is_not_waited_for(database, house):
    house.take_in()
    waiting = Waiting()

    def broken(name):
        if name == "before_claim_commit":
            with house.ledger().reading() as connection:
                connection.exec_driver_sql("DELETE FROM nowhere")

    with pytest.raises(LedgerError) as error:
        house.run(adapters=serving(house, Scripted("mail", MAIL)), reached=broken, pace=waiting.pace)
    assert "nowhere" in str(error.value)
    assert not isinstance(error.value, LedgerLostError)
    assert waiting.times == 0
