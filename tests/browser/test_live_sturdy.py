"""The bars' component alone in a page, mounted, unmounted and mistreated."""

import hashlib
import html
import json
from itertools import pairwise

import numpy as np
import pytest
from browser.test_live_exact import as_fabric

from mnist_core.networks import browser
from routes import scripts
from ui import canvas, live_bars

pytestmark = pytest.mark.browser

PAGE = """<!doctype html><style>body { margin: 0 }</style>
<div class="st-key-canvas"></div>
<div id="column">
  <div class="st-key-guess"><p></p></div><div class="st-key-confidence"><p></p></div>
  <div class="st-key-bars"><div id="reading"></div><div id="root"></div></div>
  <div class="st-key-model_input"></div>
</div>
<script type="module">
import mount from "/bars.js";
// What is open: listeners on the document, timers, frames asked for.
const open = (window.open_ = {listeners: 0, workers: 0});
const listen = document.addEventListener.bind(document);
document.addEventListener = (kind, act, options) => {
    open.listeners++;
    options?.signal?.addEventListener('abort', () => open.listeners--);
    listen(kind, act, options);
};
const Plain = window.Worker;
window.Worker = class extends Plain { constructor(...given) { super(...given); open.workers++; } };
// A canvas as the drawing component makes it: two layers in a shadow root.
window.addCanvas = (scale = 1) => {
    const host = document.createElement('div');
    document.querySelector('.st-key-canvas').append(host);
    const box = document.createElement('div');
    host.attachShadow({mode: 'open'}).append(box);
    box.style = 'position: relative; height: 340px';
    for (const name of ['lower-canvas', 'upper-canvas']) {
        const layer = document.createElement('canvas');
        layer.className = name;
        layer.width = layer.height = 340;
        layer.style = `position: absolute; left: 0; top: 0; width: ${340 * scale}px; `
            + `height: ${340 * scale}px`;
        box.append(layer);
    }
    return host;
};
window.mountBars = data => {
    const root = document.getElementById('root');
    root.innerHTML = @BARS@;
    window.unmountBars = mount({parentElement: root, data});
};
window.tell = reading => {
    document.getElementById('reading').innerHTML =
        `<div class="server-reading" data-reading="${reading}" hidden></div>`;
};
window.loaded = true;
</script>"""


def reading(objects=(), number=0, **changes):
    """The server's reading as the page holds it."""
    empty = live_bars.reading_data(list(objects), None, "", "Draw.")
    now = empty | {"unsure": False, "starting": False, "brush": 22, "number": number} | changes
    return html.escape(json.dumps(now), quote=True)


@pytest.fixture
def bench(chromium, tiny_run):
    """A page with the component; `give` decides what becomes of requests for the weights."""
    contexts = []

    def make(network=None, **options):
        context = chromium.new_context(viewport={"width": 600, "height": 800}, **options)
        contexts.append(context)
        page = context.new_page()
        page.errors = []
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        packed = network or browser.pack(tiny_run)
        page.network = f"/networks/{hashlib.sha256(packed).hexdigest()[:16]}"
        files = {
            "/": ("text/html", PAGE.replace("@BARS@", json.dumps(live_bars.HTML))),
            "/bars.js": ("text/javascript", live_bars.JS),
            "/worker.js": ("text/javascript", scripts.WORKER.decode()),
            page.network: ("application/octet-stream", packed),
        }

        def answer(route):
            path = "/" + route.request.url.split("/", 3)[3]
            kind, body = files.get(path, (None, None))
            if kind is None:
                route.fulfill(status=404, body="")
            else:
                route.fulfill(content_type=kind, body=body)

        page.route("**/*", answer)
        page.goto("http://bars.test/")
        page.wait_for_function("window.loaded")
        return page

    yield make
    for context in contexts:
        context.close()


def data(page, **changes):
    given = live_bars.settings(confidence_threshold=0.0)
    return given | {"worker": "/worker.js", "network": page.network, "note": ""} | changes


def start(page, **changes):
    page.evaluate("given => { addCanvas(); mountBars(given); }", data(page, **changes))
    page.evaluate("given => tell(given)", reading())


def stroke(page, points, lift=True):
    page.mouse.move(*points[0])
    page.mouse.down()
    for x, y in points[1:]:
        page.mouse.move(x, y, steps=4)
    if lift:
        page.mouse.up()


SEVEN = [(80, 80), (220, 80), (130, 280)]
# As the mouse goes, in four steps from one to the next.
SEVEN_STEPS = np.concatenate([np.linspace(a, b, 5)[:4] for a, b in pairwise(SEVEN)] + [SEVEN[2:]])
READ = "document.querySelector('.live-bars').dataset.by === 'browser'"
READY = "document.querySelector('.live-bars').dataset.live === 'true'"


def shares(page):
    return page.evaluate(
        "[...document.querySelectorAll('.row')].map(r => +r.style.getPropertyValue('--share'))"
    )


def test_fifty_mounts_leave_no_listener_and_one_worker(bench):
    page = bench()
    start(page)
    page.wait_for_function(READY)
    open_at_first = page.evaluate("open_")
    for _ in range(50):
        page.evaluate("given => { unmountBars(); mountBars(given); }", data(page))
        page.wait_for_function(READY)
    assert page.evaluate("open_") == open_at_first
    assert len(page.workers) == 1
    page.evaluate("unmountBars()")
    assert page.evaluate("open_.listeners") == 0
    stroke(page, SEVEN)  # nobody listens any more
    assert page.evaluate("document.querySelectorAll('.row').length") == 0
    assert not page.errors


def test_unmounted_in_the_middle_of_a_stroke(bench):
    page = bench()
    start(page)
    page.wait_for_function(READY)
    stroke(page, SEVEN, lift=False)
    page.evaluate("unmountBars()")
    page.mouse.move(100, 300)
    page.mouse.up()
    page.evaluate("given => { mountBars(given); tell(given.text); }", data(page, text=reading()))
    page.wait_for_function(READY)
    stroke(page, SEVEN)
    page.wait_for_function(READ)
    assert not page.errors


def test_several_canvases_and_one_that_is_replaced(bench):
    page = bench()
    start(page)
    page.wait_for_function(READY)
    page.evaluate(
        """() => {
            const old = document.querySelector('.st-key-canvas').firstChild;
            addCanvas();
            old.remove();
            const other = document.createElement('canvas');  // somebody else's, not to be read
            other.className = 'upper-canvas';
            other.style = 'position: absolute; left: 400px; top: 0; width: 150px; height: 300px';
            document.body.append(other);
        }"""
    )
    stroke(page, [(x + 350, y) for x, y in SEVEN])
    page.wait_for_timeout(300)
    assert not page.evaluate(READ)
    stroke(page, SEVEN)
    page.wait_for_function(READ)
    assert not page.errors


@pytest.mark.parametrize("scale", [0.5, 1, 1.4])
@pytest.mark.parametrize("ratio", [1, 3])
def test_zoomed_and_on_fine_screens_the_same_is_read(bench, scale, ratio):
    page = bench(device_scale_factor=ratio)
    page.evaluate("scale => addCanvas(scale)", scale)
    page.evaluate("given => mountBars(given)", data(page))
    page.evaluate("given => tell(given)", reading())
    page.wait_for_function(READY)
    stroke(page, [(x * scale, y * scale) for x, y in SEVEN])
    page.wait_for_function(READ)
    page.wait_for_timeout(300)
    found = shares(page)
    page.evaluate("given => tell(given)", reading(number=1))
    stroke(page, [(x * scale, y * scale) for x, y in SEVEN])
    page.wait_for_function(READ)
    page.wait_for_timeout(300)
    assert np.abs(np.array(found) - shares(page)).max() < 0.02
    ink = page.evaluate(
        """() => {
            const pixels = document.querySelector('.live-form').getContext('2d')
                .getImageData(0, 0, 28, 28).data;
            return [...pixels].filter((_, at) => at % 4 === 0);
        }"""
    )
    wanted = canvas.read([as_fabric(SEVEN_STEPS, 22)])
    assert np.abs(np.reshape(ink, (28, 28)) / 255 - wanted).mean() < 0.02


@pytest.mark.parametrize(
    "missing",
    [{"worker": "/nowhere"}, {"network": "/nowhere"}, {"network": None, "note": "Afterwards."}],
)
def test_without_worker_or_weights_the_servers_reading_is_shown(bench, missing):
    page = bench()
    start(page, **missing)
    page.wait_for_function("document.querySelector('.live-note').textContent !== ''")
    stroke(page, SEVEN)
    probabilities = [0.0] * 7 + [1.0, 0.0, 0.0]
    given = reading([as_fabric(SEVEN_STEPS, 22)], probabilities=probabilities, guess="7")
    page.evaluate("given => tell(given)", given)
    page.wait_for_function("document.querySelector('.st-key-guess p').textContent === '7'")
    assert shares(page) == probabilities
    assert not page.errors


def test_weights_that_are_none_are_said_to_be_read_afterwards(bench):
    page = bench(network=b"no weights at all")
    start(page)
    page.wait_for_function("document.querySelector('.live-note').textContent !== ''")
    assert not page.evaluate(READY)
    assert not page.errors


def test_the_words_are_the_servers(chromium, web_files):
    from mnist_core.figures import bars_in_words
    from mnist_core.wording import in_words

    page = chromium.new_page()
    page.goto(web_files)
    random = np.random.default_rng(0)
    for _ in range(200):
        probabilities = random.dirichlet(np.full(10, random.choice([0.03, 0.1, 0.5])))
        probabilities = np.round(probabilities, 5).astype(np.float32)
        said = page.evaluate(
            """async ([probabilities, settings]) => {
                const {barsInWords, inWords} = await import('/wording.js');
                const {guess, words, unsure} = inWords(probabilities, settings);
                return [guess, words, unsure, barsInWords(probabilities, settings)];
            }""",
            [probabilities.tolist(), live_bars.settings(confidence_threshold=0.8)],
        )
        assert said == [*in_words(probabilities, 0.8), bars_in_words(probabilities)]
    page.close()


def test_a_reading_of_less_than_was_drawn_does_not_take_over(bench):
    page = bench()
    start(page)
    page.wait_for_function(READY)
    first = as_fabric(SEVEN_STEPS, 22)
    stroke(page, SEVEN)
    stroke(page, [(60, 180), (250, 180)])
    page.wait_for_function(READ)
    page.evaluate("given => tell(given)", reading([first], probabilities=[1.0] + [0.0] * 9))
    page.wait_for_timeout(200)
    assert page.evaluate(READ)
    both = [first, as_fabric(np.array([(60, 180), (250, 180)], float), 22)]
    page.evaluate("given => tell(given)", reading(both, probabilities=[0.0] * 9 + [1.0]))
    page.wait_for_function("document.querySelector('.live-bars').dataset.by === 'server'")
    assert shares(page)[9] == 1


def test_other_buttons_draw_nothing(bench):
    page = bench()
    start(page)
    page.wait_for_function(READY)
    page.mouse.move(*SEVEN[0])
    page.mouse.down(button="right")
    page.mouse.move(*SEVEN[1])
    page.mouse.up(button="right")
    page.wait_for_timeout(300)
    assert not page.evaluate(READ)


def test_it_slows_down_rather_than_hold_up_the_pen(bench):
    page = bench()
    start(page)
    page.wait_for_function(READY)
    # A network that takes a tenth of a second.
    page.evaluate(
        """() => {
            const post = Worker.prototype.postMessage;
            let free = 0;
            Worker.prototype.postMessage = function (message, ...rest) {
                free = Math.max(free, performance.now()) + 100;
                setTimeout(() => post.call(this, message, ...rest), free - performance.now());
            };
            window.longest = 0;
            let last = performance.now();
            (function look() {
                window.longest = Math.max(window.longest, performance.now() - last);
                last = performance.now();
                requestAnimationFrame(look);
            })();
        }"""
    )
    page.mouse.move(*SEVEN[0])
    page.mouse.down()
    for step in range(60):
        page.mouse.move(80 + 3 * step, 80 + step)
        page.wait_for_timeout(16)
    readings = int(page.locator(".live-bars").get_attribute("data-readings"))
    assert 1 <= readings <= 40  # nothing is heaped up
    page.mouse.up()
    page.wait_for_timeout(500)
    settled = page.locator(".live-bars").get_attribute("data-readings")
    page.wait_for_timeout(400)
    assert page.locator(".live-bars").get_attribute("data-readings") == settled
    assert sum(shares(page)) == pytest.approx(1, abs=0.01)
