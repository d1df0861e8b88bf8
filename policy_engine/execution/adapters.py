"""Which adapter delivers an action: the built-in folder, and what the operator's file names. Nothing else is loaded."""

import os
from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import entry_points
from pathlib import Path
from typing import TypeAlias

from policy_engine.execution.folder import FolderAdapter
from policy_engine.execution.job import Adapter
from policy_engine.execution.operator_file import AdapterEntry, Operator
from policy_engine.language.models.base import Channel
from policy_engine.values.diagnostics import did_you_mean

GROUP = "dunning.adapters"
"""The group of entry points. One is a callable: `(name, settings) -> Adapter`; it raises `SettingsError`."""
CHANNELS: tuple[str, ...] = Channel.__args__  # type: ignore[attr-defined]
Build: TypeAlias = Callable[[str, Mapping[str, str]], Adapter]


class SettingsError(ValueError):
    """Settings that an adapter can't work with; one line says why."""


class Adapters:
    """The adapters of a run, and who serves what.

    Args:
        operator: the operator's file.
        folder: where the folder adapter writes when the file doesn't say.

    Raises:
        SettingsError: an adapter isn't installed, or can't work with its settings; all of them are in the text.
    """

    def __init__(self, operator: Operator, folder: Path) -> None:
        self._by_name: dict[str, Adapter] = {}
        self._by_channel: dict[str, Adapter] = {}
        self.redirect_to = operator.redirect_to
        self.default: Adapter = FolderAdapter("folder", folder)
        mistakes = []
        for entry in operator.adapters:
            try:
                adapter = build(entry, operator)
            except SettingsError as error:
                mistakes.append(f"the adapter `{entry.name}`: {error}")
                continue
            if adapter.real and not operator.live:
                continue  # nothing real leaves: its channels go to the folder
            self._by_name[entry.name] = adapter
            if isinstance(adapter, FolderAdapter) and not entry.channels:
                self.default = adapter
            for channel in entry.channels:
                self._by_channel.setdefault(channel, adapter)
        if mistakes:
            raise SettingsError("\n".join(mistakes))

    def serving(self, channel: str, wanted: str | None) -> Adapter:
        """The adapter of an action: the one that its step names, else its channel's, else the folder."""
        if wanted is not None and wanted in self._by_name:
            return self._by_name[wanted]
        return self._by_channel.get(channel, self.default)

    def divided(self, channel: str, also: Iterable[str], wanted: str | None) -> bool:
        """Whether the carriers of one message belong to different adapters."""
        first = self.serving(channel, wanted)
        return any(self.serving(other, wanted) is not first for other in also)

    def by_name(self, name: str | None) -> Adapter | None:
        """The adapter that the ledger calls so, None when it isn't enabled (any more)."""
        return next((adapter for adapter in self.all() if adapter.name == name), None)

    def all(self) -> tuple[Adapter, ...]:
        """Every adapter of the run, the folder last."""
        found = list(self._by_name.values())
        return tuple(found if self.default in found else [*found, self.default])

    def close(self) -> None:
        """The run is over."""
        for adapter in self.all():
            adapter.close()


def build(entry: AdapterEntry, operator: Operator) -> Adapter:
    """The adapter of an entry of the operator's file, with its secrets.

    Raises:
        SettingsError: it isn't installed, or can't work with its settings.
    """
    settings = {name: _secret(value) for name, value in entry.settings.items()}
    if entry.uses == "folder":
        adapter: Adapter = _folder(entry.name, settings, operator.folder)
    else:
        adapter = _installed(entry.uses)(entry.name, settings)
    unserved = sorted(set(entry.channels) - adapter.channels)
    if unserved:
        raise SettingsError(f"`{entry.uses}` can't serve {', '.join(f'`{name}`' for name in unserved)}")
    return adapter


def _secret(value: str) -> str:
    """A setting, or the environment variable that it names."""
    if not value.startswith("env:"):
        return value
    found = os.environ.get(value.removeprefix("env:"))
    if found is None:
        raise SettingsError(f"the environment variable `{value.removeprefix('env:')}` isn't set")
    return found


def _folder(name: str, settings: Mapping[str, str], beside: Path) -> FolderAdapter:
    unknown = sorted(set(settings) - {"path"})
    if unknown:
        raise SettingsError(f"`{unknown[0]}` is no setting of `folder`; it has `path`")
    if "path" not in settings:
        raise SettingsError("`folder` needs `path`: where to write")
    return FolderAdapter(name, beside / settings["path"])


def _installed(uses: str) -> Build:
    known = entry_points(group=GROUP)
    found = next((entry for entry in known if entry.name == uses), None)
    if found is None:
        hint = did_you_mean(uses, ["folder", *(entry.name for entry in known)])
        raise SettingsError(f"no adapter is called `{uses}`; {hint or 'install the package that brings it'}")
    loaded: Build = found.load()
    return loaded
