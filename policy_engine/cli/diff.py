"""`dunning diff`: what a policy change does to the portfolio, before it is merged."""

from contextlib import ExitStack
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from policy_engine import __version__
from policy_engine.cli.inputs import (
    Day,
    UnusableInputError,
    company_rates_option,
    progress,
    read_company_rates,
    show,
    unusable,
)
from policy_engine.cli.main import DONE, FINDINGS
from policy_engine.cli.reporting import report_options, write_report
from policy_engine.cli.revisions import checked_out
from policy_engine.reporting.render import Format
from policy_engine.values.diagnostics import Diagnostic
from policy_engine.values.position import NOWHERE
from policy_engine.values.text import inert

if TYPE_CHECKING:
    from policy_engine.comparison.thresholds import Bound, Side
    from policy_engine.language.load import LoadResult
    from policy_engine.policy.resolved import Policy
    from policy_engine.rates import RateTable
    from policy_engine.snapshot.model import Snapshot


@click.command(
    "diff",
    short_help="what a policy change does to the portfolio",
    epilog="Example: dunning diff -p main:policies/acme.yaml -p policies/acme.yaml -s snapshot"
    " --max-new formal_notice=50 --format markdown",
)
@click.option(
    "-p",
    "--policy",
    "policy_paths",
    required=True,
    multiple=True,
    help="Twice: the policy before and after. A file, a folder of versions, or REVISION:PATH of git.",
)
@click.option(
    "-s",
    "--snapshot",
    "snapshot_paths",
    required=True,
    multiple=True,
    help="The snapshot: a folder of CSV files, or a YAML or JSON file. Several add up.",
)
@click.option("--as-of", type=Day(), help="The snapshot's date, when it has no manifest.")
@click.option(
    "--accept-unattributed",
    type=click.IntRange(min=0),
    default=0,
    metavar="N",
    help="Let up to N broken rows pass whose customer can't be told.",
)
@click.option("--lang", "language", type=click.Choice(["en", "fr"]), default="en", show_default=True)
@click.option(
    "--customers",
    type=click.IntRange(min=0),
    default=5,
    show_default=True,
    help="Customers shown with both explanations.",
)
@click.option("--explanations", is_flag=True, help="Their whole explanations too, as `why` gives them.")
@click.option("--names", is_flag=True, help="Real names and ids; without it pseudonyms, fit for CI.")
@click.option(
    "--max-new",
    multiple=True,
    metavar="NAME=N",
    help="Fail when more than N customers newly get a stage or step; `customers=N`: are newly contacted;"
    " `refused_orders=N`: orders newly refused.",
)
@click.option("--max-lost", multiple=True, metavar="NAME=N", help="The same for those who no longer get it.")
@click.option("--max-changed", type=click.IntRange(min=0), help="Fail when more invoices come out differently.")
@report_options
@company_rates_option
def command(
    policy_paths: tuple[str, ...],
    snapshot_paths: tuple[str, ...],
    as_of: date | None,
    accept_unattributed: int,
    language: Literal["en", "fr"],
    customers: int,
    explanations: bool,  # noqa: FBT001
    names: bool,  # noqa: FBT001
    max_new: tuple[str, ...],
    max_lost: tuple[str, ...],
    max_changed: int | None,
    format_: Format,
    output: str | None,
    docs_url: str | None,
    rates_folder: str | None,
) -> int:
    """Compare two policies on one snapshot: what changed in meaning, where invoices go, who is newly contacted.

    Names and ids are pseudonyms unless --names is given. Exit codes: 0 done; 1 a bound is exceeded; 2 input that can't
    be used.
    """
    from policy_engine.api import evaluate
    from policy_engine.comparison.report import Wish, compare, report
    from policy_engine.comparison.thresholds import BoundError, check_names
    from policy_engine.engine.reference.s16_sending_date import CalendarError

    if len(policy_paths) != 2:
        raise click.UsageError("give -p twice: the policy before, and the policy after")
    try:
        bounds = _bounds(max_new, "new") + _bounds(max_lost, "lost")
        old, new, snapshot, renamed = _read(policy_paths, snapshot_paths, as_of, accept_unattributed, rates_folder)
        check_names(bounds, old, new)
        progress(f"planning {len(snapshot.accounts)} customers twice ...")
        found = compare(old, new, evaluate(old, snapshot), evaluate(new, snapshot), snapshot)
    except BoundError as error:
        raise click.UsageError(str(error)) from error
    except CalendarError as error:
        raise UnusableInputError(str(error)) from error
    file = new.file.replace(*renamed, 1) if renamed[0] else new.file
    wish = Wish(language, customers, names, explanations, bounds, max_changed, file, __version__, renamed)
    made = report(found, wish)
    write_report(made, format_, output, docs_url)
    return FINDINGS if made.verdict == "failed" else DONE


def _bounds(texts: tuple[str, ...], side: "Side") -> "tuple[Bound, ...]":
    from policy_engine.comparison.thresholds import read_bound

    return tuple(read_bound(text, side) for text in texts)


def _read(
    policy_paths: tuple[str, ...],
    snapshot_paths: tuple[str, ...],
    as_of: date | None,
    accept_unattributed: int,
    rates_folder: str | None,
) -> "tuple[Policy, Policy, Snapshot, tuple[str, str]]":
    """Both policies and the snapshot, or everything that is wrong with them and exit 2."""
    from policy_engine.snapshot.read import read_snapshot, snapshot_date

    paths = [Path(path) for path in snapshot_paths]
    day = as_of or snapshot_date(paths)
    rates, wrong = read_company_rates(rates_folder)
    findings = list(wrong)
    policies: list[Policy] = []
    loads: list[LoadResult] = []
    renamed = ("", "")
    for given in policy_paths:
        loaded, told, renamed = _policy(given, day, rates)
        findings += told
        loads.append(loaded)
        if loaded.policy is not None:
            policies.append(loaded.policy)
    if len(policies) == 2:
        findings += [_renamed(one, renamed) for one in _together(loads[0], loads[1], policy_paths[0])]
    read = read_snapshot(
        paths,
        as_of=as_of,
        policy_currency=policies[0].currency if policies else None,
        attributes=tuple(dict.fromkeys(attribute for policy in policies for attribute in policy.attributes)),
        accept_unattributed=accept_unattributed,
    )
    findings += [_whose(one, policies, policy_paths) for one in read.diagnostics]
    errors = [one for one in findings if one.severity == "error"]
    if len(policies) < 2 or read.snapshot is None or errors:
        unusable(list(dict.fromkeys(findings)))
    show(list(dict.fromkeys(findings)))
    return policies[0], policies[1], read.snapshot, renamed


def _whose(found: Diagnostic, policies: "list[Policy]", given: tuple[str, ...]) -> Diagnostic:
    """A column that only one of two policies declares: which one."""
    if found.code != "DUN506" or len(policies) < 2:
        return found
    for place, policy in enumerate(policies):
        for one in policy.attributes:
            key = f"{one.level}.{one.name}"
            other = {(item.level, item.name) for item in policies[1 - place].attributes}
            if found.help == f"the policy declares it: {key}" and (one.level, one.name) not in other:
                return replace(found, help=f"of the two policies only `{inert(given[place])}` declares it: {key}")
    return found


def _policy(
    given: str, day: date | None, rates: "dict[str, RateTable] | None"
) -> "tuple[LoadResult, list[Diagnostic], tuple[str, str]]":
    from policy_engine.language.load import load_policy

    with ExitStack() as stack:
        path, prefix, instead = stack.enter_context(checked_out(given))
        loaded = load_policy(path, as_of=day, rates=rates)
    if not prefix:
        return loaded, list(loaded.diagnostics), ("", "")
    return loaded, [_renamed(one, (prefix, instead)) for one in loaded.diagnostics], (prefix, instead)


def _renamed(found: Diagnostic, renamed: tuple[str, str]) -> Diagnostic:
    """A file of a git revision is called as it was given."""
    if not renamed[0]:
        return found
    return replace(found, position=replace(found.position, file=found.position.file.replace(*renamed, 1)))


def _together(old_load: "LoadResult", new_load: "LoadResult", before: str) -> list[Diagnostic]:
    """What two policies must share to be compared, shown where the new one says otherwise than `before`."""
    old, new = old_load.policy, new_load.policy
    assert old is not None
    assert new is not None
    found = []
    if old.currency != new.currency:
        message = f"this policy is in {new.currency}, `{before}` in {old.currency}: their amounts can't be compared"
        found.append(_written(new_load, ("currency",), "DUN842", message, "compare policies of one currency"))
    types = {(one.level, one.name): one.type for one in old.attributes}
    for one in new.attributes:
        type_ = types.get((one.level, one.name), one.type)
        if type_ != one.type:
            message = f"`{one.level}.{one.name}` is {one.type} here and {type_} in `{before}`"
            fix = "declare the attribute with one type: a snapshot's column can only be read in one way"
            found.append(_written(new_load, ("attributes", one.level, one.name), "DUN843", message, fix))
    return found


def _written(load: "LoadResult", keys: tuple[str, ...], code: str, message: str, fix: str) -> Diagnostic:
    """An error at the value that stands under some keys of a policy."""
    from policy_engine.language.nodes import Map

    node: object = load.document
    at = NOWHERE
    for key in keys:
        if isinstance(node, Map):
            at, node = node.of(key), node.get(key)
    lines = load.sources.get(at.file, ())
    source = lines[at.line - 1] if 0 < at.line <= len(lines) else None
    return Diagnostic(code, "error", message, at, fix, source)
