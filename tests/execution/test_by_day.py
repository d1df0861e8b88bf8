"""A message bears the day on which it leaves, and its deadline counts from that day; its figures are as approved.

The houses' plan is of Monday 1 June 2026, valid for two business days. The formal notice has no step after it: 15 days.
"""

import json
from dataclasses import replace
from datetime import date

import pytest

from policy_engine.cli.execute_report import _of_so_many
from policy_engine.execution.about import about
from policy_engine.execution.adapters import Adapters
from policy_engine.execution.by_day import asked_by, day_of, differences, leaving_days, on_day
from policy_engine.execution.intake import take_in
from policy_engine.execution.job import Retry
from policy_engine.execution.messages import Writer
from policy_engine.execution.people import approve
from policy_engine.execution.preview import preview
from policy_engine.execution.proofs import notices_in
from policy_engine.execution.run import Found, nothing
from policy_engine.templates.context import Sender
from tests.execution.carrying import Scripted, serving
from tests.execution.support import DAY, EVERY, TEAM, House

pytestmark = pytest.mark.usefixtures("database")
PAYEE = {"name": "Acme SAS", "iban": "FR1420041010050500013M02606"}
LETTER, MAIL = ("registered_letter",), ("email",)


def written(folder, *also, until=None, closed=(), **more):
    """A house whose one formal notice is in the ledger with its messages, approved by two on its first day."""
    house = House(folder, customers=1, grave=1)
    (action,) = house.plan.actions
    action = action._replace(also=also, **more)
    house.plan = replace(house.plan, actions=(action,), valid_until=until or house.plan.valid_until, closed=closed)
    take_in(house.ledger(), house.plan, house.snapshot, None, {}, nothing, writer_of(house).write)
    for who in ("alice", "bob"):
        approve(house.ledger(who), TEAM, [action.id])
    house.now = house.now.replace(day=2, hour=9)  # the cool-off is over
    house.day = date(2026, 6, 2)
    return house


def writer_of(house):
    return Writer(
        house.policy, Sender("Acme SAS", ("1 Port",)), PAYEE, DAY, (),
        valid_until=house.plan.valid_until, closed=house.plan.closed,
    )  # fmt: skip


def on(house, day, hour=9):
    house.day = date(2026, 6, day)
    house.now = house.now.replace(day=day, hour=hour)


def run(house, *adapters):
    return house.run(operator=TEAM, adapters=serving(house, *adapters))


def kept(house):
    ledger = house.ledger()
    with ledger.reading() as connection:
        return ledger.facts(connection, [1])[1]


def seen(house):
    from sqlalchemy import select

    from policy_engine.execution.tables import ACTIONS

    ledger = house.ledger()
    with ledger.reading() as connection:
        row = dict(connection.execute(select(ACTIONS)).mappings().one())
        return about(row, ledger.facts(connection, [1])[1])


def subject(until):
    return f"FORMAL NOTICE (mise en demeure) to pay €100.00 by {until}"


def test_the_letter_bears_the_day_on_which_it_leaves(tmp_path):
    house = written(tmp_path)
    facts = kept(house)
    assert facts["messages"]["registered_letter"]["subject"] == subject("2026-06-16")
    assert facts["pay_by"] == {"2026-06-01": "2026-06-16", "2026-06-02": "2026-06-17", "2026-06-03": "2026-06-18"}
    on(house, 3)
    post = Scripted("post", LETTER)
    assert run(house, post).delivered == {"registered_letter": 1}
    (job,) = post.jobs
    message = job.facts["messages"]["registered_letter"]
    assert message["subject"] == subject("2026-06-18")
    assert "by 18 June 2026" in message["text"]
    assert "within 15 days from the date of this letter" in " ".join(message["text"].split())
    assert "<title>" + subject("2026-06-18") in message["html"]
    letter = message["letter"]
    assert (letter["year"], letter["month"], letter["day"]) == (2026, 6, 3)
    assert letter["place_and_date"] == "3\u00a0June 2026"
    assert subject("2026-06-18") in letter["subject_line"]
    words = json.dumps(message, ensure_ascii=False).replace("\u00a0", " ")
    assert ("16 June 2026" in words, "2026-06-16" in words) == (False, False)
    assert words.count("18 June 2026") == 3  # text, page, letter
    assert (day_of(job.facts), "by_day" in job.facts) == ("2026-06-03", False)
    first = facts["messages"]["registered_letter"]
    table = next(block for block in first["letter"]["blocks"] if block["kind"] == "table")
    assert table in letter["blocks"]  # the figures are those that were approved
    assert job.facts["action"] == facts["action"]
    assert house.broken() == []


def test_on_its_first_day_it_is_what_was_approved(tmp_path):
    house = written(tmp_path, approval=None)
    on(house, 1, 8)
    post = Scripted("post", LETTER)
    run(house, post)
    assert post.jobs[0].facts["messages"] == kept(house)["messages"]
    assert "1\u00a0June 2026" in post.jobs[0].facts["messages"]["registered_letter"]["letter"]["place_and_date"]


def test_a_copy_says_what_the_letter_says_whenever_it_leaves(tmp_path):
    house = written(tmp_path, "email")
    post, mail = Scripted("post", LETTER), Scripted("mail", MAIL, Retry("busy"))
    run(house, post, mail)
    on(house, 3)
    run(house, post, mail)
    (letter,), (_, copy) = post.jobs, mail.jobs
    assert letter.facts["messages"]["registered_letter"]["subject"] == subject("2026-06-17")
    assert copy.facts["messages"]["email"]["subject"] == subject("2026-06-17")
    assert "Copy of our registered letter of 2 June 2026" in copy.facts["messages"]["email"]["text"]
    assert day_of(copy.facts) == "2026-06-02"


def test_what_surely_did_not_leave_bears_the_day_of_the_next_try(tmp_path):
    house = written(tmp_path)
    post = Scripted("post", LETTER, Retry("busy"))
    run(house, post)
    on(house, 3)
    assert run(house, post).delivered == {"registered_letter": 1}
    assert [day_of(job.facts) for job in post.jobs] == ["2026-06-02", "2026-06-03"]


def test_what_has_perhaps_left_is_repeated_as_it_was(tmp_path):
    house = written(tmp_path)

    class Killed(BaseException):
        pass

    def dies(point):
        if point == "after_effect":
            raise Killed

    post = Scripted("post", LETTER, idempotent=True)
    with pytest.raises(Killed):
        house.run(operator=TEAM, adapters=serving(house, post), reached=dies, worker="gone")
    on(house, 3)
    assert run(house, post).delivered == {"registered_letter": 1}
    first, again = post.jobs
    assert first.facts == again.facts
    assert day_of(again.facts) == "2026-06-02"
    assert seen(house).left_on == "2026-06-02"


def test_who_decides_sees_each_day_and_afterwards_the_one_that_it_was(tmp_path):
    house = written(tmp_path)
    found = seen(house)
    assert found.left_on is None
    assert found.pay_by == {"2026-06-01": "2026-06-16", "2026-06-02": "2026-06-17", "2026-06-03": "2026-06-18"}
    assert found.messages["registered_letter"][0] == subject("2026-06-16")
    on(house, 3)
    run(house, Scripted("post", LETTER))
    found = seen(house)
    assert (found.left_on, found.pay_by) == ("2026-06-03", {"2026-06-03": "2026-06-18"})
    assert found.messages["registered_letter"][0] == subject("2026-06-18")


def test_the_proof_holds_the_letter_that_left(tmp_path):
    house = written(tmp_path)
    on(house, 3)
    post = Scripted("post", LETTER)
    run(house, post)
    ledger = house.ledger()
    with ledger.reading() as connection:
        (notice,) = notices_in(connection, ["C-1"])["C-1"]
    assert notice["messages"] == post.jobs[0].facts["messages"]
    assert notice["day"] == "2026-06-03"


def test_a_dry_run_shows_the_message_of_today(tmp_path):
    house = written(tmp_path)
    found = Found.of(house.snapshot, None)
    adapters = Adapters(TEAM, house.out)

    def show():
        now = house.clock()
        return next(preview(house.ledger(), house.plan, house.snapshot, found, adapters, EVERY, now, operator=TEAM))

    one = show()
    assert one.why_not is None
    assert one.facts["messages"]["registered_letter"]["subject"] == subject("2026-06-17")
    assert one.pay_by == {"2026-06-02": "2026-06-17"}
    new = preview(None, house.plan, house.snapshot, found, adapters, EVERY, house.clock(), writer_of(house).write)
    one = next(new)
    assert one.why_not == "waits for approval by 2 x credit_manager"  # each day may still be its own
    assert one.pay_by == {"2026-06-01": "2026-06-16", "2026-06-02": "2026-06-17", "2026-06-03": "2026-06-18"}
    run(house, Scripted("post", LETTER))
    one = show()
    assert (one.why_not, one.pay_by) == ("is delivered", {"2026-06-02": "2026-06-17"})


@pytest.mark.parametrize(
    ("reason", "number", "said"),
    [
        ("is delivered", 1, "is delivered"),
        ("is delivered", 2, "are delivered"),
        ("waits for a business day", 3, "wait for a business day"),
        ("isn't tried before 2026-06-01T08:00Z", 2, "aren't tried before 2026-06-01T08:00Z"),
        ("changed since the plan: address", 2, "changed since the plan: address"),
        ("its plan was valid until 2026-06-03", 1, "not, as its plan was valid until 2026-06-03"),
        ("one of its items belongs to the action 52e8283eca4a", 2,
         "not, as one of its items belongs to the action 52e8283eca4a"),
    ],
)  # fmt: skip
def test_why_so_many_would_not_leave(reason, number, said):
    assert _of_so_many(reason, number) == said


def test_days_that_are_no_business_days_have_no_message(tmp_path):
    house = written(tmp_path, until=date(2026, 6, 5), closed=(date(2026, 6, 3), date(2026, 6, 4)))
    assert sorted(kept(house)["by_day"]) == ["2026-06-02", "2026-06-05"]
    assert leaving_days(DAY, date(2026, 6, 3), (date(2026, 6, 2),), any_day=False) == [DAY, date(2026, 6, 3)]
    assert leaving_days(DAY, date(2026, 6, 2), (date(2026, 6, 2),), any_day=True) == [DAY, date(2026, 6, 2)]
    assert leaving_days(DAY, date(2026, 5, 30), (), any_day=False) == [DAY]


def test_reminders_that_name_no_date_are_kept_once(tmp_path):
    house = House(tmp_path, customers=1)
    made = writer_of(house).write(house.plan.actions[0], house.snapshot.accounts[0])
    assert set(made) == {"messages"}


@pytest.mark.parametrize(
    ("first", "other", "found"),
    [
        ({"a": 1, "b": "x"}, {"a": 1, "b": "x"}, []),
        ({"a": 1, "b": "x"}, {"a": 2, "b": "x"}, [[["a"], 2]]),
        ({"a": "1\n2\n3"}, {"a": "1\n4\n3"}, [[["a", 1], "4"]]),
        ({"a": "1\n2\n3"}, {"a": "1\n2"}, [[["a"], "1\n2"]]),
        ({"a": [{"b": "1\n2"}, 5]}, {"a": [{"b": "1\n3"}, 6]}, [[["a", 0, "b", 1], "3"], [["a", 1], 6]]),
        ({"a": {"b": 1}}, {"a": {"c": 1}}, [[["a"], {"c": 1}]]),
        ({"a": "text"}, {"a": None}, [[["a"], None]]),
        ({"a": [1]}, {"a": []}, [[["a"], []]]),
    ],
)
def test_differences_give_the_other_back(first, other, found):
    pairs = list(differences(first, other))
    assert pairs == found
    facts = {**first, "by_day": {"2026-06-02": pairs}}
    assert on_day(facts, "2026-06-02") == {**other, "leaves_on": "2026-06-02"}
    assert on_day(facts, None) == first


def test_facts_of_an_earlier_version_leave_as_they_were():
    facts = {"action": {"send_on": "2026-06-01"}, "messages": {"email": {"text": "x"}}}
    assert on_day(facts, "2026-06-03")["messages"] == facts["messages"]
    assert asked_by(facts, None) == {}
    assert day_of(facts) == "2026-06-01"
