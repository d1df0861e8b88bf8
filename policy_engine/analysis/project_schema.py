"""The JSON Schema of a project file, `dunning.yaml`, from the rules whose level can be set: for editors."""

from typing import Any

from policy_engine.analysis.model import RULES
from policy_engine.analysis.project import LEVELS
from policy_engine.language.schema import DRAFT
from policy_engine.reporting.rules import rules


def project_schema() -> dict[str, Any]:
    """The schema, draft 2020-12; each rule with what it finds and its level when nothing is said."""
    known = rules()
    levels = {
        code: {
            "description": f"{known[code].title[:1].upper()}{known[code].title[1:]}.",
            "enum": list(LEVELS),
            "default": level,
            "examples": ["note"],
            "errorMessage": f"a level is wanted here: {', '.join(LEVELS)}",
        }
        for code, level in sorted(RULES.items())
    }
    return {
        "$schema": DRAFT,
        "$id": "project.schema.json",
        "title": "Project file",
        "description": "Settings of `dunning validate` for the policies beside it and below: `dunning.yaml`.",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "analysis": {
                "description": "The level of rules: `off` silences one, `error` fails the check.",
                "examples": [{"DUN426": "note"}],
                "type": "object",
                "additionalProperties": False,
                "properties": levels,
            }
        },
    }
