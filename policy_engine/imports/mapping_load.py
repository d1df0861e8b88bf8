"""A mapping file into its model: YAML, schema, and what the keys together must say. Every mistake is a diagnostic."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from policy_engine.imports.mapping_model import SECTIONS, MappingSyntax, SectionSyntax
from policy_engine.imports.mapping_parts import ConditionSyntax, ValueSyntax
from policy_engine.language.check import check_model
from policy_engine.language.findings import Findings
from policy_engine.language.models.base import Syntax
from policy_engine.language.nodes import Map, lookalike
from policy_engine.language.yaml import MAX_BYTES, read_yaml
from policy_engine.snapshot.cells import CellError, parser
from policy_engine.snapshot.tables import TABLES
from policy_engine.snapshot.terms import due_date
from policy_engine.values.diagnostics import Diagnostic
from policy_engine.values.position import Position

_NEEDED = {
    "payments": ("id", "date", "amount"),
    "disputes": ("opened",),
    "history": ("date",),
}
_DEFAULTED = {"customer", "currency", "kind", "status", "id", "invoice"}
"""Columns that the import fills when the mapping doesn't."""
_SOME_DAY = date(2000, 1, 1)
"""Terms that are some give a due date to every day."""
_READ_AS_NUMBERS = {"amount", "percent", "number", "rate", "count"}


@dataclass(frozen=True, slots=True)
class MappingResult:
    """What loading gave: a mapping, or None and the errors that say why; `sources` holds the lines of its file."""

    mapping: MappingSyntax | None
    diagnostics: tuple[Diagnostic, ...]
    sources: Mapping[str, Sequence[str]] = field(default_factory=dict)


def load_mapping(path: Path) -> MappingResult:
    """Read a mapping file. Never raises on what the file holds or lacks."""
    shown = path.as_posix()
    findings = Findings()
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "there is no such file"
        findings.add("DUN001", f"the mapping can't be read: {reason}", Position(shown, 1, 1))
        return MappingResult(None, findings.all())
    return parse_mapping(data, shown)


def parse_mapping(data: bytes, shown: str) -> MappingResult:
    """The mapping in the bytes of a file that positions call `shown`."""
    findings = Findings()
    node = read_yaml(data, shown, findings)
    if node is not None and not isinstance(node, Map):
        text = f"a mapping is a map of keys, not {lookalike(node)}"
        findings.add("DUN103", text, node.position, hint="start with `mapping: 1` and `invoices:`")
        node = None
    if node is None:
        return MappingResult(None, findings.all())
    mapping = check_model(MappingSyntax, node, findings, "the mapping")
    if mapping is not None:
        _check(mapping, findings)
    return MappingResult(None if findings.errors else mapping, findings.all(), findings.sources)


def columns_used(mapping: MappingSyntax) -> tuple[str, ...]:
    """Every column of the export that the mapping names, in its order, each once, as it stands there first."""
    found: dict[str, None] = {}
    for part in walk(mapping):
        if isinstance(part, ValueSyntax):
            named = [part.column, *(part.columns or ()), part.above, part.debit, part.credit]
            found.update((name, None) for name in named if name is not None)
        elif isinstance(part, ConditionSyntax):
            found[part.column] = None
    if mapping.totals is not None:
        found[mapping.totals] = None
    if mapping.ageing is not None:
        found.update((bucket.column, None) for bucket in mapping.ageing.buckets)
        if mapping.ageing.total is not None:
            found[mapping.ageing.total] = None
    return tuple(found)


def walk(part: object) -> Iterator[Syntax]:
    """A model and everything in it."""
    if isinstance(part, Syntax):
        yield part
        for name in type(part).model_fields:
            yield from walk(getattr(part, name))
    elif isinstance(part, tuple):
        for item in part:
            yield from walk(item)
    elif isinstance(part, dict):
        for item in part.values():
            yield from walk(item)


def _check(mapping: MappingSyntax, findings: Findings) -> None:
    file = mapping.file
    if file is not None and file.decimal == file.thousands:
        text = f"`{file.decimal}` can't be both the decimal sign and the mark of thousands"
        findings.add("DUN631", text, file.at("thousands"), hint="say how the export writes `1,234.56`")
    _check_invoices(mapping, findings)
    for name in SECTIONS:
        section = mapping.section(name)
        if section is None:
            continue
        for column in _NEEDED.get(name, ()):
            if section.value(column) is None:
                findings.add("DUN630", f"`{name}` lacks `{column}`", section.position, hint=f"add `{column}: COLUMN`")
        for column, value in section.values().items():
            _check_value(name, column, value, findings)
    _check_rows(mapping, findings)
    paid = mapping.paid
    if paid is not None and paid.date is None and paid.balance is None:
        findings.add("DUN630", "`paid` lacks `date` or `balance`", paid.position, hint="add `date: COLUMN`")
    history = mapping.section("history")
    if history is not None and history.value("step") is None and history.value("stage") is None:
        findings.add("DUN630", "`history` lacks `step`", history.position, hint="add `step: COLUMN`, or `stage`")


def _check_invoices(mapping: MappingSyntax, findings: Findings) -> None:
    section: SectionSyntax = mapping.invoices
    customers = mapping.section("customers")
    needed = ["customer", "currency"]
    if mapping.ageing is None:
        needed += ["id", "amount", "issue_date"]
        dated = section.value("due_date") is not None or section.value("terms") is not None
        if not dated and (customers is None or customers.value("terms") is None):
            text = "nothing says when invoices are due"
            findings.add(
                "DUN630", text, section.position, hint="add `due_date: COLUMN`, or `terms: {constant: net_30}`"
            )
    else:
        for column in ("amount", "due_date"):
            value = section.value(column)
            if value is not None:
                text = f"`{column}` comes from the buckets of `ageing`"
                findings.add("DUN630", text, section.at(column), hint="leave one of them out")
    for column in needed:
        if section.value(column) is None:
            findings.add("DUN630", f"`invoices` lacks `{column}`", section.position, hint=f"add `{column}: COLUMN`")


def _check_value(table: str, column: str, value: ValueSyntax, findings: Findings) -> None:
    """What can be told of a value before a file is read: constants that the column can't hold, keys without use."""
    definition = TABLES[table].column(column)
    texts = [value.constant, value.empty]
    if definition.type not in _READ_AS_NUMBERS:
        texts += [value.otherwise, *(value.lookup or {}).values()]
    check = parser(definition)
    for text in texts:
        if text is None or (not text and definition.nullable) or value.prefix is not None:
            continue
        try:
            check(str(text))
        except CellError as error:
            findings.add("DUN632", f"`{table}.{column}` {error.message}", text.position, hint=error.fix or None)
        else:
            if column == "terms" and due_date(str(text), _SOME_DAY) is None:
                message = f"`{table}.terms` `{str(text)[:40]}` are no payment terms"
                fix = "write e.g. `net_30`, `45_days_then_end_of_month`, `end_of_month_then_45_days`, `due_on_receipt`"
                findings.add("DUN632", message, text.position, hint=fix)
    amounts = definition.type == "amount"
    for key in ("debit", "credit", "negative_when", "sign"):
        if value.has(key) and not amounts:
            findings.add("DUN630", f"`{key}` is for amounts, not for `{column}`", value.at(key), hint="leave it out")
    if (value.debit is None) != (value.credit is None):
        findings.add("DUN630", "`debit` and `credit` go together", value.position, hint="name both columns")
    if value.has("format") and definition.type != "date":
        findings.add("DUN630", f"`format` is for dates, not for `{column}`", value.at("format"), hint="leave it out")
    if value.has("otherwise") and value.lookup is None:
        findings.add("DUN630", "`otherwise` belongs to a `lookup`", value.at("otherwise"), hint="say `empty` instead?")


def _check_rows(mapping: MappingSyntax, findings: Findings) -> None:
    classes = {rule.is_ for rule in mapping.rows} | {mapping.otherwise}
    if "payment" in classes and mapping.section("payments") is None:
        rule = next((rule for rule in mapping.rows if rule.is_ == "payment"), mapping)
        at = rule.at("is" if rule is not mapping else "otherwise")
        findings.add("DUN630", "rows are payments, but nothing says what they hold", at, hint="add `payments:`")
    if "group" not in classes:
        for part in walk(mapping):
            if isinstance(part, ValueSyntax) and part.above is not None:
                text = "`above` takes cells of group rows, but no rule says which rows are"
                findings.add("DUN630", text, part.at("above"), hint="add `rows: [{when: ..., is: group}]`")
