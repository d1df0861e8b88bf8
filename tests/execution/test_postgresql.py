"""Ledgers in PostgreSQL: who works there, what goes wrong in one line, one writer at a time, no password anywhere."""

import builtins
import logging
import re
import subprocess
import sys
import threading
import time
from datetime import date, timedelta
from urllib.parse import quote

import pytest

from policy_engine.cli.main import run
from policy_engine.execution import postgresql
from policy_engine.execution.address import hidden, parse, shown
from policy_engine.execution.database import ahead, look, open_database
from policy_engine.execution.errors import LedgerError
from policy_engine.execution.history import read_history
from policy_engine.execution.job import Receipt
from policy_engine.execution.ledger import Ledger
from policy_engine.execution.people import approve
from policy_engine.execution.purge import purge
from policy_engine.plan.canonical import write_plan
from tests.execution.places import Given
from tests.execution.support import ROOT, TEAM, House, close_ledgers
from tests.execution.test_run import Scripted, through
from tests.postgres import PASSWORD


def opened(address, *, create=False):
    """What opening says of an address that can't be used."""
    with pytest.raises(LedgerError) as error:
        open_database(address, create=create)
    text = str(error.value)
    assert "\n" not in text
    for secret in (PASSWORD, quote(PASSWORD, safe=""), "hunter2"):
        assert secret not in text
    return text


def test_the_actor_is_who_logged_in_at_the_server(tmp_path, on_postgresql):
    house = House(tmp_path, customers=1, grave=1)
    house.take_in()
    named = [house.plan.actions[0].id]
    # the same computer, the same user of its system, three users of the database
    for user, text in (("bob", "approved by one; it takes 2 people"), ("alice", "approved")):
        ledger = house.ledger(user)
        ledger.actor = "root"
        ledger = type(ledger).open(on_postgresql.address(tmp_path, user), "root", house.clock)
        assert ledger.actor == user
        assert approve(ledger, TEAM, named)[0].text == text
        ledger.close()
    with house.ledger().reading() as connection:
        actors = [row["body"]["actor"] for row in house.ledger().story(connection, 1)]
    assert actors == ["alice", "bob", "alice"]
    assert look(on_postgresql.address(tmp_path, "carol"), "root") == (True, "carol")


def test_another_role_is_no_other_person(tmp_path, on_postgresql):
    house = House(tmp_path)
    house.take_in()
    address = on_postgresql.address(tmp_path, "bob").replace("options=", "options=-crole%3Dalice%20")
    ledger = type(house.ledger()).open(address, "root", house.clock)
    with ledger.reading() as connection:
        assert connection.exec_driver_sql("SELECT current_user").scalar() == "alice"
    assert ledger.actor == "bob"
    ledger.close()


def test_a_look_makes_nothing(tmp_path, on_postgresql):
    house = House(tmp_path)
    assert look(house.address, "root") == (False, "alice")
    assert on_postgresql.tables(tmp_path) is None
    with pytest.raises(LedgerError, match="holds no ledger"):
        house.ledger(create=False)
    assert on_postgresql.tables(tmp_path) is None


def test_no_server(tmp_path):
    text = opened(f"postgresql://alice:hunter2@/ledgers?host={tmp_path}")
    assert text.startswith("postgresql://alice@/ledgers can't be used as a ledger: connection")
    assert "No such file or directory" in text


def test_a_wrong_password_and_no_password(server):
    text = opened(server.by_network(password="hunter2"))  # noqa: S106 - not the right one
    assert 'password authentication failed for user "alice"' in text
    assert "no password supplied" in opened(server.by_network().replace(f":{quote(PASSWORD, safe='')}", ""))


def test_an_unknown_database_and_user(server):
    assert 'database "none" does not exist' in opened(server.url(database="none"))
    assert 'role "nobody" does not exist' in opened(server.url("nobody"))


def test_no_schema_and_no_right_to_make_tables(server):
    assert "has no schema for the ledger" in opened(server.url(schema="nowhere"), create=True)
    schema = server.schema()
    text = opened(server.url("eve", schema=schema), create=True)
    assert "`eve` lacks a right there: permission denied for schema" in text
    assert "docs/execution.md" in text
    assert "holds no ledger" in opened(server.url(schema=schema))
    server.drop(schema)


def test_no_right_to_read(tmp_path, on_postgresql):
    house = House(tmp_path)
    house.take_in()
    assert "`eve` lacks a right there: permission denied for table" in opened(on_postgresql.address(tmp_path, "eve"))


def test_other_tables_are_no_ledger(server):
    schema = server.schema()
    for tables in ("customers (id text)", "alembic_version (version_num text)"):
        server.ask(f"CREATE TABLE {schema}.{tables}", user="alice")
        text = opened(server.url(schema=schema), create=True)
        assert text.endswith("is a database, but no ledger; give the ledger a database or a schema of its own")
    server.drop(schema)


def test_other_encodings_are_refused(server):
    server.ask("CREATE DATABASE old ENCODING 'LATIN1' TEMPLATE template0 OWNER alice")
    assert "can't hold every text: its encoding is LATIN1" in opened(server.url(database="old"), create=True)
    server.ask("DROP DATABASE old")


def test_a_server_that_does_not_write_to_the_disk_is_refused(server):
    schema = server.schema()
    server.ask("ALTER SYSTEM SET fsync = off")
    server.ask("SELECT pg_reload_conf()")
    try:
        deadline = time.monotonic() + 10
        while server.ask("SHOW fsync") != [("off",)] and time.monotonic() < deadline:
            time.sleep(0.02)
        assert "would lose what it has confirmed: its server runs with fsync off" in opened(
            server.url(schema=schema), create=True
        )
    finally:
        server.ask("ALTER SYSTEM RESET fsync")
        server.ask("SELECT pg_reload_conf()")
    while server.ask("SHOW fsync") != [("on",)]:
        time.sleep(0.02)
    server.drop(schema)


def test_commits_are_durable_whatever_the_user_usually_has(tmp_path, on_postgresql):
    on_postgresql.server.ask("ALTER ROLE alice SET synchronous_commit = off")
    try:
        assert on_postgresql.server.ask("SHOW synchronous_commit", user="alice") == [("off",)]
        with House(tmp_path).ledger().writing() as connection:
            assert connection.exec_driver_sql("SHOW synchronous_commit").scalar() == "on"
    finally:
        on_postgresql.server.ask("ALTER ROLE alice RESET synchronous_commit")


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://alice:hunter2@host:port/x",
        "postgresql+asyncpg://alice:hunter2@host/x",
        "mysql://alice:hunter2@host/x",
        "postgresql://alice:hunter2@127.0.0.1:1/x",
        "postgresql://alice@127.0.0.1:1/x?password=hunter2",
        "postgresql://alice@127.0.0.1:1/x?password=hunter2&bad=1",
        "postgresql://alice:hunter2@127.0.0.1:1/x?connect_timeout=hunter2",
        "host=127.0.0.1 port=1 password=hunter2",
        "host=127.0.0.1 port=1 PASSWORD = hunter2",
        "postgresql ://alice:hunter2@host/x",
        "postgresql://alice:hunter2@[::1/x",
        "sqlite://alice:hunter2@/x",
        "sqlite:///a.db?password=hunter2",
    ],
)
def test_passwords_are_never_said(address, tmp_path, monkeypatch, capsys, caplog):
    caplog.set_level(logging.DEBUG)
    monkeypatch.chdir(tmp_path)
    assert run(["ledger", "verify", "--ledger", address]) == 2
    said = capsys.readouterr()
    assert said.err.startswith("Error: ")
    assert said.err.count("\n") == 1
    assert "hunter2" not in said.out + said.err + caplog.text
    assert "hunter2" not in repr(parse("postgresql://alice:hunter2@h/x"))


def test_what_hides_a_password():
    url = parse("postgresql://a:two%20words@h/x?sslpassword=deep")
    assert shown(url) == "postgresql://a@h/x"
    assert hidden("said two words and deep", url) == "said *** and ***"
    assert hidden("postgresql://a:b@c@h/x failed") == "postgresql://***@h/x failed"


def test_the_password_stands_in_the_environment_and_not_in_the_ledger(tmp_path, server, monkeypatch, capsys):
    house = House(tmp_path, customers=1)
    with (tmp_path / "plan.json").open("w", encoding="utf-8", newline="\n") as stream:
        write_plan(house.plan, stream)
    schema = server.schema()
    bare = server.by_network().replace(f":{quote(PASSWORD, safe='')}", "") + f"?options=-csearch_path%3D{schema}"
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    command = ["execute", str(tmp_path / "plan.json"), "-s", str(tmp_path / "snapshot.yaml"), "--on", "2026-06-01"]
    command += ["--out", str(tmp_path / "outbox")]
    assert run([*command, "--ledger", bare]) == 0
    monkeypatch.delenv("PGPASSWORD")
    given = server.by_network() + f"?options=-csearch_path%3D{schema}"
    assert run([*command, "--ledger", given]) == 0
    assert run(["ledger", "list", "--ledger", given, "--format", "json"]) == 0
    said = capsys.readouterr()
    rows = str(server.ask(f"SELECT body FROM {schema}.payloads")) + str(server.ask(f"SELECT * FROM {schema}.actions"))
    files = "".join(path.read_text(encoding="utf-8", errors="replace") for path in house.out.rglob("*.*"))
    for secret in (PASSWORD, quote(PASSWORD, safe="")):
        assert secret not in said.out + said.err + rows + files
    server.drop(schema)


def test_the_extra_is_named_when_the_driver_is_missing(monkeypatch):
    real = builtins.__import__

    def without(name, *more):
        if name == "psycopg":
            raise ImportError(name)
        return real(name, *more)

    monkeypatch.setattr(builtins, "__import__", without)
    assert opened("postgresql://h/x").endswith("pip install 'dunning-policy-engine[postgres]'")


def test_two_that_start_at_once_make_the_tables_once(tmp_path, on_postgresql):
    house = House(tmp_path)
    address, errors = house.address, []
    barrier = threading.Barrier(4)

    def start():
        barrier.wait()
        try:
            open_database(address, create=True).dispose()
        except Exception as error:  # noqa: BLE001 - told below
            errors.append(error)

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert house.take_in().new == 3


def test_one_writes_at_a_time_and_readers_see_one_state(tmp_path, on_postgresql):
    house = House(tmp_path)
    house.take_in()
    reader, first, second = house.ledger(), house.ledger(), house.ledger("bob")
    order = []

    def plans(connection):
        return connection.exec_driver_sql("SELECT count(*) FROM plans").scalar()

    def write():
        with second.writing() as connection:
            order.append(("second", plans(connection)))

    with reader.reading() as before:
        assert plans(before) == 1
        with first.writing() as connection:
            waiting = threading.Thread(target=write)
            waiting.start()
            time.sleep(0.2)
            connection.exec_driver_sql(
                "INSERT INTO plans (identity, as_of, valid_until, policy, policy_digest, snapshot_digest, taken_at)"
                " SELECT 'x', as_of, valid_until, policy, policy_digest, snapshot_digest, taken_at FROM plans"
            )
            order.append(("first", plans(connection)))
        waiting.join()
        assert plans(before) == 1
    with reader.reading() as after:
        assert plans(after) == 2
    assert order == [("first", 2), ("second", 2)]


def test_ledgers_in_two_schemas_do_not_wait_for_each_other(tmp_path, on_postgresql):
    houses = [House(tmp_path / name, customers=1) for name in ("a", "b") if not (tmp_path / name).mkdir()]
    for house in houses:
        house.take_in()
    with houses[0].ledger().writing():
        assert houses[1].run().delivered == {"email": 1}


def test_a_reader_cannot_write(tmp_path, on_postgresql):
    house = House(tmp_path)
    house.take_in()
    with pytest.raises(LedgerError, match="can only be read"), house.ledger().reading() as connection:
        connection.exec_driver_sql("DELETE FROM payloads")


def test_a_lost_connection_is_one_line_on_stderr_whatever_the_driver_says(tmp_path, server):
    """In a process without any logging, cut in the middle of many rows."""
    script = f"""
import sqlalchemy as sa
from policy_engine.execution.database import open_database, writing
engine = open_database({server.url(schema=(schema := server.schema()))!r}, create=True)
with writing(engine) as connection:
    number = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()
    rows = [{{"n": n}} for n in range(2000)]
    cut = sa.text("SELECT CASE WHEN :n = 1000 THEN pg_terminate_backend(pg_backend_pid()) END")
    connection.execute(cut, rows)
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=50)
    assert done.stderr.splitlines()[-1].startswith(
        "policy_engine.execution.errors.LedgerLostError: the connection to the ledger"
    )
    assert "error ignored" not in done.stderr
    server.drop(schema)


def test_waiting_for_a_writer_ends(tmp_path, on_postgresql, monkeypatch):
    house = House(tmp_path)
    house.take_in()
    monkeypatch.setattr(postgresql, "_SESSION", "SELECT set_config('lock_timeout', '100ms', false)")
    second = house.ledger("bob")
    with house.ledger().writing(), pytest.raises(LedgerError, match="another worker has been writing for more than"):
        second.writing().__enter__()


def test_the_clock_is_the_servers(tmp_path, on_postgresql, monkeypatch):
    house = House(tmp_path)
    engine = house.ledger().engine
    assert abs(ahead(engine)) < timedelta(seconds=2)

    class Slow(postgresql.datetime):
        @classmethod
        def now(cls, zone=None):
            return super().now(zone) - timedelta(minutes=7)

    monkeypatch.setattr(postgresql, "datetime", Slow)
    assert abs(ahead(engine) - timedelta(minutes=7)) < timedelta(seconds=2)


class Cutting(Scripted):
    """An adapter in the middle of whose delivery something happens."""

    def __init__(self, happens, *, idempotent):
        super().__init__(idempotent=idempotent)
        self.happens = happens

    def deliver(self, job):
        receipt = super().deliver(job)
        if len(self.keys) == 2:
            self.happens()
        return receipt


@pytest.mark.parametrize("idempotent", [True, False], ids=["repeats", "cannot_repeat"])
def test_a_server_that_crashes_in_the_middle_of_a_run(tmp_path, on_postgresql, idempotent):
    house = House(tmp_path)
    house.take_in()
    server = on_postgresql.server
    adapter = Cutting(lambda: server.stop(immediate=True), idempotent=idempotent)
    with pytest.raises(LedgerError) as error:
        house.run(adapters=through(adapter, house), worker="here/x/1/1")
    assert "can't be used as a ledger" in str(error.value) or "was lost" in str(error.value)
    server.start()
    house.now += timedelta(minutes=6)  # the claim of a worker elsewhere lapses
    tally = house.run(adapters=through(adapter, house))
    if idempotent:
        assert (house.states(), len(set(adapter.keys))) == ({"delivered": 3}, 3)
    else:
        assert (house.states(), len(tally.in_doubt)) == ({"delivered": 2, "in_doubt": 1}, 1)
        assert len(adapter.keys) == len(set(adapter.keys)) == 3
    assert house.broken() == []


def test_a_connection_that_is_cut_between_transactions_is_made_anew(tmp_path, on_postgresql):
    house = House(tmp_path)
    house.take_in()
    server = on_postgresql.server

    def cut():
        server.ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'alice'")

    adapter = Cutting(cut, idempotent=False)
    assert house.run(adapters=through(adapter, house)).delivered == {"email": 3}


def test_a_connection_that_is_cut_in_a_transaction(tmp_path, on_postgresql):
    house = House(tmp_path)
    house.take_in()

    def cut(point):
        if point == "before_commit":
            on_postgresql.server.ask(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'idle in transaction'"
            )

    with pytest.raises(LedgerError, match=r"the connection to the ledger postgresql://alice@/ledgers was lost: "):
        house.run(reached=cut)
    assert house.states() == {"sending": 3}
    assert house.run(worker="another").tried == 0
    house.now += timedelta(minutes=6)
    assert house.run().delivered == {"email": 3}
    assert len(house.files()) == 3


def test_a_run_that_loses_its_ledger_says_so_in_one_line(tmp_path, on_postgresql, monkeypatch, capsys):
    house = House(tmp_path, customers=1)
    with (tmp_path / "plan.json").open("w", encoding="utf-8", newline="\n") as stream:
        write_plan(house.plan, stream)

    def deliver(self, job):
        on_postgresql.server.stop(immediate=True)
        return Receipt()

    monkeypatch.setattr("policy_engine.adapters.folder.FolderAdapter.deliver", deliver)
    monkeypatch.setattr("policy_engine.execution.again.PATIENCE", 0.1)
    command = ["execute", str(tmp_path / "plan.json"), "-s", str(tmp_path / "snapshot.yaml"), "--on", "2026-06-01"]
    try:
        assert run([*command, "--out", str(house.out), "--ledger", house.address]) == 2
    finally:
        on_postgresql.server.start()
    said = capsys.readouterr()
    assert said.err.startswith("Error: postgresql://alice@/ledgers can't be used as a ledger: connection")
    assert said.err.count("\n") == 1
    assert house.states() == {"sending": 1}


def test_the_rights_that_the_docs_give_are_enough_and_no_more(tmp_path, server):
    text = (ROOT / "docs/execution.md").read_text(encoding="utf-8")
    block = re.search(r"```sql\n(.*?)```", text, re.DOTALL)[1]
    before, after = (
        [line.split("--")[0].strip() for line in part.splitlines() if line.split("--")[0].strip()]
        for part in block.split("\\c dunning\n")
    )
    try:
        server.ask("CREATE ROLE nightly LOGIN")
        for statement in before:
            server.ask(statement)
        open_database(server.url("dunning_owner", database="dunning"), create=True).dispose()
        for statement in after:
            server.ask(statement, database="dunning")
        server.ask("GRANT dunning_reader TO eve", database="dunning")
        house = House(tmp_path, grave=1)
        house.place = Given(server.url("nightly", database="dunning"))
        house.take_in()
        assert house.run().delivered == {"email": 2}
        bob = Ledger.open(server.url("bob", database="dunning"), "root", house.clock)
        (grave,) = [action.id for action in house.plan.actions if action.approval]
        assert approve(bob, TEAM, [grave])[0].state == "awaiting_approval"
        assert house.broken() == []
        for statement in (
            "DELETE FROM transitions",
            "UPDATE transitions SET at = 'x'",
            "UPDATE payloads SET body = '{}'",
            "DELETE FROM payloads",
            "DELETE FROM actions",
        ):
            with pytest.raises(LedgerError, match="`bob` lacks a right"), bob.writing() as connection:
                connection.exec_driver_sql(statement)
        with pytest.raises(LedgerError, match="`bob` lacks a right"):
            purge(bob, date(2030, 1, 1))
        eve = Ledger.open(server.url("eve", database="dunning"), "root", house.clock)
        assert len(read_history(eve, {}).history) == 3
        with pytest.raises(LedgerError, match="`eve` lacks a right"), eve.writing() as connection:
            connection.exec_driver_sql("UPDATE actions SET state = 'approved'")
        owner = Ledger.open(server.url("dunning_owner", database="dunning"), "root", house.clock)
        assert purge(owner, date(2030, 1, 1)) == 2
        for ledger in (bob, eve, owner):
            ledger.close()
    finally:
        close_ledgers()
        server.ask("DROP DATABASE IF EXISTS dunning WITH (FORCE)")
        server.ask("DROP ROLE IF EXISTS nightly, dunning_owner, dunning_worker, dunning_reader")
