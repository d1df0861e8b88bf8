"""The canonical form of a plan: JSON lines with sorted keys, and the identity that is their sha256.

Amounts are decimal text of their currency ("1234.50"), dates ISO 8601, everything else exact. Each action, outcome,
decision, alert and problem is one line, so that a plan of a million invoices can be read, compared and hashed line by
line.
The identity covers every line but the header (language.md 3.20): who computed the plan doesn't change what it is.

What is written once an invoice is a template, four times faster than a dictionary through the JSON encoder; a test
asserts that every line is what `values.canonical` makes of its data.
"""

import dataclasses
import hashlib
import json
from collections.abc import Iterable, Iterator
from itertools import islice
from json.encoder import encode_basestring
from typing import IO, Any

from policy_engine.plan.model import (
    Action,
    Amounts,
    Bucket,
    CreditAlert,
    Decision,
    Line,
    Listed,
    Outcome,
    Plan,
    Summary,
)
from policy_engine.snapshot.model import Alert, Problem
from policy_engine.values.canonical import canonical_json
from policy_engine.values.money import EXPONENTS, minor_text
from policy_engine.values.text import inert_json

FORMAT = 1
"""Version of the plan's JSON form."""


_MOST_WORDS = 100_000


class _Json(dict[Any, str]):
    """JSON of the words and dates that come back on every row, each encoded once; None is `null`."""

    def __missing__(self, value: Any) -> str:
        if len(self) >= _MOST_WORDS:
            self.clear()
        text = "null" if value is None else encode_basestring(str(value))
        self[value] = text
        return text


_WORDS = _Json()


def _money(minor: int, exponent: int) -> str:
    """JSON of an amount; the hot path of `values.money.minor_text`."""
    if exponent == 2:
        if minor >= 0:
            return f'"{minor // 100}.{minor % 100:02d}"'
        return f'"-{-minor // 100}.{-minor % 100:02d}"'
    if exponent == 0:
        return f'"{minor}"'
    whole, rest = divmod(abs(minor), 10**exponent)
    return f'"{"-" if minor < 0 else ""}{whole}.{rest:0{exponent}d}"'


def _list(texts: Iterable[str]) -> str:
    return f"[{','.join(texts)}]"


def _part(ident: str | None) -> str:
    """The instalment's key, which only rows about a part have: a plan without parts reads as it always did."""
    return "" if ident is None else f'"instalment":{encode_basestring(ident)},'


def _charge(charge: Amounts, exponent: int, word: _Json) -> str:
    penalty, kind, asked, accrued, invoiced, paid, waived = charge
    return (
        f'{{"accrued":{_money(accrued, exponent)},"asked":{_money(asked, exponent)},'
        f'"invoiced":{_money(invoiced, exponent)},"kind":{word[kind]},"paid":{_money(paid, exponent)},'
        f'"penalty":{word[penalty]},"waived":{_money(waived, exponent)}}}'
    )


def _line(line: Line, exponent: int, word: _Json) -> str:
    carrier = '"carrier":true,' if line.carrier else ""
    later = f'"later":{_money(line.later, exponent)},' if line.later else ""
    return (
        f'{{{carrier}"charges":{_list([_charge(charge, exponent, word) for charge in line.charges])},'
        f'"days_late":{line.days_late},"disputed":{_money(line.disputed, exponent)},"due_date":{word[line.due_date]},'
        f'{_part(line.instalment)}"interest":{_money(line.interest, exponent)},'
        f'"invoice":{encode_basestring(line.invoice)},{later}"lump_sums":{_money(line.lump_sums, exponent)},'
        f'"number":{encode_basestring(line.number)},'
        f'"occurrence":{line.occurrence},"outstanding":{_money(line.outstanding, exponent)},'
        f'"principal":{_money(line.principal, exponent)},"step":{word[line.step]},'
        f'"trigger_on":{word[line.trigger_on]}}}'
    )


def _listed(line: Listed, word: _Json) -> str:
    return (
        f'{{"currency":{word[line.currency]},"days_late":{line.days_late},"due_date":{word[line.due_date]},'
        f'{_part(line.instalment)}"invoice":{encode_basestring(line.invoice)},"number":{encode_basestring(line.number)},'
        f'"outstanding":{_money(line.outstanding, EXPONENTS[line.currency])}}}'
    )


def _action(action: Action, word: _Json) -> str:
    exponent = EXPONENTS[action.currency]
    approval = action.approval
    agreed = "null"
    if approval is not None:
        grave = "true" if approval.grave else "false"
        agreed = f'{{"grave":{grave},"people":{approval.people},"role":{word[approval.role]}}}'
    any_day = '"any_day":true,' if action.any_day else ""
    return (
        f'{{"adapter":{word[action.adapter]},"also":{_list([word[channel] for channel in action.also])},'
        f'{any_day}"approval":{agreed},"channel":{word[action.channel]},"credits":{_money(action.credits, exponent)},'
        f'"currency":{word[action.currency]},"customer":{encode_basestring(action.customer)},'
        f'"customer_name":{encode_basestring(action.customer_name)},"deadline":{word[action.deadline]},'
        f'"demanded":{_list([_line(line, exponent, word) for line in action.demanded])},'
        f'"exempt":{"true" if action.exempt else "false"},"id":"{action.id}",'
        f'"interest":{_money(action.interest, exponent)},"intervention":{word[action.intervention]},'
        f'"items":{_list([encode_basestring(item) for item in action.items])},"ladder":{word[action.ladder]},'
        f'"listed":{_list([_listed(line, word) for line in action.listed])},'
        f'"lump_sums":{_money(action.lump_sums, exponent)},'
        f'"mentioned":{_list([_line(line, exponent, word) for line in action.mentioned])},'
        f'"principal":{_money(action.principal, exponent)},"priority":{word[action.priority]},"rank":{action.rank},'
        f'"segment":{word[action.segment]},"send_on":{word[action.send_on]},"stage":{word[action.stage]},'
        f'"step":{word[action.step]},"template":{word[action.template]},"total":{_money(action.total, exponent)},'
        f'"trigger_on":{word[action.trigger_on]},"why":{word[action.why]}}}'
    )


def _outcome(row: Outcome, word: _Json) -> str:
    (
        invoice, number, customer, currency, amount, outstanding, due, late, segment, ladder, step, outcome, reason,
        coming, action, rule, detail, charges,
    ) = row  # fmt: skip
    exponent = EXPONENTS.get(currency) if currency is not None else None
    gross = "null" if amount is None or exponent is None else _money(amount, exponent)
    left = "null" if outstanding is None or exponent is None else _money(outstanding, exponent)
    after = "null"
    if coming is not None:
        on, what, until = coming
        after = f'{{"on":{word[on]},"step":{word[what]},"until":{word[until]}}}'
    facts = ",".join([f"{word[key]}:{encode_basestring(value)}" for key, value in detail]) if detail else ""
    due_charges = _list([_charge(charge, exponent or 0, word) for charge in charges]) if charges else "[]"
    return (
        f'{{"action":{f"{chr(34)}{action}{chr(34)}" if action is not None else "null"},"amount":{gross},'
        f'"charges":{due_charges},"currency":{word[currency]},"customer":{encode_basestring(customer)},'
        f'"days_late":{late if late is not None else "null"},"detail":{{{facts}}},"due_date":{word[due]},'
        f'"invoice":{encode_basestring(invoice)},"ladder":{word[ladder]},"next":{after},'
        f'"number":{encode_basestring(number)},"outcome":{word[outcome]},"outstanding":{left},'
        f'"reason":{word[reason]},"rule":{word[rule]},"segment":{word[segment]},"step":{word[step]}}}'
    )


def action_data(action: Action) -> dict[str, Any]:
    """An action as JSON data, as its row of the plan says it."""
    data: dict[str, Any] = json.loads(_action(action, _WORDS))
    return data


def outcome_data(outcome: Outcome) -> dict[str, Any]:
    """An outcome as JSON data, as its row of the plan says it."""
    data: dict[str, Any] = json.loads(_outcome(outcome, _Json()))
    return data


def alert_row(alert: Alert) -> dict[str, Any]:
    """An alert as JSON data."""
    return {"code": alert.code, "count": alert.count, "message": alert.message, "subject": alert.subject}


def problem_row(problem: Problem) -> dict[str, Any]:
    """A problem as JSON data."""
    return {
        "code": problem.code,
        "customer": problem.customer,
        "help": problem.help,
        "holds": problem.holds,
        "invoice": problem.invoice,
        "message": problem.message,
        "row": problem.row,
        "table": problem.table,
        "where": problem.where,
    }


def decision_row(decision: Decision, currency: str) -> dict[str, Any]:
    """A decision on an order as JSON data; exposure and limit in the policy's `currency`."""
    return {
        **decision._asdict(),
        "amount": minor_text(decision.amount, decision.currency),
        "date": decision.date.isoformat(),
        "exposure": minor_text(decision.exposure, currency),
        "limit": None if decision.limit is None else minor_text(decision.limit, currency),
    }


def credit_alert_row(alert: CreditAlert, currency: str) -> dict[str, Any]:
    """A credit alert as JSON data; amounts in the policy's `currency`."""
    return {
        **alert._asdict(),
        "exposure": minor_text(alert.exposure, currency),
        "limit": None if alert.limit is None else minor_text(alert.limit, currency),
    }


def _aged(buckets: Iterable[Bucket], currency: str) -> list[dict[str, Any]]:
    return [
        {"amount": minor_text(bucket.amount, currency), "bucket": bucket.name, "invoices": bucket.invoices}
        for bucket in buckets
    ]


def _counted(outcomes: Iterable[tuple[str, str, int, int, int]], currency: str) -> list[dict[str, Any]]:
    return [
        {
            "amount": minor_text(gross, currency),
            "invoices": count,
            "outcome": outcome,
            "outstanding": minor_text(outstanding, currency),
            "reason": reason,
        }
        for outcome, reason, count, gross, outstanding in outcomes
    ]


def summary_row(summary: Summary, currency: str) -> dict[str, Any]:
    """The summary as JSON data; amounts in the policy's `currency` unless a currency is named."""
    return {
        "actions": summary.actions,
        "aged": _aged(summary.aged, currency),
        "amount": {code: minor_text(minor, code) for code, minor in summary.amount if code in EXPONENTS},
        "balance": minor_text(summary.balance, currency),
        "customers": summary.customers,
        "customers_overdue": summary.customers_overdue,
        "invoices": summary.invoices,
        "missing_rate": summary.missing_rate,
        "other_currencies": [
            {
                "aged": _aged(other.aged, other.currency),
                "balance": minor_text(other.balance, other.currency),
                "currency": other.currency,
                "outcomes": _counted(other.outcomes, other.currency),
            }
            for other in summary.other_currencies
        ],
        "outcomes": _counted(summary.outcomes, currency),
        "unreadable": summary.unreadable,
    }


def run_row(plan: Plan) -> dict[str, Any]:
    """What was asked: the date and the policy."""
    return {
        "as_of": plan.as_of.isoformat(),
        **({"closed": [day.isoformat() for day in plan.closed]} if plan.closed else {}),
        "currency": plan.currency,
        "policy": plan.policy,
        "policy_version": plan.policy_version,
        "valid_until": plan.valid_until.isoformat(),
        "vouched": plan.vouched,
    }


def header_row(plan: Plan) -> dict[str, Any]:
    """What made the plan; no part of its identity."""
    header = plan.header
    return {
        "engine": header.engine,
        "policy_digest": header.policy_digest,
        "policy_file": header.policy_file,
        "snapshot_digest": header.snapshot_digest,
        "versions": dict(header.versions),
    }


def _lists(plan: Plan) -> tuple[tuple[str, Iterator[str]], ...]:
    """The lists of a plan, rows as text, in the order in which they are written and hashed.

    What policies with a credit section alone have stands there only when it holds something.
    """
    word = _Json()
    credit = (
        ("decisions", [canonical_json(decision_row(row, plan.currency)) for row in plan.decisions]),
        ("credit_alerts", [canonical_json(credit_alert_row(row, plan.currency)) for row in plan.credit_alerts]),
    )
    return (
        ("stopped", (canonical_json(stop._asdict()) for stop in plan.stopped)),
        ("alerts", (canonical_json(alert_row(alert)) for alert in plan.alerts)),
        ("problems", (canonical_json(problem_row(problem)) for problem in plan.problems)),
        *((name, iter(rows)) for name, rows in credit if rows),
        ("actions", (_action(action, word) for action in plan.actions)),
        ("outcomes", (_outcome(outcome, word) for outcome in plan.outcomes)),
    )


def _identity_lines(plan: Plan) -> Iterator[str]:
    yield canonical_json({"run": run_row(plan)})
    yield canonical_json({"summary": summary_row(plan.summary, plan.currency)})
    for name, rows in _lists(plan):
        yield name
        yield from rows


def plan_identity(plan: Plan) -> str:
    """Lower-case hex sha256 of the canonical lines of the plan: everything but `header` and `identity`.

    The lines, each ended by a line feed, UTF-8: `{"run":...}`, `{"summary":...}`, then for stopped, alerts, problems,
    decisions and credit_alerts (when the file has them), actions, outcomes the bare name of the list and one canonical
    JSON line a row. Third parties can recompute it from the JSON file with any JSON library that sorts keys.
    """
    digest = hashlib.sha256()
    lines = _identity_lines(plan)
    while chunk := list(islice(lines, 2000)):
        digest.update(("\n".join(chunk) + "\n").encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def with_identity(plan: Plan) -> Plan:
    """The same plan with its identity computed."""
    return dataclasses.replace(plan, identity=plan_identity(plan))


def plan_lines(plan: Plan) -> Iterator[str]:
    """The JSON document of the plan, line by line without line ends: one line a row, so that it streams and diffs."""
    yield "{"
    yield f'"dunning_plan":{FORMAT},'
    yield f'"identity":{canonical_json(plan.identity)},'
    yield f'"header":{canonical_json(header_row(plan))},'
    yield f'"run":{canonical_json(run_row(plan))},'
    yield f'"summary":{canonical_json(summary_row(plan.summary, plan.currency))},'
    lists = _lists(plan)
    for name, rows in lists:
        end = "" if name == lists[-1][0] else ","
        previous = next(rows, None)
        if previous is None:
            yield f'"{name}":[]{end}'
            continue
        yield f'"{name}":['
        for text in rows:
            yield f"{previous},"
            previous = text
        yield previous
        yield f"]{end}"
    yield "}"


def write_plan(plan: Plan, file: IO[str]) -> None:
    r"""Write the JSON document of `plan` to a text file opened as UTF-8 with `newline="\n"`.

    What can't be seen in a text is written as JSON escapes, so that a plan can be looked at: the data is the same, and
    so is the identity, which is taken of the data.

    Raises:
        OSError: what the file raises.
    """
    lines = plan_lines(plan)
    while chunk := list(islice(lines, 2000)):
        file.write(inert_json("\n".join(chunk)))
        file.write("\n")


def plan_data(plan: Plan) -> dict[str, Any]:
    """The JSON document of the plan as Python data: what `json.loads` makes of `write_plan`'s text."""
    data: dict[str, Any] = json.loads("\n".join(plan_lines(plan)))
    return data
