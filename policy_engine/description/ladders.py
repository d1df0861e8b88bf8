"""What happens when: one table over all ladders in use, so that a page is enough."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from policy_engine.description.delays import first_day, when_short
from policy_engine.description.page import Block, Line, Mark, Paragraph, Section, Table, TimeLine
from policy_engine.description.phrases import Phrases
from policy_engine.description.words import Words
from policy_engine.policy.resolved import Ladder, Policy, Step


def used_ladders(policy: Policy) -> list[Ladder]:
    """The ladders that a segment climbs, the one most segments fall back on first."""
    names = [segment.ladder for segment in policy.segments if segment.ladder is not None]
    order = [names[-1], *names[:-1]] if names else []
    return [policy.ladder(name) for name in dict.fromkeys(order)]


def ladders(policy: Policy, words: Words, phrases: Phrases) -> Section:
    """A time line, then each step with its day on every ladder, its means, its conditions."""
    used = used_ladders(policy)
    blocks: list[Block] = []
    if used:
        blocks += [_time_line(policy, used, words), _table(policy, used, words, phrases)]
    blocks += [Paragraph(text) for text in _manners(used, words)]
    if policy.onboarding is not None:
        blocks.append(Paragraph(_onboarding(policy, words)))
    return Section(words.say("ladders"), tuple(blocks))


def _time_line(policy: Policy, used: Sequence[Ladder], words: Words) -> TimeLine:
    lines = tuple(
        Line(
            words.name(ladder.name),
            tuple(
                Mark(day, step.rank, f"{words.name(step.name)} ({when_short(step, words)})")
                for day, step in zip(_drawn(ladder), ladder.steps, strict=True)
            ),
        )
        for ladder in used
    )
    return TimeLine(lines, tuple(words.stage(stage) for stage in policy.stages), words.say("ladders.axis"))


def _drawn(ladder: Ladder) -> list[int]:
    """Where each step stands on the time line: one that counts from the step before stands after it."""
    days: list[int] = []
    for step in ladder.steps:
        before = days[-1] if days and step.anchor == "previous_step" else 0
        days.append(before + first_day(step))
    return days


def _table(policy: Policy, used: Sequence[Ladder], words: Words, phrases: Phrases) -> Table:
    step, *rest = words.say("ladders.columns").split("|")
    gap = _usual_gap(used)
    doing = _Doing(policy, words, phrases, gap)
    columns = (step, *(words.name(ladder.name) for ladder in used), *rest)
    rows = []
    for name in _names(used):
        found = [(ladder, _step(ladder, name)) for ladder in used]
        days = tuple(words.say("ladders.absent") if one is None else when_short(one, words) for _, one in found)
        present = [(ladder, one) for ladder, one in found if one is not None]
        cells = tuple(
            _same(present, say, words)
            for say in (
                doing.how,
                lambda one: "" if one.when is None else phrases.condition(one.when.tree),
                lambda one: _approval(one, words, phrases),
            )
        )
        rows.append((words.name(name), *days, *cells))
    return Table(columns, tuple(rows))


def _names(used: Sequence[Ladder]) -> list[str]:
    """Every step's name in the order of the ladders; one that only a later ladder has stands where it does there."""
    order: list[str] = []
    for ladder in used:
        shared = any(step.name in order for step in ladder.steps)
        place = 0 if shared else len(order)  # a ladder all of its own comes after the others
        for step in ladder.steps:
            if step.name in order:
                place = order.index(step.name) + 1
            else:
                order.insert(place, step.name)
                place += 1
    return order


def _step(ladder: Ladder, name: str) -> Step | None:
    return next((step for step in ladder.steps if step.name == name), None)


def _same(present: Sequence[tuple[Ladder, Step]], say: Callable[[Step], str], words: Words) -> str:
    """What is said of the step: once when all ladders agree, else the first and how the others differ."""
    said = [(words.name(ladder.name), say(step)) for ladder, step in present]
    first = said[0][1]
    if all(text == first for _, text in said):
        return first
    groups: dict[str, list[str]] = {}
    for ladder, text in said:
        groups.setdefault(text or words.say("ladders.always"), []).append(ladder)
    return "\n".join(
        words.say("ladders.differs", ladder=words.join(names), text=text) for text, names in groups.items()
    )


@dataclass(frozen=True, slots=True)
class _Doing:
    """Says by what means a step is taken; `gap`: the days after the last message that go without saying."""

    policy: Policy
    words: Words
    phrases: Phrases
    gap: int

    def how(self, step: Step) -> str:
        """Channels, repeats, what holds it back or not, what undoes it."""
        words = self.words
        parts = [channel(step.channel, words)]
        if step.otherwise is not None:
            parts.append(words.say("ladders.otherwise", channel=channel(step.otherwise, words)))
        parts += [words.say("ladders.also", channel=channel(one, words)) for one in step.also]
        if step.repeat is not None:
            unit = "day" if step.repeat.every_days is not None else "month"
            number = step.repeat.every_days or step.repeat.every_months or 1
            every = words.say(f"every.{unit}") if number == 1 else words.count(unit, number)
            parts.append(words.say("ladders.repeat", every=every))
            if step.repeat.times is not None:
                times = step.repeat.times
                parts.append(words.say("ladders.once") if times == 1 else words.say("ladders.times", count=times))
        if step.index and step.after_previous != self.gap:
            parts.append(words.say("ladders.after", days=words.count("day", step.after_previous)))
        if step.exempt:
            parts.append(words.say("ladders.exempt"))
        if step.adjust != self.policy.calendar.adjust:
            parts.append(words.say(f"ladders.adjust.{step.adjust}"))
        if step.undo is not None:
            said = intervention(self.policy, step.undo, words, self.phrases)
            parts.append(words.say("ladders.undo", intervention=said))
        return words.texts["join.list"].join(parts)


def intervention(policy: Policy, name: str, words: Words, phrases: Phrases) -> str:
    """What is done, by which means, how often, by when: `declare claim (task, once a customer, to be done ...)`."""
    found = next(one for one in policy.interventions if one.name == name)
    parts = [channel(found.channel, words), words.say(f"once.{found.once}")]
    if found.deadline is not None:
        days, months = found.deadline.days, found.deadline.months
        delay = words.count("day", days) if days is not None else words.count("month", months or 0)
        parts.append(words.say("holds.deadline", delay=delay, since=phrases.value(found.deadline.since.tree)))
    return f"{words.name(name)} ({words.texts['join.list'].join(parts)})"


def channel(name: str, words: Words) -> str:
    """A channel in the language."""
    return words.say(f"channel.{name}")


def _approval(step: Step, words: Words, phrases: Phrases) -> str:
    approval = step.approval
    if approval is None:
        return words.say("ladders.nobody") if step.grave else ""
    role = words.name(approval.role)
    if approval.people > 1:
        role = words.say("ladders.people", role=role, people=approval.people)
    if approval.when is not None and not step.grave:
        return words.say("ladders.if", role=role, condition=phrases.condition(approval.when.tree))
    return role


def _manners(used: Sequence[Ladder], words: Words) -> list[str]:
    """How ladders are climbed; ladders that do it alike share a sentence."""
    groups: dict[str, list[str]] = {}
    for ladder in used:
        parts = [
            words.say(f"ladders.scope.{ladder.scope}"),
            *([words.say(f"ladders.carrier.{ladder.carrier}")] if ladder.carrier else []),
            *([words.say(f"ladders.paid.{ladder.on_carrier_paid}")] if ladder.on_carrier_paid else []),
            words.say(f"ladders.progression.{ladder.progression}"),
            words.say(f"ladders.consolidate.{ladder.consolidate}"),
        ]
        if _usual_gap(used):
            parts.append(words.say("ladders.gap", days=words.count("day", _usual_gap(used))))
        groups.setdefault(words.texts["join.clause"].join(parts), []).append(words.name(ladder.name))
    return [words.say("ladders.how", ladders=words.join(names), text=text) for text, names in groups.items()]


def _usual_gap(used: Sequence[Ladder]) -> int:
    """The `after_previous` that most steps have, days."""
    counts = Counter(step.after_previous for ladder in used for step in ladder.steps)
    return max(counts, key=lambda days: (counts[days], days), default=0)


def _onboarding(policy: Policy, words: Words) -> str:
    onboarding = policy.onboarding
    assert onboarding is not None
    day = words.locale.day(onboarding.day)
    if onboarding.entry is None:
        return words.say("ladders.onboarding.hold", day=day)
    entries = words.join(
        words.say("ladders.onboarding.age", days=words.count("day", age), stage=words.stage(stage))
        for age, stage in onboarding.entry
    )
    return words.say("ladders.onboarding.entry", day=day, entries=entries)
