"""The selection in the page's address, so that it can be shared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from mnist_core import runs
from mnist_core.evaluation import results
from ui.confusion import selection


def read(names: Sequence[str]) -> None:
    """Take the selection from the page's address, unless the page wrote that address itself."""
    address = st.query_params.to_dict()
    started = "confusion_run" in st.session_state
    if address == st.session_state.get("confusion_address") and started:
        return
    if not address and started:  # back from another page: everything stays as it was
        return
    st.session_state["confusion_nonsense"] = []

    def take(name: str, options: Sequence[Any], usual: Any) -> None:
        given = address.get(name)
        found = {str(option): option for option in options if option is not None}
        if given is not None and given not in found:
            st.session_state["confusion_nonsense"].append(f"{name}={given[:40]}")
        st.session_state[f"confusion_{name}"] = (
            found.get(given, usual) if given is not None else usual
        )

    picked = st.session_state.get("run")
    take("run", names, picked if picked in names else runs.DEFAULT_RUN)
    take("dataset", results.TEST_SETS, own_test_set(st.session_state["confusion_run"]))
    take("other", [name for name in names if name != st.session_state["confusion_run"]], None)
    take("true", range(10), None)
    take("predicted", range(10), None)
    take("view", list(selection.VIEWS), "matrix")
    st.session_state["confusion_view"] = selection.VIEWS[st.session_state["confusion_view"]]
    digit = address.get("digit", "")
    index = int(digit) if digit.isdecimal() and len(digit) < 8 else None
    st.session_state["confusion_digit"] = index
    if digit and index is None:
        st.session_state["confusion_nonsense"].append(f"digit={digit[:40]}")
    selection.renew_chart()


def own_test_set(name: str) -> str:
    """The test digits that a run was measured on, or MNIST's."""
    run = runs.read(name)
    own = "mnist" if run.problem else results.test_set(run.info["dataset"]["name"])
    return own if own in results.TEST_SETS else "mnist"


def nonsense() -> str:
    """The parts of the address that mean nothing, in words; empty if there is none."""
    parts = st.session_state.get("confusion_nonsense", [])
    return ", ".join(f"`{part.replace('`', '')}`" for part in parts)


def write() -> None:
    """Write the selection into the page's address."""
    names = {view: name for name, view in selection.VIEWS.items()}
    view = st.session_state["confusion_view"]
    address = {
        "run": st.session_state["confusion_run"],
        "dataset": st.session_state["confusion_dataset"],
        "other": st.session_state.get("confusion_other"),
        "true": st.session_state.get("confusion_true"),
        "predicted": st.session_state.get("confusion_predicted"),
        "view": names[view] if view != selection.MATRIX else None,
        "digit": st.session_state.get("confusion_digit"),
    }
    written = {name: str(value) for name, value in address.items() if value is not None}
    st.session_state["confusion_address"] = written
    if st.query_params.to_dict() != written:
        st.query_params.from_dict(written)
