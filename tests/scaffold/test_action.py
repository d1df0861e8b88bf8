"""The reusable action and the pre-commit hooks: valid for those who read them, and executed."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest
import yaml

from policy_engine.scaffold.content import repository_files
from policy_engine.scaffold.put import put
from tests.reporting.samples import checked_sarif, schema
from tests.scaffold.clean_machine import ROOT
from tests.scaffold.test_clean_machine import branch, commit

pytestmark = pytest.mark.timeout(120)
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
HOOKS = {hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))}
SCRIPTS = {step["name"]: step for step in ACTION["runs"]["steps"] if "run" in step}
GITHUB = {
    "github.action_path": str(ROOT),
    "github.server_url": "https://git.example",
    "github.action_repository": "acme/dunning",
    "github.action_ref": "v0.1.0",
}


def environment(step: dict, inputs: dict[str, str]) -> dict[str, str]:
    """The step's `env` with its expressions evaluated: inputs with their defaults, and the context."""
    given = {f"inputs.{name}": inputs.get(name, entry["default"]) for name, entry in ACTION["inputs"].items()}
    return {
        name: re.sub(r"\$\{\{ ([\w.-]+) \}\}", lambda found: {**given, **GITHUB}[found[1]], value)
        for name, value in step.get("env", {}).items()
    }


@pytest.fixture(scope="module")
def at_work(machine):
    """The clean machine after the action's own install step, which builds this checkout."""
    (step,) = [step for name, step in SCRIPTS.items() if name.startswith("Install")]
    done = machine.bash(step["run"], machine.home, PIP_NO_BUILD_ISOLATION="0", **environment(step, {}))
    assert done.returncode == 0, done.stderr
    return machine


@pytest.fixture
def repository(tmp_path):
    put(tmp_path / "acme", repository_files("acme", "fr-b2b", "en", "0.1.0"))
    return tmp_path / "acme"


def perform(machine, repository: Path, name: str, **inputs: str) -> subprocess.CompletedProcess[str]:
    step = SCRIPTS[name]
    summary = repository.parent / "summary.md"
    variables = {"GITHUB_WORKSPACE": str(repository), "GITHUB_STEP_SUMMARY": str(summary)}
    return machine.bash(step["run"], repository, **variables, **environment(step, inputs))


def spoil(repository: Path) -> None:
    policy = repository / "policies/acme.yaml"
    policy.write_text(policy.read_text(encoding="utf-8").replace("days: 10", "days: ten"), encoding="utf-8")


def test_the_action_fits_its_schema_and_lets_no_input_into_a_script():
    assert [error.message for error in schema("github-action").iter_errors(ACTION)] == []
    for step in SCRIPTS.values():
        assert "${{" not in step["run"]
        assert step["shell"] == "bash"
    for step in ACTION["runs"]["steps"]:
        assert "uses" not in step or re.fullmatch(r"[\w-]+/[\w./-]+@v\d+", step["uses"])
    assert "secrets" not in (ROOT / "action.yml").read_text(encoding="utf-8").replace("no secrets", "")


def test_a_sound_policy_passes_and_a_bad_one_is_annotated(at_work, repository):
    done = perform(at_work, repository, "Check the policies", sarif="out/dunning.sarif")
    assert (done.returncode, done.stdout) == (0, "1 policy: no findings\n"), done.stderr
    assert checked_sarif((repository / "out/dunning.sarif").read_text(encoding="utf-8"))["runs"][0]["results"] == []
    spoil(repository)
    done = perform(at_work, repository, "Check the policies", sarif="out/dunning.sarif")
    assert done.returncode == 1
    assert done.stdout.startswith("::error file=policies/acme.yaml,line=")
    run = checked_sarif((repository / "out/dunning.sarif").read_text(encoding="utf-8"))["runs"][0]
    assert len(run["results"]) == 1
    link = run["tool"]["driver"]["rules"][0]["helpUri"]
    assert link.startswith("https://git.example/acme/dunning/blob/v0.1.0/docs/diagnostics.md#dun1")
    summary = (repository.parent / "summary.md").read_text(encoding="utf-8")
    assert summary.count("### ✅") == 1
    assert summary.count("### ❌") == 1


def test_strict_and_format(at_work, repository):
    policy = repository / "policies/acme.yaml"
    text = policy.read_text(encoding="utf-8").replace(
        "days: 10 ", "when: not (customer.contract_rate > 5)\n        days: 10 "
    )
    policy.write_text(text, encoding="utf-8")
    assert perform(at_work, repository, "Check the policies").returncode == 0
    done = perform(at_work, repository, "Check the policies", strict="true", format="junit")
    assert done.returncode == 1
    assert "<failure" in done.stdout


def test_the_tests_run(at_work, repository):
    assert perform(at_work, repository, "Run the tests", tests="policies").returncode == 0
    policy = repository / "policies/acme.yaml"
    policy.write_text(policy.read_text(encoding="utf-8").replace("days: 10", "days: 11"), encoding="utf-8")
    assert perform(at_work, repository, "Run the tests", tests="policies\n").returncode == 1
    assert perform(at_work, repository, "Run the tests", tests="nowhere*").returncode == 2


def test_a_pull_request_shows_what_it_does_to_the_portfolio(at_work, repository):
    name = "Show what the change does to the portfolio"
    assert "inputs.snapshot != ''" in SCRIPTS[name]["if"]
    assert "pull_request" in SCRIPTS[name]["if"]
    branch(repository, "before")
    alone = perform(at_work, repository, name, snapshot="sample")
    assert (alone.returncode, alone.stdout[:8]) == (2, "::error "), "a shallow checkout is an error, not a skip"
    commit(repository, "nobody is worth a message", "policies/acme.yaml", "  item: 20", "  customer: 5000\n  item: 20")
    shown = perform(at_work, repository, name, snapshot="sample\ndesk", **{"max-new": "formal_notice=0"})
    assert shown.returncode == 0, shown.stdout + shown.stderr
    bounds = {"max-new": "formal_notice=0\ncustomers=0", "max-lost": "customers=1", "max-changed": "1"}
    stopped = perform(at_work, repository, name, snapshot="sample\ndesk", **bounds)
    assert stopped.returncode == 1
    assert stopped.stdout.count("::error file=policies/acme.yaml") == 2
    assert "2 customers would be newly left alone, 1 is allowed" in stopped.stdout
    summary = (repository.parent / "summary.md").read_text(encoding="utf-8")
    assert summary.count("✅ dunning diff") == 1
    assert summary.count("❌ dunning diff") == 1
    for private in ("Alder", "alder", "birch", "2026-101", "pallets"):
        assert private not in summary + stopped.stdout
    missing = perform(at_work, repository, name, snapshot="nowhere")
    assert missing.returncode == 2
    hostile = perform(at_work, repository, name, snapshot="$(touch owned)", before="$(touch owned)")
    assert hostile.returncode == 2
    assert not list(repository.rglob("owned"))
    new = perform(at_work, repository, name, snapshot="sample", before="HEAD", policies="policies/new.yaml")
    assert (new.returncode, new.stdout) == (0, "a policy is new, there is nothing to hold it against\n")


def test_paths_are_names_and_nothing_else(at_work, repository):
    names = ["a b.yaml", "$(touch owned).yaml", "`touch owned`.yaml", ";touch owned;.yaml", "--resolved.yaml"]
    text = (repository / "policies/acme.yaml").read_text(encoding="utf-8")
    for name in names:
        (repository / "policies" / name).write_text(text, encoding="utf-8")
    done = perform(at_work, repository, "Check the policies", policies="policies/*.yaml\n")
    assert (done.returncode, done.stdout) == (0, "6 policies: no findings\n"), done.stderr
    hostile = "$(touch owned)\n`touch owned`\n; touch owned\n--output=owned"
    done = perform(at_work, repository, "Check the policies", policies=hostile, sarif="$(touch owned).sarif")
    assert done.returncode == 2
    assert not list(repository.rglob("owned"))
    none = perform(at_work, repository, "Check the policies", policies="nowhere/*.yaml")
    assert none.returncode == 2
    assert none.stdout == "::error title=dunning::no policy was found: the input policies names no file\n"


def test_hooks_say_what_pre_commit_wants():
    assert set(HOOKS) == {"dunning-validate", "dunning-test"}
    for hook in HOOKS.values():
        assert {"id", "name", "entry", "language", "files"} <= set(hook)
        assert hook["language"] == "python"
        re.compile(hook["files"])


def test_hooks_in_a_repository(at_work, repository):
    """As pre-commit calls them: the entry, `args`, and the staged files that match, unless it passes none."""

    def git(*arguments: str) -> str:
        done = subprocess.run(["git", "-C", str(repository), *arguments], check=True, capture_output=True, text=True)
        return done.stdout

    def hook(name: str) -> int:
        it = HOOKS[name]
        staged = [
            file
            for file in git("diff", "--cached", "--name-only").splitlines()
            if re.search(it["files"], file) and not re.search(it.get("exclude", "^$"), file)
        ]
        assert staged
        words = [*it["entry"].split(), *it.get("args", ()), *(staged if it.get("pass_filenames", True) else ())]
        return at_work.bash(shlex.join(words), repository).returncode

    git("init", "--quiet")
    git("add", "--all")
    assert hook("dunning-validate") == 0
    assert hook("dunning-test") == 0
    spoil(repository)
    git("add", "--all")
    assert hook("dunning-validate") == 1
    assert hook("dunning-test") in (1, 2)
    files = re.compile(HOOKS["dunning-validate"]["files"])
    assert files.search("policies/fr.yaml")
    assert files.search("credit/policies/fr.yml")
    assert not files.search("policies/tests/fr/first.test.yaml")
    assert not files.search("sample/manifest.yaml")
