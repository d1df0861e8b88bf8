"""The kinds of adapters that are installed: entry points, each with its settings' model and what builds it.

A kind is loaded when an operator's file names it, never before.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, TypeAlias

from pydantic import PlainValidator, WithJsonSchema

from policy_engine.execution.documents import Documents, Portfolio
from policy_engine.execution.helping import Helping
from policy_engine.execution.job import Adapter
from policy_engine.language.models.base import Syntax
from policy_engine.language.nodes import Text
from policy_engine.language.scalars import pattern, refuse, scalar
from policy_engine.templates.context import Sender
from policy_engine.values.diagnostics import did_you_mean

GROUP = "dunning.adapters"
"""The group of entry points. Each names a `Kind`."""
_OWN = "policy_engine.adapters."


class SettingsError(ValueError):
    """An adapter that can't work with its settings or here; one line says why."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What an adapter is built with beside its own settings.

    Attributes:
        folder: where the operator's file lies; relative paths of settings start there.
        live: whether real things may leave.
        redirect_to: for trials: where everything goes instead of to customers.
        sender: the letterhead, when the file names one.
        payee: name, iban and perhaps bic of where customers pay, when the file names it.
        documents: the invoices' own files.
        portfolio: what the run is about, for other files that are found by a number or an id.
        helping: processes that help with what can be done apart; none unless the run is large.
    """

    folder: Path = Path()
    live: bool = False
    redirect_to: str | None = None
    sender: Sender | None = None
    payee: Mapping[str, str] | None = None
    documents: Documents = field(default_factory=Documents)
    portfolio: Portfolio = field(default_factory=Portfolio)
    helping: Helping = field(default_factory=Helping)

    def at(self, place: str) -> Path:
        """A file or folder that settings name, as reports and receipts show it: without `..`."""
        return plain_path(self.folder / place)


def plain_path(path: Path) -> Path:
    """The same place without `..` and `.`; where a link stands before `..`, that is where it leads."""
    if ".." not in path.parts:
        return path
    plain, real = os.path.normpath(path), os.path.realpath(path)
    return Path(plain if os.path.realpath(plain) == real else real)


Build: TypeAlias = Callable[[str, Any, Surroundings], Adapter]
"""`(name, settings, surroundings) -> adapter`; raises `SettingsError`. `settings` is what the kind's model made."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of adapter.

    Attributes:
        settings: the model of its settings; every mistake in them is located in the operator's file.
        build: makes an adapter; imports what it needs then, not before.
    """

    settings: type[Syntax]
    build: Build


def installed() -> tuple[str, ...]:
    """The names of the kinds that are installed, sorted."""
    return tuple(sorted({entry.name for entry in entry_points(group=GROUP)}))


def own() -> tuple[str, ...]:
    """The names of the kinds that come with this package, sorted: what is generated about kinds is about these."""
    ours = (entry for entry in entry_points(group=GROUP) if entry.module.startswith(_OWN))
    return tuple(sorted(entry.name for entry in ours if find_spec(entry.module) is not None))


@cache
def kind(name: str) -> Kind | None:
    """The kind of a name; None when none is installed under it."""
    found = next((entry for entry in entry_points(group=GROUP) if entry.name == name), None)
    if found is None:
        return None
    loaded = found.load()
    if not isinstance(loaded, Kind):
        raise SettingsError(f"the entry point `{name}` of {GROUP} names no `Kind`")
    return loaded


def hint(name: str) -> str:
    """What to write instead of a name that isn't installed."""
    return did_you_mean(name, installed()) or f"installed are {', '.join(installed())}"


def _secret(value: object) -> Text:
    text = scalar(value, "a reference to the environment", "env:SMTP_PASSWORD")
    if not text.startswith("env:"):
        raise refuse("DUN954", "a secret doesn't stand in a file", "write e.g. `env:SMTP_PASSWORD`, and set it there")
    if pattern_of_variable(text) is None:
        raise refuse("DUN954", "this names no environment variable", "write e.g. `env:SMTP_PASSWORD`")
    return text


def pattern_of_variable(text: str) -> str | None:
    """The variable that `env:NAME` names."""
    name = text.removeprefix("env:")
    plain = name.replace("_", "a")
    return name if plain.isascii() and plain.isalnum() and not plain[0].isdigit() and len(name) <= 100 else None


def unset(settings: Any) -> list[str]:
    """The variables of the environment that settings refer to and that aren't set, or are empty."""
    if isinstance(settings, Mapping):
        return [name for part in settings.values() for name in unset(part)]
    if isinstance(settings, str):
        name = pattern_of_variable(settings) if settings.startswith("env:") else None
        return [] if name is None or os.environ.get(name) else [name]
    if isinstance(settings, Syntax):
        return [name for key in type(settings).model_fields for name in unset(getattr(settings, key))]
    if isinstance(settings, tuple | list):
        return list(dict.fromkeys(name for part in settings for name in unset(part)))
    return []


def secret(value: str) -> str:
    """What a `Secret` refers to.

    Raises:
        SettingsError: the variable isn't set, or is empty.
    """
    name = value.removeprefix("env:")
    found = os.environ.get(name)
    if not found:
        raise SettingsError(f"the environment variable `{name}` isn't set")
    return found


Secret = Annotated[
    Text, PlainValidator(_secret), WithJsonSchema({"type": "string", "pattern": "^env:[A-Za-z_][A-Za-z0-9_]{0,99}$"})
]
"""`env:NAME`: a secret by reference; `secret` reads it."""
Place = Annotated[
    Text,
    pattern(r"[^\x00-\x1f\x7f]{1,500}", "a path", "outbox"),
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": 500}),
]
"""A file or folder; relative ones start beside the operator's file."""
Mailbox = Annotated[
    Text,
    pattern(
        r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*", "an e-mail address", "a@acme.example"
    ),
    WithJsonSchema({"type": "string", "format": "email"}),
]
"""An e-mail address: plain ASCII, no name before it (RFC 5321 dot-string and host name)."""
