"""Folders of tests/bad: what a command, or a file's reader, finds wrong with the files in them, as an author reads it.

A case of a command holds `command.txt` (the arguments of `dunning`), its files, and `expected.txt`: what it finds.
`UPDATE_GOLDEN=1` writes the expected texts; read the difference before committing it.
"""

import os
import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from policy_engine.cli.main import run
from policy_engine.values.diagnostics import Diagnostic

BAD = Path(__file__).parent / "bad"


def cases_in(name: str) -> list[Path]:
    """The folders that hold a case, sorted."""
    return sorted(path for path in (BAD / name).iterdir() if path.is_dir())


def check_case(folder: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    """Run the command in its folder and compare what it finds: stderr, or the report that stdout is."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "120")
    code = run(Path("command.txt").read_text(encoding="utf-8").split())
    seen = capsysbinary.readouterr()
    text = (seen.err or seen.out).decode()
    assert code in ((0, 1, 2) if " warning: " in text else (1, 2))
    check_text(folder, text)


def check_text(folder: Path, text: str) -> None:
    """Compare a text with the golden beside a case, which shows a code."""
    expected = folder / "expected.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        expected.write_text(text, encoding="utf-8")
    assert text == expected.read_text(encoding="utf-8")
    assert re.search(r"DUN\d{3}", text)


def check_findings(folder: Path, diagnostics: Iterable[Diagnostic]) -> None:
    """Compare what a file's readers find with the golden beside it, whatever folder it was read from."""
    text = "\n".join(found.render() for found in diagnostics) + "\n"
    check_text(folder, text.replace(folder.parent.as_posix(), "BAD"))


def check_codes(emitted: set[str], name: str, page: str) -> None:
    """Every code that is emitted has a case in a folder of tests/bad, and words in a page of the docs; no other has."""
    seen = "\n".join(path.read_text(encoding="utf-8") for path in (BAD / name).glob("*/expected.txt"))
    families = {code[:5] for code in emitted}
    assert emitted == {code for code in re.findall(r"DUN\d{3}", seen) if code[:5] in families}
    text = (BAD.parents[1] / "docs" / page).read_text(encoding="utf-8")
    sections = dict(re.findall(r"^## (DUN\d{3})[^\n]*\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL))
    assert set(sections) == emitted
    for code, section in sections.items():
        for word in ("Avoid", "Prefer", "Why"):
            assert f"**{word}**" in section, (code, word)
