"""The commands, end to end: exit codes, refusals, dry run, approvals by roles, `plan --history`."""

import json
import shutil
from datetime import date
from pathlib import Path

import pytest

from policy_engine.cli.inputs import shown
from policy_engine.cli.main import run
from policy_engine.execution.kinds import Surroundings
from policy_engine.plan.canonical import write_plan
from tests.execution.support import POLICY, House, snapshot_text

pytestmark = pytest.mark.usefixtures("database")
DAY = ("--on", "2026-06-01")


@pytest.fixture
def house(tmp_path, monkeypatch):
    house = House(tmp_path, customers=3, grave=1)
    with (tmp_path / "plan.json").open("w", encoding="utf-8", newline="\n") as stream:
        write_plan(house.plan, stream)
    (tmp_path / "ops").mkdir()
    monkeypatch.chdir(tmp_path)
    house.log_in(monkeypatch, "alice")
    return house


def operator(text):
    Path("ops/operator.yaml").write_text(
        "operator: 1\nroles: {credit_manager: [alice, bob]}\n" + text, encoding="utf-8"
    )
    return ("--operator", "ops/operator.yaml")


def execute(house, *more, plan="plan.json", snapshot="snapshot.yaml"):
    return run(["execute", plan, "--ledger", house.address, "-s", snapshot, *more])


def test_dry_run_then_execute_then_again(house, capsys):
    assert execute(house, *DAY, "--dry-run") == 0
    assert capsys.readouterr().out.splitlines()[-2:] == [
        "2 would leave: 2 email; nothing was written",
        "     1 waits for approval by 2 x credit_manager",
    ]
    assert house.place.tables(house.folder) is None
    assert not Path("outbox").exists()
    assert execute(house, *DAY, "--format", "json") == 0
    data = json.loads(capsys.readouterr().out)
    assert data["delivered"] == {"email": 2}
    assert data["standing"] == {"awaiting_approval": 1, "delivered": 2}
    assert data["head"]["transitions"] == 7
    assert execute(house, *DAY) == 0
    assert capsys.readouterr().out.splitlines()[0] == "0 delivered"
    head = data["head"]["hash"]
    assert run(["ledger", "verify", "--ledger", house.address, "--head", head]) == 0
    capsys.readouterr()
    assert run(["ledger", "verify", "--ledger", house.address, "--head", head[:12]]) == 2  # no alarm: it is cut short
    assert f"`{head[:12]}` is no head: it is all 64 characters" in capsys.readouterr().err
    assert run(["ledger", "verify", "--ledger", house.address, "--head", head[::-1]]) == 1
    assert "1 place is not as recorded" in capsys.readouterr().out


def test_a_word_that_chooses_nothing_is_told(house, capsys):
    """Customers of plan or ledger, steps, channels and beginnings of ids choose; a misspelt one would be silent."""
    (first, *_) = house.plan.actions
    words = ("--only", "C-2", "--only", "C-99", "--only", "remider", "--only", "task", "--only", first.id[:6])
    told = [
        f"warning: --only {word}: no action, customer, step or channel is called so" for word in ("C-99", "remider")
    ]
    assert execute(house, *DAY, "--dry-run", *words) == 0
    assert capsys.readouterr().err.splitlines() == told
    assert execute(house, *DAY, *words) == 0
    assert capsys.readouterr().err.splitlines() == told
    assert house.states() == {"awaiting_approval": 1, "delivered": 1, "planned": 1}
    assert execute(house, *DAY, "--only", first.id[:5]) == 0
    assert f"--only {first.id[:5]}: no action" in capsys.readouterr().err


def test_what_must_be_looked_at_stands_out_on_a_terminal_alone(monkeypatch):
    assert shown("1 failed", grave=True) == "1 failed"
    monkeypatch.setattr("policy_engine.cli.inputs.on_terminal", lambda stream: True)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert shown("1 failed", grave=True) == "\x1b[31m\x1b[1m1 failed\x1b[0m"
    assert shown("2 delivered") == "\x1b[1m2 delivered\x1b[0m"
    monkeypatch.setenv("NO_COLOR", "1")
    assert shown("1 failed", grave=True) == "1 failed"


def test_progress_is_for_people_at_a_terminal(house, capsys, monkeypatch):
    assert execute(house, *DAY, "--only", "C-2") == 0
    assert "of 3 delivered" not in capsys.readouterr().err
    monkeypatch.setattr("policy_engine.cli.execute.on_terminal", lambda stream: True)
    assert execute(house, *DAY, "--format", "json") == 0
    seen = capsys.readouterr()
    assert "\r1 of 3 delivered" in seen.err
    assert json.loads(seen.out)["delivered"] == {"email": 1}


def test_dry_run_shows_the_facts_that_would_leave(house, capsys):
    assert execute(house, *DAY, "--dry-run", "--format", "json", "--only", "C-2") == 0
    (action,) = json.loads(capsys.readouterr().out)["actions"]
    assert (action["would_leave"], action["adapter"]) == (True, "folder")
    assert action["facts"]["contacts"][0]["email"] == "c2@x.example"


def test_plan_history_is_empty_after_everything_was_executed(house, capsys):
    execute(house, *DAY)
    capsys.readouterr()
    command = ["plan", "-p", "policies/small.yaml", "-s", "snapshot.yaml", "--format", "json"]
    assert run([*command, "--history", house.address]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["actions"] == []
    assert sorted(row["reason"] for row in data["outcomes"]) == ["already_today", "already_today", "pending"]
    assert data["header"]["versions"]["ledger"] == house.head().hash
    assert run([*command, "--history", "none.db"]) == 2
    assert "there is no ledger none.db" in capsys.readouterr().err


def test_edited_stale_foreign_and_future_plans_are_refused(house, capsys):
    text = (house.folder / "plan.json").read_text(encoding="utf-8")
    (house.folder / "edited.json").write_text(text.replace('"total":"100.00"', '"total":"900.00"'), encoding="utf-8")
    house.read(snapshot_text(3, grave=1, amount="101.00"), "other.yaml")
    cases = [
        (("--on", "2026-06-01"), {"plan": "edited.json"}, "the plan was edited"),
        (("--on", "2026-06-04"), {}, "the plan is stale: it was valid until 2026-06-03"),
        (("--on", "2026-05-31"), {}, "the plan is of a day to come: 2026-06-01, today is 2026-05-31"),
        (DAY, {"snapshot": "other.yaml"}, "the plan was made from another snapshot"),
        (DAY, {"plan": "snapshot.yaml"}, "not a JSON document"),
        (DAY, {"plan": "none.json"}, "No such file"),
        ((*DAY, "--override", "all", "--reason", "x"), {}, "the safeguard `all` didn't stop this plan"),
        ((*DAY, "--override", "all"), {}, "--override needs --reason"),
        ((*DAY, "--shard", "3/2"), {}, "is not a share like 1/4"),
    ]
    for more, where, message in cases:
        assert execute(house, *more, **where) == 2, message
        assert message in capsys.readouterr().err
    assert not Path("outbox").exists()
    assert house.place.tables(house.folder) is None or house.states() == {}


def test_a_stopped_plan_needs_a_word_of_somebody_who_may(house, capsys):
    text = POLICY + "safeguards:\n  all: {max: 1, max_share: 1}\n"
    (house.folder / "policies" / "small.yaml").write_text(text, encoding="utf-8")
    assert run(["plan", "-p", "policies/small.yaml", "-s", "snapshot.yaml", "-o", "stopped.json"]) == 3
    word = ("--override", "all", "--reason", "the backlog is known")
    assert execute(house, *DAY, plan="stopped.json") == 3
    assert execute(house, *DAY, *word, plan="stopped.json") == 3
    assert "`alice` may not override a safeguard" in capsys.readouterr().err
    may = operator("rights: {override: credit_manager}\n")
    assert execute(house, *DAY, *word, *may, plan="stopped.json") == 0
    first = next(action for action in house.plan.actions if action.customer == "C-2")
    assert run(["ledger", "show", first.id, "--ledger", house.address]) == 0
    assert "by alice; overrides all; the backlog is known\n" in (out := capsys.readouterr().out)
    assert f"by alice; file: 2026-06-01/email/C-2_reminder_{first.id[:12]}-1.json\n" in out
    with house.ledger().reading() as connection:
        body = house.ledger().story(connection, 1)[0]["body"]
    assert (body["overridden"], body["reason"]) == (["all"], "the backlog is known")


def test_approvals_and_the_story_of_an_action(house, capsys, monkeypatch):
    execute(house, *DAY)
    grave = next(action.id for action in house.plan.actions if action.approval)
    rest = ["--ledger", house.address, *operator("")]
    monkeypatch.setattr("policy_engine.cli.ledger_inputs.today", lambda: house.day)
    assert run(["approve", grave[:10], *rest, "--by", "checked the file"]) == 0
    assert run(["approve", grave[:10], *rest]) == 1
    house.log_in(monkeypatch, "bob")
    rest = ["--ledger", house.address, *operator("")]
    assert run(["approve", grave[:10], *rest]) == 0
    assert execute(house, *DAY, *operator("")) == 0
    capsys.readouterr()
    assert run(["ledger", "show", grave[:10], "--ledger", house.address, "--format", "json"]) == 0
    story = json.loads(capsys.readouterr().out)["transitions"]
    assert [one["after"] for one in story] == [
        "awaiting_approval", "awaiting_approval", "approved", "sending", "delivered",
    ]  # fmt: skip
    assert [one["body"]["actor"] for one in story] == ["alice", "alice", "bob", "bob", "bob"]
    assert story[1]["body"]["remark"] == "checked the file"
    assert run(["ledger", "list", "--state", "delivered", "--ledger", house.address]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "3 actions"


def test_who_decides_sees_what_it_is_about(house, capsys, monkeypatch):
    monkeypatch.setattr("policy_engine.cli.ledger_inputs.today", lambda: house.day)
    who = operator("payee: {name: Acme SAS, iban: FR14 2004 1010 0505 0001 3M02 606}\nsender: {name: Acme SAS}\n")
    execute(house, *DAY, *who, "-p", "policies/small.yaml")
    (grave,) = [action for action in house.plan.actions if action.approval]
    capsys.readouterr()
    assert run(["ledger", "show", grave.id[:10], "--ledger", house.address]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:8] == [
        f"{grave.id}, attempt 1: awaiting approval; asks 2 x credit_manager",
        "  customer  C-1 Customer 1",
        "  step      formal_notice (formal_notice) by registered_letter",
        "  total     100.00 EUR",
        "  invoices  1: N-1",
        "  payee     Acme SAS, account ending in 2606",
        "  wording   templates:en/formal_notice.jinja",
        "  send on   2026-06-01, its plan is valid until 2026-06-03",
    ]
    asked = "2026-06-16 if it leaves on 2026-06-01, 2026-06-17 if it leaves on 2026-06-02, 2026-06-18 if it leaves"
    assert lines[8] == f"  pay by    {asked} on 2026-06-03; its messages bear the day on which they leave"
    assert lines[10].startswith("registered_letter: FORMAL NOTICE")
    assert any(line.startswith("| ") and "2606" in line for line in lines)
    assert run(["ledger", "show", grave.id[:10], "--ledger", house.address, "--format", "json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["about"]["payee"] == {"holder": "Acme SAS", "last_four": "2606"}
    assert "100.00" in data["messages"]["registered_letter"]["text"]
    assert run(["approve", grave.id[:10], "--ledger", house.address, *who]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{grave.id[:12]}  approved by one; it takes 2 people", *lines[1:9],
    ]  # fmt: skip
    assert run(["approve", grave.id[:10], "--ledger", house.address, *who, "--format", "json"]) == 1
    (refused,) = json.loads(capsys.readouterr().out)
    assert refused["about"] == data["about"]


def test_void_reject_resolve(house, capsys):
    execute(house, *DAY, "--only", "C-2")
    ids = {action.customer: action.id for action in house.plan.actions}
    rest = ["--ledger", house.address, *operator("rights: {void: credit_manager, resolve: credit_manager}\n")]
    assert run(["void", ids["C-2"], "--reason", "wrong text", *rest]) == 0
    assert run(["reject", ids["C-1"], "--until", "2200-01-01", *rest]) == 0
    assert run(["resolve", ids["C-3"], "--as", "failed", *rest]) == 1
    assert "is planned, not in doubt" in capsys.readouterr().err
    assert house.states() == {"planned": 1, "rejected": 1, "voided": 1}


def test_what_cannot_be_done_is_said_in_a_sentence(house, capsys):
    execute(house, *DAY)
    rest = ["--ledger", house.address]
    who = operator("rights: {void: credit_manager, returned: credit_manager}\n")
    assert run(["ledger", "show", "zzzzzz", *rest]) == 2
    assert capsys.readouterr().err == "Error: `zzzzzz` names no action of the ledger\n"
    assert run(["approve", "zzzzzz", *rest, *who]) == 1
    assert capsys.readouterr().err == "zzzzzz  names no action of the ledger\n"
    (grave,) = [action for action in house.plan.actions if action.approval]
    assert run(["approve", grave.id, *rest, *who, "--on", "2026-06-04"]) == 1
    late = "can't be approved any more: its plan was valid until 2026-06-03; the next plan asks again"
    assert capsys.readouterr().err == f"{grave.id[:12]}  {late}\n"
    for command in ("void", "returned"):
        assert run([command, grave.id, "--reason", " ", *rest, *who]) == 2
        assert "'--reason': it is empty: say why in a few words" in capsys.readouterr().err


def test_a_newer_snapshot_beside_the_plans(house, capsys):
    house.read(snapshot_text(3, grave=1).replace("c2@x", "new@x"), "newer.yaml")
    assert execute(house, *DAY, "--newer", "newer.yaml") == 0
    assert "changed since the plan: address" in capsys.readouterr().out


def test_on_is_refused_when_live_and_the_file_must_lie_elsewhere(house, capsys):
    assert execute(house, *DAY, *operator("live: true\n")) == 2
    assert "--on is for trials" in capsys.readouterr().err
    operator("")
    shutil.copy("ops/operator.yaml", "policies/operator.yaml")
    assert execute(house, *DAY, "--operator", "policies/operator.yaml") == 2
    assert "DUN955" in capsys.readouterr().err


def test_adapters_check(house, capsys):
    payee = "payee: {name: Acme SAS, iban: FR14 2004 1010 0505 0001 3M02 606}\n"
    assert run(["adapters", "check", *operator(payee)]) == 0
    out = capsys.readouterr().out
    assert "IBAN ending in 2606" in out
    assert "FR14" not in out
    bad = operator("adapters: [{name: box, uses: fax}]\n")
    assert run(["adapters", "check", *bad]) == 2
    assert "no adapter is called `fax`" in capsys.readouterr().err


def test_purge(house, capsys):
    execute(house, *DAY)
    assert run(["ledger", "purge", "--older-than", "2026-06-02", "--ledger", house.address]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "2 actions closed before 2026-06-02 purged"
    assert run(["ledger", "purge", "--older-than", "soon", "--ledger", house.address]) == 2
    assert run(["ledger", "verify", "--ledger", house.address]) == 0


def test_decisions_on_another_day_are_for_trials(house, capsys, monkeypatch):
    """Today is long after the plan: approved as of its own day it leaves; never so once anything is live."""
    execute(house, *DAY)
    grave = next(action.id for action in house.plan.actions if action.approval)
    sent = [action.id for action in house.plan.actions if not action.approval]
    rights = "rights: {void: credit_manager, returned: credit_manager, resolve: credit_manager}\n"
    rest = ["--ledger", house.address, *operator(rights)]
    monkeypatch.setattr("policy_engine.cli.ledger_inputs.today", lambda: date(2027, 1, 1))
    assert run(["approve", grave[:10], *rest]) == 1
    assert "its plan was valid until 2026-06-03" in capsys.readouterr().err
    assert run(["approve", grave[:10], *rest, *DAY]) == 0
    assert run(["reject", grave[:10], *rest, *DAY, "--until", "2026-06-05"]) == 0
    assert run(["returned", sent[0][:10], *rest, *DAY, "--reason", "unknown"]) == 0
    assert run(["void", sent[1][:10], *rest, *DAY, "--reason", "wrong"]) == 0
    assert run(["resolve", sent[1][:10], *rest, *DAY, "--as", "failed"]) == 1
    with house.ledger().reading() as connection:
        days = connection.exec_driver_sql("SELECT DISTINCT decided_on FROM actions").fetchall()
    assert [tuple(row) for row in days] == [("2026-06-01",)]
    capsys.readouterr()
    live = ["--ledger", house.address, *operator("live: true\n")]
    why = ["--reason", "x"]
    for verb, *more in (["approve"], ["reject"], ["resolve", "--as", "failed"], ["void", *why], ["returned", *why]):
        assert run([verb, grave[:10], *live, *DAY, *more]) == 2
        assert "--on is for trials: this operator's file says `live: true`" in capsys.readouterr().err


def test_live_deliveries_that_nobody_serves_are_said_to_lie_in_the_folder(house, capsys, monkeypatch):
    monkeypatch.setattr("policy_engine.cli.inputs.today", lambda: house.day)
    monkeypatch.setattr("policy_engine.cli.ledger_inputs.today", lambda: house.day)
    assert execute(house, *operator("live: true\n")) == 0
    sent = sum(action.approval is None for action in house.plan.actions)
    said = " ".join(capsys.readouterr().out.split())
    lie = "lies" if sent == 1 else "lie"
    assert f"{sent} {lie} in the folder only: {sent} email: no adapter of the operator's file serves that" in said


def test_a_folder_that_the_operator_names_is_where_they_are_meant_to_lie(house, capsys, monkeypatch):
    monkeypatch.setattr("policy_engine.cli.inputs.today", lambda: house.day)
    monkeypatch.setattr("policy_engine.cli.ledger_inputs.today", lambda: house.day)
    box = "live: true\nadapters: [{name: box, uses: folder, settings: {path: box}}]\n"
    assert execute(house, *operator(box), "--format", "json") == 0
    assert json.loads(capsys.readouterr().out)["only_in_the_folder"] == {}


def test_another_day_is_refused_on_a_ledger_with_real_deliveries(house, capsys, monkeypatch):
    """Whoever names a file of his own, without `live`, finds the ledger's own word."""
    monkeypatch.setattr("policy_engine.cli.inputs.today", lambda: house.day)
    monkeypatch.setattr("policy_engine.cli.ledger_inputs.today", lambda: house.day)
    assert execute(house, *operator("live: true\n")) == 0
    grave = next(action.id for action in house.plan.actions if action.approval)
    assert run(["approve", grave[:10], "--ledger", house.address, *operator(""), *DAY]) == 2
    assert "--on is for trials: this ledger holds real deliveries" in capsys.readouterr().err


def test_adapters_check_asks_also_those_that_wait_for_live(house, capsys, tmp_path):
    """One works, one has no mail server; nothing is live."""
    mail = "{name: post_office, uses: email, channels: email, settings: {host: 127.0.0.1, port: 1, attach: []}}"
    box = "{name: box, uses: folder, settings: {path: box}}"
    who = operator(
        f"sender: {{name: Acme SAS, address: [1 Street, Paris], email: ar@acme.example}}\nadapters: [{mail}, {box}]\n"
    )
    assert run(["adapters", "check", *who]) == 1
    shown = capsys.readouterr()
    assert "post_office        email     used when live: 1 to set right; email" in shown.out
    assert "box                folder    used: ok; whatever nobody else serves" in shown.out
    assert "  email              box" in shown.out
    assert shown.err.startswith("post_office: ")
    assert run(["adapters", "check", *who, "--only", "box"]) == 0
    assert "post_office" not in capsys.readouterr().out
    assert run(["adapters", "check", *who, "--only", "fax"]) == 2
    assert "no adapter is called `fax`; there are `post_office`, `box`" in capsys.readouterr().err
    assert run(["adapters", "check", *who, "--format", "json"]) == 1
    data = json.loads(capsys.readouterr().out)
    assert [(one["name"], one["used"], len(one["faults"])) for one in data["adapters"]] == [
        ("post_office", False, 1), ("box", True, 0),
    ]  # fmt: skip


def test_paths_are_shown_without_a_way_up(tmp_path):
    around = Surroundings(tmp_path / "op")
    assert around.at("letters") == tmp_path / "op" / "letters"
    assert around.at("../letters") == tmp_path / "letters"
    assert around.at("/srv/hot/../letters") == Path("/srv/letters")
    (tmp_path / "far" / "deep").mkdir(parents=True)
    (tmp_path / "op").symlink_to(tmp_path / "far" / "deep")  # the way up leads to where the link leads
    assert around.at("../letters") == (tmp_path / "far" / "letters").resolve()
