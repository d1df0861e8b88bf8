"""Plans made by hand, for tests of what is done with a plan."""

from dataclasses import replace
from datetime import date

from policy_engine.plan.model import (
    Action,
    Amounts,
    ApprovalNeeded,
    Bucket,
    CreditAlert,
    Decision,
    Header,
    Line,
    Listed,
    Next,
    Outcome,
    Plan,
    Stopped,
    Summary,
)
from policy_engine.snapshot.model import Alert, Problem

AS_OF = date(2026, 11, 22)
HOSTILE = "Évil \x1b[31m[red]::error\nline\u202egnp =cmd|'/c calc'!A1"

INTEREST = Amounts("late_interest", "interest", 1359, 1359, 0, 0, 0)
INDEMNITY = Amounts("recovery_indemnity", "flat", 4000, 4000, 0, 0, 0)


def line(number: str, principal: int = 123450, step: str = "formal_notice") -> Line:
    return Line(
        f"I-{number}",
        number,
        step,
        1,
        date(2026, 10, 20),
        33,
        date(2026, 11, 19),
        principal,
        0,
        principal,
        1359,
        4000,
        (INTEREST, INDEMNITY),
    )


def action(
    number: int, *, customer_name: str = "Boulangerie Martin", stage: str = "formal_notice", rank: int = 3
) -> Action:
    grave = stage == "formal_notice"
    demanded = (line(f"F{number}"),)
    return Action(
        id=f"{number:064x}",
        customer=f"C{number:04}",
        customer_name=customer_name,
        segment="standard",
        ladder="standard",
        step=stage,
        stage=stage,
        rank=rank,
        channel="registered_letter" if grave else "email",
        also=("email",) if grave else (),
        template=stage,
        adapter=None,
        demanded=demanded,
        mentioned=(line(f"M{number}", 5000, "courtesy_reminder"),) if grave else (),
        listed=(Listed(f"L{number}", f"L{number}", date(2026, 11, 20), 2, 99, "EUR"),),
        currency="EUR",
        principal=128450,
        credits=0,
        interest=2718,
        lump_sums=8000,
        total=139168,
        priority=None,
        approval=ApprovalNeeded("credit_manager", 1, True) if grave else None,
        exempt=grave,
        trigger_on=date(2026, 11, 19),
        send_on=date(2026, 11, 23),
        items=(f"I-F{number}|{stage}|1",),
        why="policies/fr-b2b.yaml:41:9",
    )


def outcome(
    number: str,
    name: str = "held",
    reason: str = "disputed",
    *,
    amount: int | None = 123450,
    coming: Next | None = None,
    currency: str | None = "EUR",
    customer: str = "C0001",
    detail: tuple[tuple[str, str], ...] = (),
) -> Outcome:
    return Outcome(
        f"I-{number}",
        number,
        customer,
        currency,
        amount,
        amount,
        date(2026, 10, 20),
        33,
        "standard",
        "standard",
        "courtesy_reminder",
        name,  # type: ignore[arg-type]
        reason,
        coming,
        None,
        "policies/fr-b2b.yaml:90:5",
        detail,
        (),
    )


def sample_plan(*, customer_name: str = "Boulangerie Martin", many: int = 0, stopped: bool = False) -> Plan:
    outcomes = [
        outcome("0", "problem", "problem", amount=None, currency=None, detail=(("code", "DUN510"),)),
        outcome("1", "held", "disputed", coming=Next(None, None, "hold_lifted")),
        outcome("2", "waiting", "after_previous", coming=Next(date(2026, 12, 4), "formal_notice", None)),
        outcome("3", "settled", "charges_due", amount=-1)._replace(charges=(INDEMNITY,)),
        outcome("4", "not_due", "not_due", currency="JPY", amount=7),
        *(
            outcome(f"N{i}", "waiting", "step_to_come", coming=Next(date(2026, 12, 4), "phone_call", None))
            for i in range(many)
        ),
    ]
    actions = (
        action(1, customer_name=customer_name),
        action(2, stage="reminder", rank=1),
        *(action(10 + i, stage="reminder", rank=1) for i in range(many)),
    )
    return Plan(
        as_of=AS_OF,
        policy="fr-b2b",
        policy_version=3,
        currency="EUR",
        valid_until=date(2026, 11, 24),
        vouched=True,
        actions=actions,
        outcomes=tuple(outcomes),
        alerts=(Alert("rate_ends", "ecb_mro", "reference rate ecb_mro is known until 2026-12-31", 1),),
        problems=(
            Problem(
                "DUN510", "payments", "P7", "C0009", None, "`12,5` is not a decimal amount", "payments.csv:7", True
            ),
        ),
        stopped=(Stopped("all", "2001", "2000", "policies/fr-b2b.yaml:120:3"),) if stopped else (),
        summary=Summary(
            invoices=len(outcomes),
            amount=(("EUR", 246899), ("JPY", 7)),
            unreadable=1,
            outcomes=(
                ("problem", "problem", 1, 0, 0),
                ("settled", "charges_due", 1, -1, -1),
                ("held", "disputed", 1, 123450, 123450),
                ("waiting", "after_previous", 1, 123450, 123450),
                ("not_due", "not_due", 1, 0, 0),
            ),
            aged=(
                Bucket("not_due", 10, 100000),
                Bucket("1-30", 1, 123450),
                Bucket("31-60", 1, 123450),
                Bucket("61-90", 0, 0),
                Bucket("91+", 0, 0),
                Bucket("unallocated", 2, -5001),
            ),
            balance=341899,
            customers=3,
            customers_overdue=2,
            actions=len(actions),
            missing_rate=0,
        ),
        identity="",
        header=Header("reference", (("engine", "0.1.0"),), "policies/fr-b2b.yaml", "ab" * 32, "cd" * 32),
    )


def decision(order: str, *, customer_name: str = "Boulangerie Martin", limit: int | None = 1_000_000) -> Decision:
    return Decision(
        order=order,
        customer="C0001",
        customer_name=customer_name,
        date=date(2026, 11, 21),
        amount=700,
        currency="JPY",
        decision="refer",
        reason="over_limit",
        role="credit_manager",
        exposure=999_999,
        limit=limit,
        limit_of="C0001",
        rule="policies/fr-b2b.yaml:130:5",
    )


def credit_alert(customer: str, *, customer_name: str = "Boulangerie Martin", limit: int | None = 5) -> CreditAlert:
    return CreditAlert("utilisation", customer, customer_name, 4, limit, "policies/fr-b2b.yaml:140:5")


def with_credit(plan: Plan, *, customer_name: str = "Boulangerie Martin") -> Plan:
    return replace(
        plan,
        decisions=(decision("O-1", customer_name=customer_name), decision("O-2", limit=None)),
        credit_alerts=(credit_alert("C0001", customer_name=customer_name), credit_alert("C0002", limit=None)),
    )
