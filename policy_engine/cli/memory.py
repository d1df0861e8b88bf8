"""The cyclic garbage collector, held back for the length of a command.

A plan over 100,000 invoices keeps millions of small tuples alive; the collector walks all of them again and again and
takes three quarters of the time (`make bench` shows both). Nothing in a plan refers back to its owner, so there are no
cycles to collect: peak memory is the same with and without it. A library must not decide this for its host; a
command that ends within minutes may.
"""

import gc


def hold_collector() -> None:
    """Switch the cyclic collector off for this process; reference counting goes on."""
    gc.disable()
