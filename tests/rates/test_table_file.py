"""Rate tables as files: what is read, what is refused, that nothing raises."""

import re
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_engine.rates import reference_rates
from policy_engine.rates.checks import findings_of, gaps
from policy_engine.rates.company import company_rates, join, rates_text, shipped_files
from policy_engine.rates.table_file import parse_rates, ppm_text

ROOT = Path(__file__).resolve().parents[2]
HEADER = "effective_from,rate_pct,verified,source\n"
DAY = date(2026, 12, 31)


def parse(text, **options):
    content = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    return parse_rates(content, "own/t.csv", "t", **{"checked_through": DAY, **options})


def codes(text, **options):
    return [finding.code for finding in parse(text, **options)[1]]


def test_the_shipped_tables_are_read_as_policies_see_them():
    assert {name: file.table() for name, file in shipped_files().items()} == reference_rates()
    assert company_rates(None).tables == reference_rates()


def test_shipped_tables_survive_being_written():
    for name, file in shipped_files().items():
        back, wrong = parse_rates(rates_text(file).encode(), "x", name)
        assert wrong == ()
        assert back.table() == file.table()
        assert [row.extra for row in back.rows] == [row.extra for row in file.rows]
        assert rates_text(back) == rates_text(file)


@pytest.mark.parametrize(
    "text",
    [
        HEADER + "2026-01-01,2.15,yes,a\n",
        "\ufeff" + HEADER + "2026-01-01,2.15,yes,a",
        HEADER.replace(",", ";") + "2026-01-01;2.15;yes;a\n",
        "# a table of ours: with a remark\n\n" + HEADER.replace("\n", "\r\n") + "2026-01-01,2.150,yes,a\r\n,,,\r\n",
        "# checked_through: 2026-12-31,,,\n" + HEADER + '2026-01-01,2.15,yes,"a"\n',
        "source,verified,rate_pct,effective_from\na,yes,2.15,2026-01-01\n",
    ],
)
def test_one_table_in_many_dialects(text):
    file, wrong = parse(text)
    assert wrong == ()
    assert [(row.day, row.ppm, row.verified, row.source) for row in file.rows] == [
        (date(2026, 1, 1), 21500, "yes", "a")
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ["DUN802"]),
        (HEADER, ["DUN802"]),
        (b"\xff\xfe", ["DUN801"]),
        (HEADER.encode() + b"2026-01-01,2,yes,\xe9\n", ["DUN801"]),
        (HEADER + "2026-01-01,2,yes,a\0\n", ["DUN801"]),
        (b"x" * (4 * 1024**2 + 1), ["DUN801"]),
        (HEADER + '2026-01-01,2,yes,"open\n', ["DUN802"]),
        (HEADER + "2026-01-01,2,15,yes,a\n", ["DUN802"]),
        (HEADER.replace("source", "sources"), ["DUN802", "DUN802"]),
        (HEADER.replace("\n", ",source\n"), ["DUN802", "DUN802"]),
        (HEADER + "2026-02-30,2,yes,a\n", ["DUN803"]),
        (HEADER + "01/02/2026,2,yes,a\n", ["DUN803"]),
        (HEADER + "2026-01-01,,yes,a\n", ["DUN803"]),
        (HEADER + "2026-01-01,2.15 %,yes,a\n", ["DUN803"]),
        (HEADER + "2026-01-01,nan,yes,a\n", ["DUN803"]),
        (HEADER + "2026-01-01,Infinity,yes,a\n", ["DUN803"]),
        (HEADER + "2026-01-01,1e3,yes,a\n", ["DUN803"]),
        (HEADER + "2026-01-01,2.12345,yes,a\n", ["DUN803"]),
        (HEADER + "2026-01-01,100.01,yes,a\n", ["DUN803"]),
        (HEADER + "2026-01-01,-20.5,yes,a\n", ["DUN803"]),
        (HEADER + "2026-01-01,٢,yes,a\n", ["DUN803"]),
        (HEADER + "2026-01-01,2,maybe,a\n", ["DUN803"]),
        (HEADER + "2026-01-01,2,yes,\n", ["DUN803"]),
        (HEADER + "2026-01-01,2,yes,a\x1b\n", ["DUN803"]),
        (HEADER + f"2026-01-01,2,yes,{'a' * 501}\n", ["DUN803"]),
        (HEADER + "2026-01-01,x,yes,a\n2026-13-01,2,so,\n", ["DUN803"] * 4),
        ("# replaces: perhaps\n" + HEADER + "2026-01-01,2,yes,a\n", ["DUN806"]),
        ("# title: a\n# title: b\n" + HEADER + "2026-01-01,2,yes,a\n", ["DUN806"]),
        ("# checked_trough: 2026-12-31\n" + HEADER + "2026-01-01,2,yes,a\n", ["DUN806"]),
    ],
)
def test_what_is_refused(text, expected):
    file, wrong = parse(text)
    assert file is None
    assert [finding.code for finding in wrong] == expected
    assert all(finding.help and "\x1b" not in finding.render() for finding in wrong)


def test_the_day_through_which_it_is_known_is_needed():
    assert codes(HEADER + "2026-01-01,2,yes,a\n", checked_through=None) == ["DUN806"]
    assert codes("# checked_through: soon\n" + HEADER + "2026-01-01,2,yes,a\n", checked_through=None) == ["DUN806"]


def test_nothing_is_known_after_it():
    file, _ = parse(HEADER + "2026-01-01,2,yes,a\n", checked_through=date(2026, 3, 31))
    assert file.table().on(date(2026, 3, 31)) == 20_000
    assert file.table().on(date(2026, 4, 1)) is None


@pytest.mark.parametrize(("ppm", "text"), [(21_500, "2.15"), (-8_800, "-0.88"), (0, "0.00"), (12_345, "1.2345")])
def test_rates_as_people_write_them(ppm, text):
    assert ppm_text(ppm) == text


def test_known_errors_of_published_tables_are_caught():
    """Each was seen in a table that others copied."""
    french = shipped_files()["fr_legal_interest"]
    for day, mistyped in (("2025-01-01", "7.61"), ("2025-07-01", "6.54")):
        text = re.sub(rf"^{day},[\d.]+,", f"{day},{mistyped},", rates_text(french), flags=re.MULTILINE)
        wrong, _ = parse_rates(text.encode(), "x", french.name)
        found = findings_of({**shipped_files(), french.name: wrong})
        assert {finding.code for finding in found} == {"DUN808"}
        assert any("three times" in finding.message for finding in found)
    german = shipped_files()["de_basiszinssatz"]
    for spoil, code in (
        (lambda text: re.sub(r"^2018-07-01.*\n", "", text, flags=re.MULTILINE), "DUN805"),
        (lambda text: re.sub(r"^2025-07-01,1.27", "2025-07-01,1.77", text, flags=re.MULTILINE), "DUN808"),
    ):
        wrong, _ = parse_rates(spoil(rates_text(german)).encode(), "x", german.name)
        assert code in {finding.code for finding in findings_of({**shipped_files(), german.name: wrong})}


def test_a_gap_is_told_at_the_row_before_it():
    german = shipped_files()["de_basiszinssatz"]
    text = re.sub(r"^2018-07-01.*\n", "", rates_text(german), flags=re.MULTILINE)
    wrong, _ = parse_rates(text.encode(), "x", german.name)
    (finding,) = gaps(wrong)
    assert text.split("\n")[finding.position.line - 1].startswith("2018-01-01")


BITS = st.sampled_from(
    [*HEADER[:-1].split(","), "2026-01-01", "2.15", "yes", "a", *'#:,;"\n\r\0 =', "checked_through", "é"]
)


@pytest.mark.property
@given(st.one_of(st.binary(max_size=200), st.lists(BITS, max_size=60).map(lambda bits: "".join(bits).encode())))
def test_no_bytes_raise(content):
    for text in (content, HEADER.encode() + content):
        file, wrong = parse(text)
        assert (file is None) == bool(wrong)
        for finding in wrong:
            assert finding.render()
        if file is not None:
            joined, _ = join(shipped_files()["ecb_mro"], file)
            assert [row.day for row in joined.rows] == sorted({row.day for row in joined.rows})


def test_every_code_has_a_section():
    page = (ROOT / "docs" / "rates.md").read_text(encoding="utf-8")
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "policy_engine" / "rates").glob("*.py"))
    assert set(re.findall(r"^### (DUN\d+)", page, re.MULTILINE)) == set(re.findall(r'"(DUN8\d\d)"', source))
