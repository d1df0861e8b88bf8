"""`dunning simulate` as people call it: formats, files, kept snapshots, exit codes, everything wrong in one pass."""

import json
from pathlib import Path

import pytest

import policy_engine as pe
from policy_engine.cli.main import run
from policy_engine.snapshot.tables import TABLES
from tests.simulation.support import LADDER, SNAPSHOT

SCENARIO = "scenario: 1\nname: test\ndays: 12\nrules: [{customers: C-1, pays: {days: 7}}]\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    Path("p.yaml").write_text(LADDER.format(name="plain", valid_for=2, consolidate="customer"), encoding="utf-8")
    other = LADDER.format(name="later", valid_for=2, consolidate="customer")
    Path("q.yaml").write_text(other.replace("stage: reminder, days: 3", "stage: reminder, days: 5"), encoding="utf-8")
    Path("s.yaml").write_text(SNAPSHOT, encoding="utf-8")
    Path("c.yaml").write_text(SCENARIO, encoding="utf-8")
    return tmp_path


def call(capsysbinary, *arguments):
    code = run(["simulate", "-p", "p.yaml", "-s", "s.yaml", "-c", "c.yaml", *arguments])
    out, err = capsysbinary.readouterr()
    return code, out.decode(), err.decode()


def test_text_to_the_terminal(folder, capsysbinary):
    code, out, err = call(capsysbinary, "-p", "q.yaml")
    assert code == 0
    assert err.startswith("q.yaml:25:15: DUN402 warning")  # warnings of policies are said, and stop nothing
    assert out.startswith("Simulation: test, 12 days from 2026-06-01 to 2026-06-12\n")
    assert "Where B first differs from A (2 customers)" in out


def test_french(folder, capsysbinary):
    code, out, _ = call(capsysbinary, "-p", "q.yaml", "--lang", "fr")
    assert code == 0
    assert "Où B diffère d'abord de A (2 clients)" in out


def test_json_and_csv_to_files(folder, capsysbinary):
    assert call(capsysbinary, "--format", "json", "-o", "out/r.json")[:2] == (0, "")
    assert json.loads(Path("out/r.json").read_text(encoding="utf-8"))["dunning_simulation"] == 1
    assert call(capsysbinary, "--format", "csv", "--table", "actions", "-o", "out/a.csv")[:2] == (0, "")
    assert Path("out/a.csv").read_text(encoding="utf-8").splitlines()[1].startswith("A,plain,2026-06-03,delivered,C-1")
    code, out, _ = call(capsysbinary, "--format", "csv")
    assert code == 0
    assert out.startswith("label,policy,week,")


def test_fewer_days(folder, capsysbinary):
    code, out, _ = call(capsysbinary, "--days", "2", "--format", "json")
    assert code == 0
    assert json.loads(out)["last"] == "2026-06-02"


@pytest.mark.parametrize("days", ["0", "-3", "1101"])
def test_horizons_that_cannot_be(folder, capsysbinary, days):
    code, out, err = call(capsysbinary, "--days", days)
    assert (code, out) == (2, "")
    assert "out of bounds: 1 to 1100 days can be planned" in err


def test_kept_snapshots_are_planned_by_hand(folder, capsysbinary):
    code, out, _ = call(capsysbinary, "-p", "q.yaml", "--keep-snapshots", "kept", "--format", "json")
    assert code == 0
    for place, name in enumerate(("A-plain", "B-later")):
        policy = pe.load_policy("pq"[place] + ".yaml")
        mornings = sorted(path.name for path in Path("kept", name).iterdir())
        assert mornings == [f"2026-06-{day:02d}" for day in range(1, 13)]
        days = json.loads(out)["policies"][place]["days"]
        for morning, day in zip(mornings, days, strict=True):
            plan = pe.evaluate(policy, pe.read_snapshot(Path("kept", name, morning), policy=policy))
            assert (day["day"], day["planned"]) == (plan.as_of.isoformat(), len(plan.actions))
    code, _, err = call(capsysbinary, "--keep-snapshots", "kept")
    assert code == 2
    assert "isn't empty" in err


def test_a_safeguard_stops_with_3_and_an_override_goes_on(folder, capsysbinary):
    text = Path("p.yaml").read_text(encoding="utf-8")
    guarded = text.replace("penalties:", "safeguards: {steps: {reminder: {max: 0}}}\npenalties:")
    Path("p.yaml").write_text(guarded, encoding="utf-8")
    code, out, _ = call(capsysbinary)
    assert code == 3
    assert "STOPPED on 2026-06-03" in out
    code, out, _ = call(capsysbinary, "--override", "reminder.max")
    assert code == 0
    assert "safeguards overridden: reminder.max" in out


def test_everything_wrong_in_one_pass(folder, capsysbinary):
    Path("c.yaml").write_text(SCENARIO.replace("C-1", "C-7") + "rulez: []\n", encoding="utf-8")
    code, out, err = call(capsysbinary)
    assert (code, out) == (2, "")
    assert "c.yaml:4:21: DUN905" in err
    assert "c.yaml:5:1: DUN101" in err
    Path("p.yaml").write_text("dunning: 1\n", encoding="utf-8")
    Path("s.yaml").write_text("customers: 1\n", encoding="utf-8")
    code, _, err = call(capsysbinary, "-c", "nowhere.yaml")
    assert code == 2
    assert {"p.yaml", "s.yaml", "nowhere.yaml"} == {line.split(":")[0] for line in err.splitlines() if ": DUN" in line}


def test_too_many_policies(folder, capsysbinary):
    code, _, err = call(capsysbinary, *["-p", "q.yaml"] * 8)
    assert code == 2
    assert "at most 8 policies" in err


def test_a_column_that_only_one_policy_needs(folder, capsysbinary):
    text = Path("q.yaml").read_text(encoding="utf-8")
    Path("q.yaml").write_text(text.replace("segments:", "attributes: {customer: {region: text}}\nsegments:"))
    code, _, err = call(capsysbinary, "-p", "q.yaml")
    assert code == 2
    assert "`region`" in err


def test_progress_only_for_people(folder, capsysbinary, monkeypatch):
    monkeypatch.setattr("policy_engine.cli.simulate.on_terminal", lambda stream: True)
    _, _, err = call(capsysbinary)
    assert "\rday 12 of 12 ...\n" in err


def test_help_has_an_example(capsysbinary):
    code = run(["simulate", "--help"])
    out, _ = capsysbinary.readouterr()
    assert code == 0
    assert b"dunning simulate -p policies/fr-b2b.yaml" in out


def test_every_table_of_kept_snapshots_is_a_table(folder, capsysbinary):
    call(capsysbinary, "--keep-snapshots", "kept")
    names = {path.stem for path in Path("kept/A-plain/2026-06-12").glob("*.csv")}
    assert {"customers", "invoices", "payments", "history"} <= names <= set(TABLES)


@pytest.mark.timeout(300)
def test_assumed_rates_are_kept_for_the_plans_by_hand(tmp_path, monkeypatch, capsysbinary):
    """By January nobody knows the new half-year's rate: the plan by hand takes the assumed one from the folder."""
    root = Path(__file__).resolve().parents[2]
    monkeypatch.chdir(root)
    kept = tmp_path / "kept"
    arguments = ["-p", "policies/fr-b2b.yaml", "-s", "examples/twelve", "-c", "examples/scenarios/nobody-pays.yaml"]
    code = run(["simulate", *arguments, "--days", "80", "--keep-snapshots", str(kept), "--format", "json"])
    data = json.loads(capsysbinary.readouterr()[0])
    assert code == 0
    assert data["assumed_rate"] == {"from": "2027-01-01", "table": "ecb_mro"}
    policy = pe.load_policy("policies/fr-b2b.yaml", rates=kept / "rates")
    without = pe.load_policy("policies/fr-b2b.yaml")
    missing = 0
    for day in data["policies"][0]["days"][-16:]:
        snapshot = pe.read_snapshot(kept / "A-fr-b2b" / day["day"], policy=policy)
        assert len(pe.evaluate(policy, snapshot).actions) == day["planned"]
        missing += pe.evaluate(without, snapshot).summary.missing_rate
    assert missing


def test_three_policies_fit_on_eighty_columns(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In French, where names are longest: stages that don't fit stand below each other, no date is broken."""
    root = Path(__file__).parents[2]
    monkeypatch.setenv("COLUMNS", "80")
    policies = [
        root / name for name in ("policies/fr-b2b.yaml", "policies/minimal.yaml", "examples/backlog/policy.yaml")
    ]
    given = [word for path in policies for word in ("-p", str(path))]
    scenario = root / "examples" / "scenarios" / "nobody-pays.yaml"
    options = ("-s", str(root / "examples" / "twelve"), "-c", str(scenario), "--days", "9", "--lang", "fr")
    assert run(["simulate", *given, *options]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    start = next(place for place, line in enumerate(lines) if line.startswith("Actions par semaine"))
    weeks = lines[start + 1 : lines.index("", start)]
    assert {line.split()[0] for line in weeks} == {"semaine", "26/10/2026", "02/11/2026"}
