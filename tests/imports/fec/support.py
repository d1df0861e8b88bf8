"""Small FEC texts for the tests: lines as people think of them, written in any dialect."""

from datetime import date
from pathlib import Path

from policy_engine.imports.fec import import_fec
from policy_engine.imports.fec_customers import Choices
from policy_engine.imports.fec_dialect import COLUMNS
from policy_engine.snapshot.read import read_snapshot
from policy_engine.snapshot.write import write_snapshot
from policy_engine.values.money import minor_text

NET_30 = Choices(rest="net_30")


def line(journal, entry, day, account, auxiliary="", amount=0, letter="", **more):
    """A line as a dict of cells; `amount` in cents, debits positive."""
    cells = dict.fromkeys(COLUMNS, "")
    text = f"{abs(amount) // 100},{abs(amount) % 100:02}"
    return (
        cells
        | {
            "JournalCode": journal,
            "JournalLib": {"AN": "A nouveaux", "VE": "Ventes", "BQ": "Banque"}.get(journal, journal),
            "EcritureNum": str(entry),
            "EcritureDate": day,
            "CompteNum": account,
            "CompteLib": "Clients" if account.startswith("411") else "Autres",
            "CompAuxNum": auxiliary,
            "CompAuxLib": f"Société {auxiliary}" if auxiliary else "",
            "PieceRef": f"P{entry}",
            "PieceDate": day,
            "EcritureLib": f"écriture {entry}",
            "Debit": text if amount > 0 else "0,00",
            "Credit": text if amount < 0 else "0,00",
            "EcritureLet": letter,
            "ValidDate": day,
        }
        | more
    )


def entry(journal, number, day, auxiliary, amount, letter="", account="411000", **more):
    """An entry of two lines: the customer's and its counterpart (a sale, the bank, an opening balance)."""
    other = {"AN": "101000", "VE": "707000", "BQ": "512000"}.get(journal, "658000")
    return [
        line(journal, number, day, account, auxiliary, amount, letter, **more),
        line(journal, number, day, other, "", -amount, **{key: more[key] for key in more if key.startswith("Piece")}),
    ]


def fec(lines, *, separator="\t", end="\n", encoding="utf-8", columns=COLUMNS, write=lambda cell: cell, tail=""):
    """The bytes of a file."""
    rows = [list(columns), *([str(row.get(name, "")) for name in columns] for row in lines)]
    return "".join(separator.join(map(write, row)) + tail + end for row in rows).encode(encoding)


def run(path, data, *, as_of="2026-12-31", terms=NET_30, kind="business", **options):
    """Import bytes."""
    path.write_bytes(data)
    return import_fec(path, as_of=date.fromisoformat(as_of), terms=terms, kind=kind, **options)


def done(result):
    """The tables, of an import that must have worked."""
    assert result.report is not None, [found.render() for found in result.diagnostics]
    assert result.report.tied
    return result.tables


def read_back(folder: Path, result):
    """Write the snapshot, read it, and give the balance of each customer in cents."""
    write_snapshot(folder, result.tables, result.manifest)
    read = read_snapshot([folder])
    assert read.snapshot is not None, [found.render() for found in read.diagnostics]
    assert read.snapshot.problems == ()
    return {
        account.customer.id: sum(row.amount for row in account.invoices) - sum(row.amount for row in account.payments)
        for account in read.snapshot.accounts
    }


def opened(result):
    """What is open, as `{customer: {number: amount}}`, and what is unallocated, as `{customer: amount}`."""
    paid = {}
    loose = {}
    for row in result.tables["payments"]:
        left = _cents(row["amount"])
        for part in filter(None, row["allocations"].split("; ")):
            ident, _, amount = part.rpartition("=")
            paid[ident] = paid.get(ident, 0) + _cents(amount)
            left -= _cents(amount)
        if left:
            loose[row["customer"]] = loose.get(row["customer"], 0) + left
    items = {}
    for row in result.tables["invoices"]:
        left = minor_text(_cents(row["amount"]) - paid.get(row["id"], 0), "EUR")
        items.setdefault(row["customer"], {})[row["number"]] = left
    return items, {customer: minor_text(left, "EUR") for customer, left in loose.items()}


def _cents(text):
    return int(text.replace(".", ""))
