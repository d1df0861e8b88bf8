"""What goes together with a ladder's scope: an account needs a carrier, and has no age before something is overdue."""

from collections.abc import Sequence

from policy_engine.language.models.steps import LadderSyntax
from policy_engine.language.resolve.context import Context
from policy_engine.policy.resolved import Step


def check_scope(steps: Sequence[Step], syntax: LadderSyntax, context: Context) -> None:
    """Refuse keys and steps that mean nothing with the ladder's scope."""
    findings = context.findings
    if syntax.scope != "customer":
        for key in ("carrier", "on_carrier_paid"):
            if getattr(syntax, key) is not None:
                findings.add(
                    "DUN311",
                    f"`{key}` belongs to scope customer; here each {syntax.scope} climbs alone",
                    syntax.at(key),
                    hint="leave it out, or set `scope: customer`",
                )
        return
    if syntax.consolidate == "item":
        findings.add(
            "DUN311",
            "`consolidate: item` contradicts scope customer: the account has one message",
            syntax.at("consolidate"),
            hint="leave it out, or set `scope: invoice`",
        )
    for index, step in enumerate(steps):
        if step.days is not None and step.days < 0:
            findings.add(
                "DUN307",
                f"`{step.name}` can't be reached: with scope customer nothing climbs before it is overdue",
                syntax.steps[index].at("days"),
                hint="use a number from 0 on, or leave the step out",
            )
