"""The public library: about a dozen names, loaded on demand, errors that carry every finding."""

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

import policy_engine as pe

ROOT = Path(__file__).parent.parent.parent


def test_every_public_name_is_there():
    for name in pe.__all__:
        assert getattr(pe, name) is not None
    assert set(pe.__all__) <= set(dir(pe))
    with pytest.raises(AttributeError, match="no attribute 'nope'"):
        _ = pe.nope


def test_import_loads_nothing_of_the_engine():
    code = "import sys; import policy_engine; print(sorted(m for m in sys.modules if m.startswith('policy_engine')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "['policy_engine']"


def test_explain_is_the_function_whatever_was_imported_before():
    code = "import policy_engine.explanation.text, policy_engine as pe; print(callable(pe.explain))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "True"


def test_load_read_evaluate_decide_explain(policy, snapshot):
    loaded = pe.load_policy(policy)
    read = pe.read_snapshot(snapshot, policy=loaded)
    plan = pe.evaluate(loaded, read)
    assert isinstance(plan, pe.Plan)
    assert len(plan.identity) == 64
    decision = pe.decide(loaded, read.accounts[0], read.as_of)
    assert decision.actions == plan.actions
    assert decision.outcomes == plan.outcomes
    assert pe.explain(loaded, read, "F1").invoices[0].outcome == plan.outcomes[0]


def test_several_paths_and_text_paths(policy, snapshot):
    assert pe.read_snapshot([str(snapshot)], policy=pe.load_policy(str(policy))).as_of == date(2026, 11, 20)


def test_a_bad_policy_raises_with_every_finding(policy):
    text = policy.read_text(encoding="utf-8").replace("email", "e-mail").replace("days: 3", "days: three")
    policy.write_text(text, encoding="utf-8")
    with pytest.raises(pe.PolicyError) as caught:
        pe.load_policy(policy)
    assert len(caught.value.diagnostics) == 2
    assert all(isinstance(found, pe.Diagnostic) for found in caught.value.diagnostics)
    assert str(caught.value).count("DUN1") == 2


def test_an_unusable_snapshot_raises(tmp_path):
    with pytest.raises(pe.SnapshotError, match="DUN5"):
        pe.read_snapshot(tmp_path / "nowhere.json")


def test_threads_share_a_policy(policy, snapshot):
    from concurrent.futures import ThreadPoolExecutor

    loaded = pe.load_policy(policy)
    read = pe.read_snapshot(snapshot, policy=loaded)
    with ThreadPoolExecutor(8) as pool:
        identities = set(pool.map(lambda _: pe.evaluate(loaded, read).identity, range(32)))
    assert len(identities) == 1
