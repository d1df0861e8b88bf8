"""The command line in this process, in a folder of its own."""

import pytest

from tests.desk.support import ERP, POLICY, commands


@pytest.fixture
def dunning(tmp_path, monkeypatch, capsysbinary):
    """Runs `dunning` in a folder with a policy `p.yaml` and a snapshot `erp`."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "p.yaml").write_text(POLICY, encoding="utf-8")
    (tmp_path / "erp").mkdir()
    for name, text in ERP.items():
        (tmp_path / "erp" / name).write_text(text, encoding="utf-8")
    return commands(monkeypatch, capsysbinary)
