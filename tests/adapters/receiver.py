"""A receiver of webhooks that verifies, dedupes, and fails when it is told to; certificates; adapters of settings."""

import json
import socket
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks import Webhook, WebhookVerificationError

from policy_engine.execution.adapters import build
from policy_engine.execution.operator_file import load_operator

SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"  # noqa: S105 - of the tests alone
OTHER = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
LOCAL = ["127.0.0.0/8", "::1/128"]


@dataclass
class Seen:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """What a receiver remembers: requests as they came, effects by `webhook-id`, and its next answers.

    `script` holds what it does instead of answering 200, one a request: a function that is given the handler and the
    effect to have, which it may call or not.
    """

    secrets: tuple[str, ...] = (SECRET,)
    script: list = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    effects: list[str] = field(default_factory=list)
    documents: dict[str, dict] = field(default_factory=dict)
    port: int = 0
    connections: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def verified(self, request):
        for secret in self.secrets:
            with suppress(WebhookVerificationError):
                return Webhook(secret).verify(request.body, request.headers)
        return None

    def receive(self, handler, request):
        with self.lock:
            self.seen.append(request)
            step = self.script.pop(0) if self.script else None
        document = self.verified(request)
        if document is None:
            return answer(handler, 401, body=b'{"error": "signature"}')

        def effect():
            ident = request.headers["webhook-id"]
            assert ident == request.headers["idempotency-key"]
            assert ident == document["key"]
            with self.lock:
                if ident not in self.effects:  # a receiver does a webhook-id once
                    self.effects.append(ident)
                    self.documents[ident] = document

        if step is not None:
            return step(handler, effect)
        effect()
        return answer(handler, 200, body=b'{"id": "r-%d"}' % len(self.seen))


def answer(handler, status, headers=(), body=b""):
    handler.send_response(status)
    for name, value in headers:
        handler.send_header(name, value)
    if not any(name.lower() in ("content-length", "transfer-encoding") for name, _ in headers):
        handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def says(status, *headers, body=b"", effect=False):
    def step(handler, have):
        if effect:
            have()
        answer(handler, status, headers, body)

    return step


def raw(data, *, effect=False, drip=0.0, head=b""):
    """These very bytes, one by one if they drip, after the head; then the connection ends."""

    def step(handler, have):
        if effect:
            have()
        with suppress(OSError):
            handler.wfile.write(head)
            for part in [data[place : place + 1] for place in range(len(data))] if drip else [data]:
                handler.wfile.write(part)
                handler.wfile.flush()
                time.sleep(drip)
        handler.close_connection = True

    return step


def endless(handler, have):
    """A body without an end, after a status that says all."""
    have()
    answer(handler, 200, [("Content-Length", str(10**12))])
    with suppress(OSError):
        while True:
            handler.wfile.write(b"x" * 65_536)


def dies(*, effect):
    """The connection ends without an answer."""

    def step(handler, have):
        if effect:
            have()
        handler.connection.shutdown(socket.SHUT_RDWR)
        handler.close_connection = True

    return step


class Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, address, receiver, context):
        self.address_family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.context = context
        receiving = receiver

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 10

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiving.receive(self, Seen(self.path, headers, body))

            def log_message(self, *_):
                pass

        super().__init__((address, 0), Handler)
        receiver.port = self.server_address[1]
        self.receiver = receiver

    def get_request(self):
        found, address = super().get_request()
        self.receiver.connections += 1
        if self.context is not None:
            found = self.context.wrap_socket(found, server_side=True, do_handshake_on_connect=False)
        return found, address

    def handle_error(self, *_):
        """A client that goes away, or doesn't believe the certificate, is what tests want."""


@contextmanager
def serving(receiver, *, context=None, address="127.0.0.1"):
    server = Server(address, receiver, context)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join(5)
        server.server_close()


def operator_of(folder, settings, *, uses="webhook", channels=("email",), live=True, **more):
    """An operator's file with one adapter, read."""
    adapter = {"name": "hook", "uses": uses, "channels": list(channels), "settings": settings}
    path = folder / "operator.yaml"
    path.write_text(json.dumps({"operator": 1, "live": live, **more, "adapters": [adapter]}), encoding="utf-8")
    found = load_operator(path)
    assert found.operator is not None, [one.message for one in found.diagnostics]
    return found.operator


def adapter_of(folder, settings, **more):
    operator = operator_of(folder, settings, **more)
    return build(operator.adapters[0], operator)


def local(receiver, **more):
    """Settings for a receiver on this host, without TLS."""
    return {
        "url": f"http://127.0.0.1:{receiver.port}/dunning",
        "allow_http": True,
        "secrets": "env:HOOK_SECRET",
        "timeout": 20,
        **more,
    }
