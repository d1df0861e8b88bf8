"""Every folder of tests/bad/templates: a policy with templates, and what `validate` says of them, word for word.

`UPDATE_GOLDEN=1` writes the expected texts; read the difference before committing it.
"""

from pathlib import Path

import pytest

from tests.bad_commands import cases_in, check_case


@pytest.mark.parametrize("folder", cases_in("templates"), ids=lambda folder: folder.name)
def test_bad_templates(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    check_case(folder, monkeypatch, capsysbinary)
