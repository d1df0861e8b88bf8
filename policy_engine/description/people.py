"""Who is chased how: the segments."""

from policy_engine.description.page import Block, Bullets, Paragraph, Section, Table
from policy_engine.description.phrases import Phrases
from policy_engine.description.words import Words
from policy_engine.policy.resolved import Policy, Segment


def who(policy: Policy, words: Words, phrases: Phrases) -> Section:
    """The segments in order."""
    rows = tuple(
        (words.name(segment.name), _who(segment, words, phrases), _ladder(segment, words), _limit(segment, words))
        for segment in policy.segments
    )
    blocks: list[Block] = [
        Paragraph(words.say("who.first")),
        Table(tuple(words.say("who.columns").split("|")), rows),
    ]
    return Section(words.say("who"), tuple(blocks))


def with_definitions(section: Section, words: Words, phrases: Phrases) -> Section:
    """The section, and below it what the policy's own words on the whole page mean."""
    meanings = definitions(words, phrases)
    if not meanings:
        return section
    return Section(section.title, (*section.blocks, Paragraph(words.say("who.definitions")), Bullets(meanings)))


def definitions(words: Words, phrases: Phrases) -> tuple[tuple[str, str], ...]:
    """The policy's own facts that sentences named, and those that their meanings name; each once."""
    found: list[tuple[str, str]] = []
    for name in phrases.used:  # grows while meanings name further facts
        tree = phrases.own[name].expression.tree
        said = phrases.condition(tree) if tree.type == "flag" else phrases.value(tree)
        found.append((words.quoted(name), said))
    return tuple(found)


def _who(segment: Segment, words: Words, phrases: Phrases) -> str:
    return words.say("who.rest") if segment.when is None else phrases.condition(segment.when.tree)


def _ladder(segment: Segment, words: Words) -> str:
    return words.say("who.none") if segment.ladder is None else words.name(segment.ladder)


def _limit(segment: Segment, words: Words) -> str:
    if segment.ladder is None and segment.credit_limit is None:
        return words.say("ladders.absent")
    if segment.credit_limit is None:
        return words.say("who.no_limit")
    return words.say("who.zero") if segment.credit_limit == 0 else words.amount(segment.credit_limit)
