"""`dunning test` as a command: paths, exit codes, formats, the gate on coverage."""

import json
from pathlib import Path

import pytest

from policy_engine.cli.main import run
from policy_engine.language.load import load_policy
from policy_engine.testing.find import find_tests
from tests.testing.support import HEAD, POLICY

ROOT = Path(__file__).resolve().parents[2]
PASSES = "  - {name: One action, given: {invoice: {days_late: 3}}, expect: {actions: [{step: first}]}}\n"
FAILS = "  - {name: none expected, given: {invoice: {days_late: 3}}, expect: {actions: []}}\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.yaml").write_text(POLICY, encoding="utf-8")
    (tmp_path / "small.test.yaml").write_text(HEAD + PASSES, encoding="utf-8")
    return tmp_path


def test_tests_are_found_beside_a_policy_and_below_folders(folder: Path) -> None:
    for name in ("tests/small.test.yaml", "tests/small/a/b.test.yaml", "tests/other/c.test.yaml", ".git/d.test.yaml"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("x", encoding="utf-8")
    (folder / "tests" / "notes.yaml").write_text("x", encoding="utf-8")

    def found(*paths: str) -> list[str]:
        files, wrong = find_tests([Path(path) for path in paths])
        assert wrong == ()
        return [path.as_posix() for path in files]

    assert found("small.yaml") == ["small.test.yaml", "tests/small.test.yaml", "tests/small/a/b.test.yaml"]
    assert found(".") == ["small.test.yaml", *found("tests")]
    assert found("tests") == ["tests/small.test.yaml", "tests/other/c.test.yaml", "tests/small/a/b.test.yaml"]
    assert found("small.test.yaml", "small.yaml")[0] == "small.test.yaml"
    assert len(found("small.test.yaml", "small.yaml")) == 3
    assert {Path(path).name for path in found("pack:minimal")} == {"ladder.test.yaml"}


def test_tests_beside_policies_are_no_policies(folder: Path) -> None:
    loaded = load_policy(folder)
    assert loaded.policy is not None
    assert loaded.diagnostics == ()


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([], 0),
        (["small.yaml"], 0),
        (["small.test.yaml", "-k", "ONE"], 0),
        (["--min-coverage", "10"], 0),
        (["--min-coverage", "12"], 0),
        (["--min-coverage", "95"], 1),
        (["-p", "pack:minimal"], 1),
        (["-k", "nothing like it"], 2),
        (["nowhere"], 2),
        (["nowhere.test.yaml"], 2),
        (["-p", "nowhere.yaml"], 2),
        (["pack:nothing"], 2),
        (["--min-coverage", "101"], 2),
    ],
)
def test_exit_codes(folder: Path, arguments: list[str], code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["test", *arguments]) == code
    out, err = capsys.readouterr()
    assert out + err
    assert "Traceback" not in out + err


def test_a_failure_and_a_file_that_cannot_be_used(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "fails.test.yaml").write_text(HEAD + FAILS, encoding="utf-8")
    assert run(["test"]) == 1
    assert "2 tests in 2 files: 1 passed, 1 failed" in capsys.readouterr().out
    (folder / "broken.test.yaml").write_text("dunning_test: 1\n", encoding="utf-8")
    assert run(["test"]) == 2
    assert "2 tests in 3 files: 1 passed, 1 failed, 1 file can't be used" in capsys.readouterr().out
    (folder / "sub").mkdir()
    assert run(["test", "sub"]) == 2
    assert "DUN701 `sub` has no tests" in capsys.readouterr().err


def test_json_has_cases_and_coverage(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "fails.test.yaml").write_text(HEAD + FAILS, encoding="utf-8")
    assert run(["test", "--coverage", "--format", "json"]) == 1
    data = json.loads(capsys.readouterr().out)
    assert data["verdict"] == "failed"
    assert [case["outcome"] for suite in data["suites"] for case in suite["cases"]] == ["failed", "passed"]
    failed = data["suites"][0]["cases"][0]
    assert (failed["expected"], failed["got"][:14]) == ("nothing", "first by email")
    assert "why F-1:" in failed["detail"]
    (coverage,) = data["coverage"]
    assert (coverage["rules"], coverage["reached"], coverage["percent"]) == (9, 2, "22.2")
    assert coverage["missed"][0] == {
        "kind": "segment", "name": "big", "branch": "", "file": "small.yaml", "line": 5,
    }  # fmt: skip


def test_the_packs_are_covered_wholly(capsys: pytest.CaptureFixture[str]) -> None:
    for pack in ("fr-b2b", "minimal"):
        assert run(["test", f"pack:{pack}", "--min-coverage", "95"]) == 0
        assert "can't" not in capsys.readouterr().out
