"""The drawing page on a phone."""

import pytest
from browser.hand import PHONE, Hand

pytestmark = pytest.mark.browser

IN_VIEW = ("canvas", "guess", "confidence", "bars", "model_input", "undo", "clear")


@pytest.mark.parametrize("height", [664, 844])
def test_guess_and_bars_are_in_view_while_one_draws(visit, height):
    page = visit(**PHONE | {"viewport": {"width": 390, "height": height}}).page
    hand = Hand(page, touch=True)
    page.locator(".live-bars[data-live=true]").wait_for()
    hand.wait_for_rest()
    hand.draw(3)
    assert hand.wait_for_guess("3") == "3"
    hand.wait_for_server()
    boxes = {key: page.locator(f".st-key-{key}").last.bounding_box() for key in IN_VIEW}
    for key, box in boxes.items():
        assert box["y"] >= 0, key
        assert box["y"] + box["height"] <= height, key
        assert 0 <= box["x"] <= box["x"] + box["width"] <= 390, key
    assert boxes["bars"]["y"] + boxes["bars"]["height"] <= boxes["canvas"]["y"]
    assert boxes["bars"]["height"] < 100
    rows = page.locator(".live-bars .row")
    assert rows.count() == 10
    assert rows.nth(3).get_attribute("data-digit") == "3"
    assert float(rows.nth(3).get_attribute("data-probability")) > 0.9
    heights = [rows.nth(d).locator(".fill").bounding_box()["height"] for d in (3, 4)]
    assert heights[0] > 20 > heights[1]
