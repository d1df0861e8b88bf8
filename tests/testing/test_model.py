"""The schema of test files: words and examples on every key, and it takes what the loader takes."""

from pathlib import Path
from typing import Any

import jsonschema
import pytest

from policy_engine.engine.reference import s03_outcomes
from policy_engine.testing.check import UNTIL
from policy_engine.testing.schema import plain_schema, suite_schema
from tests.language.snippets import read
from tests.language.test_schema import properties

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = suite_schema()
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
PACKS = sorted((ROOT / "policies" / "tests").rglob("*.test.yaml"))


def without_cells(node: Any) -> Any:
    """The schema without the shapes of single cells, which the snapshot's own schema describes."""
    if isinstance(node, dict):
        return {key: without_cells(value) for key, value in node.items() if key != "anyOf"}
    return [without_cells(item) for item in node] if isinstance(node, list) else node


def test_every_key_has_words_and_examples_that_are_valid() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    found = list(properties(without_cells(plain_schema())))
    assert len(found) > 250
    for name, schema in found:
        assert schema.get("description"), name
        assert schema.get("examples"), name
        inner = {**schema, "$defs": SCHEMA["$defs"]}
        for example in schema["examples"]:
            jsonschema.Draft202012Validator(inner).validate(example)


@pytest.mark.parametrize("path", PACKS, ids=lambda path: path.name)
def test_the_packs_tests_fit_the_schema(path: Path) -> None:
    VALIDATOR.validate(read(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("name", ["unknown_keys", "missing_keys", "wrong_types", "bad_version", "snapshot_path"])
def test_what_the_loader_refuses_the_schema_refuses(name: str) -> None:
    text = (ROOT / "tests" / "bad" / "policy_test" / f"{name}.yaml").read_text(encoding="utf-8")
    assert not VALIDATOR.is_valid(read(text))


def test_everything_that_an_outcome_waits_for_can_be_expected() -> None:
    assert set(s03_outcomes._UNTIL.values()) | {"hold_lifted"} == set(UNTIL)
