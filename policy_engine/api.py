"""The public library: load a policy, read a snapshot, evaluate, decide one customer, explain.

Everything takes and gives frozen values and keeps no state, so threads may share all of it. Author's and data mistakes
come as one exception each, `PolicyError` and `SnapshotError`, which carry every diagnostic at once.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from policy_engine.plan.model import Plan
from policy_engine.policy.resolved import Policy
from policy_engine.snapshot.model import CustomerAccount, ExchangeRate, Snapshot
from policy_engine.values.diagnostics import Diagnostic

if TYPE_CHECKING:
    from policy_engine.engine.reference.decide import CustomerDecision
    from policy_engine.engine.reference.family import Family
    from policy_engine.explanation.model import Explanation

AnyPath: TypeAlias = str | PathLike[str]


class FindingsError(Exception):
    """Input that can't be used. `diagnostics` holds every finding, in the order of the files; the text shows them."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__("\n".join(diagnostic.render() for diagnostic in self.diagnostics))


class PolicyError(FindingsError):
    """A policy with errors."""


class SnapshotError(FindingsError):
    """A snapshot that can't be used at all; broken rows are problems of the snapshot, not errors."""


def load_policy(path: AnyPath, *, as_of: date | None = None, rates: AnyPath | None = None) -> Policy:
    """The resolved policy of a file, or of a folder of versions the one in force on `as_of`.

    Warnings are not errors: `policy_engine.language.load.load_policy` returns them beside the policy.

    Args:
        path: a policy file, or a folder of versions.
        as_of: the day of the plan.
        rates: a folder of the company's own reference rates, which extend or replace the package's (docs/rates.md).

    Raises:
        PolicyError: the policy or the rates have errors; every finding is in its `diagnostics`.
    """
    from policy_engine.language.load import load_policy as load

    known = None
    if rates is not None:
        from policy_engine.rates.checks import findings_of
        from policy_engine.rates.company import company_rates

        company = company_rates(Path(rates))
        wrong = company.diagnostics or findings_of(company.files)
        if wrong:
            raise PolicyError(wrong)
        known = company.tables
    result = load(Path(path), as_of=as_of, rates=known)
    if result.policy is None:
        raise PolicyError(result.diagnostics)
    return result.policy


def read_snapshot(
    paths: AnyPath | Sequence[AnyPath],
    *,
    policy: Policy | None = None,
    as_of: date | None = None,
    accept_unattributed: int = 0,
) -> Snapshot:
    """The snapshot in a folder of CSV files or a YAML or JSON file; several add up in their order.

    Args:
        paths: one path or several.
        policy: gives the currency for amounts without one, and the attributes that are columns of the tables.
        as_of: the date of a snapshot without a manifest.
        accept_unattributed: how many broken rows whose customer can't be told are let pass.

    Raises:
        SnapshotError: the snapshot can't be used; every finding is in its `diagnostics`.
    """
    from policy_engine.snapshot.read import read_snapshot as read

    listed = [Path(paths)] if isinstance(paths, str | PathLike) else [Path(path) for path in paths]
    result = read(
        listed,
        as_of=as_of,
        policy_currency=None if policy is None else policy.currency,
        attributes=() if policy is None else policy.attributes,
        accept_unattributed=accept_unattributed,
    )
    if result.snapshot is None:
        raise SnapshotError(result.diagnostics)
    return result.snapshot


def evaluate(policy: Policy, snapshot: Snapshot) -> Plan:
    """The action plan: deterministic, every invoice accounted for, with its identity and the versions that made it.

    Raises:
        CalendarError: the snapshot's date lies outside the years whose closed days the policy's calendar knows.
    """
    from policy_engine.engine.reference.evaluate import evaluate as run
    from policy_engine.plan.canonical import with_identity

    plan = run(policy, snapshot)
    if not plan.header.versions:
        plan = replace(plan, header=replace(plan.header, versions=_versions(policy)))
    return plan if plan.identity else with_identity(plan)


def _versions(policy: Policy) -> tuple[tuple[str, str], ...]:
    """What computed the plan, sorted: the engine, the language of the policy, the source of public holidays."""
    from importlib.metadata import PackageNotFoundError, version

    from policy_engine import __version__

    found = [("engine", __version__), ("language", str(policy.language))]
    if policy.calendar.country is not None:
        with suppress(PackageNotFoundError):
            found.append(("holidays", version("holidays")))
    return tuple(sorted(found))


def families(policy: Policy, snapshot: Snapshot) -> "Mapping[str, Family]":
    """Who shares a credit limit with whom, by customer id, for `decide`; customers who stand alone aren't in it.

    Empty for a policy without `credit`. Made once for a snapshot, it serves every customer's decision.

    Raises:
        CalendarError: the snapshot's date lies outside the years whose closed days the policy's calendar knows.
    """
    from policy_engine.engine.reference.exchange import ExchangeRates
    from policy_engine.engine.reference.families import credit_families
    from policy_engine.engine.reference.program import program_for

    return credit_families(program_for(policy), snapshot, ExchangeRates(snapshot.exchange_rates))


def decide(
    policy: Policy,
    account: CustomerAccount,
    as_of: date,
    *,
    family: "Family | None" = None,
    exchange_rates: Sequence[ExchangeRate] = (),
) -> "CustomerDecision":
    """One customer as if there were no other: outcomes, actions, alerts, orders; without capacity and safeguards.

    With `credit.roll_up: parent` a customer may owe under its parent's limit, together with others: `family` says who
    and how much (see `families`). Without it the exposure is the customer's alone, and no order of a customer that has
    a parent and no limit of its own is approved. What other members' orders are given the same day isn't known here.

    A policy is compiled when it is first used and remembered, so deciding many customers one by one costs no more
    than deciding them together. `exchange_rates` are a snapshot's: needed when the customer has invoices in another
    currency than the policy's.

    Raises:
        CalendarError: `as_of` lies outside the years whose closed days the policy's calendar knows.
    """
    from policy_engine.engine.reference.decide import decide_customer
    from policy_engine.engine.reference.exchange import ExchangeRates
    from policy_engine.engine.reference.program import program_for

    if not exchange_rates:
        return decide_customer(program_for(policy), account, as_of, family)
    return decide_customer(program_for(policy), account, as_of, family, ExchangeRates(exchange_rates))


def explain(policy: Policy, snapshot: Snapshot, ident: str) -> "Explanation":
    """Why, why not, and when next, for a customer or an invoice (its id, or its number).

    Render it with `explanation_text` of `policy_engine.explanation.text`, or `explanation_data` of `.data` beside it.

    Raises:
        UnknownIdentError: no customer and no invoice of that name; the message offers the nearest.
    """
    from policy_engine.explanation.build import explain as build

    return build(policy, snapshot, ident)
