"""Whether a test names only what there is: steps, segments, holds, ids. An unknown name is an error, never a skip."""

from collections.abc import Iterable, Iterator

from policy_engine.engine.reference.s19_credit import DATA_PROBLEM
from policy_engine.language.findings import Findings
from policy_engine.language.nodes import Text, text_at
from policy_engine.plan.model import REASONS
from policy_engine.policy.resolved import Policy
from policy_engine.snapshot.model import Snapshot
from policy_engine.testing.model import ActionSyntax, DecisionSyntax, ExecutedSyntax, ExpectSyntax, OutcomeSyntax
from policy_engine.values.diagnostics import did_you_mean

UNTIL = ("address", "correction", "debit", "delivery", "hold_lifted", "lifted", "minimum", "person", "rate")
"""What an outcome may wait for when no date can be told."""
DEFAULT_ROLE = "credit_manager"
"""Who approves grave steps when the policy names nobody (language.md 3.18)."""


class Names:
    """Every name that a test of a policy may use."""

    def __init__(self, policy: Policy) -> None:
        steps = [step for ladder in policy.ladders for step in ladder.steps]
        self.steps = _unique(step.name for step in steps)
        self.interventions = _unique(found.name for found in policy.interventions)
        self.segments = _unique(found.name for found in policy.segments)
        self.ladders = _unique(found.name for found in policy.ladders)
        self.holds = _unique(found.name for found in policy.holds)
        self.penalties = _unique(found.name for found in policy.penalties)
        self.stages = policy.stages
        templates = [step.template for step in steps] + [found.template for found in policy.interventions]
        self.templates = _unique(name for name in templates if name is not None)
        adapters = [step.adapter for step in steps] + [found.adapter for found in policy.interventions]
        self.adapters = _unique(name for name in adapters if name is not None)
        self.roles = _unique([DEFAULT_ROLE, *(step.approval.role for step in steps if step.approval is not None)])
        credit = policy.credit
        self.credit_rules = () if credit is None else _unique([*(rule.name for rule in credit.decisions), DATA_PROBLEM])
        self.credit_alerts = () if credit is None else _unique(alert.name for alert in credit.alerts)
        self.roles += () if credit is None else _unique(rule.role for rule in credit.decisions if rule.role is not None)
        guards = ["all", *(name for name, _ in policy.safeguards.steps)]
        self.safeguards = ("bank_lag", *(f"{name}.{bound}" for name in guards for bound in ("max", "max_share")))


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def check_expected(expect: ExpectSyntax, names: Names, snapshot: Snapshot, findings: Findings) -> None:
    """Every name in an expectation is the policy's or the snapshot's."""
    customers = [account.customer.id for account in snapshot.accounts]
    invoices = [invoice.id for account in snapshot.accounts for invoice in account.invoices]
    invoices += [row.id for row in snapshot.broken_invoices]
    orders = [order.id for account in snapshot.accounts for order in account.orders]
    asked = _Asked(names, findings, customers, invoices)
    for name in expect.about or ():
        asked.given(name, "customer", customers)
    for name, segment in expect.segments.items():
        asked.given(name, "customer", customers)
        asked.ours(segment, "segment", names.segments)
    for name in expect.limits:
        asked.given(name, "customer", customers)
    for name, decision in expect.decisions.items():
        asked.given(name, "order", orders)
        asked.decision(decision)
    for alert in expect.credit_alerts or ():
        asked.ours(_first_word(alert), "credit alert", names.credit_alerts)
    for name, outcome in expect.outcomes.items():
        asked.given(name, "invoice", invoices)
        if isinstance(outcome, OutcomeSyntax):
            asked.outcome(outcome)
        else:
            asked.fate(outcome)
    if not isinstance(expect.actions, str):
        for action in expect.actions:
            asked.action(action)
            if action.customer is None and len(customers) > 1:
                text = f"whose action is this? there are {len(customers)} customers"
                findings.add("DUN703", text, action.position, hint="add `customer: ID`")
    for name in expect.stopped:
        asked.ours(name, "safeguard", names.safeguards)


def check_executed(executed: ExecutedSyntax, names: Names, findings: Findings) -> None:
    """The step or intervention is the policy's."""
    asked = _Asked(names, findings, (), ())
    asked.ours(executed.step, "step", names.steps)
    asked.ours(executed.intervention, "intervention", names.interventions)


class _Asked:
    """Judges names one by one."""

    def __init__(self, names: Names, findings: Findings, customers: Iterable[str], invoices: Iterable[str]) -> None:
        self.names = names
        self.findings = findings
        self.customers = tuple(customers)
        self.invoices = tuple(invoices)

    def ours(self, name: Text | None, what: str, known: tuple[str, ...], *, none: bool = False) -> None:
        """A name of the policy's, or `none` where that can stand."""
        if name is None or str(name) in known or (none and name == "none"):
            return
        hint = did_you_mean(name, known) or (f"it has {', '.join(known)}" if known else "it has none")
        self.findings.add("DUN702", f"the policy has no {what} `{name[:60]}`", name.position, hint=hint)

    def given(self, name: Text | None, what: str, known: Iterable[str]) -> None:
        """An id of the snapshot's."""
        listed = list(known)
        if name is None or str(name) in listed:
            return
        hint = did_you_mean(name, listed) or (f"it has {', '.join(listed[:8])}" if listed else None)
        self.findings.add("DUN703", f"the test has no {what} `{name[:60]}`", name.position, hint=hint)

    def fate(self, fate: Text) -> None:
        """The reason of `held` may be a hold's name."""
        outcome, slash, reason = fate.partition("/")
        if outcome == "held" and slash:
            known = (*(name for name in REASONS["held"] if name != "<hold>"), *self.names.holds)
            if reason not in known:
                hint = did_you_mean(reason, known) or f"possible here: {', '.join(known)}"
                self.findings.add("DUN702", f"the policy has no hold `{reason[:60]}`", fate.position, hint=hint)

    def decision(self, decision: Text | DecisionSyntax) -> None:
        """The rule, and who decides."""
        verdict = decision.is_ if isinstance(decision, DecisionSyntax) else decision
        rule = verdict.partition("/")[2]
        if rule:
            self.ours(text_at(rule, verdict.position), "credit rule", self.names.credit_rules)
        if isinstance(decision, DecisionSyntax):
            self.ours(decision.role, "role", self.names.roles, none=True)

    def outcome(self, outcome: OutcomeSyntax) -> None:
        """Everything that the expectation of an invoice names."""
        self.fate(outcome.is_)
        self.ours(outcome.segment, "segment", self.names.segments)
        self.ours(outcome.ladder, "ladder", self.names.ladders, none=True)
        self.ours(outcome.reached, "step", self.names.steps, none=True)
        for penalty in outcome.charges or ():
            self.ours(penalty, "penalty", self.names.penalties)
        if outcome.next is not None:
            self.ours(outcome.next.step, "step", self.names.steps, none=True)
            until = outcome.next.until
            if until is not None and until not in UNTIL:
                hint = did_you_mean(until, UNTIL) or f"possible here: {', '.join(UNTIL)}"
                self.findings.add("DUN704", f"nothing waits for `{until[:60]}`", until.position, hint=hint)

    def action(self, action: ActionSyntax) -> None:
        """Everything that an expected action names."""
        names = self.names
        self.ours(action.step, "step", names.steps)
        self.ours(action.intervention, "intervention", names.interventions)
        self.ours(action.segment, "segment", names.segments)
        self.ours(action.ladder, "ladder", names.ladders)
        self.ours(action.stage, "stage", names.stages)
        self.ours(action.template, "template", names.templates, none=True)
        self.ours(action.adapter, "adapter", names.adapters, none=True)
        if action.approval is not None and not isinstance(action.approval, str):
            self.ours(action.approval.role, "role", names.roles)
        for penalty in action.charges or ():
            self.ours(penalty, "penalty", names.penalties)
        self.given(action.customer, "customer", self.customers)
        for name in _lists(action):
            self.given(name, "invoice", self.invoices)


def _first_word(text: Text) -> Text:
    return text_at(text.partition(" ")[0], text.position)


def _lists(action: ActionSyntax) -> Iterator[Text]:
    for names in (action.demanded, action.mentioned, action.listed):
        yield from names or ()
