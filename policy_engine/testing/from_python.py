"""Snapshots from Python values, with the defaults of test files: for tests in Python."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from policy_engine.language.findings import Findings
from policy_engine.language.nodes import Items, Map, map_at, text_at
from policy_engine.policy.resolved import Policy
from policy_engine.snapshot.model import Snapshot
from policy_engine.snapshot.tables import TABLES
from policy_engine.testing.build import Given
from policy_engine.testing.given_model import SINGULAR
from policy_engine.values.diagnostics import did_you_mean
from policy_engine.values.position import Position


def snapshot_of(policy: Policy, as_of: date, **tables: Any) -> Snapshot:
    """A snapshot of the rows that matter, with the defaults of test files.

    Args:
        policy: gives currency, attributes, steps.
        as_of: the day of the snapshot; `days_late` counts to it.
        tables: as under `given` in a test file: `invoice={"days_late": 30}`, `payments=[{"amount": "500"}]`. Amounts
            and dates are texts, ints, Decimals or dates; floats are refused.

    Raises:
        ValueError: a table or column that there isn't, or a row that can't be used; the message says which and why.
        TypeError: a value of another type.
    """
    many = {one: name for name, one in SINGULAR.items()}
    findings = Findings()
    given = Given("given", policy, findings, as_of)
    rows: list[tuple[str, Map]] = []
    for name, value in tables.items():
        table = many.get(name, name)
        if table not in TABLES:
            hint = did_you_mean(name, [*many, *TABLES])
            raise ValueError(f"`{name}` is not a table of a snapshot" + (f"; {hint}" if hint else ""))
        for row in [value] if name in many else value:
            unknown = [key for key in row if key not in TABLES[table].index and key not in ("days_late", "attributes")]
            if unknown:
                hint = did_you_mean(unknown[0], TABLES[table].index)
                raise ValueError(f"`{table}` has no column `{unknown[0]}`" + (f"; {hint}" if hint else ""))
            rows.append((table, _as_node(row, len(rows) + 1)))
    given.add(rows, as_of, Position("given", 1, 1))
    snapshot = given.snapshot(as_of, None, identified=True)
    if snapshot is None:
        raise ValueError("\n".join(f"{found.message}" for found in findings.all()))
    return snapshot


def _as_node(value: Any, line: int) -> Any:
    """Python values as the nodes that a file gives."""
    at = Position("given", line, 1)
    if isinstance(value, Mapping):
        node = map_at(at.file, at.line, at.column)
        for key, item in value.items():
            if item is not None:
                node[text_at(str(key), at)] = _as_node(item, line)
        return node
    if isinstance(value, list | tuple):
        items = Items(_as_node(item, line) for item in value)
        items.file, items.line, items.column = at.file, at.line, at.column
        return items
    if isinstance(value, bool):
        return text_at("true" if value else "false", at)
    if isinstance(value, str | int | Decimal | date):
        return text_at(str(value), at)
    raise TypeError(f"{type(value).__name__} can't stand in a row; amounts are texts, ints or Decimals")
