"""A small policy, and tests of it written to a folder and run."""

from pathlib import Path

from policy_engine.testing.load import load_suite
from policy_engine.testing.policies import Policies
from policy_engine.testing.results import SuiteResult
from policy_engine.testing.run import Observer, Runner, run_suite

POLICY = """\
dunning: 1
policy: small
currency: EUR
segments:
  - {name: big, when: customer.category == "key_account", ladder: standard}
  - {name: others, ladder: standard}
ladders:
  standard:
    steps:
      - {name: first, stage: reminder, days: 3, channel: email, template: courtesy}
      - {name: second, stage: reminder, days: 12, channel: email, otherwise: letter}
      - name: formal
        stage: formal_notice
        days: 30
        channel: registered_letter
        charge: [lump_sum]
holds:
  - {name: disputed, when: invoice.disputed}
  - {name: insolvent, when: customer.insolvent, instead: declare_claim}
interventions:
  - {name: declare_claim, channel: task, deadline: {from: customer.insolvent_since, months: 2}}
contact: {max: 1, per_days: 7}
penalties:
  lump_sum: {kind: flat, amount: 40}
"""
HEAD = "dunning_test: 1\npolicy: small.yaml\nas_of: 2026-06-30\ntests:\n"


def run_text(
    folder: Path, tests: str, *, head: str = HEAD, observer: Observer | None = None, policy: str = POLICY
) -> SuiteResult:
    """The result of tests of the small policy; `tests` is what stands below `tests:`."""
    (folder / "small.yaml").write_text(policy, encoding="utf-8")
    path = folder / "small.test.yaml"
    path.write_text(head + tests, encoding="utf-8")
    return run_suite(load_suite(path), Runner(Policies(), observer))


def said(result: SuiteResult) -> list[str]:
    """Codes and sentences of everything that was found, file first."""
    found = [f"{item.code} {item.message}" for item in result.diagnostics]
    for case in result.cases:
        found += [f"{item.code} {item.message}" for item in case.diagnostics]
        found += [f"{item.code} {item.message}" for item in case.differences]
    return found
