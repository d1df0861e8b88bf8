"""Load a policy: read, inherit, check, resolve. Whatever the author did, the answer is a policy or diagnostics."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from policy_engine.language.check import check_syntax
from policy_engine.language.files import PACK, PROJECT_FILES, TESTS, PolicyFile, pack_file, read_chain
from policy_engine.language.findings import Findings
from policy_engine.language.merge import expand_ladders
from policy_engine.language.named_lists import check_lists
from policy_engine.language.nodes import Map, Text
from policy_engine.language.partial import further_findings
from policy_engine.language.resolve.policy import resolve_policy
from policy_engine.language.resolved_text import resolved_text
from policy_engine.policy.resolved import Policy
from policy_engine.rates import RateTable
from policy_engine.values.days import parse_date
from policy_engine.values.diagnostics import Diagnostic
from policy_engine.values.position import Position

MAX_VERSIONS = 200
"""Most files in a folder of versions."""


@dataclass(frozen=True, slots=True)
class LoadResult:
    """What became of a policy.

    Attributes:
        policy: the resolved policy, or None when there is an error among the diagnostics.
        diagnostics: everything found, errors and warnings, sorted by place.
        sources: the lines of every file that was read, by the name that positions give it.
    """

    policy: Policy | None
    diagnostics: tuple[Diagnostic, ...]
    _merged: Map | None = field(default=None, compare=False, repr=False)
    sources: Mapping[str, Sequence[str]] = field(default_factory=dict, compare=False, repr=False)

    @property
    def ok(self) -> bool:
        """Whether there is a policy."""
        return self.policy is not None

    @property
    def description(self) -> str | None:
        """What the author says the policy is for."""
        node = None if self._merged is None else self._merged.get("description")
        return str(node) if isinstance(node, Text) else None

    @property
    def document(self) -> Map | None:
        """What is written, after inheritance; None when the file can't be read."""
        return self._merged

    def resolved_text(self) -> str | None:
        """The policy after inheritance as YAML, each value with its origin; None when the file can't be read."""
        return None if self._merged is None else resolved_text(self._merged)


@dataclass(frozen=True, slots=True)
class _Version:
    """One file of a folder of versions, merged with what it extends."""

    file: PolicyFile
    node: Map
    name: str
    start: date | None
    end: date | None
    position: Position


def load_policy(path: Path, *, as_of: date | None = None, rates: Mapping[str, RateTable] | None = None) -> LoadResult:
    """Read a policy file, or from a folder of versions the one in force.

    Paths in `extends` stay in the folder of the file, or in the folder of versions. Never raises on what the files
    hold or lack: mistakes are diagnostics.

    Args:
        path: a YAML file, a folder of versions of one policy, or `pack:NAME` for a ready policy.
        as_of: the day of the plan: chooses the version, and makes rates that end soon a warning. Without it a file's
            `effective` dates are not judged, and of a folder every version is checked and the newest returned.
        rates: the reference rates that the policy may name; those of the package without it.
    """
    findings = Findings()
    path = Path(path)
    if is_folder(path):
        return _load_folder(path, as_of, findings, rates)
    shown = _shown(path)
    file: PolicyFile | None = PolicyFile(path, shown, path.parent)
    if shown.startswith(PACK):
        file = pack_file(shown[len(PACK) :], Position(shown, 1, 1), findings)
    node = None if file is None else _read(file, findings)
    if file is None or node is None:
        return LoadResult(None, findings.all())
    policy = _resolve(node, file, as_of, findings, rates)
    if policy is not None and as_of is not None:
        _judge_force(policy, node, as_of, findings)
        if findings.errors:
            policy = None
    return LoadResult(policy, findings.all(), node, findings.sources)


def _load_folder(
    path: Path, as_of: date | None, findings: Findings, rates: Mapping[str, RateTable] | None
) -> LoadResult:
    here = Position(_shown(path), 1, 1)
    files = sorted(
        entry
        for entry in path.iterdir()
        if entry.suffix in {".yaml", ".yml"}
        and not entry.name.endswith(TESTS)
        and entry.name not in PROJECT_FILES
        and not entry.is_dir()
    )
    if not files:
        findings.add("DUN017", f"the folder `{here.file}` holds no policy (`.yaml`)", here)
        return LoadResult(None, findings.all())
    if len(files) > MAX_VERSIONS:
        findings.add("DUN017", f"the folder holds {len(files)} files, at most {MAX_VERSIONS} are read", here)
        return LoadResult(None, findings.all())
    versions = []
    for entry in files:
        file = PolicyFile(entry, _shown(entry), path)
        node = _read(file, findings)
        if node is not None:
            versions.append(_version(file, node))
    _judge_folder(versions, findings)
    chosen = _in_force(versions, as_of, here, findings)
    resolved: dict[str, Policy | None] = {}
    for version in versions:
        if as_of is None or version is chosen:
            resolved[version.file.shown] = _resolve(version.node, version.file, as_of, findings, rates)
    policy = None if chosen is None or findings.errors else resolved[chosen.file.shown]
    return LoadResult(policy, findings.all(), None if chosen is None else chosen.node, findings.sources)


def _read(file: PolicyFile, findings: Findings) -> Map | None:
    node = read_chain(file, findings)
    if node is not None:
        expand_ladders(node, findings)
        check_lists(node, findings)
    return node


def _resolve(
    node: Map, file: PolicyFile, as_of: date | None, findings: Findings, rates: Mapping[str, RateTable] | None
) -> Policy | None:
    syntax = check_syntax(node, findings)
    if syntax is None:
        further_findings(node, file.shown, as_of, findings, rates)
        return None
    return resolve_policy(syntax, node, file.shown, as_of, findings, rates=rates)


def _judge_force(policy: Policy, node: Map, as_of: date, findings: Findings) -> None:
    start, end = policy.effective_from, policy.effective_to
    if (start is not None and as_of < start) or (end is not None and as_of > end):
        findings.add(
            "DUN017",
            f"this policy is not in force on {as_of}",
            node.of("effective"),
            hint="plan with the version in force, or correct `effective`",
        )


def _version(file: PolicyFile, node: Map) -> _Version:
    name = node.get("policy")
    force = node.get("effective")
    start = end = None
    if isinstance(force, Map):
        first, last = force.get("from"), force.get("to")
        start = parse_date(first) if isinstance(first, Text) else None
        end = parse_date(last) if isinstance(last, Text) else None
    return _Version(file, node, str(name) if isinstance(name, Text) else "", start, end, node.of("effective"))


def _judge_folder(versions: list[_Version], findings: Findings) -> None:
    """One policy, and no two versions in force on one day."""
    ordered = sorted(versions, key=lambda v: (v.start or date.min, v.file.shown))
    for version in ordered[1:]:
        if version.name != ordered[0].name:
            findings.add(
                "DUN017",
                f"the folder holds versions of `{ordered[0].name}` and of `{version.name}`",
                version.node.of("policy"),
                hint="give each policy a folder of its own, or name one file",
            )
    for index, version in enumerate(ordered):
        for other in ordered[:index]:
            if (other.end or date.max) >= (version.start or date.min) and (version.end or date.max) >= (
                other.start or date.min
            ):
                findings.add(
                    "DUN017",
                    f"`{other.file.shown}` is in force on {version.start or other.start or 'every day'} too",
                    version.position,
                    hint="give the older one an `effective: {to: ...}` on the day before",
                )
                break


def _in_force(versions: list[_Version], as_of: date | None, here: Position, findings: Findings) -> _Version | None:
    if as_of is None:
        return max(versions, key=lambda v: v.start or date.min, default=None)
    found = [v for v in versions if (v.start or date.min) <= as_of <= (v.end or date.max)]
    if not found and versions:
        starts = ", ".join(sorted(str(v.start) for v in versions if v.start is not None))
        findings.add(
            "DUN017",
            f"no version in `{here.file}` is in force on {as_of}",
            here,
            hint=f"versions begin on {starts}" if starts else None,
        )
    return found[0] if len(found) == 1 else None


def is_folder(path: Path) -> bool:
    """Whether a path is a folder of versions; a path that can't be is none."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def _shown(path: Path) -> str:
    return str(path).replace("\\", "/")
