"""What `validate` says of a loaded policy: the findings of the load, and those of the analysis behind them."""

from datetime import date

from policy_engine.analysis.analyse import analyse
from policy_engine.analysis.model import Found
from policy_engine.language.load import LoadResult
from policy_engine.language.nodes import Items, Map, Text
from policy_engine.reporting.model import Finding


def judge(result: LoadResult, as_of: date) -> tuple[Finding, ...]:
    """Every finding of a policy, in the order of their places; the analysis runs when the policy has no errors.

    Args:
        result: what the load made of it.
        as_of: the day on which witnesses live.
    """
    findings = [Finding.of(found) for found in result.diagnostics]
    if result.policy is None:
        return tuple(findings)
    found = analyse(result.policy, as_of, limits_written=limits_written(result.document))
    return tuple(sorted([*findings, *(_sourced(one, result) for one in found)], key=_place))


def limits_written(document: Map | None) -> frozenset[str]:
    """Segments whose `credit_limit` is written out, `none` included."""
    segments = None if document is None else document.get("segments")
    if not isinstance(segments, Items):
        return frozenset()
    return frozenset(
        str(segment["name"])
        for segment in segments
        if isinstance(segment, Map) and "credit_limit" in segment and isinstance(segment.get("name"), Text)
    )


def _sourced(found: Found, result: LoadResult) -> Finding:
    return found.with_source(result.sources).finding


def _place(finding: Finding) -> tuple[object, ...]:
    assert finding.position is not None  # whatever is found in a policy has a place in it
    return (finding.position, finding.code, finding.message)
