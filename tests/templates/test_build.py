"""A message's context against figures worked out by hand.

FA-1: 10,000.00 due 31 May, 4,000.00 paid on 10 July (principal first), on 20 November:
1 to 30 June: 10,000 x 12.15 % x 30 / 365 = 99.8630; 1 to 10 July: 10,000 x 12.40 % x 10 / 365 = 33.9726;
11 July to 20 November: 6,000 x 12.40 % x 133 / 365 = 271.1014. Running sums, rounded: 99.86, 133.84, 404.94.
"""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

import policy_engine as pe
from policy_engine.explanation.locale import Language
from policy_engine.templates.build import address_lines, build_context
from policy_engine.templates.context import Money
from policy_engine.templates.render import render
from policy_engine.templates.tables import table
from tests.templates.given import AS_OF, SENDER, TABLES, action_of, given, notice


def euro(cents: int) -> Money:
    return Money(cents, "EUR")


def test_the_groups_and_the_sums(tmp_path: Path) -> None:
    context = notice(tmp_path)
    assert [line.number for line in context.demanded] == ["FA-1"]
    assert [line.number for line in context.mentioned] == ["FA-2"]
    assert [line.number for line in context.listed] == ["FA-3"]
    assert (context.principal, context.interest, context.lump_sums) == (euro(630000), euro(40494), euro(4000))
    assert context.total == euro(674494)
    assert context.overdue == euro(660000)
    assert context.owed == (euro(30000),)


def test_interest_by_period_adds_up_to_the_rounded_whole(tmp_path: Path) -> None:
    (line,) = notice(tmp_path).demanded
    assert [(p.first, p.last, p.days, p.balance, p.rate.ppm, p.interest) for p in line.periods] == [
        (date(2026, 6, 1), date(2026, 6, 30), 30, euro(1000000), 121500, euro(9986)),
        (date(2026, 7, 1), date(2026, 7, 10), 10, euro(1000000), 124000, euro(3398)),
        (date(2026, 7, 11), date(2026, 11, 20), 133, euro(600000), 124000, euro(27110)),
    ]
    assert sum(p.interest.minor for p in line.periods) == line.interest.minor


def test_what_settled_an_invoice_is_shown_with_its_day_and_number(tmp_path: Path) -> None:
    context = notice(tmp_path)
    (payment,), (note,) = context.demanded[0].settlements, context.mentioned[0].settlements
    assert (payment.kind, payment.day, payment.amount) == ("payment", date(2026, 7, 10), euro(400000))
    assert (note.kind, note.day, note.amount, note.number) == ("credit_note", date(2026, 10, 5), euro(20000), "AV-1")
    assert (context.mentioned[0].amount, context.mentioned[0].credited) == (euro(50000), euro(20000))


def test_the_time_to_pay_is_what_the_ladder_gives(tmp_path: Path) -> None:
    context = notice(tmp_path)
    assert context.following is not None
    assert (context.following.name, context.following.stage) == ("collection_agency", "agency")
    assert (context.sent_on, context.pay_days, context.pay_by) == (
        AS_OF,
        17,
        date(2026, 12, 7),
    )  # 15 days end on a Saturday


def test_references_history_and_recipient(tmp_path: Path) -> None:
    context = notice(tmp_path)
    assert context.interest_reference == "C. com. art. L441-10 II"
    assert [(one.day, one.stage) for one in context.history] == [
        (date(2026, 6, 5), "reminder"),
        (date(2026, 6, 15), "reminder"),
        (date(2026, 6, 25), "call"),
    ]
    assert context.recipient.address == ("85 rue de la République", "33000 Bordeaux")
    assert context.language == "fr"


def test_what_a_letter_may_call_a_reminder_reached_the_customer_after_the_due_date(tmp_path: Path) -> None:
    """A notice before the due date, an order hold and a task reminded nobody; the letter names the others alone."""
    sent = (
        ("2026-05-31", "pre_due_notice", "notice", "email"),  # on the due date itself
        ("2026-06-01", "courtesy_reminder", "reminder", "email"),
        ("2026-06-02", "stop_orders", "reminder", "order_hold"),
        ("2026-06-03", "ask_sales", "call", "task"),
        ("2026-06-04", "second_reminder", "reminder", None),  # the ERP doesn't say how
        ("2026-06-25", "phone_call", "call", "call"),
    )
    rows = [
        {"id": f"H{number}", "customer": "C1", "invoice": "F1", "step": step, "stage": stage, "status": "delivered",
         "date": date.fromisoformat(day), "role": "demanded", **({} if channel is None else {"channel": channel})}
        for number, (day, step, stage, channel) in enumerate(sent)
    ]  # fmt: skip
    policy, snapshot = given(tmp_path, history=rows)
    action = action_of(policy, snapshot, "formal_notice")
    context = build_context(action, policy, snapshot.accounts[0], SENDER, AS_OF)
    assert [one.step for one in context.history] == [
        "pre_due_notice", "courtesy_reminder", "ask_sales", "second_reminder", "phone_call",
    ]  # fmt: skip
    assert [one.step for one in context.reminders] == ["courtesy_reminder", "second_reminder", "phone_call"]
    text = render(replace(context, channel="letter")).text
    assert "Malgré nos relances (01/06/2026, 04/06/2026, 25/06/2026)" in " ".join(text.split())


@pytest.mark.parametrize(
    ("language", "first", "second"),
    [
        ("en", "Reminder: €", "We have not received payment"),
        ("fr", "Relance\u00a0: ", "Nous n'avons pas reçu le règlement"),
    ],
)
def test_a_second_reminder_speaks_of_a_first_only_where_there_was_one(
    tmp_path: Path, language: Language, first: str, second: str
) -> None:
    """A policy that jumps sends it first."""
    context = replace(notice(tmp_path), template="second_reminder", channel="letter", language=language)
    reminded = render(context)
    assert not reminded.subject.startswith(first)
    assert second not in " ".join(reminded.text.split())
    never = render(replace(context, history=()))
    assert never.subject.startswith(first)
    assert second in " ".join(never.text.split())


def test_the_statement_adds_up_to_the_balance(tmp_path: Path) -> None:
    context = notice(tmp_path)
    assert [(row.number, row.balance.minor) for row in context.statement] == [
        ("FA-1", 600000),
        ("FA-3", 30000),
        ("FA-2", 30000),
    ]
    assert context.balance == euro(660000)


def test_of_a_bank_account_only_the_end_is_kept(tmp_path: Path) -> None:
    shown = repr(notice(tmp_path))
    assert "last_four='0189'" in shown
    assert "3000 6000" not in shown


def test_money_that_settles_nothing_yet_is_negative_in_the_statement(tmp_path: Path) -> None:
    invoices = [TABLES["invoices"][1]]
    payments = [{**TABLES["payments"][0], "invoice": None, "amount": "50.00", "date": date(2026, 11, 2)}]
    policy, snapshot = given(
        tmp_path, "dunning: 1\npolicy: acme\nextends: pack:fr-b2b\nnetting: none\n",
        invoices=invoices, payments=payments, history=[],
    )  # fmt: skip
    action = next(action for action in pe.evaluate(policy, snapshot).actions)
    context = build_context(action, policy, snapshot.accounts[0], SENDER, AS_OF)
    assert [(row.kind, row.balance.minor) for row in context.statement] == [("invoice", 50000), ("payment", -5000)]
    assert (context.balance, context.unallocated, context.total) == (euro(45000), euro(5000), euro(50000))


def test_what_was_paid_late_still_owes(tmp_path: Path) -> None:
    """1,000.00 due 30 June, paid on 30 July: 30 days at 12.40 % = 10.19, and the lump sum."""
    late = {**TABLES["invoices"][1], "id": "F9", "number": "FA-9", "amount": "1000.00",
            "issue_date": date(2026, 6, 1), "due_date": date(2026, 6, 30)}  # fmt: skip
    paid = {**TABLES["payments"][0], "id": "P9", "invoice": "F9", "amount": "1000.00", "date": date(2026, 7, 30)}
    policy, snapshot = given(tmp_path, invoices=[*TABLES["invoices"], late], payments=[*TABLES["payments"], paid])
    action = next(a for a in pe.evaluate(policy, snapshot).actions if a.step == "formal_notice")
    context = build_context(action, policy, snapshot.accounts[0], SENDER, AS_OF, settled=True)
    (line,) = context.settled
    assert (line.number, line.days_late, line.interest, line.lump_sums) == ("FA-9", 30, euro(1019), euro(4000))
    assert context.settled_total == euro(5019)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (None, ()),
        ("  ", ()),
        ("1 rue A, 75001 Paris", ("1 rue A", "75001 Paris")),
        ("Service compta\n1, rue A\n75001 Paris", ("Service compta", "1, rue A", "75001 Paris")),
        ("a\nb\nc\nd\ne\nf\ng", ("a", "b", "c", "d", "e", "f, g")),
    ],
)
def test_address_lines(text: str | None, lines: tuple[str, ...]) -> None:
    assert address_lines(text) == lines


def test_parts_of_an_invoice_are_shown_with_what_is_asked(tmp_path: Path) -> None:
    """1,000.00 in two parts; the first, 600.00, is 20 days late, the second isn't due."""
    whole = {**TABLES["invoices"][1], "amount": "1000.00"}
    parts = [
        {"id": "F2-1", "customer": "C1", "invoice": "F2", "amount": "600.00", "due_date": date(2026, 10, 31)},
        {"id": "F2-2", "customer": "C1", "invoice": "F2", "amount": "400.00", "due_date": date(2026, 12, 31)},
    ]
    policy, snapshot = given(tmp_path, invoices=[whole], instalments=parts, payments=[], history=[])
    (action,) = pe.evaluate(policy, snapshot).actions
    context = build_context(action, policy, snapshot.accounts[0], SENDER, AS_OF)
    (line,) = context.demanded
    assert (line.outstanding, line.later, line.principal) == (euro(100000), euro(40000), euro(60000))
    assert [(p.due_date, p.outstanding, p.days_late, p.asked) for p in context.instalments] == [
        (date(2026, 10, 31), euro(60000), 20, True),
        (date(2026, 12, 31), euro(40000), 0, False),
    ]
    assert "Échéancier convenu" in render(context).text


def test_promises_are_shown_without_a_verdict(tmp_path: Path) -> None:
    promises = [{"id": "PR1", "customer": "C1", "invoices": "F1", "made": date(2026, 6, 20),
                 "date": date(2026, 6, 30), "amount": "1000.00"}]  # fmt: skip
    policy, snapshot = given(tmp_path, promises=promises)
    action = next(one for one in pe.evaluate(policy, snapshot).actions if one.step == "formal_notice")
    context = build_context(action, policy, snapshot.accounts[0], SENDER, AS_OF)
    (promise,) = context.promises
    assert (promise.made, promise.day, promise.amount, promise.past) == (
        date(2026, 6, 20),
        date(2026, 6, 30),
        euro(100000),
        True,
    )


def test_parts_that_are_not_due_are_not_overdue_in_the_account(tmp_path: Path) -> None:
    """1,000.00 in two parts: 600.00 are 20 days late, 400.00 are due on 31 December."""
    whole = {**TABLES["invoices"][1], "amount": "1000.00"}
    parts = [
        {"id": "F2-1", "customer": "C1", "invoice": "F2", "amount": "600.00", "due_date": date(2026, 10, 31)},
        {"id": "F2-2", "customer": "C1", "invoice": "F2", "amount": "400.00", "due_date": date(2026, 12, 31)},
    ]
    paid = [{**TABLES["payments"][0], "invoice": "F2", "amount": "50.00", "date": date(2026, 11, 2)}]
    policy, snapshot = given(tmp_path, invoices=[whole], instalments=parts, payments=paid, history=[])
    (action,) = pe.evaluate(policy, snapshot).actions
    context = build_context(action, policy, snapshot.accounts[0], SENDER, AS_OF)
    assert [(row.number, row.due_date, row.days_late, row.amount, row.balance) for row in context.statement] == [
        ("FA-2", date(2026, 10, 31), 20, euro(60000), euro(55000)),
        ("FA-2", date(2026, 12, 31), 0, euro(40000), euro(40000)),
    ]
    assert (context.overdue, context.balance) == (euro(55000), euro(95000))


def test_interest_of_invoices_paid_late_stands_in_a_table_of_its_own(tmp_path: Path) -> None:
    late = {**TABLES["invoices"][1], "id": "F9", "number": "FA-9", "amount": "1000.00",
            "issue_date": date(2026, 6, 1), "due_date": date(2026, 6, 30)}  # fmt: skip
    paid = {**TABLES["payments"][0], "id": "P9", "invoice": "F9", "amount": "1000.00", "date": date(2026, 7, 30)}
    policy, snapshot = given(tmp_path, invoices=[*TABLES["invoices"], late], payments=[*TABLES["payments"], paid])
    action = action_of(policy, snapshot, "formal_notice")
    context = build_context(action, policy, snapshot.accounts[0], SENDER, AS_OF, settled=True)
    asked, settled = table("interest", context), table("settled_interest", context)
    assert asked is not None
    assert settled is not None
    assert asked.total is not None
    assert asked.total[-1] == "404,94\u00a0€"
    assert [row[0] for row in settled.rows] == ["FA-9"]
    assert settled.total is not None
    assert settled.total[-1] == "10,19\u00a0€"
