"""10,000 actions through the folder adapter and a SQLite ledger: actions a second, and peak memory."""

import resource
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import policy_engine as pe
from policy_engine.execution.adapters import Adapters
from policy_engine.execution.choice import Choice
from policy_engine.execution.clock import Moment
from policy_engine.execution.intake import take_in
from policy_engine.execution.ledger import Ledger
from policy_engine.execution.operator_file import Operator
from policy_engine.execution.run import Found, Run, nothing
from policy_engine.execution.workers import worker_id

ROOT = Path(__file__).parents[1]
ACTIONS = 10_000
DAY = date(2026, 6, 1)
POLICY = """\
dunning: 1
policy: bench
version: 1
effective: {from: 2026-01-01}
currency: EUR
locale: en-GB
calendar: {country: FR}
stages: [reminder]
segments:
  - {name: all, ladder: usual}
ladders:
  usual:
    scope: invoice
    progression: stepwise
    anchor: due_date
    consolidate: customer
    steps:
      - {name: reminder, stage: reminder, days: 3, channel: email}
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "policy.yaml").write_text(POLICY, encoding="utf-8")
        _portfolio(folder / "snapshot", ACTIONS)
        policy = pe.load_policy(folder / "policy.yaml", as_of=DAY)
        snapshot = pe.read_snapshot(folder / "snapshot", policy=policy)
        plan = pe.evaluate(policy, snapshot)
        assert len(plan.actions) == ACTIONS
        before = _peak()
        ledger = Ledger.open(
            f"sqlite:///{folder / 'ledger.db'}", "bench", lambda: Moment(datetime.now(UTC), DAY), create=True
        )
        start = time.perf_counter()
        take_in(ledger, plan, snapshot, None, {}, nothing)
        taken = time.perf_counter()
        adapters = Adapters(Operator(), folder / "outbox")
        tally = Run(ledger, adapters, Found.of(snapshot, None), Choice(), worker_id()).go()
        end = time.perf_counter()
        assert tally.all_delivered == ACTIONS
        with ledger.reading() as connection:
            assert not list(ledger.verify(connection))
        verified = time.perf_counter()
        print(
            f"{ACTIONS:,} actions in {end - start:.1f} s: {ACTIONS / (end - start):,.0f} a second"
            f" (taken in {taken - start:.1f} s, delivered {end - taken:.1f} s); verified in {verified - end:.1f} s"
        )
        print(f"memory: {before:.0f} MB with plan and snapshot, {_peak():.0f} MB at the end")


def _peak() -> float:
    scale = 1 << 20 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / scale


def _portfolio(folder: Path, count: int) -> None:
    folder.mkdir()
    due = DAY - timedelta(days=10)
    (folder / "manifest.yaml").write_text(
        "as_of: 2026-06-01\npayments_complete_through: 2026-05-31\n", encoding="utf-8"
    )
    tables = {
        "customers": ("id,name,kind", "C-{0},Customer {0},business"),
        "contact_persons": (
            "id,customer,name,email,phone,address",
            "K-{0},C-{0},Anna {0},c{0}@x.example,01 02 03 04 05,1 Street",
        ),
        "invoices": (
            "id,number,customer,kind,status,currency,amount,issue_date,due_date",
            f"F-{{0}},N-{{0}},C-{{0}},invoice,open,EUR,100.00,{due - timedelta(days=30)},{due}",
        ),
    }
    for name, (head, row) in tables.items():
        lines = [head, *(row.format(number) for number in range(count))]
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
