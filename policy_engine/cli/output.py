"""Results: to stdout as UTF-8, or to a file that is either whole or not there."""

import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from io import TextIOWrapper
from itertools import islice
from pathlib import Path
from shutil import copyfileobj
from typing import IO, Any

import click

from policy_engine.cli.main import USAGE
from policy_engine.values.text import inert, inert_json

_BITS = 1_000
"""Bits of JSON, words and what stands between them, that are written at once."""


class OutputError(click.ClickException):
    """A file that can't be written."""

    exit_code = USAGE


def to_stdout(write: Callable[[IO[str]], None]) -> None:
    """Let `write` write UTF-8 text to stdout, whatever the locale."""
    sys.stdout.flush()
    buffer = getattr(sys.stdout, "buffer", None)
    if buffer is None:
        write(sys.stdout)
        return
    stream = TextIOWrapper(buffer, encoding="utf-8", errors="backslashreplace", newline="\n", write_through=False)
    try:
        write(stream)
        stream.flush()
    finally:
        stream.detach()


def text_to_stdout(text: str) -> None:
    """Print text."""
    to_stdout(lambda stream: _write(stream, text))


def lines_to_stdout(text: str) -> None:
    """Print text whose long lines are folded at the width of a terminal, and left whole for files and pipes."""
    from policy_engine.cli.inputs import folding_width
    from policy_engine.values.folding import folded

    width = folding_width(sys.stdout)
    text_to_stdout(text if width is None else folded(text, width))


def json_to_stdout(value: Any) -> None:
    """Print JSON for people and programs: two blanks of indent, keys in their order, what can't be seen escaped."""
    text_to_stdout(inert_json(json.dumps(value, ensure_ascii=False, indent=2)) + "\n")


class Unheld(list[Any]):
    """A list for `parts_to_stdout` whose rows are only made when they are written.

    Args:
        rows: what they are made of.
        make: makes one.
    """

    def __init__(self, rows: Sequence[Any], make: Callable[[Any], Any]) -> None:
        super().__init__()
        self._rows, self._make = rows, make

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Any]:
        return map(self._make, self._rows)


def parts_to_stdout(value: Any) -> None:
    """Print what `json_to_stdout` prints, bit by bit: `Unheld` lists in it are never held."""
    parts = json.JSONEncoder(ensure_ascii=False, indent=2).iterencode(value)

    def write(stream: IO[str]) -> None:
        while bits := "".join(islice(parts, _BITS)):  # words are never cut: each is one bit
            stream.write(inert_json(bits))
        stream.write("\n")

    to_stdout(write)


def rows_to_stdout(head: Mapping[str, Any], name: str, rows: Iterable[Any]) -> None:
    """Print what `json_to_stdout` prints of `{**head, name: [*rows]}`, without ever holding all rows.

    They wait in a file that nobody else can read, so that nothing at all is printed when making one of them fails.
    """
    with tempfile.TemporaryFile("w+", encoding="utf-8", newline="\n") as waiting:
        begin, end = json.dumps({**head, name: [0]}, ensure_ascii=False, indent=2).rsplit("\n    0\n", 1)
        waiting.write(inert_json(begin))
        between = "\n    "
        for row in rows:
            text = json.dumps(row, ensure_ascii=False, indent=2).replace("\n", "\n    ")
            waiting.write(between + inert_json(text))
            between = ",\n    "
        waiting.write(f"\n{end}\n" if between[0] == "," else f"{end.lstrip()}\n")
        waiting.seek(0)
        to_stdout(lambda stream: copyfileobj(waiting, stream))


def to_file(path: Path, write: Callable[[IO[str]], None]) -> None:
    """Let `write` write UTF-8 text to `path`: under another name first, then renamed, so that no half file is left.

    Raises:
        OutputError: the file can't be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    except OSError as error:
        raise OutputError(f"can't write {inert(str(path))}: {error.strerror}") from error
    part = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace", newline="\n") as stream:
            write(stream)
        part.chmod(0o666 & ~_umask())
        part.replace(path)
    except OSError as error:
        raise OutputError(f"can't write {inert(str(path))}: {error.strerror}") from error
    finally:
        part.unlink(missing_ok=True)


def bytes_to_file(path: Path, data: bytes) -> None:
    """Write bytes to `path`: under another name first, then renamed, so that no half file is left.

    Raises:
        OutputError: the file can't be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    except OSError as error:
        raise OutputError(f"can't write {inert(str(path))}: {error.strerror}") from error
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        part.chmod(0o666 & ~_umask())
        part.replace(path)
    except OSError as error:
        raise OutputError(f"can't write {inert(str(path))}: {error.strerror}") from error
    finally:
        part.unlink(missing_ok=True)


def _write(stream: IO[str], text: str) -> None:
    stream.write(text)


def _umask() -> int:
    """The process's umask; it can only be read by setting it."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
