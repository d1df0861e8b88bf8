"""Each rule: a policy that breaks it with the text that says so, near misses without a word, the packs clean."""

import os
import re
from pathlib import Path

import pytest

from tests.analysis.judged import BAD, SOUND, findings_in, text_of

PACKS = (Path("pack:fr-b2b"), Path("pack:minimal"))


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_the_finding_reads_as_written_down(path: Path) -> None:
    golden, text = path.with_suffix(".expected"), text_of(path)
    if os.environ.get("UPDATE_GOLDENS"):
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")
    head = re.match(r"# shows: (.+)\n", path.read_text(encoding="utf-8"))
    assert head is not None
    assert {finding.code for finding in findings_in(path)} == set(head[1].split())


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_every_finding_has_a_witness(path: Path) -> None:
    assert all(finding.witness is not None for finding in findings_in(path))


@pytest.mark.parametrize("path", SOUND, ids=lambda path: path.stem)
def test_near_misses_are_not_reported(path: Path) -> None:
    assert findings_in(path) == ()


@pytest.mark.parametrize("path", PACKS, ids=str)
def test_the_packs_are_clean(path: Path) -> None:
    assert findings_in(path) == ()
