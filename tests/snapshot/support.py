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

PORTFOLIO = {
    "customers": [
        {"id": "C-1", "name": "Duval", "kind": "business", "terms": "net_30", "tags": "vip; export"},
        {"id": "C-2", "name": "Hôtel Petit", "kind": "business", "contract_rate": "12.15", "credit_limit": "5000"},
        {"id": "C-3", "name": "Ville de Z", "kind": "public", "insolvent_since": "2026-05-01"},
    ],
    "invoices": [
        {"id": "F-1", "customer": "C-1", "kind": "invoice", "currency": "EUR", "amount": "1200.00", "issue_date": "2026-05-01"},
        {"id": "F-2", "customer": "C-1", "kind": "invoice", "currency": "EUR", "amount": "80.5", "issue_date": "2026-05-02"},
        {"id": "F-3", "customer": "C-2", "kind": "invoice", "currency": "JPY", "amount": "9000", "issue_date": "2026-05-03", "due_date": "2026-06-01"},
        {"id": "F-4", "customer": "C-2", "kind": "invoice", "currency": "EUR", "amount": "70.00", "issue_date": "2026-05-03", "due_date": "2026-06-01"},
        {"id": "A-1", "customer": "C-2", "kind": "credit_note", "currency": "EUR", "amount": "-20.00", "issue_date": "2026-05-09", "due_date": "2026-05-09", "allocated_to": "F-4"},
        {"id": "A-2", "customer": "C-1", "kind": "credit_note", "currency": "EUR", "amount": "-30.00", "issue_date": "2026-05-09", "allocations": "F-1=10.00; F-2=15.00"},
        {"id": "F-5", "customer": "C-3", "kind": "prepayment", "currency": "EUR", "amount": "10.00", "issue_date": "2026-05-03", "terms": "end_of_month"},
    ],
    "instalments": [
        {"id": "I-1", "invoice": "F-4", "amount": "35.00", "due_date": "2026-06-01"},
        {"id": "I-2", "invoice": "F-4", "amount": "35.00", "due_date": "2026-07-01"},
    ],
    "payments": [
        {"id": "P-1", "customer": "C-1", "date": "2026-06-03", "amount": "100.00", "currency": "EUR", "allocations": "F-1=60.00; F-2=20"},
        {"id": "P-2", "customer": "C-2", "date": "2026-06-04", "amount": "9000", "currency": "JPY", "invoice": "F-3"},
        {"id": "P-3", "customer": "C-2", "date": "2026-06-09", "amount": "-9000", "currency": "JPY", "reverses": "P-2"},
        {"id": "P-4", "customer": "C-1", "date": "2026-06-12", "amount": "-5.00", "currency": "EUR", "invoice": "A-2"},
        {"id": "P-5", "customer": "C-3", "date": "2026-06-12", "amount": "1.00", "currency": "EUR"},
    ],
    "disputes": [{"id": "D-1", "invoice": "F-1", "opened": "2026-06-20", "amount": "50.00", "reason": "two\nlines"}],
    "promises": [{"id": "PR-1", "customer": "C-1", "invoices": "F-1; F-2", "made": "2026-06-20", "date": "2026-07-01", "amount": "500.00"}],
    "payment_plans": [{"id": "PL-1", "customer": "C-1", "invoices": "F-2", "made": "2026-06-21", "schedule": "2026-08-31=40.00; 2026-07-31=40.50"}],
    "blocks": [{"id": "B-1", "customer": "C-3", "from": "2026-07-01", "until": "2026-07-31", "reason": "merger"}],
    "history": [
        {"id": "H-1", "invoice": "F-1", "step": "reminder", "stage": "reminder", "channel": "email", "status": "executed", "date": "2026-06-05", "sequence": "2"},
        {"id": "H-2", "customer": "C-3", "intervention": "declare_claim", "channel": "task", "status": "delivered", "date": "2026-06-05"},
        {"id": "H-3", "customer": "C-2", "invoice": "F-3", "status": "set", "date": "2026-06-05"},
    ],
    "charges": [{"id": "CH-1", "invoice": "F-2", "penalty": "late_interest", "status": "waived", "date": "2026-07-01", "until": "settled"}],
    "contact_persons": [{"id": "K-1", "customer": "C-1", "email": "a@example.org"}],
    "credit_reports": [{"id": "R-1", "customer": "C-2", "date": "2026-06-01", "score": "61.5"}],
    "insurance": [{"id": "S-1", "customer": "C-2", "limit": "100.00", "currency": "EUR", "from": "2026-01-01"}],
    "orders": [{"id": "O-1", "customer": "C-2", "amount": "12.00", "currency": "EUR", "date": "2026-07-01"}],
    "exchange_rates": [{"base": "USD", "quote": "EUR", "date": "2026-07-01", "rate": "0.9172"}],
}  # fmt: skip
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
