"""Generated code and the walker agree on generated expressions, and with simpleeval where nothing is missing."""

from datetime import date, timedelta
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

from hypothesis import event, given
from hypothesis import strategies as st
from simpleeval import EvalWithCompoundTypes

from policy_engine.engine.expressions import compile_first, compile_flag, compile_value
from policy_engine.engine.reference.facts import CustomerFacts, InvoiceFacts
from policy_engine.engine.walker import evaluate, evaluate_recorded
from tests.expressions.expression_samples import customer, invoice, parsed, policy_facts

FACTS = policy_facts(
    {
        "slow": "customer.average_days_late > 15 or customer.rating > 2.5",
        "reserve": "customer.credit_limit * 0.5 - customer.overdue",
        "deadline": "customer.insolvent_since + invoice.days_late",
        "share": "customer.external_score * 1.5",
        "odd": "customer.vip if slow else customer.insolvent",
    }
)
LEAVES: dict[str, tuple[str, ...]] = {
    "amount": (
        "customer.overdue", "invoice.outstanding", "customer.credit_limit", "customer.bonus", "reserve",
        "customer.insured_limit",
    ),
    "days": ("invoice.days_late", "customer.oldest_days_late", "customer.slack", "invoice.days_since_step"),
    "count": ("customer.open_invoices", "customer.promises", "invoice.copies"),
    "number": ("customer.external_score", "customer.rating", "share"),
    "percent": ("customer.contract_rate", "customer.discount"),
    "date": ("as_of", "invoice.due_date", "customer.insolvent_since", "customer.audited", "deadline",
             'date("2026-11-05")', 'date("2200-12-31")', 'date("1970-01-01")'),
    "text": ("customer.region", "customer.country", "invoice.cost_centre", '"a"', '"FR"'),
    "flag": ("customer.insolvent", "customer.vip", "slow", "odd", "True", "False"),
    "set": ("customer.tags", "customer.labels"),
}  # fmt: skip
NUMERIC = ("amount", "days", "count", "number", "percent")
SIGNS = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
LITERALS = st.sampled_from(["0", "1", "2", "5", "31", "0.5", "12.4", "800.5", "1000", "-3"])


def _leaf(kind: str) -> st.SearchStrategy[str]:
    named = st.sampled_from(LEAVES[kind])
    return st.one_of(named, LITERALS) if kind in NUMERIC else named


def expressions(kind: str, depth: int) -> st.SearchStrategy[str]:
    """Texts of expressions of one type, at most `depth` levels."""
    if depth == 0 or kind == "set":
        return _leaf(kind)
    below = expressions(kind, depth - 1)
    flag = st.deferred(lambda: expressions("flag", depth - 1))
    options = [_leaf(kind), st.tuples(below, flag, below).map(lambda p: f"({p[0]} if {p[1]} else {p[2]})")]
    if kind in NUMERIC:
        options += [
            st.tuples(below, st.sampled_from("+-"), below).map(lambda p: f"({p[0]} {p[1]} {p[2]})"),
            st.tuples(st.sampled_from(["2", "0.5", "3", "-1"]), below).map(lambda p: f"{p[0]} * ({p[1]})"),
            st.tuples(st.sampled_from(["min", "max"]), below, below, below).map(
                lambda p: f"{p[0]}({p[1]}, {p[2]}, {p[3]})"
            ),
            below.map(lambda p: f"abs({p})"),
            below.map(lambda p: f"-({p})"),
        ]
    if kind == "days":
        day = expressions("date", depth - 1)
        options.append(st.tuples(day, day).map(lambda p: f"days_between({p[0]}, {p[1]})"))
    if kind == "date":
        shift = st.sampled_from(["30", "invoice.days_late", "customer.slack * 99999", "invoice.days_since_step - 3"])
        options.append(st.tuples(below, st.sampled_from("+-"), shift).map(lambda p: f"({p[0]} {p[1]} ({p[2]}))"))
        options.append(
            st.tuples(st.sampled_from(["min", "max"]), below, below).map(lambda p: f"{p[0]}({p[1]}, {p[2]})")
        )
    if kind == "flag":
        options += _conditions(depth, below)
    return st.one_of(options)


def _conditions(depth: int, below: st.SearchStrategy[str]) -> list[st.SearchStrategy[str]]:
    ordered = st.sampled_from([*NUMERIC, "date"]).flatmap(
        lambda kind: st.tuples(expressions(kind, depth - 1), SIGNS, expressions(kind, depth - 1))
    )
    texts = st.tuples(expressions("text", depth - 1), st.sampled_from(["==", "!="]), expressions("text", depth - 1))
    listed = st.sampled_from([*NUMERIC, "text", "date"]).flatmap(
        lambda kind: st.tuples(
            expressions(kind, depth - 1),
            st.sampled_from(["in", "not in"]),
            st.lists(
                LITERALS
                if kind in NUMERIC
                else st.sampled_from(['"a"', '"FR"'] if kind == "text" else ['date("2026-11-05")']),
                min_size=1,
                max_size=3,
            ),
        ).map(lambda p: f"({p[0]} {p[1]} [{', '.join(p[2])}])")
    )
    ratio = st.sampled_from(["amount", "days", "count", "number"]).flatmap(
        lambda kind: st.tuples(
            st.sampled_from(LEAVES[kind]),
            expressions(kind, min(1, depth - 1)),
            SIGNS,
            st.sampled_from(["0", "0.8", "1/3", "-2"]),
        ).map(lambda p: f"({p[0]} / max({p[1]}, {p[0]}) {p[2]} {p[3]})")
    )
    anything = st.sampled_from([*NUMERIC, "date", "text", "flag", "set"])
    return [
        st.tuples(below, st.sampled_from(["and", "or"]), below).map(lambda p: f"({p[0]} {p[1]} {p[2]})"),
        below.map(lambda p: f"not ({p})"),
        ordered.map(lambda p: f"({p[0]} {p[1]} {p[2]})"),
        texts.map(lambda p: f"({p[0]} {p[1]} {p[2]})"),
        st.tuples(SIGNS, st.sampled_from(["15", "15.25", "0", "-1"])).map(
            lambda p: f"customer.average_days_late {p[0]} {p[1]}"
        ),
        st.just("3 < invoice.days_late <= customer.slack"),
        listed,
        ratio,
        anything.flatmap(lambda kind: expressions(kind, depth - 1)).map(lambda p: f"known({p})"),
        st.sampled_from(LEAVES["set"]).map(lambda p: f'has({p}, "a")'),
        st.tuples(below, st.sampled_from(["==", "!="]), below).map(lambda p: f"(({p[0]}) {p[1]} ({p[2]}))"),
    ]


_AMOUNTS = st.one_of(st.sampled_from([0, 1, 100, 80_050, 10**13]), st.integers(-(10**6), 10**6))
_DAYS = st.integers(-40, 400)
_DATES = st.one_of(
    st.sampled_from([date(1970, 1, 1), date(2200, 12, 31)]),
    st.integers(0, 60).map(lambda n: date(2026, 10, 1) + timedelta(n)),
)
_TEXTS = st.sampled_from(["a", "FR", "é\"'"])


def _maybe(values: st.SearchStrategy[Any], *, total: bool) -> st.SearchStrategy[Any]:
    return values if total else st.one_of(st.none(), values)


def accounts(*, total: bool = False) -> st.SearchStrategy[tuple[CustomerFacts, InvoiceFacts]]:
    """A customer and an invoice; `total`: nothing is missing."""
    scores = st.integers(-(10**6), 10**6)
    ratio = st.tuples(st.integers(0, 10**6), st.integers(-2, 10**4))
    sets = st.frozensets(_TEXTS)
    return st.builds(
        lambda c, ca, i, ia: (customer(ca, **c), invoice(ia, **i)),
        st.fixed_dictionaries(
            {
                "as_of": _DATES, "overdue": _AMOUNTS, "outstanding": _AMOUNTS, "open_invoices": st.integers(0, 9),
                "promises": st.integers(0, 3), "insolvent": st.booleans(), "tags": sets,
                "average_days_late": _maybe(ratio, total=total), "credit_limit": _maybe(_AMOUNTS, total=total),
                "insured_limit": _maybe(_AMOUNTS, total=total), "external_score": _maybe(scores, total=total),
                "oldest_days_late": _maybe(_DAYS, total=total), "insolvent_since": _maybe(_DATES, total=total),
                "contract_rate": _maybe(st.integers(0, 300_000), total=total), "country": _maybe(_TEXTS, total=total),
            }
        ),
        st.fixed_dictionaries(
            {
                "region": _maybe(_TEXTS, total=total), "vip": _maybe(st.booleans(), total=total),
                "rating": _maybe(scores, total=total), "bonus": _maybe(_AMOUNTS, total=total),
                "audited": _maybe(_DATES, total=total), "labels": _maybe(sets, total=total),
                "discount": _maybe(st.integers(0, 10**6), total=total), "slack": _maybe(_DAYS, total=total),
            }
        ),
        st.fixed_dictionaries(
            {
                "outstanding": _AMOUNTS, "due_date": _DATES, "days_late": st.integers(0, 400),
                "days_since_step": _maybe(_DAYS, total=total),
            }
        ),
        st.fixed_dictionaries(
            {"cost_centre": _maybe(_TEXTS, total=total), "copies": _maybe(st.integers(0, 9), total=total)}
        ),
    )  # fmt: skip


def _short(text: str) -> bool:
    return len(text) <= 500


@given(text=expressions("flag", 3).filter(_short), sides=accounts())
def test_conditions_agree_with_the_walk(text: str, sides: tuple[CustomerFacts, InvoiceFacts]) -> None:
    tree = parsed(text, FACTS).tree
    expected = evaluate(tree, FACTS, *sides)
    event(f"value {expected}")
    assert compile_value(tree, FACTS)(*sides) is expected
    assert compile_flag(tree, FACTS)(*sides) is (expected is True)
    assert compile_first([tree, None], FACTS)(*sides) == (0 if expected is True else 1)
    assert evaluate_recorded(tree, FACTS, *sides)[0] is expected


@given(
    text=st.sampled_from([*NUMERIC, "date", "text"]).flatmap(lambda kind: expressions(kind, 3)).filter(_short),
    sides=accounts(),
)
def test_values_agree_with_the_walk(text: str, sides: tuple[CustomerFacts, InvoiceFacts]) -> None:
    tree = parsed(text, FACTS).tree
    expected = evaluate(tree, FACTS, *sides)
    value = compile_value(tree, FACTS)(*sides)
    assert value == expected
    assert not isinstance(value, float)
    assert (value is None) is (expected is None)


TOTAL_LEAVES = {
    "amount": ("customer.overdue", "invoice.outstanding", "customer.credit_limit", "7", "800"),
    "flag": ("customer.insolvent", "customer.vip", "True"),
    "text": ("customer.region", "customer.country", '"a"'),
}


def total_expressions(kind: str, depth: int) -> st.SearchStrategy[str]:
    """Texts that simpleeval understands alike: whole numbers, texts, conditions, nothing missing."""
    leaf = st.sampled_from(TOTAL_LEAVES[kind])
    if depth == 0 or kind == "text":
        return leaf
    below, flag = total_expressions(kind, depth - 1), st.deferred(lambda: total_expressions("flag", depth - 1))
    options = [leaf, st.tuples(below, flag, below).map(lambda p: f"({p[0]} if {p[1]} else {p[2]})")]
    if kind == "amount":
        options += [
            st.tuples(below, st.sampled_from("+-"), below).map(lambda p: f"({p[0]} {p[1]} {p[2]})"),
            below.map(lambda p: f"3 * ({p})"),
            st.tuples(below, below).map(lambda p: f"min({p[0]}, {p[1]}, 800)"),
            below.map(lambda p: f"abs(-({p}))"),
        ]
    else:
        amount = total_expressions("amount", depth - 1)
        options += [
            st.tuples(below, st.sampled_from(["and", "or"]), below).map(lambda p: f"({p[0]} {p[1]} {p[2]})"),
            below.map(lambda p: f"(not {p})"),
            st.tuples(amount, SIGNS, amount).map(lambda p: f"({p[0]} {p[1]} {p[2]})"),
            st.tuples(amount, amount, amount).map(lambda p: f"({p[0]} < {p[1]} <= {p[2]})"),
            st.tuples(total_expressions("text", 0), st.sampled_from(["in", "not in"])).map(
                lambda p: f'({p[0]} {p[1]} ["a", "FR"])'
            ),
            total_expressions("text", 0).map(lambda p: f"({p} != customer.country)"),
        ]
    return st.one_of(options)


@given(text=total_expressions("flag", 4).filter(_short), sides=accounts(total=True))
def test_total_conditions_agree_with_simpleeval(text: str, sides: tuple[CustomerFacts, InvoiceFacts]) -> None:
    c, i = sides
    names = {
        "customer": SimpleNamespace(
            overdue=Fraction(c.overdue, 100), credit_limit=Fraction(c.credit_limit or 0, 100), insolvent=c.insolvent,
            vip=c.attributes["vip"], region=c.attributes["region"], country=c.country,
        ),
        "invoice": SimpleNamespace(outstanding=Fraction(i.outstanding, 100)),
    }  # fmt: skip
    oracle = EvalWithCompoundTypes(names=names, functions={"min": min, "max": max, "abs": abs})
    assert compile_value(parsed(text).tree, ())(c, i) is oracle.eval(text)
