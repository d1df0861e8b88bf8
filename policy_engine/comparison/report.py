"""The comparison as a report: one value for every format. Names are pseudonyms unless they are asked for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from policy_engine.comparison.changes import Change, changes
from policy_engine.comparison.effects import WITHOUT_ACTION, Cell, Effects, StageEffect, effects
from policy_engine.comparison.orders import UNDECIDED, CreditEffects, OrderMoved, credit_effects
from policy_engine.comparison.pseudonyms import Pseudonyms, hidden
from policy_engine.comparison.thresholds import ORDERS, Bound, exceeded
from policy_engine.comparison.words import say
from policy_engine.explanation.build import explain
from policy_engine.explanation.locale import Language
from policy_engine.explanation.model import Explanation, InvoiceExplained
from policy_engine.explanation.sentences import Words, next_sentence, why_sentence, words_of
from policy_engine.explanation.text import explanation_text
from policy_engine.plan.model import Action, Decision, Outcome, Plan
from policy_engine.policy.resolved import Policy
from policy_engine.reporting.model import Finding, Group, Listing, Report, Table
from policy_engine.snapshot.model import Snapshot
from policy_engine.values.position import Position

MOST_MOVES = 15
"""Rows of the largest moves."""
MOST_OTHERS = 3
"""Settled or uncovered invoices of a customer that are shown."""
TOO_MUCH = "DUN841"


@dataclass(frozen=True, slots=True)
class Wish:
    """What the reader wants to see.

    Attributes:
        customers: how many customers are shown with both explanations.
        names: real names and ids instead of pseudonyms.
        texts: the whole explanations too, as `why` gives them.
        bounds, most_changed: what the change may do at most.
        file: where a finding is shown that has no place of its own.
        version: of the program.
        renamed: how files of the new policy begin, and what people read instead (of a git revision).
    """

    language: Language
    customers: int
    names: bool
    texts: bool
    bounds: tuple[Bound, ...]
    most_changed: int | None
    file: str
    version: str
    renamed: tuple[str, str] = ("", "")


@dataclass(frozen=True, slots=True)
class Compared:
    """Two policies, their plans on one snapshot, and what came of it."""

    old: Policy
    new: Policy
    old_plan: Plan
    new_plan: Plan
    snapshot: Snapshot
    changes: tuple[Change, ...]
    effects: Effects
    credit: CreditEffects


def compare(old: Policy, new: Policy, old_plan: Plan, new_plan: Plan, snapshot: Snapshot) -> Compared:
    """Everything that is compared.

    Raises:
        ValueError: the plans are of different snapshots.
    """
    told = changes(old, new)
    return Compared(
        old, new, old_plan, new_plan, snapshot, told, effects(old_plan, new_plan), credit_effects(old_plan, new_plan)
    )


def report(found: Compared, wish: Wish) -> Report:
    """The report of a comparison; it fails when a bound is exceeded."""
    language, words = wish.language, words_of(wish.language)
    pseudonyms = None if wish.names else Pseudonyms(language)
    shown = list(_customers(found, wish, words, pseudonyms))
    tables = [
        _changes(found.changes, language),
        *_transitions(found.effects.transitions, language, words),
        *_reached(found.effects.stages, "stages", language),
        *_reached(found.effects.steps, "steps", language),
        *_segments(found.effects, language, words),
        _contacts(found.effects, language),
        *_alerts(found, language),
        *_credit(found, language, words, pseudonyms),
        *(table for table, _ in shown),
    ]
    listings = tuple(listing for _, listings in shown for listing in listings)
    findings = tuple(
        Finding(
            TOO_MUCH,
            "error",
            say(language, one.key, count=one.count, most=one.most, name=_bounded(one.name, language)),
            _shown_at(one.position, wish.renamed),
            say(language, "too_many.help"),
        )
        for one in exceeded(wish.bounds, wish.most_changed, found.effects, found.credit, found.new)
    )
    summary = say(
        language,
        "summary",
        changes=len(found.changes),
        invoices=found.effects.changed,
        all=found.effects.invoices,
        customers=len(found.effects.changed_customers),
        newly=len(found.effects.newly_contacted),
        left=len(found.effects.left_alone),
    )
    if found.credit.orders:
        summary += say(language, "summary.orders", moved=len(found.credit.moved), all=found.credit.orders)
    groups = (Group(wish.file, findings, wish.file),)
    return Report(
        "diff",
        "failed" if findings else "passed",
        summary,
        wish.version,
        groups,
        tables=tuple(tables),
        listings=listings,
    )


def _shown_at(position: Position | None, renamed: tuple[str, str]) -> Position | None:
    if position is None or not renamed[0]:
        return position
    return replace(position, file=position.file.replace(*renamed, 1))


def _bounded(name: str, language: Language) -> str:
    """What a bound names: a verdict in the language, stages and steps as they are called."""
    return say(language, f"orders.{ORDERS[name]}") if name in ORDERS else name


def _columns(language: Language, key: str) -> tuple[str, ...]:
    return tuple(say(language, key).split("|"))


def _changes(found: Sequence[Change], language: Language) -> Table:
    rows = tuple((say(language, _verb(change)), change.place, change.old or "", change.new or "") for change in found)
    note = None if rows else say(language, "changes.none")
    return Table(say(language, "changes"), _columns(language, "changes.columns"), rows, note=note)


def _verb(change: Change) -> str:
    """A step whose days rise comes later."""
    days = change.kind == "changed" and change.path[-1] == "days" and "steps" in change.path
    if days and change.old is not None and change.new is not None:
        return "later" if int(change.new) > int(change.old) else "earlier"
    return change.kind


def _amounts(pairs: Sequence[tuple[str, int]], words: Words) -> str:
    return " + ".join(words.locale.amount(amount, currency) for currency, amount in pairs) or "-"


def _transitions(cells: Sequence[Cell], language: Language, words: Words) -> Iterator[Table]:
    """The matrix in counts over the places that a move leaves or reaches, then the largest moves with their amounts."""
    moves = sorted(
        (cell for cell in cells if cell.old != cell.new), key=lambda cell: (-cell.invoices, cell.old, cell.new)
    )
    stays = sum(cell.invoices for cell in cells if cell.old == cell.new)
    order = list(dict.fromkeys([*WITHOUT_ACTION, *(cell.old for cell in cells), *(cell.new for cell in cells)]))
    befores = [name for name in order if any(name == move.old for move in moves)]
    afters = [name for name in order if any(name in (move.old, move.new) for move in moves)]
    counts = {(cell.old, cell.new): cell.invoices for cell in cells}
    rows = tuple(
        (_name(before, words), *(str(counts.get((before, after), "")) for after in afters)) for before in befores
    )
    columns = (say(language, "transitions.before"), *(_name(after, words) for after in afters))
    figures = frozenset(range(1, len(columns)))
    yield Table(say(language, "transitions"), columns, rows, figures, say(language, "transitions.stay", count=stays))
    if moves:
        yield Table(
            say(language, "transitions.amounts"),
            _columns(language, "transitions.columns"),
            tuple(
                (_name(cell.old, words), _name(cell.new, words), str(cell.invoices), _amounts(cell.amounts, words))
                for cell in moves[:MOST_MOVES]
            ),
            frozenset({2, 3}),
        )


def _name(place: str, words: Words) -> str:
    """An outcome in the language, a step by its name."""
    if place in WITHOUT_ACTION:
        return words.say(f"outcome.{place}")
    return place


def _reached(found: Sequence[StageEffect], key: str, language: Language) -> Iterator[Table]:
    rows = tuple(
        (one.name, str(one.customers[0]), str(one.customers[1]), str(one.newly), str(one.no_longer)) for one in found
    )
    if rows:
        yield Table(say(language, key), _columns(language, "reached.columns"), rows, frozenset({1, 2, 3, 4}))


def _segments(found: Effects, language: Language, words: Words) -> Iterator[Table]:
    rows = tuple(
        (
            one.segment,
            *(str(number) for pair in (one.customers, one.actions) for number in pair),
            *(_amounts(side, words) for side in one.asked),
        )
        for one in found.segments
    )
    if rows:
        columns = _columns(language, "segments.columns")
        yield Table(say(language, "segments"), columns, rows, frozenset(range(1, len(columns))))


def _contacts(found: Effects, language: Language) -> Table:
    rows = (
        (say(language, "contacts.newly"), str(len(found.newly_contacted))),
        (say(language, "contacts.left"), str(len(found.left_alone))),
    )
    return Table(say(language, "contacts"), _columns(language, "contacts.columns"), rows, frozenset({1}))


_LEGAL = ("contract_rate_below_floor", "terms_above_maximum")


def _alerts(found: Compared, language: Language) -> Iterator[Table]:
    """Alerts on what the data shows of the law, under each policy: counts, no names."""
    sides = [{alert.code: alert.count for alert in plan.alerts} for plan in (found.old_plan, found.new_plan)]
    rows = tuple(
        (say(language, f"alerts.{code}"), *(str(side.get(code, 0)) for side in sides))
        for code in _LEGAL
        if any(code in side for side in sides)
    )
    if rows:
        yield Table(say(language, "alerts"), _columns(language, "alerts.columns"), rows, frozenset({1, 2}))


def _credit(found: Compared, language: Language, words: Words, pseudonyms: Pseudonyms | None) -> Iterator[Table]:
    """Orders by verdict, those whose verdict changes, and the customers of credit alerts."""
    credit = found.credit
    if credit.verdicts:
        verdicts = tuple(
            (say(language, f"orders.{before}"), say(language, f"orders.{after}"), str(count))
            for before, after, count in credit.verdicts
        )
        yield Table(say(language, "orders"), _columns(language, "orders.columns"), verdicts, frozenset({2}))
    if credit.moved:
        shown = credit.moved[:MOST_MOVES]
        rows = tuple(_order(place, one, language, words, pseudonyms) for place, one in enumerate(shown, start=1))
        more = len(credit.moved) - len(shown)
        note = say(language, "orders.more", count=more) if more else None
        columns = _columns(language, "orders.moved.columns")
        yield Table(say(language, "orders.moved"), columns, rows, frozenset({2}), note)
    yield from _reached(credit.alerts, "credit_alerts", language)


def _order(
    place: int, one: OrderMoved, language: Language, words: Words, pseudonyms: Pseudonyms | None
) -> tuple[str, ...]:
    order = one.order
    name = say(language, "orders.order", count=place) if pseudonyms is not None else order.order
    customer = pseudonyms.customer(order.customer) if pseudonyms is not None else order.customer_name or order.customer
    money = words.locale.amount(order.amount, order.currency)
    return (name, customer, money, _verdict(one.old, language), _verdict(one.new, language))


def _verdict(decision: Decision | None, language: Language) -> str:
    """The verdict, who decides, and the rule."""
    if decision is None:
        return say(language, f"orders.{UNDECIDED}")
    said = say(language, f"orders.{decision.decision}")
    role = f" ({decision.role})" if decision.role else ""
    return f"{said}{role}{say(language, 'mark')} {decision.reason}"


def _customers(
    found: Compared, wish: Wish, words: Words, pseudonyms: Pseudonyms | None
) -> Iterator[tuple[Table, tuple[Listing, ...]]]:
    """The first customers that change: newly contacted ones first, then those newly left alone, then the others."""
    effects_ = found.effects
    order = list(dict.fromkeys([*effects_.newly_contacted, *effects_.left_alone, *effects_.changed_customers]))
    accounts = {account.customer.id: account for account in found.snapshot.accounts}
    chosen = [ident for ident in order if ident in accounts][: wish.customers]
    more = len(order) - len(chosen)
    for place, ident in enumerate(chosen, start=1):
        account = accounts[ident]
        sides = [
            explain(policy, found.snapshot, ident, plan=plan, look=wish.texts)
            for policy, plan in ((found.old, found.old_plan), (found.new, found.new_plan))
        ]
        if pseudonyms is not None:
            names = pseudonyms.of(account)
            sides = [hidden(side, names) for side in sides]
        note = None
        if place == len(chosen) and more and wish.customers:
            note = say(wish.language, "customers.more", count=more)
        table = _customer(sides[0], sides[1], wish.language, words, note)
        yield table, tuple(_texts(sides, wish)) if wish.texts else ()


def _texts(sides: Sequence[Explanation], wish: Wish) -> Iterator[Listing]:
    for side, key in zip(sides, ("old", "new"), strict=True):
        title = say(wish.language, "explained", customer=side.customer_name, side=say(wish.language, key))
        yield Listing(title, explanation_text(side, wish.language))


def _customer(
    old: Explanation,
    new: Explanation,
    language: Language,
    words: Words,
    note: str | None,
) -> Table:
    outstanding = words.locale.amount(_outstanding(new), new.currency)
    befores = {one.outcome.invoice: one for one in old.invoices}
    rows = []
    for after in new.invoices:
        before = befores.get(after.outcome.invoice)
        told = "" if before is None else _told(before, words), _told(after, words)
        if told[0] != told[1]:  # the rule's place alone is no difference: files differ
            rules = "" if before is None else _rule(before), _rule(after)
            rows.append(_row(after.outcome, (told[0] + rules[0], told[1] + rules[1]), words))
    rows += _asked(old, new, words)
    rows += _others(old, new, language, words)
    title = say(language, "customers", customer=new.customer_name or new.customer, outstanding=outstanding)
    return Table(title, _columns(language, "customers.columns"), tuple(rows), frozenset({2}), note)


def _outstanding(side: Explanation) -> int:
    fact = next((fact for fact in side.facts if fact.name == "customer.outstanding"), None)
    return fact.value if fact is not None and isinstance(fact.value, int) else 0


def _row(outcome: Outcome, told: tuple[str, str], words: Words) -> tuple[str, ...]:
    due = "" if outcome.due_date is None else words.locale.day(outcome.due_date)
    money = ""
    if outcome.outstanding is not None and outcome.currency is not None:
        money = words.locale.amount(outcome.outstanding, outcome.currency)
    return (outcome.number, due, money, *told)


def _told(one: InvoiceExplained, words: Words) -> str:
    """What became of the invoice, why, and what comes next."""
    outcome = one.outcome
    why = why_sentence(outcome, words, one.action, one.known)
    said = f"{words.say(f'outcome.{outcome.outcome}')}{say(words.language, 'mark')} {why}"
    coming = next_sentence(outcome, words)
    return f"{said}; {coming}" if coming else said


def _others(old: Explanation, new: Explanation, language: Language, words: Words) -> Iterator[tuple[str, ...]]:
    """Invoices that are explained in a line: settled ones on which something else is due, say. The first few."""
    befores = {outcome.invoice: outcome for outcome in (*old.others, *(one.outcome for one in old.invoices))}
    rows = []
    for after in new.others:
        before = befores.get(after.invoice)
        told = "" if before is None else _short(before, words), _short(after, words)
        if told[0] != told[1]:
            rows.append(_row(after, told, words))
    yield from rows[:MOST_OTHERS]
    if len(rows) > MOST_OTHERS:
        yield (say(language, "customers.others", count=len(rows) - MOST_OTHERS), "", "", "", "")


def _short(outcome: Outcome, words: Words) -> str:
    return f"{words.say(f'outcome.{outcome.outcome}')}{say(words.language, 'mark')} {why_sentence(outcome, words)}"


def _rule(one: InvoiceExplained) -> str:
    return f" ({one.outcome.rule})" if one.outcome.rule else ""


def _asked(old: Explanation, new: Explanation, words: Words) -> Iterator[tuple[str, ...]]:
    """The actions of which something else is asked, or which go elsewhere: by step and currency."""
    sides = [{(action.step, action.currency): action for action in side.actions} for side in (old, new)]
    for step, currency in dict.fromkeys([*sides[0], *sides[1]]):
        told = tuple(_action(side.get((step, currency)), words) for side in sides)
        if told[0] != told[1]:
            yield (step, "", "", *told)


def _action(action: Action | None, words: Words) -> str:
    if action is None:
        return say(words.language, "nothing")
    parts = [words.channel(action.channel), words.locale.amount(action.total, action.currency)]
    parts.append(words.locale.day(action.send_on))
    if action.approval is not None:
        parts.append(words.say("action.approval", people=action.approval.people, role=action.approval.role))
    return ", ".join(parts)
