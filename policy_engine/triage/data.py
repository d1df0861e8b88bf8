"""A triage as JSON data: amounts as decimal texts, dates as ISO 8601, codes untranslated."""

from typing import Any

from policy_engine.triage.model import Triage, TriageCustomer, TriageItem
from policy_engine.values.money import minor_text


def triage_data(triage: Triage) -> dict[str, Any]:
    """The whole triage, keys in a fixed order."""
    return {
        "as_of": triage.as_of.isoformat(),
        "policy": triage.policy,
        "version": triage.version,
        "onboarding": triage.mode,
        "onboarding_date": None if triage.day is None else triage.day.isoformat(),
        "history": triage.history,
        "customers": [_customer(customer) for customer in triage.customers],
        "suggestion": list(triage.suggestion),
    }


def _customer(customer: TriageCustomer) -> dict[str, Any]:
    return {
        "customer": customer.id,
        "name": customer.name,
        "segment": customer.segment,
        "ladder": customer.ladder,
        "invoices": [_item(item) for item in customer.items],
    }


def _item(item: TriageItem) -> dict[str, Any]:
    enters = item.enters
    proposal = item.proposal
    return {
        "invoice": item.invoice,
        "number": item.number,
        "outstanding": minor_text(item.outstanding, item.currency),
        "currency": item.currency,
        "due_date": item.due_date.isoformat(),
        "days_late_at_onboarding": item.late_then,
        "days_late": item.late,
        "without_a_person": None
        if enters is None
        else {
            "step": enters.step,
            "stage": enters.stage,
            "on": None if enters.on is None else enters.on.isoformat(),
            "at_once": item.at_once,
        },
        "against": [{"code": argument.code, **dict(argument.detail)} for argument in item.against],
        "proposal": {
            "choice": proposal.choice,
            "step": proposal.step,
            "then": proposal.then,
            "because": proposal.because,
        },
    }
