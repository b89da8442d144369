"""What documents report beside what was measured here, and any runs side by side."""

import functools
import math
from typing import Any

import pandas as pd
import streamlit as st

from mnist_core import datasets, figures, report, runs
from mnist_core.errors import InputError
from mnist_core.evaluation import comparison
from mnist_core.evaluation.comparison import FIGURES, Contender, Measured
from mnist_core.experiments import reproductions
from mnist_core.runs import Run
from ui import averaging, heading, links, search_view, shared_work, studies

REPORTS, SIDE_BY_SIDE = "Reports reproduced", "Runs side by side"
CHOICES, SEARCH = "What each choice does", "Search"
MOST = 8  # runs that are compared at a time
COSTS = {
    "Parameters": "parameters",
    "Training time": "seconds",
    "Time for one image": "milliseconds",
}
UNITS = {
    "parameters": "parameters",
    "seconds": "training, seconds",
    "milliseconds": "one image, ms",
}


# --- reported and reproduced ---------------------------------------------------------


def show_reports() -> None:
    try:
        rows = reproductions.read()
    except InputError as error:
        st.error(str(error))
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
    st.subheader("Where the documents cannot be right")
    with st.container(key="findings"):
        for finding in reproductions.findings(rows):
            st.markdown(f"**{finding.title}.** {finding.text}")
    st.subheader("Train one again, live")
    with st.container(horizontal=True, key="train_again"):
        for name in reproductions.REPORTED:
            links.train(name)
    st.caption(f"The table was written by this project with `{reproductions.COMMAND}`.")


def show_accuracies(names: list[str], rows: list[reproductions.Row]) -> None:
    def of(figure: str) -> list[list[float]]:
        return [[getattr(r, figure) for r in rows if r.recipe == name] for name in names]

    said = [[r.value for r in reproductions.REPORTED[name] if r.figure == "test"] for name in names]
    words = "; ".join(
        f"{name} {reproductions.summary(rows, name, 'test_accuracy')}" for name in names
    )
    chart(
        figures.reported_and_reproduced(names, said, of("test_accuracy"), of("drawn_accuracy")),
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
                "Reported, test": said(name, "test"),
                "Measured, test": measured("test_accuracy"),
                "Reported, validation": said(name, "validation"),
                "Measured, validation": measured("val_accuracy"),
                "Reported, training": said(name, "train"),
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
                help="Of one training, all cores together, without a GPU."
            ),
            "Measured, test": st.column_config.TextColumn(
                help="Mean and standard deviation over the seeds."
            ),
        },
        key="reproductions",
        alt="Reported and measured accuracies of every recipe",
    )


def said(name: str, figure: str) -> str:
    """What the documents report, each with its letter; marked where it is of another model."""
    texts = []
    for claim in reproductions.REPORTED[name]:
        if claim.figure == figure:
            mark = " (wrong model)" if "wrong model" in claim.where else ""
            texts.append(f"{claim.document}: {claim.value:.2%}".replace("%", " %") + mark)
    return ", ".join(texts) or "–"


# --- runs side by side ---------------------------------------------------------------


def show_runs() -> None:
    found = {run.name: run for run in runs.all_runs()}
    fit = [name for name, run in found.items() if comparison.refusal(run) is None]
    # What was chosen and has gone since, or broke, is said and left out.
    chosen = averaging.with_finished(st.session_state.get("compared", fit[:5]), found, MOST)
    gone = [name for name in chosen if name not in fit]
    st.session_state["compared"] = [name for name in chosen if name in fit]
    st.multiselect(
        "Runs",
        fit,
        key="compared",
        max_selections=MOST,
        persist_state="session",
        placeholder="Choose runs",
    )
    for name in gone:
        why = comparison.refusal(found[name]) if name in found else None
        st.warning(why or f"The run {name} has been deleted.")
    others = [run for name, run in found.items() if name not in fit]
    if others:
        with st.expander(f"{len(others)} that cannot be compared"):
            for run in others:
                st.write(comparison.refusal(run))
    chosen_runs = [found[name] for name in st.session_state["compared"] if name in fit]
    if not chosen_runs:
        st.info("Choose two runs or more.")
        return
    averaging.offer(chosen_runs)
    measuring(chosen_runs)
    show_report_button(fit, found)


def measuring(chosen: list[Run]) -> None:
    """Show the comparison, and again as soon as more has been measured."""
    pending = [shared_work.measured(run) for run in chosen]
    waiting = not all(future.done() for future in pending)

    def show() -> None:
        done = [future.done() for future in pending]
        if waiting and all(done):
            st.rerun()
        if waiting:
            st.progress(
                sum(done) / len(done),
                f"{sum(done)} of {len(done)} runs have read the drawn digits",
            )
        results: list[Measured | None] = []
        for future, is_done in zip(pending, done, strict=True):
            try:
                results.append(future.result() if is_done else None)
            except InputError as error:
                st.warning(str(error))
                results.append(None)
        contenders = [comparison.contender(*pair) for pair in zip(chosen, results, strict=True)]
        show_comparison(contenders, complete=all(done))

    st.fragment(show, run_every=1.0 if waiting else None)()


def show_comparison(contenders: list[Contender], complete: bool) -> None:
    sentence = comparison.recommend(contenders) if complete else ""
    with st.container(key="recommendation"):
        if sentence:
            st.success(sentence, icon=":material/check_circle:")
    if not datasets.at_hand(comparison.DRAWN):
        st.caption(f"{datasets.missing(comparison.DRAWN)} Then runs are tried on drawn digits too.")
    tests = sorted({c.test_digits for c in contenders})
    if len(tests) > 1:
        st.caption(
            f"These runs were measured on the test digits of {', '.join(tests)}: figures on "
            "different digits are not set against each other."
        )
    show_figures(contenders)
    averaging.show_gain(contenders)
    show_cost(contenders)
    show_curves(contenders)


def show_figures(contenders: list[Contender]) -> None:
    lines: list[dict[str, str]] = []
    for figure in FIGURES:
        winners = {c.name for c in comparison.best(contenders, figure)}
        level = len(winners) == len(contenders)
        line = {"": figure.title}
        for c in contenders:
            value = c.figures.get(figure.key)
            mark = "★ " if c.name in winners and not level and len(contenders) > 1 else ""
            line[c.name] = "–" if value is None else mark + figure.write(value)
        lines.append(line)
    if len({c.test_digits for c in contenders}) > 1:
        lines.insert(0, {"": "Test digits of"} | {c.name: c.test_digits for c in contenders})
    st.dataframe(
        pd.DataFrame(lines),
        hide_index=True,
        height="content",
        column_config={"": st.column_config.TextColumn(pinned=True)},
        key="figures",
        alt="Figures of the runs; a star marks the best",
    )
    st.caption("★ the best of these.")


def show_cost(contenders: list[Contender]) -> None:
    st.subheader("Accuracy against cost")
    with st.container(horizontal=True):
        cost_name = st.segmented_control(
            "Cost", list(COSTS), default="Parameters", required=True, key="cost",
            label_visibility="collapsed",
        )  # fmt: skip
        known = [f for f in FIGURES if f.key in ("drawn_accuracy", "test_accuracy")]
        known = [f for f in known if any(f.key in c.figures for c in contenders)]
        titles = [f.title for f in known]
        title = st.segmented_control(
            "Accuracy", titles, default=titles[0] if titles else None, required=bool(titles),
            key="accuracy", label_visibility="collapsed",
        )  # fmt: skip
    cost = COSTS[cost_name or "Parameters"]
    figure = next((f for f in known if f.title == title), None)
    shown = [] if figure is None else comparison.comparable(contenders, figure)
    shown = [c for c in shown if cost in c.figures]
    if not shown or figure is None:
        st.caption("There is nothing to show yet.")
        return
    costs = [c.figures[cost] for c in shown]
    accuracies = [c.figures[figure.key] for c in shown]
    front = comparison.front(costs, accuracies)
    words = ", ".join(
        f"{c.name} {accuracy:.2%} at {value:,.4g}"
        for c, accuracy, value in zip(shown, accuracies, costs, strict=True)
    )
    chart(
        figures.accuracy_and_cost(
            [c.name for c in shown], costs, accuracies, front, UNITS[cost], figure.title.lower()
        ),
        f"{figure.title} against {UNITS[cost]}: {words}.",
        "accuracy_and_cost",
    )
    along = ", along the dotted line" if len(front) > 1 else ""
    st.caption(f"Filled{along}: no other is both cheaper and better.")


def show_curves(contenders: list[Contender]) -> None:
    histories = {c.name: runs.read_history(c.run) for c in contenders}
    histories = {name: rows for name, rows in histories.items() if rows}
    if not histories:
        return
    st.subheader("Curves")
    which = st.segmented_control(
        "Curve", ["Accuracy", "Loss"], default="Accuracy", required=True, key="curve",
        label_visibility="collapsed",
    )  # fmt: skip
    key = (which or "Accuracy").lower()
    words = ", ".join(
        f"{name} {rows[-1].get(f'val_{key}', rows[-1].get(key, math.nan)):.4f}"
        for name, rows in histories.items()
    )
    chart(
        figures.curves(histories, key),
        f"Validation {key} over the epochs; at the end {words}.",
        "curves",
    )
    st.caption("Thick: validation. Thin: training.")


def show_report_button(fit: list[str], found: dict[str, Run]) -> None:
    st.subheader("Report of a run")
    with st.container(horizontal=True, vertical_alignment="bottom", key="report"):
        name = st.selectbox("Run", fit, key="report_run", persist_state="session")
        reason = report.refusal(found[name]) if name in found else "Choose a run."
        st.download_button(
            "Write report",
            functools.partial(report.make, found[name]) if not reason else "",
            f"{name}-report.html",
            "text/html",
            icon=":material/description:",
            on_click="ignore",
            disabled=reason is not None,
            key="write_report",
        )
    st.caption(
        reason
        or "One HTML file with data, architecture, curves, evaluation and mistakes, to read "
        "offline or to print."
    )


def chart(figure: Any, alt: str, key: str) -> None:
    st.plotly_chart(figure, alt=alt, key=key, config={"displayModeBar": False})


heading.begin("Compare")
st.html(
    """<style>
    h3 { font-size: 1.3rem !important; }
    </style>"""
)
view = st.segmented_control(
    "View",
    [REPORTS, SIDE_BY_SIDE, CHOICES, SEARCH],
    default=REPORTS,
    required=True,
    key="view",
    label_visibility="collapsed",
    bind="query-params",
)
if view == SIDE_BY_SIDE:
    show_runs()
elif view == CHOICES:
    studies.show()
elif view == SEARCH:
    search_view.show()
else:
    show_reports()
