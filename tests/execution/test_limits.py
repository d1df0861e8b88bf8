"""Limits of channels: counted in the ledger over sliding windows, waited for when that is short, else reported."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from policy_engine.cli.main import run
from policy_engine.execution.choice import Choice
from policy_engine.execution.job import Retry
from policy_engine.execution.limits import Limit, Pace
from policy_engine.plan.canonical import write_plan
from tests.execution.carrying import Scripted, serving
from tests.execution.support import TEAM, House

pytestmark = pytest.mark.usefixtures("database")
MAIL = ("email",)


@pytest.fixture
def house(tmp_path):
    house = House(tmp_path, customers=5)
    house.take_in()
    return house


def paced(house, mail, **limits):
    """A run under a limit of e-mails that sleeps by turning the clock; what it slept, in seconds."""
    slept = []

    def sleep(seconds):
        slept.append(seconds)
        house.now += timedelta(seconds=seconds)

    pace = Pace({"email": Limit(**limits)}, sleep)
    return house.run(adapters=serving(house, mail), pace=pace), slept


def test_a_minute_is_waited_for(house):
    """Two at 8:00:00, two at 8:01:00, one at 8:02:00."""
    mail = Scripted("mail", MAIL)
    tally, slept = paced(house, mail, per_minute=2)
    assert (tally.delivered, slept, tally.limited) == ({"email": 5}, [60, 60], [])
    assert house.now.strftime("%H:%M:%S") == "08:02:00"


def test_the_window_slides(house):
    """One at 8:00:00, one at 8:00:40: the third may leave at 8:01:00, the fourth at 8:01:40."""
    mail = Scripted("mail", MAIL)
    house.run(adapters=serving(house, mail), choice=Choice(limit=1), pace=Pace({"email": Limit(2)}))
    house.now += timedelta(seconds=40)
    _, slept = paced(house, mail, per_minute=2)
    assert slept == [20, 40, 20]


def test_a_batch_is_cut_at_the_limit(house):
    mail = Scripted("mail", MAIL, idempotent=True)
    tally, slept = paced(house, mail, per_minute=3)
    assert (tally.delivered, slept) == ({"email": 5}, [60])


def test_what_is_over_an_hour_or_a_day_is_left_as_it_is(house):
    mail = Scripted("mail", MAIL)
    tally, slept = paced(house, mail, per_minute=60, per_day=3)
    assert (tally.delivered, slept, house.states()) == ({"email": 3}, [], {"delivered": 3, "planned": 2})
    assert [tuple(one) for one in tally.limited] == [("email", 2, "3 a day", "2026-06-02T08:00:00.000000Z")]
    house.now += timedelta(hours=23, minutes=59)
    house.day = date(2026, 6, 2)
    assert paced(house, mail, per_minute=60, per_day=3)[0].tried == 0
    house.now += timedelta(minutes=1)
    assert paced(house, mail, per_minute=60, per_day=3)[0].delivered == {"email": 2}


def test_the_limit_that_takes_longest_is_told(house):
    mail = Scripted("mail", MAIL)
    tally, slept = paced(house, mail, per_minute=3, per_hour=3)
    assert slept == []
    assert [(one.limit, one.again[:16]) for one in tally.limited] == [("3 an hour", "2026-06-01T09:00")]


def test_what_was_claimed_counts_also_when_it_was_not_delivered(house):
    mail = Scripted("mail", MAIL, Retry("busy"), Retry("busy"))
    tally, _ = paced(house, mail, per_day=3)
    assert (len(mail.jobs), tally.delivered, tally.limited[0].actions) == (3, {"email": 1}, 2)


def test_other_channels_do_not_wait(house):
    letters = [one._replace(channel="letter") if one.customer == "C-3" else one for one in house.plan.actions]
    other = House(house.folder, customers=5)
    other.folder = house.folder / "other"
    other.folder.mkdir()
    other.plan = replace(other.plan, actions=tuple(letters))
    other.take_in()
    mail, post = Scripted("mail", MAIL), Scripted("post", ("letter",))
    tally = other.run(adapters=serving(other, mail, post), pace=Pace({"email": Limit(per_hour=1)}))
    assert (tally.delivered, tally.limited[0].actions) == ({"email": 1, "letter": 1}, 3)


def test_carriers_of_one_message_count_each(tmp_path):
    """Two letters, each with a copy by e-mail: of the copies one may leave."""
    house = House(tmp_path, customers=2)
    actions = tuple(one._replace(channel="letter", also=("email",)) for one in house.plan.actions)
    house.plan = replace(house.plan, actions=actions)
    house.take_in()
    mail, post = Scripted("mail", MAIL), Scripted("post", ("letter",))
    pace = Pace({"email": Limit(per_day=1)})
    tally = house.run(adapters=serving(house, mail, post), pace=pace)
    assert (tally.delivered, tally.copies) == ({"letter": 2}, {"email": 1})
    assert (house.states(), tally.limited[0].actions) == ({"delivered": 1, "sending": 1}, 1)
    house.now += timedelta(days=1)
    house.day = date(2026, 6, 2)
    assert house.run(adapters=serving(house, mail, post), pace=pace).copies == {"email": 1}
    assert len(post.jobs) == 2


def test_nothing_is_claimed_while_it_waits(house):
    states = []
    pace = Pace({"email": Limit(per_minute=4)}, lambda _: states.append(house.states()) or stop())

    def stop():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        house.run(adapters=serving(house, Scripted("mail", MAIL, idempotent=True)), pace=pace)
    assert states == [{"delivered": 4, "planned": 1}]


def test_workers_share_a_limit(house):
    first, second = Scripted("mail", MAIL), Scripted("mail", MAIL)
    pace = Pace({"email": Limit(per_hour=3)})
    house.run(adapters=serving(house, first), pace=pace, choice=Choice(shard=(1, 2)))
    house.run(adapters=serving(house, second), pace=pace, choice=Choice(shard=(2, 2)), worker="another/x/1/1")
    assert len(first.jobs) + len(second.jobs) == 3


def test_the_operators_file_and_the_report(tmp_path, monkeypatch, capsys):
    house = House(tmp_path, customers=3)
    with (tmp_path / "plan.json").open("w", encoding="utf-8", newline="\n") as stream:
        write_plan(house.plan, stream)
    (tmp_path / "ops").mkdir()
    (tmp_path / "ops" / "operator.yaml").write_text("operator: 1\nrate_limits: {email: {per_day: 1}}\n")
    monkeypatch.chdir(tmp_path)
    house.log_in(monkeypatch, "alice")
    command = ["execute", "plan.json", "--ledger", house.address, "-s", "snapshot.yaml", "--on", "2026-06-01"]
    assert run([*command, "--operator", "ops/operator.yaml"]) == 0
    out = capsys.readouterr().out
    assert "1 delivered: 1 email" in out
    assert "2 wait for the limit of email, 1 a day; run again after " in out


def test_a_house_without_limits_writes_no_departures(house):
    house.run(operator=TEAM)
    with house.ledger().reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM departures").scalar() == 0
