"""What docs/execution.md and the adapters' pages show on a terminal is what the commands do, one after the other."""

import csv
import json
import re
import shlex
import shutil
import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from policy_engine.cli.main import run
from tests.examples.test_documents import _blocks, _commands, _matches
from tests.execution.support import ROOT

DAY = date(2026, 10, 30)
PAGE = ROOT / "docs" / "execution.md"
LISTS = ROOT / "docs" / "adapter-lists.md"
OPERATOR = "etc/dunning/operator.yaml"


@pytest.fixture
def house(tmp_path, monkeypatch):
    """A folder with the sample, the operator's file of the page, and Alice on the day of the sample."""
    for name in ("policies", "examples"):
        (tmp_path / name).symlink_to(ROOT / name)
    (text,) = [block.text for block in _blocks(PAGE) if block.tag == "yaml" and block.text.startswith("operator:")]
    (tmp_path / OPERATOR).parent.mkdir(parents=True)
    (tmp_path / OPERATOR).write_text(text.replace("path: outbox", f"path: {tmp_path}/outbox"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setattr("policy_engine.cli.actor.actor", lambda: "alice")
    monkeypatch.setattr("policy_engine.cli.ledger_inputs.today", lambda: DAY)
    return tmp_path


def _run(page, capsys):
    """Every command of a page in turn: it ends well, and says what the page says it says."""
    count = 0
    for block in _blocks(page):
        if block.tag != "console":
            continue
        for command, shown in _commands(block.text):
            words = shlex.split(command)
            assert words[0] == "dunning", command
            if words[1] == "resolve":
                _in_doubt(words[2])
            code = run([word.removeprefix("/") if word.endswith(OPERATOR) else word for word in words[1:]])
            seen = capsys.readouterr()
            assert code == 0, f"{command} ends with {code}:\n{seen.out}{seen.err}"
            said = [_head(line) for line in seen.out.splitlines()]
            assert not shown or _matches(said, [_head(line) for line in shown]), f"{command} says:\n" + "\n".join(said)
            count += 1
    return count


def _head(line):
    """A line with the head of the chain left out: its hashes are salted, so it is another one each time."""
    return re.sub(r"head [0-9a-f]{8}[0-9a-f.]*", "head", line)


def _in_doubt(action):
    """Leave an action as a worker leaves it that dies while it is under way; how that comes is tested elsewhere."""
    with closing(sqlite3.connect("ledger.db")) as ledger, ledger:
        changed = ledger.execute("UPDATE actions SET state = 'in_doubt' WHERE action LIKE ?", (f"{action}%",))
        assert changed.rowcount == 1


def test_the_commands_of_the_page(house, capsys):
    assert _run(PAGE, capsys) >= 13


def test_working_a_list_off(house, capsys):
    first = next(block.text for block in _blocks(PAGE) if block.tag == "console")
    for command, _ in _commands(first):
        assert run(shlex.split(command)[1:]) == 0
    shutil.move("outbox", "lists")
    shutil.copytree(ROOT / "examples/portfolio", "erp")
    sheet = Path("lists/2026-10-30/calls.csv")
    header, *rows = csv.reader(sheet.read_text(encoding="utf-8-sig").splitlines())
    rows[0][header.index("promised_date")] = "16/11/2026"
    rows[1][header.index("note")] = "nobody there"
    with sheet.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([header, *rows])
    capsys.readouterr()
    assert _run(LISTS, capsys) == 1
    noted = Path("desk/promises.csv").read_text(encoding="utf-8")
    assert "C-0211" in noted
    assert "2026-11-16" in noted


def test_a_line_of_the_log(house):
    (shown,) = [block.text for block in _blocks(PAGE) if block.tag == "json" and '"event"' in block.text]
    assert run(["plan", "-p", "policies/fr-b2b.yaml", "-s", "examples/portfolio", "-o", "plan.json"]) == 0
    command = ["execute", "plan.json", "--ledger", "l.db", "-s", "examples/portfolio", "--on", "2026-10-30"]
    assert run([*command, "--operator", OPERATOR, "--log", "log.jsonl", "--only", "C-0036"]) == 0
    events = [json.loads(line) for line in Path("log.jsonl").read_text(encoding="utf-8").splitlines()]
    (delivered,) = [event for event in events if event["event"] == "delivered"]
    example = json.loads(shown)
    assert list(delivered) == list(example)
    same = ("level", "event", "attempt", "channel", "adapter", "tries")
    assert [delivered[key] for key in same] == [example[key] for key in same]
