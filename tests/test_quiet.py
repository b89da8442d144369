"""What the server does when nobody waits for it."""

import gc
import weakref

import pytest

from ui import quiet


class Machine:
    """A process, by the processor time that it takes."""

    def __init__(self):
        self.seconds, self.collections = 10.0, 0

    def collect(self):
        self.collections += 1


@pytest.fixture
def machine():
    return Machine()


def looks(machine, housekeeper, seconds):
    """Look after each second, in which the processor is taken for so long."""
    found = []
    for taken in seconds:
        machine.seconds += taken
        found.append(housekeeper.look())
    return found


def test_it_collects_once_it_is_quiet_and_there_was_work(machine):
    housekeeper = quiet.Housekeeper(machine.collect, lambda: machine.seconds)
    assert looks(machine, housekeeper, [0.0, 0.01, 0.02]) == [False] * 3  # nothing was done
    assert looks(machine, housekeeper, [0.9, 0.9, 0.9]) == [False] * 3  # somebody draws
    assert looks(machine, housekeeper, [0.01, 0.01, 0.01]) == [True, False, False]
    assert machine.collections == 1


def test_a_lesson_without_a_quiet_moment_is_not_waited_for_the_end_of(machine):
    housekeeper = quiet.Housekeeper(machine.collect, lambda: machine.seconds)
    found = looks(machine, housekeeper, [0.5] * 300)  # two and a half minutes of work
    assert 2 <= sum(found) <= 10


def test_the_work_of_collecting_is_no_work(machine):
    def collect():
        machine.collect()
        machine.seconds += 5

    housekeeper = quiet.Housekeeper(collect, lambda: machine.seconds)
    looks(machine, housekeeper, [3.0, 0.0, 0.0, 0.0, 0.0])
    assert machine.collections == 1


def test_a_circle_is_collected():
    class Session:
        pass

    gc.disable()
    try:
        session = Session()
        session.itself = session
        gone = weakref.ref(session)
        del session
        assert gone() is not None
        quiet.collect()
        assert gone() is None
    finally:
        gc.enable()
