"""docs/testing.md runs: its files are written to a folder, its commands are run there and say what the page shows."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from policy_engine.cli.main import run
from tests.examples.test_documents import _commands, _matches

PAGE = Path(__file__).resolve().parents[2] / "docs" / "testing.md"
BLOCKS = re.findall(r"^```(\w+)[ ]?([^\n]*)\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def _lay_out(folder: Path) -> None:
    for tag, name, text in BLOCKS:
        if tag == "yaml":
            (folder / name).write_text(text, encoding="utf-8")


def test_the_commands_say_what_the_page_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    _lay_out(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    seen = code = 0
    for tag, _, text in BLOCKS:
        for command, shown in _commands(text) if tag == "console" else ():
            seen += 1
            if command == "echo $?":
                said = [str(code)]
            else:
                code = run(shlex.split(command)[1:])
                out, err = capsysbinary.readouterr()
                said = (out + err).decode().splitlines()
            assert _matches(said, shown), f"{command} says:\n" + "\n".join(said)
    assert seen >= 6


def test_the_python_example_passes(tmp_path: Path) -> None:
    _lay_out(tmp_path)
    (example,) = [text for tag, _, text in BLOCKS if tag == "python"]
    (tmp_path / "test_example.py").write_text(example, encoding="utf-8")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "COV"))}
    environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    command = [sys.executable, "-m", "pytest", "-p", "policy_engine.testing.plugin", "test_example.py"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=tmp_path, env=environment)
    assert "1 passed" in done.stdout, done.stdout + done.stderr


def test_every_block_is_of_a_kind_that_is_executed() -> None:
    assert {tag for tag, _, _ in BLOCKS} == {"yaml", "console", "python"}
    assert all(name for tag, name, _ in BLOCKS if tag == "yaml")
