"""A project's levels: where the file is looked for, what it may say, and what the command makes of it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from policy_engine.analysis.project import Project, project_of
from policy_engine.analysis.report import judge
from policy_engine.cli import main
from policy_engine.language.load import load_policy
from tests.analysis.judged import AS_OF, HERE

POLICY = HERE / "policies" / "ladder_without_end.yaml"


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    folder = tmp_path / "repository" / "policies"
    folder.mkdir(parents=True)
    (tmp_path / "repository" / ".git").mkdir()
    path = folder / "acme.yaml"
    path.write_bytes(POLICY.read_bytes())
    return path


def levels(policy: Path) -> list[tuple[str, str]]:
    project = project_of(policy)
    assert project.findings == ()
    return [(one.code, one.level) for one in judge(load_policy(policy, as_of=AS_OF), AS_OF, project)]


@pytest.mark.parametrize("level", ["note", "warning", "error"])
@pytest.mark.parametrize("name", ["dunning.yaml", ".dunning.yaml"])
def test_a_level_is_set_beside_or_above(policy: Path, level: str, name: str) -> None:
    (policy.parent.parent / name).write_text(f"analysis:\n  DUN426: {level}\n", encoding="utf-8")
    assert levels(policy) == [("DUN426", level)]
    (policy.parent / name).write_text("analysis: {DUN426: off}\n", encoding="utf-8")
    assert levels(policy) == []


def test_the_search_ends_with_the_repository(policy: Path) -> None:
    (policy.parent.parent.parent / "dunning.yaml").write_text("analysis: {DUN426: off}\n", encoding="utf-8")
    assert levels(policy) == [("DUN426", "warning")]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("analyses: {DUN426: off}", "`analyses` is no key"),
        ("analysis: off", "`analysis` is a mapping"),
        ("analysis: {DUN499: off}", "`DUN499` is no rule"),
        ("analysis: {DUN308: off}", "`DUN308` is no rule"),
        ("analysis: {DUN426: fatal}", "`fatal` is no level"),
        ("analysis: {DUN426: [off]}", "a list is no level"),
        ("- analysis", "a project file is a mapping"),
    ],
)
def test_mistakes_are_located(policy: Path, text: str, says: str) -> None:
    (policy.parent / "dunning.yaml").write_text(text + "\n", encoding="utf-8")
    found = project_of(policy).findings
    assert [one.code for one in found] == ["DUN433"]
    assert says in found[0].message
    assert found[0].severity == "error"
    assert found[0].position.line == 1


def test_two_files_in_one_folder_are_a_mistake(policy: Path) -> None:
    for name in ("dunning.yaml", ".dunning.yaml"):
        (policy.parent / name).write_text("analysis: {}\n", encoding="utf-8")
    assert [one.code for one in project_of(policy).findings] == ["DUN433"]


def test_the_project_file_is_no_version_of_the_policy(policy: Path) -> None:
    (policy.parent / "dunning.yaml").write_text("analysis: {DUN426: off}\n", encoding="utf-8")
    assert load_policy(policy.parent, as_of=AS_OF).policy is not None
    assert project_of(policy.parent).levels == {"DUN426": "off"}


def test_without_a_file_nothing_is_set(policy: Path) -> None:
    assert project_of(policy) == Project()


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    def call(*arguments: str) -> tuple[int, str]:
        code = main.run(["validate", "--as-of", "2026-06-30", *arguments])
        return code, capsys.readouterr().err

    return call


def test_the_command_follows_levels(policy: Path, run: Callable[..., tuple[int, str]]) -> None:
    code, output = run(str(policy))
    assert code == 0
    assert "warning: `standard` ends with a message" in output
    assert "  witness: invoice due" in output
    assert run(str(policy), "--strict")[0] == 1
    (policy.parent / "dunning.yaml").write_text("analysis: {DUN426: error}\n", encoding="utf-8")
    assert run(str(policy))[0] == 1
    (policy.parent / "dunning.yaml").write_text("analysis: {DUN426: note}\n", encoding="utf-8")
    assert run(str(policy), "--strict")[0] == 0
    (policy.parent / "dunning.yaml").write_text("analysis: {DUN426: nought}\n", encoding="utf-8")
    code, output = run(str(policy))
    assert (code, "DUN433" in output) == (1, True)
