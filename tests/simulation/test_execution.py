"""What reaches customers, when, and what becomes of the rest: days worked out by hand from language.md 3.4, 3.9, 3.16.

1 June 2026 is a Monday. F-1 of C-1 is due on Sunday 31 May, F-2 of C-2 on Tuesday 2 June. The reminder comes 3 days
late, the formal notice 10 days late and at least 7 days after the reminder was delivered.
"""

from datetime import date

from tests.simulation.support import SNAPSHOT, delivered, policy_of, run_text, snapshot_of

NOBODY = "days: 20\nrules: [{pays: never}]\n"


def rows(run, invoice):
    """(status, day) of the rows of history about an invoice, in the order of recording."""
    found = [row for account in run.snapshot.accounts for row in account.history if row.invoice == invoice]
    return [(row.status, row.day.isoformat()) for row in sorted(found, key=lambda row: (row.day, row.sequence, row.id))]


def expired(run):
    return [(day.day.isoformat(), action.customer) for day in run.days for action in day.expired]


def cash(run):
    return {day.day.isoformat(): day.cash for day in run.days if day.cash}


def test_approved_on_the_same_day_by_default(tmp_path):
    run = run_text(tmp_path, NOBODY).runs[0]
    assert delivered(run) == [
        ("2026-06-03", "C-1", "reminder", ["F-1"]),
        ("2026-06-05", "C-2", "reminder", ["F-2"]),
        ("2026-06-10", "C-1", "formal_notice", ["F-1"]),
        ("2026-06-12", "C-2", "formal_notice", ["F-2"]),
    ]


def test_an_approved_action_leaves_on_the_business_day_of_its_approval(tmp_path):
    run = run_text(tmp_path, NOBODY + "approvals: {after: 1}\n").runs[0]
    assert delivered(run)[2:] == [
        ("2026-06-11", "C-1", "formal_notice", ["F-1"]),
        ("2026-06-15", "C-2", "formal_notice", ["F-2"]),  # planned on Friday, approved on Monday
    ]
    assert rows(run, "F-1") == [("delivered", "2026-06-03"), ("delivered", "2026-06-11")]


def test_what_waits_for_approval_stands_in_the_history_of_the_next_morning(tmp_path):
    seen = {}
    run_text(
        tmp_path, NOBODY + "approvals: {after: 2}\n", seen=lambda _, snapshot: seen.update({snapshot.as_of: snapshot})
    )
    rows_of = {
        day: [(row.status, row.day) for row in snapshot.accounts[0].history if row.step == "formal_notice"]
        for day, snapshot in seen.items()
    }
    assert rows_of[date(2026, 6, 10)] == []
    assert rows_of[date(2026, 6, 11)] == [("awaiting_approval", date(2026, 6, 10))]
    assert rows_of[date(2026, 6, 12)] == [("awaiting_approval", date(2026, 6, 10))]
    assert rows_of[date(2026, 6, 13)] == [("delivered", date(2026, 6, 12))]


def test_what_nobody_approves_expires_and_is_planned_again(tmp_path):
    run = run_text(tmp_path, NOBODY + "approvals: {after: never}\n").runs[0]
    assert delivered(run) == [("2026-06-03", "C-1", "reminder", ["F-1"]), ("2026-06-05", "C-2", "reminder", ["F-2"])]
    # Planned on Wednesday 10, valid until Friday 12; on Saturday 13, until Tuesday 16; on Wednesday 17, until 19.
    assert expired(run) == [
        ("2026-06-13", "C-1"),
        ("2026-06-17", "C-1"), ("2026-06-17", "C-2"),
        ("2026-06-20", "C-1"), ("2026-06-20", "C-2"),
    ]  # fmt: skip
    assert run.days[-1].waiting == 2


def test_a_stage_can_have_its_own_approval(tmp_path):
    run = run_text(tmp_path, NOBODY + "approvals: {after: never, stages: {formal_notice: 0}}\n").runs[0]
    assert [row[2] for row in delivered(run)] == ["reminder", "reminder", "formal_notice", "formal_notice"]


def test_what_was_paid_while_it_waited_expires(tmp_path):
    scenario = "days: 20\nrules: [{pays: {days: 11}}]\napprovals: {after: 2}\n"
    run = run_text(tmp_path, scenario).runs[0]
    assert cash(run) == {"2026-06-11": 100000, "2026-06-13": 50000}
    assert expired(run) == [("2026-06-12", "C-1"), ("2026-06-16", "C-2")]  # the days on which they would have left
    assert [row[2] for row in delivered(run)] == ["reminder", "reminder"]
    assert run.closing.balance == 0


WEEKEND = SNAPSHOT.replace("due_date: 2026-05-31", "due_date: 2026-06-03").replace(
    "due_date: 2026-06-02", "due_date: 2026-09-02"
)


def test_what_is_planned_on_saturday_leaves_on_monday(tmp_path):
    run = run_text(tmp_path, "days: 9\nrules: [{pays: never}]\n", snapshot=WEEKEND).runs[0]
    planned = [day.day.isoformat() for day in run.days if day.planned]
    assert planned == ["2026-06-06"]
    assert delivered(run) == [("2026-06-08", "C-1", "reminder", ["F-1"])]
    assert expired(run) == []


def test_a_plan_that_is_valid_for_its_day_only_is_made_again_until_monday(tmp_path):
    policies = [policy_of(tmp_path, valid_for=0)]
    run = run_text(tmp_path, "days: 9\nrules: [{pays: never}]\n", snapshot=WEEKEND, policies=policies).runs[0]
    assert expired(run) == [("2026-06-07", "C-1"), ("2026-06-08", "C-1")]
    assert delivered(run) == [("2026-06-08", "C-1", "reminder", ["F-1"])]


def test_claimed_charges_and_what_they_come_to(tmp_path):
    scenario = "days: 20\nrules: [{pays: {days: 15}}]\n"
    found = run_text(tmp_path, scenario)
    run, figures = found.runs[0], found.figures[0]
    assert figures.newly_asked == 8000
    assert [(item.stage, item.newly_asked) for item in figures.stages if item.newly_asked] == [("formal_notice", 8000)]
    claimed = [row for account in run.snapshot.accounts for row in account.charges]
    assert [(row.invoice, row.penalty, row.status, row.day.isoformat(), row.amount) for row in claimed] == [
        ("F-1", "lump_sum", "claimed", "2026-06-10", 4000),
        ("F-2", "lump_sum", "claimed", "2026-06-12", 4000),
    ]
    assert figures.charges_paid == 0
    assert [(row.penalty, row.accrued, row.paid, row.owed) for row in run.charges] == [("lump_sum", 8000, 0, 8000)]


def test_charges_are_paid_with_the_invoice_when_the_scenario_says_so(tmp_path):
    scenario = "days: 20\nrules: [{pays: {days: 15}}]\ncharges: asked\n"
    found = run_text(tmp_path, scenario)
    assert {day.day.isoformat(): day.charges_paid for day in found.runs[0].days if day.charges_paid} == {
        "2026-06-15": 4000,
        "2026-06-17": 4000,
    }
    assert found.figures[0].cash == 150000  # principal
    assert [(row.paid, row.owed) for row in found.runs[0].charges] == [(8000, 0)]


def test_a_safeguard_ends_every_run_before_its_day(tmp_path):
    guarded = policy_of(
        tmp_path, name="guarded", change=[("penalties:", "safeguards: {steps: {reminder: {max: 0}}}\npenalties:")]
    )
    policies = [policy_of(tmp_path), guarded]
    found = run_text(tmp_path, NOBODY, policies=policies)
    assert found.stopped
    assert [len(run.days) for run in found.runs] == [2, 2]
    assert found.runs[0].stopped is None
    stopped = found.runs[1].stopped
    assert stopped.day == date(2026, 6, 3)
    assert [(stop.safeguard, stop.found, stop.allowed) for stop in stopped.stopped] == [("reminder.max", "1", "0")]
    assert delivered(found.runs[0]) == []


def test_an_override_lets_it_pass_each_time_and_says_so(tmp_path):
    guarded = policy_of(
        tmp_path, name="guarded", change=[("penalties:", "safeguards: {steps: {reminder: {max: 0}}}\npenalties:")]
    )
    for names in (("reminder.max",), ("all",)):
        found = run_text(tmp_path, NOBODY, policies=[guarded], overrides=names)
        assert not found.stopped
        overridden = [day.day.isoformat() for day in found.runs[0].days if day.overridden]
        assert overridden == ["2026-06-03", "2026-06-05"]
    assert run_text(tmp_path, NOBODY, policies=[guarded], overrides=("all.max",)).stopped


INSOLVENT = """
holds:
  - {name: insolvency, when: customer.insolvent, instead: declare_claim}
interventions:
  - {name: declare_claim, channel: task, once: ONCE}
penalties:
"""


def test_interventions_are_executed_once(tmp_path):
    snapshot = SNAPSHOT.replace("name: One, kind: business,", "name: One, kind: business, insolvent: true,")
    for once, invoice in (("customer", None), ("invoice", "F-1")):
        policy = policy_of(tmp_path, change=[("penalties:\n", INSOLVENT.replace("ONCE", once))])
        run = run_text(tmp_path, NOBODY, snapshot=snapshot, policies=[policy]).runs[0]
        assert [row for row in delivered(run) if row[1] == "C-1"] == [("2026-06-01", "C-1", "declare_claim", [])]
        (row,) = [row for account in run.snapshot.accounts for row in account.history if row.customer == "C-1"]
        assert (row.intervention, row.invoice, row.step, row.status, row.channel) == (
            "declare_claim", invoice, None, "delivered", "task",
        )  # fmt: skip


def test_mentioned_invoices_get_a_row_at_their_own_step(tmp_path):
    """One message for both: the formal notice of F-1 mentions F-3, whose reminder it executes (3.11)."""
    snapshot = SNAPSHOT + (
        '  - {id: F-3, customer: C-1, kind: invoice, currency: EUR, amount: "70.00", issue_date: 2026-05-01,'
        " due_date: 2026-06-07}\n"
    )
    run = run_text(tmp_path, "days: 12\nrules: [{pays: never}]\n", snapshot=snapshot).runs[0]
    history = [row for account in run.snapshot.accounts for row in account.history if row.day == date(2026, 6, 10)]
    assert [(row.invoice, row.step, row.stage, row.role, row.status) for row in history] == [
        ("F-1", "formal_notice", "formal_notice", "demanded", "delivered"),
        ("F-3", "reminder", "reminder", "mentioned", "delivered"),
    ]
    assert len({row.action for row in history}) == 1


def test_payments_are_complete_up_to_the_eve_of_every_later_morning(tmp_path):
    seen = {}
    run_text(tmp_path, "days: 3\n", seen=lambda _, snapshot: seen.update({snapshot.as_of: snapshot.manifest}))
    assert [manifest.payments_complete_through for manifest in seen.values()] == [
        date(2026, 5, 29), date(2026, 6, 1), date(2026, 6, 2),
    ]  # fmt: skip
    assert [manifest.as_of for manifest in seen.values()] == list(seen)


def test_the_first_snapshot_is_the_one_that_was_given(tmp_path):
    start = snapshot_of(tmp_path)
    seen = []
    run_text(tmp_path, "days: 2\n", seen=lambda _, snapshot: seen.append(snapshot))
    assert seen[0] == start
