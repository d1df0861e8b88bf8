"""What is wrong with a ledger, said in one line; light to load, so that the command line can know it."""


class LedgerError(ValueError):
    """A ledger that can't be used, or not any longer; one line says why, without a password."""


class LedgerLostError(LedgerError):
    """The database can't be reached for now: the connection was cut, it restarts, or somebody keeps it locked."""
