"""A portfolio on which every customer gets one message: one to four invoices each, on four steps of the French pack.

Or only so many of its customers, the others' invoices not being due yet: so plans of any size are made of snapshots
that are equally large.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from policy_engine.values.days import ONE_DAY

DAY = date(2026, 10, 29)
"""The snapshot's day, and the day of the run: a Thursday."""
POLICY = """\
dunning: 1
extends: pack:fr-b2b
policy: bench
version: 1
ladders:
  standard:
    steps:
      - {name: formal_notice, approval: none}   # so that it leaves in the same run
capacity:
  - {name: calls, remove: true}
safeguards:
  all: {max: 1000000}
  steps:
    formal_notice: {max: 1000000}
"""
_LATE = {"courtesy_reminder": 6, "second_reminder": 20, "phone_call": 30, "formal_notice": 45}
"""Days late by the step that is due; the step before it was delivered ten days ago."""
NOT_DUE = 15
"""Days until what nobody is dunned for falls due."""
_BEFORE = {
    "courtesy_reminder": (),
    "second_reminder": ("courtesy_reminder",),
    "phone_call": ("courtesy_reminder", "second_reminder"),
    "formal_notice": ("courtesy_reminder", "second_reminder", "phone_call"),
}
_CARRIED = {"courtesy_reminder": ("reminder", "email"), "second_reminder": ("reminder", "email"),
            "phone_call": ("call", "call")}  # fmt: skip
_SHARES = ("courtesy_reminder",) * 4 + ("second_reminder",) * 3 + ("phone_call", "formal_notice", "formal_notice")
"""Of ten customers: four are reminded for the first time, three once more, one is called, two get a formal notice."""


@dataclass(frozen=True, slots=True)
class _Size:
    """How many customers there are, the first so many of them to be dunned, and how many invoices one has at most."""

    customers: int
    dunned: int
    most: int


def write_overdue(folder: Path, customers: int, *, dunned: int | None = None, most: int = 4) -> None:
    """A folder snapshot and, beside it, `policy.yaml`.

    Args:
        folder: is made.
        customers: how many.
        dunned: how many of them have one action on `DAY`, the others none; all without it.
        most: the invoices of a customer: one, or up to two, three, four.
    """
    size = _Size(customers, customers if dunned is None else dunned, most)
    folder.mkdir()
    (folder.parent / "policy.yaml").write_text(POLICY, encoding="utf-8")
    (folder / "manifest.yaml").write_text(
        f"as_of: {DAY}\npayments_complete_through: {DAY - timedelta(days=1)}\n", encoding="utf-8"
    )
    _table(folder, "customers", "id,name,kind,country,language", _customers(customers))
    _table(folder, "contact_persons", "id,customer,name,email,phone,address", _people(customers))
    _table(folder, "invoices", "id,number,customer,kind,status,currency,amount,issue_date,due_date", _bills(size))
    _table(folder, "history", "id,customer,invoice,step,stage,channel,status,date,action", _past(size))
    _table(folder, "payments", "id,customer,date,amount,currency,invoice", _money(size))


def _table(folder: Path, name: str, head: str, rows: Iterator[list[str]]) -> None:
    with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
        out = csv.writer(stream)
        out.writerow(head.split(","))
        out.writerows(rows)


def _customers(count: int) -> Iterator[list[str]]:
    for number in range(count):
        language = "en" if number % 5 == 0 else "fr"
        yield [f"C-{number:06d}", f"Société {number} & Fils", "business", "FR", language]


def _people(count: int) -> Iterator[list[str]]:
    for number in range(count):
        address = f"{number % 200 + 1} rue de la République, 69002 Lyon"
        yield [f"K-{number:06d}", f"C-{number:06d}", f"Anne {number}", f"c{number}@x.example", "0102030405", address]


def _each(size: _Size) -> Iterator[tuple[int, int, str, date]]:
    """(customer, number of the invoice, step, due date); customers have one, two, three or four invoices."""
    for number in range(size.customers):
        step = _SHARES[number % 10]
        late = _LATE[step] if number < size.dunned else -NOT_DUE
        for place in range(number // 10 % size.most + 1):
            yield number, place, step, DAY - timedelta(days=late + place)


def _bills(size: _Size) -> Iterator[list[str]]:
    for number, place, _, due in _each(size):
        cents = 60_000 + (number * 7919 + place * 104_729) % 900_000
        yield [
            f"F-{number:06d}-{place}", f"FA-{number:06d}-{place}", f"C-{number:06d}", "invoice", "open", "EUR",
            f"{cents // 100}.{cents % 100:02d}", str(due - timedelta(days=30)), str(due),
        ]  # fmt: skip


def _money(size: _Size) -> Iterator[list[str]]:
    """Every eighth customer has paid a part of the first invoice."""
    for number, place, _, due in _each(size):
        if number % 8 == 0 and place == 0:
            paid = str(min(due + timedelta(days=2), DAY - ONE_DAY))
            yield [f"P-{number:06d}", f"C-{number:06d}", paid, "50.00", "EUR", f"F-{number:06d}-0"]


def _past(size: _Size) -> Iterator[list[str]]:
    for number, place, step, _ in _each(size):
        for back, before in enumerate(reversed(_BEFORE[step])):
            stage, channel = _CARRIED[before]
            day = str(DAY - timedelta(days=10 + 9 * back))
            yield [
                f"H-{number:06d}-{place}-{before}", f"C-{number:06d}", f"F-{number:06d}-{place}", before, stage,
                channel, "delivered", day, f"A-{number:06d}-{before}",
            ]  # fmt: skip
