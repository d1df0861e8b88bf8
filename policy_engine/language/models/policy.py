"""The whole policy as an author writes it: one mapping, one YAML document."""

from typing import Annotated, ClassVar

from pydantic import PlainValidator, WithJsonSchema

from policy_engine.language.models.base import Syntax, key
from policy_engine.language.models.credit import CreditSyntax
from policy_engine.language.models.parts import (
    AfterSettlement,
    AttributesSyntax,
    CalendarSyntax,
    CapacitySyntax,
    ContactSyntax,
    Effective,
    HoldSyntax,
    InterventionSyntax,
    MinimumSyntax,
    Netting,
    OnboardingSyntax,
    PromisesSyntax,
    SafeguardsSyntax,
    SegmentSyntax,
)
from policy_engine.language.models.penalties import PenaltySyntax
from policy_engine.language.models.steps import LadderSyntax
from policy_engine.language.nodes import Text
from policy_engine.language.scalars import (
    BusinessDays,
    ExpressionText,
    Grace,
    Name,
    Prose,
    Slug,
    Version,
    pattern,
    refuse,
    scalar,
    text_schema,
)

DEFAULT_STAGES = ("notice", "reminder", "call", "formal_notice", "agency", "legal")
LANGUAGE = 1
"""The version of the language this package reads."""


def _language(value: object) -> int:
    text = scalar(value, "the version of the language", "1")
    if text != str(LANGUAGE) or text.style != "plain":
        raise refuse(
            "DUN116", f"this program reads version {LANGUAGE} of the language, not `{text[:20]}`", "write `dunning: 1`"
        )
    return LANGUAGE


Language = Annotated[
    int,
    PlainValidator(_language),
    WithJsonSchema({"const": LANGUAGE, "errorMessage": f"this program reads version {LANGUAGE} of the language"}),
]
CurrencyCode = Annotated[
    Text,
    pattern("[A-Z]{3}", "an ISO 4217 currency code", "EUR"),
    text_schema("^[A-Z]{3}$", "a currency code (ISO 4217)", "EUR"),
]
Locale = Annotated[
    Text,
    pattern("[a-z]{2,3}(-[A-Z]{2})?", "a locale", "fr-FR"),
    text_schema("^[a-z]{2,3}(-[A-Z]{2})?$", "a language, or a language and a country,", "fr-FR"),
]
BasePath = Annotated[
    Text,
    pattern(r"pack:[a-z0-9-]{1,60}|[^\x00]{1,300}", "a path or `pack:NAME`", "pack:fr-b2b"),
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": 300}),
]


class PolicySyntax(Syntax):
    """A dunning policy: who is chased for an unpaid invoice, when, how, and what a late payer owes on top."""

    LATER: ClassVar[dict[str, str]] = {
        "scorecard": "this version has no scores; use facts of the customer in `segments`",
        "limitation": "this version computes no limitation dates",
        "targets": "this version measures no targets",
    }

    dunning: Language = key("The version of the policy language.", 1)
    policy: Slug = key("The policy's name.", "acme-fr")
    version: Version = key("The version of this policy; raise it with every change.", 3, default=1)
    description: Prose | None = key("What the policy is for.", "Business customers in France.", default=None)
    effective: Effective | None = key("When this version is in force.", {"from": "2026-07-01"}, default=None)
    extends: BasePath | None = key(
        "The policy this one changes: a path inside the policy's folder, or `pack:NAME`.",
        "pack:fr-b2b",
        "common/base.yaml",
        default=None,
    )
    currency: CurrencyCode = key("The currency of the policy's amounts (ISO 4217).", "EUR")
    locale: Locale = key("Language and country of texts and formats.", "fr-FR", default="en")
    calendar: CalendarSyntax = key(
        "Business days.", {"country": "FR", "adjust": "next_business_day"}, default=CalendarSyntax()
    )
    stages: tuple[Name, ...] = key(
        "One scale for all ladders, rising; formal_notice, agency and legal are grave: their steps wait for a person.",
        list(DEFAULT_STAGES),
        default=DEFAULT_STAGES,
        longest=50,
    )
    netting: Netting = key(
        "How unallocated payments and credit notes count: settle the oldest invoices, reduce what is asked, or none.",
        "oldest_first",
        default="oldest_first",
    )
    minimum: MinimumSyntax | None = key(
        "What a message must ask for at least.", {"item": 10, "customer": 50}, default=None
    )
    grace: Grace = key("Days late that don't count yet as overdue.", 0, default=0)
    valid_for: BusinessDays = key("Business days after which a plan may no longer be executed.", 2, default=2)
    after_settlement: AfterSettlement = key(
        "Interest and lump sums of invoices paid late: never, or list them.", "list", default="list"
    )
    onboarding: OnboardingSyntax | None = key(
        "How invoices enter that were overdue when dunning began.",
        {"date": "2026-07-01", "entry": "hold"},
        default=None,
    )
    attributes: AttributesSyntax = key(
        "Columns of your own.", {"customer": {"region": "text"}}, default=AttributesSyntax()
    )
    facts: dict[Name, ExpressionText] = key(
        "Facts of your own, usable in every expression.",
        {"slow_payer": "customer.average_days_late > 15 and customer.paid_invoices >= 3"},
        default={},
        longest=500,
    )
    segments: tuple[SegmentSyntax, ...] = key(
        "Groups of customers; the first whose condition holds, the last has none.",
        [{"name": "standard", "ladder": "standard"}],
        longest=500,
    )
    ladders: dict[Name, LadderSyntax] = key("The ladders, by name.", {"standard": {"steps": []}}, longest=200)
    holds: tuple[HoldSyntax, ...] = key(
        "Reasons to leave an invoice alone, in order.",
        [{"name": "disputed", "when": "invoice.disputed"}],
        default=(),
        longest=200,
    )
    promises: PromisesSyntax = key("When a promise to pay counts as broken.", {"grace": 2}, default=PromisesSyntax())
    interventions: tuple[InterventionSyntax, ...] = key(
        "What holds and steps may plan instead.",
        [{"name": "declare_claim", "channel": "task", "template": "declare_claim"}],
        default=(),
        longest=200,
    )
    contact: ContactSyntax | None = key("The contact cap.", {"max": 1, "per_days": 7}, default=None)
    capacity: tuple[CapacitySyntax, ...] = key(
        "How much people can do a day.",
        [{"name": "calls", "channel": "call", "per_day": 40, "priority": "customer.overdue"}],
        default=(),
        longest=50,
    )
    safeguards: SafeguardsSyntax = key(
        "What stops a whole plan.", {"bank_lag": 2, "all": {"max": 2000}}, default=SafeguardsSyntax()
    )
    penalties: dict[Name, PenaltySyntax] = key(
        "What a late payer owes on top, by name.",
        {"recovery_indemnity": {"kind": "flat", "amount": 40}},
        default={},
        longest=50,
    )
    credit: CreditSyntax | None = key(
        "What counts against a credit limit, whose limit it is, what becomes of orders.",
        {"exposure": ["outstanding", "unbilled_orders"], "roll_up": "parent"},
        default=None,
    )
