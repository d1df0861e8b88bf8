"""A scaffolded repository's CI is green on a clean machine: its own files, and a wheel built from this commit."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.reporting.samples import checked_sarif

pytestmark = pytest.mark.timeout(120)


def steps_of(file: Path) -> list[dict]:
    (job,) = yaml.safe_load(file.read_text(encoding="utf-8"))["jobs"].values()
    return job["steps"]


def git(repository: Path, *arguments: str) -> None:
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@alder.example", "-c", "commit.gpgsign=false")
    subprocess.run(["git", "-C", str(repository), *who, *arguments], check=True, capture_output=True)


def branch(repository: Path, message: str) -> None:
    """The repository's first commit: what a pull request goes into."""
    git(repository, "init", "--quiet", "--initial-branch=main")
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--message", message)


def commit(repository: Path, message: str, file: str, old: str, new: str) -> None:
    """A change on top, as the merge that a pull request's checkout is."""
    path = repository / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    git(repository, "commit", "--quiet", "--all", "--message", message)


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
    assert len(scripts) == 6
    branch(repository, "before")
    commit(repository, "a note", "README.md", "# ", "# Our ")
    variables = {"GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"), "GITHUB_WORKSPACE": str(repository)}
    for script in scripts:
        done = machine.bash(script, repository, **variables)
        assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"
        assert "::error" not in done.stdout
    summary = (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert "✅ dunning validate" in summary
    assert "✅ dunning test" in summary
    assert "0 changement dans la politique" in summary
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

    policy.write_text(policy.read_text(encoding="utf-8").replace("days: 11", "days: 10"), encoding="utf-8")
    commit(repository, "nobody is worth a message", "policies/acme.yaml", "  item: 20", "  customer: 5000\n  item: 20")
    show = steps[-2]
    assert "pull_request" in show["if"]
    shown = machine.bash(show["run"], repository, **variables, **show["env"])
    assert shown.returncode == 1, shown.stdout
    assert shown.stdout.startswith("::error file=policies/acme.yaml")
    assert "2 clients seraient nouvellement laissés en paix, 1 est admis" in shown.stdout
    summary = (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert "❌ dunning diff" in summary
    assert "Alder" not in summary
    policy.rename(repository / "policies/other.yaml")
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--message", "another name")
    new = machine.bash(show["run"].replace("acme", "other"), repository, **variables, **show["env"])
    assert (new.returncode, new.stdout) == (0, "policies/other.yaml is new: there is nothing to hold it against\n")
    (repository / "policies/other.yaml").rename(policy)

    hooks = yaml.safe_load((repository / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"][0]["hooks"]
    entries = {hook["id"]: hook["entry"] for hook in hooks}
    assert machine.bash(f"{entries['dunning-validate']} policies/acme.yaml", repository).returncode == 0
    assert machine.bash(entries["dunning-test"], repository).returncode == 1

    sarif = machine.bash("dunning validate policies/acme.yaml --as-of 2040-01-01 --format sarif", repository)
    for rule in checked_sarif(sarif.stdout)["runs"][0]["tool"]["driver"]["rules"]:
        assert rule["help"]["markdown"], "the wheel carries the pages of the codes"
