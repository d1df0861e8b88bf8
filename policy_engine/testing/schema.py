"""The JSON Schema of a test file, from the models: for editors and CI. What loads and runs it stays the authority."""

from typing import Any

from policy_engine.language.schema import DRAFT, clean_schema, short_name
from policy_engine.testing.model import SuiteSyntax


def suite_schema() -> dict[str, Any]:
    """The schema, draft 2020-12, as JSON data with sorted definitions."""
    schema: Any = clean_schema(SuiteSyntax.model_json_schema(by_alias=True, mode="validation"))
    definitions: dict[str, Any] = schema.pop("$defs")
    head = {"$schema": DRAFT, "$id": "test.schema.json", "title": "Policy tests"}
    return {**head, **schema, "$defs": {short_name(name): definitions[name] for name in sorted(definitions)}}
