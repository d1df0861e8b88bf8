"""200 sound policies without a word; and whatever is found in other tests' policies, the engine shows it."""

from pathlib import Path

import pytest

from policy_engine.analysis.analyse import analyse
from policy_engine.analysis.report import judge
from policy_engine.language.load import load_policy
from tests.analysis.generated import sound_policy
from tests.analysis.judged import AS_OF, found_in, loaded
from tests.analysis.test_witnesses import SHOWS

ROOT = Path(__file__).parents[1]
OTHERS = sorted((ROOT / "seeded").glob("*.yaml")) + sorted((ROOT / "cases").glob("*/policy.yaml"))


@pytest.mark.parametrize("seed", range(200))
def test_a_sound_policy_is_clean(seed: int, tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(sound_policy(seed), encoding="utf-8")
    result = load_policy(path, as_of=AS_OF)
    assert result.policy is not None, [one.render() for one in result.diagnostics]
    found = judge(result, AS_OF)
    assert [(one.code, one.message, one.witness and one.witness.text) for one in found] == []


def test_the_generated_policies_differ() -> None:
    texts = {sound_policy(seed) for seed in range(200)}
    assert len(texts) == 200
    whole = "\n".join(texts)
    for part in ("jump", "scope: instalment", "scope: customer", "contact:", "holds:", "formal_notice", "GBP", "none}"):
        assert part in whole


@pytest.mark.parametrize("path", OTHERS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_whatever_is_found_elsewhere_is_shown_by_the_engine(path: Path) -> None:
    if load_policy(path, as_of=AS_OF).policy is None:
        return
    policy = loaded(path).policy
    assert policy is not None
    for found in found_in(path):
        SHOWS[found.diagnostic.code](policy, found)


def test_analysing_twice_gives_the_same() -> None:
    policy = loaded(ROOT / "seeded" / "01-shadowed-segment.yaml").policy
    assert policy is not None
    assert analyse(policy, AS_OF) == analyse(policy, AS_OF)
