"""The credit section: rules on orders and alerts, typed; only the last rule has no condition."""

from policy_engine.language.models.credit import CreditSyntax
from policy_engine.language.resolve.context import Context
from policy_engine.policy.resolved import CREDIT_ROLE, Credit, CreditAlertRule, CreditRule

ENGINE_RULES = frozenset({"data_problem"})
"""Names that the engine itself gives: no rule on orders may bear them."""


def resolve_credit(syntax: CreditSyntax | None, context: Context) -> Credit | None:
    """The credit section, or None when the policy has none."""
    if syntax is None:
        return None
    if len(set(syntax.exposure)) < len(syntax.exposure):
        context.findings.add(
            "DUN111",
            f"`{syntax.exposure[0]}` is listed twice",
            syntax.at("exposure"),
            hint="keep one of them",
        )
    _last_has_no_condition(syntax, context)
    decisions = []
    for rule in syntax.decisions:
        if rule.name in ENGINE_RULES:
            context.findings.add(
                "DUN310",
                f"`{rule.name}` is what the engine itself says of orders",
                rule.at("name"),
                hint="give the rule another name",
            )
        role = None if rule.role is None else str(rule.role)
        if role is not None and rule.decision != "refer":
            context.findings.add(
                "DUN311",
                f"`role` has no meaning with `decision: {rule.decision}`: nobody is asked",
                rule.at("role"),
                hint="delete it, or say `decision: refer`",
            )
        when = context.expression(rule.when, "order")
        role = role or (CREDIT_ROLE if rule.decision == "refer" else None)
        decisions.append(CreditRule(str(rule.name), when, rule.decision, role, rule.at("name")))
    alerts = []
    for alert in syntax.alerts:
        when = context.expression(alert.when, "customer")
        if when is not None:
            alerts.append(CreditAlertRule(str(alert.name), when, alert.at("name")))
    return Credit(
        exposure=tuple(sorted(set(syntax.exposure))),
        roll_up=syntax.roll_up,
        decisions=tuple(decisions),
        alerts=tuple(alerts),
        position=syntax.position,
    )


def _last_has_no_condition(syntax: CreditSyntax, context: Context) -> None:
    for rule in syntax.decisions[:-1]:
        if rule.when is None:
            context.findings.add(
                "DUN305",
                f"`{rule.name}` has no `when`, so that no rule below it is ever reached",
                rule.at("name"),
                hint="give it a `when`, or make it the last",
            )
    last = syntax.decisions[-1] if syntax.decisions else None
    if last is not None and last.when is not None:
        context.findings.add(
            "DUN305",
            f"the last rule on orders, `{last.name}`, has a `when`: some orders would get no decision",
            last.at("when"),
            hint="add a last rule without `when`, such as `{name: the_rest, decision: refer}`",
        )
