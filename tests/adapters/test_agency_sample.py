"""The sample portfolio's claims: one to an agency, one to a lawyer, one to declare; and its calls, as lists."""

import csv
import json
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import icalendar
import pypdf
import pytest

import policy_engine as pe
from policy_engine.execution.adapters import Adapters
from policy_engine.execution.choice import Choice
from policy_engine.execution.clock import Moment
from policy_engine.execution.dossier import Dossiers
from policy_engine.execution.intake import take_in
from policy_engine.execution.ledger import Ledger
from policy_engine.execution.messages import Writer
from policy_engine.execution.more import More
from policy_engine.execution.operator_file import load_operator
from policy_engine.execution.run import Found, Run, nothing
from policy_engine.execution.workers import worker_id

ROOT = Path(__file__).parents[2]
DAY = date(2026, 10, 30)
WANTED = {"C-0262", "C-0226", "petit-insolvency", "C-0176"}
OPERATOR = """\
operator: 1
live: true
sender: {name: Comptoir Lavoisier SAS, address: [18 quai Perrache, 69002 Lyon]}
documents: {folder: invoices}
adapters:
  - name: agency_file
    uses: agency
    channels: [placement, task]
    settings: {path: agency, require: [statement, note]}
  - name: desk_lists
    uses: lists
    channels: call
    settings: {path: lists, at: "09:30"}
"""


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    """The folder after a day with the sample, everything approved."""
    folder = tmp_path_factory.mktemp("sample")
    (folder / "operator.yaml").write_text(OPERATOR, encoding="utf-8")
    (folder / "invoices").mkdir()
    page = pypdf.PdfWriter()
    page.add_blank_page(595, 842)
    page.write(folder / "invoices" / "FA-2026-1199.pdf")
    operator = load_operator(folder / "operator.yaml").operator
    policy = pe.load_policy(ROOT / "policies" / "fr-b2b.yaml", as_of=DAY)
    snapshot = pe.read_snapshot(ROOT / "examples" / "portfolio", policy=policy)
    plan = pe.evaluate(policy, snapshot)
    chosen = [one._replace(approval=None) for one in plan.actions if one.customer in WANTED and one.channel != "email"]
    plan = replace(plan, actions=tuple(chosen))
    moment = Moment(datetime(2026, 10, 30, 8, tzinfo=UTC), DAY)
    ledger = Ledger.open(f"sqlite:///{folder / 'ledger.db'}", "alice", lambda: moment, create=True)
    adapters = Adapters(operator, folder / "outbox")

    def wants(action):
        return adapters.wants((action.channel, *action.also), action.adapter)

    dossiers = Dossiers(DAY, "EUR", policy, snapshot.exchange_rates)
    writer = Writer(policy, operator.sender, None, DAY, snapshot.exchange_rates, None, wants)
    more = More(wants, {"dossier": dossiers.tell, "notices": dossiers.notices})
    take_in(ledger, plan, snapshot, None, {}, nothing, writer.write, more)
    tally = Run(ledger, adapters, Found.of(snapshot, None), Choice(), worker_id()).go()
    assert (tally.delivered, tally.failed, tally.in_doubt) == ({"placement": 1, "task": 2, "call": 1}, [], [])
    return folder


def placement(out, customer):
    (path,) = (out / "agency" / str(DAY)).glob(f"{customer}_*.zip")
    with zipfile.ZipFile(path) as archive:
        words = archive.read("README.txt").decode("utf-8-sig")
        return json.loads(archive.read("placement.json")), words, archive.namelist()


def test_the_claim_for_the_agency(out):
    data, words, names = placement(out, "C-0262")
    # 212.05 x 12.40 % x 48 days / 365 = 3.46, and 40.00
    assert {name: data["claim"][name] for name in ("principal", "interest", "lump_sums", "total")} == {
        "principal": "212.05", "interest": "3.46", "lump_sums": "40.00", "total": "255.51",
    }  # fmt: skip
    assert data["kind"] == "agency"
    assert data["debtor"]["registration"] == "701633446"
    assert "invoices/001_FA-2026-1199.pdf" in names
    # the portfolio's history tells of two formal notices; no ledger has their letters
    assert [row["day"] for row in data["reminders"] if row["stage"] == "formal_notice"] == ["2026-09-25", "2026-10-09"]
    assert "mise en demeure : remise d'après l'historique de l'ERP ; la lettre elle-même n'est pas au registre" in words


def test_the_legal_file(out):
    data, words, _ = placement(out, "C-0226")
    # 4124.66 x 12.40 % x 91 days / 365 = 127.51
    assert (data["kind"], data["claim"]["interest"], data["claim"]["total"]) == ("legal", "127.51", "4292.17")
    assert words.startswith("Dossier contentieux : Scierie Vidal SAS")


def test_the_claim_to_declare(out):
    data, words, _ = placement(out, "petit-insolvency")
    assert (data["kind"], data["deadline"], data["intervention"]) == ("insolvency", "2026-12-12", "declare_claim")
    assert [(row["number"], row["outstanding"], row["lines"][0]["role"]) for row in data["invoices"]] == [
        ("2026-2066", "1850.00", "listed"), ("2026-2290", "2400.00", "listed"),
    ]  # fmt: skip
    assert data["debtor"]["insolvent_since"] == "2026-10-12"
    assert "- 1\u202f850,00\u00a0€ (2026-2066) + 2\u202f400,00\u00a0€ (2026-2290)" in words


def test_the_call(out):
    day = out / "lists" / str(DAY)
    with (day / "calls.csv").open(encoding="utf-8-sig", newline="") as stream:
        (row,) = csv.DictReader(stream, delimiter=";")
    assert (row["client"], row["interlocuteur"], row["téléphone"]) == ("C-0176", "Farid Besson", "03 53 01 70 92")
    assert (row["total"], row["jours de retard"], row["factures"]) == ("597,41", "30", "FA-2026-1288")
    assert row["derniers contacts"].startswith(
        "16/10/2026 Deuxième relance, courriel / 09/10/2026 Première relance, courriel"
    )
    assert "Électricité Tanguy et Fils" in (day / row["déroulé"]).read_text(encoding="utf-8")
    (event,) = icalendar.Calendar.from_ical((day / "calls.ics").read_bytes()).walk("VEVENT")
    assert event["SUMMARY"] == "Appel\u00a0: Électricité Tanguy et Fils, 597,41\u00a0€, 30 jours de retard"
    assert event.decoded("DTSTART") == datetime(2026, 10, 30, 9, 30)  # noqa: DTZ001 - floating
