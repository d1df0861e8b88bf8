"""Every command in docs/desk.md and docs/rates.md runs, one after the other, and prints what the page says."""

import re

import pytest

from tests.desk.support import ROOT, commands

PAGES = ["desk.md", "rates.md"]


def matches(said, shown):
    """Whether the lines are those shown; `...` stands for any lines, at the end of a line for its rest."""
    if not shown:
        return not said
    if shown[0] == "...":
        return any(matches(said[skip:], shown[1:]) for skip in range(len(said) + 1))
    line = shown[0]
    fits = bool(said) and (said[0].startswith(line[:-3]) if line.endswith("...") else said[0].rstrip() == line)
    return fits and matches(said[1:], shown[1:])


@pytest.mark.parametrize("page", PAGES)
def test_page(page, tmp_path, monkeypatch, capsysbinary):
    monkeypatch.chdir(tmp_path)
    for name in ("examples", "policies"):
        (tmp_path / name).symlink_to(ROOT / name)
    run = commands(monkeypatch, capsysbinary)
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    ran = 0
    for tag, block in re.findall(r"^```(\w+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        if tag == "csv":
            (tmp_path / "ecb_mro.csv").write_text(block, encoding="utf-8")
            continue
        code = 0
        for command, shown in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE):
            lines = shown.splitlines()
            if command == "echo $?":
                assert lines == [str(code)]
                continue
            done = run(command.removeprefix("dunning "))
            code = done.code
            said = (done.out + done.err).splitlines()
            assert matches(said, lines), (command, said)
            ran += 1
    assert ran >= 5
