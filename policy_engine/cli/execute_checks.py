"""What `dunning execute` looks at before anything leaves: the payee, the manner, the plan made again, the words."""

from typing import TYPE_CHECKING

import click

from policy_engine.cli.execute_report import ShownPayee
from policy_engine.cli.inputs import UnusableInputError
from policy_engine.values.text import inert

if TYPE_CHECKING:
    from policy_engine.execution.adapters import Adapters
    from policy_engine.execution.history import LedgerHistory
    from policy_engine.execution.ledger import Ledger
    from policy_engine.execution.operator_file import Operator
    from policy_engine.plan.source import PlanSource
    from policy_engine.policy.resolved import Policy
    from policy_engine.snapshot.model import Snapshot


def payee_of(ledger: "Ledger | None", operator: "Operator", *, dry_run: bool) -> "ShownPayee | None":
    """The account that messages name; one that nobody else has confirmed stops what really leaves."""
    from policy_engine.execution.payee import PayeeError, check_payee, last_four

    if operator.payee is None:
        return None
    agreed = True
    try:
        check_payee(ledger, operator.payee)
    except PayeeError as error:
        if operator.live and not dry_run:
            raise UnusableInputError(inert(str(error))) from error
        agreed = False
        click.echo(f"warning: {inert(str(error))}; until then nothing leaves once it is live", err=True)
    return ShownPayee(operator.payee["name"], last_four(operator.payee), agreed)


def check_same_manner(ledger: "Ledger | None", operator: "Operator") -> None:
    """A trial and real deliveries don't share a ledger; what lay in folders only counts as sent, and is told once."""
    from policy_engine.execution.trial import ANOTHER, check_manner, in_folders_only

    if ledger is None:
        return
    with ledger.reading() as connection:
        check_manner(connection, operator)
        count = in_folders_only(connection, operator)
    if count:
        many, were, counted, them = (
            ("1 action", "was", "counts", "it") if count == 1 else (f"{count} actions", "were", "count", "them")
        )
        click.echo(
            f"warning: {many} of this ledger {were} delivered into a folder only (`live: false`), and {counted} as"
            f" sent; if nobody posted {them} by hand, `dunning void` {them}, or {ANOTHER} for what really leaves",
            err=True,
        )


def check_made_again(plan: "PlanSource", policy: "Policy", snapshot: "Snapshot", past: "LedgerHistory | None") -> None:
    """Refuse a plan that its policy doesn't make of its snapshot: it is taken in once, and made again before."""
    from policy_engine.execution.check import UnfitPlanError
    from policy_engine.execution.replan import check_made

    try:
        unsure = check_made(plan, policy, snapshot, past)
    except UnfitPlanError as error:
        raise UnusableInputError(inert(str(error))) from error
    if unsure is not None:
        click.echo(
            f"warning: the plan couldn't be made again to compare it, as {unsure}; its approvals, channels and adapters"
            " were held against the policy",
            err=True,
        )


def check_written(plan: "PlanSource", adapters: "Adapters") -> None:
    """Refuse a plan whose messages nobody writes, when an adapter can't do without."""
    from policy_engine.execution.carriers import unwritten

    found = unwritten(plan.chunks(), adapters)
    if found:
        parts = ", ".join(f"{count} by {channel} ({inert(name)})" for (channel, name), count in sorted(found.items()))
        raise UnusableInputError(
            f"messages without a text can't leave: {parts}; give the plan's policy with -p and a `sender` in the"
            " operator's file"
        )
