"""The messages of large plans, written by several processes: words take most of the time of taking a plan in.

What comes out is what one process writes, in the same order. Whatever becomes of a helping process, its share is
written here.
"""

import os
import signal
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing import get_context, parent_process
from typing import Any, Self, TypeAlias

from policy_engine.execution.intake import Ahead, Write
from policy_engine.execution.messages import STATEMENT, Writer, nothing_wanted
from policy_engine.plan.model import Action
from policy_engine.snapshot.model import CustomerAccount

FEWEST = 1_000
"""Actions from which on helping processes are started: each takes about a second to begin."""
MOST = 3
"""Helping processes at most."""
SLICE = 20
"""Actions given to a process at once."""
Given: TypeAlias = tuple[Action, CustomerAccount]
Share: TypeAlias = tuple[Action, CustomerAccount, bool]
"""An action, its customer's account with what the ledger knows, and whether the statement is wanted."""


class Writers:
    """Writes as its `Writer` does, with helping processes that run ahead; a context manager.

    Args:
        writer: writes here, and tells the others what they need to know.
        helpers: how many processes help.
    """

    def __init__(self, writer: Writer, helpers: int) -> None:
        self._writer = writer
        plain = replace(writer, known=None, wants=nothing_wanted)
        self._pool: ProcessPoolExecutor | None = ProcessPoolExecutor(
            helpers, mp_context=get_context("spawn"), initializer=_begin, initargs=(plain,)
        )
        self._helpers = helpers
        self._left: deque[Sequence[Given]] = deque()  # slices that nobody has begun with
        self._at_work: deque[Future[list[dict[str, Any]]]] = deque()
        self._begun: dict[str, tuple[Future[list[dict[str, Any]]], int]] = {}
        self._mine: deque[Given] = deque()  # of slices that this process has begun with
        self._made: dict[str, dict[str, Any]] = {}  # what it wrote before it was asked
        self._warm = False  # whether a helping process has answered yet: nobody waits for one that begins

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=False, cancel_futures=True)

    def begin(self, actions: Sequence[Given]) -> None:
        """Tell what will be asked for after what was told before, in this order."""
        self._left.extend(actions[start : start + SLICE] for start in range(0, len(actions), SLICE))
        self._hand_out()

    def write(self, action: Action, account: CustomerAccount) -> dict[str, Any]:
        """As `Writer.write`.

        Raises:
            UnwrittenError: a message can't be made.
        """
        if self._left and any(action.id == one.id for one, _ in self._left[0]):
            self._left.popleft()  # the others haven't come so far: this process writes the slice
        if self._mine and self._mine[0][0].id == action.id:
            self._mine.popleft()
        self._hand_out()
        made = self._made.pop(action.id, None)
        if made is not None:
            return made
        begun = self._begun.pop(action.id, None)
        if begun is not None and (self._warm or begun[0].done()):
            self._work_while_waiting(begun[0])
            try:
                return begun[0].result()[begun[1]]
            except BrokenProcessPool:
                self._pool = None
        return self._writer.write(action, account)

    def _work_while_waiting(self, future: Future[list[dict[str, Any]]]) -> None:
        """Write what will be asked for last, one after the other, until a helping process has done its share."""
        while not future.done() and (self._mine or self._left):
            if not self._mine:
                self._mine.extend(self._left.pop())
            action, account = self._mine.popleft()
            self._made[action.id] = self._writer.write(action, account)
            self._hand_out()

    def _hand_out(self) -> None:
        """Keep each helping process busy, with one slice more at hand."""
        while self._at_work and self._at_work[0].done():
            self._at_work.popleft()
            self._warm = True
        while self._left and self._pool is not None and len(self._at_work) < 2 * self._helpers:
            part = self._left.popleft()
            wants = self._writer.wants
            shares = [(action, self._writer.known_of(account), STATEMENT in wants(action)) for action, account in part]
            try:
                future = self._pool.submit(_write, shares)
            except BrokenProcessPool:
                self._pool = None
                return
            self._at_work.append(future)
            self._begun |= {action.id: (future, place) for place, (action, _) in enumerate(part)}


@contextmanager
def writing(writer: Writer | None, actions: int) -> Iterator[tuple[Write | None, Ahead | None]]:
    """What `take_in` wants to write a plan's messages: several processes for many actions, this one for few."""
    helping = 0 if writer is None else helpers(actions)
    if writer is None:
        yield None, None
    elif not helping:
        yield writer.write, None
    else:
        with Writers(writer, helping) as several:
            yield several.write, several.begin


def helpers(actions: int) -> int:
    """How many processes help to write so many actions; 0 where that wouldn't be faster."""
    if actions < FEWEST:
        return 0
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores - 1, MOST)


_given: list[Writer] = []


def _begin(writer: Writer) -> None:
    """In a helping process: what it writes with. It ends with whom it helps, and leaves the keyboard to that one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _given[:] = [writer]


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(0)


def _write(shares: Sequence[Share]) -> list[dict[str, Any]]:
    return [_given[0].make(action, account, statement=statement) for action, account, statement in shares]
