"""The page of the packs, word for word; the formats; hostile words stay words."""

import json
import os
import re
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner

from policy_engine.cli.main import app, run
from policy_engine.description.build import describe
from policy_engine.description.render import render
from policy_engine.language.load import load_policy

ROOT = Path(__file__).parents[2]
GOLDEN = Path(__file__).parent / "golden"
AS_OF = date(2026, 10, 30)
HOSTILE = "</script><img src=x onerror=alert(1)> | **bold** @everyone `code` \x1b[31m\u202e [a](http://b) ::error::"


def _page(path: Path, language: str, kind: str) -> str:
    found = load_policy(path, as_of=AS_OF)
    assert found.policy is not None, [d.render() for d in found.diagnostics]
    page = describe(
        found.policy, language="fr" if language == "fr" else "en", as_of=AS_OF, description=found.description or ""
    )
    return render(page, kind)


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("pack", ["fr-b2b", "minimal"])
def test_the_packs_pages(pack: str, language: str) -> None:
    made = _page(ROOT / "policies" / f"{pack}.yaml", language, "markdown")
    made = re.sub(r"`[0-9a-f]{12}`", "`digest`", made, count=1)  # the digest changes with every key of the language
    golden = GOLDEN / f"{pack}.{language}.md"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(made, encoding="utf-8")
    assert made == golden.read_text(encoding="utf-8")


class _Outline(HTMLParser):
    """Tags that aren't closed, and those that could do something."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.attributes: set[str] = set()
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_html_is_well_formed_and_fetches_nothing(language: str) -> None:
    made = _page(ROOT / "policies" / "fr-b2b.yaml", language, "html")
    outline = _Outline()
    outline.feed(made)
    outline.close()
    assert outline.open == []
    assert not outline.seen & {"script", "img", "link", "iframe", "a", "form"}
    assert not {name for name in outline.attributes if name.startswith("on") or name in ("src", "href", "style")}
    assert made.count("<circle") > 20


def _hostile(tmp_path: Path) -> Path:
    path = tmp_path / "hostile.yaml"
    path.write_text(
        "dunning: 1\npolicy: p\nversion: 1\ncurrency: EUR\nlocale: en-GB\nstages: [reminder]\n"
        f"description: {json.dumps('Z ' + HOSTILE)}\n"
        "segments:\n  - name: a\n    when: >-\n"
        f"      customer.category == {json.dumps(HOSTILE.replace(chr(27), '').replace(chr(0x202E), ''))}\n"
        "    ladder: none\n  - name: b\n    ladder: one\n"
        "ladders:\n  one:\n    steps:\n      - {name: s, stage: reminder, days: 3, channel: email}\n",
        encoding="utf-8",
    )
    return path


def test_hostile_words_stay_words_in_html(tmp_path: Path) -> None:
    made = _page(_hostile(tmp_path), "en", "html")
    outline = _Outline()
    outline.feed(made)
    assert not outline.seen & {"script", "img", "a"}
    assert any("<img src=x onerror=alert(1)>" in text for text in outline.text)
    assert "\x1b" not in made
    assert "\u202e" not in made


def test_hostile_words_stay_words_in_markdown(tmp_path: Path) -> None:
    made = _page(_hostile(tmp_path), "en", "markdown")
    assert "\x1b" not in made
    assert "\u202e" not in made
    for line in made.splitlines():
        outside = "".join(line.split("``")[::2])
        assert "<img" not in outside
        assert "**bold**" not in outside
        assert "@everyone" not in outside


def test_json_names_each_block() -> None:
    data = json.loads(_page(ROOT / "policies" / "fr-b2b.yaml", "fr", "json"))
    assert data["language"] == "fr"
    kinds = [block["block"] for section in data["sections"] for block in section["blocks"]]
    assert {"table", "bullets", "paragraph", "timeline"} == set(kinds)


def test_the_page_follows_the_policy(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(
        "dunning: 1\npolicy: mine\nversion: 2\nextends: pack:fr-b2b\neffective: {from: 2026-07-01}\n"
        "ladders:\n  standard:\n    steps:\n      - {name: formal_notice, days: 37}\n",
        encoding="utf-8",
    )
    made = _page(path, "en", "markdown")
    assert "| formal notice | D+37 | D+60 | D+23 |" in made
    assert "In force: **from 2026-07-01**" in made


CREDIT = """
credit:
  exposure: [outstanding, unbilled_orders]
  roll_up: parent
  decisions:
    - name: over_limit
      when: customer.exposure + order.amount > customer.credit_limit
      decision: refer
      role: credit_manager
    - name: fine
      decision: approve
  alerts:
    - name: utilisation
      when: customer.exposure / customer.credit_limit > 0.8
"""


def test_credit_rules_are_told(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("dunning: 1\npolicy: mine\nversion: 2\nextends: pack:minimal\n" + CREDIT, encoding="utf-8")
    made = _page(path, "fr", "markdown").replace("\u00a0", " ")
    assert (
        "- **over limit** : décision par : responsable crédit si l’encours du client plus le montant de la commande"
        " dépasse la limite de crédit" in made
    )
    assert "- **fine** : la commande passe dans tous les autres cas" in made
    assert "alerte si le rapport entre l’encours du client et la limite de crédit dépasse 80 %" in made


def test_command_writes_html_by_the_name_of_the_file(tmp_path: Path) -> None:
    out = tmp_path / "page.html"
    assert run(["describe", str(ROOT / "policies" / "minimal.yaml"), "-o", str(out), "--as-of", "2026-10-30"]) == 0
    assert out.read_text(encoding="utf-8").startswith("<!doctype html>\n<html lang=")


def test_command_takes_the_language_of_the_policy(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["describe", str(ROOT / "policies" / "fr-b2b.yaml"), "--as-of", "2026-10-30"]) == 0
    assert "## Qui est relancé, et comment" in capsys.readouterr().out


def test_command_refuses_a_broken_policy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text("dunning: 1\npolicy: p\n", encoding="utf-8")
    assert run(["describe", str(path)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "DUN" in captured.err


def test_help_has_an_example() -> None:
    said = CliRunner().invoke(app, ["describe", "--help"]).output
    assert "Example: dunning describe policies/fr-b2b.yaml" in said
