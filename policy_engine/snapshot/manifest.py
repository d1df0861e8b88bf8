"""The manifest: who vouches for a snapshot, and whether its tables are all there (language.md 3.2)."""

from collections.abc import Mapping as MappingType
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from policy_engine.snapshot.books import try_minor
from policy_engine.snapshot.cells import CellError, minor, read_count, read_currency, read_date, read_decimal, read_flag
from policy_engine.snapshot.model import ControlTotal, Manifest
from policy_engine.snapshot.nodes import Mapping, Node, Scalar
from policy_engine.snapshot.rows import Rows
from policy_engine.snapshot.sources import Findings, RawManifest, SourceFile, counted
from policy_engine.snapshot.tables import MANIFEST, TABLES, TOTALLED
from policy_engine.values.diagnostics import did_you_mean
from policy_engine.values.money import EXPONENTS, MAX_MINOR, minor_text
from policy_engine.values.position import Position
from policy_engine.values.text import nfc


@dataclass(slots=True)
class Total:
    """What a manifest says of one table."""

    at: Position
    rows: int | None = None
    amounts: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Claims:
    """One manifest's words; None where it says nothing."""

    at: Position
    as_of: date | None = None
    source: str | None = None
    exported_at: str | None = None
    payments_complete_through: date | None = None
    rewound: bool | None = None
    totals: dict[str, Total] = field(default_factory=dict)


class _Reader:
    """Reads one manifest; every mistake in it is a finding."""

    def __init__(self, file: SourceFile, findings: Findings) -> None:
        self.file = file
        self.findings = findings

    def error(self, node: Node, message: str, fix: str | None = None) -> None:
        length = len(node.text or "") if isinstance(node, Scalar) else 1
        self.findings.error("DUN510", self.file.at(node.line, node.column, max(1, length)), message, fix)

    def known(self, key: Scalar, names: Sequence[str], what: str) -> bool:
        if key.text in names:
            return True
        fix = did_you_mean(key.text or "", names) or f"one of {', '.join(names)}"
        self.error(key, f"`{(key.text or '')[:40]}` is not {what}", fix)
        return False

    def value(self, node: Node, read: Any) -> Any:
        if not isinstance(node, Scalar):
            self.error(node, "one value is expected here, not a list or map")
            return None
        try:
            return read(node.text or "")
        except CellError as error:
            self.error(node, error.message, error.fix or None)
            return None

    def totals(self, node: Node) -> dict[str, Total]:
        found: dict[str, Total] = {}
        for key, value in self.items(node, "a table"):
            if not self.known(key, tuple(TABLES), "a table of a snapshot"):
                continue
            total = found[key.text or ""] = Total(self.file.at(key.line, key.column, len(key.text or "")))
            for part, figure in self.items(value, "`rows` or `amount`"):
                if not self.known(part, ("rows", "amount"), "a control total"):
                    continue
                if part.text == "rows":
                    total.rows = self.value(figure, read_count)
                elif key.text not in TOTALLED:
                    self.error(part, f"`{key.text}` has no amounts of a currency of its own", "give `rows` only")
                else:
                    self.amounts(figure, total)
        return found

    def amounts(self, node: Node, total: Total) -> None:
        for key, value in self.items(node, "a currency"):
            currency = self.value(key, read_currency)
            if currency is not None:
                sum_ = self.value(value, lambda text, code=currency: _sum(text, code))
                if sum_ is not None:
                    total.amounts[currency] = sum_

    def items(self, node: Node, what: str) -> tuple[tuple[Scalar, Node], ...]:
        if isinstance(node, Mapping):
            return node.items
        self.error(node, f"a map with {what} is expected here")
        return ()


def _sum(text: str, currency: str) -> int | None:
    """A sum over a table: it may be larger than one row's amount."""
    plain = read_decimal(text)
    if plain is None:
        return None
    sign = -1 if plain.startswith("-") else 1
    whole, _, fraction = plain.lstrip("+-").partition(".")
    exponent = EXPONENTS[currency]
    units: int = int(whole) * 10**exponent + minor(f"0.{fraction or '0'}", currency)
    return sign * units


def read_manifest(raw: RawManifest, findings: Findings) -> Claims:
    """What the manifest says."""
    reader = _Reader(raw.file, findings)
    claims = Claims(raw.file.at(raw.node.line, raw.node.column))
    names = tuple(key.name for key in MANIFEST)
    for key, node in raw.node.items:
        if not reader.known(key, names, "a key of a manifest"):
            continue
        match key.text:
            case "as_of":
                claims.at = raw.file.at(node.line, node.column, 10)
                claims.as_of = reader.value(node, read_date)
            case "source":
                claims.source = reader.value(node, nfc) or None
            case "exported_at":
                claims.exported_at = reader.value(node, nfc) or None
            case "payments_complete_through":
                claims.payments_complete_through = reader.value(node, read_date)
            case "rewound":
                claims.rewound = reader.value(node, read_flag)
            case _:
                claims.totals = reader.totals(node)
    return claims


def check_totals(claims: Claims, tables: MappingType[str, Rows], findings: Findings) -> None:
    """Compare the control totals with the rows of the same source."""
    for name, total in claims.totals.items():
        rows = tables.get(name, Rows())
        if total.rows is not None and total.rows != len(rows):
            message = f"the manifest says {counted(total.rows)} of `{name}`, but {len(rows)} were read"
            findings.error("DUN512", total.at, message, "export the tables and the manifest together")
        if total.amounts:
            _check_amounts(name, total, rows, findings)


def _check_amounts(name: str, total: Total, rows: Rows, findings: Findings) -> None:
    amount, currency = TABLES[name].index["amount"], TABLES[name].index["currency"]
    found: dict[str, int] = {}
    unreadable = sum(1 for row in rows.broken if row.ragged)
    columns = [(span.values[amount], span.values[currency]) for span in rows.good.spans()]
    broken = [row.values for row in rows.broken if not row.ragged]
    columns.append(([values[amount] for values in broken], [values[currency] for values in broken]))
    for amounts, codes in columns:
        of_one = set(map(type, amounts)) == {int} and len(set(codes)) == 1 and codes[0] is not None
        if of_one and -MAX_MINOR <= min(amounts) <= max(amounts) <= MAX_MINOR:
            found[codes[0]] = found.get(codes[0], 0) + sum(amounts)
            continue
        for text, code in zip(amounts, codes, strict=True):
            value = try_minor(text, code)
            if value is None:
                unreadable += 1
            else:
                found[code] = found.get(code, 0) + value
    if unreadable:
        text = f"the control total of `{name}` can't be compared: {counted(unreadable)} without a readable amount"
        findings.alert("unchecked_total", name, text, unreadable)
        return
    for code in sorted(total.amounts.keys() | found.keys()):
        said, read = total.amounts.get(code, 0), found.get(code, 0)
        if said != read:
            said_text, read_text = minor_text(said, code), minor_text(read, code)
            message = f"the manifest says {said_text} {code} in `{name}`, but the rows add up to {read_text} {code}"
            findings.error("DUN512", total.at, message, "export the tables and the manifest together")


def agree(all_claims: Sequence[Claims], as_of: date | None, nowhere: Position, findings: Findings) -> Manifest | None:
    """One manifest of all: the first that says a date counts, the others and the argument must agree with it."""
    day: date | None = None
    for claims in all_claims:
        if claims.as_of is None:
            continue
        if day is not None and claims.as_of != day:
            message = f"this manifest is as of {claims.as_of}, the first one as of {day}"
            findings.error("DUN511", claims.at, message, "read snapshots of one day together")
        day = day or claims.as_of
        if as_of is not None and claims.as_of != as_of:
            message = f"the manifest is as of {claims.as_of}, but {as_of} was asked for"
            findings.error("DUN511", claims.at, message, "leave --as-of out, or export the snapshot again")
    if day is None and as_of is None:
        fix = "give --as-of, or write a manifest with `as_of`"
        findings.error("DUN511", nowhere, "nothing says which day the snapshot is of", fix, quote=False)
        return None
    rewound = {claims.rewound for claims in all_claims if claims.rewound is not None}
    if len(rewound) > 1:
        findings.error("DUN511", all_claims[-1].at, "one manifest is rewound and another is not", "rewind all of them")
    complete = [item.payments_complete_through for item in all_claims if item.payments_complete_through is not None]
    return Manifest(
        as_of=day or as_of or date.max,
        present=bool(all_claims),
        source=next((claims.source for claims in all_claims if claims.source), None),
        exported_at=next((claims.exported_at for claims in all_claims if claims.exported_at), None),
        payments_complete_through=min(complete, default=None),
        rewound=rewound == {True},
        totals=_totals(all_claims),
    )


def _totals(all_claims: Sequence[Claims]) -> tuple[ControlTotal, ...]:
    rows: dict[str, int | None] = {}
    amounts: dict[str, dict[str, int]] = {}
    for claims in all_claims:
        for name, total in claims.totals.items():
            before = rows.get(name, 0)
            rows[name] = None if before is None or total.rows is None else before + total.rows
            sums = amounts.setdefault(name, {})
            for code, value in total.amounts.items():
                sums[code] = sums.get(code, 0) + value
    return tuple(ControlTotal(name, rows[name], tuple(sorted(amounts[name].items()))) for name in sorted(rows))
