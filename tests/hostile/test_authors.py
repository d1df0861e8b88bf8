"""Hostile authors: of the operator's file (by mistake), of templates and of the names of their files."""

import json
from pathlib import Path

import pytest

from tests.hostile.corpus import CORPUS, NAMES, Hostile, assert_inert_json, assert_inert_text, unseen
from tests.hostile.test_commands import dunning, html_shape  # noqa: F401 - a fixture
from tests.hostile.test_execution import DAY, POLICY, operators, portfolio

PLAIN = POLICY.replace(", also: [letter, call]", "").replace(
    ",\n         approval: {role: credit_manager, people: 1}", ""
)


@pytest.fixture(params=CORPUS, ids=NAMES)
def hostile(request) -> Hostile:
    return request.param


FIELDS = (
    "{said}: 1", "operator: {said}", "live: {said}", "redirect_to: {said}", "payee: {said}",
    "payee: {{name: {said}, iban: {said}, bic: {said}}}", "sender: {{name: {said}, {said}: {said}}}",
    "roles: {{{said}: [{said}]}}", "roles: {{a: {said}}}", "rights: {{void: {said}, {said}: a}}", "cool_off: {said}",
    "adapters: [{{name: {said}, uses: folder}}]", "adapters: [{{name: a, uses: {said}}}]",
    "adapters: [{{name: a, uses: folder, channels: {said}}}]",
    "adapters: [{{name: a, uses: folder, settings: {{path: {said}}}}}]",
    "adapters: [{{name: a, uses: folder, settings: {{{said}: {said}}}}}]",
    "rate_limits: {{{said}: {{per_day: {said}}}}}", "documents: {{folder: {said}, file: {said}}}",
)  # fmt: skip


def test_operators_files(dunning, hostile):  # noqa: F811
    said = json.dumps(hostile.text)
    Path("ops").mkdir()
    for number, line in enumerate(FIELDS):
        path = Path(f"ops/{number}.yaml")
        text = line.format(said=said)
        first = "" if text.startswith("operator:") else "operator: 1\n"
        path.write_text(f"{first}{text}\n", encoding="utf-8", errors="replace")
        code, out, _ = dunning("adapters", "check", "--operator", path)
        assert code in (0, 2)
        assert_inert_text(out)
    code, out, _ = dunning("adapters", "check", "--operator", "ops/0.yaml", "--format", "json")
    if code == 0:
        assert_inert_json(out)
    named = hostile.text.replace("\0", "").replace("/", "").encode("utf-8", "replace").decode()[:60]
    assert dunning("adapters", "check", f"--operator=ops/{named}")[0] == 2


def templates(text: str) -> None:
    """A template whose words are the text, and one whose file's name is."""
    folder = Path("pol/templates/fr")
    folder.mkdir(parents=True, exist_ok=True)
    body = f"{text}\n\n{text}\n\n# {text}\n\n- {text}\n\n{{{{ customer.name }}}}\n"
    (folder / "courtesy.jinja").write_bytes(body.encode("utf-8", "surrogatepass"))
    name = text.replace("\0", "").replace("/", "_")[:80].encode("utf-8", "replace").decode()
    (folder / f"{name}.jinja").write_text("Objet\n\ntexte\n", encoding="utf-8")


def test_templates(dunning, hostile):  # noqa: F811
    """What an author writes into a wording, in every place where it is shown: findings, pages, texts, the ledger."""
    Path("pol").mkdir()
    Path("pol/p.yaml").write_text(PLAIN, encoding="utf-8")
    Path("s.json").write_text(json.dumps(portfolio("Dupont")), encoding="utf-8")
    templates("harmless")
    shape = html_shape(
        dunning("preview", "C1", "-p", "pol/p.yaml", "-s", "s.json", "--lang", "fr", "--format", "html")[1]
    )
    templates(hostile.text)
    code, out, _ = dunning("validate", "pol/p.yaml")
    assert code in (0, 1)
    assert_inert_text(out)
    code, out, _ = dunning("validate", "pol/p.yaml", "--format", "json")
    assert_inert_json(out)
    given = ("preview", "C1", "-p", "pol/p.yaml", "-s", "s.json", "--lang", "fr")
    code, out, _ = dunning(*given)
    if code == 0:
        assert unseen(out) == set()
        page = dunning(*given, "--format", "html")[1]
        assert unseen(page) == set()
        kinds = {tag for tag, _ in html_shape(page)}
        assert kinds <= {tag for tag, _ in shape} | {"br", "ul", "li", "h2", "p", "strong", "hr"}
        assert_inert_json(dunning(*given, "--format", "json")[1])
        assert dunning("plan", "-p", "pol/p.yaml", "-s", "s.json", "-o", "plan.json")[0] == 0
        who = operators("Acme")
        run = ("execute", "plan.json", "--ledger", "l.db", "-s", "s.json", "-p", "pol/p.yaml", *DAY, *who)
        assert dunning(*run)[0] in (0, 2)
        if Path("l.db").exists():
            action = json.loads(Path("plan.json").read_text(encoding="utf-8"))["actions"][0]["id"]
            assert_inert_text(dunning("ledger", "show", action, "--ledger", "l.db")[1])
    else:
        assert out == ""


def test_customers_in_previews(dunning, hostile):  # noqa: F811
    Path("pol").mkdir()
    Path("pol/p.yaml").write_text(PLAIN, encoding="utf-8")
    Path("s.json").write_text(json.dumps(portfolio(hostile.text)), encoding="utf-8")
    given = ("preview", "C1", "-p", "pol/p.yaml", "-s", "s.json")
    for format_ in ("text", "html", "json"):
        code, out, _ = dunning(*given, "--format", format_)
        if code == 0:
            assert unseen(out) == set()
            if format_ == "html":
                assert not {"script", "img", "iframe", "a"} & {tag for tag, _ in html_shape(out)}
    argument = hostile.text.replace("\0", "").encode("utf-8", "replace").decode()
    assert dunning("preview", "-p", "pol/p.yaml", "-s", "s.json", f"--step={argument}", "--", argument)[0] == 2


@pytest.mark.parametrize("name", ["newlines", "ansi_clear", "script_end"])
def test_customers_in_letters(dunning, name):  # noqa: F811
    (entry,) = [one for one in CORPUS if one.name == name]
    Path("pol").mkdir()
    Path("pol/p.yaml").write_text(PLAIN, encoding="utf-8")
    Path("s.json").write_text(json.dumps(portfolio(entry.text)), encoding="utf-8")
    given = ("preview", "C1", "-p", "pol/p.yaml", "-s", "s.json", "--channel", "letter", "-o", "letter.pdf")
    assert dunning(*given)[0] == 0
    data = Path("letter.pdf").read_bytes()
    assert data.startswith(b"%PDF-")
    assert not any(word in data for word in (b"/JavaScript", b"/Launch", b"/URI", b"/EmbeddedFile"))
