"""The page on e-mail: its operator's file loads, its settings are all there."""

import re
from pathlib import Path

from policy_engine.adapters.email.settings import EmailSettings
from policy_engine.execution.operator_file import load_operator

PAGE = (Path(__file__).parents[3] / "docs/adapter-email.md").read_text(encoding="utf-8")


def test_the_operators_file_of_the_page(tmp_path):
    path = tmp_path / "operator.yaml"
    path.write_text(re.search(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[1], encoding="utf-8")
    assert load_operator(path).diagnostics == ()


def test_every_setting_is_on_the_page():
    table = PAGE.split("| setting |")[1].split("\n\n")[0]
    rows = re.findall(r"^\| (`[a-z_`, ]+`) \|", table, re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`([a-z_]+)`", row)}
    assert named == set(EmailSettings.keys())
