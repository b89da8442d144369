"""How many people one server answers while they all draw.

Each is a websocket client that speaks Streamlit's protocol (`people.py`) and lifts the pen every
two seconds, with digits that real people wrote. An answer counts when it is the reading of that
drawing, compared with the same network's in this process; its time is from the message that the
pen was lifted to the message that holds the reading. The browser adds the 200 ms that the canvas
waits before it sends, and what it takes to draw. All that once more while a run of the queue is
trained. Server, people and training share the processors of this machine.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from application import Server, application, running, training
from common import print_table
from people import Drawing, Stroke, Visitor, draw_on, drawings

PACE = 2.0  # seconds between two strokes of a person
HEAD = ["people", "training", "answered of sent", "median", "95th percentile"]
HEAD += ["processor a stroke", "resident"]


@dataclass(frozen=True)
class Measured:
    """What became of the strokes, and what they cost the server."""

    strokes: list[Stroke]
    cpu_seconds: float
    resident: int  # bytes, the most that was seen

    def row(self, people: int, trained: bool) -> list[str]:
        """The measurement as a row of the table."""
        answered = [stroke for stroke in self.strokes if stroke.answered is not None]
        seconds = [stroke.seconds for stroke in answered] or [float("nan")]
        each = 1e3 * self.cpu_seconds / max(1, len(answered))
        return [
            str(people),
            "yes" if trained else "no",
            f"{len(answered)} of {len(self.strokes)}",
            f"{1e3 * np.median(seconds):.0f} ms",
            f"{1e3 * np.percentile(seconds, 95):.0f} ms",
            f"{each:.1f} ms",
            f"{self.resident / 1e6:.0f} MB",
        ]

    @property
    def wrong(self) -> int:
        """Answers that were not the reading of what was drawn."""
        return sum(stroke.answered is not None and not stroke.right for stroke in self.strokes)


async def together(
    server: Server, digits: list[list[Drawing]], people: int, seconds: float
) -> Measured:
    """That many people open the page, and draw for as long."""
    most = server.resident()
    async with contextlib.AsyncExitStack() as stack:
        visitors = []
        for _ in range(people):  # one after another: opening is not what is measured here
            visitors.append(await stack.enter_async_context(Visitor(server.address)))
        await asyncio.sleep(1)
        before = server.cpu_seconds()

        async def person(number: int) -> None:
            await asyncio.sleep(PACE * number / people)  # nobody waits for the others
            await draw_on(visitors[number], digits, number, seconds, PACE)

        drawing = asyncio.gather(*map(person, range(people)))
        while not drawing.done():
            await asyncio.wait([drawing], timeout=0.5)
            most = max(most, server.resident())
        await drawing
        cpu = server.cpu_seconds() - before
    return Measured([stroke for v in visitors for stroke in v.strokes], cpu, most)


@contextlib.contextmanager
def a_server(url: str | None, models: str) -> Iterator[Server]:
    """The one at that address, or one of its own, with its network started."""
    with application(models) if url is None else contextlib.nullcontext(running(url)) as server:
        asyncio.run(_greet(server.address))
        yield server


async def _greet(address: str) -> None:
    async with Visitor(address):
        pass


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--people", type=int, nargs="+", default=[30, 60, 100, 150])
    options.add_argument("--seconds", type=float, default=20, help="for which they draw")
    options.add_argument(
        "--training",
        action=argparse.BooleanOptionalAction,
        help="only with, or only without a training run in the background",
    )
    options.add_argument("--url", help="measure a server of this machine that runs already")
    given = options.parse_args()
    digits = drawings(200)
    rows, wrong = [], 0
    with tempfile.TemporaryDirectory() as models:
        for trained in (False, True) if given.training is None else (given.training,):
            for people in given.people:  # each number finds a fresh server
                with a_server(given.url, models) as server, training(models, trained):
                    measured = asyncio.run(together(server, digits, people, given.seconds))
                rows.append(measured.row(people, trained))
                wrong += measured.wrong
                print(" ".join(rows[-1]), file=sys.stderr, flush=True)
                time.sleep(1)
    print_table(HEAD, rows)
    if wrong:
        print(f"\n{wrong} answers were not the reading of what was drawn.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
