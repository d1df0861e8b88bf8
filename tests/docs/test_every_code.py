"""Every code that a command can show has a page, a test and a golden: those of packages to come are let wait.

A golden is the text that an author reads, word for word: a file called `expected.txt` or `NAME.expected`, or the
`findings` of tests/expressions/rejected.yaml.
"""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "policy_engine"
CODE = re.compile(r"\bDUN\d{3}\b")


def _in_use(folder: Path) -> bool:
    """Whether another package imports this one, so that a command can reach it."""
    name = re.compile(rf"policy_engine\.{folder.name}\b")
    return any(name.search(path.read_text("utf-8")) for path in PACKAGE.rglob("*.py") if folder not in path.parents)


def _emitted() -> set[str]:
    found: set[str] = set()
    for folder in (path for path in PACKAGE.iterdir() if path.is_dir() and (path / "__init__.py").exists()):
        if folder.name == "cli" or _in_use(folder):
            for path in folder.rglob("*.py"):
                found.update(re.findall(r"\"(DUN\d{3})\"", path.read_text("utf-8")))
    return found


def test_every_code_has_a_page() -> None:
    headings = [
        line for page in (ROOT / "docs").glob("*.md") for line in page.read_text("utf-8").split("\n") if line[:1] == "#"
    ]
    explained = {code for line in headings for code in CODE.findall(line)}
    emitted = _emitted()
    assert len(emitted) > 180
    assert emitted - explained == set()


def test_every_code_is_shown_by_a_test() -> None:
    shown: set[str] = set()
    for path in (ROOT / "tests").rglob("*"):
        if (
            path.is_file()
            and path.suffix in (".expected", ".txt", ".yaml", ".md", ".json", ".py")
            and path != Path(__file__)
        ):
            shown.update(CODE.findall(path.read_text("utf-8", "replace")))
    assert _emitted() - shown == set()


def test_every_code_has_a_golden() -> None:
    tests = ROOT / "tests"
    goldens = [*tests.rglob("expected.txt"), *tests.rglob("*.expected"), tests / "expressions" / "rejected.yaml"]
    rendered = re.compile(r"^(?:.*:\d+: )?(DUN\d{3}) \S", re.MULTILINE)
    held = {code for path in goldens for code in CODE.findall(_heads(path, rendered))}
    assert _emitted() - held == set()


def _heads(path: Path, rendered: re.Pattern[str]) -> str:
    """The lines that head a diagnostic: a code in a help or a source line is no golden of it."""
    text = path.read_text("utf-8", "replace").replace("\\n", "\n")
    return "\n".join(match[0] for match in rendered.finditer("\n".join(line.strip() for line in text.split("\n"))))
