"""Every folder of tests/bad/analysis: waivers and project files, and what is wrong with them, word for word."""

from pathlib import Path

import pytest

from tests.bad_commands import cases_in, check_case


@pytest.mark.parametrize("folder", cases_in("analysis"), ids=lambda folder: folder.name)
def test_bad_analysis(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    check_case(folder, monkeypatch, capsysbinary)
