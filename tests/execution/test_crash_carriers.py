"""Workers killed with SIGKILL: hearing of what came back, between a main carrier and its copy, telling an ERP."""

import os
import signal

import pytest

import policy_engine as pe
from policy_engine.adapters.holds import Holds
from policy_engine.execution.job import Return
from policy_engine.execution.returns import hear
from tests.adapters.receiver import SECRET, Receiver, adapter_of, local
from tests.adapters.receiver import serving as serving_webhooks
from tests.execution import crash_orders
from tests.execution.carrying import Bouncing, serving
from tests.execution.crash_child import POINTS
from tests.execution.crash_kinds import Keyed
from tests.execution.support import POLICY, House, close_ledgers

pytestmark = [pytest.mark.timeout(120), pytest.mark.usefixtures("database")]


def killed(work, point, nth):
    """Do it in a process of its own that kills itself at a point; that it was."""
    close_ledgers()
    child = os.fork()
    if not child:
        seen = 0

        def reached(name):
            nonlocal seen
            seen += name == point
            if seen == nth and name == point:
                os.kill(os.getpid(), signal.SIGKILL)

        try:
            work(reached)
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


class Post(Keyed):
    """A carrier that knows keys, with a book of its own."""

    def __init__(self, folder, name, channel):
        self.name = name
        super().__init__(folder, channel)


@pytest.mark.parametrize("nth", [1, 2])
@pytest.mark.parametrize("point", POINTS[3:])
def test_a_main_carrier_and_its_copy_deliver_once_each(tmp_path, point, nth):
    house = House(tmp_path, customers=4)
    text = POLICY.replace("channel: email\n", "channel: email\n        also: [letter]\n", 1)
    house.policy_file.write_text(text, encoding="utf-8")
    house.plan = pe.evaluate(pe.load_policy(house.policy_file, as_of=house.day), house.snapshot)
    house.take_in()

    def adapters():
        return serving(house, Post(tmp_path, "mail", "email"), Post(tmp_path, "post", "letter"))

    assert killed(lambda reached: house.run(adapters=adapters(), reached=reached), point, nth)
    house.run(adapters=adapters())
    assert house.run(adapters=adapters()).tried == 0
    keys = sorted(f"{action.id}-1" for action in house.plan.actions)
    for name in ("mail", "post"):
        assert sorted((tmp_path / f"{name}.effects").read_text().split()) == keys
    assert house.states() == {"delivered": 4}
    assert house.broken() == []


@pytest.mark.parametrize(("point", "state", "told"), [
    ("before_return_commit", "delivered", (1, 0)), ("after_return_commit", "returned", (0, 1)),
])  # fmt: skip
def test_what_came_back_is_recorded_once(tmp_path, point, state, told):
    house = House(tmp_path, customers=1)
    house.take_in()
    mail = Bouncing("mail", {"email"}, idempotent=True)
    adapters = serving(house, mail)
    house.run(adapters=adapters)
    mail.news = [Return(f"{house.plan.actions[0].id}-1", "550 no such user", "1.eml")]
    assert killed(lambda reached: hear(house.ledger(), adapters, reached), point, 1)
    assert house.states() == {state: 1}
    heard = hear(house.ledger(), adapters)
    assert (len(heard.returned), heard.known) == told
    assert (house.states(), mail.news, house.broken()) == ({"returned": 1}, [], [])


@pytest.mark.parametrize(("point", "nth"), [
    ("before_effect", 4), ("after_effect", 4), ("before_note", 1), ("before_note", 4), ("after_note", 6),
    ("before_commit", 1),
])  # fmt: skip
def test_an_erp_that_is_told_by_webhook_does_each_once_and_knows_who_is_held(tmp_path, monkeypatch, point, nth):
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    for path, data in crash_orders.instructed_before(6).items():
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).write_bytes(data)
    house = crash_orders.house(tmp_path, 6)
    house.take_in()
    with serving_webhooks(Receiver()) as erp:

        def adapters(reached=lambda _: None):
            settings = {"to": "webhook", "webhook": local(erp)}
            built = adapter_of(tmp_path, settings, uses="orders", channels=crash_orders.CHANNELS)
            return crash_orders.serve(house, crash_orders.Erp(tmp_path, lambda _: 0, reached, endpoint=built._endpoint))

        assert killed(lambda reached: house.run(adapters=adapters(reached), reached=reached), point, nth)
        house.run(adapters=adapters())
        assert house.run(adapters=adapters()).tried == 0
    assert house.states() == {"delivered": 6}
    assert house.broken() == []
    assert sorted(erp.effects) == sorted(f"{action.id}-1" for action in house.plan.actions)
    data = [erp.documents[key]["data"] for key in erp.effects]
    last = {one["customer"]["id"]: one["held"] for one in data}
    held, every = crash_orders.must_be_held(6)
    assert (sorted(name for name in last if last[name]), sorted(last)) == (held, sorted(every))
    assert [one[0].data.customer.id for one in Holds(tmp_path / "erp").held()] == held
    assert list((tmp_path / "erp").rglob("*.asked")) == []
