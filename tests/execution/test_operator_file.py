"""Every folder of tests/bad/operator: an operator's file and what is wrong with it, rendered.

`UPDATE_GOLDEN=1` writes the expected texts; read the difference before committing it.
"""

import json
import re
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from policy_engine.execution import kinds
from policy_engine.execution.adapters import Adapters
from policy_engine.execution.kinds import kind, own
from policy_engine.execution.operator_file import load_operator
from policy_engine.execution.operator_schema import operator_schema
from tests.bad_commands import check_codes, check_findings
from tests.execution.support import ROOT

BAD = ROOT / "tests/bad/operator"
CASES = sorted(path.name for path in BAD.iterdir())
FULL = """\
operator: 1
live: true
redirect_to: trial@acme.example
payee: {name: Acme SAS, iban: FR14 2004 1010 0505 0001 3M02 606, bic: PSSTFRPPPAR}
roles:
  credit_manager: [alice, bob]
  director: carol
rights:
  override: director
  void: [credit_manager, director]
cool_off: 24
adapters:
  - name: outbox
    uses: folder
    channels: email
    settings: {path: outbox}
"""


@pytest.mark.parametrize("case", CASES)
def test_bad_operator_file(case, monkeypatch):
    monkeypatch.chdir(BAD / case)
    file = load_operator(Path("operator.yaml"))
    check_findings(BAD / case, file.diagnostics)
    assert file.operator is None


def test_every_code_has_a_case_and_words():
    source = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "policy_engine/execution").glob("*.py"))
    check_codes(set(re.findall(r'"(DUN9\d\d)"', source)), "operator", "diagnostics-operator.md")


def load(tmp_path, text):
    path = tmp_path / "operator.yaml"
    path.write_text(text, encoding="utf-8")
    return load_operator(path)


def test_a_whole_file(tmp_path):
    file = load(tmp_path, FULL)
    assert file.diagnostics == ()
    operator = file.operator
    assert (operator.live, operator.redirect_to, operator.cool_off) == (True, "trial@acme.example", 24)
    assert operator.payee == {"name": "Acme SAS", "iban": "FR1420041010050500013M02606", "bic": "PSSTFRPPPAR"}
    assert operator.has_role("bob", "credit_manager")
    assert not operator.has_role("carol", "credit_manager")
    assert operator.may("carol", "override")
    assert not operator.may("alice", "override")
    assert operator.may("alice", "void")
    assert not operator.may("alice", "resolve")
    assert operator.adapters[0].settings.path == "outbox"


def test_only_adapters_that_are_named_are_loaded(tmp_path, monkeypatch):
    """Whatever else is installed: an adapter's code runs once the operator's file names it, not before."""
    loaded = list[str]()

    class Spied:
        def __init__(self, entry):
            self.name, self.load = entry.name, lambda: loaded.append(entry.name) or entry.load()

    every = kinds.entry_points
    monkeypatch.setattr(kinds, "entry_points", lambda group: [Spied(entry) for entry in every(group=group)])
    kind.cache_clear()
    file = tmp_path / "operator.yaml"
    for text, named in (
        ("", {"folder"}),
        ("adapters: [{name: post, uses: lists, channels: [call], settings: {path: calls}}]", {"folder", "lists"}),
    ):
        file.write_text(f"operator: 1\n{text}\n", encoding="utf-8")
        found = load_operator(file)
        assert found.diagnostics == ()
        Adapters(found.operator, tmp_path / "outbox")
        assert set(loaded) == named
    assert {"email", "webhook", "agency", "orders", "letters"} <= set(kinds.installed()) - set(loaded)
    kind.cache_clear()


def test_the_least_file_lets_nobody_do_anything(tmp_path):
    operator = load(tmp_path, "operator: 1\n").operator
    assert (operator.live, operator.redirect_to, operator.payee, operator.adapters) == (False, None, None, ())
    assert not any(operator.may("root", right) for right in ("override", "resolve", "void", "reject"))


def test_a_missing_file_is_a_finding(tmp_path):
    file = load_operator(tmp_path / "none.yaml")
    assert [found.code for found in file.diagnostics] == ["DUN001"]


def test_the_policy_of_a_repository_above_counts(tmp_path):
    (tmp_path / ".git").mkdir()
    (tmp_path / "policy.yaml").write_text("dunning: 1\n", encoding="utf-8")
    (tmp_path / "ops" / "deep").mkdir(parents=True)
    file = load(tmp_path / "ops" / "deep", "operator: 1\n")
    assert [found.code for found in file.diagnostics] == ["DUN955"]


def test_the_schema_takes_what_the_loader_takes():
    schema = operator_schema()
    Draft202012Validator.check_schema(schema)
    check = Draft202012Validator(schema)
    assert list(check.iter_errors(yaml.safe_load(FULL))) == []
    for text in ("operator: 2\n", "operator: 1\nlivee: true\n", "live: true\n", "operator: 1\ncool_off: -1\n"):
        assert list(check.iter_errors(yaml.safe_load(text))) != []


def test_the_example_of_the_docs_loads(tmp_path):
    text = (ROOT / "docs/execution.md").read_text(encoding="utf-8")
    example = re.search(r"```yaml\n(operator: 1.*?)```", text, re.DOTALL)[1]
    assert load(tmp_path, example).diagnostics == ()


PAGES = sorted([*(ROOT / "docs").glob("adapter-*.md"), ROOT / "docs/execution.md"])
SHOWN = [
    pytest.param(block, id=f"{page.stem}-{number}")
    for page in PAGES
    for number, block in enumerate(
        re.findall(r"^```yaml\n(operator: 1\n.*?)^```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    )
]


@pytest.mark.parametrize("block", SHOWN)
def test_operators_files_in_the_docs_are_right(block, tmp_path):
    file = load(tmp_path, block)
    assert [diagnostic.render() for diagnostic in file.diagnostics] == []
    Draft202012Validator(operator_schema()).validate(yaml.safe_load(block))


@pytest.mark.parametrize("name", own())
def test_what_an_editor_begins_an_adapter_with_is_right(name, tmp_path):
    snippets = {one["label"]: one["body"] for one in operator_schema()["properties"]["adapters"]["defaultSnippets"]}
    assert set(snippets) == {f"adapter: {one}" for one in own()}
    filled = re.sub(r"\$\{[0-9]+:([^}]*)\}", r"\1", json.dumps(snippets[f"adapter: {name}"]))
    file = load(tmp_path, f"operator: 1\nadapters: [{filled}]\n")
    assert [diagnostic.render() for diagnostic in file.diagnostics] == []


def test_every_kind_has_its_settings_in_the_schema():
    definitions = operator_schema()["$defs"]
    for name in own():
        assert set(definitions[name]["properties"]) == set(kind(name).settings.keys())


def test_the_schema_knows_the_settings_of_each_kind():
    check = Draft202012Validator(operator_schema())
    entry = {"name": "mail", "uses": "email", "settings": {"hots": "mail.acme.example"}}
    errors = [error.message for error in check.iter_errors({"operator": 1, "adapters": [entry]})]
    assert any("'hots' was unexpected" in message for message in errors)
    assert any("'host' is a required property" in message for message in errors)


@pytest.mark.parametrize(
    ("data", "code", "said"),
    [(b"", "DUN006", "operator: 1"), (b"operator: 1\n" + b"#" * 2_000_000, "DUN002", "an operator's file has at most")],
)
def test_reader_speaks_of_the_operators_file(tmp_path, data, code, said):
    """The YAML reader's advice for policies would send an operator the wrong way."""
    path = tmp_path / "operator.yaml"
    path.write_bytes(data)
    (found,) = load_operator(path).diagnostics
    assert found.code == code
    assert said in f"{found.message} {found.help}"
    assert "policy" not in f"{found.message} {found.help}"
