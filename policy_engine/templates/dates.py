"""The dates of a message that depend on the day on which it leaves: its own, and the one by which to pay."""

from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple

from jinja2 import nodes

from policy_engine.engine.reference.s16_sending_date import is_business_day
from policy_engine.plan.model import Action
from policy_engine.policy.resolved import Calendar, Policy, Step
from policy_engine.templates.context import MessageContext
from policy_engine.values.days import ONE_DAY, add_days

PAY_DAYS = 8
"""Days to pay that a message gives at least; what a formal notice gives at least by usage (8 to 15 days)."""
FORMAL_PAY_DAYS = 15
"""Days that a formal notice gives when no step of the ladder follows it."""
DATES = frozenset({"sent_on", "pay_by", "pay_days"})
"""What templates call the dates that are another day's when the message leaves on another day."""


class Dates(NamedTuple):
    """The dates of a message that leaves on `sent_on`, by the names that templates use."""

    sent_on: date
    pay_by: date
    pay_days: int


MOVES = "\ue004"
"""Stands in what a template prints before the letter of a date that is put in for each day (`Moving`)."""
_LETTERS = {("sent_on", False): "a", ("sent_on", True): "b", ("pay_by", False): "c", ("pay_by", True): "d",
            ("pay_days", False): "e"}  # fmt: skip


class Moving(NamedTuple):
    """A date in place of which a mark is printed; of a template that only prints it, plain or in words."""

    name: str
    value: date | int
    in_words: bool = False

    @property
    def mark(self) -> str:
        """What stands for it."""
        return MOVES + _LETTERS[self.name, self.in_words]


@dataclass(frozen=True, slots=True)
class Moved:
    """What stands in place of the marks on one day."""

    texts: tuple[tuple[str, str], ...]

    def put(self, text: str) -> str:
        """The text of that day."""
        if MOVES in text:
            for mark, shown in self.texts:
                text = text.replace(mark, shown)
        return text


def only_prints(tree: nodes.Template) -> bool:
    """Whether a template only prints those dates, as they are or in words, and decides nothing by them."""
    printed = 0
    for output in tree.find_all(nodes.Output):
        for node in output.nodes:
            inner = node.node if isinstance(node, nodes.Filter) and node.name == "long_date" else node
            printed += isinstance(inner, nodes.Name) and inner.name in DATES
    return printed == sum(name.name in DATES for name in tree.find_all(nodes.Name))


def pay_by(policy: Policy, action: Action, sent_on: date) -> date:
    """The day until which payment is asked, of a message that leaves on `sent_on`.

    What the ladder itself gives, the days until the next step may follow, eight at least. A term that ends on a day
    that is no business day runs to the next one, as procedural terms do in France (CPC art. 642); never to an earlier
    one, so that nobody has fewer days than the policy promises.
    """
    step = next_step(policy, action)
    if step is None:
        days = FORMAL_PAY_DAYS if action.stage == "formal_notice" else PAY_DAYS
    else:
        days = max(PAY_DAYS, step.after_previous)
    day = add_days(sent_on, days)
    while not _is_open(policy.calendar, day):
        day += ONE_DAY
    return day


def next_step(policy: Policy, action: Action) -> Step | None:
    """The step after the action's on its ladder; None for an intervention, and at the ladder's end."""
    ladder = next((ladder for ladder in policy.ladders if ladder.name == action.ladder), None)
    if ladder is None or action.intervention is not None:
        return None
    place = next((step.index for step in ladder.steps if step.name == action.step), None)
    return None if place is None or place + 1 >= len(ladder.steps) else ladder.steps[place + 1]


def dates_on(policy: Policy, action: Action, day: date) -> Dates:
    """The dates of an action's message when it leaves on a day."""
    until = pay_by(policy, action, day)
    return Dates(day, until, (until - day).days)


def leaving_on(context: MessageContext, dates: Dates) -> MessageContext:
    """The same message when it leaves on another day; what it asks for stays as it was decided."""
    return replace(context, sent_on=dates.sent_on, pay_by=dates.pay_by, pay_days=dates.pay_days)


def _is_open(calendar: Calendar, day: date) -> bool:
    """Whether it is a business day; of years whose holidays aren't known, whether it is none of the weekend."""
    if calendar.first_year <= day.year <= calendar.last_year:
        return is_business_day(calendar, day)
    return day.weekday() not in calendar.weekend or len(calendar.weekend) > 6
