"""The child process that sets letters: a line of JSON in, a line of JSON and a PDF out, until its input ends.

It has bounded memory and processor time, no fonts but those inside typst, no packages, and reads one file: the layout.
"""

import json
import re
import sys
import tempfile
import unicodedata
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

MEMORY = 4 << 30
"""Bytes of address space."""
PROCESSOR_SECONDS = 600
"""Of one process, which sets some hundred letters."""
RETRIES = 40
"""Scripts that no font has, one found at a time."""
_LAYOUT = Path(__file__).resolve().parent / "letters" / "letter.typ"
_NO_GLYPH = re.compile(r"the text [`\"']+(.+?)[`\"']+ (?:could not|cannot|can't) be displayed", re.DOTALL)
_COUNT = re.compile(rb"/Type/Pages/Count (\d+)")
"""What typst writes in each node of the tree of pages; the root's is the largest."""


def main() -> None:
    """Serve until the input ends."""
    _limit()
    import typst

    with tempfile.TemporaryDirectory() as empty:
        compiler = typst.Compiler(
            str(_LAYOUT),
            root=str(_LAYOUT.parent),
            ignore_system_fonts=True,
            package_path=empty,
            package_cache_path=empty,
        )
        unknown: set[str] = set()
        for line in sys.stdin.buffer:
            _serve(compiler, json.loads(line), unknown, sys.stdout.buffer)


def _serve(compiler: Any, data: dict[str, Any], unknown: set[str], out: BinaryIO) -> None:
    missing: set[str] = set()
    for _ in range(RETRIES):
        given = _without(data, unknown, missing)
        stamp = datetime(data["year"], data["month"], data["day"], tzinfo=UTC)
        try:
            pdf = compiler.compile(
                sys_inputs={"data": json.dumps(given)}, format="pdf", pdf_standards=["a-2b"], timestamp=stamp
            )
        except RuntimeError as error:
            found = _NO_GLYPH.search(str(error))
            new = set() if found is None else {_script(ch) for ch in found[1]} - unknown
            if not new:
                _answer(out, {"error": str(error).splitlines()[0]}, b"")
                return
            unknown |= new
            continue
        pages = max((int(count) for count in _COUNT.findall(pdf)), default=0)
        _answer(out, {"size": len(pdf), "missing": "".join(sorted(missing)), "pages": pages}, pdf)
        return
    _answer(out, {"error": "too many characters that no font has"}, b"")


def _answer(out: BinaryIO, head: dict[str, Any], body: bytes) -> None:
    out.write(json.dumps(head).encode("ascii") + b"\n" + body)
    out.flush()


def _script(ch: str) -> str:
    """What is given up together: a script outside Latin, else the character alone."""
    word = unicodedata.name(ch, ch).split(" ")[0]
    return ch if word in {"LATIN", ch} or unicodedata.category(ch)[0] != "L" else word


def _without(value: Any, unknown: set[str], missing: set[str]) -> Any:
    """The data with U+FFFD for characters that no font has; they are noted in `missing`."""
    if not unknown:
        return value
    if isinstance(value, str):
        if value.isascii():
            return value
        kept = []
        for ch in value:
            lost = ch in unknown or _script(ch) in unknown
            if lost:
                missing.add(ch)
            kept.append("\ufffd" if lost else ch)
        return "".join(kept)
    if isinstance(value, list):
        return [_without(one, unknown, missing) for one in value]
    if isinstance(value, dict):
        return {key: _without(one, unknown, missing) for key, one in value.items()}
    return value


def _limit() -> None:
    """Bounds that the system keeps; where it knows none (Windows), the parent's clock remains."""
    try:
        import resource
    except ImportError:
        return
    for what, most in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CPU, PROCESSOR_SECONDS)):
        _, hard = resource.getrlimit(what)
        bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (bound, bound))


if __name__ == "__main__":
    main()
