"""Rows whose invoice left the ERP's export, and putting invoices on steps."""

import csv
import json
from pathlib import Path

import pytest

from policy_engine.cli import desk

DAY = "--on 2026-10-30"


def leave(*invoices):
    """The ERP exports these invoices no more: they were paid."""
    path = Path("erp/invoices.csv")
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join(line for line in lines if line.split(",")[0] not in invoices) + "\n", encoding="utf-8")


def outcomes(dunning):
    done = dunning("plan -p p.yaml -s erp -s desk --format json")
    assert done.code == 0, done.err
    return {row["invoice"]: (row["outcome"], row["reason"]) for row in json.loads(done.out)["outcomes"]}


def rows(name):
    with Path("desk", f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_row_whose_invoice_left_holds_its_customer_until_it_is_withdrawn(dunning):
    dunning(f"desk dispute -s erp --invoice F-2 --reason 'wrong goods' {DAY}")
    assert outcomes(dunning)["F-1"] == ("acted", "demanded")
    leave("F-2")
    assert outcomes(dunning)["F-1"] == ("held", "data_problem")  # 3.2: it may have been meant for F-1
    done = dunning("desk list -s erp")
    assert done.code == 1
    assert done.out.splitlines()[:4] == [
        "can't be read against the export any more (1); what is noted there holds its customer:",
        "  desk-dispute-2026-10-30-1: the export has no F-2",
        "    dunning desk close desk-dispute-2026-10-30-1 --withdraw",
        "  all at once: dunning desk close --gone -s erp",
    ]
    assert dunning("desk close desk-dispute-2026-10-30-1 --on 2026-10-30").code == 0  # ended is not enough
    assert outcomes(dunning)["F-1"] == ("held", "data_problem")
    assert dunning("desk close desk-dispute-2026-10-30-1 --withdraw --on 2026-10-30").code == 0
    assert outcomes(dunning)["F-1"] == ("acted", "demanded")
    done = dunning("desk list -s erp")
    assert (done.code, done.out.startswith("desk-dispute")) == (0, True)


def test_a_note_without_its_invoice_holds_nobody(dunning):
    dunning(f"desk note -s erp 'called' --invoice F-2 {DAY}")
    leave("F-2")
    assert outcomes(dunning)["F-1"] == ("acted", "demanded")
    done = dunning("desk list -s erp")
    assert (done.code, done.out.splitlines()[0]) == (
        1,
        "can't be read against the export any more (1); a note holds nobody:",
    )
    dunning(f"desk dispute --customer C-1 --invoice F-2 {DAY}")
    lines = dunning("desk list -s erp").out.splitlines()
    assert lines[0] == "can't be read against the export any more (2); what is noted there holds its customer:"
    assert "  desk-note-2026-10-30-1: the export has no F-2; a note, which holds nobody" in lines
    assert "  desk-dispute-2026-10-30-1: the export has no F-2" in lines


def test_all_at_once_but_nothing_that_still_protects(dunning):
    dunning(f"desk dispute -s erp --invoice F-2 {DAY}")
    dunning(f"desk block --invoice F-2 {DAY}")
    dunning(f"desk set -s erp --invoice F-2 --start {DAY}")
    dunning(f"desk note -s erp 'called' --invoice F-2 {DAY}")
    dunning(f"desk waive -s erp --invoice F-2 --penalty x {DAY}")
    dunning(f"desk promise -s erp --invoice F-1 --invoice F-2 --pay-by 2026-11-05 {DAY}")
    dunning(f"desk block --customer C-9 {DAY}")
    leave("F-2")
    data = json.loads(dunning("desk list -s erp --format json").out)
    assert [(one["table"], one["missing"], one["left"], one["holds"]) for one in data["gone"]] == [
        ("promises", ["F-2"], ["F-1"], True),
        ("disputes", ["F-2"], [], True),
        ("blocks", ["F-2"], [], True),
        ("blocks", ["C-9"], [], True),
        ("history", ["F-2"], [], True),
        ("charges", ["F-2"], [], True),
        ("notes", ["F-2"], [], False),
    ]
    done = dunning("desk close --gone -s erp --on 2026-10-30 --format json")
    assert done.code == 0
    assert "`desk-promise-2026-10-30-1` still protects `F-1`" in done.err
    assert len(json.loads(done.out)) == 6
    assert {row["change"] for row in rows("corrections")} == {"withdrawn"}
    assert rows("corrections")[0]["reason"] == "the export has no F-2 any more"
    assert outcomes(dunning)["F-1"] == ("held", "data_problem")  # the promise
    dunning("desk close desk-promise-2026-10-30-1 --on 2026-10-30")
    assert outcomes(dunning)["F-1"] == ("acted", "demanded")
    assert dunning("desk close --gone -s erp --on 2026-10-30").out == "nothing to withdraw\n"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("close", "name the row, or say --gone"),
        ("close x --gone -s erp", "name the row, or say --gone"),
        ("close --gone", "needs the ERP's snapshot"),
        ("set --invoice F-1", "give --step NAME, or --start"),
        ("set --invoice F-1 --step a --start", "give --step NAME, or --start"),
        ("set --invoice F-1 --step courtesy_remind -p p.yaml", "did you mean `courtesy_reminder`?"),
        ("set --invoice F-1 --step court -p p.yaml", "one of courtesy_reminder"),
        ("set -s erp --invoice F-1 --step x --on 2026-10-31", "after the snapshot's day 2026-10-30"),
        ("set -s erp --invoice F-8 --start", "no invoice `F-8`"),
    ],
)
def test_what_is_refused(dunning, arguments, says):
    done = dunning(f"desk {arguments}")
    if arguments.startswith("close"):
        Path("desk").mkdir(exist_ok=True)
        done = dunning(f"desk {arguments}")
    assert (done.code, done.out) == (2, "")
    assert says in done.err


def test_names_and_open_amounts_stand_beside_the_ids(dunning):
    Path("erp/payments.csv").write_text(
        "id,customer,date,amount,currency,invoice\n"
        "P-1,C-1,2026-10-01,200.00,EUR,F-1\nP-2,C-1,2026-10-02,50.00,EUR,F-1\n"
        "P-3,C-1,2026-10-29,100.00,EUR,F-1\n",
        encoding="utf-8",
    )
    dunning(f"desk dispute -s erp --invoice 2026-1 {DAY}")
    dunning(f"desk block --customer C-2 {DAY}")
    done = dunning("desk list -s erp")
    assert done.code == 0
    # 1,200.00 less 200.00, 50.00 and 100.00
    assert "\n  Duval, F-1 (2026-1): 850.00 EUR open\n" in done.out
    assert "\n  Petit\n" in done.out
    (dispute, block) = json.loads(dunning("desk list -s erp --format json").out)["entries"]
    assert (dispute["customer_name"], dispute["open"]) == ("Duval", {"F-1": "850.00"})
    assert (block["customer_name"], block["open"]) == ("Petit", {})


def test_an_invoice_is_put_on_a_step_and_the_latest_word_counts(dunning):
    done = dunning("desk set -s erp --invoice 2026-1 --step courtesy_reminder -p p.yaml")
    assert done.code == 0
    (row,) = rows("history")
    assert (row["invoice"], row["customer"], row["step"], row["stage"], row["status"]) == (
        "F-1", "C-1", "courtesy_reminder", "reminder", "set",
    )  # fmt: skip
    assert row["date"] == "2026-10-30"  # the snapshot's day, not the clock's
    assert outcomes(dunning)["F-1"] == ("waiting", "ladder_done")
    dunning("desk set -s erp --invoice F-1 --start --on 2026-10-29")
    assert outcomes(dunning)["F-1"] == ("waiting", "ladder_done")  # an earlier word
    assert dunning("desk close desk-set-2026-10-30-1 --on 2026-10-30").code == 0
    assert outcomes(dunning)["F-1"] == ("waiting", "after_previous")  # the earlier one, of the day before


def test_what_was_sent_is_not_withdrawn(dunning):
    Path("desk").mkdir()
    Path("desk/history.csv").write_text(
        "id,invoice,step,stage,channel,status,date\nH-1,F-1,courtesy_reminder,reminder,email,delivered,2026-10-20\n",
        encoding="utf-8",
    )
    done = dunning("desk close H-1 --on 2026-10-30")
    assert (done.code, "nothing that a person set" in done.err) == (2, True)
    Path("desk/corrections.csv").write_text(
        "id,table,row,change,date\nCO-1,history,H-1,withdrawn,2026-10-30\n", encoding="utf-8"
    )
    assert outcomes(dunning)["F-1"] == ("held", "data_problem")


def test_every_command_of_the_desk_is_documented():
    page = (Path(__file__).resolve().parents[2] / "docs" / "desk.md").read_text(encoding="utf-8")
    for name in desk.command.commands:
        assert f"desk {name}" in page, name
