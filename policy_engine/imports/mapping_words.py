"""What an editor says about a mapping beyond the models: each choice in words, and rows to begin with."""

from policy_engine.language.schema_help import Snippet, Words

_CLASSES = {
    "document": "An invoice, or a credit note when its amount is negative.",
    "invoice": "An invoice.",
    "credit_note": "A credit note.",
    "prepayment": "An invoice for money in advance.",
    "payment": "Money that arrived.",
    "group": "A title whose cells the rows below it take with `above`.",
    "subtotal": "A sum: checked against `totals`, and left out.",
    "total": "The sum of all: checked against `totals`, and left out.",
    "skip": "Left out, and counted.",
    "refuse": "An error.",
}
MAPPING = Words(
    choices={
        "is": _CLASSES,
        ".otherwise": _CLASSES,
        "credit_notes": {
            "negative": "With a minus.",
            "positive": "Without; their kind says what they are.",
        },
        "unknown_invoice": {
            "refuse": "It is an error.",
            "unallocated": "It becomes money on account.",
        },
        "Condition.sign": {"negative": "Below zero.", "positive": "Above zero.", "zero": "Exactly zero."},
        "encoding": {
            "utf-8": "Unicode, as programs write it today.",
            "cp1252": "Windows, Western Europe.",
            "iso-8859-15": "Western Europe, with the euro sign.",
            "iso-8859-1": "Western Europe, without the euro sign.",
            "utf-16": "Unicode, as Excel's `Unicode Text` writes it.",
        },
        "separator": {",": "A comma.", ";": "A semicolon.", "tab": "A tab.", "|": "A bar."},
        "quotes": {'"': "Double quotes.", "'": "Single quotes.", "none": "Quotes are letters like any other."},
        "decimal": {".": "1250.50", ",": "1250,50"},
        "thousands": {
            "none": "1250.50",
            ".": "1.250,50",
            ",": "1,250.50",
            "blank": "1 250,50, with any kind of blank.",
            "'": "1'250.50",
        },
        "Value.sign": {"as_is": "Positive is owed.", "reversed": "Negative is owed."},
    },
    snippets={
        "": (
            Snippet(
                "mapping",
                "The least that reads a list of open invoices.",
                {
                    "mapping": 1,
                    "file": {"separator": "'${1:;}'", "decimal": "'${2:,}'"},
                    "invoices": {
                        "id": "${3:Number}",
                        "customer": "${4:Customer}",
                        "issue_date": "${5:Date}",
                        "due_date": "${6:Due date}",
                        "amount": "${7:Amount}",
                    },
                },
            ),
        ),
        ".rows": (
            Snippet(
                "rows: payments",
                "Rows with a word in a column are payments.",
                {"when": {"column": "${1:Type}", "in": "${2:Payment}"}, "is": "payment"},
            ),
            Snippet(
                "rows: left out",
                "Rows with a word in a column are left out and counted.",
                {
                    "when": {"column": "${1:Type}", "in": "${2:Note}"},
                    "is": "skip",
                    "because": "${3:not a document}",
                },
            ),
        ),
    },
)
