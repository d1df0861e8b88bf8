"""The whole: from a syntax model to a resolved policy with its digest."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from policy_engine.language.findings import Findings
from policy_engine.language.models.policy import PolicySyntax
from policy_engine.language.nodes import Map
from policy_engine.language.resolve.calendar import resolve_calendar
from policy_engine.language.resolve.context import Context
from policy_engine.language.resolve.credit import resolve_credit
from policy_engine.language.resolve.facts import resolve_attributes, resolve_facts
from policy_engine.language.resolve.ladders import resolve_ladder, resolve_minimum, step_names
from policy_engine.language.resolve.penalties import resolve_penalty, tables_of
from policy_engine.language.resolve.sections import (
    resolve_capacity,
    resolve_contact,
    resolve_holds,
    resolve_interventions,
    resolve_onboarding,
    resolve_safeguards,
    resolve_segments,
)
from policy_engine.policy.canonical import digest_of
from policy_engine.policy.resolved import Minimum, Policy
from policy_engine.rates import RateTable, reference_rates
from policy_engine.values.money import EXPONENTS
from policy_engine.values.position import Position


def resolve_policy(
    syntax: PolicySyntax,
    node: Map,
    file: str,
    as_of: date | None,
    findings: Findings,
    lost: frozenset[str] = frozenset(),
    rates: Mapping[str, RateTable] | None = None,
) -> Policy | None:
    """The resolved policy, or None when there were errors, here or before.

    Args:
        syntax: the checked model.
        node: what it was made from, for places.
        file: the name of the file, as positions show it.
        as_of: the day of the plan, when known: rates that end soon are warned of.
        findings: where to write what is wrong.
        lost: words of parts that were left out for errors already found.
        rates: the reference rates it may name; those of the package without it.
    """
    context = Context(findings, str(syntax.currency), lost=lost, rates=reference_rates() if rates is None else rates)
    if syntax.currency not in EXPONENTS:
        findings.add(
            "DUN113",
            f"`{syntax.currency}` is no currency of ISO 4217",
            syntax.at("currency"),
            hint="write e.g. `EUR`",
        )
    _effective(syntax, findings)
    stages = _stages(syntax, findings)
    steps = step_names(syntax.ladders)
    context.choices = {"invoice.stage": stages, "invoice.step": (*steps, *sorted(lost))}
    calendar = resolve_calendar(syntax.calendar, context)
    context.attributes = resolve_attributes(syntax.attributes, context)
    facts = resolve_facts(syntax.facts, context)
    minimum = resolve_minimum(syntax.minimum, Minimum(0, 0), context)
    interventions = resolve_interventions(syntax.interventions, context)
    intervention_names = [str(item.name) for item in syntax.interventions]
    kinds = {str(name): penalty.kind for name, penalty in syntax.penalties.items()}
    penalties = tuple(
        resolve_penalty(str(name), penalty, _key(node, "penalties", name), as_of, context)
        for name, penalty in syntax.penalties.items()
    )
    ladders = tuple(
        resolve_ladder(
            str(name),
            ladder,
            _key(node, "ladders", name),
            stages,
            minimum,
            calendar,
            list(kinds),
            intervention_names,
            context,
        )
        for name, ladder in syntax.ladders.items()
    )
    segments = resolve_segments(syntax.segments, [ladder.name for ladder in ladders], context)
    if not segments:
        findings.add(
            "DUN102", "the policy has no segments", syntax.at("segments"), hint="add one: `- {name: all, ladder: NAME}`"
        )
    policy = Policy(
        language=syntax.dunning,
        name=str(syntax.policy),
        version=syntax.version,
        effective_from=None if syntax.effective is None else syntax.effective.start,
        effective_to=None if syntax.effective is None else syntax.effective.end,
        currency=str(syntax.currency),
        locale=str(syntax.locale),
        calendar=calendar,
        stages=stages,
        netting=syntax.netting,
        minimum=minimum,
        grace=syntax.grace,
        valid_for=syntax.valid_for,
        after_settlement=syntax.after_settlement,
        onboarding=resolve_onboarding(syntax.onboarding, stages, context),
        attributes=context.attributes,
        facts=facts,
        segments=segments,
        ladders=ladders,
        holds=resolve_holds(syntax.holds, intervention_names, kinds, context),
        promise_grace=syntax.promises.grace,
        interventions=interventions,
        contact=resolve_contact(syntax.contact),
        capacity=resolve_capacity(syntax.capacity, context),
        safeguards=resolve_safeguards(syntax.safeguards, steps, context),
        penalties=penalties,
        rates=tables_of(penalties, context.rates),
        digest="",
        file=file,
        credit=resolve_credit(syntax.credit, context),
    )
    if findings.errors:
        return None
    return replace(policy, digest=digest_of(policy))


def _effective(syntax: PolicySyntax, findings: Findings) -> None:
    force = syntax.effective
    if force is not None and force.start is not None and force.end is not None and force.end < force.start:
        findings.add(
            "DUN313",
            f"`to` is {force.end}, before `from`, {force.start}",
            force.at("to"),
            hint="`to` is the last day in force",
        )


def _stages(syntax: PolicySyntax, findings: Findings) -> tuple[str, ...]:
    seen: set[str] = set()
    for stage in syntax.stages:
        if stage in seen:
            findings.add("DUN111", f"the stage `{stage}` is listed twice", stage.position, hint="keep one of them")
        seen.add(str(stage))
    return tuple(str(stage) for stage in syntax.stages)


def _key(node: Map, section: str, name: str) -> Position:
    inside = node.get(section)
    key = inside.key(name) if isinstance(inside, Map) else None
    return node.position if key is None else key.position
