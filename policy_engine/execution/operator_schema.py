"""The JSON Schema of an operator's file, from the models: for editors. `operator_file` stays the authority."""

from typing import Any

from policy_engine.execution.operator_model import OperatorSyntax
from policy_engine.language.schema import DRAFT, clean_schema, short_name


def operator_schema() -> dict[str, Any]:
    """The schema, draft 2020-12, as JSON data with sorted definitions."""
    schema: Any = clean_schema(OperatorSyntax.model_json_schema(by_alias=True, mode="validation"))
    definitions: dict[str, Any] = schema.pop("$defs")
    head = {"$schema": DRAFT, "$id": "operator.schema.json", "title": "Operator's file of an execution"}
    return {**head, **schema, "$defs": {short_name(name): definitions[name] for name in sorted(definitions)}}
