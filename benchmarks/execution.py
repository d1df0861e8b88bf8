"""10,000 actions with their messages through the folder adapter, ledgers in SQLite and PostgreSQL: speed, memory.

The aims: 500 actions a second with texts written, ledger included; memory that doesn't grow with the plan.

Every folder is kept until the end. A file system like ext4, at least without a journal, is slow at creating files for
minutes after a hundred thousand were deleted: it passes over each recently deleted inode, one by one.
"""

import subprocess
import sys
import tempfile
import time
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import policy_engine as pe
from benchmarks.overdue import DAY, write_overdue
from policy_engine.cli.memory import hold_collector, release_collector
from policy_engine.execution.adapters import Adapters
from policy_engine.execution.check import wrong_with
from policy_engine.execution.choice import Choice
from policy_engine.execution.clock import Moment
from policy_engine.execution.facts import keeping
from policy_engine.execution.helping import Helping, processes
from policy_engine.execution.intake import take_in
from policy_engine.execution.ledger import Ledger
from policy_engine.execution.messages import Writer
from policy_engine.execution.operator_file import Operator
from policy_engine.execution.run import Found, Run, nothing
from policy_engine.execution.workers import worker_id
from policy_engine.language.load import load_policy
from policy_engine.plan.canonical import write_plan
from policy_engine.plan.source import open_plan
from policy_engine.policy.resolved import Policy
from policy_engine.snapshot.model import Snapshot
from policy_engine.templates.context import Sender
from tests.postgres import Server, binaries

ROOT = Path(__file__).parents[1]
ACTIONS = 10_000
SIZES = (2_000, ACTIONS, 50_000)
PARTS = {"plan": "reading the plan", "dry": "dry run", "execute": "`dunning execute -p`"}
"""What memory is measured of, by the child's WHAT: the dry run with the facts alone, the run with texts."""
AIM = 500
PAYEE = {"name": "Acme SAS", "iban": "FR1420041010050500013M02606"}
SENDER = Sender(
    "Acme SAS", ("12 rue du Port", "69002 Lyon"), place="Lyon", signatory="Marie Port", role="Credit manager"
)
OPERATOR = """\
operator: 1
payee: {name: Acme SAS, iban: FR14 2004 1010 0505 0001 3M02 606}
sender: {name: Acme SAS, address: [12 rue du Port, 69002 Lyon], place: Lyon, signatory: Marie Port}
"""


@dataclass(frozen=True, slots=True)
class Given:
    """A portfolio, its plan's file, and how large it is; the plan's last day, and the closed ones until then."""

    folder: Path
    policy: Policy
    snapshot: Snapshot
    actions: int
    size: int
    until: date
    closed: tuple[date, ...]


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        everything = Path(name)
        _speeds(everything)
        _memory(everything)


def _speeds(everything: Path) -> None:
    hold_collector()
    given = prepare(everything / "speed", ACTIONS)
    release_collector()  # as `dunning execute` does once its inputs are there
    with_texts = Writer(
        given.policy, SENDER, PAYEE, DAY, given.snapshot.exchange_rates, valid_until=given.until, closed=given.closed
    )
    speed(given, "with texts", with_texts)
    speed(given, "facts alone", None)
    _on_postgresql(given, with_texts)


def _memory(everything: Path) -> None:
    """Snapshots that are equally large, plans that aren't: what differs is what grows with the plan."""
    print(f"peak memory of processes of their own, MB, on a portfolio of {max(SIZES):,} invoices:")
    peaks: dict[str, list[float]] = {}
    for count in SIZES:
        folder = everything / f"memory-{count}"
        size = prepare(folder, max(SIZES), dunned=count, most=1).size
        if not peaks:
            print(f"  the program {_peak('start', folder):.0f}, with the snapshot {_peak('snapshot', folder):.0f}")
        parts = {what: _peak(what, folder) for what in PARTS}
        for what, peak in parts.items():
            peaks.setdefault(what, []).append(peak)
        listed = ", ".join(f"{PARTS[what]} {peak:.0f}" for what, peak in parts.items())
        print(f"  {count:>6,} actions (plan of {size / 1e6:.0f} MB): {listed}", flush=True)
    more = SIZES[-1] - SIZES[0]
    for what, title in PARTS.items():
        grown = peaks[what][-1] - peaks[what][0]
        print(f"  {title}: {grown:+.0f} MB for {more:,} actions more, {grown * 1e6 / more:,.0f} bytes an action")


def prepare(folder: Path, customers: int, *, dunned: int | None = None, most: int = 4) -> Given:
    """Write a portfolio (`write_overdue`), its plan and an operator's file."""
    (folder / "given").mkdir(parents=True)
    write_overdue(folder / "given" / "snapshot", customers, dunned=dunned, most=most)
    (folder / "operator").mkdir()  # an operator's file has no place in a policy's folder
    (folder / "operator" / "operator.yaml").write_text(OPERATOR, encoding="utf-8")
    policy = load_policy(folder / "given" / "policy.yaml", as_of=DAY).policy
    assert policy is not None
    snapshot = pe.read_snapshot(folder / "given" / "snapshot", policy=policy)
    plan = pe.evaluate(policy, snapshot)
    assert len(plan.actions) == (customers if dunned is None else dunned)
    with (folder / "plan.json").open("w", encoding="utf-8", newline="\n") as stream:
        write_plan(plan, stream)
    size = (folder / "plan.json").stat().st_size
    return Given(folder, policy, snapshot, len(plan.actions), size, plan.valid_until, plan.closed)


def _on_postgresql(given: Given, writer: Writer) -> None:
    """The same with a server of the tests' own, where one can be had."""
    programs = binaries()
    if programs is None:
        print("PostgreSQL: no server could be had")
        return
    server = Server(programs)
    try:
        speed(given, "with texts, PostgreSQL", writer, server.url(schema=server.schema()))
    finally:
        server.close()


def speed(given: Given, title: str, writer: Writer | None, address: str = "") -> None:
    """Plan read, taken in and delivered; then the ledger verified."""
    with nullcontext(tempfile.mkdtemp(dir=given.folder)) as name:  # it goes with everything else
        folder = Path(name)
        ledger = Ledger.open(
            address or f"sqlite:///{folder / 'ledger.db'}", "bench", lambda: Moment(datetime.now(UTC), DAY), create=True
        )
        with Helping(processes(given.actions)) as helping:
            helping.start()  # as `dunning execute` does before it reads the snapshot
            start = time.perf_counter()
            plan = open_plan(lambda: (given.folder / "plan.json").open("rb"), wrong_with)
            checked = time.perf_counter()
            cpu = time.process_time()
            keep = keeping(plan, given.snapshot.as_of, PAYEE, writer, helping)
            take_in(ledger, plan, given.snapshot, PAYEE, {}, nothing, keep=keep)
            taken = time.perf_counter()
            adapters = Adapters(Operator(), folder / "outbox", helping=helping)
            tally = Run(ledger, adapters, Found.of(given.snapshot, PAYEE), Choice(), worker_id()).go()
            end = time.perf_counter()
            cpu = time.process_time() - cpu
        assert tally.all_delivered == plan.size, str(tally)[:3000]
        with ledger.reading() as connection:
            assert not list(ledger.verify(connection))
            links = ledger.head(connection).seq
        verified = time.perf_counter()
        ledger.close()
    aim = f" (the aim is {AIM})" if writer and not address else ""
    print(
        f"{title}: {plan.size:,} actions in {end - checked:.1f} s, {plan.size / (end - checked):,.0f} a second"
        f"{aim}: taken in {taken - checked:.1f} s, delivered {end - taken:.1f} s;"
        f" plan checked before in {checked - start:.1f} s; processor {cpu:.1f} s;"
        f" {links:,} transitions verified in {verified - end:.1f} s"
    )


def _peak(what: str, folder: Path) -> float:
    command = [sys.executable, "-m", "benchmarks.execution_child", what, str(folder)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return float(done.stdout.split()[-1])


if __name__ == "__main__":
    main()
