from pathlib import Path

import pytest

from policy_engine.language.findings import MAX_FINDINGS, Findings
from policy_engine.language.load import load_policy
from policy_engine.language.nodes import Items, Map, Node, Text
from policy_engine.language.yaml import MAX_BYTES, MAX_DEPTH, MAX_NODES, read_yaml
from policy_engine.values.position import Position


def read(text: str | bytes) -> tuple[Node | None, list[str]]:
    findings = Findings()
    node = read_yaml(text.encode() if isinstance(text, str) else text, "p.yaml", findings)
    return node, [found.code for found in findings.all()]


def text_of(node: Node | None, key: str) -> Text:
    assert isinstance(node, Map)
    value = node[key]
    assert isinstance(value, Text)
    return value


@pytest.mark.parametrize(
    "written", ["no", "NO", "22:30", "010", "1e3", ".nan", "2026-13-45", "0x10", "1_000", "on", "+.inf", "0o7"]
)
def test_nothing_is_interpreted(written: str) -> None:
    node, codes = read(f"a: {written}\n")
    assert codes == []
    assert text_of(node, "a") == written
    assert text_of(node, "a").style == "plain"


def test_every_key_and_value_has_its_place() -> None:
    node, codes = read('a: 1\nbé:\n  - x: "y z"\n    w: [1, 22]\n')
    assert codes == []
    assert isinstance(node, Map)
    key = node.key("bé")
    assert key is not None
    assert key.position == Position("p.yaml", 2, 1, 2)
    items = node["bé"]
    assert isinstance(items, Items)
    first = items[0]
    assert isinstance(first, Map)
    assert first.of("x") == Position("p.yaml", 3, 8, 5)
    assert text_of(first, "x").style == "quoted"
    inner = first["w"]
    assert isinstance(inner, Items)
    assert inner[1].position == Position("p.yaml", 4, 12, 2)


def test_columns_count_characters_not_bytes() -> None:
    node, _ = read("{é: ü, 🎉: x}\n")
    assert isinstance(node, Map)
    assert node.of("🎉") == Position("p.yaml", 1, 11, 1)


@pytest.mark.parametrize("text", ["\ufeffa: 1\n", "a: 1\r\nb: 2\r\n", "a: 1\rb: 2\r", "a: 1"])
def test_byte_order_mark_and_all_line_ends_are_read(text: str) -> None:
    node, codes = read(text)
    assert codes == []
    assert text_of(node, "a") == "1"
    assert text_of(node, "a").column == 4


def test_values_after_crlf_keep_their_lines() -> None:
    node, _ = read("a: 1\r\n\r\nb: 2\r\n")
    assert text_of(node, "b").line == 3


@pytest.mark.parametrize("empty", ["", "null", "~", "Null", "NULL"])
def test_a_key_without_value_is_kept_apart(empty: str) -> None:
    node, codes = read(f"a: {empty}\nb: 1\n")
    assert codes == []
    assert isinstance(node, Map)
    assert list(node) == ["b"]
    assert list(node.empty) == ["a"]


def test_a_quoted_null_is_text() -> None:
    node, _ = read('a: "null"\n')
    assert text_of(node, "a") == "null"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a: *x\n", "DUN009"),
        ("a: &x 1\n", "DUN009"),
        ("&x a: 1\n", "DUN009"),
        ("- &x\n  - 1\n", "DUN009"),
        ("! a\n", "DUN010"),
        ("a: !foo 1\n", "DUN010"),
        ("!!map {a: 1}\n", "DUN010"),
        ("a: 1\n...\n---\nb: 1\n", "DUN007"),
        ("a: 1\n--- x\n", "DUN007"),
        ("%YAML 1.1\n---\na: 1\n...\n%TAG ! x\n", "DUN005"),
        ("a:\tb\n", "DUN004"),
        ("a: b\x07\n", "DUN004"),
        ("a: b\x85c\n", "DUN004"),
        ("a: b\u2028c\n", "DUN004"),
        ("a: b\ufeffc\n", "DUN004"),
        ("a: b\ufffec\n", "DUN004"),
        ("{a: 1\n", "DUN005"),
        ("a: 'x\n", "DUN005"),
    ],
)
def test_refused(text: str, code: str) -> None:
    node, codes = read(text)
    assert node is None
    assert codes == [code]


def test_depth_is_bounded_exactly() -> None:
    assert read("[" * MAX_DEPTH + "]" * MAX_DEPTH)[1] == []
    assert read("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1))[1] == ["DUN011"]
    assert read("[" * 500_000)[1] == ["DUN011"]
    assert read("a: " * 3 + "{" * 100_000)[0] is None


def test_size_and_count_are_bounded() -> None:
    fits = b"# " + b"x" * (MAX_BYTES - 7) + b"\na: 1"
    assert len(fits) == MAX_BYTES
    assert read(fits)[1] == []
    assert read(fits + b"1")[1] == ["DUN002"]
    assert read("[" + "1," * (MAX_NODES - 1) + "]")[1] == []
    assert read("[" + "1," * MAX_NODES + "]")[1] == ["DUN011"]


def test_an_alias_bomb_is_refused_at_its_first_anchor() -> None:
    bomb = "a0: &a0 [x, x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n" for i in range(1, 60))
    assert read(bomb)[1] == ["DUN009"]


def test_findings_are_bounded(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_text("".join(f"key_{i}: 1\n" for i in range(5000)), encoding="utf-8")
    found = load_policy(path).diagnostics
    assert len(found) == MAX_FINDINGS + 1
    assert found[-1].code == "DUN018"
