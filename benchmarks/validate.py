"""A 5,000-line policy: `validate` against `yaml.compose` with the C loader, in one run."""

import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import yaml

from policy_engine.language.load import load_policy


def long_policy(lines: int = 5_000) -> str:
    """A policy of many segments and ladders, as a group with many countries and brands would write."""
    head = ["dunning: 1", "policy: long", "version: 1", "currency: EUR", "segments:"]
    ladders = ["ladders:"]
    number = 0
    while len(head) + len(ladders) < lines - 4:
        head += [
            f"  - name: s{number}",
            f'    when: customer.category == "c{number}" and customer.overdue > {100 + number}',
            f"    ladder: l{number % 190}",
            f"    credit_limit: {1000 + number}",
        ]
        if number < 190:
            ladders += [f"  l{number}:", "    steps:"]
            for step in range(3):
                ladders += [
                    f"      - name: step{step}",
                    "        stage: reminder",
                    f"        days: {10 * step + 3}",
                    "        channel: email",
                    "        otherwise: letter",
                    f"        when: invoice.outstanding >= {10 + number} and not invoice.factored",
                ]
        number += 1
    return "\n".join([*head, "  - name: rest", "    ladder: l0", *ladders]) + "\n"


def main() -> None:
    """Print medians in milliseconds and the ratio."""
    text = long_policy()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "long.yaml"
        path.write_text(text, encoding="utf-8")
        found = load_policy(path)
        assert found.policy is not None, [d.render() for d in found.diagnostics][:5]
        compose, validate = [], []
        for _ in range(7):
            start = time.perf_counter()
            yaml.compose(text, Loader=yaml.CSafeLoader)
            between = time.perf_counter()
            load_policy(path)
            compose.append(between - start)
            validate.append(time.perf_counter() - between)
    ours, theirs = median(validate) * 1000, median(compose) * 1000
    lines = text.count("\n")
    print(f"{lines} lines: validate {ours:.0f} ms, yaml.compose (C) {theirs:.0f} ms")
    print(f"  ratio {ours / theirs:.1f} (target 10)")


if __name__ == "__main__":
    main()
