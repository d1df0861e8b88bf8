"""The collector is held back while inputs are read, and sees to what a long command makes afterwards."""

import gc
import weakref

import pytest

from policy_engine.cli.memory import hold_collector, release_collector


class Circle:
    def __init__(self):
        self.own = self


@pytest.fixture
def as_it_was():
    threshold = gc.get_threshold()
    yield
    gc.enable()
    gc.unfreeze()
    gc.set_threshold(*threshold)


@pytest.mark.usefixtures("as_it_was")
def test_what_is_there_is_left_alone_and_what_comes_is_collected():
    hold_collector()
    before = Circle()
    release_collector()
    assert gc.isenabled()
    there, come = weakref.ref(before), weakref.ref(Circle())
    del before
    for _ in range(2 * gc.get_threshold()[0]):
        Circle()
    assert come() is None
    gc.collect()
    assert there() is not None  # nobody looks at what was there


@pytest.mark.usefixtures("as_it_was")
def test_nothing_changes_where_it_was_never_held_back():
    threshold, frozen = gc.get_threshold(), gc.get_freeze_count()
    release_collector()
    assert (gc.get_threshold(), gc.get_freeze_count()) == (threshold, frozen)
