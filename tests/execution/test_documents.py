"""An invoice's own file is found by its number or id, and never another invoice's."""

import time
from dataclasses import replace

import pytest

from policy_engine.execution.adapters import Adapters
from policy_engine.execution.documents import Documents, Portfolio
from policy_engine.execution.operator_file import Operator, load_operator
from tests.execution.support import House, snapshot_text


def house(tmp_path, *numbers):
    """A house whose customers' invoices have these numbers, one each."""
    tmp_path.mkdir(exist_ok=True)
    found = House(tmp_path, customers=len(numbers))
    text = snapshot_text(len(numbers))
    for at, number in enumerate(numbers, 1):
        text = text.replace(f"number: N-{at},", f"number: '{number}',")
    found.snapshot = found.read(text)
    return found


def documents(tmp_path, *names, numbers, **more):
    folder = tmp_path / "invoices"
    folder.mkdir()
    for name in names:
        (folder / name).write_bytes(name.encode())
    return Documents(folder, portfolio=Portfolio(house(tmp_path / "house", *numbers).snapshot), **more)


@pytest.mark.parametrize("numbers", [("A/1", "A-1"), ("A-1", "A-1"), ("A-1", "a-1"), ("A 1", "A/1"), (".A-1", "A-1")])
def test_two_that_lead_to_one_name_have_no_file(tmp_path, numbers):
    name = "A-1.pdf" if "a-1" not in numbers else "a-1.pdf"
    found = documents(tmp_path, name, "B-2.pdf", numbers=(*numbers, "B/2"))
    for at, number in enumerate(numbers, 1):
        assert found.of(f"F-{at}", number) is None
        assert found.lacks(f"F-{at}", number) == "shared name"
    assert found.of("F-3", "B/2").read() == b"B-2.pdf"
    (note,) = found.portfolio.notes()
    assert f"{name} may be the file of several invoices" in note
    assert found.portfolio.notes() == []


def test_one_number_twice_for_one_customer_is_one_file(tmp_path):
    """An invoice in two rows of one customer: the file is his in any case."""
    one = house(tmp_path / "one", "A-1", "B-1")
    accounts = list(one.snapshot.accounts)
    (invoice,) = accounts[0].invoices
    accounts[0] = replace(accounts[0], invoices=(invoice, replace(invoice, id="F-9")))
    (tmp_path / "A-1.pdf").write_bytes(b"x")
    found = Documents(tmp_path, portfolio=Portfolio(replace(one.snapshot, accounts=tuple(accounts))))
    assert found.of("F-1", "A-1").name == "A-1.pdf"
    assert found.of("F-9", "A-1").name == "A-1.pdf"


def test_files_by_id_are_told_apart(tmp_path):
    found = documents(tmp_path, "F-1.pdf", "F-2.pdf", numbers=("A/1", "A-1"), file="{id}.pdf")
    assert [found.of(f"F-{at}", number).name for at, number in ((1, "A/1"), (2, "A-1"))] == ["F-1.pdf", "F-2.pdf"]


def test_what_the_erp_writes_instead(tmp_path):
    """Odoo writes INV_2026_1 for INV/2026/1, which isn't INV-2026-1."""
    numbers = ("INV/2026/1", "INV-2026-1")
    found = documents(tmp_path, "INV_2026_1.pdf", "INV-2026-1.pdf", numbers=numbers, replace="_")
    assert [found.of(f"F-{at}", number).read() for at, number in enumerate(numbers, 1)] == [
        b"INV_2026_1.pdf", b"INV-2026-1.pdf",
    ]  # fmt: skip


def test_contracts_of_customers_are_told_apart_too(tmp_path):
    one = house(tmp_path / "one", "A-1", "B-1")
    accounts = [
        replace(account, customer=replace(account.customer, id=ident), invoices=())
        for account, ident in zip(one.snapshot.accounts, ("C/1", "C-1"), strict=True)
    ]
    (tmp_path / "C-1.pdf").write_bytes(b"x")
    found = Documents(tmp_path, "{id}.pdf", "-", True, Portfolio(replace(one.snapshot, accounts=tuple(accounts))))
    assert (found.of("C/1", "C/1"), found.of("C-1", "C-1")) == (None, None)


def test_the_operators_file(tmp_path):
    def load(text):
        (tmp_path / "operator.yaml").write_text(f"operator: 1\ndocuments: {{folder: in, {text}}}\n", encoding="utf-8")
        return load_operator(tmp_path / "operator.yaml")

    assert load("replace: _").operator.documents == Documents(tmp_path / "in", "{number}.pdf", "_")
    assert load("file: '{id}.pdf'").operator.documents.replace == "-"
    for wrong in ("/", "..", "x"):
        (finding,) = load(f"replace: '{wrong}'").diagnostics
        assert finding.code == "DUN113"


def test_a_runs_adapters_know_the_portfolio_and_tell(tmp_path):
    found = documents(tmp_path, "A-1.pdf", numbers=("A/1", "A-1"))
    operator = Operator(documents=replace(found, portfolio=Portfolio()))
    adapters = Adapters(operator, tmp_path / "out", found.portfolio)
    files = adapters.default._drafts._files
    assert files._invoice("F-1", "A/1") == "shared name"
    assert any("A-1.pdf may be the file of several" in note for note in adapters.notes())


def test_a_hundred_thousand_names_are_seen_once_and_quickly():
    class Counted(Portfolio):
        passes = 0

        def _invoices(self):
            self.passes += 1
            return iter((f"F{n}", f"INV/2026/{n}", f"C{n}") for n in range(100_000))

    portfolio, documents = Counted(), Documents(replace="_")
    began = time.perf_counter()
    assert not any(portfolio.is_shared(documents, f"INV_2026_{n}.pdf") for n in range(1000))
    assert portfolio.passes == 1
    assert time.perf_counter() - began < 10
