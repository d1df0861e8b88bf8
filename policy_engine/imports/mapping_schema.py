"""The JSON Schema of a mapping, from the models: for editors and CI. `mapping_load` stays the authority."""

from typing import Any

from policy_engine.imports.mapping_model import MappingSyntax
from policy_engine.imports.mapping_words import MAPPING
from policy_engine.language.schema_help import with_help

DRAFT = "https://json-schema.org/draft/2020-12/schema"
_KEPT = frozenset({"examples", "default", "enum", "const", "description", "required"})


def mapping_schema() -> dict[str, Any]:
    """The schema, draft 2020-12, as JSON data with sorted definitions."""
    schema = _clean(MappingSyntax.model_json_schema(by_alias=True, mode="validation"))
    definitions: dict[str, Any] = schema.pop("$defs")
    head = {"$schema": DRAFT, "$id": "mapping.schema.json", "title": "Mapping of a CSV export"}
    parts = {**head, **schema, "$defs": {_short(name): definitions[name] for name in sorted(definitions)}}
    return with_help(parts, MAPPING)


def _short(name: str) -> str:
    return name.removesuffix("Syntax")


def _clean(node: Any) -> Any:
    """Titles and nulls out; values and conditions also in their short forms; references by short name."""
    if isinstance(node, list):
        return [_clean(item) for item in node]
    if not isinstance(node, dict):
        return node
    if node.get("type") == "object" and isinstance(node.get("properties"), dict):
        data = {key: value for key, value in node.items() if key not in {"title", "properties"}}
        properties = {key: _clean(value) for key, value in node["properties"].items()}
        return {**{key: _keep(key, value) for key, value in data.items()}, "properties": properties}
    data = {key: value for key, value in node.items() if key != "title"}
    if data.get("default", ...) is None:
        del data["default"]
    members = data.get("anyOf")
    if isinstance(members, list) and {"type": "null"} in members:
        rest = [member for member in members if member != {"type": "null"}]
        del data["anyOf"]
        return _clean({**(rest[0] if len(rest) == 1 else {"anyOf": rest}), **data})
    reference = data.pop("$ref", None)
    clean = {key: _keep(key, value) for key, value in data.items()}
    if reference is not None:
        clean |= _reference(_short(str(reference).rpartition("/")[2]))
    elif data.get("type") == "array" and data.get("items") == {"$ref": "#/$defs/ConditionSyntax"}:
        words = {key: clean[key] for key in ("description", "examples") if key in clean}
        return {**words, "if": {"type": "array"}, "then": {"items": clean["items"]}, "else": clean["items"]}
    return clean


def _reference(name: str) -> dict[str, Any]:
    """A value is a mapping, or the name of a column."""
    if name != "Value":
        return {"$ref": f"#/$defs/{name}"}
    return {
        "if": {"type": "object"},
        "then": {"$ref": "#/$defs/Value"},
        "else": {"type": ["string", "number"], "minLength": 1},
    }


def _keep(key: str, value: Any) -> Any:
    """Examples and defaults are the author's values, not schemas."""
    return value if key in _KEPT else _clean(value)
