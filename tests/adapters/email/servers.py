"""Mail servers inside the test process: a real one (aiosmtpd), and one that does exactly what it is told."""
# ruff: noqa: N802 - aiosmtpd's hooks are called so

import socket
import ssl
from contextlib import contextmanager

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope

from tests.listening import Listening

USER, PASSWORD = "dunning@acme.example", "correct horse"


class Authority:
    """A certificate authority of the test's own; `pem` is a file that says whom to trust."""

    def __init__(self, folder):
        self._ca = trustme.CA()
        self.pem = folder / "ca.pem"
        self._ca.cert_pem.write_to_path(self.pem)

    def context(self, *names):
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._ca.issue_cert(*(names or ("localhost", "127.0.0.1"))).configure_cert(context)
        return context


class Inbox:
    """Takes messages; answers by scripts: each stage pops its next answer, and accepts when there is none."""

    def __init__(self, **answers):
        self.taken = list[Envelope]()
        self.answers = {stage: list(said) for stage, said in answers.items()}
        self.commands = list[str]()

    def _said(self, stage):
        left = self.answers.get(stage)
        return left.pop(0) if left else None

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        session.host_name = hostname
        hidden = self.answers.get("hide", ())
        return [line for line in responses if not any(word in line for word in hidden)]

    async def handle_MAIL(self, server, session, envelope, address, options):
        self.commands.append(f"MAIL {address} {' '.join(options)}")
        said = self._said("mail")
        if said is None:
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return said or "250 2.1.0 Ok"

    async def handle_RCPT(self, server, session, envelope, address, options):
        self.commands.append(f"RCPT {address}")
        said = self._said("rcpt")
        if said is None:
            envelope.rcpt_tos.append(address)
        return said or "250 2.1.5 Ok"

    async def handle_DATA(self, server, session, envelope):
        said = self._said("data")
        if said is None:
            self.taken.append(envelope)
        return said or "250 2.0.0 Ok: queued as 4F1A"


def free_port():
    """A port that nobody listens on: aiosmtpd takes no `port=0`."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def _login(server, session, envelope, mechanism, data):
    good = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=good, handled=False)


@contextmanager
def running(inbox, *, starttls=None, tls=None, login=False, **more):
    """A real mail server on a free port of this machine; gives the port."""
    if login:
        more |= {"authenticator": _login, "auth_required": True, "auth_require_tls": starttls is not None}
    controller = Controller(
        inbox, hostname="127.0.0.1", port=free_port(), ssl_context=tls, tls_context=starttls,
        require_starttls=starttls is not None, ready_timeout=20, server_hostname="mail.test", **more,
    )  # fmt: skip
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


class Scripted(Listening):
    """A server of sockets that follows one script a connection: what to say, what to wait for, when to break off.

    Steps: bytes are sent; `READ` reads a line; `BODY` reads up to the dot; `SOME` reads a little of the body; `SLEEP`
    says nothing until the client has gone; `RESET` breaks the connection off at once. The last script stays.
    """

    READ, BODY, SOME, SLEEP, RESET = range(5)

    def __init__(self, *scripts, context=None):
        self.scripts = list(scripts)
        self.context = context
        self.connections = 0
        self.bodies = list[bytes]()
        super().__init__()

    def talk(self, connection):
        self.connections += 1
        script = self.scripts.pop(0) if len(self.scripts) > 1 else self.scripts[0]
        if self.context is None:
            self._follow(connection, script)
            return
        with self.context.wrap_socket(connection, server_side=True) as secure:
            self._follow(secure, script)

    def _follow(self, connection, script):
        stream = connection.makefile("rb")
        with stream:
            for step in script:
                if isinstance(step, bytes):
                    connection.sendall(step)
                elif step == self.READ:
                    if not stream.readline():
                        return
                elif step == self.BODY:
                    body = self._body(stream)
                    if body is not None:
                        self.bodies.append(body)
                elif step == self.SOME:
                    stream.read(200)
                elif step == self.SLEEP:
                    while stream.readline():
                        pass
                else:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                    return

    def _body(self, stream):
        """What was sent up to the dot; None when the client went away before it."""
        lines = []
        while (line := stream.readline()) != b".\r\n":
            if not line:
                return None
            lines.append(line)
        return b"".join(lines)


HELLO = (b"220 mail.test\r\n", Scripted.READ, b"250-mail.test\r\n250 HELP\r\n")
MAIL = (Scripted.READ, b"250 Ok\r\n")
RCPT = (Scripted.READ, b"250 Ok\r\n")
DATA = (Scripted.READ, b"354 go on\r\n")
QUIT = (Scripted.READ, b"221 bye\r\n")
