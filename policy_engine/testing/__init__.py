"""Policy tests: YAML beside the policies that says what must happen, and whether every rule was tried.

`find_tests` and `load_suite` read test files, `run_suite` runs one, `Coverage` observes what was reached,
`snapshot_of` builds a snapshot from the few rows that matter. `policy_engine.testing.plugin` is the pytest plugin.
Nothing here reads a clock; nothing is loaded before it is used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from policy_engine.testing.coverage import Coverage as Coverage
    from policy_engine.testing.find import find_tests as find_tests
    from policy_engine.testing.from_python import snapshot_of as snapshot_of
    from policy_engine.testing.load import load_suite as load_suite
    from policy_engine.testing.run import run_suite as run_suite

_HOME = {
    "Coverage": "coverage",
    "find_tests": "find",
    "load_suite": "load",
    "run_suite": "run",
    "snapshot_of": "from_python",
}

__all__ = ["Coverage", "find_tests", "load_suite", "run_suite", "snapshot_of"]


def __getattr__(name: str) -> Any:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value
