"""What a page without Streamlit does with the modules in `web/`: it imports them as they are."""

import hashlib

import numpy as np
import pytest

from mnist_core import datasets, predictor
from mnist_core.networks import browser

pytestmark = pytest.mark.browser

SEVEN = [[60, 60], [220, 60], [130, 280]]


@pytest.fixture
def page(chromium, web_files):
    context = chromium.new_context(viewport={"width": 400, "height": 400})
    page = context.new_page()
    page.goto(web_files)
    yield page
    context.close()


def test_a_worker_made_of_modules_reads_a_drawing(page, tiny_run):
    packed = browser.pack(tiny_run)
    address = f"/networks/{hashlib.sha256(packed).hexdigest()[:16]}"
    page.route(
        f"**{address}",
        lambda route: route.fulfill(content_type="application/octet-stream", body=packed),
    )
    reading = page.evaluate(
        """async ([points, network]) => {
            const {networkAt, Reader} = await import('/reader.js');
            const reader = new Reader(() => new Worker('/worker.js', {type: 'module'}));
            await reader.start(networkAt(network));
            return new Promise((answered, failed) => reader.read({answered, failed}, {
                network, strokes: [{points, width: 22}],
            }));
        }""",
        [SEVEN, address],
    )
    form = np.array(reading["form"], np.float32).reshape(1, 28, 28)
    assert form.sum() > 20
    read = predictor.load(tiny_run).predict(form)[0]
    assert np.abs(np.array(reading["probabilities"]) - read).max() < 0.01


@pytest.mark.parametrize("missing", ["/nowhere.js", "/worker.js"])
def test_a_worker_or_a_network_that_does_not_arrive_is_told(page, missing):
    refused = page.evaluate(
        """async worker => {
            const {networkAt, Reader} = await import('/reader.js');
            const start = () => new Worker(worker, {type: 'module'});
            try {
                await new Reader(start).start(networkAt('/nowhere'));
                return false;
            } catch {
                return true;
            }
        }""",
        missing,
    )
    assert refused


def test_bars_and_what_the_network_sees_are_drawn(page, digits):
    form = datasets.scale(digits.x_test[0])
    shares = np.full(10, 0.02)
    shares[4] = 0.82
    shown, levels = page.evaluate(
        """async ([form, shares]) => {
            const {Bars} = await import('/bars.js');
            const {paintForm} = await import('/picture.js');
            const chart = document.createElement('div');
            const bars = new Bars(chart);
            bars.show(shares, 'browser');
            const shown = [...chart.children].map(row => [row.innerText, row.className]);
            const canvas = document.createElement('canvas');
            canvas.width = canvas.height = 28;
            paintForm(canvas, form);
            const {data} = canvas.getContext('2d').getImageData(0, 0, 28, 28);
            return [shown, [...data].filter((_, at) => at % 4 === 0)];
        }""",
        [form.ravel().tolist(), shares.tolist()],
    )
    assert shown[3] == ["32%", "row"]
    assert shown[4] == ["▸ 482%", "row best"]
    assert np.abs(np.reshape(levels, (28, 28)) - digits.x_test[0]).max() <= 1


def test_a_pen_is_followed_in_pixels_of_its_canvas(page):
    page.evaluate(
        """async () => {
            const {Pen} = await import('/pen.js');
            const canvas = document.createElement('canvas');
            canvas.width = canvas.height = 200;
            canvas.style = 'position: absolute; left: 20px; top: 10px; width: 100px; height: 100px';
            document.body.append(canvas);
            window.strokes = [];
            window.pen = new Pen({
                canvasOf: event => event.target === canvas ? canvas : null,
                down: () => 12,
                moved: () => {},
                up: stroke => strokes.push(stroke),
            });
        }"""
    )

    def draw(*points):
        page.mouse.move(*points[0])
        page.mouse.down()
        for x, y in points[1:]:
            page.mouse.move(x, y)
        page.mouse.up()

    draw((30, 20), (70, 60), (300, 60))
    draw((200, 200), (50, 50))  # begins beside the canvas
    wanted = [[20, 20], [100, 100], [560, 100]]
    assert page.evaluate("strokes") == [{"points": wanted, "width": 12, "raw": True}]
    page.evaluate("pen.dispose()")
    draw((30, 20), (70, 60))
    assert page.evaluate("strokes.length") == 1
