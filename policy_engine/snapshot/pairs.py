"""A manifest as rows of a key and a value, as databases and workbooks hold it: `invoices.amount.EUR` is `1500.00`."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from policy_engine.snapshot.nodes import Mapping, Node, Scalar
from policy_engine.snapshot.sources import Findings, RawManifest, SourceFile
from policy_engine.snapshot.tables import TABLES


@dataclass(slots=True)
class _Branch:
    key: Scalar
    items: dict[str, "_Branch | tuple[Scalar, Scalar]"] = field(default_factory=dict)


def manifest_of_pairs(
    file: SourceFile, pairs: Iterable[tuple[int, str, str]], findings: Findings
) -> RawManifest | None:
    """The manifest that lines of (line, key, value) say; None when two of them contradict each other.

    Control totals are written `invoices.rows` and `invoices.amount.EUR`. Lines without a key are left out.
    """
    root = _Branch(Scalar("", 1, 1))
    sound = True
    for line, name, value in pairs:
        if not name.strip():
            continue
        parts = [part.strip() for part in name.split(".")]
        if len(parts) > 1 and parts[0] in TABLES:
            parts.insert(0, "tables")
        branch: _Branch | None = root
        for part in parts[:-1]:
            if branch is not None:
                found = branch.items.setdefault(part, _Branch(Scalar(part, line, 1)))
                branch = found if isinstance(found, _Branch) else None
        if branch is None or parts[-1] in branch.items:
            findings.error("DUN504", file.at(line), f"the key `{name[:80]}` stands twice", "keep one of them")
            sound = False
        else:
            branch.items[parts[-1]] = (Scalar(parts[-1], line, 1), Scalar(value.strip() or None, line, 2))
    return RawManifest(file, _mapping(root)) if sound else None


def _mapping(branch: _Branch) -> Mapping:
    items: list[tuple[Scalar, Node]] = [
        (item.key, _mapping(item)) if isinstance(item, _Branch) else item for item in branch.items.values()
    ]
    return Mapping(tuple(items), branch.key.line, branch.key.column)
