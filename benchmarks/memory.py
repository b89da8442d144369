"""Whether the server's memory creeps while people come, draw a little, and go.

So many people are there at any time, each a websocket client (`people.py`) that lifts the pen
some times, each time as soon as the last answer has come, and leaves; another takes the place.
What the server holds after the last stroke is compared with what it held after the first
thousand: it may be 15 % more. Streamlit keeps a visitor who has gone for two minutes, 128 of them
at most, should the connection come back.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from dataclasses import dataclass, field

from application import Server, application
from common import print_table
from people import Drawing, Visitor, drawings

MORE = 0.15  # of the memory after the first strokes, by which it may have grown at the end


@dataclass
class Count:
    """What has happened so far, and what the server held meanwhile."""

    started: int = 0
    strokes: int = 0
    people: int = 0
    unanswered: int = 0
    resident: list[tuple[int, int, int]] = field(default_factory=list)  # strokes, people, bytes


async def come_and_go(
    server: Server, digits: list[list[Drawing]], sessions: int, strokes: int, each: int, every: int
) -> Count:
    """People draw so many strokes in all, so many people at a time.

    Args:
        each: strokes of one person.
        every: strokes between two looks at the memory.
    """
    count = Count()

    async def place(number: int) -> None:
        """What happens at one of the places."""
        while count.started < strokes:
            count.people += 1
            flat = [drawing for digit in digits for drawing in digit]
            async with Visitor(server.address) as visitor:
                for at in range(min(each, strokes - count.started)):
                    count.started += 1
                    await visitor.draw(flat[(number * each + at) % len(flat)])
                    await visitor.answer(60)
                    count.strokes += 1
                    if count.strokes % every == 0:
                        count.resident.append((count.strokes, count.people, server.resident()))
                count.unanswered += sum(stroke.answered is None for stroke in visitor.strokes)

    await asyncio.gather(*map(place, range(sessions)))
    return count


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--strokes", type=int, default=10_000, help="in all")
    options.add_argument("--first", type=int, default=1000, help="strokes before the first look")
    options.add_argument("--sessions", type=int, default=100, help="people at any time")
    options.add_argument("--each", type=int, default=10, help="strokes of one person")
    given = options.parse_args()
    digits = drawings(100)
    with tempfile.TemporaryDirectory() as models, application(models) as server:
        began = time.perf_counter()
        sizes = given.sessions, given.strokes, given.each, given.first
        count = asyncio.run(come_and_go(server, digits, *sizes))
        seconds = time.perf_counter() - began
    print_table(
        ["strokes", "people so far", "resident"],
        [[f"{s:,}", str(p), f"{b / 1e6:.0f} MB"] for s, p, b in count.resident],
    )
    first, last = count.resident[0][2], count.resident[-1][2]
    print(f"\n{last / first - 1:+.1%} since the first {given.first:,} strokes, in {seconds:.0f} s.")
    if count.unanswered:
        print(f"{count.unanswered} strokes were not answered.")
    return 1 if count.unanswered or last > first * (1 + MORE) else 0


if __name__ == "__main__":
    sys.exit(main())
