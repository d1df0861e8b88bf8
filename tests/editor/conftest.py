"""One running language server for all tests of a process; skipped, with the reason, where it isn't installed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.editor.server import Server, missing, running

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A server for this repository, without any settings: the first line of each file says which schema it is."""
    why = missing()
    if why is not None:
        pytest.skip(why)
    with running(ROOT) as started:
        yield started
