"""The JSON Schema says what an editor needs, and agrees with the loader on the packs."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from policy_engine.language.schema import plain_schema, policy_schema
from tests.language.snippets import read

ROOT = Path(__file__).resolve().parent.parent.parent
SCHEMA = policy_schema()
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def properties(node: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(node, dict):
        for name, value in node.get("properties", {}).items():
            if isinstance(value, dict) and "const" not in value and "doNotSuggest" not in value:
                yield name, value
        for key, value in node.items():
            if key not in {"examples", "default", "defaultSnippets"}:
                yield from properties(value)
    elif isinstance(node, list):
        for item in node:
            yield from properties(item)


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_every_key_has_words_and_examples_that_are_valid() -> None:
    plain = plain_schema()
    found = list(properties(plain))
    assert len(found) > 100
    for name, schema in found:
        assert schema.get("description"), name
        if schema.get("description") == "Which kind it is.":
            continue
        assert schema.get("examples"), name
        inner = {**schema, "$defs": plain["$defs"]}
        for example in schema["examples"]:
            data = json.loads(json.dumps(example))
            assert list(jsonschema.Draft202012Validator(inner).iter_errors(data)) == [], (name, example)


def test_unions_are_told_apart_by_their_tag() -> None:
    text = json.dumps(SCHEMA)
    assert '"oneOf"' not in text
    bad = read((ROOT / "policies" / "fr-b2b.yaml").read_text(encoding="utf-8"))
    bad["penalties"]["recovery_indemnity"]["amount"] = "forty"
    (error,) = VALIDATOR.iter_errors(bad)
    assert error.json_path.endswith("recovery_indemnity.amount")


@pytest.mark.parametrize("path", sorted((ROOT / "policies").glob("*.yaml")), ids=lambda path: path.stem)
def test_the_packs_are_valid(path: Path) -> None:
    assert list(VALIDATOR.iter_errors(read(path.read_text(encoding="utf-8")))) == []


@pytest.mark.parametrize(
    ("name", "where"),
    [
        ("choices", "$.netting"),
        ("unknown_keys", "$"),
        ("not_yet_sections", "$"),
        ("negative_amounts", "$.minimum.item"),
        ("days_out_of_bounds", "$.ladders.standard.steps[0].days"),
        ("quoted_number", "$.grace"),
        ("wrong_language", "$.dunning"),
        ("no_segments", None),
    ],
)
def test_bad_policies_are_mostly_seen_by_an_editor_too(name: str, where: str | None) -> None:
    text = (ROOT / "tests" / "bad" / "policy" / f"{name}.yaml").read_text(encoding="utf-8")
    paths = {error.json_path for error in VALIDATOR.iter_errors(read(text))}
    assert (where in paths) if where is not None else (paths == set())


def test_what_is_not_yet_supported_is_absent() -> None:
    keys = {name for name, _ in properties(SCHEMA)}
    assert keys.isdisjoint({"scorecard", "limitation", "targets", "step_up", "round_up_to"})


def test_the_file_is_up_to_date() -> None:
    kept = (ROOT / "schemas" / "policy.schema.json").read_text(encoding="utf-8")
    assert json.loads(kept) == SCHEMA
