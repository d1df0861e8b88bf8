"""Letters for adapters: the data that a ledger keeps set as PDF; marked in trials, refused when unfit to be posted."""

from collections.abc import Mapping
from typing import Any

from policy_engine.execution.job import Job, Refused, Retry
from policy_engine.templates.letter import Letter, LetterError, LetterPress, UnfitLetterError

ADDRESS_LINES = 2
"""A postal address has at least these: a street or box, a town."""
_TRIAL = {
    "fr": ("ESSAI : À NE PAS POSTER.", "Destinataire réel : "),
    "en": ("TRIAL: NOT TO BE POSTED.", "True recipient: "),
}
_ENCLOSED = {"fr": "Pièces jointes : ", "en": "Enclosed: "}


class Paper:
    """Sets letters with one press a run, which starts with the first letter."""

    def __init__(self) -> None:
        self._press: LetterPress | None = None

    def set(self, data: Mapping[str, Any]) -> Letter:
        """A letter that may be posted.

        Raises:
            Refused: typst refuses it, its address is larger than the window, or no font has a character of it.
            Retry: the process that sets letters failed.
            LetterError: typst isn't installed.
        """
        if self._press is None:
            self._press = LetterPress().__enter__()
        try:
            letter = self._press.press(data)
        except UnfitLetterError as error:
            raise Refused(str(error)) from error
        except LetterError as error:
            raise Retry(str(error)) from error
        if letter.missing:
            raise Refused(f"no font has the characters {' '.join(letter.missing[:20])}")
        return letter

    def close(self) -> None:
        """End the press; the next letter starts another."""
        press, self._press = self._press, None
        if press is not None:
            press.__exit__(None, None, None)


def letter_of(job: Job, channel: str) -> dict[str, Any]:
    """What the press is given for a channel of a job, as it was written.

    Raises:
        Refused: no letter was written, or there is no postal address.
    """
    data: dict[str, Any] | None = job.facts.get("messages", {}).get(channel, {}).get("letter")
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
