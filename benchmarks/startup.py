"""How long `import policy_engine` and `dunning --help` take, as ratios to bare imports in the same run."""

import subprocess
import sys
import time
from statistics import median


def _median_ms(*command: str, runs: int = 15) -> float:
    found = []
    for _ in range(runs):
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        found.append(time.perf_counter() - start)
    return median(found) * 1000


def main() -> None:
    """Print medians in milliseconds and the ratios."""
    bare = _median_ms(sys.executable, "-c", "pass")
    yardstick = _median_ms(sys.executable, "-c", "import pydantic, yaml")
    ours = _median_ms(sys.executable, "-c", "import policy_engine")
    loading = _median_ms(sys.executable, "-c", "import policy_engine; policy_engine.load_policy")
    helping = _median_ms(sys.executable, "cli.py", "--help")
    print(f"bare interpreter {bare:.0f} ms, import pydantic, yaml {yardstick:.0f} ms")
    print(f"  import policy_engine            {ours:.0f} ms, ratio {ours / yardstick:.2f} (target 1.3)")
    print(f"  ... and load_policy reached for {loading:.0f} ms, ratio {loading / yardstick:.2f}")
    print(f"  dunning --help                  {helping:.0f} ms (target 300)")


if __name__ == "__main__":
    main()
