"""The browser's drawing form and networks against the server's, on the same drawings."""

import base64
import itertools
import json

import numpy as np
import pytest
import tampering
from browser.hand import DIGITS

from mnist_core import datasets, drawing, predictor, runs
from mnist_core.networks import architectures, browser, converter
from mnist_core.recipes import RECIPES
from ui import canvas

pytestmark = pytest.mark.browser


MODULES = (
    "drawing/image",
    "drawing/pencil",
    "drawing/strokes",
    "network/network",
    "network/inspected",
)


@pytest.fixture(scope="module")
def sheet(chromium, web_files):
    """An empty page that holds the browser's code for drawings and networks, and no worker."""
    context = chromium.new_context()
    page = context.new_page()
    page.goto(web_files)
    page.evaluate(
        """async modules => {
            for (const name of modules) Object.assign(window, await import(`/${name}.js`));
            window.bytesOf = text => Uint8Array.from(atob(text), c => c.charCodeAt(0));
            window.textOf = numbers => {
                const bytes = new Uint8Array(Float32Array.from(numbers).buffer);
                let text = '';
                for (let at = 0; at < bytes.length; at += 8192) {
                    text += String.fromCharCode(...bytes.subarray(at, at + 8192));
                }
                return btoa(text);
            };
        }""",
        MODULES,
    )
    yield page
    context.close()


def numbers(text, *shape):
    return np.frombuffer(base64.b64decode(text), np.float32).reshape(shape)


def text_of(data):
    return base64.b64encode(data).decode("ascii")


def pen_drawings(count, random):
    """Digits and scribbles as a pen draws them: points in pixels of the canvas and a brush."""
    found = []
    for number in range(count):
        strokes = DIGITS[number % 10]
        if number % 25 == 24:
            strokes = [np.cumsum(random.normal(0, 0.2, (30, 2)), axis=0)]
        angle = random.normal(0, 0.15)
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        turn @= [[random.uniform(0.7, 1.2), random.normal(0, 0.15)], [0, 1]]
        size = random.choice([40, 120, 200, 280])
        pen = []
        for stroke in strokes:
            steps = np.arange(len(stroke) - 1).repeat(4)
            share = np.tile(np.arange(4) / 4, len(stroke) - 1)[:, None]
            path = stroke[steps] * (1 - share) + stroke[steps + 1] * share
            path = (path + random.normal(0, 0.006, path.shape)) @ turn.T * size
            pen.append(path)
        low = np.concatenate(pen).min(axis=0)
        corner = random.uniform(0, max(1, 330 - size), 2)
        # A mouse is somewhere between pixels only where the page is zoomed.
        grid = 1 if number % 3 else 4
        pen = [np.round((path - low + corner) * grid) / grid for path in pen]
        if number % 7 == 6:  # a stray touch, somewhere
            pen.append(np.round(random.uniform(0, 330, 2)) + [[0, 0], [1, 0]])
        found.append((pen, int(random.choice([6, 12, 22, 34, 48]))))
    return found


def as_fabric(points, width):
    """The path that Fabric.js' pencil makes of a mouse's points, as the canvas reports it."""
    kept = [points[0]]
    for point in points[1:-2]:
        if ((point - kept[-1]) ** 2).sum() >= 0.4**2:
            kept.append(point)
    if len(points) > 2:
        kept.append(points[-1])
    else:
        kept = list(points)
    nudge = width / 1000
    if len(kept) > 2:
        start = kept[0] - nudge * np.sign(kept[2] - kept[1])
        stop = kept[-1] + nudge * np.sign(kept[-1] - kept[-2])
    else:
        start, stop = kept[0] - [nudge, 0], kept[-1] + [nudge, 0]
    path = [["M", *start]]
    for one, other in itertools.pairwise(kept):
        if (one != other).any():
            path.append(["Q", *one, *((one + other) / 2)])
    path.append(["L", *stop])
    return {"type": "Path", "strokeWidth": width, "path": path}


def in_browser(page, drawings, network):
    """Forms (n, 28, 28) and probabilities (n, 10) of pen drawings, by the browser."""
    given = [
        [{"points": path.tolist(), "width": brush} for path in strokes]
        for strokes, brush in drawings
    ]
    forms, probabilities = page.evaluate(
        """([drawings, weights]) => {
            const network = new Network(bytesOf(weights).buffer);
            const [forms, readings] = [[], []];
            for (const strokes of JSON.parse(drawings)) {
                const form = formOfStrokes(strokes.map(({points, width}) =>
                    ({points: strokePath(points, width), width})));
                forms.push(...form);
                readings.push(...network.predict(form));
            }
            return [textOf(forms), textOf(readings)];
        }""",
        [json.dumps(given), text_of(network)],
    )
    return numbers(forms, -1, 28, 28), numbers(probabilities, -1, 10)


# Eight bits round each weight by up to 1/254 of its column's largest, which moves the logits by
# some tenths; a probability near one half moves by a quarter of that.
@pytest.mark.parametrize(("bits", "tolerance", "open_"), [(16, 0.01, 0.01), (8, 0.04, 0.02)])
def test_a_thousand_drawings_are_brought_into_form_and_read_alike(sheet, bits, tolerance, open_):
    drawings = pen_drawings(1000, np.random.default_rng(0))
    run = runs.read(runs.SHIPPED_DIR / runs.DEFAULT_RUN)
    forms, probabilities = in_browser(sheet, drawings, browser.pack(run, bits))
    objects = [[as_fabric(path, brush) for path in strokes] for strokes, brush in drawings]
    wanted = np.stack([canvas.read(marks) for marks in objects])
    assert np.abs(forms - wanted).mean(axis=(1, 2)).max() < 0.01
    read = predictor.load(run).predict(wanted)
    assert np.abs(probabilities - read).max() < tolerance
    close = np.sort(read, axis=1)
    undecided = close[:, -1] - close[:, -2] < tolerance / 10  # two winners, as it were
    same = probabilities.argmax(axis=1) == read.argmax(axis=1)
    assert (same | undecided).all()
    assert undecided.mean() < open_


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipes_network_gives_the_same_at_every_layer(name, sheet, models_dir, digits):
    import keras

    keras.utils.set_random_seed(1)
    run = runs.create(RECIPES[name], "optical-digits", 0, "made")
    model = architectures.build(RECIPES[name])
    random = np.random.default_rng(1)
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.set_weights([random.uniform(0.5, 1.5, w.shape) for w in layer.get_weights()])
    model.save(run.model_file)
    info = {**tampering.as_json(run), "status": "finished", "temperature": 1.3, "model": {}}
    tampering.write_json(run.path, info)
    run = converter.convert(runs.read("made"))
    images = datasets.scale(digits.x_test[:50])
    wanted = predictor.load(run).predict(images)
    given = sheet.evaluate(
        """([weights, images]) => {
            const bytes = bytesOf(weights).buffer;
            const pixels = new Float32Array(bytesOf(images).buffer);
            return [true, false].map(simd => {  // with and without WebAssembly
                const network = new Network(bytes, simd);
                const readings = [];
                for (let at = 0; at < pixels.length; at += 784) {
                    readings.push(...network.predict(pixels.subarray(at, at + 784)));
                }
                return textOf(readings);
            });
        }""",
        [text_of(browser.pack(run)), text_of(images.tobytes())],
    )
    for probabilities in given:
        assert np.abs(numbers(probabilities, -1, 10) - wanted).max() < 0.01
    sheet.evaluate(
        """([weights, images]) => {
            const network = new InspectedNetwork(bytesOf(weights).buffer);
            const pixels = new Float32Array(bytesOf(images).buffer);
            window.readings = [];
            for (let at = 0; at < pixels.length; at += 784) {
                network.read(pixels.subarray(at, at + 784));
                readings.push(network.outputs());
            }
        }""",
        [text_of(browser.pack(run, 32)), text_of(images.tobytes())],
    )
    for layer, by_keras in outputs_by_keras(run, model, images).items():
        shown = sheet.evaluate("layer => readings.map(layers => textOf(layers[layer]))", layer)
        given = np.stack([numbers(text, *by_keras.shape[1:]) for text in shown])
        assert np.abs(given - by_keras).max() < 1e-3 * np.abs(by_keras).max(), layer


def outputs_by_keras(run, model, images):
    """What Keras gives at each layer that a browser runs, by its place among those."""
    import keras

    found = {}
    for index, gives in enumerate(browser.names(run).values()):
        layer = model.get_layer(gives)
        if isinstance(layer, keras.layers.LSTM):  # here what it gave after each row
            whole = keras.layers.LSTM(layer.units, return_sequences=True)
            whole.build(images.shape)
            whole.set_weights(layer.get_weights())
            found[index] = np.asarray(whole(images))
        else:
            found[index] = np.asarray(keras.Model(model.inputs[0], layer.output)(images))
    return found


def test_what_is_seen_on_a_canvas_is_brought_into_form_alike(sheet, digits):
    random = np.random.default_rng(0)
    pictures = [
        canvas.image([canvas.picture_object(digits.x_test[number]), *extra])
        for number in range(12)
        for extra in ([], [as_fabric(random.uniform(20, 320, (5, 2)), 22)])
    ]
    pictures += [
        drawing.render(strokes, (340, 340), brush) for strokes, brush in pen_drawings(50, random)
    ]
    given = sheet.evaluate(
        """pictures => textOf(pictures.flatMap(picture =>
            [...formOfPixels(bytesOf(picture), 340, 340)]))""",
        [text_of(picture.tobytes()) for picture in pictures],
    )
    wanted = np.stack([drawing.from_image(picture) for picture in pictures])
    assert np.abs(numbers(given, -1, 28, 28) - wanted).max() < 0.01


def test_paper_that_is_not_plain_is_left_to_the_server(sheet):
    x = np.linspace(0, 255, 340).astype(np.uint8)
    slope = np.broadcast_to(x, (340, 340)).copy()
    assert sheet.evaluate("p => formOfPixels(bytesOf(p), 340, 340)", text_of(slope)) is None


@pytest.mark.parametrize(
    "strokes",
    [
        [],
        [[]],
        [[[5, 5]]],
        [[[5, 5]], [[200, 300]]],
        [[[1e9, 5]]],
        [[[i % 300, (i * 7) % 300] for i in range(30_000)]],
        [[[i, i]] for i in range(300)],
    ],
    ids=["nothing", "no points", "a dot", "two dots", "far outside", "endless", "many strokes"],
)
def test_odd_drawings_are_brought_into_form_alike(sheet, strokes):
    given = sheet.evaluate(
        "strokes => textOf(formOfStrokes(strokes.map(points => ({points, width: 22}))))", strokes
    )
    paths = [np.array(path, float).reshape(-1, 2) for path in strokes]
    paths = [path[(np.abs(path) < canvas.FAR).all(axis=1)] for path in paths]
    wanted = drawing.from_strokes(paths, 22.0)
    assert np.abs(numbers(given, 28, 28) - wanted).mean() < 0.01


def test_weights_that_do_not_fit_are_refused(sheet, tiny_run):
    block = browser.pack(tiny_run)
    for broken in (block[:-20], block + b"\0" * 20, b"\xff" * 100, b""):
        refused = sheet.evaluate(
            """weights => {
                try { new Network(bytesOf(weights).buffer); return false; } catch { return true; }
            }""",
            text_of(broken),
        )
        assert refused
