"""Ladders and steps: defaults inherited, charges carried on, dates that can't work refused."""

from collections.abc import Collection, Mapping
from itertools import pairwise

from policy_engine.language.models.parts import MinimumSyntax
from policy_engine.language.models.steps import ApprovalSyntax, LadderSyntax, RepeatSyntax, StepSyntax
from policy_engine.language.nodes import Text
from policy_engine.language.resolve.context import Context
from policy_engine.language.resolve.scope import check_scope
from policy_engine.policy.resolved import (
    CONTACT_CHANNELS,
    FINAL_STAGES,
    GRAVE_STAGES,
    Approval,
    ByCurrency,
    Calendar,
    Ladder,
    Minimum,
    Repeat,
    Step,
)
from policy_engine.values.position import Position

AFTER_PREVIOUS = 7
"""Days between two steps when the author says nothing (language.md 3.9)."""
DEFAULT_ROLE = "credit_manager"
"""Who approves a grave step when the author says nothing (language.md 3.18)."""


def resolve_minimum(syntax: MinimumSyntax | None, above: Minimum, context: Context) -> Minimum:
    """Minor units; what isn't written is inherited. Amounts by currency must say what the policy's own is."""
    if syntax is None:
        return above
    item, item_by = above.item, above.item_by
    if syntax.item is not None:
        item, item_by = context.amounts(syntax.item, "item", syntax.at("item"))
        _own_currency(item_by, "item", syntax, context)
    customer, customer_by = above.customer, above.customer_by
    if syntax.customer is not None:
        customer, customer_by = context.amounts(syntax.customer, "customer", syntax.at("customer"))
        _own_currency(customer_by, "customer", syntax, context)
    return Minimum(item, customer, item_by, customer_by)


def _own_currency(amounts: ByCurrency | None, key: str, syntax: MinimumSyntax, context: Context) -> None:
    """A currency that a minimum lacks isn't dunned: without the policy's own nothing would be."""
    if amounts and context.currency not in dict(amounts):
        context.findings.add(
            "DUN314",
            f"`{key}` lacks {context.currency}, the policy's own currency: nothing would be dunned in it",
            syntax.at(key),
            hint=f"add e.g. `{context.currency}: 10`, or 0 for no minimum",
        )


def resolve_ladder(
    name: str,
    syntax: LadderSyntax,
    position: Position,
    stages: tuple[str, ...],
    minimum: Minimum,
    calendar: Calendar,
    penalties: Collection[str],
    interventions: Collection[str],
    context: Context,
) -> Ladder:
    """A ladder with its steps in order."""
    if name == "none":
        context.findings.add(
            "DUN310", "`none` means no ladder, it can't name one", position, hint="give the ladder another name"
        )
    steps: list[Step] = []
    charges: tuple[str, ...] = ()
    for index, step in enumerate(syntax.steps):
        if step.charge is not None:
            for charge in step.charge:
                context.known(charge, penalties, "penalty", charge.position)
            charges = tuple(dict.fromkeys(str(charge) for charge in step.charge))
        if step.undo is not None:
            context.known(step.undo, interventions, "intervention", step.at("undo"))
        steps.append(_step(index, step, syntax, stages, calendar, charges, context))
    _dates(steps, syntax, context)
    check_scope(steps, syntax, context)
    account = syntax.scope == "customer"
    return Ladder(
        name,
        syntax.scope,
        (syntax.carrier or "oldest") if account else None,
        (syntax.on_carrier_paid or "keep") if account else None,
        syntax.progression,
        syntax.consolidate,
        resolve_minimum(syntax.minimum, minimum, context),
        tuple(steps),
        position,
    )


def _step(
    index: int,
    syntax: StepSyntax,
    ladder: LadderSyntax,
    stages: tuple[str, ...],
    calendar: Calendar,
    charges: tuple[str, ...],
    context: Context,
) -> Step:
    stage = str(syntax.stage)
    known = context.known(stage, stages, "stage", syntax.at("stage"))
    anchor = ladder.anchor if syntax.anchor is None else syntax.anchor
    _possible(index, syntax, anchor, context)
    _channels(syntax, context)
    if syntax.repeat is not None and stage in FINAL_STAGES:
        context.findings.add(
            "DUN309",
            f"a step of stage {stage} is never repeated",
            syntax.at("repeat"),
            hint="delete `repeat`: what was handed over isn't handed over again",
        )
    return Step(
        name=str(syntax.name),
        index=index,
        stage=stage,
        rank=stages.index(stage) if known else 0,
        days=syntax.days,
        months=syntax.months,
        anchor=anchor,
        round_to=syntax.round_to,
        then=syntax.then,
        adjust=calendar.adjust if syntax.adjust is None else syntax.adjust,
        channel=syntax.channel,
        otherwise=syntax.otherwise,
        also=tuple(dict.fromkeys(syntax.also)),
        template=_plain(syntax.template),
        adapter=_plain(syntax.adapter),
        when=context.expression(syntax.when, "invoice"),
        after_previous=AFTER_PREVIOUS if syntax.after_previous is None else syntax.after_previous,
        charges=charges,
        exempt=syntax.exempt,
        repeat=_repeat(syntax.repeat),
        approval=_approval(syntax, stage, context),
        undo=_plain(syntax.undo),
        position=syntax.at("name"),
    )


def _possible(index: int, syntax: StepSyntax, anchor: str, context: Context) -> None:
    """Days, anchor and rounding that go together."""
    findings = context.findings
    if anchor == "previous_step" and index == 0:
        inherited = syntax.anchor is None
        findings.add(
            "DUN307",
            f"`{syntax.name}` is the first step: there is no previous step to count from",
            syntax.at("name") if inherited else syntax.at("anchor"),
            hint="give it `anchor: due_date`",
        )
    if syntax.days is not None and syntax.days < 0 and anchor != "due_date":
        findings.add(
            "DUN307",
            f"`days: {syntax.days}` needs the anchor due_date: nothing is done before the {anchor.replace('_', ' ')}",
            syntax.at("days"),
            hint="use a number from 0 on, or `anchor: due_date`",
        )
    if syntax.then is not None and syntax.round_to is None:
        findings.add(
            "DUN307",
            "`then` counts after `round_to`, which isn't given",
            syntax.at("then"),
            hint="add `round_to: end_of_month`, or add the days to `days`",
        )


def _channels(syntax: StepSyntax, context: Context) -> None:
    findings = context.findings
    if syntax.otherwise == syntax.channel:
        findings.add(
            "DUN311",
            f"`otherwise` is the channel itself, {syntax.channel}",
            syntax.at("otherwise"),
            hint="name another channel, or leave `otherwise` out",
        )
    contact = syntax.channel in CONTACT_CHANNELS
    if syntax.also and not contact:
        findings.add(
            "DUN311",
            f"`also` carries a message; `{syntax.channel}` speaks to nobody",
            syntax.at("also"),
            hint="make a step of its own of the message",
        )
    elif syntax.channel in syntax.also:
        findings.add(
            "DUN311", f"`also` names the channel itself, {syntax.channel}", syntax.at("also"), hint="leave it out"
        )
    if syntax.exempt and not contact:
        findings.add(
            "DUN311",
            f"`exempt` is about the contact cap; `{syntax.channel}` is no contact",
            syntax.at("exempt"),
            hint="leave it out",
        )


def _repeat(syntax: RepeatSyntax | None) -> Repeat | None:
    return None if syntax is None else Repeat(syntax.every, syntax.months, syntax.times)


def _approval(syntax: StepSyntax, stage: str, context: Context) -> Approval | None:
    grave = stage in GRAVE_STAGES
    said = syntax.approval
    if isinstance(said, ApprovalSyntax):
        if grave and said.when is not None:
            context.findings.add(
                "DUN312",
                f"a step of stage {stage} always needs approval, `when` can't lift that",
                said.at("when"),
                hint="leave `when` out; only `approval: none` lifts it, for every invoice",
            )
        return Approval(str(said.role), said.people, context.expression(said.when, "invoice"))
    if said is None:
        return Approval(DEFAULT_ROLE, 1, None) if grave else None
    if grave:
        context.findings.warn(
            "DUN401",
            f"`{syntax.name}` leaves without a person's approval, though its stage is {stage}",
            syntax.at("approval"),
            hint=f"name a role: `approval: {{role: {DEFAULT_ROLE}}}`",
        )
    return None


def _dates(steps: list[Step], ladder: LadderSyntax, context: Context) -> None:
    """Dates rise along the ladder, and leave room for `after_previous`."""
    for index, (earlier, later) in enumerate(pairwise(steps), 1):
        syntax = ladder.steps[index]
        if later.rank < earlier.rank:
            context.findings.add(
                "DUN308",
                f"`{later.name}` is of stage {later.stage}, below `{earlier.name}` of stage {earlier.stage}",
                syntax.at("stage"),
                hint="stages rise along a ladder: reorder the steps or the list `stages`",
            )
        gap = _gap(earlier, later)
        if gap is None:
            continue
        if gap < 0:
            context.findings.add(
                "DUN308",
                f"`{later.name}` is due before `{earlier.name}`, which stands above it",
                syntax.at("days") if later.days is not None else syntax.at("months"),
                hint="put the steps in the order of their dates",
            )
        elif gap < later.after_previous:
            at = syntax.at("after_previous") if syntax.after_previous is not None else syntax.at("days")
            context.findings.warn(
                "DUN402",
                f"`{later.name}` comes {gap} days after `{earlier.name}`, but waits {later.after_previous} days for it",
                at,
                hint=f"set `after_previous: {gap}`, or `days: {(later.days or 0) + later.after_previous - gap}`",
            )


def _gap(earlier: Step, later: Step) -> int | None:
    """Days between two steps' dates, where that is a plain number."""
    if later.round_to is not None or later.days is None:
        if later.months is not None and earlier.months is not None and later.anchor == earlier.anchor:
            return None if later.months > earlier.months else (later.months - earlier.months) * 28
        return None
    if later.anchor == "previous_step":
        return later.days
    if earlier.anchor != later.anchor or earlier.days is None or earlier.round_to is not None:
        return None
    return later.days - earlier.days


def _plain(text: Text | None) -> str | None:
    return None if text is None else str(text)


def step_names(ladders: Mapping[Text, LadderSyntax]) -> list[str]:
    """The names of all steps of all ladders."""
    return sorted({str(step.name) for ladder in ladders.values() for step in ladder.steps})
