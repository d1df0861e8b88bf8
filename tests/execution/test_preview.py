"""A dry run: per carrier what would leave through which adapter, what is limited, what waits for a business day."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

import policy_engine as pe
from policy_engine.cli.execute_report import show_preview
from policy_engine.execution.choice import Choice
from policy_engine.execution.due import Found
from policy_engine.execution.facts import facts_of
from policy_engine.execution.job import Retry
from policy_engine.execution.limits import Limit, Pace
from policy_engine.execution.preview import preview
from policy_engine.plan.canonical import with_identity
from tests.execution.carrying import Scripted, serving
from tests.execution.support import NOBODY, House, snapshot_text

pytestmark = pytest.mark.usefixtures("database")
POST, MAIL = ("registered_letter",), ("email",)


@pytest.fixture
def house(tmp_path):
    house = House(tmp_path, customers=3)
    actions = tuple(one._replace(channel="registered_letter", also=("email",)) for one in house.plan.actions)
    house.plan = replace(house.plan, actions=actions)
    return house


def seen(house, adapters, ledger=None, operator=NOBODY, snapshot=None, choice=None):
    snapshot = snapshot or house.snapshot
    found = Found.of(snapshot, None)
    every = choice or Choice()
    return list(preview(ledger, house.plan, snapshot, found, adapters, every, house.clock(), operator=operator))


def told(one):
    return one.why_not, [(carrier.channel, carrier.adapter, carrier.why_not) for carrier in one.carriers]


def test_each_carrier_through_its_adapter(house):
    adapters = serving(house, Scripted("post", POST), Scripted("mail", MAIL))
    assert [told(one) for one in seen(house, adapters)] == 3 * [
        (None, [("registered_letter", "post", None), ("email", "mail", None)])
    ]


def test_limits_fill_up_as_in_the_run(house):
    """Two letters and one e-mail a day: one goes by both, one waits with its copy, one waits; a run does just that."""
    limits = {"registered_letter": Limit(per_day=2), "email": Limit(per_day=1)}
    operator = replace(NOBODY, rate_limits=limits)
    adapters = serving(house, Scripted("post", POST), Scripted("mail", MAIL))
    letter, mail = ("registered_letter", "post", None), ("email", "mail", None)
    late = "waits for the limit of registered_letter, 2 a day"
    expected = [
        (None, [letter, mail]),
        (None, [letter, ("email", "mail", "waits for the limit of email, 1 a day")]),
        (late, [letter, mail]),
    ]
    assert [told(one) for one in seen(house, adapters, operator=operator)] == expected
    house.take_in()
    assert [told(one) for one in seen(house, adapters, house.ledger(), operator)] == expected
    tally = house.run(adapters=adapters, pace=Pace(limits))
    assert (tally.delivered, tally.copies) == ({"registered_letter": 2}, {"email": 1})
    after = [one.why_not for one in seen(house, adapters, house.ledger(), operator)]
    assert after == ["is delivered", "waits for the limit of email, 1 a day", late]


def test_a_minute_is_waited_for_in_the_run_and_not_told(house):
    operator = replace(NOBODY, rate_limits={"email": Limit(per_minute=1)})
    assert [one.why_not for one in seen(house, serving(house), operator=operator)] == [None] * 3


def test_copies_that_are_still_to_come_would_leave(house):
    house.take_in()
    adapters = serving(house, Scripted("post", POST), Scripted("mail", MAIL, Retry("busy")))
    house.run(adapters=adapters, choice=Choice(limit=1))
    assert seen(house, adapters, house.ledger())[0].why_not == "isn't tried before 2026-06-01T08:01Z"
    house.now += timedelta(minutes=1)
    first = seen(house, adapters, house.ledger())[0]
    assert told(first) == (None, [("email", "mail", None)])
    assert (first.adapter, first.facts["customer"]["id"]) == ("mail", "C-1")


def test_a_day_that_is_no_business_day(tmp_path):
    house = House(tmp_path, customers=1)
    text = snapshot_text(1).replace("as_of: 2026-06-01", "as_of: 2026-06-05")
    friday = house.read(text, "friday.yaml")
    house.plan = pe.evaluate(house.policy, friday)
    house.day = date(2026, 6, 6)
    assert [one.why_not for one in seen(house, serving(house), snapshot=friday)] == ["waits for a business day"]
    house.take_in(snapshot=friday)
    again = seen(house, serving(house), house.ledger(), snapshot=friday)
    assert [one.why_not for one in again] == ["waits for a business day"]


def test_the_limit_of_the_command_counts_actions(house):
    adapters = serving(house, Scripted("post", POST), Scripted("mail", MAIL))
    found = seen(house, adapters, choice=Choice(limit=1))
    assert [one.why_not for one in found] == [None, "beyond --limit", "beyond --limit"]


def test_the_screen(house, capsys):
    operator = replace(NOBODY, rate_limits={"email": Limit(per_day=1)})
    adapters = serving(house, Scripted("post", POST), Scripted("mail", MAIL))
    show_preview(seen(house, adapters, operator=operator), house.plan, None, "text")
    lines = capsys.readouterr().out.splitlines()
    first, second = house.plan.actions[:2]
    assert lines[:4] == [
        f"{first.id[:12]}  Customer 1 (C-1), reminder, 100.00 EUR",
        "    by registered_letter through post; by email through mail",
        f"{second.id[:12]}  Customer 2 (C-2), reminder, 100.00 EUR",
        "    by registered_letter through post; by email through mail: waits for the limit of email, 1 a day",
    ]
    assert lines[-2:] == [
        "3 would leave: 1 email, 3 registered_letter; nothing was written",
        "     2 copies by email would wait",
    ]


def test_what_was_taken_in_is_shown_as_it_was(house):
    house.take_in()
    (first, *_) = seen(house, serving(house), house.ledger())
    account = house.snapshot.accounts[0]
    assert first.facts == facts_of(house.plan.actions[0], house.plan, account, None) | {"leaves_on": "2026-06-01"}


def test_what_earlier_plans_left_is_seen_page_by_page(house, monkeypatch):
    """Five e-mails were taken in with the first plan; the second plan has nothing but sees them all, in their order."""
    monkeypatch.setattr("policy_engine.execution.due.PAGE", 2)
    house.snapshot = house.read(snapshot_text(5))
    house.plan = pe.evaluate(house.policy, house.snapshot)
    house.take_in()
    house.plan = with_identity(replace(house.plan, actions=()))
    ledger = house.ledger()
    found = seen(house, serving(house, Scripted("mail", MAIL)), ledger)
    assert [(one.customer, one.why_not) for one in found] == [(f"C-{number}", None) for number in range(1, 6)]
