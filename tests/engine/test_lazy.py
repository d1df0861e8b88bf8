"""What is rendered on demand is what would have been rendered at once: in any order, from any thread, from any file."""

import csv
import json
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from policy_engine.engine.reference.decide import decide_customer
from policy_engine.engine.reference.evaluate import evaluate
from policy_engine.engine.reference.families import credit_families
from policy_engine.engine.reference.program import build_program, program_for
from policy_engine.plan.canonical import plan_lines
from policy_engine.policy.resolved import Policy
from policy_engine.snapshot.read import read_snapshot
from tests.engine.portfolios import Document, documents, policies, policy_of, read_right
from tests.snapshot.formats import tables_of, write_duckdb, write_parquet, write_sqlite, write_workbook

pytestmark = pytest.mark.property

PARTS = ("actions", "alerts", "codes", "credit_alerts", "decisions", "outcomes", "segment")


@given(policies, documents(), st.permutations(PARTS))
def test_what_is_asked_first_changes_nothing(policy: Policy, document: Document, order: list[str]) -> None:
    """Each part of a decision, read first or last, twice or alone, is what the plan says of the customer."""
    snapshot = read_right(document, policy)
    program, plan = program_for(policy), evaluate(policy, snapshot)
    families = credit_families(program, snapshot)
    for account in snapshot.accounts:
        who = account.customer.id

        def decide(who: str = who, account=account):
            return decide_customer(program, account, snapshot.as_of, families.get(who))

        together = decide()
        found = {part: getattr(together, part) for part in order}
        assert found == {part: getattr(decide(), part) for part in order}, "alone as after others"
        assert found == {part: getattr(together, part) for part in order}, "again as the first time"
        rows = tuple(row for row in plan.outcomes if row.customer == who)
        assert found["outcomes"] == rows
        assert found["codes"] == tuple((row.invoice, row.outcome, row.reason) for row in rows)
        assert found["actions"] == tuple(action for action in plan.actions if action.customer == who)
        assert set(found["alerts"]) <= set(plan.alerts)


@contextmanager
def switching() -> Iterator[None]:
    """Threads that take turns as often as they can."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)


@given(policies, documents())
@settings(max_examples=25)
def test_threads_may_share_a_policy(policy: Policy, document: Document) -> None:
    """One program, several threads: whole plans and single customers at once."""
    snapshot = read_right(document, policy)
    program = build_program(policy)
    wanted = list(plan_lines(evaluate(policy, snapshot)))
    alone = [decide_customer(program, account, snapshot.as_of).outcomes for account in snapshot.accounts]
    with switching(), ThreadPoolExecutor(8) as pool:
        plans = [pool.submit(lambda: list(plan_lines(evaluate(policy, snapshot)))) for _ in range(4)]
        rows = [
            pool.submit(lambda account=account: decide_customer(program, account, snapshot.as_of).outcomes)
            for _ in range(4)
            for account in snapshot.accounts
        ]
        assert [plan.result() for plan in plans] == [wanted] * 4
        assert [row.result() for row in rows] == alone * 4


def test_threads_may_compile_a_policy_at_once() -> None:
    """`program_for` asked by many threads for many policies, more than it remembers."""
    chosen = {
        "netting": "none", "customer_minimum": "0", "onboarding": "", "progression": "jump", "consolidate": "step",
        "cap": 1, "allocation": "principal_first",
    }  # fmt: skip
    several = [policy_of(grace=grace, **chosen) for grace in range(70)]
    with switching(), ThreadPoolExecutor(8) as pool:
        found = list(pool.map(program_for, several * 2))
    assert [program.policy.grace for program in found] == [policy.grace for policy in several] * 2
    assert all(program.policy is policy for program, policy in zip(found, several * 2, strict=True))


def _csv(folder: Path, document: Document) -> Path:
    """The document as a folder of CSV files; the manifest as YAML."""
    folder.mkdir()
    for table, rows in document.items():
        if table == "manifest":
            (folder / "manifest.yaml").write_text(yaml.safe_dump(rows))
        elif rows or table in ("customers", "invoices", "contact_persons"):
            header = list(dict.fromkeys(name for row in rows for name in row)) or ["id", "customer"]
            with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, header)
                writer.writeheader()
                writer.writerows(rows)
    return folder


@given(policies, documents())
@settings(max_examples=10)
def test_the_same_rows_in_every_format_give_the_same_plan(policy: Policy, document: Document) -> None:
    with TemporaryDirectory() as temporary:
        work = Path(temporary)
        (work / "s.json").write_text(json.dumps(document))
        (work / "s.yaml").write_text(yaml.safe_dump(document))
        sources = [work / "s.json", work / "s.yaml", _csv(work / "csv", document)]
        tables, manifest = tables_of(work / "csv")
        sources += [
            write_parquet(work / "parquet", tables, manifest),
            write_duckdb(work / "s.duckdb", tables, manifest),
            write_sqlite(work / "s.sqlite", tables, manifest),
            write_workbook(work / "s.xlsx", tables, manifest),
        ]
        plans = {}
        for source in sources:
            found = read_snapshot([source], policy_currency=policy.currency)
            assert found.snapshot is not None, (source.name, [d.render() for d in found.diagnostics])
            plan = evaluate(policy, found.snapshot)
            plans[source.name] = (plan.actions, plan.outcomes, plan.alerts, plan.problems, plan.summary)
    for name, parts in plans.items():
        assert parts == plans["s.json"], name
