"""Which of many plain rows say something new of their customer or beside their document: only these are visited."""

from collections.abc import Sequence

from policy_engine.imports.csv_build import SheetBuild
from policy_engine.imports.csv_columns import Batch, Told, rule_places, value_places
from policy_engine.imports.csv_documents import Cells
from policy_engine.imports.csv_plain_tables import Found
from policy_engine.imports.csv_rows import Row
from policy_engine.imports.mapping_load import walk
from policy_engine.imports.mapping_parts import ConditionSyntax, ValueSyntax


class Telling:
    """The rows of one sheet that `Parties.take` must see. Rows with the cells of one before say nothing new."""

    def __init__(self, build: SheetBuild) -> None:
        self.build = build
        self.parties = build.parties
        self.sheet = build.sheet
        self._contacts: list[int] | None = self._looked_at("contact_persons")
        self._seen: set[tuple[str, ...]] = set()
        width = len(self.sheet.names)
        self._beside: list[Told | None] = []
        for name in ("disputes", "history"):
            section = build.build.mapping.section(name)
            rule = build.reader.when[name]
            if section is not None:
                conditions = getattr(section, "when", None) or ()
                self._beside.append(None if rule is None else Told(rule_places(conditions, self.sheet), rule, width))

    def _looked_at(self, name: str) -> list[int] | None:
        section = self.build.build.mapping.section(name)
        if section is None:
            return None
        places: list[int] = []
        for part in walk(section):
            if isinstance(part, ValueSyntax):
                places += value_places(part, self.sheet)
            elif isinstance(part, ConditionSyntax):
                places += rule_places([part], self.sheet)
        return list(dict.fromkeys(places))

    def places(self, batch: Batch, found: Found) -> Sequence[int]:
        """The rows that say something, in their order."""
        customers, kept = found.cells["customer"], found.kept
        if not self.parties.by_cells:
            return kept
        keys = list(zip(customers, *(batch.columns[place] for place in self.parties.looked_at), strict=True))
        fresh = set(keys) - self.parties.seen
        chosen = set({keys[place]: place for place in reversed(kept) if keys[place] in fresh}.values())
        if self._contacts is not None:
            chosen |= _fresh(self._contact_keys(batch, customers), kept, self._seen)
        if found.table == "invoices":
            for told in self._beside:
                fits = None if told is None else told.of(batch)
                chosen.update(place for place in kept if fits is None or fits[place])
        return sorted(chosen)

    def _contact_keys(self, batch: Batch, customers: Sequence[str]) -> list[tuple[str, ...]]:
        columns = (batch.columns[place] for place in self._contacts or ())
        return list(zip(customers, *columns, strict=True))

    def tell(self, row: Row, cells: Cells) -> None:
        """What a row says; cells that were refused are looked at each time, so that they are counted."""
        errors = self.build.build.findings.errors
        self.parties.take(row, cells)
        if self._contacts is not None and self.build.build.findings.errors == errors:
            self._seen.add((cells["customer"], *(row.record.cells[place] for place in self._contacts)))


def _fresh(keys: Sequence[tuple[str, ...]], kept: Sequence[int], seen: set[tuple[str, ...]]) -> set[int]:
    """Of rows with keys that weren't seen before all; most batches have few."""
    fresh = set(keys) - seen
    return {place for place in kept if keys[place] in fresh} if fresh else set()
