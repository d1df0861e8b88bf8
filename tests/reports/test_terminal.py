"""The plan on a terminal: figures first, nothing wider than the screen, nothing cut that is money, nothing hostile."""

import dataclasses
import re

import pytest
from rich.cells import cell_len

from policy_engine.plan.model import Bucket, Next
from policy_engine.reports.terminal import plan_text
from tests.plan.plan_samples import HOSTILE, action, outcome, sample_plan

HINTS = re.compile(r"^ +dunning ")  # commands to be copied stay in one piece


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("width", [60, 80, 100, 120, 200])
def test_no_line_is_wider_than_the_screen(language, width):
    text = plan_text(sample_plan(customer_name=HOSTILE, many=20, stopped=True), language=language, width=width)
    for line in text.splitlines():
        assert HINTS.match(line) or cell_len(line) <= width, line


def test_the_first_lines_say_what_and_when():
    lines = plan_text(sample_plan(), width=120).splitlines()
    assert lines[0] == (
        "Dunning plan: policy fr-b2b version 3, as of 2026-11-22, engine reference 0.1.0; valid until 2026-11-24"
    )
    assert lines[2] == "Aged balance"


def test_the_aged_balance_is_tied_to_the_ledger_balance():
    text = plan_text(sample_plan(), width=100)
    row = next(line for line in text.splitlines() if line.startswith("  EUR"))
    *buckets, balance = [round(float(cell.replace(",", "")) * 100) for cell in row.split()[1:]]
    assert sum(buckets) == balance == 341899


@pytest.mark.parametrize("width", [60, 80])
def test_large_figures_are_never_cut(width):
    plan = sample_plan()
    large = tuple(Bucket(bucket.name, 123456, 123_456_789_012) for bucket in plan.summary.aged)
    plan = dataclasses.replace(
        plan,
        summary=dataclasses.replace(plan.summary, aged=large, balance=6 * 123_456_789_012),
        actions=(action(1)._replace(total=123_456_789_012),),
    )
    text = plan_text(plan, width=width)
    assert text.count("1,234,567,890.12") >= 7
    assert "7,407,407,340.72" in text


def test_grave_stages_come_first_and_the_problems_are_counted_on_the_last_line():
    text = plan_text(sample_plan())
    assert text.index("formal_notice (1") < text.index("reminder (1")
    assert text.splitlines()[-1] == "actions: 2, invoices: 5, problems: 1, alerts: 1"


def test_long_lists_are_cut_and_counted():
    text = plan_text(sample_plan(many=50), limit=5)
    assert "... and 46 more, see -o FILE" in text  # 51 reminders
    assert text.count("phone_call comes next") == 4  # five waiting rows, one of them another


def test_holds_do_not_hide_waits():
    rows = [outcome(f"H{i}", "held", "disputed", coming=Next(None, None, "hold_lifted")) for i in range(30)]
    rows.append(outcome("W1", "waiting", "no_channel", coming=Next(None, "phone_call", "address")))
    text = plan_text(dataclasses.replace(sample_plan(), outcomes=tuple(rows)), width=140, limit=3)
    assert "the customer has no address for the channel" in text or "phone_call is due" in text
    assert "... and 27 more" in text


def test_a_stopped_plan_says_so_at_once():
    lines = plan_text(sample_plan(stopped=True), width=140).splitlines()
    assert lines[1].startswith("STOPPED by the safeguard all: 2001 found, 2000 allowed")


def test_unvouched_payments_are_said():
    text = plan_text(dataclasses.replace(sample_plan(), vouched=False))
    assert "nothing vouches for the payments" in text


@pytest.mark.parametrize("colour", [True, False])
def test_hostile_names_stay_inert(colour):
    text = plan_text(sample_plan(customer_name=HOSTILE), width=200, colour=colour)
    assert r"Évil \x1b[31m[red]:\x3aerror\nline\u202egnp =cmd|'/c calc'!A1" in text
    assert "\u202e" not in text
    codes = set(re.findall(r"\x1b\[[0-9;]*m", text))
    assert bool(codes) == colour
    assert "\x1b" not in re.sub(r"\x1b\[[0-9;]*m", "", text)
    assert not any(line.startswith("::error") for line in text.splitlines())


@pytest.mark.parametrize("where", ["alerts", "problems", "outcomes"])
def test_hostile_text_anywhere_stays_inert(where):
    plan = sample_plan()
    if where == "alerts":
        changed = (dataclasses.replace(plan.alerts[0], message=HOSTILE, code=HOSTILE),)
    elif where == "problems":
        changed = (dataclasses.replace(plan.problems[0], message=HOSTILE, where=HOSTILE),)
    else:
        changed = (outcome(HOSTILE, "held", HOSTILE, customer=HOSTILE, coming=Next(None, None, HOSTILE)),)
    text = plan_text(dataclasses.replace(plan, **{where: changed}), width=300, command=f"-p {HOSTILE}")
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "[red]" in text


def test_an_empty_plan_is_shown():
    plan = sample_plan()
    empty = dataclasses.replace(plan.summary, invoices=0, outcomes=(), unreadable=0, amount=())
    text = plan_text(dataclasses.replace(plan, actions=(), outcomes=(), alerts=(), problems=(), summary=empty))
    assert "Actions (0)\n  none" in text
    assert text.splitlines()[-1] == "actions: 0, invoices: 0, problems: 0, alerts: 0"


def test_hints_name_a_customer_and_the_same_files():
    text = plan_text(sample_plan(), command="-p a.yaml -s b")
    assert "dunning why C0001 -p a.yaml -s b" in text
    assert "dunning plan -p a.yaml -s b -o plan.json" in text
