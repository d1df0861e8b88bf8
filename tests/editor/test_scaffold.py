"""The settings that `dunning init` writes bind each schema to the right files, also where a first line is missing."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from policy_engine.scaffold.content import repository_files
from tests.editor.server import Finding, Server, missing, running


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("acme")
    for name, text in repository_files("acme", "fr-b2b", "en", "1.2.3").items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def editor(repository: Path) -> Iterator[Server]:
    why = missing()
    if why is not None:
        pytest.skip(why)
    settings = json.loads((repository / ".vscode" / "settings.json").read_text(encoding="utf-8"))
    yaml = {key.removeprefix("yaml."): value for key, value in settings.items() if key.startswith("yaml.")}
    with running(repository, {"yaml": yaml, "[yaml]": settings["[yaml]"]}) as started:
        yield started


def test_the_page_on_editors_shows_these_settings(repository: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "editor.md").read_text(encoding="utf-8")
    shown = page.partition("```text settings\n")[2].partition("```")[0]
    settings = json.loads((repository / ".vscode" / "settings.json").read_text(encoding="utf-8"))
    assert json.loads("{" + shown + "}")["yaml.schemas"] == settings["yaml.schemas"]


def test_the_new_repository_has_no_finding(repository: Path, editor: Server) -> None:
    files = sorted((repository / "policies").rglob("*.yaml"))
    assert len(files) == 2
    for path in files:
        assert editor.findings(path) == []


@pytest.mark.parametrize(
    ("file", "text", "finding"),
    [
        ("policies/other.yaml", "dunning: 1\npolicy: other\nextends: acme.yaml\nholdz: []\n",
         Finding(4, "holdz", "Property holdz is not allowed.")),
        ("policies/tests/acme/second.test.yaml", "dunning_test: 1\npolicy: ../../acme.yaml\ntests: []\nafter: 1\n",
         Finding(4, "after", "Property after is not allowed.")),
    ],
    ids=["policy", "test"],
)  # fmt: skip
def test_a_file_without_a_first_line_is_bound_by_its_place(
    repository: Path, editor: Server, file: str, text: str, finding: Finding
) -> None:
    assert editor.findings(repository / file, text) == [finding]


@pytest.mark.parametrize("file", ["desk/notes.yaml", ".github/workflows/other.yml", "sample/manifest.yaml"])
def test_other_files_are_not_taken_for_policies(repository: Path, editor: Server, file: str) -> None:
    assert editor.findings(repository / file, "anything: 1\n") == []
