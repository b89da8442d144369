"""The selection in the confusion page's address."""

import pytest

from mnist_core import runs
from ui.confusion import address
from ui.confusion.selection import LABELS, Selection

USUAL = runs.DEFAULT_RUN
NAMES = [USUAL, "report-ann", "mine"]


@pytest.mark.parametrize(
    "selection",
    [
        Selection("report-ann", "mnist"),
        Selection("report-ann", "pen-strokes", other="mine"),
        Selection("mine", "optical-digits", true=0),
        Selection(USUAL, "mnist", predicted=9, digit=0),
        Selection(USUAL, "mnist", "report-ann", 4, 9, LABELS, 2130),
    ],
)
def test_what_is_written_is_read_again(models_dir, selection):
    written = address.write(selection)
    assert all(isinstance(value, str) for value in written.values())
    assert address.read(written, NAMES, USUAL) == (selection, ())


def test_what_is_as_usual_is_not_written():
    assert address.write(Selection("mine", "mnist")) == {"run": "mine", "dataset": "mnist"}


def test_an_address_that_says_nothing_gives_the_usual_run_on_its_own_digits(own_run):
    selection, nonsense = address.read({}, [*NAMES], "mine")
    assert selection == Selection("mine", "optical-digits")
    assert nonsense == ()


def test_nonsense_is_told_part_by_part_and_cut_short(models_dir):
    given = {"run": "x" * 99, "true": "10", "view": "Matrix", "digit": "-3", "other": USUAL}
    selection, nonsense = address.read(given, NAMES, USUAL)
    assert selection == Selection(USUAL, "mnist")
    assert nonsense == (f"run={'x' * 40}", f"other={USUAL}", "true=10", "view=Matrix", "digit=-3")


def test_a_run_is_not_compared_with_itself(models_dir):
    selection, nonsense = address.read({"run": "mine", "other": "mine"}, NAMES, USUAL)
    assert selection.other is None
    assert nonsense == ("other=mine",)


def test_a_broken_run_is_looked_at_on_mnist(own_run):
    (own_run.path / "run.json").write_text("{")
    assert address.own_test_set("mine") == "mnist"
    assert address.own_test_set(runs.DEFAULT_RUN) in ("mnist", "pen-strokes")
