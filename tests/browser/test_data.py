"""A person looks at the data."""

import re

import pytest
from browser.hand import PHONE
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
SLOW = 90_000  # milliseconds; the first visitor of a busy machine waits


def test_a_page_that_is_opened_first_has_the_navigation(own_server, chromium):
    page = chromium.new_page()
    try:
        page.goto(f"{own_server.address}/data?dataset=optical-digits")
        expect(page.get_by_role("heading", name="The data")).to_be_visible(timeout=SLOW)
        expect(page.get_by_role("link", name="Draw", exact=True)).to_be_visible(timeout=SLOW)
        expect(page.get_by_text("streamlit app")).to_have_count(0)
        expect(page.locator(".st-key-facts")).to_contain_text("1,437", timeout=SLOW)
        page.get_by_role("link", name="Draw", exact=True).click()
        expect(page.locator(".st-key-canvas canvas").first).to_be_visible(timeout=SLOW)
    finally:
        page.close()


def test_the_overview_and_its_charts(visit):
    window = visit("/data?dataset=optical-digits")
    page = window.page
    for key in ("balance", "pixels", "scaled", "ink"):
        chart = page.locator(f".st-key-{key} .js-plotly-plot")
        expect(chart).to_be_visible(timeout=SLOW)
        expect(page.locator(f".st-key-{key} [aria-label]").first).to_be_attached()
    expect(page.locator(".st-key-one_hot td")).to_have_count(10)
    assert not window.elsewhere
    assert not window.errors


def test_nine_samples_stand_three_by_three(visit):
    page = visit("/data?dataset=optical-digits&part=Samples").page
    images = page.locator(".st-key-samples img")
    expect(images).to_have_count(9, timeout=SLOW)
    # All are looked at in one moment, and again while the page is still being laid out.
    page.wait_for_function(
        """() => {
            const boxes = [...document.querySelectorAll('.st-key-samples img')]
                .map(image => image.getBoundingClientRect());
            return boxes.length === 9 && ['x', 'y'].every(
                side => new Set(boxes.map(box => Math.round(box[side]))).size === 3);
        }"""
    )
    page.locator(".st-key-sample_count").get_by_text("100", exact=True).click()
    expect(page.locator(".st-key-samples img")).to_have_count(100, timeout=SLOW)


def test_a_point_of_the_map_shows_its_image(visit):
    window = visit("/data?dataset=optical-digits&part=Map")
    page = window.page
    canvas = page.locator(".st-key-map canvas[data-ready='1437']")
    expect(canvas).to_be_visible(timeout=SLOW)
    words = page.locator(".st-key-map .card p")
    canvas.hover()  # in its middle, once the page has been laid out
    expect(words).to_have_text(re.compile(r"label \d · #\d+"))
    shown = page.locator(".st-key-map .card canvas")
    ink = "c => Math.max(...c.getContext('2d').getImageData(0, 0, 28, 28).data.filter((_, i) => i % 4 < 3))"  # noqa: E501
    assert shown.evaluate(ink) > 100
    before = words.inner_text()
    canvas.focus()
    page.keyboard.press("ArrowRight")
    expect(words).not_to_have_text(before)
    page.keyboard.press("Escape")
    expect(page.locator(".st-key-map .card")).to_be_hidden()
    page.locator(".st-key-map_digits").get_by_text("7", exact=True).click()
    fewer = page.locator(".st-key-map canvas[data-ready]:not([data-ready='1437'])")
    expect(fewer).to_be_visible(timeout=SLOW)
    assert not window.errors


def test_pens_write_again(visit, needs_pens):
    window = visit("/data?dataset=pen-strokes&part=Pens")
    page = window.page
    digits = page.locator(".st-key-replay figure")
    expect(digits).to_have_count(10, timeout=SLOW)
    frame = page.locator(".st-key-replay .digits")
    expect(frame).to_have_attribute("data-done", "yes", timeout=SLOW)
    lines = page.locator(".st-key-replay polyline")
    written = "lines => lines.reduce((n, line) => n + line.points.numberOfItems, 0)"
    whole = lines.evaluate_all(written)
    assert whole > 100
    # The page itself looks, with every frame: on a busy machine the writing would be missed here.
    frame.evaluate(
        """frame => {
            window.fewest = Infinity;
            (function look() {
                const lines = [...frame.getRootNode().querySelectorAll('polyline')];
                const points = lines.reduce((n, line) => n + line.points.numberOfItems, 0);
                window.fewest = Math.min(window.fewest, points);
                requestAnimationFrame(look);
            })();
        }"""
    )
    page.get_by_role("button", name="Write again").click()
    page.wait_for_function(f"window.fewest < {whole}")  # it is being written
    expect(frame).to_have_attribute("data-done", "yes", timeout=SLOW)
    assert lines.evaluate_all(written) == whole
    assert not window.errors


@pytest.mark.parametrize("part", ["Overview", "Samples", "Map"])
def test_it_fits_a_phone(visit, part):
    page = visit(f"/data?dataset=optical-digits&part={part}", **PHONE).page
    marks = {"Overview": "one_hot td", "Samples": "samples img", "Map": "map canvas[data-ready]"}
    expect(page.locator(f".st-key-{marks[part]}").first).to_be_visible(timeout=SLOW)
    # A page is wider for a moment while its parts are laid out; it must not stay so.
    page.wait_for_function("document.documentElement.scrollWidth <= window.innerWidth")


def test_an_odd_digit_goes_to_the_canvas(visit):
    window = visit("/data?dataset=optical-digits&part=Odd+ones")
    page = window.page
    page.locator(".st-key-outliers button[data-index]").first.click(timeout=SLOW)
    expect(page.get_by_role("dialog")).to_contain_text("Its label says")
    page.get_by_role("button", name="Put it on the canvas").click()
    expect(page.get_by_text("Draw on it to change it.")).to_be_visible(timeout=SLOW)
    expect(page.locator(".st-key-guess").last).to_have_text(re.compile(r"\d"), timeout=SLOW)
    assert not window.errors
