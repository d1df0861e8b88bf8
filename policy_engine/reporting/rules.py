"""What each code means, from the pages that explain it: `docs/diagnostics*.md`, which the wheel carries."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from policy_engine.values.text import slug

_HEADING = re.compile(
    r"^## (?P<heading>(?P<code>DUN\d{3}):? (?P<title>[^\n]+))\n(?P<text>.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL
)
_LINK = re.compile(r"\[([^\]\n]*)\]\((?!https?:)[^)\s]*\)")


@dataclass(frozen=True, slots=True)
class Rule:
    """A code's entry.

    Attributes:
        code: e.g. `DUN203`.
        title: a few words.
        page: the page's file name.
        anchor: of the entry within it.
        markdown: what to avoid, to prefer, and why; links between pages are left out.
    """

    code: str
    title: str
    page: str
    anchor: str
    markdown: str

    def link(self, base: str | None) -> str:
        """Where to read on: below the address `base`, else the path within the documentation."""
        where = f"{self.page}#{self.anchor}"
        return f"docs/{where}" if base is None else f"{base.rstrip('/')}/{where}"


def docs_folder() -> Path:
    """Where the pages are: beside the package in a checkout, inside it when installed."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "docs"
    return installed if installed.is_dir() else package.parent / "docs"


@cache
def rules() -> Mapping[str, Rule]:
    """Every documented code; read once."""
    found: dict[str, Rule] = {}
    for page in sorted(docs_folder().glob("diagnostics*.md")):
        for entry in _HEADING.finditer(page.read_text(encoding="utf-8")):
            text = _LINK.sub(r"\1", entry["text"]).strip()
            found[entry["code"]] = Rule(entry["code"], entry["title"], page.name, slug(entry["heading"]), text)
    return found
