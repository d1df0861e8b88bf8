"""Where requests go and how they are signed, as the operator's file says it. Secrets stand in the environment."""

import re
from ipaddress import ip_network
from typing import Annotated

from pydantic import BeforeValidator, PlainValidator, WithJsonSchema

from policy_engine.adapters.http.addresses import Network
from policy_engine.adapters.http.target import CredentialsError, TargetError, parse_target
from policy_engine.execution.kinds import Place, Secret, pattern_of_variable
from policy_engine.language.models.base import Syntax, key
from policy_engine.language.nodes import Text, items_at
from policy_engine.language.scalars import Flag, refuse, scalar

MAX_SECONDS = 120
"""Longest time for a request."""
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,60}")
_OWN = re.compile(
    r"authorization|proxy-.*|host|connection|keep-alive|te|trailer|upgrade|expect|transfer-encoding|content-.*"
    r"|accept-encoding|webhook-.*|idempotency-key|cookie|range|if-.*"
)
_VALUE = re.compile(r"[!-~]([ -~]{0,998}[!-~])?")
_SECRET_VALUE = re.compile(r"(bearer|basic|digest|token|apikey)\s|whsec_|eyJ", re.IGNORECASE)
"""What headers with secrets in them begin with: credentials (RFC 9110, 11.4), webhooks' secrets, JSON Web Tokens."""


def _url(value: object) -> Text:
    text = scalar(value, "a URL", "https://hooks.acme.example/dunning")
    if text.startswith("env:"):
        if pattern_of_variable(text) is None:
            raise refuse("DUN954", "this names no environment variable", "write e.g. `env:WEBHOOK_URL`")
        return text
    try:
        parse_target(text)
    except CredentialsError as error:
        raise refuse("DUN954", str(error), "write e.g. `authorization: env:WEBHOOK_AUTHORIZATION`") from error
    except TargetError as error:
        raise refuse("DUN113", str(error), "write e.g. `https://hooks.acme.example/dunning`") from error
    return text


def _header(value: object) -> Text:
    text = scalar(value, "the name of a header", "X-Tenant")
    if not _TOKEN.fullmatch(text):
        raise refuse("DUN113", f"`{text[:60]}` is not the name of a header", "write e.g. `X-Tenant`")
    if _OWN.fullmatch(text.lower()):
        hint = "use `authorization: env:NAME`" if text.lower() == "authorization" else "leave it out"
        raise refuse("DUN113", f"the header `{text}` can't be set here", hint)
    return text


def _header_value(value: object) -> Text:
    text = scalar(value, "the value of a header", "acme")
    if _SECRET_VALUE.match(text):
        raise refuse("DUN954", "a secret doesn't stand in a file", "write e.g. `env:API_KEY`, and set it there")
    if not _VALUE.fullmatch(text):
        raise refuse("DUN113", "a header's value is up to 1000 printable ASCII characters", "write e.g. `acme`")
    if text.startswith("env:") and pattern_of_variable(text) is None:
        raise refuse("DUN954", "this names no environment variable", "write e.g. `env:API_KEY`")
    return text


def _network(value: object) -> Network:
    text = scalar(value, "a network", "10.20.0.0/16")
    try:
        return ip_network(text)
    except ValueError as error:
        message = f"`{text[:60]}` is not a network of addresses"
        raise refuse("DUN113", message, "write e.g. `10.20.0.0/16` or `fd00:1::/32`, without bits beyond it") from error


def _seconds(value: object) -> int:
    text = scalar(value, "a number of seconds", "20")
    if text.style != "plain" or not text.isascii() or not text.isdigit() or len(text) > 9:
        raise refuse("DUN106", f"`{text[:20]}` is not a number of seconds", "write e.g. `20`")
    if not 1 <= int(text) <= MAX_SECONDS:
        raise refuse("DUN107", f"`{text}` is out of bounds: 1 to {MAX_SECONDS} are possible")
    return int(text)


def _one_or_more(value: object) -> object:
    if isinstance(value, Text):
        items = items_at(value.file, value.line, value.column)
        items.append(value)
        return items
    return value


_SECRET = {"type": "string", "pattern": "^env:[A-Za-z_][A-Za-z0-9_]{0,99}$"}
Url = Annotated[
    Text, PlainValidator(_url), WithJsonSchema({"type": "string", "pattern": "^(https?://|env:)", "maxLength": 2000})
]
Header = Annotated[Text, PlainValidator(_header), WithJsonSchema({"type": "string", "maxLength": 60})]
HeaderValue = Annotated[Text, PlainValidator(_header_value), WithJsonSchema({"type": "string", "maxLength": 1000})]
Net = Annotated[Network, PlainValidator(_network), WithJsonSchema({"type": "string", "maxLength": 60})]
Seconds = Annotated[
    int, PlainValidator(_seconds), WithJsonSchema({"type": "integer", "minimum": 1, "maximum": MAX_SECONDS})
]
_ONE_OR_MORE = {"if": {"type": "array"}, "then": {"items": _SECRET, "minItems": 1, "maxItems": 5}, "else": _SECRET}
Secrets = Annotated[tuple[Secret, ...], BeforeValidator(_one_or_more), WithJsonSchema(_ONE_OR_MORE)]


class HttpSettings(Syntax):
    """An endpoint of the operator's, and how requests to it are signed."""

    url: Url = key(
        "Where requests are sent: `https://`, or `env:NAME` when the URL itself is a secret.",
        "https://hooks.acme.example/dunning",
    )
    secrets: Secrets = key(
        "Secrets of the signatures, `whsec_...`, the newest first; several while they are being changed.",
        ["env:WEBHOOK_SECRET"], longest=5,
    )  # fmt: skip
    authorization: Secret | None = key(
        "The whole `Authorization` header, e.g. `Bearer ...`.", "env:WEBHOOK_AUTHORIZATION", default=None
    )
    headers: dict[Header, HeaderValue] = key(
        "Further headers, the same on every request; `env:NAME` where one is a secret.", {"X-Tenant": "acme"},
        default={}, longest=20,
    )  # fmt: skip
    idempotent: Flag = key(
        "Whether the receiver does what it is asked once for each `webhook-id`, however often it is asked.",
        True, default=True,  # noqa: FBT003
    )  # fmt: skip
    timeout: Seconds = key("Seconds for a request from its beginning to the end of the answer.", 20, default=20)
    allow_private: tuple[Net, ...] = key(
        "Networks that aren't public and may be connected to all the same.", ["10.20.0.0/16"], default=(), longest=20
    )
    allow_http: Flag = key(
        "Whether `http://` may be used, to this host itself alone.", False, default=False  # noqa: FBT003
    )  # fmt: skip
    ca_file: Place | None = key(
        "Certificates (PEM) of the authorities that are believed, instead of the system's.", "ca.pem", default=None
    )
    proxy: Url | None = key(
        "A proxy by whose tunnels (CONNECT) requests go; the environment's are never used. The proxy then resolves the "
        "name and says which addresses may be reached.",
        "http://proxy.acme.example:3128", default=None,
    )  # fmt: skip
    proxy_authorization: Secret | None = key(
        "The whole `Proxy-Authorization` header, e.g. `Basic ...`.", "env:PROXY_AUTHORIZATION", default=None
    )
