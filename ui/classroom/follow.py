"""What another teacher does with the class is seen on this page, too."""

from __future__ import annotations

import contextlib
import dataclasses
from typing import Any

import streamlit as st

from mnist_core import classroom, runs
from mnist_core.classroom import Class, NoClassError
from mnist_core.errors import InputError
from mnist_core.training import classes

LOOK_SECONDS = 1.0


def show(found: Class) -> None:
    """Lay the page out anew as soon as the class is not as it was laid out; nothing is shown."""
    with contextlib.suppress(InputError):
        st.fragment(_look, run_every=LOOK_SECONDS)(found.code, _laid_out(found))


def _look(code: str, before: object) -> None:
    try:
        same = _laid_out(classroom.store().get(code)) == before
    except NoClassError:
        same = False
    except InputError:  # the database is away: what is shown stays
        same = True
    if not same:
        st.rerun()


def _laid_out(found: Class) -> tuple[Any, ...]:
    """What of a class the page shows, but for its digits: the wall hears of those by itself."""
    hidden = classroom.store().hidden_count(found.code)
    trained = [(run.name, run.status) for run in classes.runs_of(found.code, runs.all_runs())]
    return dataclasses.replace(found, version=0), hidden, trained
