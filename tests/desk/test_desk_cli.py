"""`dunning desk`: what is noted, what is refused, what a plan makes of it."""

import csv
import json
import os
import pwd
from pathlib import Path

import pytest

from policy_engine.cli import actor, desk
from policy_engine.desk import folder as folder_module

ERP_DAY = "--on 2026-10-30"


def rows(name):
    with Path("desk", f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def outcome(dunning, *, as_of=None, invoice="F-1"):
    if as_of:
        manifest = Path("erp/manifest.yaml")
        manifest.write_text(f"as_of: {as_of}\n", encoding="utf-8")
    done = dunning("plan -p p.yaml -s erp -s desk --format json")
    assert done.code == 0, done.err
    found = {row["invoice"]: row for row in json.loads(done.out)["outcomes"]}
    return found[invoice]["outcome"], found[invoice].get("reason")


def test_a_promise_noted_on_the_desk_holds_the_invoice_until_it_is_withdrawn(dunning):
    Path("desk").mkdir()
    assert outcome(dunning) == ("acted", "demanded")
    done = dunning(f"desk promise -s erp --invoice 2026-1 --pay-by 2026-11-30 {ERP_DAY}")
    assert (done.code, done.err) == (0, "")
    assert outcome(dunning) == ("held", "promise_to_pay")
    done = dunning("desk close desk-promise-2026-10-30-1 -s erp --on 2026-11-03")
    assert done.code == 0
    assert outcome(dunning) == ("held", "promise_to_pay")  # not before the day of the correction
    assert outcome(dunning, as_of="2026-11-03") == ("acted", "demanded")


def test_a_dispute_noted_on_the_desk_holds_until_the_day_that_ends_it(dunning):
    dunning(f"desk dispute -s erp --invoice F-1 --reason 'wrong goods' {ERP_DAY}")
    assert outcome(dunning) == ("held", "disputed")
    dunning("desk close desk-dispute-2026-10-30-1 --on 2026-11-02")
    assert outcome(dunning, as_of="2026-11-01") == ("held", "disputed")
    assert outcome(dunning, as_of="2026-11-02") == ("acted", "demanded")


def test_a_block_of_the_erp_is_lifted_by_the_desk(dunning):
    Path("desk").mkdir()
    assert outcome(dunning, as_of="2026-11-25", invoice="F-4") == ("held", "block")
    done = dunning("desk close B-1 -s erp --on 2026-11-25 --reason paid")
    assert done.code == 0
    assert outcome(dunning, as_of="2026-11-24", invoice="F-4") == ("held", "block")
    assert outcome(dunning, as_of="2026-11-25", invoice="F-4")[0] == "acted"


@pytest.mark.parametrize(
    ("arguments", "table", "row"),
    [
        (
            "promise --customer C-1 --pay-by 2026-11-05 --amount 20.00",
            "promises",
            {"customer": "C-1", "invoices": "", "made": "2026-10-30", "date": "2026-11-05", "amount": "20.00"},
        ),
        (
            "promise -s erp --invoice 2026-2 --invoice F-1 --pay-by 2026-11-05",
            "promises",
            {"customer": "C-1", "invoices": "F-2; F-1"},
        ),
        ("dispute -s erp --invoice F-3 --amount 100", "disputes", {"customer": "C-2", "amount": "100"}),
        ("dispute --invoice F-9", "disputes", {"customer": "", "invoice": "F-9", "opened": "2026-10-30"}),
        ("dispute -s erp --invoice F-6", "disputes", {"customer": "C-2", "invoice": "F-6"}),
        ("block --invoice F-1 --until 2026-11-05", "blocks", {"invoice": "F-1", "until": "2026-11-05"}),
        (
            "waive --invoice F-1 --penalty late_interest --until-settled",
            "charges",
            {"penalty": "late_interest", "status": "waived", "until": "settled", "date": "2026-10-30"},
        ),
        ("note '  He\u0301lène called ' --customer C-1", "notes", {"text": "Hélène called", "customer": "C-1"}),
        ("close B-1 -s erp --withdraw", "corrections", {"customer": "C-2", "row": "B-1", "change": "withdrawn"}),
        ("close B-1 -s erp", "corrections", {"table": "blocks", "change": "ended", "date": "2026-10-30"}),
    ],
)
def test_what_is_noted(dunning, arguments, table, row):
    done = dunning(f"desk {arguments} {ERP_DAY} --format json")
    assert (done.code, done.err) == (0, "")
    said = json.loads(done.out)
    (found,) = rows(table)
    assert {name: found[name] for name in row} == row
    assert found["by"] == "m.leroy"
    assert said["id"] == found["id"]
    assert found["id"].startswith("desk-")
    assert found["id"].endswith("-2026-10-30-1")
    assert said["row"] == {name: text for name, text in found.items() if text}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("promise -s erp --invoice F-7 --pay-by 2026-11-05", "no invoice `F-7`\n  help: did you mean `F-"),
        ("promise -s erp --invoice twice --pay-by 2026-11-05", "stands on 2 documents\n  help: name the id: F-4, F-5"),
        ("promise -s erp --customer C-3 --pay-by 2026-11-05", "no customer `C-3`\n  help: did you mean `C-"),
        ("promise -s erp --invoice F-1 --invoice F-4 --pay-by 2026-11-05", "several customers: `C-1`, `C-2`"),
        ("promise -s erp --customer C-2 --invoice F-1 --pay-by 2026-11-05", "`F-1` is `C-1`'s, not `C-2`'s"),
        ("promise --invoice F-1 --pay-by 2026-11-05", "`customer`: is not known"),
        ("promise --pay-by 2026-11-05", "names neither a customer nor an invoice"),
        ("promise --customer C-1 --pay-by 2026-10-05", "2026-10-05 is before 2026-10-30"),
        ("promise --customer C-1 --invoice 'F;1' --pay-by 2026-11-05", "holds a `;`"),
        ("promise -s erp --customer C-2 --amount 5 --pay-by 2026-11-05", "its currency can't be told: EUR, JPY"),
        ("promise --customer C-1 --amount 0.00 --pay-by 2026-11-05", "`0.00` is not positive"),
        ("promise --customer C-1 --amount -5 --pay-by 2026-11-05", "`-5` is not positive"),
        ("dispute --invoice F-1 --amount 1e3", "`1e3` is not a decimal number"),
        ("dispute --invoice F-1 --amount NaN", "`NaN` is not a decimal number"),
        ("dispute --invoice F-1 --amount 1,50", "write `1.50`"),
        ("dispute -s erp --invoice F-3 --amount 10.5", "more than the 0 decimals of JPY"),
        ("dispute -s erp --invoice F-1 --amount 1200.01", "1200.01 EUR is more than the 1200.00 invoiced"),
        ("dispute --invoice F-1 --reason " + "x" * 2001, "2001 characters long"),
        ("block", "names neither a customer nor an invoice"),
        ("block --customer C-1 --until 2026-10-01", "2026-10-01 is before 2026-10-30"),
        ("waive --invoice F-1 --penalty x --amount 5 --until-settled", "keep one of them"),
        ("waive --invoice F-1 --penalty x -p p.yaml", "no penalty `x`\n  help: the policy has no penalties"),
        ("waive --invoice F-1 --penalty x -p none.yaml", "DUN001"),
        ("note '  ' --customer C-1", "`text`: is empty"),
        ("note \x1b[2J", "names neither"),
        ("close B-1", "the desk has no such row that could be closed\n  help: give the snapshot with -s"),
        ("close B-2 -s erp", "did you mean `B-1`?"),
        ("block --customer C-1 -s nowhere", "DUN501"),
        ("dispute --invoice F-1 --on 30.10.2026", "not a date like"),
    ],
)
def test_what_is_refused(dunning, arguments, says):
    on = "" if "--on" in arguments else ERP_DAY
    done = dunning(f"desk {arguments} {on}")
    assert (done.code, done.out) == (2, "")
    assert says in done.err
    assert "\x1b" not in done.err
    assert not Path("desk").exists()


def test_all_that_is_wrong_is_said_at_once(dunning):
    done = dunning(f"desk dispute -s erp --invoice F-77 --customer C-77 {ERP_DAY}")
    assert "F-77" in done.err
    assert "C-77" in done.err
    done = dunning(f"desk dispute --invoice {'F' * 201} --amount x --reason {'x' * 3000} {ERP_DAY}")
    assert [line.split(":")[0] for line in done.err.splitlines() if line.startswith("`")] == [
        "`invoice`",
        "`amount`",
        "`reason`",
    ]


def test_ids_count_on_per_kind_and_day(dunning):
    for day in ("2026-10-30", "2026-10-31", "2026-10-30"):
        dunning(f"desk note x --customer C-1 --on {day}")
        dunning(f"desk block --customer C-1 --on {day}")
    assert [row["id"] for row in rows("notes")] == [
        "desk-note-2026-10-30-1",
        "desk-note-2026-10-31-1",
        "desk-note-2026-10-30-2",
    ]
    assert len({row["id"] for row in rows("blocks")}) == 3


def test_an_id_of_the_snapshot_is_not_given_again(dunning):
    dunning(f"desk block --customer C-1 --desk other {ERP_DAY}")
    done = dunning(f"desk block --customer C-1 -s erp -s other --format json {ERP_DAY}")
    assert json.loads(done.out)["id"] == "desk-block-2026-10-30-2"


def test_a_row_is_closed_once_and_not_before_it_begins(dunning):
    dunning(f"desk block --customer C-1 {ERP_DAY}")
    done = dunning("desk close desk-block-2026-10-30-1 --on 2026-10-29")
    assert (done.code, "before the row begins" in done.err) == (2, True)
    assert dunning("desk close desk-block-2026-10-30-1 --on 2026-10-29 --withdraw").code == 0
    done = dunning("desk close desk-block-2026-10-30-1 --on 2026-10-31")
    assert (done.code, "was withdrawn by `desk-correction-2026-10-29-1` already" in done.err) == (2, True)


def test_list_shows_what_was_noted_and_what_closed_it(dunning):
    dunning("desk", "note", "a\x1b[2Jb\nc", "--customer", "C-1", "--on", "2026-10-30")
    dunning(f"desk block --customer C-2 {ERP_DAY}")
    dunning("desk close desk-block-2026-10-30-1 --on 2026-11-01")
    done = dunning("desk list")
    assert done.code == 0
    assert "text a\\x1b[2Jb\\nc" in done.out
    assert "  ended from 2026-11-01 by desk-correction-2026-11-01-1\n" in done.out
    found = json.loads(dunning("desk list --customer C-2 --table blocks --format json").out)
    assert found["findings"] == []
    (entry,) = found["entries"]
    assert entry["row"]["customer"] == "C-2"
    assert entry["corrections"] == [
        {"id": "desk-correction-2026-11-01-1", "change": "ended", "date": "2026-11-01"}
    ]  # fmt: skip


def test_list_tells_rows_and_files_that_cannot_be_read(dunning):
    assert dunning("desk list").code == 2
    Path("desk").mkdir()
    assert (dunning("desk list").code, dunning("desk list").out) == (0, "")
    Path("desk/blocks.csv").write_text("id,customer,from\nB,C-1,soon\nB2,C-1\n", encoding="utf-8")
    done = dunning("desk list")
    assert done.code == 1
    assert "can't be read (desk/blocks.csv:2): `from`: `soon` is not a date" in done.out
    assert "(desk/blocks.csv:3)" in done.out
    Path("desk/notes.csv").write_bytes(b"\xff\xfe")
    done = dunning("desk list --format json")
    assert done.code == 2
    assert json.loads(done.out)["findings"][0]["code"] == "DUN502"


def test_a_folder_that_cannot_be_used(dunning):
    Path("file").write_text("x", encoding="utf-8")
    done = dunning(f"desk block --customer C-1 --desk file {ERP_DAY}")
    assert done.code == 2
    done = dunning(f"desk block --customer C-1 --desk file/desk {ERP_DAY}")
    assert (done.code, "can't write to file/desk" in done.err) == (2, True)


def test_whoever_finds_the_folder_locked_waits_and_gives_up(dunning, monkeypatch):
    import fcntl

    monkeypatch.setattr(folder_module, "_PATIENCE", 2)
    Path("desk").mkdir()
    with Path("desk/.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        done = dunning(f"desk block --customer C-1 {ERP_DAY}")
    assert (done.code, "somebody else is writing" in done.err) == (2, True)
    assert dunning(f"desk block --customer C-1 {ERP_DAY}").code == 0


def test_the_actor_is_the_user_of_the_system_not_of_the_environment(monkeypatch):
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "somebody.else")
    assert actor.actor() == pwd.getpwuid(os.getuid()).pw_name


def test_every_command_has_an_example(dunning):
    for name in desk.command.commands:
        done = dunning(f"desk {name} --help")
        assert (done.code, "Example: dunning desk" in done.out) == (0, True), name
