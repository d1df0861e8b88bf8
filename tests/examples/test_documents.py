"""Every example in the documents that people read first runs, and says what the document says.

`console` blocks are executed (`$ dunning ...`, `$ echo $?`) and their output compared, a line `...` standing for any
lines; `yaml` blocks are policies or snapshots and must load without findings; `python` blocks run, one after the other
within a document; `csv TABLE` blocks must have that table's columns. Other tags are not executed.
"""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

import policy_engine as pe
from policy_engine.cli.main import run
from policy_engine.snapshot.tables import TABLES

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted(
    [
        ROOT / "README.md",
        ROOT / "README.fr.md",
        ROOT / "CONTRIBUTING.md",
        ROOT / "examples" / "twelve" / "README.md",
        ROOT / "docs" / "architecture.md",
        ROOT / "docs" / "credit.md",
        ROOT / "docs" / "semantics.md",
        ROOT / "docs" / "describe.md",
        ROOT / "docs" / "ci.md",
        ROOT / "docs" / "diff.md",
        ROOT / "docs" / "editor.md",
        ROOT / "docs" / "embedding.md",
        ROOT / "docs" / "simulate.md",
        ROOT / "docs" / "templates.md",
        ROOT / "docs" / "why-two-executors.md",
        *(ROOT / "docs" / "decisions").glob("*.md"),
    ]
)
EVERY = sorted({*DOCUMENTS, *(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md")})
"""Pages whose links must lead somewhere. What pages show of a ledger is executed by `tests/execution/test_page.py`."""
KNOWN_TAGS = {"jinja", "console", "yaml", "python", "csv", "sh", "text"}


class Block(NamedTuple):
    document: Path
    line: int
    tag: str
    rest: str
    text: str


def _blocks(document: Path) -> Iterator[Block]:
    text = document.read_text(encoding="utf-8")
    for found in re.finditer(r"^```(\w*)[ ]?([^\n]*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        line = text.count("\n", 0, found.start()) + 1
        yield Block(document, line, found[1], found[2], found[3])


BLOCKS = [block for document in DOCUMENTS for block in _blocks(document)]


def _cases(*tags: str) -> list[object]:
    return [
        pytest.param(block, id=f"{block.document.relative_to(ROOT)}:{block.line}")
        for block in BLOCKS
        if block.tag in tags
    ]


@pytest.fixture(autouse=True)
def _at_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("COLUMNS", "120")


def _commands(text: str) -> Iterator[tuple[str, list[str]]]:
    command, shown = "", list[str]()
    for line in text.splitlines():
        if line.startswith("$ "):
            if command:
                yield command, shown
            command, shown = line[2:], []
        else:
            shown.append(line)
    yield command, shown


def _plain(line: str) -> str:
    """French puts no-break spaces where a document has plain ones."""
    return line.replace("\u00a0", " ").replace("\u202f", " ").rstrip()


def _matches(said: list[str], shown: list[str]) -> bool:
    """Whether the output is what is shown, `...` standing for any number of lines."""
    if not shown:
        return not said
    if shown[0] == "...":
        return any(_matches(said[skip:], shown[1:]) for skip in range(len(said) + 1))
    return bool(said) and _plain(said[0]) == _plain(shown[0]) and _matches(said[1:], shown[1:])


@pytest.mark.parametrize("block", _cases("console"))
def test_console(block: Block, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    code = 0
    for command, shown in _commands(block.text):
        if command == "echo $?":
            said = [str(code)]
        else:
            words = shlex.split(command)
            assert words[0] == "dunning", command
            code = run([str(tmp_path / word) if word.startswith("out/") else word for word in words[1:]])
            out, err = capsysbinary.readouterr()
            said = (out + err).decode().replace(f"{tmp_path}/", "").splitlines()
        assert _matches(said, shown), f"{command} says:\n" + "\n".join(said)


@pytest.mark.parametrize("block", _cases("yaml"))
def test_yaml(block: Block, tmp_path: Path) -> None:
    file = tmp_path / "example.yaml"
    file.write_text(block.text, encoding="utf-8")
    if re.search(r"^dunning: 1\b", block.text, re.MULTILINE):
        from policy_engine.language.load import load_policy

        assert [finding.render() for finding in load_policy(file).diagnostics] == []
    elif re.search(r"^scenario: 1\b", block.text, re.MULTILINE):
        from policy_engine.simulation.scenario_load import load_scenario

        assert [finding.render() for finding in load_scenario(file).diagnostics] == []
    else:
        assert pe.read_snapshot(file).problems == ()


@pytest.mark.parametrize(
    "document", [d for d in DOCUMENTS if any(b.document == d and b.tag == "python" for b in BLOCKS)]
)
def test_python(document: Path) -> None:
    """In a process of its own, with warnings as errors: what an application would see."""
    code = "\n".join(block.text for block in BLOCKS if block.document == document and block.tag == "python")
    command = [sys.executable, "-W", "error", "-c", code]
    environment = {**os.environ, "PYTHONUTF8": "1"}
    done = subprocess.run(command, check=False, capture_output=True, text=True, encoding="utf-8", env=environment)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("block", _cases("csv"))
def test_csv(block: Block) -> None:
    names = {column.name for column in TABLES[block.rest].columns}
    lines = block.text.splitlines()
    header = lines[0].split(",")
    assert set(header) <= names
    assert {len(line.split(",")) for line in lines} == {len(header)}


def test_nothing_goes_unexecuted_by_accident() -> None:
    assert {block.tag for block in BLOCKS} <= KNOWN_TAGS
    commands = [command for block in BLOCKS if block.tag == "console" for command, _ in _commands(block.text)]
    assert len(commands) >= 15


def _headings(document: Path) -> set[str]:
    """What links may name of a page: its headings as the forge writes them."""
    found = re.findall(r"^#+ (.+)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in found}


@pytest.mark.parametrize("document", EVERY, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", document.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith("http"):
            continue
        page, _, heading = target.partition("#")
        there = document.parent / page if page else document
        assert there.exists(), target
        assert not heading or heading in _headings(there), target
    for target in re.findall(r"`((?:docs|policies|examples|tests|policy_engine|schemas|benchmarks)/[\w./-]+)`", text):
        assert "NAME" in target or (ROOT / target).exists(), target


def test_semantics_has_every_number_with_its_cases() -> None:
    text = (ROOT / "docs" / "semantics.md").read_text(encoding="utf-8")
    parts = dict(re.findall(r"^## (\d+)\. [^\n]*\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL))
    assert [int(number) for number in parts] == list(range(1, 21))
    for number, part in parts.items():
        cases = re.findall(r"Cases (\d\d)xx", part)
        assert cases == [f"{int(number):02d}"], f"number {number} names its cases"
        assert list((ROOT / "tests" / "cases").glob(f"{cases[0]}*")), f"number {number} has no case"


def test_decisions_are_numbered_without_gaps() -> None:
    names = sorted(path.name for path in (ROOT / "docs" / "decisions").glob("*.md"))
    assert [name[:4] for name in names] == [f"{place:04d}" for place in range(1, len(names) + 1)]
    for name in names:
        text = (ROOT / "docs" / "decisions" / name).read_text(encoding="utf-8")
        assert text.startswith(f"# {name[:4]} ")
        assert (
            all(f"**{part}" in text for part in ("Question", "Decision", "Why", "Consequences")) or name[:4] in "0001"
        )


def test_decisions_cited_in_the_code_exist() -> None:
    numbers = {path.name[:4] for path in (ROOT / "docs" / "decisions").glob("*.md")}
    cited = {
        number
        for path in (ROOT / "policy_engine").rglob("*.py")
        for number in re.findall(r"decisions/(\d{4})", path.read_text(encoding="utf-8"))
    }
    assert cited <= numbers
