"""Ten bars that show the server's reading, and while the pen moves the browser's own.

The component never changes while somebody draws; the server's reading lies beside it as data, so
that a few hundred bytes are all that a stroke costs. The network is handed to the browser once,
at an address made from its content, and run by a worker there (`web/worker.js`).
"""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import streamlit as st

from mnist_core import figures, javascript, wording
from mnist_core.runs import Run
from routes import networks, scripts
from ui import canvas, links

HERE = Path(__file__).parent
AFTERWARDS = "It reads when you lift the pen."

HTML = (HERE / "live_bars.html").read_text(encoding="utf-8")
JS = javascript.join(HERE / "live_bars.js")
_component = st.components.v2.component(
    "live_bars",
    html=HTML,
    css="\n".join(
        path.read_text(encoding="utf-8")
        for path in (
            javascript.WEB / "bars.css",
            javascript.WEB / "slim_bars.css",
            HERE / "live_bars.css",
        )
    ),
    js=JS,
    isolate_styles=False,
)


def show(run: Run, number: bool = False) -> None:
    """Ten bars, which show the reading that lies beside them in the page (`as_html`).

    Args:
        run: whose network reads in the browser, if it can.
        number: whether a number is read: then no bars are seen, but boxes over the canvas.
    """
    packed = networks.packed(run)
    network = packed.result() if packed.done() and packed.exception() is None else None
    _component(
        key="live_number" if number else "live_bars",
        data={
            "worker": links.based(scripts.WORKER_ADDRESS),
            "network": network and links.based(networks.address_of(network)),
            "number": number,
            "note": AFTERWARDS if packed.done() and network is None else "",
            **settings(run.confidence_threshold),
        },
    )


def as_html(
    data: dict[str, Any], unsure: bool = False, starting: bool = False, several: bool = False
) -> str:
    """A reading for the bars, as an element that is not seen.

    Args:
        data: what `reading_data` gave.
        unsure: whether the answer is "not sure".
        starting: whether there is no reading because the network has not started here yet.
        several: whether it looks like several digits.
    """
    now = data | {
        "unsure": unsure,
        "starting": starting,
        "brush": st.session_state.get("brush", 22),
        "erasing": st.session_state.get("erasing", False),
        "number": st.session_state.get("drawing_number", 0),
    }
    text = html.escape(json.dumps(now, separators=(",", ":")), quote=True)
    more = " data-several" if several else ""
    more += " data-inked" if data["probabilities"] is not None else ""
    return f'<div class="server-reading" data-reading="{text}"{more} hidden></div>'


def settings(confidence_threshold: float) -> dict[str, Any]:
    """What the browser needs to put readings into words as the server does.

    Args:
        confidence_threshold: the probability, in [0, 1], below which the answer is "not sure".
    """
    return {
        "ground": int(canvas.GROUND[1:3], 16),
        "afterwards": AFTERWARDS,
        **wording.for_browser(confidence_threshold),
    }


def reading_data(
    objects: canvas.Objects,
    probabilities: npt.NDArray[np.float32] | None,
    guess: str,
    words: str,
    found: canvas.Marks | None = None,
) -> dict[str, Any]:
    """The server's reading for the component.

    Args:
        objects: what lies on the canvas.
        probabilities: float32 (10,), the server's reading of it; None where there is none.
        guess, words: the same in words.
        found: the marks among the objects, where they are known already.
    """
    return {
        "probabilities": None
        if probabilities is None
        else [round(float(p), 5) for p in probabilities],
        "alt": figures.bars_in_words(probabilities),
        "guess": guess,
        "words": words,
        **marks(objects, found),
    }


def number_data(
    objects: canvas.Objects,
    boxes: Sequence[Mapping[str, Any]],
    guess: str,
    words: str,
    found: canvas.Marks | None = None,
) -> dict[str, Any]:
    """As `reading_data`, of a number.

    Args:
        boxes: of each digit the `box` (left, top, right, bottom in pixels of the canvas), the
            `label` above it, and whether the network is `sure` of it.
    """
    return reading_data(objects, None, guess, words, found) | {"boxes": list(boxes)}


def marks(objects: canvas.Objects, found: canvas.Marks | None = None) -> dict[str, Any]:
    """What lies on the canvas, small enough to be sent with every reading.

    Args:
        found: the marks among the objects, where they are known already.

    Returns:
        `count` of the objects, whether there is a `picture` among them, and the `strokes`: their
        `points` as 16-bit sixteenths of a pixel in base64, one after the other, and the `lengths`
        (points) and `widths` (pixels) of each.
    """
    strokes, pictures = found or canvas.marks(objects)
    points = np.concatenate([np.zeros((0, 2)), *(stroke.points for stroke in strokes)])
    packed = np.clip(np.round(points * 16), -32768, 32767).astype("<i2").tobytes()
    return {
        "count": len(objects),
        "picture": bool(pictures),
        "strokes": {
            "points": base64.b64encode(packed).decode("ascii"),
            "lengths": [len(stroke.points) for stroke in strokes],
            "widths": [round(stroke.width, 3) for stroke in strokes],
        },
    }
