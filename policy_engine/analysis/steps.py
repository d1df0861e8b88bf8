"""Steps that no invoice can ever take (`DUN421`)."""

from collections.abc import Iterator

from policy_engine.analysis.cells import Bounds, Stored
from policy_engine.analysis.climbs import climbs
from policy_engine.analysis.conditions import TRUE, Conditions, TooManyError, any_of, both, none_of
from policy_engine.analysis.engine import Subject
from policy_engine.analysis.model import Found
from policy_engine.policy.resolved import Ladder, Step
from policy_engine.policy.tree import Node
from policy_engine.values.diagnostics import Diagnostic


def steps_that_never_fire(subject: Subject) -> Iterator[Found]:
    """`DUN421`: proven over every combination of values that matter, then shown by a run in which it doesn't fire."""
    used = {segment.ladder for segment in subject.policy.segments}
    for ladder in subject.policy.ladders:
        if ladder.name in used:
            for step in ladder.steps:
                why = _why_never(subject, ladder, step)
                found = None if why is None else _shown(subject, ladder, step, *why)
                if found is not None:
                    yield found


def _shown(subject: Subject, ladder: Ladder, step: Step, message: str, hint: str, *keys: str) -> Found | None:
    for climb in climbs(subject, ladder):
        taken = list(dict.fromkeys(one.step for one in climb.delivered))
        if step.name in taken or (not taken and len(ladder.steps) > 1):
            return None
        diagnostic = Diagnostic("DUN421", "warning", message, subject.at(ladder, step, *keys), hint)
        others = f"takes {', '.join(taken)}, " if taken else ""
        return climb.found(subject, diagnostic, f"{others}never {step.name}")
    return None


def _why_never(subject: Subject, ladder: Ladder, step: Step) -> tuple[str, ...] | None:
    """Message, help and the keys to point at; None when it may fire, or when that can't be told."""
    return _by_dates(ladder, step) or _by_conditions(subject, ladder, step)


def _by_dates(ladder: Ladder, step: Step) -> tuple[str, ...] | None:
    for other in ladder.steps:
        plain = other.when is None and other.anchor == step.anchor and None not in (other.days, step.days)
        if not plain or other.round_to is not None or step.round_to is not None:
            continue
        days, others = step.days or 0, other.days or 0
        if ladder.progression == "jump" and other.index > step.index and others <= days and days >= 0:
            return (
                f"`{step.name}` can't fire: on its day `{other.name}` is reached too, and `jump` takes the highest",
                f"give `{other.name}` a later day, or delete `{step.name}`",
                "days",
            )
        if ladder.progression == "stepwise" and other.index < step.index and others < days < 0:
            first = others + step.after_previous
            if first >= 0 and step.repeat is None:
                message = f"`{step.name}` can't fire: `{other.name}` leaves {-others} days before the due date, "
                return (
                    message + f"and {step.after_previous} days later the time before the due date is over",
                    f"set `after_previous: {days - others}`, or delete one of the two",
                    "after_previous",
                    "days",
                )
    return None


def _by_conditions(subject: Subject, ladder: Ladder, step: Step) -> tuple[str, ...] | None:
    policy = subject.policy
    if step.when is None and not policy.holds:
        return None
    space = _space(subject, ladder, step)
    if step.when is None:  # the holds alone decide: the same for every step of the same time
        key = (tuple(sorted(space.bounds.items())), tuple(sorted(space.domain.items(), key=str)))
        if key not in subject.held:
            subject.held[key] = _possible(subject, space, none_of(*_holds(subject, space)), TRUE)
        if subject.held[key]:
            return None
    own = TRUE if step.when is None else space.plain(step.when.tree)
    holds = _holds(subject, space)
    try:
        if _possible(subject, space, both(own, none_of(*holds)), own):
            return _by_segment(subject, space, ladder, step, own, holds)
        if next(space.search(own), None) is None:
            return (
                f"`{step.name}` can't fire: its `when` never holds once its date is reached",
                "correct the condition, or delete the step",
                "when",
            )
        near = [tree for tree in holds if space.names(tree) & space.names(own) or _reads_days(space, tree)]
        if near and next(space.search(both(own, none_of(*near))), None) is None:
            names = [
                hold.name for hold, tree in zip(policy.holds, holds, strict=True)
                if next(space.search(both(own, none_of(tree))), None) is None
            ]  # fmt: skip
            by = f"`{names[0]}`" if names else "a hold"
            return (
                f"`{step.name}` can't fire: once its date is reached, {by} holds whatever it is for",
                f"narrow {by}, or move the step",
                "when",
                "days",
            )
    except TooManyError:
        return None
    return None


def _by_segment(
    subject: Subject, space: Conditions, ladder: Ladder, step: Step, own: Node, holds: list[Node]
) -> tuple[str, ...] | None:
    """Whether some segment of the ladder has customers whom the step is for."""
    segments = subject.policy.segments
    if not space.names(own) & subject.segment_names:
        return None
    trees = [TRUE if segment.when is None else space.plain(segment.when.tree) for segment in segments]
    ways = [
        both(tree, none_of(*(other for other in trees[:index])))
        for index, tree in enumerate(trees)
        if segments[index].ladder == ladder.name
    ]
    near = [tree for tree in holds if space.names(tree) & space.names(own)]
    wanted = both(own, any_of(*ways), none_of(*near))
    if _possible(subject, space, wanted, own) or next(space.search(wanted), None) is not None:
        return None
    return (
        f"`{step.name}` can't fire: its `when` holds for no customer who is on `{ladder.name}`",
        "correct the condition, or the segments that use the ladder",
        "when",
    )


def _possible(subject: Subject, space: Conditions, wanted: Node, own: Node) -> bool:
    """Whether a usual invoice that fits `own` fits everything: the quick answer."""
    test = space.test(wanted)
    for number, facts in enumerate(space.search(own)):
        usual = subject.usual(space, space.names(wanted), facts)
        if test({**usual, **facts}):
            return True
        if number >= 20:
            break
    return False


def _holds(subject: Subject, space: Conditions) -> list[Node]:
    return [space.plain(hold.when.tree) for hold in subject.policy.holds]


def _reads_days(space: Conditions, tree: Node) -> bool:
    return any(name in space.bounds or name in space.domain for name in space.names(tree))


def _space(subject: Subject, ladder: Ladder, step: Step) -> Conditions:
    """Every invoice that the step can be a candidate for on a day on which its date is reached."""
    grace = subject.policy.grace
    before: list[Step] = []
    if step.when is not None or subject.holds_read_position:
        before = [other for other in ladder.steps if other.index < step.index or (other is step and step.repeat)]
    domain: dict[str, tuple[Stored, ...]] = {
        "invoice.status": ("open",),
        "invoice.step": (None, *(other.name for other in before)),
        "invoice.stage": (None, *dict.fromkeys(other.stage for other in before)),
    }
    bounds: dict[str, Bounds] = {"invoice.outstanding": (1, None), "invoice.amount": (1, None)}
    delay = step.days if step.days is not None else 28 * (step.months or 0)
    if step.anchor == "due_date" and delay < 0:
        bounds["invoice.days_late"] = (0, 0)
        bounds["invoice.days_to_due"] = (1, -delay if step.round_to is None and step.then is None else None)
    elif step.anchor == "due_date":
        bounds["invoice.days_late"] = (max(delay, grace + 1) if delay > 0 else 0, None)
        domain["invoice.days_to_due"] = (0,)
    elif step.anchor == "issue_date":
        bounds["invoice.age"] = (delay, None)
    elif delay > 0:
        bounds["invoice.days_late"] = (grace + 1, None)
        domain["invoice.days_to_due"] = (0,)
    return Conditions(subject.policy, domain, bounds)
