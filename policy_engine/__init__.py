"""Dunning policy as code: a policy and a snapshot of the receivables become a deterministic, explained action plan.

    import policy_engine as pe

    policy = pe.load_policy("policies/fr-b2b.yaml")
    snapshot = pe.read_snapshot("examples/portfolio", policy=policy)
    plan = pe.evaluate(policy, snapshot)

Everything public is here, frozen where it is a value, and safe to share between threads. Nothing is loaded before it
is used: `import policy_engine` costs next to nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from policy_engine.api import PolicyError as PolicyError
    from policy_engine.api import SnapshotError as SnapshotError
    from policy_engine.api import decide as decide
    from policy_engine.api import evaluate as evaluate
    from policy_engine.api import explain as explain
    from policy_engine.api import families as families
    from policy_engine.api import load_policy as load_policy
    from policy_engine.api import read_snapshot as read_snapshot
    from policy_engine.plan.canonical import write_plan as write_plan
    from policy_engine.plan.model import Plan as Plan
    from policy_engine.policy.resolved import Policy as Policy
    from policy_engine.snapshot.model import Snapshot as Snapshot
    from policy_engine.values.diagnostics import Diagnostic as Diagnostic

__version__ = "0.1.0"

_HOME = {
    "Diagnostic": "values.diagnostics",
    "Plan": "plan.model",
    "Policy": "policy.resolved",
    "PolicyError": "api",
    "Snapshot": "snapshot.model",
    "SnapshotError": "api",
    "decide": "api",
    "evaluate": "api",
    "explain": "api",
    "families": "api",
    "load_policy": "api",
    "read_snapshot": "api",
    "write_plan": "plan.canonical",
}
"""Where each public name lives, loaded when it is first asked for."""

__all__ = [
    "Diagnostic",
    "Plan",
    "Policy",
    "PolicyError",
    "Snapshot",
    "SnapshotError",
    "__version__",
    "decide",
    "evaluate",
    "explain",
    "families",
    "load_policy",
    "read_snapshot",
    "write_plan",
]


def __getattr__(name: str) -> Any:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
