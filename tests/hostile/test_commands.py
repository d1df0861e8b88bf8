"""Hostile strings through the commands: as names, numbers, ids, reasons, file names, arguments and policy texts.

Each string goes everywhere at once, because what matters is what comes out; what a command refuses it refuses inertly.
"""

import contextlib
import csv
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from lxml import html

from policy_engine.cli import actor
from policy_engine.cli.main import run
from policy_engine.snapshot.read import read_snapshot
from policy_engine.values.text import nfc
from tests.hostile.corpus import (
    CORPUS,
    NAMES,
    Hostile,
    assert_inert_json,
    assert_inert_markdown,
    assert_inert_sarif,
    assert_inert_text,
    markdown_shape,
    runner_commands,
    texts_of,
    unseen,
)
from tests.reporting.samples import checked_junit, checked_sarif

POLICY = """\
dunning: 1
policy: small
currency: EUR
holds:
  - {name: disputed, when: invoice.disputed}
segments:
  - {name: everybody, ladder: standard}
ladders:
  standard:
    steps:
      - {name: courtesy_reminder, stage: reminder, days: 3, channel: email, template: courtesy}
"""
EXPORT = Path(__file__).parents[2] / "examples" / "mappings"
FEC = Path(__file__).parents[2] / "examples" / "fec" / "123456789FEC20261231.txt"


@pytest.fixture(params=CORPUS, ids=NAMES)
def hostile(request) -> Hostile:
    return request.param


@pytest.fixture
def dunning(tmp_path, monkeypatch):
    """Run the command line in an empty folder: exit code, stdout, stderr. Nothing ends in an internal error."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    monkeypatch.setattr(actor, "actor", lambda: "m.leroy")
    Path("p.yaml").write_text(POLICY, encoding="utf-8")

    def call(*arguments: object) -> tuple[int, str, str]:
        import click

        codes: list[int] = []
        result = CliRunner().invoke(click.command()(lambda: codes.append(run([str(one) for one in arguments]))), [])
        assert result.exception is None, result.exc_info
        assert codes[0] in (0, 1, 2, 3), result.stderr
        assert_inert_text(result.stderr)
        return codes[0], result.stdout, result.stderr

    return call


def snapshot_with(text: str, *, ids: bool) -> None:
    """A snapshot with the text wherever a text may stand; in ids too, which must then be taken or refused."""
    key = text if ids else "C1"
    invoice = text if ids else "F1"
    data = {
        "manifest": {"as_of": "2026-11-20", "source": text, "payments_complete_through": "2026-11-19"},
        "customers": [
            {"id": key, "name": text, "kind": "business"},
            {"id": "C9", "name": text, "kind": "business", "category": text},
        ],
        "contact_persons": [
            {"id": "K1", "customer": key, "email": "a@example.org", "name": text, "role": text},
            {"id": "K9", "customer": "C9", "email": "c@example.org", "name": text},
        ],
        "invoices": [
            {
                "id": invoice,
                "number": text,
                "customer": key,
                "kind": "invoice",
                "currency": "EUR",
                "amount": "1200.00",
                "issue_date": "2026-09-15",
                "due_date": "2026-10-15",
            },
            {
                "id": "F9",
                "number": f"{text} 9",
                "customer": "C9",
                "kind": "invoice",
                "currency": "EUR",
                "amount": "900.00",
                "issue_date": "2026-09-15",
                "due_date": "2026-10-15",
            },
            {"id": "F2", "customer": text, "kind": text, "currency": text, "amount": text, "issue_date": text},
        ],
        "blocks": [{"id": "B1", "customer": key, "from": "2026-11-01", "reason": text}],
        "notes": [{"id": "N1", "customer": key, "date": "2026-11-01", "text": text}],
    }
    Path("s.json").write_text(json.dumps(data), encoding="utf-8")


@pytest.mark.parametrize("ids", [False, True], ids=["names", "ids"])
@pytest.mark.parametrize("format_", ["text", "json"])
def test_plan_explain_and_triage(dunning, hostile, ids, format_):
    snapshot_with(hostile.text, ids=ids)
    given = ("-p", "p.yaml", "-s", "s.json", "--accept-unattributed", "9", "--format", format_)
    for command in (
        ["plan"],
        ["plan", "--lang", "fr"],
        ["why", "C1"],
        ["why", "C9"],
        ["why", "--", hostile.text],
        ["triage"],
    ):
        verb, rest = command[0], command[1:]
        code, out, _ = dunning(verb, *given, *rest)
        if code == 0 and format_ == "json":
            data = assert_inert_json(out)
            if verb == "plan" and not ids:
                assert any(nfc(hostile.text).strip() in text for text in texts_of(data))
        else:
            assert_inert_text(out)


def test_a_plan_in_a_file_reads_back_equal(dunning, hostile):
    snapshot_with(hostile.text, ids=False)
    code, _, _ = dunning("plan", "-p", "p.yaml", "-s", "s.json", "--accept-unattributed", "9", "-o", "plan.json")
    if code != 0:
        assert hostile.name == "lone_surrogate"
        return
    data = assert_inert_json(Path("plan.json").read_text(encoding="utf-8"))
    assert [action["customer_name"] for action in data["actions"]] in ([], [nfc(hostile.text).strip()])
    assert dunning("schema", "--check", "plan.json")[0] == 0


def policies_with(text: str) -> None:
    """Three policies: the text quoted wherever a text may stand, raw inside a value, and as the whole file."""
    quoted = json.dumps(text)
    Path("quoted.yaml").write_text(
        POLICY.replace("policy: small", f"policy: {quoted}\ndescription: {quoted}\n{quoted}: {quoted}")
        .replace("template: courtesy", f"template: {quoted}")
        .replace("when: invoice.disputed", f"when: {quoted}"),
        encoding="utf-8",
    )
    raw = POLICY.replace("when: invoice.disputed}", "when: invoice.disputed}\n  - name: x\n    when: " + text)
    for name, content in (("raw.yaml", raw), ("whole.yaml", text)):
        Path(name).write_bytes(content.encode("utf-8", "surrogatepass"))


def checked(format_: str, out: str) -> None:
    if format_ == "text":
        assert_inert_text(out)
    elif format_ == "json":
        assert_inert_json(out)
    elif format_ == "sarif":
        assert_inert_json(out)
        assert_inert_sarif(checked_sarif(out))
    elif format_ == "junit":
        assert unseen(out) == set()
        assert list(runner_commands(out)) == []
        checked_junit(out)
    elif format_ == "github":
        assert unseen(out) == set()
        for command, properties, data in runner_commands(out):
            assert command in {"error", "warning", "notice"}
            assert set(properties) <= {"file", "line", "col", "endColumn", "title"}
            assert unseen(data) == set()
    else:
        assert_inert_markdown(out, out)


@pytest.mark.parametrize("format_", ["text", "json", "sarif", "junit", "github", "markdown"])
def test_validate(dunning, hostile, format_):
    policies_with(hostile.text)
    code, out, _ = dunning("validate", "quoted.yaml", "raw.yaml", "whole.yaml", "--format", format_)
    assert code in (1, 2)
    checked(format_, out)
    assert dunning("validate", "--format", format_, "--", f"{hostile.text}.yaml")[0] == 2


def test_validate_resolved(dunning, hostile):
    policies_with(hostile.text)
    _, out, _ = dunning("validate", "--resolved", "quoted.yaml")
    assert unseen(out) == set()
    _, out, _ = dunning("validate", "--resolved", "--format", "json", "quoted.yaml")
    assert_inert_json(out)


def suites_with(text: str) -> None:
    """Policy tests with the text as names, ids, cells and expectations; JSON texts are YAML's too."""
    quoted = json.dumps(text)
    given = f"{{customer: {{id: {quoted}, name: {quoted}}}, invoice: {{id: {quoted}, days_late: 3}}}}"
    lines = ["dunning_test: 1", "policy: p.yaml", "as_of: 2026-06-30", "tests:"]
    for number, expect in enumerate(
        (f"{{outcomes: {{{quoted}: held}}}}", f"{{actions: [{{step: {quoted}}}]}}", f"{{segments: {{C: {quoted}}}}}")
    ):
        lines += [f"  - name: {json.dumps(f'{number} {text}'[:190])}", f"    given: {given}", f"    expect: {expect}"]
    Path("names.test.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8", errors="replace")
    Path("keys.test.yaml").write_text(f"dunning_test: 1\n{quoted}: {quoted}\n", encoding="utf-8", errors="replace")


@pytest.mark.parametrize("format_", ["text", "json", "sarif", "junit", "github", "markdown"])
def test_test(dunning, hostile, format_):
    suites_with(hostile.text)
    for name in ("names", "keys"):
        code, out, _ = dunning("test", f"{name}.test.yaml", "--coverage", "--format", format_)
        assert code in (1, 2)
        checked(format_, out)


def test_arguments(dunning, hostile):
    text = hostile.text
    if "\0" in text or hostile.name == "lone_surrogate":
        text = text.replace("\0", "").encode("utf-8", "replace").decode()  # no process can be started with these
    for arguments in (
        [text],
        ["plan", "-p", text, "-s", text],
        ["plan", "-p", "p.yaml", "-s", text, "--as-of", "2026-11-20"],
        ["plan", "-p", "p.yaml", "-s", "s.json", "--format", text],
        ["plan", "-p", "p.yaml", "-s", "s.json", "--as-of", text],
        ["plan", "-p", "p.yaml", "-s", "s.json", f"--{text}"],
        ["validate", "p.yaml", "--rates", text],
        ["test", "--", text],
        ["test", "p.yaml", "-p", text],
        ["test", "-k", text],
        ["schema", "--", text],
        ["schema", "--check", text],
        ["rates", "list", "--", text],
        ["rates", "list", "--rates", text],
        ["desk", "list", "--desk", text],
        ["desk", "close", "--", text],
        ["import", "csv", "--mapping", text, "--as-of", "2026-11-20", "-o", "out", "--", text],
        ["import", "fec", "--as-of", "2026-11-20", "--terms", "net_30", "--", text],
    ):
        code, out, _ = dunning(*arguments)
        assert_inert_text(out)
        assert code in (0, 2)


def test_desk(dunning, hostile):
    text = hostile.text
    noted = []
    for arguments in (
        ["note", "--customer", "C1", "--", text],
        ["block", "--customer", "C1", "--reason", text],
        ["dispute", "--invoice", "F1", "--reason", text],
        ["dispute", "--invoice", text, "--reason", "x"],
        ["block", "--customer", text],
        ["waive", "--invoice", "F1", "--penalty", text],
    ):
        code, out, _ = dunning("desk", arguments[0], "--on", "2026-11-20", "--format", "json", *arguments[1:])
        if code == 0:
            noted.append(assert_inert_json(out))
    for entry in noted:
        with Path(entry["file"]).open(encoding="utf-8", newline="") as file:
            rows = {row["id"]: row for row in csv.DictReader(file)}
        kept = {name: cell for name, cell in rows[entry["id"]].items() if cell}
        assert kept == {name: cell for name, cell in entry["row"].items() if cell}
    _, out, _ = dunning("desk", "list")
    assert_inert_text(out)
    code, out, _ = dunning("desk", "list", "--format", "json")
    if code == 0:
        assert_inert_json(out)


@pytest.mark.parametrize("format_", ["text", "json"])
def test_import_csv(dunning, hostile, format_):
    sample = (EXPORT / "samples/erpnext-accounts-receivable.csv").read_text(encoding="utf-8")
    with io.StringIO(sample, newline="") as stream:
        rows = list(csv.reader(stream))
    place = rows[0].index("Customer Name") if "Customer Name" in rows[0] else 0
    for row in rows[1:3]:
        row[place] = hostile.text
    with Path("export.csv").open("w", encoding="utf-8", errors="surrogatepass", newline="") as stream:
        csv.writer(stream).writerows(rows)
    mapping = EXPORT / "erpnext-accounts-receivable.yaml"
    given = ["import", "csv", "--mapping", mapping, "--as-of", "2026-11-20", "-o", "out", "--format", format_]
    code, out, _ = dunning(*given, "export.csv")
    (assert_inert_json if format_ == "json" else assert_inert_text)(out)
    if code == 0:
        snapshot = read_snapshot([Path("out")]).snapshot
        assert snapshot is not None
        assert snapshot.problems == ()
        name = nfc(hostile.text).replace("\r\n", "\n").replace("\r", "\n").strip()
        assert name in {account.customer.name for account in snapshot.accounts}
    _, out, _ = dunning("import", "csv", "--guess", "-o", "guess.yaml", "export.csv")
    assert_inert_text(out)
    with contextlib.suppress(FileNotFoundError):
        assert_inert_text(Path("guess.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("format_", ["text", "json"])
def test_import_fec(dunning, hostile, format_):
    content = FEC.read_bytes().decode("iso-8859-15")
    word = hostile.text.encode("utf-8", "surrogatepass").decode("iso-8859-15")
    Path("123456789FEC20261231.txt").write_bytes(
        content.replace("Menuiserie Duval SARL", word).replace("CDUVAL", word[:20]).encode("iso-8859-15")
    )
    given = ["import", "fec", "--as-of", "2026-11-20", "--terms", "net_30", "--kind", "business", "--format", format_]
    code, out, _ = dunning(*given, "-o", "out", "123456789FEC20261231.txt")
    (assert_inert_json if format_ == "json" else assert_inert_text)(out)
    if code == 0:
        snapshot = read_snapshot([Path("out")]).snapshot
        assert snapshot is not None
        assert snapshot.problems == ()


def test_the_triage_worksheet_is_no_program(dunning, hostile):
    """A spreadsheet opens it: no cell is a formula, whatever a customer is called, and it reads back."""
    snapshot_with(hostile.text, ids=False)
    given = ("triage", "-p", "p.yaml", "-s", "s.json", "--accept-unattributed", "9")
    code, out, _ = dunning(*given, "--worksheet", "triage.csv")
    assert_inert_text(out)
    if code != 0:
        assert hostile.name == "lone_surrogate"
        return
    text = Path("triage.csv").read_bytes().decode("utf-8-sig")
    cells = [cell for row in csv.reader(io.StringIO(text, newline="")) for cell in row]
    assert [cell for cell in cells if cell[:1] in set("=+-@\t\r") and not cell[1:2].isdigit()] == []
    assert unseen(text.replace("\r\n", "\n")) == set()
    assert max(map(len, cells)) <= 32_767
    code, out, _ = dunning(*given, "--apply", "triage.csv")
    assert_inert_text(out)
    assert code in (0, 1, 2)


@pytest.mark.parametrize("ids", [False, True], ids=["names", "ids"])
def test_simulate(dunning, hostile, ids):
    """Names of scenarios and rules, reasons of disputes, customers and invoices, in every format and table."""
    snapshot_with(hostile.text, ids=ids)
    scenario = {
        "scenario": 1,
        "name": hostile.text,
        "description": hostile.text,
        "days": 12,
        "rules": [{"name": hostile.text, "pays": {"days": 45}}],
        "disputes": [{"invoice": "F1", "opened": "2026-11-21", "reason": hostile.text}],
        "invoices": [{"id": hostile.text, "customer": "C1", "amount": 5, "issued": "2026-11-21", "due": "2026-11-22"}],
    }
    if ids:
        scenario = {**scenario, "name": "ids", "description": "ids", "rules": [], "disputes": [], "invoices": []}
    Path("c.yaml").write_text(json.dumps(scenario), encoding="utf-8")
    Path("q.yaml").write_text(POLICY.replace("days: 3", "days: 38"), encoding="utf-8")
    given = ("simulate", "-p", "p.yaml", "-p", "q.yaml", "-s", "s.json", "-c", "c.yaml", "--accept-unattributed", "9")
    for language in ("en", "fr"):
        code, out, _ = dunning(*given, "--lang", language)
        assert code in (0, 2)
        assert_inert_text(out)
    code, out, _ = dunning(*given, "--format", "json")
    if code == 0:
        assert_inert_json(out)
    for table in ("weeks", "days", "actions", "customers", "differences"):
        code, out, _ = dunning(*given, "--format", "csv", "--table", table)
        if code == 0:
            assert unseen(out) == set()
            for row in csv.reader(io.StringIO(out)):
                assert not any(cell.lstrip().startswith(("=", "+", "@", "＝", "＋", "－", "＠")) for cell in row)


SOUND = ("told.yaml", "literal.yaml")


def told_with(text: str) -> None:
    """A sound policy with the text in its description and as a literal, where the language lets it through."""
    quoted = json.dumps(text)
    literal = POLICY.replace(
        "{name: everybody, ladder: standard}",
        "{name: named, ladder: standard, when: " + json.dumps(f"customer.category == {quoted}") + "}\n"
        "  - {name: everybody, ladder: standard}",
    )
    for name, policy in (("told.yaml", POLICY), ("literal.yaml", literal)):
        Path(name).write_text(
            policy.replace("currency: EUR", f"currency: EUR\ndescription: {quoted}"), encoding="utf-8"
        )


def html_shape(text: str) -> list[tuple[str, tuple[str, ...]]]:
    """Elements and the names of their attributes."""
    return [
        (element.tag if isinstance(element.tag, str) else "comment", tuple(sorted(element.attrib)))
        for element in html.document_fromstring(text).iter()
    ]


@pytest.mark.parametrize("format_", ["markdown", "html", "json"])
def test_describe(dunning, hostile, format_):
    told_with("harmless")
    pages = {name: dunning("describe", name, "--format", format_, "--as-of", "2026-10-30") for name in SOUND}
    told_with(hostile.text)
    for name in SOUND:
        code, out, _ = dunning("describe", name, "--format", format_, "--as-of", "2026-10-30")
        if code != 0:
            assert out == ""
            continue
        if format_ == "json":
            assert_inert_json(out)
        elif format_ == "html":
            assert unseen(out) == set()
            assert html_shape(out) == html_shape(pages[name][1])
        else:
            assert unseen(out) == set()
            assert list(runner_commands(out)) == []
            assert markdown_shape(out) == markdown_shape(pages[name][1])


@pytest.mark.parametrize("format_", ["text", "json"])
def test_policies_that_say_it_in_plans(dunning, hostile, format_):
    told_with(hostile.text)
    snapshot_with(hostile.text, ids=False)
    given = ("-p", "literal.yaml", "-s", "s.json", "--accept-unattributed", "9", "--format", format_)
    for verb, *rest in (["plan"], ["why", "C1"], ["triage"]):
        code, out, _ = dunning(verb, *given, *rest)
        (assert_inert_json if format_ == "json" and code == 0 else assert_inert_text)(out)


RUNNABLE = """\
dunning_test: 1
policy: p.yaml
as_of: 2026-06-30
tests:
  - name: TEXT
    given:
      customer: {name: TEXT, category: TEXT}
      invoice: {days_late: 3, number: TEXT}
    expect:
      actions: []
"""


@pytest.mark.parametrize("format_", ["text", "json", "sarif", "junit", "github", "markdown"])
def test_a_policy_test_that_fails(dunning, hostile, format_):
    """The customer is reminded where nothing was expected: names come out with the difference and the explanation."""
    content = RUNNABLE.replace("TEXT", json.dumps(hostile.text))
    Path("x.test.yaml").write_text(content, encoding="utf-8")
    code, out, _ = dunning("test", "--format", format_, "--coverage", "x.test.yaml")
    assert code in (1, 2)
    checked(format_, out)


@pytest.mark.parametrize("format_", ["text", "json", "sarif", "junit", "github", "markdown"])
def test_diff(dunning, hostile, format_):
    """Real names in a pull request's comment: asked for with `--names`, and inert."""
    snapshot_with(hostile.text, ids=False)
    told_with(hostile.text)
    given = ("diff", "-s", "s.json", "--accept-unattributed", "9", "--names", "--explanations", "--format", format_)
    Path("q.yaml").write_text(POLICY.replace("days: 3", "days: 38"), encoding="utf-8")
    for old, new in (("p.yaml", "q.yaml"), ("p.yaml", "told.yaml")):
        code, out, _ = dunning(*given, "-p", old, "-p", new, "--max-changed", "0")
        assert code in (0, 1, 2)
        if code != 2:
            checked(format_, out)
