"""The schema of a project file takes and refuses what its reader does."""

from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from policy_engine.analysis.model import RULES
from policy_engine.analysis.project import project_of
from policy_engine.analysis.project_schema import project_schema


class Plain(yaml.SafeLoader):
    """Texts stay texts, as in YAML 1.2 that editors read: `off` is no truth value."""


Plain.yaml_implicit_resolvers = {}


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("analysis: {DUN426: off, DUN401: error}", True),
        ("analysis:\n  DUN420: note\n  DUN421: warning\n", True),
        ("analysis: {}", True),
        ("{}", True),
        ("analysis: {DUN426: silent}", False),
        ("analysis: {DUN001: off}", False),
        ("analysis: {DUN433: off}", False),
        ("analysis: off", False),
        ("analysis: [DUN426]", False),
        ("levels: {DUN426: off}", False),
        ("- DUN426", False),
    ],
)
def test_it_says_what_the_reader_says(tmp_path: Path, text: str, *, good: bool) -> None:
    (tmp_path / "dunning.yaml").write_text(text, encoding="utf-8")
    (tmp_path / ".git").mkdir()
    assert (project_of(tmp_path).findings == ()) is good
    data = yaml.load(text, Plain)  # noqa: S506 - it makes texts, lists and maps
    assert Draft202012Validator(project_schema()).is_valid(data) is good


def test_every_rule_has_its_title_and_level() -> None:
    levels = project_schema()["properties"]["analysis"]["properties"]
    assert {code: entry["default"] for code, entry in levels.items()} == dict(RULES)
    assert levels["DUN426"]["description"] == "A ladder without an end."
