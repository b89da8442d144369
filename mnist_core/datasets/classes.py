"""Classes as datasets: `class-CODE` is what a class drew, some of its members held out whole.

Every fourth in order of joining is held out, the second first: so nobody who was trained on is ever
tested on, however many join later.
"""

from __future__ import annotations

import numpy as np

from mnist_core.datasets.dataset import Dataset
from mnist_core.datasets.source import About, Family, Source
from mnist_core.datasets.written import PenDigit, dataset_of
from mnist_core.errors import InputError
from mnist_core.files import Progress

PREFIX = "class-"
HELD_OUT_OF, HELD_OUT = 4, 2  # of so many members, the one who is held out


def is_held_out(member: int) -> bool:
    """Whether a member's digits are for testing, by their number in the class, from 1."""
    return member % HELD_OUT_OF == HELD_OUT


def load(code: str) -> Dataset:
    """The digits of a class that have a label and are not hidden.

    Raises:
        InputError: there is no such class, or not enough to train on and to test with.
    """
    from mnist_core import classroom  # with SQLAlchemy, which others need not wait for

    store = classroom.store()
    found = store.get(code)
    digits = [
        PenDigit([np.array(s, np.float64) for s in d.strokes], d.label, d.member)
        for d in store.digits(found.code)
        if d.label is not None
    ]
    held_out = {d.writer for d in digits if is_held_out(d.writer)}
    if not held_out or len({d.writer for d in digits}) == len(held_out):
        raise InputError(
            f"The class {found.code} has labelled digits of too few members: it takes some to "
            "train on, and some of every fourth who joined, to test with."
        )
    name = PREFIX + found.code
    return dataset_of(name, digits, held_out, f"the class {found.name} ({found.code})")


def _source(name: str) -> Source | None:
    code = name.removeprefix(PREFIX)
    if code == name or not (code.isascii() and code.isalpha() and len(code) == 6):
        return None

    def load_it(_: Progress | None, __: bool) -> Dataset:
        return load(code)

    return Source(name, About("What a class drew; some of its members are for testing."), load_it)


FAMILY = Family("class-CODE for what a class drew", _source)
