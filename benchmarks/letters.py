"""Letters: how long a thousand formal notices of two pages take as PDF/A-2b."""

import time
from dataclasses import replace
from datetime import date
from pathlib import Path

import policy_engine as pe
from policy_engine.templates.build import build_context
from policy_engine.templates.letter import LetterPress
from policy_engine.templates.preview import preview
from policy_engine.templates.render import render
from policy_engine.templates.sender_file import EXAMPLE

ROOT = Path(__file__).resolve().parent.parent
LETTERS = 1000


def main() -> None:
    policy = pe.load_policy(ROOT / "policies" / "fr-b2b.yaml", as_of=date(2026, 10, 30))
    snapshot = pe.read_snapshot(ROOT / "examples" / "portfolio", policy=policy)
    context = preview(policy, snapshot, "C-0226", EXAMPLE, step="formal_notice").context
    started = time.perf_counter()
    for number in range(LETTERS):
        render(replace(context, reference=f"{number:012X}"))
    texts = time.perf_counter() - started
    started = time.perf_counter()
    with LetterPress() as press:
        for number in range(LETTERS):
            numbered = replace(context, reference=f"{number:012X}")
            press.letter(render(numbered), numbered)
    letters = time.perf_counter() - started
    accounts = {account.customer.id: account for account in snapshot.accounts}
    actions = pe.evaluate(policy, snapshot).actions
    started = time.perf_counter()
    for action in actions:
        build_context(action, policy, accounts[action.customer], EXAMPLE, snapshot.as_of)
    contexts = (time.perf_counter() - started) / len(actions) * 1e6
    print(f"context of an action: {contexts:.0f} us; {LETTERS} messages as text and page: {texts:.1f} s")
    print(f"{LETTERS} letters as PDF: {letters:.1f} s (the aim is under 60)")


if __name__ == "__main__":
    main()
