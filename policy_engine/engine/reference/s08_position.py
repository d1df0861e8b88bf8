"""3.8 Position: where an invoice stands on today's ladder; only steps above it are candidates."""

from collections.abc import Mapping

from policy_engine.engine.reference.item import Item
from policy_engine.engine.reference.program import LadderProgram
from policy_engine.snapshot.model import EXECUTED, History


def step_index(row: History, ladder: LadderProgram, stages: Mapping[str, int]) -> int | None:
    """Where a row stands on today's ladder (3.8): by step name, else the highest step not above the stage reached.

    -1 is before the first step; None when neither its step nor its stage is known.
    """
    if row.step is None and row.stage is None:
        return -1
    if row.step is not None and row.step in ladder.by_name:
        return ladder.by_name[row.step]
    rank = stages.get(row.stage) if row.stage is not None else None
    if rank is None:
        return None
    return max((s.step.index for s in ladder.steps if s.step.rank <= rank), default=-1)


def set_position(item: Item, ladder: LadderProgram, stages: Mapping[str, int]) -> None:
    """Fill in the item's position and what counts from it.

    The position is that of the latest `set`, raised by what was executed after it; without a `set`, the highest
    executed. `previous_step` counts from the first delivery of the last executed step since the latest `set`,
    a `set` counting as one; `after_previous` from the last delivery or `set`.
    """
    item.position, item.stage_rank = -1, -1
    item.last_delivery = item.reached_on = item.unmapped = None
    if not item.rows:
        return
    latest_set: History | None = None
    since_set: list[tuple[int, History]] = []
    for row in item.rows:
        if row.status != "set" and row.status not in EXECUTED:
            continue
        index = step_index(row, ladder, stages)
        if index is None:
            item.unmapped = row
            continue
        item.last_delivery = row.day
        if row.status == "set":
            latest_set, since_set, item.position = row, [], index
            item.reached_on = row.day
            item.stage_rank = _rank(row, index, ladder, stages)
        else:
            since_set.append((index, row))
            if index > item.position:
                item.position = index
            item.stage_rank = max(item.stage_rank, _rank(row, index, ladder, stages))
    if since_set:
        last = since_set[-1][1]
        item.reached_on = min(row.day for _, row in since_set if row.step == last.step and row.stage == last.stage)
    elif latest_set is not None:
        item.reached_on = latest_set.day


def _rank(row: History, index: int, ladder: LadderProgram, stages: Mapping[str, int]) -> int:
    if row.stage is not None and row.stage in stages:
        return stages[row.stage]
    return ladder.steps[index].step.rank if index >= 0 else -1
