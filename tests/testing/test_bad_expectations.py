"""Every folder of tests/bad/policy_test_failing: tests of `tests.yaml` that fail, and the report, word for word.

With `least.txt` the rules that no test reaches are told too. `UPDATE_GOLDEN=1` writes the expected texts.
"""

from pathlib import Path

import pytest

from policy_engine.reporting.render import render
from policy_engine.testing.coverage import Coverage
from policy_engine.testing.load import load_suite
from policy_engine.testing.policies import Policies
from policy_engine.testing.report import tests_report as report_of
from policy_engine.testing.run import Runner, run_suite
from tests.bad_commands import cases_in, check_text


@pytest.mark.parametrize("folder", cases_in("policy_test_failing"), ids=lambda folder: folder.name)
def test_bad_expectations(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    coverage = Coverage()
    result = run_suite(load_suite(Path("tests.yaml")), Runner(Policies(), coverage, explain=False))
    least = Path("least.txt")
    if least.exists():
        report = report_of([result], coverage.covered(), int(least.read_text(encoding="utf-8")), "1")
    else:
        report = report_of([result], (), None, "1")
    check_text(folder, render(report, "text"))
    assert report.verdict == "failed"
