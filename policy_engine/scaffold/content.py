"""The files of a new policy repository, as text: templates filled with the policy's name, the pack and the version."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from policy_engine.analysis.project_schema import project_schema
from policy_engine.language.files import TESTS, packs_folder
from policy_engine.language.schema import policy_schema
from policy_engine.testing.schema import suite_schema

Language = Literal["en", "fr"]
_TEMPLATES = Path(__file__).parent / "templates"
_NAME = re.compile(r"[a-z][a-z0-9-]{0,59}")
_PLACE = re.compile(r"@@([A-Z0-9]+)@@")
_SAMPLE = ("manifest.yaml", "customers.csv", "contact_persons.csv", "invoices.csv", "payments.csv", "disputes.csv")
_COMMON = {
    ".github/workflows/policy.yml": "workflow.yml",
    ".gitignore": "gitignore.txt",
    ".pre-commit-config.yaml": "pre-commit-config.yaml",
    ".vscode/extensions.json": "extensions.json",
    ".vscode/settings.json": "settings.json",
    "requirements.txt": "requirements.txt",
}
_WORDS: dict[Language, dict[str, str]] = {
    "en": {
        "ABOUT": "What we rely on; each test says what must come out of the rows that matter.",
        "T1": "a late invoice is reminded",
        "T2": "the second reminder follows on our day, not on the pack's",
        "T3": "a small invoice is not worth a message",
        "T4": "a disputed invoice is left alone",
        "T5": "an invoice that isn't due for months is left alone",
    },
    "fr": {
        "ABOUT": "Ce sur quoi nous comptons ; chaque test dit ce qui doit sortir des lignes qui comptent.",
        "T1": "une facture en retard est rappelée",
        "T2": "le second rappel part à notre jour, non à celui du modèle",
        "T3": "une petite facture ne vaut pas un message",
        "T4": "une facture contestée est laissée en paix",
        "T5": "une facture qui n'est pas due avant des mois est laissée en paix",
    },
}


def packs() -> list[str]:
    """The ready policies that a new one may extend."""
    return sorted(path.stem for path in packs_folder().glob("*.yaml"))


def policy_name(folder: str) -> str:
    """A policy's name from a folder's: lower-case letters, figures, hyphens; `our-policy` when little is left."""
    name = re.sub(r"[^a-z0-9]+", "-", folder.lower()).strip("-")[:60].strip("-")
    return name if _NAME.fullmatch(name) else "our-policy"


def is_policy_name(name: str) -> bool:
    """Whether a name can stand in files, commands and the policy as it is."""
    return _NAME.fullmatch(name) is not None and not name.endswith("-")


def repository_files(name: str, pack: str, language: Language, version: str) -> dict[str, str]:
    """Every file of the repository by its path: its text, lines ended by line feeds.

    Args:
        name: of the policy; `is_policy_name` says which can be.
        pack: one of `packs()`.
        language: of the README, the comments and the tests' names.
        version: of the engine that CI installs.
    """
    words = {"NAME": name, "PACK": pack, "VERSION": version, "LANG": language, **_WORDS[language]}
    own = f"packs/{pack}" if (_TEMPLATES / "packs" / pack).is_dir() else "packs/any"
    sources = {
        **_COMMON,
        "README.md": f"README.{language}.md",
        "desk/README.md": f"desk.{language}.md",
        f"policies/{name}.yaml": f"{own}/policy.{language}.yaml",
        f"policies/tests/{name}/first{TESTS}": f"{own}/test.yaml",
        **{f"sample/{file}": f"sample/{file}" for file in _SAMPLE},
    }
    files = {path: _filled(template, words) for path, template in sources.items()}
    for key, schema in (("policy", policy_schema()), ("test", suite_schema()), ("project", project_schema())):
        files[f"schemas/{key}.schema.json"] = json.dumps(schema, ensure_ascii=False, indent=2) + "\n"
    return dict(sorted(files.items()))


def _filled(template: str, words: Mapping[str, str]) -> str:
    text = (_TEMPLATES / template).read_text(encoding="utf-8")
    return _PLACE.sub(lambda found: words[found[1]], text)
