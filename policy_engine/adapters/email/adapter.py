"""The e-mail adapter: writes the message, gives it to the mail server, says what the server said.

Not idempotent: no mail server knows a message that it took before, so an action whose process died while its message
was on the way is in doubt until a person has looked.
"""

import base64
import re
from collections.abc import Callable
from datetime import UTC, datetime

from policy_engine.adapters.email.address import Address
from policy_engine.adapters.email.bounces import Source
from policy_engine.adapters.email.files import MEGABYTE, Chosen, Files
from policy_engine.adapters.email.message import Head, Mail, write_mail
from policy_engine.adapters.email.settings import Part
from policy_engine.adapters.email.smtp import Letter, Server
from policy_engine.execution.documents import Documents
from policy_engine.execution.job import MESSAGES, Job, Receipt, Refused, Return
from policy_engine.execution.thread import THREAD
from policy_engine.values.text import inert

CHANNELS = frozenset({"email"})
_HEX = re.compile("[0-9a-f]{64}")
_BASE64_SHARE = 78 / 57
"""Octets that an attached octet takes: 57 on a line of 76 characters and a line end."""


def now() -> datetime:
    """The moment in UTC, in whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)


def returned_to(bounce_to: Address, action: str, attempt: int) -> str:
    """The envelope's sender that carries an action (VERP): 52 letters and digits for its 256 bits.

    Upper and lower case are one, as some servers change them: base 32.
    """
    if not _HEX.fullmatch(action):
        return str(bounce_to)
    word = base64.b32encode(bytes.fromhex(action)).decode("ascii").rstrip("=").lower()
    return f"{bounce_to.local}+{word}-{attempt}@{bounce_to.domain}"


class EmailAdapter:
    """Sends e-mail through one server.

    Attributes:
        wants: `messages`, `thread` (earlier messages about the same invoices), and `statement` when it is attached.
    """

    channels = CHANNELS
    idempotent = False
    real = True

    def __init__(
        self,
        name: str,
        server: Server,
        head: Head,
        files: Files,
        documents: Documents,
        bounce_to: Address,
        parts: tuple[Part, ...] = (),
        attach_mb: int = 10,
        *,
        verp: bool = False,
        refuse_missing: bool = False,
        asked: bool = False,
        bounces: Source | None = None,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self.name = name
        self.wants = frozenset({MESSAGES, THREAD} | ({"statement"} if "statement" in parts else set()))
        self._server = server
        self._head = head
        self._files = files
        self._documents = documents
        self._bounce_to = bounce_to
        self._parts = parts
        self._attach_mb = attach_mb
        self._verp = verp
        self._refuse_missing = refuse_missing
        self._asked = asked
        self._bounces = bounces
        self._clock = clock
        self._incomplete = 0  # messages that left without something that was to be attached

    def deliver(self, job: Job) -> Receipt:
        """Send the message.

        Raises:
            Retry: the server can't be reached, or wants it later; nothing left.
            Refused: there is no address or message, or the server refuses it; nothing left.
            Broken: the server refuses the login or the sender, or isn't who it says.
            Unanswered: nobody knows whether it left.
        """
        chosen, mail = self._written(job)
        sender = returned_to(self._bounce_to, job.action, job.attempt) if self._verp else str(self._bounce_to)
        answer = self._server.send(
            Letter(job.key, sender, str(mail.to), tuple(map(str, mail.copies)), mail.data, mail.utf8)
        )
        details = {"message_id": mail.message_id, "answer": answer.text}
        if chosen.attachments:
            details["attached"] = str(len(chosen.attachments))
        if chosen.left_out:
            details["not_attached"] = _short(chosen.left_out)
            self._incomplete += 1
        if answer.refused_copies:
            details["copies_refused"] = str(answer.refused_copies)
        return Receipt(details)

    def _written(self, job: Job) -> tuple[Chosen, Mail]:
        """The message with what it carries. Nothing has been said to the server yet: what fails here has not left."""
        try:
            chosen = self._files.of(job)
            mail = write_mail(job, self._head, self._clock(), chosen.attachments)
        except Refused:
            raise
        except Exception as error:
            raise Refused(f"the message can't be made: {type(error).__name__}") from error
        if chosen.left_out and self._refuse_missing:
            raise Refused(f"not to be attached: {_short(chosen.left_out)}")
        return chosen, mail

    def settle(self) -> None:
        """Nothing to do: the server has it."""

    def close(self) -> None:
        """Take leave of the server."""
        self._files.close()
        self._server.close()

    def notes(self) -> list[str]:
        """How many messages left without a file that they were to carry."""
        count, self._incomplete = self._incomplete, 0
        return [f"e-mails without a file that was to be attached: {count} (their receipts name it)"] if count else []

    def check(self) -> list[str]:
        """Greet the server, log in, take leave; look at what is to be attached. Nothing is sent."""
        faults, most = self._server.check()
        if most is not None and most < self._attach_mb * MEGABYTE * _BASE64_SHARE:
            fits = int(most / _BASE64_SHARE / MEGABYTE)
            faults.append(f"the mail server takes messages of {most} octets: let `attach_mb` be {max(fits, 1)} at most")
        folder = self._documents.folder
        if "invoices" in self._parts and folder is None and self._asked:
            faults.append("invoices are to be attached, but the operator's file names no `documents`")
        elif "invoices" in self._parts and folder is not None and not folder.is_dir():
            faults.append("invoices are to be attached, but the folder of `documents` isn't there")
        return faults if self._bounces is None else [*faults, *self._bounces.check()]

    def returns(self) -> list[Return]:
        """News of messages that came back, since what was `noted`.

        Raises:
            Retry: it can't be read now.
            Broken: it can't be read before a person has set something right.
        """
        return [] if self._bounces is None else self._bounces.returns()

    def noted(self, news: list[Return]) -> None:
        """These needn't be told again.

        Raises:
            Retry, Broken: as `returns`; they are told again.
        """
        if self._bounces is not None:
            self._bounces.noted(news)


def _short(left_out: list[str]) -> str:
    text = inert(", ".join(left_out))
    return text if len(text) <= 300 else f"{text[:299]}…"
