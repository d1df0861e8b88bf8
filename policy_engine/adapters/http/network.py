"""Connections to addresses that were judged: a name is resolved once, and what is connected to is what was judged.

Each connection ends by its deadline, whatever drips in until then.
"""

import socket
import ssl
import threading
import time
from collections.abc import Iterable, Sequence
from typing import Any

import httpcore2

from policy_engine.adapters.http.addresses import Network, address, is_loopback, refusal


class ForbiddenAddressError(Exception):
    """A host all of whose addresses are forbidden; the text says which and why."""


class Deadline:
    """When the present request must be over, in seconds of `time.monotonic`."""

    def __init__(self) -> None:
        self.at = float("inf")

    def begin(self, seconds: float) -> None:
        """A request begins, and may take so long in all."""
        self.at = time.monotonic() + seconds

    def left(self, asked: float | None = None) -> float:
        """Seconds that an operation may take: what is left, at most `asked`; 0 when the time is over."""
        left = max(self.at - time.monotonic(), 0)
        return left if asked is None else min(left, asked)


class _Timed(httpcore2.NetworkStream):
    """A stream that ends by the deadline."""

    def __init__(self, stream: httpcore2.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        left = self._deadline.left(timeout)
        if left <= 0:
            raise httpcore2.ReadTimeout("the time for the request is over")
        return self._stream.read(max_bytes, left)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        left = self._deadline.left(timeout)
        if left <= 0:
            raise httpcore2.WriteTimeout("the time for the request is over")
        self._stream.write(buffer, left)

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        left = self._deadline.left(timeout)
        if left <= 0:
            raise httpcore2.ConnectTimeout("the time for the request is over")
        return _Timed(self._stream.start_tls(ssl_context, server_hostname, left), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class GuardedNetwork(httpcore2.NetworkBackend):
    """Resolves, judges, connects to the judged address. TLS still asks for the certificate of the name.

    Args:
        allowed: networks that aren't public and may be connected to all the same.
        only_loopback: nothing but this host itself may be connected to: for `http`.
        deadline: when the present request must be over.
    """

    def __init__(self, allowed: Sequence[Network], deadline: Deadline, *, only_loopback: bool) -> None:
        self._allowed = allowed
        self._deadline = deadline
        self._only_loopback = only_loopback
        self._network = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        """Connect to the first permitted address that answers.

        Raises:
            ForbiddenAddressError: there are addresses, and none is permitted.
            httpcore2.ConnectError: the name has no address, or none answers.
            httpcore2.ConnectTimeout: the time is over.
        """
        failure: Exception = httpcore2.ConnectError("the name has no address")
        for text in self.permitted(host, port):
            left = self._deadline.left(timeout)
            if left <= 0:
                raise httpcore2.ConnectTimeout("the time for the request is over")
            try:
                stream = self._network.connect_tcp(text, port, left, local_address, socket_options or ())
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
                continue
            why = self._refusal(str(stream.get_extra_info("server_addr")[0]))
            if why:  # whatever the system made of the address
                stream.close()
                raise ForbiddenAddressError(why)
            return _Timed(stream, self._deadline)
        raise failure

    def permitted(self, host: str, port: int) -> list[str]:
        """The addresses of a host that may be connected to, in the system's order.

        Raises:
            ForbiddenAddressError: there are addresses, and none is permitted.
            httpcore2.ConnectError: the name has no address.
            httpcore2.ConnectTimeout: nobody resolved it in time.
        """
        refused, kept = list[str](), list[str]()
        for text in _resolve(host, port, self._deadline.left()):
            why = self._refusal(text)
            if why:
                refused.append(why)
            elif text not in kept:
                kept.append(text)
        if refused and not kept:
            raise ForbiddenAddressError("; ".join(sorted(set(refused))[:3]))
        return kept

    def _refusal(self, text: str) -> str:
        """Why an address isn't connected to, with the address; "" when it may be."""
        found = address(text)
        if self._only_loopback:
            return "" if is_loopback(found) else f"{found} is not of this host itself"
        why = refusal(found, self._allowed)
        return f"{found} is {why}" if why else ""


def _resolve(host: str, port: int, seconds: float) -> list[str]:
    """Ask the system for the addresses, in a thread of its own: its resolver knows no time limit."""
    answers = list[str]()
    failures = list[OSError | UnicodeError]()

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
            answers.extend(str(place[0]) for _, _, _, _, place in found)
        except (OSError, UnicodeError) as error:
            failures.append(error)

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(min(seconds, threading.TIMEOUT_MAX))
    if asking.is_alive():
        raise httpcore2.ConnectTimeout("the name wasn't resolved in time")
    if failures:
        raise httpcore2.ConnectError(f"the name can't be resolved: {getattr(failures[0], 'strerror', '') or 'no name'}")
    return answers
