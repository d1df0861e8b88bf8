"""The operator's file, read and checked: every finding in one pass, with its place."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import get_args

from policy_engine.execution.documents import Documents
from policy_engine.execution.kinds import hint, kind
from policy_engine.execution.limits import Limit
from policy_engine.execution.operator_model import AdapterSyntax, OperatorSyntax, Right
from policy_engine.language.check import check_model
from policy_engine.language.findings import Findings
from policy_engine.language.models.base import Syntax
from policy_engine.language.nodes import Map, lookalike, map_at
from policy_engine.language.yaml import MAX_BYTES, read_yaml
from policy_engine.templates.context import Sender
from policy_engine.values.diagnostics import Diagnostic, did_you_mean
from policy_engine.values.position import Position

RIGHTS: tuple[Right, ...] = get_args(Right)
_MOST_FILES = 200
_HEAD = 65_536
_POLICY = re.compile(rb"^dunning\s*:", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class AdapterEntry:
    """An adapter that is enabled; `settings` as its kind's model made them, secrets still as `env:NAME`."""

    name: str
    uses: str
    channels: tuple[str, ...]
    settings: Syntax


@dataclass(frozen=True, slots=True)
class Operator:
    """Who may do what, which adapters, where money goes. Without a file: nobody, the folder, nowhere.

    `digest` is the file's sha256: what people decide is kept with that of the file that let them.
    """

    live: bool = False
    redirect_to: str | None = None
    payee: Mapping[str, str] | None = None
    sender: Sender | None = None
    roles: Mapping[str, frozenset[str]] = field(default_factory=dict)
    rights: Mapping[Right, frozenset[str]] = field(default_factory=dict)
    cool_off: int = 0
    adapters: tuple[AdapterEntry, ...] = ()
    documents: Documents = field(default_factory=Documents)
    folder: Path = Path()
    rate_limits: Mapping[str, Limit] = field(default_factory=dict)
    digest: str = ""

    def has_role(self, user: str, role: str) -> bool:
        """Whether a user of the operating system has a role."""
        return user in self.roles.get(role, ())

    def may(self, user: str, right: Right) -> bool:
        """Whether one of the user's roles has a right."""
        return any(self.has_role(user, role) for role in self.rights.get(right, ()))


@dataclass(frozen=True, slots=True)
class OperatorFile:
    """What reading gave: the operator, or None and the errors that say why."""

    operator: Operator | None
    diagnostics: tuple[Diagnostic, ...]


def load_operator(path: Path) -> OperatorFile:
    """Read an operator's file. Never raises on what the file holds or lacks."""
    shown = path.as_posix()
    findings = Findings()
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "there is no such file"
        findings.add("DUN001", f"the operator's file can't be read: {reason}", Position(shown, 1, 1))
        return OperatorFile(None, findings.all())
    beside = policy_beside(path)
    if beside is not None:
        message = f"the operator's file lies in a policy's folder, beside {beside.as_posix()}"
        findings.add("DUN955", message, Position(shown, 1, 1), hint="keep it where only operators may write")
    node = read_yaml(data, shown, findings)
    if node is not None and not isinstance(node, Map):
        text = f"an operator's file is a map of keys, not {lookalike(node)}"
        findings.add("DUN103", text, node.position, hint="start with `operator: 1`")
        node = None
    syntax = None if node is None else check_model(OperatorSyntax, node, findings, "the operator's file")
    entries = list[AdapterEntry]()
    if syntax is not None:
        _check(syntax, findings)
        entries = [entry for one in syntax.adapters if (entry := _entry(one, findings)) is not None]
    if syntax is None or findings.errors:
        return OperatorFile(None, tuple(_our_words(one) for one in without_secrets(findings.all())))
    made = replace(_operator(syntax, entries, path.absolute().parent), digest=sha256(data).hexdigest())
    return OperatorFile(made, without_secrets(findings.all()))


def _our_words(found: Diagnostic) -> Diagnostic:
    """What the reader of YAML says of policies, said of the operator's file."""
    if found.code == "DUN006":
        return replace(found, help="start with `operator: 1`")
    if found.code == "DUN002":
        message = found.message.replace("a policy has", "an operator's file has")
        return replace(found, message=message, help="a file of this size is no operator's file: name the right one")
    return found


def without_secrets(found: Sequence[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Findings whose source lines hold no secret: one that stands in the file would else be shown, and logged."""
    written = [one.position for one in found if one.code == "DUN954"]
    return tuple(replace(one, source=_masked(one, written)) for one in found)


def _masked(found: Diagnostic, written: Sequence[Position]) -> str | None:
    source = found.source
    for place in written:
        if source is not None and (place.file, place.line) == (found.position.file, found.position.line):
            start, end = place.column - 1, place.column - 1 + max(1, place.length)
            source = source[:start] + "*" * len(source[start:end]) + source[end:]
    return source


def policy_beside(path: Path) -> Path | None:
    """A policy in the file's folder, or in a repository's folders above it; None when there is none."""
    folder = path.resolve().parent
    top = next((above for above in (folder, *folder.parents) if (above / ".git").exists()), folder)
    for above in (folder, *folder.parents):
        try:
            files = sorted(file for file in above.iterdir() if file.suffix in (".yaml", ".yml") and file.is_file())
        except OSError:
            files = []
        for file in files[:_MOST_FILES]:
            if _is_policy(file):
                return file
        if above == top:
            break
    return None


def _is_policy(file: Path) -> bool:
    try:
        with file.open("rb") as stream:
            return _POLICY.search(stream.read(_HEAD)) is not None
    except OSError:
        return False


def _check(syntax: OperatorSyntax, findings: Findings) -> None:
    """What the keys say together: roles that exist, names that are given once, channels that are served once."""
    if syntax.rights is not None:
        for right in RIGHTS:
            for role in getattr(syntax.rights, right):
                if role not in syntax.roles:
                    hint = did_you_mean(role, syntax.roles) or "add it to `roles`"
                    findings.add("DUN956", f"no role is called `{role}`", role.position, hint=hint)
    names: dict[str, AdapterSyntax] = {}
    served: dict[str, str] = {}
    for adapter in syntax.adapters:
        if adapter.name in names:
            message = f"two adapters are called `{adapter.name}`"
            findings.add("DUN957", message, adapter.at("name"), hint="the ledger tells them apart by their names")
        names[adapter.name] = adapter
        for channel in adapter.channels:
            if channel in served:
                message = f"`{channel}` is served by `{served[channel]}` already"
                findings.add("DUN957", message, adapter.at("channels"), hint="name each channel once")
            served.setdefault(channel, adapter.name)


def _entry(syntax: AdapterSyntax, findings: Findings) -> AdapterEntry | None:
    """An adapter with its settings read by its kind's own model; None with findings."""
    found = kind(syntax.uses)
    if found is None:
        message = f"no adapter is called `{syntax.uses}`"
        findings.add("DUN958", message, syntax.at("uses"), hint=hint(syntax.uses))
        return None
    place = syntax.position
    node = map_at(place.file, place.line, place.column) if syntax.settings is None else syntax.settings
    settings = check_model(found.settings, node, findings, f"the adapter `{syntax.name}`")
    if settings is None:
        return None
    return AdapterEntry(str(syntax.name), str(syntax.uses), tuple(map(str, syntax.channels)), settings)


def _sender(syntax: OperatorSyntax) -> Sender | None:
    said = syntax.sender
    if said is None:
        return None
    return Sender(
        said.name, said.address, said.registration, said.email, said.phone, said.place, said.signatory, said.role
    )


def _operator(syntax: OperatorSyntax, entries: Sequence[AdapterEntry], folder: Path) -> Operator:
    payee = syntax.payee
    rights: dict[Right, frozenset[str]] = {}
    if syntax.rights is not None:
        for right in RIGHTS:
            rights[right] = frozenset(str(role) for role in getattr(syntax.rights, right))
    account = None
    if payee is not None:
        account = {"name": str(payee.name), "iban": str(payee.iban)} | ({"bic": str(payee.bic)} if payee.bic else {})
    return Operator(
        live=syntax.live,
        redirect_to=syntax.redirect_to,
        payee=account,
        sender=_sender(syntax),
        roles={str(role): frozenset(map(str, people)) for role, people in syntax.roles.items()},
        rights=rights,
        cool_off=syntax.cool_off,
        adapters=tuple(entries),
        documents=_documents(syntax, folder),
        folder=folder,
        rate_limits={
            str(channel): Limit(said.per_minute, said.per_hour, said.per_day)
            for channel, said in syntax.rate_limits.items()
        },
    )


def _documents(syntax: OperatorSyntax, folder: Path) -> Documents:
    said = syntax.documents
    return Documents() if said is None else Documents(folder / said.folder, str(said.file), str(said.replace))
