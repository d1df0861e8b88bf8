"""A call list that was filled in comes back to the desk, as spreadsheets save it, and every mistake has its cell."""

import csv
import json
from pathlib import Path

import pytest

from policy_engine.adapters.lists.entry import entry_of
from policy_engine.adapters.lists.sheet import sheet
from policy_engine.adapters.lists.words import COLUMNS as TITLES
from policy_engine.desk.calls import FRENCH as FRENCH_TITLES
from policy_engine.desk.calls import NEEDED, _amount, _day, _letters, _word

COLUMNS = ("send_on", "customer", "name", "invoices", "trial", "outcome", "promised_date", "promised_amount", "note")


def row(**cells):
    known = {"send_on": "2026-10-30", "customer": "C-1", "name": "Duval", "invoices": "2026-1"}
    return {**dict.fromkeys(COLUMNS, ""), **known, **cells}


def fill(*rows, separator=",", encoding="utf-8-sig"):
    path = Path("calls.csv")
    with path.open("w", encoding=encoding, newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS, delimiter=separator, lineterminator="\r\n")
        writer.writeheader()
        writer.writerows(rows)
    return path


def noted(name):
    path = Path("desk", f"{name}.csv")
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as stream:
        return [{key: text for key, text in one.items() if text} for one in csv.DictReader(stream)]


FRENCH = ("prévu le", "client", "nom", "factures", "essai", "résultat", "date promise", "montant promis", "note")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252"])
def test_a_french_list_is_read_as_well(dunning, encoding):
    path = fill(row(outcome="Promesse", promised_date="05/11/2026", promised_amount="1 200,00", note="par virement"))
    text = path.read_text(encoding="utf-8-sig").replace(",".join(COLUMNS), ";".join(FRENCH).title())
    head, _, body = text.partition("\n")
    path.write_bytes(f"{head}\n{body.replace(',', ';').replace('1 200;00', '1 200,00')}".encode(encoding))
    done = dunning("desk import-calls calls.csv -s erp --dates dmy")
    assert (done.code, done.err) == (0, "")
    (promise,) = noted("promises")
    assert (promise["customer"], promise["date"], promise["amount"]) == ("C-1", "2026-11-05", "1200.00")


def test_what_a_french_list_calls_its_columns_is_what_is_read():
    assert {FRENCH_TITLES[_word(title)]: title for title in FRENCH if _word(title) in FRENCH_TITLES} == {
        name: TITLES["fr"][name] for name in (*NEEDED, "trial") if name != "note"
    }


def test_promises_disputes_and_notes(dunning):
    fill(
        row(outcome="Promesse", promised_date="2026-11-05", promised_amount="300,50", note="par virement"),
        row(invoices="2026-1, 2026-2", promised_date="2026-11-06"),
        row(outcome="LITIGE", note="two pallets damaged"),
        row(customer="C-2", invoices="2026-6", outcome="voicemail"),
        row(),
    )
    done = dunning("desk import-calls calls.csv -s erp")
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines()[-1] == "5 noted, 0 noted before, 1 rows not filled in"
    by = {"by": "m.leroy"}
    assert noted("promises") == [
        {"id": "desk-promise-2026-10-30-1", "customer": "C-1", "invoices": "F-1", "made": "2026-10-30",
         "date": "2026-11-05", "amount": "300.50", **by},
        {"id": "desk-promise-2026-10-30-2", "customer": "C-1", "invoices": "F-1; F-2", "made": "2026-10-30",
         "date": "2026-11-06", **by},
    ]  # fmt: skip
    assert noted("disputes") == [
        {"id": "desk-dispute-2026-10-30-1", "customer": "C-1", "invoice": "F-1", "opened": "2026-10-30",
         "reason": "two pallets damaged", **by}
    ]  # fmt: skip
    assert [(one["customer"], one["text"]) for one in noted("notes")] == [("C-1", "par virement"), ("C-2", "voicemail")]
    again = dunning("desk import-calls calls.csv -s erp --format json")
    assert json.loads(again.out) == {"noted": [], "already_noted": 5, "not_filled_in": 1}
    assert len(noted("promises")) == 2


def test_as_a_french_spreadsheet_saves_it(dunning):
    fill(
        row(name="Électricité", outcome="promis", promised_date="16/11/2026", promised_amount="1 200,00 €"),
        separator=";", encoding="cp1252",
    )  # fmt: skip
    assert dunning("desk import-calls calls.csv -s erp --on 2026-11-02").code == 0
    (promise,) = noted("promises")
    assert (promise["made"], promise["date"], promise["amount"]) == ("2026-11-02", "2026-11-16", "1200.00")


def test_every_mistake_has_its_line_column_and_cell_and_nothing_is_noted(dunning):
    fill(
        row(promised_date="2026-11-05"),
        row(promised_date="05/11/2026"),
        row(promised_date="soon", promised_amount="1.200"),
        row(promised_amount="10"),
        row(name="two\r\nlines", outcome="promised"),
        row(invoices="2026-1, 2026-2", outcome="disputed"),
        row(customer="C-9", note="x"),
        row(invoices="2026-7", promised_date="2026-11-05"),
        row(promised_date="2026-11-05", promised_amount="99999"),
        row(promised_date="2026-10-01"),
        row(trial="trial", note="x"),
    )
    done = dunning("desk import-calls calls.csv -s erp")
    assert done.code == 2
    assert [line for line in done.err.splitlines() if not line.startswith("  ")] == [
        # `2026-10-30,C-1,Duval,2026-1,,,05/11/2026,,`: the seventh cell begins in column 31
        "calls.csv:3:31 (cell G3): `promised_date`: `05/11/2026` may be two days",
        "calls.csv:4:31 (cell G4): `promised_date`: `soon` is no day",
        "calls.csv:4:36 (cell H4): `promised_amount`: `1.200` is not an amount",
        "calls.csv:5:31 (cell G5): `promised_date`: says no day by which the money was promised",
        # a name of two lines: its quote is closed on line 7
        "calls.csv:7:25 (cell G6): `promised_date`: says no day by which the money was promised",
        "calls.csv:8:40 (cell F7): `outcome`: doesn't say which of 2 invoices is disputed",
        "calls.csv:9:12 (cell B8): `customer`: the snapshot has no customer `C-9`",
        "calls.csv:10:22 (cell D9): `invoices`: the snapshot has no invoice `2026-7`",
        "calls.csv:11:42 (cell H10): `promised_amount`: 99999.00 EUR is more than the 1200.00 invoiced",
        "calls.csv:12:31 (cell G11): `promised_date`: 2026-10-01 is before 2026-10-30",
        "calls.csv:13:29 (cell E12): `trial`: is a rehearsal's row: nothing was really asked",
    ]
    assert not Path("desk").exists()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "calls.csv:1: lacks the columns `send_on`"),
        (b"a,b\r\n1,2\r\n", "calls.csv:1: lacks the columns `send_on`"),
        (b"\xff\x81\x00", "calls.csv: is neither UTF-8 nor Windows-1252 text"),
    ],
)
def test_a_file_that_is_no_list(dunning, content, why):
    Path("calls.csv").write_bytes(content)
    done = dunning("desk import-calls calls.csv -s erp")
    assert done.code == 2
    assert done.err.startswith(why)
    missing = dunning("desk import-calls nowhere.csv -s erp")
    assert (missing.code, missing.err) == (2, "Error: can't read nowhere.csv: No such file or directory\n")


def test_the_list_that_the_adapter_writes_comes_back(dunning):
    line = {"number": "2026-1", "due_date": "2026-09-01", "days_late": 59, "principal": "1200.00"}
    action = {
        "send_on": "2026-10-30", "deadline": None, "step": "call", "stage": "call", "currency": "EUR",
        "principal": "1200.00", "interest": "0.00", "lump_sums": "0.00", "total": "1200.00",
        "demanded": [line], "mentioned": [], "listed": [],
    }  # fmt: skip
    person = {"id": "K", "name": "=Jo", "role": None, "phone": "+33 1", "language": None}
    facts = {"key": "k-1", "redirected_to": None, "action": action, "contacts": [person]}
    facts["customer"] = {"id": "C-1", "name": "Duval; fils", "language": "fr"}
    text = b"".join(
        sheet([entry_of(facts, "call", script=("s", 'say "hello",\nthen ask'))], "call", whole_script=True)
    ).decode()
    assert text.endswith("k-1\r\n")
    filled = text.replace(",,,,,,call,", ",,promised,2026-11-05,,,call,")
    assert filled != text
    Path("calls.csv").write_text(filled, encoding="utf-8", newline="")
    assert dunning("desk import-calls calls.csv -s erp").code == 0
    assert [(one["invoices"], one["date"]) for one in noted("promises")] == [("F-1", "2026-11-05")]


def test_hostile_answers_are_noted_as_text(dunning):
    fill(row(note="'=HYPERLINK(1)"), row(note="\x1b[2Jx ::error::"))
    done = dunning("desk import-calls calls.csv -s erp")
    assert done.code == 0
    assert "\x1b" not in done.out
    assert "::error::" not in done.out
    assert [one["text"] for one in noted("notes")] == ["=HYPERLINK(1)", "\x1b[2Jx ::error::"]


@pytest.mark.parametrize(
    ("text", "order", "day"),
    [
        ("2026-11-05", None, "2026-11-05"), ("05/11/2026", "dmy", "2026-11-05"), ("05/11/2026", "mdy", "2026-05-11"),
        ("16.11.2026", None, "2026-11-16"), ("11/16/2026", None, "2026-11-16"), ("5/5/2026", None, "2026-05-05"),
        ("05/11/2026", None, "two"), ("31/02/2026", "dmy", "none"), ("2026-02-30", None, "none"), ("", None, "none"),
    ],
)  # fmt: skip
def test_days(text, order, day):
    assert str(_day(text, order)) == day


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("300", "300"), ("300,5", "300.5"), ("1 200,50 €", "1200.50"), ("1.200,50", "1200.50"),
        ("1,200.50", "1200.50"), ("1'200", "1200"), ("1.200", None), ("1,200", None), ("-5", None), ("=1+1", None),
        ("1e9", None), ("", None),
    ],
)  # fmt: skip
def test_amounts(text, amount):
    assert _amount(text) == amount


def test_columns_as_spreadsheets_call_them():
    assert [_letters(place) for place in (0, 25, 26, 51, 52, 701, 702)] == ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]
