"""Folders of tests/bad that hold a command: what it finds wrong with the files beside it, as an author reads it.

A case holds `command.txt` (the arguments of `dunning`), its files, and `expected.txt`: what it finds.
`UPDATE_GOLDEN=1` writes the expected texts; read the difference before committing it.
"""

import os
import re
from pathlib import Path

import pytest

from policy_engine.cli.main import run

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
