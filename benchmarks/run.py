"""`make bench`: every benchmark, one after the other. Figures and ratios of one run; nothing is asserted about time."""

from pathlib import Path
from sys import path

path.insert(0, str(Path(__file__).parents[1]))

from benchmarks import (  # the path comes first
    analysis,
    decision,
    diff,
    execution,
    letters,
    loading,
    policy_tests,
    portfolio,
    rules,
    simulation,
    startup,
    validate,
)
from policy_engine.cli.memory import hold_collector


def main() -> None:
    """Run them all. The last six run as commands do: with the cyclic collector held back."""
    for module in (startup, rules, decision, validate, analysis, loading):
        print(f"\n== {module.__name__.rpartition('.')[2]}: {(module.__doc__ or '').splitlines()[0]}")
        module.main()
    hold_collector()
    for module in (policy_tests, portfolio, diff, simulation, execution, letters):
        print(f"\n== {module.__name__.rpartition('.')[2]}: {(module.__doc__ or '').splitlines()[0]}")
        module.main()


if __name__ == "__main__":
    main()
