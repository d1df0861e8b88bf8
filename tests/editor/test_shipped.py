"""Nothing that we ship has a finding in an editor, and a file without a schema is not taken for a policy."""

from pathlib import Path

import pytest

from tests.editor.server import Server

ROOT = Path(__file__).resolve().parents[2]
PLACES = ("policies/*.yaml", "policies/tests/**/*.yaml", "examples/*/*.yaml")
SHIPPED = sorted(path for place in PLACES for path in ROOT.glob(place))
MODELINE = "# yaml-language-server: $schema="


def bound(path: Path) -> bool:
    return path.read_text(encoding="utf-8").startswith(MODELINE)


BOUND = [path for path in SHIPPED if bound(path)]


def test_packs_tests_scenarios_and_mappings_name_their_schema() -> None:
    assert len(SHIPPED) > 20
    assert {path.name for path in SHIPPED if path not in BOUND} == {"manifest.yaml"}


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_is_shipped_has_no_finding(server: Server, path: Path) -> None:
    assert server.findings(path) == []


@pytest.mark.parametrize(
    "path", [path for path in SHIPPED if bound(path)], ids=lambda path: str(path.relative_to(ROOT))
)
def test_its_first_line_leads_to_a_schema_that_closes_it(server: Server, path: Path) -> None:
    """A key that nobody knows is found: the schema was really read from the relative path."""
    text = path.read_text(encoding="utf-8").rstrip("\n") + "\nnot_a_key: 1\n"
    (finding,) = server.findings(path, text)
    assert finding.line == text.count("\n")
    assert finding.text == "not_a_key"
    assert "not_a_key" in finding.message


def test_without_the_first_line_nothing_is_checked(server: Server) -> None:
    assert server.findings(ROOT / "policies" / "elsewhere.yaml", "not_a_key: 1\n") == []
