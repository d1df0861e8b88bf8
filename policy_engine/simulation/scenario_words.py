"""What an editor says about a scenario beyond the models: each choice in words, and rules to begin with."""

from policy_engine.language.schema_help import Snippet, Words

_BACKLOG = {
    "first_day": "All of it is paid on the first day of the run.",
    "from_start": "Days count from the first day of the run instead.",
    "never": "It is never paid.",
}
SCENARIO = Words(
    choices={
        "backlog": _BACKLOG,
        "disputed": {
            "wait": "They wait until the dispute is closed.",
            "pay": "They pay as if nothing were disputed.",
        },
        "charges": {
            "unpaid": "They pay the invoice alone.",
            "asked": "They pay what the last message asked on top as well.",
        },
        "rates": {
            "as_known": "Missing, as in a plan: what would state them waits.",
            "last_known": "The last known rate goes on.",
        },
    },
    snippets={
        "": (
            Snippet(
                "scenario",
                "Customers pay so many days after the due date.",
                {
                    "scenario": 1,
                    "name": "${1:everybody pays late}",
                    "days": "${2:180}",
                    "rules": [{"pays": {"days": "${3:12}"}}],
                },
            ),
        ),
        ".rules": (
            Snippet(
                "rule: days after the due date",
                "Customers of some segments pay so many days after the due date.",
                {"segments": ["${1:strategic}"], "pays": {"days": "${2:30}"}},
            ),
            Snippet(
                "rule: days after a stage",
                "They pay so many days after a reminder, a notice ...",
                {"pays": {"days": "${1:5}", "after": "${2:formal_notice}"}},
            ),
            Snippet("rule: the rest never pays", "Whom no rule above fits.", {"pays": "never"}),
        ),
        ".payments": (
            Snippet(
                "payment",
                "Money for an invoice on a day.",
                {"date": "${1:2026-11-12}", "invoice": "${2:F-2026-0815}", "amount": "${3:250}"},
            ),
        ),
        ".disputes": (
            Snippet(
                "dispute",
                "An invoice contested from a day on.",
                {"invoice": "${1:F-2026-0815}", "opened": "${2:2026-11-12}", "reason": "${3:two pallets damaged}"},
            ),
        ),
        ".promises": (
            Snippet(
                "promise",
                "A customer promises to pay by a day.",
                {"customer": "${1:C-1042}", "made": "${2:2026-11-12}", "by": "${3:2026-11-30}"},
            ),
        ),
        ".invoices": (
            Snippet(
                "invoice",
                "An invoice issued while the run goes on.",
                {
                    "id": "${1:NEW-1}",
                    "customer": "${2:C-1042}",
                    "amount": "${3:1200}",
                    "issued": "${4:2026-11-12}",
                },
            ),
        ),
    },
)
