"""Credit: what counts as exposure, whose limit holds, what becomes of orders."""

from policy_engine.description.page import Block, Bullets, Paragraph, Section
from policy_engine.description.phrases import Phrases
from policy_engine.description.words import Words
from policy_engine.policy.resolved import Credit, CreditRule


def credit(rules: Credit, words: Words, phrases: Phrases) -> Section:
    """The policy's `credit` section."""
    listed = words.join(words.say(f"credit.{part}") for part in rules.exposure)
    blocks: list[Block] = [Paragraph(words.say("credit.exposure", listed=listed))]
    if rules.roll_up == "parent":
        blocks.append(Paragraph(words.say("credit.parent")))
    entries = [(words.name(rule.name), _order(rule, words, phrases)) for rule in rules.decisions]
    entries += [
        (words.name(alert.name), words.say("credit.alert", condition=phrases.condition(alert.when.tree)))
        for alert in rules.alerts
    ]
    if entries:
        blocks.append(Bullets(tuple(entries)))
    return Section(words.say("credit"), tuple(blocks))


def _order(rule: CreditRule, words: Words, phrases: Phrases) -> str:
    verdict = words.say(f"credit.{rule.decision}", role=words.name(rule.role or ""))
    if rule.when is None:
        return words.say("credit.else", verdict=verdict)
    return words.say("credit.if", verdict=verdict, condition=phrases.condition(rule.when.tree))
