"""One endpoint: signed POSTs of JSON that never follow, never decode, never read the environment, and end in time."""

import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpcore2

from policy_engine.adapters.http.addresses import Network, refusal
from policy_engine.adapters.http.answers import Answer, receipt_of
from policy_engine.adapters.http.network import Deadline, ForbiddenAddressError, GuardedNetwork
from policy_engine.adapters.http.settings import HttpSettings
from policy_engine.adapters.http.signing import key_of, signatures
from policy_engine.adapters.http.target import Target, TargetError, parse_target
from policy_engine.execution.job import Broken, Retry, Unanswered
from policy_engine.execution.kinds import SettingsError, secret
from policy_engine.values.text import inert

MOST = 65_536
"""Bytes of an answer's body that are read."""
UNREACHABLE = 3
"""Requests in a row without a good answer, after which this run asks no more."""
PAUSE, SHORT_PAUSE = 60.0, 3.0
"""Seconds without requests after a 429 or 503 that names none; how long a pause is waited for within the run."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How an endpoint is reached and what every request says: settings with their secrets filled in."""

    target: Target
    keys: tuple[bytes, ...]
    headers: tuple[tuple[str, str], ...]
    idempotent: bool
    timeout: int
    allowed: tuple[Network, ...]
    context: ssl.SSLContext
    proxy: Target | None


def reach_of(settings: HttpSettings, folder: Path) -> Reach:
    """Settings with their secrets.

    Raises:
        SettingsError: a secret isn't set or is none, the URL can't be used, the certificates can't be read.
    """
    target = _target(settings.url, "url")
    if not target.secure and not settings.allow_http:
        raise SettingsError("`url` must be `https://`; `allow_http: true` allows `http://` to this host itself")
    if not settings.secrets:
        raise SettingsError("`secrets` is empty; requests must be signed")
    literal = target.literal
    if literal is not None and target.secure and (why := refusal(literal, settings.allow_private)):
        raise SettingsError(f"`url` is an address {why}; list its network under `allow_private` if it is meant")
    return Reach(
        target,
        tuple(_key(reference) for reference in settings.secrets),
        _headers(settings, target),
        settings.idempotent,
        settings.timeout,
        settings.allow_private,
        _context(None if settings.ca_file is None else folder / settings.ca_file),
        None if settings.proxy is None else _target(settings.proxy, "proxy"),
    )


class Endpoint:
    """Sends documents to one URL, one at a time, over a connection that is kept.

    Args:
        reach: where, and with which keys.
        clock: seconds since 1970, for the timestamps of signatures.
        steady: seconds that never go back, for pauses.
        sleep: waits so many seconds.
    """

    def __init__(
        self,
        reach: Reach,
        clock: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._reach = reach
        self._clock = clock
        self._steady = steady
        self._sleep = sleep
        self._deadline = Deadline()
        # the proxy is what is connected to then, and must be permitted; http without one is for this host alone
        loopback = reach.proxy is None and not reach.target.secure
        self.network = GuardedNetwork(reach.allowed, self._deadline, only_loopback=loopback)
        self._pool: httpcore2.ConnectionPool | None = None
        self._pause: tuple[float, str] | None = None
        self._silent = 0

    def post(self, ident: str, body: bytes) -> dict[str, str]:
        """Send a document; what the receipt says.

        Raises:
            Retry: it didn't arrive, or wasn't done.
            Unanswered: it may have arrived.
            Refused: the receiver doesn't want it.
            Broken: the receiver wants none: its address, certificate or the login is wrong.
        """
        self._wait()
        try:
            answer = self._send(ident, body)
        except (Unanswered, Retry) as error:
            self._note_silence(str(error))
            raise
        try:
            receipt = receipt_of(answer)
        except Unanswered as error:
            self._note_silence(str(error))
            raise
        except Retry as error:
            self._silent = 0
            if answer.status in (429, 503):
                wait = PAUSE if error.seconds is None else error.seconds
                self._pause = (self._steady() + wait, "the receiver asked for a pause")
            raise
        self._silent = 0
        return receipt

    def check(self) -> list[str]:
        """What would keep requests from arriving: name, address, TLS. No request is sent."""
        peer = self._reach.proxy or self._reach.target
        self._deadline.begin(self._reach.timeout)
        try:
            stream = self.network.connect_tcp(peer.host, peer.port)
            try:
                if peer.secure:
                    stream = stream.start_tls(self._reach.context, peer.host)
            finally:
                stream.close()
        except ForbiddenAddressError as error:
            return [_forbidden(error)]
        except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
            return [_certificate(error) or f"it can't be reached: {_short(error)}"]
        return []

    def close(self) -> None:
        """Close the connection."""
        if self._pool is not None:
            self._pool.close()
            self._pool = None

    def _wait(self) -> None:
        """Ask nothing while the receiver wants a pause, or once it was silent several times.

        Raises:
            Retry: it is asked later; nothing was tried.
        """
        if self._pause is None:
            return
        left = self._pause[0] - self._steady()
        if 0 < left <= SHORT_PAUSE:
            self._sleep(left)
        elif left > 0:
            raise Retry(self._pause[1], None if left == float("inf") else left, tried=False)
        self._pause = None

    def _note_silence(self, why: str) -> None:
        self._silent += 1
        if self._silent >= UNREACHABLE:
            self._pause = (float("inf"), f"not asked, as {UNREACHABLE} others had no answer; the last: {why}")

    def _send(self, ident: str, body: bytes) -> Answer:
        reach = self._reach
        timestamp = int(self._clock())
        headers = [
            *reach.headers,
            ("Content-Length", str(len(body))),
            ("webhook-id", ident),
            ("webhook-timestamp", str(timestamp)),
            ("webhook-signature", signatures(reach.keys, ident, timestamp, body)),
            ("Idempotency-Key", ident),
        ]
        scheme = b"https" if reach.target.secure else b"http"
        host, port, path = reach.target.host, reach.target.port, reach.target.path
        request = httpcore2.Request(
            "POST",
            httpcore2.URL(scheme=scheme, host=host.encode(), port=port, target=path.encode()),
            headers=[(name.encode(), value.encode()) for name, value in headers],
            content=body,
            extensions={"timeout": dict.fromkeys(("connect", "read", "write", "pool"), float(reach.timeout))},
        )
        self._deadline.begin(reach.timeout)
        if self._pool is None:
            self._pool = self._connections()
        try:
            response = self._pool.handle_request(request)
        except ForbiddenAddressError as error:
            raise Broken(_forbidden(error)) from error
        except (httpcore2.ConnectError, httpcore2.ConnectTimeout, httpcore2.PoolTimeout) as error:
            wrong = _certificate(error)
            if wrong:
                raise Broken(wrong) from error
            raise Retry(f"the receiver can't be reached: {_short(error)}") from error
        except httpcore2.ProxyError as error:
            raise Retry(f"the proxy doesn't let it through: {_short(error)}") from error
        except (httpcore2.NetworkError, httpcore2.TimeoutException, httpcore2.ProtocolError, OSError) as error:
            raise Unanswered(f"no answer: {_short(error)}") from error
        return Answer(response.status, _named(response.headers), _beginning(response))

    def _connections(self) -> httpcore2.ConnectionPool:
        reach = self._reach
        # a connection that is kept may be closed by the receiver just when it is used: nobody knows then what arrived
        kept = 1 if reach.idempotent else 0
        if reach.proxy is None:
            return httpcore2.ConnectionPool(
                ssl_context=reach.context, max_connections=1, max_keepalive_connections=kept, keepalive_expiry=5.0,
                network_backend=self.network,
            )  # fmt: skip
        scheme = b"https" if reach.proxy.secure else b"http"
        return httpcore2.HTTPProxy(
            httpcore2.URL(scheme=scheme, host=reach.proxy.host.encode(), port=reach.proxy.port, target=b"/"),
            ssl_context=reach.context, proxy_ssl_context=reach.context if reach.proxy.secure else None,
            max_connections=1, max_keepalive_connections=kept, keepalive_expiry=5.0, network_backend=self.network,
        )  # fmt: skip


def _target(said: str, name: str) -> Target:
    text = secret(said) if said.startswith("env:") else said
    try:
        return parse_target(text)
    except TargetError as error:
        raise SettingsError(f"`{name}`: {error}") from error


def _key(reference: str) -> bytes:
    try:
        return key_of(secret(reference))
    except SettingsError:
        raise
    except ValueError as error:
        raise SettingsError(f"`{reference}` holds no secret of webhooks: {error}") from error


def _headers(settings: HttpSettings, target: Target) -> tuple[tuple[str, str], ...]:
    found = [
        ("Host", target.authority),
        ("Accept", "application/json"),
        ("Accept-Encoding", "identity"),
        ("Content-Type", "application/json"),
        ("User-Agent", "dunning-policy-engine"),
    ]
    if settings.authorization is not None:
        found.append(("Authorization", _value(settings.authorization)))
    found += [
        (str(name), _value(value) if value.startswith("env:") else str(value))
        for name, value in settings.headers.items()
    ]
    return tuple({name.lower(): (name, value) for name, value in found}.values())


def _value(reference: str) -> str:
    value = secret(reference)
    if not (value.isascii() and value.isprintable() and value == value.strip() and len(value) <= 8000):
        raise SettingsError(f"`{reference}` can't be the value of a header: it holds more than printable ASCII")
    return value


def _context(ca_file: Path | None) -> ssl.SSLContext:
    """TLS 1.2 or later, certificates and names verified; of the system, or of the operator's own authority."""
    try:
        context = ssl.create_default_context(cafile=None if ca_file is None else str(ca_file))
    except OSError as error:
        reason = "it holds no certificate" if isinstance(error, ssl.SSLError) else error.strerror
        raise SettingsError(f"`ca_file` can't be read: {reason}") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _named(headers: Sequence[tuple[bytes, bytes]]) -> Mapping[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in headers}


def _beginning(response: httpcore2.Response) -> bytes:
    """The first bytes of the body, as they are: nothing is unpacked; a broken body changes nothing."""
    found = bytearray()
    stream = response.stream
    try:
        for part in stream:  # type: ignore[union-attr]  # of a pool that isn't asynchronous
            found += part[: MOST - len(found)]
            if len(found) >= MOST:
                break
    except (httpcore2.NetworkError, httpcore2.TimeoutException, httpcore2.ProtocolError, OSError):
        return b""
    finally:
        response.close()
    return bytes(found)


def _short(error: Exception) -> str:
    """An exception's text in a few words, harmless; never a URL."""
    return inert(str(error))[:200] or type(error).__name__


def _forbidden(error: ForbiddenAddressError) -> str:
    return f"the receiver's address isn't permitted: {error}; list its network under `allow_private` if it is meant"


def _certificate(error: Exception) -> str:
    """What is wrong with the receiver's certificate, "" when the failure is another."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"the receiver's certificate isn't accepted: {inert(cause.verify_message)[:200]}"
        cause = cause.__cause__ or cause.__context__
    return ""
