"""The folder: exact texts, foreign files kept as they are, two at once."""

import tempfile
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_engine.desk.entry import MAX_TEXT, entry
from policy_engine.desk.folder import DeskError, append, rows_of
from policy_engine.snapshot.read import read_snapshot
from policy_engine.values.text import nfc

DAY = date(2026, 10, 30)
ERP = """\
customers:
  - {id: C-1, name: Duval, kind: business}
invoices: []
"""


def block(reason, customer="C-1"):
    made, mistakes = entry("block", DAY, "m.leroy", {"customer": customer, "reason": reason})
    assert mistakes == ()
    return made


HOSTILE = st.text(
    st.one_of(st.characters(codec="utf-8", exclude_characters="\0"), st.sampled_from('=+-@,;"\r\n\t\u2028\x1b\u202e')),
    max_size=40,
)


@pytest.mark.property
@given(st.lists(HOSTILE, min_size=1, max_size=4))
def test_every_text_comes_back_exactly(texts):
    with tempfile.TemporaryDirectory() as place:
        desk = Path(place) / "desk"
        for text in texts:
            append(desk, block(text))
        listed, findings = rows_of(desk)
        assert findings == ()
        assert [row.cells.get("reason", "") for row in listed] == [nfc(text.strip()) for text in texts]
        (Path(place) / "erp.yaml").write_text(ERP, encoding="utf-8")
        read = read_snapshot([Path(place) / "erp.yaml", desk], as_of=DAY)
        assert read.diagnostics == ()
        assert read.snapshot.problems == ()
        assert [row.reason or "" for row in read.snapshot.accounts[0].blocks] == [nfc(text.strip()) for text in texts]


@pytest.mark.parametrize("text", ["a\0b", "\ud800", "x" * (MAX_TEXT + 1)])
def test_what_no_file_can_hold_is_refused(text):
    _, mistakes = entry("block", DAY, "m.leroy", {"customer": "C-1", "reason": text})
    assert [mistake.about for mistake in mistakes] == ["`reason`"]
    assert mistakes[0].render().isprintable()


def test_two_at_once_get_one_id_each(tmp_path):
    desk = tmp_path / "desk"
    with ThreadPoolExecutor(8) as pool:
        noted = list(pool.map(lambda number: append(desk, block(f"reason {number}")), range(40)))
    assert len({row.id for row in noted}) == 40
    listed, findings = rows_of(desk)
    assert findings == ()
    assert {row.cells["reason"] for row in listed} == {f"reason {number}" for number in range(40)}
    assert sorted(path.name for path in desk.iterdir()) == [".lock", "blocks.csv"]


@pytest.mark.parametrize(
    ("before", "line"),
    [
        (b"reason;by;id;from;customer\r\nold;x;B-1;2026-01-01;C-1\r\n", b'"new; one";m.leroy;%s;2026-10-30;C-1\r\n'),
        (b"\xef\xbb\xbfid,customer,from,reason,by,\n", b'%s,C-1,2026-10-30,"new; one",m.leroy,\n'),
        (b"id,customer,from,reason,by\nB-1,C-1,2026-01-01,x,y", b'\n%s,C-1,2026-10-30,"new; one",m.leroy\n'),
    ],
)
def test_a_file_from_elsewhere_is_kept_and_continued_in_its_own_way(tmp_path, before, line):
    path = tmp_path / "blocks.csv"
    path.write_bytes(before)
    noted = append(tmp_path, block("new; one"))
    assert path.read_bytes() == before + line % noted.id.encode()
    assert rows_of(tmp_path)[0][-1].cells["reason"] == "new; one"


@pytest.mark.parametrize(
    "before",
    [
        b"id,customer,from\n",  # no place for the reason
        b'id,customer,from,reason,by\nB-1,C-1,2026-01-01,"open\n',
        b"id,customer,from,reason,reason,by\n",
        b"id,custmer,from,reason,by\n",
        b"\xff\xfei\x00d\x00",
    ],
)
def test_a_file_that_cannot_be_continued_is_not_touched(tmp_path, before):
    path = tmp_path / "blocks.csv"
    path.write_bytes(before)
    with pytest.raises(DeskError, match=r"blocks\.csv"):
        append(tmp_path, block("new"))
    assert path.read_bytes() == before
    assert sorted(found.name for found in tmp_path.iterdir()) == [".lock", "blocks.csv"]


def test_modes_and_links_stay(tmp_path):
    real = tmp_path / "real.csv"
    real.write_text("id,customer,from,reason,by\n", encoding="utf-8")
    real.chmod(0o660)
    desk = tmp_path / "desk"
    desk.mkdir()
    (desk / "blocks.csv").symlink_to(real)
    append(desk, block("x"))
    assert (desk / "blocks.csv").is_symlink()
    assert real.stat().st_mode & 0o777 == 0o660
    assert "C-1" in real.read_text(encoding="utf-8")
