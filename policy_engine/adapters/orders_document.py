"""What the ERP is told: hold a customer's orders, or release them, and why; one document an action."""

from collections.abc import Mapping
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
from policy_engine.engine.reference.s17_identity import intervention_key
from policy_engine.execution.job import Job, Refused

FORMAT = 1
"""Version of the document."""
COLUMNS = (
    "instruction", "held", "customer", "name", "registration", "since", "rule", "step", "invoices", "currency",
    "overdue", "exposure", "credit_limit", "key", "trial",
)  # fmt: skip
"""Columns of an instruction as a row."""


class FiguresPart(Part):
    """How the customer stands, as the policy counts it."""

    currency: Currency = said("The policy's currency.")
    overdue: Amount = said("What is overdue.")
    exposure: Amount | None = said("What is at risk; null when the policy has no `credit`.")
    credit_limit: Amount | None = said("The limit; null when there is none.")


class OrdersData(Part):
    """The instruction's contents."""

    instruction: Literal["hold", "release"] = said("What has happened to this rule.", "hold")
    held: bool = said("**What the ERP acts upon**: whether the customer's orders are held after this instruction.")
    scope: Literal["customer", "invoices"] = said(
        "Of a release: whether it ends all that the rule held of the customer, or what these invoices held."
    )
    customer: Recipient = said("Whose orders.")
    since: Day = said("The first day on which it holds.")
    rule: str = said("The step or hold that asks for it: file, line, column; a release says the rule that it undoes.")
    step: str = said("The step's name, or the intervention's.", "stop_orders")
    ladder: str = said("The ladder, if any.", "standard")
    invoices: list[Invoice] = said("Because of which invoices.")
    figures: FiguresPart | None = said("How the customer stands; null when `dunning execute` wasn't given the policy.")
    plan: str = said("The plan's identity, a sha256.")
    policy: str = said("The policy's name.", "fr-b2b")


class OrdersDocument(Sent):
    """Orders of a customer to be held or released, told by `dunning execute` (adapter `orders`)."""

    dunning_orders: Literal[1] = said("The version of the document.")
    type: Literal["dunning.orders", "dunning.trial"] = said(
        "dunning.trial while the operator's file says `redirect_to`."
    )
    data: OrdersData = said("The instruction.")


def document_of(job: Job, *, held: bool) -> OrdersDocument:
    """The instruction of an action.

    Raises:
        Refused: the action's facts aren't known any more.
    """
    try:
        return _document(job, held=held)
    except (KeyError, TypeError) as error:
        raise Refused("the action's facts aren't known any more") from error


def row_of(document: OrdersDocument) -> dict[str, str]:
    """An instruction as a row of `COLUMNS`."""
    data, figures = document.data, document.data.figures
    of_figures = {} if figures is None else figures.model_dump()
    return {
        "instruction": data.instruction,
        "held": "yes" if data.held else "no",
        "customer": data.customer.id,
        "name": data.customer.name,
        "registration": data.customer.registration or "",
        "since": data.since,
        "rule": data.rule,
        "step": data.step,
        "invoices": ", ".join(invoice.number for invoice in data.invoices),
        **{name: of_figures.get(name) or "" for name in ("currency", "overdue", "exposure", "credit_limit")},
        "key": document.key,
        "trial": "yes" if document.trial else "",
    }


def orders_schema() -> dict[str, Any]:
    """The JSON Schema of the document."""
    return schema_of(OrdersDocument, "orders", "Instruction to hold or release orders")


def _document(job: Job, *, held: bool) -> OrdersDocument:
    facts, trial = job.facts, job.redirect_to is not None
    action, customer, figures = facts["action"], facts["customer"], facts.get("figures")
    return OrdersDocument(
        dunning_orders=FORMAT,
        type="dunning.trial" if trial else "dunning.orders",
        timestamp=midnight(facts["as_of"]),
        key=job.key,
        trial=trial,
        data=OrdersData(
            instruction="hold" if job.channel == "order_hold" else "release",
            held=held,
            scope=_scope(action),
            customer=Recipient(**{name: customer[name] for name in Recipient.model_fields}),
            since=action["send_on"],
            rule=action["why"],
            step=action["step"],
            ladder=action["ladder"],
            invoices=_invoices(action),
            figures=None if figures is None else FiguresPart(**figures),
            plan=facts["plan"],
            policy=facts["policy"],
        ),
    )


def _scope(action: Mapping[str, Any]) -> Literal["customer", "invoices"]:
    name = action["intervention"]
    of_customer = name is not None and intervention_key(action["customer"], name) in action["items"]
    return "customer" if of_customer else "invoices"


def _invoices(action: Mapping[str, Any]) -> list[Invoice]:
    """The invoices that the action is about: those that it demands; an intervention only lists."""
    lines = action["demanded"] or action["listed"]
    return [
        Invoice(
            id=line["invoice"],
            number=line["number"],
            currency=line.get("currency", action["currency"]),
            due_date=line["due_date"],
            days_late=line["days_late"],
            outstanding=line["outstanding"],
        )
        for line in lines
    ]
