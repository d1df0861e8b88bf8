"""180 simulated days of the sample portfolio: days x customers a second, and as a multiple of one plan."""

import time
from pathlib import Path

import policy_engine as pe
from policy_engine.simulation.scenario_check import check_scenario
from policy_engine.simulation.scenario_load import load_scenario
from policy_engine.simulation.study import study

ROOT = Path(__file__).parents[1]
DAYS = 180


def main() -> None:
    policy = pe.load_policy(ROOT / "policies/fr-b2b.yaml")
    snapshot = pe.read_snapshot(ROOT / "examples/portfolio", policy=policy)
    customers = len(snapshot.accounts)
    one = min(_timed(lambda: pe.evaluate(policy, snapshot)) for _ in range(5))
    print(f"one plan over {customers} customers: {one * 1000:.0f} ms")
    for path in sorted((ROOT / "examples/scenarios").glob("*.yaml")):
        scenario = check_scenario(load_scenario(path), [policy], snapshot, days=DAYS)
        assert scenario is not None
        taken = _timed(lambda found=scenario: study([policy], [snapshot], found, overrides=("all",)))
        print(
            f"{path.stem:22} {DAYS} days in {taken:5.2f} s: {DAYS * customers / taken:,.0f} days x customers a second,"
            f" {taken / one:.0f} plans ({taken / one / DAYS:.2f} a day)"
        )


def _timed(run) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
