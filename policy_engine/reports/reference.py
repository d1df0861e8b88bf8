"""The generated parts of docs/: the language from the models and the facts table, the snapshot from its tables.

`python -m policy_engine.reports.reference docs` writes them; CI fails when they drift.
"""

import json
import sys
from pathlib import Path
from typing import Any

from policy_engine.facts.table import NOT_YET, TABLE, FactDef

Schema = dict[str, Any]

_INTRO = """\
# The policy language

<!-- generated from policy_engine/language/models and policy_engine/facts/table.py: change it there, then `make docs` -->

A policy is one YAML file (YAML 1.2 core schema, one document, no anchors, unknown keys refused). This page lists every
key and every fact; [semantics.md](semantics.md) says what they mean when a plan is made, and
[diagnostics.md](diagnostics.md) explains what `dunning validate` finds. Editors complete and check policies with
`schemas/policy.schema.json`: put `# yaml-language-server: $schema=../schemas/policy.schema.json` on the first line.

The least that makes a policy:

```yaml
dunning: 1
policy: smallest
version: 1
currency: EUR
segments:
  - name: everybody
    ladder: standard
ladders:
  standard:
    steps:
      - name: reminder
        stage: reminder
        days: 5
        channel: email
```

## Inheritance

A policy may `extends:` another (a path inside its folder, or `pack:fr-b2b`), a ladder may extend a ladder. Maps merge by
key. In lists of named items an existing name overrides in place, a new item says `before:` or `after:` a name, and
`{name: x, remove: true}` removes one; lists without names are replaced. `dunning validate --resolved` prints the outcome
with the origin of each value. A step removed from a ladder is gone from those that extend it: what the inherited policy
changes about it there goes too, as does its safeguard once no ladder has it, and `before:` or `after:` it means where it stood.

```yaml
dunning: 1
policy: ours
version: 1
extends: pack:fr-b2b
ladders:
  standard:
    steps:
      - name: second_reminder
        days: 10
```
"""

_EXPRESSIONS = """\
## Expressions

A small, closed subset of Python's: literals (`12`, `0.3`, `"text"`, `True`, `date("2026-01-01")`), `and or not`,
`== != < <= > >=` (chains too), `in` and `not in` over a literal list, `+ - *` (also a date plus or minus days), `/` only
in a ratio that is compared, `x if c else y`, `min max abs known`, `has(set, "text")`, `days_between(a, b)` = b - a, the
facts below, the policy's own facts and declared attributes. At most 500 characters, 25 levels deep.

Numbers are exact; a number compared with an amount is in major units of the policy's currency, with a percentage in
percent. Everything is typed when the policy is loaded.

Missing values: they propagate through `+ - * min max abs`; a comparison, `in`, `not in` or bare flag with a missing operand
is false; `known(x)` asks. So `not (x > 5)` is true for a missing x, and `x != "a"` is false. A ratio `a / b > 0.5` whose `b` is zero or
less is missing.

Write expressions in block style (`when: invoice.outstanding >= 500` on a line of its own): inside `{...}` YAML cuts them
at commas.

## Facts

As of `as_of`, before holds, after netting, unless the definition says otherwise. A fact that names `invoice.*` is an invoice fact;
segments, capacity and credit alerts take customer facts, `credit.decisions` also `order.*`.

| fact | type | unit | may be missing | definition |
|---|---|---|---|---|
"""


def _type(schema: Schema) -> str:
    if "$ref" in schema:
        name = str(schema["$ref"]).rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return ", ".join(f"`{choice}`" for choice in schema["enum"])
    if "then" in schema and "else" in schema:
        return " or ".join(dict.fromkeys(_type(schema[branch]) for branch in ("then", "else")))
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return " or ".join(dict.fromkeys(_type(choice) for choice in schema[key]))
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    if schema.get("type") == "object" and "patternProperties" in schema:
        (value,) = schema["patternProperties"].values()
        return f"map of {_type(value)}"
    kind = schema.get("type", "any")
    if isinstance(kind, list):
        return " or ".join(str(one) for one in kind)
    return {"object": "map", "string": "text", "boolean": "true or false", "null": "none"}.get(str(kind), str(kind))


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _example(schema: Schema) -> str:
    examples = schema.get("examples", [])
    return f"`{_cell(json.dumps(examples[0], ensure_ascii=False))}`" if examples else ""


def _keys(schema: Schema) -> list[str]:
    required = set(schema.get("required", ()))
    lines = ["| key | type | default | example | meaning |", "|---|---|---|---|---|"]
    for name, value in schema.get("properties", {}).items():
        default = "required" if name in required else ""
        if "default" in value and value["default"] is not None:
            default = f"`{_cell(json.dumps(value['default'], ensure_ascii=False))}`"
        meaning = _cell(str(value.get("description", "")))
        lines.append(f"| `{name}` | {_cell(_type(value))} | {default} | {_example(value)} | {meaning} |")
    return lines


def _fact(fact: FactDef) -> str:
    kind = fact.type + (f": {', '.join(f'`{choice}`' for choice in fact.choices)}" if fact.choices else "")
    missing = "yes" if fact.nullable else ""
    return f"| `{fact.name}` | {kind} | {fact.unit or ''} | {missing} | {_cell(fact.definition)} |"


def language_reference() -> str:
    """docs/language.md as text."""
    from policy_engine.language.schema import plain_schema

    schema = plain_schema()
    parts = [_INTRO, "## The keys of a policy\n", *_keys(schema), ""]
    for name, definition in sorted(schema.get("$defs", {}).items()):
        parts += [f"### {name}\n", _cell(str(definition.get("description", ""))), "", *_keys(definition), ""]
    parts += [_EXPRESSIONS.rstrip("\n"), *(_fact(fact) for fact in TABLE), ""]
    waiting = ", ".join(f"`{name}` ({part})" for name, part in NOT_YET.items())
    parts += [f"Not yet supported, and refused with a diagnostic that says so: {waiting}.", ""]
    return "\n".join(parts)


def generated() -> dict[str, str]:
    """File name inside docs/ to its text."""
    from policy_engine.snapshot.reference import snapshot_reference

    return {"language.md": language_reference(), "snapshot.md": snapshot_reference()}


def main(folder: str) -> None:
    """Write the generated pages into `folder`."""
    for name, text in generated().items():
        (Path(folder) / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
