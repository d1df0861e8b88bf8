"""What the shipped templates say, in both languages and every channel."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import html

from policy_engine import templates
from policy_engine.templates.context import MessageContext, Money, Recipient
from policy_engine.templates.document import Column
from policy_engine.templates.render import MessageError, render
from policy_engine.templates.source import Folders
from policy_engine.templates.tables import table
from tests.hostile.corpus import CORPUS, NAMES, unseen
from tests.templates.given import notice

LANGUAGES = ("fr", "en")
SHIPPED = Folders().names("fr")


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> MessageContext:
    return notice(tmp_path_factory.mktemp("notice"), settled=True)


def plain(text: str) -> str:
    """Blanks of all kinds as one blank each: what a reader reads."""
    return re.sub(r"\s+", " ", text)


def test_both_languages_have_the_same_templates() -> None:
    assert Folders().names("en") == SHIPPED
    assert {"pre_due", "courtesy", "second_reminder", "call_script", "formal_notice", "agency_note", "legal_file",
            "declare_claim", "settled_late", "statement"} == set(SHIPPED)  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", SHIPPED)
def test_every_template_is_rendered(context: MessageContext, name: str, language: str) -> None:
    made = render(replace(context, template=name, language=language))
    assert made.subject
    assert "\n" not in made.subject
    assert len(made.text) > 150
    assert unseen(made.text) == set()
    assert max(map(len, made.text.splitlines())) <= 90
    page = html.fromstring(made.html)
    assert page.xpath("string(//title)") == made.subject
    assert page.get("lang") == language
    assert page.xpath("//script | //img | //link | //a | //iframe") == []


FORMAL_FR = (
    "Lettre recommandée avec avis de réception",
    "met en demeure Boulangerie Ménard SARL (n° 501298719) de lui payer la somme de 6 744,94 € au plus tard le",
    "au plus tard le 7 décembre 2026, soit dans un délai de 17 jours",
    "FA-1 01/05/2026 31/05/2026 173 10 000,00 € -4 000,00 € 6 000,00 €",
    "Principal 6 300,00 € Intérêts de retard 404,94 € Indemnités forfaitaires de recouvrement 40,00 €",
    "Total à payer 6 744,94 €",
    "FA-1 11/07/2026 20/11/2026 133 6 000,00 € 12,40 % 271,10 €",
    "C. com. art. L441-10 II",
    "D441-5",
    "nous confierons le recouvrement de cette créance à un tiers",
    "article 1344 du code civil",
    "compte habituel terminant par 0189",
    "Claire Martin",
    "Votre règlement partiel, dont nous vous remercions, et notre avoir sont déjà déduits",
    "Avoir AV-1",
    "La facture suivante est également échue et comprise dans la somme réclamée",
    "Pour information",
)


def test_a_formal_notice_says_everything_that_it_has_to(context: MessageContext) -> None:
    made = render(context)
    assert plain(made.subject) == "MISE EN DEMEURE de payer 6 744,94 € au plus tard le 07/12/2026"
    said = plain(made.text)
    assert [part for part in FORMAL_FR if plain(part) not in said] == []


def test_the_english_formal_notice_keeps_the_french_words(context: MessageContext) -> None:
    made = render(replace(context, language="en"))
    said = plain(made.text)
    assert made.subject == "FORMAL NOTICE (mise en demeure) to pay €6,744.94 by 2026-12-07"
    assert "hereby give formal notice (mise en demeure) to Boulangerie Ménard SARL" in said
    assert "to pay €6,744.94 by 7 December 2026" in said
    assert "Total to pay €6,744.94" in said


def test_reminders_ask_for_no_charges_that_the_policy_does_not_ask(context: MessageContext) -> None:
    lines = tuple(replace(line, interest=Money(0, "EUR"), lump_sums=Money(0, "EUR"), charges=(), periods=())
                  for line in context.demanded)  # fmt: skip
    plain_context = replace(
        context, template="second_reminder", demanded=lines, interest=Money(0, "EUR"), lump_sums=Money(0, "EUR")
    )
    said = plain(render(plain_context).text)
    assert "Ils ne sont pas réclamés à ce stade" in said
    assert "mise en demeure" not in said.lower()


def test_a_dispute_is_said_and_not_asked_for(context: MessageContext) -> None:
    line = replace(context.demanded[0], disputed=Money(150000, "EUR"), principal=Money(450000, "EUR"))
    said = plain(render(replace(context, demanded=(line,))).text)
    assert plain("La part que vous contestez, soit 1 500,00 €, n'est pas réclamée") in said


def test_a_channel_may_say_it_in_its_own_way(context: MessageContext) -> None:
    letter, mail = render(context, "registered_letter"), render(replace(context, channel="email"))
    assert "Lettre recommandée avec avis" in letter.text
    assert "Copie de notre lettre recommandée" in mail.text


def test_what_if_stands_at_the_head(context: MessageContext) -> None:
    made = render(replace(context, what_if=True))
    assert made.text.startswith("SIMULATION")
    assert 'class="b">SIMULATION' in made.html


def test_an_unknown_template_is_said(context: MessageContext) -> None:
    with pytest.raises(MessageError, match="there is no template `nothing` in French"):
        render(replace(context, template="nothing"))


def hostile_context(context: MessageContext, text: str) -> MessageContext:
    lines = tuple(replace(line, number=text) for line in context.demanded)
    return replace(
        context,
        demanded=lines,
        customer=replace(context.customer, name=text, registration=text),
        recipient=Recipient(text, text, text, (text, text), text, text),
        sender=replace(context.sender, name=text, signatory=text),
        listed=tuple(replace(row, number=text) for row in context.listed),
    )


@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.parametrize("hostile", CORPUS, ids=NAMES)
def test_hostile_texts_are_inert(context: MessageContext, hostile: object, name: str) -> None:
    text = hostile.text  # type: ignore[attr-defined]
    made = render(replace(hostile_context(context, text), template=name))
    harmless = render(replace(hostile_context(context, "Dupont"), template=name))
    assert "\r" not in made.subject + made.text
    assert "\n" not in made.subject
    assert len(made.subject) <= 150
    assert unseen(made.text + made.subject) == set()
    assert [type(block) for block in made.blocks] == [type(block) for block in harmless.blocks]
    page, expected = html.fromstring(made.html), html.fromstring(harmless.html)
    tags = lambda tree: [element.tag for element in tree.iter()]  # noqa: E731 - one line
    assert tags(page) == tags(expected)
    assert {a for e in page.iter() for a in e.attrib} <= {"lang", "charset", "name", "content", "class", "scope"}


@pytest.mark.parametrize("name", ["courtesy", "second_reminder", "formal_notice", "settled_late", "statement"])
def test_a_letter_does_not_ask_to_be_answered_like_an_e_mail(context: MessageContext, name: str) -> None:
    french = plain(render(replace(context, template=name, channel="letter")).text)
    english = plain(render(replace(context, template=name, channel="letter", language="en")).text)
    assert "ce message" not in french
    assert "this message" not in english


def test_an_e_mail_may_simply_be_answered(context: MessageContext) -> None:
    assert "répondez simplement à ce message" in plain(
        render(replace(context, template="courtesy", channel="email")).text
    )


@pytest.mark.parametrize("language", ["en", "fr"])
def test_listed_invoices_are_not_said_to_have_been_reminded(language):
    """An overdue invoice is listed before its own first reminder, too: the letter may not claim one that never left."""
    words = (Path(templates.__file__).parent / f"shipped/{language}/base_listed.jinja").read_text(encoding="utf-8")
    assert "remind" not in words
    assert "rappel" not in words
    assert "[table: listed]" in words


def test_a_charge_that_no_invoice_has_gets_no_column(context: MessageContext) -> None:
    """A lump sum that was waived isn't asked: `0.00` in its column would raise the question what it is."""
    nothing = replace(context.total, minor=0)
    waived = replace(context, demanded=tuple(replace(line, lump_sums=nothing) for line in context.demanded))
    assert [column.title for column in shown(context, "claim")] == [
        "Facture", "Principal", "Intérêts", "Indemnité", "Total",
    ]  # fmt: skip
    assert [column.title for column in shown(waived, "claim")] == ["Facture", "Principal", "Intérêts", "Total"]
    bare = replace(waived, demanded=tuple(replace(line, interest=nothing) for line in waived.demanded))
    made = table("claim", bare)
    assert made is not None
    assert {len(row) for row in (*made.rows, made.total or (), made.columns)} == {3}


def shown(context: MessageContext, name: str) -> tuple[Column, ...]:
    made = table(name, context)
    assert made is not None
    return made.columns


def test_a_page_breaks_no_word_of_a_table_and_its_tables_scroll_by_themselves(context: MessageContext) -> None:
    page = html.fromstring(render(replace(context, channel="email")).html)
    tables = page.findall(".//table")
    assert len(tables) >= 3
    assert {one.getparent().get("class") for one in tables} == {"t"}
    style = page.findtext(".//style") or ""
    cells = style[style.index("th,td{") :].partition("}")[0]
    assert "overflow-wrap:break-word" in cells  # `anywhere`, as of the page, lets a column shrink to a letter
    assert ".t{overflow-x:auto}" in style
