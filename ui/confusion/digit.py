"""One digit opened: how it was read, why, by whom else, and what it is like."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import streamlit as st

from mnist_core import datasets, evaluation, figures, wording
from mnist_core.datasets import Dataset
from mnist_core.errors import InputError
from mnist_core.evaluation import explanations, results
from mnist_core.runs import Evaluation, Run
from ui import access, canvas, charts, links, say, warm
from ui.confusion import at_hand, samples, state, work


def show(
    run: Run, own: Evaluation, dataset: Dataset, index: int, indices: evaluation.Indices
) -> None:
    """All about a digit, and the way to those before and after it among `indices`."""
    true, row = int(own.labels[index]), own.probabilities[index]
    first, second = (int(digit) for digit in np.argsort(-row, kind="stable")[:2])
    places = np.flatnonzero(indices == index)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Back", key="close_digit", icon=":material/arrow_back:", on_click=state.close_digit
        )
        if len(places):
            before, after = int(places[0]) - 1, int(places[0]) + 1
            for label, place, words in (("‹", before, "Previous"), ("›", after, "Next")):
                there = 0 <= place < len(indices)
                st.button(
                    label,
                    key=f"{words}_digit",
                    disabled=not there,
                    help=f"{words} digit",
                    on_click=state.open_digit,
                    args=(int(indices[place]) if there else None,),
                )
    mark = "✓ " if first == true else "✗ "
    with st.container(key="digit"):
        st.header(f"{mark}Digit {index}: a {true}, read as {first}", anchor=False)
        st.subheader(f"Label {true} · Guess {first} {mark.strip()}", anchor=False)
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
        links.inside(run=run.name, digit=f"{dataset.name}:{index}")
    with right, st.container(key="digit_bars"):
        charts.show(figures.bars(row, 250), figures.bars_in_words(row), "digit_bars_chart")
    show_evidence(run, dataset, index, [first, true] if true != first else [first, second], true)
    show_others(run, dataset, index, true)
    show_neighbours(run, dataset, index)


def percent(probability: float) -> str:
    return wording.percent(probability).lower()  # it stands within a sentence


def hand_over(run: Run, dataset: Dataset, index: int, true: int, read: int) -> None:
    """Leave a digit for the drawing page, where the same network is to read it."""
    note = f"Test digit {index} of {dataset.name}. Its label says **{true}**, "
    note += f"{say.plain(run.name)} read **{read}**. Draw on it to change that."
    state.hand_over(canvas.picture_object(dataset.x_test[index]), note, run.name, true)


def show_evidence(run: Run, dataset: Dataset, index: int, digits: list[int], true: int) -> None:
    """Where the network looked, for one of several digits; it may have to start first."""
    st.markdown("**Where it looked**")
    names = {digit: f"for {digit}, its {'label' if digit == true else 'guess'}" for digit in digits}
    if digits[0] == true:
        names = {digits[0]: f"for {true}", digits[1]: f"for {digits[1]}, its second guess"}
    st.fragment(evidence)(run, dataset, index, names)


def evidence(run: Run, dataset: Dataset, index: int, names: dict[int, str]) -> None:
    """Maps of what speaks for a digit, chosen among several."""
    digit = st.segmented_control(
        "Evidence",
        list(names),
        format_func=names.__getitem__,
        default=next(iter(names)),
        required=True,
        key=f"evidence_{index}",
        label_visibility="collapsed",
    )
    image = datasets.scale(dataset.x_test[index])
    with st.container(key="evidence"):
        maps = warm.explanation(run, image, digit)
        was_done = maps.done()
        every = None if was_done else 0.3
        st.fragment(show_maps, run_every=every)(maps, image, digit, was_done)


def show_maps(
    maps: warm.Future, image: npt.NDArray[np.float32], digit: int, was_done: bool
) -> None:
    """The maps once they are there; the first take a few seconds."""
    if not maps.done():
        st.caption("Looking for what speaks for it …")
        return
    if not was_done:
        st.rerun()  # nothing is to be looked at again and again any more
    if maps.exception() is not None:
        say.warning(maps.exception())
        return
    covered, summed = (explanations.overlay(image, relevance) for relevance in maps.result())
    words = f"for a {digit}: blue speaks for it, orange against it"
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
        "over each place takes away (occlusion), on the right what the ink of each pixel adds "
        "(integrated gradients)."
    )


def show_others(run: Run, dataset: Dataset, index: int, true: int) -> None:
    lines = []
    for name, found in at_hand.evaluations(dataset.name, dataset.checksum).items():
        row = found.probabilities[index]
        read = int(row.argmax())
        mark = "✓" if read == true else "✗"
        shown = f"**{say.plain(name)}**" if name == run.name else say.plain(name)
        lines.append(f"| {shown} | {mark} {read} | {percent(row[read])} |")
    if len(lines) > 1:
        st.markdown("**What the networks say**")
        st.markdown("| network | reads | sure |\n| --- | --- | --- |\n" + "\n".join(lines))


def show_neighbours(run: Run, dataset: Dataset, index: int) -> None:
    st.markdown("**The training digits most like it, to this network**")
    try:
        found = results.find_neighbours(run, dataset)
    except InputError as error:
        say.warning(error)
        return
    kind = results.NEIGHBOURS
    if found is None:
        if results.progress(run, dataset.name, kind):
            work.follow(run, dataset.name, kind, "Comparing with every training digit")
            return
        access.note("Finding them")
        if not access.allowed():
            return
        st.button(
            "Find them",
            key="find_neighbours",
            icon=":material/search:",
            on_click=work.start,
            args=(run, dataset.name, kind),
            help="This reads every training digit once, and takes a few minutes.",
        )
        return
    training = at_hand.dataset(found.training_set, run)
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
