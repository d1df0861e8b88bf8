"""What came out against what was expected: an action too many is as wrong as one too few."""

from collections.abc import Callable, Mapping, Sequence

from policy_engine.language.nodes import Map, Text
from policy_engine.plan.model import Action, Amounts, Decision, Outcome, Plan
from policy_engine.testing.model import ActionSyntax, DecisionSyntax, ExpectSyntax, OutcomeSyntax
from policy_engine.testing.results import Difference
from policy_engine.values.money import AmountError, minor_text, parse_minor
from policy_engine.values.position import Position

QUIET_ALERTS = frozenset({"no_addresses"})
"""Alerts about what a test leaves out."""

Standing = Callable[[str], tuple[str | None, int | None]]
"""A customer's id to its segment and its credit limit, None for none."""


def compare(plan: Plan, expect: ExpectSyntax, standing: Standing) -> list[Difference]:
    """Every difference, in the order of the keys."""
    found = [*_standing(plan, expect, standing), *_decisions(plan, expect), *_outcomes(plan, expect)]
    found += _actions(plan, expect)
    if expect.alerts is not None:
        told = sorted({alert.code for alert in plan.alerts} - QUIET_ALERTS)
        exact = {f"{alert.code} {alert.subject}".strip() for alert in plan.alerts}
        wanted = [str(alert) for alert in expect.alerts]
        missing = [alert for alert in wanted if alert not in exact and alert not in told]
        beyond = [code for code in told if code not in {alert.partition(" ")[0] for alert in wanted}]
        if missing or beyond:
            found.append(_other("the alerts", expect.at("alerts"), _listed(wanted), _listed(told)))
    stopped = sorted(stop.safeguard for stop in plan.stopped)
    if stopped != sorted(str(name) for name in expect.stopped):
        wanted = sorted(str(name) for name in expect.stopped)
        found.append(
            _other("the safeguards that stop the plan", expect.at("stopped"), _listed(wanted), _listed(stopped))
        )
    return found


def _other(message: str, at: Position, expected: str, got: str) -> Difference:
    return Difference("DUN724", f"{message} differ", at, expected, got, None, message)


def _another(code: str, subject: str, at: Position, expected: str, got: str, about: str) -> Difference:
    return Difference(code, f"another {subject}", at, expected, got, about, subject)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) if names else "none"


def _standing(plan: Plan, expect: ExpectSyntax, standing: Standing) -> list[Difference]:
    """Segments and limits."""
    found = []
    for customer, wanted in expect.segments.items():
        got = standing(str(customer))[0] or "none"
        if got != wanted:
            text = f"segment of `{customer}`"
            found.append(_another("DUN724", text, wanted.position, str(wanted), got, str(customer)))
    for customer, wanted in expect.limits.items():
        limit = _limit(standing(str(customer))[1], plan.currency)
        if limit != _money(wanted, plan.currency):
            text = f"credit limit of `{customer}`"
            expected = _money(wanted, plan.currency)
            found.append(_another("DUN724", text, wanted.position, expected, limit, str(customer)))
    return found


def _limit(minor: int | None, currency: str) -> str:
    return "none" if minor is None else minor_text(minor, currency)


def _decisions(plan: Plan, expect: ExpectSyntax) -> list[Difference]:
    """Orders, and the policy's credit alerts."""
    rows = {row.order: row for row in plan.decisions}
    found: list[Difference] = []
    for order, wanted in expect.decisions.items():
        row = rows.get(str(order))
        full = wanted if isinstance(wanted, DecisionSyntax) else None
        verdict = wanted if full is None else full.is_
        assert isinstance(verdict, Text)
        got = "no decision" if row is None else f"{row.decision}/{row.reason}"
        about = None if row is None else row.customer
        if row is None or verdict not in (got, row.decision):
            text = f"decision on `{order}`"
            found.append(Difference("DUN724", f"another {text}", verdict.position, str(verdict), got, about, text))
        if row is not None and full is not None:
            found += _decision_keys(plan, row, full)
    if expect.credit_alerts is not None:
        told = sorted({row.alert for row in plan.credit_alerts})
        exact = {f"{row.alert} {row.customer}" for row in plan.credit_alerts}
        wishes = [str(alert) for alert in expect.credit_alerts]
        missing = [alert for alert in wishes if alert not in exact and alert not in told]
        beyond = [name for name in told if name not in {alert.partition(" ")[0] for alert in wishes}]
        if missing or beyond:
            at = expect.at("credit_alerts")
            found.append(_other("the credit alerts", at, _listed(wishes), _listed(sorted(exact))))
    return found


def _decision_keys(plan: Plan, row: Decision, wanted: DecisionSyntax) -> list[Difference]:
    pairs: list[tuple[str, str, str]] = []
    if wanted.role is not None:
        pairs.append(("role", str(wanted.role), row.role or "none"))
    if wanted.exposure is not None:
        pairs.append(("exposure", _money(wanted.exposure, plan.currency), minor_text(row.exposure, plan.currency)))
    if wanted.limit is not None:
        pairs.append(("limit", _money(wanted.limit, plan.currency), _limit(row.limit, plan.currency)))
    return [
        _another("DUN724", f"`{name}` of `{row.order}`", wanted.at(name), one, other, row.customer)
        for name, one, other in pairs
        if one != other
    ]


# ---------------------------------------------------------------------------------------------------------- outcomes


def _outcomes(plan: Plan, expect: ExpectSyntax) -> list[Difference]:
    rows: dict[str, Outcome] = {}
    for row in plan.outcomes:
        rows.setdefault(row.invoice, row)
    found: list[Difference] = []
    for invoice, wanted in expect.outcomes.items():
        row = rows[str(invoice)]
        full = wanted if isinstance(wanted, OutcomeSyntax) else None
        fate = wanted if full is None else full.is_
        assert isinstance(fate, Text)
        got = f"{row.outcome}/{row.reason}"
        if fate not in (got, row.outcome):
            text = f"outcome of `{invoice}`"
            found.append(Difference("DUN723", f"another {text}", fate.position, str(fate), got, row.invoice, text))
        if full is not None:
            found += _outcome_keys(plan, row, full)
    return found


def _outcome_keys(plan: Plan, row: Outcome, wanted: OutcomeSyntax) -> list[Difference]:
    currency = row.currency or plan.currency
    pairs: list[tuple[str, Position, str, str]] = []
    following = row.next
    if wanted.next is not None:
        steps = {
            "step": (wanted.next.step, following.step if following else None),
            "date": (wanted.next.date, following.on if following else None),
            "until": (wanted.next.until, following.until if following else None),
        }
        for name, (one, other) in steps.items():
            if one is not None:
                pairs.append((f"next.{name}", wanted.next.at(name), str(one), str(other or "none")))
    plain = {
        "segment": (wanted.segment, row.segment),
        "ladder": (wanted.ladder, row.ladder),
        "reached": (wanted.reached, row.step),
        "days_late": (wanted.days_late, row.days_late),
        "due_date": (wanted.due_date, row.due_date),
    }
    for name, (value, seen) in plain.items():
        if value is not None:
            pairs.append((name, wanted.at(name), str(value), "none" if seen is None else str(seen)))
    if wanted.outstanding is not None and row.outstanding is not None:
        at = wanted.at("outstanding")
        pairs.append(("outstanding", at, _money(wanted.outstanding, currency), minor_text(row.outstanding, currency)))
    if wanted.charges is not None:
        made = _charges(row.charges)
        pairs.append(("charges", wanted.at("charges"), *_both(wanted.charges, made, currency)))
    return [
        _another("DUN723", f"`{name}` of `{row.invoice}`", at, one, other, row.invoice)
        for name, at, one, other in pairs
        if one != other
    ]


# ----------------------------------------------------------------------------------------------------------- amounts


def _money(text: str, currency: str) -> str:
    """An expected amount in canonical form; one that the currency can't have stays as it is, and never fits."""
    try:
        return minor_text(parse_minor(str(text), currency), currency)
    except AmountError:
        return str(text)


def _charges(charges: Sequence[Amounts]) -> dict[str, int]:
    found: dict[str, int] = {}
    for amounts in charges:
        if amounts.asked:
            found[amounts.penalty] = found.get(amounts.penalty, 0) + amounts.asked
    return found


def _both(wanted: Mapping[Text, Text], made: Mapping[str, int], currency: str) -> tuple[str, str]:
    expected = sorted(f"{name} {_money(amount, currency)}" for name, amount in wanted.items())
    return _listed(expected), _listed(sorted(f"{name} {minor_text(value, currency)}" for name, value in made.items()))


# ----------------------------------------------------------------------------------------------------------- actions


def _actions(plan: Plan, expect: ExpectSyntax) -> list[Difference]:
    if isinstance(expect.actions, str):
        return []
    about = None if expect.about is None else {str(name) for name in expect.about}
    left = [action for action in plan.actions if about is None or action.customer in about]
    open_: list[ActionSyntax] = []
    for wanted in expect.actions:  # what fits wholly first, so that a near miss takes nobody's place
        fitting = next((action for action in left if _same(action, wanted) and not _unlike(action, wanted)), None)
        if fitting is None:
            open_.append(wanted)
        else:
            left.remove(fitting)
    found: list[Difference] = []
    for wanted in open_:
        near = [action for action in left if _same(action, wanted)]
        if near:
            action = min(near, key=lambda one: len(_unlike(one, wanted)))
            left.remove(action)
            found += _unlike(action, wanted)
        else:
            name = str(wanted.step or wanted.intervention)
            about_whom = None if wanted.customer is None else str(wanted.customer)
            if about_whom is None and wanted.demanded:
                about_whom = str(wanted.demanded[0])
            got = _listed([_told(action) for action in left])
            text = f"`{name}` is not planned"
            found.append(Difference("DUN721", text, wanted.position, _wanted(wanted), got, about_whom, f"`{name}`"))
    at = expect.at("actions")
    for action in left:
        subject = action.demanded[0].invoice if action.demanded else action.customer
        text = f"`{action.step}` is planned, and nothing expects it"
        found.append(Difference("DUN722", text, at, None, _told(action), subject, f"`{action.step}`"))
    return found


def _same(action: Action, wanted: ActionSyntax) -> bool:
    """Whether both are about the same: the step or intervention, the customer when one is named."""
    name = wanted.step if wanted.step is not None else wanted.intervention
    kind = (action.intervention is None) == (wanted.intervention is None)
    return kind and action.step == name and (wanted.customer is None or action.customer == wanted.customer)


def _told(action: Action) -> str:
    """An action in a few words."""
    about = ", ".join(line.invoice for line in action.demanded) or action.customer
    total = f", {minor_text(action.total, action.currency)} {action.currency}" if action.demanded else ""
    return f"{action.step} by {action.channel} about {about}{total}, to leave on {action.send_on}"


def _wanted(wanted: ActionSyntax) -> str:
    """The expectation in a few words: its keys as written."""
    node: Map = wanted._node
    return ", ".join(f"{key}: {value}" for key, value in node.items() if isinstance(value, Text))


def _unlike(action: Action, wanted: ActionSyntax) -> list[Difference]:
    """Every key that differs."""
    found = []
    about = action.demanded[0].invoice if action.demanded else action.customer
    for name, expected, got in _pairs(action, wanted):
        if expected != got:
            text = f"`{name}` of `{action.step}`"
            found.append(_another("DUN725", text, wanted.at(name), expected, got, about))
    return found


def _pairs(action: Action, wanted: ActionSyntax) -> list[tuple[str, str, str]]:
    pairs: list[tuple[str, str, str]] = []
    for name in ("segment", "ladder", "stage", "channel", "template", "adapter", "trigger_on", "send_on", "deadline"):
        value = getattr(wanted, name)
        if value is not None:
            seen = getattr(action, name)
            pairs.append((name, str(value), "none" if seen is None else str(seen)))
    if wanted.also is not None:
        pairs.append(("also", _listed(sorted(wanted.also)), _listed(sorted(action.also))))
    for name in ("demanded", "mentioned", "listed"):
        names = getattr(wanted, name)
        if names is not None:
            seen = sorted(line.invoice for line in getattr(action, name))
            pairs.append((name, _listed(sorted(str(one) for one in names)), _listed(seen)))
    for name in ("principal", "credits", "interest", "lump_sums", "total"):
        amount = getattr(wanted, name)
        if amount is not None:
            pairs.append((name, _money(amount, action.currency), minor_text(getattr(action, name), action.currency)))
    if wanted.charges is not None:
        lines = [amounts for line in (*action.demanded, *action.mentioned) for amounts in line.charges]
        pairs.append(("charges", *_both(wanted.charges, _charges(lines), action.currency)))
    if wanted.exempt is not None:
        pairs.append(("exempt", str(wanted.exempt).lower(), str(action.exempt).lower()))
    if wanted.approval is not None:
        needed = action.approval
        got = "none" if needed is None else f"{needed.role}, {needed.people}"
        who = (
            wanted.approval if isinstance(wanted.approval, str) else f"{wanted.approval.role}, {wanted.approval.people}"
        )
        pairs.append(("approval", who, got))
    return pairs
