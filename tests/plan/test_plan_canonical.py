"""The canonical form: every line is canonical JSON, the document fits its schema, the identity sees every edit."""

import dataclasses
import io
import json
from datetime import date

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_engine.plan.canonical import plan_data, plan_identity, plan_lines, with_identity, write_plan
from policy_engine.plan.model import Next
from policy_engine.plan.read import PlanError, read_plan
from policy_engine.plan.schema import plan_schema
from policy_engine.values.canonical import Encoded, canonical_json, canonical_object
from tests.plan.plan_samples import HOSTILE, action, credit_alert, decision, outcome, sample_plan, with_credit


def written(plan):
    file = io.StringIO()
    write_plan(plan, file)
    return file.getvalue()


PLANS = [
    sample_plan(),
    sample_plan(customer_name=HOSTILE, stopped=True),
    sample_plan(many=3),
    with_credit(sample_plan(), customer_name=HOSTILE),
]


@pytest.mark.parametrize("plan", PLANS)
def test_each_row_is_one_line_of_canonical_json(plan):
    rows = [line.removesuffix(",") for line in plan_lines(plan) if line.startswith('{"')]
    credit = (plan.decisions, plan.credit_alerts)
    lists = (plan.actions, plan.outcomes, plan.alerts, plan.problems, plan.stopped, *credit)
    assert len(rows) == sum(map(len, lists))
    for row in rows:
        assert canonical_json(json.loads(row)) == row


@pytest.mark.parametrize("plan", PLANS)
def test_document_fits_its_schema(plan):
    jsonschema.Draft202012Validator.check_schema(plan_schema())
    jsonschema.validate(json.loads(written(with_identity(plan))), plan_schema(), jsonschema.Draft202012Validator)


def test_schema_describes_every_key():
    def walk(node, path):
        if isinstance(node, dict):
            for name, child in node.get("properties", {}).items():
                assert "description" in child or "$ref" in child, f"{path}.{name}"
            for name, child in node.items():
                walk(child, f"{path}.{name}")

    walk(plan_schema(), "plan")


def test_schema_names_exactly_the_keys_of_the_rows():
    definitions = plan_schema()["$defs"]
    data = plan_data(sample_plan(stopped=True))
    for name in ("action", "outcome", "alert", "problem", "stopped"):
        rows = data[name if name == "stopped" else f"{name}s"]
        assert set(rows[0]) == set(definitions[name]["properties"]) - {"any_day"}
    any_day = dataclasses.replace(sample_plan(), actions=(sample_plan().actions[0]._replace(any_day=True),))
    assert set(plan_data(any_day)["actions"][0]) == set(definitions["action"]["properties"])


def test_amounts_are_decimal_text_of_their_currency():
    rows = {row["number"]: row for row in plan_data(sample_plan())["outcomes"]}
    assert rows["1"]["amount"] == "1234.50"
    assert rows["3"]["amount"] == "-0.01"
    assert rows["4"]["amount"] == "7"  # yen have no decimals
    assert rows["0"]["amount"] is None
    assert rows["3"]["charges"][0]["asked"] == "40.00"
    assert plan_data(sample_plan())["summary"]["amount"] == {"EUR": "2468.99", "JPY": "7"}


def test_identity_leaves_the_header_out():
    plan = sample_plan()
    other = dataclasses.replace(plan, header=dataclasses.replace(plan.header, engine="columnar", policy_file="x.yaml"))
    assert plan_identity(plan) == plan_identity(other)


EDITS = {
    "as_of": {"as_of": date(2026, 11, 21)},
    "actions": {"actions": (action(1), action(2))},
    "outcomes": {"outcomes": (outcome("1"), *sample_plan().outcomes[2:])},
    "alerts": {"alerts": ()},
    "problems": {"problems": ()},
    "stopped": {"stopped": sample_plan(stopped=True).stopped},
    "summary": {"summary": dataclasses.replace(sample_plan().summary, balance=1)},
    "vouched": {"vouched": False},
    "closed": {"closed": (date(2026, 11, 22),)},
    "any_day": {"actions": (action(1)._replace(any_day=True), *sample_plan().actions[1:])},
    "decisions": {"decisions": (decision("O-1"),)},
    "credit_alerts": {"credit_alerts": (credit_alert("C0001"),)},
}


@pytest.mark.parametrize("name", EDITS)
def test_identity_sees_every_part(name):
    plan = sample_plan()
    assert plan_identity(dataclasses.replace(plan, **EDITS[name])) != plan_identity(plan)


def test_identity_is_stable():
    """A frozen value: when it changes, every plan ever written has another identity; raise FORMAT then."""
    assert plan_identity(sample_plan()) == "accb2fa068ac8059e6ec414c92b9fc7b50bd8c4261ed2155cec5ed2777422a80"


def test_identity_can_be_recomputed_from_the_file_with_plain_json():
    import hashlib

    plan = with_identity(with_credit(sample_plan(stopped=True)))
    data = json.loads(written(plan))
    lines = [canonical_json({"run": data["run"]}), canonical_json({"summary": data["summary"]})]
    for name in ("stopped", "alerts", "problems", "decisions", "credit_alerts", "actions", "outcomes"):
        lines += [name, *map(canonical_json, data[name])]
    assert hashlib.sha256(("\n".join(lines) + "\n").encode()).hexdigest() == plan.identity


@pytest.mark.parametrize("plan", PLANS)
def test_reading_gives_the_same_plan_back(plan):
    plan = with_identity(plan)
    assert read_plan(written(plan)) == plan


def test_an_edited_plan_is_refused():
    text = written(with_identity(sample_plan()))
    assert text.count('"total":"1391.68"') == 2
    with pytest.raises(PlanError, match="edited"):
        read_plan(text.replace('"total":"1391.68"', '"total":"1391.69"', 1))


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "[" * 100_000, '{"dunning_plan":1}', '{"dunning_plan":1,"run":{"as_of":3}}', "nul\x00"]
)
def test_what_is_no_plan_is_refused(text):
    with pytest.raises(PlanError):
        read_plan(text)


@pytest.mark.parametrize("coming", [None, Next(None, None, "person"), Next(date(2027, 1, 1), "call", None)])
def test_what_comes_next_survives(coming):
    plan = with_identity(dataclasses.replace(sample_plan(), outcomes=(outcome("1", coming=coming),)))
    assert read_plan(written(plan)).outcomes[0].next == coming


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(
    outer=st.dictionaries(st.text(), JSON),
    inner=st.dictionaries(st.text(), JSON),
    more=st.dictionaries(st.text(), JSON),
)
def test_what_is_json_already_gives_the_same_text(outer, inner, more):
    part = Encoded.of(inner).with_more(more)
    assert part.decoded() == {**more, **inner}
    assert canonical_object({**outer, "facts": part}) == canonical_json({**outer, "facts": {**more, **inner}})
