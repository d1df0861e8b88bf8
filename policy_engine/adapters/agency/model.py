"""`placement.json`: a claim handed over, as data. The model is its schema (schemas/placement.schema.json).

The fields are those of placement forms of credit insurers and of what a collector's letter must say (CPCE R124-4):
creditor, debtor, basis of the claim, its amount split into principal, interest and accessories.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from policy_engine.language.schema import DRAFT, short_name

PLACEMENT = 1
"""The version of the data."""
Amount = Annotated[str, Field(pattern=r"^-?[0-9]{1,15}(\.[0-9]{1,4})?$")]
Day = Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
Percent = Annotated[str, Field(pattern=r"^-?[0-9]{1,6}(\.[0-9]{1,4})?$")]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
File = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*(/[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*)*$")]
"""The name of a file in the zip."""


class Part(BaseModel):
    """What all parts share: closed and frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Creditor(Part):
    """Whose claim it is. `policy_number` is that of the credit insurance, `client_number` the agency's own."""

    name: str
    address: list[str]
    registration: str | None
    email: str | None
    phone: str | None
    policy_number: str | None
    client_number: str | None


class Person(Part):
    """Somebody at the debtor's."""

    name: str | None
    role: str | None
    email: str | None
    phone: str | None
    address: list[str]
    language: str | None


class Debtor(Part):
    """Who owes. `customer` is the creditor's number for them."""

    customer: str
    legal_name: str
    trading_name: str | None
    registration: str | None
    kind: str | None
    country: str | None
    language: str | None
    since: Day | None
    insolvent: bool
    insolvent_since: Day | None
    persons: list[Person]


class Limit(Part):
    """A limit on what the debtor may owe: the creditor's own, or an insured one."""

    type: Literal["internal", "insured"]
    amount: Amount
    currency: Currency
    first: Day | None
    last: Day | None


class CreditReport(Part):
    """What an agency thought of the debtor."""

    day: Day
    score: str | None
    source: str | None


class Claim(Part):
    """What is claimed: principal + interest + lump sums = total; `credits` were taken off the principal."""

    currency: Currency
    principal: Amount
    credits: Amount
    interest: Amount
    lump_sums: Amount
    total: Amount
    unallocated: dict[str, Amount]


class Settlement(Part):
    """What lowered an invoice."""

    kind: Literal["payment", "credit_note"]
    day: Day
    amount: Amount


class Period(Part):
    """Days of interest with one balance and one rate."""

    first: Day
    last: Day
    days: int
    balance: Amount
    rate: Percent
    interest: Amount


class Charge(Part):
    """A penalty of an invoice: asked = accrued - invoiced - paid - waived."""

    penalty: str
    kind: Literal["interest", "flat"]
    asked: Amount
    accrued: Amount
    invoiced: Amount
    paid: Amount
    waived: Amount


class NotedCharge(Part):
    """What was claimed, invoiced, waived or paid on top, and when."""

    penalty: str
    status: Literal["claimed", "invoiced", "waived", "paid"]
    day: Day
    amount: Amount | None


class AskedLine(Part):
    """What the claim asks of an invoice, or of a part of it (`instalment`). `listed`: for information, in no total."""

    role: Literal["demanded", "mentioned", "listed"]
    instalment: str | None
    due_date: Day
    days_late: int
    outstanding: Amount
    disputed: Amount | None
    principal: Amount | None
    interest: Amount | None
    lump_sums: Amount | None
    charges: list[Charge]
    periods: list[Period]


class Instalment(Part):
    """A part of an invoice with its own due date."""

    id: str
    due_date: Day
    amount: Amount


class Papers(Part):
    """The files of an invoice; None: missing."""

    invoice: File | None
    order: File | None
    delivery: File | None


class PlacedInvoice(Part):
    """An invoice of the claim."""

    id: str
    number: str
    issue_date: Day
    due_date: Day
    currency: Currency
    amount: Amount
    paid: Amount
    credited: Amount
    outstanding: Amount
    order_reference: str | None
    delivery_reference: str | None
    terms: str | None
    payment_method: str | None
    settlements: list[Settlement]
    instalments: list[Instalment]
    noted_charges: list[NotedCharge]
    lines: list[AskedLine]
    papers: Papers


class Contract(Part):
    """What was agreed. `retention_of_title`: what the creditor's terms or the customer's data say of it."""

    terms: str | None
    contract_rate: Percent | None
    retention_of_title: str | None
    guarantees: str | None
    file: File | None
    general_terms: File | None


class Reminder(Part):
    """A message that left. `proof` is the place of its delivery in the ledger's chain, None for the ERP's history."""

    day: Day
    step: str | None
    stage: str | None
    channel: str | None
    status: str
    invoices: list[str]
    total: Amount | None
    currency: Currency | None
    source: Literal["snapshot", "ledger"]
    action: str | None
    proof: Digest | None


class Notice(Part):
    """A formal notice that was delivered; `file` None when it can't be made again."""

    day: Day
    channel: str
    step: str
    invoices: list[str]
    file: File | None


class Dispute(Part):
    """What the debtor contests."""

    invoice: str
    opened: Day
    closed: Day | None
    amount: Amount | None
    reason: str | None


class Promise(Part):
    """What the debtor promised, and what became of it."""

    made: Day
    day: Day
    amount: Amount | None
    invoices: list[str]
    state: Literal["running", "kept", "broken"] | None


class PlanPart(Part):
    """An instalment of a payment plan."""

    day: Day
    amount: Amount


class PaymentPlan(Part):
    """An agreed plan."""

    made: Day
    invoices: list[str]
    instalments: list[PlanPart]


class BankDetails(Part):
    """Where the debtor pays."""

    holder: str
    iban: str
    bic: str | None


class Missing(Part):
    """What belongs into the file and isn't there."""

    what: Literal[
        "invoices", "orders", "deliveries", "contract", "terms", "formal_notice", "statement", "note", "proof"
    ]
    subject: str | None
    why: str


class Placement(Part):
    """A claim that is handed over to a collection agency, a lawyer, or an insolvency administrator."""

    dunning_placement: Literal[1]
    reference: str
    kind: Literal["agency", "legal", "insolvency", "other"]
    step: str
    intervention: str | None
    deadline: Day | None
    placed_on: Day
    as_of: Day
    trial: str | None = Field(description="Not empty: a rehearsal, not a claim; who asked for it.")
    creditor: Creditor
    debtor: Debtor
    limits: list[Limit]
    credit_reports: list[CreditReport]
    claim: Claim
    invoices: list[PlacedInvoice]
    contract: Contract
    reminders: list[Reminder]
    formal_notices: list[Notice]
    disputes: list[Dispute]
    promises: list[Promise]
    payment_plans: list[PaymentPlan]
    bank_details: BankDetails | None
    missing: list[Missing]


def placement_schema() -> dict[str, Any]:
    """The schema, draft 2020-12, as JSON data with sorted definitions."""
    schema: Any = Placement.model_json_schema(mode="validation")
    definitions: dict[str, Any] = schema.pop("$defs")
    head = {"$schema": DRAFT, "$id": "placement.schema.json"}
    own = {name: _untitled(part) for name, part in schema.items() if name != "title"}
    parts = {short_name(name): _untitled(definitions[name]) for name in sorted(definitions)}
    return {**head, "title": "Placement of a claim", **own, "$defs": parts}


def _untitled(node: Any) -> Any:
    """Without the titles that pydantic makes of the names of fields."""
    if isinstance(node, list):
        return [_untitled(part) for part in node]
    if not isinstance(node, dict):
        return node
    return {
        name: {key: _untitled(value) for key, value in part.items()} if name == "properties" else _untitled(part)
        for name, part in node.items()
        if name != "title" or not isinstance(part, str)
    }
