"""Ladders whose dates don't fit together, that lead nowhere, or that threaten before they have asked."""

from collections.abc import Iterator
from datetime import date
from itertools import pairwise

from policy_engine.analysis.climbs import climbs
from policy_engine.analysis.conditions import none_of
from policy_engine.analysis.engine import Subject
from policy_engine.analysis.model import Found
from policy_engine.engine.reference.s01_days import step_date
from policy_engine.policy.resolved import CONTACT_CHANNELS, Ladder, Step
from policy_engine.values.days import add_days
from policy_engine.values.diagnostics import Diagnostic

_MESSAGES = frozenset({"email", "letter", "registered_letter"})
_TERMS = (0, 8, 14, 30, 45, 60)
_ISSUED = tuple(date(2026, month, day) for month in range(1, 13) for day in (1, 15, 28))


def _used(subject: Subject) -> Iterator[Ladder]:
    used = {segment.ladder for segment in subject.policy.segments}
    return (ladder for ladder in subject.policy.ladders if ladder.name in used)


def dates_that_fall(subject: Subject) -> Iterator[Found]:
    """`DUN422`: a step's date lies before the one above it, whatever the invoice's terms.

    Two plain numbers of days from one anchor are compared when the policy is loaded (`DUN308`).
    """
    for ladder in _used(subject):
        for earlier, later in pairwise(ladder.steps):
            if not _falls(subject, earlier, later):
                continue
            for climb in climbs(subject, ladder):
                dates = {one.step: one.line.trigger_on for one in climb.delivered}
                if later.name not in dates or dates.get(earlier.name, date.max) <= dates[later.name]:
                    continue
                diagnostic = Diagnostic(
                    "DUN422",
                    "warning",
                    f"the date of `{later.name}` comes before that of `{earlier.name}`, which stands above it",
                    subject.at(ladder, later, "days", "months", "anchor"),
                    "let the dates rise along the ladder: change the days or the anchor, or the order",
                )
                reached = f"{later.name} is reached on {dates[later.name]}, "
                reached += (
                    f"{earlier.name} on {dates[earlier.name]}"
                    if earlier.name in dates
                    else f"{earlier.name} is never taken"
                )
                yield climb.found(subject, diagnostic, reached)
                break


def _falls(subject: Subject, earlier: Step, later: Step) -> bool:
    if "previous_step" in (earlier.anchor, later.anchor):
        return False
    grace = subject.policy.grace
    for issued in _ISSUED:
        for term in _TERMS:
            due = add_days(issued, term)
            first = step_date(earlier, issued, due, None, grace)
            second = step_date(later, issued, due, None, grace)
            if first is None or second is None or second >= first:
                return False
    return True


def steps_that_the_cap_delays(subject: Subject) -> Iterator[Found]:
    """`DUN423`: a contact always comes so soon after the last ones that the contact cap holds it back."""
    cap = subject.policy.contact
    if cap is None:
        return
    for ladder in _used(subject):
        contacts = [step for step in ladder.steps if step.channel in cap.channels]
        for place in range(cap.max, len(contacts)):
            earlier, later = contacts[place - cap.max], contacts[place]
            gap = _gap(earlier, later)
            if later.exempt or gap is None or not max(later.after_previous, 0) <= gap < cap.per_days:
                continue
            found = _delayed(subject, ladder, earlier, later, gap)
            if found is not None:
                yield found


def _delayed(subject: Subject, ladder: Ladder, earlier: Step, later: Step, gap: int) -> Found | None:
    cap = subject.policy.contact
    assert cap is not None
    for climb in climbs(subject, ladder):
        left = {one.step: one for one in climb.delivered}
        if later.name not in left or earlier.name not in left:
            continue
        reached = left[later.name].line.trigger_on
        if climb.reason(reached) != "contact_cap":
            continue
        times = "one contact" if cap.max == 1 else f"{cap.max} contacts"
        diagnostic = Diagnostic(
            "DUN423",
            "warning",
            f"`{later.name}` comes {gap} days after `{earlier.name}`, "
            f"but the contact cap allows {times} in {cap.per_days} days",
            subject.at(ladder, later, "days"),
            f"set `days: {(later.days or 0) + cap.per_days - gap}`, or `exempt: true`",
        )
        shows = f"{later.name} waits from {reached} to {left[later.name].day} for the contact cap"
        return climb.found(subject, diagnostic, shows)
    return None


def _gap(earlier: Step, later: Step) -> int | None:
    """Days between two steps' dates, where that is a plain number."""
    if later.anchor != earlier.anchor or later.anchor == "previous_step":
        return None
    if None in (earlier.days, later.days) or earlier.round_to is not None or later.round_to is not None:
        return None
    return (later.days or 0) - (earlier.days or 0)


def ladders_without_end(subject: Subject) -> Iterator[Found]:
    """`DUN426`: the last step is a message. An invoice that stays unpaid is then nobody's business."""
    for ladder in _used(subject):
        last = ladder.steps[-1]
        endless = last.repeat is not None and last.repeat.times is None
        if last.channel not in _MESSAGES or endless:
            continue
        for climb in climbs(subject, ladder):
            if not climb.delivered or climb.delivered[-1].step != last.name or not climb.days:
                continue
            end = climb.days[-1].day
            if climb.reason(end) != "ladder_done":
                continue
            diagnostic = Diagnostic(
                "DUN426",
                "warning",
                f"`{ladder.name}` ends with a message: when `{last.name}` brings no money, nothing follows",
                last.position,
                "end with a person or a handover: a step of channel call, task or placement, or a `repeat` without end",
            )
            left = climb.delivered[-1].day
            yield climb.found(subject, diagnostic, f"nothing is done from {left}, when {last.name} left, to {end}")
            break


def threats_without_reminder(subject: Subject) -> Iterator[Found]:
    """`DUN427`: a formal notice, an agency or a court step that an invoice reaches before anybody has reminded it."""
    for ladder in _used(subject):
        grave = next((step for step in ladder.steps if step.grave), None)
        if grave is None:
            continue
        reminders = [
            step for step in ladder.steps[: grave.index] if step.channel in CONTACT_CHANNELS and not _early(step)
        ]
        if any(step.when is None for step in reminders):
            continue
        found = _unreminded(subject, ladder, grave, reminders)
        if found is not None:
            yield found


def _early(step: Step) -> bool:
    """Whether it speaks before anything is overdue: a notice is no reminder."""
    return step.anchor == "due_date" and step.days is not None and step.days <= 0


def _unreminded(subject: Subject, ladder: Ladder, grave: Step, reminders: list[Step]) -> Found | None:
    space = subject.open_invoices
    none = none_of(*(space.plain(step.when.tree) for step in reminders if step.when is not None))
    for climb in climbs(subject, ladder, conditions=none if reminders else None):
        steps = [one.step for one in climb.delivered]
        names = {step.name for step in reminders}
        if grave.name not in steps or names & set(steps[: steps.index(grave.name)]):
            continue
        passed = f": `{reminders[0].name}` is passed over when its `when` doesn't hold" if reminders else ""
        diagnostic = Diagnostic(
            "DUN427",
            "warning",
            f"`{grave.name}` can come without a reminder before it{passed}",
            subject.at(ladder, grave, "stage"),
            "put a reminder without `when` above it: who only forgot to pay is to hear of it in a friendly way first",
        )
        day = climb.delivered[steps.index(grave.name)].day
        first = [one.step for one in climb.delivered][: steps.index(grave.name)]
        before = f"after {', '.join(first)} only" if first else "as the first message"
        return climb.found(subject, diagnostic, f"{grave.name} leaves on {day}, {before}")
    return None
