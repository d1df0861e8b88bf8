"""Everything that a worker imports, and what is built at first use: forked from here, a worker starts at once."""

import tempfile
from pathlib import Path

import psycopg  # noqa: F401 - as above
import sqlalchemy.dialects.postgresql.psycopg  # noqa: F401 - as above

from tests.execution.crash_child import CUSTOMERS, KINDS, Task, adapters_of, house_of
from tests.execution.support import close_ledgers

with tempfile.TemporaryDirectory() as _name:
    for _kind in KINDS:
        _folder = Path(_name) / _kind
        _folder.mkdir()
        _house = house_of(Task(_folder, "warm", f"sqlite:///{_folder / 'ledger.db'}", _kind, CUSTOMERS))
        _house.take_in()
        _house.run(adapters=adapters_of(_house, _kind))
        assert _house.states() == {"delivered": CUSTOMERS}
close_ledgers()
