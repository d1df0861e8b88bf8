import os
from pathlib import Path

import pytest

from tests.language import bad_policies


@pytest.mark.parametrize("name", bad_policies.names())
def test_a_bad_policy_is_explained_as_expected(name: str, tmp_path: Path) -> None:
    said = bad_policies.rendered(name, tmp_path)
    golden = bad_policies.expected(name)
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(said, encoding="utf-8")
    assert golden.read_text(encoding="utf-8") == said
    assert said.strip(), "a bad policy about which nothing is said"


def test_there_are_enough_of_them_and_no_orphan() -> None:
    names = bad_policies.names()
    assert len(names) >= 60
    assert {path.stem for path in bad_policies.ROOT.glob("*.expected")} == set(names)
