"""The JSON Schema of a plan's JSON document (draft 2020-12): a description on every key."""

from typing import Any

from policy_engine.plan.canonical import FORMAT
from policy_engine.plan.model import OUTCOMES

Schema = dict[str, Any]

_UNTIL = "What must happen first when no date can be told: person, hold_lifted, payment, rate, delivery, address ..."


def _text(description: str) -> Schema:
    return {"type": "string", "description": description}


def _maybe(kind: str, description: str) -> Schema:
    return {"type": [kind, "null"], "description": description}


def _day(description: str) -> Schema:
    return {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$", "description": description}


def _maybe_day(description: str) -> Schema:
    return {"type": ["string", "null"], "pattern": r"^\d{4}-\d{2}-\d{2}$", "description": description}


def _amount(description: str) -> Schema:
    return {"type": "string", "pattern": r"^-?\d+(\.\d+)?$", "description": description}


def _maybe_amount(description: str) -> Schema:
    return {"type": ["string", "null"], "pattern": r"^-?\d+(\.\d+)?$", "description": description}


def _count(description: str) -> Schema:
    return {"type": "integer", "minimum": 0, "description": description}


def _flag(description: str) -> Schema:
    return {"type": "boolean", "description": description}


def _list(items: Schema, description: str) -> Schema:
    return {"type": "array", "items": items, "description": description}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _object(description: str, properties: Schema, optional: Schema | None = None) -> Schema:
    return {
        "type": "object",
        "description": description,
        "properties": {**properties, **(optional or {})},
        "required": sorted(properties),
        "additionalProperties": False,
    }


def _definitions() -> Schema:
    charge = _object(
        "What one penalty of one invoice comes to: asked = accrued - invoiced - paid - waived, at least 0.",
        {
            "penalty": _text("The penalty's name in the policy."),
            "kind": {"enum": ["interest", "flat"], "description": "Interest by days, or a lump sum."},
            "asked": _amount("What is asked now."),
            "accrued": _amount("What has accrued up to as_of."),
            "invoiced": _amount("What was already invoiced."),
            "paid": _amount("What was already paid."),
            "waived": _amount("What was waived."),
        },
    )
    instalment = {"instalment": _text("The instalment's id, when each part of an invoice climbs alone.")}
    line = _object(
        "An invoice in an action, or an instalment of one.",
        {
            "invoice": _text("The invoice's id, as in the snapshot."),
            "number": _text("The number printed on the invoice."),
            "step": _text("The step of the ladder that this invoice executes through the action."),
            "occurrence": _count("1 for the first time, then the repeats."),
            "due_date": _day("Day by which it was to be paid."),
            "days_late": _count("Days since the due date."),
            "trigger_on": _day("Day on which the step's date was reached; never moved for holidays."),
            "outstanding": _amount("What is outstanding, after netting."),
            "disputed": _amount("The part under dispute, not asked."),
            "principal": _amount("What is asked: outstanding less the disputed part and what isn't due yet."),
            "interest": _amount("Late interest asked."),
            "lump_sums": _amount("Lump sums asked."),
            "charges": _list(_ref("charge"), "The penalties behind interest and lump_sums."),
        },
        {
            **instalment,
            "later": _amount("What is outstanding in instalments that aren't due yet; left out when nothing is."),
            "carrier": {"const": True, "description": "The message goes at this invoice's age (scope customer)."},
        },
    )
    listed = _object(
        "An overdue invoice shown for information, in no total.",
        {
            "invoice": _text("The invoice's id, as in the snapshot."),
            "number": _text("The number printed on the invoice."),
            "due_date": _day("Day by which it was to be paid."),
            "days_late": _count("Days since the due date."),
            "outstanding": _amount("What is outstanding, after netting."),
            "currency": _text("ISO 4217 code: an intervention may list invoices of several."),
        },
        instalment,
    )
    approval = {
        "type": ["object", "null"],
        "description": "Who must agree before the action leaves; null when nobody is asked.",
        "properties": {
            "role": _text("The role that must agree."),
            "people": _count("How many people of that role."),
            "grave": _flag("Whether the stage asks for it whatever the policy says."),
        },
        "required": ["grave", "people", "role"],
        "additionalProperties": False,
    }
    coming = {
        "type": ["object", "null"],
        "description": "What comes next for the invoice; null when nothing does.",
        "properties": {
            "on": _maybe_day("The day, if still unpaid; null when no date can be told."),
            "step": _maybe("string", "The step of the ladder that comes."),
            "until": _maybe("string", _UNTIL),
        },
        "required": ["on", "step", "until"],
        "additionalProperties": False,
    }
    return {
        "charge": charge,
        "line": line,
        "listed": listed,
        "approval": approval,
        "next": coming,
        "action": _action(),
        "outcome": _outcome(),
        "alert": _object(
            "Something a person should know that stops nothing.",
            {
                "code": _text("A stable code."),
                "subject": _text("An id or a name, or empty."),
                "message": _text("One sentence."),
                "count": _count("How many times it was seen."),
            },
        ),
        "problem": _object(
            "A broken row of the snapshot.",
            {
                "code": _text("A stable code, DUN5xx."),
                "table": _text("The table of the snapshot."),
                "row": _text("The row's id when it can be told, else empty."),
                "customer": _maybe("string", "Whose row it is, null when it can't be told."),
                "invoice": _maybe("string", "The row of `invoices` it spoils, null for other tables."),
                "message": _text("One sentence."),
                "where": _text("file:line or file:line:column."),
                "holds": _flag("Whether it holds every other invoice of the customer."),
                "help": _text("The likely fix, or empty."),
            },
        ),
        "decision": _object(
            "What becomes of an order that waits for credit.",
            {
                "order": _text("The order's id."),
                "customer": _text("The customer's id."),
                "customer_name": _text("The customer's name."),
                "date": _day("Day of the order."),
                "amount": _amount("What the order would add: its value less what is billed, in its own currency."),
                "currency": _text("ISO 4217 code of the order."),
                "decision": {"enum": ["approve", "refer", "refuse"], "description": "What becomes of it."},
                "reason": _text("The rule's name; data_problem when the figures behind an approval can't be trusted."),
                "role": _maybe("string", "Whose decision it is, of an order that is referred."),
                "exposure": _amount("What it was judged on, in the policy's currency; approved before it included."),
                "limit": _maybe_amount("The credit limit, in the policy's currency; null for no limit."),
                "limit_of": _text("The customer whose limit that is."),
                "rule": _maybe("string", "file:line:column of the rule."),
            },
        ),
        "credit_alert": _object(
            "A customer of whom an alert of `credit.alerts` holds.",
            {
                "alert": _text("The alert's name in the policy."),
                "customer": _text("The customer's id."),
                "customer_name": _text("The customer's name."),
                "exposure": _amount("The exposure, in the policy's currency."),
                "limit": _maybe_amount("The credit limit, in the policy's currency; null for no limit."),
                "rule": _text("file:line:column of the alert."),
            },
        ),
        "stopped": _object(
            "A safeguard that stopped the plan.",
            {
                "safeguard": _text("The safeguard's name in the policy."),
                "found": _text("What it counted."),
                "allowed": _text("What it allows."),
                "rule": _maybe("string", "file:line:column of the policy."),
            },
        ),
    }


def _action() -> Schema:
    return _object(
        "One thing to do: a message, a task, a placement, or an intervention.",
        {
            "id": _text("sha256 of customer, step, channel and the sorted items: the same thing has the same id."),
            "customer": _text("The customer's id."),
            "customer_name": _text("The customer's name."),
            "segment": _text("The segment that the customer is in."),
            "ladder": _text("The ladder that the segment climbs."),
            "step": _text("The step, or the intervention's name."),
            "stage": _text("The step's stage on the policy's scale."),
            "rank": {"type": "integer", "description": "The stage's place on the scale, from 0."},
            "channel": _text("How: email, letter, registered_letter, call, task, webhook, placement ..."),
            "also": _list(_text("A channel."), "Further carriers of the same message."),
            "template": _maybe("string", "The template of the message."),
            "adapter": _maybe("string", "The adapter that carries it out, when the policy names one."),
            "demanded": _list(_ref("line"), "Invoices that reached this step."),
            "mentioned": _list(_ref("line"), "Overdue invoices that execute a lower step of their own through it."),
            "listed": _list(_ref("listed"), "Overdue invoices for information."),
            "currency": _text("ISO 4217 code of every amount in the action."),
            "principal": _amount("Principal asked."),
            "credits": _amount("What unallocated credits took off the principal."),
            "interest": _amount("Late interest asked."),
            "lump_sums": _amount("Lump sums asked."),
            "total": _amount("principal + interest + lump_sums."),
            "priority": _maybe("string", "The capacity's rank value when its channel has one."),
            "approval": _ref("approval"),
            "exempt": _flag("Whether it passes the contact cap."),
            "trigger_on": _day("The latest day on which the step of a demanded invoice was reached."),
            "send_on": _day("The business day on which it is to be sent."),
            "items": _list(
                _text("invoice|step|occurrence, invoice|instalment|step|occurrence, or subject|intervention."),
                "The dunning items.",
            ),
            "why": _text("file:line:column of the policy."),
            "intervention": _maybe("string", "The intervention's name, null for a step of a ladder."),
            "deadline": _maybe_day("The legal deadline of an intervention; never moved for holidays."),
        },
        {"any_day": {"const": True, "description": "It may leave on a day that is no business day."}},
    )


def _outcome() -> Schema:
    return _object(
        "What became of one row of `invoices`: exactly one outcome each.",
        {
            "invoice": _text("The invoice's id."),
            "number": _text("The number printed on the invoice."),
            "customer": _text("The customer's id."),
            "currency": _maybe("string", "ISO 4217 code; null when it can't be read."),
            "amount": _maybe_amount("Gross amount; null when it can't be read."),
            "outstanding": _maybe_amount("What is outstanding, after netting; null when it can't be told."),
            "due_date": _maybe_day("Day by which it is to be paid; null when it can't be read."),
            "days_late": _maybe("integer", "Days since the due date, 0 until then."),
            "segment": _maybe("string", "The customer's segment."),
            "ladder": _maybe("string", "The ladder, null when there is none."),
            "step": _maybe("string", "The step reached before this plan, null before the first."),
            "outcome": {"enum": list(OUTCOMES), "description": "The first that applies, in this order."},
            "reason": _text("Why, as a code; a hold's own name for `held`."),
            "next": _ref("next"),
            "action": _maybe("string", "The id of the action that demands or mentions it."),
            "rule": _maybe("string", "file:line:column of the rule that decided."),
            "detail": {
                "type": "object",
                "description": "Facts about the reason, as text.",
                "additionalProperties": {"type": "string"},
            },
            "charges": _list(_ref("charge"), "What is due on a settled invoice."),
        },
    )


def _summary() -> Schema:
    bucket = _object(
        "A column of the aged balance.",
        {
            "bucket": _text("not_due, 1-30, 31-60, 61-90, 91+, or unallocated (negative)."),
            "invoices": _count("How many invoices, or credits."),
            "amount": _amount("What is outstanding, before netting."),
        },
    )
    row = _object(
        "How many invoices got an outcome for a reason.",
        {
            "outcome": {"enum": list(OUTCOMES), "description": "The outcome."},
            "reason": _text("The reason."),
            "invoices": _count("How many."),
            "amount": _amount("Their gross sum; in the policy's currency unless another is named above."),
            "outstanding": _amount("Their outstanding sum; in the policy's currency unless another is named above."),
        },
    )
    other = _object(
        "The figures of a currency beside the policy's, in its own amounts: nothing is converted.",
        {
            "currency": _text("ISO 4217 code."),
            "outcomes": _list(row, "Its invoices, in the order of the outcomes."),
            "aged": _list(bucket, "Its aged balance."),
            "balance": _amount("The sum of its aged balance."),
        },
    )
    return _object(
        "The figures of the first screen, tied to the snapshot to the cent.",
        {
            "invoices": _count("Rows of `invoices`."),
            "amount": {
                "type": "object",
                "description": "Gross sum by currency over the rows whose amount can be read.",
                "additionalProperties": _amount("Gross sum in that currency."),
            },
            "unreadable": _count("Rows whose amount can't be read."),
            "outcomes": _list(row, "In the order of the outcomes: counts of every currency, sums of the policy's."),
            "aged": _list(bucket, "The aged balance in the policy's currency."),
            "balance": _amount("The sum of the aged balance: gross less payments."),
            "customers": _count("Customers of the snapshot."),
            "customers_overdue": _count("Customers with an overdue invoice."),
            "actions": _count("Actions of the plan."),
            "missing_rate": _count("Messages held because a reference rate is missing."),
            "other_currencies": _list(other, "The currencies beside the policy's, by code."),
        },
    )


def plan_schema() -> Schema:
    """The JSON Schema of what `plan.canonical.write_plan` writes."""
    header = _object(
        "What made the plan; no part of its identity.",
        {
            "engine": _text("The executor: reference."),
            "versions": {
                "type": "object",
                "description": "Versions of the engine and of what it computes with.",
                "additionalProperties": {"type": "string"},
            },
            "policy_file": _text("The policy's file."),
            "policy_digest": _text("sha256 of the resolved policy."),
            "snapshot_digest": _text("sha256 of the snapshot."),
        },
    )
    run = _object(
        "What was asked.",
        {
            "as_of": _day("The snapshot's date."),
            "policy": _text("The policy's name."),
            "policy_version": _count("The policy's version."),
            "currency": _text("The policy's currency, ISO 4217."),
            "valid_until": _day("The last day on which the plan may be executed."),
            "vouched": _flag("Whether a manifest vouches for the payments."),
        },
        {"closed": _list(_day("A day."), "The days from as_of to valid_until that are no business days, if any.")},
    )
    document = _object(
        "A deterministic, explained action plan.",
        {
            "dunning_plan": {"const": FORMAT, "description": "Version of this format."},
            "identity": {
                "type": "string",
                "pattern": "^[0-9a-f]{64}$",
                "description": "sha256 of the canonical lines of everything but the header.",
            },
            "header": header,
            "run": run,
            "summary": _summary(),
            "stopped": _list(_ref("stopped"), "Safeguards that stopped the plan; empty when it may be executed."),
            "alerts": _list(_ref("alert"), "What a person should know."),
            "problems": _list(_ref("problem"), "Broken rows of the snapshot."),
            "decisions": _list(
                _ref("decision"), "One an open order, by customer id, day, order id; left out when there is none."
            ),
            "credit_alerts": _list(
                _ref("credit_alert"), "By customer id, then in the policy's order; left out when there is none."
            ),
            "actions": _list(_ref("action"), "By customer id, stage rank descending, then id."),
            "outcomes": _list(_ref("outcome"), "One a row of `invoices`, by customer id, then invoice id."),
        },
    )
    document["required"] = [name for name in document["required"] if name not in ("credit_alerts", "decisions")]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "plan.schema.json",
        "title": "Dunning plan",
        **document,
        "$defs": _definitions(),
    }
