"""Every folder of tests/bad/rates: rate tables, and what is wrong with them, word for word."""

from pathlib import Path

import pytest

from tests.bad_commands import cases_in, check_case


@pytest.mark.parametrize("folder", cases_in("rates"), ids=lambda folder: folder.name)
def test_bad_rates(folder: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    check_case(folder, monkeypatch, capsysbinary)
