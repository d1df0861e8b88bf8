"""What authors of templates can't do: reach out, fill the memory, loop for ever, leave the folder, name an account."""

import os
import time
from dataclasses import replace
from pathlib import Path

import pytest
from jinja2.exceptions import SecurityError

from policy_engine.explanation.locale import locale_of
from policy_engine.templates.check import check_source, closure
from policy_engine.templates.context import MessageContext, Money
from policy_engine.templates.render import MessageError, render
from policy_engine.templates.sandbox import MAX_OUTPUT, TemplateLimitError, TemplateValueError, environment, rendered
from policy_engine.templates.source import Folders, Source, TemplateFileError
from policy_engine.values.accounts import account_in
from tests.templates.given import notice


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> MessageContext:
    return notice(tmp_path_factory.mktemp("notice"))


def folders(tmp_path: Path, **files: str) -> Folders:
    """A policy's folder with French templates of its own."""
    folder = tmp_path / "templates" / "fr"
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / f"{name}.jinja").write_text(text, encoding="utf-8")
    return Folders.beside(str(tmp_path / "policy.yaml"))


def codes(text: str) -> list[str]:
    return [found.code for found in check_source(Source("own.jinja", text, "own.jinja"), "fr", Folders())]


REFUSED = {
    "product": "{{ 'a' * 10**9 }}",
    "center": "{{ customer.name|center(999999999) }}",
    "range": "{% for i in range(10**9) %}x{% endfor %}",
    "percent": "{{ '%999999999d' % 1 }}",
    "format": "{{ customer.name.format(1) }}",
    "class": "{{ customer.__class__.__mro__ }}",
    "subscript": "{{ customer['name'] }}",
    "macro": "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "set_block": "{% set x %}a{% endset %}",
    "concat": "{% set a = 'x' ~ 'y' %}",
    "list": "{% for i in [1, 2] %}{% endfor %}",
    "call_block": "{% call x() %}{% endcall %}",
    "import": "{% import 'base.jinja' as b %}",
    "include_name": "{% include customer.name %}",
    "power": "{{ 9**9**9 }}",
    "super": "{% block subject %}{{ super() }}{% endblock %}",
    "filter": "{{ customer.name|attr('x') }}",
    "three_loops": "{% for a in lines %}{% for b in lines %}{% for c in lines %}{% endfor %}{% endfor %}{% endfor %}",
    "recursive": "{% for a in lines recursive %}{% endfor %}",
    "namespace": "{% set ns.x = 1 %}",
    "slice": "{{ customer.name[:2] }}",
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_what_is_refused_before_anything_runs(text: str) -> None:
    started = time.process_time()
    assert {"DUN443", "DUN441"} & set(codes(text))
    assert time.process_time() - started < 2


@pytest.mark.parametrize("text", ["{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}", "{% if as_of %}" * 2000, "{{"])
def test_what_is_no_template_is_said(text: str) -> None:
    assert set(codes(text)) <= {"DUN444", "DUN443"}
    assert codes(text) != []


@pytest.mark.parametrize(
    "text",
    ["{{ a * 1000 }}", "{{ a % 3 }}", "{{ a ** 3 }}", "{{ 'x' + 'y' }}", "{{ a / 2 }}", "{{ a // 2 }}", "{{ +a }}"],
)
def test_the_sandbox_below_intercepts_operators(text: str) -> None:
    with pytest.raises(SecurityError):
        rendered(environment({}, locale_of("fr")).from_string(text), {"a": 3})


@pytest.mark.parametrize("text", ["{{ a.upper() }}", "{{ m.__class__ }}", "{{ a.format }}", "{{ f() }}"])
def test_the_sandbox_below_calls_nothing(text: str) -> None:
    with pytest.raises((SecurityError, TemplateValueError)):
        rendered(environment({}, locale_of("fr")).from_string(text), {"a": "x", "m": Money(1, "EUR"), "f": len})


def test_loops_that_print_nothing_are_counted() -> None:
    text = "{% for a in n %}{% for b in n %}{% set x = 1 %}{% endfor %}{% endfor %}"
    with pytest.raises(TemplateLimitError):
        rendered(environment({}, locale_of("fr")).from_string(text), {"n": tuple(range(3000))})


def test_includes_that_double_are_counted() -> None:
    sources = {f"a{n}": f"{{% include 'a{n + 1}' %}}{{% include 'a{n + 1}' %}}" for n in range(30)} | {"a30": ""}
    started = time.process_time()
    with pytest.raises(TemplateLimitError):
        rendered(environment(sources, locale_of("fr")).get_template("a0"), {})
    assert time.process_time() - started < 5


def test_output_is_bounded() -> None:
    with pytest.raises(TemplateLimitError):
        rendered(environment({}, locale_of("fr")).from_string("x" * (MAX_OUTPUT + 1)), {})


def test_a_template_that_extends_itself_is_said(tmp_path: Path) -> None:
    own = folders(tmp_path, loop="{% extends 'loop.jinja' %}")
    assert [found.code for found in closure("loop.jinja", "fr", own)[1]] == ["DUN447"]


def test_the_policys_own_template_comes_first(tmp_path: Path, context: MessageContext) -> None:
    own = folders(
        tmp_path,
        formal_notice="{% extends 'base.jinja' %}{% block subject %}Notre mise en demeure{% endblock %}",
        base_closing="Bien à vous,",
    )
    made = render(context, folders=own)
    assert made.subject == "Notre mise en demeure"
    assert "Bien à vous," in made.text
    assert "Madame, Monsieur" in made.text


def test_a_channels_own_template_comes_before_the_general_one(tmp_path: Path, context: MessageContext) -> None:
    own = folders(tmp_path, formal_notice="Pour tous\n\ntexte")
    (tmp_path / "templates" / "fr" / "formal_notice.email.jinja").write_text("Par courriel\n\ntexte", encoding="utf-8")
    assert render(context, folders=own).subject == "Pour tous"
    assert render(replace(context, channel="email"), folders=own).subject == "Par courriel"


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="needs symbolic links")
def test_links_out_of_the_folder_are_refused(tmp_path: Path, context: MessageContext) -> None:
    own = folders(tmp_path / "policy")
    outside = tmp_path / "secret.jinja"
    outside.write_text("secret", encoding="utf-8")
    (tmp_path / "policy" / "templates" / "fr" / "courtesy.jinja").symlink_to(outside)
    with pytest.raises(TemplateFileError, match="leads out"):
        own.read("courtesy.jinja", "fr")
    with pytest.raises(MessageError, match="leads out"):
        render(replace(context, template="courtesy"), folders=own)


@pytest.mark.parametrize("name", ["../courtesy", "/etc/passwd", "a/b", "", "A", "x" * 80, "nul\0", "courtesy.jinja"])
def test_names_of_templates_are_plain_words(name: str) -> None:
    assert Folders().find(name, "fr", "email") is None
    assert Folders().read(name if name.endswith(".jinja") and "/" in name else "../base.jinja", "fr") is None


@pytest.mark.parametrize(
    "line",
    ["IBAN FR76 3000 6000 0112 3456 7890 189", "compte 30006 00001 12345678901 89", "GB29NWBK60161331926819",
     "BE68 5390 0754 7034", "DE89370400440532013000"],
)  # fmt: skip
def test_bank_accounts_are_findings(line: str) -> None:
    assert codes(f"Objet\n\n{line}\n") == ["DUN445"]


@pytest.mark.parametrize("line", ["RCS Lyon 123 456 789", "le 22 novembre 2026", "Tél. 04 00 00 00", "L441-10 II"])
def test_other_figures_are_none(line: str) -> None:
    assert codes(f"Objet\n\n{line}\n") == []


def test_every_shipped_template_passes_the_check() -> None:
    own = Folders()
    for language in ("fr", "en"):
        for name in own.names(language):  # type: ignore[arg-type]
            sources, wrong = closure(f"{name}.jinja", language, own)  # type: ignore[arg-type]
            assert wrong == []
            assert [one for s in sources for one in check_source(s, language, own)] == []  # type: ignore[arg-type]


def test_unknown_names_are_located_with_the_nearest() -> None:
    text = "Objet\n\nBonjour {{ recipient.persn }},\n{{ totl }}\n[table: demandd]\n"
    found = check_source(Source("own.jinja", text, "templates/fr/own.jinja"), "fr", Folders())
    assert [(one.code, one.position.line, one.position.column, one.help) for one in found] == [
        ("DUN441", 3, 22, "did you mean `person`?"),
        ("DUN441", 4, 4, "did you mean `total`?"),
        ("DUN441", 5, 9, "did you mean `demanded`?"),
    ]


def test_what_may_be_missing_is_asked_for_first() -> None:
    assert codes("{{ recipient.person }}") == ["DUN442"]
    assert codes("{% if recipient.person %}{{ recipient.person }}{% endif %}") == []
    assert codes("{% if not recipient.person %}{% else %}{{ recipient.person }}{% endif %}") == []
    assert codes("{% if following %}{{ following.name }}{% endif %}{{ following.name }}") == ["DUN442"]
    assert codes("{{ lines }}") == ["DUN442"]
    assert codes("{% for c in customer.name %}{% endfor %}") == ["DUN442"]


SPELLINGS = [
    "fr76 3000 6000 0112 3456 7890 189",
    "FR76\u00a03000\u202f6000\u20090112 3456 7890 189",
    "F R 7 6 3 0 0 0 6 0 0 0 0 1 1 2 3 4 5 6 7 8 9 0 1 8 9",
    "F\u200bR76\u200d3000\ufeff6000\u00ad0112\u20603456 7890 189",
    "\uff26\uff32\uff17\uff16 3000 6000 0112 3456 7890 189",
    "FR76<b>3000</b>6000&nbsp;0112&#32;3456 7890 &#49;89",
    "FR76 / 3000 / 6000 / 0112 / 3456 / 7890 / 189",
    "FR76\n3000\n6000\n0112\n3456\n7890\n189",
    'FR76{# #}3000{{ "6000" }}0112{% if total %}3456{% endif %}{{ "7890 189" }}',
    "\u0412\u0415 68 5390 0754 7034",
    "sort code 20-00-00, account 12345678",
    "Routing number: 021000021",
    "compte n\u00b0 1234567",
    "RIB 30006 00001 12345678901 89",
]


@pytest.mark.parametrize("line", SPELLINGS)
def test_bank_accounts_however_they_are_spelled(line: str) -> None:
    assert set(codes(f"Objet\n\n{line}\n")) == {"DUN445"}


PIECES = {
    "sums": "FR{{ oldest_days_late - oldest_days_late + 76 }} {{ 3000 }} {{ 6000 }} 0112 3456 {{ 7890 }} 189",
    "texts": "{{ 'F' }}{{ 'R' }}{{ 76 }} {{ 3000 }} {{ 6000 }} 0112 345{{ 6 }} {{ 7890 }} 189",
    "parts": "FR76 3000 {% include 'part.jinja' %}",
}


@pytest.mark.parametrize("name", PIECES)
def test_accounts_put_together_from_pieces_are_not_printed(name: str, tmp_path: Path, context: MessageContext) -> None:
    own = folders(tmp_path, courtesy=f"Objet\n\n{PIECES[name]}\n", part="600001\n12 3{{ 456 }} 7{{ 890 }} 189")
    with pytest.raises(MessageError, match="bank account"):
        render(replace(context, template="courtesy"), folders=own)


def test_accounts_in_the_data_are_the_customers_own(tmp_path: Path, context: MessageContext) -> None:
    own = folders(tmp_path, courtesy="Objet\n\n{{ recipient.company }} {{ oldest_days_late }}\n")
    name = "FR7630006000011234567890189"
    given = replace(context, template="courtesy", recipient=replace(context.recipient, company=name))
    assert name in render(given, folders=own).text


def test_reading_for_accounts_takes_time_in_proportion() -> None:
    started = time.monotonic()
    for text in ("DE12 ", "12 ", "<", "account no ", "&#", "FR76"):
        account_in(text * (64_000 // len(text)))
    assert time.monotonic() - started < 20


@pytest.mark.parametrize("asked", ["total > 1000", "total < total", "customer.name < 3", "oldest_days_late|length"])
def test_values_that_cannot_be_compared_are_a_mistake_of_the_template(
    asked: str, tmp_path: Path, context: MessageContext
) -> None:
    own = folders(tmp_path, courtesy=f"Objet\n\n{{% if {asked} %}}Oui{{% endif %}}\n")
    given = replace(context, template="courtesy")
    with pytest.raises(MessageError, match="can't be rendered: it compares or counts values"):
        render(given, folders=own)
