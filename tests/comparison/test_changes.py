"""What changed between two policies, key by key."""

from pathlib import Path

import pytest

from policy_engine.comparison.changes import changes
from policy_engine.language.load import load_policy
from policy_engine.policy.resolved import Policy

ROOT = Path(__file__).parents[2]
HEAD = "dunning: 1\npolicy: fr-b2b\nversion: 1\nextends: pack:fr-b2b\n"


def _load(path: Path) -> Policy:
    found = load_policy(path)
    assert found.policy is not None, [d.render() for d in found.diagnostics]
    return found.policy


@pytest.fixture(name="pack", scope="module")
def _pack() -> Policy:
    return _load(ROOT / "policies" / "fr-b2b.yaml")


CASES = [
    ("", []),
    ("grace: 3\n", [("changed", "grace", "0", "3")]),
    (
        "segments:\n  - {name: strategic, credit_limit: 5}\n",
        [("changed", "segments.strategic.credit_limit", "250000.00", "5.00")],
    ),
    (
        "ladders:\n  standard:\n    steps:\n      - {name: formal_notice, days: 37}\n",
        [("changed", "ladders.standard.steps.formal_notice.days", "30", "37")],
    ),
    (
        "ladders:\n  standard:\n    steps:\n      - {name: formal_notice, channel: letter}\n",
        [("changed", "ladders.standard, gentle, firm.steps.formal_notice.channel", "registered_letter", "letter")],
    ),
    (
        "holds:\n  - {name: factored, remove: true}\n",
        [("removed", "holds.factored", "when: invoice.factored", None)],
    ),
    (
        "holds:\n  - {name: small, after: factored, when: invoice.outstanding < 5}\n",
        [("added", "holds.small", None, "when: invoice.outstanding < 5")],
    ),
    ("contact: {max: 2}\n", [("changed", "contact.max", "1", "2")]),
    (
        "penalties:\n  late_interest: {rate: {otherwise: {reference: ecb_mro, plus: 8}}}\n",
        [("changed", "penalties.late_interest.otherwise.plus", "10 %", "8 %")],
    ),
    (
        "safeguards: {steps: {formal_notice: {max_share: 0.25}}}\n",
        [("added", "safeguards.steps.formal_notice.max_share", None, "25 %")],
    ),
    (
        "facts:\n  slow_payer: customer.average_days_late > 45\n",
        [
            (
                "changed",
                "facts.slow_payer.expression",
                "customer.average_days_late > 30 and customer.paid_invoices >= 3",
                "customer.average_days_late > 45",
            )
        ],
    ),
]


@pytest.mark.parametrize(("text", "expected"), CASES, ids=[text[:40] or "nothing" for text, _ in CASES])
def test_what_changed(tmp_path: Path, pack: Policy, text: str, expected: list[tuple[str, ...]]) -> None:
    path = tmp_path / "p.yaml"
    path.write_text(HEAD + text, encoding="utf-8")
    found = changes(pack, _load(path))
    assert [(one.kind, one.place, one.old, one.new) for one in found] == expected


def test_the_other_way_round_tells_the_opposite(tmp_path: Path, pack: Policy) -> None:
    path = tmp_path / "p.yaml"
    path.write_text(HEAD + "holds:\n  - {name: factored, remove: true}\n", encoding="utf-8")
    found = changes(_load(path), pack)
    assert [(one.kind, one.place) for one in found] == [("added", "holds.factored")]


def test_a_segment_that_moved_says_so(tmp_path: Path, pack: Policy) -> None:
    text = (ROOT / "policies" / "fr-b2b.yaml").read_text(encoding="utf-8")
    first = text.index("  - name: not_covered")
    second = text.index("  - name: group")
    third = text.index("  - name: strategic")
    path = tmp_path / "p.yaml"
    path.write_text(text[:first] + text[second:third] + text[first:second] + text[third:], encoding="utf-8")
    [found] = changes(pack, _load(path))
    assert (found.kind, found.place, found.old, found.new) == ("moved", "segments.group", "2", "1")


def test_comments_and_blanks_are_no_change(tmp_path: Path, pack: Policy) -> None:
    text = (ROOT / "policies" / "fr-b2b.yaml").read_text(encoding="utf-8")
    path = tmp_path / "p.yaml"
    path.write_text("# mine\n\n" + text.replace("  # ", "    # "), encoding="utf-8")
    assert changes(pack, _load(path)) == ()
