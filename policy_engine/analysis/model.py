"""A finding of the analysis: a diagnostic, and the customer and invoice on which the engine shows it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from policy_engine.reporting.model import Finding, Shown
from policy_engine.snapshot.model import CustomerAccount
from policy_engine.values.diagnostics import Diagnostic, Severity

RULES: Mapping[str, Severity] = {
    "DUN219": "warning",
    "DUN401": "warning",
    "DUN402": "warning",
    "DUN403": "warning",
    "DUN420": "warning",
    "DUN421": "warning",
    "DUN422": "warning",
    "DUN423": "warning",
    "DUN424": "warning",
    "DUN425": "warning",
    "DUN426": "warning",
    "DUN427": "warning",
    "DUN428": "warning",
    "DUN429": "warning",
}
"""Rules that a project may turn down, up or off, and that a line may waive, with their level when nothing is said.

The first four are found while a policy is loaded; the analysis adds the customer that shows them.
"""


@dataclass(frozen=True, slots=True)
class Witness:
    """A customer on whom the engine shows a finding.

    Attributes:
        account: the customer with its invoices, made up.
        as_of: the day on which the engine is asked; of a run over days the first.
        facts: what matters about it: names of facts with their values as an author writes them.
        shows: what the engine does with it, one clause.
        until: the last day of a run in which every step is delivered on its day; None = one day is enough.
    """

    account: CustomerAccount
    as_of: date
    facts: tuple[tuple[str, str], ...]
    shows: str
    until: date | None = None

    @property
    def shown(self) -> Shown:
        """The same for a report."""
        return Shown(self.facts, self.shows, self.as_of)


@dataclass(frozen=True, slots=True)
class Found:
    """A diagnostic and its witness."""

    diagnostic: Diagnostic
    witness: Witness

    def with_source(self, sources: Mapping[str, Sequence[str]]) -> "Found":
        """The same with the line that it points at."""
        at = self.diagnostic.position
        lines = sources.get(at.file, ())
        if not 1 <= at.line <= len(lines):
            return self
        return replace(self, diagnostic=replace(self.diagnostic, source=lines[at.line - 1]))

    @property
    def finding(self) -> Finding:
        """The same for a report."""
        return replace(Finding.of(self.diagnostic), witness=self.witness.shown)
