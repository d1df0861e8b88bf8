"""The engine inside an application: plan a portfolio, decide one customer, say why.

    python examples/embed.py

Runs on the twelve customers of examples/twelve. Amounts are whole cents, dates are `datetime.date`, everything is
frozen: a policy and a snapshot may be shared by any number of threads.
"""

from pathlib import Path

import policy_engine as pe
from policy_engine.explanation.text import explanation_text

ROOT = Path(__file__).resolve().parent.parent
POLICY = ROOT / "policies" / "fr-b2b.yaml"
SNAPSHOT = ROOT / "examples" / "twelve"


def euros(cents: int) -> str:
    """Cents as euros, without a float on the way."""
    sign, cents = ("-", -cents) if cents < 0 else ("", cents)
    return f"{sign}{cents // 100}.{cents % 100:02d} EUR"


def letters(plan: pe.Plan) -> list[str]:
    """One line for each action of a plan, as a mail merge would take it."""
    return [
        f"{action.send_on} {action.channel}: {action.customer_name}, {action.step}, {euros(action.total)}"
        + (f" (waits for {action.approval.role})" if action.approval else "")
        for action in plan.actions
    ]


def open_questions(policy: pe.Policy, snapshot: pe.Snapshot, customer: str) -> list[str]:
    """One customer at a time, e.g. when its page is opened: what became of each invoice, and what comes next."""
    account = next(account for account in snapshot.accounts if account.customer.id == customer)
    decision = pe.decide(policy, account, snapshot.as_of)
    found = []
    for outcome in decision.outcomes:
        line = f"{outcome.number}: {outcome.outcome} ({outcome.reason})"
        if outcome.next is not None and outcome.next.on is not None:
            line += f", then {outcome.next.step} on {outcome.next.on}"
        found.append(line)
    return found


def checked(path: Path) -> list[str]:
    """What is wrong with a policy, each finding with its place and its help; nothing when it can be used."""
    try:
        pe.load_policy(path)
    except pe.PolicyError as error:
        return [diagnostic.render() for diagnostic in error.diagnostics]
    return []


def main() -> None:
    """Show the four uses."""
    policy = pe.load_policy(POLICY)
    snapshot = pe.read_snapshot(SNAPSHOT, policy=policy)

    plan = pe.evaluate(policy, snapshot)
    print(f"{len(plan.actions)} actions on {plan.as_of}, plan {plan.identity[:12]}")
    print("\n".join(letters(plan)))

    print("\n".join(open_questions(policy, snapshot, "roux-segment")))

    explanation = pe.explain(policy, snapshot, "GIR-1")
    print(explanation_text(explanation, "fr"))


if __name__ == "__main__":
    main()
