"""Messages that come back: sent through a server, bounced into a folder or a mailbox, returned in the ledger, once."""

import json
from email import message_from_bytes

import pytest

from policy_engine.adapters.email.adapter import returned_to
from policy_engine.adapters.email.address import read_address
from policy_engine.cli.main import run
from policy_engine.plan.canonical import write_plan
from tests.adapters.email.imap import PASSWORD, USER, ImapServer
from tests.adapters.email.servers import Authority, Inbox, running
from tests.adapters.email.support import ACTION
from tests.adapters.email.test_executed import execute, operator
from tests.adapters.email.test_reports import data
from tests.execution.support import House


@pytest.fixture
def house(tmp_path):
    made = House(tmp_path, customers=3)
    with (tmp_path / "plan.json").open("w", encoding="utf-8", newline="\n") as stream:
        write_plan(made.plan, stream)
    (tmp_path / "ops" / "back").mkdir(parents=True)
    return made


def bounce(sample, action):
    """A sample that names another action."""
    bounces = read_address("bounces@acme.example")
    old, new = (returned_to(bounces, one, 1).split("@")[0].partition("+")[2].upper() for one in (ACTION, action))
    return data(sample).replace(ACTION.encode(), action.encode()).replace(old.encode(), new.encode())


def told(capsys):
    out = capsys.readouterr().out
    return json.loads(out[out.index("{") :])


def test_a_bounce_in_a_folder_returns_its_message_once(house, monkeypatch, capsys):
    first, second, third = (action.id for action in house.plan.actions)
    back = house.folder / "ops" / "back"
    inbox = Inbox()
    with running(inbox) as port:
        operator(house, port, "bounces: {folder: back}, bounce_to: bounces@acme.example, verp: true")
        assert execute(house, monkeypatch) == 0
        envelopes = {one.mail_from for one in inbox.taken}
        assert envelopes == {
            returned_to(read_address("bounces@acme.example"), one, 1) for one in (first, second, third)
        }
        (back / "a.eml").write_bytes(bounce("postfix_failed", first))
        (back / "b.eml").write_bytes(bounce("postfix_delayed", second))
        (back / "c.eml").write_bytes(bounce("postfix_failed", "e" * 64))  # forged: nobody knows it
        (back / "d.eml").write_bytes(bounce("verp_only", third))
        (back / "e.eml").write_bytes(bounce("out_of_office", second))
        capsys.readouterr()
        assert execute(house, monkeypatch, "--format", "json") == 0
        came = told(capsys)["came_back"]
        assert [one["action"] for one in came["returned"]] == [first, third]
        assert came["returned"][0]["why"].startswith("5.1.1 smtp; 550 5.1.1 <address>: Recipient address rejected")
        assert [one["action"] for one in came["delayed"]] == [second]
        assert [one["key"] for one in came["changing_nothing"]] == [f"{'e' * 64}-1"]
        assert execute(house, monkeypatch, "--format", "json") == 0
        again = told(capsys)["came_back"]
        assert (again["returned"], again["delayed"], again["changing_nothing"]) == ([], [], [])
        (back / "again.eml").write_bytes(bounce("postfix_failed", first))
        assert execute(house, monkeypatch, "--format", "json") == 0
        assert told(capsys)["came_back"]["known"] == 1
    assert house.states() == {"returned": 2, "delivered": 1}
    assert len(inbox.taken) == 3
    assert sorted(path.relative_to(back).as_posix() for path in back.rglob("*.eml")) == [
        "done/a.eml", "done/again.eml", "done/b.eml", "done/c.eml", "done/d.eml", "other/e.eml",
    ]  # fmt: skip
    assert house.broken() == []


def test_a_bounce_in_a_mailbox_returns_its_message(house, monkeypatch, capsys, tmp_path):
    authority = Authority(tmp_path)
    monkeypatch.setenv("DUNNING_IMAP", PASSWORD)
    first = house.plan.actions[0].id
    inbox = Inbox()
    messages = {4: b"Subject: a question\r\n\r\nwhy?\r\n", 5: bounce("gmail_failed", first).replace(b"\n", b"\r\n")}
    with running(inbox) as port, ImapServer(authority.context(), messages) as server:
        mailbox = f"host: 127.0.0.1, port: {server.port}, user: {USER}, password: 'env:DUNNING_IMAP'"
        operator(house, port, f"bounces: {{imap: {{{mailbox}, ca_file: {authority.pem}}}}}")
        assert execute(house, monkeypatch, "--format", "json") == 0
        assert told(capsys)["came_back"]["changing_nothing"]  # it had not left yet when it came back: forged
        server.seen.clear()
        command = ["adapters", "returns", "--ledger", "sqlite:///ledger.db", "--operator", "ops/operator.yaml"]
        assert run(command) == 0
        assert "1 came back: it waits for another address, so correct it" in capsys.readouterr().out
        assert server.seen == {5}
        assert run(command) == 0
        assert "nothing new came back (mail)" in capsys.readouterr().out
    assert house.states() == {"returned": 1, "delivered": 2}


def test_a_mailbox_that_cannot_be_read_stops_no_message(house, monkeypatch, capsys, tmp_path):
    authority = Authority(tmp_path)
    monkeypatch.setenv("DUNNING_IMAP", "wrong")
    inbox = Inbox()
    with running(inbox) as port, ImapServer(authority.context(), {}) as server:
        mailbox = f"host: 127.0.0.1, port: {server.port}, user: {USER}, password: 'env:DUNNING_IMAP'"
        operator(house, port, f"bounces: {{imap: {{{mailbox}, ca_file: {authority.pem}}}}}")
        assert execute(house, monkeypatch) == 1
    out = capsys.readouterr().out
    assert "the adapter `mail` can't be asked: the mailbox server" in out
    assert "refuses the login" in out
    assert "3 delivered" in out
    assert len(inbox.taken) == 3
    assert message_from_bytes(inbox.taken[0].content)["Auto-Submitted"] == "auto-generated"
