"""Orders held and released: by files and by webhook, by rule and invoice, once; a trial reaches no ERP."""

import csv
import json
import os
import re
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import jsonschema
import pytest

from policy_engine.adapters import holds
from policy_engine.adapters.holds import standing
from policy_engine.adapters.orders import LISTED, OrdersAdapter, OrdersSettings
from policy_engine.adapters.orders_document import COLUMNS, document_of, orders_schema
from policy_engine.cli.main import run
from policy_engine.execution.job import Adapter, Broken, Checked, Job, Refused, Retry, Unanswered, Wanting
from policy_engine.execution.kinds import SettingsError
from policy_engine.execution.operator_file import load_operator
from tests.adapters.receiver import SECRET, Receiver, adapter_of, dies, local, operator_of, says, serving
from tests.hostile.corpus import CORPUS, NAMES, assert_inert_json

DAY = date(2026, 6, 1)
HOLD, RELEASE = "p.yaml:20:9", "p.yaml:30:9"


def listed(*invoices):
    return [
        {"invoice": name, "number": f"N-{name}", "currency": "EUR", "due_date": "2026-05-22", "days_late": 10,
         "outstanding": "100.00"}
        for name in invoices
    ]  # fmt: skip


def facts(step, why, invoices, *, plan="plan-1", customer="C-1", whole=False):
    """Facts of an action: a step's hold demands invoices, an intervention lists them."""
    items = [f"{customer}|{step}"] if whole else [f"{one}|{step}" for one in invoices]
    hold = not step.startswith("release")
    return {
        "action": {
            "customer": customer, "step": step, "ladder": "usual", "why": why, "send_on": "2026-06-01",
            "currency": "EUR", "items": items, "intervention": None if hold else step,
            "demanded": listed(*invoices) if hold else [], "listed": [] if hold else listed(*invoices),
        },
        "customer": {"id": customer, "name": "Acme", "registration": "732829320", "country": "FR", "language": "fr"},
        "as_of": "2026-06-01", "plan": plan, "policy": "small",
    }  # fmt: skip


def hold(key, *invoices, step="stop_orders", why=HOLD, **more):
    of = facts(step, why, invoices, **more)
    return Job(f"{key}-1", key * 4, 1, "order_hold", (), of["customer"]["id"], of)


def release(key, *invoices, step="release_orders", why=HOLD, plan="plan-2", **more):
    of = facts(step, why, invoices, plan=plan, **more)
    return Job(f"{key}-1", key * 4, 1, "order_release", (), of["customer"]["id"], of)


def documents(*jobs):
    return [document_of(job, held=True) for job in jobs]


def left(*jobs):
    return [(one.key, [invoice.id for invoice in one.data.invoices]) for one in standing(documents(*jobs))]


# what a release ends


def test_a_release_ends_what_its_rule_held_and_nothing_else():
    both = (hold("aaa", "F-1"), hold("bbb", "F-1", "F-2", step="insolvent", why="p.yaml:40:3"))
    assert left(*both, release("ccc", "F-1", whole=True)) == [("bbb-1", ["F-1", "F-2"])]
    assert left(*both, release("ccc", "F-1", "F-2", why="p.yaml:40:3", whole=True)) == [("aaa-1", ["F-1"])]


def test_of_a_customer_it_ends_all_that_the_rule_held_also_invoices_that_left_the_snapshot():
    assert left(hold("aaa", "F-1"), hold("bbb", "F-2"), release("ccc", "F-2", whole=True)) == []


def test_of_an_invoice_it_ends_that_invoice():
    assert left(hold("aaa", "F-1", "F-2"), release("ccc", "F-1")) == [("aaa-1", ["F-2"])]
    assert left(hold("aaa", "F-1", "F-2"), release("ccc", "F-1"), release("ddd", "F-2")) == []


def test_an_edited_policy_moves_its_rules():
    moved = {"why": "p.yaml:99:9"}
    others = (hold("aaa", "F-1"), hold("bbb", "F-2"))
    assert left(*others, release("ccc", "F-1", whole=True, **moved)) == [("bbb-1", ["F-2"])]
    assert left(*others, release("ccc", "F-9", whole=True, **moved)) == []
    assert left(*others, release("ccc", "F-9", **moved)) == [("aaa-1", ["F-1"]), ("bbb-1", ["F-2"])]


def test_it_ends_no_hold_of_its_own_plan():
    """One plan releases what was paid and holds what fell due: in whichever order they are told, orders are held."""
    old, new, end = hold("aaa", "F-1"), hold("bbb", "F-2", plan="plan-2"), release("ccc", "F-1", whole=True)
    assert left(old, new, end) == left(old, end, new) == [("bbb-1", ["F-2"])]


def test_a_second_release_of_what_was_released_ends_nothing_else():
    """Held and paid on one day, a rule may be released twice; what another rule has held meanwhile stays held."""
    once = (hold("aaa", "F-1"), release("bbb", "F-1", whole=True))
    other = hold("ccc", "F-1", "F-2", step="insolvent", why="p.yaml:40:3", plan="plan-3")
    assert left(*once, other, release("ddd", "F-1", whole=True, plan="plan-4")) == [("ccc-1", ["F-1", "F-2"])]
    assert left(*once, other, release("ddd", "F-1", plan="plan-4")) == [("ccc-1", ["F-1", "F-2"])]


def test_the_last_instruction_wins():
    assert left(hold("aaa", "F-1"), release("ccc", "F-1", whole=True), hold("ddd", "F-1", plan="plan-3")) == [
        ("ddd-1", ["F-1"])
    ]


# files


@pytest.fixture
def files(tmp_path):
    def adapter():
        return OrdersAdapter("erp", tmp_path / "erp", today=lambda: DAY)

    return adapter


def told(adapter, *jobs):
    receipts = [adapter.deliver(job).details for job in jobs]
    adapter.settle()
    adapter.close()
    return receipts


def rows(path):
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_it_is_an_adapter(files):
    adapter = files()
    assert isinstance(adapter, Adapter)
    assert isinstance(adapter, Checked)
    assert isinstance(adapter, Wanting)
    assert (adapter.real, adapter.idempotent, adapter.channels) == (True, True, {"order_hold", "order_release"})


def test_an_instruction_as_a_row_and_as_a_document(files, tmp_path):
    job = hold("aaa", "F-1", "F-2")
    job.facts["figures"] = {"currency": "EUR", "overdue": "200.00", "exposure": "250.00", "credit_limit": None}
    (receipt,) = told(files(), job)
    assert receipt == {"instruction": "hold", "held": "yes", "file": "hold_C-1_stop-orders_aaaaaaaaaaaa-1.csv"}
    (row,) = rows(tmp_path / "erp" / receipt["file"])
    assert list(row) == list(COLUMNS)
    assert row == {
        "instruction": "hold", "held": "yes", "customer": "C-1", "name": "Acme", "registration": "732829320",
        "since": "2026-06-01", "rule": HOLD, "step": "stop_orders", "invoices": "N-F-1, N-F-2", "currency": "EUR",
        "overdue": "200.00", "exposure": "250.00", "credit_limit": "", "key": "aaa-1", "trial": "",
    }  # fmt: skip
    document = json.loads((tmp_path / "erp/hold_C-1_stop-orders_aaaaaaaaaaaa-1.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(orders_schema()).validate(document)
    assert document["data"]["figures"]["exposure"] == "250.00"


def test_nothing_is_in_sight_before_it_is_whole(files, tmp_path):
    adapter = files()
    adapter.deliver(hold("aaa", "F-1"))
    assert [path.name for path in (tmp_path / "erp").iterdir() if not path.name.startswith(".")] == []
    adapter.settle()
    assert len(list((tmp_path / "erp").glob("hold_*"))) == 2


def test_what_was_told_is_not_told_again(files, tmp_path):
    """The ERP took the file away; the run died before the ledger knew; the same key again writes nothing."""
    told(files(), hold("aaa", "F-1"))
    for path in (tmp_path / "erp").glob("hold_*"):
        path.unlink()
    assert told(files(), hold("aaa", "F-1"))[0]["held"] == "yes"
    assert list((tmp_path / "erp").glob("hold_*")) == []
    assert len(list((tmp_path / "erp/.instructions").rglob("*.json"))) == 1


def test_what_was_not_settled_is_told_again_under_the_same_name(files, tmp_path):
    files().deliver(hold("aaa", "F-1"))  # and the process dies
    assert list((tmp_path / "erp/.instructions").rglob("*.json")) == []
    told(files(), hold("aaa", "F-1"))
    names = sorted(path.name for path in (tmp_path / "erp").glob("hold_*"))
    assert names == [f"hold_C-1_stop-orders_aaaaaaaaaaaa-1.{end}" for end in ("csv", "json")]


def test_held_says_what_holds_after_the_instruction_also_within_a_run(files):
    receipts = told(
        files(), hold("aaa", "F-1"), hold("bbb", "F-2", step="insolvent", why="p.yaml:40:3"),
        release("ccc", "F-1", whole=True),
        release("ddd", "F-2", why="p.yaml:40:3", whole=True),
    )  # fmt: skip
    assert [one["held"] for one in receipts] == ["yes", "yes", "yes", "no"]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_files_of_one_batch_say_the_same_as_the_erp_may_read_them_in_any_order(files, tmp_path, order):
    told(files(), hold("aaa", "F-1"))
    every = (release("bbb", "F-1", whole=True), hold("ccc", "F-2", plan="plan-2"))
    jobs = [every[number] for number in order]
    adapter = files()
    adapter.prepare([*jobs, Job("ddd-1", "d", 1, "order_hold", (), "C-1", {})])  # whose facts were purged
    assert [one["held"] for one in told(adapter, *jobs)] == ["yes", "yes"]
    assert [(row["customer"], row["keys"]) for row in rows(tmp_path / "erp/held/2026-06-01.csv")] == [("C-1", "ccc-1")]


def test_two_runs_at_one_customer_know_of_each_other(files, tmp_path, monkeypatch):
    told(files(), hold("aaa", "F-1"))
    one, other = files(), files()
    one.deliver(hold("ccc", "F-2", plan="plan-2"))
    end = release("bbb", "F-1", whole=True)
    monkeypatch.setattr(holds, "PATIENCE", 0.01)
    with pytest.raises(Retry, match="another run is telling the ERP") as waits:
        other.deliver(end)
    assert not waits.value.tried
    other.close()  # the list is left to the one that is telling
    assert [row["keys"] for row in rows(tmp_path / "erp/held/2026-06-01.csv")] == ["aaa-1"]
    one.settle()
    assert other.deliver(end).details["held"] == "yes"
    other.settle()
    one.close()
    assert [row["keys"] for row in rows(tmp_path / "erp/held/2026-06-01.csv")] == ["ccc-1"]


def test_the_days_list(files, tmp_path):
    other = hold("bbb", "F-3", customer="C-0", step="=cmd()")
    told(files(), hold("aaa", "F-1"), other)
    listed = rows(tmp_path / "erp/held/2026-06-01.csv")
    assert list(listed[0]) == list(LISTED)
    assert [(row["customer"], row["steps"], row["invoices"], row["keys"]) for row in listed] == [
        ("C-0", "'=cmd()", "N-F-3", "bbb-1"), ("C-1", "stop_orders", "N-F-1", "aaa-1"),
    ]  # fmt: skip
    told(files(), release("ccc", "F-1", whole=True))
    assert [row["customer"] for row in rows(tmp_path / "erp/held/2026-06-01.csv")] == ["C-0"]


def test_a_trial_reaches_no_folder_of_the_erp(files, tmp_path):
    real = hold("aaa", "F-1")
    trial = Job(**{**{name: getattr(real, name) for name in Job.__slots__}, "redirect_to": "trial@acme.example"})
    assert told(files(), trial)[0]["file"] == "trial/hold_C-1_stop-orders_aaaaaaaaaaaa-1.csv"
    assert [path.name for path in (tmp_path / "erp").iterdir() if path.name != "trial"] == []
    (row,) = rows(tmp_path / "erp/trial/hold_C-1_stop-orders_aaaaaaaaaaaa-1.csv")
    assert row["trial"] == "yes"
    assert told(files(), real)[0]["file"] == "hold_C-1_stop-orders_aaaaaaaaaaaa-1.csv"  # a trial holds nothing


@pytest.mark.parametrize("hostile", CORPUS, ids=NAMES)
def test_hostile_texts(files, tmp_path, hostile):
    job = hold("aaa", "F-1", customer=hostile.text or "x")
    job.facts["customer"]["name"] = hostile.text
    job.facts["action"]["demanded"][0]["number"] = hostile.text
    (receipt,) = told(files(), job)
    place = tmp_path / "erp" / receipt["file"]
    assert place.parent == tmp_path / "erp"
    (row,) = rows(place)
    assert not row["name"].startswith(("=", "+", "-", "@"))
    data = assert_inert_json(place.with_suffix(".json").read_text(encoding="utf-8"))
    assert data["data"]["customer"]["name"] == hostile.text
    assert len(rows(tmp_path / "erp/held/2026-06-01.csv")) == 1


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "erp").write_text("a file", encoding="utf-8")
    adapter = OrdersAdapter("erp", tmp_path / "erp")
    with pytest.raises(Retry, match="can't be written"):
        adapter.deliver(hold("aaa", "F-1"))
    assert "can't be written to" in adapter.check()[0]


def test_other_channels_and_purged_facts_are_refused(files):
    with pytest.raises(Refused, match="neither holds nor releases"):
        files().deliver(Job("k-1", "k", 1, "email", (), "C-1", {}))
    with pytest.raises(Refused, match="aren't known any more"):
        files().deliver(Job("k-1", "k", 1, "order_hold", (), "C-1", {}))


# the webhook


@pytest.fixture
def receiver(monkeypatch):
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    with serving(Receiver()) as found:
        yield found


def hooked(folder, receiver, **more):
    settings = {"to": "webhook", "path": "erp", "webhook": local(receiver, **more)}
    return adapter_of(folder, settings, uses="orders", channels=("order_hold", "order_release"))


def test_the_erp_is_told_by_webhook(tmp_path, receiver):
    adapter = hooked(tmp_path, receiver)
    assert adapter.check() == []
    receipts = told(adapter, hold("aaa", "F-1"), release("ccc", "F-1", whole=True))
    assert [(one["status"], one["instruction"], one["held"]) for one in receipts] == [
        ("200", "hold", "yes"), ("200", "release", "no"),
    ]  # fmt: skip
    document = receiver.documents["ccc-1"]
    jsonschema.Draft202012Validator(orders_schema()).validate(document)
    assert (document["type"], document["data"]["held"], document["data"]["scope"]) == (
        "dunning.orders", False, "customer",
    )  # fmt: skip
    assert list((tmp_path / "erp").glob("hold_*")) == []


def test_what_the_erp_did_not_take_holds_nothing(tmp_path, receiver):
    adapter = hooked(tmp_path, receiver)
    receiver.script = [says(422), dies(effect=True)]
    with pytest.raises(Refused):
        adapter.deliver(hold("aaa", "F-1"))
    with pytest.raises(Unanswered):
        adapter.deliver(hold("bbb", "F-2"))
    adapter.settle()
    assert told(hooked(tmp_path, receiver), hold("bbb", "F-2"))[0]["held"] == "yes"
    assert receiver.effects == ["bbb-1"]
    assert [row["keys"] for row in rows(next((tmp_path / "erp/held").glob("*.csv")))] == ["bbb-1"]


def died(adapter):
    """A run that died: it noted nothing more, and others may go on."""
    adapter._endpoint.close()
    for one in adapter._kept.values():
        one._mine.close()


def test_what_an_answer_was_not_noted_of_is_told_again_first(tmp_path, receiver):
    """The ERP took a hold, the run died; another run's release of another rule must not make it forget that hold."""
    told(hooked(tmp_path, receiver), hold("aaa", "F-1"))
    first = hooked(tmp_path, receiver)
    again = hold("bbb", "F-2", step="insolvent", why="p.yaml:40:3")
    first.deliver(again)
    died(first)
    body = receiver.seen[-1].body
    assert told(hooked(tmp_path, receiver), release("ccc", "F-1", whole=True))[0]["held"] == "yes"
    assert [one["webhook-id"] for one in (seen.headers for seen in receiver.seen)] == [
        "aaa-1",
        "bbb-1",
        "bbb-1",
        "ccc-1",
    ]
    assert receiver.seen[-2].body == body
    assert [row["keys"] for row in rows(next((tmp_path / "erp/held").glob("*.csv")))] == ["bbb-1"]
    assert told(hooked(tmp_path, receiver), again)[0]["held"] == "yes"  # when the ledger has it repeated
    assert receiver.effects == ["aaa-1", "bbb-1", "ccc-1"]
    assert list((tmp_path / "erp/.instructions").rglob("*.asked")) == []


@pytest.mark.parametrize(("answers", "error"), [
    ([dies(effect=False)], Retry), ([says(503)], Retry), ([says(401)], Broken), ([says(422)], None),
])  # fmt: skip
def test_while_it_is_not_answered_nothing_else_is_told_of_the_customer(tmp_path, receiver, answers, error):
    first = hooked(tmp_path, receiver)
    first.deliver(hold("aaa", "F-1"))
    died(first)
    receiver.script = list(answers)
    other = hooked(tmp_path, receiver)
    after = hold("bbb", "F-2", plan="plan-2")
    if error is None:  # it wants the first no more
        assert told(other, after)[0]["held"] == "yes"
        assert list((tmp_path / "erp/.instructions").rglob("*.asked")) == []
        return
    with pytest.raises(error):
        other.deliver(after)
    assert "bbb-1" not in receiver.effects
    other.settle()
    other.close()
    assert told(hooked(tmp_path, receiver), after)[0]["held"] == "yes"
    assert receiver.effects == ["aaa-1", "bbb-1"]


def test_after_a_day_it_is_for_people(tmp_path, receiver):
    first = hooked(tmp_path, receiver)
    first.deliver(hold("aaa", "F-1"))
    died(first)
    (mark,) = (tmp_path / "erp/.instructions").rglob("*.asked")
    old = mark.stat().st_mtime - 90_000
    os.utime(mark, (old, old))
    told(hooked(tmp_path, receiver), release("ccc", "F-1", whole=True))
    assert [seen.headers["webhook-id"] for seen in receiver.seen] == ["aaa-1", "ccc-1"]
    assert not mark.exists()


def test_an_erp_that_cannot_dedupe_is_not_asked_again(tmp_path, receiver):
    first = hooked(tmp_path, receiver, idempotent=False)
    first.deliver(hold("aaa", "F-1"))
    died(first)
    assert list((tmp_path / "erp/.instructions").rglob("*.asked")) == []


def test_a_trial_reaches_no_webhook_of_the_erp(tmp_path, receiver):
    real = hold("aaa", "F-1")
    trial = Job(**{**{name: getattr(real, name) for name in Job.__slots__}, "redirect_to": "trial@acme.example"})
    told(hooked(tmp_path, receiver), trial)
    assert receiver.connections == 0
    assert len(list((tmp_path / "erp/trial").glob("hold_*"))) == 2


def test_an_erp_that_cannot_dedupe(tmp_path, receiver):
    assert not hooked(tmp_path, receiver, idempotent=False).idempotent


@pytest.mark.parametrize(
    "settings", [{"to": "webhook"}, {"to": "file", "webhook": {"url": "https://x.example/", "secrets": "env:A"}}]
)
def test_settings_that_contradict_themselves(tmp_path, settings):
    with pytest.raises(SettingsError, match="`to: webhook` needs `webhook`"):
        adapter_of(tmp_path, settings, uses="orders", channels=("order_hold",))


# from plan to plan

POLICY = """\
dunning: 1
policy: orders
version: 1
currency: EUR
locale: en-GB
calendar: {country: FR}
stages: [reminder]
credit: {exposure: [outstanding]}
segments:
  - {name: all, ladder: usual, credit_limit: 500}
interventions:
  - {name: release_orders, channel: order_release, once: customer}
ladders:
  usual:
    scope: invoice
    progression: stepwise
    anchor: due_date
    consolidate: customer
    steps:
      - {name: stop_orders, stage: reminder, days: 5, channel: order_hold, undo: release_orders}
"""
CUSTOMERS = ("C-1", "C-2")
INVOICES = {"F-1": ("C-1", "2026-05-20"), "F-2": ("C-1", "2026-05-30"), "F-3": ("C-2", "2026-05-21")}


def snapshot(as_of, *paid):
    lines = [f"manifest: {{as_of: {as_of}, payments_complete_through: {as_of}}}", "customers:"]
    lines += [f"  - {{id: {one}, name: Acme {one}, kind: business, registration: '732829320'}}" for one in CUSTOMERS]
    lines.append("invoices:")
    lines += [
        f"  - {{id: {name}, number: N-{name}, customer: {customer}, kind: invoice, status: open, currency: EUR,"
        f" amount: 100.00, issue_date: 2026-04-20, due_date: {due}}}"
        for name, (customer, due) in INVOICES.items()
    ]
    if paid:
        lines.append("payments:")
        lines += [
            f"  - {{id: P-{name}, customer: {INVOICES[name][0]}, date: {as_of}, amount: 100.00, currency: EUR,"
            f" allocations: '{name}=100.00'}}"
            for name in paid
        ]
    return "\n".join(lines) + "\n"


@pytest.fixture
def erp(tmp_path, monkeypatch, capsys):
    """Plans and executes on a day, with the ledger as history: what the plan asked for, by channel and customer."""
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies/p.yaml").write_text(POLICY, encoding="utf-8")
    (tmp_path / "ops").mkdir()
    monkeypatch.chdir(tmp_path)

    def day(today, *paid, settings=None, **more):
        operator_of(
            tmp_path / "ops", settings or {"to": "file", "path": "erp"}, uses="orders",
            channels=("order_hold", "order_release"), **more,
        )  # fmt: skip
        (tmp_path / "s.yaml").write_text(snapshot(today, *paid), encoding="utf-8")
        monkeypatch.setattr("policy_engine.cli.ledger_inputs.today", lambda: date.fromisoformat(today))
        history = ["--history", "l.db"] if (tmp_path / "l.db").exists() else []
        assert run(["plan", "-p", "policies/p.yaml", "-s", "s.yaml", "-o", "plan.json", *history]) == 0
        capsys.readouterr()
        command = ["execute", "plan.json", "--ledger", "l.db", "-s", "s.yaml", "-p", "policies/p.yaml"]
        code = run([*command, "--operator", "ops/operator.yaml", "--format", "json"])
        shown = capsys.readouterr()
        assert code == 0, shown.err + shown.out
        return json.loads(shown.out)["delivered"]

    def held():
        return [row["customer"] for row in rows(max((tmp_path / "ops/erp/held").glob("*.csv")))]

    return SimpleNamespace(
        day=day, held=held, files=lambda: sorted(p.name for p in (tmp_path / "ops/erp").glob("*.csv"))
    )


def test_a_house_that_writes_messages_holds_and_releases_too(erp):
    """Orders have no words: neither a hold nor its release asks for a template."""
    letterhead = {"sender": {"name": "Acme SAS", "address": ["12 rue du Port", "69002 Lyon"]}}
    assert erp.day("2026-06-01", **letterhead) == {"order_hold": 2}
    assert erp.day("2026-06-04", "F-1", "F-3", **letterhead) == {"order_hold": 1, "order_release": 2}
    assert erp.held() == ["C-1"]


def test_hold_payment_release(erp, tmp_path):
    assert erp.day("2026-06-01") == {"order_hold": 2}
    assert erp.held() == ["C-1", "C-2"]
    (row,) = rows(next((tmp_path / "ops/erp").glob("hold_C-1_*.csv")))
    assert (row["invoices"], row["overdue"], row["exposure"], row["credit_limit"]) == (
        "N-F-1", "200.00", "200.00", "500.00",
    )  # fmt: skip
    assert erp.day("2026-06-02") == {}
    assert erp.day("2026-06-03", "F-1") == {"order_release": 1}  # C-1 paid what held him; F-2 isn't 5 days late yet
    assert erp.held() == ["C-2"]
    (row,) = rows(next((tmp_path / "ops/erp").glob("release_C-1_*.csv")))
    assert (row["held"], row["rule"]) == ("no", "p.yaml:20:16")
    assert erp.day("2026-06-04", "F-1") == {"order_hold": 1}  # now it is
    assert erp.held() == ["C-1", "C-2"]
    assert erp.day("2026-06-05", "F-1", "F-2", "F-3") == {"order_release": 2}
    assert erp.held() == []
    assert erp.day("2026-06-08", "F-1", "F-2", "F-3") == {}


def test_what_is_voided_is_withdrawn(erp, tmp_path, monkeypatch, capsys):
    assert erp.day("2026-06-01") == {"order_hold": 2}
    monkeypatch.setattr("policy_engine.cli.actor.actor", lambda: "alice")
    text = "operator: 1\nroles: {desk: alice}\nrights: {void: desk}\n"
    (tmp_path / "ops/people.yaml").write_text(text, encoding="utf-8")
    assert run(["ledger", "list", "--ledger", "l.db", "--format", "json"]) == 0
    ids = {one["customer"]: one["action"] for one in json.loads(capsys.readouterr().out)}
    command = ["void", ids["C-2"], "--reason", "agreed on the phone", "--ledger", "l.db"]
    assert run([*command, "--operator", "ops/people.yaml"]) == 0
    # the withdrawal is planned; what was voided counts no more, so the step is due again, as another attempt
    assert erp.day("2026-06-02") == {"order_hold": 1, "order_release": 1}
    assert [name.rsplit("_", 1)[0] + name[-6:-4] for name in erp.files()] == [
        "hold_C-1_stop-orders-1", "hold_C-2_stop-orders-1", "hold_C-2_stop-orders-2", "release_C-2_release-orders-1",
    ]  # fmt: skip
    assert erp.held() == ["C-1", "C-2"]
    assert erp.day("2026-06-03") == {}
    # F-3 is paid: the release of 2 June was that of the execution that was voided, so there is another one
    assert erp.day("2026-06-04", "F-3") == {"order_hold": 1, "order_release": 1}
    assert erp.held() == ["C-1"]


def test_a_release_of_the_day_of_another_hold_does_not_count_for_it(erp):
    assert erp.day("2026-06-01") == {"order_hold": 2}
    assert erp.day("2026-06-04", "F-1") == {"order_hold": 1, "order_release": 1}  # F-2 is late enough on this day
    assert erp.held() == ["C-1", "C-2"]
    assert erp.day("2026-06-05", "F-1", "F-2") == {"order_release": 1}
    assert erp.held() == ["C-2"]
    assert erp.day("2026-06-08", "F-1", "F-2") == {}


def test_while_another_invoice_justifies_it_nothing_is_released(erp):
    assert erp.day("2026-06-04") == {"order_hold": 2}
    assert erp.day("2026-06-05", "F-1") == {}
    assert erp.held() == ["C-1", "C-2"]
    assert erp.day("2026-06-08", "F-1", "F-2") == {"order_release": 1}
    assert erp.held() == ["C-2"]


def test_held_paid_and_released_on_one_day_is_released_once_more(erp, tmp_path):
    """Rows of history have a day and no hour, so the next plan asks again, once; it ends nothing else."""
    assert erp.day("2026-06-01") == {"order_hold": 2}
    assert erp.day("2026-06-01", "F-1") == {"order_release": 1}
    assert erp.held() == ["C-2"]
    assert erp.day("2026-06-02", "F-1") == {"order_release": 1}
    (_, again) = sorted((tmp_path / "ops/erp").glob("release_C-1_*.csv"))
    assert [row["held"] for row in rows(again)] == ["no"]
    assert erp.held() == ["C-2"]
    assert erp.day("2026-06-03", "F-1") == {}


def test_the_same_by_webhook(erp, receiver, tmp_path):
    settings = {"to": "webhook", "path": "erp", "webhook": local(receiver)}
    erp.day("2026-06-01", settings=settings)
    erp.day("2026-06-03", "F-1", settings=settings)
    assert [(one["data"]["customer"]["id"], one["data"]["held"]) for one in receiver.documents.values()] == [
        ("C-1", True), ("C-2", True), ("C-1", False),
    ]  # fmt: skip
    assert erp.held() == ["C-2"]
    assert erp.files() == []


# the page

PAGE = (Path(__file__).parents[2] / "docs/adapter-orders.md").read_text(encoding="utf-8")


def test_the_page_names_every_setting_and_column(tmp_path):
    named = re.findall(r"`([a-z_]+)`", " ".join(re.findall(r"^\| (.*?) \|", PAGE, re.MULTILINE)))
    assert sorted(named) == sorted([*OrdersSettings.keys(), *COLUMNS])
    (operator,) = re.findall(r"```yaml\n(operator: 1.*?)```", PAGE, re.DOTALL)
    (tmp_path / "operator.yaml").write_text(operator, encoding="utf-8")
    assert load_operator(tmp_path / "operator.yaml").diagnostics == ()
