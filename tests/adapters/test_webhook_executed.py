"""`dunning execute` with `live: true` against a real receiver: killed, failed, run again; each id is effective once."""

import json
import os
import random
import signal
import subprocess
import sys
from datetime import date, timedelta

import pytest

from policy_engine.cli.main import run
from policy_engine.execution.adapters import Adapters
from tests.adapters.receiver import SECRET, Receiver, dies, local, operator_of, says, serving
from tests.execution.support import POLICY, ROOT, House, snapshot_text

CUSTOMERS = 12


@pytest.fixture(autouse=True)
def secrets(monkeypatch):
    monkeypatch.setenv("HOOK_SECRET", SECRET)


@pytest.fixture
def receiver():
    with serving(Receiver()) as found:
        yield found


class Office:
    """A folder with everything that the commands need, for today: nothing live may act as if it were another day."""

    def __init__(self, folder, settings, **more):
        self.folder = folder
        (folder / "policies").mkdir()
        policy = POLICY.replace("{country: FR}", "{country: FR, adjust: none}")
        (folder / "policies/small.yaml").write_text(policy, encoding="utf-8")
        today = date.today()  # noqa: DTZ011 - as the command's own
        text = snapshot_text(CUSTOMERS).replace("2026-06-01", f"{today}").replace("2026-05-31", f"{today}")
        text = text.replace("2026-05-22", f"{today - timedelta(days=10)}")
        text = text.replace("2026-04-22", f"{today - timedelta(days=40)}")
        (folder / "snapshot.yaml").write_text(text, encoding="utf-8")
        (folder / "operator").mkdir()
        operator_of(folder / "operator", settings, **more)
        self("plan", "-p", "policies/small.yaml", "-s", "snapshot.yaml", "-o", "plan.json")

    def start(self, *arguments):
        command = [sys.executable, str(ROOT / "cli.py"), *arguments]
        return subprocess.Popen(
            command, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip

    def __call__(self, *arguments, codes=(0,)):
        process = self.start(*arguments)
        out, errors = process.communicate(timeout=50)
        assert process.returncode in codes, errors.decode()
        return out.decode()

    EXECUTE = (
        "execute", "plan.json", "--ledger", "sqlite:///ledger.db", "-s", "snapshot.yaml", "-p", "policies/small.yaml",
        "--operator", "operator/operator.yaml", "--format", "json",
    )  # fmt: skip

    def expected(self):
        plan = json.loads((self.folder / "plan.json").read_text(encoding="utf-8"))
        return sorted(f"{action['id']}-1" for action in plan["actions"])


@pytest.mark.timeout(180)
def test_every_id_once_whatever_is_killed(tmp_path, receiver):
    office = Office(tmp_path, local(receiver))
    dice = random.Random(20261122)  # noqa: S311 - when to kill
    children = []

    def kills(*, effect):
        def step(handler, have):
            if effect:
                have()
            os.kill(children[-1].pid, signal.SIGKILL)
            handler.close_connection = True

        return step

    for turn in range(3):
        receiver.script = [says(200, effect=True)] * dice.randrange(1, 4) + [kills(effect=turn != 1)]
        children.append(office.start(*Office.EXECUTE))
        children[-1].communicate(timeout=50)
        assert children[-1].returncode == -signal.SIGKILL
    assert 0 < len(receiver.effects) < CUSTOMERS
    receiver.script = []
    office(*Office.EXECUTE)
    assert sorted(receiver.effects) == office.expected()
    assert len(receiver.seen) > CUSTOMERS  # what was under way was sent again, and done once
    listed = json.loads(office("ledger", "list", "--ledger", "sqlite:///ledger.db", "--format", "json"))
    assert [row["state"] for row in listed] == ["delivered"] * CUSTOMERS
    office("ledger", "verify", "--ledger", "sqlite:///ledger.db")
    seen = len(receiver.seen)
    office(*Office.EXECUTE)
    assert len(receiver.seen) == seen


def test_what_fails_on_purpose_is_done_once_in_the_end(tmp_path, receiver):
    """Answers of all kinds by chance, with a clock that goes on: all delivered, each once, nothing in doubt."""
    house = House(tmp_path, customers=CUSTOMERS)
    house.take_in()
    dice = random.Random(7)  # noqa: S311 - which answer
    steps = [
        says(429, ("Retry-After", "0")), says(503), says(500), says(502, effect=True), dies(effect=True),
        dies(effect=False), says(408), says(200, effect=True), says(200, effect=True), says(200, effect=True),
    ]  # fmt: skip
    operator = operator_of(tmp_path, local(receiver))
    for _ in range(40):
        receiver.script = [dice.choice(steps) for _ in range(CUSTOMERS)]
        house.run(operator=operator, adapters=Adapters(operator, house.out), worker="another machine")
        house.now += timedelta(minutes=30)
        if house.states() == {"delivered": CUSTOMERS}:
            break
    assert house.states() == {"delivered": CUSTOMERS}
    assert sorted(receiver.effects) == sorted(f"{action.id}-1" for action in house.plan.actions)
    assert len(receiver.seen) > 2 * CUSTOMERS
    assert house.broken() == []


def test_a_receiver_that_cannot_dedupe_is_asked_once(tmp_path, receiver):
    """Without an answer the action is in doubt, and a second run doesn't ask again."""
    house = House(tmp_path, customers=3)
    house.take_in()
    operator = operator_of(tmp_path, local(receiver, idempotent=False))
    receiver.script = [dies(effect=True), says(500), says(200, effect=True)]
    tally = house.run(operator=operator, adapters=Adapters(operator, house.out))
    assert [one.why.split(":")[0] for one in tally.in_doubt] == ["nobody answered", "nobody answered"]
    house.run(operator=operator, adapters=Adapters(operator, house.out))
    assert (house.states(), len(receiver.seen)) == ({"in_doubt": 2, "delivered": 1}, 3)


def test_a_wrong_endpoint_fails_nothing(tmp_path, receiver):
    house = House(tmp_path, customers=3)
    house.take_in()
    operator = operator_of(tmp_path, local(receiver))
    receiver.script = [says(301, ("Location", "https://elsewhere.example/"))]
    house.run(operator=operator, adapters=Adapters(operator, house.out))
    assert (house.states(), len(receiver.seen)) == ({"planned": 3}, 1)
    house.run(operator=operator, adapters=Adapters(operator, house.out))
    assert house.states() == {"delivered": 3}


@pytest.fixture
def command(tmp_path, monkeypatch, receiver):
    """The commands in this process, for a plan of a day long ago: what they print as JSON."""
    house = House(tmp_path, customers=3)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("policy_engine.cli.ledger_inputs.today", lambda: house.day)
    (tmp_path / "operator").mkdir()
    assert run(["plan", "-p", "policies/small.yaml", "-s", "snapshot.yaml", "-o", "plan.json"]) == 0

    def call(capsys, *arguments, **more):
        operator_of(tmp_path / "operator", more.pop("settings", None) or local(receiver), **more)
        capsys.readouterr()
        code = run([*arguments, "--operator", "operator/operator.yaml", "--format", "json"])
        return code, json.loads(capsys.readouterr().out)

    call.house = house
    return call


EXECUTE = ("execute", "plan.json", "--ledger", "sqlite:///ledger.db", "-s", "snapshot.yaml")


def test_a_run_that_can_do_nothing_yet_says_when_to_run_again(command, receiver, capsys):
    receiver.script = [says(429, ("Retry-After", "120"))]
    _, said = command(capsys, *EXECUTE)
    assert (len(said["tried_again_later"]), said["waiting_until"]["again"]["actions"]) == (3, 3)
    first = said["waiting_until"]["again"]["first"]
    assert run([*EXECUTE, "--operator", "operator/operator.yaml"]) == 0
    when = f"{first[:10]} {first[11:16]} UTC"
    assert f"0 delivered\n3 wait to be tried again; run again after {when}\n" in capsys.readouterr().out
    assert len(receiver.seen) == 1


def test_check_says_what_would_keep_it_from_working(command, receiver, capsys):
    code, said = command(capsys, "adapters", "check")
    assert (code, said["faults"]) == (0, [])
    code, said = command(capsys, "adapters", "check", settings=local(Receiver(port=1)))
    assert code == 1
    assert [(one["adapter"], one["fault"].split(":")[0]) for one in said["faults"]] == [("hook", "it can't be reached")]
    assert receiver.seen == []


def test_without_live_nothing_leaves(command, receiver, capsys):
    assert command(capsys, *EXECUTE, live=False)[1]["delivered"] == {"email": 3}
    assert (receiver.connections, len(command.house.files())) == (0, 3)


def test_a_trial_is_sent_as_one(command, receiver, capsys):
    trial = {"redirect_to": "trial@acme.example"}
    command(capsys, "adapters", "check", **trial)
    assert run(["adapters", "check", "--operator", "operator/operator.yaml"]) == 0
    assert "  email              hook  (a trial)\n" in capsys.readouterr().out
    assert run([*EXECUTE, "--operator", "operator/operator.yaml", "--dry-run"]) == 0
    shown = capsys.readouterr().out
    assert shown.count("trial@acme.example instead of") == 3
    assert shown.count("    by email through hook (a trial)\n") == 3
    assert "really sends" not in shown
    assert command(capsys, *EXECUTE, **trial)[1]["delivered"] == {"email": 3}
    assert {document["type"] for document in receiver.documents.values()} == {"dunning.trial"}
    assert sorted(receiver.effects) == sorted(f"trial-{action.id}-1" for action in command.house.plan.actions)


def test_the_ledger_keeps_status_and_id_and_no_secret(command, receiver, capsys, tmp_path):
    command(capsys, *EXECUTE)
    ledger = (tmp_path / "ledger.db").read_bytes()
    assert b'"status": "200"' in ledger or b'"status":"200"' in ledger
    assert SECRET.encode() not in ledger
    assert f"127.0.0.1:{receiver.port}".encode() not in ledger
