"""A policy as a whole: what is resolved, inherited, chosen, refused."""

from datetime import date
from pathlib import Path

import pytest

from policy_engine.language.load import LoadResult, load_policy
from policy_engine.policy.resolved import (
    Approval,
    DatedAmount,
    FlatPenalty,
    InterestPenalty,
    Minimum,
    Policy,
    ReferenceRate,
    Repeat,
    Step,
)

HEAD = "dunning: 1\npolicy: acme\ncurrency: EUR\n"
SEGMENTS = "segments:\n  - {name: everybody, ladder: standard}\n"
LADDERS = """ladders:
  standard:
    minimum: {customer: 7.5}
    steps:
      - {name: courtesy, stage: reminder, days: 5, channel: email}
      - {name: second, stage: reminder, days: 15, channel: email, charge: [lump]}
      - {name: notice, stage: formal_notice, days: 30, channel: letter}
      - {name: agency, stage: agency, days: 60, channel: placement, charge: []}
  firm:
    extends: standard
    progression: jump
    steps:
      - {name: second, remove: true}
      - {name: notice, days: 20, approval: {role: boss, people: 2}}
      - {name: call, after: courtesy, stage: call, months: 1, channel: call, charge: [lump, lump]}
penalties:
  lump: {kind: flat, amount: 40}
"""


def load(tmp_path: Path, text: str, as_of: date | None = None, **others: str) -> LoadResult:
    for name, other in others.items():
        (tmp_path / f"{name}.yaml").write_text(other, encoding="utf-8")
    path = tmp_path / "policy.yaml"
    path.write_text(text, encoding="utf-8")
    return load_policy(path, as_of=as_of)


def good(result: LoadResult) -> Policy:
    assert result.policy is not None, "\n".join(d.render() for d in result.diagnostics)
    return result.policy


def steps(policy: Policy, ladder: str) -> dict[str, Step]:
    return {step.name: step for step in policy.ladder(ladder).steps}


def test_defaults_units_and_inheritance_within_a_file(tmp_path: Path) -> None:
    policy = good(load(tmp_path, HEAD + "minimum: {item: 10, customer: 50}\n" + SEGMENTS + LADDERS))
    assert policy.minimum == Minimum(1000, 5000)
    assert policy.ladder("standard").minimum == Minimum(1000, 750)
    assert policy.stages[3] == "formal_notice"
    standard, firm = steps(policy, "standard"), steps(policy, "firm")
    assert list(firm) == ["courtesy", "call", "notice", "agency"]
    assert [step.index for step in firm.values()] == [0, 1, 2, 3]
    assert {name: step.charges for name, step in standard.items()} == {
        "courtesy": (),
        "second": ("lump",),
        "notice": ("lump",),
        "agency": (),
    }
    assert firm["call"].charges == ("lump",)
    assert (firm["call"].days, firm["call"].months) == (None, 1)
    assert firm["notice"].charges == ("lump",)
    assert standard["notice"].approval == Approval("credit_manager", 1, None)
    assert firm["notice"].approval == Approval("boss", 2, None)
    assert standard["courtesy"].approval is None
    assert (firm["notice"].days, firm["notice"].after_previous, firm["notice"].channel) == (20, 7, "letter")
    assert policy.ladder("firm").progression == "jump"
    assert firm["notice"].position.line > standard["notice"].position.line
    assert policy.segments[0].ladder == "standard"
    assert policy.calendar.weekend == frozenset({5, 6})


def test_a_ladder_laid_over_one_that_is_laid_over_another_file(tmp_path: Path) -> None:
    """What the overlay changes in `standard` reaches `firm`, which extends it."""
    over = """dunning: 1
policy: mine
version: 7
extends: base.yaml
ladders:
  standard:
    steps:
      - {name: notice, template: ours, days: 40}
      - {name: letter, before: agency, stage: formal_notice, days: 50, channel: letter}
  firm:
    steps:
      - {name: last_call, after: letter, stage: formal_notice, days: 55, channel: letter}
"""
    policy = good(load(tmp_path, over, base=HEAD + "version: 3\neffective: {from: 2020-01-01}\n" + SEGMENTS + LADDERS))
    assert (policy.name, policy.version, policy.effective_from) == ("mine", 7, None)
    assert list(steps(policy, "standard")) == ["courtesy", "second", "notice", "letter", "agency"]
    firm = steps(policy, "firm")
    assert list(firm) == ["courtesy", "call", "notice", "letter", "last_call", "agency"]
    assert (firm["notice"].days, firm["notice"].template) == (20, "ours")
    assert firm["notice"].position.file.endswith("base.yaml")
    assert steps(policy, "standard")["notice"].position.file.endswith("policy.yaml")


def test_new_items_keep_the_order_in_which_they_are_written(tmp_path: Path) -> None:
    over = """dunning: 1
policy: mine
extends: base.yaml
segments:
  - {name: a, when: customer.insolvent, ladder: none, before: everybody}
  - {name: b, when: customer.insolvent, ladder: none, before: everybody}
  - {name: c, when: customer.insolvent, ladder: none, after: a}
  - {name: d, when: customer.insolvent, ladder: none, after: a}
"""
    policy = good(load(tmp_path, over, base=HEAD + SEGMENTS + LADDERS))
    assert [segment.name for segment in policy.segments] == ["a", "c", "d", "b", "everybody"]


def test_an_overlay_gives_the_other_of_two_keys(tmp_path: Path) -> None:
    base = (
        HEAD
        + SEGMENTS
        + LADDERS
        + "  i: {kind: interest, rate: {contract: customer.contract_rate, otherwise: {reference: ecb_mro}}}\n"
        + "  j: {kind: interest, rate: {annual: 5}}\n"
    )
    over = """dunning: 1
policy: mine
extends: base.yaml
ladders: {standard: {steps: [{name: courtesy, months: 1}, {name: second, remove: true}]}, firm: {steps: []}}
penalties:
  i: {rate: {annual: 8}}
  j: {kind: flat, amount: 12.34}
"""
    policy = good(load(tmp_path, over, base=base.replace("      - {name: second, remove: true}\n", "")))
    step = steps(policy, "standard")["courtesy"]
    assert (step.days, step.months) == (None, 1)
    lump, interest, flat = policy.penalties
    assert isinstance(lump, FlatPenalty)
    assert isinstance(interest, InterestPenalty)
    assert (interest.annual, interest.contract, interest.otherwise) == (80_000, None, None)
    assert isinstance(flat, FlatPenalty)
    assert flat.amounts == (DatedAmount(None, 1234, None),)


def test_a_policy_extends_a_pack(tmp_path: Path) -> None:
    policy = good(load(tmp_path, "dunning: 1\npolicy: mine\nextends: pack:fr-b2b\nminimum: {item: 20}\n"))
    assert policy.minimum == Minimum(2000, 2500)
    assert policy.holds[0].position.file == "pack:fr-b2b"


def test_paths_stay_in_the_folder(tmp_path: Path) -> None:
    outside = tmp_path / "secret.yaml"
    outside.write_text(HEAD + SEGMENTS + LADDERS, encoding="utf-8")
    folder = tmp_path / "root"
    (folder / "common").mkdir(parents=True)
    (folder / "link.yaml").symlink_to(outside)
    (folder / "common" / "base.yaml").write_text(HEAD + SEGMENTS + LADDERS, encoding="utf-8")
    for path, code in {
        "link.yaml": "DUN015",
        "../secret.yaml": "DUN015",
        "common/../../secret.yaml": "DUN015",
        str(outside): "DUN015",
        "~/secret.yaml": "DUN015",
        "file:///etc/passwd": "DUN001",
        "common": "DUN001",
        "x" * 290: "DUN001",
    }.items():
        found = load(folder, f"dunning: 1\npolicy: mine\nextends: {path}\n").diagnostics
        assert [d.code for d in found] == [code], path
    assert load(folder, "dunning: 1\npolicy: mine\nextends: common/base.yaml\n").ok
    assert load(folder, "dunning: 1\npolicy: mine\nextends: common/../common/base.yaml\n").ok


def test_penalties_in_their_units(tmp_path: Path) -> None:
    text = """penalties:
  late:
    kind: interest
    reference: C. com. art. L441-10 II
    when: customer.kind == "business"
    rate:
      contract: customer.contract_rate
      floor: {reference: fr_legal_interest, times: 3}
      otherwise: {reference: ecb_mro, plus: 10.25}
  lump:
    kind: flat
    amount: [{value: 30}, {from: 2013-01-01, value: 40, reference: D441-5}]
"""
    policy = good(load(tmp_path, HEAD + SEGMENTS + LADDERS.split("penalties:", maxsplit=1)[0] + text))
    late, lump = policy.penalties
    assert isinstance(late, InterestPenalty)
    assert late.floor == ReferenceRate("fr_legal_interest", 3, 0)
    assert late.otherwise == ReferenceRate("ecb_mro", 1, 102_500)
    assert late.contract is not None
    assert late.contract.type == "percent"
    assert late.reference == "C. com. art. L441-10 II"
    assert isinstance(lump, FlatPenalty)
    assert lump.amounts == (DatedAmount(None, 3000, None), DatedAmount(date(2013, 1, 1), 4000, "D441-5"))
    assert [table.name for table in policy.rates] == ["ecb_mro", "fr_legal_interest"]


def test_amounts_follow_the_currency(tmp_path: Path) -> None:
    yen = HEAD.replace("EUR", "JPY") + "minimum: {item: 500}\n" + SEGMENTS + LADDERS.replace("7.5", "7")
    assert good(load(tmp_path, yen)).minimum == Minimum(500, 0)
    assert [d.code for d in load(tmp_path, yen.replace("500", "500.5")).diagnostics] == ["DUN107"]


def test_facts_come_in_an_order_that_can_be_computed(tmp_path: Path) -> None:
    facts = """facts:
  third: second or first
  second: first and customer.overdue > 5
  first: customer.insolvent
  late: invoice.days_late > 3
  later: late and second
  words: customer.category == "first"
  since: customer.insolvent_since
"""
    policy = good(load(tmp_path, HEAD + facts + SEGMENTS + LADDERS))
    order = [fact.name for fact in policy.facts]
    assert order.index("first") < order.index("second") < order.index("third")
    assert {fact.name: fact.level for fact in policy.facts if fact.level == "invoice"} == {
        "late": "invoice",
        "later": "invoice",
    }
    assert {fact.name for fact in policy.facts if fact.nullable} == {"since"}


def test_public_holidays_and_own_closed_days(tmp_path: Path) -> None:
    calendar = "calendar: {country: FR, closed: [2026-12-24], weekend: [sun], adjust: none}\n"
    found = good(load(tmp_path, HEAD + calendar + SEGMENTS + LADDERS)).calendar
    assert {date(2026, 12, 24), date(2026, 12, 25), date(2026, 5, 8), date(2099, 7, 14)} <= found.closed
    assert date(2026, 12, 26) not in found.closed
    assert (found.country, found.weekend, found.adjust) == ("FR", frozenset({6}), "none")
    moselle = calendar.replace("country: FR", "country: FR, subdivision: Moselle")
    assert date(2026, 12, 26) in good(load(tmp_path, HEAD + moselle + SEGMENTS + LADDERS)).calendar.closed
    alone = good(load(tmp_path, HEAD + SEGMENTS + LADDERS)).calendar
    assert (alone.country, alone.closed, alone.adjust) == (None, frozenset(), "next_business_day")


def test_onboarding_repeat_and_the_rest(tmp_path: Path) -> None:
    text = """onboarding: {date: 2026-07-01, entry: {90: formal_notice, 30: reminder}}
safeguards: {bank_lag: 2, all: {max_share: 0.5}, steps: {notice: {max: 3, max_share: 0.125}}}
contact: {max: 1, per_days: 7}
capacity: [{name: calls, channel: call, per_day: 40, priority: customer.overdue}]
"""
    policy = good(
        load(
            tmp_path,
            HEAD + text + SEGMENTS + LADDERS.replace("days: 15,", "days: 15, repeat: {months: 2},"),
        )
    )
    assert policy.onboarding is not None
    assert policy.onboarding.entry == ((30, "reminder"), (90, "formal_notice"))
    assert steps(policy, "standard")["second"].repeat == Repeat(None, 2, None)
    assert policy.safeguards.all is not None
    assert (policy.safeguards.all.max, policy.safeguards.all.max_share) == (None, 500_000)
    assert policy.safeguards.steps[0][1].max_share == 125_000
    assert policy.contact is not None
    assert policy.contact.channels == frozenset({"email", "letter", "registered_letter", "call"})
    assert policy.capacity[0].priority is not None


def test_the_digest_is_of_the_meaning(tmp_path: Path) -> None:
    text = HEAD + "grace: 1\n" + SEGMENTS + LADDERS
    digest = good(load(tmp_path, text)).digest
    assert len(digest) == 64
    commented = "# a remark\n" + text.replace("grace: 1", "grace:   1   # a day")
    assert good(load(tmp_path, commented)).digest == digest
    assert good(load(tmp_path, text.replace("grace: 1", "grace: 2"))).digest != digest
    assert (
        good(load(tmp_path, text.replace("lump: {kind: flat, amount: 40}", "lump: {kind: flat, amount: 40.01}"))).digest
        != digest
    )
    again = tmp_path / "elsewhere"
    again.mkdir()
    assert good(load(again, text)).digest == digest


def test_what_is_resolved_loads_again_to_the_same(tmp_path: Path) -> None:
    result = load(tmp_path, "dunning: 1\npolicy: mine\nextends: pack:fr-b2b\nminimum: {item: 20}\n")
    text = result.resolved_text()
    assert text is not None
    assert "# pack:fr-b2b:" in text
    assert good(load(tmp_path, text)).digest == good(result).digest


def test_versions_of_a_folder(tmp_path: Path) -> None:
    text = HEAD + SEGMENTS + LADDERS
    (tmp_path / "2025.yaml").write_text(text + "effective: {from: 2025-01-01, to: 2025-12-31}\n", encoding="utf-8")
    (tmp_path / "2026.yaml").write_text(text + "version: 2\neffective: {from: 2026-01-01}\n", encoding="utf-8")
    assert good(load_policy(tmp_path, as_of=date(2025, 12, 31))).version == 1
    assert good(load_policy(tmp_path, as_of=date(2026, 1, 1))).version == 2
    assert good(load_policy(tmp_path)).version == 2
    assert [d.code for d in load_policy(tmp_path, as_of=date(2024, 12, 31)).diagnostics] == ["DUN017"]


@pytest.mark.parametrize(
    ("as_of", "codes"),
    [
        (None, []),
        (date(2026, 10, 30), []),
        (date(2026, 12, 1), []),
        (date(2026, 12, 2), ["DUN403"]),
        (date(2026, 12, 31), ["DUN403"]),
        (date(2027, 1, 1), ["DUN403"]),
        (date(2030, 1, 1), ["DUN403"]),
    ],
)
def test_rates_that_end_are_said_thirty_days_ahead(tmp_path: Path, as_of: date | None, codes: list[str]) -> None:
    text = LADDERS + "  late: {kind: interest, rate: {otherwise: {reference: fr_legal_interest}}}\n"
    assert [d.code for d in load(tmp_path, HEAD + SEGMENTS + text, as_of).diagnostics] == codes


def test_all_findings_come_sorted_and_in_one_pass(tmp_path: Path) -> None:
    text = HEAD + "grace: no\nnonsense: 1\nholds:\n  - {name: a, when: invoice.outstading > 3}\n" + SEGMENTS + LADDERS
    found = load(tmp_path, text).diagnostics
    assert [d.code for d in found] == ["DUN106", "DUN101", "DUN203"]
    assert [d.position.line for d in found] == [4, 5, 7]


@pytest.mark.parametrize("path", ["", ".", "no\0pe", "x" * 5000, "/dev/null", "/proc/self/mem"])
def test_paths_that_are_no_policy(path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = load_policy(Path(path))
    assert result.policy is None
    assert result.diagnostics
    assert result.resolved_text() is None
