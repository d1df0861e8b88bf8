"""From a resolved policy to its page."""

from datetime import date

from policy_engine.description.credit import credit
from policy_engine.description.delays import first_day, when_said
from policy_engine.description.ladders import ladders, used_ladders
from policy_engine.description.page import Page
from policy_engine.description.people import who, with_definitions
from policy_engine.description.phrases import Phrases
from policy_engine.description.rules import holds, limits, penalties
from policy_engine.description.words import Words, words_for
from policy_engine.explanation.locale import Language
from policy_engine.policy.resolved import Policy, Step


def describe(policy: Policy, *, language: Language, as_of: date, description: str = "") -> Page:
    """The policy's page.

    Args:
        policy: as `load_policy` gives it.
        language: `en` or `fr`.
        as_of: the day whose reference rates are shown.
        description: the author's own line about the policy.
    """
    words = words_for(language, policy.currency)
    phrases = Phrases(words, policy.facts)
    risk = [] if policy.credit is None else [credit(policy.credit, words, phrases)]
    segments = who(policy, words, phrases)
    others = (
        ladders(policy, words, phrases),
        holds(policy, words, phrases),
        penalties(policy, words, phrases, as_of),
        *risk,
        limits(policy, words, phrases),
    )
    return Page(
        language=language,
        title=words.say("title", name=policy.name, version=policy.version),
        subtitle=description,
        about=(
            (words.say("about.currency"), policy.currency),
            (words.say("about.force"), _force(policy, words)),
            (words.say("about.day"), words.locale.day(as_of)),
            (words.say("about.digest"), policy.digest[:12]),
        ),
        lead=tuple(_lead(policy, words)),
        sections=(with_definitions(segments, words, phrases), *others),  # once every section has named its facts
        note=words.say("note", file=policy.file.rpartition("/")[2]),
        mark=words.say("mark"),
    )


def _force(policy: Policy, words: Words) -> str:
    start, end = policy.effective_from, policy.effective_to
    if start is not None and end is not None:
        return words.say("about.force.both", start=words.locale.day(start), end=words.locale.day(end))
    if start is not None:
        return words.say("about.force.from", start=words.locale.day(start))
    return words.say("about.force.always") if end is None else words.say("about.force.to", end=words.locale.day(end))


def _lead(policy: Policy, words: Words) -> list[str]:
    """What a director asks first: when it starts, when it gets serious, what it costs, who is left out."""
    used = used_ladders(policy)
    found = []
    if used and used[0].steps:
        first = used[0].steps[0]
        found.append(words.say("lead.first", when=when_said(first, words), ladder=words.name(used[0].name)))
    formal = [step for ladder in used for step in ladder.steps if step.stage == "formal_notice"]
    counted = [step for step in formal if step.anchor == "due_date"]
    if counted:
        first = min(counted, key=first_day)
        days = words.count("day", first.days) if first.days is not None else words.count("month", first.months or 0)
        free = any(step.approval is None for step in formal)
        found.append(words.say("lead.formal.free" if free else "lead.formal", days=days))
    if policy.contact is not None:
        contacts = words.count("time", policy.contact.max)
        found.append(words.say("lead.cap", contacts=contacts, days=words.count("day", policy.contact.per_days)))
    charging = _first_charging(policy)
    if charging is None:
        found.append(words.say("lead.charges.none"))
    else:
        named = words.join(words.name(charge) for charge in charging.charges)
        found.append(words.say("lead.charges", penalties=named, step=words.name(charging.name)))
    never = [words.name(segment.name) for segment in policy.segments if segment.ladder is None]
    if never:
        found.append(words.say("lead.never", segments=words.join(never)))
    return found


def _first_charging(policy: Policy) -> Step | None:
    for ladder in used_ladders(policy):
        for step in ladder.steps:
            if step.charges:
                return step
    return None
