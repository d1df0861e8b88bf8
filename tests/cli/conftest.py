"""A small policy and a snapshot to run commands on."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from policy_engine.cli import main

POLICY = """\
dunning: 1
policy: small
currency: EUR
segments:
  - {name: everybody, ladder: standard}
ladders:
  standard:
    steps:
      - name: courtesy_reminder  # dunning: allow DUN426 until 2099-12-31: one step is enough for these tests
        stage: reminder
        days: 3
        channel: email
        template: courtesy
"""


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    path = tmp_path / "policy.yaml"
    path.write_text(POLICY, encoding="utf-8")
    return path


def snapshot_data() -> dict:
    return {
        "manifest": {"as_of": "2026-11-20", "source": "test", "payments_complete_through": "2026-11-19"},
        "customers": [{"id": "C1", "name": "Ateliers du Nord", "kind": "business"}],
        "contact_persons": [{"id": "K1", "customer": "C1", "email": "a@example.org"}],
        "invoices": [
            {
                "id": "F1",
                "customer": "C1",
                "kind": "invoice",
                "currency": "EUR",
                "amount": "1200.00",
                "issue_date": "2026-09-15",
                "due_date": "2026-10-15",
            }
        ],
    }


@pytest.fixture
def data() -> dict:
    return snapshot_data()


@pytest.fixture
def snapshot(tmp_path: Path, data: dict) -> Path:
    path = tmp_path / "snapshot.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    return path


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch):
    """Run the command line in this process: exit code, stdout and stderr."""

    monkeypatch.setenv("COLUMNS", "200")

    def call(*arguments: object) -> SimpleNamespace:
        codes: list[int] = []
        monkeypatch.setattr(main.sys, "argv", ["dunning", *map(str, arguments)])

        def app() -> None:
            codes.append(main.run([str(argument) for argument in arguments]))

        import click

        result = CliRunner().invoke(click.command()(app), [])
        assert result.exception is None, result.exc_info
        return SimpleNamespace(code=codes[0], out=result.stdout, err=result.stderr)

    return call
