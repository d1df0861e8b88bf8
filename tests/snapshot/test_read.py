"""The reader on snapshots that are right: what comes out, from every format."""

import copy
from datetime import date

import pytest
import yaml

from policy_engine.policy.resolved import Attribute
from policy_engine.snapshot.cells import CellError, minor, read_decimal
from policy_engine.snapshot.model import (
    Allocation,
    Block,
    Charge,
    Customer,
    ExchangeRate,
    Manifest,
    PlanInstalment,
    Promise,
)
from policy_engine.snapshot.read import snapshot_date
from policy_engine.snapshot.terms import due_date
from tests.snapshot.support import AS_OF, PORTFOLIO, read, shown, write_csv, write_json, write_yaml


@pytest.fixture(scope="module")
def portfolio(tmp_path_factory):
    result = read(write_csv(tmp_path_factory.mktemp("p") / "snapshot", PORTFOLIO))
    assert result.diagnostics == (), shown(result)
    assert result.snapshot.problems == (), shown(result)
    return result.snapshot


def account(snapshot, key):
    return next(found for found in snapshot.accounts if found.customer.id == key)


def test_customers(portfolio):
    assert [found.customer.id for found in portfolio.accounts] == ["C-1", "C-2", "C-3"]
    assert account(portfolio, "C-1").customer == Customer(
        "C-1", "Duval", "business", terms="net_30", tags=frozenset({"vip", "export"})
    )
    second = account(portfolio, "C-2").customer
    assert (second.contract_rate, second.credit_limit, second.limit_currency) == (121_500, 500_000, None)
    third = account(portfolio, "C-3").customer
    assert (third.insolvent, third.insolvent_since) == (True, date(2026, 5, 1))


def test_invoices_and_credit_notes(portfolio):
    notes = {row.id: row for found in portfolio.accounts for row in found.invoices}
    assert (notes["F-1"].due_date, notes["F-1"].due_from_terms) == (date(2026, 5, 31), "net_30")
    assert (notes["F-3"].amount, notes["F-2"].amount) == (9000, 8050)
    assert (notes["F-5"].due_date, notes["F-5"].status, notes["F-5"].number) == (date(2026, 5, 31), "open", "F-5")
    assert notes["A-1"].allocations == (Allocation("F-4", -2000),)
    assert notes["A-2"].allocations == (Allocation("F-1", -1000), Allocation("F-2", -1500))


def test_payments(portfolio):
    found = {row.id: row for kept in portfolio.accounts for row in kept.payments}
    assert found["P-1"].allocations == (Allocation("F-1", 6000), Allocation("F-2", 2000))
    assert found["P-2"].allocations == (Allocation("F-3", 9000),)
    assert (found["P-3"].amount, found["P-3"].reverses, found["P-3"].allocations) == (-9000, "P-2", ())
    assert found["P-4"].allocations == (Allocation("A-2", -500),)
    assert found["P-5"].allocations == ()


def test_what_happened(portfolio):
    first, second, third = portfolio.accounts
    assert first.disputes[0].amount == 5000
    assert first.disputes[0].reason == "two\nlines"
    assert first.promises == (Promise("PR-1", "C-1", date(2026, 6, 20), date(2026, 7, 1), 50_000, ("F-1", "F-2")),)
    assert first.payment_plans[0].instalments == (
        PlanInstalment(date(2026, 7, 31), 4050),
        PlanInstalment(date(2026, 8, 31), 4000),
    )
    assert third.blocks == (Block("B-1", "C-3", None, date(2026, 7, 1), date(2026, 7, 31), "merger"),)
    assert (first.history[0].status, first.history[0].sequence, first.history[0].customer) == ("delivered", 2, "C-1")
    assert third.history[0].intervention == "declare_claim"
    assert second.history[0].step is None
    charge = Charge("CH-1", "C-1", "F-2", "late_interest", "waived", date(2026, 7, 1), None, until_settled=True)
    assert first.charges == (charge,)
    assert second.credit_reports[0].score == 615_000
    assert (second.insurance[0].limit, second.orders[0].amount) == (10_000, 1200)
    assert [row.amount for row in second.instalments] == [3500, 3500]
    assert portfolio.exchange_rates == (ExchangeRate("USD", "EUR", date(2026, 7, 1), 2293, 2500),)


def test_no_manifest_vouches_for_nothing(portfolio):
    assert portfolio.manifest == Manifest(AS_OF, present=False)
    assert dict(portfolio.rows)["invoices"] == 7
    assert all(found.addresses_known for found in portfolio.accounts)


def test_every_format_says_the_same(portfolio, tmp_path):
    crlf = {"delimiter": ";", "bom": True, "newline": "\r\n"}
    sources = [
        write_csv(tmp_path / "other", PORTFOLIO, order=sorted, **crlf),
        write_json(tmp_path / "snapshot.json", PORTFOLIO),
        write_yaml(tmp_path / "snapshot.yaml", PORTFOLIO),
    ]
    for source in sources:
        assert read(source).snapshot == portfolio, source


def test_lists_and_maps_say_the_same(portfolio, tmp_path):
    tables = copy.deepcopy(PORTFOLIO)
    tables["customers"][0]["tags"] = ["export", "vip"]
    tables["payments"][0]["allocations"] = [{"invoice": "F-2", "amount": "20.00"}, {"amount": 60, "invoice": "F-1"}]
    tables["invoices"][5]["allocations"] = {"F-2": "15", "F-1": "-10.00"}
    tables["promises"][0]["invoices"] = ["F-2", "F-1"]
    tables["payment_plans"][0]["schedule"] = {"2026-07-31": "40.50", "2026-08-31": "40"}
    tables["disputes"][0]["closed"] = None
    assert read(write_json(tmp_path / "a.json", tables)).snapshot == portfolio
    tables["payment_plans"][0]["schedule"] = [
        {"date": "2026-07-31", "amount": "40.50"},
        {"date": "2026-08-31", "amount": "40"},
    ]
    assert read(write_yaml(tmp_path / "a.yaml", tables)).snapshot == portfolio


def test_later_snapshots_add_rows(portfolio, tmp_path):
    desk = {name: PORTFOLIO[name] for name in ("disputes", "promises", "blocks", "charges")}
    erp = {name: rows for name, rows in PORTFOLIO.items() if name not in desk}
    both = [write_csv(tmp_path / "erp", erp), write_csv(tmp_path / "desk", desk)]
    assert read(*both).snapshot == portfolio
    assert read(*reversed(both)).snapshot == portfolio


def test_manifest(tmp_path):
    manifest = {
        "as_of": "2026-07-21",
        "source": "ERP",
        "exported_at": "2026-07-21T22:00:00Z",
        "payments_complete_through": "2026-07-20",
        "tables": {
            "invoices": {"rows": 7, "amount": {"EUR": "1310.50", "JPY": "9000"}},
            "payments": {"amount": {"EUR": "96.00", "JPY": 0}},
            "blocks": {"rows": 1},
        },
    }
    desk = write_yaml(tmp_path / "desk.yaml", {"orders": []}, {"payments_complete_through": "2026-07-18"})
    folder = write_csv(tmp_path / "erp", PORTFOLIO, manifest=manifest)
    result = read(folder, desk, as_of=None)
    assert result.diagnostics == (), shown(result)
    found = result.snapshot.manifest
    assert (found.as_of, found.present, found.source) == (AS_OF, True, "ERP")
    assert found.payments_complete_through == date(2026, 7, 18)
    assert [(total.table, total.rows) for total in found.totals] == [("blocks", 1), ("invoices", 7), ("payments", None)]
    assert snapshot_date([desk, folder]) == AS_OF
    assert snapshot_date([desk]) is None


def test_attributes(tmp_path):
    tables = copy.deepcopy(PORTFOLIO)
    for place, row in enumerate(tables["customers"]):
        row |= {"region": ["west", "", "east"][place], "bonus": "10.5", "marks": "b;a"}
    for row in tables["invoices"]:
        row["visits"] = "3"
    own = [
        Attribute("customer", "region", "text"),
        Attribute("customer", "bonus", "amount"),
        Attribute("customer", "marks", "set"),
        Attribute("invoice", "visits", "count"),
    ]
    result = read(write_csv(tmp_path / "s", tables), attributes=own)
    first, second, _ = result.snapshot.accounts
    assert first.customer.attributes == {"region": "west", "bonus": 1050, "marks": frozenset({"a", "b"})}
    assert second.customer.attributes["region"] is None
    assert first.invoices[0].attributes == {"visits": 3}
    with pytest.raises(ValueError, match="policy_currency"):
        read(tmp_path / "s", attributes=own, policy_currency=None)


def test_lines_are_those_where_rows_begin(tmp_path):
    tables = copy.deepcopy(PORTFOLIO)
    tables["disputes"] = [
        {"id": "D-1", "invoice": "F-1", "opened": "2026-06-20", "reason": "one\ntwo\nthree"},
        {"id": "D-2", "invoice": "F-1", "opened": "someday", "reason": ""},
    ]
    for newline in ("\n", "\r\n"):
        result = read(write_csv(tmp_path / "s", tables, newline=newline))
        assert [problem.where for problem in result.snapshot.problems] == ["s/disputes.csv:5"]


def test_a_broken_customer_stays_with_its_invoices(tmp_path):
    tables = copy.deepcopy(PORTFOLIO)
    tables["customers"][1]["kind"] = "firm"
    result = read(write_csv(tmp_path / "s", tables))
    broken = account(result.snapshot, "C-2")
    assert broken.customer == Customer("C-2", "", "unknown")
    assert broken.quarantined.code == "DUN534"
    assert [row.id for row in broken.invoices] == ["A-1", "F-3", "F-4"]
    assert [found.quarantined for found in result.snapshot.accounts if found is not broken] == [None, None]


def test_texts_are_trimmed_and_composed(tmp_path):
    tables = copy.deepcopy(PORTFOLIO)
    tables["customers"][1] |= {"id": "  C-2 ", "name": "Ho\u0302tel Petit\t"}
    result = read(write_csv(tmp_path / "s", tables))
    assert account(result.snapshot, "C-2").customer.name == "Hôtel Petit"
    assert result.snapshot == read(write_csv(tmp_path / "t", PORTFOLIO)).snapshot


def test_what_is_written_later_changes_the_digest(portfolio, tmp_path):
    for table in PORTFOLIO:
        tables = {name: rows for name, rows in PORTFOLIO.items() if name != table}
        if table not in ("customers", "invoices"):
            same = read(write_csv(tmp_path / table, tables)).snapshot.digest == portfolio.digest
            assert same == (table == "notes"), table


def test_as_of_and_what_comes_after_it(portfolio, tmp_path):
    folder = write_csv(tmp_path / "s", PORTFOLIO)
    early = read(folder, as_of=date(2026, 6, 5)).snapshot
    assert [found.payments for found in early.accounts] == [found.payments for found in portfolio.accounts]
    late = read(folder, as_of=date(2026, 6, 4))
    assert late.snapshot is None
    assert {diagnostic.code for diagnostic in late.diagnostics} == {"DUN513"}


TERMS = [
    ("net_30", "2026-01-31", "2026-03-02"),
    ("net_0", "2026-01-31", "2026-01-31"),
    ("45_days_then_end_of_month", "2026-01-15", "2026-03-31"),
    ("end_of_month_then_45_days", "2026-01-15", "2026-03-17"),
    ("end_of_month_then_45_days", "2024-02-01", "2024-04-14"),
    ("end_of_month", "2024-02-01", "2024-02-29"),
    ("due_on_receipt", "2026-01-15", "2026-01-15"),
    ("net_30_days", "2026-01-15", None),
    ("NET_30", "2026-01-15", None),
    ("net_99999", "2026-01-15", None),
    ("net_9999", "2199-01-15", None),
    ("net_٣", "2026-01-15", None),
]


@pytest.mark.parametrize(("terms", "issued", "due"), TERMS)
def test_terms(terms, issued, due):
    assert due_date(terms, date.fromisoformat(issued)) == (None if due is None else date.fromisoformat(due))


AMOUNTS = [
    ("1234.5", "EUR", 123_450), ("0", "EUR", 0), ("-0.01", "EUR", -1), ("+7", "EUR", 700), ("007", "EUR", 700),
    ("1200.0000", "EUR", 120_000), ("9000", "JPY", 9000), ("9000.00", "JPY", 9000), ("1.234", "KWD", 1234),
    ("10000000000.00", "EUR", 10**12), ("10000000000.01", "EUR", None), ("1.200", "EUR", None), ("1.005", "EUR", None),
    ("0.5", "JPY", None), ("1e3", "EUR", None), ("1_000", "EUR", None), ("1 000", "EUR", None), ("nan", "EUR", None),
    (".5", "EUR", None), ("5.", "EUR", None), ("--1", "EUR", None), ("1,5", "EUR", None), ("0x10", "EUR", None),
    ("9" * 5000, "EUR", None),
]  # fmt: skip


@pytest.mark.parametrize(("text", "currency", "expected"), AMOUNTS, ids=range(len(AMOUNTS)))
def test_amounts(text, currency, expected):
    try:
        found = minor(read_decimal(text), currency)
    except CellError:
        found = None
    assert found == expected


def test_yaml_words_stay_text(tmp_path):
    path = tmp_path / "s.yaml"
    path.write_text(
        "customers:\n  - {id: 010, name: no, kind: business, since: 2020-01-01, category: ~, status: 'null'}\n"
        "invoices:\n  - {id: 1_0, customer: 010, kind: invoice, currency: EUR, amount: 0.10, issue_date: 2026-01-01,"
        " terms: net_30}\n"
    )
    customer = read(path).snapshot.accounts[0].customer
    assert (customer.id, customer.name, customer.category, customer.status) == ("010", "no", None, "null")
    assert read(path).snapshot.accounts[0].invoices[0].id == "1_0"


def test_the_same_folder_name_twice_is_told_apart(tmp_path):
    one, two = tmp_path / "a" / "export", tmp_path / "b" / "export"
    write_csv(one, {"customers": PORTFOLIO["customers"], "invoices": PORTFOLIO["invoices"]})
    write_csv(two, {"blocks": [{"id": "B-1", "customer": "C-1", "from": "never"}]})
    (problem,) = read(one, two).snapshot.problems
    assert problem.where == f"{two.as_posix()}/blocks.csv:2"


def test_size_bounds(tmp_path, monkeypatch):
    monkeypatch.setattr("policy_engine.snapshot.csv_folder.MAX_FILE_BYTES", 100)
    monkeypatch.setattr("policy_engine.snapshot.read.MAX_DOCUMENT_BYTES", 100)
    folder = write_csv(tmp_path / "s", PORTFOLIO)
    assert "DUN509" in {found.code for found in read(folder).diagnostics}
    assert [found.code for found in read(write_yaml(tmp_path / "s.yaml", PORTFOLIO)).diagnostics] == ["DUN509"]


def test_a_cell_is_bounded(tmp_path):
    folder = write_csv(tmp_path / "s", PORTFOLIO)
    (folder / "blocks.csv").write_text(
        "id,customer,from,reason\nB-1,C-1,2026-01-01,fine\nB-2,C-1,2026-01-01," + "x" * 11_000_000
    )
    (found,) = read(folder).diagnostics
    assert (found.code, found.position.line, found.source) == ("DUN503", 3, None)


def test_a_document_may_be_written_by_yaml_dump(tmp_path):
    path = tmp_path / "s.yaml"
    path.write_text(yaml.safe_dump(PORTFOLIO, default_flow_style=False, width=40))
    assert read(path).snapshot == read(write_csv(tmp_path / "s", PORTFOLIO)).snapshot


def test_a_payment_of_an_invoice_that_cant_be_used_is_no_problem_itself(tmp_path):
    tables = copy.deepcopy(PORTFOLIO)
    tables["invoices"][1]["amount"] = "eighty"
    snapshot = read(write_csv(tmp_path / "s", tables)).snapshot
    first = account(snapshot, "C-1")
    assert [row.id for row in snapshot.broken_invoices] == ["F-2"]
    assert first.quarantined is None
    assert Allocation("F-2", 2000) in first.payments[0].allocations


PROMISED = [("C-1", "EUR", 1000), ("C-2", "EUR", 1000), ("C-2", "USD", None), ("C-3", "USD", 1000), ("C-2", None, None)]


@pytest.mark.parametrize(("customer", "policy", "amount"), PROMISED)
def test_the_currency_of_a_promise_without_invoices(customer, policy, amount, tmp_path):
    """The one currency of the customer's invoices, else the policy's if it is among them, else nobody knows."""
    tables = copy.deepcopy(PORTFOLIO)
    tables["promises"] = [
        {"id": "PR", "customer": customer, "made": "2026-07-01", "date": "2026-07-02", "amount": "10"}
    ]
    snapshot = read(write_csv(tmp_path / "s", tables), policy_currency=policy).snapshot
    promises = account(snapshot, customer).promises
    assert [row.amount for row in promises] == ([] if amount is None else [amount])
    assert bool(account(snapshot, customer).quarantined) == (amount is None)
