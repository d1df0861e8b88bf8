"""Letters opened and read back: pages, window, tables that break, hostile texts, equal bytes, the batch."""

import io
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace

import pytest
from pypdf import PdfReader

from policy_engine.templates.context import MessageContext, Money, Recipient
from policy_engine.templates.letter import (
    Letter,
    LetterError,
    LetterPress,
    UnfitLetterError,
    letter_data,
    recipient_lines,
)
from policy_engine.templates.render import render
from tests.hostile.corpus import CORPUS
from tests.templates.given import notice
from tests.templates.letters import LONG_NAME, pressed

MM = 72 / 25.4


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> MessageContext:
    return notice(tmp_path_factory.mktemp("notice"))


@pytest.fixture(scope="module")
def six(base: MessageContext) -> Mapping[str, Letter]:
    return pressed(base)


def read(letter: Letter) -> list[str]:
    """The text of each page, blanks of all kinds as one."""
    pages = PdfReader(io.BytesIO(letter.pdf)).pages
    return [re.sub(r"\s+", " ", page.extract_text().replace("\u200b", "")) for page in pages]


def placed(letter: Letter, page: int) -> list[tuple[float, float, str]]:
    """(mm from the left, mm from the top, text) of each piece of a page."""
    found: list[tuple[float, float, str]] = []

    def visit(text: str, cm: list[float], tm: list[float], font: object, size: float) -> None:
        if text.strip():
            x, y = tm[4] * cm[0] + cm[4], tm[5] * cm[3] + cm[5]
            found.append((x / MM, 297 - y / MM, text.strip()))

    PdfReader(io.BytesIO(letter.pdf)).pages[page].extract_text(visitor_text=visit)
    return found


def test_the_long_name_has_ninety_characters() -> None:
    assert len(LONG_NAME) == 90


def test_a_formal_notice_of_two_pages(six: Mapping[str, Letter]) -> None:
    first, second = read(six["two-pages"])
    assert "MISE EN DEMEURE de payer 6 744,94 € au plus tard le 07/12/2026" in first
    assert "Lettre recommandée avec avis de réception" in first
    assert "Total à payer 6 744,94 €" in first
    assert "Page 1 / 2" in first
    assert "Page 2 / 2" in second
    assert "Dupont Fournitures SAS - Boulangerie Ménard SARL" in second
    assert "article 1344" in second
    assert "Claire Martin" in second


def test_a_table_of_forty_lines_breaks_and_repeats_its_header(six: Mapping[str, Letter]) -> None:
    pages = read(six["forty-lines"])
    assert len(pages) == 2
    assert all("Facture Émise le Échéance" in page for page in pages)
    numbers = re.findall(r"FA-2026-(\d{4})", " ".join(pages))
    assert numbers == [f"{n:04d}" for n in range(40)]
    assert "Total 4 780,00 €" in pages[1]


def test_the_address_of_a_long_name_stands_in_the_window(six: Mapping[str, Letter]) -> None:
    lines = [(x, y) for x, y, text in placed(six["long-name"], 0) if x > 80 and 50 < y < 85]
    assert lines != []
    assert all(107.9 < x < 190 and 55 < y < 79.1 for x, y in lines)
    assert LONG_NAME in read(six["long-name"])[0]


def boxes(letter: Letter) -> list[tuple[float, float, float, float, str]]:
    """(left, top, right, bottom in mm, word) of each word of the first page."""
    made = subprocess.run(
        ["pdftotext", "-bbox", "-l", "1", "-", "-"], input=letter.pdf, capture_output=True, check=True, timeout=60
    )  # fmt: skip
    word = r'<word xMin="([0-9.]+)" yMin="([0-9.]+)" xMax="([0-9.]+)" yMax="([0-9.]+)">(.*?)</word>'
    return [
        (*(float(value) / MM for value in found[:4]), found[4])  # type: ignore[misc]
        for found in re.findall(word, made.stdout.decode("utf-8"))
    ]


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="poppler's pdftotext isn't installed")
def test_the_window_shows_the_address_and_nothing_else(base: MessageContext, six: Mapping[str, Letter]) -> None:
    """A DL envelope, 220 x 110 mm, with a window of 100 x 35 mm, 20 mm from its right and lower edges.

    The sheet, 210 x 99 mm when folded, slides by 10 and 11 mm: 100 to 190 and 55 to 79 mm of it always show, nothing
    beyond 90 to 200 and 44 to 90 mm ever does.
    """
    wide = replace(base, sender=replace(base.sender, name="Société " + "Anonyme " * 20, address=("x " * 50,) * 6))
    with LetterPress() as press:
        letters = [*six.values(), press.letter(render(wide), wide)]
    for letter in letters:
        ever = [one for one in boxes(letter) if one[2] > 90 and one[0] < 200 and one[3] > 44 and one[1] < 90]
        shown = [one for one in ever if one[0] >= 107.9 and one[2] <= 190 and one[1] >= 54 and one[3] <= 80]
        assert ever == shown
        assert len(shown) >= 8
        assert "Renaud" in [one[4] for one in shown]


def test_a_total_never_stands_alone_below_a_repeated_header(base: MessageContext) -> None:
    """Tables of every length from 1 to 45 lines: where one breaks, at least a line comes with its total."""
    line = base.demanded[0]
    with LetterPress() as press:
        for count in range(1, 46):
            lines = tuple(replace(line, number=f"FA-{n:04d}", settlements=(), periods=()) for n in range(count))
            context = replace(base, template="second_reminder", channel="letter", demanded=lines, mentioned=(),
                              listed=(), interest=Money(0, "EUR"), lump_sums=Money(0, "EUR"))  # fmt: skip
            pages = read(press.letter(render(context), context))
            page = next(page for page in pages if "Total" in page)
            assert f"FA-{count - 1:04d}" in page
            assert sum(page.count("FA-") for page in pages) == count


def test_no_line_begins_with_a_unit_a_month_or_a_colon(base: MessageContext) -> None:
    data = letter_data(render(base), base)
    said = " ".join(line for block in data["blocks"] if block["kind"] == "paragraph" for line in block["lines"])
    article = "C.\u00a0com.\u00a0art.\u00a0L441-10\u00a0II"
    for bound in ("7\u00a0décembre 2026", "17\u00a0jours", article, "ainsi\u00a0:", "744,94\u00a0€", "d\u2019agréer"):
        assert bound in said, bound
    assert data["place_and_date"] == "Lyon, le 20\u00a0novembre 2026"
    first = replace(base, sent_on=base.sent_on.replace(month=12, day=1))
    assert letter_data(render(first), first)["place_and_date"] == "Lyon, le 1er\u00a0décembre 2026"


def test_the_signature_never_stands_alone(six: Mapping[str, Letter]) -> None:
    for letter in six.values():
        page = next(page for page in read(letter) if "Claire Martin" in page)
        assert "salutations distinguées" in page or "Yours faithfully" in page


def test_amounts_over_a_million(six: Mapping[str, Letter]) -> None:
    said = " ".join(read(six["millions"]))
    assert "23 456 789,01 €" in said
    assert "-11 111 110,11 €" in said
    assert "FA-2026-000123456 11/07/2026 20/11/2026 133 12 345 678,90 € 12,40 %" in said
    assert "Total à payer 13 217 476,03 €" in said  # interest of 871,757.13, the lump sum of 40.00


def test_credit_notes_in_a_statement(six: Mapping[str, Letter]) -> None:
    (page,) = read(six["credit-notes"])
    assert "Avoir AV-7 -300,00 € -300,00 €" in page
    assert "Solde 1 049,50 €" in page
    assert "Sur ce solde, 1 200,00 € sont échus" in page


def test_an_english_letter(six: Mapping[str, Letter]) -> None:
    first, second = read(six["english"])
    assert "Subject: FORMAL NOTICE (mise en demeure) to pay €6,744.94 by 2026-12-07" in first
    assert "Lyon, 20 November 2026" in first
    assert "Page 2 / 2" in second


def test_letters_are_pdf_a_2b_with_their_fonts_inside(six: Mapping[str, Letter]) -> None:
    """What of ISO 19005-2 can be read without a validator; veraPDF hasn't been run."""
    for letter in six.values():
        assert letter.pdf.startswith(b"%PDF-1.7\n%")
        assert all(byte > 127 for byte in letter.pdf[10:13])
        assert b"<pdfaid:part>2</pdfaid:part>" in letter.pdf  # the metadata isn't compressed
        assert b"<pdfaid:conformance>B</pdfaid:conformance>" in letter.pdf
        reader = PdfReader(io.BytesIO(letter.pdf))
        root = reader.trailer["/Root"]
        assert not reader.is_encrypted
        assert len(reader.trailer["/ID"]) == 2
        (intent,) = root["/OutputIntents"]
        assert intent.get_object()["/S"] == "/GTS_PDFA1"
        assert intent.get_object()["/DestOutputProfile"].get_object().get_data()[36:40] == b"acsp"  # an ICC profile
        for one in reader.pages:
            assert (float(one.mediabox.width), float(one.mediabox.height)) == pytest.approx((595.28, 841.89), abs=0.01)
            assert not {"/AA", "/Annots"} & set(one)
            fonts = [font.get_object() for font in one["/Resources"]["/Font"].get_object().values()]
            assert fonts != []
            for font in fonts:
                inner = font["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
                assert {"/FontFile2", "/FontFile3"} & set(inner)
                assert "/ToUnicode" in font
        assert reader.attachments == {}
        assert not {"/AA", "/OpenAction", "/AcroForm", "/Names"} & set(root)
        assert "/JavaScript" not in str(root)


def test_equal_letters_have_equal_bytes(base: MessageContext, six: Mapping[str, Letter]) -> None:
    again = pressed(base)
    assert {name: one.pdf for name, one in again.items()} == {name: one.pdf for name, one in six.items()}


def test_hostile_texts_are_set_as_text(base: MessageContext) -> None:
    with LetterPress() as press:
        for hostile in CORPUS:
            text = hostile.text
            context = replace(
                base, recipient=Recipient(text, text, text, (text, text)), customer=replace(base.customer, name=text),
                demanded=tuple(replace(line, number=text) for line in base.demanded),
            )  # fmt: skip
            if len(text) > 200:  # four times that is no address
                with pytest.raises(UnfitLetterError):
                    press.letter(render(context), context)
                context = replace(context, recipient=Recipient("x"))
            letter = press.letter(render(context), context)
            reader = PdfReader(io.BytesIO(letter.pdf))
            assert 1 <= len(reader.pages) <= 8, hostile.name
            assert not any("/Annots" in page for page in reader.pages), hostile.name


def test_markup_is_printed_as_it_is_written(base: MessageContext) -> None:
    text = '#emph[x] *b* $a$ #import "x" @ref <l>'
    context = replace(base, recipient=Recipient(text))
    with LetterPress() as press:
        (first, *_) = read(press.letter(render(context), context))
    assert text in first


def test_what_no_font_has_is_told(base: MessageContext) -> None:
    context = replace(base, recipient=Recipient("日本商事 SARL"))
    with LetterPress() as press:
        letter = press.letter(render(context), context)
        assert set(letter.missing) == set("日本商事")
        assert press.letter(render(base), base).missing == ""


def test_a_press_whose_process_died_says_so_and_goes_on(base: MessageContext) -> None:
    made = render(base)
    with LetterPress() as press:
        first = press.letter(made, base)
        assert press._process is not None
        press._process.kill()
        press._process.wait()
        with pytest.raises(LetterError, match="ended"):
            press.letter(made, base)
        assert press.letter(made, base).pdf == first.pdf


def test_an_address_larger_than_the_window_is_no_letter(base: MessageContext) -> None:
    context = replace(base, recipient=Recipient("Société " + "très longue " * 90, None, None, ("1 rue", "Lyon")))
    with LetterPress() as press:
        with pytest.raises(UnfitLetterError, match="larger than the envelope's window"):
            press.letter(render(context), context)
        assert press.letter(render(base), base).pages == 2


def test_an_address_has_six_lines_at_most(base: MessageContext) -> None:
    long = replace(base, recipient=Recipient("Société", "Nadia", None, ("a", "b", "c", "d", "e", "f")))
    assert recipient_lines(long) == ["Société", "Nadia", "a", "b", "c", "d, e, f"]
    assert letter_data(render(long), long)["recipient"] == recipient_lines(long)


def test_the_worker_ends_with_its_input() -> None:
    made = subprocess.run(
        [sys.executable, "-m", "policy_engine.templates.letter_worker"], input=b"", capture_output=True, timeout=30,
        check=False,
    )  # fmt: skip
    assert (made.returncode, made.stdout) == (0, b"")
