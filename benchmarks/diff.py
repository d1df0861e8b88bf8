"""Comparing two policies on 100,000 invoices, against one plan of the same portfolio, in one run."""

import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.portfolio import AS_OF, ROOT, write_portfolio
from policy_engine.api import evaluate
from policy_engine.comparison.report import Wish, compare, report
from policy_engine.language.load import load_policy
from policy_engine.policy.resolved import Policy
from policy_engine.reporting.render import render
from policy_engine.snapshot.read import read_snapshot

INVOICES = 100_000
OTHER = "dunning: 1\npolicy: other\nversion: 2\nextends: pack:fr-b2b\nladders:\n  standard:\n    steps:\n      - {name: formal_notice, days: 33}\n"  # noqa: E501


def _policy(path: Path, day: date) -> Policy:
    policy = load_policy(path, as_of=day).policy
    assert policy is not None
    return policy


def _seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def main() -> None:
    """Print the ratio of a whole comparison, rendered as Markdown, to one plan; both without reading (target 2.5)."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        write_portfolio(folder, INVOICES)
        (folder / "other.yaml").write_text(OTHER, encoding="utf-8")
        old, new = _policy(ROOT / "policies" / "fr-b2b.yaml", AS_OF), _policy(folder / "other.yaml", AS_OF)
        snapshot = read_snapshot([folder], as_of=AS_OF, policy_currency="EUR").snapshot
        assert snapshot is not None
    wish = Wish("en", 5, names=False, texts=False, bounds=(), most_changed=None, file="other.yaml", version="")

    def whole() -> None:
        found = compare(old, new, evaluate(old, snapshot), evaluate(new, snapshot), snapshot)
        render(report(found, wish), "markdown")

    once = min(_seconds(lambda: evaluate(old, snapshot)) for _ in range(3))
    both = min(_seconds(whole) for _ in range(3))
    print(
        f"{INVOICES} invoices: one plan {once:.2f} s, the comparison {both:.2f} s, ratio {both / once:.2f} (target 2.5)"
    )


if __name__ == "__main__":
    main()
