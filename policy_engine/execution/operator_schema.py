"""The JSON Schema of an operator's file, from the models: for editors. `operator_file` stays the authority."""

from collections.abc import Mapping, Sequence
from typing import Any, get_args

from policy_engine.execution.kinds import kind, own
from policy_engine.execution.operator_model import OperatorSyntax
from policy_engine.language.models.base import Channel
from policy_engine.language.schema import DRAFT, clean_schema, short_name
from policy_engine.language.schema_help import Snippet

ADAPTER = "Adapter"
"""The definition of an adapter that is enabled."""
_BEGUN: Mapping[str, tuple[Sequence[str], dict[str, Any]]] = {
    "agency": (["placement"], {"path": "${2:agency}"}),
    "email": (["email"], {"host": "${2:mail.acme.example}", "from": "${3:accounts@acme.example}"}),
    "folder": ([], {"path": "${2:outbox}"}),
    "letters": (["letter", "registered_letter"], {"path": "${2:letters}"}),
    "lists": (["call", "task"], {"path": "${2:lists}"}),
    "orders": (["order_hold", "order_release"], {"to": "file", "path": "${2:orders}"}),
    "webhook": (
        ["webhook"],
        {"url": "${2:https://hooks.acme.example/dunning}", "secrets": ["${3:env:WEBHOOK_SECRET}"]},
    ),
}
"""What an adapter of a kind begins with: the channels that it serves, the settings that it can't do without."""


def operator_schema() -> dict[str, Any]:
    """The schema, draft 2020-12, as JSON data with sorted definitions.

    The settings of an adapter of this package are those of its kind; of another kind they may be anything.
    """
    schema: Any = clean_schema(OperatorSyntax.model_json_schema(by_alias=True, mode="validation"))
    definitions = {short_name(name): said for name, said in schema.pop("$defs").items()}
    settings = _settings()
    adapter = definitions[ADAPTER]
    _offer(adapter, schema["properties"]["adapters"], settings)
    adapter["allOf"] = [
        {
            "if": {"properties": {"uses": {"const": name}}, "required": ["uses"]},
            "then": {"properties": {"settings": {"$ref": f"#/$defs/{name}"}}},
        }
        for name in own()
    ]
    definitions |= settings
    head = {"$schema": DRAFT, "$id": "operator.schema.json", "title": "Operator's file of an execution"}
    return {**head, **schema, "$defs": {name: definitions[name] for name in sorted(definitions)}}


def _offer(adapter: dict[str, Any], adapters: dict[str, Any], settings: Mapping[str, Any]) -> None:
    """What editors offer: the kinds of this package, the channels, a whole adapter to begin with."""
    parts = adapter["properties"]
    parts["uses"]["examples"] = list(own())
    channel = {"enum": list(get_args(Channel)), "type": "string"}
    parts["channels"] |= {"then": {"items": channel}, "else": channel}
    del adapters["default"]  # an editor would write `[]`, which helps nobody
    adapters["defaultSnippets"] = [
        Snippet(f"adapter: {name}", str(settings[name]["description"]), _begun(name)).data() for name in own()
    ]


def _begun(name: str) -> dict[str, Any]:
    channels, settings = _BEGUN[name]
    serves = {"channels": list(channels)} if channels else {}
    return {"name": f"${{1:{name if name != 'folder' else 'outbox'}}}", "uses": name, **serves, "settings": settings}


def _settings() -> dict[str, Any]:
    """The settings of each kind under the kind's name; what they are made of under that name and theirs."""
    found: dict[str, Any] = {}
    for name in own():
        made = kind(name)
        assert made is not None
        made.settings.model_rebuild()
        schema: Any = clean_schema(made.settings.model_json_schema(by_alias=True, mode="validation"))
        parts = schema.pop("$defs", {})
        found[name] = _renamed(schema, name)
        found |= {f"{name}_{short_name(part)}": _renamed(said, name) for part, said in parts.items()}
    return found


def _renamed(schema: Any, prefix: str) -> Any:
    """A schema whose references name the parts of one kind."""
    if isinstance(schema, list):
        return [_renamed(part, prefix) for part in schema]
    if not isinstance(schema, dict):
        return schema
    start = "#/$defs/"
    return {
        key: f"{start}{prefix}_{said.removeprefix(start)}" if key == "$ref" else _renamed(said, prefix)
        for key, said in schema.items()
    }
