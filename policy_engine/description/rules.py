"""When an invoice is left alone, what a late payer owes on top, and the limits of it all."""

from datetime import date

from policy_engine.description.ladders import channel, intervention, used_ladders
from policy_engine.description.page import Block, Bullets, Paragraph, Section
from policy_engine.description.phrases import Phrases
from policy_engine.description.words import Words
from policy_engine.policy.resolved import (
    Bounds,
    ByCurrency,
    FlatPenalty,
    Hold,
    InterestPenalty,
    Penalty,
    Policy,
    ReferenceRate,
)
from policy_engine.policy.tree import Name
from policy_engine.rates import RateTable
from policy_engine.values.days import half_year_start

MILLION = 1_000_000


def holds(policy: Policy, words: Words, phrases: Phrases) -> Section:
    """A person's blocks, then the policy's holds in order."""
    entries = [(words.say("holds.block"), words.say("holds.block.text"))]
    entries += [(words.name(hold.name), _hold(policy, hold, words, phrases)) for hold in policy.holds]
    blocks: list[Block] = [Bullets(tuple(entries))]
    if policy.promise_grace:
        blocks.append(Paragraph(words.say("holds.promise", days=words.count("day", policy.promise_grace))))
    return Section(words.say("holds"), tuple(blocks))


def _hold(policy: Policy, hold: Hold, words: Words, phrases: Phrases) -> str:
    parts = [phrases.condition(hold.when.tree)]
    if hold.instead is not None:
        said = intervention(policy, hold.instead, words, phrases)
        parts.append(words.say("holds.instead", intervention=said))
    parts += [
        words.say("holds.stops", penalty=words.name(stop.penalty), since=phrases.value(stop.since.tree))
        for stop in hold.stops
    ]
    return words.texts["join.clause"].join(parts)


def penalties(policy: Policy, words: Words, phrases: Phrases, as_of: date) -> Section:
    """Each penalty with its rate or amount, its conditions, its legal source."""
    if not policy.penalties:
        return Section(words.say("penalties"), (Paragraph(words.say("penalties.none")),))
    entries = tuple(
        (_name(penalty, words), _penalty(policy, penalty, words, phrases, as_of)) for penalty in policy.penalties
    )
    after = Paragraph(words.say(f"penalties.after.{policy.after_settlement}"))
    return Section(words.say("penalties"), (Bullets(entries), after))


def _name(penalty: Penalty, words: Words) -> str:
    return (
        words.name(penalty.name) if penalty.reference is None else f"{words.name(penalty.name)} ({penalty.reference})"
    )


def _penalty(policy: Policy, penalty: Penalty, words: Words, phrases: Phrases, as_of: date) -> str:
    if isinstance(penalty, InterestPenalty):
        parts = _interest(policy, penalty, words, phrases, as_of)
    else:
        parts = _flat(penalty, words)
    if penalty.when is not None:
        parts.append(words.say("penalties.when", condition=phrases.condition(penalty.when.tree)))
    first = _asked_from(policy, penalty.name)
    if first is not None:
        parts.append(words.say("penalties.asked", step=words.name(first)))
    return words.texts["join.clause"].join(parts)


def _asked_from(policy: Policy, penalty: str) -> str | None:
    """The first step of the main ladder that asks for it."""
    for ladder in used_ladders(policy):
        for step in ladder.steps:
            if penalty in step.charges:
                return step.name
    return None


def _interest(policy: Policy, penalty: InterestPenalty, words: Words, phrases: Phrases, as_of: date) -> list[str]:
    tables = {table.name: table for table in policy.rates}
    parts = []
    if penalty.annual is not None:
        parts.append(words.say("penalties.plain", rate=words.locale.percent(penalty.annual)))
    if penalty.contract is not None:
        fact = penalty.contract.tree
        usual = isinstance(fact, Name) and fact.name == "customer.contract_rate"
        said = words.say("penalties.contract" if usual else "penalties.contract.own", fact=phrases.value(fact))
        if penalty.floor is not None:
            least = _reference(penalty.floor, tables, words, as_of)
            said += words.texts["join.list"] + words.say("penalties.floor", rate=least)
        parts.append(said)
    if penalty.otherwise is not None:
        rate = _reference(penalty.otherwise, tables, words, as_of)
        parts.append(rate if penalty.contract is None else words.say("penalties.otherwise", rate=rate))
    parts += [words.say("penalties.from"), words.say(f"penalties.{penalty.allocation}")]
    return parts


def _reference(rate: ReferenceRate, tables: dict[str, RateTable], words: Words, as_of: date) -> str:
    """`3 x the legal rate + 2 points (8.28% in the half-year from 2026-07-01)`."""
    table = tables[rate.table]
    said = words.say(
        "penalties.reference",
        times="" if rate.times == 1 else words.say("penalties.times", times=rate.times),
        table=words.known(f"rate.{table.name}") or table.title,
        plus="" if not rate.plus else words.say("penalties.plus", plus=_points(rate.plus, words)),
    )
    anchor = half_year_start(as_of)
    read = table.on(anchor)
    if read is None:
        return said
    now = words.locale.percent(max(0, read * rate.times + rate.plus))
    return f"{said} ({words.say('penalties.now', rate=now, day=words.locale.day(anchor))})"


def _points(ppm: int, words: Words) -> str:
    text = words.locale.percent(ppm).rstrip("%").rstrip("\u00a0")
    mark = "," if words.language == "fr" else "."
    return text.rstrip("0").rstrip(mark)


def _flat(penalty: FlatPenalty, words: Words) -> list[str]:
    said = []
    for dated in penalty.amounts:
        amount = _amount(dated.amount, dated.by, words)
        if dated.start is not None:
            amount = words.say("penalties.since", amount=amount, start=words.locale.day(dated.start))
        if dated.reference is not None and dated.reference != penalty.reference:
            amount += f" ({dated.reference})"
        said.append(amount)
    return [words.say("penalties.flat", amount=words.texts["join.list"].join(said))]


def _amount(amount: int, by: ByCurrency | None, words: Words) -> str:
    """An amount, or the amounts by currency."""
    if by is None:
        return words.amount(amount)
    return words.join((words.amount(minor, currency) for currency, minor in by), "join.or")


def limits(policy: Policy, words: Words, phrases: Phrases) -> Section:
    """Minimums, grace, contact limit, capacity, netting, safeguards, sending days."""
    entries = [
        (words.say("limits.minimum"), _minimum(policy, words)),
        (words.say("limits.grace"), _grace(policy, words)),
        (words.say("limits.cap"), _cap(policy, words)),
    ]
    for capacity in policy.capacity:
        said = words.say(
            "limits.capacity.text", count=words.locale.count(capacity.per_day), channel=channel(capacity.channel, words)
        )
        if capacity.priority is not None:
            said += words.say("limits.capacity.first", priority=phrases.value(capacity.priority.tree))
        entries.append((f"{words.say('limits.capacity')} ({words.name(capacity.name)})", said))
    entries += [
        (words.say("limits.netting"), words.say(f"limits.netting.{policy.netting}")),
        (words.say("limits.stop"), _stop(policy, words)),
        (words.say("limits.days"), _days(policy, words)),
        (words.say("limits.valid"), words.say("limits.valid.text", days=words.count("day", policy.valid_for))),
    ]
    return Section(words.say("limits"), (Bullets(tuple(entries)),))


def _minimum(policy: Policy, words: Words) -> str:
    texts: dict[str, list[str]] = {}
    for ladder in used_ladders(policy):
        least = ladder.minimum
        said = (
            words.say("limits.minimum.none")
            if not least.item and not least.customer
            else words.say(
                "limits.minimum.text",
                item=_amount(least.item, least.item_by, words),
                customer=_amount(least.customer, least.customer_by, words),
            )
        )
        texts.setdefault(said, []).append(words.name(ladder.name))
    if len(texts) < 2:
        return "".join(texts) or words.say("limits.minimum.none")
    return words.texts["join.clause"].join(
        words.say("ladders.differs", ladder=words.join(names), text=text) for text, names in texts.items()
    )


def _grace(policy: Policy, words: Words) -> str:
    if not policy.grace:
        return words.say("limits.grace.none")
    return words.say("limits.grace.text", days=words.count("day", policy.grace))


def _cap(policy: Policy, words: Words) -> str:
    contact = policy.contact
    if contact is None:
        return words.say("limits.cap.none")
    return words.say(
        "limits.cap.text",
        contacts=words.count("time", contact.max),
        days=words.count("day", contact.per_days),
        channels=words.join(channel(name, words) for name in sorted(contact.channels)),
    )


def _stop(policy: Policy, words: Words) -> str:
    guards = policy.safeguards
    parts = []
    if guards.bank_lag is not None:
        parts.append(words.say("limits.stop.lag", days=words.count("day", guards.bank_lag)))
    if guards.all is not None:
        parts += _bounds(guards.all, words.say("limits.stop.all"), words)
    for name, bounds in guards.steps:
        parts += _bounds(bounds, words.say("limits.stop.step", step=words.name(name)), words)
    return words.texts["join.clause"].join(parts) or words.say("limits.stop.none")


def _bounds(bounds: Bounds, what: str, words: Words) -> list[str]:
    parts = []
    if bounds.max is not None:
        parts.append(words.say("limits.stop.max", count=words.locale.count(bounds.max), what=what))
    if bounds.max_share is not None:
        share = words.locale.percent(bounds.max_share)
        parts.append(words.say("limits.stop.share", share=share, what=what))
    return parts


def _days(policy: Policy, words: Words) -> str:
    calendar = policy.calendar
    if calendar.adjust == "none":
        return words.say("limits.days.none")
    weekend = words.join(words.say(f"weekday.{day}") for day in sorted(calendar.weekend))
    return words.say(
        "limits.days.next",
        weekend=weekend or words.say("limits.weekend.none"),
        country=f" ({calendar.country})" if calendar.country else "",
    )
