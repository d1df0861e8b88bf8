"""The way through a proxy: a tunnel (CONNECT, RFC 9110, 9.3.6) into which it can't look, and what it says of it.

The proxy resolves the receiver's name and connects to it, so it is the proxy that judges its address; ours are asked
for the proxy itself. TLS asks for the receiver's own certificate, whatever the proxy connected to.
"""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpcore2

from policy_engine.adapters.http.target import Target

_LATER = frozenset({408, 425, 429})
"""Answers below 500 by which a proxy says that it may work later."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy, with the whole value of `Proxy-Authorization` if it wants one."""

    target: Target
    authorization: str | None

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """What only the proxy is told."""
        return [] if self.authorization is None else [(b"Proxy-Authorization", self.authorization.encode())]

    def context(self, context: ssl.SSLContext) -> ssl.SSLContext | None:
        """How the proxy itself is spoken to."""
        return context if self.target.secure else None

    def url(self, target: bytes) -> httpcore2.URL:
        """A URL of the proxy."""
        scheme = b"https" if self.target.secure else b"http"
        return httpcore2.URL(scheme=scheme, host=self.target.host.encode(), port=self.target.port, target=target)


def host_of(target: Target) -> str:
    """A host as a tunnel is asked for: an IPv6 address in brackets."""
    return f"[{target.host}]" if ":" in target.host else target.host


def pool(proxy: Proxy, context: ssl.SSLContext, network: httpcore2.NetworkBackend, kept: int) -> httpcore2.HTTPProxy:
    """One connection at a time, by tunnels of the proxy."""
    return httpcore2.HTTPProxy(
        proxy.url(b"/"), proxy_headers=proxy.headers, ssl_context=context, proxy_ssl_context=proxy.context(context),
        max_connections=1, max_keepalive_connections=kept, keepalive_expiry=5.0, network_backend=network,
    )  # fmt: skip


def shake_hands(
    proxy: Proxy,
    target: Target,
    context: ssl.SSLContext,
    network: httpcore2.NetworkBackend,
    timeouts: Mapping[str, Any],
) -> None:
    """Make a tunnel and see whose certificate is at its end; the receiver gets no request.

    Raises:
        httpcore2.ProxyError: the proxy makes none.
        httpcore2.ConnectError: the proxy can't be reached, or the receiver isn't who it should be.
    """
    place = f"{host_of(target)}:{target.port}".encode()
    asked = httpcore2.Request(
        "CONNECT", proxy.url(place), headers=[(b"Host", place), *proxy.headers], extensions={"timeout": timeouts}
    )
    way = httpcore2.HTTPConnection(asked.url.origin, proxy.context(context), network_backend=network)
    try:
        answer = way.handle_request(asked)
        if not 200 <= answer.status <= 299:
            reason = bytes(answer.extensions.get("reason_phrase", b"")).decode("ascii", "ignore")
            raise httpcore2.ProxyError(f"{answer.status} {reason}")
        answer.extensions["network_stream"].start_tls(context, target.host, timeouts.get("connect")).close()
    finally:
        way.close()


def is_final(error: httpcore2.ProxyError) -> bool:
    """Whether the proxy will go on refusing until a person has set something right: a login, its rules."""
    status = str(error)[:3]
    return status.isdigit() and 300 <= int(status) <= 499 and int(status) not in _LATER
