"""What a webhook says: one action as a JSON document that a receiver can act upon, the same at every try."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from policy_engine.adapters.document import (
    Amount,
    Currency,
    Day,
    Invoice,
    Part,
    Recipient,
    Sent,
    midnight,
    said,
    schema_of,
)
from policy_engine.execution.job import Job, Refused

FORMAT = 1
"""Version of the document."""


class ActionPart(Part):
    """What is to be done."""

    id: str = said("The action's id, as in the plan.")
    attempt: int = said("1, then counted when the action failed or expired and was planned again.", 1)
    channel: str = said("What it is: email, letter, registered_letter, call, task, webhook, placement.", "webhook")
    also: list[str] = said("Further channels that this delivery serves.", ["task"])
    step: str = said("The step of the ladder, or the intervention's name.", "second_reminder")
    stage: str = said("The step's stage; empty for an intervention.", "reminder")
    intervention: str | None = said("The intervention's name; null for a step.", "declare_claim")
    ladder: str = said("The ladder, if any.", "standard")
    segment: str = said("The customer's segment, if any.", "small")
    template: str | None = said("The template that the policy names.", "second_reminder")
    why: str = said("The rule that asks for it: file, line, column.", "fr-b2b.yaml:85:15")
    send_on: Day = said("The day on which it is to be done.")
    deadline: Day | None = said("The legal deadline of an intervention.")
    currency: Currency = said("ISO 4217 code of the amounts.")
    principal: Amount = said("What is asked of the invoices, less credits.")
    credits: Amount = said("Credits taken off.")
    interest: Amount = said("Late interest asked.")
    lump_sums: Amount = said("Lump sums asked.")
    total: Amount = said("principal + interest + lump_sums.")


class CustomerPart(Recipient):
    """Who owes."""

    country: str | None = said("ISO 3166 code.", "FR")
    language: str | None = said("Language of messages.", "fr")


class InvoicePart(Invoice):
    """An invoice of the action, or an instalment of one."""

    instalment: str | None = said("The instalment's id, when parts climb alone.")
    role: Literal["demanded", "mentioned", "listed"] = said(
        "demanded: asked at this step; mentioned: asked, at a step of its own; listed: for information, in no total."
    )
    principal: Amount | None = said("What is asked of it; null when it is listed.")
    interest: Amount | None = said("Late interest asked of it; null when it is listed.")
    lump_sums: Amount | None = said("Lump sums asked of it; null when it is listed.")
    step: str | None = said("Its own step; null when it is listed.", "second_reminder")
    occurrence: int | None = said("1 for the first time at that step, then the repeats; null when it is listed.", 1)


class MessagePart(Part):
    """A message as people read it."""

    subject: str = said("One line.")
    text: str = said("Plain text.")
    html: str = said("The same as a page.")


class ContactPart(Part):
    """Somebody at the customer's to write to."""

    name: str | None = said("Name.")
    role: str | None = said("What the person does.", "accounts_payable")
    email: str | None = said("E-mail address.")
    phone: str | None = said("Telephone.")
    address: str | None = said("Postal address in lines.")
    language: str | None = said("Language, when it isn't the customer's.", "en")


class PayeePart(Part):
    """Where the customer is asked to pay."""

    name: str = said("The account's holder.", "Acme SAS")
    account_ends: str = said("The last four characters of the account.", "2606")


class PlanPart(Part):
    """What was decided when, by which policy."""

    identity: str = said("The plan's identity, a sha256.")
    as_of: Day = said("The day for which it was made.")
    policy: str = said("The policy's name.", "fr-b2b")
    policy_version: int = said("The policy's version.", 3)


class DataPart(Part):
    """The action and what belongs to it."""

    action: ActionPart = said("What is to be done.")
    customer: CustomerPart = said("Who owes.")
    invoices: list[InvoicePart] = said("What it is about.")
    messages: dict[str, MessagePart] = said("The messages by channel, where the operator's file lets them be written.")
    contacts: list[ContactPart] = said("Whom to write to; only with the setting `contacts`, never in a trial.")
    payee: PayeePart | None = said("Where the customer is asked to pay; null when the operator's file doesn't say.")
    plan: PlanPart = said("Where the action comes from.")


class WebhookDocument(Sent):
    """One action that a receiver is asked to carry out, sent by `dunning execute` (adapter `webhook`)."""

    dunning_webhook: Literal[1] = said("The version of the document.")
    type: Literal["dunning.action", "dunning.trial"] = said(
        "dunning.action; dunning.trial while the operator's file says `redirect_to`: nothing may reach the customer."
    )
    redirected_to: str | None = said("Where a trial's message goes instead of to the customer.", "trial@acme.example")
    data: DataPart = said("The action and what belongs to it.")


def document_of(job: Job, *, contacts: bool) -> WebhookDocument:
    """The document of an action.

    Raises:
        Refused: the action's facts aren't known any more.
    """
    try:
        return _document(job, contacts=contacts)
    except (KeyError, TypeError) as error:
        raise Refused("the action's facts aren't known any more") from error


def ident_of(job: Job) -> str:
    """The idempotency key: a trial has one of its own, or the receiver would take the real request for a repetition."""
    return job.key if job.redirect_to is None else f"trial-{job.key}"


def webhook_schema() -> dict[str, Any]:
    """The JSON Schema of the document."""
    return schema_of(WebhookDocument, "webhook", "Document of a webhook")


def _document(job: Job, *, contacts: bool) -> WebhookDocument:
    facts, trial = job.facts, job.redirect_to is not None
    action = facts["action"]
    known = ActionPart.model_fields.keys() - {"attempt", "channel", "also"}
    people = facts["contacts"] if contacts and not trial else []
    return WebhookDocument(
        dunning_webhook=FORMAT,
        type="dunning.trial" if trial else "dunning.action",
        timestamp=midnight(facts["as_of"]),
        key=ident_of(job),
        trial=trial,
        redirected_to=job.redirect_to,
        data=DataPart(
            action=ActionPart(
                attempt=job.attempt, channel=job.channel, also=list(job.also), **{name: action[name] for name in known}
            ),
            customer=CustomerPart(**{name: facts["customer"][name] for name in CustomerPart.model_fields}),
            invoices=list(_invoices(action)),
            messages={
                channel: MessagePart(subject=message["subject"], text=message["text"], html=message["html"])
                for channel, message in facts.get("messages", {}).items()
            },
            contacts=[ContactPart(**{name: row[name] for name in ContactPart.model_fields}) for row in people],
            payee=_payee(facts["payee"]),
            plan=PlanPart(
                identity=facts["plan"],
                as_of=facts["as_of"],
                policy=facts["policy"],
                policy_version=facts["policy_version"],
            ),
        ),
    )


def _payee(payee: Mapping[str, str] | None) -> PayeePart | None:
    return None if payee is None else PayeePart(name=payee["name"], account_ends="".join(payee["iban"].split())[-4:])


def _invoices(action: Mapping[str, Any]) -> Iterator[InvoicePart]:
    for line in action["demanded"]:
        yield _invoice(line, "demanded", action["currency"])
    for line in action["mentioned"]:
        yield _invoice(line, "mentioned", action["currency"])
    for line in action["listed"]:
        yield _invoice(line, "listed", line["currency"])


def _invoice(line: Mapping[str, Any], role: Literal["demanded", "mentioned", "listed"], currency: str) -> InvoicePart:
    own = ("principal", "interest", "lump_sums", "step", "occurrence")
    return InvoicePart(
        id=line["invoice"],
        number=line["number"],
        instalment=line.get("instalment"),
        role=role,
        currency=currency,
        due_date=line["due_date"],
        days_late=line["days_late"],
        outstanding=line["outstanding"],
        **{name: line.get(name) for name in own},
    )
