"""`dunning rates`, and a company's tables in a plan."""

import json
from pathlib import Path

import pytest

import policy_engine
from policy_engine.cli import rates

HEADER = "effective_from,rate_pct,verified,source\n"
POLICY = """\
dunning: 1
policy: small
currency: EUR
penalties:
  late_interest:
    kind: interest
    when: customer.kind == "business"
    rate:
      otherwise: {reference: TABLE, plus: 10}
segments:
  - {name: everybody, ladder: standard}
ladders:
  standard:
    steps:
      - {name: notice, stage: reminder, days: 3, channel: email, charge: [late_interest]}
"""


@pytest.fixture(autouse=True)
def _today(monkeypatch):
    from datetime import date

    monkeypatch.setattr(rates, "today", lambda: date(2026, 11, 22))


def write(name, text):
    Path(name).write_text(text, encoding="utf-8")


def update(dunning, name, text, *options):
    write(name, text)
    return dunning("rates", "update", name, "--into", "own", *options)


def test_list_as_data(dunning):
    tables = {table["name"]: table for table in json.loads(dunning("rates list --format json").out)["tables"]}
    assert sorted(tables) == ["de_basiszinssatz", "ecb_mro", "fr_legal_interest", "uk_bank_rate"]
    mro = tables["ecb_mro"]
    assert (mro["checked_through"], mro["statutory_until"], mro["own"]) == ("2026-07-01", "2026-12-31", False)
    assert mro["rows"][-1] | {"source": ""} == {
        "effective_from": "2026-06-17",
        "rate_pct": "2.40",
        "verified": "secondary",
        "source": "",
        "tender": "fixed",
    }
    only = json.loads(dunning("rates list uk_bank_rate --format json").out)["tables"]
    assert [table["name"] for table in only] == ["uk_bank_rate"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("list ecb", "did you mean `ecb_mro`?"),
        ("list --rates nowhere", "DUN801 the folder can't be read"),
        ("check --rates nowhere", "DUN801"),
        ("update nowhere.csv --into own", "DUN801 the file can't be read: there is no such file"),
        ("update erp --into own", "DUN801"),
        ("update a.csv", "Missing option '--into'"),
        ("lst", "No such command"),
    ],
)
def test_wrong_usage(dunning, arguments, says):
    done = dunning(f"rates {arguments}")
    assert done.code == 2
    assert says in done.err


def test_every_command_has_an_example(dunning):
    for name in rates.command.commands:
        done = dunning(f"rates {name} --help")
        assert (done.code, "Example: dunning rates" in done.out) == (0, True), name


def test_the_shipped_tables_pass(dunning):
    done = dunning("rates check --format json")
    found = json.loads(done.out)
    assert (done.code, found["findings"]) == (0, [])
    assert {check["name"]: check["compared"] for check in found["cross_checks"]} == {
        "base_rate": 36,
        "french_floor": 24,
        "individual_creditor": 24,
        "floor_above_default": 24,
        "published": 61,
    }


def test_a_file_is_checked_before_it_is_taken(dunning):
    Path("ecb_mro.csv").write_text(HEADER + "2026-09-16,2.15,yes,a\n", encoding="utf-8")
    done = dunning("rates check ecb_mro.csv --checked-through 2026-10-01")
    assert (done.code, done.err) == (0, "")
    assert "ecb_mro: 63 rows, 1999-01-01 to 2026-10-01, in order" in done.out
    assert not Path("own").exists()
    # the base rate of 1 January 2026 follows the ECB's of the day before: 2.15 - 0.88
    text = HEADER + "2025-07-01,1.27,yes,a\n2026-07-01,1.52,yes,a\n"
    Path("de_basiszinssatz.csv").write_text(f"# replaces: yes\n{text}", encoding="utf-8")
    done = dunning("rates check de_basiszinssatz.csv ecb_mro.csv missing.csv --checked-through 2026-10-01")
    assert done.code == 2
    assert "missing.csv:1:1: DUN801" in done.err
    assert "de_basiszinssatz.csv:3:1: DUN805 `de_basiszinssatz` has no row of 2026-01-01" in done.err
    assert "ecb_mro.csv" not in done.err.replace("DUN801", "")
    Path("ecb_mro.csv").write_text(HEADER + "2026-09-16,2.15,yes,a\n2026-09-16,2.25,yes,a\n", encoding="utf-8")
    done = dunning("rates check ecb_mro.csv --checked-through 2026-10-01")
    assert done.code == 1
    assert "ecb_mro.csv:3:1: DUN804 2026-09-16 stands twice" in done.err


SHARED = Path(__file__).parents[3] / "shared/data/rates"


@pytest.mark.skipif(not SHARED.exists(), reason="the tables that the package's were made of are not at hand")
def test_the_tables_that_the_shipped_ones_were_made_of(dunning):
    for name, through in (
        ("ecb_mro", "2026-07-01"),
        ("fr_legal_interest", "2026-12-31"),
        ("de_basiszinssatz", "2026-12-31"),
        ("uk_bank_rate", "2026-09-08"),
    ):
        done = dunning(f"rates check {SHARED / name}.csv --checked-through {through}")
        assert (done.code, done.err) == (0, ""), name


def test_a_company_extends_a_table_row_by_row(dunning):
    row = "2026-09-16,2.15,yes,press release\n"
    assert update(dunning, "ecb_mro.csv", HEADER + row, "--checked-through", "2026-10-01").code == 0
    later = HEADER + "2026-11-18,1.90,yes,press release\n"
    assert update(dunning, "ecb_mro.csv", later, "--checked-through", "2026-11-20").code == 0
    kept = Path("own/ecb_mro.csv").read_text(encoding="utf-8")
    assert kept == f"# checked_through: 2026-11-20\n{HEADER}{row}2026-11-18,1.90,yes,press release\n"
    (table,) = json.loads(dunning("rates list ecb_mro --rates own --format json").out)["tables"]
    assert [row["rate_pct"] for row in table["rows"][-3:]] == ["2.40", "2.15", "1.90"]
    assert (table["own"], table["checked_through"]) == (True, "2026-11-20")
    assert dunning("rates check --rates own").code == 0


def test_rows_that_the_package_knows_too_are_taken_when_they_agree(dunning):
    text = HEADER + "2026-06-17,2.40,yes,a\n2026-09-16,2.15,yes,b\n"
    assert update(dunning, "ecb_mro.csv", text, "--checked-through", "2026-10-01").code == 0


@pytest.mark.parametrize(
    ("name", "text", "options", "says"),
    [
        ("ecb_mro.csv", "2026-06-17,2.45,yes,a\n", "2026-10-01", "DUN807 2.45 % from 2026-06-17 contradicts `ecb_mro`"),
        ("ecb_mro.csv", "2026-06-20,2.15,yes,a\n", "2026-10-01", "which has 2.40 % on that day"),
        ("ecb_mro.csv", "1998-01-01,2.15,yes,a\n", "2026-10-01", "which has no rate on that day"),
        ("ecb_mro.csv", "2026-09-16,2.15,yes,a\n", "2027-01-01", "DUN806 `checked_through` is 2027-01-01, after today"),
        ("ecb_mro.csv", "2026-09-16,2.15,yes,a\n", "2026-09-01", "DUN806 the rate of 2026-09-16 comes after"),
        ("ecb_mro.csv", "2026-09-16,2.15,yes,a\n2026-09-16,2.15,yes,a\n", "2026-10-01", "DUN804 2026-09-16 stands"),
        ("ecb_mro.csv", "2026-10-16,2.15,yes,a\n2026-09-16,2.15,yes,a\n", "2026-10-30", "DUN804 2026-09-16 does not"),
        ("de_basiszinssatz.csv", "2027-07-01,1.2,yes,a\n", "2027-12-31", "DUN805 `de_basiszinssatz` has no row"),
        ("de_basiszinssatz.csv", "2027-01-01,1.2,yes,a\n", "2027-12-31", "has no row of 2027-07-01"),
        ("ECB.csv", "2026-09-16,2.15,yes,a\n", "2026-10-01", "DUN809 `ECB` can't be the name"),
    ],
)  # fmt: skip
def test_what_update_refuses(dunning, name, text, options, says):
    done = update(dunning, name, HEADER + text, "--checked-through", options)
    assert (done.code, done.out) == (2, "")
    assert says in done.err
    assert not Path("own").exists()


def test_a_rate_that_disagrees_with_another_table_is_refused(dunning):
    assert (
        update(dunning, "ecb_mro.csv", HEADER + "2026-09-16,2.15,yes,a\n", "--checked-through", "2026-12-31").code == 2
    )
    text = f"# checked_through: 2027-06-30\n{HEADER}2027-01-01,1.52,yes,a\n"
    assert update(dunning, "de_basiszinssatz.csv", text).code == 0
    text = HEADER + "2026-11-18,2.15,yes,a\n2026-12-31,2.15,yes,a\n"
    done = update(dunning, "ecb_mro.csv", text, "--checked-through", "2026-12-31")
    assert done.code == 2
    assert "de_basiszinssatz.csv:3:12: DUN808 the base rate of 2027-01-01 is 1.52 %" in done.err
    assert not Path("own/ecb_mro.csv").exists()


def test_replaced_tables_stand_alone_and_are_compared(dunning):
    text = f"# checked_through: 2026-10-01\n{HEADER}2020-01-01,0.00,yes,a\n"
    done = update(dunning, "ecb_mro.csv", text, "--replaces")
    assert (done.code, "DUN808" in done.err) == (2, True)  # the base rate and publications disagree
    text = f"# replaces: yes\n# checked_through: 2026-10-01\n{HEADER}2026-06-17,2.40,yes,a\n"
    assert update(dunning, "ecb_mro.csv", text).code == 0
    (table,) = json.loads(dunning("rates list ecb_mro --rates own --format json").out)["tables"]
    assert (len(table["rows"]), table["replaces"]) == (1, True)


def test_a_table_of_the_companys_own(dunning):
    done = update(dunning, "x.csv", HEADER + "2026-01-01,-0.5,no,contract\n", "--name", "house_rate",
                  "--checked-through", "2026-11-01", "--title", "House rate")  # fmt: skip
    assert done.code == 0
    assert "house_rate: House rate (the company's)\n  1 row from 2026-01-01; last -0.50 %" in done.out
    kept = Path("own/house_rate.csv").read_text(encoding="utf-8")
    assert kept.startswith("# title: House rate\n# checked_through: 2026-11-01\n")
    done = update(
        dunning, "x.csv", HEADER + "2026-01-01,0,no,c\n", "--checked-through", "2026-11-01", "--title", "a\nb"
    )
    assert done.code == 2


def test_the_package_and_a_broken_folder_are_never_written(dunning):
    package = Path(rates.__file__).parents[1] / "rates" / "data"
    write("ecb_mro.csv", HEADER + "2026-09-16,2.15,yes,a\n")
    before = sorted(package.iterdir())
    for into in (package, package / "own", package.parent / ".." / "rates"):
        done = dunning("rates", "update", "ecb_mro.csv", "--checked-through", "2026-10-01", "--into", into)
        assert (done.code, "never changed" in done.err) == (2, True)
    assert sorted(package.iterdir()) == before
    Path("own").mkdir()
    write("own/uk_bank_rate.csv", "broken")
    done = dunning("rates update ecb_mro.csv --checked-through 2026-10-01 --into own")
    assert (done.code, "own/uk_bank_rate.csv:1:1: DUN8" in done.err) == (2, True)
    assert not Path("own/ecb_mro.csv").exists()
    assert dunning("rates check --rates own").code == 1


def test_findings_as_data(dunning):
    write("ecb_mro.csv", "effective_from,rate_pct,verified,source\n2026-09-16,1e3,yes,a\n")
    done = dunning("rates update ecb_mro.csv --checked-through 2026-10-01 --into own --format json")
    found = json.loads(done.out)
    assert (done.code, found["written"]) == (2, None)
    assert [(f["code"], f["file"], f["line"], f["column"], f["length"]) for f in found["findings"]] == [
        ("DUN803", "ecb_mro.csv", 2, 12, 3)
    ]


def test_a_plan_uses_the_companys_rates(dunning):
    write("p.yaml", POLICY.replace("TABLE", "house_rate"))
    assert "DUN301 there is no reference rate `house_rate`" in dunning("plan -p p.yaml -s erp").err
    assert dunning("validate p.yaml --as-of 2026-10-30").code == 1
    update(dunning, "house_rate.csv", HEADER + "2026-01-01,2.00,no,contract\n", "--checked-through", "2026-11-01")
    assert dunning("validate p.yaml --rates own --as-of 2026-10-30").code == 0
    done = dunning("plan -p p.yaml -s erp --rates own --format json")
    assert (done.code, done.err) == (0, "")
    (action,) = json.loads(done.out)["actions"]
    # 59 days from 2 September to 30 October at 12 % on 1,200.00
    assert "23.28" in json.dumps(action)
    done = dunning("why F-1 -p p.yaml -s erp --rates own")
    assert (done.code, "23.28" in done.out) == (0, True)
    policy = policy_engine.load_policy("p.yaml", rates="own")
    assert [(table.name, table.ppm) for table in policy.rates] == [("house_rate", (20_000,))]
    write("own/house_rate.csv", "broken")
    with pytest.raises(policy_engine.PolicyError, match="DUN80"):
        policy_engine.load_policy("p.yaml", rates="own")
    for command in ("plan -p p.yaml -s erp", "why F-1 -p p.yaml -s erp", "validate p.yaml"):
        done = dunning(f"{command} --rates own")
        assert (done.code, "own/house_rate.csv:1:1: DUN8" in done.err) == (1 if "validate" in command else 2, True)
