"""People who draw, without their browsers: clients that speak Streamlit's protocol.

A visitor keeps what the page's front end keeps: the elements by their place, the large messages
that need not be sent again, the state of each widget. What it sends and understands was taken
down from Chromium: a stroke is the canvas' whole list of Fabric.js objects, sent with the state
of all other widgets to the fragment around the canvas.
"""

from __future__ import annotations

import asyncio
import contextlib
import html
import itertools
import json
import re
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState, ContextInfo
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from mnist_core import datasets, predictor, wording
from mnist_core.networks.predictor import Predictor
from ui import canvas, live_bars

BRUSH = 22  # pixels
READING = re.compile(r'data-reading="([^"]*)"')
PARAGRAPH = re.compile(r"<p[^>]*>(.*)</p>")
CANVAS, GUESS = "drawing_canvas", "guess"
NEAR = 1e-4  # between two readings of the same drawing


@dataclass(frozen=True)
class Drawing:
    """What lies on a canvas after a stroke, and how it is to be read."""

    state: str  # what the canvas sends
    points: str  # of its strokes, as the page gets them back
    guess: str
    probabilities: list[float]


def drawings(count: int) -> list[list[Drawing]]:
    """Digits that real people wrote: for each, the canvas after each of its strokes."""
    reader = predictor.load()
    return [
        [_drawing(strokes[: end + 1], reader) for end in range(len(strokes))]
        for strokes in _digits(count)
    ]


def _digits(count: int) -> list[list[np.ndarray]]:
    """Digits as strokes, in pixels of the canvas, a point for each sixtieth of a second."""
    if datasets.at_hand("pen-strokes"):
        written = datasets.load("pen-strokes").strokes_test
        chosen = np.random.default_rng(0).choice(len(written), count, replace=False)
        digits = [[np.asarray(stroke, float) for stroke in written[index]] for index in chosen]
    else:  # what a hand makes of a 0, a 1 and a 7
        turn = np.linspace(0, 2 * np.pi, 40)
        made = [
            [np.stack([np.sin(turn) * 60, -np.cos(turn) * 100], 1)],
            [np.array([[0, 0], [0, 200.0]])],
            [np.array([[0, 0], [120, 0], [40, 200.0]]), np.array([[20, 100], [100, 100.0]])],
        ]
        digits = [made[number % len(made)] for number in range(count)]
    return [_placed(strokes) for strokes in digits]


def _placed(strokes: list[np.ndarray]) -> list[np.ndarray]:
    """Strokes on the canvas, 200 pixels high or wide."""
    low = np.min([stroke.min(axis=0) for stroke in strokes], axis=0)
    size = np.max([stroke.max(axis=0) for stroke in strokes], axis=0) - low
    scale = 200 / max(size.max(), 1e-9)
    start = (canvas.SIDE - size * scale) / 2
    return [_paced((stroke - low) * scale + start) for stroke in strokes]


def _paced(path: np.ndarray) -> np.ndarray:
    along = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(path, axis=0).T))])
    places = np.linspace(0, along[-1], max(6, round(along[-1] / 10)))
    return np.stack([np.interp(places, along, path[:, axis]) for axis in (0, 1)], 1)


def _drawing(strokes: Iterable[np.ndarray], reader: Predictor) -> Drawing:
    objects = [_fabric_path(stroke) for stroke in strokes]
    raw = {"version": "7.4.0", "objects": objects, "background": canvas.GROUND}
    assert reader.run is not None  # whose network it is
    probabilities = reader.predict(canvas.read(objects)[None])[0]
    return Drawing(
        state=json.dumps({"drawing": {"raw": raw, "data": None}}, separators=(",", ":")),
        points=live_bars.marks(objects)["strokes"]["points"],
        guess=wording.in_words(probabilities, reader.run.confidence_threshold)[0],
        probabilities=probabilities.tolist(),
    )


def _fabric_path(points: np.ndarray) -> dict[str, Any]:
    """A stroke as Fabric.js 7 writes down what its pencil drew."""
    at = [[round(float(x), 4), round(float(y), 4)] for x, y in points]
    middles = [[(a + b) / 2 for a, b in zip(*pair, strict=True)] for pair in itertools.pairwise(at)]
    curves = [["Q", *a, *m] for a, m in zip(at, middles, strict=False)]
    path = [["M", *at[0]], *curves, ["L", *at[-1]]]
    low, high = points.min(axis=0), points.max(axis=0)
    locks = ("MovementX", "MovementY", "Rotation", "ScalingX", "ScalingY", "SkewingX", "SkewingY")
    return {
        **{f"lock{lock}": False for lock in (*locks, "ScalingFlip")},
        "type": "Path",
        "version": "7.4.0",
        "originX": "center",
        "originY": "center",
        **dict(zip(("left", "top"), np.round((low + high) / 2, 4).tolist(), strict=True)),
        **dict(zip(("width", "height"), np.round(high - low, 4).tolist(), strict=True)),
        "fill": None,
        "stroke": canvas.INK,
        "strokeWidth": BRUSH,
        "strokeDashArray": None,
        "strokeLineCap": "round",
        "strokeDashOffset": 0,
        "strokeLineJoin": "round",
        "strokeUniform": False,
        "strokeMiterLimit": 10,
        **{"scaleX": 1, "scaleY": 1, "angle": 0, "flipX": False, "flipY": False},
        **{"opacity": 1, "shadow": None, "visible": True, "backgroundColor": ""},
        **{"fillRule": "nonzero", "paintFirst": "fill"},
        **{"globalCompositeOperation": "source-over", "skewX": 0, "skewY": 0, "path": path},
    }


@dataclass
class Stroke:
    """A drawing that was sent, and when its reading came."""

    drawing: Drawing
    sent: float
    answered: float | None = None
    right: bool = False  # whether the answer was the reading of this drawing

    @property
    def seconds(self) -> float:
        """From pen-up, as the server learns of it, to the reading."""
        return float("inf") if self.answered is None else self.answered - self.sent


@dataclass
class Page:
    """What the front end keeps of a page."""

    elements: dict[tuple[int, ...], Any] = field(default_factory=dict)
    places: dict[str, tuple[int, ...]] = field(default_factory=dict)  # containers by their key
    widgets: dict[str, dict[str, Any]] = field(default_factory=dict)  # state by the widget's id
    cached: dict[str, ForwardMsg] = field(default_factory=dict)
    canvas: tuple[str, str] | None = None  # its id, and the fragment around it
    page: str = ""  # hash of the page's script
    poll: tuple[float, str] | None = None  # seconds and fragment, while the network starts

    def take(self, message: ForwardMsg) -> str | None:
        """Take a message in; the place's text if it is one with the server's reading."""
        kind = message.WhichOneof("type")
        if kind == "ref_hash":
            return self._delta(self.cached[message.ref_hash], message.metadata.delta_path)
        if message.metadata.cacheable:
            self.cached[message.hash] = message
        if kind == "delta":
            return self._delta(message, message.metadata.delta_path)
        if kind == "new_session":
            self.page = message.new_session.page_script_hash
            if not message.metadata.run.fragment_ids:
                self.poll = None
        elif kind == "navigation":
            self.page = message.navigation.page_script_hash
        elif kind == "auto_rerun":
            self.poll = message.auto_rerun.interval, message.auto_rerun.fragment_id
        return None

    def _delta(self, message: ForwardMsg, path: Iterable[int]) -> str | None:
        place, delta = tuple(path), message.delta
        if delta.WhichOneof("type") == "add_block":
            if key := delta.add_block.id:
                self.places[key.rpartition("-")[2]] = place
            return None
        element = delta.new_element
        kind = element.WhichOneof("type")
        self.elements[place] = element
        if kind == "html":
            return str(element.html.body)
        if kind == "bidi_component" and element.bidi_component.id.endswith(f"-{CANVAS}"):
            self.canvas = element.bidi_component.id, delta.fragment_id
        elif kind in _FIRST_STATES:
            widget = getattr(element, kind)
            self.widgets.setdefault(widget.id, _FIRST_STATES[kind](widget))
        return None

    def guess(self) -> str | None:
        """The guess in large type."""
        place = self.places.get(GUESS, (-1,))
        for path, element in self.elements.items():
            if path[: len(place)] == place and (found := PARAGRAPH.search(element.html.body)):
                return found[1]
        return None


def _choice(widget: Any) -> dict[str, Any]:
    return {"string_value": widget.options[widget.default]}


def _choices(widget: Any) -> dict[str, Any]:
    return {"string_array_value": [widget.options[index].content for index in widget.default]}


def _numbers(widget: Any) -> dict[str, Any]:
    return {"double_array_value": list(widget.default)}


_FIRST_STATES = {"selectbox": _choice, "button_group": _choices, "slider": _numbers}


class Visitor:
    """One person at the drawing page. To be used as an asynchronous context."""

    def __init__(self, address: str) -> None:
        self.address = address.rstrip("/")
        self.page = Page()
        self.strokes: list[Stroke] = []
        self._finished = asyncio.Event()
        self._answered = asyncio.Event()

    async def __aenter__(self) -> Self:
        """Open the page; ends once the canvas is there and the network has started."""
        socket = self.address.replace("http", "ws", 1) + "/_stcore/stream"
        self._socket: ClientConnection = await connect(
            socket,
            subprotocols=[Subprotocol("streamlit")],
            compression=None,
            max_size=None,
            open_timeout=60,
        )
        self._listener = asyncio.create_task(self._listen())
        await self._rerun()
        async with asyncio.timeout(120):
            while True:
                await self._finished.wait()
                self._finished.clear()
                if self.page.poll is not None:
                    seconds, fragment = self.page.poll
                    await asyncio.sleep(seconds)
                    if self.page.poll is not None:
                        await self._rerun(fragment, automatic=True)
                elif self.page.canvas is not None:  # else the page is being drawn anew
                    return self

    async def __aexit__(self, *_: object) -> None:
        await self._socket.close()
        self._listener.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._listener

    async def draw(self, drawing: Drawing) -> Stroke:
        """Lift the pen: the canvas holds this drawing now."""
        assert self.page.canvas is not None, "there is no canvas on the page"
        widget, fragment = self.page.canvas
        self.page.widgets[widget] = {"json_value": drawing.state}
        stroke = Stroke(drawing, time.perf_counter())
        self.strokes.append(stroke)
        self._answered.clear()
        await self._rerun(fragment)
        return stroke

    async def answer(self, seconds: float) -> None:
        """Wait until the last drawing is answered, but not longer than that."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._answered.wait(), seconds)

    async def _rerun(self, fragment: str = "", automatic: bool = False) -> None:
        state = ClientState(
            page_script_hash=self.page.page,
            fragment_id=fragment,
            is_auto_rerun=automatic,
            cached_message_hashes=list(self.page.cached),
            context_info=ContextInfo(
                timezone="UTC", locale="en-US", url=f"{self.address}/", color_scheme="light"
            ),
        )
        for widget, value in self.page.widgets.items():
            value = {k: {"data": v} if isinstance(v, list) else v for k, v in value.items()}
            state.widget_states.widgets.add(id=widget, **value)
        await self._socket.send(BackMsg(rerun_script=state).SerializeToString())

    async def _listen(self) -> None:
        async for data in self._socket:
            assert isinstance(data, bytes)
            message = ForwardMsg.FromString(data)
            text = self.page.take(message)
            if text is not None and (found := READING.search(text)):
                self._note(json.loads(html.unescape(found[1])))
            if message.WhichOneof("type") == "script_finished":
                self._finished.set()

    def _note(self, reading: dict[str, Any]) -> None:
        """Note for which of the drawings a reading has come."""
        now = time.perf_counter()
        for stroke in reversed(self.strokes):
            wanted = stroke.drawing
            if stroke.answered is None and reading["strokes"]["points"] == wanted.points:
                if reading["probabilities"] is None:  # the network is starting
                    return
                stroke.answered = now
                stroke.right = (
                    bool(np.allclose(reading["probabilities"], wanted.probabilities, atol=NEAR))
                    and reading["guess"] == wanted.guess == self.page.guess()
                )
                if stroke is self.strokes[-1]:
                    self._answered.set()
                return


async def draw_on(
    visitor: Visitor, digits: list[list[Drawing]], first: int, seconds: float, pace: float
) -> None:
    """Draw one digit after another, a stroke each `pace` seconds, whether answers come or not.

    The first stroke of a digit finds an empty canvas.

    Args:
        first: which of the digits comes first.
    """
    strokes = (stroke for at in itertools.count(first) for stroke in digits[at % len(digits)])
    begun = time.perf_counter()
    for number in range(round(seconds / pace)):
        await asyncio.sleep(max(0.0, begun + number * pace - time.perf_counter()))
        await visitor.draw(next(strokes))
    await visitor.answer(30)
