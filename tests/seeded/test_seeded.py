"""Every seeded bug is found by the tool that its file names, in the way that its file names."""

import re
from datetime import date
from pathlib import Path
from typing import NamedTuple

import pytest

from policy_engine.analysis.report import judge
from policy_engine.language.load import load_policy
from policy_engine.testing.find import find_tests
from policy_engine.testing.load import load_suite
from policy_engine.testing.policies import Policies
from policy_engine.testing.run import Runner, run_suite

HERE = Path(__file__).parent
FILES = sorted(HERE.glob("*.yaml"))
TOOLS = ("validate", "test")
AS_OF = date(2026, 6, 30)


class Note(NamedTuple):
    """The head of a file."""

    bug: str
    tool: str
    shows: str


def note(path: Path) -> Note:
    text = path.read_text(encoding="utf-8")
    found = [re.search(rf"^# {key}: (.+)$", text, re.MULTILINE) for key in ("bug", "found by", "shows")]
    assert all(found), f"{path.name}: the head lacks something"
    return Note(*(match[1] for match in found if match is not None))


def failing(path: Path) -> set[str]:
    """The pack's tests that fail on a policy."""
    runner = Runner(Policies(instead=path), explain=False)
    suites = [run_suite(load_suite(file), runner) for file in find_tests([Path("pack:fr-b2b")])[0]]
    assert suites
    assert not any(suite.diagnostics for suite in suites)
    return {case.name for suite in suites for case in suite.cases if case.status != "passed"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_bug_is_found(path: Path) -> None:
    bug, tool, shows = note(path)
    assert tool in TOOLS
    loaded = load_policy(path, as_of=AS_OF)
    codes = {found.code for found in judge(loaded, AS_OF)}
    if tool == "validate":
        assert codes == {shows}, f"{bug}: {codes}"
        also = re.search(r"^# and the test: (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
        assert also is None or also[1] in failing(path), f"{bug}: only {failing(path)} fail"
    else:
        assert loaded.policy is not None
        assert codes == set(), f"{bug}: validate finds {codes} too; name it in the head"
        assert shows in failing(path), f"{bug}: only {failing(path)} fail"


def test_the_pack_itself_has_none() -> None:
    path = Path("pack:fr-b2b")
    assert judge(load_policy(path, as_of=AS_OF), AS_OF) == ()
    assert failing(path) == set()


def test_there_are_enough() -> None:
    assert len(FILES) >= 20
    assert {note(path).tool for path in FILES} == set(TOOLS)
    assert len({note(path).bug for path in FILES}) == len(FILES)
