"""Where findings are, as CI wants it: paths from the top of the repository, URIs, columns in UTF-16."""

import posixpath
import re
from dataclasses import dataclass
from urllib.parse import quote

from policy_engine.reporting.model import Case, Finding, Group, Suite
from policy_engine.values.position import NOWHERE, Position

_SAFE = "/-._~!$&'()*+,;=@"
"""Characters that a path keeps in a URI (RFC 3986, `pchar` without the colon)."""
_DRIVE = re.compile(r"[A-Za-z]:/")


@dataclass(frozen=True, slots=True)
class Root:
    """The top of the repository, as text; nothing is read from disk.

    Attributes:
        top: its absolute path with `/`, or empty when unknown.
        here: the absolute path that relative paths are seen from.
    """

    top: str = ""
    here: str = ""

    def path(self, file: str) -> str:
        """A file's path from the top with `/`; an absolute one when it lies elsewhere."""
        file = file.replace("\\", "/")
        whole = posixpath.normpath(posixpath.join(self.here, file))
        top = self.top.rstrip("/")
        if top and whole.startswith(top + "/"):
            return whole[len(top) + 1 :]
        return whole


@dataclass(frozen=True, slots=True)
class Place:
    """Where a finding is shown: a file of the repository, and what there is really meant when that is elsewhere."""

    path: str
    at: Position | None
    elsewhere: str | None = None


def place_of(finding: Finding, group: Group, root: Root) -> Place | None:
    """The file to annotate: its own, or the file that was looked at when the finding lies in a pack; None without."""
    at = finding.position
    if at is not None and not _outside(at.file):
        return Place(root.path(at.file), at)
    if group.file is None or _outside(group.file):
        return None
    return Place(root.path(group.file), None, None if at is None else str(at))


def place_of_case(case: Case, suite: Suite, root: Root) -> Place | None:
    """The file to annotate for a case."""
    if case.position is not None:
        return Place(root.path(case.position.file), case.position)
    return None if suite.file is None else Place(root.path(suite.file), None)


def _outside(file: str) -> bool:
    """Whether it is no file of the repository: part of a pack, or nothing that anybody wrote."""
    return file.startswith("pack:") or file == NOWHERE.file


def uri(path: str) -> str:
    """A path as a URI reference: relative, or `file:` when it is absolute."""
    if path.startswith("/"):
        return "file://" + _quoted(path)
    if _DRIVE.match(path):
        return f"file:///{path[0]}:" + _quoted(path[2:])
    return _quoted(path)


def _quoted(path: str) -> str:
    """Half a character (a lone surrogate) has no UTF-8: a question mark stands for it."""
    return quote(path, safe=_SAFE, errors="replace")


def utf16(text: str) -> int:
    """How many UTF-16 code units a text has."""
    return len(text) + sum(ord(character) > 0xFFFF for character in text)


def columns(at: Position, source: str | None) -> tuple[int, int]:
    """First column, and the one after the last, in UTF-16 code units from 1; within the line where it is known."""
    if source is None:
        return at.column, at.column + max(1, at.length)
    start = min(at.column - 1, len(source))
    end = max(start, min(start + at.length, len(source)))
    first = utf16(source[:start]) + 1
    return first, max(first + 1, utf16(source[:end]) + 1)
