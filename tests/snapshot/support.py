"""What the snapshot tests share: writing one as CSV, YAML or JSON, and showing what reading it gave."""

import csv
import json
from datetime import date
from pathlib import Path

import yaml

from policy_engine.policy.resolved import Attribute
from policy_engine.snapshot.read import ReadResult, read_snapshot
from policy_engine.snapshot.show import problem_text

AS_OF = date(2026, 7, 21)


def texts(source):
    """A YAML text with every scalar as text."""
    return yaml.load(source, Loader=yaml.BaseLoader)  # noqa: S506 - it makes texts, lists and maps only


PORTFOLIO = texts((Path(__file__).parent / "portfolio.yaml").read_text(encoding="utf-8"))
"""A snapshot with every table and nothing wrong; every value is the text of a CSV cell."""


def write_csv(folder, tables, *, delimiter=",", bom=False, newline="\n", order=lambda names: names, manifest=None):
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in tables.items():
        columns = order(list(dict.fromkeys(key for row in rows for key in row)))
        with (folder / f"{name}.csv").open("w", encoding="utf-8-sig" if bom else "utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns, delimiter=delimiter, lineterminator=newline, restval="")
            writer.writeheader()
            writer.writerows(rows)
    if manifest is not None:
        (folder / "manifest.yaml").write_text(yaml.safe_dump(manifest), encoding="utf-8")
    return folder


def write_json(path, tables, manifest=None):
    path.write_text(json.dumps({**({"manifest": manifest} if manifest else {}), **tables}), encoding="utf-8")
    return path


def write_yaml(path, tables, manifest=None):
    value = {**({"manifest": manifest} if manifest else {}), **tables}
    path.write_text(yaml.safe_dump(value, allow_unicode=True), encoding="utf-8")
    return path


def read(*paths, **options):
    return read_snapshot([Path(path) for path in paths], **{"as_of": AS_OF, "policy_currency": "EUR", **options})


def options(args):
    """The keywords of `read_snapshot` from the texts of a case's `args.yaml`."""
    kinds = args.get("attributes", {})
    return {
        "as_of": date.fromisoformat(args["as_of"]) if "as_of" in args else None,
        "policy_currency": args.get("policy_currency", "EUR") or None,
        "accept_unattributed": int(args.get("accept_unattributed", "0")),
        "attributes": [Attribute(level, name, kind) for level in kinds for name, kind in kinds[level].items()],
    }


def shown(result: ReadResult) -> str:
    """Everything that reading found, as a golden file keeps it."""
    lines = [diagnostic.render() for diagnostic in result.diagnostics]
    snapshot = result.snapshot
    if snapshot is not None:
        lines += [problem_text(problem) for problem in snapshot.problems]
        lines += [
            f"broken invoice `{row.id}` of {row.customer}: {row.amount} {row.currency}"
            for row in snapshot.broken_invoices
        ]
        lines += [f"alert {alert.code} ({alert.count}): {alert.message}" for alert in snapshot.alerts]
        for account in snapshot.accounts:
            held = "held" if account.quarantined else "free"
            lines.append(f"{account.customer.id} {held}: {' '.join(row.id for row in account.invoices) or '-'}")
    return "\n".join(lines) + "\n"
