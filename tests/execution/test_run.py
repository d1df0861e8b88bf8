"""Plans are carried out: what leaves, what waits, what expires, and that a second run does nothing again."""

import gc
import weakref
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy.exc import IntegrityError

import policy_engine as pe
from policy_engine.execution.adapters import Adapters
from policy_engine.execution.choice import Choice
from policy_engine.execution.due import Wait, resting_today, waits
from policy_engine.execution.history import FutureHistoryError, read_history, with_history
from policy_engine.execution.job import Broken, Receipt, Refused, Retry
from policy_engine.execution.people import approve, reject, resolve, void
from policy_engine.execution.states import CLOSED, FOLLOWS, LIVE, STATES, WAITING, StateError, check
from policy_engine.plan.canonical import write_plan
from policy_engine.plan.read import read_plan
from tests.execution.support import DAY, POLICY, TEAM, House, snapshot_text

pytestmark = pytest.mark.usefixtures("database")
PAID = "{id: P-1, customer: C-1, date: 2026-06-01, currency: EUR"
WAIVED = "{id: X-1, customer: C-1, invoice: F-1, penalty: fee, status: waived, date: 2026-06-01}"


class Scripted:
    """An adapter that does what it is told, and counts."""

    name = "scripted"
    channels = frozenset({"email", "registered_letter"})
    real = False

    def __init__(self, *outcomes, idempotent=False):
        self.outcomes = list(outcomes)
        self.idempotent = idempotent
        self.keys = []

    def deliver(self, job):
        self.keys.append(job.key)
        outcome = self.outcomes.pop(0) if self.outcomes else Receipt({"reference": job.key[:8]})
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    def settle(self):
        pass

    def close(self):
        pass


def through(adapter, house):
    adapters = Adapters(TEAM, house.out)
    adapters.default = adapter
    return adapters


def test_the_states_are_closed_under_what_follows():
    assert set(FOLLOWS) == {None, *STATES}
    assert all(follower in STATES for followers in FOLLOWS.values() for follower in followers)
    assert WAITING < LIVE
    assert {"delivered", "failed", "rejected", "expired", "returned", "voided", "cancelled"} == CLOSED
    with pytest.raises(StateError, match="delivered can't become sending"):
        check("delivered", "sending")


def test_everything_due_is_delivered_once(tmp_path):
    house = House(tmp_path)
    assert house.take_in().new == 3
    assert house.run().delivered == {"email": 3}
    assert len(house.files()) == 3
    assert house.states() == {"delivered": 3}
    # planned, sending, delivered for each
    assert house.head().seq == 9
    assert house.take_in().known == 3
    assert house.run().delivered == {}
    assert house.head().seq == 9
    assert house.broken() == []


def test_plan_with_history_is_empty_afterwards(tmp_path):
    house = House(tmp_path)
    house.take_in()
    house.run()
    known = read_history(house.ledger(), {})
    again = pe.evaluate(house.policy, with_history(house.snapshot, known))
    assert again.actions == ()
    assert {outcome.reason for outcome in again.outcomes} == {"already_today"}
    assert len(house.plan.actions) == 3


def test_history_after_the_snapshots_day_is_refused(tmp_path):
    house = House(tmp_path)
    house.take_in()
    house.day = date(2026, 6, 2)
    house.run()
    with pytest.raises(FutureHistoryError, match="3 items after the snapshot's day 2026-06-01, the last of 2026-06-02"):
        with_history(house.snapshot, read_history(house.ledger(), {}))


def test_an_item_is_live_once(tmp_path):
    house = House(tmp_path, customers=1)
    house.take_in()
    ledger = house.ledger()
    with pytest.raises(IntegrityError), ledger.writing() as connection:
        connection.exec_driver_sql(
            "INSERT INTO items (action_n, item, live, role, carrier, claimed)"
            " SELECT action_n, item, live, role, carrier, claimed FROM items"
        )


def test_another_action_about_a_live_item_is_a_conflict(tmp_path):
    house = House(tmp_path, customers=1)
    house.take_in()
    action = house.plan.actions[0]
    other = replace(house.plan, identity="0" * 64, actions=(action._replace(id="f" * 64, channel="letter"),))
    taken = house.take_in(plan=other)
    assert (taken.new, [one.other for one in taken.conflicts]) == (0, [action.id])


@pytest.mark.parametrize(
    ("more", "part"),
    [
        (f"payments:\n  - {PAID}, amount: 100.00, invoice: F-1}}\n", "balance"),
        (f"payments:\n  - {PAID}, amount: 30.00}}\n", "balance"),
        ("disputes:\n  - {id: D-1, customer: C-1, invoice: F-1, opened: 2026-06-01}\n", "hold"),
        ("promises:\n  - {id: P-1, customer: C-1, made: 2026-06-01, date: 2026-06-20}\n", "hold"),
        ("blocks:\n  - {id: B-1, customer: C-1, from: 2026-06-01}\n", "hold"),
        (f"charges:\n  - {WAIVED}\n", "charges"),
    ],
)  # fmt: skip
def test_what_changed_expires_and_the_others_leave(tmp_path, more, part):
    house = House(tmp_path)
    house.take_in()
    newer = house.read(snapshot_text(more=more), "newer.yaml")
    assert newer.digest != house.snapshot.digest
    tally = house.run(snapshot=newer)
    assert [(one.customer, one.why) for one in tally.expired] == [("C-1", f"changed since the plan: {part}")]
    assert house.states() == {"delivered": 2, "expired": 1}


def test_a_new_address_expires(tmp_path):
    house = House(tmp_path)
    house.take_in()
    newer = house.read(snapshot_text().replace("c2@x.example", "other@x.example"), "newer.yaml")
    tally = house.run(snapshot=newer)
    assert [(one.customer, one.why) for one in tally.expired] == [("C-2", "changed since the plan: address")]


def test_a_new_payee_expires_everything(tmp_path):
    house = House(tmp_path)
    house.take_in()
    tally = house.run(operator=replace(TEAM, payee={"name": "Somebody", "iban": "FR7630006000011234567890189"}))
    assert {one.why for one in tally.expired} == {"changed since the plan: payee"}
    assert house.files() == []


def test_a_customer_who_is_gone_expires(tmp_path):
    house = House(tmp_path)
    house.take_in()
    tally = house.run(snapshot=house.read(snapshot_text(2), "newer.yaml"))
    assert [(one.customer, one.why) for one in tally.expired] == [("C-3", "the snapshot no longer has this customer")]


def test_what_expired_is_taken_in_again_by_the_next_plan_as_another_attempt(tmp_path):
    house = House(tmp_path, customers=1)
    house.take_in()
    house.day = date(2026, 6, 4)  # valid for two business days: until Wednesday the 3rd
    assert [one.why for one in house.run().expired] == ["the plan was valid until 2026-06-03"]
    assert house.take_in().new == 0
    next_day = house.read(snapshot_text(1).replace("as_of: 2026-06-01", "as_of: 2026-06-04"), "next.yaml")
    plan = pe.evaluate(house.policy, next_day)
    assert plan.actions[0].id == house.plan.actions[0].id
    assert house.take_in(plan=plan, snapshot=next_day).new == 1
    assert house.run(snapshot=next_day).delivered == {"email": 1}
    assert house.files()[0].endswith("-2.json")
    assert house.broken() == []


class Failing(Scripted):
    """Whose errors are raised from others, in frames that hold the job."""

    def __init__(self):
        super().__init__(idempotent=True)
        self.raised = []

    def deliver(self, job):
        try:
            open(f"/no/such/folder/{job.key}")  # noqa: PTH123, SIM115 - it fails in a frame of ours
        except OSError as error:
            new = Retry("the disk is full")
            self.raised.append(weakref.ref(new))
            raise new from error


def test_errors_of_deliveries_are_let_go_of_at_once(tmp_path):
    """The collector may be held back, and an error holds the frames that it passed, with the facts of its action."""
    house = House(tmp_path, customers=3)
    failing = Failing()
    house.take_in()
    gc.collect()
    gc.disable()
    try:
        tally = house.run(adapters=through(failing, house))
        assert [one.why.partition(";")[0] for one in tally.retried] == ["the disk is full"] * 3
        assert [reference() for reference in failing.raised] == [None] * 3
    finally:
        gc.enable()


def test_many_expire_page_by_page(tmp_path, monkeypatch):
    monkeypatch.setattr("policy_engine.execution.due.PAGE", 2)
    house = House(tmp_path, customers=5, grave=1)
    house.take_in()
    house.day = date(2026, 6, 4)
    assert [one.customer for one in house.run().expired] == ["C-1", "C-2", "C-3", "C-4", "C-5"]
    assert house.states() == {"expired": 5}
    assert house.broken() == []


def test_an_older_snapshot_delivers_nothing_of_a_newer_plan(tmp_path):
    house = House(tmp_path, customers=1)
    newer = house.read(snapshot_text(1).replace("as_of: 2026-06-01", "as_of: 2026-06-02"), "newer.yaml")
    house.day = date(2026, 6, 2)
    house.take_in(plan=pe.evaluate(house.policy, newer), snapshot=newer)
    assert house.run(snapshot=house.snapshot).tried == 0


def test_four_eyes(tmp_path):
    house = House(tmp_path, customers=2, grave=1)
    house.take_in()
    assert house.run().delivered == {"email": 1}
    action = next(action for action in house.plan.actions if action.stage == "formal_notice")
    carol, alice, bob = (house.ledger(actor) for actor in ("carol", "alice", "bob"))
    assert approve(carol, TEAM, [action.id])[0].text == "`carol` isn't a credit_manager in the operator's file"
    assert approve(alice, TEAM, [action.id[:8]])[0].state == "awaiting_approval"
    assert approve(alice, TEAM, [action.id])[0].text == "`alice` has approved it already; it takes 2 people"
    assert house.run().tried == 0
    assert approve(bob, TEAM, [action.id])[0].state == "approved"
    assert house.run().delivered == {"registered_letter": 1}
    assert approve(bob, TEAM, [action.id])[0].text == "is delivered, not awaiting approval"
    assert house.broken() == []


def test_a_grave_step_cools_off_after_its_last_approval(tmp_path):
    house = House(tmp_path, customers=1, grave=1)
    operator = replace(TEAM, cool_off=24)
    house.take_in()
    named = [house.plan.actions[0].id]
    approve(house.ledger("alice"), operator, named)
    assert approve(house.ledger("bob"), operator, named)[0].text == "approved; it may leave after 2026-06-02T08:00Z"
    house.now += timedelta(hours=23, minutes=59)
    house.day = date(2026, 6, 2)
    assert house.run().tried == 0
    house.now += timedelta(minutes=1)
    assert house.run().delivered == {"registered_letter": 1}


def test_rejected_until(tmp_path):
    house = House(tmp_path, customers=1)
    house.take_in()
    named = [house.plan.actions[0].id]
    assert "may not reject" in reject(house.ledger("mallory"), TEAM, named, None)[0].text
    late = reject(house.ledger("carol"), TEAM, named, date(2026, 5, 31))[0]
    assert late.text == "can't be rejected until 2026-05-31: that day has passed"
    assert reject(house.ledger("carol"), TEAM, named, date(2026, 6, 10))[0].state == "rejected"
    assert house.run().tried == 0
    again = pe.evaluate(house.policy, with_history(house.snapshot, read_history(house.ledger(), {})))
    assert [(row.reason, row.next.on) for row in again.outcomes] == [("rejected", date(2026, 6, 11))]


def test_rejected_for_seven_days(tmp_path):
    house = House(tmp_path, customers=1)
    house.take_in()
    assert reject(house.ledger("carol"), TEAM, [house.plan.actions[0].id], None)[0].state == "rejected"
    again = pe.evaluate(house.policy, with_history(house.snapshot, read_history(house.ledger(), {})))
    assert [(row.reason, row.next.on) for row in again.outcomes] == [("rejected", date(2026, 6, 9))]  # 1 + 7, the next


def test_voided_is_planned_again_and_what_waits_is_cancelled(tmp_path):
    house = House(tmp_path, customers=2)
    house.take_in()
    house.run(choice=Choice(only=("C-1",)))
    by_customer = {action.customer: action.id for action in house.plan.actions}
    assert "may not void" in void(house.ledger("carol"), TEAM, [by_customer["C-1"]], "wrong")[0].text
    assert void(house.ledger(), TEAM, [by_customer["C-1"]], "wrong text")[0].state == "voided"
    assert void(house.ledger(), TEAM, [by_customer["C-2"]], "not needed")[0].state == "cancelled"
    again = pe.evaluate(house.policy, with_history(house.snapshot, read_history(house.ledger(), {})))
    assert [action.id for action in again.actions] == [action.id for action in house.plan.actions]
    assert house.broken() == []


def test_ids_that_name_nothing_or_too_much(tmp_path):
    house = House(tmp_path)
    house.take_in()
    ledger = house.ledger()
    texts = [one.text for one in approve(ledger, TEAM, ["abc", "0" * 12, "%%%%%%"])]
    assert texts == ["is too short: at least 6 characters of the action's id"] + 2 * ["names no action of the ledger"]


@pytest.mark.parametrize("idempotent", [False, True])
def test_a_broken_adapter_is_asked_once_and_its_actions_wait_without_a_try(tmp_path, idempotent):
    house = House(tmp_path, customers=3)
    house.take_in()
    adapter = Scripted(Receipt(), Broken("535 wrong password"), idempotent=idempotent)
    tally = house.run(adapters=through(adapter, house))
    assert tally.broken == {"scripted": "535 wrong password"}
    assert (len(adapter.keys), tally.delivered, tally.failed, tally.retried) == (2, {"email": 1}, [], [])
    assert house.states() == {"delivered": 1, "planned": 2}
    ledger = house.ledger()
    with ledger.reading() as connection:
        assert [row["tries"] for row in ledger.story(connection, 2)][-1] == 0
    assert house.run(adapters=through(Scripted(idempotent=idempotent), house)).delivered == {"email": 2}
    assert house.broken() == []


def test_retry_backs_off_and_keeps_its_key_and_gives_up_after_eight(tmp_path):
    house = House(tmp_path, customers=1)
    house.take_in()
    adapter = Scripted(*[Retry("busy")] * 8)
    waits = []
    for _ in range(8):
        assert house.run(adapters=through(adapter, house)).tried == 1
        assert house.run(adapters=through(adapter, house)).tried == 0
        waits.append(house.states())
        house.now += timedelta(hours=6)
    assert waits == [{"planned": 1}] * 7 + [{"failed": 1}]
    assert len(set(adapter.keys)) == 1
    assert house.broken() == []


def test_what_waits_for_a_moment_is_counted_and_the_first_is_named(tmp_path):
    house = House(tmp_path, customers=4, grave=1)
    notice, *mails = house.plan.actions
    assert notice.approval is not None
    plan = replace(house.plan, actions=(notice, mails[0]._replace(send_on=date(2026, 6, 3)), *mails[1:]))
    house.take_in(plan=plan)
    for who in ("alice", "bob"):
        approve(house.ledger(who), replace(TEAM, cool_off=24, digest="d"), [notice.id])

    def waiting():
        with house.ledger().reading() as connection:
            return waits(connection, plan.identity, house.clock())

    cooling, later = Wait(1, "2026-06-02T08:00:00.000000Z"), Wait(1, "2026-06-03")
    assert waiting() == {"cooling": cooling, "later": later}
    house.run(adapters=through(Scripted(Retry("busy"), Retry("busy")), house))
    assert waiting() == {"again": Wait(2, "2026-06-01T08:01:00.000000Z"), "cooling": cooling, "later": later}
    house.now += timedelta(minutes=1)
    house.run(adapters=through(Scripted(), house))
    assert waiting() == {"cooling": cooling, "later": later}
    house.now, house.day = house.now + timedelta(days=2), date(2026, 6, 3)
    assert waiting() == {}


def test_a_try_waits_a_minute_then_two(tmp_path):
    house = House(tmp_path, customers=1)
    house.take_in()
    adapter = Scripted(Retry("busy"), Retry("busy"))
    tried = []
    for seconds in (0, 59, 1, 119, 1):
        house.now += timedelta(seconds=seconds)
        tried.append(house.run(adapters=through(adapter, house)).tried)
    assert tried == [1, 0, 1, 0, 1]
    assert house.states() == {"delivered": 1}


def test_refused_fails_and_what_breaks_off_is_in_doubt_until_resolved(tmp_path):
    house = House(tmp_path, customers=3)
    house.take_in()
    tally = house.run(adapters=through(Scripted(Refused("no such mailbox"), ValueError("bug")), house))
    assert [one.why for one in tally.failed] == ["no such mailbox"]
    assert [one.why for one in tally.in_doubt] == ["the adapter broke off: ValueError: bug"]
    assert house.states() == {"delivered": 1, "failed": 1, "in_doubt": 1}
    assert house.run(adapters=through(Scripted(), house)).tried == 0
    doubtful = tally.in_doubt[0].action
    assert "may not resolve" in resolve(house.ledger("carol"), TEAM, [doubtful], "failed")[0].text
    assert resolve(house.ledger("bob"), TEAM, [doubtful], "delivered")[0].state == "delivered"
    assert house.broken() == []


def test_only_limit_and_shards(tmp_path):
    house = House(tmp_path, customers=12)
    house.take_in()
    assert house.run(choice=Choice(limit=2)).tried == 2
    assert house.run(choice=Choice(only=("C-7", "C-8"))).tried <= 2
    tried = [house.run(choice=Choice(shard=(part, 3))).tried for part in (1, 2, 3)]
    left = 12 - 2 - sum(name.startswith(("C-7_", "C-8_")) for name in house.files())
    assert sum(tried) >= left - 2
    assert house.states() == {"delivered": 12}
    assert len(house.files()) == 12


def test_send_on_a_business_day(tmp_path):
    house = House(tmp_path, customers=1)
    saturday = house.read(snapshot_text(1).replace("as_of: 2026-06-01", "as_of: 2026-06-06"), "saturday.yaml")
    plan = pe.evaluate(house.policy, saturday)
    house.take_in(plan=plan, snapshot=saturday)
    for day, tried in ((date(2026, 6, 6), 0), (date(2026, 6, 7), 0), (date(2026, 6, 8), 1)):
        house.day = day
        assert house.run(snapshot=saturday).tried == tried, day


@pytest.mark.parametrize("adjust", ["next_business_day", "none"])
def test_what_is_late_leaves_on_business_days_only(tmp_path, adjust):
    """Planned on Monday 13 July; the 14th is a holiday in France; 18 and 19 July are a weekend."""
    house = House(tmp_path, customers=4)
    text = POLICY.replace("{country: FR}", f"{{country: FR, adjust: {adjust}}}").replace("valid_for: 2", "valid_for: 5")
    house.policy_file.write_text(text, encoding="utf-8")
    policy = pe.load_policy(house.policy_file, as_of=date(2026, 7, 13))
    july = house.read(snapshot_text(4).replace("as_of: 2026-06-01", "as_of: 2026-07-13"), "july.yaml")
    plan = pe.evaluate(policy, july)
    assert plan.closed == (date(2026, 7, 14), date(2026, 7, 18), date(2026, 7, 19))
    assert (plan.valid_until, {action.send_on for action in plan.actions}) == (date(2026, 7, 21), {date(2026, 7, 13)})
    assert {action.any_day for action in plan.actions} == {adjust == "none"}
    with (tmp_path / "plan.json").open("w", encoding="utf-8", newline="\n") as stream:
        write_plan(plan, stream)
    house.take_in(plan=read_plan((tmp_path / "plan.json").read_text(encoding="utf-8")), snapshot=july)
    tried, resting = [], []
    for day in (14, 17, 18, 20):
        house.day = date(2026, 7, day)
        ledger = house.ledger()
        with ledger.reading() as connection:
            resting.append(resting_today(connection, plan.identity, house.clock()))
        tried.append(house.run(snapshot=july, choice=Choice(limit=1)).tried)
    assert tried == ([1, 1, 1, 1] if adjust == "none" else [0, 1, 0, 1])
    assert resting == ([0, 0, 0, 0] if adjust == "none" else [4, 0, 3, 0])


def test_day_is_a_monday():
    assert DAY.weekday() == 0
