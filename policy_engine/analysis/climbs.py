"""A made-up invoice that climbs a ladder from the day of its issue: the customer for it, and what the engine does."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from policy_engine.analysis.cells import Stored
from policy_engine.analysis.conditions import TooManyError, both, none_of
from policy_engine.analysis.customers import AMOUNT, INVOICE, TERM, customer_with
from policy_engine.analysis.engine import Delivered, RunDay, Subject, run
from policy_engine.analysis.model import Found, Witness
from policy_engine.analysis.segments import reaching
from policy_engine.analysis.words import told
from policy_engine.policy.resolved import Ladder, Step
from policy_engine.policy.tree import Node
from policy_engine.snapshot.model import CustomerAccount
from policy_engine.values.days import add_days
from policy_engine.values.diagnostics import Diagnostic

Facts = Mapping[str, Stored]
MOVING = frozenset(
    {"as_of", "invoice.days_late", "invoice.days_to_due", "invoice.age", "invoice.due_date", "invoice.issue_date"}
    | {"invoice.step", "invoice.stage", "invoice.days_since_step", "invoice.status", "invoice.kind"}
    | {"customer.oldest_days_late", "customer.overdue_invoices", "customer.overdue", "customer.open_invoices"}
    | {"customer.last_contact", "customer.days_since_contact", "customer.contacts_30"}
    | {"customer.oldest_due_date", "customer.oldest_issue_date"}
)
"""Facts that the run itself makes."""
_MARGIN = 45
_LONGEST = 600


@dataclass(frozen=True, slots=True)
class Climb:
    """A run of an invoice over a ladder.

    Attributes:
        facts: what matters about the customer and the invoice.
        account: the customer; its invoice is issued on `first`.
        days: every day that was decided.
    """

    facts: Facts
    account: CustomerAccount
    first: date
    last: date
    days: tuple[RunDay, ...]

    @property
    def delivered(self) -> tuple[Delivered, ...]:
        """What left about the invoice, in order."""
        return tuple(one for day in self.days for one in day.delivered if one.line.invoice == INVOICE)

    def reason(self, day: date) -> str | None:
        """Why the invoice was left alone on a day; None when it wasn't decided then."""
        for one in self.days:
            if one.day == day:
                return next((item.blocked for item in one.draft.climbers if item.id == INVOICE), None)
        return None

    def found(self, subject: Subject, diagnostic: Diagnostic, shows: str) -> Found:
        """The finding with this run as its witness."""
        return Found(diagnostic, self.witness(subject, shows))

    def witness(self, subject: Subject, shows: str) -> Witness:
        """This run as a witness; what is as usual isn't told."""
        due = next(invoice for invoice in self.account.invoices if invoice.id == INVOICE).due_date
        usual = {name: value for name, value in self.facts.items() if value not in (None, False, 0)}
        named = [(name, value) for name, value in told(subject.policy, usual) if value != "other"]
        facts = (*named, ("", f"invoice due {due}, unpaid until {self.last}"))
        return Witness(self.account, self.first, facts, shows, self.last)


def climbs(
    subject: Subject,
    ladder: Ladder,
    *,
    conditions: Node | None = None,
    start: date | None = None,
    more: Facts | None = None,
) -> Iterator[Climb]:
    """Runs of a ladder, one for each weekday that the invoice is issued on; none when nobody can be shown on it.

    The customer is in a segment of the ladder and nothing holds the invoice; the conditions of as many steps as
    possible hold, those of later steps given up first.

    Args:
        subject: the policy.
        ladder: which one is climbed.
        conditions: what must hold besides, over `subject.open_invoices`.
        start: the first day of issue; the subject's `as_of` without it.
        more: facts that apply besides, whatever the conditions read.
    """
    facts = climbing_facts(subject, ladder, conditions)
    if facts is None:
        return
    facts = {**facts, **(more or {})}
    kept = {name: value for name, value in facts.items() if name not in MOVING}
    for weekday in range(7):
        first = add_days(start or subject.as_of, weekday)
        account = customer_with(subject.policy, kept, first, days_late=-TERM)
        due = next(invoice for invoice in account.invoices if invoice.id == INVOICE).due_date
        last = add_days(due, min(_LONGEST, _length(ladder)))
        yield Climb(kept, account, first, last, tuple(run(subject, account, first, last)))


def _length(ladder: Ladder) -> int:
    """Days after the due date in which every step can have been taken."""
    total = 0
    for step in ladder.steps:
        reach = (step.days if step.days is not None else 31 * (step.months or 0)) + (step.then or 0)
        reach += 31 if step.round_to is not None else 0
        total = total + max(reach, 0) if step.anchor == "previous_step" else max(total, reach)
        total += step.after_previous if step.after_previous > 7 else 0
    return total + _MARGIN


def climbing_facts(subject: Subject, ladder: Ladder, conditions: Node | None = None) -> Facts | None:
    """Facts of a customer on the ladder with an invoice that nothing holds; None when none was found."""
    space = subject.open_invoices
    holds = [space.plain(hold.when.tree) for hold in subject.policy.holds]
    whens = [space.plain(step.when.tree) for step in ladder.steps if step.when is not None]
    for index, segment in enumerate(subject.policy.segments):
        base = reaching(subject, index) if segment.ladder == ladder.name else None
        if base is None:
            continue
        for many in range(len(whens), -1, -1):
            wanted = both(*whens[:many], *(() if conditions is None else (conditions,)))
            try:
                free = next(space.search(wanted, _known(base, space.names(wanted))), None)
                if free is None:
                    continue
                calm = both(wanted, none_of(*holds))
                known = _known(base, space.names(calm))
                usual = subject.usual(space, space.names(calm) - free.keys(), known)
                found = next(space.search(calm, {**usual, **known, **free}), None)
                if found is None:
                    found = next(space.search(calm, known), None)
            except TooManyError:
                continue
            if found is not None:
                return _large(subject, calm, {**base, **found})
    return None


def _large(subject: Subject, condition: Node, facts: Facts) -> Facts:
    """The same with a large invoice where that is all one to the conditions: minimums and segments ask for amounts."""
    space = subject.open_invoices
    wanted = [facts.get(f"customer.{name}") for name in ("overdue", "outstanding", "exposure")]
    large = max(AMOUNT, *(value for value in wanted if isinstance(value, int)), 0)
    test = space.test(condition)
    for name in ("invoice.amount", "invoice.outstanding"):
        values = [value for value in (space.values(name) or () if name in facts else ()) if isinstance(value, int)]
        if values and test({**facts, name: max(values)}):
            facts = {**facts, name: max(large, *values)}  # beyond the last constant every value is alike
    return facts


def _known(base: Facts, names: frozenset[str]) -> Facts:
    """What the segment says of the facts in question; coins of one space mean nothing in another."""
    return {name: value for name, value in base.items() if name in names and "#" not in name}


def step_of(ladder: Ladder, name: str) -> Step:
    """A step by its name."""
    return next(step for step in ladder.steps if step.name == name)
