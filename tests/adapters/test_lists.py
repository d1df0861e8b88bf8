"""Call and task lists: what stands in the sheet and the calendar, as a spreadsheet and a calendar read them."""

import csv
import json
import tracemalloc
from dataclasses import replace
from datetime import UTC, date, datetime
from io import StringIO

import icalendar
import pytest

from policy_engine.adapters.lists.adapter import ListsAdapter, ListsSettings
from policy_engine.adapters.lists.calendar import Look, calendar
from policy_engine.adapters.lists.entry import entry_of
from policy_engine.adapters.lists.sheet import BEHIND, COLUMNS, TO_FILL, cell, sheet
from policy_engine.adapters.lists.shelf import Shelf
from policy_engine.adapters.lists.words import COLUMNS as TITLES
from policy_engine.adapters.lists.words import language_of, late_said
from policy_engine.adapters.lists.write import Form, write_lists
from policy_engine.execution.adapters import Adapters, build
from policy_engine.execution.job import Adapter, Checked, Job, Refused, Wanting
from policy_engine.execution.operator_file import AdapterEntry, Operator
from policy_engine.execution.workers import worker_id
from policy_engine.language.check import check_model
from policy_engine.language.findings import Findings
from policy_engine.language.yaml import read_yaml
from tests.hostile.corpus import CORPUS, NAMES, unseen

DAY = "2026-10-30"


def line(number="F-1", late=30, principal="500.00", due="2026-09-30"):
    return {"number": number, "due_date": due, "days_late": late, "principal": principal, "invoice": number}


def facts(**more):
    """A call about two invoices: 500.00 and 97.41 with 2.59 of interest, 600.00 in all."""
    action = {
        "send_on": DAY, "deadline": None, "step": "phone_call", "stage": "call", "currency": "EUR",
        "principal": "597.41", "interest": "2.59", "lump_sums": "0.00", "total": "600.00",
        "demanded": [line(), line("F-2", 12, "97.41", "2026-10-18")], "mentioned": [], "listed": [],
    }  # fmt: skip
    dossier = {
        "as_of": DAY,
        "contacts": [
            {"day": "2026-10-09", "step": "courtesy", "intervention": None, "channel": "email", "status": "delivered"},
            {"day": "2026-10-16", "step": "second", "intervention": None, "channel": "email", "status": "returned"},
        ],
        "promises": [
            {"made": "2026-10-10", "day": "2026-10-15", "amount": "300.00", "about": True, "state": "broken"},
            {"made": "2026-10-20", "day": "2026-11-02", "amount": None, "about": True, "state": "running"},
        ],
        "disputes": [
            {"invoice": "F-2", "opened": "2026-10-20", "closed": None, "amount": "10.00", "reason": "dented"},
            {"invoice": "F-1", "opened": "2026-10-01", "closed": "2026-10-05", "amount": None, "reason": None},
        ],
        "customer": {"attributes": {"manager": "Anna B"}},
    }
    found = {
        "action": action,
        "customer": {"id": "C-1", "name": "Dupont & Fils", "language": "fr"},
        "contacts": [
            {"id": "K-1", "name": "Bo", "role": "manager", "phone": "01", "language": None},
            {"id": "K-2", "name": "Cy", "role": "accounting", "phone": "02", "language": "fr"},
            {"id": "K-3", "name": "Di", "role": "accounting", "phone": None, "language": "fr"},
        ],
        "dossier": dossier,
        "messages": {"call": {"subject": "Appel", "text": "Bonjour\n- payer ?", "html": "<p>"}},
    }
    return {**found, **more}


def ident(number):
    return f"{number:064x}"[::-1]


def job(number=1, channel="call", also=(), redirect_to=None, **more):
    action = ident(number)
    known = facts(**more)
    if channel == "task" and "task" not in known["messages"]:
        known["messages"]["task"] = {"subject": "Dossier", "text": "Préparer", "html": "<p>"}
    return Job(f"{action}-1", action, 1, channel, also, known["customer"]["id"], known, redirect_to)


def adapter(folder, form=None, collector=None):
    return ListsAdapter("lists", folder, form or Form(), collector)


def run(folder, *jobs, **more):
    made = adapter(folder, **more)
    for one in jobs:
        made.deliver(one)
    made.settle()
    made.close()
    return made


def rows(path, separator=None):
    separator = separator or (";" if path.read_bytes().startswith("\ufeffprévu le;".encode()) else ",")
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream, delimiter=separator))


def read(path):
    return icalendar.Calendar.from_ical(path.read_bytes())


def test_it_is_an_adapter_that_wants_the_story(tmp_path):
    made = adapter(tmp_path)
    assert isinstance(made, Adapter)
    assert isinstance(made, Wanting)
    assert isinstance(made, Checked)
    assert made.wants == {"dossier"}
    assert made.check() == []
    (tmp_path / "file").write_text("")
    assert adapter(tmp_path / "file" / "lists").check() == [f"{tmp_path / 'file'} is no folder"]


def test_a_call_in_the_sheet(tmp_path):
    run(tmp_path, job())
    (row,) = rows(tmp_path / DAY / "calls.csv")
    name = f"C-1_phone-call_1{'0' * 11}-1.txt"
    assert row == {
        "send_on": DAY, "customer": "C-1", "name": "Dupont & Fils",
        # who pays invoices is asked for; who has no number can't be called
        "phone": "02", "person": "Cy", "role": "accounting", "other_phones": "01 (Bo, manager)", "language": "fr",
        "currency": "EUR", "total": "600.00", "principal": "597.41", "interest": "2.59", "lump_sums": "0.00",
        "oldest_days_late": "30", "invoices": "F-1, F-2",
        "last_contacts": "2026-10-16 second email, returned / 2026-10-09 courtesy email",
        "promises": "2026-10-20 promised all by 2026-11-02: running"
        " / 2026-10-10 promised 300.00 EUR by 2026-10-15: broken",
        "promises_broken": "1", "disputes": "F-2 10.00 since 2026-10-20: dented", "step": "phone_call",
        "stage": "call", "collector": "", "trial": "", "script": f"scripts/{name}", "file": "",
        "key": f"{ident(1)}-1", "outcome": "", "promised_date": "", "promised_amount": "", "note": "",
    }  # fmt: skip
    assert (tmp_path / DAY / "scripts" / name).read_text(encoding="utf-8") == "Appel\n\nBonjour\n- payer ?\n"


def test_a_call_in_the_calendar(tmp_path):
    run(tmp_path, job())
    (event,) = read(tmp_path / DAY / "calls.ics").walk("VEVENT")
    assert event["UID"] == f"{ident(1)}-1@dunning-policy-engine"
    assert event["SUMMARY"] == "Call: Dupont & Fils, 600.00 EUR, 30 days late"
    assert event.decoded("DTSTART") == date(2026, 10, 30)
    assert event.decoded("DTEND") == date(2026, 10, 31)
    assert event.decoded("DTSTAMP") == datetime(2026, 10, 30, tzinfo=UTC)
    assert event["CATEGORIES"].cats == ["call"]
    lines = str(event["DESCRIPTION"]).split("\n")
    assert lines[:3] == ["Customer: Dupont & Fils (C-1)", "Ask for: Cy, accounting", "Phone: 02"]
    assert "- 2026-10-20 promised all by 2026-11-02: running" in lines


FRENCH = {
    "contacts": [
        {"day": "2026-10-09", "step": "courtesy_reminder", "stage": "reminder", "intervention": None,
         "channel": "email", "status": "delivered"},
        {"day": "2026-10-12", "step": "own_step", "stage": "reminder", "intervention": None, "channel": "letter",
         "status": "delivered"},
        {"day": "2026-10-16", "step": "our_word", "stage": "ours", "intervention": None, "channel": "email",
         "status": "returned"},
    ],
}  # fmt: skip


def french(**more):
    """The facts of a policy whose locale is French."""
    return facts(dossier={**facts()["dossier"], **FRENCH, "locale": "fr-FR"}, **more)


def test_the_lists_of_a_french_house_are_french(tmp_path):
    run(tmp_path, job(dossier=french()["dossier"], customer={"id": "C-1", "name": "Dupont Ltd", "language": "en"}))
    (row,) = rows(tmp_path / DAY / "calls.csv")
    name = f"C-1_phone-call_1{'0' * 11}-1.txt"
    assert row == {
        "prévu le": DAY, "client": "C-1", "nom": "Dupont Ltd", "téléphone": "02", "interlocuteur": "Cy",
        "fonction": "comptabilité", "autres numéros": "01 (Bo, direction)", "langue": "fr", "devise": "EUR",
        "total": "600,00", "principal": "597,41", "intérêts": "2,59", "indemnités": "0,00", "jours de retard": "30",
        "factures": "F-1, F-2",
        "derniers contacts": "16/10/2026 our word, courriel, revenu / 12/10/2026 Relance, lettre"
        " / 09/10/2026 Première relance, courriel",
        "promesses": "20/10/2026 promis la totalité pour le 02/11/2026 : en cours"
        " / 10/10/2026 promis 300,00 € pour le 15/10/2026 : non tenue",
        "promesses non tenues": "1", "litiges": "F-2 10,00 € depuis le 20/10/2026 : dented",
        "étape": "Appel téléphonique", "stade": "Appel téléphonique", "chargé": "", "essai": "",
        "déroulé": f"scripts/{name}", "fichier": "", "clé": f"{ident(1)}-1", "résultat": "", "date promise": "",
        "montant promis": "", "note": "",
    }  # fmt: skip
    (event,) = read(tmp_path / DAY / "calls.ics").walk("VEVENT")
    assert event["SUMMARY"] == "Appel\u00a0: Dupont Ltd, 600,00\u00a0€, 30 jours de retard"
    assert event["CATEGORIES"].cats == ["Appel téléphonique"]
    assert str(event["DESCRIPTION"]).replace("\u00a0", "~").split("\n") == [
        "Client~: Dupont Ltd (C-1)",
        "Demander~: Cy, comptabilité",
        "Téléphone~: 02",
        "Autres numéros~: 01 (Bo, direction)",
        "Réclamé~: 600,00~€",
        "dont intérêts~: 2,59~€",
        "- F-1~: 500,00~€, échéance 30/09/2026, 30 jours de retard",
        "- F-2~: 97,41~€, échéance 18/10/2026, 12 jours de retard",
        "",
        "Déjà fait~:",
        "- 16/10/2026 our word, courriel, revenu",
        "- 12/10/2026 Relance, lettre",
        "- 09/10/2026 Première relance, courriel",
        "",
        "Promesses~:",
        "- 20/10/2026 promis la totalité pour le 02/11/2026~: en cours",
        "- 10/10/2026 promis 300,00~€ pour le 15/10/2026~: non tenue",
        "",
        "Litiges en cours~:",
        "- F-2 10,00~€ depuis le 20/10/2026~: dented",
        "",
        "Déroulé~:",
        "Bonjour",
        "- payer ?",
    ]


def test_the_settings_say_the_language_before_the_policy_does(tmp_path):
    made = ListsAdapter("lists", tmp_path, Form(), None, "en")
    made.deliver(job(dossier=french()["dossier"]))
    made.settle()
    made.close()
    assert "customer" in rows(tmp_path / DAY / "calls.csv")[0]
    made = ListsAdapter("lists", tmp_path / "fr", Form(), None, "fr")
    made.deliver(job())
    made.settle()
    made.close()
    assert "client" in rows(tmp_path / "fr" / DAY / "calls.csv")[0]


@pytest.mark.parametrize(
    ("days", "english", "said"), [(1, "1 day late", "1 jour de retard"), (2, "2 days late", "2 jours de retard")]
)
def test_how_late(days, english, said):
    assert (late_said(days, "en"), late_said(days, "fr")) == (english, said)


def test_every_column_has_a_french_title_of_its_own():
    for kind in ("call", "task"):
        names = (*COLUMNS[kind], *TO_FILL[kind], *BEHIND)
        assert set(names) <= set(TITLES["fr"])
    assert len(set(TITLES["fr"].values())) == len(TITLES["fr"])


def test_lines_are_folded_at_75_octets_and_end_with_cr_lf(tmp_path):
    run(tmp_path, job(customer={"id": "C-1", "name": "É" * 90, "language": "fr"}))
    data = (tmp_path / DAY / "calls.ics").read_bytes()
    assert data.endswith(b"END:VCALENDAR\r\n")
    assert data.count(b"\n") == data.count(b"\r\n")
    for octets in data.split(b"\r\n"):
        assert len(octets) <= 75
        octets.decode("utf-8")  # never cut within a character
    assert b"METHOD" not in data


def test_a_task_is_a_to_do_due_on_its_deadline(tmp_path):
    action = {**facts()["action"], "deadline": "2026-12-12", "step": "declare_claim", "stage": ""}
    run(tmp_path, job(channel="task", action=action))
    assert not (tmp_path / DAY / "calls.csv").exists()
    (row,) = rows(tmp_path / DAY / "tasks.csv")
    assert (row["deadline"], row["step"], row["done_on"]) == ("2026-12-12", "declare_claim", "")
    (todo,) = read(tmp_path / DAY / "tasks.ics").walk("VTODO")
    assert todo.decoded("DUE") == date(2026, 12, 12)
    assert todo["CATEGORIES"].cats == ["declare_claim"]


def test_the_largest_amounts_come_first(tmp_path):
    small = {**facts()["action"], "total": "99.00"}
    run(tmp_path, job(1, action=small), job(2), job(3, action={**small, "total": "1000.00"}))
    assert [row["total"] for row in rows(tmp_path / DAY / "calls.csv")] == ["1000.00", "600.00", "99.00"]


def test_the_order_of_a_list_is_by_day_then_amount_then_customer_then_key():
    """Characters sort as they do in Python: `Z` before `a` before `é` before what lies beyond the first plane."""

    def one(total, customer, key="k-1", on="2026-10-30", collector=""):
        action = {**facts()["action"], "total": total, "send_on": on}
        made = entry(action=action, customer={"id": customer, "name": "x", "language": "en"})
        return replace(made, key=key, collector=collector)

    wanted = [
        one("1.00", "C", on="2026-10-29"),
        one("100000000000000.01", "C"),
        one("100000000000000.00", "C"),
        one("20.5", "Z"),
        one("20.50", "a", "k-1"),
        one("20.50", "a", "k-2", collector="eva"),
        one("20.50", "é"),
        one("20.50", "\uffff"),
        one("20.50", "\U0001f600"),
        one("0.00", "C", collector="adam"),
        one("-3.00", "C"),
    ]
    with Shelf() as shelf:
        for made in (*wanted[1::2], *reversed(wanted[::2])):
            shelf.put(made)
        assert list(shelf.entries("call")) == wanted
        assert list(shelf.entries("task")) == []
        assert shelf.collectors("call") == ["adam", "eva"]
        assert list(shelf.entries("call", "eva")) == [wanted[5]]


def test_no_more_than_one_entry_is_held(tmp_path):
    """300 calls or 1,500: an entry takes two kilobytes, and as much again in the calendar."""

    def peak(count):
        day = tmp_path / f"{count}"
        day.mkdir()
        tracemalloc.start()
        try:
            write_lists(day, (replace(entry(), key=f"k-{number}") for number in range(count)), Form())
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(10)
    some, many = peak(300), peak(1_500)
    assert many - some < 50_000
    assert len(rows(tmp_path / "1500" / "calls.csv")) == 1_500


def test_at_a_time_of_the_day():
    (event,) = icalendar.Calendar.from_ical(
        b"".join(calendar([entry()], Look("23:50", 20))),
    ).walk("VEVENT")
    assert event.decoded("DTSTART") == datetime(2026, 10, 30, 23, 50)  # noqa: DTZ001 - floating: whoever opens it
    assert event.decoded("DTEND") == datetime(2026, 10, 31, 0, 10)  # noqa: DTZ001


def entry(**more):
    return entry_of({"key": "k-1", "redirected_to": None, **facts(**more)}, "call", script=("Appel", "Bonjour"))


def test_with_a_separator_and_the_script_in_its_cell(tmp_path):
    run(tmp_path, job(), form=Form(";", whole_script=True))
    (row,) = rows(tmp_path / DAY / "calls.csv", ";")
    # a French or German spreadsheet takes 600.00 for a text, and 12.05 for a day in May
    assert (row["total"], row["principal"], row["interest"]) == ("600,00", "597,41", "2,59")
    assert row["script"] == "Appel\n\nBonjour\n'- payer ?"  # the quote: no line of a cell begins a formula


def test_a_claim_to_declare_stands_with_what_is_open(tmp_path):
    """It asks for nothing, yet 0.00 would put 4,250.00 with a legal deadline at the end of the list."""
    listed = [
        {**line("F-3"), "outstanding": "1850.00", "currency": "EUR"},
        {**line("F-4"), "outstanding": "2400.00", "currency": "EUR"},
    ]
    nothing = dict.fromkeys(("principal", "interest", "lump_sums", "total"), "0.00")
    claim = {**facts()["action"], **nothing, "demanded": [], "listed": listed, "deadline": "2026-12-12"}
    run(tmp_path, job(1, channel="task"), job(2, channel="task", action=claim))
    found = rows(tmp_path / DAY / "tasks.csv")
    assert [(row["total"], row["principal"], row["deadline"]) for row in found] == [
        ("4250.00", "0.00", "2026-12-12"), ("600.00", "597.41", ""),
    ]  # fmt: skip
    dollars = {**claim, "listed": [listed[0], {**listed[1], "currency": "USD"}]}
    run(tmp_path / "two", job(3, channel="task", action=dollars))
    assert rows(tmp_path / "two" / DAY / "tasks.csv")[0]["total"] == "0.00"  # two currencies have no sum


@pytest.mark.parametrize(
    ("locale", "mark", "word"),
    [(None, "trial:", "TRIAL, call nobody"), ("fr", "essai\u00a0:", "ESSAI, n'appeler personne")],
)
def test_a_rehearsal_calls_nobody(tmp_path, locale, mark, word):
    dossier = {**facts()["dossier"], "locale": locale}
    said = {"call": {"subject": "Appel", "text": "Cy, tél. 02, demander le règlement", "html": ""}}
    run(tmp_path, job(redirect_to="trial@acme.example", messages=said, dossier=dossier))
    script = next((tmp_path / DAY / "scripts").iterdir()).read_text(encoding="utf-8")
    assert script == f"Appel\n\nCy, tél. {mark} trial@acme.example, demander le règlement\n"
    (row,) = rows(tmp_path / DAY / "calls.csv")
    named = TITLES[language_of(locale)]
    seen = [row[named.get(name, name)] for name in ("trial", "phone", "other_phones")]
    assert seen == [mark.rstrip("\u00a0:"), f"{mark} trial@acme.example".replace("\u00a0", " "), ""]
    (event,) = read(tmp_path / DAY / "calls.ics").walk("VEVENT")
    assert str(event["SUMMARY"]).startswith(f"[{word}] ")
    assert event["STATUS"] == "TENTATIVE"
    every = (tmp_path / DAY / "calls.csv").read_text() + (tmp_path / DAY / "calls.ics").read_text()
    assert ",02," not in every
    assert ": 02" not in every
    assert "01 (Bo" not in every


def test_repeating_a_delivery_changes_nothing(tmp_path):
    run(tmp_path, job(), job(2))
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and path.name != ".lists"}
    run(tmp_path, job(2), job())
    after = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and path.name != ".lists"}
    assert after == before


def test_what_somebody_filled_in_is_never_written_over(tmp_path):
    run(tmp_path, job(1), job(2))
    sheet_ = tmp_path / DAY / "calls.csv"
    filled = sheet_.read_text(encoding="utf-8-sig").replace(",,,,,phone_call", ",promised,2026-11-05,,,phone_call")
    assert filled.count("promised,2026-11-05") == 2
    sheet_.write_text(filled.replace(",", ";"), encoding="cp1252")  # as a spreadsheet saves it
    before = sheet_.read_bytes()
    run(tmp_path, job(3))
    assert sheet_.read_bytes() == before
    assert [row["key"] for row in rows(tmp_path / DAY / "calls_2.csv")] == [f"{ident(3)}-1"]
    run(tmp_path, job(4))  # the second sheet is as it was written: it is made anew
    assert [row["key"][:1] for row in rows(tmp_path / DAY / "calls_2.csv")] == ["3", "4"]
    assert not (tmp_path / DAY / "calls_3.csv").exists()
    assert len(read(tmp_path / DAY / "calls.ics").walk("VEVENT")) == 4


def test_each_collector_has_lists_of_their_own(tmp_path):
    other = facts()["dossier"]
    other["customer"] = {"attributes": {"manager": "../Zoë"}}
    nobody = {**facts()["dossier"], "customer": {"attributes": {}}}
    run(tmp_path, job(1), job(2, dossier=other), job(3, dossier=nobody), collector="manager")
    names = sorted(path.name for path in (tmp_path / DAY).glob("calls*.csv"))
    assert len(rows(tmp_path / DAY / "calls.csv")) == 3
    # names that were changed to fit a file's name carry a mark of their own
    assert [name.rpartition("-")[0] for name in names[:2]] == ["calls-Anna-B", "calls-Zo"]
    for name in names[:2]:
        assert len(rows(tmp_path / DAY / name)) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == [DAY]


def test_a_worker_that_died_leaves_no_half_list_and_the_next_run_makes_it(tmp_path):
    dead = adapter(tmp_path)
    dead.deliver(job(1))
    dead.settle()
    dead.deliver(job(2))  # never settled
    (mark,) = (tmp_path / DAY).glob(".unlisted-*")
    living = worker_id()
    mark.write_text(f"{living.rpartition('/')[0]}/1", encoding="utf-8")
    assert not (tmp_path / DAY / "calls.csv").exists()
    other = adapter(tmp_path)
    other.close()
    assert [row["key"][:64] for row in rows(tmp_path / DAY / "calls.csv")] == [ident(1)]
    assert not list((tmp_path / DAY).glob(".unlisted-*"))


@pytest.mark.parametrize("day", ["../2026-10-30", "/tmp", "2026-10-30/..", "", "x"])  # noqa: S108
def test_a_day_that_is_none_leads_nowhere(tmp_path, day):
    with pytest.raises(Refused):
        adapter(tmp_path / "lists").deliver(job(action={**facts()["action"], "send_on": day}))
    assert not (tmp_path / "lists").exists()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("=1+1", "'=1+1"),
        ("  =1+1", "'=1+1"),
        ("+33 1", "'+33 1"),
        ("Acme;=1+1", "Acme;'=1+1"),  # opened with the other separator, this is two cells
        ('Acme", =1', "Acme\", '=1"),
        ("a\r\n-2", "a\n'-2"),
        ("a\u2028=2", "a\n'=2"),
        ("\uff1d1", "'\uff1d1"),
        ("x\ty\x1b[2J\u202e", "x y [2J"),
        ("Dupont; Fils", "Dupont; Fils"),
        ("C-1", "C-1"),
    ],
)
def test_no_cell_is_a_formula(text, shown):
    assert cell(text) == shown


@pytest.mark.parametrize("name", NAMES)
def test_hostile_names_stay_within_their_cell_and_event(name):
    (hostile,) = [one.text for one in CORPUS if one.name == name]
    bad = entry(
        customer={"id": hostile, "name": hostile, "language": "en"},
        contacts=[{"id": "K", "name": hostile, "role": hostile, "phone": hostile, "language": None}],
    )
    text = b"".join(sheet([bad, entry()], "call")).decode("utf-8-sig")
    first, second = csv.DictReader(StringIO(text, newline=""))
    assert second["name"] == "Dupont & Fils"
    for value in first.values():
        assert not value.lstrip("'").startswith(("=", "@")) or value.startswith("'")
    data = b"".join(calendar([bad, entry()], Look()))
    one, two = icalendar.Calendar.from_ical(data).walk("VEVENT")
    assert (str(one["UID"]), str(two["UID"])) == ("k-1@dunning-policy-engine",) * 2
    assert str(two["SUMMARY"]).startswith("Call: Dupont & Fils")
    assert not unseen(data.decode("utf-8").replace("\r\n", "\n"))
    assert not unseen(text.replace("\r\n", "\n"))


@pytest.mark.parametrize("name", NAMES)
def test_hostile_ids_lead_to_no_other_folder(tmp_path, name):
    (hostile,) = [one.text for one in CORPUS if one.name == name]
    action = {**facts()["action"], "step": hostile}
    run(tmp_path / "lists", job(customer={"id": hostile, "name": hostile, "language": "fr"}, action=action))
    assert [path.name for path in tmp_path.iterdir()] == ["lists"]
    assert [path.name for path in (tmp_path / "lists").iterdir()] == [DAY]
    (row,) = rows(tmp_path / "lists" / DAY / "calls.csv")
    assert (tmp_path / "lists" / DAY / row["script"]).is_file()


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\x0b", "\x85", "\u2028", "\\n"])
def test_a_name_begins_no_event_of_its_own(end):
    name = f"Acme{end}END:VEVENT{end}BEGIN:VEVENT{end}SUMMARY:pay here"
    data = b"".join(calendar([entry(customer={"id": "C", "name": name, "language": "en"})], Look()))
    (event,) = icalendar.Calendar.from_ical(data).walk("VEVENT")
    assert "BEGIN:VEVENT" in str(event["SUMMARY"])
    assert sum(part == b"BEGIN:VEVENT" for part in data.split(b"\r\n")) == 1


def settings(text):
    findings = Findings()
    node = read_yaml(text.encode(), "operator.yaml", findings)
    return check_model(ListsSettings, node, findings, "the settings"), findings.all()


def test_settings_and_what_is_wrong_with_them():
    made, wrong = settings("path: l\nat: '09:00'\nminutes: 30\nseparator: ';'\nlanguage: fr\ncollector: manager\n")
    assert not wrong
    assert (made.path, made.begin, made.minutes, made.separator) == ("l", "09:00", 30, ";")
    _, wrong = settings("path: l\nat: '9'\nminutes: 0\nseparator: '|'\nlanguages: fr\n")
    assert sorted((one.code, one.position.line) for one in wrong) == [
        ("DUN101", 5), ("DUN104", 4), ("DUN106", 3), ("DUN113", 2),
    ]  # fmt: skip


def test_the_operators_file_builds_it(tmp_path):
    made, _ = settings("path: l\n")
    entry_ = AdapterEntry("lists", "lists", ("call", "task"), made)
    operator = Operator(folder=tmp_path, live=True, adapters=(entry_,))
    assert build(entry_, operator).path == tmp_path / "l"
    every = Adapters(operator, tmp_path / "outbox")
    assert every.wants(("call",), None) == {"dossier"}
    assert every.wants(("email",), None) == frozenset()
    assert Adapters(Operator(), tmp_path / "outbox").wants(("call", "email"), None) == {"dossier"}


def test_the_folder_makes_the_same_lists(tmp_path):
    every = Adapters(Operator(), tmp_path)
    folder = every.default
    folder.deliver(job(also=("task",), channel="call"))
    folder.settle()
    folder.close()
    (row,) = rows(tmp_path / DAY / "calls.csv")
    assert (row["promises_broken"], row["person"]) == ("1", "Cy")
    assert json.loads((tmp_path / DAY / row["file"]).read_text(encoding="utf-8"))["key"] == row["key"]
    assert (tmp_path / DAY / row["script"]).read_text(encoding="utf-8").startswith("Appel\n\nBonjour")
    assert len(read(tmp_path / DAY / "calls.ics").walk("VEVENT")) == 1
    assert len(read(tmp_path / DAY / "tasks.ics").walk("VTODO")) == 1
