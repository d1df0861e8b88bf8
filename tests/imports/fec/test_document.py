"""docs/import-fec.md runs, and says what is printed. `...` stands for any lines."""

import re
import shlex
import shutil
from pathlib import Path

from policy_engine.cli.main import DONE, run

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "docs" / "import-fec.md").read_text(encoding="utf-8")


def commands():
    """Each command of the console blocks with the lines it prints."""
    for block in re.findall(r"^```console\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, printed = part.partition("\n")
            yield shlex.split(command), printed


def test_the_commands_print_what_the_document_shows(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    shutil.copytree(ROOT / "examples" / "fec", tmp_path / "examples" / "fec")
    shutil.copytree(ROOT / "policies", tmp_path / "policies")
    seen = 0
    for (program, *arguments), printed in commands():
        assert program == "dunning"
        assert run(arguments) == DONE
        out, err = capsys.readouterr()
        pattern = "".join(r"(?:.*\n)*?" if line == "..." else re.escape(line) + "\n" for line in printed.splitlines())
        assert re.fullmatch(pattern, out + err), out + err
        seen += 1
    assert seen == 4


def test_the_list_is_the_one_that_ships():
    [shown] = re.findall(r"^```csv\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
    assert shown == (ROOT / "examples" / "fec" / "customers.csv").read_text(encoding="utf-8")
