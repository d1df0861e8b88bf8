"""The story of an action's invoices: what the snapshot says, what the engine makes of it, what the ledger proves."""

import json
from dataclasses import replace
from datetime import date

from sqlalchemy import update

import policy_engine as pe
from policy_engine.execution.dossier import Dossiers
from policy_engine.execution.history import read_history, with_history
from policy_engine.execution.intake import take_in
from policy_engine.execution.more import More
from policy_engine.execution.purge import purge
from policy_engine.execution.run import nothing
from policy_engine.execution.tables import ACTIONS
from tests.execution.support import DAY, House, snapshot_text

LATER = date(2026, 6, 22)
"""A Monday: the invoices are 31 days late."""
MORE = """\
payments:
  - {id: P-1, customer: C-1, date: 2026-06-05, amount: 30.00, currency: EUR, allocations: {F-1: 30.00}}
  - {id: P-2, customer: C-1, date: 2026-06-25, amount: 70.00, currency: EUR, allocations: {F-1: 70.00}}
promises:
  - {id: R-1, customer: C-1, made: 2026-06-02, date: 2026-06-05, amount: 30.00, invoices: F-1}
  - {id: R-2, customer: C-1, made: 2026-06-08, date: 2026-06-15, invoices: F-1}
  - {id: R-3, customer: C-1, made: 2026-06-24, date: 2026-06-30, invoices: F-1}
disputes:
  - {id: D-1, customer: C-1, invoice: F-1, opened: 2026-06-03, closed: 2026-06-10, amount: 5.00, reason: "two, dented"}
  - {id: D-2, customer: C-1, invoice: F-1, opened: 2026-06-23}
history:
  - {id: H-1, customer: C-1, invoice: F-9, step: reminder, stage: reminder, channel: email, status: delivered, date: 2026-04-01}
  - {id: H-2, customer: C-1, invoice: F-1, step: reminder, stage: reminder, channel: email, status: failed, date: 2026-05-30}
"""  # noqa: E501
INVOICES = (
    "  - {id: F-9, number: N-9, customer: C-1, kind: invoice, status: paid, currency: EUR, amount: 10.00,"
    " issue_date: 2026-03-01, due_date: 2026-03-20}\n"
)


def later(house):
    """The plan of three weeks after: the first invoice gets its formal notice."""
    text = snapshot_text(1).replace("2026-06-01", "2026-06-22").replace("through: 2026-05-31", "through: 2026-06-21")
    snapshot = house.read(text + INVOICES + MORE, "later.yaml")
    known = read_history(house.ledger(), {"reminder": "reminder", "formal_notice": "formal_notice"})
    return snapshot, pe.evaluate(house.policy, with_history(snapshot, known))


def story(tmp_path, policy=True):
    house = House(tmp_path, customers=1)
    house.take_in()
    assert house.run().delivered == {"email": 1}
    snapshot, plan = later(house)
    (action,) = plan.actions
    assert action.step == "formal_notice"
    (account,) = snapshot.accounts
    dossiers = Dossiers(LATER, "EUR", house.policy if policy else None)
    with house.ledger().reading() as connection:
        told = dossiers.tell(connection, [(action, account)])
        notices = dossiers.notices(connection, [(action, account)])
    assert notices == {action.id: []}
    assert json.loads(json.dumps(told)) == told
    return house, told[action.id], action


def test_books_promises_and_disputes_on_the_day(tmp_path):
    _, told, _ = story(tmp_path)
    (invoice,) = told["invoices"]
    # 100.00, of which 30.00 came on 5 June; what comes on the 25th isn't known on the 22nd
    assert (invoice["amount"], invoice["paid"], invoice["outstanding"]) == ("100.00", "30.00", "70.00")
    assert invoice["settlements"] == [{"kind": "payment", "day": "2026-06-05", "amount": "30.00"}]
    assert invoice["lines"][0]["principal"] == "70.00"
    assert invoice["lines"][0]["days_late"] == 31
    # the first was paid on its day; of the second nothing came by the 15th; the third isn't made yet
    assert [(row["made"], row["state"]) for row in told["promises"]] == [
        ("2026-06-02", "kept"),
        ("2026-06-08", "broken"),
    ]
    assert told["disputes"] == [
        {"invoice": "F-1", "opened": "2026-06-03", "closed": "2026-06-10", "amount": "5.00", "reason": "two, dented"}
    ]
    assert told["unallocated"] == {}


def test_contacts_of_the_snapshot_and_of_the_ledger_with_their_proof(tmp_path):
    house, told, _ = story(tmp_path)
    other, own = told["contacts"]
    assert (other["source"], other["day"], other["about"]) == ("snapshot", "2026-04-01", False)
    assert (own["source"], own["day"], own["about"]) == ("ledger", "2026-06-01", True)
    assert own["demanded"] == ["F-1"]
    assert own["total"] == "100.00"
    assert own["receipt"]["file"].startswith("2026-06-01/email/")
    assert [step["after"] for step in own["transitions"]] == ["planned", "sending", "delivered"]
    with house.ledger().reading() as connection:
        assert own["transitions"][-1]["hash"] == house.ledger().head(connection).hash
    assert "alice" not in json.dumps(own)


def test_without_the_policy_the_rows_speak_for_themselves(tmp_path):
    _, told, _ = story(tmp_path, policy=False)
    (invoice,) = told["invoices"]
    assert (invoice["paid"], invoice["outstanding"]) == ("30.00", "70.00")
    assert [row["state"] for row in told["promises"]] == [None, None]


def test_a_formal_notice_is_found_again_and_says_when_it_was_purged(tmp_path):
    house = House(tmp_path, customers=1, grave=1)
    (action,) = house.plan.actions
    notice = {"registered_letter": {"subject": "Mise en demeure", "text": "x", "html": ""}}
    agreed = action._replace(approval=None)
    plan = replace(house.plan, actions=(agreed,))
    take_in(house.ledger(), plan, house.snapshot, None, {}, nothing, lambda *_: {"messages": notice})
    assert house.run().delivered == {"registered_letter": 1}
    dossiers = Dossiers(DAY, "EUR", house.policy)
    pair = (agreed, house.snapshot.accounts[0])
    with house.ledger().reading() as connection:
        (found,) = dossiers.notices(connection, [pair])[action.id]
    assert found["messages"] == notice
    assert (found["day"], found["invoices"]) == ("2026-06-01", ["F-1"])
    ledger = house.ledger()
    assert purge(ledger, date(2026, 6, 2)) == 1
    with ledger.reading() as connection:
        (found,) = dossiers.notices(connection, [pair])[action.id]
        (contact,) = [
            one for one in dossiers.tell(connection, [pair])[action.id]["contacts"] if one["source"] == "ledger"
        ]
    assert found["messages"] is None
    assert contact["purged"]
    assert contact["receipt"] == {}
    assert len(contact["transitions"]) == 3


def test_only_who_wants_it_is_told(tmp_path):
    house = House(tmp_path, customers=2)
    asked = []

    def tell(connection, pairs):
        asked.extend(action.customer for action, _ in pairs)
        return {action.id: {"told": action.customer} for action, _ in pairs}

    more = More(lambda action: frozenset({"dossier"} if action.customer == "C-2" else ()), {"dossier": tell})
    ledger = house.ledger()
    take_in(ledger, house.plan, house.snapshot, None, {}, nothing, None, more)
    with ledger.reading() as connection:
        facts = ledger.facts(connection, [1, 2])
    assert asked == ["C-2"]
    assert [one.get("dossier") for one in facts.values()] == [None, {"told": "C-2"}]


def test_a_message_whose_copy_is_still_to_come_was_delivered(tmp_path):
    house = House(tmp_path, customers=1, grave=1)
    (action,) = house.plan.actions
    message = {"subject": "Mise en demeure", "text": "x", "html": ""}
    plan = replace(house.plan, actions=(action._replace(approval=None),))
    both = {"registered_letter": message, "email": message}
    take_in(house.ledger(), plan, house.snapshot, None, {}, nothing, lambda *_: {"messages": both})
    assert house.run().delivered == {"registered_letter": 1}
    ledger = house.ledger()
    with ledger.writing() as connection:  # as it stands when the letter has left, and the e-mail hasn't
        carriers = json.dumps({"registered_letter": ["delivered", "post"]})
        connection.execute(update(ACTIONS).values(state="sending", also='["email"]', carriers=carriers))
    dossiers = Dossiers(DAY, "EUR", house.policy)
    pair = (action, house.snapshot.accounts[0])
    with ledger.reading() as connection:
        (notice,) = dossiers.notices(connection, [pair])[action.id]
        contacts = dossiers.tell(connection, [pair])[action.id]["contacts"]
    assert list(notice["messages"]) == ["registered_letter"]
    (contact,) = [one for one in contacts if one["source"] == "ledger"]
    assert contact["status"] == "delivered"
    assert contact["carriers"] == [
        {"channel": "registered_letter", "state": "delivered", "by": "post"},
        {"channel": "email", "state": "to come", "by": None},
    ]
