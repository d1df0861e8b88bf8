"""Which adapter delivers an action: the built-in folder, and what the operator's file names. Nothing else is loaded."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from policy_engine.execution.documents import Portfolio
from policy_engine.execution.helping import Helping
from policy_engine.execution.job import Adapter, Noting, Wanting, WantingByChannel
from policy_engine.execution.kinds import SettingsError, Surroundings, hint, kind, unset
from policy_engine.execution.operator_file import AdapterEntry, Operator
from policy_engine.language.check import check_model
from policy_engine.language.findings import Findings
from policy_engine.language.models.base import Channel
from policy_engine.language.nodes import map_at, text_at

_WORKED_OFF = frozenset({"call", "task"})
CHANNELS: tuple[str, ...] = Channel.__args__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Enabled:
    """An adapter that the operator's file names; `used` is False when it waits for `live: true`."""

    entry: AdapterEntry
    adapter: Adapter
    used: bool


class Adapters:
    """The adapters of a run, and who serves what.

    Args:
        operator: the operator's file.
        folder: where the folder adapter writes when the file doesn't say.
        portfolio: what the run is about, so that no invoice gets another's file.
        helping: processes that help; whoever started them ends them.

    Raises:
        SettingsError: an adapter isn't installed, or can't work with its settings; all of them are in the text.
    """

    def __init__(
        self,
        operator: Operator,
        folder: Path,
        portfolio: Portfolio | None = None,
        helping: Helping | None = None,
    ) -> None:
        self._portfolio = portfolio or Portfolio()
        operator = replace(operator, documents=replace(operator.documents, portfolio=self._portfolio))
        self._by_name: dict[str, Adapter] = {}
        self._by_channel: dict[str, Adapter] = {}
        self.enabled: list[Enabled] = []
        self.redirect_to = operator.redirect_to
        helping = helping or Helping()
        self.default = _folder(folder, operator, helping)
        self._fallback = self.default
        self._live = operator.live and operator.redirect_to is None
        mistakes = []
        for entry in operator.adapters:
            try:
                adapter = build(entry, operator, helping)
            except SettingsError as error:
                mistakes.append(f"the adapter `{entry.name}`: {error}")
                continue
            used = operator.live or not adapter.real
            self.enabled.append(Enabled(entry, adapter, used=used))
            if not used:
                continue  # nothing real leaves: its channels go to the folder
            self._by_name[entry.name] = adapter
            if entry.uses == "folder" and not entry.channels:
                self.default = adapter
            for channel in entry.channels:
                self._by_channel.setdefault(channel, adapter)
        if mistakes:
            raise SettingsError("\n".join(mistakes))

    def serving(self, channel: str, wanted: str | None) -> Adapter:
        """The adapter of a channel: the step's own if it serves it, else the channel's, else the folder."""
        named = None if wanted is None else self._by_name.get(wanted)
        if named is not None and channel in named.channels:
            return named
        return self._by_channel.get(channel, self.default)

    def unserved(self, adapter: Adapter, channels: Iterable[str]) -> list[str]:
        """The channels of a live delivery that ended in the folder as no adapter of the operator's file serves them.

        What people work off is meant to lie there: lists of calls and tasks.
        """
        if not self._live or adapter is not self._fallback:
            return []
        return [channel for channel in channels if channel not in _WORKED_OFF]

    def by_name(self, name: str | None) -> Adapter | None:
        """The adapter that the ledger calls so, None when it isn't enabled (any more)."""
        return next((adapter for adapter in self.all() if adapter.name == name), None)

    def wants(self, channels: Iterable[str], wanted: str | None) -> frozenset[str]:
        """What the adapters that serve these channels want to know beside the message (`job.Wanting`)."""
        found: set[str] = set()
        for channel in channels:
            adapter = self.serving(channel, wanted)
            if isinstance(adapter, Wanting):
                found |= adapter.wants
            if isinstance(adapter, WantingByChannel):
                found |= adapter.wants_for(channel)
        return frozenset(found)

    def all(self) -> tuple[Adapter, ...]:
        """Every adapter of the run, the folder last."""
        found = list(self._by_name.values())
        return tuple(found if self.default in found else [*found, self.default])

    def notes(self) -> list[str]:
        """What adapters have to tell people at the end of a run (`job.Noting`)."""
        return [
            f"{adapter.name}: {note}"
            for adapter in self.all()
            if isinstance(adapter, Noting)
            for note in adapter.notes()
        ] + self._portfolio.notes()

    def close(self) -> None:
        """The run is over."""
        for adapter in self.all():
            adapter.close()


def build(entry: AdapterEntry, operator: Operator, helping: Helping | None = None) -> Adapter:
    """The adapter of an entry of the operator's file, with its secrets.

    Raises:
        SettingsError: it isn't installed, or can't work with its settings.
    """
    found = kind(entry.uses)
    if found is None:
        raise SettingsError(f"no adapter is called `{entry.uses}`; {hint(entry.uses)}")
    lacking = unset(entry.settings)
    if len(lacking) > 1:  # of one the adapter says it itself
        raise SettingsError(f"the environment variables {', '.join(f'`{name}`' for name in lacking)} aren't set")
    adapter = found.build(entry.name, entry.settings, _around(operator, helping or Helping()))
    unserved = sorted(set(entry.channels) - adapter.channels)
    if unserved:
        raise SettingsError(f"`{entry.uses}` can't serve {', '.join(f'`{name}`' for name in unserved)}")
    return adapter


def _folder(path: Path, operator: Operator, helping: Helping) -> Adapter:
    """The folder adapter that serves whatever nobody else does."""
    found = kind("folder")
    if found is None:
        raise SettingsError("the package's own adapters aren't installed; install it again")
    findings = Findings()
    node = map_at("the command line", 1, 1)
    node["path"] = text_at(str(path.absolute()), node.position)
    settings = check_model(found.settings, node, findings, "the folder")
    if settings is None:
        raise SettingsError(f"`{path}` can't be a folder of messages")
    return found.build("folder", settings, _around(operator, helping))


def _around(operator: Operator, helping: Helping) -> Surroundings:
    return Surroundings(
        operator.folder, operator.live, operator.redirect_to, operator.sender, operator.payee, operator.documents,
        operator.documents.portfolio, helping,
    )  # fmt: skip
