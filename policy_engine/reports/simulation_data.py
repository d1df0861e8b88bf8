"""A simulation as JSON data: everything that the tables show, and every customer and day behind them.

Amounts are decimal strings in the policies' currency, days ISO 8601, ratios decimal strings.
"""

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from typing import Any

from policy_engine.plan.model import Stopped
from policy_engine.reports.simulation_csv import last_day
from policy_engine.simulation.compare import Did, Divergence
from policy_engine.simulation.kpis import Figures
from policy_engine.simulation.record import Day, Position, Run
from policy_engine.simulation.scenario import Scenario
from policy_engine.simulation.study import Study
from policy_engine.values.money import minor_text

FORMAT = 1
_AGED = ("not_due", "1-30", "31-60", "61-90", "91+", "unallocated")


def simulation_data(study: Study) -> dict[str, Any]:
    """The study as JSON data, keys in a fixed order."""
    currency = study.runs[0].policy.currency
    return {
        "dunning_simulation": FORMAT,
        "scenario": _scenario(study.scenario),
        "currency": currency,
        "start": study.start.isoformat(),
        "last": last_day(study),
        "morning_after": study.runs[0].snapshot.as_of.isoformat(),
        "overrides": list(study.overrides),
        "assumed_rate": _rate(study.assumed_rate),
        "missing_rate": _rate(study.missing_rate),
        "policies": [
            _policy(label, run, figures, currency)
            for label, run, figures in zip(study.labels, study.runs, study.figures, strict=True)
        ],
        "differences": [
            {"label": label, "against": study.labels[0], "customers": [_divergence(row) for row in found]}
            for label, found in zip(study.labels[1:], study.differences, strict=True)
        ],
    }


def _scenario(scenario: Scenario) -> dict[str, Any]:
    return {
        "name": scenario.name,
        "description": scenario.description,
        "file": scenario.file,
        "days": scenario.days,
        "charges": scenario.charges,
        "disputed": scenario.disputed,
        "rates": scenario.rates,
    }


def _rate(found: tuple[date, str] | None) -> dict[str, str] | None:
    return None if found is None else {"from": found[0].isoformat(), "table": found[1]}


def _policy(label: str, run: Run, figures: Figures, currency: str) -> dict[str, Any]:
    def money(minor: int) -> str:
        return minor_text(minor, currency)

    policy = run.policy
    return {
        "label": label,
        "policy": policy.name,
        "version": policy.version,
        "file": policy.file,
        "digest": policy.digest,
        "stopped": None if run.stopped is None else _stopped(run.stopped),
        "figures": {
            "days": figures.days,
            "delivered": figures.delivered,
            "expired": figures.expired,
            "under_way": figures.under_way,
            "cash": money(figures.cash),
            "cash_others": {code: minor_text(amount, code) for code, amount in figures.cash_others.items()},
            "charges_paid": money(figures.charges_paid),
            "charges_newly_asked": money(figures.newly_asked),
            "invoiced": money(figures.invoiced),
            "overdue_ratio": decimal(figures.overdue_ratio, 4),
            "mean_overdue": money(figures.mean_overdue),
            "dso": decimal(figures.dso, 1),
            "contacts": figures.contacts,
            "contacted": figures.contacted,
            "contacts_a_customer": decimal(
                Fraction(figures.contacts, figures.contacted) if figures.contacted else None, 2
            ),
            "most_contacts": figures.most_contacts,
            "most_missing_rate": figures.missing_rate,
        },
        "closing": _position(run.closing, currency),
        "charges": [
            {
                "penalty": row.penalty,
                "accrued": money(row.accrued),
                "paid": money(row.paid),
                "waived": money(row.waived),
                "owed": money(row.owed),
                "unknown": row.unknown,
            }
            for row in run.charges
        ],
        "stages": [
            {
                "stage": item.stage,
                "actions": item.actions,
                "customers": item.customers,
                "newly_asked": money(item.newly_asked),
            }
            for item in figures.stages
        ],
        "weeks": [
            {
                "week": week.first.isoformat(),
                "days": week.days,
                "actions": dict(week.actions),
                "expired": week.expired,
                "cash": money(week.cash),
                "charges_paid": money(week.charges_paid),
                "invoiced": money(week.invoiced),
                "closing": _position(week.closing, currency),
            }
            for week in figures.weeks
        ],
        "customers": [
            {
                "customer": found.customer,
                "name": found.name,
                "contacts": found.contacts,
                "actions": found.actions,
                "reached": {stage: day.isoformat() for stage, day in found.reached.items()},
            }
            for found in figures.customers
        ],
        "days": [_day(day, currency) for day in run.days],
    }


def _day(day: Day, currency: str) -> dict[str, Any]:
    return {
        "day": day.day.isoformat(),
        "planned": len(day.planned),
        "delivered": len(day.delivered),
        "expired": len(day.expired),
        "under_way": day.waiting,
        "stopped": [_stop(stop) for stop in day.stopped],
        "overridden": day.overridden,
        "cash": minor_text(day.cash, currency),
        "charges_paid": minor_text(day.charges_paid, currency),
        "invoiced": minor_text(day.invoiced, currency),
        "missing_rate": day.missing_rate,
        "morning": _position(day.morning, currency),
    }


def _stopped(day: Day) -> dict[str, Any]:
    return {"day": day.day.isoformat(), "safeguards": [_stop(stop) for stop in day.stopped]}


def _stop(stop: Stopped) -> dict[str, Any]:
    return {"safeguard": stop.safeguard, "found": stop.found, "allowed": stop.allowed, "rule": stop.rule}


def _position(position: Position, currency: str) -> dict[str, Any]:
    return {
        **{name: minor_text(amount, currency) for name, amount in zip(_AGED, position.aged, strict=True)},
        "balance": minor_text(position.balance, currency),
        "overdue": minor_text(position.overdue, currency),
        "customers_overdue": position.customers_overdue,
        "others": {
            code: {"balance": minor_text(balance, code), "overdue": minor_text(overdue, code)}
            for code, balance, overdue in position.others
        },
    }


def _divergence(row: Divergence) -> dict[str, Any]:
    return {
        "customer": row.customer,
        "name": row.name,
        "day": row.day.isoformat(),
        "actions": _dids(row.second),
        "actions_against": _dids(row.first),
        "next": _following(row.second_next),
        "next_against": _following(row.first_next),
    }


def _dids(did: Sequence[Did]) -> list[dict[str, Any]]:
    return [
        {
            "step": item.step,
            "stage": item.stage,
            "channel": item.channel,
            "invoices": list(item.invoices),
            "total": minor_text(item.total, item.currency),
            "currency": item.currency,
        }
        for item in did
    ]


def _following(found: tuple[date, Did] | None) -> dict[str, Any] | None:
    return None if found is None else {"day": found[0].isoformat(), **_dids([found[1]])[0]}


def decimal(value: Fraction | None, decimals: int) -> str | None:
    """A ratio as decimal text, rounded half up; None stays None."""
    if value is None:
        return None
    scaled = (abs(value) * 10**decimals + Fraction(1, 2)).__floor__()
    whole, rest = divmod(scaled, 10**decimals)
    return f"{'-' if value < 0 and scaled else ''}{whole}.{rest:0{decimals}d}"
