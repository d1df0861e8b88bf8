"""Penalties as an author writes them: late-payment interest and lump sums, told apart by `kind`."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Discriminator, Tag

from policy_engine.language.models.base import Syntax, key, later
from policy_engine.language.scalars import Amounts, Citation, Day, ExpressionText, Line, Multiple, Name, Percent, Points


class FloorSyntax(Syntax):
    """The least a contract rate may be: a multiple of a reference rate."""

    reference: Name = key("The reference rate.", "fr_legal_interest")
    times: Multiple = key("How many times.", 3, default=1)


class OtherwiseSyntax(Syntax):
    """The statutory rate: a reference rate plus points."""

    reference: Name = key("The reference rate.", "ecb_mro")
    plus: Points = key("Percentage points on top.", 10, default=0)


class RateSyntax(Syntax):
    """The rate: agreed in the contract, else statutory; or one plain rate."""

    LATER: ClassVar[dict[str, str]] = {
        "step_up": "rates that rise some months after a date belong to a later version",
        "round_up_to": "rounding the rate itself (Belgium) belongs to a later version",
    }
    EITHER: ClassVar[tuple[tuple[str, ...], ...]] = (("annual", "contract"), ("annual", "floor"))
    ONE_OF: ClassVar[tuple[tuple[str, ...], ...]] = (("otherwise", "annual"),)

    contract: ExpressionText | None = key(
        "The fact that holds the agreed rate; used when known, raised to the floor.",
        "customer.contract_rate",
        default=None,
    )
    floor: FloorSyntax | None = key(
        "The least the agreed rate may be.", {"reference": "fr_legal_interest", "times": 3}, default=None
    )
    otherwise: OtherwiseSyntax | None = key(
        "The rate when no agreed rate is known.", {"reference": "ecb_mro", "plus": 10}, default=None
    )
    annual: Percent | None = key("A plain rate in percent a year.", 12.15, default=None)


class RoundingSyntax(Syntax):
    """The one place where interest is rounded."""

    mode: Annotated[Literal["half_up"], later("half_even", "up", "down", known="`half_up`")] = key(
        "Halves away from zero.", "half_up", default="half_up"
    )
    per: Annotated[Literal["invoice"], later("period", "day", known="`invoice`")] = key(
        "Once, of the invoice's total.", "invoice", default="invoice"
    )


class InterestSyntax(Syntax):
    """Late-payment interest: the balance of each day at the rate of its half-year."""

    kind: Literal["interest"] = key("Interest for each day of delay.", "interest")
    when: ExpressionText | None = key("Owed only under this condition.", 'customer.kind == "business"', default=None)
    rate: RateSyntax = key("The rate a year.", {"annual": 12.15}, {"otherwise": {"reference": "ecb_mro", "plus": 10}})
    fixing: Annotated[
        Literal["half_year"], later("at_start", "at_payment", "daily", "constant", known="`half_year`")
    ] = key("Each day bears the rate of its half-year.", "half_year", default="half_year")
    read: Annotated[Literal["anchor"], later("eve", known="`anchor`")] = key(
        "The reference rate of 1 January and of 1 July.", "anchor", default="anchor"
    )
    day_count: Annotated[
        Literal["actual/365"], later("actual/actual", "actual/360", "30e/360", known="`actual/365`")
    ] = key("Days over 365, in leap years too.", "actual/365", default="actual/365")
    boundary: Annotated[Literal["day_after_due"], later("due_date", known="`day_after_due`")] = key(
        "The first day that bears interest.", "day_after_due", default="day_after_due"
    )
    allocation: Literal["interest_first", "principal_first"] = key(
        "What a part payment settles first.", "interest_first", default="interest_first"
    )
    compound: Annotated[Literal["none"], later("yearly", known="`none`")] = key(
        "Interest bears no interest.", "none", default="none"
    )
    rounding: RoundingSyntax = key(
        "Where and how the result is rounded.", {"mode": "half_up", "per": "invoice"}, default=RoundingSyntax()
    )
    reference: Citation | None = key("The article that grounds it.", "C. com. art. L441-10 II", default=None)
    description: Line | None = key("What it is, for people.", "Statutory late-payment interest.", default=None)


class DatedAmountSyntax(Syntax):
    """An amount in force from a day on."""

    start: Day | None = key("First day in force; left out: always.", "2013-01-01", alias="from", default=None)
    value: Amounts = key("The amount in the policy's currency, or amounts by currency.", 40, {"EUR": 40, "GBP": 35})
    reference: Citation | None = key("The article that grounds it.", "C. com. art. D441-5", default=None)


def _amount_kind(value: Any) -> str:
    return "dated" if isinstance(value, list) else "one"


FlatAmount = Annotated[
    Annotated[Amounts, Tag("one")] | Annotated[tuple[DatedAmountSyntax, ...], Tag("dated")],
    Discriminator(_amount_kind),
]


class FlatSyntax(Syntax):
    """A lump sum, once for each invoice paid late."""

    LATER: ClassVar[dict[str, str]] = {
        "percent": "percentages belong to a later version",
        "of": "percentages belong to a later version",
        "tiers": "amounts by tier belong to a later version",
    }

    kind: Literal["flat"] = key("A lump sum.", "flat")
    when: ExpressionText | None = key("Owed only under this condition.", 'customer.kind == "business"', default=None)
    amount: FlatAmount = key(
        "The amount in the policy's currency, converted for invoices in another; or amounts by currency, and nothing in"
        " one that they lack; or a list of them by date: the one in force on the due date.",
        40,
        {"EUR": 40, "GBP": 35},
        [{"from": "2013-01-01", "value": 40, "reference": "C. com. art. D441-5"}],
    )
    per: Annotated[Literal["invoice"], later("message", "customer", known="`invoice`")] = key(
        "Once for each invoice.", "invoice", default="invoice"
    )
    reference: Citation | None = key("The article that grounds it.", "C. com. art. D441-5", default=None)
    description: Line | None = key("What it is, for people.", "Lump sum for recovery costs.", default=None)


PenaltySyntax = Annotated[InterestSyntax | FlatSyntax, Discriminator("kind")]
LATER_KINDS = frozenset({"percent", "tiered"})
"""Kinds of penalty that the language names and this version refuses."""
