"""100,000 invoices: written as CSV, read, planned with reasons, written as JSON; each part timed, memory reported."""

import csv
import resource
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from policy_engine.engine.reference.evaluate import evaluate
from policy_engine.language.load import load_policy
from policy_engine.plan.canonical import write_plan
from policy_engine.snapshot.read import read_snapshot

AS_OF = date(2026, 10, 30)
ROOT = Path(__file__).parents[1]
STEPS = (
    ("courtesy_reminder", "reminder", "email", 3),
    ("second_reminder", "reminder", "email", 12),
    ("phone_call", "call", "call", 20),
    ("formal_notice", "formal_notice", "registered_letter", 30),
)


def _customers(count: int) -> Iterator[list[str]]:
    for number in range(count):
        kind = "consumer" if number % 50 == 0 else "business"
        yield [f"C{number:06d}", f"Société {number}", kind, "key_account" if number % 40 == 0 else "", ""]


def write_portfolio(folder: Path, invoices: int, seed: int = 7) -> None:
    """A folder snapshot: 12 invoices a customer over 18 months, most paid, some late, with the ladder's history."""
    random = Random(seed)
    customers = invoices // 12
    with (
        (folder / "customers.csv").open("w", newline="", encoding="utf-8") as c,
        (folder / "invoices.csv").open("w", newline="", encoding="utf-8") as i,
        (folder / "payments.csv").open("w", newline="", encoding="utf-8") as p,
        (folder / "history.csv").open("w", newline="", encoding="utf-8") as h,
        (folder / "contact_persons.csv").open("w", newline="", encoding="utf-8") as a,
    ):
        rows = csv.writer(c)
        rows.writerow(["id", "name", "kind", "category", "contract_rate"])
        rows.writerows(_customers(customers))
        bills, money, past, people = csv.writer(i), csv.writer(p), csv.writer(h), csv.writer(a)
        bills.writerow(["id", "customer", "kind", "currency", "amount", "issue_date", "due_date"])
        money.writerow(["id", "customer", "date", "amount", "currency", "invoice"])
        past.writerow(["id", "customer", "invoice", "step", "stage", "channel", "status", "date", "action"])
        people.writerow(["id", "customer", "email", "phone", "address"])
        for number in range(customers):
            customer = f"C{number:06d}"
            people.writerow([f"P{number}", customer, "ap@example.com", "0102030405", "1 rue de Rivoli, 75001 Paris"])
            for k in range(12):
                ident = f"F{number:06d}-{k:02d}"
                due = AS_OF - timedelta(days=45 * k + random.randrange(-60, 15))
                cents = random.randrange(5_000, 2_000_000)
                amount = f"{cents // 100}.{cents % 100:02d}"
                issued = due - timedelta(days=30)
                bills.writerow([ident, customer, "invoice", "EUR", amount, issued.isoformat(), due.isoformat()])
                paid = due + timedelta(days=random.choice((-3, 0, 0, 2, 9, 25, 40)))
                if paid <= AS_OF and random.random() < 0.97:
                    money.writerow([f"Z{ident}", customer, paid.isoformat(), amount, "EUR", ident])
                    continue
                for step, stage, channel, days in STEPS:
                    day = due + timedelta(days=days)
                    if day < AS_OF - timedelta(days=2) and random.random() < 0.9:
                        row = [f"H{ident}{days}", customer, ident, step, stage, channel, "delivered", day.isoformat()]
                        past.writerow([*row, f"A{number}-{day}"])
    (folder / "manifest.yaml").write_text(
        f"as_of: {AS_OF}\nsource: benchmark\npayments_complete_through: {AS_OF}\n", encoding="utf-8"
    )


def main(invoices: int = 100_000) -> None:
    """Print rows a second for reading and for planning with reasons and writing JSON, and the peak memory."""
    found = load_policy(ROOT / "policies" / "fr-b2b.yaml", as_of=AS_OF)
    policy = found.policy
    assert policy is not None
    with TemporaryDirectory() as name:
        folder = Path(name)
        write_portfolio(folder, invoices)
        start = time.perf_counter()
        read = read_snapshot([folder], policy_currency="EUR")
        loaded = time.perf_counter()
        assert read.snapshot is not None, [d.render() for d in read.diagnostics]
        plan = evaluate(policy, read.snapshot)
        planned = time.perf_counter()
        with (folder / "plan.json").open("w", encoding="utf-8") as file:
            write_plan(plan, file)
        written = time.perf_counter()
        size = (folder / "plan.json").stat().st_size
    count = len(plan.outcomes)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{count} invoices, {len(plan.actions)} actions, {size / 1e6:.0f} MB of JSON, peak memory {memory:.0f} MB")
    print(f"  load             {count / (loaded - start):10.0f} invoices/s  {loaded - start:6.2f} s")
    print(f"  plan             {count / (planned - loaded):10.0f} invoices/s  {planned - loaded:6.2f} s")
    print(f"  write JSON       {count / (written - planned):10.0f} invoices/s  {written - planned:6.2f} s")
    print(f"  plan and write   {count / (written - loaded):10.0f} invoices/s  (target 30000)")


if __name__ == "__main__":
    main()
