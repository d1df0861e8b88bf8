"""What every part of the resolution needs: the findings, the currency, the facts, and the three common questions."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from policy_engine.language.expressions.check import parse_expression
from policy_engine.language.expressions.scope import Scope
from policy_engine.language.findings import Findings
from policy_engine.language.nodes import Text, shorten
from policy_engine.language.places import placed
from policy_engine.policy.resolved import Attribute, ByCurrency, Expression, PolicyFact
from policy_engine.policy.tree import Type
from policy_engine.rates import RateTable
from policy_engine.values.diagnostics import did_you_mean
from policy_engine.values.money import EXPONENTS, AmountError, parse_minor
from policy_engine.values.position import Position


@dataclass(slots=True)
class Context:
    """One resolution under way. `facts` and `broken` fill up first, then everything may name them.

    `choices` holds the values that text facts can have in this policy: its stages, the names of its steps. `lost`
    holds words of parts that were left out for their errors: nothing is said about references to them. `rates`
    are the reference rates that penalties may name.
    """

    findings: Findings
    currency: str
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    attributes: tuple[Attribute, ...] = ()
    facts: Mapping[str, PolicyFact] = field(default_factory=dict)
    broken: frozenset[str] = frozenset()
    lost: frozenset[str] = frozenset()
    rates: Mapping[str, RateTable] = field(default_factory=dict)
    _read: dict[tuple[object, ...], Expression] = field(default_factory=dict)  # without findings, by text and scope

    def expression(
        self,
        text: Text | None,
        level: Literal["customer", "invoice", "order"],
        wanted: Type | tuple[Type, ...] | None = "flag",
        *,
        segment_phase: bool = False,
    ) -> Expression | None:
        """The typed expression, or None: with findings, or because there is none."""
        if text is None:
            return None
        flat, position, source, shifted = placed(text, self.findings.lines(text.file))
        known = self._read.get((flat, level, wanted, segment_phase, len(self.facts)))
        if known is not None:
            return replace(known, position=position)
        scope = Scope(
            level,
            self.currency,
            attributes=self.attributes,
            facts=self.facts,
            segment_phase=segment_phase,
            wanted=wanted,
            choices=self.choices,
            broken=self.broken,
        )
        expression, found = parse_expression(flat, position, scope, source)
        self.findings.extend(shifted(found))
        if expression is not None and not found:
            self._read[flat, level, wanted, segment_phase, len(self.facts)] = expression
        return expression

    def amount(self, text: Text, currency: str | None = None) -> int:
        """Minor units of a currency, the policy's when none is named; 0 with a finding."""
        currency = currency or self.currency
        if currency not in EXPONENTS:
            return 0
        try:
            return parse_minor(str(text), currency)
        except AmountError as error:
            self.findings.add("DUN107", str(error), text.position)
            return 0

    def amounts(self, given: Text | Mapping[Text, Text], key: str, at: Position) -> tuple[int, ByCurrency | None]:
        """An amount in the policy's currency, and the amounts by currency when it is written like that.

        0 when they lack the policy's currency; an empty map is a finding at `at`, the place of `key`.
        """
        if isinstance(given, Text):
            return self.amount(given), None
        if not given:
            self.findings.add("DUN102", f"`{key}` names no amount", at, hint="write e.g. `{EUR: 10, USD: 12}`")
        found = {str(code): self.amount(text, str(code)) for code, text in given.items()}
        return found.get(self.currency, 0), tuple(sorted(found.items()))

    def known(self, name: str, names: Iterable[str], what: str, at: Position) -> bool:
        """Whether `name` is among `names`; a finding at `at` when it isn't."""
        names = list(names)
        if name in names:
            return True
        if name in self.lost:
            return False
        offer = did_you_mean(name, names)
        if offer is None:
            offer = f"possible: {', '.join(names[:12])}" if names else f"this policy has no {what}"
        self.findings.add("DUN301", f"there is no {what} `{shorten(name)}`", at, hint=offer)
        return False
