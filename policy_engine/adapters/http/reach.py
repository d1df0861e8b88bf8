"""How an endpoint is reached and what every request to it says: the settings with their secrets filled in."""

import ssl
from dataclasses import dataclass
from pathlib import Path

from policy_engine.adapters.http.addresses import Network, refusal
from policy_engine.adapters.http.proxy import Proxy
from policy_engine.adapters.http.settings import HttpSettings
from policy_engine.adapters.http.signing import key_of
from policy_engine.adapters.http.target import Target, TargetError, parse_target
from policy_engine.execution.kinds import SettingsError, secret


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
    proxy: Proxy | None


def reach_of(settings: HttpSettings, folder: Path) -> Reach:
    """Settings with their secrets.

    Raises:
        SettingsError: a secret isn't set or is none, the URL can't be used, the certificates can't be read.
    """
    target = _target(settings.url, "url")
    if not target.secure and not settings.allow_http:
        raise SettingsError("`url` must be `https://`; `allow_http: true` allows `http://` to this host itself")
    if settings.proxy is None and settings.proxy_authorization is not None:
        raise SettingsError("`proxy_authorization` needs `proxy`")
    if settings.proxy is not None and not target.secure:
        raise SettingsError("through `proxy` go `https://` requests alone: others could be read and changed by it")
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
        _proxy(settings),
    )


def _proxy(settings: HttpSettings) -> Proxy | None:
    if settings.proxy is None:
        return None
    authorization = None if settings.proxy_authorization is None else _value(settings.proxy_authorization)
    return Proxy(_target(settings.proxy, "proxy"), authorization)


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
