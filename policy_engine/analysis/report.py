"""What `validate` says of a loaded policy: the load's findings and the analysis's, at the project's levels."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from policy_engine.analysis.analyse import analyse
from policy_engine.analysis.model import Found
from policy_engine.analysis.project import Project
from policy_engine.analysis.waivers import read_waivers, waive
from policy_engine.language.load import LoadResult
from policy_engine.reporting.model import Finding


def judge(result: LoadResult, as_of: date, project: Project | None = None) -> tuple[Finding, ...]:
    """Every finding of a policy that isn't off or waived, in the order of their places.

    The analysis runs when the policy has no errors. What the project file itself has wrong isn't among them
    (`Project.findings`).

    Args:
        result: what the load made of it.
        as_of: the day on which witnesses live, and waivers are judged.
        project: the levels of rules.
    """
    project = project or Project()
    findings = [Finding.of(one) for one in result.diagnostics]
    if result.policy is not None:
        analysis = analyse(result.policy, as_of, result.document, result.diagnostics)
        findings = [
            finding if witness is None else replace(finding, witness=witness.shown)
            for finding, witness in zip(findings, analysis.witnesses, strict=True)
        ]
        findings += [_sourced(one, result) for one in analysis.found]
    waivers, wrong = read_waivers(result.sources)
    kept = waive(_at_level(findings, project), waivers, as_of, complete=result.policy is not None)
    return tuple(sorted([*kept, *(Finding.of(one) for one in wrong)], key=_place))


def _at_level(findings: Iterable[Finding], project: Project) -> Iterable[Finding]:
    for finding in findings:
        level = project.levels.get(finding.code)
        if level is None:
            yield finding
        elif level != "off":
            yield replace(finding, level=level)


def _sourced(found: Found, result: LoadResult) -> Finding:
    return found.with_source(result.sources).finding


def _place(finding: Finding) -> tuple[object, ...]:
    assert finding.position is not None  # whatever is found in a policy has a place in it
    return (finding.position, finding.code, finding.message)
