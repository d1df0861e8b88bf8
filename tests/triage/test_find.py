"""Which invoices are in the triage, what speaks against each, and what is proposed. Worked out by hand from 3.7."""

from datetime import date

import pytest

from policy_engine.language.load import load_policy
from tests.triage.support import BY_AGE, HOLD, POLICY, by_id, invoice, triage_of


def test_what_was_overdue_before_onboarding_and_has_no_history_is_in_it(tmp_path):
    # Overdue from the day after the due date: due 30 October is overdue from 31 October, before 1 November.
    tables = {
        "invoices": [
            invoice("F-1", "2025-10-16"),
            invoice("F-2", "2026-10-30"),
            invoice("F-3", "2026-10-31"),  # overdue from 1 November, not before it
            invoice("F-4", "2025-10-16"),
            invoice("F-5", "2025-10-16"),
            invoice("F-6", "2025-10-16"),
            invoice("F-7", "2025-10-16", status="written_off"),
        ],
        "payments": [{"id": "P", "customer": "C-1", "date": "2026-11-02", "amount": "1000.00", "currency": "EUR",
                      "invoice": "F-6"}],
        "history": [
            {"id": "H-1", "invoice": "F-4", "status": "set", "date": "2026-11-02"},
            {"id": "H-2", "invoice": "F-5", "step": "first", "status": "failed", "date": "2026-11-02"},
        ],
    }  # fmt: skip
    triage = triage_of(tmp_path, tables)
    assert (triage.mode, triage.day, triage.history) == ("hold", date(2026, 11, 1), True)
    assert list(by_id(triage)) == ["F-1", "F-5", "F-2"]  # by due date, then id
    first, second = by_id(triage)["F-1"], by_id(triage)["F-2"]
    assert (first.late_then, first.late, first.outstanding) == (381, 400, 100000)
    assert (second.late_then, second.late) == (2, 21)


def test_the_ladder_would_begin_a_lawsuit_with_a_friendly_reminder(tmp_path):
    triage = triage_of(tmp_path, {"invoices": [invoice("F-1", "2025-10-16")]})
    (item,) = triage.items
    assert item.enters is not None
    assert (item.enters.step, item.enters.stage, item.at_once) == ("first", "reminder", True)


def test_jump_would_begin_it_with_the_agency(tmp_path):
    policy = POLICY.replace("  standard:\n", "  standard:\n    progression: jump\n") + HOLD
    (item,) = triage_of(tmp_path, {"invoices": [invoice("F-1", "2025-10-16")]}, policy).items
    assert item.enters is not None
    assert (item.enters.step, item.at_once) == ("agency", True)


@pytest.mark.parametrize(
    ("due", "amount", "stands_on", "then"),
    [
        ("2026-10-30", "1000.00", "first", "call"),  # 21 days late on 20 November: `call` is of its age
        ("2026-10-30", "400.00", None, "first"),  # too small for a call: `first` is still the step of its age
        ("2026-10-16", "1000.00", "call", "formal"),  # 35
        ("2026-10-16", "400.00", "first", "formal"),  # nobody calls for 400.00
        ("2025-10-16", "1000.00", "call", "formal"),  # 400: no agency before a formal notice
    ],
)
def test_a_proposal_lets_the_step_of_its_age_come_next(tmp_path, due, amount, stands_on, then):
    (item,) = triage_of(tmp_path, {"invoices": [invoice("F-1", due, amount)]}).items
    proposal = item.proposal
    assert (proposal.choice, proposal.step, proposal.then, proposal.because) == ("step", stands_on, then, "age")


def test_what_speaks_against_is_told(tmp_path):
    tables = {
        "customers": [
            {"id": "C-1", "name": "One", "kind": "business"},
            {"id": "C-2", "name": "Two", "kind": "business", "insolvent_since": "2026-10-10"},
        ],
        "invoices": [
            invoice("F-1", "2026-09-01"),
            invoice("F-2", "2026-09-02"),
            invoice("F-3", "2026-09-03"),
            invoice("F-4", "2026-09-04", factored="yes"),
            invoice("F-5", "2026-09-05", "9.99"),
            invoice("F-6", "2026-09-06"),
            invoice("F-7", "2026-09-01", customer="C-2"),
        ],
        "disputes": [
            {"id": "D-1", "invoice": "F-1", "opened": "2026-10-02", "reason": "wrong goods"},
            {"id": "D-2", "invoice": "F-2", "opened": "2026-10-02", "amount": "50.00"},
            {"id": "D-3", "invoice": "F-2", "opened": "2026-10-02", "closed": "2026-10-12"},
        ],
        "blocks": [{"id": "B-1", "invoice": "F-3", "from": "2026-10-01", "reason": "court", "by": "m.leroy"}],
        "promises": [{"id": "PR-1", "customer": "C-1", "invoices": "F-6", "made": "2026-11-15", "date": "2026-11-25"}],
    }
    found = {key: item.against for key, item in by_id(triage_of(tmp_path, tables)).items()}
    assert {key: [argument.code for argument in against] for key, against in found.items()} == {
        "F-1": ["hold", "dispute"],
        "F-2": ["dispute"],
        "F-3": ["block"],
        "F-4": ["factored"],
        "F-5": ["below_minimum"],
        "F-6": ["promise"],
        "F-7": ["insolvent"],
    }
    assert dict(found["F-1"][1].detail) == {"id": "D-1", "reason": "wrong goods", "since": "2026-10-02"}
    assert dict(found["F-2"][0].detail)["amount"] == "50.00"
    assert dict(found["F-3"][0].detail) == {"by": "m.leroy", "id": "B-1", "reason": "court"}
    assert dict(found["F-6"][0].detail) == {"id": "PR-1", "until": "2026-11-25"}


def test_held_for_another_reason_it_is_in_it_all_the_same(tmp_path):
    tables = {
        "invoices": [invoice("F-1", "2026-09-01"), invoice("F-2", "2026-09-01", "many")],
        "payments": [{"id": "P", "customer": "C-1", "date": "someday", "amount": "1.00", "currency": "EUR"}],
    }
    (item,) = triage_of(tmp_path, tables).items
    assert [argument.code for argument in item.against] == ["data_problem"]
    assert (item.proposal.choice, item.proposal.because) == ("repair", "data_problem")


@pytest.mark.parametrize(
    ("years", "kind", "due", "payments", "barred"),
    [
        (5, "business", "2021-11-20", [], True),  # five years are over on 20 November 2026
        (5, "business", "2021-11-21", [], False),
        (5, "consumer", "2021-11-20", [], True),
        (None, "business", "2010-01-01", [], False),  # this policy's calendar is nobody's: nothing is said
        (5, "business", "2021-10-15", [("2023-01-05", "10.00")], False),  # a payment begins the years anew
        (5, "business", "2015-10-15", [("2021-01-05", "10.00")], True),  # paid after they were over: no new ones
    ],
)
def test_limitation_counts_from_the_due_date_and_payments_begin_it_anew(tmp_path, years, kind, due, payments, barred):
    tables = {
        "customers": [{"id": "C-1", "name": "One", "kind": kind}],
        "invoices": [invoice("F-1", due)],
        "payments": [
            {"id": f"P-{day}", "customer": "C-1", "date": day, "amount": amount, "currency": "EUR", "invoice": "F-1"}
            for day, amount in payments
        ],
    }
    (item,) = triage_of(tmp_path, tables, years=years).items
    assert ("limitation" in {argument.code for argument in item.against}) is barred
    assert (item.proposal.choice == "leave_alone") is barred


def test_french_years_where_the_calendar_is_french(tmp_path):
    policy = POLICY + HOLD + "calendar: {country: FR}\n"
    tables = {
        "customers": [
            {"id": "C-1", "name": "One", "kind": "consumer"},
            {"id": "C-2", "name": "Two", "kind": "business"},
        ],
        "invoices": [invoice("F-1", "2024-10-01"), invoice("F-2", "2024-10-01", customer="C-2")],
    }
    found = by_id(triage_of(tmp_path, tables, policy))
    assert [argument.code for argument in found["F-1"].against] == ["limitation"]
    assert dict(found["F-1"].against[0].detail) == {"since": "2026-10-01"}
    assert found["F-2"].against == ()


def test_entering_by_age_says_the_step_that_the_age_gives(tmp_path):
    tables = {"invoices": [invoice("F-1", "2026-10-02"), invoice("F-2", "2026-10-03")]}
    triage = triage_of(tmp_path, tables, POLICY + BY_AGE)
    assert triage.mode == "by_age"
    found = by_id(triage)
    assert [found[key].late_then for key in ("F-1", "F-2")] == [30, 29]
    assert [found[key].enters.step for key in ("F-1", "F-2")] == ["formal", "first"]


def test_without_onboarding_and_history_everything_overdue_is_in_it_with_lines_to_add(tmp_path):
    tables = {"invoices": [invoice("F-1", "2025-10-16"), invoice("F-2", "2026-11-18"), invoice("F-3", "2026-11-20")]}
    triage = triage_of(tmp_path, tables, POLICY)
    assert (triage.mode, triage.day, triage.history) == ("none", None, False)
    assert list(by_id(triage)) == ["F-1", "F-2"]
    late = by_id(triage)["F-2"]
    assert (late.late_then, late.late, late.at_once) == (None, 2, False)
    assert late.enters is not None
    assert (late.enters.step, late.enters.on) == ("first", date(2026, 11, 21))
    assert triage.suggestion == (
        "onboarding:",
        "  date: 2026-11-20",
        "  entry: hold",
        "  # or, without a person: {3: reminder, 20: call, 30: formal_notice}",
    )


def test_the_lines_to_add_are_valid_both_ways(tmp_path):
    triage = triage_of(tmp_path, {"invoices": [invoice("F-1", "2025-10-16")]}, POLICY)
    by_age = triage.suggestion[3].partition("{")[2]
    for name, text in {
        "hold": "\n".join(triage.suggestion),
        "age": "\n".join([*triage.suggestion[:2], f"  entry: {{{by_age}"]),
    }.items():
        path = tmp_path / f"{name}.yaml"
        path.write_text(f"{POLICY}{text}\n", encoding="utf-8")
        assert load_policy(path).diagnostics == ()


def test_a_portfolio_with_history_shows_only_what_missed_a_step(tmp_path):
    tables = {
        "invoices": [
            invoice("F-1", "2026-10-16"),  # 35 days: the formal notice is reached, `first` would come
            invoice("F-2", "2026-11-10"),  # 10 days: `first` is all that is reached
            invoice("F-3", "2026-09-01"),
        ],
        "history": [{"id": "H", "invoice": "F-3", "step": "first", "status": "delivered", "date": "2026-09-05"}],
    }
    triage = triage_of(tmp_path, tables, POLICY)
    assert list(by_id(triage)) == ["F-1"]


def test_customers_whom_no_ladder_covers_are_not_in_it(tmp_path):
    tables = {
        "customers": [{"id": "C-1", "name": "One", "kind": "business", "category": "group"}],
        "invoices": [invoice("F-1", "2025-10-16")],
    }
    assert triage_of(tmp_path, tables).items == ()


def test_parts_that_climb_apart_are_one_row_at_the_age_of_the_oldest(tmp_path):
    policy = POLICY.replace("  standard:\n", "  standard:\n    scope: instalment\n") + HOLD
    tables = {
        "invoices": [invoice("F-1", "2026-12-16")],
        "instalments": [
            {"id": "F-1-1", "invoice": "F-1", "amount": "400.00", "due_date": "2026-10-16"},
            {"id": "F-1-2", "invoice": "F-1", "amount": "600.00", "due_date": "2026-12-16"},
        ],
    }
    (item,) = triage_of(tmp_path, tables, policy).items
    assert (item.invoice, item.outstanding, item.due_date, item.late) == ("F-1", 100000, date(2026, 10, 16), 35)
    assert item.enters is not None
    assert (item.enters.step, item.at_once) == ("first", True)
    assert item.proposal.then == "formal"


def test_an_account_that_climbs_as_one_is_shown_by_invoice(tmp_path):
    policy = POLICY.replace("  standard:\n", "  standard:\n    scope: customer\n")
    policy = policy.replace("      - {name: notice, stage: notice, days: -5, channel: email}\n", "") + HOLD
    tables = {"invoices": [invoice("F-1", "2026-10-16"), invoice("F-2", "2026-10-28")]}
    found = by_id(triage_of(tmp_path, tables, policy))
    assert list(found) == ["F-1", "F-2"]
    assert found["F-1"].enters is not None
    assert found["F-1"].enters.step == "first"
