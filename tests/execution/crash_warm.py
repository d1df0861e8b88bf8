"""Everything that a worker imports, and what is built at first use: forked from here, a worker starts at once."""

import tempfile
from pathlib import Path

import psycopg  # noqa: F401 - as above
import sqlalchemy.dialects.postgresql.psycopg  # noqa: F401 - as above

from policy_engine.execution.returns import hear
from tests.execution.crash_child import CUSTOMERS, Task
from tests.execution.crash_kinds import adapters_of, house_of, lay_out
from tests.execution.support import close_ledgers

with tempfile.TemporaryDirectory() as _name:
    for _kind in ("loud+folder", "bouncing", "orders"):  # all that is there to be loaded
        _folder = Path(_name) / _kind
        _folder.mkdir()
        _task = Task(_folder, "warm", f"sqlite:///{_folder / 'ledger.db'}", _kind, CUSTOMERS)
        _house = house_of(_task)
        lay_out(_task)
        _house.take_in()
        _house.run(adapters=adapters_of(_house, _kind))
        assert _house.states() == {"delivered": CUSTOMERS}
        hear(_house.ledger(), adapters_of(_house, _kind))
close_ledgers()
