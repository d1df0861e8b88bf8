"""The smaller sections of a policy: calendar, minimum, segments, holds, interventions, capacity, safeguards."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Discriminator, Tag

from policy_engine.language.models.base import Adjust, Channel, ContactChannel, Syntax, key, later
from policy_engine.language.nodes import Text
from policy_engine.language.scalars import (
    Age,
    Amounts,
    BusinessDays,
    Count,
    Day,
    Days,
    Every,
    ExpressionText,
    Flag,
    Limit,
    Line,
    Months,
    Name,
    Share,
    Span,
    pattern,
    text_schema,
)

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Country = Annotated[
    Text,
    pattern("[A-Z]{2}", "an ISO 3166 country code", "FR"),
    text_schema("^[A-Z]{2}$", "a country code (ISO 3166)", "FR"),
]
Subdivision = Annotated[
    Text,
    pattern("[A-Za-z0-9 -]{1,40}", "a subdivision of the country", "Moselle"),
    text_schema("^[A-Za-z0-9 -]{1,40}$", "a subdivision of the country", "Moselle"),
]


class Effective(Syntax):
    """When this version of the policy is in force."""

    start: Day | None = key("First day in force.", "2026-07-01", alias="from", default=None)
    end: Day | None = key(
        "Last day in force; leave it out while no end is known.", "2026-12-31", alias="to", default=None
    )


class CalendarSyntax(Syntax):
    """Business days: weekends, public holidays, the company's own closed days."""

    country: Country | None = key("Whose public holidays are no business days (ISO 3166).", "FR", default=None)
    subdivision: Subdivision | None = key("Part of the country with holidays of its own.", "Moselle", default=None)
    weekend: tuple[Weekday, ...] | None = key(
        "Days of the week that are no business days; default sat, sun.", ["sat", "sun"], default=None, longest=6
    )
    closed: tuple[Day, ...] = key("The company's own closed days.", ["2026-12-24"], default=(), longest=2000)
    adjust: Adjust = key(
        "How a sending date moves that is no business day.", "next_business_day", default="next_business_day"
    )


class MinimumSyntax(Syntax):
    """What a message must ask for at least, without charges.

    A plain amount is in the policy's currency: what is in another one is converted to be compared with it. Amounts by
    currency are never converted; a currency that they lack isn't dunned.
    """

    item: Amounts | None = key(
        "Smallest outstanding of an invoice that triggers anything; an amount, or amounts by currency.",
        10,
        {"EUR": 10, "USD": 12},
        default=None,
    )
    customer: Amounts | None = key(
        "Smallest total of a message; an amount, or amounts by currency.", 50, {"EUR": 50, "USD": 60}, default=None
    )


def _entry_kind(value: Any) -> str:
    return "ages" if isinstance(value, dict) else "hold"


Entry = Annotated[
    Annotated[Literal["hold"], Tag("hold")] | Annotated[dict[Age, Name], Tag("ages")], Discriminator(_entry_kind)
]


class OnboardingSyntax(Syntax):
    """How invoices enter that were already overdue, without history, when dunning began."""

    date: Day = key("The day on which dunning with this policy began.", "2026-07-01")
    entry: Entry = key(
        "`hold`: a person must look at each; or a stage by age in days: `{30: reminder, 90: formal_notice}`.",
        "hold",
        {30: "reminder", 90: "formal_notice"},
    )


AttributeType = Literal["amount", "count", "date", "days", "flag", "number", "percent", "text"]


class AttributesSyntax(Syntax):
    """Columns of your own in the snapshot, declared so that expressions can be checked."""

    customer: dict[Name, AttributeType] = key(
        "Columns of the table customers, each with its type.", {"region": "text"}, default={}, longest=200
    )
    invoice: dict[Name, AttributeType] = key(
        "Columns of the table invoices, each with its type.", {"cost_centre": "text"}, default={}, longest=200
    )


class Overlay(Syntax):
    """An item of a list with names; a policy that extends another may change, place or remove it."""

    name: Name = key("The name; once in this list.", "courtesy_reminder")
    before: Name | None = key(
        "In a policy that extends another: place a new item before this one.", "standard", default=None
    )
    after: Name | None = key(
        "In a policy that extends another: place a new item after this one.", "standard", default=None
    )
    remove: Flag | None = key("In a policy that extends another: leave the inherited item out.", True, default=None)  # noqa: FBT003


class SegmentSyntax(Overlay):
    """A group of customers. The first segment whose `when` holds is the customer's; the last has none."""

    when: ExpressionText | None = key(
        "Condition on facts of the customer; only the last segment has none.",
        'customer.category == "key_account"',
        default=None,
    )
    ladder: Name = key("The ladder that unpaid invoices climb; `none`: never dunned.", "standard", "none")
    credit_limit: Limit | None = key(
        "Credit limit in the policy's currency; `none` or left out: no limit; 0: nothing on credit.",
        30000,
        "none",
        default=None,
    )
    description: Line | None = key("What the segment is for.", "Key accounts, looked after in person.", default=None)


class HoldSyntax(Overlay):
    """A reason to leave an invoice alone. The first hold that holds is the reason told."""

    when: ExpressionText = key("Condition on facts of the invoice and its customer.", "invoice.disputed")
    instead: Name | None = key("The intervention to plan, once.", "declare_claim", default=None)
    stops: dict[Name, ExpressionText] = key(
        "Penalties that end, each with the date fact from which on they bear nothing.",
        {"late_interest": "customer.insolvent_since"},
        default={},
        longest=50,
    )
    description: Line | None = key("Why the invoice is left alone, for people.", "Sold to a factor.", default=None)


class PromisesSyntax(Syntax):
    """How promises to pay are judged."""

    grace: Span = key("Days after the promised date before the promise counts as broken.", 2, default=0)


class DeadlineSyntax(Syntax):
    """A legal deadline; it never moves for weekends or holidays."""

    ONE_OF: ClassVar[tuple[tuple[str, ...], ...]] = (("days", "months"),)
    since: ExpressionText = key("The date fact it counts from.", "customer.insolvent_since", alias="from")
    days: Days | None = key("Calendar days.", 30, default=None)
    months: Months | None = key("Calendar months.", 2, default=None)


class InterventionSyntax(Overlay):
    """What is planned once, by a hold's `instead` or a step's `undo`."""

    channel: Channel = key("How it reaches whoever acts.", "task")
    template: Name | None = key("The template of its text.", "declare_claim", default=None)
    adapter: Name | None = key(
        "The adapter that carries it out, from the operator's file.", "agency_file", default=None
    )
    once: Literal["customer", "invoice"] = key(
        "Once for the customer or for each invoice.", "customer", default="customer"
    )
    deadline: DeadlineSyntax | None = key(
        "By when it must be done.", {"from": "customer.insolvent_since", "months": 2}, default=None
    )
    description: Line | None = key("What is to be done, for people.", "Declare the claim.", default=None)


class ContactSyntax(Syntax):
    """The contact cap: how often a customer is written to or called."""

    max: Every = key("Most contacts.", 1)
    per_days: Every = key("In how many days.", 7)
    channels: tuple[ContactChannel, ...] = key(
        "The channels that count; default all that speak to the customer.",
        ["email", "call"],
        default=("email", "letter", "registered_letter", "call"),
        longest=4,
    )


class CapacitySyntax(Overlay):
    """How much of a channel people can do a day."""

    channel: Channel = key("The channel.", "call")
    per_day: Count = key("Most actions a day.", 40)
    priority: ExpressionText | None = key(
        "Who comes first: a number or an amount of the customer, higher is earlier.", "customer.overdue", default=None
    )


class BoundsSyntax(Syntax):
    """Bounds of a safeguard, both inclusive."""

    max: Count | None = key("Most actions of one plan.", 200, default=None)
    max_share: Share | None = key("Largest share of the customers with an overdue invoice.", 0.1, default=None)


class SafeguardsSyntax(Syntax):
    """What stops a whole plan before anything leaves."""

    bank_lag: BusinessDays | None = key("Business days that payments may lag behind.", 2, default=None)
    all: BoundsSyntax | None = key("Bounds of all actions.", {"max": 2000, "max_share": 0.5}, default=None)
    steps: dict[Name, BoundsSyntax] = key(
        "Bounds of the steps of a name, in every ladder.", {"formal_notice": {"max": 200}}, default={}, longest=500
    )


Netting = Literal["oldest_first", "account", "none"]
AfterSettlement = Annotated[Literal["never", "list"], later("ask", known="`never` and `list`")]
