"""Letters: how long a thousand formal notices take as PDF/A-2b, alone and through a ledger into a provider's batch."""

import resource
import sys
import tempfile
import time
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import policy_engine as pe
from benchmarks.overdue import DAY, write_overdue
from policy_engine.execution.adapters import Adapters
from policy_engine.execution.choice import Choice
from policy_engine.execution.clock import Moment
from policy_engine.execution.intake import take_in
from policy_engine.execution.ledger import Ledger
from policy_engine.execution.messages import Writer
from policy_engine.execution.operator_file import load_operator
from policy_engine.execution.run import Found, Run, nothing
from policy_engine.execution.workers import worker_id
from policy_engine.templates.build import build_context
from policy_engine.templates.letter import LetterPress
from policy_engine.templates.preview import preview
from policy_engine.templates.render import render
from policy_engine.templates.sender_file import EXAMPLE

ROOT = Path(__file__).resolve().parent.parent
LETTERS = 1000
OPERATOR = """\
operator: 1
live: true
sender: {name: Exemple SAS, address: [1 rue de l'Exemple, 75001 Paris], signatory: Camille Exemple}
adapters:
  - {name: post, uses: letters, channels: [letter, registered_letter], settings: {path: post}}
"""


def main() -> None:
    alone()
    through_the_ledger()


def alone() -> None:
    """Templates and typst, nothing else."""
    policy = pe.load_policy(ROOT / "policies" / "fr-b2b.yaml", as_of=date(2026, 10, 30))
    snapshot = pe.read_snapshot(ROOT / "examples" / "portfolio", policy=policy)
    context = preview(policy, snapshot, "C-0226", EXAMPLE, step="formal_notice").context
    started = time.perf_counter()
    for number in range(LETTERS):
        render(replace(context, reference=f"{number:012X}"))
    texts = time.perf_counter() - started
    started = time.perf_counter()
    with LetterPress() as press:
        for number in range(LETTERS):
            numbered = replace(context, reference=f"{number:012X}")
            press.letter(render(numbered), numbered)
    letters = time.perf_counter() - started
    accounts = {account.customer.id: account for account in snapshot.accounts}
    actions = pe.evaluate(policy, snapshot).actions
    started = time.perf_counter()
    for action in actions:
        build_context(action, policy, accounts[action.customer], EXAMPLE, snapshot.as_of)
    contexts = (time.perf_counter() - started) / len(actions) * 1e6
    print(f"context of an action: {contexts:.0f} us; {LETTERS} messages as text and page: {texts:.1f} s")
    print(f"{LETTERS} letters as PDF: {letters:.1f} s")


def through_the_ledger() -> None:
    """Taken in, written, set, gathered, recorded, handed over."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_overdue(folder / "snapshot", LETTERS * 5)  # a fifth gets a formal notice
        (folder / "ops").mkdir()
        (folder / "ops" / "operator.yaml").write_text(OPERATOR, encoding="utf-8")
        policy = pe.load_policy(folder / "policy.yaml", as_of=DAY)
        snapshot = pe.read_snapshot(folder / "snapshot", policy=policy)
        plan = pe.evaluate(policy, snapshot)
        notices = tuple(action for action in plan.actions if action.step == "formal_notice")
        assert len(notices) == LETTERS
        plan = replace(plan, actions=notices)
        operator = load_operator(folder / "ops" / "operator.yaml").operator
        assert operator is not None
        assert operator.sender is not None
        day = notices[0].send_on
        ledger = Ledger.open(
            f"sqlite:///{folder / 'ledger.db'}", "bench", lambda: Moment(datetime.now(UTC), day), create=True
        )
        before = _peak(resource.RUSAGE_SELF)
        start, worked = time.perf_counter(), _worked()
        write = Writer(
            policy, operator.sender, operator.payee, plan.as_of, snapshot.exchange_rates,
            valid_until=plan.valid_until, closed=plan.closed,
        ).write  # fmt: skip
        take_in(ledger, plan, snapshot, operator.payee, {}, nothing, write)
        taken = time.perf_counter()
        adapters = Adapters(operator, folder / "outbox")
        tally = Run(ledger, adapters, Found.of(snapshot, operator.payee), Choice(), worker_id()).go()
        end = time.perf_counter()
        worked = _worked() - worked
        assert tally.all_delivered == LETTERS
        (batch,) = (folder / "ops" / "post" / day.isoformat()).iterdir()
        sizes = [path.stat().st_size for path in batch.glob("*.pdf")]
        assert len(sizes) == LETTERS
        print(
            f"{LETTERS} letters through the ledger into a batch: {end - start:.1f} s"
            f" (written {taken - start:.1f} s, set and gathered {end - taken:.1f} s; the aim is under 60);"
            f" {worked:.0f} s of processor time; {sum(sizes) / LETTERS / 1024:.0f} KiB each"
        )
        print(
            f"memory: {before:.0f} MB with plan and snapshot, {_peak(resource.RUSAGE_SELF):.0f} MB at the end;"
            f" the process that sets letters {_peak(resource.RUSAGE_CHILDREN):.0f} MB"
        )


def _worked() -> float:
    """Processor time of this process and of those that set letters and have ended."""
    used = (resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


def _peak(whose: int) -> float:
    return resource.getrusage(whose).ru_maxrss / ((1 << 20) if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    main()
