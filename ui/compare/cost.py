"""Accuracy against cost, and the Pareto front: the runs that no other beats in both."""

from __future__ import annotations

import streamlit as st

from mnist_core import figures
from mnist_core.evaluation import comparison
from mnist_core.evaluation.comparison import METRICS, Contender
from ui import charts

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


def show(contenders: list[Contender]) -> None:
    """The whole section."""
    st.header("Accuracy against cost", anchor=False)
    with st.container(horizontal=True):
        cost_name = st.segmented_control(
            "Cost",
            list(COSTS),
            default="Parameters",
            required=True,
            key="cost",
            label_visibility="collapsed",
        )
        known = [f for f in METRICS if f.key in ("drawn_accuracy", "test_accuracy")]
        known = [f for f in known if any(f.key in c.metrics for c in contenders)]
        titles = [f.title for f in known]
        title = st.segmented_control(
            "Accuracy",
            titles,
            default=titles[0] if titles else None,
            required=bool(titles),
            key="accuracy",
            label_visibility="collapsed",
        )
    cost = COSTS[cost_name or "Parameters"]
    metric = next((f for f in known if f.title == title), None)
    shown = [] if metric is None else comparison.comparable(contenders, metric)
    shown = [c for c in shown if cost in c.metrics]
    if not shown or metric is None:
        st.caption("There is nothing to show yet.")
        return
    costs = [c.metrics[cost] for c in shown]
    accuracies = [c.metrics[metric.key] for c in shown]
    pareto_front = comparison.pareto_front(costs, accuracies)
    words = ", ".join(
        f"{c.name} {accuracy:.2%} at {value:,.4g}"
        for c, accuracy, value in zip(shown, accuracies, costs, strict=True)
    )
    charts.show(
        figures.accuracy_and_cost(
            [c.name for c in shown],
            costs,
            accuracies,
            pareto_front,
            UNITS[cost],
            metric.title.lower(),
        ),
        f"{metric.title} against {UNITS[cost]}: {words}.",
        "accuracy_and_cost",
    )
    along = ", along the dotted line" if len(pareto_front) > 1 else ""
    st.caption(f"Filled{along}: the Pareto front. No other is both cheaper and better.")
