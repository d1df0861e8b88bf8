"""An explanation as plain text, in English or French: what was decided first, then why, then the days to come."""

from collections.abc import Iterable, Sequence
from fractions import Fraction

from policy_engine.explanation.charges import interest_of
from policy_engine.explanation.credit_text import credit_lines
from policy_engine.explanation.finding_sentences import in_words
from policy_engine.explanation.locale import Language
from policy_engine.explanation.model import (
    Ahead,
    ChargeExplained,
    Climbing,
    Condition,
    Converted,
    Explanation,
    Fact,
    InvoiceExplained,
    StepTried,
    Tried,
)
from policy_engine.explanation.sentences import Money, Words, next_sentence, why_sentence, words_of
from policy_engine.explanation.values import shown
from policy_engine.plan.model import Action, Amounts, Outcome
from policy_engine.values.text import inert


def explanation_text(explanation: Explanation, language: Language = "en") -> str:
    """The explanation as text, lines ended by line feeds. Inert: no character of the data moves a cursor."""
    words = words_of(language)
    return "\n".join(_lines(explanation, words)) + "\n"


def _lines(explanation: Explanation, words: Words) -> Iterable[str]:
    e = explanation
    yield words.say("explain.customer", name=e.customer_name or e.customer, id=e.customer, as_of=e.as_of)
    yield words.say("explain.policy", policy=e.policy, version=e.policy_version, file=e.policy_file)
    for invoice in e.invoices:
        yield ""
        yield from _invoice(e, invoice, words)
    if e.actions:
        yield ""
        yield words.say("explain.actions")
        yield from (f"  {_action(action, words)}" for action in e.actions)
    if e.credit is not None:
        yield ""
        yield from credit_lines(
            e.credit,
            e.customer,
            words,
            e.currency,
            lambda tried, lead: _table([_tried(one, words, e.currency) for one in tried], lead),
        )
    yield ""
    yield _segment(e, words)
    yield from _table([_tried(tried, words, e.currency) for tried in e.segments], "  ")
    yield ""
    yield words.say("explain.customer_facts")
    yield from _facts(e.facts, words, e.currency, "  ")
    yield from (f"  {_converted(found, words)}" for found in e.converted)
    if e.others:
        yield ""
        yield words.say("explain.others")
        yield from _table([_other(outcome, words) for outcome in e.others], "  ")


def _segment(e: Explanation, words: Words) -> str:
    if e.segment is None:
        said = words.say("missing")
    elif e.ladder is None:
        said = words.say("explain.segment.no_ladder", segment=e.segment)
    else:
        said = words.say("explain.segment.chosen", segment=e.segment, ladder=e.ladder)
    return words.say("line", heading=words.say("explain.segment"), said=said)


def _action(action: Action, words: Words) -> str:
    text = words.say(
        "action.line",
        step=action.step,
        channel=words.channel(action.channel),
        send_on=action.send_on,
        total=Money(action.total, action.currency),
    )
    if action.approval is not None:
        text += words.say("and") + words.say(
            "action.approval", people=action.approval.people, role=action.approval.role
        )
    if action.deadline is not None:
        text += words.say("and") + words.say("action.deadline", deadline=action.deadline)
    return f"{text} ({inert(action.why)})"


def _other(outcome: Outcome, words: Words) -> list[str]:
    money = ""
    if outcome.outstanding is not None and outcome.currency is not None:
        money = words.locale.amount(outcome.outstanding, outcome.currency)
    said = words.say("line", heading=words.say(f"outcome.{outcome.outcome}"), said=why_sentence(outcome, words))
    return [inert(outcome.number), money, said]


def _invoice(e: Explanation, invoice: InvoiceExplained, words: Words) -> Iterable[str]:
    outcome = invoice.outcome
    number = outcome.number if outcome.number == outcome.invoice else f"{outcome.number} ({outcome.invoice})"
    yield words.say("explain.invoice", number=number)
    why = why_sentence(outcome, words, invoice.action, in_words(invoice.outcome, invoice.known, words))
    rule = f" ({inert(outcome.rule)})" if outcome.rule else ""
    said = f"{words.say(f'outcome.{outcome.outcome}')}, {why}{rule}"
    yield "  " + words.say("line", heading=words.say("explain.outcome"), said=said)
    coming = next_sentence(outcome, words)
    if coming:
        yield "  " + words.say("line", heading=words.say("explain.next"), said=coming)
    if invoice.climbing is not None:
        yield from _climbing(invoice.climbing, words, outcome.currency or e.currency)
    if invoice.ahead:
        yield f"  {words.say('explain.ladder_ahead')}"
        yield from _table([_ahead(step, words) for step in invoice.ahead], "    ")
    if invoice.charges:
        yield f"  {words.say('explain.charges')}"
        for charge in invoice.charges:
            yield from _charge(charge, words, outcome.currency or e.currency, e.currency)
    if invoice.steps:
        yield f"  {words.say('explain.steps')}"
        yield from _table([_step(step, words, e.currency) for step in invoice.steps], "    ")
    if invoice.holds:
        yield f"  {words.say('explain.holds')}"
        yield from _table([_tried(tried, words, e.currency) for tried in invoice.holds], "    ")
    if invoice.facts:
        yield f"  {words.say('explain.facts')}"
        yield from _facts(invoice.facts, words, e.currency, "    ")
        yield from (f"    {_converted(found, words)}" for found in invoice.converted)


def _facts(facts: Sequence[Fact], words: Words, currency: str, lead: str) -> Iterable[str]:
    return _table([[inert(fact.name), shown(fact, words, currency)] for fact in facts], lead)


def _table(rows: Sequence[Sequence[str]], lead: str) -> Iterable[str]:
    """Rows with their columns one below the other; the last column runs on."""
    if not rows:
        return
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]) - 1)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        yield (lead + "  ".join([*cells, row[-1]])).rstrip()


def _tried(tried: Tried, words: Words, currency: str) -> list[str]:
    text = inert(tried.rule)
    if tried.condition is not None:
        text += f"  {_condition(tried.condition, words, currency)}"
    return [inert(tried.name), words.say(f"verdict.{tried.verdict}"), text]


def _condition(condition: Condition, words: Words, currency: str) -> str:
    """The part that decided with its values, then what would make it true and when."""
    parts = []
    for decider in condition.deciders:
        values = ", ".join(f"{inert(fact.name)} = {shown(fact, words, currency)}" for fact in decider.values)
        text = inert(" ".join(decider.text.split()))
        verdict = words.say("yes" if decider.holds else "no")
        bare = len(decider.values) == 1 and decider.values[0].name == text
        parts.append(values if bare else words.say("decided.part", text=text, verdict=verdict, values=values or text))
    said = words.say("and").join(parts)
    if condition.turns is not None:
        key = "true.ends" if condition.holds else "true.when"
        said += words.say("and") + words.say(key, on=condition.turns)
    return said


def _step(step: StepTried, words: Words, currency: str) -> list[str]:
    text = words.say(f"verdict.{step.verdict}", on=step.on, reached=step.reached)
    text += f"  {inert(step.rule)}"
    if step.condition is not None:
        text += f"  {_condition(step.condition, words, currency)}"
    return [inert(step.name), text]


def _climbing(found: Climbing, words: Words, currency: str) -> Iterable[str]:
    """Which instalment the invoice goes by, or which invoice carries its account; then the instalments."""
    if found.scope == "customer":
        choice = words.say(f"carrier.{found.choice}")
        carrier = found.carrier
        if carrier is None:
            yield "  " + words.say("explain.carrier.none")
        elif carrier.itself:
            yield "  " + words.say("explain.carrier.itself", choice=choice, days_late=carrier.days_late)
        else:
            said = {"number": carrier.number, "choice": choice, "days_late": carrier.days_late}
            yield "  " + words.say("explain.carrier.other", **said)
    if not found.parts:
        return
    yield "  " + words.say(f"explain.parts.{'alone' if found.scope == 'instalment' else 'oldest'}")
    rows = []
    for part in found.parts:
        amount, left = (words.locale.amount(minor, currency) for minor in (part.amount, part.outstanding))
        outcome = ""
        if part.outcome is not None:
            outcome = words.say(f"outcome.{part.outcome}")
            if part.reason not in (None, "paid", "not_due"):
                outcome += f" ({inert(part.reason or '')})"
        due = words.say("explain.part", due_date=part.due_date, amount=amount, outstanding=left)
        rows.append([">" if part.speaks else " ", inert(part.instalment), due, outcome])
    yield from _table(rows, "    ")


def _ahead(step: Ahead, words: Words) -> list[str]:
    text = words.channel(step.channel)
    if step.instalment is not None:
        text += f", {words.say('ahead.instalment', instalment=step.instalment)}"
    if step.note is not None:
        text += f", {words.say(f'ahead.{step.note}')}"
    return [words.locale.day(step.on), inert(step.step), text]


def _converted(found: Converted, words: Words) -> str:
    """One conversion: the amount, the rate as the snapshot states it, its day, what it comes to."""
    amount = Money(found.amount, found.currency)
    if found.rate is None or found.result is None:
        return words.say("converted.no_rate", fact=found.fact, amount=amount, into=found.into, day=found.day)
    rate = words.locale.number(found.rate)
    return words.say(
        "converted.at",
        fact=found.fact,
        amount=amount,
        base=found.base,
        rate=rate,
        quote=found.quote,
        day=found.day,
        result=Money(found.result, found.into),
    )


def _charge(charge: ChargeExplained, words: Words, currency: str, policy_currency: str) -> Iterable[str]:
    grounds = f" ({inert(charge.reference)})" if charge.reference else ""
    amounts = charge.amounts
    if amounts is None or charge.status in ("missing_rate", "stop_without_date", "not_owed"):
        key = charge.status if charge.status in ("missing_rate", "stop_without_date") else "not_owed"
        said = words.say(f"charge.{key}", penalty=charge.penalty)
        if charge.condition is not None and not charge.condition.holds:
            said = words.say("line", heading=said, said=_condition(charge.condition, words, policy_currency))
        yield f"    {said}  {inert(charge.rule)}"
        return
    yield f"    {_owed(charge, amounts, words, currency)}{grounds}  {inert(charge.rule)}"
    for period in charge.periods:
        balance = words.locale.exact(Fraction(period.balance_numerator, period.balance_denominator), currency, 2)
        said = words.say(
            "charge.period",
            first=period.first,
            last=period.last,
            days=period.days,
            balance=f"{balance} {currency}",
            rate=words.locale.percent(period.rate),
            interest=words.locale.exact(interest_of(period), currency),
            origin=words.say(f"origin.{period.origin}"),
        )
        yield f"      {said}"
    if charge.periods:
        exact = words.locale.exact(charge.exact, currency)
        yield "      " + words.say("charge.sum", exact=exact, amount=Money(amounts.accrued, currency))
    else:
        yield "      " + words.say("charge.flat", amount=Money(amounts.accrued, currency))
    if charge.converted is not None:
        yield f"      {_converted(charge.converted, words)}"


def _owed(charge: ChargeExplained, amounts: Amounts, words: Words, currency: str) -> str:
    text = words.say(
        {"asked": "charge.asked", "due": "charge.due"}.get(charge.status, "charge.accrued"),
        penalty=charge.penalty,
        asked=Money(amounts.asked, currency),
        accrued=Money(amounts.accrued, currency),
    )
    for name in ("invoiced", "paid", "waived"):
        amount = getattr(amounts, name)
        if amount:
            text += " " + words.say(f"charge.less.{name}", amount=Money(amount, currency))
    if charge.status in ("asked", "due"):
        return text
    if charge.asked_from is not None:
        return text + words.say("and") + words.say("charge.from_step", step=charge.asked_from)
    return text + words.say("and") + words.say("charge.not_asked")
