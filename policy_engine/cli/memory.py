"""The cyclic garbage collector, held back for the length of a command.

A plan over 100,000 invoices keeps millions of small tuples alive; the collector walks all of them again and again and
takes three quarters of the time (`make bench` shows both). Nothing in a plan refers back to its owner, so there are no
cycles to collect: peak memory is the same with and without it. A library must not decide this for its host; a
command that ends within minutes may.

What carries a plan out goes on for longer, and its statements to the database leave objects behind that refer to
themselves. It lets the collector go once its inputs are there, which are never walked again.
"""

import gc


def hold_collector() -> None:
    """Switch the cyclic collector off for this process; reference counting goes on."""
    gc.disable()


def release_collector() -> None:
    """Let the collector look after what is made from now on, where it was held back; what is there it leaves alone."""
    if not gc.isenabled():
        gc.freeze()
        gc.set_threshold(_YOUNG, _LOOKS, _LOOKS)
        gc.enable()


_YOUNG = 20_000
"""New objects before the collector looks at them: 500 actions with their facts are twice as many."""
_LOOKS = 3
"""Looks at what is young before one at what is older: what lives as long as a batch isn't left for long."""
