"""Every command in docs/triage.md runs, one after the other, and prints what the page says; its policies are valid."""

import re

from policy_engine.language.load import load_policy
from tests.desk.support import commands
from tests.desk.test_desk_documents import matches
from tests.triage.support import POLICY, ROOT

PAGE = (ROOT / "docs" / "triage.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_commands(tmp_path, monkeypatch, capsysbinary):
    monkeypatch.chdir(tmp_path)
    for name in ("examples", "policies"):
        (tmp_path / name).symlink_to(ROOT / name)
    run = commands(monkeypatch, capsysbinary)
    ran = 0
    for tag, block in BLOCKS:
        if tag == "csv":
            (tmp_path / "filled.csv").write_text(block, encoding="utf-8")
        for command, shown in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE):
            done = run(command.removeprefix("dunning "))
            assert (done.code, done.err) == (0, ""), command
            assert matches(done.out.splitlines(), shown.splitlines()), (command, done.out)
            ran += 1
    assert ran == 7


def test_policies(tmp_path):
    texts = [block for tag, block in BLOCKS if tag == "yaml"]
    assert len(texts) == 2
    for text in texts:
        path = tmp_path / "policy.yaml"
        path.write_text(POLICY + text, encoding="utf-8")
        assert load_policy(path).diagnostics == ()
