"""`dunning validate`: every finding in policies, at once."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import click

from policy_engine import __version__
from policy_engine.cli.inputs import Day, company_rates_option, read_company_rates, today
from policy_engine.cli.main import DONE, FINDINGS, USAGE
from policy_engine.cli.output import text_to_stdout
from policy_engine.cli.reporting import report_options, write_report
from policy_engine.reporting.model import Finding, Group, Report, Verdict, counted
from policy_engine.reporting.render import Format
from policy_engine.values.diagnostics import Diagnostic, Severity

UNREADABLE = frozenset({"DUN001", "DUN002", "DUN003", "DUN801"})
"""Files that can't be read at all: missing, no text, too large (exit 2)."""
_EXIT: dict[Verdict, int] = {"passed": DONE, "failed": FINDINGS, "unusable": USAGE}


@click.command(
    "validate",
    short_help="check policies: all findings at once",
    epilog="Example: dunning validate policies/*.yaml --strict --format sarif --output dunning.sarif",
)
@click.argument("policies", nargs=-1, required=True, metavar="POLICY...")
@report_options
@click.option("--resolved", is_flag=True, help="Print the policy after inheritance, each value with its origin.")
@click.option("--strict", is_flag=True, help="Exit 1 on warnings too.")
@click.option("--as-of", type=Day(), help="The day for which rates must be known; today without it.")
@company_rates_option
def command(
    policies: tuple[str, ...],
    format_: Format,
    output: str | None,
    docs_url: str | None,
    resolved: bool,  # noqa: FBT001 - click passes options by name
    strict: bool,  # noqa: FBT001 - click passes options by name
    as_of: date | None,
    rates_folder: str | None,
) -> int:
    """Check policies: syntax, types, units, references, rates, templates; whether segments, steps, holds do anything.

    What is found by running the engine comes with the customer on whom it shows. A folder is taken for the versions of
    one policy.
    """
    from policy_engine.analysis.project import Project, project_of
    from policy_engine.analysis.report import judge
    from policy_engine.language.files import PACK
    from policy_engine.language.load import is_folder, load_policy
    from policy_engine.templates.validate import template_findings

    rates, wrong = read_company_rates(rates_folder)
    groups = [Group.of(rates_folder or "rates", wrong)] if wrong else []
    usable = True
    settings: dict[Diagnostic, None] = {}
    texts: list[str] = []
    for policy in policies:
        path = Path(policy)
        result = load_policy(path, as_of=as_of or (None if is_folder(path) else today()), rates=rates)
        project = Project() if policy.startswith(PACK) else project_of(path)
        settings |= dict.fromkeys(project.findings)
        messages = () if result.policy is None else template_findings(result.policy, result.sources)
        findings = (*judge(result, as_of or today(), project), *map(Finding.of, messages))
        groups.append(Group(policy, findings, file=policy))
        usable = usable and result.ok
        text = result.resolved_text()
        if text is not None:
            texts.append(text)
    if settings:
        groups.insert(0, Group.of("dunning.yaml", settings))
    report = _report(policies, groups, usable=usable, strict=strict)
    found = any(group.findings for group in groups)
    if not (resolved and format_ == "text" and not found):
        more = {"resolved": texts} if resolved else None
        write_report(report, format_, output, docs_url, to_stderr=found, more=more)
    if resolved and format_ == "text":
        text_to_stdout("---\n".join(texts))
    return _EXIT[report.verdict]


def _report(policies: Sequence[str], groups: Sequence[Group], *, usable: bool, strict: bool) -> Report:
    found = [finding for group in groups for finding in group.findings]
    failing: frozenset[Severity] = frozenset({"error", "warning"} if strict else {"error"})
    verdict: Verdict = "passed"
    if any(finding.code in UNREADABLE for finding in found):
        verdict = "unusable"
    elif not usable or any(finding.level in failing for finding in found):
        verdict = "failed"
    none = f"{len(policies)} {'policy' if len(policies) == 1 else 'policies'}: no findings"
    return Report("validate", verdict, counted(found) or none, __version__, tuple(groups), failing=failing)
