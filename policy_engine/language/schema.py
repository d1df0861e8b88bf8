"""The JSON Schema of a policy, from the models: for editors and CI. Pydantic and the resolution stay the authority.

Unions are told apart by their tag or their shape with `if` and `then`, so that a message is about the member that was
meant. Items of lists with names need only their `name`, because a policy that extends another may give the rest by
inheritance; `dunning validate` knows which are complete.
"""

from typing import Any

from policy_engine.language.models.policy import PolicySyntax
from policy_engine.language.models.steps import StepSyntax
from policy_engine.language.schema_help import with_help
from policy_engine.language.schema_words import POLICY
from policy_engine.values.canonical import Json

DRAFT = "https://json-schema.org/draft/2020-12/schema"
_OVERLAYS = frozenset(
    {"SegmentSyntax", "HoldSyntax", "InterventionSyntax", "CapacitySyntax", "StepSyntax", "LadderSyntax"}
)
_INHERITED = ("InterestSyntax", "FlatSyntax", "RateSyntax", "ContactSyntax", "OnboardingSyntax")


def policy_schema() -> dict[str, Any]:
    """The schema, draft 2020-12, as JSON data with sorted definitions, with the help that editors show."""
    return with_help(plain_schema(), POLICY)


def plain_schema() -> dict[str, Any]:
    """The schema as the models say it, for the reference: each key with its description, default and examples."""
    raw = PolicySyntax.model_json_schema(by_alias=True, mode="validation")
    schema: dict[str, Any] = clean_schema(raw)
    definitions: dict[str, Any] = schema.pop("$defs")
    needed = {name: list(definition.get("required", ())) for name, definition in definitions.items()}
    for name in _OVERLAYS:
        required = [key for key in definitions[name].get("required", []) if key == "name"]
        _require(definitions[name], required)
    for name in _INHERITED:
        _require(definitions[name], ["kind"] if "kind" in definitions[name]["properties"] else [])
    whole = [key for key in schema["required"] if key not in {"dunning", "policy"}]
    schema["required"] = ["dunning", "policy"]
    schema["if"] = {"not": {"required": ["extends"]}}
    schema["then"] = {"required": whole, "properties": _complete(needed)}
    head = {"$schema": DRAFT, "$id": "policy.schema.json", "title": "Dunning policy"}
    tail = {"$defs": {short_name(name): definitions[name] for name in sorted(definitions)}}
    return {**head, **schema, **tail}


def _complete(needed: dict[str, list[str]]) -> dict[str, Any]:
    """What must be there in a policy that extends none, because nothing is inherited: for the keys of the document."""

    def items(name: str) -> dict[str, Any]:
        return {"items": {"required": needed[name]}}

    def one(name: str) -> dict[str, Any]:
        return {"required": needed[name]}

    def kind(value: str, name: str) -> dict[str, Any]:
        return {"if": {"properties": {"kind": {"const": value}}, "required": ["kind"]}, "then": one(name)}

    when = {"anyOf": [{"required": [key]} for key in StepSyntax.ONE_OF[0]]}
    steps = {"steps": {"doNotSuggest": True, "items": {"required": needed["StepSyntax"], **when}}}
    ladder = {"if": {"not": {"required": ["extends"]}}, "then": {**one("LadderSyntax"), "properties": steps}}
    found = {
        "segments": items("SegmentSyntax"),
        "ladders": {"additionalProperties": ladder},
        "holds": items("HoldSyntax"),
        "interventions": items("InterventionSyntax"),
        "contact": one("ContactSyntax"),
        "onboarding": one("OnboardingSyntax"),
        "capacity": items("CapacitySyntax"),
        "penalties": {
            "additionalProperties": {
                "required": ["kind"],
                "allOf": [kind("interest", "InterestSyntax"), kind("flat", "FlatSyntax")],
            }
        },
    }
    return {key: {"doNotSuggest": True, **value} for key, value in found.items()}


def _require(definition: dict[str, Any], keys: list[str]) -> None:
    definition.pop("required", None)
    if keys:
        definition["required"] = keys


def short_name(name: str) -> str:
    """The name of a model in a schema."""
    return name.removesuffix("Syntax")


def clean_schema(node: Json) -> Json:
    """Titles, nulls and default objects out; unions by tag or shape; references by short name."""
    if isinstance(node, list):
        return [clean_schema(item) for item in node]
    if not isinstance(node, dict):
        return node
    if "properties" in node and isinstance(node["properties"], dict) and node.get("type") == "object":
        clean = {key: clean_schema(value) for key, value in node.items() if key not in {"title", "properties"}}
        clean["properties"] = {key: clean_schema(value) for key, value in node["properties"].items()}
        return clean
    data = {key: value for key, value in node.items() if key != "title"}
    if "patternProperties" in data:
        data["additionalProperties"] = False
    if data.get("default") is None or isinstance(data.get("default"), dict):
        data.pop("default", None)
    if "$ref" in data:
        data["$ref"] = "#/$defs/" + short_name(str(data["$ref"]).rpartition("/")[2])
    members = data.get("anyOf")
    if isinstance(members, list) and {"type": "null"} in members:
        rest = [member for member in members if member != {"type": "null"}]
        del data["anyOf"]
        only = dict(rest[0]) if len(rest) == 1 else {"anyOf": rest}
        return clean_schema({**only, **data})
    if isinstance(data.get("oneOf"), list):
        members = data.pop("oneOf")
        discriminator = data.pop("discriminator", None)
        union = _tagged(discriminator) if discriminator is not None else _shaped(members)
        return {**{key: _keep(key, value) for key, value in data.items()}, **union}
    return {key: _keep(key, value) for key, value in data.items()}


def _keep(key: str, value: Json) -> Json:
    """Examples and defaults are the author's values, not schemas."""
    return value if key in {"examples", "default", "enum", "const", "description"} else clean_schema(value)


def _tagged(discriminator: dict[str, Any]) -> dict[str, Any]:
    tag = discriminator["propertyName"]
    branches = {value: short_name(str(ref).rpartition("/")[2]) for value, ref in discriminator["mapping"].items()}
    return {
        "type": "object",
        "properties": {tag: {"enum": list(branches), "description": "Which kind it is."}},
        "allOf": [
            {
                "if": {"properties": {tag: {"const": value}}, "required": [tag]},
                "then": {"$ref": f"#/$defs/{name}"},
            }
            for value, name in branches.items()
        ],
    }


def _shaped(members: list[Any]) -> dict[str, Any]:
    """Two members of different shape: an object or a list, and a scalar."""
    cleaned = [clean_schema(member) for member in members]
    shape = "array" if any(member.get("type") == "array" for member in cleaned) else "object"
    large = next(m for m in cleaned if m.get("type") == shape or "$ref" in m)
    small = next(m for m in cleaned if m is not large)
    if isinstance(small, dict) and "const" in small:
        what = "a list" if shape == "array" else "a mapping"
        small["errorMessage"] = f"`{small['const']}` or {what} is wanted here"
    return {"if": {"type": shape}, "then": large, "else": small}
