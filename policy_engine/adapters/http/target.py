"""An endpoint's URL, taken apart strictly: one reading, so that what is checked is what is connected to."""

import re
from dataclasses import dataclass
from ipaddress import IPv6Address

from policy_engine.adapters.http.addresses import Address, address

_SHAPE = re.compile(
    r"(?P<scheme>https?)://(?P<user>[^/?#@]*@)?(?P<host>\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9._-]{1,253})"
    r"(:(?P<port>[0-9]{1,5}))?(?P<target>/[!-\"$-~]*|\?[!-\"$-~]*)?(?P<fragment>#.*)?",
)
_LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
_DOTTED = re.compile(r"(0|[1-9][0-9]{0,2})(\.(0|[1-9][0-9]{0,2})){3}")
_NUMBER = re.compile(r"[0-9]+|0[xX][0-9A-Fa-f]*")
LONGEST = 2000
"""Characters of a URL."""


class TargetError(ValueError):
    """A URL that can't be used; the text says why, without the URL, which may hold a secret."""


class CredentialsError(TargetError):
    """A URL with a user or password in it."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where requests go.

    Attributes:
        secure: https.
        host: a name in lower case, or an address without brackets.
        port: TCP port.
        path: path and query as they are sent.
    """

    secure: bool
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """Host and port as the `Host` header says them: the port only where it isn't the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.secure else 80) else f"{host}:{self.port}"

    @property
    def literal(self) -> Address | None:
        """The host as an address, None when it is a name."""
        try:
            return address(self.host)
        except ValueError:
            return None


def parse_target(text: str) -> Target:
    """A URL's parts.

    Raises:
        TargetError: it is no `https://` or `http://` URL, holds a user or a fragment, or spells an address in a way
            that programs read differently (decimal, hexadecimal, octal, short).
    """
    if len(text) > LONGEST or not text.isascii() or not text.isprintable():
        raise TargetError("a URL is up to 2000 printable ASCII characters; write names with other letters as `xn--...`")
    found = _SHAPE.fullmatch(text)
    if found is None:
        raise TargetError("this is not a URL such as `https://hooks.acme.example/dunning`")
    if found["user"] is not None:
        raise CredentialsError("a user or password can't stand in the URL")
    if found["fragment"] is not None:
        raise TargetError("what follows `#` is never sent; leave it out")
    secure = found["scheme"] == "https"
    port = int(found["port"]) if found["port"] is not None else 443 if secure else 80
    if not 1 <= port <= 65535:
        raise TargetError("a port is a number from 1 to 65535")
    path = found["target"] or "/"
    return Target(secure, _host(found["host"]), port, path if path.startswith("/") else f"/{path}")


def _host(text: str) -> str:
    if text.startswith("["):
        try:
            return str(IPv6Address(text[1:-1]))
        except ValueError as error:
            raise TargetError("what stands in brackets is no IPv6 address") from error
    host = text.lower().removesuffix(".")
    labels = host.split(".")
    if _NUMBER.fullmatch(labels[-1]):
        # whatever ends in a number is an address for browsers and inet_aton: only the plain spelling is one for all
        if not _DOTTED.fullmatch(host) or any(int(label) > 255 for label in labels):
            raise TargetError("write an IPv4 address as four plain numbers, e.g. `192.0.2.7`")
        return host
    if not all(_LABEL.fullmatch(label) for label in labels):
        raise TargetError("this is not the name of a host")
    return host
