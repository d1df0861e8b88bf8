"""JSON from a file that is larger than memory: its values one after the other, over a window that slides.

`json`'s own scanner in C decodes each value; what isn't decoded yet is never more than the value at hand and a piece of
the file. Layout doesn't matter: a plan that somebody has re-indented is read as well as one that has a row a line.
"""

import codecs
import json
import re
from collections.abc import Iterator
from typing import IO, Any

PIECE = 1 << 16
"""Bytes read at once; twice as many each time that a value doesn't end within them."""
_BLANKS = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder()
_NEAR_END = 16
"""Characters before the end of what is read where an error, or the end of a value, may only mean that the rest isn't
read yet."""


class Scanner:
    """The values of one JSON document.

    Args:
        stream: the document, opened for bytes.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._decode = codecs.getincrementaldecoder("utf-8")()
        self._text = ""
        self._at = 0
        self._ended = False
        self._before = 0  # characters that have left the window
        self._lines = 0  # line ends among them
        self._column = 0  # characters after the last of those

    def peek(self) -> str:
        """The next character that isn't blank, "" at the end.

        Raises:
            UnicodeDecodeError: the file is no UTF-8 text.
        """
        while True:
            found = _BLANKS.match(self._text, self._at)
            self._at = self._at if found is None else found.end()
            if self._at < len(self._text) or not self._more(PIECE):
                return self._text[self._at : self._at + 1]

    def expect(self, signs: str) -> str:
        """Pass one of some characters.

        Raises:
            json.JSONDecodeError: another stands there.
        """
        found = self.peek()
        if not found or found not in signs:
            raise self._error(f"Expecting '{signs[0]}' delimiter", self._at)
        self._at += 1
        return found

    def value(self) -> tuple[Any, str]:
        """The next value, and its text as it stands in the file.

        Raises:
            json.JSONDecodeError: no value stands there.
        """
        self.peek()
        size = PIECE
        while True:
            try:
                value, end = _DECODER.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                cut = error.pos >= len(self._text) - _NEAR_END or error.msg.startswith("Unterminated string")
                if not cut or not self._more(size):
                    raise self._error(error.msg, error.pos) from error
            else:
                if end < len(self._text) - _NEAR_END or not self._more(size):  # `1` may be the beginning of `1.5e-7`
                    text = self._text[self._at : end]
                    self._at = end
                    return value, text
            size *= 2

    def rows(self) -> Iterator[tuple[Any, str]]:
        """The values of the list that begins here, and their texts.

        Raises:
            json.JSONDecodeError: no list stands there, or it breaks off.
        """
        self.expect("[")
        if self.peek() == "]":
            self.expect("]")
            return
        while True:
            yield self.value()
            if self.expect(",]") == "]":
                return

    def entries(self) -> Iterator[str]:
        """The keys of the mapping that begins here; whoever asks for the next one has read the value of this.

        Raises:
            json.JSONDecodeError: no mapping stands there, or it breaks off.
        """
        self.expect("{")
        if self.peek() == "}":
            self.expect("}")
            return
        while True:
            if self.peek() != '"':
                raise self._error("Expecting property name enclosed in double quotes", self._at)
            key, _ = self.value()
            self.expect(":")
            yield key
            if self.expect(",}") == "}":
                return

    def end(self) -> None:
        """Nothing but blanks may follow.

        Raises:
            json.JSONDecodeError: something does.
        """
        if self.peek():
            raise self._error("Extra data", self._at)

    def _more(self, size: int) -> bool:
        """Read on; what was passed leaves the window. False at the end of the file."""
        if self._ended:
            return False
        data = self._stream.read(size)
        self._ended = not data
        gone = self._text[: self._at]
        self._before += len(gone)
        self._lines += gone.count("\n")
        self._column = len(gone) - gone.rindex("\n") - 1 if "\n" in gone else self._column + len(gone)
        self._text = self._text[self._at :] + self._decode.decode(data, final=self._ended)
        self._at = 0
        return True

    def _error(self, message: str, at: int) -> json.JSONDecodeError:
        """An error with its place in the whole file, as `json` would say it."""
        error = json.JSONDecodeError(message, self._text, at)
        column = error.colno if error.lineno > 1 else error.colno + self._column
        error.args = (f"{message}: line {error.lineno + self._lines} column {column} (char {self._before + at})",)
        return error
