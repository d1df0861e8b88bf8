"""Workers that are killed while they write lists and zips: no half file is ever seen, the next run makes them whole."""

import csv
import json
import random
import signal
import subprocess
import sys
import time
import zipfile

import icalendar
import pytest

from policy_engine.adapters.lists.adapter import ListsAdapter
from policy_engine.adapters.lists.write import Form
from tests.adapters.test_agency import adapter, claim, job, plain  # noqa: F401 - fixtures
from tests.adapters.test_lists import DAY
from tests.adapters.test_lists import job as call

CHILD = """
import json, sys
from pathlib import Path
from tests.adapters import test_agency, test_lists
kind, folder, first = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
if kind == "agency":
    facts = json.loads((folder / "facts.json").read_text())
    one, make = test_agency.adapter(folder), lambda number: test_agency.job(facts, number)
else:
    one, make = test_lists.adapter(folder), test_lists.job
print("go", flush=True)
for number in range(first, first + 40):
    one.deliver(make(number))
    if number % 5 == 0:
        one.settle()
        one.close()
one.settle()
one.close()
"""


def start(kind, folder, first):
    command = [sys.executable, "-c", CHILD, kind, str(folder), str(first)]
    child = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert child.stdout.readline() == b"go\n"
    return child


def killed(kind, folder, look):
    """Two workers at once, killed at some moment; what can be seen is looked at all the while."""
    dice = random.Random(kind)  # noqa: S311 - moments, no secrets
    children = [start(kind, folder, 1 + 40 * number) for number in (0, 1)]
    for child in children:
        time.sleep(dice.uniform(0.01, 0.15))
        look()
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
    look()
    children = [start(kind, folder, 1 + 40 * number) for number in (0, 1)]
    for child in children:
        assert child.wait(60) == 0
        child.stdout.close()
    look()


@pytest.mark.timeout(120)
def test_zips_are_whole_whenever_they_are_seen(plain, tmp_path):  # noqa: F811 - the fixture
    (tmp_path / "facts.json").write_text(json.dumps(plain), encoding="utf-8")

    def look():
        for path in tmp_path.glob("agency/*/*.zip"):
            with zipfile.ZipFile(path) as archive:
                assert archive.testzip() is None

    killed("agency", tmp_path, look)
    (day,) = (tmp_path / "agency").iterdir()
    assert len(list(day.glob("*.zip"))) == 80
    numbers = (int(path.name.split("_")[2].split("-")[0][::-1], 16) for path in day.glob("*.zip"))
    assert sorted(numbers) == list(range(1, 81))


@pytest.mark.timeout(120)
def test_lists_are_whole_and_hold_every_call_once(tmp_path):
    def look():
        for path in tmp_path.glob("*/calls.csv"):
            with path.open(encoding="utf-8-sig", newline="") as stream:
                keys = [row["key"] for row in csv.DictReader(stream)]
            assert len(keys) == len(set(keys))
        for path in tmp_path.glob("*/calls.ics"):
            icalendar.Calendar.from_ical(path.read_bytes())
        for path in tmp_path.glob("*/.actions/*.json"):
            json.loads(path.read_text(encoding="utf-8"))

    killed("lists", tmp_path, look)
    one = ListsAdapter("lists", tmp_path, Form(), None)
    one.deliver(call(81))
    one.settle()
    one.close()
    with (tmp_path / DAY / "calls.csv").open(encoding="utf-8-sig", newline="") as stream:
        keys = sorted(row["key"][::-1].lstrip("1-").lstrip("0") for row in csv.DictReader(stream))
    assert len(keys) == 81
    assert not list((tmp_path / DAY).glob("calls_*.csv"))
    assert not list((tmp_path / DAY).glob(".unlisted-*"))
    events = icalendar.Calendar.from_ical((tmp_path / DAY / "calls.ics").read_bytes()).walk("VEVENT")
    assert len({str(event["UID"]) for event in events}) == len(events) == 81
