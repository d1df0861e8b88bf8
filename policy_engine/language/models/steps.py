"""Ladders and their steps, as an author writes them."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Discriminator, Tag

from policy_engine.language.models.base import (
    Adjust,
    Anchor,
    Carrier,
    Channel,
    Consolidate,
    ContactChannel,
    OnCarrierPaid,
    Progression,
    Scope,
    Syntax,
    key,
)
from policy_engine.language.models.parts import MinimumSyntax, Overlay
from policy_engine.language.scalars import Days, Every, ExpressionText, Flag, Line, Months, Name, People, Span, Times


class RepeatSyntax(Syntax):
    """A step again, counted from its last delivery."""

    ONE_OF: ClassVar[tuple[tuple[str, ...], ...]] = (("every", "months"),)
    every: Every | None = key("Days between two.", 30, default=None)
    months: Months | None = key("Calendar months between two, instead of `every`.", 1, default=None)
    times: Times | None = key("How often after the first; left out: without limit.", 1, default=None)


class ApprovalSyntax(Syntax):
    """Who must agree before the action leaves."""

    role: Name = key("The role of who agrees.", "credit_manager")
    when: ExpressionText | None = key("Only under this condition.", "invoice.outstanding >= 10000", default=None)
    people: People = key("How many people; 2 is four eyes.", 2, default=1)


def _approval_kind(value: Any) -> str:
    return "who" if isinstance(value, dict) else "none"


Approval = Annotated[
    Annotated[Literal["none"], Tag("none")] | Annotated[ApprovalSyntax, Tag("who")], Discriminator(_approval_kind)
]


class StepSyntax(Overlay):
    """A rung of a ladder: when it is due, what it sends, what it asks for, who must agree."""

    ONE_OF: ClassVar[tuple[tuple[str, ...], ...]] = (("days", "months"),)

    stage: Name = key("The stage on the policy's scale that the step reaches.", "reminder")
    days: Days | None = key("Calendar days from the anchor; negative: before it.", 10, -5, default=None)
    months: Months | None = key("Calendar months from the anchor, instead of `days`.", 1, default=None)
    round_to: Literal["end_of_month"] | None = key(
        "Move the date to the end of its month.", "end_of_month", default=None
    )
    then: Span | None = key("Days added after `round_to`.", 10, default=None)
    anchor: Anchor | None = key("What `days` counts from; default the ladder's.", "due_date", default=None)
    adjust: Adjust | None = key(
        "How the sending date moves; default the calendar's.", "next_business_day", "none", default=None
    )
    channel: Channel = key("How the step reaches the customer, or who acts.", "email")
    otherwise: Channel | None = key(
        "The channel for a customer without an address for the first.", "letter", default=None
    )
    also: tuple[ContactChannel, ...] = key(
        "Further carriers of the same message: one contact.", ["email"], default=(), longest=3
    )
    template: Name | None = key("The template of the text.", "courtesy", default=None)
    adapter: Name | None = key(
        "The adapter that carries it out, from the operator's file.", "agency_file", default=None
    )
    when: ExpressionText | None = key(
        "The step is passed over while this is false.", "invoice.outstanding >= 500", default=None
    )
    after_previous: Span | None = key(
        "Days since the delivery of the invoice's last executed step; default 7.", 10, default=None
    )
    charge: tuple[Name, ...] | None = key(
        "Penalties asked from this step on, until a later `charge`; `[]`: none.",
        ["late_interest"],
        default=None,
        longest=20,
    )
    exempt: Flag = key("Passes the contact cap, and fills it.", True, default=False)  # noqa: FBT003
    repeat: RepeatSyntax | None = key(
        "The step again, while no later step is reached.", {"every": 30, "times": 1}, default=None
    )
    approval: Approval | None = key(
        "Who must agree before it leaves. Steps of stage formal_notice, agency and legal always wait for a"
        " credit_manager; only `none` lifts that.",
        {"role": "credit_manager"},
        "none",
        default=None,
    )
    undo: Name | None = key(
        "The intervention planned once when the step is no longer justified.", "release_orders", default=None
    )
    description: Line | None = key("What the step is for.", "A friendly word.", default=None)


class LadderSyntax(Syntax):
    """The steps that an unpaid invoice climbs, in order."""

    extends: Name | None = key("The ladder whose steps this one changes.", "standard", default=None)
    scope: Scope = key(
        "Who climbs: each invoice, each instalment of it, or the customer with all that is overdue.",
        "invoice",
        "instalment",
        "customer",
        default="invoice",
    )
    carrier: Carrier | None = key(
        "With scope customer: the overdue invoice whose age counts, the oldest or the one with the most outstanding;"
        " default oldest.",
        "oldest",
        default=None,
    )
    on_carrier_paid: OnCarrierPaid | None = key(
        "With scope customer, when another invoice carries: keep the step reached, restart with the new carrier, or"
        " recompute the step from what is open; default keep.",
        "recompute",
        default=None,
    )
    progression: Progression = key(
        "stepwise: one step after the other; jump: the highest step whose date is reached.",
        "stepwise",
        default="stepwise",
    )
    anchor: Anchor = key("What the steps' days count from.", "due_date", default="due_date")
    consolidate: Consolidate = key(
        "How many messages: one per customer, per step, or per invoice.", "customer", default="customer"
    )
    minimum: MinimumSyntax | None = key("Instead of the policy's minimum.", {"item": 10, "customer": 50}, default=None)
    steps: tuple[StepSyntax, ...] = key(
        "The steps, from the first to the last.",
        [{"name": "courtesy", "stage": "reminder", "days": 5, "channel": "email", "template": "courtesy"}],
        longest=100,
    )
    description: Line | None = key("What the ladder is for.", "For most customers.", default=None)
