"""One clean machine for all tests of a run: building the wheel takes seconds."""

import pytest

from tests.scaffold.clean_machine import Machine, clean_machine


@pytest.fixture(scope="session")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    return clean_machine(tmp_path_factory.mktemp("machine"))
