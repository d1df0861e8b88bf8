"""The JSON Schema of a test file, from the models: for editors and CI. What loads and runs it stays the authority."""

from typing import Any

from policy_engine.language.schema import DRAFT, clean_schema, short_name
from policy_engine.language.schema_help import Snippet, with_help
from policy_engine.plan.model import REASONS
from policy_engine.testing.model import SuiteSyntax
from policy_engine.testing.schema_words import SUITE


def suite_schema() -> dict[str, Any]:
    """The schema, draft 2020-12, as JSON data with sorted definitions, with the help that editors show."""
    return with_help(plain_schema(), SUITE)


def plain_schema() -> dict[str, Any]:
    """The schema as the models say it: each key with its description, default and examples."""
    schema: Any = clean_schema(SuiteSyntax.model_json_schema(by_alias=True, mode="validation"))
    definitions: dict[str, Any] = schema.pop("$defs")
    definitions["ExpectSyntax"]["properties"]["outcomes"]["additionalProperties"]["defaultSnippets"] = _fates()
    head = {"$schema": DRAFT, "$id": "test.schema.json", "title": "Policy tests"}
    return {**head, **schema, "$defs": {short_name(name): definitions[name] for name in sorted(definitions)}}


def _fates() -> list[dict[str, Any]]:
    """Every outcome with each of its reasons, for completion; the names of holds are the policy's own."""
    pairs = [(outcome, reason) for outcome, reasons in REASONS.items() for reason in sorted(reasons)]
    fates = [f"{outcome}/{reason}" for outcome, reason in pairs if reason != "<hold>"]
    return [Snippet(fate, f"What becomes of the invoice: {fate}.", fate).data() for fate in [*REASONS, *fates]]
