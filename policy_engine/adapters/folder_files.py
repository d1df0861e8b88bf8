"""The files of an action in a folder: what it is made of as JSON, its messages as people open them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from policy_engine.adapters.days import Written, write_part
from policy_engine.adapters.disk import file_name
from policy_engine.adapters.email.draft import Drafts
from policy_engine.execution.by_day import day_of
from policy_engine.execution.job import Job, Refused, Retry
from policy_engine.templates.document import clean
from policy_engine.values.indented import indented_json
from policy_engine.values.text import inert_json

FORMAT = 1
"""Version of the files."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A job, the day for which it was planned, and the folder where its files go."""

    job: Job
    day: str
    into: str


@dataclass(frozen=True, slots=True)
class Filing:
    """Writes the files of actions, under other names until they are settled; also in a helping process.

    Attributes:
        token: of the worker whose files they are.
        drafts: writes e-mails.
    """

    token: str
    drafts: Drafts

    def __call__(self, placed: Placed) -> list[Written]:
        """Write the files.

        Raises:
            Refused: the facts don't make files.
            Retry: they can't be written now.
        """
        name = file_name(placed.job)
        try:
            return [
                write_part(placed.into, f"{name}{ending}", self.token, data)
                for ending, data in contents(placed.job, self.drafts)
            ]
        except ValueError as error:
            raise Refused("the action's facts don't say on which day it is sent") from error
        except OSError as error:
            raise unwritten(error) from error


def unwritten(error: OSError) -> Retry:
    """What a full disk or a folder that can't be written comes to: it may work later."""
    return Retry(f"the file can't be written: {error.strerror}")


def contents(job: Job, drafts: Drafts) -> Iterator[tuple[str, str | bytes]]:
    """What is written of an action, by the end of the file's name.

    Raises:
        ValueError: its facts say no day.
    """
    yield ".json", inert_json(indented_json(_document(job)) + "\n")
    mail = drafts.of(job, day_of(job.facts)) if "email" in (job.channel, *job.also) else None
    if mail is not None:
        yield ".eml", mail
    yield from _texts(job, mailed=mail is not None)


def _texts(job: Job, *, mailed: bool) -> Iterator[tuple[str, str]]:
    """The messages as people read them, by the end of the file's name; those of other channels name theirs.

    The words of an e-mail that is there as such needn't be there again.
    """
    for channel, message in job.facts.get("messages", {}).items():
        if channel not in (job.channel, *job.also):
            continue  # another adapter's carrier
        middle = "" if channel == job.channel else f".{channel}"
        if not (mailed and channel == "email"):
            redirected = "" if job.redirect_to is None else f"To: {clean(job.redirect_to)} (trial)\n"
            yield f"{middle}.txt", f"{redirected}{message['subject']}\n\n{message['text']}"
        yield f"{middle}.html", message["html"]


def _document(job: Job) -> dict[str, Any]:
    return {
        "dunning_action": FORMAT,
        "key": job.key,
        "attempt": job.attempt,
        "channel": job.channel,
        "also": list(job.also),
        "redirected_to": job.redirect_to,
        **{name: value for name, value in job.facts.items() if name != "messages"},
    }
