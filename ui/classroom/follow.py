"""What another teacher does with the class is seen on this page, too."""

from __future__ import annotations

import dataclasses
from typing import Any

import streamlit as st

from mnist_core import classroom, runs
from mnist_core.classroom import Class, NoClassError
from mnist_core.errors import InputError
from mnist_core.training import classes

Shown = tuple[Any, ...]


def shown(found: Class) -> Shown:
    """What of a class the page shows, but for its digits: the wall hears of those by itself.

    Raises:
        InputError: the database is away, or the class is gone.
    """
    hidden = classroom.store().hidden_count(found.code)
    trained = [(run.name, run.status) for run in classes.runs_of(found.code, runs.all_runs())]
    return dataclasses.replace(found, version=0), hidden, trained


def follow(code: str, before: Shown) -> None:
    """Lay the page out anew if the class is not as it was laid out; called now and then."""
    try:
        same = shown(classroom.store().get(code)) == before
    except NoClassError:
        same = False
    except InputError:  # the database is away: what is shown stays
        same = True
    if not same:
        st.rerun()
