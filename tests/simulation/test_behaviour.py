"""Who pays when: days and amounts worked out by hand from the scenario's words, and the seam for other behaviours."""

from datetime import date

import pytest

from policy_engine.simulation.behaviour import BehaviourError, nobody_reacts
from policy_engine.simulation.loop import Terms, run
from policy_engine.snapshot.model import Allocation, Block, Charge, Dispute, Payment, Promise
from tests.simulation.support import SNAPSHOT, delivered, policy_of, run_text, snapshot_of


def cash(found):
    return {day.day.isoformat(): day.cash for day in found.runs[0].days if day.cash}


CASES = {
    "after the due date": ("rules: [{pays: {days: 4}}]", {"2026-06-04": 100000, "2026-06-06": 50000}),
    "before the due date": ("rules: [{pays: {days: -1}}]", {"2026-06-01": 150000}),
    "after the issue date": ("rules: [{pays: {days: 40, after: issue_date}}]", {"2026-06-10": 150000}),
    "after a stage": ("rules: [{pays: {days: 2, after: reminder}}]", {"2026-06-05": 100000, "2026-06-07": 50000}),
    "on the day of a stage": (
        "rules: [{pays: {days: 0, after: reminder}}]", {"2026-06-03": 100000, "2026-06-05": 50000},
    ),
    "a stage below the one reached": (
        "rules: [{pays: {days: 8, after: formal_notice}}]", {"2026-06-18": 100000, "2026-06-20": 50000},
    ),
    "whichever comes first": (
        "rules: [{pays: [{days: 30}, {days: 1, after: reminder}]}]", {"2026-06-04": 100000, "2026-06-06": 50000},
    ),
    "never": ("rules: [{pays: never}]", {}),
    "no rules": ("", {}),
    "by segment, first match": (
        "rules: [{segments: [large], pays: never}, {pays: {days: 4}}]", {"2026-06-04": 100000},
    ),
    "by customer": ("rules: [{customers: C-2, pays: {days: 4}}]", {"2026-06-06": 50000}),
    "backlog on the first day": ("rules: [{pays: {days: 10, after: issue_date}}]", {"2026-06-01": 150000}),
    "backlog from the start": (
        "backlog: from_start\nrules: [{pays: {days: 10, after: issue_date}}]", {"2026-06-11": 150000},
    ),
    "backlog never": ("backlog: never\nrules: [{pays: {days: 0}}]", {"2026-06-02": 50000}),
    "backlog of a rule": (
        "backlog: never\nrules: [{backlog: first_day, pays: {days: 0}}]", {"2026-06-01": 100000, "2026-06-02": 50000},
    ),
    "dated, in part, then by the rule": (
        "payments: [{date: 2026-06-02, invoice: F-1, amount: 250.50}]\nrules: [{customers: C-1, pays: {days: 4}}]",
        {"2026-06-02": 25050, "2026-06-04": 74950},
    ),
    "dated, all that is outstanding": ("payments: [{date: 2026-06-02, invoice: F-1}]", {"2026-06-02": 100000}),
    "dated, more than is owed": ("payments: [{date: 2026-06-02, invoice: F-2, amount: 600}]", {"2026-06-02": 60000}),
    "dated, unallocated": ("payments: [{date: 2026-06-02, customer: C-1, amount: 300}]", {"2026-06-02": 30000}),
    "unallocated money is taken off": (
        "payments: [{date: 2026-06-02, customer: C-1, amount: 300}]\nrules: [{customers: C-1, pays: {days: 4}}]",
        {"2026-06-02": 30000, "2026-06-04": 70000},
    ),
    "disputed waits": (
        "disputes: [{invoice: F-1, opened: 2026-06-02, closed: 2026-06-09}]\nrules: [{pays: {days: 4}}]",
        {"2026-06-06": 50000, "2026-06-09": 100000},
    ),
    "the undisputed part is paid": (
        "disputes: [{invoice: F-1, opened: 2026-06-02, amount: 300}]\nrules: [{customers: C-1, pays: {days: 4}}]",
        {"2026-06-04": 70000},
    ),
    "disputed is paid all the same": (
        "disputed: pay\ndisputes: [{invoice: F-1, opened: 2026-06-02}]\nrules: [{customers: C-1, pays: {days: 4}}]",
        {"2026-06-04": 100000},
    ),
    "a promise that is kept": (
        "promises: [{customer: C-1, invoices: F-1, made: 2026-06-02, by: 2026-06-08, amount: 400, kept: true}]",
        {"2026-06-08": 40000},
    ),
    "a promise on everything": (
        "promises: [{customer: C-1, made: 2026-06-02, by: 2026-06-08, kept: true}]", {"2026-06-08": 100000},
    ),
    "a promise that is broken": ("promises: [{customer: C-1, made: 2026-06-02, by: 2026-06-08}]", {}),
    "a new invoice": (
        ("invoices: [{id: N, customer: C-1, amount: 80, issued: 2026-06-02, due: 2026-06-10}]\n"
        "rules: [{customers: C-1, pays: {days: 4}}]"),
        {"2026-06-04": 100000, "2026-06-14": 8000},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_cash(name, tmp_path):
    scenario, expected = CASES[name]
    assert cash(run_text(tmp_path, f"days: 21\n{scenario}\n")) == expected


def test_unallocated_payment_of_more_than_is_owed_stays_on_the_account(tmp_path):
    found = run_text(tmp_path, "days: 5\npayments: [{date: 2026-06-02, invoice: F-2, amount: 600}]\n")
    assert found.runs[0].closing.aged[-1] == -10000


def test_instalments_are_paid_one_by_one(tmp_path):
    snapshot = SNAPSHOT + (
        "instalments:\n"
        '  - {id: I-1, invoice: F-1, amount: "400.00", due_date: 2026-05-31}\n'
        '  - {id: I-2, invoice: F-1, amount: "600.00", due_date: 2026-06-10}\n'
    )
    found = run_text(tmp_path, "days: 21\nrules: [{customers: C-1, pays: {days: 4}}]\n", snapshot=snapshot)
    assert cash(found) == {"2026-06-04": 40000, "2026-06-14": 60000}


def test_a_promise_holds_dunning_back(tmp_path):
    policy = policy_of(
        tmp_path, change=[("penalties:", "holds: [{name: promised, when: invoice.promise_active}]\npenalties:")]
    )
    scenario = "days: 14\npromises: [{customer: C-1, made: 2026-06-01, by: 2026-06-05}]\n"
    run_ = run_text(tmp_path, scenario, policies=[policy]).runs[0]
    # Active up to 5 June and two days of grace unless the policy says otherwise: none here, so the 6th is free.
    assert next(row for row in delivered(run_) if row[1] == "C-1") == ("2026-06-08", "C-1", "reminder", ["F-1"])


def test_new_invoices_repeat_by_the_month_until_the_end(tmp_path):
    scenario = "days: 80\ninvoices: [{id: N, customer: C-1, amount: 80, issued: 2026-06-30, times: 9}]\n"
    found = run_text(tmp_path, scenario)
    rows = [row for row in found.runs[0].snapshot.accounts[0].invoices if row.id.startswith("N")]
    # net_30; months are counted from the first date, and the run ends on 19 August.
    assert [(row.id, row.issue_date.isoformat(), row.due_date.isoformat()) for row in rows] == [
        ("N", "2026-06-30", "2026-07-30"),
        ("N-2", "2026-07-30", "2026-08-29"),
    ]
    assert found.figures[0].invoiced == 16000


def test_what_the_snapshot_knows_of_later_days_comes_into_being_on_them(tmp_path):
    snapshot = SNAPSHOT + (
        'payments:\n  - {id: P-1, customer: C-1, date: 2026-06-02, amount: "1000.00", currency: EUR, invoice: F-1}\n'
    )
    found = run_text(tmp_path, "days: 6\nrules: [{customers: C-1, pays: {days: 4}}]\n", snapshot=snapshot)
    assert cash(found) == {"2026-06-02": 100000}
    assert [row[1] for row in delivered(found.runs[0])] == ["C-2"]


def loop(tmp_path, behaviour, days=6):
    return run(policy_of(tmp_path), snapshot_of(tmp_path), behaviour, Terms(days))


def test_any_function_can_stand_in_for_a_scenario(tmp_path):
    calls = []

    def model(snapshot, executed, day):
        assert snapshot.as_of == day
        calls.append((day.isoformat(), [action.step for action in executed]))
        return [
            Payment(f"M-{action.customer}", action.customer, day, line.outstanding, "EUR",
                    (Allocation(line.invoice, line.outstanding),))
            for action in executed
            for line in action.demanded
        ]  # fmt: skip

    done = loop(tmp_path, model)
    assert calls == [
        ("2026-06-01", []), ("2026-06-02", []), ("2026-06-03", ["reminder"]), ("2026-06-04", []),
        ("2026-06-05", ["reminder"]), ("2026-06-06", []),
    ]  # fmt: skip
    assert done.closing.balance == 0


def test_every_kind_of_event_reaches_the_next_snapshot(tmp_path):
    day = date(2026, 6, 1)
    events = [
        Dispute("D", "C-1", "F-1", day),
        Promise("PR", "C-1", day, date(2026, 6, 9)),
        Charge("CH", "C-1", "F-1", "lump_sum", "waived", day),
        Block("B", "C-1", None, day),
    ]
    done = loop(tmp_path, lambda _s, _e, on: events if on == day else ())
    account = done.snapshot.accounts[0]
    assert (account.disputes, account.promises, account.charges, account.blocks) == (
        (events[0],), (events[1],), (events[2],), (events[3],),
    )  # fmt: skip
    assert [row[1] for row in delivered(done)] == ["C-2"]


DAY = date(2026, 6, 1)


@pytest.mark.parametrize(
    ("event", "says"),
    [
        (Payment("M", "C-1", date(2026, 6, 2), 100, "EUR"), "is dated 2026-06-02, not 2026-06-01"),
        (Payment("M", "C-9", DAY, 100, "EUR"), "about `C-9`, who isn't there"),
        (Dispute("D", "C-1", "F-1", date(2026, 5, 31)), "is dated 2026-05-31"),
    ],
)
def test_events_that_cannot_be_are_refused(event, says, tmp_path):
    with pytest.raises(BehaviourError, match=says):
        loop(tmp_path, lambda _s, _e, on: [event] if on == DAY else ())


def test_ids_are_given_once(tmp_path):
    def twice(_snapshot, _executed, day):
        return [Payment("M", "C-1", day, 100, "EUR")]

    with pytest.raises(BehaviourError, match="already a row `M`"):
        loop(tmp_path, twice)


def test_nobody_reacts(tmp_path):
    done = loop(tmp_path, nobody_reacts)
    assert done.closing.balance == 150000
