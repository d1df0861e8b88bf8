"""Every mapping in docs/import-csv.md loads, and fits the schema."""

import re

import pytest
import yaml
from jsonschema import Draft202012Validator

from policy_engine.imports.mapping_load import parse_mapping
from policy_engine.imports.mapping_schema import mapping_schema
from tests.imports.csv.support import ROOT

PAGE = (ROOT / "docs/import-csv.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("block", BLOCKS)
def test_mappings_of_the_page(block):
    loaded = parse_mapping(block.encode(), "page.yaml")
    assert loaded.mapping is not None, "\n".join(found.render() for found in loaded.diagnostics)
    assert list(Draft202012Validator(mapping_schema()).iter_errors(yaml.safe_load(block))) == []


def test_there_are_mappings():
    assert len(BLOCKS) == 5


@pytest.mark.parametrize("target", re.findall(r"\]\(([^)#]+)\)", PAGE))
def test_links(target):
    assert (ROOT / "docs" / target).exists()
