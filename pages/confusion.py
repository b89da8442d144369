"""The confusion matrix of any run on any test digits, and every mistake behind it."""

from __future__ import annotations

import collections
import functools
import io
import uuid
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from mnist_core import comparison, datasets, evaluation, figures, results, runs
from mnist_core.datasets import Dataset
from mnist_core.errors import InputError
from mnist_core.runs import Evaluation, Run
from ui import canvas, heading, reading, samples
from ui.samples import Sample

MATRIX, FIGURES, LABELS = "Matrix", "Figures", "Doubtful labels"
VIEWS = {"matrix": MATRIX, "figures": FIGURES, "labels": LABELS}
DIGITS = [None, *range(10)]
NUMBERS = {"Counts": None, "% of row": 1, "% of column": 0}
SCALES = {
    "Mistakes": figures.MISTAKES,
    "Logarithmic": figures.LOGARITHMIC,
    "Linear": figures.LINEAR,
}
ORDERS = {
    "Most confident mistakes first": evaluation.MISTAKES_FIRST,
    "Least confident first": evaluation.LEAST_SURE_FIRST,
    "By index": evaluation.BY_INDEX,
    "Random": evaluation.RANDOM,
}
RIGHTNESS = {"Right and wrong": None, "Wrong only": False, "Right only": True}
SIZES = [10, 24, 50, 100]
GOOD = 0.95  # accuracy from which a network's doubt in a label is worth a look
SAVE = {  # every figure can be saved as a picture, by the browser itself
    "displayModeBar": True,
    "displaylogo": False,
    "modeBarButtons": [["toImage"]],
}

heading.begin("Where it errs", wide=True)
st.html(
    """<style>
    .stMainBlockContainer { max-width: 1400px; }
    .st-key-headline p { font-size: 1.1rem; }
    .st-key-headline strong { font-size: 1.5rem; font-variant-numeric: tabular-nums; }
    .pictures { display: flex; flex-wrap: wrap; gap: 0.75rem; }
    .st-key-samples_head h3, .st-key-digit h3 { font-size: 1.35rem; padding: 0; }
    figure.digit { margin: 0; }
    figure.digit img { display: block; }
    figure.digit figcaption { font-size: 0.8rem; opacity: 0.8; margin-top: 0.2rem; }
    </style>"""
)


# --- the address ---------------------------------------------------------------------

State = st.session_state


def take_address(names: Sequence[str]) -> None:
    """Take the selection from the page's address, unless the page wrote that address itself."""
    address = st.query_params.to_dict()
    started = "confusion_run" in State
    if address == State.get("confusion_address") and started:
        return
    if not address and started:  # back from another page: everything stays as it was
        return
    State["confusion_nonsense"] = []

    def take(name: str, options: Sequence[Any], usual: Any) -> None:
        given = address.get(name)
        found = {str(option): option for option in options if option is not None}
        if given is not None and given not in found:
            State["confusion_nonsense"].append(f"{name}={given[:40]}")
        State[f"confusion_{name}"] = found.get(given, usual) if given is not None else usual

    picked = State.get("run")
    take("run", names, picked if picked in names else runs.DEFAULT_RUN)
    take("dataset", results.TEST_SETS, own_test_set(State["confusion_run"]))
    take("other", [name for name in names if name != State["confusion_run"]], None)
    take("true", range(10), None)
    take("predicted", range(10), None)
    take("view", list(VIEWS), "matrix")
    State["confusion_view"] = VIEWS[State["confusion_view"]]
    digit = address.get("digit", "")
    State["confusion_digit"] = int(digit) if digit.isdecimal() and len(digit) < 8 else None
    if digit and State["confusion_digit"] is None:
        State["confusion_nonsense"].append(f"digit={digit[:40]}")
    State["confusion_matrix_number"] = State.get("confusion_matrix_number", 0) + 1


def own_test_set(name: str) -> str:
    """The test digits that a run was measured on, or MNIST's."""
    run = runs.read(name)
    own = "mnist" if run.problem else results.test_set(run.info["dataset"]["name"])
    return own if own in results.TEST_SETS else "mnist"


def write_address() -> None:
    """Write the selection into the page's address, so that it can be shared."""
    names = {view: name for name, view in VIEWS.items()}
    address = {
        "run": State["confusion_run"],
        "dataset": State["confusion_dataset"],
        "other": State.get("confusion_other"),
        "true": State.get("confusion_true"),
        "predicted": State.get("confusion_predicted"),
        "view": names[State["confusion_view"]] if State["confusion_view"] != MATRIX else None,
        "digit": State.get("confusion_digit"),
    }
    written = {name: str(value) for name, value in address.items() if value is not None}
    State["confusion_address"] = written
    if st.query_params.to_dict() != written:
        st.query_params.from_dict(written)


def select(true: int | None, predicted: int | None) -> None:
    """Select a cell, a row (no predicted digit), a column (no true digit), or everything."""
    State["confusion_true"], State["confusion_predicted"] = true, predicted
    State["confusion_view"] = MATRIX
    State["confusion_digit"] = State["confusion_which"] = None
    # A new number makes a new chart, which no longer holds what was clicked in the old one.
    State["confusion_matrix_number"] = State.get("confusion_matrix_number", 0) + 1


def select_clicked(key: str) -> None:
    """Select what was clicked in the matrix; a second click on it changes nothing."""
    points = State[key].selection.points
    if not points:
        return
    true, predicted = (int(points[0][axis]) for axis in ("y", "x"))
    State["confusion_true"] = None if true == figures.TOTAL else true
    State["confusion_predicted"] = None if predicted == figures.TOTAL else predicted
    State["confusion_digit"] = State["confusion_which"] = None


def open_digit(index: int | None) -> None:
    State["confusion_digit"] = index


def close_digit() -> None:
    State["confusion_digit"] = None
    State["confusion_matrix_number"] = State.get("confusion_matrix_number", 0) + 1


# --- choosing ------------------------------------------------------------------------


def choose(found: dict[str, Run]) -> None:
    names = list(found)
    if State["confusion_run"] not in names:
        State["confusion_run"] = runs.DEFAULT_RUN
    others = [None, *(name for name in names if name != State["confusion_run"])]
    if State.get("confusion_other") not in others:
        State["confusion_other"] = None

    def label(name: str | None) -> str:
        if name is None:
            return "no other"
        run = found.get(name)
        if run is None or run.usable:
            return name
        return f"{name} – {'broken' if run.problem else run.status}"

    with st.container(key="choice"):
        first, second, third = st.columns(3)
    first.selectbox(
        "Network", names, key="confusion_run", format_func=label, persist_state="session",
        on_change=close_digit,
    )  # fmt: skip
    second.selectbox(
        "Test digits", results.TEST_SETS, key="confusion_dataset", persist_state="session",
        on_change=close_digit,
    )  # fmt: skip
    third.selectbox(
        "Compare with", others, key="confusion_other", format_func=label, placeholder="no other",
        persist_state="session", on_change=close_digit,
    )  # fmt: skip


def found_evaluation(run: Run, dataset: str) -> Evaluation | None:
    """The run's evaluation; if there is none, what is shown instead: why, or how far it is."""
    told = results.progress(run, dataset)
    try:
        known = State.setdefault("confusion_checksums", {}).get(dataset)
        return results.find(run, dataset, known)
    except InputError as error:
        if told is None:
            st.info(str(error), icon=":material/info:")
            if run.usable:
                offer(run, dataset)
            return None
    show_progress(run, dataset, results.EVALUATION, f"Evaluating {run.name} on {dataset}")
    return None


def offer(run: Run, dataset: str) -> None:
    words = "Evaluate" if datasets.at_hand(dataset) else "Download the digits and evaluate"
    st.button(
        f"{words} {run.name} on {dataset}",
        key=f"evaluate_{run.name}",
        type="primary",
        icon=":material/play_arrow:",
        on_click=start,
        args=(run, dataset, results.EVALUATION),
    )


def start(run: Run, dataset: str, kind: str) -> None:
    try:
        results.start(run, dataset, kind)
    except InputError as error:
        State["confusion_problem"] = str(error)


@st.fragment(run_every=1)
def show_progress(run: Run, dataset: str, kind: str, what: str) -> None:
    told = results.progress(run, dataset, kind)
    if told is None:
        st.rerun()
    elif told.state == results.FAILED:
        st.error(told.problem or "It failed.")
        st.button(
            "Try again", key=f"again_{kind}_{run.name}", on_click=start, args=(run, dataset, kind)
        )
    else:
        left = "" if told.seconds_left is None else f", {told.seconds_left:.0f} s left"
        words = {
            results.WAITING: f"{what}: starting …",
            results.LOADING: f"{what}: reading the digits …",
            results.WORKING: f"{what}{left}",
        }
        st.progress(told.share, text=words[told.state])


def load(name: str) -> Dataset | None:
    """The dataset, or None where it cannot be had; then what is missing is said."""
    try:
        with st.spinner("Reading the digits …"):
            dataset = samples.dataset(name)
    except InputError as error:
        st.info(str(error), icon=":material/info:")
        run = runs.read(State["confusion_run"])
        if name in ("mnist", "pen-strokes") and not datasets.at_hand(name) and run.usable:
            if results.progress(run, name, results.DIGITS):
                show_progress(run, name, results.DIGITS, f"Downloading {name}")
            else:
                st.button(
                    f"Download {name}",
                    on_click=start,
                    args=(run, name, results.DIGITS),
                    icon=":material/download:",
                )
        return None
    State["confusion_checksums"][name] = dataset.checksum
    return dataset


# --- the matrix ----------------------------------------------------------------------


def on_phone() -> bool:
    return "Mobi" in st.context.headers.get("User-Agent", "")


def is_dark() -> bool:
    return st.context.theme.type == "dark"


def selected() -> tuple[int | None, int | None]:
    return State.get("confusion_true"), State.get("confusion_predicted")


def in_words(true: int | None, predicted: int | None) -> str:
    """What is selected, as a heading."""
    if true is None and predicted is None:
        return "All digits"
    if true is None:
        return f"Everything read as {predicted}"
    if predicted is None:
        return f"All the {true}s"
    return f"{true} read as {predicted}" if true != predicted else f"{true} read rightly"


def show_matrix(run: Run, own: Evaluation, other: tuple[Run, Evaluation] | None) -> None:
    matrix = evaluation.confusion_matrix(own.probabilities, own.labels)
    key = f"matrix_chart_{State['confusion_matrix_number']}"
    dark, small = is_dark(), on_phone()
    if other is None:
        with st.container(horizontal=True, key="matrix_options"):
            numbers = st.segmented_control(
                "Numbers", list(NUMBERS), default="Counts", required=True,
                key="confusion_numbers", persist_state="session",
            )  # fmt: skip
            scale = st.segmented_control(
                "Colours", list(SCALES), default="Mistakes", required=True,
                key="confusion_scale", persist_state="session",
            )  # fmt: skip
        figure = figures.confusion(matrix, SCALES[scale], NUMBERS[numbers], selected(), dark, small)
        words = figures.confusion_in_words(matrix)
        table = pd.DataFrame(matrix)
        hint = "Empty cells are 0. Click a cell, or a sum for its whole row or column."
    else:
        second = evaluation.confusion_matrix(other[1].probabilities, other[1].labels)
        names = run.name, other[0].name
        figure = figures.confusion_difference(matrix, second, names, selected(), dark, small)
        words = f"Confusion matrix of {names[0]} less that of {names[1]}."
        table = pd.DataFrame(matrix - second)
        hint = (
            f"How many more {names[0]} has than {names[1]}: blue where {names[0]} is better, "
            "orange where it is worse. Click a cell to see its digits."
        )
    with st.container(key="matrix"):
        st.plotly_chart(
            figure,
            key=key,
            on_select=functools.partial(select_clicked, key),
            selection_mode="points",
            config=picture_config("confusion"),
            alt=words,
        )
    st.caption(hint)
    table.index.name = "true"
    csv_button("Matrix as CSV", table, "confusion.csv")


def picture_config(name: str) -> dict[str, Any]:
    return {**SAVE, "toImageButtonOptions": {"filename": name, "scale": 2}}


def csv_button(label: str, table: pd.DataFrame, name: str) -> None:
    st.download_button(
        label,
        functools.partial(csv_bytes, table),
        name,
        "text/csv",
        key=f"save_{name}",
        icon=":material/download:",
        type="tertiary",
        on_click="ignore",
    )


def csv_bytes(table: pd.DataFrame) -> bytes:
    text = io.StringIO()
    table.to_csv(text)
    return text.getvalue().encode("utf-8")


# --- the samples ---------------------------------------------------------------------


def chosen_indices(own: Evaluation, other: tuple[Run, Evaluation] | None) -> evaluation.Indices:
    """The digits that the selection and the filters leave, in the chosen order."""
    true, predicted = selected()
    low, high = State.get("confusion_sureness", (0, 100))
    right = RIGHTNESS[State.get("confusion_right", "Right and wrong")]
    order = ORDERS[State.get("confusion_order", next(iter(ORDERS)))]
    probabilities, labels = own.probabilities, own.labels
    # Certainty is never quite reached, and 0 to 100 % leaves nothing out.
    between = (low / 100, high / 100 if high < 100 else 1.1)
    if other is None:
        found = evaluation.select(probabilities, labels, true, predicted, right, between)
    else:
        second = other[1].probabilities
        parts = [
            evaluation.select(given, labels, true, predicted) for given in (probabilities, second)
        ]
        found = np.union1d(*parts)
        sure = evaluation.select(probabilities, labels, confidence=between)
        found = np.intersect1d(found, sure)
        which = State.get("confusion_which")
        split = evaluation.disagreement(probabilities, second, labels)
        groups = [split.only_first, split.only_second, split.both_wrong]
        if which is not None:
            found = np.intersect1d(found, groups[which])
        else:
            different = probabilities.argmax(axis=1) != second.argmax(axis=1)
            found = found[different[found]]
    seed = int(State.get("confusion_seed", 42))
    return evaluation.arrange(found, probabilities, labels, order, seed)


def show_samples(run: Run, own: Evaluation, other: tuple[Run, Evaluation] | None) -> None:
    """The digits of the selection, or the one that is open."""
    group = None if other is None else choose_group(own, run, other)
    indices = chosen_indices(own, other)
    dataset = load(State["confusion_dataset"])
    if dataset is not None and not results.check(own, dataset):
        # Looked for again, now that it is known which digits are at hand.
        st.rerun()
    index = State["confusion_digit"]
    if index is not None and dataset is not None:
        show_digit(run, own, dataset, index, indices)
        return
    heading = in_words(*selected())
    if other is not None and selected() == (None, None):
        heading = group or "Read differently"
    with st.container(key="samples_head"):
        st.subheader(f"{heading} · {len(indices):,}", anchor=False)
    true, predicted = selected()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            "True", DIGITS, key="confusion_true", format_func=any_or_digit,
            placeholder="any", width=90,
            persist_state="session",
        )  # fmt: skip
        st.selectbox(
            "Read as", DIGITS, key="confusion_predicted", format_func=any_or_digit,
            placeholder="any", width=90,
            persist_state="session",
        )  # fmt: skip
        st.button(
            "All", key="select_all", icon=":material/close:", type="tertiary",
            on_click=select, args=(None, None), help="Select all digits again",
            disabled=true is None and predicted is None,
        )  # fmt: skip
        with st.popover("Filter and order", icon=":material/tune:"):
            show_filters()
    title = f"{run.name} on {State['confusion_dataset']}: {heading}"
    if dataset is not None:
        shown = show_grid(dataset, indices, own, other)
    with st.container(horizontal=True, vertical_alignment="center", key="below_samples"):
        if dataset is not None and shown is not None:
            sheet = functools.partial(samples.contact_sheet, *shown, title)
            st.download_button(
                "Contact sheet", sheet, "contact-sheet.png", "image/png",
                icon=":material/download:", type="tertiary", on_click="ignore",
            )  # fmt: skip
        csv_button("List as CSV", listing(indices, own, other), f"{run.name}-digits.csv")


def any_or_digit(digit: int | None) -> str:
    return "any" if digit is None else str(digit)


def show_filters() -> None:
    keep: dict[str, Any] = {"persist_state": "session"}
    st.selectbox("Correctness", list(RIGHTNESS), key="confusion_right", **keep)
    st.slider("Confidence, %", 0, 100, (0, 100), key="confusion_sureness", **keep)
    st.selectbox("Order", list(ORDERS), key="confusion_order", **keep)
    if State["confusion_order"] == "Random":
        st.number_input("Seed", 0, 2**31 - 1, 42, key="confusion_seed", **keep)
    st.segmented_control(
        "Digits on a page", SIZES, default=24, required=True, key="confusion_size", **keep
    )


def choose_group(own: Evaluation, run: Run, other: tuple[Run, Evaluation]) -> str | None:
    """Lets the visitor choose digits by which of two runs reads them; what was chosen."""
    split = evaluation.disagreement(own.probabilities, other[1].probabilities, own.labels)
    words = [
        f"Only {run.name} right",
        f"Only {other[0].name} right",
        "Both wrong",
    ]
    counts = [len(split.only_first), len(split.only_second), len(split.both_wrong)]
    if "confusion_which" not in State:
        State["confusion_which"] = 0 if selected() == (None, None) else None
    chosen = st.pills(
        "Digits", [0, 1, 2], key="confusion_which",
        format_func=lambda group: f"{words[group]} · {counts[group]:,}",
        label_visibility="collapsed", persist_state="session", on_change=open_digit, args=(None,),
    )  # fmt: skip
    return None if chosen is None else words[chosen]


def show_grid(
    dataset: Dataset,
    indices: evaluation.Indices,
    own: Evaluation,
    other: tuple[Run, Evaluation] | None,
) -> tuple[datasets.Images, list[Sample]] | None:
    """One page of the digits; what is on it, or None if there is nothing."""
    if len(indices) == 0:
        st.info("No digit fits: choose another cell, or loosen the filter.")
        return None
    size = State.get("confusion_size", 24)
    # A page number belongs to what was selected when it was reached.
    signature = hash((indices.tobytes(), size))
    if State.get("confusion_signature") != signature:
        State["confusion_signature"], State["confusion_page"] = signature, 0
    pages = -(-len(indices) // size)
    page = min(State["confusion_page"], pages - 1)
    shown = indices[page * size : (page + 1) * size]
    images, described = dataset.x_test[shown], describe(shown, own, other)
    with st.container(key="samples"):
        samples.grid(images, described, "samples_grid", open_digit)
    if pages > 1:
        with st.container(horizontal=True, vertical_alignment="center"):
            last = min((page + 1) * size, len(indices))
            turn("‹", page - 1, page == 0, "Previous digits")
            st.markdown(f"{page * size + 1:,}–{last:,} of {len(indices):,}", width="content")
            turn("›", page + 1, page == pages - 1, "Next digits")
    return images, described


def turn(label: str, page: int, disabled: bool, words: str) -> None:
    st.button(
        label, key=f"turn_{words}", disabled=disabled, help=words,
        on_click=State.__setitem__, args=("confusion_page", page),
    )  # fmt: skip


def describe(
    indices: evaluation.Indices, own: Evaluation, other: tuple[Run, Evaluation] | None
) -> list[Sample]:
    """What stands below each digit: true and predicted digit, confidence, index."""
    described = []
    for index in indices:
        true = int(own.labels[index])
        lines = [reads(own, index, true)]
        right = lines[0].startswith("✓")
        if other is not None:
            lines = [f"a {true}", lines[0], reads(other[1], index, true)]
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


# --- one digit -----------------------------------------------------------------------


def show_digit(
    run: Run, own: Evaluation, dataset: Dataset, index: int, indices: evaluation.Indices
) -> None:
    true, row = int(own.labels[index]), own.probabilities[index]
    first, second = (int(digit) for digit in np.argsort(-row, kind="stable")[:2])
    places = np.flatnonzero(indices == index)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Back", key="close_digit", icon=":material/arrow_back:", on_click=close_digit)
        if len(places):
            before, after = int(places[0]) - 1, int(places[0]) + 1
            for label, place, words in (("‹", before, "Previous"), ("›", after, "Next")):
                there = 0 <= place < len(indices)
                st.button(
                    label, key=f"{words}_digit", disabled=not there, help=f"{words} digit",
                    on_click=open_digit, args=(int(indices[place]) if there else None,),
                )  # fmt: skip
    mark = "✓ " if first == true else "✗ "
    with st.container(key="digit"):
        st.subheader(f"{mark}Digit {index}: a {true}, read as {first}", anchor=False)
        st.markdown(f"{percent(row[first])} sure. Second guess: {second}, {percent(row[second])}.")
    image = dataset.x_test[index]
    left, right = st.columns([1, 1.3])
    with left:
        st.html(samples.picture(image, f"Test digit {index}, labelled {true}", 196))
        st.button(
            "Put it on the canvas",
            key="to_canvas_button",
            type="primary",
            icon=":material/draw:",
            on_click=hand_over,
            args=(run, dataset, index, true, first),
        )
    with right, st.container(key="digit_bars"):
        st.plotly_chart(
            figures.bars(row, 250),
            key="digit_bars_chart",
            config={"displayModeBar": False},
            alt=figures.bars_in_words(row),
        )
    show_evidence(run, dataset, index, [first, true] if true != first else [first, second], true)
    show_others(run, index, true)
    show_neighbours(run, dataset, index)


def percent(probability: float) -> str:
    return "over 99.9%" if probability >= 0.9995 else f"{probability:.1%}"


def hand_over(run: Run, dataset: Dataset, index: int, true: int, read: int) -> None:
    """Leave a digit for the drawing page, where the same network is to read it."""
    note = f"Test digit {index} of {dataset.name}. Its label says **{true}**, {run.name} read "
    note += f"**{read}**. Draw on it to change that."
    State["to_canvas"] = [canvas.picture_object(dataset.x_test[index])], note
    State["run"] = run.name


def show_evidence(run: Run, dataset: Dataset, index: int, digits: list[int], true: int) -> None:
    """Where the network looked, for one of several digits; it may have to start first."""
    st.markdown("**Where it looked**")
    names = {digit: f"for {digit}, its {'label' if digit == true else 'guess'}" for digit in digits}
    if digits[0] == true:
        names = {digits[0]: f"for {true}", digits[1]: f"for {digits[1]}, its second guess"}
    State["confusion_evidence_ready"] = reading.reader(run).done()
    every = None if State["confusion_evidence_ready"] else 0.5
    st.fragment(evidence, run_every=every)(run, dataset, index, names)


def evidence(run: Run, dataset: Dataset, index: int, names: dict[int, str]) -> None:
    reader = reading.reader(run)
    if not reader.done():
        st.caption("The network is starting …")
        return
    if not State["confusion_evidence_ready"]:
        st.rerun()
    if reader.exception() is not None:
        st.warning(str(reader.exception()))
        return
    digit = st.segmented_control(
        "Evidence", list(names), format_func=names.__getitem__, default=next(iter(names)),
        required=True, key=f"evidence_{index}", label_visibility="collapsed",
    )  # fmt: skip
    covered, summed = maps(
        reader.result(), dataset.x_test[index], results.model_sha256(run), dataset.checksum,
        index, digit,
    )  # fmt: skip
    words = f"for a {digit}: blue speaks for it, orange against it"
    with st.container(key="evidence"):
        st.html(
            '<div class="pictures">'
            + samples.picture(
                covered, f"What covering each place changes {words}", 168, "covered in grey"
            )
            + samples.picture(summed, f"What each pixel adds {words}", 168, "pixel by pixel")
            + "</div>"
        )
        st.caption(
            f"Blue speaks for a {digit}, orange against it: on the left what a grey square "
            "over each place takes away, on the right what the ink of each pixel adds."
        )


@st.cache_data(max_entries=500, show_spinner=False)
def maps(
    _reader: Any, _image: Any, model: str, checksum: str, index: int, digit: int
) -> tuple[Any, Any]:
    """Two pictures of what speaks for a digit: by occlusion and by gradients."""
    from mnist_core import explain

    image = datasets.scale(_image)
    return (
        explain.overlay(image, explain.occlusion(_reader, image, digit)),
        explain.overlay(image, explain.integrated_gradients(_reader, image, digit)),
    )


def show_others(run: Run, index: int, true: int) -> None:
    lines = []
    for name, found in evaluations(State["confusion_dataset"]).items():
        row = found.probabilities[index]
        read = int(row.argmax())
        mark = "✓" if read == true else "✗"
        shown = f"**{name}**" if name == run.name else name
        lines.append(f"| {shown} | {mark} {read} | {percent(row[read])} |")
    if len(lines) > 1:
        st.markdown("**What the networks say**")
        st.markdown("| network | reads | sure |\n| --- | --- | --- |\n" + "\n".join(lines))


def evaluations(dataset: str) -> dict[str, Evaluation]:
    """Every run that has been evaluated on a test set, by name."""
    found = {}
    known = State.get("confusion_checksums", {}).get(dataset)
    for run in runs.all_runs():
        try:
            found[run.name] = results.find(run, dataset, known)
        except InputError:
            continue
    return found


def show_neighbours(run: Run, dataset: Dataset, index: int) -> None:
    st.markdown("**The training digits most like it, to this network**")
    try:
        found = results.find_neighbours(run, dataset)
    except InputError as error:
        st.warning(str(error))
        return
    kind = results.NEIGHBOURS
    if found is None:
        if results.progress(run, dataset.name, kind):
            show_progress(run, dataset.name, kind, "Comparing with every training digit")
            return
        st.button(
            "Find them", key="find_neighbours", icon=":material/search:", on_click=start,
            args=(run, dataset.name, kind),
            help="Reads every training digit once, for all test digits: some minutes.",
        )  # fmt: skip
        return
    training = load(found.training_set)
    if training is None:
        return
    if training.checksum != found.training_checksum:
        st.info("They were found among other training digits than those on this machine.")
        return
    near = found.indices[index]
    labels = training.y_train[near]
    with st.container(key="neighbours"):
        st.html(
            '<div class="pictures">'
            + "".join(
                samples.picture(training.x_train[i], f"A training {label}", 64, f"a {label}")
                for i, label in zip(near, labels, strict=True)
            )
            + "</div>"
        )


# --- the figures ---------------------------------------------------------------------


def show_figures(run: Run, own: Evaluation) -> None:
    probabilities, labels, dark = own.probabilities, own.labels, is_dark()
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("Per digit", anchor=False)
        report = evaluation.classification_report(probabilities, labels)
        table = pd.DataFrame(report).T
        table.insert(0, "accuracy", table["recall"])
        table["support"] = table["support"].astype(int)
        table.index.name = "digit"
        number = st.column_config.NumberColumn
        st.dataframe(
            table,
            column_config={
                name: number(format="%.4f")
                for name in ("accuracy", "precision", "recall", "f1-score")
            }
            | {"digit": st.column_config.TextColumn(width=110)},
            height=460,
            alt="Accuracy, precision, recall, F1 and support of each digit and both averages.",
        )
        st.caption(
            "A digit's accuracy, the share of its samples that are read right, is its recall."
        )
        csv_button("Table as CSV", table, "report.csv")
    with right:
        show_pairs(evaluation.confusion_matrix(probabilities, labels))
    left, right = st.columns(2, gap="large")
    with left:
        show_confidence(probabilities, labels, dark)
    with right:
        show_reliability(probabilities, labels, dark)
    show_answering(run, probabilities, labels, dark)


def show_pairs(matrix: Any) -> None:
    st.subheader("Most confused", anchor=False)
    pairs = evaluation.most_confused(matrix, 12)
    if not pairs:
        st.markdown("Nothing is mixed up.")
    with st.container(key="pairs", horizontal=True, gap="small"):
        for pair in pairs:
            st.button(
                f"{pair.true} read as {pair.predicted} · {pair.count:,}",
                key=f"pair_{pair.true}_{pair.predicted}",
                on_click=select,
                args=(pair.true, pair.predicted),
            )
    every = evaluation.most_confused(matrix, 90)
    rows = [(pair.true, pair.predicted, pair.count) for pair in every]
    table = pd.DataFrame(rows, columns=["true", "predicted", "count"]).set_index("true")
    csv_button("Pairs as CSV", table, "pairs.csv")


def show_confidence(probabilities: Any, labels: Any, dark: bool) -> None:
    st.subheader("How sure it is", anchor=False)
    sure, is_right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    means = [
        f"{word}: {part.mean():.1%} sure on average"
        for word, part in (("Right", sure[is_right]), ("wrong", sure[~is_right]))
        if len(part)
    ]
    st.plotly_chart(
        figures.confidence(sure[is_right], sure[~is_right], dark),
        key="confidence_chart",
        config=picture_config("confidence"),
        alt=f"Histogram of the confidence. {', '.join(means)}.",
    )
    st.caption(", ".join(means) + ".")
    table = pd.DataFrame({"confidence": sure, "right": is_right})
    table.index.name = "index"
    csv_button("Confidence as CSV", table, "confidence.csv")


def show_reliability(probabilities: Any, labels: Any, dark: bool) -> None:
    st.subheader("Is its confidence honest?", anchor=False)
    bins = evaluation.reliability(probabilities, labels)
    words = f"Calibration error {bins.calibration_error:.2%}"
    st.plotly_chart(
        figures.reliability(bins, dark),
        key="reliability_chart",
        config=picture_config("reliability"),
        alt=f"Reliability diagram in {len(bins.counts)} bins. {words}.",
    )
    st.caption(f"{words}. On the dashed line, of 100 digits it is 90% sure of, 90 are right.")
    table = pd.DataFrame(vars(bins))
    table.index.name = "bin"
    csv_button("Reliability as CSV", table, "reliability.csv")


def show_answering(run: Run, probabilities: Any, labels: Any, dark: bool) -> None:
    st.subheader("When should it say “not sure”?", anchor=False)
    chosen = st.slider(
        "Not sure below, %", 0, 100, round(100 * run.sure_above), key=f"threshold_{run.name}",
        persist_state="session",
    )  # fmt: skip
    (answered,), (right,) = evaluation.answering(probabilities, labels, [chosen / 100])
    count, given = len(labels), round(answered * len(labels))
    correct = "" if np.isnan(right) else f" and {right:.2%} of those are right"
    with st.container(key="answering"):
        st.markdown(f"**{given:,}** of {count:,} are answered ({answered:.1%}){correct}.")
    thresholds = np.linspace(0, 1, 101)
    shares = evaluation.answering(probabilities, labels, thresholds)
    st.plotly_chart(
        figures.answering(thresholds, *shares, chosen / 100, dark),
        key="answering_chart",
        config=picture_config("answering"),
        alt=f"Below {chosen}% not sure: {answered:.1%} are answered{correct}.",
    )
    table = pd.DataFrame(
        {"answered": shares[0], "right": shares[1]}, index=pd.Index(thresholds, name="threshold")
    )
    csv_button("Thresholds as CSV", table, "thresholds.csv")


# --- doubtful labels -----------------------------------------------------------------


def show_doubtful(run: Run, own: Evaluation) -> None:
    name = State["confusion_dataset"]
    found = {
        other: given
        for other, given in evaluations(name).items()
        if np.array_equal(given.labels, own.labels)
        and evaluation.accuracy(given.probabilities, given.labels) >= GOOD
    }
    if len(found) < 2:
        st.info(
            f"A label is doubtful where several good networks agree against it: evaluate at "
            f"least two on {name} that reach {GOOD:.0%}. So far there "
            f"{'is one' if found else 'is none'}."
        )
        return
    chosen = st.multiselect(
        "Networks that have a say", list(found), default=list(found), key=f"jury_{name}"
    )
    if len(chosen) < 2:
        st.info("Choose at least two networks.")
        return
    doubts = evaluation.doubtful_labels([found[n].probabilities for n in chosen], own.labels)
    sure = sum(doubt.confident for doubt in doubts)
    left, right = st.columns([1, 1.1], gap="large")
    with left:
        st.subheader(f"Is the label wrong? · {len(doubts)}", anchor=False)
        st.caption(
            f"Most of {len(chosen)} networks agree against the label; the most doubtful first. "
            f"Confident learning takes the {sure} marked ! for wrongly labelled."
        )
        dataset = load(name)
        if dataset is None:
            return
        if not results.check(own, dataset):
            st.rerun()
        indices = np.array([doubt.index for doubt in doubts], np.intp)[:100]
        described = [
            Sample(
                d.index,
                (
                    f"{'! ' if d.confident else ''}{d.label} or {d.other}?",
                    f"{d.agreeing} of {len(chosen)} say {d.other}",
                    f"#{d.index}",
                ),
            )
            for d in doubts[:100]
        ]
        if doubts:
            with st.container(key="doubts"):
                samples.grid(dataset.x_test[indices], described, "doubts_grid", open_digit, 84)
        table = pd.DataFrame([vars(doubt) for doubt in doubts])
        if doubts:
            csv_button("List as CSV", table.set_index("index"), "doubtful-labels.csv")
    with right:
        index = State["confusion_digit"]
        if index is not None:
            for doubt in doubts:
                if doubt.index == index:
                    show_vote((dataset.checksum, index), doubt.label, doubt.other)
            show_digit(run, own, dataset, index, indices)
        elif doubts:
            st.caption("Click a digit to see what each network says of it.")


Votes = dict[str, str]  # what each visitor said, by the visitor


@st.cache_resource
def ballots() -> dict[tuple[str, int], Votes]:
    """The votes of everybody on each digit, by checksum and index, until the server stops."""
    return {}


def vote(digit: tuple[str, int], choice: str) -> None:
    visitor = State.setdefault("voter", uuid.uuid4().hex)
    ballots().setdefault(digit, {})[visitor] = choice


@st.fragment(run_every=3)
def show_vote(digit: tuple[str, int], label: int, other: int) -> None:
    """What everybody sees in a digit, counted live; another click changes one's mind."""
    votes = ballots().get(digit, {})
    counts = collections.Counter(votes.values())
    mine = votes.get(State.get("voter", ""))
    with st.container(horizontal=True, vertical_alignment="center", key="vote"):
        st.markdown("**What do you see?**", width="content")
        for choice, words in (
            ("label", f"a {label}, as labelled"),
            ("other", f"a {other}"),
            ("neither", "neither"),
        ):
            st.button(
                f"{words} · {counts[choice]}",
                key=f"vote_{choice}",
                icon=":material/check:" if choice == mine else None,
                on_click=vote,
                args=(digit, choice),
            )


# --- the page ------------------------------------------------------------------------


def headline(run: Run, own: Evaluation, other: tuple[Run, Evaluation] | None) -> None:
    def one(name: str, given: Evaluation) -> str:
        share = evaluation.accuracy(given.probabilities, given.labels)
        wrong = round((1 - share) * len(given.labels))
        loss = evaluation.loss(given.probabilities, given.labels)
        return f"{name}**{share:.2%}** right · {wrong:,} of {len(given.labels):,} wrong · loss {loss:.4f}"  # noqa: E501

    with st.container(key="headline"):
        if other is None:
            st.markdown(one("", own))
        else:
            st.markdown(one(f"{run.name} ", own) + "  \n" + one(f"{other[0].name} ", other[1]))


def page() -> None:
    found = {run.name: run for run in runs.all_runs()}
    take_address(list(found))
    choose(found)
    if nonsense := State.get("confusion_nonsense"):
        st.warning(
            f"Part of the address means nothing here and was left out: {nonsense_text(nonsense)}."
        )
    if problem := State.pop("confusion_problem", None):
        st.error(problem)
    run, dataset = found[State["confusion_run"]], State["confusion_dataset"]
    own = found_evaluation(run, dataset)
    if own is None or len(own.labels) == 0:
        write_address()
        return
    other = None
    if State["confusion_other"] is not None:
        second = found_evaluation(found[State["confusion_other"]], dataset)
        if second is not None and np.array_equal(second.labels, own.labels):
            other = found[State["confusion_other"]], second
    index = State["confusion_digit"]
    if index is not None and index >= len(own.labels):
        State["confusion_nonsense"] = [f"digit={index}"]
        State["confusion_digit"] = None
        st.warning(f"There is no digit {index} among the {len(own.labels):,} of {dataset}.")
    write_address()
    if dataset == comparison.DRAWN and (writers := comparison.known_writers(run)):
        st.caption(
            f"{run.name} has learnt the hand of writer {', '.join(map(str, sorted(writers)))}, "
            "who is among these."
        )
    headline(run, own, other)
    view = st.segmented_control(
        "View", list(VIEWS.values()), required=True, key="confusion_view",
        label_visibility="collapsed", persist_state="session",
    )  # fmt: skip
    if view == MATRIX:
        left, right = st.columns([1, 1], gap="large")
        with left:
            show_matrix(run, own, other)
        with right:
            show_samples(run, own, other)
    elif view == FIGURES:
        show_figures(run, own)
    else:
        show_doubtful(run, own)


def nonsense_text(parts: list[str]) -> str:
    return ", ".join(f"`{part.replace('`', '')}`" for part in parts)


page()
if "to_canvas" in State:
    st.switch_page("pages/draw.py")
