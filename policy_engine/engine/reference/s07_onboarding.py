"""3.7 Onboarding: invoices that were already overdue, without history, when dunning begins."""

from datetime import date

from policy_engine.engine.reference.item import Item
from policy_engine.engine.reference.program import LadderProgram
from policy_engine.engine.reference.s01_days import days_late, first_overdue_day
from policy_engine.policy.resolved import Onboarding
from policy_engine.snapshot.model import EXECUTED


def is_backlog(item: Item, day: date, grace: int) -> bool:
    """Whether the invoice was overdue before `day` and no history says that anything was executed or set for it."""
    if first_overdue_day(item.due_date, grace) >= day:
        return False
    return not any(row.status == "set" or row.status in EXECUTED for row in item.rows)


def enter(item: Item, onboarding: Onboarding | None, ladder: LadderProgram, stages: dict[str, int], grace: int) -> None:
    """Fill in `triage` (held until a person sets it) or `first`, the first step it may take.

    By its age on `onboarding.date`, its first candidate is the first step of the stage named for the highest age not
    above it, else the first step whose stage isn't below; below the smallest age: the ladder's first.
    """
    if onboarding is None or not is_backlog(item, onboarding.day, grace):
        return
    if onboarding.entry is None:
        item.triage = True
        return
    item.onboarded = True
    age = days_late(item.due_date, onboarding.day)
    stage = None
    for least, name in onboarding.entry:
        if age >= least:
            stage = name
    if stage is None:
        return
    for step in ladder.steps:
        if step.step.stage == stage:
            item.first = step.step.index
            return
    rank = stages[stage]
    item.first = next((s.step.index for s in ladder.steps if s.step.rank >= rank), len(ladder.steps))
