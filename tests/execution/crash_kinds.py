"""By what the workers deliver that are killed, what it leaves behind, and what must be found there at the end.

A kind is named after its carriers, the main one first. What a carrier was asked for, and what it did, stands in files
at once, so that it survives the worker.
"""

import copy
import os
import tempfile
import time
from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import Path

from policy_engine.adapters.email.address import read_address
from policy_engine.adapters.email.bounces import Folder
from policy_engine.adapters.email.reports import Ours
from policy_engine.execution.adapters import Adapters
from policy_engine.execution.job import Receipt
from policy_engine.execution.operator_file import Operator
from tests.execution import crash_orders
from tests.execution.places import Given
from tests.execution.support import House

KINDS = ("folder", "keyed", "loud", "loud+folder", "keyed+loud", "bouncing", "orders")
"""The folder; a carrier that knows keys; one that can't repeat; one of them with a copy by another adapter; one that
can't repeat and of which a part comes back; holds and releases of orders."""
CHANNELS = ("email", "letter")
"""Of the main carrier and its copy; orders have their own."""
OURS = Ours("house.example", read_address("bounces@house.example"))
_WAY = 0.001
"""Seconds to a carrier and back from it, each."""
_REPORT = """\
From: MAILER-DAEMON@relay.example
Subject: Returned mail
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary=b1

--b1
Content-Type: message/delivery-status

Original-Envelope-Id: {key}
Reporting-MTA: dns; relay.example

Final-Recipient: rfc822; anna@dupont.example
Action: failed
Status: 5.1.1

--b1--
"""


class Keyed:
    """A carrier that delivers a key once, however often it is asked."""

    name = "keyed"
    idempotent = True
    real = False

    def __init__(self, folder, channel="email"):
        self.folder, self.channels = folder, frozenset({channel})
        self.effects = folder / f"{self.name}.effects"

    def deliver(self, job):
        asked(self.folder, self.name, job)
        time.sleep(_WAY)
        self.do(job)
        time.sleep(_WAY)
        return Receipt({"line": job.key[:8]})

    def do(self, job):
        done = self.effects.read_text().split() if self.effects.exists() else []
        if job.key not in done:
            _line(self.effects, job.key)

    def settle(self):
        pass

    def close(self):
        pass


class Loud(Keyed):
    """Delivers as often as it is asked: whoever asks twice has two lines."""

    name = "loud"
    idempotent = False

    def do(self, job):
        _line(self.effects, job.key)


class Bouncing(Loud):
    """A loud one of which every other message comes back, to a folder that workers read by the adapter's own code."""

    name = "bouncing"

    def __init__(self, folder, channel="email"):
        super().__init__(folder, channel)
        self.bounces = folder / "bounces"
        self._read = Folder(self.bounces, OURS)

    def do(self, job):
        super().do(job)
        if comes_back(job.key):
            self.bounce(job.key)

    def bounce(self, key):
        """The report comes whole."""
        part = self.folder / f"{key}.part"
        part.write_text(_REPORT.format(key=key), encoding="ascii")
        part.rename(self.bounces / f"{key}.eml")

    def returns(self):
        return self._read.returns()

    def noted(self, news):
        self._read.noted(news)


def comes_back(key):
    return int(key[:8], 16) % 2 == 0


_CARRIERS = {one.name: one for one in (Keyed, Loud, Bouncing)}


def carriers_of(kind):
    """Channel to the name of its carrier, the main one first."""
    if kind == "orders":
        return dict.fromkeys(crash_orders.CHANNELS, "orders")
    return dict(zip(CHANNELS, kind.split("+"), strict=False))


@cache
def _ready(actions, copies):
    """A house with the inputs that all rounds have: a forked process finds it ready."""
    with tempfile.TemporaryDirectory() as name:
        house = House(Path(name), customers=actions)
    house.plan = replace(house.plan, actions=tuple(one._replace(also=copies) for one in house.plan.actions))
    return house


@cache
def _ready_for_orders(actions):
    with tempfile.TemporaryDirectory() as name:
        return crash_orders.house(Path(name), actions)


_before = cache(crash_orders.instructed_before)


def house_of(task):
    """The house of a worker: the inputs that all have, the ledger and the outbox of its round."""
    if task.kind == "orders":
        ready = _ready_for_orders(task.customers)
    else:
        ready = _ready(task.customers, CHANNELS[1:] if "+" in task.kind else ())
    house = copy.copy(ready)
    house.folder = task.folder
    house.place = Given(task.address)
    house.out = task.folder / "outbox"
    return house


def lay_out(task):
    """What is there before the round."""
    if task.kind == "orders":
        for path, data in _before(task.customers).items():
            (task.folder / path).parent.mkdir(parents=True)
            (task.folder / path).write_bytes(data)
    elif task.kind == "bouncing":
        (task.folder / "bounces").mkdir()


def adapters_of(house, kind, reached=lambda _: None):
    if kind == "orders":
        erp = crash_orders.Erp(house.out.parent, lambda job: asked(house.out.parent, "orders", job), reached)
        return crash_orders.serve(house, erp)
    adapters = Adapters(Operator(), house.out)
    for channel, name in carriers_of(kind).items():
        if name in _CARRIERS:
            adapters._by_name[name] = adapters._by_channel[channel] = _CARRIERS[name](house.out.parent, channel)
    return adapters


def asked(folder, name, job):
    """Write down that a carrier was asked."""
    _line(folder / f"{name}.asked", job.key)


def repeated(folder):
    """How often a carrier was asked for a key again."""
    every = [Counter(path.read_text().split()) for path in folder.glob("*.asked")]
    return sum(book.total() - len(book) for book in every)


def effects_of(house, name):
    """What a carrier did, by key, and how often."""
    if name == "orders":
        return crash_orders.told(house.out.parent)
    if name == "folder":
        ids = {f"{action.id[:12]}-1": f"{action.id}-1" for action in house.plan.actions}
        return Counter(ids[path.stem.rpartition("_")[2]] for path in house.out.rglob("*.json"))
    path = house.out.parent / f"{name}.effects"
    return Counter(path.read_text().split() if path.exists() else [])


def arrive_late(house, kind):
    """What a carrier that was cut off brings all the same: the reports that it owes."""
    if kind == "bouncing":
        carrier = Bouncing(house.out.parent)
        known = {path.stem for path in carrier.bounces.rglob("*.eml")}
        for key in effects_of(house, "bouncing"):
            if comes_back(key) and key not in known:
                carrier.bounce(key)


def whole(house, kind, actions):
    """Batches, lists and folders are whole, whoever died over them."""
    if kind == "orders":
        crash_orders.hold_together(house.out.parent, actions)
    if "folder" in kind:
        written = len(effects_of(house, "folder"))
        index = house.out / f"{house.day}" / "index.csv"
        lines = index.read_text(encoding="utf-8").splitlines() if index.exists() else ["nothing"]
        assert len(lines) == len(set(lines)) == written + 1
        assert list(house.out.rglob(".unlisted-*")) == []
    if kind == "bouncing":
        came = sorted(path.name for path in (house.out.parent / "bounces").rglob("*.eml"))
        owed = sorted(f"{key}.eml" for key in effects_of(house, "bouncing") if comes_back(key))
        assert came == owed
        assert list((house.out.parent / "bounces").glob("*.eml")) == []  # all of them were put away


def _line(path, text):
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.write(handle, f"{text}\n".encode())
    os.close(handle)
