"""What holds for every ledger: the snapshot stands where 411 stands, lines of a day have no order, nothing raises."""

import tempfile
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_engine.imports.fec import import_fec
from policy_engine.imports.fec_customers import read_list, read_terms
from tests.imports.fec.support import NET_30, done, entry, fec, opened, read_back

pytestmark = pytest.mark.property
FIRST = date(2026, 1, 1)
DAYS = 60


def imported(data, as_of, **options):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "fec.txt"
        path.write_bytes(data)
        return import_fec(path, as_of=as_of, terms=NET_30, **options)


@st.composite
def entries(draw):
    """Openings, invoices, payments, credit notes and returns, lettered well, badly or not at all."""
    journal = draw(st.sampled_from(["AN", "VE", "VE", "VE", "BQ", "BQ", "OD"]))
    amount = draw(st.integers(1, 50_000)) * (-1 if journal == "BQ" else 1)
    if draw(st.integers(0, 9)) == 0:
        amount = -amount
    day = FIRST + timedelta(days=0 if journal == "AN" else draw(st.integers(0, DAYS)))
    piece = day + timedelta(days=draw(st.sampled_from([0, 0, 0, -3, 5, -4000, -40])))
    letter = draw(st.sampled_from(["", "", "AA", "AB", "AC"]))
    lettered = draw(st.sampled_from([None, None, day, day + timedelta(days=20)])) if letter else None
    return entry(
        journal,
        draw(st.integers(0, 12)),
        day.strftime("%Y%m%d"),
        draw(st.sampled_from(["", "C1", "C2", "C3"])),
        amount,
        letter,
        account=draw(st.sampled_from(["411000", "411000", "411900"])),
        PieceDate=piece.strftime("%Y%m%d"),
        DateLet=lettered.strftime("%Y%m%d") if lettered else "",
    )


@st.composite
def paid(draw):
    """An invoice and payments of it, together in one group or in none, that settle it or not."""
    customer = draw(st.sampled_from(["C1", "C2"]))
    amount = draw(st.integers(2, 50_000))
    letter = draw(st.sampled_from(["", "ZA", "ZB"]))
    day = FIRST + timedelta(days=draw(st.integers(0, DAYS // 2)))
    lines = entry("VE", draw(st.integers(13, 99)), day.strftime("%Y%m%d"), customer, amount, letter)
    part = draw(st.integers(1, amount))
    for cents in draw(st.sampled_from([[amount], [part], [part, amount - part]])):
        if cents:
            later = day + timedelta(days=draw(st.integers(0, DAYS // 2)))
            lines += entry("BQ", draw(st.integers(13, 99)), later.strftime("%Y%m%d"), customer, -cents, letter)
    return lines


LEDGERS = st.lists(st.one_of(entries(), paid()), min_size=1, max_size=14).map(
    lambda parts: [row for part in parts for row in part]
)
AS_OF = st.integers(0, DAYS + 10).map(lambda days: FIRST + timedelta(days=days))


def balances(lines, as_of):
    """What 411 says, added up here and not there: by customer, the unnamed under ""."""
    found = {}
    for row in lines:
        if row["CompteNum"].startswith("411") and row["EcritureDate"] <= as_of.strftime("%Y%m%d"):
            cents = int(row["Debit"].replace(",", "")) - int(row["Credit"].replace(",", ""))
            found[row["CompAuxNum"]] = found.get(row["CompAuxNum"], 0) + cents
    return found


@given(LEDGERS, AS_OF)
def test_the_snapshot_stands_where_account_411_stands(lines, as_of):
    result = imported(fec(lines), as_of, kind="business")
    if as_of.strftime("%Y%m%d") < min(row["EcritureDate"] for row in lines):
        assert result.report is None
        assert {found.code for found in result.diagnostics} == {"DUN657"}
        return
    done(result)
    ledger = balances(lines, as_of)
    left_out = ledger.pop("", 0)
    with tempfile.TemporaryDirectory() as folder:
        assert read_back(Path(folder) / "snapshot", result) == ledger
    assert result.report.left == left_out
    assert result.report.total == sum(ledger.values()) + left_out


@given(LEDGERS, AS_OF, st.randoms(use_true_random=False))
def test_the_order_of_lines_changes_nothing(lines, as_of, random):
    shuffled = list(lines)
    random.shuffle(shuffled)
    one, other = imported(fec(lines), as_of), imported(fec(shuffled), as_of)
    assert one.tables == other.tables
    assert one.report == other.report
    bare = [made.manifest and replace(made.manifest, source=None) for made in (one, other)]  # it names the bytes
    assert bare[0] == bare[1]


@given(LEDGERS, AS_OF)
def test_open_items_and_credits_are_possible(lines, as_of):
    """Nothing is open beyond its amount, ids are unique, and nothing loose is both open and unallocated."""
    result = imported(fec(lines), as_of)
    if result.report is None:
        return
    items, loose = opened(result)
    for table in result.tables.values():
        assert len({row["id"] for row in table}) == len(table)
    amounts = {row["id"]: int(row["amount"].replace(".", "")) for row in result.tables["invoices"]}
    settled = dict.fromkeys(amounts, 0)
    for row in result.tables["payments"]:
        shares = [part.rpartition("=") for part in filter(None, row["allocations"].split("; "))]
        assert sum(int(part.replace(".", "")) for _, _, part in shares) <= int(row["amount"].replace(".", ""))
        for ident, _, part in shares:
            settled[ident] += int(part.replace(".", ""))
    assert all(0 <= settled[ident] < amounts[ident] for ident in amounts)
    for customer in loose:
        unlettered = {
            row["PieceRef"]
            for row in lines
            if row["CompAuxNum"] == customer and not row["EcritureLet"] and row["CompteNum"].startswith("411")
        }
        lettered = {row["PieceRef"] for row in lines if row["CompAuxNum"] == customer and row["EcritureLet"]}
        assert not (items.get(customer, {}).keys() & (unlettered - lettered))


HEADER = fec([])
SOME = fec([*entry("VE", 1, "20260201", "C01", 100_00), *entry("BQ", 2, "20260202", "C01", -40_00)])


@given(st.binary(max_size=300), st.sampled_from([b"", HEADER, SOME, b"\xef\xbb\xbf" + HEADER]))
def test_arbitrary_bytes_never_raise(data, before):
    result = imported(before + data, date(2026, 12, 31))
    assert (result.report is None) == any(found.severity == "error" for found in result.diagnostics)
    for found in result.diagnostics:
        assert found.render()
    if result.report is not None:
        assert result.report.tied


@given(st.integers(0, len(SOME) - 1), st.integers(0, 8), st.binary(max_size=4))
def test_a_damaged_file_never_raises_and_never_unties(place, gone, instead):
    result = imported(SOME[:place] + instead + SOME[place + gone :], date(2026, 12, 31))
    assert result.report is not None or any(found.severity == "error" for found in result.diagnostics)
    if result.report is not None:
        assert result.report.tied
        with tempfile.TemporaryDirectory() as folder:
            read_back(Path(folder) / "snapshot", result)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=30), st.sampled_from(["", "é"]))
def test_any_text_in_any_cell_is_written_or_refused(text, more):
    """What strangers type into labels, references and names reaches the snapshot, or is a finding."""
    cell = text.replace("\t", " ").replace("\n", " ") + more
    for column in ("CompAuxNum", "CompAuxLib", "PieceRef", "EcritureLib", "JournalCode", "EcritureNum", "EcritureLet"):
        lines = [*entry("VE", 1, "20260201", "C01", 100_00), *entry("VE", 2, "20260202", "C02", 40_00)]
        for row in lines[:2]:
            if row["CompAuxNum"] or column != "CompAuxNum":
                row[column] = cell
        result = imported(fec(lines), date(2026, 12, 31))
        if result.report is None:
            assert result.diagnostics
        else:
            with tempfile.TemporaryDirectory() as folder:
                sums = read_back(Path(folder) / "snapshot", result)
            assert sum(sums.values()) + result.report.left == 140_00


@given(st.binary(max_size=200), st.sampled_from([b"", b"customer,terms\n", b"customer;kind\n"]))
def test_lists_of_arbitrary_bytes_never_raise(data, before):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "list.csv"
        path.write_bytes(before + data)
        for column in ("terms", "kind"):
            choices, found = read_list(path, column)
            assert found or choices.named or choices.rest is None or choices.rest
            for item in found:
                assert item.render()


@given(st.text(max_size=300))
def test_any_text_as_terms_is_terms_or_a_finding(text):
    choices, found = read_terms(text)
    assert found or choices.rest is not None or choices.named
