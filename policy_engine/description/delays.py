"""When a step comes: in words, and short for a table."""

from policy_engine.description.words import Words
from policy_engine.policy.resolved import Step


def when_said(step: Step, words: Words) -> str:
    """`5 days before the due date`, `1 month after the issue date, then to the end of that month`."""
    delay = step.days if step.days is not None else step.months or 0
    unit = "day" if step.days is not None else "month"
    key = "day.before" if delay < 0 else "day.on" if delay == 0 else "day.after"
    text = words.say(key, days=words.count(unit, abs(delay)), anchor=words.say(f"anchor.{step.anchor}"))
    if step.round_to is not None:
        text += words.say("day.end_of_month")
    if step.then:
        text += words.say("day.then", days=words.count("day", step.then))
    return text


def when_short(step: Step, words: Words) -> str:
    """`D-5`, `D`, `D+30`, `D+2 mo.`; other anchors than the due date are named."""
    lead = "" if step.anchor == "due_date" else words.say(f"short.{step.anchor}")
    if step.days is None:
        text = words.say("short.months", months=step.months or 0)
    elif step.days < 0:
        text = words.say("short.before", days=-step.days)
    else:
        text = words.say("short.after", days=step.days) if step.days else words.say("short.on")
    more = (words.say("day.end_of_month") if step.round_to else "") + (
        words.say("day.then", days=words.count("day", step.then)) if step.then else ""
    )
    return f"{lead}{text}{more}"


def first_day(step: Step) -> int:
    """Days from the anchor, months counted as 30: for drawing only."""
    return step.days if step.days is not None else 30 * (step.months or 0)
