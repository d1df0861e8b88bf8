"""How the tests ask the analysis, and what the engine must say of each kind of finding."""

from datetime import date
from pathlib import Path

from policy_engine.analysis.analyse import analyse
from policy_engine.analysis.model import Found
from policy_engine.analysis.report import judge, limits_written
from policy_engine.language.load import LoadResult, load_policy
from policy_engine.reporting.model import Finding, Group, Report
from policy_engine.reporting.render import render

AS_OF = date(2026, 6, 30)
HERE = Path(__file__).parent
BAD = sorted((HERE / "policies").glob("*.yaml"))
SOUND = sorted((HERE / "sound").glob("*.yaml"))


def loaded(path: Path) -> LoadResult:
    """The policy, which has no errors."""
    result = load_policy(path, as_of=AS_OF)
    assert result.policy is not None, [found.render() for found in result.diagnostics]
    return result


def found_in(path: Path) -> tuple[Found, ...]:
    """What the analysis finds, before levels and waivers."""
    result = loaded(path)
    assert result.policy is not None
    return analyse(result.policy, AS_OF, limits_written=limits_written(result.document))


def findings_in(path: Path) -> tuple[Finding, ...]:
    """What `validate` reports."""
    return judge(loaded(path), AS_OF)


def text_of(path: Path) -> str:
    """What `validate` prints, the file by its name alone."""
    report = Report("validate", "passed", "", "0", (Group("policy", findings_in(path)),))
    return render(report, "text").replace(str(path), path.name).rstrip() + "\n"
