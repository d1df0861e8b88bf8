"""A scenario as a behaviour: its rules and dated events, turned into the events of a day."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from policy_engine.plan.model import Action
from policy_engine.policy.resolved import Policy
from policy_engine.simulation.behaviour import Behaviour, Event
from policy_engine.simulation.owed import Open, Owed, owed_on
from policy_engine.simulation.scenario import DatedPayment, Moment, Rule, Scenario
from policy_engine.snapshot.model import Allocation, Charge, CustomerAccount, Payment, Snapshot
from policy_engine.values.days import add_days

PREFIX = "SIM"
"""What ids of simulated rows begin with."""


def free_prefix(snapshot: Snapshot) -> str:
    """`SIM`, with as many `_` behind it as it takes for no id of the snapshot to begin with it."""
    prefix = PREFIX
    ids = {
        row.id
        for account in snapshot.accounts
        for rows in (
            account.invoices, account.payments, account.disputes, account.promises, account.history, account.charges,
        )
        for row in rows
    }  # fmt: skip
    while any(ident.startswith(prefix) for ident in ids):
        prefix += "_"
    return prefix


def scenario_behaviour(
    scenario: Scenario, policy: Policy, start: Snapshot, segments: Mapping[str, str | None]
) -> Behaviour:
    """The behaviour of a scenario's customers under a policy.

    Args:
        scenario: ready to run.
        policy: tells the stages of steps.
        start: the run's first snapshot.
        segments: customer id to the segment that rules go by.
    """
    return _Customers(scenario, policy, start, segments)


class _Customers:
    """Remembers each account's books while the account stays the same; what it says depends on its arguments only."""

    def __init__(self, scenario: Scenario, policy: Policy, start: Snapshot, segments: Mapping[str, str | None]) -> None:
        self._scenario = scenario
        self._start = start.as_of
        self._prefix = free_prefix(start)
        self._ranks = {stage: rank for rank, stage in enumerate(policy.stages)}
        self._stage = {(ladder.name, step.name): step.stage for ladder in policy.ladders for step in ladder.steps}
        self._rules = {
            account.customer.id: _rule_for(scenario.rules, account.customer.id, segments.get(account.customer.id))
            for account in start.accounts
        }
        self._books: dict[str, tuple[CustomerAccount, Owed]] = {}
        self._dated: dict[date, list[DatedPayment]] = {}
        for payment in scenario.payments:
            self._dated.setdefault(payment.day, []).append(payment)

    def __call__(self, snapshot: Snapshot, executed: Sequence[Action], day: date) -> Sequence[Event]:
        """What happens on the day: dated events first, then payments by the rules, customers by id."""
        events: list[Event] = [row for row in self._scenario.invoices if row.issue_date == day]
        events += [replace(row, id=f"{self._prefix}-{row.id}") for row in self._scenario.disputes if row.opened == day]
        events += [replace(row, id=f"{self._prefix}-{row.id}") for row in self._scenario.promises if row.made == day]
        today = self._today(executed)
        dated: dict[str, list[DatedPayment]] = {}
        for payment in self._dated.get(day, ()):
            dated.setdefault(payment.customer, []).append(payment)
        number = 0
        for account in snapshot.accounts:
            ident = account.customer.id
            rule = self._rules.get(ident)
            if (rule is None or not rule.pays) and ident not in dated:
                continue
            owed = self._owed(account, day)
            for event in self._payments(ident, owed, rule, dated.get(ident, ()), today, day):
                number += 1
                events.append(replace(event, id=f"{self._prefix}-{day:%Y%m%d}-{number}"))
        return events

    def _owed(self, account: CustomerAccount, day: date) -> Owed:
        known = self._books.get(account.customer.id)
        if known is not None and known[0] is account and day < known[1].until:
            return known[1]
        owed = owed_on(account, day)
        self._books[account.customer.id] = (account, owed)
        return owed

    def _today(self, executed: Sequence[Action]) -> dict[str, tuple[frozenset[str], dict[str, int]]]:
        """Of each invoice in a message of today: the stages it reached, and the charges that were asked."""
        found: dict[str, tuple[frozenset[str], dict[str, int]]] = {}
        for action in executed:
            for line in (*action.demanded, *action.mentioned):
                stages, asked = found.get(line.invoice, (frozenset[str](), dict[str, int]()))
                stage = self._stage.get((action.ladder, line.step), action.stage)
                for amounts in line.charges:
                    if amounts.asked > 0:
                        asked[amounts.penalty] = asked.get(amounts.penalty, 0) + amounts.asked
                found[line.invoice] = (stages | {stage}, asked)
        return found

    def _payments(
        self,
        customer: str,
        owed: Owed,
        rule: Rule | None,
        dated: Sequence[DatedPayment],
        today: Mapping[str, tuple[frozenset[str], dict[str, int]]],
        day: date,
    ) -> Iterable[Payment | Charge]:
        """Money by currency, then the charges that go with it; ids are given later."""
        left = {item.invoice.id: item.outstanding for item in owed.open}
        paid: dict[str, dict[str, int]] = {}
        loose: dict[str, int] = {}
        settled: list[str] = []
        for payment in dated:
            _take_dated(payment, owed, left, paid, loose)
        if rule is not None and rule.pays:
            credits_ = dict(owed.credits)
            for item in owed.open:
                ident, currency = item.invoice.id, item.invoice.currency
                amount = min(left[ident], self._due(rule, item, owed, today.get(ident), day))
                if amount > 0 and self._scenario.disputed == "wait":
                    amount = min(amount, left[ident] - owed.disputed_amount(item, day))
                if amount <= 0:
                    continue
                netted = min(amount, credits_.get(currency, 0))
                credits_[currency] = credits_.get(currency, 0) - netted
                amount -= netted
                if amount:
                    parts = paid.setdefault(currency, {})
                    parts[ident] = parts.get(ident, 0) + amount
                    left[ident] -= amount
                    if left[ident] == netted:
                        settled.append(ident)
        for currency in sorted({*paid, *loose}):
            parts = paid.get(currency, {})
            allocations = tuple(Allocation(ident, amount) for ident, amount in sorted(parts.items()))
            total = sum(parts.values()) + loose.get(currency, 0)
            yield Payment("", customer, day, total, currency, allocations)
        if self._scenario.charges == "asked":
            for ident in settled:
                yield from _charges(customer, ident, owed, today.get(ident), day)

    def _due(
        self, rule: Rule, item: Open, owed: Owed, today: tuple[frozenset[str], dict[str, int]] | None, day: date
    ) -> int:
        """How much of the invoice the rule wants paid by `day`, minor units of what is outstanding."""
        most = 0
        for moment in rule.pays:
            if moment.after == "due_date" and item.parts:
                gone = item.invoice.amount - item.outstanding
                due = sum(part.amount for part in item.parts if self._came(rule, moment, part.due_date, day))
                most = max(most, due - gone)
                continue
            anchor = self._anchor(moment, item, owed, today, day)
            if anchor is not None and self._came(rule, moment, anchor, day):
                return item.outstanding
        return min(most, item.outstanding)

    def _came(self, rule: Rule, moment: Moment, anchor: date, day: date) -> bool:
        pay_on = add_days(anchor, moment.days)
        if pay_on < self._start:
            if rule.backlog == "never":
                return False
            pay_on = self._start if rule.backlog == "first_day" else add_days(self._start, max(0, moment.days))
        return pay_on <= day

    def _anchor(
        self, moment: Moment, item: Open, owed: Owed, today: tuple[frozenset[str], dict[str, int]] | None, day: date
    ) -> date | None:
        if moment.after == "due_date":
            return item.invoice.due_date
        if moment.after == "issue_date":
            return item.invoice.issue_date
        rank = self._ranks[moment.after]
        reached = [
            on for stage, on in owed.reached.get(item.invoice.id, {}).items() if self._ranks.get(stage, -1) >= rank
        ]
        if today is not None and any(self._ranks.get(stage, -1) >= rank for stage in today[0]):
            reached.append(day)
        return min(reached, default=None)


def _rule_for(rules: Sequence[Rule], customer: str, segment: str | None) -> Rule | None:
    for rule in rules:
        if rule.segments is not None and segment not in rule.segments:
            continue
        if rule.customers is not None and customer not in rule.customers:
            continue
        return rule
    return None


def _take_dated(
    payment: DatedPayment, owed: Owed, left: dict[str, int], paid: dict[str, dict[str, int]], loose: dict[str, int]
) -> None:
    """Allocate a dated payment to its invoices, oldest first; what they don't take stays unallocated."""
    rest = payment.amount
    parts = paid.setdefault(payment.currency, {})
    for item in owed.open:
        ident = item.invoice.id
        if ident not in payment.invoices or item.invoice.currency != payment.currency:
            continue
        amount = left[ident] if rest is None else min(rest, left[ident])
        if amount:
            parts[ident] = parts.get(ident, 0) + amount
            left[ident] -= amount
            rest = None if rest is None else rest - amount
    if rest:
        loose[payment.currency] = loose.get(payment.currency, 0) + rest
    if not parts:
        del paid[payment.currency]


def _charges(
    customer: str, invoice: str, owed: Owed, today: tuple[frozenset[str], dict[str, int]] | None, day: date
) -> Iterable[Charge]:
    """The charges that the last message asked, less what was paid of them since."""
    asked: dict[str, int] = {}
    for row in owed.charges.get(invoice, ()):
        if row.status == "claimed":
            asked[row.penalty] = row.amount or 0
        elif row.status == "paid" and row.penalty in asked:
            asked[row.penalty] -= row.amount or 0
    if today is not None:
        asked |= today[1]
    for penalty, amount in sorted(asked.items()):
        if amount > 0:
            yield Charge("", customer, invoice, penalty, "paid", day, amount)
