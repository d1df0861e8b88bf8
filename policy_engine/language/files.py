"""Policy files on disk, and what one extends: paths inside the policy's folder, packs, chains without circles."""

import os
from dataclasses import dataclass
from pathlib import Path

from policy_engine.language.findings import Findings
from policy_engine.language.merge import merge_policies
from policy_engine.language.nodes import Map, Node, Text, lookalike
from policy_engine.language.yaml import MAX_BYTES, read_yaml
from policy_engine.values.diagnostics import did_you_mean
from policy_engine.values.position import Position

MAX_CHAIN = 10
"""Most policies that may stand behind one another through `extends`."""
PACK = "pack:"
TESTS = ".test.yaml"
"""How the names of a policy's tests end; they may lie beside it, and are no policies."""

PROJECT_FILES = ("dunning.yaml", ".dunning.yaml")
"""A project's settings for `validate`; they may lie beside policies, and are none."""


@dataclass(frozen=True, slots=True)
class PolicyFile:
    """A file to read: where it is, how positions name it, the folder that its paths may not leave."""

    path: Path
    shown: str
    root: Path


def packs_folder() -> Path:
    """Where the ready policies are: beside the package in a checkout, inside it when installed."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "packs"
    return installed if installed.is_dir() else package.parent / "policies"


def read_chain(file: PolicyFile, findings: Findings) -> Map | None:
    """The file with everything that it extends merged under it, or None with findings."""
    chain: list[Map] = []
    seen: list[Path] = []
    current: PolicyFile | None = file
    asked: Text | None = None
    while current is not None:
        node = _read(current, asked, findings)
        if node is None:
            return None
        chain.append(node)
        seen.append(current.path.resolve())
        extends = node.get("extends")
        if extends is None:
            break
        if not isinstance(extends, Text):
            break  # the schema says what is wrong with it
        following = _base(extends, current, findings)
        if following is None:
            return None
        if following.path.resolve() in seen:
            findings.add(
                "DUN016",
                f"`{extends}` extends this policy in turn",
                extends.position,
                hint="let one of them stand alone",
            )
            return None
        if len(chain) >= MAX_CHAIN:
            findings.add("DUN016", f"more than {MAX_CHAIN} policies extend one another", extends.position)
            return None
        current, asked = following, extends
    merged = chain.pop()
    while chain:
        merged = merge_policies(merged, chain.pop(), findings)
    return merged


def _read(file: PolicyFile, asked: Text | None, findings: Findings) -> Map | None:
    at = Position(file.shown, 1, 1) if asked is None else asked.position
    data = read_bytes(file.path, file.shown, at, findings)
    if data is None:
        return None
    node: Node | None = read_yaml(data, file.shown, findings)
    if node is None:
        return None
    if not isinstance(node, Map):
        findings.add(
            "DUN103",
            f"a policy is a mapping of keys, not {lookalike(node)}",
            node.position,
            hint="start with `dunning: 1` and `policy: NAME`",
        )
        return None
    return node


def read_bytes(path: Path, shown: str, at: Position, findings: Findings) -> bytes | None:
    """The bytes of a file, at most one more than the bound; None with a finding at `at`."""
    try:
        if path.is_dir():
            findings.add("DUN001", f"`{shown}` is a folder, a policy file is wanted", at)
            return None
        if path.exists() and not path.is_file():
            findings.add("DUN001", f"`{shown}` is no ordinary file", at)
            return None
        with path.open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        findings.add("DUN001", f"there is no file `{shown}`", at, hint=_neighbours(path))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "its name is impossible"
        findings.add("DUN001", f"`{shown}` can't be read: {reason.lower()}", at)
    return None


def _neighbours(path: Path) -> str | None:
    try:
        names = [entry.name for entry in path.parent.iterdir() if entry.suffix in {".yaml", ".yml"}]
    except OSError:
        return None
    return did_you_mean(path.name, names)


def pack_file(name: str, at: Position, findings: Findings) -> PolicyFile | None:
    """The ready policy of that name (`fr-b2b`); None with a finding at `at`."""
    folder = packs_folder()
    known = sorted(entry.stem for entry in folder.glob("*.yaml") if not entry.name.endswith(TESTS))
    if name not in known:
        findings.add(
            "DUN015",
            f"there is no pack `{name[:60]}`",
            at,
            hint=did_you_mean(name, known) or f"packs: {', '.join(known)}",
        )
        return None
    return PolicyFile(folder / f"{name}.yaml", f"{PACK}{name}", folder)


def _base(extends: Text, file: PolicyFile, findings: Findings) -> PolicyFile | None:
    if extends.startswith(PACK):
        return pack_file(extends[len(PACK) :], extends.position, findings)
    if "\\" in extends or extends.startswith(("/", "~")) or "\0" in extends or Path(extends).is_absolute():
        findings.add(
            "DUN015", f"`{extends[:60]}` is not a path below the policy's folder", extends.position, hint=_INSIDE
        )
        return None
    path = file.path.parent / extends
    try:
        real = path.resolve()
        inside = real.is_relative_to(file.root.resolve())
    except (OSError, RuntimeError, ValueError):
        findings.add("DUN015", f"`{extends[:60]}` is a path that leads nowhere", extends.position, hint=_INSIDE)
        return None
    if not inside:
        findings.add("DUN015", f"`{extends[:60]}` leads out of the policy's folder", extends.position, hint=_INSIDE)
        return None
    shown = f"{PACK}{extends}" if file.shown.startswith(PACK) else _shown(file.shown, extends)
    return PolicyFile(path, shown, file.root)


_INSIDE = "write a path below the folder of the policy, like `common/base.yaml`, or `pack:NAME`"


def _shown(file: str, extends: str) -> str:
    """The base's name in positions: relative the way the first file's name is, without `..` where that is plain."""
    return os.path.normpath(str(Path(file).parent / extends)).replace("\\", "/")
