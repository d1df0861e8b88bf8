"""The schema says what the loader says: of every example scenario, every key's examples, and some mistakes."""

import json

import pytest
import yaml
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from policy_engine.explanation.english_simulation import ENGLISH_SIMULATION
from policy_engine.explanation.french_simulation import FRENCH_SIMULATION
from policy_engine.simulation.scenario_load import load_scenario, parse_scenario
from policy_engine.simulation.scenario_schema import plain_schema, scenario_schema
from tests.simulation.support import ROOT

SCHEMA = scenario_schema()
EXAMPLES = sorted((ROOT / "examples/scenarios").glob("*.yaml"))


class _Texts(yaml.SafeLoader):
    """Dates stay texts, as JSON has them."""


_Texts.yaml_implicit_resolvers = {
    first: [(tag, regex) for tag, regex in pairs if tag != "tag:yaml.org,2002:timestamp"]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def fits(text):
    return not list(Draft202012Validator(SCHEMA).iter_errors(yaml.load(text, _Texts)))  # noqa: S506 - a safe loader


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example_scenarios_fit_and_load(path):
    Draft202012Validator.check_schema(SCHEMA)
    assert load_scenario(path).diagnostics == ()
    assert fits(path.read_text(encoding="utf-8"))


def test_every_key_has_a_description_and_examples_that_fit():
    registry = Registry().with_resource("scenario.schema.json", Resource.from_contents(SCHEMA))
    seen = 0
    plain = plain_schema()
    for place, owner in {"": plain, **plain["$defs"]}.items():
        for key, value in owner.get("properties", {}).items():
            assert value.get("description"), (place, key)
            assert value.get("examples"), (place, key)
            here = dict(value)
            if "$ref" in here:
                here["$ref"] = f"scenario.schema.json{here['$ref']}"
            for example in value["examples"]:
                validator = Draft202012Validator({**here, "$defs": SCHEMA["$defs"]}, registry=registry)
                assert not list(validator.iter_errors(example)), (place, key, example)
                seen += 1
    assert seen > 45


HEAD = "scenario: 1\nname: x\ndays: 30\n"


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("", True),
        ("rules: [{pays: never}]\n", True),
        ("rules: [{pays: {days: 3}}]\n", True),
        ("rules: [{segments: a, customers: [C], pays: [{days: 3}, {days: -3, after: call}]}]\n", True),
        ("approvals: {after: never, stages: {legal: 3}}\n", True),
        ("rules: [{pays: always}]\n", False),
        ("rules: [{}]\n", False),
        ("rules: [{pays: {after: call}}]\n", False),
        ("charges: some\n", False),
        ("approvals: {after: soon}\n", False),
        ("whatever: 1\n", False),
        ("payments: [{date: tomorrow, invoice: F}]\n", False),
    ],
)
def test_schema_and_loader_agree(text, good):
    assert fits(HEAD + text) is good
    assert (parse_scenario((HEAD + text).encode(), "x.yaml").diagnostics == ()) is good


def test_the_committed_schema_is_the_one_the_code_gives():
    path = ROOT / "schemas/scenario.schema.json"
    assert json.loads(path.read_text(encoding="utf-8")) == SCHEMA


def test_both_languages_say_the_same_things():
    assert list(ENGLISH_SIMULATION) == list(FRENCH_SIMULATION)
