"""The tables hold what was read for them: otherwise it is said, as a mistake of the program, and nothing is written."""

from pathlib import Path

from policy_engine.imports import csv_import as module
from policy_engine.snapshot.model import ControlTotal
from policy_engine.snapshot.write import control_total
from tests.imports.csv.support import run

MAPPING = """\
mapping: 1
customers: {name: Customer, kind: {constant: business}}
invoices: {id: Number, customer: Customer, currency: {constant: EUR}, amount: Amount, issue_date: Date, due_date: Due}
"""
EXPORT = """\
Number,Customer,Date,Due,Amount
F-1,Duval,2026-09-01,2026-10-01,120.00
F-2,Duval,2026-09-01,2026-10-01,1.00
"""
GOLDEN = Path(__file__).with_name("program_error.expected")


def test_a_row_that_is_lost_is_an_error(tmp_path, monkeypatch):
    def losing(name, rows):
        return control_total(name, rows) if name != "invoices" else ControlTotal(name, 1, (("EUR", 100),))

    monkeypatch.chdir(tmp_path)
    Path("mapping.yaml").write_text(MAPPING, encoding="utf-8")
    Path("export.csv").write_text(EXPORT, encoding="utf-8")
    monkeypatch.setattr(module, "control_total", losing)
    _, result = run(Path("mapping.yaml"), Path("export.csv"))
    text = "\n".join(found.render() for found in result.diagnostics if found.severity == "error") + "\n"
    assert text == GOLDEN.read_text(encoding="utf-8")
    assert result.tables is None
