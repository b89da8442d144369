"""What a choice does: accuracies by value, the conclusion, claims borne out or not, a table."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from mnist_core import figures, runs
from mnist_core.experiments import studies
from mnist_core.experiments.studies import DRAWN, TEST, TRAINING, VALIDATION, Study
from mnist_core.experiments.study_trials import Row
from ui import charts

VERDICTS = {
    True: ":material/check_circle: **Borne out.**",
    False: ":material/cancel: **Not borne out.**",
    None: ":material/help: **Not known yet.**",
}


def show(study: Study, rows: list[Row]) -> None:
    """What the rows say of a study."""
    show_accuracies(study, rows)
    st.caption("A small point for each seed; the mean and its standard deviation. " + study.note)
    with st.container(key="conclusion"):
        st.markdown(studies.conclusion(study, rows))
    if study.claims:
        st.header("What the documents conclude or take for granted", anchor=False)
        with st.container(key="claims"):
            for claim in study.claims:
                verdict = claim.rule(study, rows)
                figures_of = f" Here: {verdict.figures}." if verdict.figures else ""
                st.markdown(
                    f"{VERDICTS[verdict.holds]} {claim.text} ({claim.documents}){figures_of}"
                )
    show_table(study, rows)


def show_accuracies(study: Study, rows: list[Row]) -> None:
    by_value = study.rows(rows)
    for place, (figure, title) in zip(
        st.columns(2), ((TEST, "test digits"), (DRAWN, "drawn digits")), strict=True
    ):
        kinds = {title: figure} | (
            {"training digits": TRAINING} if figure == TEST and study.gap else {}
        )
        series = {
            kind: [
                [v for row in those if (v := getattr(row, key)) == v] for those in by_value.values()
            ]
            for kind, key in kinds.items()
        }
        if not any(series[title]):
            continue
        words = ", ".join(
            f"{value} {found}"
            for value in by_value
            if str(found := study.summary(rows, value, figure))
        )
        with place:
            charts.show(
                figures.accuracy_by_value(
                    list(by_value), series, study.title.lower(), f"accuracy on {title}", study.steps
                ),
                f"Accuracy on {title}: {words}.",
                f"{study.name}-{figure}",
            )


def show_table(study: Study, rows: list[Row]) -> None:
    lines = []
    for value, those in study.rows(rows).items():
        sums = {
            title: str(study.summary(rows, value, figure))
            for title, figure in (
                ("Test digits", TEST),
                ("Drawn digits", DRAWN),
                ("Validation digits", VALIDATION),
                ("Training digits", TRAINING),
            )
        }
        seconds = sum(row.seconds for row in those) / len(those) if those else None
        lines.append(
            {
                study.title: value,
                **sums,
                "Parameters": f"{those[0].parameters:,}" if those else "",
                "Training time": runs.duration(seconds) if seconds is not None else "",
                "Seeds": len(those),
            }
        )
    st.dataframe(
        pd.DataFrame(lines),
        hide_index=True,
        column_config={study.title: st.column_config.TextColumn(pinned=True)},
        key=f"{study.name}-table",
        alt=f"Accuracies by {study.title.lower()}",
    )
