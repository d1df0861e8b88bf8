"""A small policy and portfolios for executions: customers with one overdue invoice each, some of them in deep."""

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
from tests.execution.places import Files, Schemas

PLACE: Files | Schemas = Files()
"""Where houses keep their ledgers; the fixture `database` sets it."""
_OPENED: list[Ledger] = []
NOBODY, EVERY = Operator(), Choice()
ROOT = Path(__file__).parents[2]
DAY = date(2026, 6, 1)
"""A Monday."""
POLICY = """\
dunning: 1
policy: small
version: 1
effective: {from: 2026-01-01}
currency: EUR
locale: en-GB
calendar: {country: FR}
stages: [reminder, formal_notice]
valid_for: 2
segments:
  - name: all
    ladder: usual
ladders:
  usual:
    scope: invoice
    progression: stepwise
    anchor: due_date
    consolidate: customer
    steps:
      - name: reminder
        stage: reminder
        days: 3
        channel: email
      - name: formal_notice
        stage: formal_notice
        days: 30
        channel: registered_letter
        approval: {role: credit_manager, people: 2}
"""


def snapshot_text(customers=3, *, grave=0, amount="100.00", more=""):
    """`customers` with an invoice 10 days late; the first `grave` of them had the reminder and are 40 days late."""
    lines = ["manifest: {as_of: 2026-06-01, payments_complete_through: 2026-05-31}", "customers:"]
    every = range(1, customers + 1)
    lines += [f"  - {{id: C-{number}, name: Customer {number}, kind: business}}" for number in every]
    lines.append("contact_persons:")
    lines += [
        f"  - {{id: K-{number}, customer: C-{number}, name: Anna {number}, email: c{number}@x.example,"
        f" phone: '0{number}', address: 1 Street}}"
        for number in every
    ]
    lines.append("invoices:")
    for number in every:
        due = DAY - timedelta(days=40 if number <= grave else 10)
        lines.append(
            f"  - {{id: F-{number}, number: N-{number}, customer: C-{number}, kind: invoice, status: open,"
            f" currency: EUR, amount: {amount}, issue_date: {due - timedelta(days=30)}, due_date: {due}}}"
        )
    if grave:
        lines.append("history:")
        lines += [
            f"  - {{id: H-{number}, customer: C-{number}, invoice: F-{number}, step: reminder, stage: reminder,"
            f" channel: email, status: delivered, date: 2026-05-01}}"
            for number in range(1, grave + 1)
        ]
    return "\n".join(lines) + "\n" + more


def close_ledgers():
    """Let go of every ledger that houses have opened."""
    while _OPENED:
        _OPENED.pop().close()


class House:
    """A folder with a policy, a snapshot, a plan, a ledger; time that stands still until it is told to go on."""

    def __init__(self, folder, *, customers=3, grave=0, more="", actor="alice", policy=POLICY, text=None):
        self.folder = folder
        self.policy_file = folder / "policies" / "small.yaml"
        self.policy_file.parent.mkdir(exist_ok=True)
        self.policy_file.write_text(policy, encoding="utf-8")
        self.now = datetime(2026, 6, 1, 8, 0, tzinfo=UTC)
        self.day = DAY
        self.actor = actor
        self.policy = pe.load_policy(self.policy_file, as_of=DAY)
        self.snapshot = self.read(text or snapshot_text(customers, grave=grave, more=more))
        self.plan = pe.evaluate(self.policy, self.snapshot)
        self.out = folder / "outbox"
        self.place = PLACE

    def read(self, text, name="snapshot.yaml"):
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return pe.read_snapshot(path, policy=self.policy)

    def clock(self):
        return Moment(self.now, self.day)

    @property
    def address(self):
        return self.place.address(self.folder, self.actor)

    def ledger(self, actor=None, *, create=True):
        if actor not in (None, "alice"):
            self.ledger("alice", create=create)  # the tables are hers; the others may use them
        address = self.place.address(self.folder, actor or self.actor)
        ledger = Ledger.open(address, actor or self.actor, self.clock, create=create)
        _OPENED.append(ledger)
        return ledger

    def log_in(self, monkeypatch, actor):
        """Whoever calls commands from now on: the user of the system, and the one of the addresses."""
        self.actor = actor
        monkeypatch.setattr("policy_engine.cli.actor.actor", lambda: actor)

    def take_in(self, ledger=None, plan=None, operator=NOBODY, reached=nothing, snapshot=None):
        ledger, plan = ledger or self.ledger(), plan or self.plan
        return take_in(ledger, plan, snapshot or self.snapshot, operator.payee, {}, reached)

    def run(self, *, operator=NOBODY, snapshot=None, choice=EVERY, adapters=None, reached=nothing, worker=None, **more):
        found = Found.of(snapshot or self.snapshot, operator.payee)
        adapters = adapters or Adapters(operator, self.out)
        more["operator"] = operator
        return Run(self.ledger(), adapters, found, choice, worker or worker_id(), reached, **more).go()

    def states(self):
        ledger = self.ledger()
        with ledger.reading() as connection:
            return dict(ledger.standings(connection))

    def broken(self, head=None):
        ledger = self.ledger()
        with ledger.reading() as connection:
            return list(ledger.verify(connection, head))

    def head(self):
        ledger = self.ledger()
        with ledger.reading() as connection:
            return ledger.head(connection)

    def files(self):
        return sorted(path.name for path in self.out.rglob("*.json"))


TEAM = Operator(
    roles={"credit_manager": frozenset({"alice", "bob"}), "clerk": frozenset({"carol"})},
    rights={
        "override": frozenset({"credit_manager"}),
        "resolve": frozenset({"credit_manager"}),
        "void": frozenset({"credit_manager"}),
        "reject": frozenset({"clerk"}),
    },
)
