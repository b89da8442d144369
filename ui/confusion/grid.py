"""The digits of the selection, page by page, or the one of them that is open."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from mnist_core import datasets, evaluation
from mnist_core.datasets import Dataset
from mnist_core.evaluation import results
from mnist_core.runs import Evaluation, Run
from ui.confusion import at_hand, digit, filters, samples, saving, state
from ui.confusion.samples import Sample
from ui.confusion.selection import Selection
from ui.confusion.state import State

DIGITS = [None, *range(10)]


def show(run: Run, own: Evaluation, other: tuple[Run, Evaluation] | None, now: State) -> None:
    """The digits of the selection, or the one that is open."""
    selection = now.selection
    if other is None:
        group, indices = None, filters.chosen(own, None, selection, now.filters)
    else:
        group = filters.choose_group(own, run, other, selection)
        indices = filters.chosen(own, other[1], selection, now.filters, group)
    dataset = at_hand.dataset(selection.dataset, run)
    if dataset is not None and not results.check(own, dataset):
        # Looked for again, now that it is known which digits are at hand.
        st.rerun()
    if selection.digit is not None and dataset is not None:
        digit.show(run, own, dataset, selection.digit, indices)
        return
    heading = selection.in_words
    if other is not None and selection.everything:
        heading = "Read differently" if group is None else group.words
    with st.container(key="samples_head"):
        st.header(f"{heading} · {len(indices):,}", anchor=False)
    _choose(selection)
    networks = [run.name] if other is None else [run.name, other[0].name]
    named = functools.partial(saving.file_name, own.dataset, networks)
    title = f"{' and '.join(networks)} on {selection.dataset}: {heading}"
    if dataset is not None:
        shown = show_page(dataset, indices, own, other, now, run)
    with st.container(horizontal=True, vertical_alignment="center", key="below_samples"):
        if dataset is not None and shown is not None:
            sheet = functools.partial(samples.contact_sheet, *shown, title)
            st.download_button(
                "Contact sheet",
                sheet,
                named("digits", "png"),
                "image/png",
                icon=":material/download:",
                type="tertiary",
                on_click="ignore",
            )
        saving.csv_button("List as CSV", listing(indices, own, other), named("digits", "csv"))


def _choose(selection: Selection) -> None:
    """Which digits are selected, as widgets that change it."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            "True",
            DIGITS,
            key="confusion_true",
            format_func=any_or_digit,
            placeholder="any",
            width=90,
            persist_state="session",
        )
        st.selectbox(
            "Read as",
            DIGITS,
            key="confusion_predicted",
            format_func=any_or_digit,
            placeholder="any",
            width=90,
            persist_state="session",
        )
        st.button(
            "All",
            key="select_all",
            icon=":material/close:",
            type="tertiary",
            on_click=state.select,
            args=(None, None),
            help="Select all digits again",
            disabled=selection.everything,
        )
        with st.popover("Filter and order", icon=":material/tune:"):
            filters.show()


def any_or_digit(value: int | None) -> str:
    return "any" if value is None else str(value)


def show_page(
    dataset: Dataset,
    indices: evaluation.Indices,
    own: Evaluation,
    other: tuple[Run, Evaluation] | None,
    now: State,
    run: Run,
) -> tuple[datasets.Images, list[Sample]] | None:
    """One page of the digits; what is on it, or None if there is nothing."""
    if len(indices) == 0:
        st.info("No digit fits: choose another cell, or loosen the filter.")
        return None
    size = now.filters.size
    pages = -(-len(indices) // size)
    # A page number belongs to what was selected when it was reached.
    signature = hash((indices.tobytes(), size))
    page = min(now.memory.page, pages - 1)
    if now.memory.signature != signature:
        page = 0
        state.turn(signature, page)
    shown = indices[page * size : (page + 1) * size]
    images, described = dataset.x_test[shown], describe(shown, own, other, run)
    with st.container(key="samples"):
        wide = 64 if other is None else 120  # room for names
        samples.grid(images, described, "samples_grid", state.open_digit, room=wide)
    if pages > 1:
        with st.container(horizontal=True, vertical_alignment="center"):
            last = min((page + 1) * size, len(indices))
            turn("‹", signature, page - 1, page == 0, "Previous digits")
            st.markdown(f"{page * size + 1:,}–{last:,} of {len(indices):,}", width="content")
            turn("›", signature, page + 1, page == pages - 1, "Next digits")
    return images, described


def turn(label: str, signature: int, page: int, disabled: bool, words: str) -> None:
    st.button(
        label,
        key=f"turn_{words}",
        disabled=disabled,
        help=words,
        on_click=state.turn,
        args=(signature, page),
    )


def describe(
    indices: evaluation.Indices,
    own: Evaluation,
    other: tuple[Run, Evaluation] | None,
    run: Run,
) -> list[Sample]:
    """What stands below each digit: true and predicted digit, confidence, index."""
    described = []
    for index in indices:
        true = int(own.labels[index])
        lines = [reads(own, index, true)]
        right = lines[0].startswith("✓")
        if other is not None:
            second = reads(other[1], index, true)
            lines = [f"a {true}", f"{run.name}: {lines[0]}", f"{other[0].name}: {second}"]
        described.append(Sample(int(index), (*lines, f"#{index}"), right))
    return described


def reads(given: Evaluation, index: int, true: int) -> str:
    row = given.probabilities[index]
    read = int(row.argmax())
    return f"✓ {read} {row[read]:.0%}" if read == true else f"✗ {true}→{read} {row[read]:.0%}"


def listing(
    indices: evaluation.Indices, own: Evaluation, other: tuple[Run, Evaluation] | None
) -> pd.DataFrame:
    """The digits as a table: index, true and predicted digit, confidence, second guess."""
    given = own.probabilities[indices]
    order = np.argsort(-given, axis=1, kind="stable")
    rows = np.arange(len(indices))
    columns: dict[str, Any] = {
        "true": own.labels[indices],
        "predicted": order[:, 0],
        "confidence": given[rows, order[:, 0]].round(6),
        "second": order[:, 1],
        "second_confidence": given[rows, order[:, 1]].round(6),
    }
    if other is not None:
        second = other[1].probabilities[indices]
        columns[f"predicted_by_{other[0].name}"] = second.argmax(axis=1)
        columns[f"confidence_of_{other[0].name}"] = second.max(axis=1).round(6)
    return pd.DataFrame(columns, index=pd.Index(indices, name="index"))
