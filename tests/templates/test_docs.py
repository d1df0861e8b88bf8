"""Every code has an entry, and every example of the pages shows what it claims."""

import re
from pathlib import Path

import pytest

from policy_engine.templates.check import check_source, closure
from policy_engine.templates.source import Folders, Source

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "diagnostics-templates.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (DUN\d{3}): [^\n]+\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
EXAMPLES = [
    (code, word, text)
    for code, section in SECTIONS.items()
    for word, text in re.findall(r"^(Avoid|Prefer):\n\n```jinja\n(.*?)```", section, re.MULTILINE | re.DOTALL)
]


def test_every_code_has_an_entry() -> None:
    emitted: set[str] = set()
    for path in (ROOT / "policy_engine" / "templates").glob("*.py"):
        emitted |= set(re.findall(r"\"(DUN44\d)\"", path.read_text(encoding="utf-8")))
    assert emitted == set(SECTIONS)
    assert all("*Why:*" in section for section in SECTIONS.values())


@pytest.mark.parametrize(("code", "word", "text"), EXAMPLES, ids=[f"{code}-{word}" for code, word, _ in EXAMPLES])
def test_the_examples_show_what_they_claim(code: str, word: str, text: str) -> None:
    found = {one.code for one in check_source(Source("courtesy.jinja", text, "courtesy.jinja"), "fr", Folders())}
    assert (code in found) if word == "Avoid" else found == set()


def test_files_that_cannot_be_used(tmp_path: Path) -> None:
    folder = tmp_path / "templates" / "fr"
    folder.mkdir(parents=True)
    (folder / "long.jinja").write_text("x" * 64_001, encoding="utf-8")
    (folder / "latin.jinja").write_bytes("é".encode("latin-1"))
    own = Folders.beside(str(tmp_path / "policy.yaml"))
    assert [one.code for one in closure("long.jinja", "fr", own)[1]] == ["DUN446"]
    assert [one.code for one in closure("latin.jinja", "fr", own)[1]] == ["DUN446"]


def test_the_template_of_the_guide_is_sound() -> None:
    guide = (ROOT / "docs" / "templates.md").read_text(encoding="utf-8")
    (text,) = re.findall(r"```jinja\n(.*?)```", guide, re.DOTALL)
    assert check_source(Source("own.jinja", text, "own.jinja"), "fr", Folders()) == ()
