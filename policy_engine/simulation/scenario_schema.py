"""The JSON Schema of a scenario, from the models: for editors and CI. `scenario_load` stays the authority."""

from typing import Any

from policy_engine.language.schema import DRAFT, clean_schema, short_name
from policy_engine.language.schema_help import with_help
from policy_engine.simulation.scenario_model import ScenarioSyntax
from policy_engine.simulation.scenario_words import SCENARIO

_PAYS = "`never`, or a mapping, is wanted here, e.g. `{days: 30}`"


def scenario_schema() -> dict[str, Any]:
    """The schema, draft 2020-12, as JSON data with sorted definitions, with the help that editors show."""
    return with_help(plain_schema(), SCENARIO)


def plain_schema() -> dict[str, Any]:
    """The schema as the models say it: each key with its description, default and examples."""
    schema: Any = clean_schema(ScenarioSyntax.model_json_schema(by_alias=True, mode="validation"))
    definitions: dict[str, Any] = schema.pop("$defs")
    _short_forms(definitions["RuleSyntax"]["properties"])
    head = {"$schema": DRAFT, "$id": "scenario.schema.json", "title": "Scenario of a simulation"}
    return {**head, **schema, "$defs": {short_name(name): definitions[name] for name in sorted(definitions)}}


def _short_forms(rule: dict[str, Any]) -> None:
    """`pays` is also one moment without a list, or `never`."""
    pays = rule["pays"]
    one = pays.pop("items")
    del pays["type"]
    pays |= {
        "if": {"type": "array"},
        "then": {"items": one},
        "else": {"if": {"type": "object"}, "then": one, "else": {"const": "never", "errorMessage": _PAYS}},
    }
