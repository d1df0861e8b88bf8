"""An explanation as JSON data: exact values for programs, sentences in one language beside the codes."""

from fractions import Fraction
from typing import Any

from policy_engine.explanation.charges import interest_of
from policy_engine.explanation.finding_sentences import in_words
from policy_engine.explanation.locale import Language
from policy_engine.explanation.model import (
    Ahead,
    ChargeExplained,
    Climbing,
    Condition,
    Converted,
    CreditExplained,
    Explanation,
    Fact,
    InvoiceExplained,
    StepTried,
    Tried,
)
from policy_engine.explanation.sentences import Words, next_sentence, why_sentence, words_of
from policy_engine.explanation.values import exact, exact_text, fraction_text
from policy_engine.plan.canonical import action_data, decision_row, outcome_data
from policy_engine.values.money import EXPONENTS, minor_text

Data = dict[str, Any]


def explanation_data(explanation: Explanation, language: Language = "en") -> Data:
    """What `json.dumps` can write: amounts as decimal text, dates ISO 8601, exact fractions as `p/q`."""
    e, words = explanation, words_of(language)
    return {
        "ident": e.ident,
        "about": e.about,
        "as_of": e.as_of.isoformat(),
        "policy": {"name": e.policy, "version": e.policy_version, "file": e.policy_file},
        "currency": e.currency,
        "customer": {"id": e.customer, "name": e.customer_name},
        "segment": e.segment,
        "ladder": e.ladder,
        "facts": _facts(e.facts, e.currency),
        "segments": [_tried(tried, e.currency) for tried in e.segments],
        "invoices": [_invoice(e, invoice, words) for invoice in e.invoices],
        "others": [_outcome(outcome, words) for outcome in e.others],
        "actions": [action_data(action) for action in e.actions],
        "converted": [_converted(found) for found in e.converted],
        "looked_ahead": e.looked_ahead.isoformat(),
        "credit": None if e.credit is None else _credit(e.credit, e.currency),
    }


def _credit(credit: CreditExplained, currency: str) -> Data:
    return {
        "exposure": minor_text(credit.exposure, currency),
        "shares": [
            {
                "customer": share.customer,
                "outstanding": None if share.own_limit else minor_text(share.outstanding, currency),
                "unbilled_orders": None if share.own_limit else minor_text(share.orders, currency),
                "total": minor_text(share.total, currency),
                "own_limit": share.own_limit,
            }
            for share in credit.shares
        ],
        "more": {"customers": credit.more, "total": minor_text(credit.more_total, currency)},
        "limit": None if credit.limit is None else minor_text(credit.limit, currency),
        "limit_of": credit.limit_of,
        "limit_from": credit.limit_from,
        "doubtful": credit.doubtful,
        "orders": [
            {
                **decision_row(order.decision, currency),
                "rules": [_tried(rule, currency) for rule in order.rules],
            }
            for order in credit.orders
        ],
        "alerts": [_tried(alert, currency) for alert in credit.alerts],
    }


def _outcome(outcome: Any, words: Words) -> Data:
    return {**outcome_data(outcome), "why": why_sentence(outcome, words), "then": next_sentence(outcome, words)}


def _invoice(e: Explanation, invoice: InvoiceExplained, words: Words) -> Data:
    outcome = invoice.outcome
    currency = outcome.currency if outcome.currency in EXPONENTS else e.currency
    return {
        **outcome_data(outcome),
        "why": why_sentence(outcome, words, invoice.action, in_words(outcome, invoice.known, words)),
        "then": next_sentence(outcome, words),
        "facts": _facts(invoice.facts, e.currency),
        "converted": [_converted(found) for found in invoice.converted],
        "holds": [_tried(tried, e.currency) for tried in invoice.holds],
        "steps": [_step(step, e.currency) for step in invoice.steps],
        "penalties": [_charge(charge, currency or e.currency, e.currency) for charge in invoice.charges],
        "ahead": [_ahead(step) for step in invoice.ahead],
        "climbing": _climbing(invoice.climbing, currency or e.currency),
    }


def _facts(facts: tuple[Fact, ...], currency: str) -> list[Data]:
    return [{"name": fact.name, "type": fact.type, "value": exact(fact, currency)} for fact in facts]


def _converted(found: Converted) -> Data:
    """The rate as exact text, `p/q` when it has no end; null with the result when there is none."""
    return {
        "fact": found.fact,
        "amount": minor_text(found.amount, found.currency),
        "currency": found.currency,
        "into": found.into,
        "day": found.day.isoformat(),
        "base": found.base,
        "quote": found.quote,
        "rate": None if found.rate is None else exact_text(found.rate),
        "result": None if found.result is None else minor_text(found.result, found.into),
    }


def _condition(condition: Condition | None, currency: str) -> Data | None:
    if condition is None:
        return None
    return {
        "when": condition.text,
        "rule": condition.rule,
        "holds": condition.holds,
        "decided_by": [
            {"text": decider.text, "holds": decider.holds, "values": _facts(decider.values, currency)}
            for decider in condition.deciders
        ],
        "turns_on": None if condition.turns is None else condition.turns.isoformat(),
    }


def _tried(tried: Tried, currency: str) -> Data:
    return {
        "name": tried.name,
        "verdict": tried.verdict,
        "rule": tried.rule,
        "condition": _condition(tried.condition, currency),
    }


def _step(step: StepTried, currency: str) -> Data:
    return {
        "name": step.name,
        "stage": step.stage,
        "verdict": step.verdict,
        "on": None if step.on is None else step.on.isoformat(),
        "reached": None if step.reached is None else step.reached.isoformat(),
        "rule": step.rule,
        "condition": _condition(step.condition, currency),
    }


def _ahead(step: Ahead) -> Data:
    return {
        "on": step.on.isoformat(),
        "step": step.step,
        "stage": step.stage,
        "channel": step.channel,
        "note": step.note,
        "instalment": step.instalment,
    }


def _climbing(found: Climbing | None, currency: str) -> Data | None:
    if found is None:
        return None
    carrier = found.carrier
    return {
        "scope": found.scope,
        "choice": found.choice,
        "on_carrier_paid": found.on_carrier_paid,
        "carrier": None
        if carrier is None
        else {
            "invoice": carrier.invoice,
            "number": carrier.number,
            "days_late": carrier.days_late,
            "outstanding": minor_text(carrier.outstanding, currency),
            "itself": carrier.itself,
        },
        "instalments": [
            {
                "instalment": part.instalment,
                "amount": minor_text(part.amount, currency),
                "outstanding": minor_text(part.outstanding, currency),
                "due_date": part.due_date.isoformat(),
                "days_late": part.days_late,
                "step": part.step,
                "outcome": part.outcome,
                "reason": part.reason,
                "speaks": part.speaks,
            }
            for part in found.parts
        ],
    }


def _major(minor: Fraction, currency: str) -> str:
    """Exact text of an amount in major units: decimal when it ends, else `p/q`."""
    return fraction_text(minor / 10 ** EXPONENTS[currency])


def _charge(charge: ChargeExplained, currency: str, policy_currency: str) -> Data:
    amounts = charge.amounts
    names = ("asked", "accrued", "invoiced", "paid", "waived")
    return {
        "penalty": charge.penalty,
        "kind": charge.kind,
        "status": charge.status,
        "rule": charge.rule,
        "reference": charge.reference,
        "asked_from": charge.asked_from,
        "amounts": None if amounts is None else {name: minor_text(getattr(amounts, name), currency) for name in names},
        "periods": [
            {
                "first": period.first.isoformat(),
                "last": period.last.isoformat(),
                "days": period.days,
                "balance": _major(Fraction(period.balance_numerator, period.balance_denominator), currency),
                "rate_percent": fraction_text(Fraction(period.rate, 10_000)),
                "origin": period.origin,
                "interest": _major(interest_of(period), currency),
            }
            for period in charge.periods
        ],
        "exact": _major(charge.exact, currency),
        "condition": _condition(charge.condition, policy_currency),
        "converted": None if charge.converted is None else _converted(charge.converted),
    }
