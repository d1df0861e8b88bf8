"""Policies that a careful author could have written, drawn by a seed: nothing in them is to be found."""

from random import Random

_CONTACTS = ("email", "letter", "call")
_FACTS = (
    "customer.overdue > {n}00",
    "customer.broken_promises >= {n}",
    "customer.contacts_30 >= {n}",
    "customer.outstanding >= {n}000 and customer.paid_invoices > {n}",
    'customer.country == "X{n}"',
    'has(customer.tags, "t{n}")',
    "customer.external_score < {n}0",
    "customer.average_days_late > {n} and customer.paid_invoices >= 3",
    "customer.exposure > customer.insured_limit + {n}",
    "customer.overdue_invoices / customer.open_invoices > 0.{n}",
    'customer.region == "r{n}"',
    "slow_payer and customer.kept_promises < {n}",
)
_HOLDS = (
    ("disputed", "invoice.disputed"),
    ("promised", "invoice.promise_active"),
    ("factored", "invoice.factored"),
    ("planned", "invoice.payment_plan_kept"),
    ("insolvent", "customer.insolvent"),
    ("direct_debit", 'invoice.payment_method == "direct_debit" and invoice.days_late < 5'),
    ("tiny", "invoice.outstanding < 2 and invoice.amount > 50"),
    ("broken", "invoice.promise_broken and invoice.days_late <= 2"),
)
_WHENS = (
    "invoice.outstanding >= {n}0",
    "not invoice.promise_broken or invoice.days_late > {n}",
    "invoice.amount > {n}0 or customer.broken_promises > {n}",
    "invoice.outstanding > 0",
    "known(invoice.step) or invoice.outstanding > {n}",
    'customer.kind in ["business", "public", "consumer", "unknown"]',
)


def sound_policy(seed: int) -> str:
    """The text of a policy; equal seeds give equal texts."""
    random = Random(seed)  # noqa: S311 - nothing is secret
    cap = random.choice((0, 0, 3, 5, 7))
    limits = random.random() < 0.5
    names = [f"l{number}" for number in range(random.randint(1, 3))]
    lines = [
        "dunning: 1", f"policy: generated-{seed}", f"currency: {random.choice(('EUR', 'GBP', 'JPY'))}",
        f"grace: {random.choice((0, 0, 2))}",
        f"netting: {random.choice(('oldest_first', 'account', 'none'))}",
        "attributes: {customer: {region: text}}",
        "facts: {slow_payer: customer.average_days_late > 20}",
    ]  # fmt: skip
    if random.random() < 0.5:
        lines.append("calendar: {country: FR, weekend: [sat, sun], adjust: next_business_day}")
    if cap:
        lines.append(f"contact: {{max: 1, per_days: {cap}, channels: [email, letter, registered_letter, call]}}")
    if random.random() < 0.2:
        lines.append("minimum: {item: 5, customer: 10}")
    lines += ["segments:", *_segments(random, names, limits=limits), "ladders:"]
    for name in names:
        lines += [f"  {name}:", *_ladder(random)]
    holds = random.sample(_HOLDS, random.randint(0, len(_HOLDS)))
    if holds:
        lines += ["holds:", *(f"  - {{name: {name}, when: '{when}'}}" for name, when in holds)]
    lines += _penalties(random)
    return "\n".join(lines) + "\n"


def _segments(random: Random, names: list[str], *, limits: bool) -> list[str]:
    """Conditions on different facts in any order; of the same fact none."""
    lines = []
    for number, fact in enumerate(random.sample(_FACTS, random.randint(0, 4))):
        when = fact.format(n=random.randint(2, 8))
        limit = f", credit_limit: {random.choice(('none', '0', '5000'))}" if limits else ""
        lines.append(f"  - {{name: s{number}, when: '{when}', ladder: {random.choice(names)}{limit}}}")
    if random.random() < 0.3:
        lines.append("  - {name: own, when: 'customer.category == \"intercompany\"', ladder: none}")
    limit = ", credit_limit: 1000" if limits else ""
    return [*lines, f"  - {{name: rest, ladder: {names[0]}{limit}}}"]


def _ladder(random: Random) -> list[str]:
    scope = random.choice(("invoice", "invoice", "instalment", "customer"))
    lines = [
        f"    scope: {scope}",
        f"    progression: {random.choice(('stepwise', 'stepwise', 'jump'))}",
        f"    consolidate: {random.choice(('customer', 'step', 'item')) if scope == 'invoice' else 'customer'}",
        "    steps:",
    ]
    if random.random() < 0.4 and scope != "customer":
        lines.append("      - {name: notice, stage: notice, days: -10, channel: email}")
    day = random.randint(3, 10)
    for number in range(random.randint(1, 4)):
        when = (
            f", when: '{random.choice(_WHENS).format(n=random.randint(1, 9))}'"
            if number and random.random() < 0.5
            else ""
        )
        channel = random.choice(_CONTACTS)
        lines.append(f"      - {{name: r{number}, stage: reminder, days: {day}, channel: {channel}{when}}}")
        day += random.randint(10, 20)
    if random.random() < 0.5:
        charge = ", charge: [fee]" if random.random() < 0.5 else ""
        how = f"channel: registered_letter, exempt: true{charge}"
        lines.append(f"      - {{name: formal, stage: formal_notice, days: {day}, {how}}}")
        day += random.randint(15, 40)
    end = random.choice(
        ("stage: agency, channel: placement", "stage: legal, channel: task, approval: {role: head, people: 2}",
         "stage: legal, channel: letter, exempt: true, approval: {role: head}")
    )  # fmt: skip
    if "letter" in end:  # a letter, and then a person
        lines.append(f"      - {{name: last_word, days: {day}, {end}}}")
        day += 20
        end = "stage: legal, channel: task"
    return [*lines, f"      - {{name: end, days: {day}, {end}}}"]


def _penalties(random: Random) -> list[str]:
    lines = ["penalties:", "  fee: {kind: flat, amount: 40}"]
    if random.random() < 0.5:
        lines += ["  late_interest:", "    kind: interest", f"    rate: {{annual: {random.choice((9, 12, 15))}}}"]
    return lines
