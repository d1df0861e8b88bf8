"""Letters in batches: whole or not there, never twice, refused when unfit, marked in trials."""

import csv
import io
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from pypdf import PdfReader

from policy_engine.adapters import batches as batches_module
from policy_engine.adapters.batches import Batches
from policy_engine.adapters.folder import FolderAdapter
from policy_engine.adapters.letters import COLUMNS, KIND, LettersAdapter, LettersSettings
from policy_engine.execution.documents import Documents
from policy_engine.execution.job import Adapter, Checked, Job, Refused, Retry
from policy_engine.execution.kinds import Surroundings
from policy_engine.language.check import check_model
from policy_engine.language.findings import Findings
from policy_engine.language.yaml import read_yaml
from policy_engine.templates.context import Sender
from policy_engine.templates.letter import letter_data
from policy_engine.templates.render import render
from tests.templates.given import SENDER, notice

DAY = "2026-11-20"


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return notice(tmp_path_factory.mktemp("notice"))


@pytest.fixture(scope="module")
def data(base):
    return letter_data(render(base), base)


@pytest.fixture(scope="module")
def statement(base):
    context = replace(base, template="statement", channel="letter")
    return letter_data(render(context), context)


def job(data, number=1, **more):
    lines = [{"invoice": "F1", "number": "FA-1"}, {"invoice": "F1", "number": "FA-1"}]
    facts = {
        "action": {"send_on": DAY, "step": "formal_notice", "total": "6744.94", "currency": "EUR", "demanded": lines,
                   "listed": [],
                   "mentioned": [{"invoice": "F2", "number": "FA-2"}]},
        "customer": {"id": "C1", "name": "Boulangerie Ménard SARL"},
        "messages": {"registered_letter": {"letter": data}, "letter": {"letter": data}},
    }  # fmt: skip
    action = f"{number:064x}"
    known = {"key": f"{action}-1", "action": action, "attempt": 1, "channel": "registered_letter", "also": ()}
    return Job(**{**known, "customer": f"C{number}", "facts": facts, **more})


def name(number=1):
    return f"C{number}_formal-notice_000000000000-1"


def rows(folder):
    text = (folder / "index.csv").read_text(encoding="utf-8-sig")
    return list(csv.DictReader(io.StringIO(text), delimiter=";"))


def files(root):
    """Every file that a provider may see."""
    found = (path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())
    return sorted(path for path in found if not path.startswith("."))


def words(path):
    return " ".join(" ".join(page.extract_text().split()) for page in PdfReader(path).pages)


def delivered(path, *jobs, **options):
    adapter = LettersAdapter("post", path, **options)
    receipts = [adapter.deliver(one) for one in jobs]
    adapter.settle()
    adapter.close()
    return receipts, adapter


def test_it_is_an_adapter(tmp_path):
    adapter = LettersAdapter("post", tmp_path)
    assert isinstance(adapter, Adapter)
    assert isinstance(adapter, Checked)
    assert (adapter.idempotent, adapter.real, adapter.channels) == (True, True, {"letter", "registered_letter"})


def test_a_batch_is_a_folder_with_an_index(data, tmp_path):
    (one, two), adapter = delivered(tmp_path, job(data, 2), job(data, 1, customer="=1+1"))
    batch = tmp_path / DAY / "registered_letter-1"
    assert one.details["file"] == f"{DAY}/registered_letter-1/C2_formal-notice_000000000000-1.pdf"
    assert two.details["file"] == f"{DAY}/registered_letter-1/1-1_formal-notice_000000000000-1.pdf"
    assert files(tmp_path) == sorted([one.details["file"], two.details["file"], f"{DAY}/registered_letter-1/index.csv"])
    first, second = rows(batch)
    assert tuple(first) == COLUMNS
    assert (first["number"], first["customer"], first["file"]) == ("1", "'=1+1", "1-1_formal-notice_000000000000-1.pdf")
    assert (second["line1"], second["line2"], second["line4"], second["line5"]) == (
        "Boulangerie Ménard SARL", "Nadia Renaud", "33000 Bordeaux", "",
    )  # fmt: skip
    assert (second["total"], second["currency"], second["service"]) == ("6744.94", "EUR", "registered_with_receipt")
    pdf = (batch / second["file"]).read_bytes()
    assert int(second["pages"]) == len(PdfReader(io.BytesIO(pdf)).pages) == 2
    assert int(second["bytes"]) == len(pdf)
    assert second["sha256"] == one.details["sha256"]
    assert adapter.notes() == [f"handed over {batch.as_posix()}: 2 letters"]
    assert adapter.notes() == []


def test_a_provider_sees_nothing_before_the_batch_is_whole(data, tmp_path):
    adapter = LettersAdapter("post", tmp_path)
    adapter.deliver(job(data))
    assert files(tmp_path) == []
    adapter.settle()
    assert files(tmp_path) == []
    adapter.close()
    assert len(files(tmp_path)) == 2
    assert [path.name for path in (tmp_path / ".open").iterdir()] == [".lock"]


def test_what_was_handed_over_is_never_gathered_again_even_when_the_provider_took_it(data, tmp_path):
    (first,), _ = delivered(tmp_path, job(data))
    taken = tmp_path / DAY / "registered_letter-1"
    for path in taken.iterdir():
        path.unlink()
    taken.rmdir()
    (again, other), _ = delivered(tmp_path, job(data), job(data, 2))
    assert again.details["file"] == first.details["file"]
    assert other.details["file"] == f"{DAY}/registered_letter-2/{name(2)}.pdf"
    assert [row["customer"] for row in rows(tmp_path / DAY / "registered_letter-2")] == ["C2"]


def test_a_repeated_letter_stands_once_in_the_batch_with_equal_bytes(data, tmp_path):
    first = LettersAdapter("post", tmp_path)
    first.deliver(job(data))
    first.settle()
    before = (tmp_path / ".open" / DAY / "registered_letter-1" / f"{name()}.pdf").read_bytes()
    first._paper.close()  # dies here
    (receipt,), _ = delivered(tmp_path, job(data))
    (row,) = rows(tmp_path / DAY / "registered_letter-1")
    assert row["sha256"] == receipt.details["sha256"]
    assert (tmp_path / DAY / "registered_letter-1" / row["file"]).read_bytes() == before


def test_a_letter_that_was_not_settled_is_thrown_away(data, tmp_path):
    dead = LettersAdapter("post", tmp_path)
    dead.deliver(job(data))
    dead._paper.close()
    delivered(tmp_path, job(data, 2))
    assert files(tmp_path) == [f"{DAY}/registered_letter-1/{name(2)}.pdf", f"{DAY}/registered_letter-1/index.csv"]


def index(path, rows):
    path.write_text(json.dumps([row["name"] for row in rows]), encoding="utf-8")


def store(path, worker):
    return Batches(path, worker, index)


def put(batches, *names):
    batch = batches.open(DAY, "letter")
    for one in names:
        batch.put(one, {f"{one}.pdf": one.encode()}, {"name": one})
    batches.settle()
    return batch


def test_the_last_worker_hands_over_what_all_of_them_gathered(tmp_path):
    from policy_engine.execution.workers import worker_id

    first, second = store(tmp_path, "elsewhere/x/1/2"), store(tmp_path, worker_id())
    put(first, "a")
    put(second, "b")
    assert second.close() == []  # the other one lives on another machine, as far as anybody knows
    assert files(tmp_path) == []
    assert first.close() == [(f"{DAY}/letter-1", 2)]
    assert files(tmp_path) == [f"{DAY}/letter-1/a.pdf", f"{DAY}/letter-1/b.pdf", f"{DAY}/letter-1/index.csv"]


def test_what_a_dead_worker_gathered_is_handed_over_by_the_next_run(tmp_path):
    from policy_engine.execution.workers import worker_id

    living = worker_id()
    put(store(tmp_path, f"{living.rpartition('/')[0]}/1"), "a")  # the same number, begun at another time
    assert store(tmp_path, living).close() == [(f"{DAY}/letter-1", 1)]


def test_a_worker_that_gave_no_sign_for_an_hour_is_taken_for_dead_and_begins_again(tmp_path):
    slow = store(tmp_path, "elsewhere/x/1/2")
    put(slow, "a")
    (mark,) = (tmp_path / ".open" / DAY).glob("*.worker")
    os.utime(mark, (0, 0))
    assert store(tmp_path, "here").close() == [(f"{DAY}/letter-1", 1)]
    assert slow.open(DAY, "letter").handed == {"a": 1}
    put(slow, "b")
    assert slow.close() == [(f"{DAY}/letter-2", 1)]


def test_what_was_put_before_a_batch_was_taken_away_does_not_count(tmp_path):
    slow = store(tmp_path, "elsewhere/x/1/2")
    slow.open(DAY, "letter").put("a", {"a.pdf": b""}, {"name": "a"})
    (mark,) = (tmp_path / ".open" / DAY).glob("*.worker")
    os.utime(mark, (0, 0))
    assert store(tmp_path, "here").close() == []
    slow.open(DAY, "letter").put("b", {"b.pdf": b""}, {"name": "b"})
    with pytest.raises(FileNotFoundError):
        slow.settle()
    put(slow, "a", "b")
    assert slow.close() == [(f"{DAY}/letter-1", 2)]


@pytest.mark.parametrize("dies_at", ["index", "kept", "moved"])
def test_a_worker_that_dies_while_it_hands_over(tmp_path, monkeypatch, dies_at):
    """Whatever step of handing over was the last, the next run ends it: one batch, each letter once."""

    class Killed(BaseException):
        pass

    def die(*_: object, **__: object) -> None:
        raise Killed

    dying = store(tmp_path, "here")
    put(dying, "a", "b")
    if dies_at == "index":
        dying._write_index = die
    elif dies_at == "kept":
        monkeypatch.setattr(Batches, "_move", die)
    else:
        monkeypatch.setattr(batches_module.shutil, "rmtree", die)
    with pytest.raises(Killed):
        dying.close()
    monkeypatch.undo()
    second = store(tmp_path, "here")
    batch = second.open(DAY, "letter")
    if dies_at == "index":
        assert batch.handed == {}
        put(second, "a", "c")
        second.close()
        found = [f"{DAY}/letter-1/{file}" for file in ("a.pdf", "b.pdf", "c.pdf", "index.csv")]
    else:
        assert batch.handed == {"a": 1, "b": 1}
        put(second, "c")
        second.close()
        found = [f"{DAY}/letter-1/{file}" for file in ("a.pdf", "b.pdf", "index.csv")]
        found += [f"{DAY}/letter-2/{file}" for file in ("c.pdf", "index.csv")]
    assert files(tmp_path) == found
    assert [path.name for path in (tmp_path / ".open").iterdir()] == [".lock"]


def test_letters_that_could_not_be_settled_do_not_count(tmp_path, monkeypatch):
    batches = store(tmp_path, "here")
    batch = batches.open(DAY, "letter")
    for one in ("a", "b"):
        batch.put(one, {f"{one}.pdf": b""}, {"name": one})
    real = Path.replace

    def full(self, target):
        if "b.json" in str(target):
            raise OSError(28, "No space left on device")
        return real(self, target)

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        batches.settle()
    monkeypatch.undo()
    assert batches.close() == []
    assert files(tmp_path) == []


def test_the_disk_that_is_full_is_tried_again(data, tmp_path, monkeypatch):
    adapter = LettersAdapter("post", tmp_path)
    monkeypatch.setattr(Path, "write_bytes", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(Retry, match="No space left"):
        adapter.deliver(job(data))
    adapter.close()


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"recipient": ["日本商事 SARL", "1 rue", "Lyon"]}, "no font has the characters 事 商 日 本"),
        ({"address_lines": 1}, "the customer has no postal address of at least two lines"),
        ({"recipient": ["Société " + "très longue " * 90, "1 rue", "Lyon"]}, "larger than the envelope's window"),
    ],
)
def test_an_unfit_letter_is_refused(data, tmp_path, changed, reason):
    adapter = LettersAdapter("post", tmp_path)
    with pytest.raises(Refused, match=reason):
        adapter.deliver(job({**data, **changed}))
    adapter.settle()
    adapter.close()
    assert files(tmp_path) == []


@pytest.mark.parametrize("facts", [{}, {"action": {"send_on": DAY, "step": "x"}, "messages": {}}])
def test_what_was_not_written_is_refused(tmp_path, facts):
    with pytest.raises(Refused):
        LettersAdapter("post", tmp_path).deliver(job({}, facts=facts))


def test_a_trial_lies_apart_and_says_so(data, tmp_path):
    delivered(tmp_path, job(data, redirect_to="trial@acme.example"))
    batch = tmp_path / "trial" / DAY / "registered_letter-1"
    (row,) = rows(batch)
    assert row["trial"] == "trial@acme.example"
    assert (row["line1"], row["line2"], row["line3"]) == ("ESSAI : À NE PAS POSTER", "trial@acme.example", "")
    said = words(batch / row["file"])
    assert "ESSAI : À NE PAS POSTER. Destinataire réel : Boulangerie Ménard SARL, Nadia Renaud, 85 rue de la" in said
    delivered(tmp_path, job(data))
    assert len(rows(tmp_path / DAY / "registered_letter-1")) == 1  # a trial isn't a letter that was handed over


def test_statement_and_invoices_go_into_the_envelope(data, statement, tmp_path):
    documents = Documents(tmp_path / "invoices")
    documents.folder.mkdir()
    (documents.folder / "FA-1.pdf").write_bytes(b"%PDF-1")
    work = job(data)
    work.facts["statement"] = statement
    out = tmp_path / "out"
    _, adapter = delivered(out, work, enclose=("statement", "invoices"), documents=documents)
    assert adapter.wants == {"messages", "statement"}
    batch = out / DAY / "registered_letter-1"
    (row,) = rows(batch)
    assert row["enclosed"] == f"{name()}_statement.pdf {name()}_FA-1.pdf"
    assert (batch / f"{name()}_FA-1.pdf").read_bytes() == b"%PDF-1"
    assert "Relevé de compte au 20/11/2026" in words(batch / f"{name()}_statement.pdf")
    assert "Pièces jointes : relevé de compte ; facture FA-1" in words(batch / row["file"])
    assert LettersAdapter("post", out).wants == {"messages"}


def test_columns_as_the_provider_calls_them(data, tmp_path):
    delivered(tmp_path, job(data), columns={"Fichier": "file", "Destinataire": "line1", "=Nb": "pages"})
    text = (tmp_path / DAY / "registered_letter-1" / "index.csv").read_text(encoding="utf-8-sig")
    assert text.splitlines() == ["Fichier;Destinataire;'=Nb", f"{name()}.pdf;Boulangerie Ménard SARL;2"]


def test_both_kinds_of_letters_of_one_message(data, tmp_path):
    (receipt,), _ = delivered(tmp_path, job(data, also=("letter", "email")))
    assert receipt.details["file_letter"] == f"{DAY}/letter-1/{name()}.pdf"
    assert rows(tmp_path / DAY / "letter-1")[0]["service"] == "ordinary"
    assert rows(tmp_path / DAY / "registered_letter-1")[0]["service"] == "registered_with_receipt"


def test_the_folder_shows_letters_as_pages_and_says_why_it_cannot(data, tmp_path):
    written = {**data, "subject": "s"}
    message = {"subject": "s", "text": "t", "html": "h", "letter": written}
    work = job(data)
    work.facts["messages"] = {"registered_letter": message}
    poor = job(data, 2)
    poor.facts["messages"] = {"registered_letter": {**message, "letter": {**data, "address_lines": 0}}}
    folder = FolderAdapter("folder", tmp_path)
    for one in (work, poor, replace(work, redirect_to="trial@acme.example", customer="C3")):
        folder.deliver(one)
    folder.settle()
    folder.close()
    real, trial = sorted((tmp_path / DAY / "registered_letter").glob("*.pdf"))
    assert "MISE EN DEMEURE" in words(real)
    assert "ESSAI : À NE PAS POSTER" in words(trial)
    assert folder.notes() == ["letters without a PDF: 1 (the customer has no postal address of at least two lines)"]
    one = FolderAdapter("folder", tmp_path / "one", letters=1)
    one.deliver(work)
    one.deliver(replace(work, customer="C3"))
    one.settle()
    one.close()
    assert len(list((tmp_path / "one").rglob("*.pdf"))) == 1
    assert one.notes() == ["letters without a PDF: 1 (the folder's setting `letters` says how many are set)"]


def test_the_folder_says_that_letters_need_typst(data, tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    folder = FolderAdapter("folder", tmp_path)
    work = job(data)
    work.facts["messages"] = {"registered_letter": {"subject": "s", "text": "t", "html": "h", "letter": data}}
    folder.deliver(work)
    folder.settle()
    assert folder.notes() == [
        "letters without a PDF: 1 (letters need typst: pip install 'dunning-policy-engine[letters]')"
    ]
    assert len(list(tmp_path.rglob("*.txt"))) == 1


def settings(text):
    findings = Findings()
    node = read_yaml(text.encode(), "operator.yaml", findings)
    return check_model(LettersSettings, node, findings, "the adapter"), findings.all()


def test_settings():
    made, found = settings("path: post\nenclose: statement\ncolumns: {Fichier: file, Adresse 1: line1}\n")
    assert found == ()
    assert (made.path, made.enclose, dict(made.columns)) == (
        "post", ("statement",), {"Fichier": "file", "Adresse 1": "line1"}
    )  # fmt: skip
    _, found = settings("path: post\nenclose: [brochure]\ncolumns: {Fichier: fil}\n")
    assert len(found) == 2


def test_check_says_what_is_missing(tmp_path):
    made, _ = settings("path: post\n")
    assert KIND.build("post", made, Surroundings(folder=tmp_path, sender=SENDER)).check() == []
    assert list(tmp_path.iterdir()) == []
    made, _ = settings("path: file/post\nenclose: invoices\n")
    (tmp_path / "file").write_text("", encoding="utf-8")
    faults = KIND.build("post", made, Surroundings(folder=tmp_path, sender=Sender("Acme"))).check()
    assert faults == [
        "letters need a `sender` in the operator's file, with its address in two lines at least",
        "`enclose: invoices` needs `documents` in the operator's file: where the invoices lie",
        f"nothing can be written to the folder {(tmp_path / 'file').as_posix()}",
    ]
