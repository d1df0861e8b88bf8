"""`dunning preview` and what `dunning validate` says of templates."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from policy_engine.cli.main import run
from policy_engine.templates.sender_file import read_sender
from tests.hostile.corpus import CORPUS, NAMES, Hostile, assert_inert_json, assert_inert_text
from tests.templates.given import POLICY, TABLES, given

SENDER = """\
name: Dupont Fournitures SAS
address: [12 rue des Artisans, 69003 Lyon]
place: Lyon
payee: {holder: Dupont Fournitures SAS, account: FR76 3000 6000 0112 3456 7890 189}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    given(tmp_path)
    (tmp_path / "sender.yaml").write_text(SENDER, encoding="utf-8")
    return tmp_path


def dunning(*arguments: object) -> tuple[int, str, str]:
    import click

    codes: list[int] = []
    result = CliRunner().invoke(click.command()(lambda: codes.append(run([str(one) for one in arguments]))), [])
    assert result.exception is None, result.exc_info
    return codes[0], result.stdout, result.stderr


def preview(folder: Path, *more: object) -> tuple[int, str, str]:
    return dunning("preview", "C1", "-p", folder / "policy.yaml", "-s", folder / "snapshot.json", *more)


def test_what_is_planned_comes_without_a_mark(folder: Path) -> None:
    code, out, _ = preview(folder, "--sender", folder / "sender.yaml")
    assert code == 0
    assert out.startswith(
        "MISE EN DEMEURE de payer 6\u202f744,94\u00a0€ au plus tard le 07/12/2026\n\nLettre recommandée"
    )
    assert "terminant par 0189" in out
    assert "3000 6000" not in out


def test_another_step_is_a_marked_what_if(folder: Path) -> None:
    """Every overdue invoice as if it had reached the step: 6,000 + 300 + 300."""
    code, out, _ = preview(folder, "--step", "second_reminder", "--lang", "en")
    assert code == 0
    assert out.startswith("Second reminder: €6,600.00 to be paid by")
    assert "WHAT-IF: this step isn't due" in out
    assert [line.split()[0] for line in out.splitlines() if line.startswith("FA-")][:3] == ["FA-1", "FA-2", "FA-3"]


def test_json_has_everything_that_a_template_may_read(folder: Path) -> None:
    code, out, _ = preview(folder, "--format", "json")
    data = json.loads(out)
    assert (code, data["due"]) == (0, True)
    assert data["context"]["total"] == {"amount": "6744.94", "currency": "EUR"}
    assert data["context"]["demanded"][0]["periods"][2]["rate"] == {"percent": "12.4"}


def test_pages_and_letters_go_to_files(folder: Path) -> None:
    assert preview(folder, "-o", folder / "n.html")[0] == 0
    assert (folder / "n.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert preview(folder, "-o", folder / "n.pdf", "--step", "statement")[0] == 0
    assert (folder / "n.pdf").read_bytes().startswith(b"%PDF")
    assert preview(folder, "--format", "pdf")[0] == 2


def test_interventions_and_the_account(folder: Path) -> None:
    code, out, _ = preview(folder, "--step", "declare_claim")
    assert code == 0
    assert out.startswith("Déclarer la créance")
    assert "SIMULATION" in out
    code, out, _ = preview(folder, "--step", "statement")
    assert out.startswith("Relevé de compte au 20/11/2026")
    assert "SIMULATION" not in out


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--step", "formal_notise"], "did you mean `formal_notice`?"),
        (["--step", "settled_late"], "nothing is owed on invoices that `C1` paid late"),
    ],
)
def test_what_there_is_not_is_said(folder: Path, more: list[str], said: str) -> None:
    code, out, err = preview(folder, *more)
    assert (code, out) == (2, "")
    assert said in err


def test_a_customer_with_nothing_planned_needs_a_step(folder: Path) -> None:
    paid = [{**TABLES["payments"][0], "id": f"P{n}", "invoice": f"F{n}", "amount": amount}
            for n, amount in ((1, "10000.00"), (2, "300.00"), (3, "300.00"))]  # fmt: skip
    given(folder, payments=paid)
    code, _, err = preview(folder)
    assert code == 2
    assert "nothing is planned for `C1`" in err
    assert "no open invoice" in preview(folder, "--step", "courtesy_reminder")[2]
    code, out, _ = preview(folder, "--step", "settled_late")
    assert code == 0
    assert "FA-1" in out


HELD = """\
dunning: 1
policy: acme
extends: pack:fr-b2b
interventions:
  - {name: release, before: declare_claim, channel: order_release, once: customer}
ladders:
  standard:
    steps:
      - {name: hold, before: courtesy_reminder, stage: reminder, days: 3, channel: order_hold, undo: release}
"""


def test_a_step_that_carries_data_has_nothing_to_show(folder: Path) -> None:
    given(folder, HELD)
    code, out, err = preview(folder, "--step", "hold")
    assert (code, out) == (2, "")
    assert "nothing is written for `hold`: of the channel order hold only what has a `template` is" in err
    code, out, _ = preview(folder)  # the first that is planned and has words
    assert code == 0
    assert out.startswith("MISE EN DEMEURE")
    assert preview(folder, "--step", "hold", "--channel", "email", "--lang", "en")[0] == 0
    given(folder, HELD, history=[])
    code, _, err = preview(folder)
    assert (code, "what is planned for `C1` has no words (hold): name a step with --step" in err) == (2, True)


def test_a_senders_mistakes_are_located(tmp_path: Path) -> None:
    path = tmp_path / "sender.yaml"
    path.write_text("name: A\nadress: [x]\n", encoding="utf-8")
    found = read_sender(path)
    assert found.sender is None
    assert {(one.code, one.position.line) for one in found.diagnostics} >= {("DUN101", 2)}
    assert read_sender(tmp_path / "none.yaml").diagnostics[0].code == "DUN001"


def test_validate_names_templates_that_lack_and_what_is_wrong_in_them(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text(
        "dunning: 1\npolicy: acme\nextends: pack:fr-b2b\nladders:\n  standard:\n    steps:\n"
        "      - {name: second_reminder, template: secnd_reminder}\n",
        encoding="utf-8",
    )
    own = tmp_path / "templates" / "fr"
    own.mkdir(parents=True)
    (own / "courtesy.jinja").write_text("Objet\n\n{{ recipient.persn }}\n{{ recipient.person }}\n", encoding="utf-8")
    code, out, err = dunning("validate", tmp_path / "policy.yaml")
    said = out + err
    assert code == 1
    for channel in ("email", "letter"):
        for language in ("French", "English"):
            assert f"DUN440 there is no template `secnd_reminder` in {language} for the channel `{channel}`" in said
    assert "did you mean `second_reminder`?" in said
    assert "courtesy.jinja:3:14: DUN441 `recipient.persn` is not known in a message" in said
    assert "courtesy.jinja:4:14: DUN442 `recipient.person` may be missing" in said


@pytest.mark.parametrize("hostile", CORPUS, ids=NAMES)
def test_hostile_names_and_numbers_are_inert(tmp_path: Path, hostile: Hostile) -> None:
    text = hostile.text.replace("\0", "")[:150]
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        pytest.skip("no file can hold it")
    customers = [{**TABLES["customers"][0], "name": text}]
    invoices = [{**row, "number": text} if row["id"] == "F1" else row for row in TABLES["invoices"]]
    tables = {**TABLES, "customers": customers, "invoices": invoices}
    (tmp_path / "policy.yaml").write_text(POLICY, encoding="utf-8")
    plain = json.dumps(tables, default=lambda day: day.isoformat())
    (tmp_path / "snapshot.json").write_text(plain, encoding="utf-8")
    more = ("-p", tmp_path / "policy.yaml", "-s", tmp_path / "snapshot.json", "--step", "formal_notice")
    code, out, err = dunning("preview", "C1", *more)
    assert code in (0, 2)
    assert_inert_text(out + err)
    code, out, _ = dunning("preview", "C1", *more, "--format", "json")
    if code == 0:
        assert_inert_json(out)
