"""Build an explanation: the engine's own draft of the customer, every rule asked again, a look at the days to come."""

from collections.abc import Iterable, Sequence
from heapq import nlargest
from itertools import takewhile

from policy_engine.engine.reference.decide import decide_customer, draft
from policy_engine.engine.reference.draft import Draft
from policy_engine.engine.reference.evaluate import evaluate
from policy_engine.engine.reference.exchange import ExchangeRates
from policy_engine.engine.reference.families import credit_families
from policy_engine.engine.reference.item import Item
from policy_engine.engine.reference.program import Program, program_for
from policy_engine.engine.reference.s03_outcomes import broken, outcomes
from policy_engine.explanation.ahead import LookAhead, Question, look_ahead
from policy_engine.explanation.charges import explain_charges
from policy_engine.explanation.climbing import carrier_of, climbing, unit_of
from policy_engine.explanation.conditions import Reader, condition, names_read, reader_for
from policy_engine.explanation.converted import customer_conversions, invoice_conversions
from policy_engine.explanation.credit import explain_credit
from policy_engine.explanation.known import known_facts
from policy_engine.explanation.model import Condition, Converted, Explanation, Fact, InvoiceExplained, Tried
from policy_engine.explanation.steps import explain_steps
from policy_engine.facts.table import BY_NAME
from policy_engine.plan.model import Action, Outcome, Plan
from policy_engine.policy.resolved import Expression, InterestPenalty, Policy
from policy_engine.snapshot.model import CustomerAccount, Snapshot
from policy_engine.values.diagnostics import did_you_mean
from policy_engine.values.text import inert

MOST_INVOICES = 25
"""Invoices of a customer that are explained in full; the others get their outcome."""
_CUSTOMER_BASICS = ("customer.kind", "customer.open_invoices", "customer.outstanding", "customer.overdue")
_INVOICE_BASICS = ("invoice.amount", "invoice.outstanding", "invoice.due_date", "invoice.days_late", "invoice.step")


class UnknownIdentError(LookupError):
    """No customer and no invoice of that name, or several; the message says what to ask for instead."""


def explain(
    policy: Policy, snapshot: Snapshot, ident: str, *, plan: Plan | None = None, look: bool = True
) -> Explanation:
    """Why, why not, and when next, for a customer id, an invoice id or an invoice number.

    Args:
        policy: whose decision is explained.
        snapshot: of what.
        ident: what is asked for.
        plan: the policy's plan of the snapshot, when it is at hand: then nothing is planned again.
        look: whether the days to come are looked at, which takes most of the time.

    Raises:
        UnknownIdentError: nothing, or more than one thing, has that name.
        CalendarError: the snapshot's date lies outside the years the policy's calendar knows.
    """
    account, wanted = _find(snapshot, ident.strip())
    program = program_for(policy)
    as_of = snapshot.as_of
    rates = ExchangeRates(rate for rate in snapshot.exchange_rates if rate.day <= as_of)  # later ones do not exist yet
    families = credit_families(program, snapshot, rates)
    family = families.get(account.customer.id)
    found = draft(program, account, as_of, family, rates)
    rows, actions = _decided(policy, program, snapshot, found, plan)
    spoiled = [row for row in snapshot.broken_invoices if row.customer == account.customer.id]
    rows = [*rows, *map(broken, spoiled)]
    messages = {row.id: row.problem.message for row in spoiled}
    if wanted is None:
        open_rows = [row for row in rows if row.outcome not in ("settled", "out_of_scope")]
        full = (open_rows or rows)[:MOST_INVOICES]
    else:
        full = [row for row in rows if row.invoice in wanted]
    reader = reader_for(policy)
    items = {item.id: item for item in found.items}
    shown = [unit_of(items[row.invoice], row) for row in full if row.outcome != "problem"]
    ahead = LookAhead({}, {}, as_of)
    if look:
        ahead = look_ahead(program, account, as_of, _questions(reader, found, shown), family, rates)
    invoices = tuple(
        _broken(row, messages.get(row.invoice))
        if row.outcome == "problem"
        else _invoice(reader, found, items[row.invoice], row, actions, ahead)
        for row in full
    )
    inside = {row.action for row in full}
    conversions = customer_conversions(found)
    others = () if wanted is not None else tuple(row for row in rows if row not in full)
    return Explanation(
        ident=ident,
        about="customer" if wanted is None else "invoice",
        as_of=as_of,
        policy=policy.name,
        policy_version=policy.version,
        policy_file=policy.file,
        currency=policy.currency,
        customer=account.customer.id,
        customer_name=account.customer.name,
        segment=found.segment_name,
        ladder=None if found.ladder is None else found.ladder.ladder.name,
        facts=_facts(reader, found, None, conversions),
        segments=_segments(reader, found, ahead),
        invoices=invoices,
        others=others,
        actions=tuple(action for action in actions if wanted is None or action.id in inside or action.intervention),
        looked_ahead=ahead.until,
        credit=explain_credit(reader, found, snapshot, families) if wanted is None else None,
        converted=conversions,
    )


def _find(snapshot: Snapshot, ident: str) -> tuple[CustomerAccount, frozenset[str] | None]:
    """The account, and the invoices meant; None: the whole customer."""
    by_id = {account.customer.id: account for account in snapshot.accounts}
    if ident in by_id:
        return by_id[ident], None
    found: list[tuple[CustomerAccount, str]] = []
    for key in ("id", "number"):
        found = [
            (account, invoice.id)
            for account in snapshot.accounts
            for invoice in account.invoices
            if getattr(invoice, key) == ident
        ]
        if found:
            break
    if len({account.customer.id for account, _ in found}) > 1:
        ids = ", ".join(f"`{inert(invoice)}`" for _, invoice in found[:5])
        raise UnknownIdentError(f"several customers have an invoice numbered `{inert(ident)}`: ask for the id, {ids}")
    if found:
        return found[0][0], frozenset(invoice for _, invoice in found)
    for row in snapshot.broken_invoices:
        if row.id == ident and row.customer in by_id:
            return by_id[row.customer], frozenset((ident,))
        if row.id == ident:
            where = inert(row.problem.where)
            raise UnknownIdentError(f"the row of `{inert(ident)}` is broken ({where}): {inert(row.problem.message)}")
    names = [*by_id, *(name for a in snapshot.accounts for i in a.invoices for name in (i.id, i.number))]
    hint = did_you_mean(ident, _likely(ident, names))
    raise UnknownIdentError(f"no customer and no invoice is called `{inert(ident)}`" + (f"; {hint}" if hint else ""))


def _common(first: str, second: str) -> int:
    """How many characters both begin with."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(first, second, strict=False)))


def _likely(ident: str, names: Iterable[str]) -> list[str]:
    """The names that begin and end most like `ident`: comparing with hundreds of thousands would take minutes."""

    def alike(name: str) -> int:
        return _common(ident, name) + _common(ident[::-1], name[::-1])

    return nlargest(1000, set(names), key=lambda name: (alike(name), name))


def _decided(
    policy: Policy, program: Program, snapshot: Snapshot, found: Draft, plan: Plan | None
) -> tuple[list[Outcome], tuple[Action, ...]]:
    """Outcomes and actions of the customer. Capacity needs the whole portfolio, everything else the customer alone."""
    customer = found.account.customer.id
    own = outcomes(program, found)  # also fills in what the explanation reads from the items
    if not policy.capacity:
        decision = decide_customer(program, found.account, found.as_of, found.family, found.rates)
        return list(own), decision.actions
    if plan is None:
        plan = evaluate(policy, snapshot)
    ids = {item.id for item in found.items}
    rows = [row for row in plan.outcomes if row.customer == customer and row.invoice in ids]
    return rows, tuple(action for action in plan.actions if action.customer == customer)


def _questions(reader: Reader, found: Draft, shown: Sequence[Item]) -> dict[str, Question]:
    """What is asked again on each day to come: segments, and the holds of the invoices shown."""
    policy = found.program.policy
    questions: dict[str, Question] = {}
    for segment in policy.segments:
        if segment.when is not None:
            questions[f"segment {segment.name}"] = _about_customer(reader, segment.when)
    for hold in policy.holds:
        for item in shown:
            questions[f"hold {hold.name} {item.id}"] = _about_invoice(reader, hold.when, item)
    if found.ladder is not None:
        for program in found.ladder.steps:
            if program.step.when is not None:
                for item in shown:
                    key = f"step {program.step.name} {item.id}"
                    questions[key] = _about_invoice(reader, program.step.when, item)
    return questions


def _about_customer(reader: Reader, when: Expression) -> Question:
    flag = reader.compiled(when.tree)
    return lambda day: flag(day.customer, None)


def _about_invoice(reader: Reader, when: Expression, unit: Item) -> Question:
    flag = reader.compiled(when.tree)

    def ask(day: Draft) -> bool:
        units = day.items if unit.instalment is None else day.climbers
        return any(flag(day.customer, one) for one in units if (one.id, one.instalment) == (unit.id, unit.instalment))

    return ask


def _turning(found: Condition, ahead: LookAhead, key: str) -> Condition:
    turns = ahead.turns.get(key)
    return Condition(found.text, found.rule, found.holds, found.deciders, turns)


def _segments(reader: Reader, found: Draft, ahead: LookAhead) -> tuple[Tried, ...]:
    if found.segment < 0:
        return ()
    tried: list[Tried] = []
    for index, segment in enumerate(found.program.policy.segments):
        rule = found.program.segment_at[index]
        asked = None
        if segment.when is not None and index <= found.segment:
            asked = condition(reader, segment.when, found.customer, None)
            asked = _turning(asked, ahead, f"segment {segment.name}")
        if index == found.segment:
            verdict = "chosen" if segment.when is not None else "otherwise"
        else:
            verdict = "no" if index < found.segment else "passed"
        tried.append(Tried(segment.name, verdict, rule, asked))
    return tuple(tried)


def _holds(reader: Reader, found: Draft, item: Item, ahead: LookAhead) -> tuple[Tried, ...]:
    tried = []
    for index, hold in enumerate(found.program.policy.holds):
        asked = condition(reader, hold.when, found.customer, item)
        asked = _turning(asked, ahead, f"hold {hold.name} {item.id}")
        tried.append(Tried(hold.name, "applies" if asked.holds else "no", found.program.hold_at[index], asked))
    return tuple(tried)


def _broken(outcome: Outcome, message: str | None) -> InvoiceExplained:
    return InvoiceExplained(outcome, (("message", message),), (), (), (), (), (), None)


def _invoice(
    reader: Reader,
    found: Draft,
    item: Item,
    outcome: Outcome,
    actions: Sequence[Action],
    ahead: LookAhead,
) -> InvoiceExplained:
    action = next((action for action in actions if action.id == outcome.action), None)
    whole, item = item, unit_of(item, outcome)
    aged = carrier_of(found, item) if item.overdue and not item.held else None
    climbs = item.open and item.outstanding > 0 and item.covered and found.ladder is not None
    conversions = invoice_conversions(found, item)
    charges = explain_charges(reader, found, item, outcome, action) if item.open and item.covered else ()
    return InvoiceExplained(
        outcome=outcome,
        known=known_facts(found, item, outcome),
        facts=_facts(reader, found, item, conversions),
        holds=_holds(reader, found, item, ahead) if climbs else (),
        steps=explain_steps(reader, found, item, aged or item, ahead) if climbs else (),
        charges=charges,
        ahead=ahead.steps.get(item.id, ()),
        action=action,
        climbing=climbing(found, whole, item),
        converted=conversions,
    )


def _expressions(policy: Policy, ladder: str | None) -> list[Expression | None]:
    """The expressions that this customer's decision reads."""
    found: list[Expression | None] = [segment.when for segment in policy.segments]
    found += [hold.when for hold in policy.holds]
    if ladder is not None:
        found += [step.when for step in policy.ladder(ladder).steps]
    for penalty in policy.penalties:
        found.append(penalty.when)
        if isinstance(penalty, InterestPenalty):
            found.append(penalty.contract)
    found += [capacity.priority for capacity in policy.capacity]
    if policy.credit is not None:
        found += [rule.when for rule in policy.credit.decisions]
        found += [alert.when for alert in policy.credit.alerts]
    return found


def _facts(reader: Reader, found: Draft, item: Item | None, conversions: Iterable[Converted] = ()) -> tuple[Fact, ...]:
    """The basics, then what the policy's rules read: of the customer, or of one invoice.

    What couldn't be converted is missing.
    """
    missing = {made.fact for made in conversions if made.result is None}
    policy = found.program.policy
    read = names_read(_expressions(policy, None if found.ladder is None else found.ladder.ladder.name), reader)
    level = "customer" if item is None else "invoice"
    basics = _CUSTOMER_BASICS if item is None else _INVOICE_BASICS
    chosen = {name: BY_NAME[name].type for name in basics}
    for name, kind in read.items():
        own = reader.by_name.get(name)
        whose = own.level if own is not None else name.partition(".")[0]
        if whose == level or (whose == "as_of" and item is None):
            chosen.setdefault(name, kind)
    return tuple(
        Fact(name, kind, None) if name in missing else reader.named(name, kind, found.customer, item)
        for name, kind in chosen.items()
    )
