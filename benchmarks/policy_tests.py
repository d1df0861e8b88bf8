"""1,000 policy tests in one process against 1,000 starts of the interpreter, as a ratio; the target is 20.

A start is `python -c pass` and imports nothing: the least that a runner with a process a test could do. Beside it, as
what such a runner would really start, `import policy_engine.api, click, yaml, pydantic`. The tests are measured as a
command runs them, with the cyclic collector held back.
"""

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from policy_engine.cli.memory import hold_collector
from policy_engine.testing.load import load_suite
from policy_engine.testing.policies import Policies
from policy_engine.testing.run import Runner, run_suite

TESTS = 1_000
STARTS = 40


def suite_text(tests: int) -> str:
    """Tests of the French pack as people write them: a customer, an invoice, an action, an outcome."""
    parts = ["dunning_test: 1\npolicy: pack:fr-b2b\nas_of: 2026-06-30\ntests:\n"]
    for number in range(tests):
        amount = 100 + number
        parts.append(
            f"  - name: key account {number}\n"
            f"    given: {{customer: {{category: key_account}}, invoice: {{days_late: {7 + number % 5},"
            f" amount: {amount}}}}}\n"
            "    expect:\n"
            "      outcomes: {F-1: acted/demanded}\n"
            f"      actions: [{{step: courtesy_reminder, channel: email, demanded: [F-1], total: {amount}}}]\n"
        )
    return "".join(parts)


def _start(code: str) -> float:
    """Processor seconds of a start: a busy machine lengthens starts and tests alike, but not by the same share."""
    before = _children()
    for _ in range(STARTS):
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    return (_children() - before) / STARTS


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _tests(path: Path) -> float:
    start = time.process_time()
    result = run_suite(load_suite(path), Runner(Policies()))
    took = time.process_time() - start
    if result.count("passed") != TESTS:
        raise SystemExit(f"{result.count('passed')} of {TESTS} passed: {result.diagnostics[:3]}")
    return took


def main() -> None:
    """Print processor seconds and ratios; the tests are timed from reading the file on, policy included."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "many.test.yaml"
        path.write_text(suite_text(TESTS), encoding="utf-8")
        runs = sorted(_tests(path) for _ in range(5))
    bare = _start("pass") * TESTS
    loaded = _start("import policy_engine.api, click, yaml, pydantic") * TESTS
    took = runs[len(runs) // 2]
    print(f"{TESTS} tests in one process {took:.2f} s, {took * 1_000_000 / TESTS:.0f} us a test")
    print(f"  {TESTS} bare starts of the interpreter {bare:.1f} s, ratio {bare / took:.1f} (target 20)")
    print(f"  ... with the libraries that a command imports {loaded:.1f} s, ratio {loaded / took:.1f}")


if __name__ == "__main__":
    hold_collector()
    main()
