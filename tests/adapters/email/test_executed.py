"""Plans go out by e-mail: the whole command against a mail server, killed in the middle, refused, redirected."""

import json
import os
import subprocess
import sys
import time
from collections import Counter
from datetime import date
from email import message_from_bytes, policy

import pytest

from policy_engine.cli import ledger_inputs
from policy_engine.cli.main import run
from policy_engine.plan.canonical import write_plan
from tests.adapters.email.child import COMMAND
from tests.adapters.email.servers import PASSWORD, USER, Authority, Inbox, running
from tests.execution.support import DAY, ROOT, House, snapshot_text

OPERATOR = """\
operator: 1
live: true
sender: {{name: Acme SAS, email: accounts@acme.example}}
{more}
adapters:
  - name: mail
    uses: email
    channels: email
    settings: {{host: 127.0.0.1, port: {port}, security: none, timeout: 5, answer_timeout: 5{settings}}}
"""


@pytest.fixture
def house(tmp_path):
    made = House(tmp_path, customers=20)
    prepare(made)
    return made


def prepare(house):
    with (house.folder / "plan.json").open("w", encoding="utf-8", newline="\n") as stream:
        write_plan(house.plan, stream)


def operator(house, port, settings="", more=""):
    (house.folder / "ops").mkdir(exist_ok=True)
    text = OPERATOR.format(port=port, settings=f", {settings}" if settings else "", more=more)
    (house.folder / "ops" / "operator.yaml").write_text(text, encoding="utf-8")


def execute(house, monkeypatch, *more):
    monkeypatch.chdir(house.folder)
    monkeypatch.setattr(ledger_inputs, "today", lambda: DAY)
    return run([*COMMAND, *more])


def ids(inbox):
    return Counter(message_from_bytes(one.content)["Message-ID"] for one in inbox.taken)


def child(house):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "tests.adapters.email.child", str(house.folder)]
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def test_twenty_messages_leave_once_each_and_say_what_the_server_said(house, monkeypatch, capsys):
    inbox = Inbox()
    with running(inbox) as port:
        operator(house, port)
        assert execute(house, monkeypatch) == 0
        assert "20 delivered: 20 email" in capsys.readouterr().out
        assert execute(house, monkeypatch) == 0
    assert set(ids(inbox)) == {f"<{action.id}.1@acme.example>" for action in house.plan.actions}
    assert {envelope.rcpt_tos[0] for envelope in inbox.taken} == {f"c{number}@x.example" for number in range(1, 21)}
    message = message_from_bytes(inbox.taken[0].content, policy=policy.SMTP)
    assert (message["From"], message["To"]) == ("Acme SAS <accounts@acme.example>", "Anna 1 <c1@x.example>")
    assert "N-1" in message.get_body(("plain",)).get_content()
    assert run(["ledger", "show", house.plan.actions[0].id, "--ledger", "ledger.db", "--format", "json"]) == 0
    shown = capsys.readouterr().out
    receipt = json.loads(shown[shown.index("{") :])["transitions"][-1]["body"]["receipt"]
    own = f"<{house.plan.actions[0].id}.1@acme.example>"
    assert receipt == {"answer": "250 2.0.0 Ok: queued as 4F1A", "message_id": own}


@pytest.mark.parametrize("after", [1, 9])
def test_killed_in_the_middle_every_message_leaves_at_most_once(house, after):
    inbox = Inbox()
    with running(inbox) as port:
        operator(house, port)
        process = child(house)
        end = time.monotonic() + 50
        while len(inbox.taken) < after and process.poll() is None and time.monotonic() < end:
            time.sleep(0.001)
        process.kill()
        _, errors = process.communicate(timeout=50)
        assert process.returncode == -9, errors.decode()
        sent = len(inbox.taken)
        assert after <= sent < 20
        again = child(house)
        _, errors = again.communicate(timeout=50)
    states = house.states()
    doubtful = states.get("in_doubt", 0)
    assert again.returncode == (1 if doubtful else 0), errors.decode()
    assert doubtful <= 1
    assert states.get("delivered", 0) == 20 - doubtful
    assert set(ids(inbox).values()) == {1}
    assert 20 - doubtful <= len(inbox.taken) <= 20
    assert house.broken() == []


def test_what_nobody_answered_is_in_doubt_and_never_repeated(house, monkeypatch, capsys):
    class Hanging(Inbox):
        async def handle_DATA(self, server, session, envelope):  # noqa: N802
            await super().handle_DATA(server, session, envelope)
            server.transport.close()
            return "250 too late"

    inbox = Hanging()
    with running(inbox) as port:
        operator(house, port)
        assert execute(house, monkeypatch, "--only", "C-1") == 1
        assert "nobody answered: the message went to the mail server" in capsys.readouterr().out
        assert execute(house, monkeypatch, "--only", "C-1") == 1
    assert list(ids(inbox).values()) == [1]
    assert house.states() == {"in_doubt": 1, "planned": 19}


def test_a_wrong_password_fails_nothing(house, monkeypatch, capsys, tmp_path):
    authority = Authority(tmp_path)
    monkeypatch.setenv("DUNNING_SMTP", "wrong")
    secure = f"user: {USER}, password: env:DUNNING_SMTP, ca_file: {authority.pem}"
    with running(Inbox(), starttls=authority.context(), login=True) as port:
        operator(house, port, secure)
        file = house.folder / "ops" / "operator.yaml"
        file.write_text(file.read_text("utf-8").replace("security: none", "security: starttls"), encoding="utf-8")
        assert execute(house, monkeypatch) == 1
        told = capsys.readouterr().out
        assert "the adapter `mail` can't work, its actions wait" in told
        assert "refuses the login: 535" in told
        assert house.states() == {"planned": 20}
        monkeypatch.setenv("DUNNING_SMTP", PASSWORD)
        assert execute(house, monkeypatch) == 0
    assert house.states() == {"delivered": 20}


def test_greylisting_is_kept_in_the_ledger(house, monkeypatch, capsys):
    inbox = Inbox(rcpt=["450 4.2.0 Greylisted, try again in 900 seconds"] * 20)
    with running(inbox) as port:
        operator(house, port)
        assert execute(house, monkeypatch) == 0
        assert "20 tried again later" in capsys.readouterr().out
        assert execute(house, monkeypatch) == 0  # not before its time
        assert len(inbox.commands) == 40
    assert (inbox.taken, house.states()) == ([], {"planned": 20})


def test_a_trial_reaches_the_trial_address_alone(house, monkeypatch):
    inbox = Inbox()
    with running(inbox) as port:
        operator(house, port, "cc: boss@acme.example, bcc: archive@acme.example", "redirect_to: trial@acme.example")
        assert execute(house, monkeypatch) == 0
    assert {tuple(envelope.rcpt_tos) for envelope in inbox.taken} == {("trial@acme.example",)}
    message = message_from_bytes(inbox.taken[0].content, policy=policy.SMTP)
    first = message.get_body(("plain",)).get_content().splitlines()[0]
    assert first == "TRIAL: this message was meant for Anna 1, Customer 1, c1@x.example"
    assert message["Subject"].startswith("[TRIAL: Customer 1] ")
    assert b"boss" not in inbox.taken[0].content


def test_without_live_nothing_is_sent(house, monkeypatch):
    inbox = Inbox()
    with running(inbox) as port:
        operator(house, port)
        file = house.folder / "ops" / "operator.yaml"
        file.write_text(file.read_text("utf-8").replace("live: true", "live: false"), encoding="utf-8")
        assert execute(house, monkeypatch) == 0
    assert inbox.commands == []
    mails = sorted(house.folder.glob("outbox/*/email/*.eml"))
    assert len(mails) == 20
    assert message_from_bytes(mails[0].read_bytes())["From"] == '"Acme SAS"\r\n <accounts@acme.example>'


def test_check_greets_the_server_and_sends_nothing(house, monkeypatch, capsys):
    monkeypatch.chdir(house.folder)
    inbox = Inbox()
    with running(inbox, data_size_limit=3_000_000) as port:
        operator(house, port, "attach: [invoices, statement], bounces: {folder: returned}")
        assert run(["adapters", "check", "--operator", "ops/operator.yaml"]) == 1
        told = capsys.readouterr().err.splitlines()
        operator(house, port, "attach_mb: 2")
        assert run(["adapters", "check", "--operator", "ops/operator.yaml"]) == 0
    assert told == [
        "mail: the mail server takes messages of 3000000 octets: let `attach_mb` be 2 at most",
        "mail: invoices are to be attached, but the operator's file names no `documents`",
        "mail: the folder of bounces isn't there",
    ]
    assert inbox.commands == []
    operator(house, port)
    assert run(["adapters", "check", "--operator", "ops/operator.yaml"]) == 1
    assert "can't be reached: Connection refused" in capsys.readouterr().err


def test_invoices_and_statement_are_attached(house, monkeypatch, capsys, tmp_path):
    (tmp_path / "invoices").mkdir()
    for number in (1, 3):
        (tmp_path / "invoices" / f"N-{number}.pdf").write_bytes(b"%PDF " + bytes(400_000 * number))
    inbox = Inbox()
    with running(inbox) as port:
        documents = f"documents: {{folder: {tmp_path / 'invoices'}}}"
        operator(house, port, "attach: [invoices, statement], attach_mb: 1", documents)
        assert execute(house, monkeypatch, "--only", "C-1", "--only", "C-2", "--only", "C-3") == 0
    assert "e-mails without a file that was to be attached: 2" in capsys.readouterr().out
    attached = {}
    for envelope in inbox.taken:
        message = message_from_bytes(envelope.content, policy=policy.SMTP)
        attached[envelope.rcpt_tos[0]] = {
            part.get_filename(): part.get_content() for part in message.iter_attachments()
        }
    assert {to: list(files) for to, files in attached.items()} == {
        "c1@x.example": ["N-1.pdf", "statement-C-1.pdf"],
        "c2@x.example": ["statement-C-2.pdf"],
        "c3@x.example": ["statement-C-3.pdf"],
    }
    assert attached["c1@x.example"]["N-1.pdf"] == b"%PDF " + bytes(400_000)
    assert attached["c2@x.example"]["statement-C-2.pdf"].startswith(b"%PDF-1.7")
    assert receipts(house) == {
        "C-1": {"attached": "2"},
        "C-2": {"attached": "1", "not_attached": "N-2: no file"},
        "C-3": {"attached": "1", "not_attached": "N-3: too large"},
    }


def receipts(house):
    """What the receipts say about attachments, by customer."""
    ledger, found = house.ledger(), {}
    with ledger.reading() as connection:
        for number, action in enumerate(house.plan.actions, 1):
            body = ledger.story(connection, number)[-1]["body"]
            if "receipt" in body:
                said = {name: value for name, value in body["receipt"].items() if "attached" in name}
                found[action.customer] = said
    return found


def test_a_missing_invoice_may_refuse_the_message(house, monkeypatch, capsys, tmp_path):
    (tmp_path / "invoices").mkdir()
    inbox = Inbox()
    with running(inbox) as port:
        operator(house, port, "missing: refuse", f"documents: {{folder: {tmp_path / 'invoices'}}}")
        assert execute(house, monkeypatch, "--only", "C-1") == 1
    assert "not to be attached: N-1: no file" in capsys.readouterr().out
    assert inbox.commands == []


SECOND = """\
      - name: second_reminder
        stage: reminder
        days: 20
        channel: email
      - name: formal_notice
"""


def test_the_second_message_about_an_invoice_answers_to_the_first(tmp_path, monkeypatch):
    house = House(tmp_path, customers=1)
    text = house.policy_file.read_text("utf-8").replace("      - name: formal_notice\n", SECOND)
    house.policy_file.write_text(text, encoding="utf-8")
    inbox = Inbox()
    with running(inbox) as port:
        operator(house, port)
        for day, attempt in ((date(2026, 6, 1), "first"), (date(2026, 6, 15), "second")):
            monkeypatch.chdir(tmp_path)
            monkeypatch.setattr(ledger_inputs, "today", lambda day=day: day)
            shown = snapshot_text(1).replace("as_of: 2026-06-01", f"as_of: {day}").replace("2026-05-31", str(day))
            (tmp_path / "snapshot.yaml").write_text(shown, encoding="utf-8")
            past = ["--history", "ledger.db"] if attempt == "second" else []
            planned = ["plan", "-p", "policies/small.yaml", "-s", "snapshot.yaml", "-o", "plan.json", *past]
            assert run(planned) == 0
            assert run([*COMMAND]) == 0
    first, second = (message_from_bytes(one.content) for one in inbox.taken)
    assert first["In-Reply-To"] is None
    assert second["In-Reply-To"] == second["References"] == first["Message-ID"]
    assert second["Message-ID"] != first["Message-ID"]
