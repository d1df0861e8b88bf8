"""The command line itself: help, usage, validate, schema, and that nothing ends in a traceback."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from policy_engine import __version__
from policy_engine.cli import main

ROOT = Path(__file__).parent.parent.parent


def dunning(*arguments, **options):
    return subprocess.run(
        [sys.executable, str(ROOT / "cli.py"), *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=50,
        check=False,
        **options,
    )


@pytest.mark.parametrize("command", [[], *([name] for name in main.COMMANDS)])
def test_help_has_an_example(run, command):
    done = run(*command, "--help")
    assert done.code == 0
    assert "Example: dunning " in done.out
    assert done.err == ""


def test_version(run):
    assert run("--version").out == f"dunning, version {__version__}\n"


def test_help_loads_nothing_heavy():
    code = (
        "import sys; from policy_engine.cli.main import run; run(['--help']); "
        "print(sorted({'pydantic', 'yaml', 'rich', 'jsonschema', 'babel', 'holidays'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["plna"], "no command `plna`; did you mean `plan`?"),
        (["plan"], "Missing option '-p'"),
        (["plan", "-p", "x", "-s", "y", "--nope"], "No such option"),
        (["validate"], "Missing argument"),
        (["plan", "-p", "x", "-s", "y", "--lang", "de"], "'de' is not one of"),
        (["\x1b[2J"], "no command `\\x1b[2J`"),
    ],
)
def test_wrong_usage_exits_2(run, arguments, said):
    done = run(*arguments)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert "\x1b" not in done.err


def test_validate_a_good_policy(run, policy):
    done = run("validate", policy, "--as-of", "2026-11-20")
    assert (done.code, done.err) == (0, "")
    assert done.out == "1 policy: no findings\n"


def test_validate_shows_every_finding_with_its_place(run, policy):
    text = policy.read_text(encoding="utf-8").replace("email", "e-mail").replace("days: 3", "days: three")
    policy.write_text(text, encoding="utf-8")
    done = run("validate", policy)
    assert done.code == 1
    assert "policy.yaml:11:15: DUN1" in done.err
    assert "policy.yaml:12:18: DUN1" in done.err
    assert done.err.splitlines()[-1] == "2 errors"


def test_validate_json_holds_what_the_text_shows(run, policy):
    policy.write_text(policy.read_text(encoding="utf-8").replace("email", "e-mail"), encoding="utf-8")
    done = run("validate", policy, "--format", "json")
    assert done.code == 1
    (finding,) = json.loads(done.out)["findings"]
    assert (finding["line"], finding["column"], finding["severity"]) == (12, 18, "error")


def test_validate_resolved_prints_a_policy_that_is_good_itself(run, policy, tmp_path):
    done = run("validate", policy, "--resolved")
    assert done.code == 0
    again = tmp_path / "again.yaml"
    again.write_text(done.out, encoding="utf-8")
    assert run("validate", again).code == 0


def test_validate_strict_fails_on_warnings(run, policy):
    text = policy.read_text(encoding="utf-8")
    more = text.replace("days: 3", "days: 3\n        when: not (customer.contract_rate > 5)")
    policy.write_text(more, encoding="utf-8")
    done = run("validate", policy)
    assert done.code == 0
    assert "warning: " in done.err
    assert run("validate", policy, "--strict").code == 1


@pytest.mark.parametrize("content", [None, b"\xff\xfe\xfa"])
def test_validate_a_file_that_cannot_be_read_exits_2(run, tmp_path, content):
    path = tmp_path / "p.yaml"
    if content is not None:
        path.write_bytes(content)
    done = run("validate", path)
    assert done.code == 2
    assert "DUN00" in done.err


def test_validate_several_policies_at_once(run, policy, tmp_path):
    bad = tmp_path / "bad.yaml"
    bad.write_text("dunning: 1\n", encoding="utf-8")
    done = run("validate", policy, bad)
    assert done.code == 1
    assert "bad.yaml:1:" in done.err


@pytest.mark.parametrize("format_", ["json", "sarif", "junit", "github", "markdown"])
def test_validate_in_every_format_to_stdout_or_to_a_file(run, policy, tmp_path, format_):
    policy.write_text(policy.read_text(encoding="utf-8").replace("email", "e-mail"), encoding="utf-8")
    done = run("validate", policy, "--format", format_)
    assert (done.code, done.err) == (1, "")
    assert "e-mail" in done.out
    file = tmp_path / "out" / "report"
    again = run("validate", policy, "--format", format_, "--output", file)
    assert (again.code, again.out) == (1, "")
    assert file.read_text(encoding="utf-8") == done.out
    assert "policy.yaml:12:18: DUN1" in again.err
    assert again.err.endswith(f"1 error\nreport written to {file}\n")


@pytest.mark.parametrize("content", [None, b"\xff\xfe\xfa", b"dunning: [1\n", b"- 1\n"])
def test_validate_writes_valid_sarif_and_junit_of_files_that_are_no_policy(run, tmp_path, content):
    from tests.reporting.samples import checked_junit, checked_sarif

    path = tmp_path / "p q.yaml"
    if content is not None:
        path.write_bytes(content)
    done = run("validate", path, "--format", "sarif")
    results = checked_sarif(done.out)["runs"][0]["results"]
    assert [result["level"] for result in results] == ["error"]
    assert done.code == (2 if content is None or content[0] == 0xFF else 1)
    document = checked_junit(run("validate", path, "--format", "junit").out)
    assert document.get("errors" if done.code == 2 else "failures") == "1"


def test_validate_paths_are_seen_from_the_workspace_of_the_runner(run, policy, monkeypatch):
    from tests.reporting.samples import checked_sarif

    policy.write_text(policy.read_text(encoding="utf-8").replace("email", "e-mail"), encoding="utf-8")
    monkeypatch.chdir(policy.parent)
    monkeypatch.setenv("GITHUB_WORKSPACE", str(policy.parent.parent))
    (result,) = checked_sarif(run("validate", "policy.yaml", "--format", "sarif").out)["runs"][0]["results"]
    where = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert where == f"{policy.parent.name}/policy.yaml"
    monkeypatch.setenv("GITHUB_WORKSPACE", "/somewhere/else")
    shown = run("validate", "policy.yaml", "--format", "github").out
    assert shown.startswith("::error file=policy.yaml,line=12,col=18,")


def test_validate_resolved_json_has_the_policy(run, policy):
    data = json.loads(run("validate", policy, "--resolved", "--format", "json").out)
    assert (data["verdict"], data["findings"]) == ("passed", [])
    assert data["resolved"][0] == run("validate", policy, "--resolved").out


def test_schemas_are_listed_printed_and_written(run, tmp_path):
    listed = run("schema").out.splitlines()
    assert [line.split()[0] for line in listed[:3]] == ["policy", "plan", "snapshot"]
    assert json.loads(run("schema", "plan").out)["title"] == "Dunning plan"
    assert run("schema", "--write", tmp_path).code == 0
    assert len(list(tmp_path.glob("*.schema.json"))) == len(listed)
    done = run("schema", "plann")
    assert done.code == 2
    assert "did you mean `plan`?" in done.err


def test_schema_of_plans_in_the_repository_is_the_one_the_code_gives(run):
    assert run("schema", "plan").out == (ROOT / "schemas" / "plan.schema.json").read_text(encoding="utf-8")


def test_schema_checks_plans_and_snapshots(run, policy, snapshot, tmp_path):
    plan = tmp_path / "plan.json"
    assert run("plan", "-p", policy, "-s", snapshot, "-o", plan).code == 0
    good = run("schema", "--check", plan)
    assert good.code == 0
    assert "fits the schema `plan`, identity " in good.out
    assert run("schema", "--check", snapshot).code == 0
    text = plan.read_text(encoding="utf-8")
    plan.write_text(text.replace('"1200.00"', '"1200.01"'), encoding="utf-8")
    edited = run("schema", "--check", plan)
    assert edited.code == 2
    assert "the plan was edited" in edited.err
    plan.write_text(text.replace('"rank":', '"rang":'), encoding="utf-8")
    wrong = run("schema", "--check", plan)
    assert wrong.code == 1
    assert "actions/0: " in wrong.out


@pytest.mark.parametrize("content", ["", "[" * 100_000, '"text"', "{}"])
def test_schema_check_of_something_else(run, tmp_path, content):
    path = tmp_path / "x.json"
    path.write_text(content, encoding="utf-8")
    assert run("schema", "--check", path).code == 2
    assert run("schema", "--check", tmp_path / "nowhere").code == 2


def test_an_internal_error_is_one_line_to_report(run, monkeypatch, policy, snapshot):
    def broken(*_args, **_options):
        raise ZeroDivisionError("boom\n\x1b[31m")

    monkeypatch.setattr("policy_engine.api.evaluate", broken)
    done = run("plan", "-p", policy, "-s", snapshot)
    assert (done.code, done.out) == (4, "")
    assert done.err.startswith(r"internal error: ZeroDivisionError: boom\n\x1b[31m at cli/plan.py:")
    assert done.err.endswith("please report this line with the command you ran\n")
    assert done.err.count("\n") == 1


def test_a_reader_that_goes_away_is_no_error(policy, snapshot):
    command = f'"{sys.executable}" "{ROOT / "cli.py"}" plan -p "{policy}" -s "{snapshot}" --format json'
    done = subprocess.run(  # noqa: S602
        f"set -o pipefail; {command} | true",
        shell=True,
        executable="/bin/bash",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    assert done.returncode == 0


def test_a_real_process_in_another_locale_and_directory(policy, snapshot, tmp_path):
    texts = set()
    for locale in ("C", "C.UTF-8", "POSIX"):
        env = {**os.environ, "LC_ALL": locale, "TZ": "Pacific/Kiritimati", "PYTHONHASHSEED": "7", "PYTHONUTF8": "0"}
        done = dunning("plan", "-p", policy, "-s", snapshot, "--lang", "fr", env=env, cwd=tmp_path)
        assert (done.returncode, done.stderr) == (0, "")
        texts.add(done.stdout)
    assert len(texts) == 1
    assert "Balance âgée" in texts.pop()


def test_colour_is_for_terminals_without_no_color(monkeypatch):
    from policy_engine.cli import inputs

    class Terminal:
        def isatty(self):
            return True

    monkeypatch.setattr(inputs.sys, "stdout", Terminal())
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert inputs.wants_colour()
    monkeypatch.setenv("NO_COLOR", "1")
    assert not inputs.wants_colour()
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert not inputs.wants_colour()
    monkeypatch.setattr(inputs.sys, "stdout", object())
    assert not inputs.wants_colour()


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "No space left on device; make room"),
        (ModuleNotFoundError("No module named 'sqlalchemy'", name="sqlalchemy"), "dunning-policy-engine[ledger]"),
    ],
)
def test_full_disk_and_missing_extra_are_no_internal_errors(monkeypatch, capsys, error, said):
    def fail(*_):
        raise error

    monkeypatch.setattr(main.app, "invoke", fail)
    assert main.run(["payee", "show"]) == main.USAGE
    told = capsys.readouterr().err
    assert said in told
    assert "internal error" not in told
