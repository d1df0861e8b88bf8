"""Every fact an expression may name, in one table (language.md section 2).

A row says what the fact is; `attribute` names the field of `engine.reference.facts.CustomerFacts`, `InvoiceFacts`
or `OrderFacts` that holds its value: None when missing. Units: amounts in minor units of the policy's currency,
percent in ppm a year (12.40 % = 124 000), numbers in ten-thousandths, ratios as a pair of integers.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

FactType: TypeAlias = Literal["amount", "days", "count", "number", "percent", "ratio", "date", "text", "flag", "set"]
Level: TypeAlias = Literal["run", "customer", "invoice", "order"]

NUMBER_SCALE = 10_000
"""Facts and attributes of type `number` are stored as integers of ten-thousandths."""


@dataclass(frozen=True, slots=True)
class FactDef:
    """One fact: how an author names it, what it is, how engines find it.

    Attributes:
        name: e.g. `invoice.days_late`.
        level: `run` for as_of, else whose fact it is.
        type: the type in expressions; `ratio` facts may only be compared.
        unit: for people: `EUR` style units are written "minor units".
        nullable: whether it may be missing.
        definition: one sentence, as of `as_of`, after netting unless it says otherwise.
        choices: the values a text fact can have, when they are known.
        window: the days it looks back, when it does.
    """

    name: str
    level: Level
    type: FactType
    unit: str | None
    nullable: bool
    definition: str
    choices: tuple[str, ...] = ()
    window: int | None = None

    @property
    def attribute(self) -> str:
        """The engine's field that holds it: the name without its level; of an invoice's amount the converted one."""
        name = self.name.rpartition(".")[2]
        return f"{name}_converted" if self.level == "invoice" and self.type == "amount" else name


KINDS = ("business", "consumer", "public", "unknown")
INVOICE_KINDS = ("invoice", "credit_note", "prepayment")
INVOICE_STATUSES = ("open", "draft", "cancelled", "written_off")


def _c(
    name: str,
    kind: FactType,
    definition: str,
    *,
    unit: str | None = None,
    nullable: bool = False,
    choices: tuple[str, ...] = (),
    window: int | None = None,
) -> FactDef:
    return FactDef(f"customer.{name}", "customer", kind, unit, nullable, definition, choices, window)


def _i(
    name: str,
    kind: FactType,
    definition: str,
    *,
    unit: str | None = None,
    nullable: bool = False,
    choices: tuple[str, ...] = (),
    window: int | None = None,
) -> FactDef:
    return FactDef(f"invoice.{name}", "invoice", kind, unit, nullable, definition, choices, window)


def _o(name: str, kind: FactType, definition: str, *, unit: str | None = None, nullable: bool = False) -> FactDef:
    return FactDef(f"order.{name}", "order", kind, unit, nullable, definition)


_MINOR = "minor units"

TABLE: tuple[FactDef, ...] = (
    FactDef("as_of", "run", "date", None, nullable=False, definition="The snapshot's date."),
    _c("id", "text", "The customer's id, as in the snapshot."),
    _c("country", "text", "ISO 3166 code of the customer's country.", nullable=True),
    _c("language", "text", "ISO 639 code of the customer's language.", nullable=True),
    _c("kind", "text", "Business, consumer, public body, or unknown.", choices=KINDS),
    _c("category", "text", "The company's own category of the customer.", nullable=True),
    _c("status", "text", "The company's own status of the customer.", nullable=True),
    _c("tags", "set", "The customer's tags."),
    _c("since", "date", "Customer since: the snapshot's date, else the first issue date.", nullable=True),
    _c("open_invoices", "count", "Open items with outstanding > 0."),
    _c("overdue_invoices", "count", "Open items with outstanding > 0 and days late beyond `grace`."),
    _c("outstanding", "amount", "Sum of the outstanding of the open items.", unit=_MINOR),
    _c("overdue", "amount", "Sum of the outstanding of the overdue items.", unit=_MINOR),
    _c(
        "exposure",
        "amount",
        "What is at risk: the sum of what `credit.exposure` lists (by default the outstanding); with"
        " `credit.roll_up: parent` of everybody under the customer that holds the limit.",
        unit=_MINOR,
    ),
    _c(
        "credit_limit",
        "amount",
        "The customer's own limit, else with `credit.roll_up: parent` that of the nearest parent that has one, else the"
        " segment's (the topmost parent's); missing = no limit. Not usable in segments and the facts that they use.",
        unit=_MINOR,
        nullable=True,
    ),
    _c(
        "insured_limit",
        "amount",
        "The insured limit in force; missing = not insured.",
        unit=_MINOR,
        nullable=True,
    ),
    _c("oldest_due_date", "date", "Earliest due date over the overdue items.", nullable=True),
    _c("oldest_issue_date", "date", "Earliest issue date over the overdue items.", nullable=True),
    _c("oldest_days_late", "days", "Most days late over the overdue items.", unit="days", nullable=True),
    _c("paid_invoices", "count", "Invoices settled in the last 365 days.", window=365),
    _c(
        "average_days_late",
        "ratio",
        "Amount-weighted mean of max(0, settled - due) over the invoices settled in the"
        " last 365 days, compared as an exact ratio.",
        unit="days",
        nullable=True,
        window=365,
    ),
    _c("promises", "count", "Promises due in the last 365 days.", window=365),
    _c("broken_promises", "count", "Promises due in the last 365 days and broken.", window=365),
    _c("kept_promises", "count", "Promises due in the last 365 days and kept.", window=365),
    _c("external_score", "number", "Score of the newest credit report.", nullable=True),
    _c("score_date", "date", "Date of the newest credit report.", nullable=True),
    _c("insolvent", "flag", "In insolvency proceedings, from the snapshot."),
    _c("insolvent_since", "date", "Day of the opening judgment, from the snapshot.", nullable=True),
    _c(
        "contract_rate",
        "percent",
        "Agreed late-interest rate, percent a year; missing = none agreed.",
        unit="percent a year",
        nullable=True,
    ),
    _c("last_contact", "date", "Day of the last executed contact.", nullable=True),
    _c("days_since_contact", "days", "Days since the last executed contact.", unit="days", nullable=True),
    _c("contacts_30", "count", "Contacts executed in the last 30 days.", window=30),
    _i("id", "text", "The invoice's id, as in the snapshot."),
    _i("number", "text", "The number printed on the invoice, else its id."),
    _i("kind", "text", "Invoice, credit note or prepayment.", choices=INVOICE_KINDS),
    _i("status", "text", "Open, draft, cancelled or written off.", choices=INVOICE_STATUSES),
    _i("currency", "text", "ISO 4217 code."),
    _i("payment_method", "text", "How it is to be paid, the company's own word.", nullable=True),
    _i("e_status", "text", "Last life-cycle status of the e-invoice.", nullable=True),
    _i("amount", "amount", "Gross amount; credit notes negative.", unit=_MINOR),
    _i(
        "outstanding",
        "amount",
        "Gross less payments and credit notes allocated to it and dated up to as_of, less what netting settled.",
        unit=_MINOR,
    ),
    _i("issue_date", "date", "Day of issue."),
    _i("due_date", "date", "Day by which it is to be paid; from the terms when the snapshot has none."),
    _i("days_late", "days", "0 until the due date, then counting.", unit="days"),
    _i("days_to_due", "days", "Days until the due date; 0 from then on.", unit="days"),
    _i("age", "days", "Days since issue.", unit="days"),
    _i("disputed", "flag", "Open disputes cover the whole outstanding."),
    _i("disputed_amount", "amount", "What open disputes cover, at most the outstanding.", unit=_MINOR),
    _i(
        "promise_active",
        "flag",
        "A promise runs: as_of is at most the promised date plus grace and less than promised"
        " has arrived since the day it was made.",
    ),
    _i("promise_broken", "flag", "The latest promise ran out and less than promised had arrived."),
    _i("factored", "flag", "Sold to a factor, who duns it."),
    _i(
        "payment_plan_kept",
        "flag",
        "It is in a payment plan whose instalments due by as_of are paid within `promises.grace`.",
    ),
    _i(
        "payment_plan_broken",
        "flag",
        "It is in a payment plan of which an instalment is unpaid beyond `promises.grace`.",
    ),
    _i("step", "text", "The step reached (3.4); missing before the first.", nullable=True),
    _i("stage", "text", "The stage reached; missing before the first step.", nullable=True),
    _i(
        "days_since_step",
        "days",
        "Days since the last delivery, or `set`; missing before the first step.",
        unit="days",
        nullable=True,
    ),
    _o("id", "text", "The order's id, as in the snapshot. Facts of an order are known in `credit.decisions` only."),
    _o("amount", "amount", "What the order would add to the exposure: its value less what is billed.", unit=_MINOR),
    _o("currency", "text", "ISO 4217 code."),
    _o("date", "date", "Day of the order."),
    _o("kind", "text", "The company's own word for it.", nullable=True),
)

BY_NAME: dict[str, FactDef] = {fact.name: fact for fact in TABLE}

NOT_YET = {
    "customer.score": "scorecards",
    "invoice.limitation_date": "limitation",
}
"""Facts that language.md names and this version doesn't have, with the part of the language they wait for."""

AFTER_SEGMENT = frozenset({"customer.credit_limit"})
"""Facts known only once the segment is: not usable in segments and the facts that they use."""

STEP_FACTS = frozenset({"invoice.step", "invoice.stage", "invoice.days_since_step"})
"""Facts that need a ladder position."""
