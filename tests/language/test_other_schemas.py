"""The schemas of tests, scenarios and mappings: every choice explained, every beginning accepted by its loader."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from policy_engine.cli.schema import all_schemas
from policy_engine.imports.mapping_words import MAPPING
from policy_engine.language.schema_help import Snippet, Words
from policy_engine.simulation.scenario_words import SCENARIO
from policy_engine.testing.schema_words import SUITE
from tests.language.snippets import inserted

SCHEMAS = all_schemas()
WORDS = {"test": SUITE, "scenario": SCENARIO, "mapping": MAPPING}
AROUND: dict[str, dict[str, Any]] = {
    "test": {"dunning_test": 1, "policy": "pack:minimal", "as_of": "2026-06-30", "tests": []},
    "scenario": {"scenario": 1, "name": "mine", "days": 90},
    "mapping": {"mapping": 1, "invoices": {"id": "Number"}},
}


def choices(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        if isinstance(node.get("enum"), list):
            yield node
        for key, value in node.items():
            if key not in {"examples", "default", "defaultSnippets"}:
                yield from choices(value)
    elif isinstance(node, list):
        for item in node:
            yield from choices(item)


@pytest.mark.parametrize("name", WORDS)
def test_every_choice_says_what_each_value_means(name: str) -> None:
    """But for currencies, and for yes and no, which say it themselves."""
    for node in choices(SCHEMAS[name]):
        if "AED" not in node["enum"] and True not in node["enum"]:
            assert all(node.get("enumDescriptions", [""])), node["enum"]


BEGINNINGS = [
    (name, place, snippet)
    for name, words in WORDS.items()
    for place, snippets in words.snippets.items()
    if place in {"", ".tests", ".rules", ".rows", ".payments", ".disputes", ".promises", ".invoices"}
    for snippet in snippets
]


@pytest.mark.parametrize(("name", "place", "snippet"), BEGINNINGS, ids=lambda value: getattr(value, "label", ""))
def test_what_there_is_to_begin_with_fits_the_schema(name: str, place: str, snippet: Snippet) -> None:
    body = inserted(snippet)
    whole = body if not place else {**AROUND[name], place[1:]: [body]}
    errors = [error.message for error in jsonschema.Draft202012Validator(SCHEMAS[name]).iter_errors(whole)]
    assert errors == []


@pytest.mark.parametrize("words", WORDS.items(), ids=lambda pair: pair[0])
def test_words_name_keys_that_exist(words: tuple[str, Words]) -> None:
    schema = SCHEMAS[words[0]]
    for place in [*words[1].snippets, *words[1].more]:
        owner, _, key = place.partition(".")
        definition = schema["$defs"][owner] if owner else schema
        assert not key or key in definition["properties"], place


def test_every_schema_says_what_it_is() -> None:
    """An editor's list of schemas shows title and description; `$id` is the file's own name."""
    for name, schema in SCHEMAS.items():
        assert schema["$id"] == f"{name}.schema.json"
        assert schema["title"], name
        assert schema["description"], name
        jsonschema.Draft202012Validator.check_schema(schema)
    written = {path.name for path in (Path(__file__).parents[2] / "schemas").glob("*.json")}
    assert written == {f"{name}.schema.json" for name in SCHEMAS}
