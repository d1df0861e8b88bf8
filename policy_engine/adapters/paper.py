"""Letters for adapters: the data that a ledger keeps set as PDF; marked in trials, refused when unfit to be posted."""

from collections import deque
from collections.abc import Hashable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from typing import Any

from policy_engine.execution.job import Refused, Retry
from policy_engine.templates.letter import Letter, LetterError, LetterPress, UnfitLetterError

ADDRESS_LINES = 2
"""A postal address has at least these: a street or box, a town."""
_TRIAL = {
    "fr": ("ESSAI : À NE PAS POSTER.", "Destinataire réel : "),
    "en": ("TRIAL: NOT TO BE POSTED.", "True recipient: "),
}
_ENCLOSED = {"fr": "Pièces jointes : ", "en": "Enclosed: "}


class Paper:
    """Sets letters; its presses start with the first one.

    Args:
        presses: how many work side by side.
    """

    def __init__(self, presses: int = 1) -> None:
        self._count = presses
        self._pool: ThreadPoolExecutor | None = None
        self._presses: SimpleQueue[LetterPress] = SimpleQueue()
        self._begun: dict[Hashable, Future[Letter]] = {}
        self._told: deque[list[Hashable]] = deque()

    @property
    def begun(self) -> int:
        """How many letters were begun that nobody has asked for yet."""
        return len(self._begun)

    def begin(self, letters: Mapping[Hashable, Mapping[str, Any]]) -> None:
        """Begin with letters that `set` will ask for by these keys.

        What was begun before the last call and not asked for is dropped.

        Raises:
            LetterError: typst isn't installed.
        """
        self._told.append(list(letters))
        while len(self._told) > 2:
            for key in self._told.popleft():
                dropped = self._begun.pop(key, None)
                if dropped is not None:
                    dropped.cancel()
        self._begun |= {key: self._submit(data) for key, data in letters.items()}

    def set(self, data: Mapping[str, Any], key: Hashable = None) -> Letter:
        """A letter that may be posted: the one that was begun under a key, if any.

        Raises:
            Refused: typst refuses it, its address is larger than the window, or no font has a character of it.
            Retry: the process that sets letters failed.
            LetterError: typst isn't installed.
        """
        future = self._begun.pop(key, None) or self._submit(data)
        try:
            letter = future.result()
        except UnfitLetterError as error:
            raise Refused(str(error)) from error
        except LetterError as error:
            raise Retry(str(error)) from error
        if letter.missing:
            raise Refused(f"no font has the characters {' '.join(letter.missing[:20])}")
        return letter

    def close(self) -> None:
        """End the presses; the next letter starts others."""
        pool, self._pool = self._pool, None
        self._begun.clear()
        if pool is not None:
            pool.shutdown(cancel_futures=True)
        while not self._presses.empty():
            self._presses.get().__exit__(None, None, None)

    def _submit(self, data: Mapping[str, Any]) -> "Future[Letter]":
        if self._pool is None:
            for _ in range(self._count):
                self._presses.put(LetterPress().__enter__())
            self._pool = ThreadPoolExecutor(self._count, "press")
        return self._pool.submit(self._one, data)

    def _one(self, data: Mapping[str, Any]) -> Letter:
        press = self._presses.get()
        try:
            return press.press(data)
        finally:
            self._presses.put(press)


def letter_of(facts: Mapping[str, Any], channel: str) -> dict[str, Any]:
    """What the press is given for a channel of an action, as it was written.

    Raises:
        Refused: no letter was written, or there is no postal address.
    """
    data: dict[str, Any] | None = facts.get("messages", {}).get(channel, {}).get("letter")
    if data is None:
        raise Refused("its letter wasn't written: execute needs the policy, and a sender in the operator's file")
    if data["address_lines"] < ADDRESS_LINES:
        raise Refused("the customer has no postal address of at least two lines")
    return data


def enclosing(data: Mapping[str, Any], names: str) -> dict[str, Any]:
    """A letter that says what lies in the same envelope."""
    note = {"kind": "paragraph", "lines": [_ENCLOSED[data["language"]] + names]}
    return {**data, "blocks": [*data["blocks"], note]}


def marked(data: Mapping[str, Any], redirect_to: str | None) -> Mapping[str, Any]:
    """A letter as it is; of a trial: the window shows where trials go, a banner the true recipient."""
    if redirect_to is None:
        return data
    head, true = _TRIAL[data["language"]]
    recipient = ", ".join(line.replace("\u200b", "") for line in data["recipient"])
    banner = " ".join([head, true + recipient, *([data["banner"]] if data["banner"] else [])])
    return {**data, "recipient": [head.rstrip("."), redirect_to], "banner": banner}
