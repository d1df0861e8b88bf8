"""E-mails about the same invoices are one thread: the ids that the ledger keeps in receipts."""

import pytest

from policy_engine.execution.job import Receipt
from policy_engine.execution.more import More
from policy_engine.execution.thread import THREAD, thread
from tests.execution.carrying import Scripted, serving
from tests.execution.support import House


def told(house):
    pairs = [(action, account) for action in house.plan.actions for account in house.snapshot.accounts
             if account.customer.id == action.customer]  # fmt: skip
    ledger = house.ledger()
    with ledger.reading() as connection:
        found = thread(connection, pairs)
    return [found.get(action.id) for action in house.plan.actions]


@pytest.fixture
def house(tmp_path):
    house = House(tmp_path, customers=2)
    house.take_in()
    return house


def test_what_was_delivered_is_answered_to(house):
    ids = [Receipt({"message_id": "<one@acme.example>"}), Receipt({"file": "no id"})]
    assert told(house) == [None, None]
    house.run(adapters=serving(house, Scripted("mail", ["email"], *ids)))
    assert told(house) == [["<one@acme.example>"], None]


def test_without_a_ledger_there_is_no_thread(house):
    action, account = house.plan.actions[0], house.snapshot.accounts[0]
    assert thread(None, [(action, account)]) == {}
    more = More(wants=lambda _: frozenset({THREAD}), tells={THREAD: thread})
    assert more.of(None, [(action, account)]) == {}


def test_what_was_purged_is_forgotten(house):
    house.run(adapters=serving(house, Scripted("mail", ["email"], Receipt({"message_id": "<one@acme.example>"}))))
    assert told(house)[0] == ["<one@acme.example>"]
    ledger = house.ledger()
    with ledger.writing() as connection:
        connection.exec_driver_sql("DELETE FROM payloads")
    assert told(house) == [None, None]
