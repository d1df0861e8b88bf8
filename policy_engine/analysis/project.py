"""The project's own levels of rules: `dunning.yaml` or `.dunning.yaml` beside the policy or in a folder above it.

analysis:
  DUN426: off
  DUN401: error
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias, cast, get_args

from policy_engine.analysis.model import RULES
from policy_engine.language.files import PROJECT_FILES, read_bytes
from policy_engine.language.findings import Findings
from policy_engine.language.nodes import Map, Text, lookalike
from policy_engine.language.yaml import read_yaml
from policy_engine.values.diagnostics import Diagnostic, did_you_mean
from policy_engine.values.position import Position

Level: TypeAlias = Literal["off", "note", "warning", "error"]
_FORM = "write `analysis:`, and below it, indented, e.g. `DUN426: note`"
LEVELS: tuple[Level, ...] = get_args(Level)


@dataclass(frozen=True, slots=True)
class Project:
    """The levels that a project gives to rules, and what is wrong with its file (`DUN433`)."""

    levels: Mapping[str, Level] = field(default_factory=dict)
    findings: tuple[Diagnostic, ...] = ()


def project_of(policy: Path) -> Project:
    """The project file that is nearest to a policy file or folder; without one an empty project.

    The search ends with the folder that holds `.git`. Both names in one folder are a finding.
    """
    try:
        folder = policy.resolve() if policy.is_dir() else policy.resolve().parent
        for place in (folder, *folder.parents):
            found = [place / name for name in PROJECT_FILES if (place / name).is_file()]
            if found:
                return _read(found)
            if (place / ".git").exists():
                break
    except (OSError, ValueError):
        return Project()  # a path that can't be: the load says what is wrong with it
    return Project()


def _read(files: list[Path]) -> Project:
    findings = Findings()
    shown = _shown(files[0])
    at = Position(shown, 1, 1)
    if len(files) > 1:
        findings.add("DUN433", f"`{files[1].name}` lies beside it: which of them counts?", at, hint="keep one of them")
    data = read_bytes(files[0], shown, at, findings)
    node = None if data is None else read_yaml(data, shown, findings)
    levels: dict[str, Level] = {}
    if node is not None and not isinstance(node, Map):
        findings.add("DUN433", f"a project file is a mapping of keys, not {lookalike(node)}", node.position, hint=_FORM)
    elif isinstance(node, Map):
        for key, value in node.items():
            if key != "analysis":
                hint = did_you_mean(key, ["analysis"]) or "a project file knows `analysis` only"
                findings.add("DUN433", f"`{key}` is no key of a project file", _at(node, key), hint=hint)
            elif isinstance(value, Map):
                levels = _levels(value, findings)
            else:
                hint = "write e.g. `DUN426: note` below it, indented"
                findings.add("DUN433", f"`analysis` is a mapping, not {lookalike(value)}", value.position, hint=hint)
    return Project(levels, findings.all())


def _levels(node: Map, findings: Findings) -> dict[str, Level]:
    levels: dict[str, Level] = {}
    for code, level in node.items():
        if code not in RULES:
            hint = "docs/diagnostics-analysis.md lists the rules whose level can be set"
            findings.add("DUN433", f"`{code}` is no rule whose level can be set", _at(node, code), hint=hint)
        elif not isinstance(level, Text) or level not in LEVELS:
            hint = f"possible here: {', '.join(LEVELS)}"
            findings.add("DUN433", f"{lookalike(level)} is no level", level.position, hint=hint)
        else:
            levels[str(code)] = cast("Level", str(level))
    return levels


def _at(node: Map, key: str) -> Position:
    found = node.key(key)
    return node.position if found is None else found.position


def _shown(path: Path) -> str:
    """As seen from the folder that one stands in, where it lies below it."""
    here = Path.cwd()
    return (path.relative_to(here) if path.is_relative_to(here) else path).as_posix()
