"""Messages that no page sends, to a server at which others draw. It needs no browser."""

import asyncio
import base64
import contextlib
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import psutil
import pytest
from websockets.exceptions import ConnectionClosed

from ui import canvas, messages

pytestmark = pytest.mark.browser  # beside which the server is
sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))
MB = 2**20
LARGE = canvas.picture_object(np.zeros((28, 28), np.uint8)) | {
    "src": "data:image/png;base64,"
    + base64.b64encode(canvas.encode(np.zeros((2000, 2000), np.uint8))).decode()
}
DOT = {"type": "Path", "path": [["M", 9, 9]]}
# What the canvas is said to hold, and the sentence that whoever sent it reads.
TOLD = [
    ([DOT] * 50_000, "strokes are too many"),
    ([LARGE] * 200, "Only one picture"),
    ([LARGE], None),
    ([DOT | {"path": [["M", 1e308, -1e308]]}], "far outside"),
    ([DOT | {"path": [["M", 9, 9]] * 40_000}], "more ink"),
    ({"objects": 7}, "is no drawing"),
]


def state(objects):
    raw = {"version": "7.4.0", "objects": objects, "background": canvas.GROUND}
    return {"json_value": json.dumps({"drawing": {"raw": raw, "data": None}})}


async def send(visitor, value):
    """Have the canvas report this."""
    widget, fragment = visitor.page.canvas
    visitor.page.widgets[widget] = value
    visitor._finished.clear()
    await visitor._rerun(fragment)


def said(visitor):
    """The sentences in red on a visitor's page."""
    alerts = [e.alert.body for e in visitor.page.elements.values() if e.HasField("alert")]
    return " ".join(alerts)


async def ended(visitor, value):
    """Send what is too much, and have the words that the connection ends with."""
    with contextlib.suppress(ConnectionClosed):
        await send(visitor, value)
    await visitor._socket.wait_closed()
    return visitor._socket.close_reason


async def attacked(address, drawn, process):
    """What everybody got to see, and the memory taken for it; others were read all the while."""
    from people import Visitor

    async with Visitor(address) as other:

        async def others_are_read():
            await other.draw(drawn)
            await other.answer(60)
            assert other.strokes.pop().right

        await others_are_read()
        before = process.memory_info().rss
        seen = []
        for objects, _ in TOLD:
            async with Visitor(address) as visitor:
                await send(visitor, state(objects))
                await asyncio.wait_for(visitor._finished.wait(), 60)
                seen.append(said(visitor))
            await others_are_read()
        for value in ({"json_value": "x" * 20 * MB}, {"json_value": "[" * 100_000}):
            with contextlib.suppress(ConnectionClosed):
                async with Visitor(address) as visitor:
                    seen.append(await ended(visitor, value))
            await others_are_read()
    return seen, process.memory_info().rss - before


def test_who_sends_them_is_told_and_everybody_else_draws_on(server):
    from people import drawings

    process = psutil.Process(server.process.pid)
    attack = attacked(server.address, drawings(1)[0][-1], process)
    with ThreadPoolExecutor(1) as beside:  # Playwright has a loop of its own in this thread
        seen, taken = beside.submit(asyncio.run, attack).result()
    for (_, sentence), words in zip(TOLD, seen, strict=False):
        assert sentence is None or sentence in words
    assert seen[len(TOLD) :] == [messages.TOO_LARGE, messages.TOO_DEEP]
    assert taken < 200 * MB
