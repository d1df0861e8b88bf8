"""The rule part alone: which segment and which step, from Python objects, against three other ways to write rules.

All four read the same objects and must give the same answers for every account before anything is timed; the others
get only the facts that the rules name, as the dictionary that they need. Run `python -m benchmarks.rules`.
"""

import gc
import json
import random
import time
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, TypeAlias

import cel
import zen

from policy_engine.engine.expressions import compile_first
from policy_engine.engine.reference.facts import CustomerFacts, InvoiceFacts
from policy_engine.language.expressions.check import Scope, parse_expression
from policy_engine.policy.resolved import Expression, PolicyFact
from policy_engine.policy.tree import Node
from policy_engine.values.position import NOWHERE

Account: TypeAlias = tuple[CustomerFacts, InvoiceFacts]
Answer: TypeAlias = tuple[int, int]
Chooser: TypeAlias = Callable[[CustomerFacts, InvoiceFacts], Answer]

SLOW_PAYER = "customer.average_days_late > 15 and customer.paid_invoices >= 3"
SEGMENTS = [
    'customer.category == "intercompany"',
    'customer.category == "key_account"',
    "customer.external_score < 40 or slow_payer",
    "customer.outstanding < 1000 and customer.open_invoices <= 2",
    None,
]
STEPS = [
    "invoice.days_late >= 75 and invoice.days_since_step >= 15",
    'invoice.days_late >= 30 and customer.kind == "business" and not invoice.disputed',
    "invoice.days_late >= 12 and invoice.outstanding >= 500",
    "invoice.days_late >= 3",
    "0 < invoice.days_to_due <= 5",
]
# The same rules as CEL and zen write them: amounts in minor units, scores in ten-thousandths, the mean as a pair.
_CEL_SLOW = "late_sum != null && late_weight > 0 && late_sum > 15 * late_weight && paid_invoices >= 3"
CEL_SEGMENTS = [
    "category == 'intercompany'",
    "category == 'key_account'",
    f"score != null && score < 400000 || ({_CEL_SLOW})",
    "outstanding_all < 100000 && open_invoices <= 2",
]
CEL_STEPS = [
    "days_late >= 75 && since_step != null && since_step >= 15",
    "days_late >= 30 && kind == 'business' && !disputed",
    "days_late >= 12 && outstanding >= 50000",
    "days_late >= 3",
    "0 < days_to_due && days_to_due <= 5",
]
ZEN_SEGMENTS = [
    text.replace("&&", "and").replace("||", "or").replace("!=", "~=").replace("!", "not ").replace("~=", "!=")
    for text in CEL_SEGMENTS
]
ZEN_STEPS = [
    text.replace("&&", "and").replace("!=", "~=").replace("!", "not ").replace("~=", "!=") for text in CEL_STEPS
]


def accounts(count: int, seed: int = 7) -> list[Account]:
    """Seeded accounts that reach every segment and every step, with missing values."""
    rng = random.Random(seed)
    as_of = date(2026, 11, 30)
    made = []
    for _ in range(count):
        c, i = CustomerFacts(), InvoiceFacts()
        c.as_of = as_of
        c.kind = rng.choice(["business", "business", "consumer"])
        c.category = rng.choice([None, None, "retail", "intercompany", "key_account", "wholesale", "public"])
        c.external_score = rng.choice([None, rng.randrange(0, 1_000_000)])
        c.average_days_late = rng.choice([None, (rng.randrange(0, 10**9), rng.randrange(1, 10**8))])
        c.paid_invoices = rng.randrange(0, 30)
        c.outstanding = rng.randrange(0, 500_000)
        c.open_invoices = rng.randrange(1, 8)
        i.due_date = as_of - timedelta(rng.randrange(-20, 120))
        i.days_late = max(0, (as_of - i.due_date).days)
        i.days_to_due = max(0, (i.due_date - as_of).days)
        i.days_since_step = rng.choice([None, rng.randrange(0, 60)])
        i.disputed = rng.random() < 0.2
        i.outstanding = rng.randrange(0, 200_000)
        made.append((c, i))
    return made


def as_dictionary(c: CustomerFacts, i: InvoiceFacts) -> dict[str, Any]:
    """What the other engines need, and nothing else."""
    late = c.average_days_late
    return {
        "category": c.category, "score": c.external_score, "late_sum": late[0] if late else None,
        "late_weight": late[1] if late else None, "paid_invoices": c.paid_invoices, "outstanding_all": c.outstanding,
        "open_invoices": c.open_invoices, "kind": c.kind, "days_late": i.days_late, "since_step": i.days_since_step,
        "disputed": i.disputed, "outstanding": i.outstanding, "days_to_due": i.days_to_due,
    }  # fmt: skip


def ours() -> Chooser:
    """The policy engine: trees compiled to Python."""
    customer_scope = Scope("customer", "EUR", wanted="flag")
    fact = PolicyFact("slow_payer", "customer", _read(SLOW_PAYER, customer_scope), nullable=False, position=NOWHERE)
    customer_scope = Scope("customer", "EUR", facts={"slow_payer": fact}, segment_phase=True, wanted="flag")
    segments: list[Node | None] = [None if text is None else _read(text, customer_scope).tree for text in SEGMENTS]
    steps: list[Node | None] = [_read(text, Scope("invoice", "EUR", wanted="flag")).tree for text in STEPS]
    segment, step = compile_first(segments, (fact,)), compile_first(steps, (fact,))
    return lambda c, i: (segment(c, None), step(c, i))


def _read(text: str, scope: Scope) -> Expression:
    expression, found = parse_expression(text, NOWHERE, scope)
    if expression is None:
        raise ValueError("\n".join(finding.render() for finding in found))
    return expression


def _nested(texts: list[str], last: int) -> str:
    """One expression for a list of rules: the index of the first that holds."""
    nested = str(last)
    for index in range(len(texts) - 1, -1, -1):
        nested = f"({texts[index]}) ? {index} : ({nested})"
    return nested


def with_cel() -> Callable[[dict[str, Any]], Answer]:
    """Common Expression Language: one compiled program for the segments, one for the steps."""
    segment, step = cel.compile(_nested(CEL_SEGMENTS, 4)), cel.compile(_nested(CEL_STEPS, -1))

    def choose(facts: dict[str, Any]) -> Answer:
        context = cel.Context(variables=facts)  # converted once for both
        return segment.execute(context), step.execute(context)

    return choose


def with_zen_expressions() -> Callable[[dict[str, Any]], Answer]:
    """Zen's expressions, compiled: one for the segments, one for the steps."""
    segment, step = zen.compile_expression(_nested(ZEN_SEGMENTS, 4)), zen.compile_expression(_nested(ZEN_STEPS, -1))
    return lambda facts: (int(segment.evaluate(facts)), int(step.evaluate(facts)))


def with_zen_tables() -> Callable[[dict[str, Any]], Answer]:
    """Zen's decision tables, first match: a table for the segments and one for the steps."""
    engine = zen.ZenEngine()
    segment = engine.create_decision(zen.ZenDecisionContent(_table(ZEN_SEGMENTS, 4)))
    step = engine.create_decision(zen.ZenDecisionContent(_table(ZEN_STEPS, -1)))
    return lambda facts: (segment.evaluate(facts)["result"]["choice"], step.evaluate(facts)["result"]["choice"])


def _table(conditions: list[str], last: int) -> str:
    rows = [{"_id": f"r{n}", "when": text, "choice": str(n)} for n, text in enumerate(conditions)]
    rows.append({"_id": "last", "when": "", "choice": str(last)})
    content = {
        "hitPolicy": "first",
        "inputs": [{"id": "when", "name": "when", "type": "expression"}],
        "outputs": [{"id": "choice", "name": "choice", "type": "expression", "field": "choice"}],
        "rules": rows,
    }
    position = {"x": 0, "y": 0}
    nodes = [
        {"id": "in", "type": "inputNode", "name": "in", "position": position},
        {"id": "table", "type": "decisionTableNode", "name": "table", "position": position, "content": content},
        {"id": "out", "type": "outputNode", "name": "out", "position": position},
    ]
    edges = [
        {"id": "e1", "sourceId": "in", "targetId": "table", "type": "edge"},
        {"id": "e2", "sourceId": "table", "targetId": "out", "type": "edge"},
    ]
    return json.dumps({"nodes": nodes, "edges": edges})


def _microseconds(run: Callable[[], object], count: int, rounds: int = 5) -> float:
    """Best of several rounds, microseconds an account, without the garbage collector."""
    best = float("inf")
    gc.disable()
    try:
        for _ in range(rounds):
            start = time.perf_counter()
            run()
            best = min(best, time.perf_counter() - start)
    finally:
        gc.enable()
    return best / count * 1_000_000


def main() -> None:
    """Compare all answers, then print microseconds an account and how many times ours is as fast."""
    sample, few = accounts(20_000), accounts(1_000)
    mine = ours()
    expected = [mine(c, i) for c, i in sample]
    others = {
        "CEL (common-expression-language)": (with_cel(), sample),
        "zen expressions": (with_zen_expressions(), sample),
        "zen decision tables": (with_zen_tables(), few),
    }
    for name, (choose, _) in others.items():
        answers = [choose(as_dictionary(c, i)) for c, i in sample]
        if answers != expected:
            place = next(n for n, pair in enumerate(zip(answers, expected, strict=True)) if pair[0] != pair[1])
            raise SystemExit(f"{name} answers {answers[place]}, ours {expected[place]}, account {place}")
    reached = sorted({segment for segment, _ in expected}), sorted({step for _, step in expected})
    print(f"{len(sample):,} accounts, all answers equal; segments reached {reached[0]}, steps {reached[1]}")
    base = _microseconds(lambda: [mine(c, i) for c, i in sample], len(sample))
    print(f"{'segment and step of an account':36} {'us':>8} {'a second':>12} {'ours is':>9} {'dictionaries ready':>20}")
    print(f"{'policy engine':36} {base:8.2f} {1_000_000 / base:12,.0f}")
    for name, (choose, some) in others.items():
        ready = [as_dictionary(c, i) for c, i in some]
        whole = _microseconds(lambda c=choose, s=some: [c(as_dictionary(*one)) for one in s], len(some))  # type: ignore[misc]
        bare = _microseconds(lambda c=choose, r=ready: [c(one) for one in r], len(some))  # type: ignore[misc]
        print(f"{name:36} {whole:8.2f} {1_000_000 / whole:12,.0f} {whole / base:8.1f}x {bare / base:19.1f}x")


if __name__ == "__main__":
    main()
