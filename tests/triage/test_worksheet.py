"""The worksheet out and back: what spreadsheets do to it, all or nothing, and what a plan makes of it."""

import csv
import json
from datetime import date
from io import StringIO
from pathlib import Path

import pytest

from policy_engine.desk import folder as folder_module
from policy_engine.triage.cells import amounts_of, days_of, formats_seen
from policy_engine.triage.worksheet import COLUMNS, key_of, plain_cell, safe_cell
from tests.desk.support import commands
from tests.triage.support import BACKLOG

ERP = f"-p {BACKLOG}/policy.yaml -s {BACKLOG}/erp"


@pytest.fixture
def dunning(tmp_path, monkeypatch, capsysbinary):
    """Runs `dunning` in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return commands(monkeypatch, capsysbinary)


def sheet(dunning, choices, *, language="en", change=lambda text: text, encoding="utf-8-sig"):
    """Write a worksheet, fill it in by invoice, save it as a spreadsheet would."""
    Path("sheet.csv").unlink(missing_ok=True)
    assert dunning(f"triage {ERP} --worksheet sheet.csv --lang {language}").code == 0
    separator = ";" if language == "fr" else ","
    text = Path("sheet.csv").read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(StringIO(text), delimiter=separator))
    for row in rows:
        row |= dict(zip(("step", "reason", "until"), choices.get(row["invoice"], ()), strict=False))
    out = StringIO()
    writer = csv.DictWriter(out, COLUMNS, delimiter=separator, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    Path("sheet.csv").write_bytes(change(out.getvalue()).encode(encoding))


def rows(name):
    with Path("desk", f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def outcomes(dunning, *more):
    done = dunning(f"plan {ERP} {' '.join(more)} --format json")
    assert done.code == 0, done.err
    return {row["invoice"]: row for row in json.loads(done.out)["outcomes"]}


CHOICES = {
    "F-2025-0417": ("legal_action",),
    "F-2026-0611": ("Formal notice",),
    "F-2026-0702": ("start",),
    "F-2021-0090": ("leave alone", "time-barred, see lawyer's note", "2027-12-31"),
}


def test_what_is_filled_in_lets_the_invoices_climb(dunning):
    before = outcomes(dunning)
    assert {before[key]["reason"] for key in CHOICES} == {"needs_triage"}
    sheet(dunning, CHOICES)
    done = dunning(f"triage {ERP} --apply sheet.csv --by c.martin")
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines() == [
        "sheet.csv: 3 put on a step, 1 left alone, 3 undecided, 0 noted before",
        "desk/blocks.csv: 1 rows",
        "desk/history.csv: 3 rows",
    ]
    by = "c.martin (noted by m.leroy)"
    assert [(row["invoice"], row["step"], row["stage"], row["status"], row["date"], row["by"])
            for row in rows("history")] == [
        ("F-2025-0417", "legal_action", "legal", "set", "2026-11-20", by),
        ("F-2026-0611", "formal_notice", "formal_notice", "set", "2026-11-20", by),
        ("F-2026-0702", "", "", "set", "2026-11-20", by),
    ]  # fmt: skip
    (block,) = rows("blocks")
    assert (block["invoice"], block["from"], block["until"]) == ("F-2021-0090", "2026-11-20", "2027-12-31")
    assert block["reason"] == "time-barred, see lawyer's note"
    after = outcomes(dunning, "-s desk")
    # The lawsuit is at the ladder's end: nobody writes to it any more.
    assert (after["F-2025-0417"]["outcome"], after["F-2025-0417"]["reason"]) == ("waiting", "ladder_done")
    # On the formal notice since the 20th: the agency when 60 days late (30 November), and not before 15 days are over.
    assert (after["F-2026-0611"]["reason"], after["F-2026-0611"]["next"]["on"]) == ("step_to_come", "2026-12-05")
    # Before the first step since the 20th: the reminder seven days later.
    assert (after["F-2026-0702"]["reason"], after["F-2026-0702"]["next"]["on"]) == ("after_previous", "2026-11-27")
    assert (after["F-2021-0090"]["outcome"], after["F-2021-0090"]["reason"]) == ("held", "block")
    assert after["F-2026-0688"]["reason"] == "needs_triage"


def test_applied_twice_is_applied_once(dunning):
    sheet(dunning, CHOICES)
    dunning(f"triage {ERP} --apply sheet.csv")
    noted = rows("history"), rows("blocks")
    done = dunning(f"triage {ERP} -s desk --apply sheet.csv --format json")
    assert (done.code, json.loads(done.out)) == (
        0, {"set": 0, "left_alone": 0, "undecided": 3, "noted_before": 4, "rows": []},
    )  # fmt: skip
    assert (rows("history"), rows("blocks")) == noted
    assert rows("history")[0]["by"] == "m.leroy"


def excel_dates(text):
    for day in ("2025-10-16", "2026-10-01", "2026-09-23", "2021-10-15", "2026-09-09", "2026-10-24", "2026-10-15"):
        text = text.replace(day, "/".join(reversed(day.split("-"))))
    return text


@pytest.mark.parametrize(
    ("language", "change", "encoding", "until"),
    [
        ("fr", lambda text: text, "utf-8-sig", "2027-12-03"),
        ("fr", lambda text: text.replace("\u202f", " ").replace("\u2019", "'"), "cp1252", "2027-12-03"),
        ("fr", excel_dates, "utf-8", "03/12/2027"),  # the other dates of the file say how this one is meant
        ("en", lambda text: text.replace(",", "\t"), "utf-16", "2027-12-03"),
        ("en", lambda text: text.replace("18400.00", '"18,400.00"').replace(",960.00", ",960"), "utf-8", "3 Dec 2027"),
        ("en", lambda text: text.replace("\r\n", "\n").rstrip("\n"), "utf-8", "2027-12-03"),
        ("fr", lambda text: text.replace("18400,00", "18 400,00 €").replace("F-2025-0417", "45947"), "cp1252",
         "2027-12-03"),  # even the id was rewritten: the key tells the invoice
    ],
)  # fmt: skip
def test_what_spreadsheets_do_to_a_file_is_understood(dunning, language, change, encoding, until):
    choices = {"F-2025-0417": ("phone_call",), "F-2021-0090": ("leave alone", "barred", until)}
    sheet(dunning, choices, language=language, change=change, encoding=encoding)
    done = dunning(f"triage {ERP} --apply sheet.csv")
    assert (done.code, done.err) == (0, "")
    assert [row["invoice"] for row in rows("history")] == ["F-2025-0417"]
    assert [row["until"] for row in rows("blocks")] == ["2027-12-03"]


def test_with_one_mistake_nothing_is_applied(dunning):
    sheet(dunning, {**CHOICES, "F-2026-0731": ("formal_notise",)})
    done = dunning(f"triage {ERP} --apply sheet.csv")
    assert (done.code, done.out) == (2, "")
    assert "DUN673" in done.err
    assert done.err.endswith("nothing was applied\n")
    assert not Path("desk").exists()


def test_when_the_second_file_cannot_be_renamed_the_first_is_put_back(dunning, monkeypatch):
    sheet(dunning, CHOICES)
    Path("desk").mkdir()
    before = "id,customer,invoice,step,status,date,stage,by\n"
    Path("desk/history.csv").write_text(before, encoding="utf-8")
    renamed = []
    rename = Path.replace

    def failing(self, target):
        renamed.append(Path(target).name)
        if len(renamed) == 2:
            raise OSError(28, "no space left on device")
        return rename(self, target)

    monkeypatch.setattr(folder_module.Path, "replace", failing)
    done = dunning(f"triage {ERP} --apply sheet.csv")
    assert (done.code, "no space left on device" in done.err) == (2, True)
    assert sorted(renamed[:2]) == ["blocks.csv", "history.csv"]
    assert Path("desk/history.csv").read_text(encoding="utf-8") == before
    assert not Path("desk/blocks.csv").exists()
    assert [path.name for path in Path("desk").iterdir() if path.name.endswith(".part")] == []


def test_a_worksheet_is_never_overwritten(dunning):
    sheet(dunning, CHOICES)
    before = Path("sheet.csv").read_bytes()
    done = dunning(f"triage {ERP} --worksheet sheet.csv")
    assert (done.code, "is there already" in done.err) == (2, True)
    assert Path("sheet.csv").read_bytes() == before
    assert dunning(f"triage {ERP} --worksheet a.csv --apply sheet.csv").code == 2


def test_history_of_a_day_to_come_is_refused(dunning):
    sheet(dunning, CHOICES)
    done = dunning(f"triage {ERP} --apply sheet.csv --on 2026-11-21")
    assert (done.code, "after the snapshot's day 2026-11-20" in done.err) == (2, True)
    assert dunning(f"triage {ERP} --apply sheet.csv --on 2026-11-19").code == 0
    assert {row["date"] for row in rows("history")} == {"2026-11-19"}


@pytest.mark.parametrize("text", ["=1+1", "+33 1", "-5", "@x", "\tx", "'=x", "''", "x", "", "'x", "a=b"])
def test_formulas_are_neutral_and_come_back(text):
    assert safe_cell(text)[:1] not in set("=+-@\t\r\n")
    assert plain_cell(safe_cell(text)) == text


def test_hostile_names_and_ids_stay_text(dunning, tmp_path):
    for file in (BACKLOG / "erp").iterdir():
        text = file.read_text(encoding="utf-8").replace("Menuiserie Duval SARL", "\"=cmd|'/c calc'!A1\"")
        (tmp_path / "hostile").mkdir(exist_ok=True)
        (tmp_path / "hostile" / file.name).write_text(text.replace("F-2025-0417", "=F-2025"), encoding="utf-8")
    options = f"-p {BACKLOG}/policy.yaml -s hostile"
    assert dunning(f"triage {options} --worksheet h.csv").code == 0
    text = Path("h.csv").read_text(encoding="utf-8-sig")
    found = {row["key"]: row for row in csv.DictReader(StringIO(text))}
    assert all(cell[:1] not in set("=+-@") for row in found.values() for cell in row.values())
    assert found[key_of("=F-2025")]["invoice"] == "'=F-2025"
    lines = [f"{line[:-2]}phone_call,," if "'=F-2025" in line else line for line in text.split("\n")]
    Path("h.csv").write_text("\n".join(lines), encoding="utf-8")
    assert dunning(f"triage {options} --apply h.csv").code == 0
    assert [row["invoice"] for row in rows("history")] == ["=F-2025"]


@pytest.mark.parametrize(
    ("cell", "currency", "found"),
    [
        ("1234.50", "EUR", {123450}),
        ("1.234,50", "EUR", {123450}),
        ("1\u202f234,5", "EUR", {123450}),
        ("1,234", "EUR", {123400}),  # 1.234 EUR has a decimal too many to be one
        ("1,234", "KWD", {1234000, 1234}),  # either, and only one is what is known
        ("1'234.50", "CHF", {123450}),
        ("-5", "EUR", {-500}),
        ("900 JPY", "JPY", {900}),
        ("\u20ac1,234.50", "EUR", {123450}),
        ("1,84E+04", "EUR", set()),
        ("", "EUR", set()),
        ("many", "EUR", set()),
    ],
)
def test_every_amount_that_a_cell_may_mean(cell, currency, found):
    assert amounts_of(cell, currency) == found


def test_every_day_that_a_cell_may_mean():
    first, second = date(2027, 3, 4), date(2027, 4, 3)
    assert days_of("2027-03-04", ()) == (first,)
    assert days_of("03/04/2027", ()) == (first, second)
    assert days_of("03/04/2027", formats_seen([("16/10/2025", date(2025, 10, 16))])) == (second,)
    assert days_of("03/04/2027", formats_seen([("10/16/2025", date(2025, 10, 16))])) == (first,)
    assert days_of("31/12/2025", ()) == (date(2025, 12, 31),)
    assert days_of("soon", ()) == ()
    assert formats_seen([("", date(2025, 1, 1))]) == ()
