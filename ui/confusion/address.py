"""The selection as the page's address tells it, so that it can be shared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mnist_core import runs
from mnist_core.evaluation import results
from ui.confusion.selection import MATRIX, VIEWS, Selection


def read(
    address: Mapping[str, str], names: Sequence[str], usual: str
) -> tuple[Selection, tuple[str, ...]]:
    """The selection in an address, and the parts of the address that mean nothing.

    Args:
        address: the query parameters of the page.
        names: of all runs.
        usual: the run that is looked at where the address names none.
    """
    nonsense = []

    def take(name: str, options: Sequence[Any], otherwise: Any) -> Any:
        given = address.get(name)
        if given is None:
            return otherwise
        found = {str(option): option for option in options}
        if given not in found:
            nonsense.append(f"{name}={given[:40]}")
        return found.get(given, otherwise)

    run = take("run", names, usual)
    dataset = take("dataset", results.test_sets(), own_test_set(run))
    other = take("other", [name for name in names if name != run], None)
    true, predicted = (take(name, range(10), None) for name in ("true", "predicted"))
    view = VIEWS[take("view", list(VIEWS), "matrix")]
    digit = address.get("digit", "")
    index = int(digit) if digit.isdecimal() and len(digit) < 8 else None
    if digit and index is None:
        nonsense.append(f"digit={digit[:40]}")
    return Selection(run, dataset, other, true, predicted, view, index), tuple(nonsense)


def write(selection: Selection) -> dict[str, str]:
    """The query parameters that tell a selection; what is as usual is left out."""
    names = {view: name for name, view in VIEWS.items()}
    view = None if selection.view == MATRIX else names[selection.view]
    parts = vars(selection) | {"view": view}
    return {name: str(value) for name, value in parts.items() if value is not None}


def own_test_set(name: str) -> str:
    """The test digits that a run was measured on, or MNIST's."""
    run = runs.named(name)
    own = "mnist" if run.problem else results.test_set(run.dataset)
    return own if own in results.test_sets() else "mnist"
