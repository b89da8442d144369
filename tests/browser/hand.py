"""Ten digits as a hand draws them, and the hand that draws them on a page's canvas."""

import itertools
import math
import time

import numpy as np
from playwright.sync_api import expect


def arc(x, y, rx, ry, start, stop, points=14):
    """Points on an ellipse; angles in degrees, clockwise from the right, as y grows downward."""
    angles = np.radians(np.linspace(start, stop, points))
    return np.stack([x + rx * np.cos(angles), y + ry * np.sin(angles)], 1)


def line(*points):
    return np.array(points, float)


# In a box one unit high.
DIGITS = {
    0: [arc(0.35, 0.5, 0.32, 0.5, -90, -455, 24)],
    1: [line((0.2, 0.2), (0.4, 0), (0.4, 1))],
    2: [np.concatenate([arc(0.35, 0.28, 0.32, 0.28, -170, 40), line((0.02, 1), (0.72, 0.98))])],
    3: [
        np.concatenate([arc(0.3, 0.25, 0.3, 0.25, -150, 90), arc(0.3, 0.73, 0.35, 0.27, -90, 150)])
    ],
    4: [line((0.4, 0), (0.05, 0.62), (0.75, 0.62)), line((0.56, 0.3), (0.54, 1))],
    5: [
        np.concatenate([line((0.15, 0.02), (0.1, 0.42)), arc(0.3, 0.68, 0.35, 0.31, -120, 140)]),
        line((0.15, 0.02), (0.65, 0)),
    ],
    6: [
        np.concatenate(
            [line((0.55, 0), (0.25, 0.3), (0.08, 0.68)), arc(0.36, 0.72, 0.28, 0.27, 180, -190, 20)]
        )
    ],
    7: [line((0.05, 0.02), (0.7, 0), (0.3, 1))],
    8: [
        np.concatenate(
            [
                arc(0.35, 0.25, 0.26, 0.25, -60, -270),
                arc(0.35, 0.74, 0.32, 0.25, -90, 270, 20),
                arc(0.35, 0.25, 0.26, 0.25, 90, -60),
            ]
        )
    ],
    9: [np.concatenate([arc(0.35, 0.28, 0.28, 0.28, -20, -380, 20), line((0.6, 0.4), (0.55, 1))])],
}


PHONE = {
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "is_mobile": True,
    "device_scale_factor": 3,
    "user_agent": "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/130.0 Mobile Safari/537.36",
}


# Whether ink is seen on the canvas; what the page puts there is loaded some time after it was told.
INK_IS_SEEN = """() => {
    const find = root => [...root.querySelectorAll('*')].flatMap(element => [
        ...(element.matches('canvas.dc-canvas.lower-canvas') ? [element] : []),
        ...(element.shadowRoot ? find(element.shadowRoot) : []),
    ]);
    const canvas = [...document.querySelectorAll('.st-key-canvas')].flatMap(find).at(-1);
    const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    return data.some((level, at) => at % 4 === 0 && level > 100);
}"""


def pick_network(page, name):
    """Pick the run that reads, by a part of its label.

    Whoever picks it sees it before: a list that has opened is closed again by scrolling.
    """
    box = page.locator(".st-key-run [role=combobox]")
    box.scroll_into_view_if_needed()
    page.evaluate("() => new Promise(done => setTimeout(() => requestAnimationFrame(done), 100))")
    box.click()
    page.get_by_role("option").filter(has_text=name).click()


class Hand:
    """Draws on the page's canvas with the mouse, or with a finger."""

    canvas, answer = ".st-key-canvas canvas", ".st-key-guess"

    def __init__(self, page, touch=False):
        self.page = page
        self.touch = page.context.new_cdp_session(page) if touch else None
        page.locator(self.canvas).last.wait_for()

    def box(self):
        return self.page.locator(self.canvas).last.bounding_box()

    def scale(self):
        """Pixels of the screen for one of the canvas."""
        canvas = self.page.locator(".st-key-canvas canvas").last
        return canvas.evaluate("canvas => canvas.getBoundingClientRect().width / canvas.width")

    def wait_for_width(self, width):
        """Wait until the canvas is that wide, in pixels."""
        self.page.wait_for_function(
            """width => {
                const find = root => [...root.querySelectorAll('*')].flatMap(element => [
                    ...(element.tagName === 'CANVAS' ? [element] : []),
                    ...(element.shadowRoot ? find(element.shadowRoot) : []),
                ]);
                const found = [...document.querySelectorAll('.st-key-canvas')].flatMap(find);
                return found.length && found.at(-1).getBoundingClientRect().width === width;
            }""",
            arg=width,
        )

    def wait_for_rest(self):
        """Wait until the page has been drawn and its canvas has taken that over.

        A canvas that is given another drawing or size loses what is drawn on it until then.
        """
        expect(self.page.locator("[data-test-script-state=notRunning]")).to_be_attached()
        self.page.wait_for_timeout(500)

    def take_brush(self, key):
        """Take the thinnest brush (`Home`) or the thickest (`End`), and wait until it is there."""
        self.page.get_by_role("slider", name="Brush").focus()
        self.page.keyboard.press(key)
        self.page.wait_for_function(
            """width => {
                const told = [...document.querySelectorAll('.server-reading')].at(-1);
                return told && JSON.parse(told.dataset.reading).brush === width;
            }""",
            arg={"Home": 6, "End": 48}[key],
        )
        self.wait_for_rest()  # the canvas takes its brush a moment later

    def wait_for_server(self):
        """Wait until what the bars show is the server's reading."""
        expect(self.page.locator(".live-bars[data-by=server]")).to_be_attached()

    def stroke(self, points, before_lifting=lambda spot: None):
        """Draw one stroke; points in pixels of the canvas.

        Args:
            before_lifting: called with the last point, on the screen, while the mouse is down.
        """
        box, scale = self.box(), self.scale()
        spots = [(box["x"] + x * scale, box["y"] + y * scale) for x, y in points]
        if self.touch:
            # A finger is seen sixty times a second; events in one frame would become one.
            self._touch("touchStart", spots[0])
            for start, stop in itertools.pairwise(spots):
                steps = max(1, round(math.dist(start, stop) / 12))
                for spot in np.linspace(start, stop, steps + 1)[1:]:
                    time.sleep(1 / 60)
                    self._touch("touchMove", spot)
            self._touch("touchEnd")
            return
        mouse = self.page.mouse
        mouse.move(*spots[0])
        mouse.down()
        for spot in spots[1:]:
            mouse.move(*spot, steps=3)
        before_lifting(spots[-1])
        mouse.up()

    def _touch(self, kind, spot=None):
        points = [] if spot is None else [{"x": float(spot[0]), "y": float(spot[1])}]
        self.touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    def draw(self, digit, height=200, corner=None, **options):
        """Draw a digit in the middle of the canvas, or with its upper left at `corner`.

        Options are those of `stroke`.
        """
        strokes = DIGITS[digit]
        points = np.concatenate(strokes)
        size = np.ptp(points, axis=0) * height
        if corner is None:
            box = self.box()
            corner = (np.array([box["width"], box["height"]]) / self.scale() - size) / 2
        for stroke in strokes:
            self.stroke((stroke - points.min(axis=0)) * height + np.asarray(corner), **options)

    def guess(self):
        # While the page changes its mode, the old answer stands beside the new one.
        return self.page.locator(self.answer).last.inner_text().strip()

    def wait_for_guess(self, wanted=None, seconds=60):
        """The guess, once there is one (or once it is `wanted`) and no longer changes."""
        until = time.monotonic() + seconds
        last, since = None, time.monotonic()
        while time.monotonic() < until:
            now = self.guess()
            if now != last:
                last, since = now, time.monotonic()
            settled = time.monotonic() - since > (0.2 if now == wanted else 1.0)
            if settled and ((wanted is None and now) or now == wanted):
                return now
            # A wrong answer is final after a while; an old one that is to be cleared is not.
            if settled and wanted and now and time.monotonic() - since > 5:
                return now
            time.sleep(0.05)
        return last

    def clear(self):
        """Press *Clear*, and wait as a person does until the canvas is seen to be empty.

        A stroke begun before that is cleared with the rest.
        """
        self.page.locator(".st-key-clear button").click()
        self.page.wait_for_function(f"() => !({INK_IS_SEEN})()")
        assert self.wait_for_guess("") == ""


class PocketHand(Hand):
    """Draws on the canvas of the page without Streamlit."""

    canvas, answer = "#canvas", "#guess"

    def scale(self):
        """Strokes are given in pixels of the screen: the canvas has as many as it can show."""
        return 1

    def wait_for_network(self):
        self.page.locator("#bars[data-live=true]").wait_for()

    def clear(self):
        self.page.locator("#clear").click()
        assert self.wait_for_guess("") == ""
