"""The generated pages are up to date, and what they show works."""

import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from policy_engine.language.load import load_policy
from policy_engine.language.schema import plain_schema
from policy_engine.reports.reference import generated

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", ["language.md", "snapshot.md"])
def test_generated_page_is_up_to_date(name: str) -> None:
    assert (ROOT / "docs" / name).read_text(encoding="utf-8") == generated()[name]


def test_every_policy_shown_in_the_language_reference_loads(tmp_path: Path) -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", generated()["language.md"], re.DOTALL)
    assert len(blocks) >= 2
    for number, block in enumerate(blocks):
        path = tmp_path / f"{number}.yaml"
        path.write_text(block, encoding="utf-8")
        found = load_policy(path)
        assert found.policy is not None, [d.render() for d in found.diagnostics]


def test_every_key_has_a_description_and_an_example_that_its_own_schema_accepts() -> None:
    schema = plain_schema()
    registry = Registry().with_resource("policy.schema.json", Resource.from_contents(schema))
    seen = 0
    for place, owner in {"": schema, **schema["$defs"]}.items():
        for key, value in owner.get("properties", {}).items():
            where = f"{place}.{key}"
            assert value.get("description"), where
            assert value.get("examples"), where
            here = dict(value)
            if "$ref" in here:
                here["$ref"] = f"policy.schema.json{here['$ref']}"
            for example in value["examples"]:
                validator = Draft202012Validator({**here, "$defs": schema["$defs"]}, registry=registry)
                errors = [error.message for error in validator.iter_errors(example)]
                assert not errors, (where, errors)
                seen += 1
    assert seen > 80
