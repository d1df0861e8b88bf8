"""One mail server: TLS with verified certificates, login, one connection for many messages, and what each answer means.

What was sent is known until the line with the single dot that ends a message has gone to the server; before it nothing
can have been accepted (RFC 5321 4.1.1.4), so a connection that breaks is tried again. After it only the server's
answer tells (RFC 5321 6.1): without one the action is in doubt.
"""

import re
import selectors
import smtplib
import socket
import ssl
import time
from dataclasses import dataclass
from pathlib import Path

from policy_engine.adapters.email.replies import shown, wait_of
from policy_engine.adapters.email.settings import Security
from policy_engine.execution.job import Broken, Refused, Retry, Unanswered

PAUSE = 30.0
"""Seconds during which a server that can't be reached isn't called again: each call may take its whole timeout."""
_LINE_START_DOT = re.compile(rb"(?m)^\.")


@dataclass(frozen=True, slots=True)
class Access:
    """How a server is reached. `login` is user and password; timeouts in seconds."""

    host: str
    port: int
    security: Security
    login: tuple[str, str] | None = None
    ca_file: Path | None = None
    timeout: float = 30
    answer_timeout: float = 240
    messages_per_connection: int = 100
    hello: str = "localhost"


@dataclass(frozen=True, slots=True)
class Letter:
    """What goes to a server: its envelope and its bytes.

    Attributes:
        key: the action's and attempt's, told to servers that know DSN (RFC 3461): a bounce gives it back.
        copies: who else gets it; that one of them is refused keeps nobody else from getting it.
        utf8: an address in it isn't ASCII.
    """

    key: str
    sender: str
    to: str
    copies: tuple[str, ...]
    data: bytes
    utf8: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said when it took a message, and how many of the copies it refused."""

    text: str
    refused_copies: int = 0


def dotted(data: bytes) -> bytes:
    """A message as DATA sends it: a dot that begins a line is doubled (RFC 5321 4.5.2); it ends with a line end."""
    data = _LINE_START_DOT.sub(b"..", data)
    return data if data.endswith(b"\r\n") else data + b"\r\n"


class Server:
    """A connection that is opened when it is needed, used for many messages, and opened again when it has broken."""

    def __init__(self, access: Access) -> None:
        self.access = access
        self._smtp: smtplib.SMTP | None = None
        self._sent = 0
        self._down_until = 0.0
        self._down = ""

    def send(self, letter: Letter) -> Answer:
        """Hand a message over.

        Raises:
            Retry: nothing was accepted, it may be later.
            Refused: this message isn't accepted, nor will it be.
            Broken: no message would be.
            Unanswered: it was sent whole, and the server didn't answer.
        """
        try:
            return self._send(letter)
        except (Retry, Refused, Broken, Unanswered):
            raise
        except BaseException:  # the keyboard, a mistake of ours: nothing more may be said on this connection
            self._drop()
            raise

    def _send(self, letter: Letter) -> Answer:
        smtp, fresh = self._ready()
        try:
            return self._transact(smtp, letter)
        except _GoneError as gone:
            self._drop()
            if fresh:
                raise Retry(str(gone), gone.seconds) from None
        smtp, _ = self._ready()  # a connection that was open for a while may have been closed: nothing was said on it
        try:
            return self._transact(smtp, letter)
        except _GoneError as gone:
            self._drop()
            raise Retry(str(gone), gone.seconds) from None

    def check(self) -> tuple[list[str], int | None]:
        """What would keep messages from being taken, and the largest message in octets, when the server says."""
        try:
            smtp, _ = self._ready()
            code, text = smtp.noop()
            size = smtp.esmtp_features.get("size", "")
        except (Retry, Broken) as error:
            return [str(error)], None
        except (OSError, smtplib.SMTPException) as error:
            return [f"{self._name()} broke off: {shown(str(error))}"], None
        finally:
            self.close()
        faults = [] if code == 250 else [f"{self._name()} answers {code} {shown(text)}"]
        return faults, int(size) if size.isdigit() and int(size) > 0 else None

    def close(self) -> None:
        """Take leave."""
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            try:
                smtp.quit()
            except (OSError, smtplib.SMTPException):
                smtp.close()

    def _name(self) -> str:
        return f"the mail server {self.access.host}:{self.access.port}"

    def _drop(self) -> None:
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            smtp.close()

    def _ready(self) -> tuple[smtplib.SMTP, bool]:
        """A connection, logged in, and whether it is a new one."""
        if self._smtp is not None and self._sent >= self.access.messages_per_connection:
            self.close()
        if self._smtp is not None:
            return self._smtp, False
        if time.monotonic() < self._down_until:
            raise Retry(self._down, tried=False)
        try:
            self._smtp = self._connect()
        except Retry as error:
            self._down, self._down_until = str(error), time.monotonic() + PAUSE
            raise
        self._sent = 0
        return self._smtp, True

    def _connect(self) -> smtplib.SMTP:
        """Greet the server.

        Raises:
            Retry: it can't be reached, or doesn't want to now.
            Broken: its certificate isn't trusted, it offers no TLS or login, or refuses the login.
        """
        access, context = self.access, self._context()
        smtp: smtplib.SMTP | None = None
        try:
            if access.security == "tls":
                smtp = smtplib.SMTP_SSL(access.host, access.port, access.hello, timeout=access.timeout, context=context)
            else:
                smtp = smtplib.SMTP(access.host, access.port, access.hello, timeout=access.timeout)
            if smtp.sock is not None:  # the dot goes by itself: it mustn't wait for the last packet's receipt
                smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            smtp.ehlo_or_helo_if_needed()
            if access.security == "starttls":
                self._start_tls(smtp, context)
            if access.login is not None:
                self._login(smtp, *access.login)
        except BaseException as error:
            if smtp is not None:
                smtp.close()
            if isinstance(error, (ssl.SSLCertVerificationError, ssl.CertificateError)):
                why = shown(error.verify_message or str(error))
                raise Broken(f"the certificate of {self._name()} isn't trusted: {why}") from None
            if isinstance(error, ssl.SSLError) and not isinstance(error, (ssl.SSLEOFError, ssl.SSLZeroReturnError)):
                why = shown(error.reason or str(error))
                raise Broken(f"no TLS with {self._name()}: {why}; `security` or `port` may be wrong") from None
            if isinstance(error, smtplib.SMTPResponseException):
                why = f"{error.smtp_code} {shown(error.smtp_error)}"
                raise Retry(f"{self._name()} says {why}", wait_of(_octets(error.smtp_error))) from None
            if isinstance(error, (OSError, smtplib.SMTPException)):
                raise Retry(f"{self._name()} can't be reached: {_reason(error)}") from None
            raise
        return smtp

    def _context(self) -> ssl.SSLContext:
        try:
            return ssl.create_default_context(cafile=self.access.ca_file)
        except (OSError, ssl.SSLError) as error:
            raise Broken(f"the certificates of `ca_file` can't be read: {_reason(error)}") from error

    def _start_tls(self, smtp: smtplib.SMTP, context: ssl.SSLContext) -> None:
        if not smtp.has_extn("starttls"):
            raise Broken(f"{self._name()} offers no STARTTLS")
        smtp.starttls(context=context)
        smtp.ehlo()

    def _login(self, smtp: smtplib.SMTP, user: str, password: str) -> None:
        """One try: what tries every mechanism may lock an account with a wrong password."""
        offered = smtp.esmtp_features.get("auth", "").upper().split()
        smtp.user, smtp.password = user, password
        try:
            if "PLAIN" in offered:
                smtp.auth("PLAIN", smtp.auth_plain)
            elif "LOGIN" in offered:
                smtp.auth("LOGIN", smtp.auth_login)
            else:
                raise Broken(f"{self._name()} offers no login that this program knows (PLAIN, LOGIN)")
        except smtplib.SMTPAuthenticationError as error:
            said = f"{error.smtp_code} {shown(error.smtp_error)}"
            if error.smtp_code // 100 == 4:
                raise Retry(f"{self._name()} can't check the login now: {said}") from None
            raise Broken(f"{self._name()} refuses the login: {said}") from None

    def _transact(self, smtp: smtplib.SMTP, letter: Letter) -> Answer:
        """One message on an open connection; `_GoneError` while nothing was said on it."""
        payload = dotted(letter.data)
        options, each = self._options(smtp, letter, len(letter.data))
        try:
            code, text = smtp.mail(letter.sender, options)
        except (OSError, smtplib.SMTPException) as error:
            if _too_slow(error):
                raise self._broke(error) from None
            raise _GoneError(f"{self._name()} closed the connection before it took the message") from None
        if code == 421:
            raise _GoneError(f"{self._name()} says {code} {shown(text)}", wait_of(text))
        try:
            self._sent += 1
            self._hold(smtp, code, text, "the sender", sender=True)
            code, text = smtp.rcpt(letter.to, each)
            self._hold(smtp, code, text, "the recipient")
            refused = sum(smtp.rcpt(copy, each)[0] // 100 != 2 for copy in letter.copies)
            code, text = smtp.docmd("DATA")
            if code != 354:
                self._hold(smtp, code, text, "the message")
                raise smtplib.SMTPServerDisconnected(f"it answers {code} to DATA")
            smtp.send(payload)
            self._nothing_said(smtp)
            smtp.send(b".\r\n")
        except (OSError, smtplib.SMTPException) as error:
            raise self._broke(error) from None
        return self._answer(smtp, refused)

    def _options(self, smtp: smtplib.SMTP, letter: Letter, size: int) -> tuple[list[str], list[str]]:
        """What MAIL and RCPT say beside addresses, as far as the server knows it."""
        if letter.utf8 and not smtp.has_extn("smtputf8"):
            raise Refused("the address isn't ASCII before its @, and the mail server doesn't know SMTPUTF8")
        options, each = list[str](), list[str]()
        if smtp.has_extn("size"):
            most = smtp.esmtp_features["size"]
            if most.isdigit() and 0 < int(most) < size:
                raise Refused(f"the message has {size} octets, the mail server takes {most}: lower `attach_mb`")
            options.append(f"SIZE={size}")
        if letter.utf8:
            options.append("SMTPUTF8")
            if smtp.has_extn("8bitmime"):
                options.append("BODY=8BITMIME")
        if smtp.has_extn("dsn"):
            options += ["RET=HDRS", f"ENVID={letter.key}"]
            each.append("NOTIFY=FAILURE,DELAY")
        return options, each

    def _hold(self, smtp: smtplib.SMTP, code: int, text: bytes, what: str, *, sender: bool = False) -> None:
        """Go on after an answer of 2xx; else nothing was accepted, and the transaction is over.

        A sender that is refused is refused for every message, unless it is the message's size.
        """
        if code // 100 == 2:
            return
        self._over(smtp, code)
        said = f"{what} is refused: {code} {shown(text)}"
        if code // 100 == 4:
            raise Retry(said, wait_of(text))
        if code // 100 != 5:
            self._drop()
            raise Retry(said)
        if sender and code != 552:
            raise Broken(said)
        raise Refused(said)

    def _over(self, smtp: smtplib.SMTP, code: int) -> None:
        """Leave the connection as the next message wants it."""
        if code == 421:
            self._drop()
            return
        try:
            if smtp.rset()[0] != 250:
                self._drop()
        except (OSError, smtplib.SMTPException):
            self._drop()

    def _nothing_said(self, smtp: smtplib.SMTP) -> None:
        """The server has nothing to say before the end of a message: what it said is that it won't take it.

        The dot isn't sent then, so that nothing can be accepted.
        """
        assert smtp.sock is not None
        with selectors.DefaultSelector() as ready:
            ready.register(smtp.sock, selectors.EVENT_READ)
            if not ready.select(0):
                return
        smtp.sock.settimeout(2)
        code, text = smtp.getreply()
        self._drop()
        said = f"the message is refused before its end: {code} {shown(text)}"
        raise Refused(said) if code // 100 == 5 else Retry(said, wait_of(text))

    def _broke(self, error: Exception) -> Retry:
        self._drop()
        if _too_slow(error):
            self._down, self._down_until = f"{self._name()} is too slow", time.monotonic() + PAUSE
        return Retry(f"the connection to {self._name()} broke before it took the message: {_reason(error)}")

    def _answer(self, smtp: smtplib.SMTP, refused: int) -> Answer:
        try:
            if smtp.sock is not None:
                smtp.sock.settimeout(self.access.answer_timeout)
            code, text = smtp.getreply()
            if smtp.sock is not None:
                smtp.sock.settimeout(self.access.timeout)
        except BaseException as error:
            self._drop()
            if not isinstance(error, (OSError, smtplib.SMTPException)):
                raise
            raise Unanswered(
                f"the message went to {self._name()}, which didn't say whether it took it: {_reason(error)}"
            ) from None
        if code // 100 == 2:
            return Answer(f"{code} {shown(text)}", refused)
        if code == 421:
            self._drop()
        said = f"the message is refused: {code} {shown(text)}"
        if code // 100 == 4:
            raise Retry(said, wait_of(text))
        if code // 100 == 5:
            raise Refused(said)
        self._drop()
        raise Unanswered(f"the message went to {self._name()}, which answers {code} {shown(text)}")


class _GoneError(Exception):
    """The connection was closed before anything was said about a message."""

    def __init__(self, reason: str, seconds: float | None = None) -> None:
        super().__init__(reason)
        self.seconds = seconds


def _too_slow(error: BaseException) -> bool:
    return isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError)


def _octets(text: bytes | str) -> bytes:
    return text if isinstance(text, bytes) else text.encode("ascii", "replace")


def _reason(error: BaseException) -> str:
    if _too_slow(error):
        return "it took too long"
    told = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return shown(told) or type(error).__name__
