"""What an editor says about a policy beyond the models: each choice in words, and rungs, holds, rates to begin with."""

from policy_engine.facts.table import TABLE, Level
from policy_engine.language.schema_help import Snippet, Words

CHANNELS = {
    "email": "An e-mail. A contact: the cap counts it.",
    "letter": "A letter by post. A contact: the cap counts it.",
    "registered_letter": "A letter with proof of delivery. A contact: the cap counts it.",
    "call": "Somebody calls the customer. A contact: the cap counts it.",
    "task": "Work for a person, who decides what to do.",
    "webhook": "A message to another program.",
    "placement": "The claim is handed to a collection agency.",
    "order_hold": "The customer's orders are stopped.",
    "order_release": "The customer's orders go on.",
}
_ANCHORS = {
    "due_date": "Days late: the due date is day 0.",
    "issue_date": "Days since the invoice's own date.",
    "previous_step": "Days since the last executed step was delivered first.",
}
_ADJUST = {
    "next_business_day": "A message falling on a weekend, holiday or closed day leaves on the next business day.",
    "none": "It leaves on the day itself.",
}
CHOICES = {
    "channel": CHANNELS,
    "channels": CHANNELS,
    "otherwise": CHANNELS,
    "also": CHANNELS,
    "anchor": _ANCHORS,
    "adjust": _ADJUST,
    "netting": {
        "oldest_first": "They settle the oldest open invoices, before anything else is judged.",
        "account": "Steps fire as without them; what is asked in total is reduced by them.",
        "none": "They are shown, and change nothing.",
    },
    "after_settlement": {
        "never": "What an invoice paid late still owes in charges is forgotten.",
        "list": "It is listed as `settled`, reason `charges_due`; nobody is written to.",
    },
    "weekend": {
        "mon": "Monday",
        "tue": "Tuesday",
        "wed": "Wednesday",
        "thu": "Thursday",
        "fri": "Friday",
        "sat": "Saturday",
        "sun": "Sunday",
    },
    "scope": {
        "invoice": "Each invoice climbs the ladder alone.",
        "instalment": "Each instalment of an invoice climbs alone.",
        "customer": "One position for all that the customer owes in a currency; the `carrier` gives its age.",
    },
    "carrier": {
        "oldest": "The overdue invoice that is due longest.",
        "highest": "The overdue invoice with the most outstanding.",
    },
    "on_carrier_paid": {
        "keep": "The step reached stays reached while anything is overdue.",
        "restart": "The new carrier begins where it stands itself.",
        "recompute": "The highest step that what is open still justifies.",
    },
    "progression": {
        "stepwise": "One step after the other; late invoices pass through every step.",
        "jump": "At once the highest step whose date is reached; what is passed over lapses.",
    },
    "consolidate": {
        "customer": "One message per customer, currency and day, at the highest step due.",
        "step": "One message per customer, currency and step.",
        "item": "One message per invoice.",
    },
    "once": {
        "customer": "Once for the customer, however many invoices.",
        "invoice": "Once for each invoice.",
    },
    "allocation": {
        "interest_first": "A part payment settles interest accrued by then, so the principal bears interest longer.",
        "principal_first": "A part payment lowers the principal; interest accrued by then stays owed.",
    },
    "kind": {
        "flat": "A lump sum, once for each invoice paid late.",
        "interest": "Interest for each day of delay.",
    },
    "exposure": {
        "outstanding": "What is unpaid.",
        "unbilled_orders": "Confirmed orders that are not invoiced yet.",
    },
    "roll_up": {
        "none": "Each customer is judged on its own limit.",
        "parent": "The parent's limit holds for its children, and their exposures add up under it.",
    },
    "decision": {
        "approve": "The order may go out.",
        "refer": "A person decides.",
        "refuse": "The order may not go out.",
    },
}
_TYPES = {
    "amount": "Money in the policy's currency.",
    "count": "A whole number of things.",
    "date": "A calendar date.",
    "days": "A whole number of days.",
    "flag": "True or false.",
    "number": "A number.",
    "percent": "A percentage: 12.5 is 12.5 %.",
    "text": "A text: it can be compared for equality.",
}
STAGES = {
    "notice": "A word before the due date.",
    "reminder": "A friendly reminder.",
    "call": "Somebody calls.",
    "formal_notice": "The formal notice (mise en demeure). Grave: waits for a person.",
    "agency": "A collection agency takes over. Grave: waits for a person.",
    "legal": "Court. Grave: waits for a person.",
}

_STEPS = (
    Snippet(
        "step: a reminder",
        "An e-mail some days after the due date; by post to customers without an address.",
        {
            "name": "${1:courtesy_reminder}",
            "stage": "${2:reminder}",
            "days": "${3:5}",
            "channel": "email",
            "otherwise": "letter",
            "template": "${4:courtesy}",
        },
    ),
    Snippet(
        "step: a call",
        "A call about what is large enough, some days after the last message.",
        {
            "name": "${1:phone_call}",
            "stage": "call",
            "days": "${2:20}",
            "after_previous": "${3:5}",
            "channel": "call",
            "when": "${4:invoice.outstanding >= 500}",
        },
    ),
    Snippet(
        "step: a formal notice",
        "By registered letter; the charges are asked from here on, a person approves.",
        {
            "name": "${1:formal_notice}",
            "stage": "formal_notice",
            "days": "${2:30}",
            "after_previous": "${3:10}",
            "channel": "registered_letter",
            "template": "${4:formal_notice}",
            "charge": ["${5:late_interest}"],
            "approval": {"role": "${6:credit_manager}"},
        },
    ),
)
_HOLDS = (
    Snippet(
        "hold: disputed",
        "Invoices whose whole outstanding is contested.",
        {"name": "${1:disputed}", "when": "${2:invoice.disputed}"},
    ),
    Snippet(
        "hold: promise to pay",
        "A promise runs and may still be kept.",
        {"name": "${1:promise_to_pay}", "when": "${2:invoice.promise_active}"},
    ),
    Snippet(
        "hold: payment plan",
        "An agreed plan is kept; broken, dunning goes on.",
        {"name": "${1:payment_plan}", "when": "${2:invoice.payment_plan_kept}"},
    ),
    Snippet(
        "hold: insolvency",
        "Dunning stops. Add `instead` to have the claim declared, `stops` to end interest.",
        {"name": "${1:insolvency}", "when": "${2:customer.insolvent}"},
    ),
)
_SEGMENTS = (
    Snippet(
        "segment with a condition",
        "Customers for whom the condition holds, unless a segment above took them.",
        {
            "name": "${1:strategic}",
            "when": '${2:customer.category == "key_account"}',
            "ladder": "${3:standard}",
            "credit_limit": "${4:250000}",
        },
    ),
    Snippet(
        "segment never dunned",
        "Customers who are left alone.",
        {"name": "${1:group}", "when": '${2:customer.category == "intercompany"}', "ladder": "none"},
    ),
    Snippet(
        "last segment",
        "Everybody else: the last segment has no condition.",
        {"name": "${1:standard}", "ladder": "${2:standard}"},
    ),
)
_PENALTIES = (
    Snippet(
        "penalty: interest, statutory",
        "A reference rate plus points, for each day of delay.",
        {
            "${1:late_interest}": {
                "kind": "interest",
                "when": '${2:customer.kind == "business"}',
                "rate": {"otherwise": {"reference": "${3:ecb_mro}", "plus": "${4:10}"}},
            }
        },
    ),
    Snippet(
        "penalty: interest, plain rate",
        "One rate, in percent a year.",
        {"${1:late_interest}": {"kind": "interest", "rate": {"annual": "${2:12.15}"}}},
    ),
    Snippet(
        "penalty: lump sum",
        "An amount once for each invoice paid late.",
        {"${1:recovery_indemnity}": {"kind": "flat", "amount": "${2:40}"}},
    ),
)
_INTERVENTIONS = (
    Snippet(
        "intervention",
        "A task planned once, named by a hold's `instead` or a step's `undo`.",
        {"name": "${1:declare_claim}", "channel": "${2:task}", "template": "${3:declare_claim}"},
    ),
)
_CAPACITY = (
    Snippet(
        "capacity",
        "How many actions of a channel people can do a day, and who comes first.",
        {"name": "${1:calls}", "channel": "${2:call}", "per_day": "${3:40}", "priority": "${4:customer.overdue}"},
    ),
)
_DECISIONS = (
    Snippet(
        "decision: beyond the limit a person decides",
        "Refers an order that would lift the exposure over the credit limit.",
        {
            "name": "${1:over_limit}",
            "when": "${2:customer.exposure + order.amount > customer.credit_limit}",
            "decision": "refer",
            "role": "${3:credit_manager}",
        },
    ),
    Snippet(
        "decision: the rest",
        "The last rule has no condition.",
        {"name": "${1:fine}", "decision": "approve"},
    ),
)
_LADDERS = (
    Snippet(
        "ladder",
        "The steps that an unpaid invoice climbs.",
        {
            "${1:standard}": {
                "steps": [
                    {
                        "name": "${2:courtesy_reminder}",
                        "stage": "reminder",
                        "days": "${3:5}",
                        "channel": "email",
                        "otherwise": "letter",
                        "template": "${4:courtesy}",
                    }
                ]
            }
        },
    ),
)
_POLICY = (
    Snippet(
        "policy of your own",
        "The least that makes a policy: one segment, one ladder, one step.",
        {
            "dunning": 1,
            "policy": "${1:our-policy}",
            "version": 1,
            "currency": "${2:EUR}",
            "segments": [{"name": "everybody", "ladder": "standard"}],
            "ladders": {
                "standard": {
                    "steps": [
                        {"name": "${3:reminder}", "stage": "reminder", "days": "${4:5}", "channel": "email"},
                    ]
                }
            },
        },
    ),
    Snippet(
        "policy that changes a ready one",
        "Everything from the French pack; add what differs.",
        {"dunning": 1, "policy": "${1:our-policy}", "version": 1, "extends": "${2:pack:fr-b2b}"},
    ),
)


def _facts(*levels: Level, date_only: bool = False) -> str:
    """The facts that an expression may name, for its hover; docs/language.md defines them."""
    names = [f"`{fact.name}`" for fact in TABLE if fact.level in levels and (fact.type == "date" or not date_only)]
    return f"*Facts:* {', '.join(names)}" + ("." if date_only else ", and the policy's own.")


_OF_CUSTOMERS = _facts("run", "customer")
_OF_INVOICES = _facts("run", "customer", "invoice")
_DATES = _facts("run", "customer", "invoice", date_only=True)

POLICY = Words(
    choices={**CHOICES, "Attributes.customer": _TYPES, "Attributes.invoice": _TYPES},
    snippets={
        "": _POLICY,
        ".segments": _SEGMENTS,
        ".ladders": _LADDERS,
        ".holds": _HOLDS,
        ".interventions": _INTERVENTIONS,
        ".capacity": _CAPACITY,
        ".penalties": _PENALTIES,
        "Ladder.steps": _STEPS,
        "Credit.decisions": _DECISIONS,
        "Step.stage": tuple(Snippet(stage, words, stage) for stage, words in STAGES.items()),
    },
    more={
        ".facts": _OF_INVOICES,
        "Segment.when": _OF_CUSTOMERS,
        "Capacity.priority": _OF_CUSTOMERS,
        "CreditAlert.when": _OF_CUSTOMERS,
        "CreditRule.when": _facts("run", "customer", "order"),
        "Step.when": _OF_INVOICES,
        "Approval.when": _OF_INVOICES,
        "Hold.when": _OF_INVOICES,
        "Interest.when": _OF_INVOICES,
        "Flat.when": _OF_INVOICES,
        "Hold.stops": _DATES,
        "Deadline.from": _DATES,
    },
)
