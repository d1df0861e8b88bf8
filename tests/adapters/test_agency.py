"""The file for a collector: a claim that was reminded by this program, opened and read as he would."""

import csv
import hashlib
import io
import json
import stat
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from pathlib import Path

import pypdf
import pytest
from jsonschema import Draft202012Validator

import policy_engine as pe
from policy_engine.adapters.agency import KIND
from policy_engine.adapters.agency.adapter import AgencyAdapter, AgencySettings
from policy_engine.adapters.agency.archive import member
from policy_engine.adapters.agency.model import placement_schema
from policy_engine.adapters.agency.placement import about
from policy_engine.execution.adapters import Adapters
from policy_engine.execution.choice import Choice
from policy_engine.execution.clock import Moment
from policy_engine.execution.documents import Documents
from policy_engine.execution.dossier import Dossiers
from policy_engine.execution.history import read_history, with_history
from policy_engine.execution.intake import take_in
from policy_engine.execution.job import Adapter, Checked, Job, Refused, Wanting
from policy_engine.execution.kinds import SettingsError, Surroundings
from policy_engine.execution.ledger import Ledger
from policy_engine.execution.messages import Writer
from policy_engine.execution.more import More
from policy_engine.execution.operator_file import AdapterEntry, Operator
from policy_engine.execution.purge import purge
from policy_engine.execution.run import Found, Run, nothing
from policy_engine.execution.workers import worker_id
from policy_engine.language.check import check_model
from policy_engine.language.findings import Findings
from policy_engine.language.yaml import read_yaml
from policy_engine.templates.context import Sender
from tests.hostile.corpus import CORPUS, NAMES, unseen

ROOT = Path(__file__).parents[2]
SENDER = Sender("Acme SAS", ("1 Port", "69002 Lyon"), "RCS Lyon 1", "a@acme.example", "04", "Lyon", "C. Martin", "CFO")
PAYEE = {"name": "Acme SAS", "iban": "FR1420041010050500013M02606"}
NOTICE_DAY, DAY = date(2026, 8, 3), date(2026, 9, 7)
"""Mondays, 33 and 68 days after the due date."""
SNAPSHOT = """\
manifest: {{as_of: {day}, payments_complete_through: {day}}}
customers:
  - {{id: C-1, name: Dupont & Fils SARL, kind: business, country: FR, language: fr, registration: "552100554",
     terms: net_30, credit_limit: 5000.00}}
contact_persons:
  - {{id: K-1, customer: C-1, name: Jean Dupont, role: manager, email: j@dupont.example, phone: "01 02",
     address: "2 rue du Bac, 75007 Paris"}}
insurance:
  - {{id: I-1, customer: C-1, limit: 4000.00, currency: EUR, from: 2026-01-01, until: 2026-12-31}}
invoices:
  - {{id: F-1, number: FA-1, customer: C-1, kind: invoice, status: open, currency: EUR, amount: 1000.00,
     issue_date: 2026-06-01, due_date: 2026-07-01}}
disputes:
  - {{id: D-1, customer: C-1, invoice: F-1, opened: 2026-07-05, closed: 2026-07-08, amount: 50.00, reason: price}}
history:
  - {{id: H-1, customer: C-1, invoice: F-1, step: phone_call, stage: call, channel: call, status: delivered,
     date: 2026-07-22}}
"""


def settings(text=""):
    findings = Findings()
    node = read_yaml(f"path: agency\n{text}".encode(), "operator.yaml", findings)
    made = check_model(AgencySettings, node, findings, "the adapter")
    return made, findings.all()


def operator(folder, text="", **more):
    made, wrong = settings(text)
    assert not wrong
    entry = AdapterEntry("agency_file", "agency", ("placement",), made)
    known = {"folder": folder, "live": True, "sender": SENDER, "payee": PAYEE, "adapters": (entry,)}
    return Operator(**{**known, **more})


class Claim:
    """A customer who gets a formal notice on 3 August, by this ledger, and is handed over on 7 September."""

    def __init__(self, folder):
        self.folder = folder
        self.policy = pe.load_policy(ROOT / "policies" / "fr-b2b.yaml", as_of=DAY)
        self.address = f"sqlite:///{folder / 'ledger.db'}"

    def ledger(self, day):
        moment = Moment(datetime(day.year, day.month, day.day, 8, tzinfo=UTC), day)
        return Ledger.open(self.address, "alice", lambda: moment, create=True)

    def snapshot(self, day):
        path = self.folder / f"{day}.yaml"
        path.write_text(SNAPSHOT.format(day=day), encoding="utf-8")
        return pe.read_snapshot(path, policy=self.policy)

    def run(self, day, who, between=lambda ledger: None):
        """Plan and carry out a day, as `execute` does, everything approved."""
        ledger, snapshot = self.ledger(day), self.snapshot(day)
        stages = {step.name: step.stage for ladder in self.policy.ladders for step in ladder.steps}
        known = read_history(ledger, stages)
        plan = pe.evaluate(self.policy, with_history(snapshot, known))
        plan = replace(plan, actions=tuple(action._replace(approval=None) for action in plan.actions))
        between(ledger)
        adapters = Adapters(who, self.folder / "outbox")

        def wants(action):
            return adapters.wants((action.channel, *action.also), action.adapter)

        dossiers = Dossiers(day, "EUR", self.policy, (), known)
        more = More(wants, {"dossier": dossiers.tell, "notices": dossiers.notices})
        writer = Writer(self.policy, SENDER, who.payee, day, (), known, wants)
        take_in(ledger, plan, snapshot, who.payee, {}, nothing, writer.write, more)
        return Run(ledger, adapters, Found.of(snapshot, who.payee), Choice(), worker_id()).go()

    def story(self, channel):
        ledger = self.ledger(DAY)
        with ledger.reading() as connection:
            for number in range(1, 10):
                story = ledger.story(connection, number)
                if story and story[0]["body"] and story[0]["body"]["facts"]["action"]["channel"] == channel:
                    return story
        raise AssertionError(channel)


@pytest.fixture(scope="module")
def claim(tmp_path_factory):
    """The claim after both days, and the zip."""
    folder = tmp_path_factory.mktemp("claim")
    (folder / "invoices").mkdir()
    (folder / "invoices" / "FA-1.pdf").write_bytes(b"%PDF-1.4 the invoice")
    (folder / "terms.pdf").write_bytes(b"%PDF-1.4 the terms")
    made = Claim(folder)
    who = operator(
        folder,
        "policy_number: CI-77\nretention_of_title: art. 7\nterms: terms.pdf\nbank_details: true\n"
        "require: [formal_notice, invoices, statement, note]\n",
        documents=Documents(folder / "invoices"),
    )
    assert made.run(NOTICE_DAY, who).delivered == {"registered_letter": 1}
    tally = made.run(DAY, who)
    assert (tally.delivered, tally.failed, tally.in_doubt) == ({"placement": 1}, [], [])
    (path,) = (folder / "agency" / str(DAY)).iterdir()
    return made, path


def files(path):
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_claim_as_data(claim):
    _, path = claim
    data = json.loads(files(path)["placement.json"])
    Draft202012Validator(placement_schema()).validate(data)
    # 1000.00 x 12.40 % x 68 days / 365 = 23.10; the rate is the ECB's 2.40 % of 1 July and ten points
    assert data["claim"] == {
        "currency": "EUR", "principal": "1000.00", "credits": "0.00", "interest": "23.10", "lump_sums": "40.00",
        "total": "1063.10", "unallocated": {},
    }  # fmt: skip
    (invoice,) = data["invoices"]
    assert invoice["lines"][0]["periods"] == [
        {"first": "2026-07-02", "last": "2026-09-07", "days": 68, "balance": "1000.00", "rate": "12.40",
         "interest": "23.10"}
    ]  # fmt: skip
    # the formal notice of 3 August asked 1000.00 x 12.40 % x 33 / 365 = 11.21, and 40.00
    assert [(row["penalty"], row["status"], row["amount"]) for row in invoice["noted_charges"]] == [
        ("late_interest", "claimed", "11.21"), ("recovery_indemnity", "claimed", "40.00"),
    ]  # fmt: skip
    assert invoice["papers"] == {"invoice": "invoices/001_FA-1.pdf", "order": None, "delivery": None}
    assert data["kind"] == "agency"
    assert data["creditor"]["policy_number"] == "CI-77"
    assert data["debtor"]["registration"] == "552100554"
    assert data["debtor"]["persons"][0]["address"] == ["2 rue du Bac", "75007 Paris"]
    assert [(row["type"], row["amount"]) for row in data["limits"]] == [
        ("internal", "5000.00"), ("insured", "4000.00")
    ]  # fmt: skip
    assert data["contract"] == {
        "terms": "net_30", "contract_rate": None, "retention_of_title": "art. 7", "guarantees": None, "file": None,
        "general_terms": "contract/002_terms.pdf",
    }  # fmt: skip
    assert data["disputes"][0]["reason"] == "price"
    assert data["bank_details"] == {"holder": "Acme SAS", "iban": PAYEE["iban"], "bic": None}
    assert [(row["step"], row["source"], row["total"]) for row in data["reminders"]] == [
        ("phone_call", "snapshot", None), ("formal_notice", "ledger", "1051.21"),
    ]  # fmt: skip


def test_the_formal_notice_is_the_letter_of_the_ledger(claim):
    made, path = claim
    inside = files(path)
    name = "formal_notice/001_2026-08-03_registered_letter.pdf"
    text = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(inside[name])).pages)
    assert "MISE EN DEMEURE" in text.upper()
    assert "1 051,21" in text.replace("\u202f", " ").replace("\u00a0", " ")
    assert json.loads(inside["placement.json"])["formal_notices"] == [
        {"day": "2026-08-03", "channel": "registered_letter", "step": "formal_notice", "invoices": ["F-1"],
         "file": name}
    ]  # fmt: skip
    from policy_engine.templates.letter import LetterPress

    first = made.story("registered_letter")[0]
    with LetterPress() as press:
        letter = press.press(first["body"]["facts"]["messages"]["registered_letter"]["letter"])
    assert inside[name] == letter.pdf
    statement = pypdf.PdfReader(io.BytesIO(inside["statement.pdf"])).pages[0].extract_text()
    assert "FA-1" in statement


def test_the_proof_stands_in_the_ledger(claim):
    made, path = claim
    inside = files(path)
    rows = json.loads(inside["proof/reminders.json"])["reminders"]
    assert [row["source"] for row in rows] == ["snapshot", "ledger"]
    shown = rows[1]["transitions"]
    kept = made.story("registered_letter")
    assert [(one["seq"], one["hash"]) for one in shown] == [(one["seq"], one["hash"]) for one in kept]
    ledger = made.ledger(DAY)
    with ledger.reading() as connection:
        assert list(ledger.verify(connection, shown[-1]["hash"])) == []
    page = inside["proof/reminders.html"].decode("utf-8")
    for one in shown:
        assert one["hash"] in page
    assert "lettre recommandée" in page
    assert json.loads(inside["placement.json"])["reminders"][1]["proof"] == shown[-1]["hash"]
    assert "alice" not in page + json.dumps(rows)


def test_what_the_erp_was_told_about_orders_is_no_reminder():
    rows = [
        {"about": told, "channel": channel}
        for told, channel in ((True, "email"), (True, "order_hold"), (False, "email"))
    ]
    assert about({"contacts": rows}) == rows[:1]


def test_the_table_the_readme_and_the_manifest(claim):
    _, path = claim
    inside = files(path)
    text = inside["invoices.csv"].decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(text, newline=""), delimiter=";")
    assert (row["number"], row["amount"], row["principal"], row["interest"]) == ("FA-1", "1000,00", "1000,00", "23,10")
    words = inside["README.txt"].decode("utf-8-sig")
    assert words.startswith("Dossier de recouvrement amiable : Dupont & Fils SARL\r\n")
    for expected in ("R124-4", "23,10\u00a0€", "1\u202f063,10\u00a0€", PAYEE["iban"], "552100554", "CI-77"):
        assert expected in words
    key = json.loads(inside["placement.json"])["reference"]
    assert f"Référence : {key[:12].upper()}\r\n  clé : {key}\r\n" in words
    assert "- FA-1, ouverte le 05/07/2026, close le 08/07/2026, 50,00\u00a0€, price\r\n" in words
    assert "<td>22/07/2026</td>" in inside["proof/reminders.html"].decode()
    assert [line for line in words.split("\r\n") if line.endswith("aucun fichier n'a été trouvé")] == [
        "- bon de commande FA-1 : aucun fichier n'a été trouvé",
        "- preuve de livraison FA-1 : aucun fichier n'a été trouvé",
        "- contrat : aucun fichier n'a été trouvé",
    ]
    manifest = json.loads(inside.pop("manifest.json"))
    assert manifest["files"] == {
        name: {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)} for name, data in inside.items()
    }
    assert manifest["parts"] == {path.name: sorted(inside)}
    assert [row["what"] for row in manifest["missing"]] == ["orders", "deliveries", "contract", "proof"]
    for name in inside:
        assert f"- {name} : " in words or name == "README.txt"


def test_the_receipt_names_the_zip(claim):
    made, path = claim
    receipt = made.story("placement")[-1]["body"]["receipt"]
    assert receipt == {
        "file": f"{DAY}/{path.name}", "sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "parts": "1",
        "missing": "contract, deliveries, orders, proof",
    }  # fmt: skip


def facts_of(made):
    return made.story("placement")[0]["body"]["facts"]


def job(facts, number=1, **more):
    action = f"{number:064x}"[::-1]
    known = {"key": f"{action}-1", "action": action, "attempt": 1, "channel": "placement", "also": ()}
    return Job(**{**known, "customer": facts["customer"]["id"], "facts": facts, **more})


def adapter(folder, text="", documents=None, **more):
    made, wrong = settings(text)
    assert not wrong
    around = Surroundings(folder, sender=SENDER, payee=PAYEE, documents=documents or Documents(), **more)
    return KIND.build("agency_file", made, around)


def delivered(one, *jobs):
    receipts = [one.deliver(work) for work in jobs]
    one.settle()
    one.close()
    return receipts


@pytest.fixture
def plain(claim):
    """The facts without letters, so that nothing is set."""
    facts = json.loads(json.dumps(facts_of(claim[0])))
    facts["notices"] = []
    del facts["statement"]
    return facts


def test_it_is_an_adapter(tmp_path):
    made = adapter(tmp_path)
    assert isinstance(made, Adapter)
    assert isinstance(made, Wanting)
    assert isinstance(made, Checked)
    assert (made.real, made.idempotent) == (True, True)
    assert made.wants == {"dossier", "notices", "statement"}


def test_the_same_bytes_again_and_nothing_before_it_is_settled(tmp_path, plain):
    one = adapter(tmp_path)
    one.deliver(job(plain))
    assert list(tmp_path.rglob("*.zip")) == []
    one.settle()
    (path,) = tmp_path.rglob("*.zip")
    before = path.read_bytes()
    delivered(adapter(tmp_path), job(plain))
    assert path.read_bytes() == before
    assert [one.name for one in path.parent.iterdir()] == [path.name]
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            assert info.date_time == (2026, 9, 7, 0, 0, 0)
            assert stat.S_ISREG(info.external_attr >> 16)
        assert archive.namelist() == sorted(archive.namelist())


def test_a_worker_that_dies_leaves_no_half_zip(tmp_path, plain):
    adapter(tmp_path).deliver(job(plain))  # and is gone
    assert list(tmp_path.rglob("*.zip")) == []
    delivered(adapter(tmp_path), job(plain))
    (path,) = tmp_path.rglob("*.zip")
    files(path)


def test_a_rehearsal_is_marked_and_lies_apart(tmp_path, plain):
    (receipt,) = delivered(adapter(tmp_path), job(plain, redirect_to="trial@acme.example"))
    assert receipt.details["file"].startswith("trial/2026-09-07/")
    inside = files(tmp_path / "agency" / receipt.details["file"])
    assert "*** ESSAI." in inside["README.txt"].decode("utf-8-sig")
    assert json.loads(inside["placement.json"])["trial"] == "trial@acme.example"
    assert json.loads(inside["manifest.json"])["trial"] == "trial@acme.example"
    assert 'class="trial"' in inside["proof/reminders.html"].decode()


@pytest.mark.parametrize(
    ("needed", "why"),
    [
        (
            "formal_notice",
            r"required and missing: formal notice: none was delivered, as far as ledger and history know",
        ),
        ("[invoices, orders]", r"required and missing: invoice FA-1: no file was found; order FA-1: no file was found"),
        ("statement", r"required and missing: statement of account: no text was written"),
    ],
)
def test_what_is_required_and_missing_is_refused(tmp_path, plain, needed, why):
    plain["dossier"]["contacts"] = []
    one = adapter(tmp_path, f"require: {needed}\n")
    with pytest.raises(Refused, match=why):
        one.deliver(job(plain))
    assert list(tmp_path.rglob("*")) == []


def test_a_notice_whose_payload_was_purged_is_told_as_such(claim, tmp_path):
    facts = json.loads(json.dumps(facts_of(claim[0])))
    facts["notices"][0]["messages"] = None
    (receipt,) = delivered(adapter(tmp_path), job(facts))
    inside = files(tmp_path / "agency" / receipt.details["file"])
    missing = json.loads(inside["manifest.json"])["missing"]
    assert {"what": "formal_notice", "subject": "2026-08-03", "why": "purged"} in missing
    assert "effacées du registre" in inside["README.txt"].decode("utf-8-sig")
    assert not [name for name in inside if name.startswith("formal_notice")]


def test_purging_the_ledger_takes_the_letter_and_leaves_the_proof(tmp_path):
    made = Claim(tmp_path)
    who = operator(tmp_path)
    made.run(NOTICE_DAY, who)
    made.run(DAY, who, between=lambda ledger: purge(ledger, date(2026, 9, 1)))
    (path,) = (tmp_path / "agency" / str(DAY)).iterdir()
    inside = files(path)
    assert [row["why"] for row in json.loads(inside["manifest.json"])["missing"] if row["what"] == "formal_notice"] == [
        "purged"
    ]
    row = json.loads(inside["proof/reminders.json"])["reminders"][-1]
    assert (row["purged"], row["receipt"], len(row["transitions"])) == (True, {}, 3)


def test_a_notice_that_was_no_letter_is_enclosed_as_text(plain, tmp_path):
    plain["notices"] = [
        {"action": "a", "attempt": 1, "day": "2026-08-03", "step": "formal_notice", "channel": "email",
         "invoices": ["F-1"], "messages": {"email": {"subject": "Mise en demeure", "text": "Payez.", "html": ""}}}
    ]  # fmt: skip
    (receipt,) = delivered(adapter(tmp_path), job(plain))
    inside = files(tmp_path / "agency" / receipt.details["file"])
    assert inside["formal_notice/001_2026-08-03_email.txt"] == b"Mise en demeure\n\nPayez.\n"


def test_documents_of_every_kind_lie_in_the_zip(plain, tmp_path):
    for folder, name in (("o", "F-1.pdf"), ("d", "FA-1.jpg"), ("c", "C-1.pdf")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).write_bytes(folder.encode())
    text = (
        'orders: {folder: o, file: "{id}.pdf"}\ndeliveries: {folder: d, file: "{number}.jpg"}\n'
        'contracts: {folder: c, file: "{id}.pdf"}\nrequire: [orders, deliveries, contract]\n'
    )
    (receipt,) = delivered(adapter(tmp_path, text), job(plain))
    inside = files(tmp_path / "agency" / receipt.details["file"])
    assert (inside["orders/001_FA-1.pdf"], inside["deliveries/001_FA-1.jpg"]) == (b"o", b"d")
    assert inside["contract/001_C-1.pdf"] == b"c"


def invoices(plain, *numbers):
    (row,) = plain["dossier"]["invoices"]
    plain["dossier"]["invoices"] = [
        {**row, "id": f"F-{place}", "number": number} for place, number in enumerate(numbers)
    ]
    return plain


def test_numbers_that_look_the_same_as_files_stay_two(plain, tmp_path):
    (tmp_path / "inv").mkdir()
    (tmp_path / "inv" / "A-B.pdf").write_bytes(b"both")
    work = job(invoices(plain, "A/B", "A:B"))
    (receipt,) = delivered(adapter(tmp_path, documents=Documents(tmp_path / "inv")), work)
    inside = files(tmp_path / "agency" / receipt.details["file"])
    assert sorted(name for name in inside if name.startswith("invoices/")) == [
        "invoices/001_A-B.pdf", "invoices/002_A-B.pdf"
    ]  # fmt: skip


@pytest.mark.parametrize(
    "number",
    ["../../etc/passwd", "/etc/passwd", "..\\..\\x", "C:\\x", "CON", "NUL.pdf", "a\0b", "x" * 5000, "..", ".", "", " ",
     "secret", "\u202egpj.exe", "-rf"],
)  # fmt: skip
def test_no_number_leads_out_of_the_folder_or_the_zip(plain, tmp_path, number):
    inside_, outside = tmp_path / "inv", tmp_path / "secret.pdf"
    inside_.mkdir()
    outside.write_bytes(b"secret")
    (inside_ / "secret.pdf").symlink_to(outside)
    for name in ("etc-passwd.pdf", "x.pdf"):
        (inside_ / name).write_bytes(b"ours")
    (receipt,) = delivered(adapter(tmp_path, documents=Documents(inside_)), job(invoices(plain, number)))
    every = files(tmp_path / "agency" / receipt.details["file"])
    assert b"secret" not in every.values()
    for name in every:
        assert not name.startswith(("/", "."))
        assert ".." not in name
        assert "\\" not in name
        assert len(name) < 100
        assert name.isascii()


def test_a_member_has_a_harmless_name():
    assert member("invoices", 7, "../a b\\c", "x.PDF") == "invoices/007_a-b-c.pdf"
    assert member("invoices", 1, "CON", "x") == "invoices/001_CON.bin"
    assert member("invoices", 1, "..", "x.p/f") == "invoices/001.bin"


def test_what_is_too_large_is_refused_or_split(plain, tmp_path):
    import random

    (tmp_path / "inv").mkdir()
    noise = random.Random(1)  # noqa: S311 - bytes that no zip makes smaller
    for place in range(4):
        (tmp_path / "inv" / f"N-{place}.pdf").write_bytes(noise.randbytes(500_000))
    work = job(invoices(plain, *(f"N-{place}" for place in range(4))))
    documents = Documents(tmp_path / "inv")
    with pytest.raises(Refused, match="larger than 1 MiB; `split: true`"):
        adapter(tmp_path, "limit: 1\n", documents).deliver(work)
    (receipt,) = delivered(adapter(tmp_path, "limit: 1\nsplit: true\n", documents), work)
    first = tmp_path / "agency" / receipt.details["file"]
    parts = sorted(first.parent.iterdir())
    assert receipt.details["parts"] == str(len(parts)) == "4"
    assert all(path.stat().st_size <= 1024 * 1024 for path in parts)
    manifest = json.loads(files(first)["manifest.json"])
    found = {name: data for path in parts for name, data in files(path).items()}
    assert set(manifest["parts"]) == {path.name for path in parts}
    assert {name: hashlib.sha256(found[name]).hexdigest() for name in manifest["files"]} == {
        name: row["sha256"] for name, row in manifest["files"].items()
    }
    # smaller documents next time: what is over goes away
    for path in (tmp_path / "inv").iterdir():
        path.write_bytes(b"small")
    delivered(adapter(tmp_path, "limit: 1\nsplit: true\n", documents), work)
    assert [path.name for path in first.parent.iterdir()] == [first.name]
    (tmp_path / "inv" / "N-0.pdf").write_bytes(noise.randbytes(2_000_000))
    with pytest.raises(Refused, match="a document, or the data together, is larger than the 1 MiB"):
        adapter(tmp_path, "limit: 1\nsplit: true\n", documents).deliver(work)


class Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.attributes = set(), set()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


@pytest.mark.parametrize("name", NAMES)
def test_hostile_texts_are_inert_in_every_file(plain, tmp_path, name):
    (text,) = [one.text for one in CORPUS if one.name == name]
    plain["customer"].update(id=text, name=text, registration=text)
    plain["contacts"][0].update(name=text, role=text, phone=text, email=text, address=text)
    plain["dossier"]["disputes"][0]["reason"] = text
    for row in plain["dossier"]["contacts"]:
        row.update(step=text, receipt={text: text}, reason=text)
    work = replace(job(invoices(plain, text)), redirect_to=None)
    (receipt,) = delivered(adapter(tmp_path), work)
    inside = files(tmp_path / "agency" / receipt.details["file"])
    for part in ("README.txt", "invoices.csv", "proof/reminders.html"):
        shown = inside[part].decode("utf-8-sig").replace("\r\n", "\n")
        assert not unseen(shown), part
    page = Page()
    page.feed(inside["proof/reminders.html"].decode())
    assert page.tags <= {"html", "head", "meta", "title", "style", "body", "h1", "h2", "div", "table", "thead", "tbody",
                         "tr", "th", "td", "p", "section", "code"}  # fmt: skip
    assert page.attributes <= {"lang", "charset", "http-equiv", "content", "class"}
    for row in csv.reader(io.StringIO(inside["invoices.csv"].decode("utf-8-sig"), newline=""), delimiter=";"):
        assert not any(cell.startswith(("=", "+", "@")) for cell in row)
    data = json.loads(inside["placement.json"])
    assert data["invoices"][0]["number"] == text
    assert b"</" not in inside["placement.json"]
    assert [path.name for path in tmp_path.iterdir()] == ["agency"]


def test_facts_that_are_no_claims_are_refused(plain, tmp_path):
    one = adapter(tmp_path)
    with pytest.raises(Refused, match="aren't those of a claim"):
        one.deliver(job({"customer": {"id": "C"}, "dossier": {}}))
    del plain["dossier"]
    with pytest.raises(Refused, match="taken in without this adapter; plan again"):
        one.deliver(job(plain))


def test_bad_amounts_never_leave(plain, tmp_path):
    plain["action"]["total"] = "1063,10"
    with pytest.raises(Refused, match="aren't those of a claim"):
        adapter(tmp_path).deliver(job(plain))
    assert list(tmp_path.rglob("*")) == []


def test_a_claim_to_declare_lists_what_is_open(plain, tmp_path):
    plain["action"].update(stage="", intervention="declare_claim", demanded=[], total="0.00", deadline="2026-10-01")
    plain["dossier"]["customer"].update(insolvent=True, insolvent_since="2026-08-01")
    line = {"role": "listed", "due_date": "2026-07-01", "days_late": 68, "outstanding": "1000.00"}
    plain["dossier"]["invoices"][0]["lines"] = [line]
    plain["customer"]["language"] = "en"
    work = job(plain, channel="task")
    (receipt,) = delivered(adapter(tmp_path), work)
    inside = files(tmp_path / "agency" / receipt.details["file"])
    words = inside["README.txt"].decode("utf-8-sig").split("\r\n")
    assert words[0] == "Insolvency file: Dupont & Fils SARL"
    assert "Deadline: 2026-10-01" in words
    assert "  Insolvent since: 2026-08-01" in words
    assert "- €1,000.00 (FA-1)" in words
    assert json.loads(inside["placement.json"])["kind"] == "insolvency"


def test_settings_and_what_is_wrong_with_them(tmp_path):
    _, wrong = settings("limit: 0\nrequire: [notice]\ncolumns: {ordre: x}\nbank: true\n")
    assert sorted((one.code, one.position.line) for one in wrong) == [
        ("DUN101", 4), ("DUN101", 5), ("DUN104", 3), ("DUN106", 2)
    ]  # fmt: skip
    made, _ = settings("bank_details: true\n")
    with pytest.raises(SettingsError, match="needs a `sender`"):
        KIND.build("a", made, Surroundings(tmp_path))
    with pytest.raises(SettingsError, match="needs a `payee`"):
        KIND.build("a", made, Surroundings(tmp_path, sender=SENDER))


def test_check_says_what_would_keep_it_from_working(tmp_path):
    assert adapter(tmp_path).check() == []
    one = adapter(
        tmp_path, "terms: t.pdf\norders: {folder: o}\nrequire: [orders, deliveries, terms]\n", Documents(tmp_path / "i")
    )
    assert one.check() == [
        f"there is no folder {tmp_path / 'i'} of invoices",
        f"there is no folder {tmp_path / 'o'} of orders",
        f"there is no file {tmp_path / 't.pdf'} of general terms",
        "`require` asks for deliveries, and nothing says where they lie",
    ]
    assert list(tmp_path.iterdir()) == []


def test_company_columns_are_told(plain, tmp_path):
    plain["dossier"]["customer"]["attributes"] = {"brand": "Chez Dupont", "pledge": "caution du gérant"}
    plain["dossier"]["invoices"][0]["attributes"] = {"po": "BC-9", "bl": "BL-4"}
    text = "columns: {trading_name: brand, guarantees: pledge, order: po, delivery: bl}\n"
    (receipt,) = delivered(adapter(tmp_path, text), job(plain))
    data = json.loads(files(tmp_path / "agency" / receipt.details["file"])["placement.json"])
    assert (data["debtor"]["trading_name"], data["contract"]["guarantees"]) == ("Chez Dupont", "caution du gérant")
    assert (data["invoices"][0]["order_reference"], data["invoices"][0]["delivery_reference"]) == ("BC-9", "BL-4")


def test_it_is_built_from_the_operators_file(tmp_path):
    every = Adapters(operator(tmp_path), tmp_path / "outbox")
    assert isinstance(every.serving("placement", None), AgencyAdapter)
    assert every.wants(("placement",), None) == {"dossier", "notices", "statement"}
