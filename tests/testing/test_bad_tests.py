"""Test files that are wrong, each with everything that is said about it; `UPDATE_GOLDEN=1` writes it anew."""

import os
import re
from pathlib import Path

import pytest

from policy_engine.reporting.render import FORMATS, render
from policy_engine.reporting.rules import rules
from policy_engine.testing.load import load_suite
from policy_engine.testing.policies import Policies
from policy_engine.testing.report import tests_report as report_of
from policy_engine.testing.results import SuiteResult
from policy_engine.testing.run import Runner, run_suite

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "tests" / "bad" / "policy_test"
NAMES = sorted(path.stem for path in FOLDER.glob("*.yaml") if path.stem != "small")


@pytest.fixture(autouse=True)
def _beside_the_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FOLDER)


def judged(name: str) -> SuiteResult:
    return run_suite(load_suite(Path(f"{name}.yaml")), Runner(Policies()))


def rendered(result: SuiteResult) -> str:
    """Every diagnostic, test by test; nothing passes or fails in these files."""
    lines = [found.render() for found in result.diagnostics]
    for case in result.cases:
        lines.append(f"== {case.status} {case.name}".encode("unicode_escape").decode())
        lines += [found.render() for found in case.diagnostics]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("name", NAMES)
def test_a_bad_test_file_is_explained_as_expected(name: str) -> None:
    result = judged(name)
    said = rendered(result)
    golden = FOLDER / f"{name}.expected"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(said, encoding="utf-8")
    assert golden.read_text(encoding="utf-8") == said
    assert not any(case.status == "passed" for case in result.cases)
    assert result.diagnostics or any(case.diagnostics for case in result.cases)
    assert "\x1b" not in said
    assert "\u202e" not in said


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("name", NAMES)
def test_what_is_said_can_be_said_in_every_format(name: str, format_: str) -> None:
    text = render(report_of([judged(name)], (), None, "1"), format_)
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_there_is_no_orphan() -> None:
    assert len(NAMES) >= 20
    assert {path.stem for path in FOLDER.glob("*.expected")} == set(NAMES)


def test_every_code_has_a_golden_and_an_entry() -> None:
    emitted = {
        code
        for path in (ROOT / "policy_engine" / "testing").glob("*.py")
        for code in re.findall(r"\"(DUN7\d\d)\"", path.read_text(encoding="utf-8"))
    }
    assert len(emitted) >= 13
    diagnosed = {code for code in emitted if code < "DUN720"}
    shown = {code for path in FOLDER.glob("*.expected") for code in re.findall(r"DUN7\d\d", path.read_text("utf-8"))}
    assert diagnosed - shown == set()
    assert {code for code in rules() if code.startswith("DUN7")} == emitted
