"""The policies that tests name, each loaded once."""

import os
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from policy_engine.language.files import PACK
from policy_engine.language.load import load_policy
from policy_engine.policy.resolved import Policy
from policy_engine.rates import RateTable
from policy_engine.testing.load import Suite
from policy_engine.values.diagnostics import Diagnostic


class Policies:
    """Loads and remembers. `instead` is tested in the place of whatever the test files name.

    A file's `effective` dates are not judged: a test may look at any day. Of a folder of versions the one in force on
    the day of the test is used.
    """

    def __init__(self, *, instead: Path | None = None, rates: Mapping[str, RateTable] | None = None) -> None:
        self._instead = instead
        self._rates = rates
        self._places: dict[str, tuple[Path, bool]] = {}
        self._known: dict[tuple[str, date | None], tuple[Policy | None, tuple[Diagnostic, ...]]] = {}

    def path(self, suite: Suite) -> Path:
        """The policy that a file of tests is about."""
        if self._instead is not None:
            return self._instead
        named = str(suite.syntax.policy)
        if named.startswith(PACK):
            return Path(named)
        return Path(os.path.normpath(suite.path.parent / named))

    def _place(self, suite: Suite) -> tuple[Path, bool]:
        """The policy's path, and whether it is a folder of versions; looked up once for each file of tests."""
        found = self._places.get(suite.shown)
        if found is None:
            path = self.path(suite)
            found = self._places[suite.shown] = (path, path.is_dir())
        return found

    def of(self, suite: Suite, day: date | None) -> tuple[Policy | None, tuple[Diagnostic, ...]]:
        """The policy in force, or None and what is wrong with it."""
        path, folder = self._place(suite)
        key = (str(path), day if folder else None)
        found = self._known.get(key)
        if found is None:
            loaded = load_policy(path, as_of=key[1], rates=self._rates)
            errors = tuple(item for item in loaded.diagnostics if item.severity == "error")
            found = self._known[key] = (loaded.policy, errors)
        return found
