"""One message over carriers of different adapters: each once, the main one first, whatever becomes of a copy."""

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest

import policy_engine as pe
from policy_engine.cli.main import run
from policy_engine.execution.carriers import became, carried, leaves_on, text_of
from policy_engine.execution.choice import Choice
from policy_engine.execution.history import read_history, with_history
from policy_engine.execution.job import Refused, Retry
from policy_engine.execution.people import resolve, void
from policy_engine.execution.purge import purge
from tests.execution.carrying import Scripted, serving
from tests.execution.support import TEAM, House, snapshot_text

pytestmark = pytest.mark.usefixtures("database")
LETTER, MAIL, PHONE = ("registered_letter",), ("email",), ("call",)


@pytest.fixture
def house(tmp_path):
    return with_copies(House(tmp_path, customers=1), "email")


def with_copies(house, *also):
    actions = tuple(one._replace(channel="registered_letter", also=also) for one in house.plan.actions)
    house.plan = replace(house.plan, actions=actions)
    house.take_in()
    return house


def stories(house):
    """Of the first action: each transition's state, adapter and what is known of the carriers."""
    ledger = house.ledger()
    with ledger.reading() as connection:
        story = ledger.story(connection, 1)
    return [(one["after"], one["adapter"], one["body"].get("carriers")) for one in story]


def last(house):
    ledger = house.ledger()
    with ledger.reading() as connection:
        return ledger.story(connection, 1)[-1]["body"]


def test_what_an_earlier_version_recorded_of_carriers_is_read():
    row = {
        "channel": "registered_letter",
        "also": '["email"]',
        "carriers": '{"registered_letter": ["delivered", "post"]}',
    }
    assert leaves_on(row) is None
    after = became(carried(row), ["email"], "sending", "mail", "2026-06-02")
    text = text_of(after)
    assert json.loads(text) == {
        "registered_letter": ["delivered", "post"], "email": ["sending", "mail", "2026-06-02"],
    }  # fmt: skip
    assert leaves_on({**row, "carriers": text}) == "2026-06-02"
    done = became(carried({**row, "carriers": text}), ["email"], "delivered", "mail")
    assert done["email"] == ("delivered", "mail", "2026-06-02")


def test_each_adapter_has_its_own_carrier_and_each_step_stands_in_the_chain(house):
    post, mail = Scripted("post", LETTER), Scripted("mail", MAIL)
    tally = house.run(adapters=serving(house, post, mail))
    assert (post.seen, mail.seen) == ([("C-1", "registered_letter", ())], [("C-1", "email", ())])
    assert post.jobs[0].key == mail.jobs[0].key
    assert (tally.delivered, tally.copies, tally.tried) == ({"registered_letter": 1}, {"email": 1}, 1)
    day = "2026-06-01"
    posted = {"registered_letter": ["delivered", "post", day]}
    assert stories(house) == [
        ("planned", None, None),
        ("sending", "post", {"registered_letter": ["sending", "post", day]}),
        ("sending", "post", posted),
        ("sending", "mail", posted | {"email": ["sending", "mail", day]}),
        ("delivered", "mail", posted | {"email": ["delivered", "mail", day]}),
    ]
    assert house.run(adapters=serving(house, post, mail)).tried == 0
    assert (len(post.jobs), len(mail.jobs), house.broken()) == (1, 1, [])


def test_what_one_adapter_serves_leaves_together(tmp_path):
    house = with_copies(House(tmp_path, customers=1), "email", "call", "letter")
    post, desk = Scripted("post", ("registered_letter", "letter")), Scripted("desk", ("email", "call"))
    tally = house.run(adapters=serving(house, post, desk))
    assert post.seen == [("C-1", "registered_letter", ("letter",))]
    assert desk.seen == [("C-1", "email", ("call",))]
    assert tally.copies == {"letter": 1, "email": 1, "call": 1}


def test_many_actions_with_adapters_that_repeat_and_one_that_does_not(tmp_path):
    house = with_copies(House(tmp_path, customers=5), "email")
    post, mail = Scripted("post", LETTER, idempotent=True), Scripted("mail", MAIL)
    tally = house.run(adapters=serving(house, post, mail))
    assert (len(post.jobs), len(mail.jobs)) == (5, 5)
    assert (tally.delivered, tally.copies, tally.tried) == ({"registered_letter": 5}, {"email": 5}, 5)
    assert house.states() == {"delivered": 5}


def test_no_copy_without_the_main_carrier(house):
    post, mail = Scripted("post", LETTER, Refused("no such street")), Scripted("mail", MAIL)
    tally = house.run(adapters=serving(house, post, mail))
    assert (mail.jobs, house.states()) == ([], {"failed": 1})
    assert [one.why for one in tally.failed] == ["no such street"]


def test_a_copy_that_is_refused_leaves_the_action_delivered_and_people_see_it(house):
    post, mail = Scripted("post", LETTER), Scripted("mail", MAIL, Refused("no such mailbox"))
    tally = house.run(adapters=serving(house, post, mail))
    assert house.states() == {"delivered": 1}
    assert [(one.channel, one.why) for one in tally.copies_failed] == [
        ("email", "the copy by email failed: no such mailbox")
    ]
    assert last(house)["copies"] == {"failed": ["email"]}


def test_after_a_copy_that_is_refused_the_next_one_has_its_turn(tmp_path):
    house = with_copies(House(tmp_path, customers=1), "email", "call")
    post, mail, desk = Scripted("post", LETTER), Scripted("mail", MAIL, Refused("no")), Scripted("desk", PHONE)
    tally = house.run(adapters=serving(house, post, mail, desk))
    assert desk.seen == [("C-1", "call", ())]
    assert (tally.copies, house.states()) == ({"call": 1}, {"delivered": 1})
    assert last(house)["copies"] == {"failed": ["email"]}


def test_only_the_rest_is_tried_again_with_tries_of_its_own(house):
    post, mail = Scripted("post", LETTER, Retry("queue")), Scripted("mail", MAIL, *[Retry("greylisted")] * 8)
    adapters = serving(house, post, mail)
    assert [one.channel for one in house.run(adapters=adapters).retried] == ["registered_letter"]
    house.now += timedelta(minutes=1)
    tally = house.run(adapters=adapters)
    assert [(one.channel, one.state) for one in tally.retried] == [("email", "sending")]
    assert house.states() == {"sending": 1}
    assert house.run(adapters=adapters).tried == 0
    for _ in range(7):
        house.now += timedelta(hours=6)
        tally = house.run(adapters=adapters)
    assert (len(post.jobs), len(mail.jobs)) == (2, 8)
    assert [one.why for one in tally.copies_failed] == ["the copy by email failed: given up after 8 tries: greylisted"]
    assert house.states() == {"delivered": 1}
    assert house.broken() == []


def test_a_payment_drops_the_copies_and_the_action_is_delivered(house):
    post, mail = Scripted("post", LETTER), Scripted("mail", MAIL, Retry("greylisted"))
    adapters = serving(house, post, mail)
    house.run(adapters=adapters)
    paid = "payments:\n  - {id: P-1, customer: C-1, date: 2026-06-01, currency: EUR, amount: 40.00}\n"
    house.now += timedelta(minutes=1)
    tally = house.run(adapters=adapters, snapshot=house.read(snapshot_text(1, more=paid), "newer.yaml"))
    assert len(mail.jobs) == 1
    assert [(one.channel, one.state, one.why) for one in tally.copies_dropped] == [
        ("email", "delivered", "changed since the plan: balance")
    ]
    assert house.states() == {"delivered": 1}
    assert last(house)["reason"] == "the copy by email was not sent: changed since the plan: balance"
    assert stories(house)[-1][2]["email"] == ["dropped", None]


def test_copies_are_dropped_when_the_plan_is_over(house):
    adapters = serving(house, Scripted("post", LETTER), Scripted("mail", MAIL, Retry("greylisted")))
    house.run(adapters=adapters)
    house.day = date(2026, 6, 4)  # valid for two business days: until Wednesday the 3rd
    tally = house.run(adapters=adapters)
    assert [one.why for one in tally.copies_dropped] == ["the plan was valid until 2026-06-03"]
    assert (house.states(), tally.expired) == ({"delivered": 1}, [])


def test_history_counts_from_the_day_of_the_main_carrier(house):
    adapters = serving(house, Scripted("post", LETTER), Scripted("mail", MAIL, Retry("greylisted")))
    house.run(adapters=adapters)

    def rows():
        return [(row.status, row.day) for row in read_history(house.ledger(), {}).history["C-1"]]

    assert (house.states(), rows()) == ({"sending": 1}, [("delivered", date(2026, 6, 1))])
    house.day = date(2026, 6, 2)
    house.now += timedelta(days=1)
    assert house.run(adapters=adapters).copies == {"email": 1}
    assert (house.states(), rows()) == ({"delivered": 1}, [("delivered", date(2026, 6, 1))])
    again = pe.evaluate(house.policy, with_history(house.snapshot, read_history(house.ledger(), {})))
    assert again.actions == ()


@pytest.mark.parametrize(("outcome", "text"), [("delivered", "delivered"), ("failed", "its copy by email failed")])
def test_a_copy_in_doubt_is_delivered_whatever_people_find_out(house, outcome, text):
    adapters = serving(house, Scripted("post", LETTER), Scripted("mail", MAIL, ValueError("cut off")))
    tally = house.run(adapters=adapters)
    assert [(one.channel, one.why) for one in tally.in_doubt] == [
        ("email", "the copy by email: the adapter broke off: ValueError: cut off")
    ]
    assert house.states() == {"in_doubt": 1}
    history = read_history(house.ledger(), {}).history["C-1"]
    assert [row.status for row in history] == ["delivered"]
    decided = resolve(house.ledger("bob"), TEAM, [house.plan.actions[0].id], outcome)[0]
    assert (decided.state, text in decided.text) == ("delivered", True)
    assert stories(house)[-1][2]["email"] == [outcome, "mail", "2026-06-01"]
    assert house.broken() == []


def test_a_main_carrier_in_doubt_that_was_delivered_has_its_copies_sent(house):
    post, mail = Scripted("post", LETTER, ValueError("cut off")), Scripted("mail", MAIL)
    adapters = serving(house, post, mail)
    house.run(adapters=adapters)
    decided = resolve(house.ledger("bob"), TEAM, [house.plan.actions[0].id], "delivered")[0]
    assert (decided.state, mail.jobs) == ("sending", [])
    assert "the copy by email leaves with the next `dunning execute`" in decided.text
    assert house.run(adapters=adapters).copies == {"email": 1}
    assert (len(post.jobs), house.states()) == (1, {"delivered": 1})


def test_a_main_carrier_in_doubt_that_failed_has_none(house):
    post, mail = Scripted("post", LETTER, ValueError("cut off")), Scripted("mail", MAIL)
    house.run(adapters=serving(house, post, mail))
    assert resolve(house.ledger("bob"), TEAM, [house.plan.actions[0].id], "failed")[0].state == "failed"
    assert house.run(adapters=serving(house, post, mail)).tried == 0
    assert mail.jobs == []


def died_during(house, adapters):
    """A worker of another machine claimed the share of this adapter, delivered it or not, and was never seen again."""
    with pytest.raises(Killed):
        house.run(adapters=adapters, worker="elsewhere/x/1/1")
    house.now += timedelta(seconds=301)


class Killed(BaseException):
    """The end of a process."""


@pytest.mark.parametrize(("idempotent", "state"), [(True, "delivered"), (False, "in_doubt")])
def test_a_worker_that_died_with_a_copy(house, idempotent, state):
    post, mail = Scripted("post", LETTER), Scripted("mail", MAIL, Killed(), idempotent=idempotent)
    adapters = serving(house, post, mail)
    died_during(house, adapters)
    tally = house.run(adapters=adapters)
    assert (len(post.jobs), len(mail.jobs)) == (1, 2 if idempotent else 1)
    assert house.states() == {state: 1}
    assert [one.channel for one in tally.in_doubt] == ([] if idempotent else ["email"])
    assert house.broken() == []


def test_what_a_dead_worker_left_is_repeated_by_the_adapter_that_had_it(house):
    """The operator's file changed meanwhile: the same adapter repeats the same channels, whoever serves them now."""
    both = Scripted("both", ("registered_letter", "email"), Killed(), idempotent=True)
    died_during(house, serving(house, both))
    mail = Scripted("mail", MAIL)
    house.run(adapters=serving(house, both, mail))
    assert (both.seen, mail.seen) == ([("C-1", "registered_letter", ("email",))] * 2, [])
    assert house.states() == {"delivered": 1}


def test_a_limit_counts_actions_and_an_action_that_was_begun_is_finished(tmp_path):
    house = with_copies(House(tmp_path, customers=3), "email")
    post, mail = Scripted("post", LETTER), Scripted("mail", MAIL)
    tally = house.run(adapters=serving(house, post, mail), choice=Choice(limit=1))
    assert (tally.tried, len(post.jobs), len(mail.jobs)) == (1, 1, 1)
    assert house.states() == {"delivered": 1, "planned": 2}


def test_the_folder_writes_each_carrier_of_its_own(house):
    mail = Scripted("mail", MAIL)
    house.run(adapters=serving(house, mail))
    assert len(house.files()) == 1
    assert mail.seen == [("C-1", "email", ())]


def test_purge_and_void_of_an_action_with_carriers(house):
    adapters = serving(house, Scripted("post", LETTER), Scripted("mail", MAIL, Retry("greylisted")))
    house.run(adapters=adapters)
    assert purge(house.ledger(), date(2027, 1, 1)) == 0
    assert "is sending" in void(house.ledger(), TEAM, [house.plan.actions[0].id], "wrong")[0].text
    house.now += timedelta(minutes=1)
    house.run(adapters=adapters)
    assert purge(house.ledger(), date(2027, 1, 1)) == 1
    assert void(house.ledger(), TEAM, [house.plan.actions[0].id], "wrong")[0].state == "voided"
    assert house.broken() == []


POINTS = ("before_claim_commit", "after_claim_commit", "before_effect", "after_effect", "before_commit", "after_commit")


@pytest.mark.parametrize("idempotent", [True, False], ids=["repeats", "cannot_repeat"])
@pytest.mark.parametrize("nth", [1, 2])
@pytest.mark.parametrize("point", POINTS)
def test_killed_at_each_point_of_each_carrier(house, point, nth, idempotent):
    """`nth` 1 is the letter, 2 the copy. Each carrier is delivered once, or once more under its key, or in doubt."""
    post = Scripted("post", LETTER, idempotent=idempotent)
    mail = Scripted("mail", MAIL, idempotent=idempotent)
    adapters, seen = serving(house, post, mail), []

    def reached(name):
        seen.append(name)
        if name == point and seen.count(point) == nth:
            raise Killed

    with pytest.raises(Killed):
        house.run(adapters=adapters, reached=reached, worker="elsewhere/x/1/1")
    assert house.broken() == []
    house.now += timedelta(seconds=301)
    tally = house.run(adapters=adapters)
    claimed = point in ("after_claim_commit", "before_effect", "after_effect", "before_commit")
    doubtful = claimed and not idempotent
    assert len(tally.in_doubt) == doubtful
    if doubtful:
        left = len((post, mail)[nth - 1].jobs) == 1
        assert [one.channel for one in tally.in_doubt] == [("registered_letter", "email")[nth - 1]]
        resolve(house.ledger("bob"), TEAM, [house.plan.actions[0].id], "delivered" if left else "failed")
        house.run(adapters=adapters)
    repeated = point in ("after_effect", "before_commit") and idempotent
    failed = doubtful and point in ("after_claim_commit", "before_effect")
    sent = [len(post.jobs), len(mail.jobs)]
    expected = [1, 1]
    expected[nth - 1] += repeated
    if failed:
        expected = [0, 0] if nth == 1 else [1, 0]
    assert sent == expected
    assert house.states() == {"failed" if failed and nth == 1 else "delivered": 1}
    assert len({job.key for job in (*post.jobs, *mail.jobs)}) <= 1
    assert house.broken() == []


def test_the_list_and_the_story_tell_of_carriers(house, capsys):
    adapters = serving(house, Scripted("post", LETTER), Scripted("mail", MAIL, Retry("busy"), Refused("no mailbox")))
    house.run(adapters=adapters)
    assert run(["ledger", "list", "--ledger", house.address]) == 0
    assert "registered_letter; copy by email to come; not before 2026-06-01T08:01Z" in capsys.readouterr().out
    house.now += timedelta(minutes=1)
    house.run(adapters=adapters)
    assert run(["ledger", "list", "--ledger", house.address]) == 0
    assert "registered_letter; copy by email failed\n" in capsys.readouterr().out
    assert run(["ledger", "show", house.plan.actions[0].id[:8], "--ledger", house.address]) == 0
    out = capsys.readouterr().out
    assert "  by registered_letter: delivered through post\n  by email: failed through mail\n" in out


def test_what_is_in_doubt_is_never_purged(house):
    adapters = serving(house, Scripted("post", LETTER), Scripted("mail", MAIL, ValueError("cut off")))
    house.run(adapters=adapters)
    assert (house.states(), purge(house.ledger(), date(2036, 1, 1))) == ({"in_doubt": 1}, 0)
