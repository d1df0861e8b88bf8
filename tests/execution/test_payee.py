"""The payee: two people confirm an account before messages that name it really leave; the chain keeps who."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from policy_engine.cli.main import run
from policy_engine.execution.operator_file import Operator, load_operator
from policy_engine.execution.payee import PayeeError, check_payee, confirm, standing, words
from policy_engine.execution.purge import purge
from policy_engine.plan.canonical import write_plan
from tests.execution.support import DAY, House

pytestmark = pytest.mark.usefixtures("database")
OLD = {"name": "Acme SAS", "iban": "FR1420041010050500013M02606"}
NEW = {"name": "Acme SAS", "iban": "FR7630006000011234567890189"}


def team(payee):
    return Operator(
        payee=payee,
        roles={"credit_manager": frozenset({"alice", "bob", "carol"}), "clerk": frozenset({"dave"})},
        rights={"payee": frozenset({"credit_manager"})},
        digest="d" * 64,
    )


def state(house, payee):
    ledger = house.ledger()
    with ledger.reading() as connection:
        return standing(connection, payee)


def say(house, who, payee, ending=None):
    return confirm(house.ledger(who), team(payee), ending or payee["iban"][-4:])


@pytest.fixture
def house(tmp_path):
    return House(tmp_path)


def test_the_second_of_two_people_makes_it_count(house):
    assert state(house, OLD).state == "unknown"
    assert say(house, "alice", OLD).state == "named"
    assert state(house, OLD).state == "named"
    assert "already" in say(house, "alice", OLD).text
    with pytest.raises(PayeeError, match="alice has, a second person must"):
        check_payee(house.ledger(), OLD)
    assert say(house, "bob", OLD).state == "agreed"
    check_payee(house.ledger(), OLD)
    assert state(house, OLD).people == ("alice", "bob")
    assert say(house, "carol", OLD).state is None
    assert house.broken() == []
    assert house.head().seq == 2


def test_who_may_not_and_a_wrong_ending_record_nothing(house):
    assert "`dave` may not" in say(house, "dave", OLD).text
    assert "`mallory` may not" in say(house, "mallory", OLD).text
    assert "doesn't end in 0189" in say(house, "alice", OLD, "0189").text
    assert say(house, "alice", OLD, "26").text == "`26` isn't the last four characters of an account"
    assert "names no payee" in confirm(house.ledger(), Operator(), "2606").text
    assert house.head().seq == 0


def test_a_change_needs_two_people_again_and_so_does_the_way_back(house):
    for who in ("alice", "bob"):
        say(house, who, OLD)
    with pytest.raises(PayeeError, match=r"account ending in 0189, .* agreed on the account ending in 2606"):
        check_payee(house.ledger(), NEW)
    say(house, "alice", NEW)
    check_payee(house.ledger(), OLD)  # one word alone changes nothing
    say(house, "carol", NEW)
    check_payee(house.ledger(), NEW)
    with pytest.raises(PayeeError, match="two people must"):
        check_payee(house.ledger(), OLD)
    assert say(house, "alice", OLD).state == "named"
    assert say(house, "bob", OLD).state == "agreed"


def test_an_agreement_ends_what_was_said_about_other_accounts(house):
    say(house, "alice", NEW)
    for who in ("bob", "carol"):
        say(house, who, OLD)
    assert say(house, "bob", NEW).state == "named"  # alice's word on it was before
    assert state(house, OLD).state == "agreed"


@pytest.mark.parametrize("change", [{"name": "Acme Holding"}, {"bic": "PSSTFRPPPAR"}, {"iban": NEW["iban"]}])
def test_holder_bank_and_number_all_count(house, change):
    for who in ("alice", "bob"):
        say(house, who, OLD)
    with pytest.raises(PayeeError):
        check_payee(house.ledger(), OLD | change)


def test_it_stands_in_the_chain_and_survives_a_purge(house):
    house.take_in()
    say(house, "alice", OLD)
    house.run()
    say(house, "bob", OLD)
    head = house.head()
    ledger = house.ledger()
    purge(ledger, DAY.replace(year=2030))
    assert house.broken(head.hash) == []
    with ledger.reading() as connection:
        said = words(connection)
    assert [(one.actor, one.last_four, one.agreed) for one in said] == [("alice", "2606", False), ("bob", "2606", True)]
    with ledger.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE transitions SET action = 'other' WHERE after = 'payee_agreed'")
    assert [one.seq for one in house.broken()] == [head.seq]


def test_what_waits_for_the_old_account_expires(house):
    old = team(OLD)
    house.take_in(operator=old)
    tally = house.run(operator=replace(old, payee=NEW))
    assert {one.why for one in tally.expired} == {"changed since the plan: payee"}


@pytest.fixture
def command(house, monkeypatch):
    """`dunning execute` by somebody, with an operator's file that is live or not."""
    monkeypatch.chdir(house.folder)
    monkeypatch.setattr("policy_engine.cli.ledger_inputs.today", lambda: house.day)
    with Path("plan.json").open("w", encoding="utf-8", newline="\n") as stream:
        write_plan(house.plan, stream)
    Path("ops").mkdir()

    def call(who, *words, live=True):
        house.log_in(monkeypatch, who)
        text = (
            f"operator: 1\nlive: {str(live).lower()}\npayee: {{name: Acme SAS, iban: {OLD['iban']}}}\n"
            "roles: {credit_manager: [alice, bob]}\nrights: {payee: credit_manager}\n"
        )
        Path("ops/operator.yaml").write_text(text, encoding="utf-8")
        return run([*words, "--ledger", house.address, "--operator", "ops/operator.yaml"])

    return call


EXECUTE = ("execute", "plan.json", "-s", "snapshot.yaml")
LINE = "the payee Acme SAS, account ending in 2606, was not confirmed; two people must: `dunning payee confirm 2606"


def test_live_waits_for_two_people(house, command, capsys):
    assert command("alice", *EXECUTE) == 2
    seen = capsys.readouterr()
    assert seen.err.startswith(f"Error: {LINE}")
    assert len(seen.err.splitlines()) == 1
    assert not Path("outbox").exists()
    assert house.states() == {}
    assert command("alice", *EXECUTE, "--dry-run", "--format", "json") == 0
    data = json.loads(capsys.readouterr().out)
    assert data["payee"] == {"holder": "Acme SAS", "last_four": "2606", "agreed": False}
    assert {(one["payee"]["holder"], one["payee"]["last_four"]) for one in data["actions"]} == {("Acme SAS", "2606")}
    assert command("alice", "payee", "confirm", "2606", "--by", "seen the bank's letter") == 0
    assert command("bob", "payee", "confirm", "2607") == 1
    assert command("bob", "payee", "confirm", "2606", "--format", "json") == 0
    assert '"state": "agreed"' in capsys.readouterr().out
    assert command("alice", *EXECUTE) == 0
    assert house.states() == {"delivered": 3}
    assert "payee: Acme SAS, account ending in 2606\n" in capsys.readouterr().out


def test_trials_go_on_with_a_warning(house, command, capsys):
    assert command("alice", *EXECUTE, live=False) == 0
    seen = capsys.readouterr()
    assert seen.err.startswith(f"warning: {LINE}")
    assert "payee: Acme SAS, account ending in 2606 (not confirmed by two people yet)\n" in seen.out
    assert house.states() == {"delivered": 3}


def test_show(command, capsys):
    assert command("alice", "payee", "show") == 2
    command("alice", "payee", "confirm", "2606", "--by", "\x1b[2Jletter")
    command("bob", "payee", "confirm", "2606")
    capsys.readouterr()
    assert command("bob", "payee", "show") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line[22:] for line in lines[:2]] == [
        r"Acme SAS, account ending in 2606: confirmed by alice; \x1b[2Jletter",
        "Acme SAS, account ending in 2606: confirmed by bob; from here on it counts",
    ]
    assert lines[2] == "the operator's file: Acme SAS, account ending in 2606: agreed"
    assert command("bob", "payee", "show", "--format", "json") == 0
    data = json.loads(capsys.readouterr().out)
    assert data["payee"] == {"state": "agreed", "people": ["alice", "bob"]}
    assert [one["remark"] for one in data["said"]] == ["\x1b[2Jletter", None]
    assert OLD["iban"] not in json.dumps(data)


def test_without_a_payee_there_is_nothing_to_confirm(house, monkeypatch, capsys):
    monkeypatch.chdir(house.folder)
    assert run(["payee", "confirm", "2606", "--ledger", house.address]) == 2
    assert "names no payee" in capsys.readouterr().err
    assert house.place.tables(house.folder) is None


def test_decisions_keep_the_operators_file_that_let_them(house, command):
    command("alice", "payee", "confirm", "2606")
    digest = load_operator(Path("ops/operator.yaml")).operator.digest
    with house.ledger().reading() as connection:
        body = connection.exec_driver_sql("SELECT body FROM payloads").scalar()
    assert json.loads(body)["operator"] == digest
