"""The dates of a message: worked out by hand with the French calendar of 2026 and 2027."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

import policy_engine as pe
from policy_engine.engine.reference.s16_sending_date import is_business_day, send_on
from policy_engine.plan.model import Action
from policy_engine.policy.resolved import Policy
from policy_engine.templates.dates import dates_on, leaving_on, pay_by
from policy_engine.templates.draft import Changes, Rendered
from policy_engine.templates.render import draft, render
from policy_engine.templates.source import Folders
from tests.templates.given import AS_OF, TABLES, action_of, given, notice


def asked(tmp_path: Path) -> tuple[Policy, Action]:
    policy, snapshot = given(tmp_path)
    return policy, action_of(policy, snapshot, "formal_notice")


@pytest.mark.parametrize(
    ("sent", "until"),
    [
        (date(2026, 11, 16), date(2026, 12, 1)),  # 15 days: a Tuesday
        (date(2026, 11, 20), date(2026, 12, 7)),  # a Saturday: Monday
        (date(2026, 11, 21), date(2026, 12, 7)),  # a Sunday: Monday
        (date(2026, 12, 10), date(2026, 12, 28)),  # 25 December, a Friday: Monday
        (date(2026, 12, 17), date(2027, 1, 4)),  # 1 January, a Friday: Monday
        (date(2027, 3, 14), date(2027, 3, 30)),  # Easter Monday: Tuesday
    ],
)
def test_a_term_that_ends_on_no_business_day_runs_to_the_next_one(tmp_path: Path, sent: date, until: date) -> None:
    assert pay_by(*asked(tmp_path), sent) == until


def test_the_companys_own_calendar_counts(tmp_path: Path) -> None:
    policy, action = asked(tmp_path)
    closed = replace(policy.calendar, closed=frozenset({date(2026, 12, 1), date(2026, 12, 2)}))
    assert pay_by(replace(policy, calendar=closed), action, date(2026, 11, 16)) == date(2026, 12, 3)
    always = replace(policy.calendar, weekend=frozenset(), closed=frozenset())
    assert pay_by(replace(policy, calendar=always), action, date(2026, 11, 20)) == date(2026, 12, 5)
    any_day = replace(policy.calendar, adjust="none")  # messages leave on any day; payments arrive on business days
    assert pay_by(replace(policy, calendar=any_day), action, date(2026, 11, 20)) == date(2026, 12, 7)


def test_years_whose_holidays_are_unknown_have_weekends(tmp_path: Path) -> None:
    policy, action = asked(tmp_path)
    known = replace(policy.calendar, last_year=2026)
    assert pay_by(replace(policy, calendar=known), action, date(2026, 12, 18)) == date(
        2027, 1, 4
    )  # 2 January: Saturday
    assert pay_by(replace(policy, calendar=known), action, date(2026, 12, 17)) == date(2027, 1, 1)  # a Friday


def test_the_next_step_never_leaves_before_the_deadline(tmp_path: Path) -> None:
    policy, action = asked(tmp_path)  # the step after the formal notice: `after_previous: 15`
    for number in range(400):
        sent = date(2026, 11, 20) + timedelta(days=number)
        until = pay_by(policy, action, sent)
        assert is_business_day(policy.calendar, until)
        assert until >= sent + timedelta(days=15)
        assert send_on(policy.calendar, "next_business_day", sent + timedelta(days=15)) >= until


@pytest.mark.parametrize(("as_of", "leaves"), [(date(2026, 12, 4), None), (date(2026, 12, 5), date(2026, 12, 7))])
def test_the_plan_asks_for_the_next_step_when_the_deadline_comes(
    tmp_path: Path, as_of: date, leaves: date | None
) -> None:
    """The formal notice of 20 November gives until Monday 7 December; 15 days after it is a Saturday."""
    sent = {"id": "H5", "customer": "C1", "invoice": "F1", "step": "formal_notice", "stage": "formal_notice",
            "channel": "registered_letter", "status": "delivered", "date": AS_OF, "role": "demanded"}  # fmt: skip
    manifest = {**TABLES["manifest"], "as_of": as_of, "payments_complete_through": as_of}
    policy, snapshot = given(tmp_path, manifest=manifest, history=[*TABLES["history"], sent])
    found = [action.send_on for action in pe.evaluate(policy, snapshot).actions if action.step == "collection_agency"]
    assert found == ([] if leaves is None else [leaves])
    assert leaves in (None, notice(tmp_path).pay_by)


def changed(first: Rendered, changes: Changes) -> Rendered:
    """A message with its changes put in."""
    lines = {"text": first.text.split("\n"), "html": first.html.split("\n")}
    for where, text in changes.texts:
        if len(where) == 2:
            lines[str(where[0])][int(where[1])] = text
    blocks = tuple(changes.blocks.get(place, block) for place, block in enumerate(first.blocks))
    said = "\n".join(lines["text"]), "\n".join(lines["html"])
    return replace(first, subject=changes.subject, text=said[0], html=said[1], blocks=blocks)


def test_a_message_on_another_day_differs_in_its_dates_alone(tmp_path: Path) -> None:
    first = notice(tmp_path)
    dates = dates_on(*asked(tmp_path), date(2026, 11, 23))
    later = leaving_on(first, dates)
    assert (later.sent_on, later.pay_by, later.pay_days) == (date(2026, 11, 23), date(2026, 12, 8), 15)
    assert replace(later, sent_on=first.sent_on, pay_by=first.pay_by, pay_days=first.pay_days) == first
    made = draft(first)
    assert (made.first, made.dates) == (render(first), {"sent_on", "pay_by", "pay_days"})
    changes = made.on(dates)
    assert changes is not None
    (line,) = [text for where, text in changes.texts if where[0] == "text"]
    assert line == "plus tard le 8 décembre 2026, soit dans un délai de 15 jours à compter de la"
    assert changed(made.first, changes) == render(later)


@pytest.mark.parametrize(
    ("body", "names", "prints"),
    [
        ("Pay {{ total }}.", set(), True),
        ("Pay by {{ pay_by }}.", {"pay_by"}, True),
        ("A\n\n# {{ sent_on|long_date }}\n\n[table: demanded]\n\n- one\n- {{ pay_by|long_date }}\n- {{ pay_days }}",
         {"sent_on", "pay_by", "pay_days"}, True),
        ("{{ pay_by }} by {{ sent_on }}\n\n[signature]\n\n{{ pay_by }}\\\n{{ total }}", {"sent_on", "pay_by"}, True),
        ("{% for one in lines %}\n{{ one.number }}: {{ sent_on }}\n\n{% endfor %}", {"sent_on"}, True),
        ("{% if pay_days > 15 %}Long{% else %}Short{% endif %} {{ pay_by }}", {"pay_days", "pay_by"}, False),
        ("{% set until = pay_by %}By {{ until|long_date }}: {{ pay_days + 1 }}", {"pay_days", "pay_by"}, False),
        ("{{ sent_on if total else as_of }}", {"sent_on"}, False),
    ],
)  # fmt: skip
def test_templates_of_ones_own_say_on_each_day_what_they_say_alone(
    tmp_path: Path, body: str, names: set[str], *, prints: bool
) -> None:
    place = tmp_path / "templates" / "fr"
    place.mkdir(parents=True)
    subject = "{{ reference }} {{ pay_by }}" if "pay_by" in names else "{{ reference }} <&>"
    (place / "own.jinja").write_text(f"{subject}\n\n{body}\n", encoding="utf-8")
    folders = Folders.beside(str(tmp_path / "policy.yaml"))
    first = replace(notice(tmp_path), template="own")
    made = draft(first, folders=folders)
    assert made.dates == names
    assert made.first == render(first, folders=folders)
    for day in (23, 24):
        dates = dates_on(*asked(tmp_path), date(2026, 11, day))
        changes = made.on(dates)
        assert (changes is not None) == prints
        other = render(leaving_on(first, dates), folders=folders)
        assert "\ue004" not in other.subject + other.text + other.html
        assert (other.text != made.first.text) == bool(names)
        if changes is not None:
            assert changed(made.first, changes) == other


def test_where_a_line_breaks_elsewhere_the_message_is_rendered_anew(tmp_path: Path) -> None:
    place = tmp_path / "templates" / "fr"
    place.mkdir(parents=True)
    (place / "own.jinja").write_text(f"Subject\n\n{'x' * 62} {{{{ pay_by|long_date }}}}\n", encoding="utf-8")
    folders = Folders.beside(str(tmp_path / "policy.yaml"))
    policy, action = asked(tmp_path)
    made = draft(replace(notice(tmp_path), template="own"), folders=folders)
    assert made.first.text == f"Subject\n\n{'x' * 62} 7 décembre 2026\n".partition("\n\n")[2]  # 78 columns
    assert made.on(dates_on(policy, action, date(2026, 11, 25))) is None  # 10 décembre 2026: one too many


def test_the_copy_names_the_day_of_the_letter(tmp_path: Path) -> None:
    context = notice(tmp_path, channel="email", language="en")
    assert "Copy of our registered letter of 20 November 2026" in render(context).text
    assert "Copie de notre lettre recommandée du 20 novembre 2026" in render(replace(context, language="fr")).text
