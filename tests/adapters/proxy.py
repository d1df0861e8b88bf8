"""A proxy that makes tunnels (CONNECT), resolves names by a table of its own, and refuses when it is told to."""

import select
import socket
import socketserver
import ssl
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class Proxy:
    """What a proxy is told and remembers.

    Attributes:
        names: host to the address and port where it is; other hosts it doesn't know.
        answers: what it says to the next requests instead of making a tunnel; b"" hangs up.
        asked: the heads of requests, as they came.
        passed: all that went through tunnels to receivers: what a proxy could read.
    """

    names: dict[str, tuple[str, int]] = field(default_factory=dict)
    answers: list[bytes] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    passed: bytearray = field(default_factory=bytearray)
    port: int = 0


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True

    def __init__(self, proxy: Proxy, context: ssl.SSLContext | None) -> None:
        self.proxy, self.context = proxy, context
        super().__init__(("127.0.0.1", 0), _Handler)
        proxy.port = self.server_address[1]

    def handle_error(self, *_):
        """A client that goes away is what tests want."""


class _Handler(socketserver.BaseRequestHandler):
    def handle(self):
        client = self.request
        client.settimeout(10)
        if self.server.context is not None:
            client = self.server.context.wrap_socket(client, server_side=True)
        with client:
            self._serve(client, self.server.proxy)

    def _serve(self, client, proxy):
        head = b""
        while b"\r\n\r\n" not in head:
            part = client.recv(4096)
            if not part:
                return
            head += part
        proxy.asked.append(head.decode("latin-1"))
        if proxy.answers:
            client.sendall(proxy.answers.pop(0))
            return
        verb, place, _ = proxy.asked[-1].split(" ", 2)
        known = proxy.names.get(place.rpartition(":")[0])
        if verb != "CONNECT" or known is None:
            client.sendall(b"HTTP/1.1 502 Unknown Host\r\nContent-Length: 0\r\n\r\n")
            return
        with socket.create_connection(known, timeout=10) as receiver:
            client.sendall(b"HTTP/1.1 200 Connection Established\r\n\r\n")
            self._pass_on(client, receiver)

    def _pass_on(self, client, receiver):
        """What comes from either goes to the other, until one of them ends."""
        while True:
            waiting = getattr(client, "pending", lambda: 0)()
            ready = [client] if waiting else select.select([client, receiver], [], [], 10)[0]
            if not ready:
                return
            for one in ready:
                with suppress(ssl.SSLWantReadError):
                    data = one.recv(65_536)
                    if not data:
                        return
                    if one is client:
                        self.server.proxy.passed += data
                    (receiver if one is client else client).sendall(data)


@contextmanager
def proxying(proxy: Proxy, *, context: ssl.SSLContext | None = None):
    """The proxy on a port of this host."""
    server = _Server(proxy, context)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        thread.join(5)
        server.server_close()
