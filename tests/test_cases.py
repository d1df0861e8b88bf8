"""The cases under tests/cases: language.md section 3, sentence by sentence, with figures worked out by hand.

A case is a folder: `policy.yaml` (it may extend a file of `_base/`), `snapshot.yaml`, `expected.yaml`. What
`expected.yaml` may hold is checked as strictly as what it says: `tests/cases/README.md` lists the keys. A case of
several `steps` reads the snapshot again on each step's `as_of`, with the rows added so far.
"""

import json
import shutil
from collections import Counter
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from policy_engine.engine.reference.evaluate import evaluate
from policy_engine.language.load import load_policy
from policy_engine.plan.model import OUTCOMES, REASONS, Action, Amounts, Line, Listed, Outcome, Plan
from policy_engine.policy.resolved import Policy
from policy_engine.snapshot.model import Snapshot
from policy_engine.snapshot.read import read_snapshot
from policy_engine.snapshot.tables import TABLES
from policy_engine.values.money import minor_text

CASES = Path(__file__).parent / "cases"
FOLDERS = sorted(path for path in CASES.iterdir() if path.is_dir() and not path.name.startswith("_"))
NUMBERS = {f"3.{number}" for number in range(1, 21)}

_TOP = {"numbers", "sentence", "note", "steps"}
_STEP = {
    "as_of", "add", "accept_unattributed", "refused", "outcomes", "actions", "alerts", "problems", "stopped",
    "summary", "order", "vouched", "valid_until", "decisions", "credit_alerts",
}  # fmt: skip
_OUTCOME = {
    "is", "on", "step", "until", "due_date", "days_late", "outstanding", "position", "segment", "ladder", "detail",
    "charges", "mentioned_in",
}  # fmt: skip
_ACTION = {
    "step", "customer", "channel", "stage", "also", "template", "adapter", "demanded", "mentioned", "listed",
    "principal", "credits", "interest", "lump_sums", "total", "priority", "approval", "exempt", "trigger_on", "send_on",
    "items", "currency", "intervention", "deadline", "lines", "same_id_as", "ladder",
}  # fmt: skip
_DECISION = {"is", "customer", "amount", "role", "exposure", "limit", "limit_of"}
_LINE = {
    "principal", "interest", "lump_sums", "disputed", "occurrence", "step", "trigger_on", "charges", "later", "carrier",
}  # fmt: skip
_SUMMARY = {
    "balance", "aged", "others", "amount", "invoices", "unreadable", "customers_overdue", "missing_rate", "actions",
}  # fmt: skip
_QUIET = {"no_addresses"}
"""Alerts that a case needn't name: most snapshots here have no addresses, and say so."""


def _checked(value: Any, known: set[str], where: str) -> dict[str, Any]:
    assert isinstance(value, dict), f"{where}: a map is expected, not {value!r}"
    unknown = value.keys() - known
    assert not unknown, f"{where}: unknown keys {sorted(unknown)}"
    return value


def expectation(folder: Path) -> dict[str, Any]:
    """`expected.yaml` with every scalar as text; a case without `steps` is its own only step."""
    text = (folder / "expected.yaml").read_text(encoding="utf-8")
    found = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - BaseLoader makes texts only
    _checked(found, _TOP | _STEP, folder.name)
    for key in ("numbers", "sentence"):
        assert found.get(key), f"{folder.name}: `{key}` is missing"
    assert set(found["numbers"]) <= NUMBERS, f"{folder.name}: {found['numbers']}"
    if "steps" not in found:
        found["steps"] = [{key: found.pop(key) for key in list(found) if key in _STEP}]
    assert not found.keys() & _STEP, f"{folder.name}: {found.keys() & _STEP} must stand in the steps"
    for step in found["steps"]:
        _checked(step, _STEP, folder.name)
    return found


@dataclass
class Stage:
    """A case laid out in a folder of its own, so that `extends: _base/...` stays inside the policy's root."""

    folder: Path
    policy: Policy
    sources: list[Path]

    def add(self, tables: dict[str, Any]) -> None:
        """Rows that a step adds, as one more source."""
        _checked(tables, {*TABLES, "manifest"}, "add")
        path = self.folder / f"added-{len(self.sources)}.json"
        path.write_text(json.dumps(tables), encoding="utf-8")
        self.sources.append(path)


def _stage(folder: Path, work: Path) -> Stage:
    shutil.copytree(CASES / "_base", work / "_base")
    for name in ("policy.yaml", "snapshot.yaml"):
        shutil.copy(folder / name, work / name)
    loaded = load_policy(work / "policy.yaml")
    assert loaded.policy is not None, "\n".join(item.render() for item in loaded.diagnostics)
    return Stage(work, loaded.policy, [work / "snapshot.yaml"])


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_case(folder: Path, tmp_path: Path) -> None:
    stage = _stage(folder, tmp_path / "case")
    plans: list[Plan] = []
    for place, step in enumerate(expectation(folder)["steps"]):
        if "add" in step:
            stage.add(step["add"])
        read = read_snapshot(
            stage.sources,
            as_of=date.fromisoformat(step["as_of"]) if "as_of" in step else None,
            policy_currency=stage.policy.currency,
            attributes=stage.policy.attributes,
            accept_unattributed=int(step.get("accept_unattributed", 0)),
        )
        where = f"{folder.name} step {place + 1}"
        if "refused" in step:
            assert read.snapshot is None, f"{where}: the snapshot was accepted"
            assert sorted({item.code for item in read.diagnostics}) == sorted(step["refused"]), where
            continue
        assert read.snapshot is not None, "\n".join(item.render() for item in read.diagnostics)
        plan = evaluate(stage.policy, read.snapshot)
        plans.append(plan)
        _compare(plan, step, plans, where)
        _keeps_its_promises(plan, stage.policy, read.snapshot, where)


def _keeps_its_promises(plan: Plan, policy: Policy, snapshot: Snapshot, where: str) -> None:
    """What holds for every plan, whatever a case is about."""
    rows = Counter(invoice.id for account in snapshot.accounts for invoice in account.invoices)
    rows.update(row.id for row in snapshot.broken_invoices)
    assert Counter(row.invoice for row in plan.outcomes) == rows, f"{where}: not one outcome a row"
    assert sum(count for _, _, count, _, _ in plan.summary.outcomes) == len(plan.outcomes), where
    assert sum(bucket.amount for bucket in plan.summary.aged) == plan.summary.balance, where
    by_id = {action.id: action for action in plan.actions}
    assert len(by_id) == len(plan.actions), f"{where}: an action's id stands twice"
    for action in plan.actions:
        assert action.total == action.principal + action.interest + action.lump_sums, where
        lines = action.demanded + action.mentioned
        assert action.principal + action.credits == sum(line.principal for line in lines), where
        assert action.intervention is not None or action.demanded, f"{where}: {action.step} demands nothing"
        if action.intervention is None and policy.ladder(action.ladder).scope == "customer":
            assert not any(line.charges for line in action.mentioned), where
            assert sum(line.carrier for line in action.demanded) == 1, where
        else:
            assert all(line.step != action.step for line in action.mentioned), where
    for row in plan.outcomes:
        assert (row.action is not None) == (row.outcome == "acted"), where
        if row.action is not None:
            lines = by_id[row.action].demanded if row.reason == "demanded" else by_id[row.action].mentioned
            assert row.invoice in {line.invoice for line in lines}, where
    assert evaluate(policy, snapshot) == plan, f"{where}: not the same twice"


def _compare(plan: Plan, step: dict[str, Any], plans: list[Plan], where: str) -> None:
    _outcomes(plan, step.get("outcomes"), where)
    _actions(plan, step.get("actions", []), plans, where)
    alerts = sorted(f"{alert.code} {alert.subject}".strip() for alert in plan.alerts)
    wanted = sorted(step.get("alerts", []))
    assert [alert for alert in alerts if alert not in _quiet(wanted)] == wanted, f"{where}: alerts {alerts}"
    problems = sorted(f"{problem.table} {problem.row}".strip() for problem in plan.problems)
    assert problems == sorted(step.get("problems", [])), f"{where}: problems"
    assert sorted(stop.safeguard for stop in plan.stopped) == sorted(step.get("stopped", [])), f"{where}: stopped"
    _decisions(plan, step.get("decisions", {}), where)
    told = [f"{alert.alert} {alert.customer}" for alert in plan.credit_alerts]
    assert told == step.get("credit_alerts", []), f"{where}: credit alerts"
    _summary(plan, step.get("summary", {}), where)
    if "vouched" in step:
        assert str(plan.vouched).lower() == step["vouched"], where
    if "valid_until" in step:
        assert str(plan.valid_until) == step["valid_until"], where
    if "order" in step:
        order = _checked(step["order"], {"outcomes", "actions"}, where)
        assert [row.invoice for row in plan.outcomes] == order.get("outcomes", [r.invoice for r in plan.outcomes])
        found = [f"{action.customer} {action.step}" for action in plan.actions]
        assert found == order.get("actions", found), f"{where}: order of the actions"


def _decisions(plan: Plan, wanted: dict[str, Any], where: str) -> None:
    """Each order's decision, in the order of the plan; `decision/reason`, or a map."""
    assert [row.order for row in plan.decisions] == list(wanted), f"{where}: decisions on orders"
    for row in plan.decisions:
        expected = wanted[row.order]
        found = {
            "is": f"{row.decision}/{row.reason}",
            "customer": row.customer,
            "amount": minor_text(row.amount, row.currency),
            "role": row.role or "none",
            "exposure": minor_text(row.exposure, plan.currency),
            "limit": "none" if row.limit is None else minor_text(row.limit, plan.currency),
            "limit_of": row.limit_of,
        }
        one = {"is": expected} if isinstance(expected, str) else _checked(expected, _DECISION, where)
        assert "is" in one, f"{where} {row.order}: `is` is missing"
        for key, value in one.items():
            assert found[key] == value, f"{where} {row.order}: {key} (all: {found})"


def _quiet(wanted: list[str]) -> set[str]:
    return {f"{code} contact_persons" for code in _QUIET} - set(wanted)


def _summary(plan: Plan, wanted: dict[str, Any], where: str) -> None:
    summary, money = plan.summary, plan.currency
    found: dict[str, Any] = {
        "balance": minor_text(summary.balance, money),
        "aged": {bucket.name: minor_text(bucket.amount, money) for bucket in summary.aged if bucket.amount},
        "amount": {currency: minor_text(amount, currency) for currency, amount in summary.amount},
        "others": {
            other.currency: {
                "balance": minor_text(other.balance, other.currency),
                "aged": {b.name: minor_text(b.amount, other.currency) for b in other.aged if b.amount},
                "outcomes": {
                    f"{outcome}/{reason}": minor_text(outstanding, other.currency)
                    for outcome, reason, _, _, outstanding in other.outcomes
                },
            }
            for other in summary.other_currencies
        },
        "invoices": str(summary.invoices),
        "unreadable": str(summary.unreadable),
        "customers_overdue": str(summary.customers_overdue),
        "missing_rate": str(summary.missing_rate),
        "actions": str(summary.actions),
    }
    for key, value in _checked(wanted, _SUMMARY, where).items():
        assert found[key] == value, f"{where}: summary.{key}"


def _charges(charges: tuple[Amounts, ...], money: str) -> dict[str, str]:
    return {amounts.penalty: minor_text(amounts.asked, money) for amounts in charges}


def _outcomes(plan: Plan, wanted: Any, where: str) -> None:
    assert isinstance(wanted, dict), f"{where}: `outcomes` is missing"
    rows: dict[str, list[Outcome]] = {}
    for row in plan.outcomes:
        rows.setdefault(row.invoice, []).append(row)
    assert rows.keys() == wanted.keys(), f"{where}: invoices without, or beyond, an expected outcome"
    for invoice, expected in wanted.items():
        several = expected if isinstance(expected, list) else [expected]
        assert len(rows[invoice]) == len(several), f"{where}: rows of {invoice}"
        for row, one in zip(rows[invoice], several, strict=True):
            _outcome(row, {"is": one} if isinstance(one, str) else _checked(one, _OUTCOME, where), plan, where)


def _outcome(row: Outcome, wanted: dict[str, Any], plan: Plan, where: str) -> None:
    money = row.currency or plan.currency
    following = row.next
    found: dict[str, Any] = {
        "is": f"{row.outcome}/{row.reason}",
        "on": str(following.on) if following else None,
        "step": following.step if following and following.step else "none",
        "until": following.until if following else None,
        "due_date": str(row.due_date),
        "days_late": str(row.days_late),
        "outstanding": None if row.outstanding is None else minor_text(row.outstanding, money),
        "position": row.step or "none",
        "segment": row.segment,
        "ladder": row.ladder,
        "charges": _charges(row.charges, money),
        "mentioned_in": next((action.step for action in plan.actions if action.id == row.action), None),
    }
    assert "is" in wanted, f"{where} {row.invoice}: `is` is missing"
    for key, value in wanted.items():
        if key == "detail":
            assert value.items() <= dict(row.detail).items(), f"{where} {row.invoice}: detail {row.detail}"
        else:
            assert found[key] == value, f"{where} {row.invoice}: {key} (all: {found})"


def _actions(plan: Plan, wanted: list[dict[str, Any]], plans: list[Plan], where: str) -> None:
    """Each expected action is exactly one of the plan's, and there are no others."""
    customers = {row.customer for row in plan.outcomes}
    left = list(plan.actions)
    for expected in wanted:
        _checked(expected, _ACTION, where)
        assert "step" in expected or "intervention" in expected, f"{where}: an action without `step`"
        full = {"demanded": [], "mentioned": [], "listed": [], **expected}
        if len(customers) > 1:
            assert "customer" in full, f"{where}: say whose action {expected} is"
        near = [action for action in left if _differences(action, full, plan, plans)[:1] in ([], ["id"])]
        differing = {action.step: _differences(action, full, plan, plans) for action in left}
        assert near, f"{where}: no action like {expected}; differences by step: {differing}"
        assert not _differences(near[0], full, plan, plans), f"{where}: {near[0].step} has another id"
        left.remove(near[0])
    assert not left, f"{where}: unexpected actions {[(a.customer, a.step, a.items) for a in left]}"


def _unit(line: Line | Listed) -> str:
    """The invoice's id; of an instalment `invoice/instalment`."""
    return line.invoice if line.instalment is None else f"{line.invoice}/{line.instalment}"


def _differences(action: Action, wanted: dict[str, Any], plan: Plan, plans: list[Plan]) -> list[str]:
    def money(minor: int) -> str:
        return minor_text(minor, action.currency)

    approval = action.approval
    found: dict[str, Any] = {
        "step": action.step,
        "customer": action.customer,
        "ladder": action.ladder,
        "channel": action.channel,
        "stage": action.stage,
        "also": list(action.also),
        "template": action.template,
        "adapter": action.adapter,
        "demanded": [_unit(line) for line in action.demanded],
        "mentioned": [_unit(line) for line in action.mentioned],
        "listed": [_unit(row) for row in action.listed],
        "currency": action.currency,
        "principal": money(action.principal),
        "credits": money(action.credits),
        "interest": money(action.interest),
        "lump_sums": money(action.lump_sums),
        "total": money(action.total),
        "priority": action.priority,
        "approval": "none" if approval is None else f"{approval.role} x{approval.people}",
        "exempt": str(action.exempt).lower(),
        "trigger_on": str(action.trigger_on),
        "send_on": str(action.send_on),
        "items": list(action.items),
        "intervention": action.intervention,
        "deadline": None if action.deadline is None else str(action.deadline),
    }
    different = [
        f"{key}: {found[key]!r}, not {value!r}"
        for key, value in wanted.items()
        if key not in ("lines", "same_id_as") and found[key] != value
    ]
    lines = {_unit(line): line for line in action.demanded + action.mentioned}
    for invoice, values in wanted.get("lines", {}).items():
        _checked(values, _LINE, invoice)
        line = lines.get(invoice)
        if line is None:
            different.append(f"no line {invoice}")
            continue
        seen: dict[str, Any] = {
            "principal": money(line.principal),
            "interest": money(line.interest),
            "lump_sums": money(line.lump_sums),
            "disputed": money(line.disputed),
            "occurrence": str(line.occurrence),
            "step": line.step,
            "trigger_on": str(line.trigger_on),
            "later": money(line.later),
            "carrier": str(line.carrier).lower(),
            "charges": _charges(line.charges, action.currency),
        }
        different += [f"{invoice}.{key}: {seen[key]!r}" for key, value in values.items() if seen[key] != value]
    if not different and "same_id_as" in wanted:
        earlier = plans[int(wanted["same_id_as"]) - 1]
        if action.id not in {other.id for other in earlier.actions}:
            different.append("id")
    return different


def test_every_number_has_a_case() -> None:
    shown = {number for folder in FOLDERS for number in expectation(folder)["numbers"]}
    assert shown == NUMBERS, f"no case for {sorted(NUMBERS - shown)}"


def test_there_are_enough_cases_with_sentences_of_their_own() -> None:
    assert len(FOLDERS) >= 85
    assert {path.name for folder in FOLDERS for path in folder.iterdir()} == {
        "policy.yaml",
        "snapshot.yaml",
        "expected.yaml",
    }
    numbers = [folder.name.partition("-")[0] for folder in FOLDERS]
    assert len(set(numbers)) == len(numbers), "two cases share a number"


def _expected_outcomes() -> set[str]:
    """Every `outcome/reason` that some case expects; holds under the name `held/<hold>`."""
    found: set[str] = set()
    for folder in FOLDERS:
        for step in expectation(folder)["steps"]:
            for expected in step.get("outcomes", {}).values():
                for one in expected if isinstance(expected, list) else [expected]:
                    found.add(one if isinstance(one, str) else one["is"])
    known = set(REASONS["held"])
    return {
        "held/<hold>" if pair.startswith("held/") and pair.removeprefix("held/") not in known else pair
        for pair in found
    }


def test_every_outcome_is_expected_with_every_reason() -> None:
    """3.3: a test enumerates the pairs."""
    assert _expected_outcomes() == {f"{outcome}/{reason}" for outcome in OUTCOMES for reason in REASONS[outcome]}
