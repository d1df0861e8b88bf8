"""`dunning schema`: the JSON Schemas, and whether a file fits one."""

import json
from functools import partial
from pathlib import Path
from typing import IO, Any

import click

from policy_engine.cli.main import DONE, FINDINGS, USAGE
from policy_engine.cli.output import json_to_stdout, to_file
from policy_engine.values.diagnostics import did_you_mean
from policy_engine.values.text import inert

Schema = dict[str, Any]
SUFFIX = ".schema.json"
_MOST_FINDINGS = 50


class SchemaError(click.ClickException):
    """A schema that there isn't, or a file that can't be checked."""

    exit_code = USAGE


@click.command(
    "schema",
    short_help="the JSON Schemas",
    epilog="Example: dunning schema plan --check plan.json",
)
@click.argument("name", required=False, metavar="[NAME]")
@click.option("--write", "folder", type=click.Path(file_okay=False), help="Write the schemas to this folder.")
@click.option("--check", "file", type=click.Path(), help="Check a JSON file: a plan or a snapshot, or what NAME says.")
def command(name: str | None, folder: str | None, file: str | None) -> int:
    """Print a JSON Schema: policy, plan, snapshot, mapping, test, or a table of a snapshot; without a name, list them.

    Editors use them for completion, exporters and CI to check what they wrote.
    """
    schemas = all_schemas()
    if name is not None and name not in schemas:
        hint = did_you_mean(name, schemas) or f"one of {', '.join(schemas)}"
        raise SchemaError(f"no schema is called `{inert(name)}`; {hint}")
    if file is not None:
        return _check(Path(file), name, schemas)
    chosen = schemas if name is None else {name: schemas[name]}
    if folder is not None:
        for key, schema in chosen.items():
            text = json.dumps(schema, ensure_ascii=False, indent=2) + "\n"
            to_file(Path(folder) / f"{key}{SUFFIX}", partial(_write, text))
    elif name is not None:
        json_to_stdout(schemas[name])
    else:
        for key, schema in schemas.items():
            click.echo(f"{key:28} {schema.get('description', '')}")
    return DONE


def all_schemas() -> dict[str, Schema]:
    """Every schema by name, generated from the models."""
    from policy_engine.adapters.agency.model import placement_schema
    from policy_engine.adapters.orders_document import orders_schema
    from policy_engine.adapters.webhook_document import webhook_schema
    from policy_engine.analysis.project_schema import project_schema
    from policy_engine.execution.operator_schema import operator_schema
    from policy_engine.imports.mapping_schema import mapping_schema
    from policy_engine.language.schema import policy_schema
    from policy_engine.plan.schema import plan_schema
    from policy_engine.simulation.scenario_schema import scenario_schema
    from policy_engine.snapshot.schema import snapshot_schemas
    from policy_engine.testing.schema import suite_schema

    tables = {file.removesuffix(SUFFIX): schema for file, schema in snapshot_schemas().items()}
    own = {"policy": policy_schema(), "plan": plan_schema()}
    return {
        **own,
        **tables,
        "mapping": mapping_schema(),
        "test": suite_schema(),
        "scenario": scenario_schema(),
        "operator": operator_schema(),
        "project": project_schema(),
        "webhook": webhook_schema(),
        "placement": placement_schema(),
        "orders": orders_schema(),
    }


def _write(text: str, stream: IO[str]) -> None:
    stream.write(text)


def _check(path: Path, name: str | None, schemas: dict[str, Schema]) -> int:
    """Validate a JSON file with jsonschema; findings go to stdout, one a line."""
    from jsonschema import Draft202012Validator

    shown = inert(str(path))
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SchemaError(f"can't read {shown}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise SchemaError(f"{shown} is not JSON: {inert(str(error))}") from error
    kind = name or _kind(data)
    if kind is None:
        raise SchemaError(
            f"{shown} is neither a plan nor a snapshot; say which schema: dunning schema NAME --check FILE"
        )
    found = list(Draft202012Validator(schemas[kind]).iter_errors(data))
    found.sort(key=lambda error: ([str(part) for part in error.absolute_path], error.message))
    for finding in found[:_MOST_FINDINGS]:
        place = "/".join(str(part) for part in finding.absolute_path) or "the document"
        click.echo(f"{shown}: {inert(place)}: {inert(finding.message)[:300]}")
    if len(found) > _MOST_FINDINGS:
        click.echo(f"... and {len(found) - _MOST_FINDINGS} more")
    if not found:
        click.echo(f"{shown} fits the schema `{kind}`" + _identity(kind, data))
    return FINDINGS if found else DONE


def _kind(data: Any) -> str | None:
    if isinstance(data, dict) and "dunning_plan" in data:
        return "plan"
    if isinstance(data, dict) and "dunning_placement" in data:
        return "placement"
    if isinstance(data, dict) and ("customers" in data or "invoices" in data or "manifest" in data):
        return "snapshot"
    return None


def _identity(kind: str, data: Any) -> str:
    """Of a plan also whether its rows are those that were written.

    Raises:
        SchemaError: the plan was edited.
    """
    if kind != "plan":
        return ""
    from policy_engine.plan.read import PlanError, read_plan

    try:
        plan = read_plan(json.dumps(data))
    except PlanError as error:
        raise SchemaError(str(error)) from error
    return f", identity {plan.identity}"
