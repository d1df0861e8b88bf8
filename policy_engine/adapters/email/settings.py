"""What the e-mail adapter is told in the operator's file."""

import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, PlainValidator, WithJsonSchema

from policy_engine.execution.kinds import Mailbox, Place, Secret
from policy_engine.language.models.base import Syntax, key
from policy_engine.language.nodes import Text, items_at
from policy_engine.language.scalars import Flag, Line, pattern, refuse, scalar

Security = Literal["starttls", "tls", "none"]
PORTS: dict[Security, int] = {"starttls": 587, "tls": 465, "none": 25}
"""The ports of mail servers, when the file names none."""
IMAPS = 993


def _number(low: int, high: int, example: str) -> Any:
    def read(value: object) -> int:
        text = scalar(value, "a whole number", example)
        if text.style != "plain" or not re.fullmatch("[0-9]{1,9}", text):
            raise refuse("DUN106", f"`{text[:20]}` is not a whole number", f"write e.g. `{example}`")
        if not low <= int(text) <= high:
            raise refuse("DUN107", f"`{text}` is out of bounds: {low} to {high} are possible")
        return int(text)

    return PlainValidator(read), WithJsonSchema({"type": "integer", "minimum": low, "maximum": high})


def _one_or_more(value: Any) -> Any:
    if isinstance(value, Text):
        items = items_at(value.file, value.line, value.column)
        items.append(value)
        return items
    return value


_PORT, _SECONDS, _MEGABYTES, _MESSAGES = (
    _number(1, 65535, "587"), _number(1, 240, "30"), _number(1, 100, "10"), _number(1, 10_000, "100")
)  # fmt: skip
Port = Annotated[int, _PORT[0], _PORT[1]]
Seconds = Annotated[int, _SECONDS[0], _SECONDS[1]]
Megabytes = Annotated[int, _MEGABYTES[0], _MEGABYTES[1]]
Messages = Annotated[int, _MESSAGES[0], _MESSAGES[1]]
HOST = r"[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?|[0-9a-fA-F:]{2,45}"
Host = Annotated[
    Text,
    pattern(HOST, "the name of a server", "mail.acme.example"),
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": 254}),
]
Domain = Annotated[
    Text,
    pattern(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,98}[A-Za-z0-9])?", "a domain", "acme.example"),
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": 100}),
]
_LIST = {"if": {"type": "array"}, "then": {"items": {"type": "string"}}, "else": {"type": "string"}}
Mailboxes = Annotated[tuple[Mailbox, ...], BeforeValidator(_one_or_more), WithJsonSchema(_LIST)]
Part = Literal["invoices", "statement"]
_PARTS = {
    "if": {"type": "array"},
    "then": {"items": {"enum": ["invoices", "statement"]}},
    "else": {"enum": ["invoices", "statement"]},
}
Parts = Annotated[tuple[Part, ...], BeforeValidator(_one_or_more), WithJsonSchema(_PARTS)]


class ImapSettings(Syntax):
    """A mailbox to which bounces come, read over TLS."""

    host: Host = key("The server.", "imap.acme.example")
    port: Port = key("Its port for TLS.", IMAPS, default=IMAPS)
    user: Line = key("Who logs in.", "bounces@acme.example")
    password: Secret = key("The password, by reference.", "env:IMAP_PASSWORD")
    mailbox: Line = key("The mailbox.", "INBOX", default="INBOX")
    ca_file: Place | None = key("Certificates to trust instead of the system's, as PEM.", "ca.pem", default=None)


class BouncesSettings(Syntax):
    """Where news of messages that came back lies."""

    ONE_OF = (("folder", "imap"),)

    folder: Place | None = key("A folder of .eml files, or a maildir.", "bounces", default=None)
    imap: ImapSettings | None = key("A mailbox.", default=None)


class EmailSettings(Syntax):
    """How e-mail leaves."""

    host: Host = key("The mail server.", "mail.acme.example")
    port: Port | None = key("Its port; 587, 465 or 25, by `security`.", 587, default=None)
    security: Security = key(
        "`starttls` or `tls` from the beginning, certificates verified; `none` only on this machine.",
        "starttls", default="starttls",
    )  # fmt: skip
    allow_plaintext: Flag = key(
        "Lets `security: none` reach other machines. A login never goes over it.", True, default=False  # noqa: FBT003
    )  # fmt: skip
    ca_file: Place | None = key("Certificates to trust instead of the system's, as PEM.", "ca.pem", default=None)
    user: Line | None = key("Who logs in.", "dunning@acme.example", default=None)
    password: Secret | None = key("The password, by reference.", "env:SMTP_PASSWORD", default=None)
    timeout: Seconds = key("Seconds to wait for the server.", 30, default=30)
    answer_timeout: Seconds = key(
        "Seconds to wait for its answer to a whole message: without it the action is in doubt.", 240, default=240
    )
    messages_per_connection: Messages = key("Then it is greeted anew.", 100, default=100)
    sender: Mailbox | None = key(
        "Who writes; the letterhead's `email` unless it is given.", "accounts@acme.example", default=None, alias="from"
    )
    name: Line | None = key(
        "The name before it; the letterhead's unless it is given.", "Acme, accounts department", default=None
    )
    reply_to: Mailbox | None = key("Where answers go, unless to `from`.", "accounts@acme.example", default=None)
    cc: Mailboxes = key("Who gets a copy, seen by the customer.", "accounts@acme.example", default=(), longest=10)
    bcc: Mailboxes = key("Who gets a copy, unseen.", "archive@acme.example", default=(), longest=10)
    domain: Domain | None = key("What the ids of messages end in; `from`'s unless given.", "acme.example", default=None)
    bounce_to: Mailbox | None = key(
        "Where the mail servers send what can't be delivered; `from` unless given.",
        "bounces@acme.example",
        default=None,
    )
    verp: Flag = key(
        "Whether `bounce_to` carries the action: bounces+ID@acme.example. The server must deliver such addresses.",
        True, default=False,  # noqa: FBT003
    )  # fmt: skip
    attach: Parts = key(
        "What messages carry: the invoices' own files, the statement.", ["invoices"], default=("invoices",)
    )
    attach_mb: Megabytes = key("Megabytes of attachments a message; what doesn't fit stays out.", 10, default=10)
    missing: Literal["send", "refuse"] = key(
        "What happens when something to be attached is missing or doesn't fit.", "send", default="send"
    )
    bounces: BouncesSettings | None = key(
        "Where news of messages that came back lies.", {"folder": "bounces"}, default=None
    )
