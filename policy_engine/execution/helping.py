"""Processes that help this one with what can be done apart: the words of messages, the files of a folder.

`Helping` starts them, once for a whole run. `Sharing` gives them items in the order in which the results will be asked
for, and works from the other end while it would have to wait. What comes out is what one process makes; whatever
becomes of a helping process, its share is done here.
"""

import gc
import os
import pickle
import signal
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from importlib import import_module
from itertools import count
from multiprocessing import get_context, parent_process
from typing import Any, Generic, NamedTuple, Self, TypeAlias, TypeVar

FEWEST = 1_000
"""Actions from which on helping processes are started: each takes about a second to begin."""
MOST = 3
"""Helping processes at most."""
SLICE = 10
"""Items given to a process at once."""
AT_HAND = 4
"""Slices that each helping process has, the one that it works on included."""
_ENDING = 10
"""Seconds in which a helping process ends what it has begun with; it takes a fraction of one."""
_HELD = 4
"""How many kinds of work a helping process keeps at hand."""
_names = count()

Item = TypeVar("Item")
Made = TypeVar("Made")


class _Outcome(NamedTuple):
    """What became of an item: what was made, or what was raised."""

    made: Any
    error: Exception | None


_Outcomes: TypeAlias = list[_Outcome]


class Helping:
    """Helping processes; a context manager that ends them.

    Args:
        processes: how many; with 0 everything is done here.
    """

    def __init__(self, processes: int = 0) -> None:
        self.processes = processes
        self.warm = False
        """Whether one has answered: nobody waits for one that only begins."""
        self._pool: ProcessPoolExecutor | None = None
        if processes:
            self._pool = ProcessPoolExecutor(processes, mp_context=get_context("spawn"), initializer=_begin)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=False, cancel_futures=True)

    def start(self, *modules: str) -> None:
        """Have the processes begin, and import what they will need; nobody waits for them."""
        for _ in range(self.processes):
            self._submit(_import, modules)

    def work(self, name: str, worker: bytes, items: Sequence[Any]) -> "Future[_Outcomes] | None":
        """Have items worked on; None when nobody can.

        Args:
            name: of the worker, unlike all others of this process.
            worker: a callable for an item, pickled.
            items: what it is called with, one after the other.
        """
        return self._submit(_work, name, worker, items)

    def gone(self) -> None:
        """A process has died: the others are of no use any more."""
        self._pool = None

    def _submit(self, function: Callable[..., Any], *given: Any) -> "Future[Any] | None":
        if self._pool is None:
            return None
        try:
            future = self._pool.submit(function, *given)
        except BrokenProcessPool:
            self.gone()
            return None
        if not self.warm:
            future.add_done_callback(self._answered)
        return future

    def _answered(self, future: "Future[Any]") -> None:
        self.warm = self.warm or not (future.cancelled() or future.exception())


class _Slice(NamedTuple, Generic[Item]):
    """Items that go to a process together, their keys, and what is sent of them."""

    keys: Sequence[str]
    items: Sequence[Item]
    sent: Sequence[Any]

    def after(self, key: str) -> "_Slice[Item]":
        """What follows the item of a key."""
        place = self.keys.index(key) + 1
        return _Slice(self.keys[place:], self.items[place:], self.sent[place:])


class Sharing(Generic[Item, Made]):
    """Work on many items, shared with helping processes.

    Args:
        helping: who helps.
        worker: makes something of an item; it can be pickled, and what it makes as well.
        key: what an item is known by.
        sent: what the worker is called with for an item.
    """

    def __init__(
        self,
        helping: Helping,
        worker: Callable[[Any], Made],
        key: Callable[[Item], str],
        sent: Callable[[Item], Any] = lambda item: item,
    ) -> None:
        self._helping = helping
        self._worker = worker
        self._name = f"{os.getpid()}.{next(_names)}"
        self._pickled: bytes | None = None
        self._key = key
        self._sent = sent
        self._lock = threading.RLock()  # slices are handed out by the thread that takes results in, too
        self._left: deque[_Slice[Item]] = deque()  # what nobody has begun with
        self._flying = 0  # slices that helping processes have
        self._begun: dict[str, tuple[Future[_Outcomes], int]] = {}
        self._mine: deque[Item] = deque()  # of a slice that this process has begun with
        self._made: dict[str, _Outcome] = {}  # what this process made before it was asked
        self._told: deque[list[str]] = deque()

    def begin(self, items: Sequence[Item]) -> None:
        """Tell what will be asked for after what was told before, in this order.

        What was told before the last call needn't be asked for: it is forgotten.
        """
        if not self._helping.processes:
            return
        keys = [self._key(item) for item in items]
        sent = [self._sent(item) for item in items]
        with self._lock:
            self._told.append(keys)
            while len(self._told) > 2:
                self._forget({*self._told.popleft()})
            for start in range(0, len(items), SLICE):
                part = slice(start, start + SLICE)
                self._left.append(_Slice(keys[part], items[part], sent[part]))
            self._hand_out()

    def of(self, item: Item) -> Made:
        """What the worker makes of an item; what it raises is raised here."""
        key = self._key(item)
        with self._lock:
            if self._left and key in self._left[0].keys:  # the others haven't come so far
                rest = self._left.popleft().after(key)
                if rest.keys:
                    self._left.appendleft(rest)
            if self._mine and self._key(self._mine[0]) == key:
                self._mine.popleft()
            begun = self._begun.pop(key, None)
        outcome = self._made.pop(key, None) or (begun and self._helped(*begun)) or self._here(item)
        if outcome.error is not None:
            raise outcome.error
        made: Made = outcome.made
        return made

    def end(self) -> None:
        """Nothing more will be asked for: what helping processes have begun with is waited for, the rest is dropped."""
        with self._lock:
            begun = {future for future, _ in self._begun.values()}
            for pending in (self._left, self._mine, self._told):
                pending.clear()
            self._begun.clear()
            self._made.clear()
        wait(begun, timeout=_ENDING)

    def _forget(self, keys: set[str]) -> None:
        for key in keys:
            self._begun.pop(key, None)
            self._made.pop(key, None)
        while self._left and self._left[0].keys[0] in keys:
            self._left.popleft()
        while self._mine and self._key(self._mine[0]) in keys:
            self._mine.popleft()

    def _here(self, item: Item) -> _Outcome:
        return _outcome(self._worker, self._sent(item))

    def _helped(self, future: "Future[_Outcomes]", place: int) -> _Outcome | None:
        """What a helping process made; None when it has failed, or only begins."""
        if not (self._helping.warm or future.done()):
            return None
        self._work_while_waiting(future)
        try:
            return future.result()[place]
        except BrokenProcessPool:
            self._helping.gone()
        except Exception:  # noqa: BLE001, S110 - whatever it was, it is done here and raised here if it comes again
            pass
        return None

    def _work_while_waiting(self, future: "Future[_Outcomes]") -> None:
        """Work on what will be asked for last, one after the other, until a helping process has done its share."""
        while not future.done():
            with self._lock:
                if not self._mine and self._left:
                    self._mine.extend(self._left.pop().items)
                if not self._mine:
                    return
                item = self._mine.popleft()
            self._made[self._key(item)] = self._here(item)

    def _hand_out(self) -> None:
        """Keep each helping process busy, with slices at hand; few before one has answered."""
        most = (AT_HAND if self._helping.warm else 1) * self._helping.processes
        while self._left and self._flying < most:
            if self._pickled is None:
                self._pickled = pickle.dumps(self._worker, pickle.HIGHEST_PROTOCOL)
            part = self._left[0]
            future = self._helping.work(self._name, self._pickled, part.sent)
            if future is None:
                return
            self._left.popleft()
            self._flying += 1
            self._begun |= {key: (future, place) for place, key in enumerate(part.keys)}
            future.add_done_callback(self._landed)

    def _landed(self, future: "Future[_Outcomes]") -> None:
        """A slice came back: the next one is handed out, unless something is wrong."""
        with self._lock:
            self._flying -= 1
            if not future.cancelled() and future.exception() is None:
                self._hand_out()


def processes(actions: int) -> int:
    """How many processes help with so many actions; 0 where that wouldn't be faster."""
    if actions < FEWEST:
        return 0
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores - 1, MOST)


_held: dict[str, Callable[[Any], Any]] = {}


def _begin() -> None:
    """In a helping process: it ends with whom it helps, leaves the keyboard to that one, and looks for no cycles.

    It lives as long as a run, and what it makes holds none (`cli/memory.py`).
    """
    gc.disable()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(0)


def _import(modules: Sequence[str]) -> None:
    for module in modules:
        import_module(module)


def _work(name: str, worker: bytes, items: Sequence[Any]) -> _Outcomes:
    if name not in _held:
        while len(_held) >= _HELD:
            del _held[next(iter(_held))]
        _held[name] = pickle.loads(worker)  # noqa: S301 - from the process that started this one
    return [_outcome(_held[name], item) for item in items]


def _outcome(worker: Callable[[Any], Any], item: Any) -> _Outcome:
    try:
        return _Outcome(worker(item), None)
    except Exception as error:  # noqa: BLE001 - raised again for who asks
        return _Outcome(None, error)
