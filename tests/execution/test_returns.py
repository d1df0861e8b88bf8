"""What comes back: each piece of news once, a copy alone leaves the action delivered, the next plan asks again."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

import policy_engine as pe
from policy_engine.cli.main import run
from policy_engine.execution.history import read_history, with_history
from policy_engine.execution.job import Retry, Return
from policy_engine.execution.people import returned, void
from policy_engine.execution.purge import purge
from policy_engine.execution.returns import hear
from tests.execution.carrying import Bouncing, Scripted, serving
from tests.execution.support import TEAM, House, snapshot_text

pytestmark = pytest.mark.usefixtures("database")
MAIL, POST = ("email",), ("registered_letter",)
CLERKS = replace(TEAM, rights={**TEAM.rights, "returned": frozenset({"clerk"})})


@pytest.fixture
def house(tmp_path):
    house = House(tmp_path, customers=2)
    house.take_in()
    return house


def news(house, number=0, reason="550 no such user", *, attempt=1, permanent=True):
    return Return(f"{house.plan.actions[number].id}-{attempt}", reason, "bounces/1.eml", permanent)


def sent(house, *outcomes):
    mail = Bouncing("mail", MAIL, *outcomes)
    adapters = serving(house, mail)
    house.run(adapters=adapters)
    return mail, adapters


def story(house, number=1):
    ledger = house.ledger()
    with ledger.reading() as connection:
        return [(one["after"], one["body"].get("reason")) for one in ledger.story(connection, number)]


def test_a_bounce_makes_it_returned_once(house):
    mail, adapters = sent(house)
    mail.news = [news(house, reason="550 no\n such  user")]
    heard = hear(house.ledger(), adapters)
    assert [(one.state, one.why) for one in heard.returned] == [("returned", "550 no such user")]
    assert (house.states(), mail.news) == ({"delivered": 1, "returned": 1}, [])
    head = house.head()
    mail.news = [news(house)]  # the process died before the adapter noted it: it tells the same again
    heard = hear(house.ledger(), adapters)
    assert (heard.known, heard.is_silent, mail.news, house.head()) == (1, True, [], head)
    with house.ledger().reading() as connection:
        body = house.ledger().story(connection, 1)[-1]["body"]
    assert (body["source"], body["carriers"]) == ("bounces/1.eml", {"email": ["returned", "mail", "2026-06-01"]})
    assert house.broken() == []


def test_the_next_plan_asks_again_as_another_attempt(tmp_path):
    """Sent on Monday, returned on Tuesday; after_previous counts no longer, so that Tuesday's plan asks again."""
    house = House(tmp_path, customers=1)
    house.take_in()
    mail, adapters = sent(house)
    house.day, house.now = date(2026, 6, 2), house.now + timedelta(days=1)
    text = snapshot_text(1).replace("as_of: 2026-06-01", "as_of: 2026-06-02")
    tuesday = house.read(text, "tuesday.yaml")
    before = pe.evaluate(house.policy, with_history(tuesday, read_history(house.ledger(), {})))
    assert before.actions == ()
    mail.news = [news(house)]
    hear(house.ledger(), adapters)
    again = pe.evaluate(house.policy, with_history(tuesday, read_history(house.ledger(), {})))
    assert [action.id for action in again.actions] == [house.plan.actions[0].id]
    tuesday = house.read(text.replace("c1@x.example", "right@x.example"), "right.yaml")
    again = pe.evaluate(house.policy, with_history(tuesday, read_history(house.ledger(), {})))
    assert house.take_in(plan=again, snapshot=tuesday).new == 1
    assert house.run(adapters=adapters, snapshot=tuesday).delivered == {"email": 1}
    assert [job.key[-2:] for job in mail.jobs] == ["-1", "-2"]
    mail.news = [news(house), news(house, attempt=2)]
    heard = hear(house.ledger(), adapters)
    assert (heard.known, len(heard.returned)) == (1, 1)
    assert house.states() == {"returned": 2}
    assert house.broken() == []


def test_a_delay_is_a_remark_once(house):
    mail, adapters = sent(house)
    for _ in range(2):
        mail.news = [news(house, reason="still queued", permanent=False)]
        heard = hear(house.ledger(), adapters)
    assert (heard.delayed, heard.known) == ([], 1)
    assert story(house)[-2:] == [("delivered", None), ("delivered", "delayed: still queued")]
    assert house.states() == {"delivered": 2}
    history = read_history(house.ledger(), {}).history["C-1"]
    assert [(row.status, row.day) for row in history] == [("delivered", date(2026, 6, 1))]


def test_news_that_change_nothing_are_told_and_noted(house):
    mail, adapters = sent(house)
    other = "0" * 64 + "-1"
    mail.news = [Return(other, "gone", "x"), Return("nonsense\x1b[31m", "gone", "x"), news(house, attempt=9)]
    heard = hear(house.ledger(), adapters)
    assert [one.why for one in heard.strange] == ["this ledger doesn't know it"] * 3
    assert (mail.news, house.states()) == ([], {"delivered": 2})


def test_what_never_left_does_not_come_back(house):
    mail = Bouncing("mail", MAIL)
    mail.news = [news(house)]
    heard = hear(house.ledger(), serving(house, mail))
    assert [one.why for one in heard.strange] == ["the action is planned"]


def test_an_adapter_that_cannot_be_asked_stops_nothing(house):
    mail, adapters = sent(house)
    mail.news = Retry("the mailbox can't be reached")
    assert hear(house.ledger(), adapters).unasked == {"mail": "the mailbox can't be reached"}


def carriers(tmp_path, *outcomes):
    house = House(tmp_path, customers=1)
    actions = tuple(one._replace(channel="registered_letter", also=("email",)) for one in house.plan.actions)
    house.plan = replace(house.plan, actions=actions)
    house.take_in()
    mail, post = Bouncing("mail", MAIL, *outcomes), Bouncing("post", POST)
    adapters = serving(house, mail, post)
    house.run(adapters=adapters)
    return house, mail, post, adapters


def test_a_copy_that_came_back_leaves_the_action_delivered(tmp_path):
    house, mail, _, adapters = carriers(tmp_path)
    house.day = date(2026, 6, 3)
    for _ in range(2):
        mail.news = [news(house)]
        heard = hear(house.ledger(), adapters)
    assert (heard.copies, heard.known) == ([], 1)
    assert story(house)[-1] == ("delivered", "the copy by email came back: 550 no such user")
    history = read_history(house.ledger(), {}).history["C-1"]
    assert [(row.status, row.day) for row in history] == [("delivered", date(2026, 6, 1))]
    assert house.broken() == []


def test_a_main_carrier_that_came_back_returns_the_action(tmp_path):
    house, _, post, adapters = carriers(tmp_path)
    post.news = [news(house, reason="unknown at this address")]
    assert len(hear(house.ledger(), adapters).returned) == 1
    assert house.states() == {"returned": 1}


def test_a_main_carrier_that_came_back_before_its_copies_left(tmp_path):
    house, mail, post, adapters = carriers(tmp_path, Retry("greylisted"))
    post.news = [news(house, reason="unknown")]
    assert len(hear(house.ledger(), adapters).returned) == 1
    assert story(house)[-2:] == [
        ("delivered", "the copy by email was not sent: the message came back"), ("returned", "unknown"),
    ]  # fmt: skip
    house.now += timedelta(hours=1)
    assert house.run(adapters=adapters).tried == 0
    assert len(mail.jobs) == 1


def test_a_bounce_of_what_was_in_doubt_says_that_it_left(tmp_path):
    house, mail, _, adapters = carriers(tmp_path, ValueError("cut off"))
    assert house.states() == {"in_doubt": 1}
    mail.news = [news(house)]
    assert len(hear(house.ledger(), adapters).copies) == 1
    assert house.states() == {"delivered": 1}
    assert [after for after, _ in story(house)][-3:] == ["in_doubt", "delivered", "delivered"]


def test_news_of_a_carrier_while_another_is_in_doubt_wait(tmp_path):
    house, _, post, adapters = carriers(tmp_path, ValueError("cut off"))
    post.news = [news(house)]
    assert (hear(house.ledger(), adapters).later, len(post.news)) == (1, 1)


def test_a_single_carrier_in_doubt_that_bounced_is_returned(house):
    mail, adapters = sent(house, ValueError("cut off"))
    mail.news = [news(house)]
    assert len(hear(house.ledger(), adapters).returned) == 1
    assert [after for after, _ in story(house)][-3:] == ["in_doubt", "delivered", "returned"]


def test_news_of_what_was_purged_or_voided(house):
    mail, adapters = sent(house)
    assert purge(house.ledger(), date(2026, 6, 2)) == 2
    mail.news = [news(house), news(house, 1)]
    void(house.ledger(), TEAM, [house.plan.actions[1].id], "wrong")
    heard = hear(house.ledger(), adapters)
    assert (len(heard.returned), heard.known, house.states()) == (1, 1, {"returned": 1, "voided": 1})
    assert house.broken() == []


class Killed(BaseException):
    """The end of a process."""


@pytest.mark.parametrize(
    ("point", "state"), [("before_return_commit", "delivered"), ("after_return_commit", "returned")]
)
def test_killed_while_it_hears(tmp_path, point, state):
    house = House(tmp_path, customers=1)
    house.take_in()
    mail, adapters = sent(house)
    mail.news = [news(house)]

    def reached(name):
        if name == point:
            raise Killed

    with pytest.raises(Killed):
        hear(house.ledger(), adapters, reached)
    assert (house.states(), len(mail.news)) == ({state: 1}, 1)
    heard = hear(house.ledger(), adapters)
    assert (len(heard.returned), heard.known) == ((1, 0) if state == "delivered" else (0, 1))
    assert (house.states(), mail.news, house.broken()) == ({"returned": 1}, [], [])


def test_people_say_it(house):
    sent(house)
    action = house.plan.actions[0].id
    assert "`rights.returned`" in returned(house.ledger("alice"), CLERKS, [action], "came back")[0].text
    assert returned(house.ledger("carol"), CLERKS, [action], "unknown at this address")[0].state == "returned"
    assert "is returned" in returned(house.ledger("carol"), CLERKS, [action], "again")[0].text
    assert story(house)[-1] == ("returned", "unknown at this address")


def test_the_commands(tmp_path, monkeypatch, capsys):
    house = House(tmp_path, customers=1)
    house.take_in()
    mail, adapters = sent(house)
    monkeypatch.setattr("policy_engine.execution.adapters.Adapters", lambda *_: adapters)
    (tmp_path / "ops").mkdir()
    (tmp_path / "ops" / "operator.yaml").write_text(
        "operator: 1\nroles: {clerk: [alice]}\nrights: {returned: clerk}\n", encoding="utf-8"
    )
    house.log_in(monkeypatch, "alice")
    rest = ["--ledger", house.address, "--operator", str(tmp_path / "ops" / "operator.yaml")]
    assert run(["adapters", "returns", *rest]) == 0
    assert capsys.readouterr().out == "nothing new came back (mail)\n"
    mail.news = [news(house, permanent=False), Return("x", "gone \x1b[31m", "y")]
    assert run(["adapters", "returns", *rest]) == 0
    out = capsys.readouterr().out
    assert "1 delayed, on their way still" in out
    assert "\x1b" not in out
    mail.news = Retry("no answer")
    assert run(["adapters", "returns", *rest, "--format", "json"]) == 1
    assert '"mail": "no answer"' in capsys.readouterr().out
    mail.news = []
    assert run(["returned", house.plan.actions[0].id[:8], "--reason", "unknown", *rest]) == 0
    assert house.states() == {"returned": 1}


def test_not_every_adapter_hears(house):
    assert hear(house.ledger(), serving(house, Scripted("mail", MAIL))).is_silent
