"""The page without Streamlit, served by the application and as a file opened from the disk."""

import re

import numpy as np
import pytest
from browser.hand import PHONE, PocketHand
from playwright.sync_api import expect

from mnist_core import drawing, predictor

pytestmark = pytest.mark.browser

# Everything that is needed while one draws.
NEEDED = "#canvas, #guess, #confidence, #form, #bars, #controls input, #undo, #clear"
SIZES = [(360, 640), (390, 844), (1024, 768)]


def shares(page):
    return page.eval_on_selector_all(
        "#bars > *", "bars => bars.map(bar => Number(bar.dataset.probability))"
    )


def test_ten_digits_by_touch_are_read(opened):
    hand = opened(touch=True, **PHONE)
    for digit in range(10):
        hand.draw(digit, height=220)
        assert hand.wait_for_guess(str(digit)) == str(digit)
        assert np.argmax(shares(hand.page)) == digit
        hand.clear()
    assert not hand.visit.errors
    assert not hand.visit.elsewhere
    assert hand.page.evaluate("scrollX + scrollY") == 0


def test_a_number_is_read_digit_by_digit(opened):
    hand = opened(viewport={"width": 390, "height": 844})
    hand.page.get_by_label("A number").check()
    box = hand.box()
    for place, digit in enumerate((4, 0, 9)):
        corner = (box["width"] * (0.08 + 0.3 * place), box["height"] * 0.2)
        hand.draw(digit, height=box["height"] * 0.6, corner=corner)
    assert hand.wait_for_guess("409") == "409"
    assert np.argmax(shares(hand.page)) == 9  # the bars are those of the last digit
    hand.page.locator("#undo").click()
    assert hand.wait_for_guess("40") in ("40", "400")  # of a 9 in one stroke nothing is left
    assert not hand.visit.errors


def test_the_guess_moves_while_the_pen_does(hand):
    moving = []

    def look(spot):
        expect(hand.page.locator("#guess")).to_have_text("7")
        moving.append(hand.page.locator("#bars").get_attribute("data-readings"))

    hand.draw(7, before_lifting=look)
    assert moving


@pytest.mark.parametrize("upright", [True, False], ids=["upright", "across"])
@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("mode", ["One digit", "A number"])
def test_all_that_is_needed_is_in_view(visit, app, size, upright, mode):
    width, height = size if upright == (size[0] < size[1]) else size[::-1]
    seen = visit(address=f"{app}/pocket", viewport={"width": width, "height": height})
    page = seen.page
    page.get_by_label(mode).check()
    hand = PocketHand(page)
    hand.draw(5, height=hand.box()["height"] * 0.6)
    assert hand.wait_for_guess("5") == "5"
    boxes = page.eval_on_selector_all(
        NEEDED,
        "all => all.map(one => [one.id, Object.values(one.getBoundingClientRect().toJSON())])",
    )
    assert len(boxes) == 9
    for name, (left, top, *_) in boxes:
        assert left >= 0, name
        assert top >= 0, name
    edges = page.eval_on_selector_all(
        NEEDED,
        "all => all.map(one => { const b = one.getBoundingClientRect(); "
        "return [one.id, b.right, b.bottom]; })",
    )
    for name, right, bottom in edges:
        assert right <= width, name
        assert bottom <= height, name
    targets = page.eval_on_selector_all(
        "button:not([hidden] *, dialog *), fieldset label",
        "all => all.map(one => one.getBoundingClientRect()).map(b => [b.width, b.height])",
    )
    assert len(targets) == 4 + 10 + 1  # ten to correct, and the hand
    assert np.min(targets) >= 44
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_by_keyboard_a_one_is_drawn_and_spoken(hand):
    page = hand.page
    page.locator("#canvas").focus()
    page.keyboard.press("Space")
    for _ in range(18):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    expect(page.locator("#guess")).to_have_text("1")
    expect(page.locator("#spoken")).to_have_text(re.compile("^1 .*sure"))
    page.keyboard.press("Backspace")
    expect(page.locator("#guess")).to_have_text("")
    page.keyboard.press("Control+z")  # there is nothing left to be undone
    assert not hand.visit.errors


def test_real_strokes_give_the_servers_probabilities(hand, needs_pens):
    from mnist_core import datasets

    strokes = datasets.load("pen-strokes").strokes_test
    reader = predictor.load()
    worst = 0.0
    for index in np.random.default_rng(3).choice(len(strokes), 40, replace=False):
        paths = [np.asarray(path, float) for path in strokes[index]]
        low = np.concatenate(paths).min(axis=0)
        scale = 250 / np.ptp(np.concatenate(paths), axis=0).max()
        paths = [np.round((path - low) * scale + 40) for path in paths]
        wanted = reader.predict(drawing.from_strokes(paths, 22)[None])[0]
        given = read(hand.page, paths)
        worst = max(worst, np.abs(np.array(given) - wanted).max())
    assert worst < 0.04


def read(page, paths):
    """The probabilities that the page's own script gives for strokes of 22 units."""
    return page.evaluate(
        """async paths => {
            const script = [...document.scripts].at(-1).textContent;
            const settings = JSON.parse(document.querySelector('#settings').textContent);
            if (!window.worker) {
                const blob = new Blob([script], {type: 'text/javascript'});
                window.worker = new Worker(URL.createObjectURL(blob));
                const weights = await (await fetch(settings.network)).arrayBuffer();
                const {digest} = settings;
                worker.postMessage({weights, name: 'network', digest});
            }
            return new Promise(done => {
                worker.onmessage = ({data}) => 'ready' in data || done(data.probabilities);
                const strokes = paths.map(points => ({points, width: 22}));
                worker.postMessage({id: 1, network: 'network', strokes});
            });
        }""",
        [path.tolist() for path in paths],
    )
