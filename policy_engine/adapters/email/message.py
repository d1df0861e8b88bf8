"""An action's e-mail: a pure function of the job, what the operator says of every message, a moment, and the files.

Equal arguments give equal bytes.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from html import escape
from typing import Any

from policy_engine.adapters.email.address import Address, AddressError, read_address
from policy_engine.adapters.email.mime import boundary, file_part, fold, header, parted, phrase, text_part, words
from policy_engine.execution.job import Job, Refused
from policy_engine.templates.document import clean

LONGEST_NAME, LONGEST_SUBJECT = 100, 250
MOST_REFERENCES = 10
"""Earlier messages that are named: the first and the latest ones."""
TRIAL = {"fr": "ESSAI :", "en": "TRIAL:"}
_TRIAL_LINE = {"fr": "ESSAI : ce message était destiné à {}", "en": "TRIAL: this message was meant for {}"}
_ID = re.compile(r"<[A-Za-z0-9][A-Za-z0-9.-]*@[A-Za-z0-9.-]+>")


@dataclass(frozen=True, slots=True)
class Head:
    """What stands at the head of every message.

    Attributes:
        sender: who writes; `name` before the address.
        reply_to: where answers go, unless to the sender.
        cc, bcc: who gets a copy; nobody while messages are redirected.
        domain: what the ids of messages end in.
    """

    sender: Address
    name: str
    domain: str
    reply_to: Address | None = None
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file. `name` is plain ASCII."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Mail:
    """A message and whom it goes to. `utf8`: the server must know SMTPUTF8."""

    to: Address
    copies: tuple[Address, ...]
    message_id: str
    data: bytes

    @property
    def utf8(self) -> bool:
        """Whether an address in it isn't ASCII."""
        return any(one.utf8 for one in (self.to, *self.copies))


def message_id(action: str, attempt: int, domain: str) -> str:
    """The id of an attempt's message: the same however often it is tried."""
    return f"<{action}.{attempt}@{domain}>"


def recipient(job: Job) -> Address:
    """Whom a job's e-mail goes to: the trial's address while messages are redirected.

    Raises:
        Refused: there is no usable address.
    """
    to = _message(job)["to"]
    wanted = to.get("email") if job.redirect_to is None else job.redirect_to
    if not wanted:
        raise Refused("no e-mail address of the customer is known")
    try:
        return read_address(str(wanted))
    except AddressError as error:
        raise Refused(f"the e-mail address can't be used: {error}") from error


def write_mail(job: Job, head: Head, moment: datetime, attachments: Sequence[Attachment] = ()) -> Mail:
    """The message.

    Args:
        job: the action with its facts; `messages.email` must have been written.
        head: what the operator says.
        moment: when it leaves, for its date.
        attachments: what it carries.

    Raises:
        Refused: there is no message, or nobody to send it to.
    """
    to = recipient(job)
    message = _message(job)
    trial = job.redirect_to is not None
    own = message_id(job.action, job.attempt, head.domain)
    copies = () if trial else (*head.cc, *head.bcc)
    top = [
        header("Date", format_datetime(moment)),
        header("From", _mailbox(head.name, head.sender)),
        header("To", _mailbox(_name(message["to"]), to)),
    ]
    if head.cc and not trial:
        top.append(header("Cc", fold([f"{one}," for one in head.cc])[:-1]))
    if head.reply_to is not None:
        top.append(header("Reply-To", str(head.reply_to)))
    top += [header("Subject", words(_subject(job, message))), header("Message-ID", own)]
    earlier = [one for one in job.facts.get("thread", ()) if _ID.fullmatch(one) and one != own]
    if earlier:
        top.append(header("In-Reply-To", earlier[-1]))
        top.append(header("References", "\r\n ".join([earlier[0], *earlier[1:][-(MOST_REFERENCES - 1) :]])))
    top += [
        header("Auto-Submitted", "auto-generated"),  # RFC 3834: responders stay silent
        header("X-Auto-Response-Suppress", "OOF, AutoReply"),  # Exchange; `All` would suppress bounces too
        header("Content-Language", _language(message)),
        b"MIME-Version: 1.0\r\n",
    ]
    return Mail(to, copies, own, b"".join(top) + _body(job, message, attachments))


def _message(job: Job) -> Mapping[str, Any]:
    message = job.facts.get("messages", {}).get("email")
    if message is None or not isinstance(message.get("to"), dict):
        raise Refused("its message wasn't written: the plan was taken in without its policy, or without a `sender`")
    found: Mapping[str, Any] = message
    return found


def _language(message: Mapping[str, Any]) -> str:
    return "fr" if message.get("language") == "fr" else "en"


def _name(to: Mapping[str, Any]) -> str:
    return clean(str(to.get("person") or to.get("company") or ""))


def _mailbox(name: str, address: Address) -> str:
    name = clean(name)[:LONGEST_NAME].strip()
    return str(address) if not name else f"{phrase(name)}\r\n <{address}>"


def _subject(job: Job, message: Mapping[str, Any]) -> str:
    subject = clean(str(message["subject"]))
    if job.redirect_to is not None:
        subject = f"[{TRIAL[_language(message)]} {_name({'company': message['to'].get('company')})[:60]}] {subject}"
    return subject if len(subject) <= LONGEST_SUBJECT else f"{subject[: LONGEST_SUBJECT - 1]}…"


def meant_for(job: Job, channel: str = "email") -> str:
    """The line that names the true recipient of a message that is redirected."""
    message = job.facts["messages"][channel]
    to = message["to"]
    parts = [to.get("person"), to.get("company"), to.get("email")]
    named = ", ".join(dict.fromkeys(clean(str(part)) for part in parts if part))
    return _TRIAL_LINE[_language(message)].format(named)


def _body(job: Job, message: Mapping[str, Any], attachments: Sequence[Attachment]) -> bytes:
    text, page = str(message["text"]), str(message["html"])
    if job.redirect_to is not None:
        line = meant_for(job)
        text = f"{line}\n\n{text}"
        head, body, rest = page.partition("<body>\n")
        marked = f'<p class="b">{escape(line)}</p>\n'
        page = f"{head}{body}{marked}{rest}" if body else f"{marked}{page}"
    both = parted("alternative", boundary(job.key, 1), [text_part(text, "plain"), text_part(page, "html")])
    if not attachments:
        return both
    files = [file_part(one.name, one.data) for one in attachments]
    return parted("mixed", boundary(job.key, 2), [both, *files])
