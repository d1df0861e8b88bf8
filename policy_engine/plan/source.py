"""Where the actions of a plan come from: a plan in memory, or its file, of which no more than a chunk is ever held.

A plan's file is read twice. The first time everything is checked: the identity is recomputed from its rows, each action
is built once and given to whoever judges it. The second time the actions come in chunks, and each chunk must be the
very text that was checked, or nothing of it is given out.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import IO, Any, Protocol, TypeAlias

from policy_engine.plan.canonical import FORMAT
from policy_engine.plan.model import Action, Header, Stopped
from policy_engine.plan.read import PlanError, action_of, header_of, not_a_row, read_plan
from policy_engine.plan.scan import Scanner
from policy_engine.values.canonical import canonical_json

CHUNK = 500
"""Actions that are held at once."""
_ORDER = ("run", "summary", "stopped", "alerts", "problems", "decisions", "credit_alerts", "actions", "outcomes")
"""What the identity covers, in its order, which is that of the file (`canonical.plan_identity`)."""
Judge: TypeAlias = Callable[[Action], str | None]
"""What is wrong with an action, None when nothing is."""
_OPTIONAL = {"decisions", "credit_alerts"}
_KEPT = {"run", "summary"}


class PlanSource(Protocol):
    """A plan whose actions come chunk by chunk. `Plan` is one."""

    @property
    def as_of(self) -> date: ...  # noqa: D102
    @property
    def policy(self) -> str: ...  # noqa: D102
    @property
    def policy_version(self) -> int: ...  # noqa: D102
    @property
    def currency(self) -> str: ...  # noqa: D102
    @property
    def valid_until(self) -> date: ...  # noqa: D102
    @property
    def closed(self) -> tuple[date, ...]: ...  # noqa: D102
    @property
    def identity(self) -> str: ...  # noqa: D102
    @property
    def header(self) -> Header: ...  # noqa: D102
    @property
    def stopped(self) -> tuple[Stopped, ...]: ...  # noqa: D102
    @property
    def size(self) -> int:
        """How many actions it has."""
        ...

    def chunks(self, most: int = CHUNK) -> Iterator[Sequence[Action]]:
        """The actions in order, at most so many at once; may be asked for again."""
        ...


@dataclass(frozen=True, slots=True)
class PlanFile:
    """A plan's file that was checked. Made by `open_plan`."""

    as_of: date
    policy: str
    policy_version: int
    currency: str
    valid_until: date
    closed: tuple[date, ...]
    identity: str
    header: Header
    stopped: tuple[Stopped, ...]
    size: int
    _open: Callable[[], IO[bytes]]
    _digests: tuple[bytes, ...]

    def chunks(self, most: int = CHUNK) -> Iterator[Sequence[Action]]:
        """The actions in order, at most `most` and at most `CHUNK` at once.

        Raises:
            PlanError: the file isn't any more what was checked.
        """
        digests = iter(self._digests)
        with self._open() as stream, _readable():
            for held in _held(_actions(Scanner(stream))):
                if next(digests, None) != _digest(text for _, text in held):
                    raise PlanError("the plan's file was changed while it was read")
                actions = [action_of(row) for row, _ in held]
                del held  # of the next chunk nothing is read while this one is held
                for start in range(0, len(actions), most):
                    yield actions[start : start + most]
                del actions
        if next(digests, None) is not None:
            raise PlanError("the plan's file was changed while it was read")


def open_plan(open_: Callable[[], IO[bytes]], judge: Judge, *, again: bool = True) -> PlanSource:
    """The plan of a file, checked.

    A file whose keys somebody has put in another order, and one that can't be read twice, is held whole.

    Args:
        open_: opens the file for bytes, each time from its beginning.
        judge: sees every action once, in order, before any is given out, and says what is wrong with it.
        again: whether the file can be opened a second time.

    Raises:
        PlanError: not JSON, not a plan of this format, or edited: its rows have another identity, an action is wrong.
        UnicodeDecodeError: not UTF-8 text.
    """
    if again:
        with open_() as stream, _readable():
            found = _first_pass(Scanner(stream), open_, judge)
            if found is not None:
                return found
    with open_() as stream:
        plan = read_plan(stream.read().decode("utf-8"))
    for action in plan.actions:
        _judged(action, judge)
    return plan


def _judged(action: Action, judge: Judge) -> None:
    wrong = judge(action)
    if wrong is not None:
        raise PlanError(wrong)


@contextmanager
def _readable() -> Iterator[None]:
    """Turns what a malformed document makes `json` and the rows' readers raise into a `PlanError`."""
    try:
        yield
    except (PlanError, UnicodeDecodeError):
        raise
    except (json.JSONDecodeError, RecursionError) as error:
        raise PlanError(f"not a JSON document: {error}") from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise not_a_row(error) from error


def _first_pass(scanner: Scanner, open_: Callable[[], IO[bytes]], judge: Judge) -> "PlanFile | None":
    """Everything checked; None when the keys stand in another order than plans are written in."""
    if scanner.peek() != "{":
        scanner.value()
        scanner.end()
        raise PlanError(f"not a dunning plan of format {FORMAT}")
    kept: dict[str, Any] = {}
    lists = _Lists(judge)
    order: list[str] = []
    for key in scanner.entries():
        if key in kept or key in order:
            raise PlanError(f"the key `{key[:40]}` stands twice")
        if key in _ORDER:
            if order and _ORDER.index(key) < _ORDER.index(order[-1]):
                return None
            order.append(key)
        if key in _ORDER and key not in _KEPT:
            lists.read(key, scanner)
            continue
        kept[key], _ = scanner.value()
        if key in _KEPT:
            lists.hash(canonical_json({key: kept[key]}))
        elif key == "dunning_plan" and kept[key] != FORMAT:
            break
    if kept.get("dunning_plan") != FORMAT:
        raise PlanError(f"not a dunning plan of format {FORMAT}")
    scanner.end()
    missing = next((key for key in _ORDER if key not in order and key not in _OPTIONAL), None)
    if missing is not None:
        raise KeyError(missing)
    found = lists.identity.hexdigest()
    if found != kept["identity"]:
        raise PlanError(
            f"the plan was edited: its rows have the identity {found[:12]}, it says {str(kept['identity'])[:12]}"
        )
    run = kept["run"]
    return PlanFile(
        as_of=date.fromisoformat(run["as_of"]),
        policy=run["policy"],
        policy_version=run["policy_version"],
        currency=run["currency"],
        valid_until=date.fromisoformat(run["valid_until"]),
        closed=tuple(map(date.fromisoformat, run.get("closed", ()))),
        identity=found,
        header=header_of(kept["header"]),
        stopped=tuple(lists.stopped),
        size=lists.size,
        _open=open_,
        _digests=tuple(lists.digests),
    )


class _Lists:
    """The lists of a plan on the first pass: hashed row by row, not kept."""

    def __init__(self, judge: Judge) -> None:
        self.identity = hashlib.sha256()
        self.stopped: list[Stopped] = []
        self.size = 0
        self.digests: list[bytes] = []
        self._judge = judge

    def hash(self, line: str) -> None:
        self.identity.update(f"{line}\n".encode("utf-8", "surrogatepass"))

    def read(self, name: str, scanner: Scanner) -> None:
        """Read one list; its name is hashed before its rows, of the optional ones only when they have rows."""
        if scanner.peek() != "[":
            raise TypeError(f"`{name}` is no list")
        if name not in _OPTIONAL:
            self.hash(name)
        rows = scanner.rows()
        if name == "actions":
            for held in _held(rows):
                self.digests.append(_digest(text for _, text in held))
                for row, _ in held:
                    _judged(action_of(row), self._judge)
                    self.hash(canonical_json(row))
                self.size += len(held)
            return
        for place, (row, _) in enumerate(rows):
            if place == 0 and name in _OPTIONAL:
                self.hash(name)
            if name == "stopped":
                self.stopped.append(Stopped(**row))
            self.hash(canonical_json(row))


def _actions(scanner: Scanner) -> Iterator[tuple[Any, str]]:
    """The rows of the list of actions, wherever it stands; what follows isn't read."""
    for key in scanner.entries():
        if key == "actions":
            yield from scanner.rows()
            return
        if key in _ORDER and key not in _KEPT:
            for _ in scanner.rows():
                pass
        else:
            scanner.value()


def _held(rows: Iterator[tuple[Any, str]]) -> Iterator[list[tuple[Any, str]]]:
    held: list[tuple[Any, str]] = []
    for row in rows:
        held.append(row)
        if len(held) == CHUNK:
            yield held
            held = []
    if held:
        yield held


def _digest(texts: Iterator[str]) -> bytes:
    found = hashlib.sha256()
    for text in texts:
        found.update(f"{text}\n".encode("utf-8", "surrogatepass"))
    return found.digest()
