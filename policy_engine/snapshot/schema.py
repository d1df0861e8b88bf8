"""JSON Schemas of a snapshot, generated from `tables`: the YAML/JSON file, and a row of each table.

They help whoever writes one in an editor or exports one; the authority is the reader, which also compares rows.
"""

from typing import Any

from policy_engine.snapshot.tables import MANIFEST, TABLES, TOTALLED, Column, ManifestKey, Table
from policy_engine.values.money import EXPONENTS

Schema = dict[str, Any]

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_DAY = r"^(19[7-9][0-9]|20[0-9][0-9]|21[0-9][0-9]|2200)-[0-9]{2}-[0-9]{2}$"
_DECIMAL = r"^\s*[+-]?[0-9]{1,15}(\.[0-9]{1,9})?\s*$"
_FLAG: list[Any] = [True, False, "yes", "no", "true", "false", 1, 0, "1", "0"]


def _key() -> Schema:
    return {"type": ["string", "integer"], "maxLength": 200}


def _decimal() -> Schema:
    return {"type": ["string", "number"], "pattern": _DECIMAL}


def _list(items: Schema, extra: list[Schema]) -> Schema:
    return {"anyOf": [{"type": "string"}, {"type": "array", "items": items}, *extra]}


def _pairs(name: str, key: Schema) -> Schema:
    item = {
        "type": "object",
        "properties": {name: key, "amount": _decimal()},
        "required": [name, "amount"],
        "additionalProperties": False,
    }
    return _list({"anyOf": [{"type": "string"}, item]}, [{"type": "object", "additionalProperties": _decimal()}])


def _cell(column: Column) -> Schema:
    match column.type:
        case "id":
            return _key()
        case "text":
            return {"type": ["string", "number", "boolean"]}
        case "word":
            return {"enum": list(column.choices)}
        case "flag":
            return {"enum": list(_FLAG)}
        case "date":
            return {"type": "string", "pattern": _DAY}
        case "currency":
            return {"enum": sorted(EXPONENTS)}
        case "country":
            return {"type": "string", "pattern": "^[A-Z]{2}$"}
        case "ids":
            return _list(_key(), [_key()])
        case "words":
            return _list({"type": ["string", "number", "boolean"]}, [])
        case "allocations":
            return _pairs("invoice", _key())
        case "schedule":
            return _pairs("date", {"type": "string", "pattern": _DAY})
        case _:
            return _decimal()


def _described(schema: Schema, text: str, example: str) -> Schema:
    return {"description": text, **schema, "examples": [example]}


def column_schema(column: Column) -> Schema:
    """The schema of one column's value in YAML and JSON; null stands for an empty cell."""
    schema = _cell(column)
    if column.nullable:
        if "enum" in schema:
            schema["enum"] = [*schema["enum"], None]
        elif "anyOf" in schema:
            schema["anyOf"] = [*schema["anyOf"], {"type": "null"}]
        else:
            kinds = schema["type"]
            schema["type"] = [*kinds, "null"] if isinstance(kinds, list) else [kinds, "null"]
    text = column.description
    if column.unit:
        text += f" Unit: {column.unit}."
    if column.default:
        text += f" Empty: {column.default}."
    return _described(schema, text, column.example)


def row_schema(table: Table) -> Schema:
    """The schema of one row. `customers` and `invoices` may have columns of the company's own."""
    return {
        "title": table.title,
        "description": table.description,
        "type": "object",
        "properties": {column.name: column_schema(column) for column in table.columns},
        "required": [column.name for column in table.columns if column.required],
        "additionalProperties": table.attributes is not None,
    }


def _manifest_key(key: ManifestKey) -> Schema:
    match key.type:
        case "date":
            schema: Schema = {"type": "string", "pattern": _DAY}
        case "flag":
            schema = {"enum": list(_FLAG)}
        case "text":
            schema = {"type": "string"}
        case "totals":
            rows = {"type": "integer", "minimum": 0, "description": "Number of rows.", "examples": [2]}
            sums = {
                "type": "object",
                "description": "Sum of the column `amount`, by currency.",
                "propertyNames": {"enum": sorted(EXPONENTS)},
                "additionalProperties": _decimal(),
                "examples": [{"EUR": "1500.00"}],
            }
            schema = {
                "type": "object",
                "properties": {
                    name: {
                        "type": "object",
                        "description": f"Control totals of `{name}`.",
                        "properties": {"rows": rows, **({"amount": sums} if name in TOTALLED else {})},
                        "additionalProperties": False,
                    }
                    for name in TABLES
                },
                "additionalProperties": False,
            }
    return _described(schema, key.description, key.example)


def manifest_schema() -> Schema:
    """The schema of a manifest."""
    return {
        "title": "Manifest",
        "description": "Who vouches for the snapshot: its date, its source, its control totals.",
        "type": "object",
        "properties": {key.name: _manifest_key(key) for key in MANIFEST},
        "additionalProperties": False,
    }


def snapshot_schema() -> Schema:
    """The schema of a snapshot in one YAML or JSON file. No table is required: several files add up."""
    lists = {
        name: {"description": table.description, "type": ["array", "null"], "items": {"$ref": f"#/$defs/{name}"}}
        for name, table in TABLES.items()
    }
    return {
        "$schema": _DRAFT,
        "$id": "snapshot.schema.json",
        "title": "Snapshot",
        "description": "What was known about the receivables on a day.",
        "type": "object",
        "properties": {"manifest": {"$ref": "#/$defs/manifest"}, **lists},
        "additionalProperties": False,
        "$defs": {"manifest": manifest_schema(), **{name: row_schema(table) for name, table in TABLES.items()}},
    }


def snapshot_schemas() -> dict[str, Schema]:
    """Every schema of a snapshot by file name, for `schemas/`."""
    found = {"snapshot.schema.json": snapshot_schema()}
    name = "snapshot-manifest.schema.json"
    found[name] = {"$schema": _DRAFT, "$id": name, **manifest_schema()}
    for table in TABLES.values():
        name = f"snapshot-{table.name}.schema.json"
        found[name] = {"$schema": _DRAFT, "$id": name, **row_schema(table)}
    return found
