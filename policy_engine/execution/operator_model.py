"""The operator's file as it is written: who may do what, which adapters, where money goes. Every mistake is located."""

import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, PlainValidator, WithJsonSchema

from policy_engine.execution.kinds import Place
from policy_engine.language.models.base import Channel, Syntax, key
from policy_engine.language.nodes import Map, Text, items_at
from policy_engine.language.scalars import Flag, Line, Name, pattern, refuse, scalar

OPERATOR = 1
"""The version of operator's files that this package reads."""
MAX_HOURS = 24 * 30
"""Longest cool-off."""
MAX_LIMIT = 10_000_000
"""Highest limit of a channel."""

Right = Literal["override", "resolve", "void", "reject", "returned", "payee"]


def _version(value: object) -> int:
    text = scalar(value, "the version of the operator's file", "1")
    if text != str(OPERATOR) or text.style != "plain":
        message = f"this program reads operator's files of version {OPERATOR}, not `{text[:20]}`"
        raise refuse("DUN951", message, "write `operator: 1`")
    return OPERATOR


def _hours(value: object) -> int:
    text = scalar(value, "a number of hours", "24")
    if text.style != "plain" or not text.isascii() or not text.isdigit() or len(text) > 9:
        raise refuse("DUN106", f"`{text[:20]}` is not a number of hours", "write e.g. `24`")
    if int(text) > MAX_HOURS:
        raise refuse("DUN107", f"`{text}` is out of bounds: 0 to {MAX_HOURS} are possible")
    return int(text)


def _count(value: object) -> int:
    text = scalar(value, "a number of messages", "60")
    if text.style != "plain" or not text.isascii() or not text.isdigit() or len(text) > 9:
        raise refuse("DUN106", f"`{text[:20]}` is not a number of messages", "write e.g. `60`")
    if not 1 <= int(text) <= MAX_LIMIT:
        raise refuse("DUN107", f"`{text}` is out of bounds: 1 to {MAX_LIMIT} are possible")
    return int(text)


def _iban(value: object) -> str:
    """An IBAN without blanks, its check digits right (ISO 13616: modulo 97)."""
    text = scalar(value, "an IBAN", "FR14 2004 1010 0505 0001 3M02 606")
    compact = re.sub(r"[ \u00a0\u202f]", "", text).upper()
    if not re.fullmatch(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}", compact):
        raise refuse("DUN952", "this is not an IBAN", "two letters, two check digits, up to 30 letters and digits")
    digits = "".join(str(int(ch, 36)) for ch in compact[4:] + compact[:4])
    if int(digits) % 97 != 1:
        raise refuse("DUN952", "the check digits of this IBAN are wrong", "copy it again from the bank's own paper")
    return compact


def _person(value: object) -> Text:
    text = scalar(value, "a user of the operating system", "alice")
    if not re.fullmatch(r"[A-Za-z0-9_.@\\-][A-Za-z0-9_.@\\ -]{0,99}", text):
        message = f"`{text[:40]}` is not the name of a user of the operating system"
        raise refuse("DUN953", message, "write what `whoami` says, e.g. `alice`")
    return text


def _one_or_more(value: Any) -> Any:
    if isinstance(value, Text):
        items = items_at(value.file, value.line, value.column)
        items.append(value)
        return items
    return value


def _map(value: object) -> Map:
    """Settings as they are written: the adapter's own model reads them."""
    if not isinstance(value, Map):
        raise refuse("DUN103", "a mapping of keys is wanted for `settings`", "write e.g. `settings: {path: outbox}`")
    return value


def _file_name(value: object) -> Text:
    text = scalar(value, "the name of a file", "{number}.pdf")
    plain = text.replace("{number}", "").replace("{id}", "")
    if plain == text or not re.fullmatch(r"[A-Za-z0-9._-]{0,80}", plain):
        message = f"`{text[:60]}` is not the name of an invoice's file"
        raise refuse("DUN953", message, "write e.g. `{number}.pdf`: {number} or {id}, letters, digits, `.`, `_`, `-`")
    return text


_NAMES = {"if": {"type": "array"}, "then": {"items": {"type": "string"}}, "else": {"type": "string"}}
Version = Annotated[int, PlainValidator(_version), WithJsonSchema({"const": OPERATOR})]
Hours = Annotated[int, PlainValidator(_hours), WithJsonSchema({"type": "integer", "minimum": 0, "maximum": MAX_HOURS})]
Count = Annotated[int, PlainValidator(_count), WithJsonSchema({"type": "integer", "minimum": 1, "maximum": MAX_LIMIT})]
Iban = Annotated[
    str, PlainValidator(_iban), WithJsonSchema({"type": "string", "pattern": "^[A-Za-z]{2}[0-9]{2}[A-Za-z0-9 ]+$"})
]
Bic = Annotated[
    Text,
    pattern("[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?", "a BIC", "PSSTFRPPPAR"),
    WithJsonSchema({"type": "string", "pattern": "^[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?$"}),
]
Person = Annotated[Text, PlainValidator(_person), WithJsonSchema({"type": "string", "minLength": 1, "maxLength": 100})]
People = Annotated[tuple[Person, ...], BeforeValidator(_one_or_more), WithJsonSchema(_NAMES)]
Lines = Annotated[tuple[Line, ...], BeforeValidator(_one_or_more), WithJsonSchema(_NAMES)]
Roles = Annotated[tuple[Name, ...], BeforeValidator(_one_or_more), WithJsonSchema(_NAMES)]
Channels = Annotated[tuple[Channel, ...], BeforeValidator(_one_or_more), WithJsonSchema(_NAMES)]
Settings = Annotated[Map, PlainValidator(_map), WithJsonSchema({"type": "object"})]
FileName = Annotated[
    Text, PlainValidator(_file_name), WithJsonSchema({"type": "string", "pattern": "[{](number|id)[}]"})
]


Replacement = Annotated[
    Text, pattern(r"[-_]", "`-` or `_`", "_"), WithJsonSchema({"type": "string", "enum": ["-", "_"]})
]


class PayeeSyntax(Syntax):
    """Where customers are asked to pay. A policy or a template can't say it."""

    name: Line = key("The account's holder.", "Acme SAS")
    iban: Iban = key("Its IBAN; the check digits are checked.", "FR14 2004 1010 0505 0001 3M02 606")
    bic: Bic | None = key("Its BIC.", "PSSTFRPPPAR", default=None)


class SenderSyntax(Syntax):
    """Whose letterhead messages have. With it, and with `-p POLICY`, `execute` writes the messages' texts."""

    name: Line = key("The company's name.", "Acme SAS")
    address: Lines = key("Its postal address, in lines.", ["12 rue du Port", "69002 Lyon"], default=())
    registration: Line | None = key("What the letterhead must name.", "RCS Lyon 123 456 789", default=None)
    email: Line | None = key("Of the accounts department.", "accounts@acme.example", default=None)
    phone: Line | None = key("Of the accounts department.", "04 00 00 00 00", default=None)
    place: Line | None = key("Where letters are written.", "Lyon", default=None)
    signatory: Line | None = key("Who signs.", "Claire Martin", default=None)
    role: Line | None = key("What the signatory is.", "Credit manager", default=None)


class RightsSyntax(Syntax):
    """Which roles may do what; nobody may what isn't said. Approving asks the role that the action names."""

    override: Roles = key("Execute a plan that a safeguard stopped.", "credit_manager", default=())
    resolve: Roles = key("Say what became of an action in doubt.", "credit_manager", default=())
    void: Roles = key("Void what was delivered, cancel what waits.", "credit_manager", default=())
    payee: Roles = key(
        "Confirm the bank details of `payee`; it takes two different users.", "credit_manager", default=()
    )
    returned: Roles = key("Say that what was delivered came back.", "clerk", default=())
    reject: Roles = key("Reject what waits; who may approve an action may always reject it.", "clerk", default=())


class AdapterSyntax(Syntax):
    """An adapter that is enabled. Only what is named here is ever loaded."""

    name: Name = key("What the ledger calls it, and the name that a step's `adapter` may say.", "outbox")
    uses: Name = key("The kind of adapter: the name of an entry point of `dunning.adapters`.", "folder")
    channels: Channels = key(
        "The channels that it serves. The first adapter that serves a channel has it.", ["email", "letter"], default=()
    )
    settings: Settings | None = key(
        "What this kind of adapter wants to know; secrets as `env:NAME`.", {"path": "outbox"}, default=None
    )


class DocumentsSyntax(Syntax):
    """Where the invoices lie as files, to be attached and handed over."""

    folder: Place = key("Their folder.", "/srv/invoices")
    file: FileName = key(
        "A file's name: `{number}` or `{id}` of the invoice in it.", "{number}.pdf", default="{number}.pdf"
    )
    replace: Replacement = key(
        "What your ERP writes in names of files instead of `/` and the like: Odoo writes `_`.", "_", default="-"
    )


class LimitSyntax(Syntax):
    """How many messages may leave by a channel, over any such time; together for all workers of the ledger."""

    per_minute: Count | None = key("In any minute; a run waits for it.", 60, default=None)
    per_hour: Count | None = key("In any hour; what is over it waits for another run.", 1000, default=None)
    per_day: Count | None = key("In any 24 hours; what is over it waits for another run.", 5000, default=None)


class OperatorSyntax(Syntax):
    """What the people who run the program say: trusted, and never in the policy's folder."""

    operator: Version = key("The version of operator's files.", 1)
    live: Flag = key(
        "Whether adapters that really send are used. Without it everything goes to the folder.",
        False,  # noqa: FBT003
        default=False,
    )
    redirect_to: Line | None = key(
        "For trials: everything goes there instead of to the customer, whose own address stays in the facts.",
        "trial@acme.example", default=None,
    )  # fmt: skip
    payee: PayeeSyntax | None = key("Where customers are asked to pay.", default=None)
    sender: SenderSyntax | None = key("Whose letterhead messages have.", default=None)
    documents: DocumentsSyntax | None = key(
        "Where the invoices lie as files.", {"folder": "/srv/invoices"}, default=None
    )
    roles: dict[Name, People] = key(
        "Users of the operating system, by role.", {"credit_manager": ["alice", "bob"]}, default={}
    )
    rights: RightsSyntax | None = key("Which roles may do what.", {"void": "credit_manager"}, default=None)
    cool_off: Hours = key("Hours between the approval of a grave step and the moment when it may leave.", 24, default=0)
    rate_limits: dict[Channel, LimitSyntax] = key(
        "How many messages may leave, by channel.", {"email": {"per_minute": 60, "per_day": 5000}}, default={}
    )
    adapters: tuple[AdapterSyntax, ...] = key(
        "The adapters that are enabled; none: everything goes to the folder.",
        [{"name": "outbox", "uses": "folder", "settings": {"path": "outbox"}}], default=(), longest=50,
    )  # fmt: skip
