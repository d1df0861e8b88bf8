"""A file of policy tests, as an author writes it: closed, every key described, every mistake located."""

import re
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Discriminator, PlainValidator, Tag, WithJsonSchema

from policy_engine.language.models.base import Channel, Syntax, key
from policy_engine.language.nodes import Text
from policy_engine.language.scalars import Day, Flag, Name, People, Prose, refuse, scalar, text_schema
from policy_engine.plan.model import OUTCOMES, REASONS
from policy_engine.snapshot.model import HISTORY_STATUSES
from policy_engine.testing.given_model import DefaultsSyntax, EventsSyntax, GivenSyntax

VERSION = 1
"""The version of test files that this package reads."""
VERDICTS = ("approve", "refer", "refuse")
"""What becomes of an order."""
_MONEY = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,4})?")


def _version(value: Any) -> int:
    text = scalar(value, "the version of the test file", "1")
    if text != str(VERSION) or text.style != "plain":
        raise refuse(
            "DUN104",
            f"this program reads test files of version {VERSION}, not `{text[:20]}`",
            "write `dunning_test: 1`",
        )
    return VERSION


def _policy(value: Any) -> Text:
    text = scalar(value, "a policy", "../acme.yaml")
    if not text.strip() or "\0" in text or "\\" in text or text.startswith(("/", "~")):
        raise refuse(
            "DUN113",
            f"`{text[:60]}` is not a policy's path from this file",
            "write e.g. `../acme.yaml` or `pack:fr-b2b`",
        )
    return text


def _word(value: Any) -> Text:
    text = scalar(value, "an id", "F-1")
    if not text.strip() or len(text) > 200:
        raise refuse("DUN112", "an id has 1 to 200 characters", "write e.g. `F-1`")
    return text


def _money(value: Any) -> Text:
    text = scalar(value, "an amount", "1250.50")
    if not _MONEY.fullmatch(text) or not text.isascii():
        raise refuse("DUN106", f"`{text[:40]}` is not an amount", "write e.g. `1250.50`")
    return text


def _count(value: Any) -> int:
    text = scalar(value, "a whole number", "30")
    if not re.fullmatch(r"[0-9]{1,6}", text):
        raise refuse("DUN106", f"`{text[:20]}` is not a whole number", "write e.g. `30`")
    return int(text)


def _fate(value: Any) -> Text:
    """An outcome with its reason, `held/disputed`; the name of a hold is judged with the policy."""
    text = scalar(value, "an outcome with its reason", "held/disputed")
    outcome, slash, reason = text.partition("/")
    if outcome not in OUTCOMES:
        raise refuse("DUN704", f"`{text[:60]}` is not an outcome", _near(outcome, OUTCOMES) or _FATES)
    known = [name for name in REASONS[outcome] if name != "<hold>"]
    if slash and outcome != "held" and reason not in known:
        raise refuse("DUN704", f"`{reason[:60]}` is no reason of `{outcome}`", _near(reason, known) or _listed(known))
    return text


def _limit(value: Any) -> Text:
    return value if isinstance(value, Text) and value == "none" else _money(value)


def _verdict(value: Any) -> Text:
    """A decision on an order with its rule, `refer/over_limit`; the rule is judged with the policy."""
    text = scalar(value, "a decision", "refer/over_limit")
    decision = text.partition("/")[0]
    if decision not in VERDICTS:
        help_ = _near(decision, VERDICTS) or "write the decision, or decision/rule: `approve`, `refer/over_limit`"
        raise refuse("DUN704", f"`{text[:60]}` is no decision on an order", help_)
    return text


_FATES = "write the outcome, or outcome/reason: `acted`, `held/disputed`, `waiting/contact_cap`, `not_due`"


def _near(word: str, known: Any) -> str | None:
    from policy_engine.values.diagnostics import did_you_mean

    return did_you_mean(word, known)


def _listed(known: list[str]) -> str:
    return f"possible here: {', '.join(known)}"


Word = Annotated[Text, PlainValidator(_word), WithJsonSchema({"type": ["string", "integer"], "maxLength": 200})]
"""An id, or a name that is judged later."""
Money = Annotated[Text, PlainValidator(_money), WithJsonSchema({"type": ["number", "string"]})]
"""An amount in the invoice's currency."""
Whole = Annotated[int, PlainValidator(_count), WithJsonSchema({"type": "integer", "minimum": 0})]
Fate = Annotated[
    Text, PlainValidator(_fate), text_schema(f"^({'|'.join(OUTCOMES)})", "an outcome with its reason", "held/disputed")
]
Charges = dict[Word, Money]
Limit = Annotated[Text, PlainValidator(_limit), WithJsonSchema({"type": ["number", "string"]})]
"""An amount in the policy's currency, or `none`."""
Verdict = Annotated[
    Text,
    PlainValidator(_verdict),
    text_schema(f"^({'|'.join(VERDICTS)})", "a decision on an order with its rule", "refer/over_limit"),
]


class ApprovalExpected(Syntax):
    """Who must agree."""

    role: Name = key("The role of who agrees.", "credit_manager")
    people: People = key("How many people.", 2, default=1)


def _mapped(value: Any) -> str:
    return "map" if isinstance(value, dict) else "word"


Approval = Annotated[
    Annotated[Literal["none"], Tag("word")] | Annotated[ApprovalExpected, Tag("map")], Discriminator(_mapped)
]


class ActionSyntax(Syntax):
    """An action that must be planned. Only the keys that are given are compared."""

    ONE_OF: ClassVar[tuple[tuple[str, ...], ...]] = (("step", "intervention"),)

    step: Word | None = key("The step.", "formal_notice", default=None)
    intervention: Word | None = key("The intervention, instead of a step.", "declare_claim", default=None)
    customer: Word | None = key("Whose action it is; may be left out while there is one customer.", "C-1", default=None)
    segment: Word | None = key("The customer's segment.", "standard", default=None)
    ladder: Word | None = key("The ladder.", "standard", default=None)
    stage: Word | None = key("The stage reached.", "formal_notice", default=None)
    channel: Channel | None = key("How it goes out.", "registered_letter", default=None)
    also: tuple[Channel, ...] | None = key("Further carriers.", ["email"], default=None)
    template: Word | None = key("The template; `none`: without.", "formal_notice", default=None)
    adapter: Word | None = key("The adapter; `none`: without.", "agency_file", default=None)
    demanded: tuple[Word, ...] | None = key("The invoices that it demands, in any order.", ["F-1"], default=None)
    mentioned: tuple[Word, ...] | None = key("The invoices that it mentions, in any order.", ["F-2"], default=None)
    listed: tuple[Word, ...] | None = key("The invoices that it lists, in any order.", ["F-3"], default=None)
    principal: Money | None = key("What is asked of the invoices, without charges.", 1200, default=None)
    credits: Money | None = key("What credits of the account take off.", 100, default=None)
    interest: Money | None = key("Interest asked.", 12.35, default=None)
    lump_sums: Money | None = key("Lump sums asked.", 40, default=None)
    total: Money | None = key("All that is asked.", 1252.35, default=None)
    charges: Charges | None = key(
        "What each penalty asks over all invoices; penalties that ask nothing are left out.",
        {"late_interest": 12.35, "recovery_indemnity": 40},
        default=None,
    )
    approval: Approval | None = key("Who must agree; `none`: nobody.", {"role": "credit_manager"}, "none", default=None)
    exempt: Flag | None = key("Whether the contact cap doesn't hold it back.", True, default=None)  # noqa: FBT003
    trigger_on: Day | None = key("The day on which the step was reached.", "2026-07-01", default=None)
    send_on: Day | None = key("The day on which it leaves.", "2026-07-02", default=None)
    deadline: Day | None = key("The legal deadline of an intervention.", "2026-09-01", default=None)


class NextSyntax(Syntax):
    """What comes next for an invoice."""

    step: Word | None = key("The step to come; `none`: none.", "phone_call", default=None)
    date: Day | None = key("The day, if nothing is paid.", "2026-07-10", default=None)
    until: Word | None = key("What must happen first.", "person", default=None)


class OutcomeSyntax(Syntax):
    """What must become of an invoice. Only the keys that are given are compared."""

    is_: Fate = key("The outcome, or outcome/reason.", "held/disputed", alias="is")
    next: NextSyntax | None = key("What comes next.", {"step": "phone_call", "date": "2026-07-10"}, default=None)
    segment: Word | None = key("The customer's segment.", "standard", default=None)
    ladder: Word | None = key("The ladder; `none`: never dunned.", "standard", default=None)
    reached: Word | None = key("The step reached before this day; `none`: none.", "courtesy_reminder", default=None)
    outstanding: Money | None = key("What is unpaid, after netting.", 1200, default=None)
    days_late: Whole | None = key("Days late.", 30, default=None)
    due_date: Day | None = key("The due date.", "2026-06-01", default=None)
    charges: Charges | None = key("What is due on a settled invoice.", {"recovery_indemnity": 40}, default=None)


def _outcome_kind(value: Any) -> str:
    return "map" if isinstance(value, dict) else "word"


OutcomeExpected = Annotated[
    Annotated[Fate, Tag("word")] | Annotated[OutcomeSyntax, Tag("map")], Discriminator(_outcome_kind)
]


class DecisionSyntax(Syntax):
    """What must become of an order. Only the keys that are given are compared."""

    is_: Verdict = key("The decision, or decision/rule.", "refer/over_limit", alias="is")
    role: Word | None = key("Whose decision it is; `none`: nobody's.", "credit_manager", default=None)
    exposure: Money | None = key("The exposure that it is judged on.", 31000, default=None)
    limit: Limit | None = key("The limit that holds; `none`: no limit.", 30000, "none", default=None)


DecisionExpected = Annotated[
    Annotated[Verdict, Tag("word")] | Annotated[DecisionSyntax, Tag("map")], Discriminator(_outcome_kind)
]


def _actions_kind(value: Any) -> str:
    return "list" if isinstance(value, list) else "word"


Actions = Annotated[
    Annotated[Literal["any"], Tag("word")] | Annotated[tuple[ActionSyntax, ...], Tag("list")],
    Discriminator(_actions_kind),
]


class ExpectSyntax(Syntax):
    """What must come out. An action that isn't expected is as wrong as one that is missing."""

    about: tuple[Word, ...] | None = key(
        "Judge the actions of these customers only; left out: of all.", ["C-1"], default=None
    )
    segments: dict[Word, Word] = key("Each customer's segment.", {"C-1": "standard"}, default={})
    limits: dict[Word, Limit] = key(
        "Each customer's credit limit; `none`: no limit.", {"C-1": 30000, "C-2": "none"}, default={}
    )
    decisions: dict[Word, DecisionExpected] = key(
        "What becomes of each order, with the rule that decides.", {"O-1": "refer/over_limit"}, default={}
    )
    outcomes: dict[Word, OutcomeExpected] = key(
        "What becomes of each invoice, with its reason: `held/disputed`, or more in a mapping.",
        {"F-1": "acted/demanded", "F-2": "held/disputed"},
        default={},
    )
    actions: Actions = key(
        "Every action, no more and no less; left out: none. `any`: they aren't judged.",
        [{"step": "courtesy_reminder", "demanded": ["F-1"], "total": 1200}],
        "any",
        default=(),
    )
    alerts: tuple[Word, ...] | None = key(
        "Every alert, as its code or `code subject`; left out: they aren't judged.", ["rate_ending"], default=None
    )
    credit_alerts: tuple[Word, ...] | None = key(
        "Every alert of the policy's credit section, as its name or `name customer`; left out: they aren't judged.",
        ["utilisation"],
        default=None,
    )
    stopped: tuple[Word, ...] = key("The safeguards that stop the plan; left out: none.", ["bank_lag"], default=())


class ExecutedSyntax(Syntax):
    """An action of the day before that was carried out, or came to nothing."""

    ONE_OF: ClassVar[tuple[tuple[str, ...], ...]] = (("step", "intervention"),)

    step: Word | None = key("The action's step.", "courtesy_reminder", default=None)
    intervention: Word | None = key("The intervention, instead of a step.", "declare_claim", default=None)
    customer: Word | None = key("Whose action; left out: everybody's.", "C-1", default=None)
    date: Day | None = key("The day; left out: the day on which it was to leave.", "2026-06-04", default=None)
    status: (
        Annotated[
            Text, PlainValidator(_word), WithJsonSchema({"enum": sorted({*HISTORY_STATUSES, "executed"} - {"set"})})
        ]
        | None
    ) = key("What became of it; left out: delivered.", "returned", default=None)
    until: Day | None = key("Of `rejected`: the last day that the rejection holds.", "2026-06-30", default=None)


def _executed_kind(value: Any) -> str:
    return "list" if isinstance(value, list) else "word"


Executed = Annotated[
    Annotated[Literal["all", "none"], Tag("word")] | Annotated[tuple[ExecutedSyntax, ...], Tag("list")],
    Discriminator(_executed_kind),
]


class DaySyntax(Syntax):
    """One day of several: what happened since the day before, and what must come out."""

    as_of: Day = key("The day judged; later than the day before.", "2026-06-04")
    executed: Executed = key(
        "What became of the actions of the day before: `all` were carried out, `none`, or some, one by one.",
        "all",
        [{"step": "courtesy_reminder", "status": "returned"}],
        default="none",
    )
    events: EventsSyntax | None = key(
        "Rows that became known since the day before.", {"payment": {"amount": 500}}, default=None
    )
    expect: ExpectSyntax | None = key(
        "What must come out; left out: nothing is judged on this day.", {"actions": []}, default=None
    )


class CaseSyntax(Syntax):
    """One test: what is given, and what must come out on a day or on several."""

    ONE_OF: ClassVar[tuple[tuple[str, ...], ...]] = (("expect", "days"),)
    EITHER: ClassVar[tuple[tuple[str, ...], ...]] = (("as_of", "days"),)

    name: Annotated[
        Text, PlainValidator(_word), WithJsonSchema({"type": "string", "minLength": 1, "maxLength": 200})
    ] = key("What the test shows; once in a file.", "a dispute stops an invoice, not the customer")
    description: Prose | None = key("Why it must be so, for people.", "See the framework contract.", default=None)
    given: GivenSyntax | None = key(
        "The rows that matter; all else has defaults.", {"invoice": {"days_late": 30, "amount": 1200}}, default=None
    )
    as_of: Day | None = key("The day judged; left out: the file's.", "2026-06-30", default=None)
    expect: ExpectSyntax | None = key("What must come out.", {"actions": [{"step": "formal_notice"}]}, default=None)
    days: tuple[DaySyntax, ...] | None = key(
        "Several days in a row, with what happened between them.",
        [{"as_of": "2026-06-04", "expect": {"actions": [{"step": "courtesy_reminder"}]}}],
        default=None,
        longest=100,
    )


class SuiteSyntax(Syntax):
    """Tests of one policy."""

    dunning_test: Annotated[int, PlainValidator(_version), WithJsonSchema({"const": VERSION})] = key(
        "The version of this file's language.", VERSION
    )
    policy: Annotated[Text, PlainValidator(_policy), WithJsonSchema({"type": "string", "minLength": 1})] = key(
        "The policy: a path from this file to a file or a folder of versions, or `pack:NAME`.",
        "../acme.yaml",
        "pack:fr-b2b",
    )
    description: Prose | None = key("What these tests are about.", "Who is left alone, and why.", default=None)
    as_of: Day | None = key("The day judged by tests that don't name one.", "2026-06-30", default=None)
    defaults: DefaultsSyntax | None = key(
        "Columns of rows that don't say otherwise, table by table.", {"customer": {"country": "FR"}}, default=None
    )
    tests: tuple[CaseSyntax, ...] = key(
        "The tests.",
        [{"name": "nothing due", "given": {"invoice": {"days_late": -20}}, "expect": {"actions": []}}],
        longest=5000,
    )
