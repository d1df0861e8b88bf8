"""The pass before the customers (3.19): what each family owes together, and whose limit holds for whom.

Costs nothing without `credit`; with `roll_up: parent` only customers that have a parent or are one are looked at.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from policy_engine.engine.reference.decide import on_the_books
from policy_engine.engine.reference.exchange import NO_RATES, ExchangeRates
from policy_engine.engine.reference.family import NOTHING, Family, Share
from policy_engine.engine.reference.program import CreditProgram, Program
from policy_engine.engine.reference.s19_credit import has_unknown_orders, own_limit, share_of
from policy_engine.snapshot.model import CustomerAccount, Snapshot
from policy_engine.snapshot.parents import known_parents, parent_circles

NO_FAMILIES: Mapping[str, Family] = {}


def credit_families(program: Program, snapshot: Snapshot, rates: ExchangeRates = NO_RATES) -> Mapping[str, Family]:
    """The family of each customer that shares a limit or whose exposure is in doubt, by customer id.

    Customers that aren't in it stand alone. Members of one family share one value.

    Raises:
        CalendarError: the snapshot's date lies outside the years whose closed days the policy's calendar knows.
    """
    credit = program.credit
    if credit is None:
        return NO_FAMILIES
    doubt = _in_doubt(credit, program.policy.currency, snapshot, rates)
    families: dict[str, Family] = {}
    if credit.roll_up:
        families.update(_rolled_up(program, snapshot, doubt, rates))
    for key in doubt:
        if key not in families:
            families[key] = Family(key, None, 0, {}, (), 1, key, None)
    return families


def _in_doubt(credit: CreditProgram, currency: str, snapshot: Snapshot, rates: ExchangeRates) -> set[str]:
    """Customers with a row that can't be used in a table that exposures are made of, or that can't be counted."""
    tables = {"customers", "invoices", "payments"}
    if credit.orders:
        tables.add("orders")
    found = {problem.customer for problem in snapshot.problems if problem.table in tables}
    found |= {row.customer for row in snapshot.broken_invoices}
    if credit.orders:
        as_of = snapshot.as_of
        found |= {a.customer.id for a in snapshot.accounts if has_unknown_orders(a, as_of, currency, rates)}
    return {key for key in found if key is not None}


def _rolled_up(program: Program, snapshot: Snapshot, doubt: set[str], rates: ExchangeRates) -> dict[str, Family]:
    accounts = {account.customer.id: account for account in snapshot.accounts}
    customers = {key: account.customer for key, account in accounts.items()}
    parents = known_parents(customers)
    for circle in parent_circles(parents):  # whose limit holds can't be told: each stands alone, and in doubt
        doubt.update(circle)
        for key in circle:
            del parents[key]
    currency = program.policy.currency
    limits = {key: own_limit(customers[key], currency, rates, snapshot.as_of) for key in {*parents, *parents.values()}}
    holders = _holders(parents, limits)
    above = {key: holders[parents[key]] for key in set(holders.values()) if key in parents}
    shares: dict[str, dict[str, Share]] = {}
    for key in sorted(holders):
        shares.setdefault(holders[key], {})[key] = _share(program, accounts[key], snapshot, rates, doubt)
    below: dict[str, list[tuple[str, int]]] = {}
    doubtful: dict[str, list[tuple[int, str]]] = {}
    families: dict[str, Family] = {}
    for holder in _deepest_first(set(holders.values()), above):
        inside = shares[holder]
        under = tuple(sorted(below.get(holder, ())))
        total = sum(share.total for share in inside.values()) + sum(amount for _, amount in under)
        unsure = [(1, key) for key in inside if key in doubt] + doubtful.get(holder, [])
        count, one = sum(number for number, _ in unsure), min((key for _, key in unsure), default=None)
        family = Family(holder, limits[holder], total, inside, under, count, one, above.get(holder))
        if limits[holder] is None:
            family = replace(family, limit=_segment_limit(program, accounts[holder], snapshot, family, rates))
        families.update(dict.fromkeys(inside, family))
        if family.above is not None:
            below.setdefault(family.above, []).append((holder, total))
            if one is not None:
                doubtful.setdefault(family.above, []).append((count, one))
    return families


def _holders(parents: Mapping[str, str], limits: Mapping[str, int | None]) -> dict[str, str]:
    """Who holds the limit of each customer: itself with a limit of its own, else its parent's holder."""
    holders: dict[str, str] = {}
    for start in limits:
        path = []
        key = start
        while key not in holders:
            if limits[key] is not None or key not in parents:
                holders[key] = key
                break
            path.append(key)
            key = parents[key]
        holders.update(dict.fromkeys(path, holders[key]))
    return holders


def _deepest_first(holders: Iterable[str], above: Mapping[str, str]) -> Iterable[str]:
    """The holders so that each comes before the one above it."""
    waiting = dict.fromkeys(holders, 0)
    for key in above.values():
        waiting[key] += 1
    ready = sorted(key for key, count in waiting.items() if count == 0)
    while ready:
        key = ready.pop()
        yield key
        upper = above.get(key)
        if upper is not None:
            waiting[upper] -= 1
            if waiting[upper] == 0:
                ready.append(upper)


def _share(
    program: Program, account: CustomerAccount, snapshot: Snapshot, rates: ExchangeRates, doubt: set[str]
) -> Share:
    """What a member adds; one that owes in a currency without a rate is in doubt."""
    if not account.invoices and not account.orders:
        return NOTHING
    found = on_the_books(program, account, snapshot.as_of, None, rates)
    if found.unpriced:
        doubt.add(account.customer.id)
    return share_of(found)


def _segment_limit(
    program: Program, account: CustomerAccount, snapshot: Snapshot, family: Family, rates: ExchangeRates
) -> int | None:
    """The limit of the topmost parent's segment; its conditions may read the family's exposure."""
    if all(segment.credit_limit is None for segment in program.policy.segments):
        return None
    return on_the_books(program, account, snapshot.as_of, family, rates).customer.credit_limit
