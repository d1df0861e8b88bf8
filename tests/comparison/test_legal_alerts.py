"""A comparison shows what the data says of the law under each policy: counts, no names."""

from dataclasses import replace
from pathlib import Path

import pytest

from policy_engine.api import read_snapshot
from policy_engine.comparison.report import Wish, compare, report
from policy_engine.engine.reference.evaluate import evaluate
from policy_engine.explanation.locale import Language
from policy_engine.language.load import load_policy
from policy_engine.policy.resolved import InterestPenalty, Policy, ReferenceRate

CASE = Path(__file__).parents[1] / "cases" / "1222-what-the-data-shows-of-the-law"


def with_floor(policy: Policy, times: int) -> Policy:
    penalties = tuple(
        replace(one, floor=ReferenceRate("fr_legal_interest", times, 0)) if isinstance(one, InterestPenalty) else one
        for one in policy.penalties
    )
    return replace(policy, penalties=penalties)


@pytest.mark.parametrize(
    ("language", "title", "rates", "terms"),
    [
        (
            "en",
            "What the data shows of the law",
            "customers with an agreed rate below the legal floor",
            "open invoices with terms above the legal maximum",
        ),
        (
            "fr",
            "Ce que les données montrent au regard de la loi",
            "clients dont le taux convenu est sous le plancher légal",
            "factures ouvertes à un délai supérieur au maximum légal",
        ),
    ],
)
def test_counts_under_each_policy(language: Language, title: str, rates: str, terms: str) -> None:
    new = load_policy(Path("pack:fr-b2b")).policy
    assert new is not None
    old = with_floor(new, 2)  # 5.24 %: nobody is below
    snapshot = read_snapshot(CASE / "snapshot.yaml", policy=new)
    found = compare(old, new, evaluate(old, snapshot), evaluate(new, snapshot), snapshot)
    wish = Wish(language, 0, names=False, texts=False, bounds=(), most_changed=None, file="new", version="0")
    table = next(one for one in report(found, wish).tables if one.title == title)
    assert table.rows == ((rates, "0", "1"), (terms, "1", "1"))
    assert "C-2" not in str(table)
