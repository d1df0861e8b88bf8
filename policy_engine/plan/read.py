"""Read a plan's JSON document back, and check that nobody edited it: the identity is recomputed from its rows."""

import json
from dataclasses import dataclass
from datetime import date
from typing import Any

from policy_engine.plan.canonical import FORMAT, plan_identity
from policy_engine.plan.model import (
    Action,
    Amounts,
    ApprovalNeeded,
    Bucket,
    CreditAlert,
    CurrencyTotals,
    Decision,
    Header,
    Line,
    Listed,
    Next,
    Outcome,
    Plan,
    Stopped,
    Summary,
)
from policy_engine.snapshot.model import Alert, Problem
from policy_engine.values.money import EXPONENTS, AmountError


class PlanError(ValueError):
    """A text that is no plan, or a plan whose rows are not those that were written; the message says which."""


@dataclass(frozen=True, slots=True)
class _Money:
    """Reads decimal text of one currency. Sums may pass the bound of a single row."""

    currency: str

    def __call__(self, text: str) -> int:
        exponent = EXPONENTS[self.currency]
        sign = -1 if text.startswith("-") else 1
        whole, _, rest = text.removeprefix("-").partition(".")
        if not (whole.isascii() and whole.isdigit() and len(rest) == exponent and (rest == "" or rest.isdigit())):
            raise AmountError(f"`{text[:40]}` is not an amount in {self.currency}")
        return sign * int(whole + rest)


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _charges(rows: list[dict[str, Any]], money: _Money) -> tuple[Amounts, ...]:
    return tuple(
        Amounts(
            row["penalty"],
            row["kind"],
            money(row["asked"]),
            money(row["accrued"]),
            money(row["invoiced"]),
            money(row["paid"]),
            money(row["waived"]),
        )
        for row in rows
    )


def _line(row: dict[str, Any], money: _Money) -> Line:
    return Line(
        invoice=row["invoice"],
        number=row["number"],
        step=row["step"],
        occurrence=row["occurrence"],
        due_date=date.fromisoformat(row["due_date"]),
        days_late=row["days_late"],
        trigger_on=date.fromisoformat(row["trigger_on"]),
        outstanding=money(row["outstanding"]),
        disputed=money(row["disputed"]),
        principal=money(row["principal"]),
        interest=money(row["interest"]),
        lump_sums=money(row["lump_sums"]),
        charges=_charges(row["charges"], money),
        later=money(row["later"]) if "later" in row else 0,
        instalment=row.get("instalment"),
        carrier=row.get("carrier", False),
    )


def action_of(row: dict[str, Any]) -> Action:
    """An action of its row.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: it isn't what an action's row holds (`not_a_row`).
    """
    money = _Money(row["currency"])
    approval = row["approval"]
    listed = tuple(
        Listed(
            item["invoice"],
            item["number"],
            date.fromisoformat(item["due_date"]),
            item["days_late"],
            _Money(item["currency"])(item["outstanding"]),
            item["currency"],
            item.get("instalment"),
        )
        for item in row["listed"]
    )
    same = (
        "id", "customer", "customer_name", "segment", "ladder", "step", "stage", "rank", "channel", "template",
        "adapter", "currency", "priority", "exempt", "why", "intervention",
    )  # fmt: skip
    return Action(
        **{key: row[key] for key in same},
        principal=money(row["principal"]),
        credits=money(row["credits"]),
        interest=money(row["interest"]),
        lump_sums=money(row["lump_sums"]),
        total=money(row["total"]),
        also=tuple(row["also"]),
        demanded=tuple(_line(line, money) for line in row["demanded"]),
        mentioned=tuple(_line(line, money) for line in row["mentioned"]),
        listed=listed,
        approval=None if approval is None else ApprovalNeeded(approval["role"], approval["people"], approval["grave"]),
        trigger_on=date.fromisoformat(row["trigger_on"]),
        send_on=date.fromisoformat(row["send_on"]),
        items=tuple(row["items"]),
        deadline=_day(row["deadline"]),
        any_day=row.get("any_day", False),
    )


def _outcome(row: dict[str, Any]) -> Outcome:
    currency = row["currency"]
    money = _Money(currency) if currency in EXPONENTS else None
    coming = row["next"]
    return Outcome(
        invoice=row["invoice"],
        number=row["number"],
        customer=row["customer"],
        currency=currency,
        amount=None if money is None or row["amount"] is None else money(row["amount"]),
        outstanding=None if money is None or row["outstanding"] is None else money(row["outstanding"]),
        due_date=_day(row["due_date"]),
        days_late=row["days_late"],
        segment=row["segment"],
        ladder=row["ladder"],
        step=row["step"],
        outcome=row["outcome"],
        reason=row["reason"],
        next=None if coming is None else Next(_day(coming["on"]), coming["step"], coming["until"]),
        action=row["action"],
        rule=row["rule"],
        detail=tuple(row["detail"].items()),
        charges=() if money is None else _charges(row["charges"], money),
    )


def _decision(row: dict[str, Any], money: _Money) -> Decision:
    read = {
        "date": date.fromisoformat(row["date"]),
        "amount": _Money(row["currency"])(row["amount"]),
        "exposure": money(row["exposure"]),
        "limit": None if row["limit"] is None else money(row["limit"]),
    }
    return Decision(**{**row, **read})


def _credit_alert(row: dict[str, Any], money: _Money) -> CreditAlert:
    limit = None if row["limit"] is None else money(row["limit"])
    return CreditAlert(**{**row, "exposure": money(row["exposure"]), "limit": limit})


def _aged(rows: list[dict[str, Any]], money: _Money) -> tuple[Bucket, ...]:
    return tuple(Bucket(item["bucket"], item["invoices"], money(item["amount"])) for item in rows)


def _counted(rows: list[dict[str, Any]], money: _Money) -> tuple[tuple[str, str, int, int, int], ...]:
    return tuple(
        (item["outcome"], item["reason"], item["invoices"], money(item["amount"]), money(item["outstanding"]))
        for item in rows
    )


def _totals(row: dict[str, Any]) -> CurrencyTotals:
    money = _Money(row["currency"])
    return CurrencyTotals(
        row["currency"], _counted(row["outcomes"], money), _aged(row["aged"], money), money(row["balance"])
    )


def _summary(row: dict[str, Any], currency: str) -> Summary:
    money = _Money(currency)
    return Summary(
        invoices=row["invoices"],
        amount=tuple((code, _Money(code)(text)) for code, text in row["amount"].items()),
        unreadable=row["unreadable"],
        outcomes=_counted(row["outcomes"], money),
        aged=_aged(row["aged"], money),
        balance=money(row["balance"]),
        customers=row["customers"],
        customers_overdue=row["customers_overdue"],
        actions=row["actions"],
        missing_rate=row["missing_rate"],
        other_currencies=tuple(map(_totals, row["other_currencies"])),
    )


def header_of(row: dict[str, Any]) -> Header:
    """A plan's header of its row.

    Raises:
        KeyError, TypeError, AttributeError: it isn't what a header holds (`not_a_row`).
    """
    return Header(
        engine=row["engine"],
        versions=tuple(row["versions"].items()),
        policy_file=row["policy_file"],
        policy_digest=row["policy_digest"],
        snapshot_digest=row["snapshot_digest"],
    )


def not_a_row(error: Exception) -> PlanError:
    """What a row's reader raised, as people are told it."""
    return PlanError(f"a row is not what a plan holds: {error}")


def _plan(data: dict[str, Any]) -> Plan:
    run = data["run"]
    return Plan(
        as_of=date.fromisoformat(run["as_of"]),
        policy=run["policy"],
        policy_version=run["policy_version"],
        currency=run["currency"],
        valid_until=date.fromisoformat(run["valid_until"]),
        vouched=run["vouched"],
        actions=tuple(map(action_of, data["actions"])),
        outcomes=tuple(map(_outcome, data["outcomes"])),
        alerts=tuple(Alert(**row) for row in data["alerts"]),
        problems=tuple(Problem(**row) for row in data["problems"]),
        stopped=tuple(Stopped(**row) for row in data["stopped"]),
        summary=_summary(data["summary"], run["currency"]),
        decisions=tuple(_decision(row, _Money(run["currency"])) for row in data.get("decisions", ())),
        credit_alerts=tuple(_credit_alert(row, _Money(run["currency"])) for row in data.get("credit_alerts", ())),
        closed=tuple(map(date.fromisoformat, run.get("closed", ()))),
        identity=data["identity"],
        header=header_of(data["header"]),
    )


def read_plan(text: str) -> Plan:
    """The plan that `write_plan` wrote as `text`.

    Raises:
        PlanError: not JSON, not a plan of this format, or edited: its rows have another identity.
    """
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise PlanError(f"not a JSON document: {error}") from error
    if not isinstance(data, dict) or data.get("dunning_plan") != FORMAT:
        raise PlanError(f"not a dunning plan of format {FORMAT}")
    try:
        plan = _plan(data)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise not_a_row(error) from error
    found = plan_identity(plan)
    if found != plan.identity:
        raise PlanError(
            f"the plan was edited: its rows have the identity {found[:12]}, it says {str(plan.identity)[:12]}"
        )
    return plan
