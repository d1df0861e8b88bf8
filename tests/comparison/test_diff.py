"""`dunning diff` as people use it: effects, pseudonyms, bounds, revisions, input that can't be compared."""

import json
import subprocess
from pathlib import Path

import pytest

from policy_engine.cli.main import run

ROOT = Path(__file__).parents[2]
TWELVE = ROOT / "examples" / "twelve"
POLICY = """\
dunning: 1
policy: mine
version: 1
currency: EUR
stages: [reminder, formal_notice]
segments:
  - name: all
    ladder: one
ladders:
  one:
    steps:
      - {name: reminder, stage: reminder, days: 5, channel: email}
      - {name: formal, stage: formal_notice, days: 40, channel: letter, approval: {role: boss}}
"""
SNAPSHOT = """\
manifest: {as_of: 2026-06-30, source: hand, payments_complete_through: 2026-06-30}
customers:
  - {id: Durand SA, name: Durand & Fils, kind: business}
  - {id: C2, name: Martin, kind: business}
  - {id: C3, name: Petit, kind: business}
invoices:
  - {id: SECRET-1, customer: Durand SA, kind: invoice, amount: "100.00", currency: EUR, issue_date: 2026-05-01,
     due_date: 2026-06-24}
  - {id: SECRET-2, customer: C2, kind: invoice, amount: "300.00", currency: EUR, issue_date: 2026-05-01,
     due_date: 2026-06-20}
  - {id: SECRET-3, customer: C3, kind: invoice, amount: "50.00", currency: EUR, issue_date: 2026-05-01,
     due_date: 2026-07-20}
blocks:
  - {id: B1, customer: C2, from: 2026-06-25, until: 2026-07-05, reason: he told us in confidence, by: Anne}
"""


@pytest.fixture(name="here")
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "old.yaml").write_text(POLICY, encoding="utf-8")
    (tmp_path / "new.yaml").write_text(POLICY.replace("days: 5,", "days: 8,"), encoding="utf-8")
    (tmp_path / "snapshot.yaml").write_text(SNAPSHOT, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path


def _diff(capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, str, str]:
    code = run(["diff", *options])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


BOTH = ("-p", "old.yaml", "-p", "new.yaml", "-s", "snapshot.yaml")


@pytest.mark.usefixtures("here")
def test_a_step_that_comes_later_leaves_customers_alone(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = _diff(capsys, *BOTH, "--format", "json")
    assert code == 0
    data = json.loads(out)
    assert data["summary"].startswith("1 change in the policy; 1 of 3 invoices and 1 customer come out differently")
    tables = {table["title"]: table for table in data["tables"]}
    assert tables["What changed in the policy"]["rows"] == [["later", "ladders.one.steps.reminder.days", "5", "8"]]
    assert tables["Where invoices go: before (down), after (across)"]["columns"] == ["before", "waiting", "reminder"]
    assert tables["The largest moves"]["rows"] == [["reminder", "waiting", "1", "€100.00"]]
    assert tables["Customers by step"]["rows"] == [["reminder", "1", "0", "0", "1"]]
    assert tables["Contacted today"]["rows"] == [["newly contacted", "0"], ["newly left alone", "1"]]
    [row] = tables["customer 1: €100.00 outstanding"]["rows"][:1]
    assert row[0] == "invoice 1"
    assert row[3].startswith("acted on: it has reached reminder")
    assert "reminder on 2026-07-02 if still unpaid" in row[4]


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("format_", ["text", "json", "markdown", "github", "junit", "sarif"])
def test_names_are_pseudonyms_in_every_format(capsys: pytest.CaptureFixture[str], format_: str) -> None:
    options = ("--format", format_, "--explanations", "--customers", "9", "--max-changed", "0")
    Path("new.yaml").write_text(POLICY.replace("currency: EUR", "currency: EUR\nminimum: {item: 500}"), "utf-8")
    code, out, err = _diff(capsys, *BOTH, *options)
    assert code == 1
    for secret in ("Durand", "SECRET", "confidence", "Anne", "Martin"):
        assert secret not in out + err


@pytest.mark.usefixtures("here")
def test_names_are_shown_when_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = _diff(capsys, *BOTH, "--names", "--explanations")
    assert "Durand & Fils" in out
    assert "SECRET-1" in out


@pytest.mark.usefixtures("here")
def test_equal_policies_differ_nowhere(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = _diff(capsys, "-p", "old.yaml", "-p", "old.yaml", "-s", "snapshot.yaml", "--max-changed", "0")
    assert code == 0
    assert "Both say the same" in out
    assert "0 changes in the policy; 0 of 3 invoices and 0 customers" in out


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("bound", "code"),
    [
        (("--max-lost", "reminder=0"), 1),
        (("--max-lost", "reminder=1"), 0),
        (("--max-lost", "customers=0"), 1),
        (("--max-new", "formal_notice=0"), 0),
        (("--max-changed", "0"), 1),
        (("--max-changed", "1"), 0),
    ],
)
def test_bounds_fail_the_build_beyond_not_at(
    capsys: pytest.CaptureFixture[str], bound: tuple[str, str], code: int
) -> None:
    found, out, _ = _diff(capsys, *BOTH, *bound)
    assert found == code
    assert ("DUN841" in out) == bool(code)


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("bound", "said"),
    [
        ("formal_notise=3", "did you mean `formal_notice`"),
        ("reminder", "isn't NAME=N"),
        ("reminder=-1", "isn't NAME=N"),
    ],
)
def test_a_bound_that_names_nothing_is_an_error(capsys: pytest.CaptureFixture[str], bound: str, said: str) -> None:
    code, _, err = _diff(capsys, *BOTH, "--max-new", bound)
    assert code == 2
    assert said in err


@pytest.mark.usefixtures("here")
def test_policies_of_two_currencies_can_not_be_compared(capsys: pytest.CaptureFixture[str]) -> None:
    Path("new.yaml").write_text(POLICY.replace("EUR", "GBP"), encoding="utf-8")
    code, out, err = _diff(capsys, *BOTH)
    assert (code, out) == (2, "")
    assert "DUN842" in err


@pytest.mark.usefixtures("here")
def test_an_attribute_of_two_types(capsys: pytest.CaptureFixture[str]) -> None:
    for name, kind in (("old", "text"), ("new", "number")):
        Path(f"{name}.yaml").write_text(POLICY + f"attributes:\n  customer: {{region: {kind}}}\n", encoding="utf-8")
    code, _, err = _diff(capsys, *BOTH)
    assert code == 2
    assert "DUN843" in err


@pytest.mark.usefixtures("here")
def test_a_column_that_only_one_policy_needs(capsys: pytest.CaptureFixture[str]) -> None:
    Path("new.yaml").write_text(POLICY + "attributes:\n  customer: {region: text}\n", encoding="utf-8")
    code, out, err = _diff(capsys, *BOTH)
    assert (code, out) == (2, "")
    assert "`customers` has no column `region`" in err
    assert "of the two policies only `new.yaml` declares it: customer.region" in err


@pytest.mark.usefixtures("here")
def test_one_policy_is_too_few(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = _diff(capsys, "-p", "old.yaml", "-s", "snapshot.yaml")
    assert code == 2
    assert "give -p twice" in err


CREDIT = """\
credit:
  exposure: [outstanding, unbilled_orders]
  decisions:
    - name: much
      when: order.amount > LIMIT
      decision: refuse
    - name: fine
      decision: approve
  alerts:
    - name: owes_much
      when: customer.exposure * 5 >= LIMIT
"""
ORDERS = """\
orders:
  - {id: ORDER-1, customer: Durand SA, amount: "700.00", currency: EUR, date: 2026-06-20}
  - {id: ORDER-2, customer: C2, amount: "1700.00", currency: EUR, date: 2026-06-20}
"""


@pytest.mark.usefixtures("here")
def test_orders_that_get_another_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    for name, limit in (("old", 1000), ("new", 500)):
        Path(f"{name}.yaml").write_text(POLICY + CREDIT.replace("LIMIT", str(limit)), encoding="utf-8")
    Path("snapshot.yaml").write_text(SNAPSHOT + ORDERS, encoding="utf-8")
    code, out, _ = _diff(capsys, *BOTH, "--format", "json")
    data = json.loads(out)
    tables = {table["title"]: table["rows"] for table in data["tables"]}
    assert tables["Orders by verdict"] == [["approved", "refused", "1"], ["refused", "refused", "1"]]
    assert tables["Orders with another verdict"] == [
        ["order 1", "customer 1", "€700.00", "approved: fine", "refused: much"]
    ]
    # five times 100 reaches 500 and not 1,000, five times 300 reaches both
    assert tables["Customers by credit alert"] == [["owes_much", "1", "2", "1", "0"]]
    assert data["summary"].endswith("; 1 of 2 orders gets another verdict")
    assert "ORDER" not in out
    assert "Durand" not in out
    assert _diff(capsys, *BOTH, "--max-new", "refused_orders=1")[0] == 0
    code, out, _ = _diff(capsys, *BOTH, "--max-new", "refused_orders=0", "--lang", "fr", "--names")
    assert code == 1
    assert "1 commande serait nouvellement « refusée », 0 est admise" in out
    assert "ORDER-1" in out
    assert _diff(capsys, *BOTH, "--max-lost", "approved_orders=0")[0] == 1


@pytest.mark.usefixtures("here")
def test_a_policy_that_begins_to_decide_on_orders(capsys: pytest.CaptureFixture[str]) -> None:
    Path("new.yaml").write_text(POLICY + CREDIT.replace("LIMIT", "1000"), encoding="utf-8")
    Path("snapshot.yaml").write_text(SNAPSHOT + ORDERS, encoding="utf-8")
    _, out, _ = _diff(capsys, *BOTH, "--format", "json")
    tables = {table["title"]: table["rows"] for table in json.loads(out)["tables"]}
    assert tables["Orders by verdict"] == [["not decided", "approved", "1"], ["not decided", "refused", "1"]]


def _git(here: Path, *arguments: str) -> None:
    subprocess.run(
        ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false", *arguments],
        cwd=here, check=True, capture_output=True,
    )  # fmt: skip


def test_a_policy_of_a_revision_is_read_with_what_it_extends(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "policies").mkdir()
    (here / "policies" / "base.yaml").write_text(POLICY, encoding="utf-8")
    (here / "policies" / "acme.yaml").write_text(
        "dunning: 1\npolicy: acme\nversion: 1\nextends: base.yaml\n", encoding="utf-8"
    )
    _git(here, "init", "-q", "-b", "main")
    _git(here, "add", ".")
    _git(here, "commit", "-q", "-m", "first")
    (here / "policies" / "base.yaml").write_text(POLICY.replace("days: 5,", "days: 3,"), encoding="utf-8")
    code, out, _ = _diff(capsys, "-p", "main:policies/acme.yaml", "-p", "policies/acme.yaml", "-s", "snapshot.yaml")
    assert code == 0
    assert "earlier  ladders.one.steps.reminder.days  5       3" in out


def test_findings_of_a_revision_name_the_revision(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "old.yaml").write_text(POLICY.replace("days: 5", "dayz: 5"), encoding="utf-8")
    _git(here, "init", "-q", "-b", "main")
    _git(here, "add", ".")
    _git(here, "commit", "-q", "-m", "first")
    code, _, err = _diff(capsys, "-p", "main:old.yaml", "-p", "new.yaml", "-s", "snapshot.yaml")
    assert code == 2
    assert err.startswith("main:old.yaml:12:")


def test_a_bound_exceeded_by_a_revision_names_the_revision(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _git(here, "init", "-q", "-b", "main")
    _git(here, "add", ".")
    _git(here, "commit", "-q", "-m", "first")
    options = ("-p", "new.yaml", "-p", "main:old.yaml", "-s", "snapshot.yaml", "--max-new", "reminder=0")
    code, out, _ = _diff(capsys, *options, "--format", "json")
    assert code == 1
    [finding] = json.loads(out)["findings"]
    assert finding["file"] == "main:old.yaml"
    assert finding["message"] == "1 customer would newly get `reminder`, 0 are allowed"


@pytest.mark.parametrize("given", ["main:nothing.yaml", "nowhere:old.yaml", "--output=x:old.yaml", "main:../old.yaml"])
def test_a_revision_that_is_not_there(here: Path, capsys: pytest.CaptureFixture[str], given: str) -> None:
    _git(here, "init", "-q", "-b", "main")
    _git(here, "add", ".")
    _git(here, "commit", "-q", "-m", "first")
    code, out, err = _diff(capsys, f"--policy={given}", "-p", "new.yaml", "-s", "snapshot.yaml")
    assert (code, out) == (2, "")
    assert "Error" in err
    assert "Traceback" not in err


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_twelve_under_both_packs(capsys: pytest.CaptureFixture[str], language: str) -> None:
    options = ("-p", str(ROOT / "policies" / "minimal.yaml"), "-p", str(ROOT / "policies" / "fr-b2b.yaml"))
    code, out, _ = _diff(capsys, *options, "-s", str(TWELVE), "--lang", language, "--format", "markdown")
    assert code == 0
    assert ("Where invoices go" if language == "en" else "Où vont les factures") in out
    assert "formal_notice" in out


def test_both_languages_have_the_same_words() -> None:
    from policy_engine.comparison.words import ENGLISH, FRENCH

    assert ENGLISH.keys() == FRENCH.keys()
    for key, text in ENGLISH.items():
        if ":" not in text:  # rows of columns; words that follow a number differ
            assert text.count("|") == FRENCH[key].count("|"), key
