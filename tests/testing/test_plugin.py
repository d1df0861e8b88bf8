"""The pytest plugin, in a pytest of its own."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.testing.support import HEAD, POLICY

TESTS = """\
  - {name: one action, given: {invoice: {days_late: 3}}, expect: {actions: [{step: first}]}}
  - {name: none expected, given: {invoice: {days_late: 3}}, expect: {actions: []}}
  - {name: no such step, given: {invoice: {days_late: 3}}, expect: {actions: [{step: frist}]}}
"""
PYTHON = """\
from datetime import date
from decimal import Decimal

import pytest

import policy_engine as pe


def test_fixtures(dunning_policy, dunning_snapshot):
    policy = dunning_policy("small.yaml")
    snapshot = dunning_snapshot(
        policy, date(2026, 6, 30), invoice={"days_late": 3, "amount": Decimal("99.50")}, payments=[{"amount": 10}]
    )
    (action,) = pe.evaluate(policy, snapshot).actions
    assert (action.step, action.total) == ("first", 8950)


@pytest.mark.parametrize(("tables", "said"), [
    ({"invioce": {}}, "did you mean `invoice`"),
    ({"invoice": {"amuont": 1}}, "did you mean `amount`"),
    ({"invoice": {"amount": "x"}}, "can't be used"),
    ({"invoice": {}, "payment": {"invoice": "F-9", "amount": 1}}, "no invoice `F-9`"),
])
def test_mistakes(dunning_policy, dunning_snapshot, tables, said):
    with pytest.raises(ValueError, match=said):
        dunning_snapshot(dunning_policy("small.yaml"), date(2026, 6, 30), **tables)


def test_floats_are_refused(dunning_policy, dunning_snapshot):
    with pytest.raises(TypeError, match="float"):
        dunning_snapshot(dunning_policy("small.yaml"), date(2026, 6, 30), invoice={"amount": 99.5})


def test_a_broken_policy_fails(dunning_policy):
    dunning_policy("nowhere.yaml")
"""


def _pytest(folder: Path, *arguments: str) -> str:
    """What pytest says; the plugin is named in case the installed metadata is older than its entry point."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "COV"))}
    environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "policy_engine.testing.plugin",
        "-p",
        "no:cacheprovider",
        *arguments,
    ]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=folder, env=environment, timeout=50)
    return done.stdout + done.stderr


def _write(folder: Path) -> None:
    (folder / "small.yaml").write_text(POLICY, encoding="utf-8")
    (folder / "small.test.yaml").write_text(HEAD + TESTS, encoding="utf-8")
    (folder / "test_python.py").write_text(PYTHON, encoding="utf-8")


def test_yaml_tests_are_items_and_explain_themselves(tmp_path: Path) -> None:
    _write(tmp_path)
    said = _pytest(tmp_path, "small.test.yaml", "-v", "--strict-markers", "-W", "error")
    assert "small.test.yaml::one action PASSED" in said
    assert "2 failed, 1 passed" in said
    assert re.search(r"small.test.yaml:6:\d+: DUN722 `first` is planned, and nothing expects it", said)
    assert "did you mean `first`?" in said
    assert "why F-1:" in said
    assert "Traceback" not in said
    assert "1 passed, 2 deselected" in _pytest(tmp_path, "small.test.yaml", "-k", "one and action")


def test_a_file_that_cannot_be_used_is_an_error_of_collection(tmp_path: Path) -> None:
    _write(tmp_path)
    (tmp_path / "bad.test.yaml").write_text("dunning_test: 1\npolicy: nowhere.yaml\ntests: []\n", encoding="utf-8")
    said = _pytest(tmp_path, "bad.test.yaml")
    assert "bad.test.yaml:3:8: DUN707" in said
    assert "1 error" in said
    assert "Traceback" not in said


def test_fixtures_build_policies_and_snapshots(tmp_path: Path) -> None:
    _write(tmp_path)
    said = _pytest(tmp_path, "test_python.py", "-W", "error")
    assert "1 failed, 6 passed" in said
    assert "there is no file `nowhere.yaml`" in said
