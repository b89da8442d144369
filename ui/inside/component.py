"""The part of the page that lives in the browser: canvas, layers, and all that follows the pen."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from mnist_core import javascript
from mnist_core.runs import Run
from routes import inside, scripts
from ui import links, live_bars
from ui.inside import state
from ui.inside.state import KEY, State

HERE = Path(__file__).parent
JS = javascript.join(HERE / "inside.js")
_component = st.components.v2.component(
    "inside",
    html=(HERE / "inside.html").read_text(encoding="utf-8"),
    css="\n".join(
        path.read_text(encoding="utf-8")
        for path in (javascript.WEB / "bars.css", HERE / "inside.css", HERE / "unit.css")
    ),
    js=JS,
    isolate_styles=False,
)
FOLDED = (
    "Batch normalisation is a fixed scale and shift once a network is trained. Here it is worked "
    "into the weights of the convolution before it, with the same result: each map is as Keras "
    "has it after normalisation and ReLU."
)
UPRIGHT = (
    "Elsewhere this network reads each digit twice, rotated {angle:g}° to either side and takes "
    "the mean. Here it reads it once, upright, so that every number leads to the next."
)


def show(now: State, network: str) -> None:
    """The component.

    Args:
        network: the address of the run's network, below the application's own path.
    """
    run = now.run
    _component(
        key=KEY,
        data={
            "worker": links.based(scripts.INSPECTION_ADDRESS),
            "base": links.based(""),
            "run": run.name,
            "network": network,
            "epochs": [
                {"epoch": number, "url": url} for number, url in inside.epoch_addresses(run)
            ],
            "digits": links.based(inside.digits_address()),
            "digits_name": inside.digits_name(),
            "folded": words(run),
            "start": now.start,
            **live_bars.settings(run.confidence_threshold),
        },
        on_seen_change=lambda: None,
        on_to_draw_change=state.take_to_drawing_page,
    )


def words(run: Run) -> str:
    """What is shown otherwise than Keras has it, in words."""
    parts = [FOLDED] if any(layer.get("norm") for layer in run.recipe.hidden) else []
    if run.recipe.tta_angle:
        parts.append(UPRIGHT.format(angle=run.recipe.tta_angle))
    return " ".join(parts)
