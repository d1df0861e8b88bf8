"""Values back into rows: what is read, written and read again is equal."""

import shutil
from pathlib import Path

import pytest

import policy_engine as pe
from policy_engine.snapshot.tables_of import tables_of
from policy_engine.snapshot.write import write_snapshot

ROOT = Path(__file__).resolve().parents[2]
CASES = sorted(path for path in (ROOT / "tests/cases").iterdir() if (path / "snapshot.yaml").exists())


def again(snapshot, policy, folder):
    write_snapshot(folder, tables_of(snapshot, policy.attributes, policy.currency), snapshot.manifest)
    return pe.read_snapshot(folder, policy=policy)


@pytest.mark.parametrize("name", ["portfolio", "twelve"])
def test_the_examples_come_back_equal(name, tmp_path):
    policy = pe.load_policy(ROOT / "policies/fr-b2b.yaml")
    snapshot = pe.read_snapshot(ROOT / "examples" / name, policy=policy)
    found = again(snapshot, policy, tmp_path / "again")
    assert found.accounts == snapshot.accounts
    assert found.exchange_rates == snapshot.exchange_rates
    assert found.manifest.as_of == snapshot.manifest.as_of
    assert pe.evaluate(policy, found).identity == pe.evaluate(policy, snapshot).identity


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
def test_every_case_leads_to_the_same_actions(case, tmp_path):
    """Every row that the cases of the language hold, broken ones among them."""
    from policy_engine.language.load import load_policy
    from policy_engine.snapshot.read import read_snapshot, snapshot_date

    path = case / "snapshot.yaml"
    day = snapshot_date([path])
    shutil.copytree(ROOT / "tests/cases/_base", tmp_path / "_base")
    shutil.copy(case / "policy.yaml", tmp_path / "policy.yaml")
    policy = load_policy(tmp_path / "policy.yaml", as_of=day).policy
    if policy is None:
        pytest.skip("the case is about a policy that can't be loaded")
    read = read_snapshot(
        [path], as_of=day, policy_currency=policy.currency, attributes=policy.attributes, accept_unattributed=9
    )
    if read.snapshot is None:
        assert read.diagnostics
        return
    found = again(read.snapshot, policy, tmp_path / "again")
    before, after = pe.evaluate(policy, read.snapshot), pe.evaluate(policy, found)
    assert after.actions == before.actions
    assert [row[:4] + row[8:13] for row in after.outcomes] == [row[:4] + row[8:13] for row in before.outcomes]
    if not read.snapshot.problems:
        assert found.accounts == read.snapshot.accounts
