"""What speaks against an invoice, and what is proposed, in the reader's language."""

from policy_engine.explanation.sentences import Words
from policy_engine.triage.model import Argument, Proposal


def argument_text(argument: Argument, words: Words) -> str:
    """One thing that speaks against dunning, in a few words; texts from strangers are inert."""
    facts: dict[str, object] = dict.fromkeys(("amount", "by", "id", "name", "reason", "since", "step", "until"))
    facts |= {"problem": None, "where": None} | dict(argument.detail)
    return words.say(f"triage.against.{argument.code}", **facts)


def choice_text(proposal: Proposal, words: Words) -> str:
    """What is proposed: the step to stand on, or to leave the invoice alone."""
    if proposal.choice != "step":
        return words.say(f"triage.propose.{proposal.choice}")
    return words.say("triage.propose.start") if proposal.step is None else proposal.step
