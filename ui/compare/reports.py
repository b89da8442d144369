"""What documents report beside what was measured here."""

from __future__ import annotations

import math

import pandas as pd
import streamlit as st

from mnist_core import figures, runs
from mnist_core.errors import InputError
from mnist_core.experiments import reproductions
from ui import charts, links, say


def show() -> None:
    """The whole section."""
    try:
        rows = reproductions.read()
    except InputError as error:
        say.error(error)
        return
    st.write(
        "Five documents train networks on MNIST and say how well they read. Here each was "
        "trained again, over several seeds."
    )
    names = [name for name in reproductions.REPORTED if any(row.recipe == name for row in rows)]
    if not names:
        st.info(f"Nothing has been measured yet. Run `{reproductions.COMMAND}` to do so.")
        return
    with st.container(key="reported"):
        show_accuracies(names, rows)
        show_table(list(reproductions.REPORTED), rows)
    st.write(reproductions.best_of_documents(rows))
    st.header("Where the documents cannot be right", anchor=False)
    with st.container(key="findings"):
        for finding in reproductions.findings(rows):
            st.markdown(f"**{finding.title}.** {finding.text}")
    st.header("Train one again, live", anchor=False)
    with st.container(horizontal=True, key="train_again"):
        for name in reproductions.REPORTED:
            links.train(name)
    st.caption(f"The table was written by this project with `{reproductions.COMMAND}`.")


def show_accuracies(names: list[str], rows: list[reproductions.Row]) -> None:
    def of(figure: str) -> list[list[float]]:
        return [[getattr(r, figure) for r in rows if r.recipe == name] for name in names]

    values = [
        [r.value for r in reproductions.REPORTED[name] if r.figure == "test"] for name in names
    ]
    words = "; ".join(
        f"{name} {reproductions.summary(rows, name, 'test_accuracy')}" for name in names
    )
    charts.show(
        figures.reported_and_reproduced(names, values, of("test_accuracy"), of("drawn_accuracy")),
        f"Test accuracy as reported and as measured here. Measured: {words}.",
        "accuracies",
    )


def show_table(names: list[str], rows: list[reproductions.Row]) -> None:
    lines = []
    for name in names:
        those = [row for row in rows if row.recipe == name]

        def measured(figure: str, name: str = name) -> str:
            return str(reproductions.summary(rows, name, figure))

        seconds = reproductions.summary(rows, name, "cpu_seconds").mean
        lines.append(
            {
                "Recipe": name,
                "Reported, test": reported(name, "test"),
                "Measured, test": measured("test_accuracy"),
                "Reported, validation": reported(name, "validation"),
                "Measured, validation": measured("val_accuracy"),
                "Reported, training": reported(name, "train"),
                "Measured, training": measured("train_accuracy"),
                "Drawn digits": measured("drawn_accuracy"),
                "Parameters": f"{those[0].parameters:,}" if those else "",
                "Processor time": "" if math.isnan(seconds) else runs.duration(seconds),
                "Seeds": len(those),
            }
        )
    st.dataframe(
        pd.DataFrame(lines),
        hide_index=True,
        column_config={
            "Recipe": st.column_config.TextColumn(pinned=True),
            "Drawn digits": st.column_config.TextColumn(
                help="Digits of six people whom no network here was trained on."
            ),
            "Processor time": st.column_config.TextColumn(
                help="Of one training run, all cores together, without a GPU."
            ),
            "Measured, test": st.column_config.TextColumn(
                help="Mean and standard deviation over the seeds."
            ),
        },
        key="reproductions",
        alt="Reported and measured accuracies of every recipe",
    )


def reported(name: str, figure: str) -> str:
    """What the documents report, each with its letter; marked where it is of another model."""
    texts = []
    for claim in reproductions.REPORTED[name]:
        if claim.figure == figure:
            mark = " (wrong model)" if "wrong model" in claim.where else ""
            texts.append(f"{claim.document}: {claim.value:.2%}".replace("%", " %") + mark)
    return ", ".join(texts) or "–"
