"""Credit as an author writes it: what is at risk, whose limit holds, which orders are approved, whom to be told of."""

from typing import Annotated, Literal

from pydantic import Field

from policy_engine.language.models.base import Syntax, key
from policy_engine.language.models.parts import Overlay
from policy_engine.language.scalars import ExpressionText, Line, Name

ExposurePart = Literal["outstanding", "unbilled_orders"]
RollUp = Literal["none", "parent"]
Verdict = Literal["approve", "refer", "refuse"]


class CreditRuleSyntax(Overlay):
    """A rule on open orders. The first whose `when` holds decides; the last has none."""

    when: ExpressionText | None = key(
        "Condition on facts of the customer and of the order; only the last rule has none.",
        "customer.exposure + order.amount > customer.credit_limit",
        default=None,
    )
    decision: Verdict = key("What becomes of the order.", "refer")
    role: Name | None = key("With `refer`: whose decision it is.", "credit_manager", default=None)
    description: Line | None = key("What the rule is for.", "Beyond the limit a person decides.", default=None)


class CreditAlertSyntax(Overlay):
    """Customers that somebody should know of; each alert is asked by itself."""

    when: ExpressionText = key("Condition on facts of the customer.", "customer.exposure / customer.credit_limit > 0.8")
    description: Line | None = key("What is to be done, for people.", "Ask for new accounts.", default=None)


class CreditSyntax(Syntax):
    """Credit: exposure against limits, the decision on each open order, and alerts."""

    exposure: Annotated[tuple[ExposurePart, ...], Field(min_length=1)] = key(
        "What is at risk; its sum is `customer.exposure`.",
        ["outstanding", "unbilled_orders"],
        default=("outstanding",),
        longest=2,
    )
    roll_up: RollUp = key(
        "`parent`: the limit of a parent holds for its children, and their exposures add up under it.",
        "parent",
        default="none",
    )
    decisions: tuple[CreditRuleSyntax, ...] = key(
        "Rules on open orders, in order: approve, refer to a person, or refuse; the first that holds decides.",
        [{"name": "fine", "decision": "approve"}],
        default=(),
        longest=200,
    )
    alerts: tuple[CreditAlertSyntax, ...] = key(
        "Customers to be told of.",
        [{"name": "utilisation", "when": "customer.exposure / customer.credit_limit > 0.8"}],
        default=(),
        longest=200,
    )
