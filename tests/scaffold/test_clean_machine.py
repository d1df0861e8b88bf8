"""A scaffolded repository's CI is green on a clean machine: its own files, and a wheel built from this commit."""

import json
import shutil
from pathlib import Path

import pytest
import yaml

from tests.reporting.samples import checked_sarif

pytestmark = pytest.mark.timeout(120)


def steps_of(file: Path) -> list[dict]:
    (job,) = yaml.safe_load(file.read_text(encoding="utf-8"))["jobs"].values()
    return job["steps"]


def test_the_workflow_of_a_new_repository_is_green_and_turns_red(machine, tmp_path):
    made = machine.bash(f"python -m pip install {machine.wheel} && dunning init acme --lang fr", tmp_path)
    assert made.returncode == 0, made.stderr
    where = machine.bash("python -c 'import policy_engine; print(policy_engine.__file__)'", tmp_path)
    assert str(machine.home / "venv") in where.stdout
    assert machine.bash("python -m pip uninstall --yes dunning-policy-engine", tmp_path).returncode == 0
    assert machine.bash("dunning --version", tmp_path).returncode == 127

    repository = tmp_path / "acme"
    (repository / "wheels").mkdir()
    shutil.copy(machine.wheel, repository / "wheels")
    steps = steps_of(repository / ".github/workflows/policy.yml")
    assert [step["uses"].split("@")[0] for step in steps if "uses" in step] == [
        "actions/checkout",
        "actions/setup-python",
    ]
    scripts = [step["run"] for step in steps if "run" in step]
    assert len(scripts) == 5
    variables = {"GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"), "GITHUB_WORKSPACE": str(repository)}
    for script in scripts:
        done = machine.bash(script, repository, **variables)
        assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"
        assert "::error" not in done.stdout
    summary = (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert "✅ dunning validate" in summary
    assert "✅ dunning test" in summary
    assert json.loads((repository / "out/plan.json").read_text(encoding="utf-8"))["actions"]

    policy = repository / "policies/acme.yaml"
    policy.write_text(policy.read_text(encoding="utf-8").replace("days: 10", "days: ten"), encoding="utf-8")
    check = machine.bash(scripts[1], repository, **variables)
    assert check.returncode == 1
    assert check.stdout.startswith("::error file=policies/acme.yaml,line=")
    policy.write_text(policy.read_text(encoding="utf-8").replace("days: ten", "days: 11"), encoding="utf-8")
    assert machine.bash(scripts[1], repository, **variables).returncode == 0
    tests = machine.bash(scripts[2], repository, **variables)
    assert tests.returncode == 1
    assert "::error file=policies/tests/acme/first.test.yaml,line=" in tests.stdout

    hooks = yaml.safe_load((repository / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"][0]["hooks"]
    entries = {hook["id"]: hook["entry"] for hook in hooks}
    assert machine.bash(f"{entries['dunning-validate']} policies/acme.yaml", repository).returncode == 0
    assert machine.bash(entries["dunning-test"], repository).returncode == 1

    sarif = machine.bash("dunning validate policies/acme.yaml --as-of 2040-01-01 --format sarif", repository)
    for rule in checked_sarif(sarif.stdout)["runs"][0]["tool"]["driver"]["rules"]:
        assert rule["help"]["markdown"], "the wheel carries the pages of the codes"
