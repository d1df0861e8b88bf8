"""What an editor says about a test file beyond the models: each choice in words, and tests to begin with."""

from policy_engine.language.schema_help import Snippet, Words
from policy_engine.language.schema_words import CHANNELS

_STATES = {
    "planned": "In a plan, not taken up yet. Blocks further steps of the invoice.",
    "awaiting_approval": "Waits for a person. Blocks further steps of the invoice.",
    "approved": "A person agreed; not sent yet. Blocks further steps of the invoice.",
    "sending": "Under way. Blocks until it is settled.",
    "in_doubt": "Nobody knows whether it left. Blocks until a person settles it.",
    "delivered": "Carried out: it advances the ladder and counts for the contact cap.",
    "executed": "The same as `delivered`.",
    "returned": "It came back: it counts for nothing.",
    "failed": "It didn't leave: it counts for nothing.",
    "expired": "It was not executed in time: it counts for nothing.",
    "cancelled": "It was called off: it counts for nothing.",
    "voided": "It was undone: it counts for nothing.",
    "rejected": "A person said no: it blocks every step of the invoice until the date given, by default 7 days.",
    "set": "A person put the invoice on this step.",
}
_EXECUTED = {
    "all": "Every action of the day before was carried out on the day it was to leave.",
    "none": "Nothing was carried out.",
}
_TABLES = {
    "disputes": "What customers contest.",
    "promises": "What customers promised.",
    "payment_plans": "Agreed instalments.",
    "blocks": "A person's word to leave something alone.",
    "history": "What became of past actions.",
    "charges": "What became of interest and lump sums.",
    "notes": "What people wrote down.",
}
_CHOICES = {
    "channel": CHANNELS,
    "also": CHANNELS,
    "ChargesRow.status": {
        "claimed": "Asked of the customer.",
        "invoiced": "On an invoice of its own: no longer asked.",
        "waived": "Forgiven.",
        "paid": "Paid.",
    },
    "ChargesRow.until": {"settled": "Whatever accrues until the invoice is paid."},
    "CorrectionsRow.table": _TABLES,
    "CorrectionsRow.change": {
        "ended": "From this day on it no longer holds.",
        "withdrawn": "As if it had never been noted.",
    },
    "CustomersRow.kind": {
        "business": "A company: the law on late payment between businesses holds.",
        "consumer": "A private person.",
        "public": "A public body.",
        "unknown": "Nobody knows.",
    },
    "executed": _EXECUTED,
    "Executed.status": _STATES,
    "HistoryRow.status": _STATES,
    "HistoryRow.role": {
        "demanded": "The message asked for it at its step.",
        "mentioned": "The message named it among others.",
    },
    "InvoicesRow.kind": {
        "invoice": "Money owed.",
        "credit_note": "Money given back; its amount is negative.",
        "prepayment": "An invoice for money in advance.",
    },
    "InvoicesRow.status": {
        "open": "In the ledger.",
        "draft": "Not issued yet: out of scope.",
        "cancelled": "Called off: out of scope.",
        "written_off": "Given up: out of scope.",
    },
    "OrdersRow.status": {
        "open": "Waits for a decision.",
        "confirmed": "Accepted; what isn't billed yet may count in the exposure.",
        "billed": "Invoiced in full.",
        "cancelled": "Called off.",
    },
}
_OUTCOMES = (
    "*Outcomes:* `acted`, `held`, `waiting`, `not_due`, `settled`, `out_of_scope`, `problem`; after a slash the reason:"
    " `held/disputed`, `waiting/contact_cap`."
)
_TESTS = (
    Snippet(
        "test: one day",
        "An invoice so many days late, and what must become of it.",
        {
            "name": "${1:a late invoice is reminded}",
            "given": {"invoice": {"days_late": "${2:5}", "amount": "${3:1200}"}},
            "expect": {"actions": [{"step": "${4:courtesy_reminder}", "demanded": ["F-1"]}]},
        },
    ),
    Snippet(
        "test: left alone",
        "An invoice on which nothing may happen, and why.",
        {
            "name": "${1:a disputed invoice is left alone}",
            "given": {
                "invoice": {"days_late": "${2:30}", "amount": "${3:1200}"},
                "dispute": {"reason": "${4:damaged goods}"},
            },
            "expect": {"outcomes": {"F-1": "${5:held/disputed}"}},
        },
    ),
    Snippet(
        "test: several days",
        "What happens day by day, with what was carried out between.",
        {
            "name": "${1:reminder, then silence}",
            "given": {"invoice": {"due_date": "${2:2026-06-01}", "amount": "${3:1200}"}},
            "days": [
                {"as_of": "${4:2026-06-04}", "expect": {"actions": [{"step": "${5:courtesy_reminder}"}]}},
                {"as_of": "${6:2026-06-05}", "executed": "all", "expect": {"outcomes": {"F-1": "waiting"}}},
            ],
        },
    ),
)

SUITE = Words(
    choices=_CHOICES,
    snippets={
        "": (
            Snippet(
                "tests of a policy",
                "A file of tests with its first one.",
                {
                    "dunning_test": 1,
                    "policy": "${1:../../acme.yaml}",
                    "as_of": "${2:2026-06-30}",
                    "tests": [
                        {
                            "name": "${3:a late invoice is reminded}",
                            "given": {"invoice": {"days_late": "${4:5}", "amount": "${5:1200}"}},
                            "expect": {"actions": [{"step": "${6:courtesy_reminder}"}]},
                        }
                    ],
                },
            ),
        ),
        ".tests": _TESTS,
        "Day.executed": tuple(Snippet(word, words, word) for word, words in _EXECUTED.items()),
    },
    more={"Expect.outcomes": _OUTCOMES, "Outcome.is": _OUTCOMES},
)
