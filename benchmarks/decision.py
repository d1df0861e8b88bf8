"""The complete decision of one customer with 12 invoices under fr-b2b: with charges and reasons, and codes only."""

import json
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from statistics import median

from policy_engine.engine.reference.decide import decide_customer
from policy_engine.engine.reference.program import Program, program_for
from policy_engine.language.load import load_policy
from policy_engine.snapshot.model import Allocation, ContactPerson, Customer, CustomerAccount, History, Invoice, Payment

AS_OF = date(2026, 10, 30)
ROOT = Path(__file__).parents[1]


def account() -> CustomerAccount:
    """Six paid invoices, three of them late; four overdue ones on four different steps; two not yet due."""

    def invoice(ident: str, days_late: int, amount: int) -> Invoice:
        due = AS_OF - timedelta(days=days_late)
        return Invoice(ident, ident, "C", "invoice", "open", "EUR", amount, due - timedelta(days=30), due)

    def delivered(number: int, ident: str, step: str, stage: str, channel: str, days_ago: int) -> History:
        day = AS_OF - timedelta(days=days_ago)
        return History(f"H{number}", "C", ident, step, stage, channel, "delivered", day, number, f"A{number}")

    paid = [invoice(f"F{i:02d}", 300 - 20 * i, 100_000 + 977 * i) for i in range(6)]
    unpaid = [
        invoice("F06", 65, 234_567),
        invoice("F07", 34, 150_000),
        invoice("F08", 13, 99_000),
        invoice("F09", 4, 77_700),
        invoice("F10", -12, 120_000),
        invoice("F11", -40, 50_000),
    ]
    payments = [
        Payment(
            f"Z{i}", "C", bill.due_date + timedelta(days=15 if i % 2 else -2), bill.amount, "EUR",
            (Allocation(bill.id, bill.amount),),
        )
        for i, bill in enumerate(paid)
    ]  # fmt: skip
    payments.append(Payment("Z9", "C", AS_OF - timedelta(days=20), 50_000, "EUR", (Allocation("F06", 50_000),)))
    return CustomerAccount(
        Customer("C", "Client", "business"),
        invoices=tuple(paid + unpaid),
        payments=tuple(payments),
        history=(
            delivered(1, "F06", "courtesy_reminder", "reminder", "email", 62),
            delivered(2, "F06", "second_reminder", "reminder", "email", 52),
            delivered(3, "F06", "phone_call", "call", "call", 44),
            delivered(4, "F06", "formal_notice", "formal_notice", "registered_letter", 34),
            delivered(5, "F07", "courtesy_reminder", "reminder", "email", 30),
            delivered(6, "F07", "second_reminder", "reminder", "email", 20),
            delivered(7, "F07", "phone_call", "call", "call", 12),
        ),
        contact_persons=(ContactPerson("P", "C", "Anne", None, "a@example.com", "0102030405", "1 rue X, Paris"),),
    )


def ordinary() -> CustomerAccount:
    """What most customers look like: ten paid invoices, three of them late, one overdue, one not yet due."""
    busy = account()
    paid = list(busy.invoices[:6])
    payments = list(busy.payments[:6])
    for i in range(4):
        due = AS_OF - timedelta(days=430 - 20 * i)
        ident = f"E{i:02d}"
        bill = Invoice(ident, ident, "C", "invoice", "open", "EUR", 80_000, due - timedelta(days=30), due)
        paid.append(bill)
        payments.append(Payment(f"Y{i}", "C", due, 80_000, "EUR", (Allocation(ident, 80_000),)))
    return replace(
        busy,
        invoices=tuple(sorted([*paid, busy.invoices[8], busy.invoices[10]], key=lambda row: row.id)),
        payments=tuple(payments),
        history=(),
    )


def _median_us(call: Callable[[], object], runs: int = 3_000) -> float:
    found = []
    for _ in range(runs):
        start = time.perf_counter()
        call()
        found.append(time.perf_counter() - start)
    return median(found) * 1e6


def _whole(program: Program, one: CustomerAccount) -> object:
    decision = decide_customer(program, one, AS_OF)
    return decision.outcomes, decision.actions


def _codes_of(program: Program, one: CustomerAccount) -> object:
    return decide_customer(program, one, AS_OF).codes


def main() -> None:
    """Print medians in microseconds; the yardstick is one `json.dumps` of the same twelve rows, in the same run."""
    policy = load_policy(ROOT / "policies" / "fr-b2b.yaml", as_of=AS_OF).policy
    assert policy is not None
    program, one = program_for(policy), account()
    decision = decide_customer(program, one, AS_OF)
    rows = decision.codes
    assert [row[1] for row in rows] == ["settled"] * 6 + ["acted"] * 4 + ["not_due"] * 2, rows
    yardstick = _median_us(lambda: json.dumps([list(map(str, row)) for row in decision.outcomes]))
    for name, one in (("busy: 4 overdue, 2 actions", account()), ("ordinary: 1 overdue, 1 action", ordinary())):
        whole = _median_us(partial(_whole, program, one))
        print(f"one customer, 12 invoices, {name}: {whole:.0f} us median with charges and reasons (target 150)")
        print(f"  ratio to json.dumps of 12 outcomes in the same run ({yardstick:.0f} us): {whole / yardstick:.1f}")
        only = _median_us(partial(_codes_of, program, one))
        print(f"  read as codes only: {only:.0f} us (target 60)")


if __name__ == "__main__":
    main()
