"""Segments, holds, interventions, contact cap, capacity, safeguards, onboarding."""

from collections.abc import Collection, Mapping
from typing import Literal

from policy_engine.language.models.parts import (
    BoundsSyntax,
    CapacitySyntax,
    ContactSyntax,
    DeadlineSyntax,
    HoldSyntax,
    InterventionSyntax,
    OnboardingSyntax,
    SafeguardsSyntax,
    SegmentSyntax,
)
from policy_engine.language.resolve.context import Context
from policy_engine.policy.resolved import (
    Bounds,
    Capacity,
    ContactCap,
    Deadline,
    Expression,
    Hold,
    Intervention,
    Onboarding,
    Safeguards,
    Segment,
    Stop,
)
from policy_engine.policy.tree import Type

_OWN_REASONS = frozenset({"block", "data_problem", "needs_triage"})
"""Reasons of the engine for which an invoice is held: no policy's hold may bear their names."""
_NUMERIC: tuple[Type, ...] = ("amount", "days", "count", "number", "percent")


def resolve_segments(
    syntax: tuple[SegmentSyntax, ...], ladders: Collection[str], context: Context
) -> tuple[Segment, ...]:
    """The segments; only the last has no condition."""
    if not syntax:
        return ()
    for segment in syntax[:-1]:
        if segment.when is None:
            context.findings.add(
                "DUN305",
                f"`{segment.name}` has no `when`, so that no segment below it is ever reached",
                segment.at("name"),
                hint="give it a `when`, or make it the last",
            )
    last = syntax[-1]
    if last.when is not None:
        context.findings.add(
            "DUN305",
            f"the last segment, `{last.name}`, has a `when`: some customers would belong to none",
            last.at("when"),
            hint="add a last segment without `when`, with `ladder: none` if it is not to be dunned",
        )
    found = []
    for segment in syntax:
        ladder = None if segment.ladder == "none" else str(segment.ladder)
        if ladder is not None:
            context.known(ladder, ["none", *ladders], "ladder", segment.at("ladder"))
        limit = segment.credit_limit
        found.append(
            Segment(
                str(segment.name),
                context.expression(segment.when, "customer", segment_phase=True),
                ladder,
                None if limit is None or limit == "none" else context.amount(limit),
                segment.at("name"),
            )
        )
    return tuple(found)


def resolve_holds(
    syntax: tuple[HoldSyntax, ...],
    interventions: Collection[str],
    penalties: Mapping[str, str],
    context: Context,
) -> tuple[Hold, ...]:
    """The holds in order. `penalties` gives each penalty's kind."""
    found = []
    for hold in syntax:
        if hold.name in _OWN_REASONS:
            context.findings.add(
                "DUN310",
                f"`{hold.name}` is a reason of the engine itself",
                hold.at("name"),
                hint="give the hold another name",
            )
        if hold.instead is not None:
            context.known(hold.instead, interventions, "intervention", hold.at("instead"))
        stops = []
        for penalty, since in hold.stops.items():
            at = penalty.position
            interest = [name for name, kind in penalties.items() if kind == "interest"]
            if penalty in penalties and penalty not in interest:
                context.findings.add("DUN311", f"`{penalty}` is no interest, only interest stops", at, hint="delete it")
            else:
                context.known(penalty, interest, "interest penalty", at)
            date = context.expression(since, "invoice", "date")
            if date is not None:
                stops.append(Stop(str(penalty), date))
        when = context.expression(hold.when, "invoice")
        if when is not None:
            instead = None if hold.instead is None else str(hold.instead)
            found.append(Hold(str(hold.name), when, instead, tuple(stops), hold.at("name")))
    return tuple(found)


def resolve_interventions(syntax: tuple[InterventionSyntax, ...], context: Context) -> tuple[Intervention, ...]:
    """The interventions."""
    return tuple(
        Intervention(
            str(item.name),
            item.channel,
            None if item.template is None else str(item.template),
            None if item.adapter is None else str(item.adapter),
            item.once,
            _deadline(item.deadline, item.once, context),
            item.at("name"),
        )
        for item in syntax
    )


def _deadline(syntax: DeadlineSyntax | None, once: Literal["customer", "invoice"], context: Context) -> Deadline | None:
    if syntax is None:
        return None
    since: Expression | None = context.expression(syntax.since, once, "date")
    return None if since is None else Deadline(since, syntax.days, syntax.months)


def resolve_contact(syntax: ContactSyntax | None) -> ContactCap | None:
    """The contact cap."""
    if syntax is None:
        return None
    return ContactCap(syntax.max, syntax.per_days, frozenset(syntax.channels), syntax.position)


def resolve_capacity(syntax: tuple[CapacitySyntax, ...], context: Context) -> tuple[Capacity, ...]:
    """The capacities; one a channel."""
    found: dict[str, Capacity] = {}
    for item in syntax:
        if item.channel in found:
            context.findings.add(
                "DUN311",
                f"`{item.name}` is a second capacity of channel {item.channel}",
                item.at("channel"),
                hint=f"keep `{found[item.channel].name}` or this one",
            )
        priority = context.expression(item.priority, "customer", _NUMERIC)
        found.setdefault(item.channel, Capacity(str(item.name), item.channel, item.per_day, priority, item.at("name")))
    return tuple(found.values())


def resolve_safeguards(syntax: SafeguardsSyntax, steps: Collection[str], context: Context) -> Safeguards:
    """The safeguards; steps by name."""
    bounds = []
    for name, bound in sorted(syntax.steps.items()):
        context.known(name, steps, "step", name.position)
        found = _bounds(bound)
        if found is not None:
            bounds.append((str(name), found))
    return Safeguards(syntax.bank_lag, _bounds(syntax.all), tuple(bounds))


def _bounds(syntax: BoundsSyntax | None) -> Bounds | None:
    return None if syntax is None else Bounds(syntax.max, syntax.max_share, syntax.position)


def resolve_onboarding(syntax: OnboardingSyntax | None, stages: Collection[str], context: Context) -> Onboarding | None:
    """How overdue invoices enter; ages rising."""
    if syntax is None:
        return None
    if isinstance(syntax.entry, str):
        return Onboarding(syntax.date, None, syntax.position)
    for stage in syntax.entry.values():
        context.known(stage, stages, "stage", stage.position)
    entry = tuple((age, str(stage)) for age, stage in sorted(syntax.entry.items()))
    return Onboarding(syntax.date, entry, syntax.position)
