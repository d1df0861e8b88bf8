"""One endpoint: signed POSTs of JSON that never follow, never decode, never read the environment, and end in time."""

import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import httpcore2

from policy_engine.adapters.http.answers import Answer, receipt_of
from policy_engine.adapters.http.network import Deadline, ForbiddenAddressError, GuardedNetwork
from policy_engine.adapters.http.proxy import host_of, is_final, pool, shake_hands
from policy_engine.adapters.http.reach import Reach
from policy_engine.adapters.http.signing import signatures
from policy_engine.execution.job import Broken, Retry, Unanswered
from policy_engine.values.text import inert

MOST = 65_536
"""Bytes of an answer's body that are read."""
UNREACHABLE = 3
"""Requests in a row without a good answer, after which this run asks no more."""
PAUSE, SHORT_PAUSE = 60.0, 3.0
"""Seconds without requests after a 429 or 503 that names none; how long a pause is waited for within the run."""
_NO_WAY = "the proxy lets nothing through"


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
        # through a proxy it is the proxy that is connected to, and must be permitted
        self.network = GuardedNetwork(reach.allowed, self._deadline, only_loopback=not reach.target.secure)
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
        reach = self._reach
        self._deadline.begin(reach.timeout)
        try:
            if reach.proxy is not None:
                shake_hands(reach.proxy, reach.target, reach.context, self.network, self._timeouts)
                return []
            stream = self.network.connect_tcp(reach.target.host, reach.target.port)
            try:
                if reach.target.secure:
                    stream = stream.start_tls(reach.context, reach.target.host)
            finally:
                stream.close()
        except ForbiddenAddressError as error:
            return [self._forbidden(error)]
        except httpcore2.ProxyError as error:
            return [f"{_NO_WAY}: {_short(error)}"]
        except (httpcore2.NetworkError, httpcore2.TimeoutException, httpcore2.ProtocolError) as error:
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
        begun = list[str]()  # once the document is being sent; before that only the proxy was spoken to

        def told(event: str, info: Mapping[str, Any]) -> None:
            if event == "http11.send_request_headers.started" and info["request"].method == b"POST":
                begun.append(event)

        extensions: dict[str, Any] = {"timeout": self._timeouts, "trace": told}
        if reach.proxy is not None:
            extensions["sni_hostname"] = host
            host = host_of(reach.target)
        request = httpcore2.Request(
            "POST",
            httpcore2.URL(scheme=scheme, host=host.encode(), port=port, target=path.encode()),
            headers=[(name.encode(), value.encode()) for name, value in headers],
            content=body,
            extensions=extensions,
        )
        self._deadline.begin(reach.timeout)
        if self._pool is None:
            self._pool = self._connections()
        try:
            response = self._pool.handle_request(request)
        except ForbiddenAddressError as error:
            raise Broken(self._forbidden(error)) from error
        except (httpcore2.ConnectError, httpcore2.ConnectTimeout, httpcore2.PoolTimeout) as error:
            wrong = _certificate(error)
            if wrong:
                raise Broken(wrong) from error
            raise Retry(f"the receiver can't be reached: {_short(error)}") from error
        except httpcore2.ProxyError as error:
            why = f"{_NO_WAY}: {_short(error)}"
            raise (Broken(why) if is_final(error) else Retry(why)) from error
        except (httpcore2.NetworkError, httpcore2.TimeoutException, httpcore2.ProtocolError, OSError) as error:
            if not begun:
                raise Retry(f"{_NO_WAY}: {_short(error)}") from error
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
        return pool(reach.proxy, reach.context, self.network, kept)

    @property
    def _timeouts(self) -> dict[str, float]:
        return dict.fromkeys(("connect", "read", "write", "pool"), float(self._reach.timeout))

    def _forbidden(self, error: ForbiddenAddressError) -> str:
        whose = "the receiver's" if self._reach.proxy is None else "the proxy's"
        return f"{whose} address isn't permitted: {error}; list its network under `allow_private` if it is meant"


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


def _certificate(error: Exception) -> str:
    """What is wrong with the receiver's certificate, "" when the failure is another."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"the receiver's certificate isn't accepted: {inert(cause.verify_message)[:200]}"
        cause = cause.__cause__ or cause.__context__
    return ""
