"""A school's network that is away for a while, in mid-drawing."""

import contextlib
import json
import os
import re
import socket
import threading

import pytest
from browser.hand import Hand, pick_network
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

SECONDS = float(os.environ.get("AWAY_SECONDS", 5))  # 30 need no other code, and more patience
LIVE = ".live-bars[data-live=true]"


class Wire:
    """What lies between a browser and a server, and can be cut."""

    def __init__(self, port):
        self.server = ("127.0.0.1", port)
        self.whole = True
        self.open = set()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.refused = 0
        self.thread = threading.Thread(target=self._accept)
        self.thread.start()

    def _accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            if not self.whole:
                self.refused += 1
                near.close()
                continue
            far = socket.create_connection(self.server)
            self.open |= {near, far}
            for source, target in ((near, far), (far, near)):
                threading.Thread(target=self._pass_on, args=(source, target)).start()

    def _pass_on(self, source, target):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if self.whole:
                    target.sendall(data)
        self._end(source)
        self._end(target)

    def _end(self, end):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()
        self.open.discard(end)

    def cut(self, silently=False):
        """Nothing gets through any more; silently: and neither side is told."""
        self.whole = False
        if not silently:
            self._end_all()

    def mend(self):
        self._end_all()
        self.whole = True

    def _end_all(self):
        for end in list(self.open):
            self._end(end)

    def close(self):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.cut()
        self.thread.join()


@pytest.fixture
def wire(server):
    found = Wire(server.port)
    yield found
    found.close()


def server_reading(page):
    return json.loads(page.locator(".server-reading").last.get_attribute("data-reading"))


@pytest.mark.parametrize("silently", [False, True], ids=["cut", "silent"])
def test_a_lost_connection_loses_no_drawing(visit, wire, wait, silently):
    window = visit(address=wire.address)
    page = window.page
    hand = Hand(page)
    pick_network(page, "report-ann")
    expect(page.get_by_role("combobox", name="Network")).to_have_value(re.compile("report-ann"))
    page.locator(LIVE).wait_for()
    hand.wait_for_rest()
    hand.stroke([(190, 60), (185, 280)])
    assert hand.wait_for_guess("1") == "1"
    hand.wait_for_server()

    # In the middle of the second stroke nothing arrives any more.
    hand.stroke([(165, 65), (80, 190)], before_lifting=lambda _: wire.cut(silently))
    hand.stroke([(80, 190), (250, 190)])
    expect(page.locator(".st-key-guess").last).to_have_text("4")  # the browser reads on
    page.wait_for_timeout(1000 * SECONDS)
    assert silently or wait(lambda: wire.refused)  # the page has tried to come back
    assert server_reading(page)["count"] == 1
    wire.mend()

    page.wait_for_function(
        "JSON.parse([...document.querySelectorAll('.server-reading')].at(-1)?"
        ".dataset.reading ?? '{}').count === 3"
    )
    hand.wait_for_server()
    assert hand.wait_for_guess("4") == "4"
    expect(page.get_by_role("combobox", name="Network")).to_have_value(re.compile("report-ann"))
    # Drawing goes on, and what was drawn before can be taken back.
    hand.stroke([(20, 40), (320, 60)])
    page.wait_for_function(
        "JSON.parse([...document.querySelectorAll('.server-reading')].at(-1)?"
        ".dataset.reading ?? '{}').count === 4"
    )
    for _ in range(3):
        before = server_reading(page)["count"]
        page.locator(".st-key-undo button").click()
        page.wait_for_function(
            "count => JSON.parse([...document.querySelectorAll('.server-reading')].at(-1)?"
            ".dataset.reading ?? '{}').count === count",
            arg=before - 1,
        )
    assert hand.wait_for_guess("1") == "1"
    assert not window.errors
