"""The ledger: its chain shows what was changed, purging leaves it whole, its addresses and tables are checked."""

import sqlite3
from datetime import date

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData, insert, select, update

from policy_engine.execution.chain import START, commitment, link
from policy_engine.execution.database import REVISION, open_database
from policy_engine.execution.errors import LedgerError
from policy_engine.execution.history import read_history
from policy_engine.execution.purge import purge
from policy_engine.execution.tables import ACTIONS, ITEMS, METADATA, PAYLOADS, PLANS, TRANSITIONS
from tests.execution.support import House

both = pytest.mark.usefixtures("database")


@pytest.fixture
def house(tmp_path, database):
    house = House(tmp_path)
    house.take_in()
    house.run()
    return house


def meddle(house, statement):
    house.place.meddle(house.folder, statement)


@pytest.mark.parametrize(
    ("statement", "seq", "what"),
    [
        ("UPDATE transitions SET at = '2026-06-02T00:00:00.000000Z' WHERE seq = 5", 5, "was changed"),
        ("UPDATE transitions SET adapter = 'mail' WHERE seq = 9", 9, "was changed"),
        ("UPDATE payloads SET body = replace(body, 'alice', 'mallory') WHERE seq = 2", 2, "payload was changed"),
        ("DELETE FROM transitions WHERE seq = 4", 4, "is missing"),
        ("UPDATE actions SET state = 'voided' WHERE n = 1", 7, "isn't where its transitions put it"),
        ("UPDATE items SET live = NULL WHERE n = 2", 8, "was freed against its state"),
        ("UPDATE actions SET carriers = '{}' WHERE n = 3", 9, "carriers of the action"),
    ],
)
def test_tampering_is_found(house, statement, seq, what):
    assert house.broken() == []
    meddle(house, statement)
    found = house.broken()
    assert any(one.seq == seq and what in one.what for one in found), found


def test_an_end_that_was_cut_off_shows_against_a_head_kept_elsewhere(house):
    head = house.head()
    assert (head.seq, house.broken(head.hash), house.broken(START)) == (9, [], [])
    meddle(
        house,
        "UPDATE actions SET state = 'sending', last = 6,"
        " carriers = replace(carriers, 'delivered', 'sending') WHERE n = 3",
    )
    meddle(house, "DELETE FROM payloads WHERE seq = 9")
    meddle(house, "DELETE FROM transitions WHERE seq = 9")
    assert house.broken() == []
    assert [one.what for one in house.broken(head.hash)] == [f"the hash {head.hash} doesn't stand in this ledger"]


def test_a_chain_rewritten_after_a_change_has_another_head(house):
    head = house.head().hash
    with house.ledger().writing() as connection:
        previous = START
        for found in connection.execute(select(TRANSITIONS).order_by(TRANSITIONS.c.seq)).mappings().all():
            row = dict(found)
            row["at"] = row["at"].replace("2026", "2025")
            row["previous"] = previous
            previous = row["hash"] = link(row, previous)
            connection.execute(update(TRANSITIONS).where(TRANSITIONS.c.seq == row["seq"]).values(row))
    assert house.broken() == []
    assert house.broken(head) != []


def test_a_hash_by_hand():
    row = {
        "seq": 1, "action": "a", "attempt": 1, "before": None, "after": "planned",
        "at": "2026-06-01T08:00:00.000000Z", "adapter": None, "tries": 0, "commitment": commitment("salt", "{}"),
    }  # fmt: skip
    # printf 'salt\n{}' | sha256sum
    assert row["commitment"] == "66795fae9b7c89ab0ce003e655682e561bf06f0515c78b6c2e62fc7daf898614"
    # sha256 of the JSON list of the hash before it and the columns
    assert link(row, START) == "ca0d5cf4ceafa463bcdb4c7d636c6d83b4753397bb7d55964cc8cb0bc18bac1c"


def test_purged_payloads_leave_chain_history_and_uniqueness(house, tmp_path):
    before = read_history(house.ledger(), {})
    assert purge(house.ledger(), date(2026, 6, 1)) == 0
    assert purge(house.ledger(), date(2026, 6, 2)) == 3
    assert purge(house.ledger(), date(2026, 6, 2)) == 0
    assert house.broken(house.head().hash) == []
    after = read_history(house.ledger(), {})
    assert after.history == before.history
    assert house.take_in().known == 3
    assert house.run().tried == 0
    data = house.place.stored(tmp_path)
    assert b"reminder" in data
    for text in (b"Anna", b"x.example", b"1 Street", b"alice", b"N-1"):
        assert text not in data


@both
def test_what_is_still_under_way_is_not_purged(tmp_path):
    house = House(tmp_path)
    house.take_in()
    assert purge(house.ledger(), date(2027, 1, 1)) == 0
    assert house.run().delivered == {"email": 3}


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("mysql://localhost/ledger", "ledgers are kept in SQLite files and in PostgreSQL, not in `mysql`"),
        ("postgresql+asyncpg://localhost/x", "in SQLite files and in PostgreSQL, not in `postgresql+asyncpg`"),
        ("sqlite://", "a ledger must outlive the command"),
        ("sqlite:///:memory:", "a ledger must outlive the command"),
        ("sqlite:///{tmp}/no/ledger.db", "there is no folder {tmp}/no for the ledger"),
        ("what: is this", "`what: is this` is not the address of a ledger"),
    ],
)
def test_addresses_that_name_no_ledger(tmp_path, address, message):
    with pytest.raises(LedgerError) as error:
        open_database(address.format(tmp=tmp_path), create=True)
    assert message.format(tmp=tmp_path) in str(error.value)
    assert list(tmp_path.iterdir()) == []


def test_other_files_are_no_ledgers(tmp_path):
    (tmp_path / "text.db").write_text("no database at all, but long enough for a header " * 50)
    with sqlite3.connect(tmp_path / "other.db") as connection:
        connection.execute("CREATE TABLE customers (id TEXT)")
    for name, message in (("text.db", "file is not a database"), ("other.db", "is a database, but no ledger")):
        with pytest.raises(LedgerError, match=message):
            open_database(str(tmp_path / name), create=True)
    with pytest.raises(LedgerError, match="there is no ledger"):
        open_database(str(tmp_path / "none.db"), create=False)


def test_a_ledger_of_a_later_version_is_refused(house):
    meddle(house, "UPDATE alembic_version SET version_num = '0999'")
    with pytest.raises(
        LedgerError, match=rf"written by a later version of this program \(tables 0999, not {REVISION}\)"
    ):
        house.ledger()


def test_the_steps_make_the_tables_of_the_code(house):
    with house.ledger().engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []


def older(house, revision, patch):
    """The same ledger elsewhere, as a version of the program wrote it that knew the tables of `revision`."""
    tables = (PLANS, ACTIONS, ITEMS, TRANSITIONS, PAYLOADS)
    with house.ledger().reading() as connection:
        rows = {table.name: [dict(row) for row in connection.execute(select(table)).mappings()] for table in tables}
    house.folder = house.folder / "older"
    house.folder.mkdir()
    patch.setattr("policy_engine.execution.database.REVISION", revision)
    with house.ledger().writing() as connection:
        found = MetaData()
        found.reflect(connection)
        for table in tables:
            columns = found.tables[table.name].columns.keys()
            every = [{name: row[name] for name in columns} for row in rows[table.name]]
            connection.execute(insert(found.tables[table.name]), every)


@pytest.mark.parametrize("revision", ["0001", "0002"])
def test_an_older_ledger_is_brought_up_to_date_whole(tmp_path, database, monkeypatch, revision):
    house = House(tmp_path)
    house.take_in()
    head = house.head()
    with monkeypatch.context() as patch:
        older(house, revision, patch)
    assert house.broken(head.hash) == []
    assert house.head() == head
    with house.ledger().engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM payloads").scalar() == head.seq
        if database.name == "sqlite":
            assert connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall() == []
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
    assert house.run().delivered == {"email": 3}
    assert house.broken(head.hash) == []


def test_sqlite_is_durable(tmp_path):
    with House(tmp_path).ledger().reading() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
