"""Which files hold a step's message: the policy's own `templates/` folder first, then the shipped set.

A template of the name `courtesy` in French for letters is the first of `fr/courtesy.letter.jinja` and
`fr/courtesy.jinja` in the policy's folder, then of the same two in the package. A template extends or includes others
of its language by their file names, looked up the same way. Nothing outside the two folders is ever read: names are
plain words, and what links lead to must lie inside.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from policy_engine.explanation.locale import Language
from policy_engine.templates.context import Carrier
from policy_engine.templates.sandbox import MAX_SOURCE
from policy_engine.values.text import nfc

NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
FILE = re.compile(r"[a-z][a-z0-9_]{0,59}(\.[a-z_]{1,20})?\.jinja")
ENDING = ".jinja"
FOLDER = "templates"
_SHIPPED = Path(__file__).resolve().parent / "shipped"
_AKIN: dict[str, tuple[str, ...]] = {"registered_letter": ("registered_letter", "letter")}


_BY_STAGE = {
    "notice": "pre_due",
    "reminder": "courtesy",
    "call": "call_script",
    "formal_notice": "formal_notice",
    "agency": "agency_note",
    "legal": "legal_file",
}
SILENT: frozenset[str] = frozenset({"webhook", "order_hold", "order_release"})
"""Channels that carry data; a template is rendered for them only when the policy names one."""
LETTERING: frozenset[str] = frozenset({"email", "letter", "registered_letter"})
"""Channels on which nothing can go without words."""


def template_name(template: str | None, stage: str, channel: str, name: str) -> str | None:
    """The name of a message's template: what the policy says, else what fits the channel and the stage.

    An intervention has no stage: without a template its e-mail or letter takes the one called like itself (`name`).

    None where nothing is written: a channel that carries data, an intervention's call, task or placement without a
    template.
    """
    if template is not None:
        return template
    if channel in SILENT:
        return None
    if not stage:
        return name if channel in LETTERING else None
    return {"placement": "agency_note", "call": "call_script"}.get(channel) or _BY_STAGE.get(stage, "courtesy")


class TemplateFileError(Exception):
    """A file that can't be a template: it lies outside, is too large, no text; `place` is how messages name it."""

    def __init__(self, message: str, place: str) -> None:
        super().__init__(message)
        self.place = place


@dataclass(frozen=True, slots=True)
class Source:
    """A template's text, the name others know it by, and how messages name its file."""

    name: str
    text: str
    shown: str


@dataclass(frozen=True, slots=True)
class Folders:
    """Where templates are looked for: the policy's own folder, when there is one, then the shipped set.

    Attributes:
        own: the policy's `templates` folder, None without one.
        shown: how messages name it.
    """

    own: Path | None = None
    shown: str = FOLDER

    @classmethod
    def beside(cls, policy_file: str) -> "Folders":
        """The folders of a policy, by its file's path; a ready pack (`pack:NAME`) has none of its own."""
        if policy_file.startswith("pack:"):
            return cls()
        own = Path(policy_file).parent / FOLDER
        return cls(own, str(own).replace("\\", "/")) if own.is_dir() else cls()

    def find(self, name: str, language: Language, channel: Carrier | None) -> str | None:
        """The file name of a template for a channel, None when neither folder has one."""
        if not NAME.fullmatch(name):
            return None
        kinds = () if channel is None else _AKIN.get(channel, (channel,))
        wanted = [*(f"{name}.{kind}{ENDING}" for kind in kinds), f"{name}{ENDING}"]
        for own in (True, False):
            for file in wanted:
                if self._path(file, language, own=own) is not None:
                    return file
        return None

    def read(self, file: str, language: Language) -> Source | None:
        """A template by its file name, None when neither folder has it.

        Raises:
            TemplateFileError: it can't be used.
        """
        if not FILE.fullmatch(file):
            return None
        for own in (True, False):
            path = self._path(file, language, own=own)
            if path is not None:
                shown = f"{self.shown}/{language}/{file}" if own else f"{FOLDER}:{language}/{file}"
                if not own:
                    return _shipped(path, file, shown)
                assert self.own is not None
                if not path.resolve().is_relative_to(self.own.parent.resolve()):
                    raise TemplateFileError("it leads out of the policy's folder", shown)
                return Source(file, _text(path, shown), shown)
        return None

    def own_files(self) -> Iterator[tuple[Language, str]]:
        """(language, file name) of every template of the policy's own folder, sorted."""
        if self.own is None:
            return
        languages: tuple[Language, ...] = ("en", "fr")
        for language in languages:
            folder = self.own / language
            if folder.is_dir():
                for path in sorted(folder.iterdir()):
                    if FILE.fullmatch(path.name):
                        yield language, path.name

    def names(self, language: Language) -> tuple[str, ...]:
        """Names of templates that a step may use, for suggestions; those that only others extend begin with `base`."""
        found = {path.name.split(".")[0] for path in (_SHIPPED / language).glob(f"*{ENDING}")}
        found |= {file.split(".")[0] for own, file in self.own_files() if own == language}
        return tuple(sorted(name for name in found if not name.startswith("base")))

    def _path(self, file: str, language: Language, *, own: bool) -> Path | None:
        """Where a file is; where its links lead is judged when it is read."""
        root = self.own if own else _SHIPPED
        if root is None:
            return None
        path = root / language / file
        return path if path.is_file() else None


@lru_cache(maxsize=200)
def _shipped(path: Path, file: str, shown: str) -> Source:
    return Source(file, _text(path, shown), shown)


def _text(path: Path, shown: str) -> str:
    try:
        with path.open("rb") as stream:
            data = stream.read(4 * MAX_SOURCE + 1)
        text = data.decode("utf-8-sig")
    except OSError as error:
        raise TemplateFileError(f"it can't be read: {(error.strerror or 'unknown reason').lower()}", shown) from error
    except UnicodeDecodeError as error:
        raise TemplateFileError("it is no UTF-8 text", shown) from error
    if len(text) > MAX_SOURCE:
        raise TemplateFileError(f"it has more than {MAX_SOURCE} characters", shown)
    if "\0" in text:
        raise TemplateFileError("it holds characters of no text", shown)
    return nfc(text.replace("\r\n", "\n").replace("\r", "\n"))
