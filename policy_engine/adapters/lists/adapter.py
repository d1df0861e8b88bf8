"""The adapter `lists`: who is called today and what is to be done, for people.

    lists/
      2026-10-30/
        calls.csv, calls.ics          who to call, whom to ask for, about how much, what went before
        tasks.csv, tasks.ics
        scripts/C-0176_phone_call_3f9a0c12d4e5-1.txt
        .actions/                     the facts that the lists are made from

Each delivery writes the action's files whole; the lists of a day are made anew from all of them when a run ends.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import PlainValidator, WithJsonSchema

from policy_engine.adapters.days import DayFiles
from policy_engine.adapters.disk import file_name, names_in, unwritable
from policy_engine.adapters.lists.calendar import Look
from policy_engine.adapters.lists.entry import KINDS, Entry, entry_of, trial_mark
from policy_engine.adapters.lists.words import language_of
from policy_engine.adapters.lists.write import Form, write_lists
from policy_engine.execution.job import Job, Receipt, Refused, Retry
from policy_engine.execution.kinds import Kind, Place, Surroundings
from policy_engine.explanation.locale import Language
from policy_engine.language.models.base import Syntax, key
from policy_engine.language.nodes import Text
from policy_engine.language.scalars import Name, pattern, refuse, scalar
from policy_engine.values.text import inert_json

FORMAT = 1
"""Version of the files in `.actions`."""
_ACTIONS, _SCRIPTS = ".actions", "scripts"


def _minutes(value: object) -> int:
    text = scalar(value, "a number of minutes", "15")
    if text.style != "plain" or not text.isascii() or not text.isdigit() or not 1 <= int(text[:5]) <= 480:
        raise refuse("DUN106", f"`{text[:20]}` is not a number of minutes", "write a number from 1 to 480, e.g. `15`")
    return int(text)


Clock = Annotated[
    Text,
    pattern("([01][0-9]|2[0-3]):[0-5][0-9]", "a time of the day", '"09:00"'),
    WithJsonSchema({"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"}),
]
Minutes = Annotated[
    int, PlainValidator(_minutes), WithJsonSchema({"type": "integer", "minimum": 1, "maximum": 480})
]  # fmt: skip


class ListsSettings(Syntax):
    """Where lists of calls and tasks are written, and how."""

    path: Place = key("The folder, beside the operator's file unless it is absolute.", "lists", default="lists")
    language: Literal["en", "fr"] | None = key(
        "Of the lists' own words; without it that of the policy.", "fr", default=None
    )
    separator: Literal[",", ";"] | None = key(
        "Between the cells of a sheet; without it `;` in French and `,` in English, by which a double click opens it.",
        ";", default=None,
    )  # fmt: skip
    script: Literal["file", "cell"] = key(
        "Whether a sheet names the script's file, or holds the script.", "cell", default="file"
    )
    begin: Clock | None = key(
        "When calls begin in the calendar; without it they stand for the whole day.", "09:00", default=None, alias="at"
    )
    minutes: Minutes = key("How long a call takes in the calendar.", 15, default=15)
    collector: Name | None = key(
        "The customers' attribute that names who calls: each then has lists of their own, beside everybody's.",
        "account_manager", default=None,
    )  # fmt: skip


class ListsAdapter:
    """Puts actions on lists for people. Delivered means that it stands on the list."""

    channels = frozenset({"call", "task"})
    idempotent = True
    real = True
    wants = frozenset({"dossier"})

    def __init__(
        self, name: str, path: Path, form: Form, collector: str | None, language: Language | None = None
    ) -> None:
        self.name = name
        self._language = language
        self.path = path
        self._form = form
        self._collector = collector
        self._files = DayFiles(path, self._make_lists)

    def deliver(self, job: Job) -> Receipt:
        """Write the action's facts and script, under other names until `settle`.

        Raises:
            Refused: the facts don't say what it is about, or when.
            Retry: the files can't be written now.
        """
        name = file_name(job)
        try:
            day = str(job.facts["action"]["send_on"])
            for kind in (job.channel, *job.also):
                entry_of(_document(job), kind)  # type: ignore[arg-type]  # the channels are this adapter's
        except (KeyError, TypeError, ValueError) as error:
            raise Refused("the action's facts aren't known any more") from error
        try:
            for channel, (subject, text) in _scripts(job, self._language).items():
                self._files.put(day, _SCRIPTS, _script_name(name, channel, job.channel), f"{subject}\n\n{text}\n")
            document = json.dumps(_document(job, self._language), ensure_ascii=False, sort_keys=True)
            self._files.put(day, _ACTIONS, f"{name}.json", inert_json(document) + "\n")
        except ValueError as error:
            raise Refused("the action's facts don't say on which day it is due") from error
        except OSError as error:
            raise Retry(f"the files can't be written: {error.strerror}") from error
        return Receipt({"list": f"{day}/{'calls' if job.channel == 'call' else 'tasks'}.csv"})

    def settle(self) -> None:
        """Bring the files to the disk and rename them into place.

        Raises:
            Retry: the disk doesn't take them now.
        """
        self._files.settle()

    def close(self) -> None:
        """Make the lists anew of each day to which this worker, or one that died, has added."""
        self._files.close()

    def check(self) -> list[str]:
        """Whether the folder can be written."""
        return unwritable(self.path)

    def _make_lists(self, day: Path) -> None:
        write_lists(day, self._entries(day), self._form)

    def _entries(self, day: Path) -> Iterator[Entry]:
        for name in names_in(day / _ACTIONS, ".json"):
            path = day / _ACTIONS / name
            try:
                document = json.loads(path.read_text(encoding="utf-8"))
            except ValueError:
                continue
            if not isinstance(document, dict) or document.get("dunning_list") != FORMAT:
                continue
            for kind in KINDS:
                if kind not in document["channels"]:
                    continue
                script = tuple(document["scripts"].get(kind, ("", "")))
                file = _script_name(path.stem, kind, document["channels"][0])
                yield entry_of(
                    document,
                    kind,
                    script=script,
                    script_file=f"{_SCRIPTS}/{file}" if any(script) else "",
                    collector=self._collector,
                    language=self._language,
                )


def _script_name(name: str, channel: str, main: str) -> str:
    return f"{name}.txt" if channel == main else f"{name}.{channel}.txt"


def _scripts(job: Job, language: Language | None) -> dict[str, tuple[str, str]]:
    """Subject and text of each list's message."""
    messages = job.facts.get("messages", {})
    return {
        channel: (str(messages[channel]["subject"]), _callable(job, str(messages[channel]["text"]), language))
        for channel in (job.channel, *job.also)
        if channel in messages
    }


def _callable(job: Job, text: str, language: Language | None) -> str:
    """A script; in trials without the numbers that it would have somebody call."""
    if job.redirect_to is not None:
        mark = trial_mark(job.redirect_to, language or language_of(job.facts.get("dossier", {}).get("locale")))
        for person in job.facts.get("contacts", ()):
            if person["phone"]:
                text = text.replace(str(person["phone"]), mark)
    return text


def _document(job: Job, language: Language | None = None) -> dict[str, Any]:
    names = ("action", "contacts", "customer", "dossier", "as_of")
    return {
        "dunning_list": FORMAT,
        "key": job.key,
        "channels": [job.channel, *job.also],
        "redirected_to": job.redirect_to,
        "scripts": {channel: list(parts) for channel, parts in _scripts(job, language).items()},
        **{name: job.facts[name] for name in names if name in job.facts},
    }


def _build(name: str, settings: ListsSettings, around: Surroundings) -> ListsAdapter:
    form = Form(settings.separator, settings.script == "cell", Look(settings.begin, settings.minutes))
    return ListsAdapter(name, around.at(settings.path), form, settings.collector, settings.language)


KIND = Kind(ListsSettings, _build)
