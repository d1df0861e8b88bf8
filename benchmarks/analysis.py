"""`validate` with full analysis against loading alone: 50 segments with a ladder of 10 steps each, in one run."""

import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from policy_engine.analysis.report import judge
from policy_engine.language.load import load_policy

AS_OF = date(2026, 6, 30)
_STAGES = ("reminder",) * 4 + ("call",) * 2 + ("formal_notice", "agency", "agency", "legal")
_CHANNELS = ("email", "letter", "email", "letter", "call", "call", "registered_letter", "placement", "task", "task")


def wide_policy(segments: int = 50, *, bugs: int = 0) -> str:
    """A policy of many segments, each with a ladder of its own; the first `bugs` ladders end before anybody calls.

    Conditions read six facts of the customer and four of the invoice.
    """
    head = [
        "dunning: 1", "policy: wide", "currency: EUR",
        "contact: {max: 1, per_days: 7, channels: [email, letter, call]}",
        "facts:",
        "  slow_payer: customer.average_days_late > 30 and customer.paid_invoices >= 3",
        "holds:",
        "  - {name: insolvency, when: customer.insolvent}",
        "  - {name: disputed, when: invoice.disputed}",
        "  - {name: promised, when: invoice.promise_active}",
        "  - {name: factored, when: invoice.factored}",
        "segments:",
        '  - {name: not_covered, when: customer.kind != "business", ladder: none}',
    ]  # fmt: skip
    ladders = ["ladders:"]
    for number in range(segments):
        more = (" and slow_payer", " and customer.broken_promises >= 2", "")[number % 3]
        head.append(
            f"  - {{name: s{number}, when: 'customer.category == \"c{number}\"{more}', "
            f"ladder: l{number}, credit_limit: {1000 + number}}}"
        )
        ladders += [f"  l{number}:", "    steps:"]
        for step in range(6 if number < bugs else 10):
            channel = "email" if number < bugs else _CHANNELS[step]
            ladders.append(
                f"      - {{name: step{step}, stage: {_STAGES[step] if number >= bugs else 'reminder'}, "
                f"days: {9 * step + 3}, channel: {channel}"
                + (f", when: invoice.outstanding >= {100 * step + number}}}" if step in {2, 4, 7} else "}")
            )
    return "\n".join([*head, "  - {name: rest, ladder: l0, credit_limit: 0}", *ladders]) + "\n"


def main() -> None:
    """Print medians in milliseconds and the ratio, for a policy without findings and for one with many."""
    for bugs in (0, 10):
        with TemporaryDirectory() as folder:
            path = Path(folder) / "wide.yaml"
            path.write_text(wide_policy(bugs=bugs), encoding="utf-8")
            found = judge(load_policy(path, as_of=AS_OF), AS_OF)
            load, whole = [], []
            for _ in range(7):
                load.append(_timed(lambda: load_policy(path, as_of=AS_OF)))  # noqa: B023 - called at once
                whole.append(_timed(lambda: judge(load_policy(path, as_of=AS_OF), AS_OF)))  # noqa: B023
        alone, both = median(load) * 1000, median(whole) * 1000
        print(f"{len(found)} findings: loading {alone:.0f} ms, with full analysis {both:.0f} ms")
        print(f"  ratio {both / alone:.1f} (target 10)")


def _timed(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
