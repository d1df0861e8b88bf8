"""What the tests of other dunning systems assert, reproduced with this language's settings where it has them.

Each fact is run through policy, snapshot and plan; `@fact` says what must come out, in the words of the collection of
facts (Kill Bill, Tryton, metasfresh, Invoice Ninja). Where the collection lies beside the repository, what stands here
is compared with it, and each of its 50 facts must be mapped or be told off in `NOT_APPLICABLE`.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from policy_engine.engine.reference.evaluate import evaluate
from policy_engine.language.load import load_policy
from policy_engine.plan.model import Action, Outcome, Plan
from policy_engine.snapshot.read import read_snapshot
from policy_engine.values.money import minor_text

COLLECTION = Path(__file__).parents[3] / "shared" / "data" / "examples" / "ladders.yaml"

NOT_APPLICABLE = {
    "KB-006": "a balance of zero is settled here, not unpaid (a deliberate difference)",
    "KB-007": "steps stand in the file from the first to the last; nothing is evaluated backwards",
    "TR-011": "a fee in percent: `kind: percent` comes later",
    "MF-005": "no switch shows everything due at a level: what isn't due is at most listed",
    "MF-012": "no dunning in another currency than the invoice's (a deliberate difference)",
    "MF-015": "a negative `after_previous` is refused, not read as 0",
    "MF-017": "a plan expires by `valid_for`, never by a later grace date; blocks are judged by the next plan",
    "MF-019": "a history row has one status, not two flags that can contradict each other",
    "IN-004": "no step is skipped because its day has gone by (a deliberate difference)",
}

D0 = date(2025, 3, 3)
THREE = ("{name: l1, days: 5}", "{name: l2, days: 20}", "{name: l3, days: 40}")
TENS = ("{name: l1, days: 10}", "{name: l2, days: 20}", "{name: l3, days: 30}")
DUNNED = ("l1", "delivered")


def day(offset: int, start: date = D0) -> date:
    return start + timedelta(days=offset)


@dataclass
class Desk:
    """Runs a policy of a few steps on a snapshot of a few rows."""

    folder: Path

    def plan(
        self,
        as_of: date,
        steps: Sequence[str],
        invoices: Sequence[dict[str, Any]],
        *,
        ladder: str = "",
        top: str = "",
        customer: dict[str, Any] | None = None,
        after_previous: int = 0,
        **tables: Sequence[dict[str, Any]],
    ) -> Plan | None:
        """The plan, or None when the snapshot is refused."""
        listed = "".join(
            "      - " + "{stage: reminder, channel: email, "
            + ("" if "after_previous" in step else f"after_previous: {after_previous}, ") + step.lstrip("{") + "\n"
            for step in steps
        )  # fmt: skip
        policy = (
            "dunning: 1\npolicy: fact\ncurrency: EUR\ncalendar: {adjust: none}\n"
            + ("" if "segments:" in top else "segments:\n  - {name: everybody, ladder: standard}\n")
            + f"{top}\nladders:\n  standard:\n{ladder}    steps:\n{listed}"
        )
        snapshot = {
            "customers": [{"id": "C-1", "name": "Customer", "kind": "business", **(customer or {})}],
            "invoices": list(invoices),
            **{name: list(rows) for name, rows in tables.items()},
        }
        (self.folder / "policy.yaml").write_text(policy, encoding="utf-8")
        (self.folder / "snapshot.json").write_text(json.dumps(snapshot), encoding="utf-8")
        loaded = load_policy(self.folder / "policy.yaml")
        assert loaded.policy is not None, "\n".join(item.render() for item in loaded.diagnostics)
        read = read_snapshot(
            [self.folder / "snapshot.json"], as_of=as_of, policy_currency="EUR", attributes=loaded.policy.attributes
        )
        return None if read.snapshot is None else evaluate(loaded.policy, read.snapshot)


def bill(
    ident: str = "A", amount: str = "100", due: date = D0, issued: date | None = None, **more: Any
) -> dict[str, Any]:
    return {
        "id": ident, "customer": "C-1", "kind": "invoice", "currency": "EUR", "amount": amount,
        "issue_date": str(issued or due), "due_date": str(due), **more,
    }  # fmt: skip


def past(step: str, status: str, on: date, invoice: str = "A") -> dict[str, Any]:
    return {
        "id": f"H-{invoice}-{step}-{status}-{on}", "invoice": invoice, "step": step, "stage": "reminder",
        "channel": "email", "status": status, "date": str(on),
    }  # fmt: skip


def paid(ident: str, amount: str, on: date, invoice: str | None = None) -> dict[str, Any]:
    row = {"id": ident, "customer": "C-1", "date": str(on), "amount": amount, "currency": "EUR"}
    return row if invoice is None else {**row, "invoice": invoice}


def only(plan: Plan | None) -> Action:
    assert plan is not None
    (action,) = plan.actions
    return action


def row(plan: Plan | None, invoice: str = "A") -> Outcome:
    assert plan is not None
    return next(outcome for outcome in plan.outcomes if outcome.invoice == invoice)


def level(plan: Plan | None, invoice: str = "A") -> str:
    """The step that the plan takes for the invoice, `null` for none."""
    assert plan is not None
    lines = [line for action in plan.actions for line in action.demanded + action.mentioned]
    return next((line.step for line in lines if line.invoice == invoice), "null")


def rung(plan: Plan | None, invoice: str = "A") -> str:
    """The same as a number."""
    return level(plan, invoice).removeprefix("l")


def yes(found: bool) -> str:
    return "true" if found else "false"


def coming(plan: Plan | None) -> str:
    following = row(plan).next
    return str(following.on if following else None)


Run = Callable[[Desk], Any]
FACTS: dict[str, tuple[Run, Any, str]] = {}


def fact(ident: str, how: str, expected: Any) -> Callable[[Run], Run]:
    """Register a fact: how it is mapped, and what must come out."""

    def keep(run: Run) -> Run:
        assert ident not in FACTS
        FACTS[ident] = (run, expected, how)
        return run

    return keep


# ---------------------------------------------------------------------------------------------------- Kill Bill
@fact(
    "KB-001",
    "a step's `when` on customer.open_invoices",
    [{"matches": "false"}, {"matches": "true"}, {"matches": "true"}],
)
def _(desk: Desk) -> Any:
    def matches(count: int) -> str:
        bills = [bill(f"F-{place}") for place in range(count)]
        plan = desk.plan(day(1), ["{name: l1, days: 1, when: customer.open_invoices >= 1}"], bills)
        return yes(bool(plan and plan.actions))

    return [{"matches": matches(count)} for count in (0, 1, 2)]


@fact(
    "KB-002",
    "a step's `when` on customer.outstanding",
    [{"matches": "false"}, {"matches": "true"}, {"matches": "true"}],
)
def _(desk: Desk) -> Any:
    steps = ["{name: l1, days: 1, when: customer.outstanding >= 100.00}"]
    return [
        {"matches": yes(level(desk.plan(day(1), steps, [bill(amount=amount)])) == "l1")}
        for amount in ("0", "100", "200")
    ]


@fact("KB-003", "a delay from the issue date", [{"matches": "false"}, {"matches": "true"}, {"matches": "true"}])
def _(desk: Desk) -> Any:
    steps, anchor = ["{name: l1, days: 10}"], "    anchor: issue_date\n"
    none = desk.plan(D0, steps, [], ladder=anchor)
    found = [desk.plan(day(days), steps, [bill(issued=D0)], ladder=anchor) for days in (10, 20)]
    assert level(desk.plan(day(9), steps, [bill(issued=D0)], ladder=anchor)) == "null"
    return [{"matches": yes(bool(none and none.actions))}, *({"matches": yes(level(plan) == "l1")} for plan in found)]


@fact("KB-004", "a declared attribute and `in`", [{"matches": "false"}, {"matches": "true"}, {"matches": "true"}])
def _(desk: Desk) -> Any:
    step = '{name: l1, days: 1, when: \'customer.failure in ["INSUFFICIENT_FUNDS", "DO_NOT_HONOR"]\'}'
    top = "attributes:\n  customer: {failure: text}\n"
    reasons = ("LOST_OR_STOLEN_CARD", "INSUFFICIENT_FUNDS", "DO_NOT_HONOR")
    plans = [desk.plan(day(1), [step], [bill()], top=top, customer={"failure": reason}) for reason in reasons]
    return [{"matches": yes(level(plan) == "l1")} for plan in plans]


@fact("KB-005", "has(customer.tags, ...)", [{"matches": "false"}, {"matches": "true"}, {"matches": "true"}])
def _(desk: Desk) -> Any:
    step = "{name: l1, days: 1, when: 'has(customer.tags, \"OVERDUE_ENFORCEMENT_OFF\")'}"
    groups = (
        ["AUTO_INVOICING_OFF", "<descriptive>"],
        ["OVERDUE_ENFORCEMENT_OFF"],
        ["OVERDUE_ENFORCEMENT_OFF", "AUTO_INVOICING_OFF", "<descriptive>"],
    )
    plans = [desk.plan(day(1), [step], [bill()], customer={"tags": tags}) for tags in groups]
    return [{"matches": yes(level(plan) == "l1")} for plan in plans]


@fact(
    "KB-008", "progression: jump, anchor: issue_date, `when` on a tag",
    [{"days_elapsed": days, "level": od} for days, od in (("31", "OD1"), ("41", "OD2"), ("51", "OD3"))],
)  # fmt: skip
def _(desk: Desk) -> Any:
    steps = [
        "{name: od1, days: 30, when: 'has(customer.tags, \"TEST\")'}", "{name: od2, days: 40}", "{name: od3, days: 50}",
    ]  # fmt: skip
    ladder = "    progression: jump\n    anchor: issue_date\n"
    found = []
    for days in (31, 41, 51):
        plan = desk.plan(day(days), steps, [bill(amount="10")], ladder=ladder, customer={"tags": "TEST"})
        found.append({"days_elapsed": str(days), "level": level(plan).upper()})
    return found


@fact("KB-009", "ladder: none", {"level": "CLEAR", "blocked": "false"})
def _(desk: Desk) -> Any:
    top = "segments:\n  - {name: nobody, ladder: none}\n"
    plan = desk.plan(day(31), TENS, [bill(amount="10")], top=top)
    return {"level": level(plan).replace("null", "CLEAR"), "blocked": yes(row(plan).outcome == "held")}


# ------------------------------------------------------------------------------------------------------- Tryton
def tryton(desk: Desk, offset: int, history: Sequence[dict[str, Any]] = (), **tables: Any) -> Plan | None:
    """The scenario's ladder, with another item of the customer that is reconciled and never dunned."""
    payments = [paid("P-B", "100", D0, "B"), *tables.pop("payments", ())]
    plan = desk.plan(day(offset), THREE, [bill(), bill("B")], history=history, payments=payments, **tables)
    assert level(plan, "B") == "null"
    return plan


@fact("TR-001", "stepwise", {"dunnings": "0"})
def _(desk: Desk) -> Any:
    plan = tryton(desk, 4)
    return {"dunnings": str(len(plan.actions) if plan else None)}


@fact("TR-002", "stepwise", {"level": "1"})
def _(desk: Desk) -> Any:
    return {"level": rung(tryton(desk, 5))}


@fact("TR-003", "a pending row advances nothing and lets nothing new through", {"level": "1", "state": "draft"})
def _(desk: Desk) -> Any:
    plan = tryton(desk, 30, [past("l1", "awaiting_approval", day(30))])
    assert plan is not None
    assert plan.actions == ()
    assert (row(plan).reason, row(plan).step) == ("pending", None)
    return {"level": "1", "state": "draft"} if row(plan).next is not None else None


@fact("TR-004", "a delivered row", {"level": "1", "state": "done"})
def _(desk: Desk) -> Any:
    found = row(tryton(desk, 30, [past("l1", "delivered", day(30))]))
    return {"level": (found.step or "").removeprefix("l"), "state": "done" if found.reason == "already_today" else "?"}


@fact("TR-005", "the blocks table", {"level": "1", "blocked": "true"})
def _(desk: Desk) -> Any:
    blocks = [{"id": "B-1", "invoice": "A", "from": str(D0)}]
    found = row(tryton(desk, 30, [past("l1", "delivered", day(5))], blocks=blocks))
    return {"level": (found.step or "").removeprefix("l"), "blocked": yes(found.reason == "block")}


@fact("TR-006", "the block has ended: the ladder goes on where it stood", {"level": "2"})
def _(desk: Desk) -> Any:
    blocks = [{"id": "B-1", "invoice": "A", "from": str(D0), "until": str(day(29))}]
    return {"level": rung(tryton(desk, 30, [past("l1", "delivered", day(5))], blocks=blocks))}


@fact("TR-007", "settled comes before everything under way", {"active_dunnings": "0"})
def _(desk: Desk) -> Any:
    history = [past("l1", "delivered", day(5)), past("l2", "planned", day(29))]
    plan = tryton(desk, 30, history, payments=[paid("P-A", "100", day(28), "A")])
    assert row(plan).outcome == "settled"
    return {"active_dunnings": str(len(plan.actions) if plan else None)}


@fact("TR-008", "settled", {"active_dunnings": "0"})
def _(desk: Desk) -> Any:
    plan = tryton(desk, 50, payments=[paid("P-A", "100", day(28), "A")])
    return {"active_dunnings": str(len(plan.actions) if plan else None)}


@fact(
    "TR-010",
    "days: 0, and ladder_done after the last step",
    [{"level": "1"}, {"state": "waiting"}, {"new_reminder": "false"}],
)
def _(desk: Desk) -> Any:
    steps = ["{name: l1, days: 0}"]
    first = desk.plan(day(1), steps, [bill()])
    history = [past("l1", "delivered", day(1))]
    processed, after = (desk.plan(day(offset), steps, [bill()], history=history) for offset in (1, 2))
    assert row(after).reason == "ladder_done"
    return [{"level": rung(first)}, {"state": row(processed).outcome}, {"new_reminder": yes(level(after) != "null")}]


@fact("TR-012", "netting: oldest_first", {"level": "1", "after_process": "waiting"})
def _(desk: Desk) -> Any:
    payments = [paid("P-1", "50", D0)]
    people = [{"id": "K-1", "customer": "C-1", "email": "customer@example.com"}]
    plan = desk.plan(day(5), ["{name: l1, days: 5}"], [bill()], payments=payments, contact_persons=people)
    assert minor_text(only(plan).principal, "EUR") == "50.00"
    history = [past("l1", "delivered", day(5))]
    after = desk.plan(day(5), ["{name: l1, days: 5}"], [bill()], payments=payments, history=history)
    return {"level": rung(plan), "after_process": row(after).outcome}


# --------------------------------------------------------------------------------------------------- metasfresh
@fact("MF-001", "a balance of zero is settled", {"eligible": "false"})
def _(desk: Desk) -> Any:
    return {"eligible": yes(level(desk.plan(day(15), TENS, [bill(amount="0")])) != "null")}


@fact(
    "MF-002", "a delay of N fires on day N",
    [{"days_due": "5", "eligible": "false"}, *({"days_due": days, "eligible": "true"} for days in ("10", "11", "15"))],
)  # fmt: skip
def _(desk: Desk) -> Any:
    return [
        {"days_due": str(days), "eligible": yes(level(desk.plan(day(days), TENS[:1], [bill()])) == "l1")}
        for days in (5, 10, 11, 15)
    ]


@fact("MF-003", "a hold on invoice.disputed", {"eligible": "false"})
def _(desk: Desk) -> Any:
    disputes = [{"id": "D-1", "invoice": "A", "opened": str(day(3))}]
    holds = "holds:\n  - {name: disputed, when: invoice.disputed}\n"
    plan = desk.plan(day(15), TENS[:1], [bill()], top=holds, disputes=disputes)
    assert row(plan).reason == "disputed"
    return {"eligible": yes(level(plan) != "null")}


@fact(
    "MF-004", "not overdue: not due", [{"days_due": "-1", "eligible": "false"}, {"days_due": "-1", "eligible": "false"}]
)
def _(desk: Desk) -> Any:
    alone = desk.plan(day(-1), TENS[:1], [bill()])
    beside = desk.plan(day(-1), TENS[:1], [bill(), bill("B", due=day(-20))])  # its message doesn't take A along
    assert level(beside, "B") == "l1"
    return [{"days_due": "-1", "eligible": yes(level(plan) != "null")} for plan in (alone, beside)]


@fact("MF-006", "stepwise", {"created": "false"})
def _(desk: Desk) -> Any:
    plan = desk.plan(day(25), TENS, [bill()])
    assert level(plan) == "l1"
    return {"created": yes(level(plan) == "l2")}


@fact("MF-007", "a row under way advances nothing", {"created": "false"})
def _(desk: Desk) -> Any:
    due = date(2012, 1, 26)  # 25 days before 20 February
    plan = desk.plan(date(2012, 2, 20), TENS, [bill(due=due)], history=[past("l1", "sending", date(2012, 2, 1))])
    return {"created": yes(level(plan) == "l2")}


@fact(
    "MF-008", "stepwise, one step a run",
    [{"as_of": f"2012-{day_}", "level": of} for day_, of in (("02-01", "1"), ("02-20", "2"), ("03-01", "3"))],
)  # fmt: skip
def _(desk: Desk) -> Any:
    history: list[dict[str, Any]] = []
    found = []
    for run in (date(2012, 2, 1), date(2012, 2, 20), date(2012, 3, 1)):
        step = level(desk.plan(run, TENS, [bill(due=date(2011, 12, 28))], history=history))
        found.append({"as_of": str(run), "level": step.removeprefix("l")})
        history.append(past(step, "delivered", run))
    return found


@fact(
    "MF-009", "after_previous, inclusive",
    [{"level_2_created": "false"}, {"level_2_created": "true"}, {"level_2_created": "true"}],
)  # fmt: skip
def _(desk: Desk) -> Any:
    steps = ["{name: l1, days: 10}", "{name: l2, days: 20, after_previous: 10}", "{name: l3, days: 60}"]
    history = [past("l1", "delivered", date(2012, 2, 1))]
    plans = [
        desk.plan(date(2012, 2, of), steps, [bill(due=date(2012, 2, of) - timedelta(days=25))], history=history)
        for of in (5, 11, 20)
    ]
    return [{"level_2_created": yes(level(plan) == "l2")} for plan in plans]


@fact(
    "MF-010", "a block of the invoice, its last day included",
    [{"created": "true"}, {"created": "true"}, {"created": "false"}, {"created": "false"}],
)  # fmt: skip
def _(desk: Desk) -> Any:
    as_of, found = date(2012, 2, 1), []
    for until in (None, "2012-01-31", "2012-02-01", "2012-02-02"):
        blocks = [{"id": "B-1", "invoice": "A", "from": "2012-01-01", "until": until}] if until else []
        plan = desk.plan(as_of, TENS[:1], [bill(due=date(2012, 1, 7))], blocks=blocks)
        found.append({"created": yes(level(plan) == "l1")})
    return found


@fact("MF-011", "history of today counts", {"second_run_same_level": "nothing created"})
def _(desk: Desk) -> Any:
    as_of = date(2013, 2, 1)
    bills = [bill(due=date(2013, 1, 17))]
    assert level(desk.plan(as_of, TENS[:1], bills)) == "l1"
    for status in ("planned", "delivered"):
        again = desk.plan(as_of, TENS[:1], bills, history=[past("l1", status, as_of)])
        assert again is not None
        assert again.actions == ()
    return {"second_run_same_level": "nothing created"}


@fact("MF-013", "after_previous counts from the latest delivered row", {"last_effective": "2013-01-04"})
def _(desk: Desk) -> Any:
    history = [past("l1", "delivered", date(2013, 1, number)) for number in (1, 2, 4, 3)]
    history.append(past("l1", "planned", date(2014, 1, 1)))
    steps = ["{name: l1, days: 1}", "{name: l2, days: 2, after_previous: 400}"]
    plan = desk.plan(date(2014, 1, 15), steps, [bill(due=date(2012, 12, 1))], history=history)
    following = row(plan).next
    assert following is not None
    assert following.on is not None
    return {"last_effective": str(following.on - timedelta(days=400))}


@fact(
    "MF-014",
    "after_previous; history of the future is refused",
    [{"ok": "false"}, {"ok": "false"}, {"ok": "true"}, {"ok": "true"}],
)
def _(desk: Desk) -> Any:
    found = []
    for last, as_of, required in ((10, 1, 3), (1, 10, 15), (1, 10, 7), (None, 10, 1000)):
        steps = ["{name: l1, days: 1}", f"{{name: l2, days: 2, after_previous: {required}}}"]
        if last is None:
            steps = [steps[1]]
        history = [past("l1", "delivered", date(2013, 1, last))] if last else []
        plan = desk.plan(date(2013, 1, as_of), steps, [bill(due=date(2012, 12, 1))], history=history)
        found.append({"ok": yes(plan is not None and level(plan) == "l2")})
    return found


@fact(
    "MF-016", "stepwise and blocks; nothing is ever written off",
    [
        {"run": "1", "levels": {"inv1": "1", "inv2": "1", "inv3": "null", "inv4": "1"}}, {"inv4": "not processed"},
        {"run": "2", "inv2": "2"},
    ],
)  # fmt: skip
def _(desk: Desk) -> Any:
    as_of = date(2012, 2, 1)
    ages = {"inv1": 15, "inv2": 25, "inv3": 15, "inv4": 15}
    bills = [bill(name, "110", due=as_of - timedelta(days=age)) for name, age in ages.items()]
    grace = [{"id": "B-3", "invoice": "inv3", "from": "2012-01-01", "until": "2014-01-01"}]
    first = desk.plan(as_of, TENS[:2], bills, blocks=grace)
    levels = {name: rung(first, name) for name in ages}
    grace.append({"id": "B-4", "invoice": "inv4", "from": "2012-01-01", "until": "2014-01-01"})
    history = [past("l1", "delivered", as_of, name) for name in ("inv1", "inv2")]
    second = desk.plan(as_of + timedelta(days=1), TENS[:2], bills, blocks=grace, history=history)
    assert level(second, "inv1") == "null"
    return [
        {"run": "1", "levels": levels},
        {"inv4": "not processed" if level(second, "inv4") == "null" else "processed"},
        {"run": "2", "inv2": rung(second, "inv2")},
    ]


@fact("MF-018", "segments: the first match wins", [{"used": "bp"}, {"used": "bp group"}, {"used": "org default"}])
def _(desk: Desk) -> Any:
    def used(*segments: str) -> str:
        rows = "".join(f"  - {segment}\n" for segment in (*segments, "{name: org_default, ladder: standard}"))
        plan = desk.plan(day(1), TENS, [bill()], top=f"segments:\n{rows}", customer={"category": "group"})
        return (row(plan).segment or "").replace("_", " ")

    own = '{name: bp, when: customer.id == "C-1", ladder: standard}'
    group = '{name: bp_group, when: customer.category == "group", ladder: standard}'
    return [{"used": used(own, group)}, {"used": used(group)}, {"used": used()}]


@fact("MF-020", "occurrence counts executed rows", {"times_dunned_counts": "completed runs only"})
def _(desk: Desk) -> Any:
    history = [
        past("l1", "delivered", day(5)), past("l1", "failed", day(8)), past("l1", "planned", day(9)),
        past("l1", "delivered", day(12)), past("l1", "cancelled", day(13)),
    ]  # fmt: skip
    action = only(desk.plan(day(30), ["{name: l1, days: 5, repeat: {every: 7}}"], [bill()], history=history))
    assert action.items == ("A|l1|3",)
    return {"times_dunned_counts": "completed runs only"}


# ------------------------------------------------------------------------------------------------ Invoice Ninja
@fact(
    "IN-001", "anchor: issue_date, and a repeat of the last step; hours of the day don't exist",
    [
        {"as_of": "2024-03-01", "next_send": "2024-03-06"}, {"sent": "1", "next_send": "2024-03-11"}, {"sent": "null"},
        {"sent": "2", "next_send": "2024-03-16"}, {"as_of": "2024-03-16", "sent": "3", "next_send": "2024-03-30"},
        {"as_of": "2024-03-30", "sent": "repeat", "next_send": "2024-04-13"},
    ],
)  # fmt: skip
def _(desk: Desk) -> Any:
    steps = ["{name: l1, days: 5}", "{name: l2, days: 10}", "{name: l3, days: 15, repeat: {every: 14}}"]
    bills = [bill(amount="10", due=date(2024, 3, 15), issued=date(2024, 3, 1))]
    history: list[dict[str, Any]] = []

    def on(number: int) -> Plan | None:
        return desk.plan(date(2024, 3, number), steps, bills, ladder="    anchor: issue_date\n", history=history)

    found: list[dict[str, str]] = [{"as_of": "2024-03-01", "next_send": coming(on(1))}]
    for number in (6, 11, 16, 30):
        if number == 11:
            found.append({"sent": level(on(10))})  # before its time
        plan = on(number)
        item = only(plan).items[0]
        sent = "repeat" if item == "A|l3|2" else rung(plan)
        history.append(past(level(plan), "delivered", date(2024, 3, number)))
        one = {"as_of": f"2024-03-{number}", "sent": sent, "next_send": coming(on(number))}
        found.append(one if number >= 16 else {key: one[key] for key in ("sent", "next_send")})
    return found


@fact("IN-002", "negative days", {"next_send": "2024-03-17"})
def _(desk: Desk) -> Any:
    bills = [bill(amount="10", due=date(2024, 3, 31), issued=date(2024, 3, 1))]
    return {"next_send": coming(desk.plan(date(2024, 3, 1), ["{name: l1, days: -14}"], bills))}


@fact("IN-003", "repeat.months clamps", {"next_send": "sent date + 1 month (no overflow)"})
def _(desk: Desk) -> Any:
    bills = [bill(amount="10", due=date(2024, 1, 10))]
    steps = ["{name: l1, days: 1, repeat: {months: 1}}"]
    for sent, following in ((date(2024, 1, 31), "2024-02-29"), (date(2024, 2, 29), "2024-03-29")):
        assert coming(desk.plan(sent, steps, bills, history=[past("l1", "delivered", sent)])) == following
    return {"next_send": "sent date + 1 month (no overflow)"}


@fact("IN-005", "negative days", {"next_send": "as_of + 28d"})
def _(desk: Desk) -> Any:
    steps = ["{name: l1, days: -2}", "{name: l2, days: 14}", "{name: l3, days: 30}"]
    found = coming(desk.plan(D0, steps, [bill(amount="10", due=day(30), issued=D0)]))
    return {"next_send": f"as_of + {(date.fromisoformat(found) - D0).days}d"}


@fact("IN-006", "an anchor on each step", {"next_send": "as_of + 7d"})
def _(desk: Desk) -> Any:
    steps = ["{name: l1, days: 7, anchor: issue_date}", "{name: l2, days: -1}", "{name: l3, days: 1}"]
    found = coming(desk.plan(D0, steps, [bill(amount="10", due=day(30), issued=D0)]))
    return {"next_send": f"as_of + {(date.fromisoformat(found) - D0).days}d"}


def fees(**amounts: int) -> str:
    return "penalties:\n" + "".join(f"  {name}: {{kind: flat, amount: {fee}}}\n" for name, fee in amounts.items())


@fact(
    "IN-007",
    "a lump sum a step: `charge`",
    [{"day": "1", "fee_line": "101"}, {"day": "2", "fee_line": "102"}, {"day": "3", "fee_line": "103"}],
)
def _(desk: Desk) -> Any:
    steps = [f"{{name: l{number}, days: {number}, charge: [fee_{number}]}}" for number in (1, 2, 3)]
    history: list[dict[str, Any]] = []
    found = []
    for number in (1, 2, 3):
        top = fees(fee_1=101, fee_2=102, fee_3=103)
        plan = desk.plan(day(number), steps, [bill()], ladder="    anchor: issue_date\n", top=top, history=history)
        found.append({"day": str(number), "fee_line": minor_text(only(plan).lump_sums, "EUR").removesuffix(".00")})
        history.append(past(f"l{number}", "delivered", day(number)))
    return found


@fact("IN-008", "a lump sum beside the principal", {"balance_before": "10", "balance_after": "20"})
def _(desk: Desk) -> Any:
    bills = [bill(amount="10", due=day(10), issued=D0)]
    action = only(desk.plan(day(20), ["{name: l1, days: 10, charge: [late_fee]}"], bills, top=fees(late_fee=10)))
    before, after = (minor_text(amount, "EUR").removesuffix(".00") for amount in (action.principal, action.total))
    return {"balance_before": before, "balance_after": after}


@fact("IN-009", "a lump sum never moves the invoice's balance", {"invoice_balance": "10", "customer_balance": "20"})
def _(desk: Desk) -> Any:
    steps = ["{name: l1, days: 10, charge: [late_fee]}"]
    plan = desk.plan(day(10), steps, [bill(amount="10")], top=fees(late_fee=10))
    balances = (row(plan).outstanding, only(plan).total)
    invoice, customer = (minor_text(amount or 0, "EUR").removesuffix(".00") for amount in balances)
    return {"invoice_balance": invoice, "customer_balance": customer}


@fact("IN-010", "at most one step a day, and a lump sum once for good", {"fee_applied_times": "1"})
def _(desk: Desk) -> Any:
    steps = ["{name: l1, days: 10, charge: [late_fee], repeat: {every: 1}}"]
    claimed = {"invoice": "A", "penalty": "late_fee", "date": str(day(10)), "amount": "10.00"}
    charges = [{"id": "CH-1", "status": "invoiced", **claimed}]
    history: list[dict[str, Any]] = []
    applied = 0
    for offset in (10, 10, 10, 11):  # three runs on one day, one on the next
        plan = desk.plan(
            day(offset), steps, [bill()], top=fees(late_fee=10), history=history, charges=charges if history else []
        )
        for action in plan.actions if plan else ():
            applied += action.lump_sums > 0
            history.append(past("l1", "delivered", day(offset)))
    return {"fee_applied_times": str(applied)}


@pytest.mark.parametrize("ident", FACTS)
def test_fact(ident: str, tmp_path: Path) -> None:
    run, expected, how = FACTS[ident]
    assert run(Desk(tmp_path)) == expected, how


def test_all_fifty_are_mapped_or_told_off() -> None:
    assert len(FACTS) + len(NOT_APPLICABLE) == 50
    assert not FACTS.keys() & NOT_APPLICABLE.keys()


def _within(ours: Any, theirs: Any) -> bool:
    """Whether all that stands here stands there too."""
    if isinstance(ours, dict):
        return isinstance(theirs, dict) and all(key in theirs and _within(ours[key], theirs[key]) for key in ours)
    if isinstance(ours, list):
        return isinstance(theirs, list) and all(map(_within, ours, theirs))
    return bool(ours == theirs)


def test_what_stands_here_is_what_the_collection_says() -> None:
    if not COLLECTION.is_file():
        pytest.skip("the collection of facts is not beside the repository")
    text = COLLECTION.read_text(encoding="utf-8")
    cases = yaml.load(text, Loader=yaml.BaseLoader)["cases"]  # noqa: S506 - texts only
    found = {case["id"]: case["expected"] for case in cases}
    assert found.keys() == FACTS.keys() | NOT_APPLICABLE.keys()
    for ident, (_run, expected, _how) in FACTS.items():
        assert _within(expected, found[ident]), ident
