"""Links from page to page."""

from __future__ import annotations

from urllib.parse import urlencode

import streamlit as st

from mnist_core.runs import Run
from ui.inline import FOLLOW


def train(recipe: str, label: str | None = None) -> None:
    """A link that opens the training page with a recipe chosen."""
    st.page_link(
        "pages/train.py",
        label=label or recipe,
        icon=":material/play_arrow:",
        query_params={"recipe": recipe},
    )


def pocket(run: Run) -> None:
    """A link that opens the page of nothing but canvas and reading, with a run's network."""
    st.link_button(
        "Page for phones",
        based(f"/pocket?{urlencode({'run': run.name})}"),
        icon=":material/phone_iphone:",
        type="tertiary",
        help="Just the canvas and the reading: opens at once, and works without a connection.",
    )


def inside(label: str = "Look inside", **parts: str) -> None:
    """A link that opens the page that looks inside a network.

    Args:
        parts: of its address: `run`; `digit`, as `DATASET:INDEX`; `layer`, `unit`, `epoch`.
    """
    st.page_link(
        "pages/inside.py", label=label, icon=":material/visibility:", query_params=parts or None
    )


def confusion_digit(run: Run, dataset: str, index: int) -> None:
    """A link back to a test digit on the page that shows where a network errs."""
    st.page_link(
        "pages/confusion.py",
        label="Back to this digit",
        icon=":material/grid_on:",
        query_params={"run": run.name, "dataset": dataset, "digit": str(index)},
    )


def based(path: str) -> str:
    """The path as a browser asks for it, where the application is served below another path."""
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{base}{path}" if base else path


def follow_to_drawing() -> None:
    """Open the drawing page, as a click on its link does.

    `st.switch_page` would leave an empty page now and then: where a fragment is drawn anew every
    moment, the browser may ask for the next time while the server changes the page, and Streamlit
    takes that for a way back. A link that is clicked ends such requests first.
    """
    with st.container(key="way_to_draw"):
        st.page_link("pages/draw.py", label="Draw")
        st.html(FOLLOW, unsafe_allow_javascript=True)
