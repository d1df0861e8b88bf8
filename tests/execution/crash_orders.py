"""Orders that are held and released while workers are killed: the instructions, and what the ERP must know at the end.

A third of the actions holds a customer's orders, a third releases what was held days before, and a third does both
for a customer, by two rules: whoever was told first, that customer stays held.
"""

import csv
import json
import tempfile
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

from policy_engine.adapters.holds import Holds
from policy_engine.adapters.orders import OrdersAdapter
from policy_engine.adapters.orders_document import OrdersDocument
from policy_engine.execution.adapters import Adapters
from policy_engine.execution.operator_file import Operator
from tests.execution.support import DAY, House, close_ledgers

CHANNELS = ("order_hold", "order_release")
POLICY = """\
dunning: 1
policy: orders
version: 1
currency: EUR
locale: en-GB
calendar: {country: FR}
stages: [reminder]
segments:
  - {name: all, ladder: usual}
holds:
  - {name: insolvent, when: customer.insolvent, instead: stop_all}
interventions:
  - {name: stop_all, channel: order_hold, once: customer}
  - {name: release_orders, channel: order_release, once: customer}
ladders:
  usual:
    scope: invoice
    progression: stepwise
    anchor: due_date
    consolidate: customer
    steps:
      - {name: stop_orders, stage: reminder, days: 5, channel: order_hold, undo: release_orders}
"""
_BEFORE = DAY - timedelta(days=6)


class Erp(OrdersAdapter):
    """The adapter, which says when it is asked, and before and after it notes what was carried out.

    Args:
        folder: of the round.
        ask: told each key.
        reached: told where the process may die.
        today: the day.
        endpoint: where the ERP is told, None: by files.
    """

    def __init__(self, folder, ask, reached, today=DAY, endpoint=None):
        super().__init__("erp", folder / "erp", endpoint, today=lambda: today)
        self._tells, self._reached = ask, reached

    def deliver(self, job):
        self._tells(job)
        return super().deliver(job)

    def _holds(self, folder):
        return self._kept.setdefault(folder, _Telling(folder, self._reached))


class _Telling(Holds):
    def __init__(self, path, reached):
        super().__init__(path)
        self._reached = reached

    def done(self, document):
        self._reached("before_note")
        super().done(document)
        self._reached("after_note")


def groups(actions):
    """How many customers are held, released, both, for so many actions."""
    return actions // 3, actions // 3, actions // 6


def house(folder, actions):
    """Customers to be held, then such to be released, then both."""
    return House(folder, policy=POLICY, text=_snapshot(DAY, actions))


def _snapshot(day, actions):
    hold, release, both = groups(actions)
    lines = [f"manifest: {{as_of: {day}, payments_complete_through: {day}}}", "customers:"]
    invoices, payments, history = [], [], []
    for number in range(1, hold + release + both + 1):
        insolvent = number > hold + release and day == DAY
        more = f", insolvent: yes, insolvent_since: {DAY}" if insolvent else ""
        lines.append(f"  - {{id: C-{number}, name: Customer {number}, kind: business{more}}}")
        if number > hold:
            invoices.append((f"F-{number}", number, date(2026, 5, 15)))
            if day == DAY:
                payments.append(
                    f"  - {{id: P-{number}, customer: C-{number}, date: {DAY - timedelta(days=1)}, amount: 100.00,"
                    f" currency: EUR, allocations: 'F-{number}=100.00'}}"
                )
                history.append(
                    f"  - {{id: H-{number}, customer: C-{number}, invoice: F-{number}, step: stop_orders,"
                    f" stage: reminder, channel: order_hold, status: delivered, date: {_BEFORE}}}"
                )
        if number <= hold or insolvent:
            invoices.append((f"G-{number}", number, DAY - timedelta(days=6)))
    lines.append("invoices:")
    lines += [
        f"  - {{id: {name}, number: N-{name}, customer: C-{number}, kind: invoice, status: open, currency: EUR,"
        f" amount: 100.00, issue_date: 2026-04-20, due_date: {due}}}"
        for name, number, due in invoices
    ]
    for name, rows in (("payments", payments), ("history", history)):
        lines += [f"{name}:", *rows] if rows else []
    return "\n".join(lines) + "\n"


def instructed_before(actions):
    """What was instructed days ago, as the files that it left, by their paths."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        before = House(folder, policy=POLICY, text=_snapshot(_BEFORE, actions))
        before.day, before.now = _BEFORE, before.now - (DAY - _BEFORE)
        before.take_in()
        before.run(adapters=serve(before, Erp(folder, lambda _: None, lambda _: None, _BEFORE)))
        _, release, both = groups(actions)
        assert before.states() == {"delivered": release + both}
        close_ledgers()
        kept = folder / "erp" / ".instructions"
        return {path.relative_to(folder): path.read_bytes() for path in kept.rglob("*.json")}


def serve(house, erp):
    adapters = Adapters(Operator(), house.out)
    adapters._by_name[erp.name] = erp
    for channel in CHANNELS:
        adapters._by_channel[channel] = erp
    return adapters


def must_be_held(actions):
    """The customers whose orders must be held at the end, and all of them."""
    hold, release, both = groups(actions)
    every = [f"C-{number}" for number in range(1, hold + release + both + 1)]
    return sorted(every[:hold] + every[hold + release :]), every


def told(folder):
    """The keys of the instructions that lie there for the ERP, and how often."""
    return Counter(json.loads(path.read_bytes())["key"] for path in (folder / "erp").glob("*.json"))


def hold_together(folder, actions):
    """Every instruction is whole and noted once, and who is held is who must be, whichever way one asks."""
    erp = folder / "erp"
    held, every = must_be_held(actions)
    sheets = sorted(erp.glob("*.csv"))
    assert [sheet.with_suffix(".json") for sheet in sheets] == sorted(erp.glob("*.json"))
    last = {}
    for sheet in sorted(sheets, key=lambda path: path.stat().st_ctime_ns):  # as they were renamed into sight
        with sheet.open(encoding="utf-8", newline="") as stream:
            (row,) = csv.DictReader(stream)
        document = OrdersDocument.model_validate_json(sheet.with_suffix(".json").read_bytes())
        assert (row["key"], row["held"]) == (document.key, "yes" if document.data.held else "no")
        last[row["customer"]] = row["held"]
    noted = Counter(path.stem.partition("_")[2] for path in erp.glob(".instructions/*/*_*.json"))
    assert set(noted.values()) == {1}
    assert len(noted) == actions + sum(groups(actions)[1:])
    assert [holds[0].data.customer.id for holds in Holds(erp).held()] == held
    with (erp / "held" / f"{DAY}.csv").open(encoding="utf-8", newline="") as stream:
        assert [row["customer"] for row in csv.DictReader(stream)] == held
    assert sorted(name for name, said in last.items() if said == "yes") == held
    assert sorted(last) == sorted(every)
