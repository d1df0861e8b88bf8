"""Messages that are written when a plan is taken in: their texts leave with the facts."""

from dataclasses import replace
from email import message_from_bytes, policy

import pytest

from policy_engine.cli.main import run
from policy_engine.execution.intake import take_in
from policy_engine.execution.messages import UnwrittenError, Writer
from policy_engine.execution.run import nothing
from policy_engine.plan.canonical import write_plan
from policy_engine.templates.context import Sender
from tests.execution.support import DAY, House

pytestmark = pytest.mark.usefixtures("database")
PAYEE = {"name": "Acme SAS", "iban": "FR1420041010050500013M02606"}


def writer(house, **more):
    made = Writer(house.policy, Sender("Acme SAS", ("1 Port",)), PAYEE, DAY, ())
    return replace(made, **more)


def test_texts_are_kept_and_written_beside_the_facts(tmp_path):
    house = House(tmp_path, customers=1)
    take_in(house.ledger(), house.plan, house.snapshot, None, {}, nothing, writer(house).write)
    assert house.run().delivered == {"email": 1}
    folder = house.out / "2026-06-01" / "email"
    (page,) = folder.glob("*.html")
    assert list(folder.glob("*.txt")) == []
    (mail,) = folder.glob("*.eml")
    read = message_from_bytes(mail.read_bytes(), policy=policy.SMTP)
    assert (read["From"], read["To"]) == ("accounts@sender.invalid", "Anna 1 <c1@x.example>")
    words = read.get_body(("plain",)).get_content()
    assert "N-1" in words
    assert "100.00" in words
    assert "2606" in words
    assert PAYEE["iban"] not in words + page.read_text(encoding="utf-8")
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert '"messages"' not in next(folder.glob("*.json")).read_text(encoding="utf-8")
    assert house.broken() == []


@pytest.mark.parametrize(
    ("channel", "also", "stage", "written"),
    [
        ("order_hold", (), "reminder", set()),
        ("webhook", (), "reminder", set()),
        ("webhook", ("email",), "reminder", {"email"}),
        ("call", (), "reminder", {"call"}),
        ("task", (), "", set()),
    ],
)
def test_what_carries_data_alone_needs_no_template(tmp_path, channel, also, stage, written):
    house = House(tmp_path, customers=1)
    (action,), (account,) = house.plan.actions, house.snapshot.accounts
    one = action._replace(channel=channel, also=also, stage=stage, template=None)
    assert set(writer(house).write(one, account)["messages"]) == written


def test_an_e_mail_of_an_intervention_has_the_template_of_its_name(tmp_path):
    house = House(tmp_path, customers=1)
    (action,), (account,) = house.plan.actions, house.snapshot.accounts
    one = action._replace(stage="", template=None, step="statement", intervention="statement")
    assert writer(house).write(one, account)["messages"]["email"]["template"] == "templates:en/statement.jinja"
    with pytest.raises(UnwrittenError, match="there is no template `ask_them`"):
        writer(house).write(one._replace(step="ask_them", intervention="ask_them"), account)


def test_a_message_that_cannot_be_made_lets_nothing_leave(tmp_path):
    house = House(tmp_path, customers=1)
    action = house.plan.actions[0]._replace(template="nowhere_to_be_found")
    plan = replace(house.plan, actions=(action,))
    with pytest.raises(UnwrittenError, match=f"the action {action.id[:12]} for C-1: there is no template"):
        take_in(house.ledger(), plan, house.snapshot, None, {}, nothing, writer(house).write)
    assert house.states() == {}


def test_the_command_writes_messages_with_a_policy_and_a_letterhead(tmp_path, monkeypatch, capsys):
    house = House(tmp_path, customers=2, grave=1)
    monkeypatch.chdir(tmp_path)
    with (tmp_path / "plan.json").open("w", encoding="utf-8", newline="\n") as stream:
        write_plan(house.plan, stream)
    (tmp_path / "ops").mkdir()
    (tmp_path / "ops" / "operator.yaml").write_text("operator: 1\nsender: {name: Acme SAS}\n", encoding="utf-8")
    command = ["execute", "plan.json", "--ledger", house.address, "-s", "snapshot.yaml", "--on", "2026-06-01"]
    command += ["-p", "policies/small.yaml", "--operator", "ops/operator.yaml"]
    assert run([*command, "--dry-run", "--format", "json"]) == 0
    assert '"subject"' in capsys.readouterr().out
    assert run(command) == 0
    assert len(list(tmp_path.glob("outbox/2026-06-01/email/*.eml"))) == 1
    changed = house.policy_file.read_text(encoding="utf-8").replace("days: 30", "days: 31")
    house.policy_file.write_text(changed, encoding="utf-8")
    assert run(command) == 2
    assert "made with another state of the policy" in capsys.readouterr().err


def test_the_statement_is_written_for_adapters_that_want_it(tmp_path):
    house = House(tmp_path, customers=1)
    (action,), (account,) = house.plan.actions, house.snapshot.accounts
    assert set(writer(house).write(action, account)) == {"messages"}
    facts = writer(house, wants=lambda one: frozenset({"statement"} if one is action else ())).write(action, account)
    letter = facts["statement"]
    assert letter["subject"] == "Statement of account on 2026-06-01: balance €100.00"
    assert letter["recipient"] == ["Customer 1", "Anna 1", "1 Street"]
    (table,) = (block for block in letter["blocks"] if block["kind"] == "table")
    assert table["rows"] == [["2026-04-22", "Invoice N-1", "2026-05-22", "10", "€100.00", "€100.00"]]
