"""All rows into accounts: one customer with everything about it, quarantined when a row it could need is broken."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from operator import attrgetter
from typing import Any

from policy_engine.policy.resolved import Attribute
from policy_engine.snapshot import events, extras
from policy_engine.snapshot.books import Books
from policy_engine.snapshot.corrections import corrected
from policy_engine.snapshot.model import CustomerAccount, ExchangeRate, Problem
from policy_engine.snapshot.payments import take_payments
from policy_engine.snapshot.quick import new_account
from policy_engine.snapshot.receivables import take_customers, take_invoices
from policy_engine.snapshot.rows import BrokenRow, Row, Rows
from policy_engine.snapshot.sources import counted
from policy_engine.snapshot.tables import CUSTOMERS, HISTORY, TABLES

MAX_CUSTOMER = 10**13
"""Bound of the sum of a customer's amounts, in minor units (language.md section 2)."""
_SHOWN = 20
_NO_PROBLEM = ("", "")

_EVENTS: tuple[tuple[str, Any], ...] = (
    ("disputes", events.dispute),
    ("promises", events.promise),
    ("payment_plans", events.payment_plan),
    ("blocks", events.block),
    ("history", events.history),
    ("charges", events.charge),
)
_EXTRAS: tuple[tuple[str, Any], ...] = (
    ("contact_persons", extras.contact_person),
    ("credit_reports", extras.credit_report),
    ("insurance", extras.insurance),
    ("orders", extras.order),
    ("notes", extras.note),
)


def assemble(
    books: Books, tables: Mapping[str, Rows], attributes: Sequence[Attribute], *, addresses_known: bool
) -> tuple[tuple[CustomerAccount, ...], tuple[ExchangeRate, ...]]:
    """The accounts by customer id, and the exchange rates. Broken rows end up in `books`."""
    names = {level: tuple(item.name for item in attributes if item.level == level) for level in ("customer", "invoice")}
    take_customers(books, tables["customers"], names["customer"])
    take_invoices(books, tables["invoices"], names["invoice"])
    parts: dict[str, Mapping[str, tuple[Any, ...]]] = {
        "payments": _by_customer(take_payments(books, tables["payments"]))
    }
    tables = corrected(books, tables)
    past = _without_future(books, tables["history"])
    parts["instalments"] = _by_customer(events.take_instalments(books, tables["instalments"]))
    for name, build in (*_EVENTS, *_EXTRAS):
        rows = past if name == "history" else tables[name]
        parts[name] = _by_customer(events.take(books, TABLES[name], rows, build))
    rates = extras.take_rates(books, tables["exchange_rates"])
    parts["invoices"] = _by_customer(books.invoices.values())
    _bound(books, tables["customers"].good, parts)
    _missing_facts(books)
    held = _held(books.problems)
    accounts = tuple(
        new_account(
            customer=books.customers[key],
            quarantined=held.get(key),
            addresses_known=addresses_known,
            **{name: found[key] for name, found in parts.items() if key in found},
        )
        for key in sorted(books.customers)
    )
    return accounts, tuple(rates)


def _by_customer(values: Collection[Any]) -> Mapping[str, tuple[Any, ...]]:
    if not values:
        return {}
    groups: dict[str, list[Any]] = defaultdict(list)
    for value in sorted(values, key=attrgetter("id")):
        groups[value.customer].append(value)
    return {key: tuple(group) for key, group in groups.items()}


def problem_order(problem: Problem) -> tuple[str, ...]:
    """The order of problems: no place in a file decides before what the row says."""
    return (problem.table, problem.row, problem.customer or "", problem.code, problem.message, problem.where)


def _held(problems: Iterable[Problem]) -> dict[str, Problem]:
    held: dict[str, Problem] = {}
    for problem in sorted(problems, key=problem_order):
        if problem.holds and problem.customer is not None:
            held.setdefault(problem.customer, problem)
    return held


def _without_future(books: Books, rows: Rows) -> Rows:
    """History after `as_of` refuses the run, unless the snapshot was rewound: then it counts for nothing (3.4)."""
    place = HISTORY.index["date"]
    every: list[Row | BrokenRow] = [*rows.good, *rows.broken]
    future = [row for row in every if _after(row.values[place], books.as_of)]
    if not future:
        return rows
    if books.rewound:
        text = f"{counted(len(future))} of `history` after {books.as_of} left out: the snapshot is rewound"
        books.findings.alert("rewound_history", "history", text, len(future))
    else:
        future.sort(key=lambda row: (row.where, row.line))
        for row in future[:_SHOWN]:
            message = f"the history row `{row.values[0]}` is of {row.values[place]}, after `as_of` {books.as_of}"
            fix = "judge a later day, or say `rewound: true` in the manifest for a back-test"
            books.findings.error("DUN513", row.file.at(row.line), message, fix)
        _more(books, "DUN513", future[_SHOWN:], "of `history` after `as_of`")
    return Rows(
        [row for row in rows.good if not _after(row.values[place], books.as_of)],
        [row for row in rows.broken if not _after(row.values[place], books.as_of)],
    )


def _after(day: date | None, as_of: date) -> bool:
    return day is not None and day > as_of


def _more(books: Books, code: str, rest: Sequence[Any], what: str) -> None:
    if rest:
        books.findings.error(code, rest[0].file.at(rest[0].line), f"and {counted(len(rest))} more {what}")


def unattributed(books: Books, accepted: int) -> None:
    """Rows whose customer can't be told stop the run beyond `accepted`: nobody could be held in their stead (3.2)."""
    rows = sorted(books.unattributed, key=lambda pair: (pair[1].where, pair[1].line))
    if not rows:
        return
    if len(rows) <= accepted:
        text = f"{counted(len(rows))} accepted that can't be attributed to a customer and protect nobody"
        books.findings.alert("unattributed_rows", "", text, len(rows))
        return
    for problem, row in rows[:_SHOWN]:
        message = f"the customer of this row of `{problem.table}` can't be told: {problem.message}"
        fix = problem.help or "repair the row, or accept it with --accept-unattributed"
        books.findings.error("DUN514", row.file.at(row.line), message, fix)
    _more(books, "DUN514", [row for _, row in rows[_SHOWN:]], "whose customer can't be told")


def _bound(books: Books, rows: Iterable[Row], parts: Mapping[str, Mapping[str, tuple[Any, ...]]]) -> None:
    """Hold customers whose amounts add up to more than the bound within which nothing can overflow."""
    beyond: set[str] = set()
    for key in books.customers:
        if len(parts["invoices"].get(key, ())) + len(parts["payments"].get(key, ())) <= MAX_CUSTOMER // 10**12:
            continue
        total = sum(abs(row.amount) for name in ("invoices", "payments") for row in parts[name].get(key, ()))
        if total > MAX_CUSTOMER:
            beyond.add(key)
    where = {row.values[0]: row.where for row in rows if row.values[0] in beyond} if beyond else {}
    for key in sorted(beyond):
        message = "has invoices and payments of more than 1e13 minor units in all"
        books.problems.append(
            Problem("DUN533", CUSTOMERS.name, key, key, None, message, where.get(key, ""), True, "split the customer")  # noqa: FBT003
        )


def _missing_facts(books: Books) -> None:
    for name, table in TABLES.items():
        count = len({(p.row, p.where) for p in books.problems if p.table == name}) if table.holds == "nothing" else 0
        if count:
            text = f"{counted(count)} of `{name}` can't be used: the facts are missing"
            books.findings.alert("facts_missing", name, text, count)
