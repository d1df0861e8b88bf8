"""A plan that its policy doesn't make of its snapshot is refused, however well its digests were computed anew."""

import json
import shutil
from dataclasses import replace

import pytest

import policy_engine as pe
from policy_engine.cli.main import run
from policy_engine.execution.check import UnfitPlanError
from policy_engine.execution.history import read_history
from policy_engine.execution.replan import check_made, check_steps
from policy_engine.plan.canonical import with_identity, write_plan
from policy_engine.plan.model import ApprovalNeeded, Stopped
from tests.execution.support import POLICY, House

pytestmark = pytest.mark.usefixtures("database")
DAY = ("--on", "2026-06-01")
WITH = ("-p", "policies/small.yaml")


@pytest.fixture
def house(tmp_path, monkeypatch):
    house = House(tmp_path, customers=3, grave=1)
    (tmp_path / "ops").mkdir()
    monkeypatch.chdir(tmp_path)
    house.log_in(monkeypatch, "alice")
    return house


def forged(house, *, stopped=None, grave=False, **changes):
    """The plan with one action changed, the grave one or the first, its identity computed anew."""
    actions = list(house.plan.actions)
    number = next(n for n, action in enumerate(actions) if (action.approval is not None) == grave)
    actions[number] = actions[number]._replace(**changes)
    plan = replace(house.plan, actions=tuple(actions))
    return with_identity(plan if stopped is None else replace(plan, stopped=stopped))


def execute(house, plan, *more):
    with (house.folder / "plan.json").open("w", encoding="utf-8", newline="\n") as stream:
        write_plan(plan, stream)
    return run(["execute", "plan.json", "--ledger", house.address, "-s", "snapshot.yaml", *DAY, *more])


FORGED = [
    ({"grave": True, "approval": None}, "`approval`"),
    ({"grave": True, "approval": ApprovalNeeded("credit_manager", 1, True)}, "`approval`"),
    ({"grave": True, "approval": ApprovalNeeded("clerk", 2, True)}, "`approval`"),
    ({"grave": True, "approval": ApprovalNeeded("credit_manager", 2, False)}, "`approval`"),
    ({"also": ("letter",)}, "`also`"),
    ({"adapter": "mine"}, "`adapter`"),
    ({"customer_name": "Somebody"}, "`customer_name`"),
    ({"template": "mine"}, "`template`"),
    ({"any_day": True}, "`any_day`"),
    ({"stopped": (Stopped("all.max", "9", "1", None),)}, "safeguards"),
]


@pytest.mark.parametrize(("changes", "said"), FORGED)
def test_a_forged_plan_is_refused_when_its_policy_is_given(house, capsys, changes, said):
    if "stopped" in changes:
        with pytest.raises(UnfitPlanError, match=said):
            check_made(forged(house, **changes), house.policy, house.snapshot, None)
        return
    for more in ((), ("--dry-run",)):
        assert execute(house, forged(house, **changes), *WITH, *more) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert "the plan was edited" in line
        assert said in line
    assert house.place.tables(house.folder) is None or house.states() == {}
    assert execute(house, house.plan, *WITH) == 0


def test_a_stop_that_was_taken_out_is_found(house, capsys):
    text = POLICY + "safeguards:\n  all: {max: 1, max_share: 1}\n"
    (house.folder / "policies" / "small.yaml").write_text(text, encoding="utf-8")
    policy = pe.load_policy(house.policy_file, as_of=house.day)
    stopped = pe.evaluate(policy, house.snapshot)
    assert len(stopped.stopped) == 1
    assert execute(house, with_identity(replace(stopped, stopped=())), *WITH) == 2
    assert "the safeguards that stop it differ" in capsys.readouterr().err


def test_actions_that_were_left_out_or_put_twice_or_in_another_order(house):
    one, two, three = house.plan.actions
    for actions in ((), (one, two), (two, one, three), (one, two, three, three)):
        with pytest.raises(UnfitPlanError, match="the plan was edited"):
            check_made(with_identity(replace(house.plan, actions=actions)), house.policy, house.snapshot, None)
    assert check_made(house.plan, house.policy, house.snapshot, None) is None


def test_a_comment_in_the_policy_changes_nothing(house):
    """The rules stand on other lines, the policy's digest is the same."""
    house.policy_file.write_text(f"# reviewed\n{POLICY}", encoding="utf-8")
    assert execute(house, house.plan, *WITH) == 0


def test_the_policy_may_lie_elsewhere(house, tmp_path):
    shutil.copytree(house.policy_file.parent, tmp_path / "copy")
    assert execute(house, house.plan, "-p", str(tmp_path / "copy" / "small.yaml")) == 0


def planned_with_history(house):
    command = ["plan", *WITH, "-s", "snapshot.yaml", "--history", house.address]
    assert run([*command, "-o", "again.json"]) == 0
    return json.loads((house.folder / "again.json").read_text(encoding="utf-8"))


def test_a_plan_with_history_is_made_again_with_it(house, capsys):
    assert execute(house, house.plan, "--only", "C-2", *WITH) == 0
    capsys.readouterr()
    data = planned_with_history(house)
    assert data["actions"] == []
    command = ["execute", "again.json", "--ledger", house.address, "-s", "snapshot.yaml", *DAY, *WITH]
    capsys.readouterr()
    assert run(command) == 0
    assert capsys.readouterr().err == ""


def of_history(plan, head):
    """The plan as if it had been made with the history of a ledger that had this head."""
    return replace(plan, header=replace(plan.header, versions=(("ledger", head * 64),)))


@pytest.mark.parametrize("changes", [changes for changes, _ in FORGED[:6]])
def test_a_plan_whose_ledger_went_on_is_held_against_the_steps(house, changes):
    """Its head isn't the ledger's: a forger may claim that, and still can't leave an approval out."""
    with pytest.raises(UnfitPlanError, match="isn't what its policy asks for"):
        check_made(of_history(forged(house, **changes), "1"), house.policy, house.snapshot, None)


def test_who_gives_such_a_plan_is_told(house, capsys):
    plan = of_history(house.plan, "1")
    assert "another ledger" in check_made(plan, house.policy, house.snapshot, None)
    past = read_history(house.ledger(), {})
    assert "gone on" in check_made(plan, house.policy, house.snapshot, past)
    assert check_made(of_history(house.plan, "0"), house.policy, house.snapshot, past) is None
    assert execute(house, plan, *WITH) == 0
    assert "warning: the plan couldn't be made again to compare it, as its ledger" in capsys.readouterr().err


def test_what_is_in_the_ledger_already_is_not_made_again(house, monkeypatch, capsys):
    assert execute(house, house.plan, *WITH) == 0
    monkeypatch.setattr("policy_engine.execution.replan.each_draft", lambda *_: pytest.fail("made again"))
    assert execute(house, house.plan, *WITH) == 0
    capsys.readouterr()


def test_an_approval_that_depends_on_figures_is_found_lacking_only_when_the_plan_is_made_again(tmp_path):
    asked = "channel: email\n        approval: {role: clerk, when: invoice.outstanding > 50}\n"
    house = House(tmp_path, customers=1)
    house.policy_file.write_text(POLICY.replace("channel: email\n", asked, 1), encoding="utf-8")
    policy = pe.load_policy(house.policy_file, as_of=house.day)
    house.plan = pe.evaluate(policy, house.snapshot)
    assert house.plan.actions[0].approval == ApprovalNeeded("clerk", 1, False)
    plan = forged(house, grave=True, approval=None)
    check_steps(plan, policy)
    with pytest.raises(UnfitPlanError, match="`approval`"):
        check_made(plan, policy, house.snapshot, None)


def test_an_intervention_is_held_against_its_own_words(house):
    (action, *_) = house.plan.actions
    odd = action._replace(intervention="release", step="release")
    with pytest.raises(UnfitPlanError, match="it is no intervention of it"):
        check_steps(replace(house.plan, actions=(odd,)), house.policy)
    text = POLICY + "interventions:\n  - {name: release, channel: task, adapter: desk}\n"
    house.policy_file.write_text(text, encoding="utf-8")
    policy = pe.load_policy(house.policy_file, as_of=house.day)
    good = odd._replace(channel="task", adapter="desk")
    check_steps(replace(house.plan, actions=(good,)), policy)
    for change, wrong in (
        ({"channel": "email"}, "`channel` differs"), ({"adapter": "erp"}, "`adapter` differs"),
        ({"adapter": None}, "`adapter` differs"), ({"template": "x"}, "`template` differs"),
        ({"also": ("email",)}, "one carrier"),
    ):  # fmt: skip
        with pytest.raises(UnfitPlanError, match=wrong):
            check_steps(replace(house.plan, actions=(good._replace(**change),)), policy)
