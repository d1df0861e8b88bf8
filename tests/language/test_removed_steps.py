"""Steps that a policy removes from ladders that others extend (language.md section 1, "Inheritance")."""

from pathlib import Path

from policy_engine.language.load import LoadResult, load_policy

_BASE = """\
dunning: 1
policy: base
currency: EUR
segments:
  - {name: everybody, ladder: standard}
ladders:
  standard:
    steps:
      - {name: first, stage: reminder, days: 1, channel: email}
      - {name: second, stage: reminder, days: 11, channel: email}
      - {name: third, stage: call, days: 21, channel: call}
      - {name: fourth, stage: call, days: 31, channel: letter}
  middle:
    extends: standard
    steps:
      - {name: second, days: 12}
      - {name: extra, after: second, stage: reminder, days: 19, channel: letter}
  last:
    extends: middle
    steps:
      - {name: second, days: 8}
      - {name: third, remove: true}
      - {name: extra, days: 18}
safeguards:
  steps: {second: {max: 5}, third: {max: 9}}
"""


def _load(tmp_path: Path, *policies: str) -> LoadResult:
    """Policies that extend one another, the base first; the last is loaded."""
    name = "base.yaml"
    (tmp_path / name).write_text(_BASE, encoding="utf-8")
    for number, ladders in enumerate(policies):
        head = f"dunning: 1\npolicy: mine\nextends: {name}\n"
        name = f"mine{number}.yaml"
        (tmp_path / name).write_text(head + ladders, encoding="utf-8")
    return load_policy(tmp_path / name)


def _steps(result: LoadResult, ladder: str) -> list[tuple[str, int | None]]:
    assert result.policy is not None, [found.render() for found in result.diagnostics]
    return [(step.name, step.days) for step in result.policy.ladder(ladder).steps]


def _removing(ladder: str, *names: str) -> str:
    return f"ladders:\n  {ladder}:\n    steps:\n" + "".join(f"      - {{name: {n}, remove: true}}\n" for n in names)


def test_changes_of_a_removed_step_go_with_it(tmp_path: Path) -> None:
    result = _load(tmp_path, _removing("standard", "second"))
    assert _steps(result, "standard") == [("first", 1), ("third", 21), ("fourth", 31)]
    # `extra` stood behind the removed step: it stands where that one stood
    assert _steps(result, "middle") == [("first", 1), ("extra", 19), ("third", 21), ("fourth", 31)]
    assert _steps(result, "last") == [("first", 1), ("extra", 18), ("fourth", 31)]


def test_only_the_ladders_above_lose_the_step(tmp_path: Path) -> None:
    result = _load(tmp_path, _removing("middle", "second"))
    assert ("second", 11) in _steps(result, "standard")
    assert _steps(result, "middle") == [("first", 1), ("extra", 19), ("third", 21), ("fourth", 31)]
    assert _steps(result, "last") == [("first", 1), ("extra", 18), ("fourth", 31)]


def test_a_step_removed_twice_is_removed(tmp_path: Path) -> None:
    more = "  last:\n    steps:\n      - {name: third, remove: true}\n"
    result = _load(tmp_path, _removing("standard", "third") + more)
    assert _steps(result, "last") == [("first", 1), ("second", 8), ("extra", 18), ("fourth", 31)]


def test_places_of_several_removed_steps(tmp_path: Path) -> None:
    more = "      - {name: new, after: third, stage: call, days: 25, channel: task}\n"
    more += "      - {name: newer, after: third, stage: call, days: 26, channel: task}\n"
    result = _load(tmp_path, _removing("standard", "first", "second", "third") + more)
    assert _steps(result, "standard") == [("new", 25), ("newer", 26), ("fourth", 31)]
    # the base puts `extra` behind `second`, before which nothing is left
    assert _steps(result, "middle") == [("extra", 19), ("new", 25), ("newer", 26), ("fourth", 31)]


def test_limits_of_a_step_that_no_ladder_has_any_more_go_too(tmp_path: Path) -> None:
    result = _load(tmp_path, _removing("standard", "second"))
    assert result.policy is not None
    assert [step for step, _ in result.policy.safeguards.steps] == ["third"]
    # removed from one ladder only, the step is still there and so is its limit
    result = _load(tmp_path, _removing("middle", "second"))
    assert result.policy is not None
    assert [step for step, _ in result.policy.safeguards.steps] == ["second", "third"]


def test_who_removes_may_put_a_step_of_the_same_name_elsewhere(tmp_path: Path) -> None:
    again = "ladders:\n  last:\n    steps:\n"
    again += "      - {name: second, after: fourth, stage: call, days: 45, channel: call}\n"
    result = _load(tmp_path, _removing("standard", "second"), again)
    assert _steps(result, "last") == [("first", 1), ("extra", 18), ("fourth", 31), ("second", 45)]


def test_a_later_policy_cannot_change_what_an_earlier_one_removed(tmp_path: Path) -> None:
    change = "ladders:\n  last:\n    steps:\n      - {name: second, days: 9}\n"
    result = _load(tmp_path, _removing("standard", "second"), change)
    found, *others = [found for found in result.diagnostics if found.severity == "error"]
    assert not others
    assert (found.code, found.position.line) == ("DUN303", 7)
    assert found.position.file.endswith("mine1.yaml")
    assert "mine0.yaml, line 7" in (found.help or "")
