"""`dunning validate`: every finding in policies, at once."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import click

from policy_engine.cli.inputs import Day, company_rates_option, diagnostic_data, read_company_rates, show, today
from policy_engine.cli.main import DONE, FINDINGS, USAGE
from policy_engine.cli.output import json_to_stdout, text_to_stdout
from policy_engine.values.diagnostics import Diagnostic

UNREADABLE = frozenset({"DUN001", "DUN002", "DUN003", "DUN801"})
"""Files that can't be read at all: missing, no text, too large (exit 2)."""


@click.command(
    "validate",
    short_help="check policies: all findings at once",
    epilog="Example: dunning validate policies/*.yaml --strict",
)
@click.argument("policies", nargs=-1, required=True, metavar="POLICY...")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--resolved", is_flag=True, help="Print the policy after inheritance, each value with its origin.")
@click.option("--strict", is_flag=True, help="Exit 1 on warnings too.")
@click.option("--as-of", type=Day(), help="The day for which rates must be known; today without it.")
@company_rates_option
def command(
    policies: tuple[str, ...],
    format_: str,
    resolved: bool,  # noqa: FBT001 - click passes options by name
    strict: bool,  # noqa: FBT001 - click passes options by name
    as_of: date | None,
    rates_folder: str | None,
) -> int:
    """Check policies: syntax, types, units, references, rates. A folder is taken for the versions of one policy."""
    from policy_engine.language.load import load_policy

    rates, wrong = read_company_rates(rates_folder)
    found: list[Diagnostic] = [*wrong]
    usable = True
    texts: list[str] = []
    for policy in policies:
        path = Path(policy)
        result = load_policy(path, as_of=as_of or (None if path.is_dir() else today()), rates=rates)
        found += result.diagnostics
        usable = usable and result.ok
        text = result.resolved_text()
        if text is not None:
            texts.append(text)
    if format_ == "json":
        json_to_stdout(_data(found, texts if resolved else None))
    else:
        show(found)
        if resolved:
            text_to_stdout("---\n".join(texts))
        else:
            click.echo(_verdict(policies, found), err=bool(found))
    if any(d.code in UNREADABLE for d in found):
        return USAGE
    bad = any(d.severity == "error" or (strict and d.severity == "warning") for d in found)
    return FINDINGS if bad or not usable else DONE


def _verdict(policies: Sequence[str], found: Sequence[Diagnostic]) -> str:
    counts = {level: sum(d.severity == level for d in found) for level in ("error", "warning", "note")}
    if not found:
        return f"{len(policies)} {'policy' if len(policies) == 1 else 'policies'}: no findings"
    return ", ".join(f"{count} {level}{'' if count == 1 else 's'}" for level, count in counts.items() if count)


def _data(found: Sequence[Diagnostic], texts: Sequence[str] | None) -> dict[str, Any]:
    data: dict[str, Any] = {"findings": [diagnostic_data(d) for d in found]}
    if texts is not None:
        data["resolved"] = list(texts)
    return data
