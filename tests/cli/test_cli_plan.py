"""`dunning plan` and `dunning explain`: results on stdout, findings on stderr, exit codes, nothing half written."""

import json

import jsonschema
import pytest

from policy_engine.plan.read import read_plan
from policy_engine.plan.schema import plan_schema


def write(path, value):
    path.write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")
    return path


def test_the_table_goes_to_stdout_and_the_plan_to_the_file(run, policy, snapshot, tmp_path):
    out = tmp_path / "deep" / "plan.json"
    done = run("plan", "-p", policy, "-s", snapshot, "-o", out)
    assert done.code == 0
    assert done.out.startswith("Dunning plan: policy small version 1, as of 2026-11-20")
    assert done.out.splitlines()[-1] == "actions: 1, invoices: 1, problems: 0, alerts: 0"
    assert done.err == f"plan written to {out}\n"
    plan = read_plan(out.read_text(encoding="utf-8"))
    assert [action.step for action in plan.actions] == ["courtesy_reminder"]
    jsonschema.validate(json.loads(out.read_text(encoding="utf-8")), plan_schema())
    assert [path.name for path in out.parent.iterdir()] == ["plan.json"]


def test_json_goes_to_stdout(run, policy, snapshot):
    done = run("plan", "-p", policy, "-s", snapshot, "--format", "json")
    assert done.code == 0
    assert read_plan(done.out).summary.invoices == 1
    assert done.err == ""


def test_json_with_a_file_leaves_stdout_empty(run, policy, snapshot, tmp_path):
    done = run("plan", "-p", policy, "-s", snapshot, "--format", "json", "-o", tmp_path / "plan.json")
    assert (done.code, done.out) == (0, "")


def test_french(run, policy, snapshot):
    assert run("plan", "-p", policy, "-s", snapshot, "--lang", "fr").out.startswith("Plan de relance :")


def test_two_runs_write_the_same_bytes(run, policy, snapshot, tmp_path):
    texts = []
    for name in ("a.json", "b.json"):
        assert run("plan", "-p", policy, "-s", snapshot, "-o", tmp_path / name).code == 0
        texts.append((tmp_path / name).read_bytes())
    assert texts[0] == texts[1]


@pytest.mark.parametrize("command", [("plan",), ("explain", "C1")])
def test_a_bad_policy_stops_everything(run, policy, snapshot, tmp_path, command):
    policy.write_text(policy.read_text(encoding="utf-8").replace("email", "e-mail"), encoding="utf-8")
    options = ["-o", tmp_path / "plan.json"] if command == ("plan",) else []
    done = run(*command, "-p", policy, "-s", snapshot, *options)
    assert (done.code, done.out) == (2, "")
    assert "policy.yaml:12:18: DUN1" in done.err
    assert not (tmp_path / "plan.json").exists()


def test_mistakes_in_both_are_shown_in_one_pass(run, policy, snapshot, data):
    policy.write_text(policy.read_text(encoding="utf-8").replace("email", "e-mail"), encoding="utf-8")
    write(snapshot, {**data, "manifest": {"as_of": "2026-11-31"}})
    done = run("plan", "-p", policy, "-s", snapshot)
    assert done.code == 2
    assert "policy.yaml:12:18: DUN1" in done.err
    assert "snapshot.json:1:" in done.err


@pytest.mark.parametrize("where", ["policy", "snapshot"])
def test_a_missing_file_is_unusable_input(run, policy, snapshot, tmp_path, where):
    paths = {"policy": policy, "snapshot": snapshot, where: tmp_path / "nowhere.yaml"}
    done = run("plan", "-p", paths["policy"], "-s", paths["snapshot"])
    assert (done.code, done.out) == (2, "")
    assert "nowhere.yaml" in done.err


def test_an_old_plan_stays_when_the_new_run_fails(run, policy, snapshot, tmp_path):
    out = write(tmp_path / "plan.json", "old")
    policy.write_text("dunning: 2", encoding="utf-8")
    assert run("plan", "-p", policy, "-s", snapshot, "-o", out).code == 2
    assert out.read_text(encoding="utf-8") == "old"


def test_a_file_that_cannot_be_written(run, policy, snapshot, tmp_path):
    write(tmp_path / "file", "")
    done = run("plan", "-p", policy, "-s", snapshot, "-o", tmp_path / "file" / "plan.json")
    assert done.code == 2
    assert "can't write" in done.err


def test_strict_fails_on_problems_only_when_asked(run, policy, snapshot, data):
    data["payments"] = [{"id": "P1", "customer": "C1", "date": "2026-13-01", "amount": "1", "currency": "EUR"}]
    write(snapshot, data)
    done = run("plan", "-p", policy, "-s", snapshot)
    assert done.code == 0
    assert done.out.splitlines()[-1] == "actions: 0, invoices: 1, problems: 1, alerts: 0"
    assert run("plan", "-p", policy, "-s", snapshot, "--strict").code == 1
    assert run("explain", "C1", "-p", policy, "-s", snapshot, "--strict").code == 1


def test_strict_fails_on_alerts(run, policy, snapshot, data):
    del data["contact_persons"]
    write(snapshot, data)
    assert run("plan", "-p", policy, "-s", snapshot).code == 0
    assert run("plan", "-p", policy, "-s", snapshot, "--strict").code == 1


def test_a_safeguard_stops_with_3_and_the_plan_is_written(run, policy, snapshot, tmp_path):
    policy.write_text(policy.read_text(encoding="utf-8") + "safeguards:\n  all: {max: 0}\n", encoding="utf-8")
    out = tmp_path / "plan.json"
    done = run("plan", "-p", policy, "-s", snapshot, "-o", out, "--strict")
    assert done.code == 3
    assert "STOPPED by the safeguard all.max: 1 found, 0 allowed" in done.out
    assert read_plan(out.read_text(encoding="utf-8")).stopped[0].safeguard == "all.max"


def test_as_of_stands_in_for_a_manifest(run, policy, snapshot, data):
    del data["manifest"]
    write(snapshot, data)
    assert run("plan", "-p", policy, "-s", snapshot).code == 2
    done = run("plan", "-p", policy, "-s", snapshot, "--as-of", "2026-11-20")
    assert done.code == 0
    assert "nothing vouches for the payments" in done.out
    assert "--as-of 2026-11-20" in done.out  # hints can be copied


@pytest.mark.parametrize("day", ["2026-02-30", "tomorrow", "1969-12-31", "\x1b[2J"])
def test_as_of_must_be_a_date(run, policy, snapshot, day):
    done = run("plan", "-p", policy, "-s", snapshot, "--as-of", day)
    assert done.code == 2
    assert "is not a date like 2026-11-22" in done.err
    assert "\x1b" not in done.err


def test_a_row_that_nobody_owns_stops_the_run_unless_accepted(run, policy, snapshot, data):
    data["payments"] = [{"id": "P1", "customer": "", "date": "2026-11-01", "amount": "1", "currency": "EUR"}]
    write(snapshot, data)
    assert run("plan", "-p", policy, "-s", snapshot).code == 2
    assert run("plan", "-p", policy, "-s", snapshot, "--accept-unattributed", "1").code == 0


def test_a_folder_of_versions_takes_the_one_in_force(run, policy, snapshot, tmp_path):
    folder = tmp_path / "versions"
    folder.mkdir()
    text = policy.read_text(encoding="utf-8")
    for version, force in ((1, "{to: 2026-10-31}"), (2, "{from: 2026-11-01}")):
        write(folder / f"v{version}.yaml", f"{text}version: {version}\neffective: {force}\n")
    done = run("plan", "-p", folder, "-s", snapshot)
    assert done.code == 0
    assert "policy small version 2" in done.out


def test_several_snapshots_add_up(run, policy, snapshot, data, tmp_path):
    desk = {"blocks": [{"id": "B1", "customer": "C1", "from": "2026-11-01", "reason": "asked by the sales team"}]}
    done = run("plan", "-p", policy, "-s", snapshot, "-s", write(tmp_path / "desk.json", desk))
    assert done.code == 0
    assert "asked by the sales team" in done.out


def test_explain_text_and_json_say_the_same(run, policy, snapshot):
    text = run("explain", "F1", "-p", policy, "-s", snapshot)
    assert text.code == 0
    assert text.out.startswith("Ateliers du Nord (C1), as of 2026-11-20")
    assert run("why", "F1", "-p", policy, "-s", snapshot).out == text.out
    done = run("explain", "F1", "-p", policy, "-s", snapshot, "--format", "json", "--lang", "fr")
    data = json.loads(done.out)
    assert data["invoices"][0]["outcome"] == "acted"
    assert data["invoices"][0]["why"] == "elle a atteint courtesy_reminder : courriel, envoi le 20/11/2026"


@pytest.mark.parametrize("command", [("plan",), ("why", "C1")])
def test_a_year_that_the_calendar_does_not_know_is_unusable(run, policy, snapshot, data, command):
    text = policy.read_text(encoding="utf-8")
    policy.write_text(f"{text}calendar: {{country: FR, weekend: [sat, sun]}}\n", encoding="utf-8")
    data["manifest"]["as_of"] = "2199-12-20"
    write(snapshot, data)
    done = run(*command, "-p", policy, "-s", snapshot)
    assert (done.code, done.out) == (2, "")
    assert "2199" in done.err
    assert "internal error" not in done.err


def test_explain_offers_the_nearest_name(run, policy, snapshot):
    done = run("why", "F11", "-p", policy, "-s", snapshot)
    assert (done.code, done.out) == (2, "")
    assert done.err == "Error: no customer and no invoice is called `F11`; did you mean `F1`?\n"


def test_hostile_names_do_not_reach_the_terminal(run, policy, snapshot, data):
    data["customers"][0]["name"] = "\x1b]0;x\x07[red]::error::\u202e=1+1"
    write(snapshot, data)
    for command in (("plan",), ("why", "C1")):
        done = run(*command, "-p", policy, "-s", snapshot)
        assert done.code == 0
        assert not any(bad in done.out + done.err for bad in ("\x1b", "\x07", "\u202e"))
        assert r"[red]:\x3aerror::" in done.out
