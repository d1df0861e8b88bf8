"""How the tests ask the analysis, and what the engine must say of each kind of finding."""

import re
from datetime import date
from pathlib import Path

from policy_engine.analysis.analyse import analyse
from policy_engine.analysis.model import Found
from policy_engine.analysis.report import judge
from policy_engine.language.load import LoadResult, load_policy
from policy_engine.reporting.model import Finding, Group, Report
from policy_engine.reporting.render import render

AS_OF = date(2026, 6, 30)
HERE = Path(__file__).parent
BAD = sorted((HERE / "policies").glob("*.yaml"))
SOUND = sorted((HERE / "sound").glob("*.yaml"))


def as_of(path: Path) -> date:
    """The day that the head of a policy names, else the usual one."""
    head = re.search(r"^# as of: (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE) if path.is_file() else None
    return AS_OF if head is None else date.fromisoformat(head[1])


def loaded(path: Path) -> LoadResult:
    """The policy, which has no errors."""
    result = load_policy(path, as_of=as_of(path))
    assert result.policy is not None, [found.render() for found in result.diagnostics]
    return result


def found_in(path: Path) -> tuple[Found, ...]:
    """Everything with a witness, before levels and waivers."""
    result = loaded(path)
    assert result.policy is not None
    analysis = analyse(result.policy, as_of(path), result.document, result.diagnostics)
    of_load = [Found(one, w) for one, w in zip(result.diagnostics, analysis.witnesses, strict=True) if w is not None]
    return (*of_load, *analysis.found)


def findings_in(path: Path) -> tuple[Finding, ...]:
    """What `validate` reports."""
    return judge(loaded(path), as_of(path))


def text_of(path: Path) -> str:
    """What `validate` prints, the file by its name alone."""
    report = Report("validate", "passed", "", "0", (Group("policy", findings_in(path)),))
    return render(report, "text").replace(str(path), path.name).rstrip() + "\n"
