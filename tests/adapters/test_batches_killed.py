"""Workers that gather letters are killed with SIGKILL at random, two at a time: every letter is handed over, once."""

import json
import os
import random
import signal
import sys
import time
from collections import Counter

import pytest

from policy_engine.adapters.batches import Batches
from policy_engine.execution.workers import worker_id

DAY, SEED, ROUNDS = "2026-11-20", 20261122, 25
pytestmark = [
    pytest.mark.timeout(180),
    pytest.mark.skipif(sys.platform == "win32", reason="there is no fork and no SIGKILL"),
]


def index(path, rows):
    path.write_text(json.dumps([row["name"] for row in rows]), encoding="utf-8")


def gather(root, done, names):
    """What a run does: deliver some, settle, record; hand over at the end."""
    batches = Batches(root, worker_id(), index)
    for at in range(0, len(names), 3):
        some = names[at : at + 3]
        for name in some:
            batch = batches.open(DAY, "letter")
            if name not in batch.handed:
                batch.put(name, {f"{name}.pdf": name.encode()}, {"name": name})
        batches.settle()
        with done.open("a", encoding="utf-8") as record:
            record.write("".join(f"{name}\n" for name in some))
    batches.close()


def forked(root, done, names):
    child = os.fork()
    if child:
        return child
    try:
        gather(root, done, names)
        os._exit(0)
    except BaseException:  # noqa: BLE001 - said by the exit code
        os._exit(1)


def recorded(done):
    """Whole lines: one that was being written when its worker died isn't recorded."""
    text = done.read_text(encoding="utf-8") if done.exists() else ""
    return set(text[: text.rfind("\n") + 1].split())


def test_every_letter_is_handed_over_once(tmp_path):
    root, dice = tmp_path / "post", random.Random(SEED)  # noqa: S311 - when to kill
    done = [tmp_path / "one.txt", tmp_path / "two.txt"]
    names: list[list[str]] = [[], []]
    killed = 0
    for number in range(ROUNDS):
        children = []
        for which in (0, 1):
            names[which] += [f"{'ab'[which]}{number:02d}{at}" for at in range(6)]
            open_ones = [name for name in names[which] if name not in recorded(done[which])]
            children.append(forked(root, done[which], open_ones))
        time.sleep(dice.uniform(0, 0.06))
        for child in children:
            os.kill(child, signal.SIGKILL)
            _, status = os.waitpid(child, 0)
            assert status in (0, signal.SIGKILL), status
            killed += status != 0
        for which in (0, 1):  # the ledger takes back what wasn't recorded whole
            done[which].write_text("".join(f"{name}\n" for name in sorted(recorded(done[which]))), encoding="utf-8")
    for which in (0, 1):
        open_ones = [name for name in names[which] if name not in recorded(done[which])]
        _, status = os.waitpid(forked(root, done[which], open_ones), 0)
        assert status == 0
    batches = sorted(root.glob(f"{DAY}/letter-*"))
    listed = Counter(name for batch in batches for name in json.loads((batch / "index.csv").read_text()))
    assert listed == Counter(names[0] + names[1])
    files = Counter(path.stem for batch in batches for path in batch.glob("*.pdf"))
    assert files == listed
    assert all(path.read_bytes() == path.stem.encode() for batch in batches for path in batch.glob("*.pdf"))
    assert [path.name for path in (root / ".open").iterdir()] == [".lock"]
    assert killed >= ROUNDS // 2
    assert len(batches) > 1
