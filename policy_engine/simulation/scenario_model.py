"""A scenario as an author writes it: who pays when, what else happens on which day. Every mistake is located."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, PlainValidator, WithJsonSchema

from policy_engine.language.models.base import Syntax, key
from policy_engine.language.nodes import Map, Text, items_at, lookalike
from policy_engine.language.scalars import Amount, Day, Flag, Line, Name, Prose, refuse, scalar

SCENARIO = 1
"""The version of scenarios that this package reads."""
MAX_DAYS = 1100
"""Longest horizon: three years. Nobody's assumptions hold longer, and public holidays are only known so far."""
MAX_WAIT = 250
"""Most business days that an approval may take."""


def _version(value: object) -> int:
    text = scalar(value, "the version of the scenario", "1")
    if text != str(SCENARIO) or text.style != "plain":
        raise refuse(
            "DUN901", f"this program reads scenarios of version {SCENARIO}, not `{text[:20]}`", "write `scenario: 1`"
        )
    return SCENARIO


def whole(low: int, high: int, what: str, code: str = "DUN107") -> PlainValidator:
    """A validator of whole numbers between two bounds, both included."""

    def read(value: object) -> int:
        text = scalar(value, what, str(max(low, 1)))
        digits = text[1:] if text[:1] in ("-", "+") else text[:]
        if text.style != "plain" or not digits.isascii() or not digits.isdigit() or len(digits) > 9:
            raise refuse("DUN106", f"`{text[:20]}` is not {what}", f"write e.g. `{max(low, 1)}`")
        if not low <= int(text) <= high:
            raise refuse(code, f"`{text}` is out of bounds: {low} to {high} are possible")
        return int(text)

    return PlainValidator(read)


def _wait(value: object) -> int | None:
    """Business days, None for `never`."""
    if isinstance(value, Text) and value == "never":
        return None
    found = whole(0, MAX_WAIT, "a number of business days or `never`").func(value)  # type: ignore[call-arg]
    assert isinstance(found, int)
    return found


def _ident(value: object) -> Text:
    text = scalar(value, "an id", "F-2026-0815")
    if not text.strip() or len(text.strip()) > 200 or not text.isprintable():
        raise refuse("DUN112", "an id has 1 to 200 printable characters", "write it as the snapshot does")
    return text


def _one_or_more(value: Any) -> Any:
    """A text or a mapping alone stands for a list of one."""
    if isinstance(value, (Text, Map)):
        items = items_at(value.file, value.line, value.column)
        items.append(value)
        return items
    return value


def _pays(value: Any) -> Any:
    """`never` is a list of nothing."""
    if isinstance(value, Text):
        if value != "never":
            seen = lookalike(value)
            raise refuse("DUN103", f"`never` or a mapping is wanted here, not {seen}", "write `{days: 10}`")
        return items_at(value.file, value.line, value.column)
    return _one_or_more(value)


_WAIT_SCHEMA = {"anyOf": [{"type": "integer", "minimum": 0, "maximum": MAX_WAIT}, {"const": "never"}]}
_ID_SCHEMA = {"type": ["string", "number"], "minLength": 1, "maxLength": 200}

Version = Annotated[int, PlainValidator(_version), WithJsonSchema({"const": SCENARIO})]
Horizon = Annotated[
    int,
    whole(1, MAX_DAYS, "a number of days", "DUN902"),
    WithJsonSchema({"type": "integer", "minimum": 1, "maximum": MAX_DAYS}),
]
"""Days that are planned, the snapshot's own day included."""
Wait = Annotated[int | None, PlainValidator(_wait), WithJsonSchema(_WAIT_SCHEMA)]
"""Business days until somebody approves; None = never."""
Delay = Annotated[
    int, whole(-366, 3650, "a number of days"), WithJsonSchema({"type": "integer", "minimum": -366, "maximum": 3650})
]
"""Calendar days after (or, negative, before) an anchor."""
Ident = Annotated[Text, PlainValidator(_ident), WithJsonSchema(_ID_SCHEMA)]
"""The id of a row of the snapshot."""
Idents = Annotated[
    tuple[Ident, ...],
    BeforeValidator(_one_or_more),
    WithJsonSchema({"if": {"type": "array"}, "then": {"items": _ID_SCHEMA}, "else": _ID_SCHEMA}),
]
Names = Annotated[
    tuple[Name, ...],
    BeforeValidator(_one_or_more),
    WithJsonSchema({"if": {"type": "array"}, "then": {"items": {"type": "string"}}, "else": {"type": "string"}}),
]
Backlog = Literal["first_day", "from_start", "never"]


class PaysSyntax(Syntax):
    """When an invoice is paid: so many days after something."""

    days: Delay = key("Calendar days after it; negative before it.", 12, -2)
    after: Name = key(
        "After what: `due_date`, `issue_date`, or a stage of the policy: the first delivered action of that stage, or "
        "of a higher one, that demands or mentions the invoice.",
        "due_date", "formal_notice", default=Text("due_date"),
    )  # fmt: skip


Pays = Annotated[
    tuple[PaysSyntax, ...],
    BeforeValidator(_pays),
]
"""`never`, one moment, or several of which the earliest counts."""


class RuleSyntax(Syntax):
    """Which customers pay when. The first rule that fits a customer counts."""

    name: Line | None = key("What the rule is about, for people.", "key accounts pay late", default=None)
    segments: Names | None = key(
        "Only customers of these segments, as the first policy segments the snapshot. Left out: of all.",
        ["strategic"], default=None,
    )  # fmt: skip
    customers: Idents | None = key("Only these customers. Left out: all.", ["C-1042"], default=None)
    pays: Pays = key(
        "When each invoice is paid in full: `never`, a moment, or several of which the earliest counts.",
        "never", {"days": 12}, [{"days": 5, "after": "formal_notice"}, {"days": 60}],
    )  # fmt: skip
    backlog: Backlog | None = key(
        "For this rule: what is paid of invoices whose moment had passed when the run begins. See `backlog` above.",
        "never", default=None,
    )  # fmt: skip


class ApprovalsSyntax(Syntax):
    """How long people take to approve what waits for them."""

    after: Wait = key("Business days after the plan; 0 the same day; `never`.", 1, "never", default=0)
    stages: dict[Name, Wait] = key("Other figures for some stages.", {"legal": "never"}, default={})


class PaymentSyntax(Syntax):
    """Money that arrives on a day."""

    ONE_OF: ClassVar[tuple[tuple[str, ...], ...]] = (("invoice", "customer"),)

    date: Day = key("The day on which it arrives; plans know it from the next day on.", "2026-11-12")
    invoice: Ident | None = key("The invoice it settles.", "F-2026-0815", default=None)
    customer: Ident | None = key("Or the customer, for money that nobody has allocated.", "C-1042", default=None)
    amount: Amount | None = key(
        "How much, in the invoice's currency. Left out: all that is outstanding then.", 250, default=None
    )


class DisputeSyntax(Syntax):
    """An invoice that a customer contests."""

    invoice: Ident = key("The contested invoice.", "F-2026-0815")
    opened: Day = key("First day of the dispute; plans know it from the next day on.", "2026-11-12")
    closed: Day | None = key("Day from which it no longer counts. Left out: still open.", "2026-12-01", default=None)
    amount: Amount | None = key("The contested amount. Left out: the whole invoice.", 300, default=None)
    reason: Line | None = key("Why.", "two pallets damaged", default=None)


class PromiseSyntax(Syntax):
    """A promise to pay."""

    customer: Ident = key("Who promises.", "C-1042")
    invoices: Idents | None = key("What. Left out: all issued by then.", ["F-2026-0815"], default=None)
    made: Day = key("When; plans know it from the next day on.", "2026-11-12")
    by: Day = key("Until when the money is promised.", "2026-11-30")
    amount: Amount | None = key("How much. Left out: all that is outstanding.", 500, default=None)
    kept: Flag = key("Whether the money arrives on the promised day.", True, default=False)  # noqa: FBT003


class InvoiceSyntax(Syntax):
    """An invoice that is issued while the run goes on."""

    id: Ident = key("Its id; with `times` followed by `-2`, `-3` ...", "NEW-1")
    customer: Ident = key("Who owes it.", "C-1042")
    amount: Amount = key("Gross amount, in the policy's currency.", 1200)
    issued: Day = key("Date of the document; plans know it from the next day on.", "2026-11-12")
    due: Day | None = key("Last day to pay in time. Left out: by the customer's terms.", "2026-12-12", default=None)
    every_months: Annotated[
        int, whole(1, 36, "a number of months"), WithJsonSchema({"type": "integer", "minimum": 1, "maximum": 36})
    ] = key("Months between it and the next one like it, with `times`.", 1, default=1)
    times: Annotated[
        int, whole(1, 60, "a number of invoices"), WithJsonSchema({"type": "integer", "minimum": 1, "maximum": 60})
    ] = key("How many of them, this one included.", 6, default=1)


class ScenarioSyntax(Syntax):
    """What is assumed about customers and people for `dunning simulate`."""

    scenario: Version = key("The version of scenarios.", 1)
    name: Line = key("What the scenario is called in reports.", "nobody pays")
    description: Prose | None = key("What it is for.", "The dunning effort if not a cent came in.", default=None)
    days: Horizon = key("How many days are planned, the snapshot's own included; `--days` says otherwise.", 180)
    rules: tuple[RuleSyntax, ...] = key(
        "Which customers pay when; the first rule that fits counts, and who fits none pays nothing.",
        [{"segments": ["strategic"], "pays": {"days": 30}}, {"pays": "never"}], default=(), longest=200,
    )  # fmt: skip
    backlog: Backlog = key(
        "What is paid of invoices whose moment had passed when the run begins: all on the `first_day`; days counted "
        "`from_start` of the run; or `never`.",
        "from_start", default="first_day",
    )  # fmt: skip
    disputed: Literal["wait", "pay"] = key(
        "Whether customers pay what they dispute, or wait until the dispute is closed.", "pay", default="wait"
    )
    charges: Literal["unpaid", "asked"] = key(
        "Whether customers pay, with the invoice, the interest and lump sums that the last message asked.",
        "asked", default="unpaid",
    )  # fmt: skip
    approvals: ApprovalsSyntax | None = key(
        "How long people take to approve. Left out: the same day.", {"after": 1, "stages": {"legal": "never"}},
        default=None,
    )  # fmt: skip
    rates: Literal["as_known", "last_known"] = key(
        "Reference rates of days that their tables don't reach: missing, as in a plan, or the last known rate goes on.",
        "last_known", default="as_known",
    )  # fmt: skip
    payments: tuple[PaymentSyntax, ...] = key(
        "Money that arrives on stated days.", [{"date": "2026-11-12", "invoice": "F-2026-0815"}], default=(),
        longest=100_000,
    )  # fmt: skip
    disputes: tuple[DisputeSyntax, ...] = key(
        "Disputes on stated days.", [{"invoice": "F-2026-0815", "opened": "2026-11-12"}], default=(), longest=100_000
    )
    promises: tuple[PromiseSyntax, ...] = key(
        "Promises on stated days.", [{"customer": "C-1042", "made": "2026-11-12", "by": "2026-11-30"}], default=(),
        longest=100_000,
    )  # fmt: skip
    invoices: tuple[InvoiceSyntax, ...] = key(
        "New invoices.", [{"id": "NEW-1", "customer": "C-1042", "amount": 1200, "issued": "2026-11-12"}], default=(),
        longest=100_000,
    )  # fmt: skip


__all__ = [
    "MAX_DAYS", "ApprovalsSyntax", "Backlog", "DisputeSyntax", "InvoiceSyntax", "PaymentSyntax", "PaysSyntax",
    "PromiseSyntax", "RuleSyntax", "ScenarioSyntax",
]  # fmt: skip
