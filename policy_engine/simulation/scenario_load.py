"""A scenario file into its syntax model: strict YAML, closed keys, every mistake a diagnostic with its place."""

from dataclasses import dataclass
from pathlib import Path

from policy_engine.language.check import check_model
from policy_engine.language.findings import Findings
from policy_engine.language.nodes import Map, lookalike
from policy_engine.language.yaml import MAX_BYTES, read_yaml
from policy_engine.simulation.scenario_model import ScenarioSyntax
from policy_engine.values.diagnostics import Diagnostic
from policy_engine.values.position import Position


@dataclass(frozen=True, slots=True)
class ScenarioFile:
    """What reading gave: the syntax, or None and the errors that say why. `findings` knows the file's lines."""

    syntax: ScenarioSyntax | None
    findings: Findings
    file: str

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """All findings so far, in the order of the file."""
        return self.findings.all()


def load_scenario(path: Path) -> ScenarioFile:
    """Read a scenario file. Never raises on what the file holds or lacks."""
    shown = path.as_posix()
    findings = Findings()
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "there is no such file"
        findings.add("DUN001", f"the scenario can't be read: {reason}", Position(shown, 1, 1))
        return ScenarioFile(None, findings, shown)
    return parse_scenario(data, shown)


def parse_scenario(data: bytes, shown: str) -> ScenarioFile:
    """The scenario in the bytes of a file that positions call `shown`."""
    findings = Findings()
    node = read_yaml(data, shown, findings)
    if node is not None and not isinstance(node, Map):
        text = f"a scenario is a map of keys, not {lookalike(node)}"
        findings.add("DUN103", text, node.position, hint="start with `scenario: 1`, `name:` and `days:`")
        node = None
    syntax = None if node is None else check_model(ScenarioSyntax, node, findings, "the scenario")
    return ScenarioFile(syntax, findings, shown)
