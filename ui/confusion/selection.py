"""What can be selected on the page, as values: networks, a view, a cell, a digit, filters."""

from __future__ import annotations

from dataclasses import dataclass

from mnist_core import evaluation

MATRIX, FIGURES, LABELS = "Matrix", "Figures", "Label issues"
VIEWS = {"matrix": MATRIX, "figures": FIGURES, "labels": LABELS}  # by their names in the address
ORDERS = {
    "Most confident mistakes first": evaluation.MISTAKES_FIRST,
    "Least confident first": evaluation.LEAST_SURE_FIRST,
    "By index": evaluation.BY_INDEX,
    "Random": evaluation.RANDOM,
}
RIGHTNESS = {"Right and wrong": None, "Wrong only": False, "Right only": True}
SIZES = [10, 24, 50, 100]

Cell = tuple[int | None, int | None]  # the true and the predicted digit; None is any


@dataclass(frozen=True)
class Selection:
    """What is looked at; it stands in the page's address, so that it can be shared."""

    run: str
    dataset: str
    other: str | None = None  # the run that it is compared with
    true: int | None = None  # 0 to 9; None is any
    predicted: int | None = None  # 0 to 9; None is any
    view: str = MATRIX  # one of `VIEWS`
    digit: int | None = None  # the index of the digit that is open

    @property
    def cell(self) -> Cell:
        return self.true, self.predicted

    @property
    def everything(self) -> bool:
        """Whether no cell, row or column is selected."""
        return self.cell == (None, None)

    @property
    def in_words(self) -> str:
        """A cell, a row, a column or everything, as a heading."""
        if self.everything:
            return "All digits"
        if self.true is None:
            return f"Everything read as {self.predicted}"
        if self.predicted is None:
            return f"All the {self.true}s"
        if self.true == self.predicted:
            return f"{self.true} read correctly"
        return f"{self.true} read as {self.predicted}"


@dataclass(frozen=True)
class Filters:
    """Which digits of the selection are shown, and in what order."""

    right: str = "Right and wrong"  # one of `RIGHTNESS`
    sureness: tuple[int, int] = (0, 100)  # confidence in percent, from and to
    order: str = "Most confident mistakes first"  # one of `ORDERS`
    seed: int = 42  # of the random order
    size: int = 24  # digits on a page
