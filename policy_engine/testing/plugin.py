"""The pytest plugin: files called `*.test.yaml` are collected, each test of theirs is an item; fixtures beside them.

Installed with the package (entry point `pytest11`); `pytest -p no:dunning` leaves it out. Nothing of the engine is
loaded before a test file is met or a fixture is used.
"""

from collections.abc import Callable, Iterable
from datetime import date
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from policy_engine.policy.resolved import Policy
    from policy_engine.snapshot.model import Snapshot
    from policy_engine.testing.load import Suite
    from policy_engine.testing.model import CaseSyntax
    from policy_engine.testing.results import CaseResult

SUFFIX = ".test.yaml"


class PolicyTestFailure(Exception):  # noqa: N818 - pytest shows the name of what was raised
    """A policy test that failed or couldn't be run; the text says everything."""


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> "PolicyTestFile | None":
    """A file of policy tests."""
    if not file_path.name.endswith(SUFFIX):
        return None
    found: PolicyTestFile = PolicyTestFile.from_parent(parent, path=file_path)
    return found


class PolicyTestFile(pytest.File):
    """A file of policy tests."""

    def collect(self) -> Iterable["PolicyTestItem"]:
        """One item a test.

        Raises:
            CollectError: the file or its policy can't be used.
        """
        from policy_engine.testing.load import load_suite
        from policy_engine.testing.policies import Policies
        from policy_engine.testing.run import Runner, policy_findings
        from policy_engine.values.text import inert

        loaded = load_suite(self._shown())
        runner = self.config.stash.get(_RUNNER, None)
        if runner is None:
            runner = self.config.stash[_RUNNER] = Runner(Policies())
        wrong = loaded.diagnostics if loaded.suite is None else policy_findings(loaded.suite, runner)
        if loaded.suite is None or wrong:
            raise self.CollectError("\n".join(found.render() for found in wrong))
        for case in loaded.suite.syntax.tests:
            yield PolicyTestItem.from_parent(self, name=inert(str(case.name)), suite=loaded.suite, case=case)

    def _shown(self) -> Path:
        """The path from where pytest was started, as people type it."""
        here = self.config.invocation_params.dir
        return self.path.relative_to(here) if self.path.is_relative_to(here) and Path.cwd() == here else self.path


class PolicyTestItem(pytest.Item):
    """One policy test."""

    def __init__(self, *, suite: "Suite", case: "CaseSyntax", **more: Any) -> None:
        super().__init__(**more)
        self._suite = suite
        self._case = case

    def runtest(self) -> None:
        """Run it.

        Raises:
            PolicyTestFailure: it failed, or can't be run.
        """
        from policy_engine.testing.run import run_case

        result = run_case(self._suite, self._case, self.config.stash[_RUNNER])
        if result.status != "passed":
            raise PolicyTestFailure(_told(result))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The differences and the explanation, no traceback."""
        if isinstance(excinfo.value, PolicyTestFailure):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[PathLike[str] | str, int | None, str]:
        """Where the test stands."""
        return self.path, self._case.name.line - 1, self.name


_RUNNER: pytest.StashKey[Any] = pytest.StashKey()


def _told(result: "CaseResult") -> str:
    from policy_engine.reporting.as_text import text_lines
    from policy_engine.testing.report import tests_report
    from policy_engine.testing.results import SuiteResult

    report = tests_report([SuiteResult(result.position.file, "", (result,))], (), None, "")
    return "\n".join(text_lines(report))


@pytest.fixture
def dunning_policy() -> "Callable[[str | PathLike[str]], Policy]":
    """Loads a policy: `dunning_policy("policies/acme.yaml")`, `dunning_policy("pack:fr-b2b")`."""
    from policy_engine.language.load import load_policy

    def load(path: str | PathLike[str]) -> "Policy":
        loaded = load_policy(Path(path))
        if loaded.policy is None:
            pytest.fail("\n".join(found.render() for found in loaded.diagnostics), pytrace=False)
        return loaded.policy

    return load


@pytest.fixture
def dunning_snapshot() -> "Callable[..., Snapshot]":
    """Builds a snapshot of the rows that matter: `dunning_snapshot(policy, as_of, invoice={"days_late": 30})`."""
    from policy_engine.testing.from_python import snapshot_of

    def build(policy: "Policy", as_of: date, **tables: Any) -> "Snapshot":
        return snapshot_of(policy, as_of, **tables)

    return build
