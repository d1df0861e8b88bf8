"""`docs/snapshot.md`, generated from `tables`: every table and column as the person who exports them needs it."""

from policy_engine.snapshot.tables import MANIFEST, TABLES, Column, Holds, Table

_INTRODUCTION = """\
# The snapshot

<!-- generated from policy_engine/snapshot/tables.py: change it there, then `make docs` -->

A snapshot is what was known about the receivables on a day: a manifest and tables. It is read from

- a folder with one CSV file a table (`customers.csv`, `invoices.csv`, ...) and a `manifest.yaml`, or
- one YAML or JSON file with the keys `manifest`, `customers`, `invoices`, ...

Only `customers` and `invoices` are required. `-s` may be given several times: later snapshots add rows, so
that what the desk notes (disputes, promises, blocks) can stand beside what the ERP exports. Ids are unique
across all of them.

## How it is written

- CSV is UTF-8, with a header, separated by `,` or `;`; texts that hold a separator, a quote or a line break
  stand in double quotes. The order of columns and rows doesn't matter, optional columns may be left out.
- Amounts are decimals in major units with a point, `1234.50`, exact, at most the currency's decimals; in JSON
  they are texts. No thousands separators, no exponents. In YAML and JSON a number is taken as it is written.
- Dates are `YYYY-MM-DD`, from 1970 to 2200. Flags are `yes` or `no` (also `true`, `false`, `1`, `0`).
- Several values in one CSV cell are separated by `;`. In YAML and JSON they may be lists; `allocations` and
  `schedule` may be maps (`{F-1: "120.00"}`) or lists (`[{invoice: F-1, amount: "120.00"}]`, `[{date:
  2026-09-30, amount: "500.00"}]`).
- Texts are taken in Unicode NFC; blanks around them are dropped. An empty cell, a missing key and null are
  the same.
- Columns that nobody knows are left out with an alert, unless they look like a known one (an error). A
  policy's `attributes` are further columns of `customers` and `invoices`: then they must be there.

## When a row is broken

A row with a value that can't be read, a doubled id or a contradiction becomes a *problem*, and the rest is
still planned. What a broken row could have protected is held: see "a broken row" at each table. When the
customer can't be told from the row (it names no known customer and no known invoice), nobody can be held
instead, and the run stops unless `--accept-unattributed N` lets that many pass. An ordinary invoice's broken
row is itself not dunned and holds nobody; an invoice whose customer doesn't exist is not dunned either, and
doesn't stop the run. Of rows with the same id none is taken. Whatever makes a file or a required column
unreadable stops the run. Each finding has its page in [diagnostics-snapshot.md](diagnostics-snapshot.md).

What is dated after `as_of` (payments, disputes, promises) is read and doesn't exist yet; history after
`as_of` is refused.
"""

_HOLDS: dict[Holds, str] = {
    "customer": "holds every invoice of its customer",
    "credit_notes": "is a problem; a credit note's row, and one whose kind can't be trusted, hold every other invoice "
    "of the customer",
    "nothing": "leaves its facts missing, with an alert",
}

_TYPES = {
    "id": "id", "text": "text", "flag": "yes or no", "date": "date", "amount": "amount", "percent": "percent",
    "number": "number", "count": "whole number", "currency": "currency", "country": "country", "rate": "decimal",
    "ids": "ids", "words": "words", "allocations": "invoice=amount", "schedule": "date=amount",
}  # fmt: skip


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _row(column: Column) -> str:
    kind = " ".join(f"`{word}`" for word in column.choices) if column.choices else _TYPES[column.type]
    text = column.description
    if column.unit:
        text += f" Unit: {column.unit}."
    if column.default:
        text += f" Empty: {column.default}."
    needed = "yes" if column.required else ""
    return f"| `{column.name}` | {kind} | {needed} | `{_cell(column.example)}` | {_cell(text)} |"


def _table(table: Table) -> list[str]:
    lines = [f"## {table.name}", "", table.description, ""]
    lines += [f"{'Required. ' if table.required else ''}A broken row {_HOLDS[table.holds]}.", ""]
    lines += ["| column | type | required | example | meaning |", "|---|---|---|---|---|"]
    lines += [_row(column) for column in table.columns]
    if table.attributes:
        lines += ["", f"Further columns: what the policy declares under `attributes: {table.attributes}`."]
    return [*lines, ""]


def snapshot_reference() -> str:
    """The text of `docs/snapshot.md`."""
    lines = [_INTRODUCTION, "## manifest", ""]
    lines += [
        "Who vouches for the snapshot. Without one, `--as-of` must be given, and the plan says that nobody does.",
        "",
    ]
    lines += ["| key | type | example | meaning |", "|---|---|---|---|"]
    kinds = {"date": "date", "text": "text", "flag": "yes or no", "totals": "map"}
    lines += [f"| `{key.name}` | {kinds[key.type]} | `{key.example}` | {key.description} |" for key in MANIFEST]
    lines += [
        "",
        "A control total that doesn't match the rows beside it stops the run; `amount` names every currency of the",
        "table. When an amount can't be read, the sum isn't compared (an alert). Of several manifests the first with",
        "`as_of` counts and the others must agree; the earliest `payments_complete_through` counts.",
        "",
    ]
    for table in TABLES.values():
        lines += _table(table)
    return "\n".join(lines).rstrip() + "\n"
