"""`dunning init`: what it writes is sound, passes its own checks, and replaces nothing."""

import json
import os
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from policy_engine import __version__
from policy_engine.cli.main import run as dunning
from policy_engine.scaffold.content import packs, policy_name, repository_files
from policy_engine.scaffold.put import in_the_way, put
from tests.hostile.corpus import CORPUS, NAMES, assert_inert_text
from tests.reporting.samples import schema


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")

    def call(*arguments: object) -> tuple[int, str, str]:
        import click

        codes: list[int] = []
        result = CliRunner().invoke(click.command()(lambda: codes.append(dunning([str(one) for one in arguments]))), [])
        assert result.exception is None, result.exc_info
        return codes[0], result.stdout, result.stderr

    return call


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("pack", packs())
def test_what_is_scaffolded_passes_its_own_checks(run, monkeypatch, pack, language):
    code, out, err = run("init", "acme", "--pack", pack, "--lang", language)
    assert (code, err) == (0, "")
    monkeypatch.chdir("acme")
    for file in out.split("\n\n", maxsplit=1)[0].splitlines():
        assert Path(file).relative_to("acme").is_file()
    assert run("validate", "policies/acme.yaml", "--strict", "--as-of", "2026-10-30")[:2] == (
        0,
        "1 policy: no findings\n",
    )
    code, out, err = run("test", "policies")
    assert code == 0, out
    plan = ("plan", "-p", "policies/acme.yaml", "-s", "sample", "-s", "desk", "--strict", "--format", "json")
    code, out, err = run(*plan)
    assert (code, err) == (0, "")
    outcomes = {row["invoice"]: row["outcome"] for row in json.loads(out)["outcomes"]}
    assert set(outcomes) == {"F-1", "F-2", "F-3", "F-4", "F-5"}
    assert outcomes["F-5"] == "settled"
    note = ("desk", "promise", "-s", "sample", "--invoice", "F-2", "--pay-by", "2026-11-15", "--on", "2026-10-29")
    assert run(*note)[0] == 0
    rows = {row["invoice"]: row["reason"] for row in json.loads(run(*plan)[1])["outcomes"]}
    assert rows["F-2"] == "promise_to_pay"


@pytest.mark.parametrize("pack", ["fr-b2b", "minimal"])
def test_the_tests_of_the_repository_fail_when_the_policy_changes(run, pack):
    run("init", "acme", "--pack", pack)
    policy = Path("acme/policies/acme.yaml")
    policy.write_text(policy.read_text(encoding="utf-8").replace("days: 1", "days: 2"), encoding="utf-8")
    assert run("test", "acme/policies")[0] == 1


def test_files_fit_their_schemas(run):
    run("init", "acme", "--lang", "fr")
    workflow = yaml.safe_load(Path("acme/.github/workflows/policy.yml").read_text(encoding="utf-8"))
    workflow["on"] = workflow.pop(True)  # YAML 1.1 reads `on` as true; GitHub and the schema don't
    assert [error.message for error in schema("github-workflow").iter_errors(workflow)] == []
    hooks = yaml.safe_load(Path("acme/.pre-commit-config.yaml").read_text(encoding="utf-8"))
    assert [error.message for error in schema("pre-commit-config").iter_errors(hooks)] == []
    settings = json.loads(Path("acme/.vscode/settings.json").read_text(encoding="utf-8"))
    for bound in settings["yaml.schemas"]:
        assert json.loads(Path("acme", bound).read_text(encoding="utf-8"))["$schema"]
    assert Path("acme/requirements.txt").read_text(encoding="utf-8") == f"dunning-policy-engine=={__version__}\n"


def test_the_first_line_of_each_policy_and_test_names_its_schema(run):
    run("init", "acme")
    files = [*Path("acme/policies").rglob("*.yaml")]
    assert len(files) == 2
    for file in files:
        first = file.read_text(encoding="utf-8").splitlines()[0]
        assert (file.parent / first.removeprefix("# yaml-language-server: $schema=")).is_file()


def test_no_placeholder_no_address_and_no_tab_is_left():
    for language in ("en", "fr"):
        for path, text in repository_files("acme", "fr-b2b", language, "1.2.3").items():
            assert "@@" not in text, path
            assert text.endswith("\n"), path
            assert "\t" not in text, path
            if not path.startswith("schemas/"):
                assert "://" not in text, path


def test_nothing_that_is_there_is_replaced(run):
    Path("acme/policies").mkdir(parents=True)
    Path("acme/README.md").write_text("mine", encoding="utf-8")
    Path("acme/policies/acme.yaml").write_text("mine", encoding="utf-8")
    Path("acme/sample").write_text("a file where a folder must be", encoding="utf-8")
    Path("acme/desk").symlink_to("elsewhere")
    code, out, err = run("init", "acme")
    assert (code, out) == (2, "")
    assert err.splitlines() == [
        "Error: nothing was written, because this is there already:",
        "  acme/README.md",
        "  acme/desk",
        "  acme/policies/acme.yaml",
        "  acme/sample",
    ]
    assert sorted(path.name for path in Path("acme").iterdir()) == ["README.md", "desk", "policies", "sample"]
    assert Path("acme/README.md").read_text(encoding="utf-8") == "mine"


def test_a_folder_with_other_files_is_filled_beside_them(run):
    Path("acme/.git").mkdir(parents=True)
    Path("acme/policies").mkdir()
    Path("acme/policies/other.yaml").write_text("mine", encoding="utf-8")
    assert run("init", "acme", "--format", "json")[0] == 0
    assert Path("acme/policies/other.yaml").read_text(encoding="utf-8") == "mine"
    assert run("init", "acme")[0] == 2


def test_after_an_error_nothing_is_left(tmp_path, monkeypatch):
    files = {"a/one.txt": "1\n", "a/b/two.txt": "2\n", "three.txt": "3\n"}
    (tmp_path / "there" / "a").mkdir(parents=True)
    real, linked = os.link, []

    def full(source, target):
        if len(linked) == 2:
            raise OSError(28, "No space left on device", str(target))
        linked.append(target)
        real(source, target)

    monkeypatch.setattr("policy_engine.scaffold.put.os.link", full)
    for folder in (tmp_path / "new" / "below", tmp_path / "there"):
        linked.clear()
        with pytest.raises(OSError, match="No space"):
            put(folder, files)
    assert sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")) == ["there", "there/a"]


def test_what_is_in_the_way_of_a_folder(tmp_path):
    (tmp_path / "file").write_text("x", encoding="utf-8")
    (tmp_path / "link").symlink_to(tmp_path)
    assert in_the_way(tmp_path / "file", {"a": ""}) == ["."]
    assert in_the_way(tmp_path / "link", {"a": ""}) == ["."]
    assert in_the_way(tmp_path / "new", {"a": ""}) == []


@pytest.mark.parametrize(
    ("folder", "name"),
    [("Acme Dunning", "acme-dunning"), ("--x--", "x"), ("", "our-policy"), ("2026", "our-policy"), ("é", "our-policy")],
)
def test_names_from_folders(folder, name):
    assert policy_name(folder) == name


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--pack", "fr-b2c"], "no pack is called `fr-b2c`; did you mean `fr-b2b`?"),
        (["--name", "Acme"], "`Acme` is no name for a policy"),
        (["--lang", "de"], "'de' is not one of"),
    ],
)
def test_wrong_usage(run, arguments, said):
    code, out, err = run("init", "acme", *arguments)
    assert (code, out) == (2, "")
    assert said in err
    assert not Path("acme").exists()


@pytest.mark.parametrize("hostile", CORPUS, ids=NAMES)
def test_hostile_folders_names_and_packs(run, hostile):
    text = hostile.text.replace("\0", "").encode("utf-8", "replace").decode()
    for arguments in (["init", "--", text], ["init", "x", "--name", text], ["init", "y", "--pack", text]):
        code, out, err = run(*arguments)
        assert code in (0, 2)
        assert_inert_text(out + err)
        if code == 0 and arguments[1] == "--":
            policies = list(Path(text).glob("policies/*.yaml"))
            assert [run("validate", "--", *policies)[0]] == [0]
