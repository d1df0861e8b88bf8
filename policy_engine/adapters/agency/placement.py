"""A placement from the facts of an action: what stands in `placement.json`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from policy_engine.adapters.agency.model import Placement
from policy_engine.execution.by_day import day_of
from policy_engine.execution.job import Job
from policy_engine.templates.build import address_lines
from policy_engine.templates.context import Sender
from policy_engine.templates.document import clean


@dataclass(frozen=True, slots=True)
class Columns:
    """The company's own columns that a placement tells, by name: attributes of the customer or of the invoice."""

    trading_name: str | None = None
    guarantees: str | None = None
    retention_of_title: str | None = None
    order: str | None = None
    delivery: str | None = None


@dataclass(frozen=True, slots=True)
class Own:
    """What the operator says of the creditor.

    Attributes:
        sender: who the creditor is.
        policy_number: of the credit insurance.
        client_number: the creditor's at the agency.
        retention_of_title: what the general terms say.
        bank_details: holder, iban and perhaps bic, where the debtor pays; None: told another way.
        columns: where the customer's and invoices' own data stand.
    """

    sender: Sender
    policy_number: str | None = None
    client_number: str | None = None
    retention_of_title: str | None = None
    bank_details: Mapping[str, str] | None = None
    columns: Columns = Columns()


@dataclass(frozen=True, slots=True)
class Papers:
    """The names of the files in the zip.

    Attributes:
        invoices, orders, deliveries: by invoice id.
        notices: of the formal notices, in the order of the facts; None where one can't be made again.
        contract, terms: of the contract and the general terms.
        missing: rows of `model.Missing`.
    """

    invoices: Mapping[str, str]
    orders: Mapping[str, str]
    deliveries: Mapping[str, str]
    notices: Sequence[str | None]
    contract: str | None
    terms: str | None
    missing: Sequence[Mapping[str, Any]]


def placement_of(job: Job, own: Own, papers: Papers) -> Placement:
    """The placement of an action.

    Raises:
        KeyError, ValueError: facts that aren't those of an action (pydantic's ValidationError is a ValueError).
    """
    facts = job.facts
    action, dossier = facts["action"], facts["dossier"]
    customer = dossier["customer"]
    attributes = customer["attributes"]
    return Placement.model_validate(
        {
            "dunning_placement": 1,
            "reference": job.key,
            "kind": kind_of(action, customer),
            "step": action["step"],
            "intervention": action["intervention"],
            "deadline": action["deadline"],
            "placed_on": day_of(facts),
            "as_of": facts["as_of"],
            "trial": job.redirect_to,
            "creditor": _creditor(own),
            "debtor": _debtor(facts, customer, attributes, own.columns),
            "limits": _limits(customer, dossier),
            "credit_reports": dossier["credit_reports"],
            "claim": {
                **{name: action[name] for name in _CLAIMED},
                "unallocated": dossier["unallocated"],
            },
            "invoices": [_invoice(row, own.columns, papers) for row in dossier["invoices"]],
            "contract": {
                "terms": customer["terms"],
                "contract_rate": customer["contract_rate"],
                "retention_of_title": _named(attributes, own.columns.retention_of_title) or own.retention_of_title,
                "guarantees": _named(attributes, own.columns.guarantees),
                "file": papers.contract,
                "general_terms": papers.terms,
            },
            "reminders": [_reminder(row) for row in about(dossier)],
            "formal_notices": [
                {**{name: row[name] for name in ("day", "channel", "step", "invoices")}, "file": file}
                for row, file in zip(facts.get("notices", ()), papers.notices, strict=True)
            ],
            "disputes": dossier["disputes"],
            "promises": [
                {name: row[name] for name in ("made", "day", "amount", "invoices", "state")}
                for row in dossier["promises"]
                if row["about"]
            ],
            "payment_plans": dossier["payment_plans"],
            "bank_details": None
            if own.bank_details is None
            else {
                "holder": own.bank_details["name"],
                "iban": own.bank_details["iban"],
                "bic": own.bank_details.get("bic"),
            },
            "missing": list(papers.missing),
        }
    )  # fmt: skip


_CLAIMED = ("currency", "principal", "credits", "interest", "lump_sums", "total")


def kind_of(
    action: Mapping[str, Any], customer: Mapping[str, Any]
) -> Literal["agency", "legal", "insolvency", "other"]:
    """For whom the file is, by the action's stage; an insolvent customer's is for the administrator."""
    if customer["insolvent"]:
        return "insolvency"
    if action["stage"] == "legal":
        return "legal"
    return "agency" if action["stage"] == "agency" or action["channel"] == "placement" else "other"


def about(dossier: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The contacts about the claim's invoices, oldest first; what the ERP was told about orders is none."""
    orders = ("order_hold", "order_release")
    return [row for row in dossier["contacts"] if row["about"] and row["channel"] not in orders]


def _creditor(own: Own) -> dict[str, Any]:
    return {
        "name": own.sender.name,
        "address": list(own.sender.address),
        "registration": own.sender.registration,
        "email": own.sender.email,
        "phone": own.sender.phone,
        "policy_number": own.policy_number,
        "client_number": own.client_number,
    }


def _debtor(
    facts: Mapping[str, Any], customer: Mapping[str, Any], attributes: Mapping[str, str], columns: Columns
) -> dict[str, Any]:
    shown = facts["customer"]
    return {
        "customer": shown["id"],
        "legal_name": clean(shown["name"]),
        "trading_name": _named(attributes, columns.trading_name),
        "registration": shown["registration"],
        "kind": customer["kind"],
        "country": shown["country"],
        "language": shown["language"],
        "since": customer["since"],
        "insolvent": customer["insolvent"],
        "insolvent_since": customer["insolvent_since"],
        "persons": [
            {
                **{name: row[name] for name in ("name", "role", "email", "phone", "language")},
                "address": [clean(line) for line in address_lines(row["address"])],
            }
            for row in facts["contacts"]
        ],
    }


def _limits(customer: Mapping[str, Any], dossier: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = []
    if customer["credit_limit"] is not None:
        found.append({"type": "internal", **customer["credit_limit"], "first": None, "last": None})
    found += [
        {
            "type": "insured",
            "amount": row["limit"],
            "currency": row["currency"],
            "first": row["from"],
            "last": row["until"],
        }
        for row in dossier["insurance"]
    ]
    return found


_SAME = (
    "id", "number", "issue_date", "due_date", "currency", "amount", "paid", "credited", "outstanding", "terms",
    "payment_method", "settlements", "instalments", "noted_charges",
)  # fmt: skip


def _invoice(row: Mapping[str, Any], columns: Columns, papers: Papers) -> dict[str, Any]:
    ident = row["id"]
    return {
        **{name: row[name] for name in _SAME},
        "order_reference": _named(row["attributes"], columns.order),
        "delivery_reference": _named(row["attributes"], columns.delivery),
        "lines": [_line(line) for line in row["lines"]],
        "papers": {
            "invoice": papers.invoices.get(ident),
            "order": papers.orders.get(ident),
            "delivery": papers.deliveries.get(ident),
        },
    }


def _line(line: Mapping[str, Any]) -> dict[str, Any]:
    amounts = ("disputed", "principal", "interest", "lump_sums")
    return {
        "role": line["role"],
        "instalment": line.get("instalment"),
        **{name: line[name] for name in ("due_date", "days_late", "outstanding")},
        **{name: line.get(name) for name in amounts},
        "charges": line.get("charges", []),
        "periods": line.get("periods", []),
    }


def _reminder(row: Mapping[str, Any]) -> dict[str, Any]:
    same = ("day", "stage", "channel", "status", "total", "currency", "source", "action")
    return {
        **{name: row[name] for name in same},
        "step": row["step"] or row["intervention"],
        "invoices": sorted({*row["demanded"], *row["mentioned"]}),
        "proof": delivery(row).get("hash"),
    }


def delivery(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """The transition with which the ledger recorded the main carrier's delivery; nothing for the ERP's history."""
    every = row["transitions"]
    said = (one for one in every if one["receipt"])  # a copy that is still to come keeps the action being sent
    return next(said, None) or next((one for one in every if one["after"] == "delivered"), {})


def _named(values: Mapping[str, str], name: str | None) -> str | None:
    return None if name is None else values.get(name)
