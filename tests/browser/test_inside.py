"""The page that looks inside a network, as a visitor uses it."""

import re
import shutil

import numpy as np
import pytest
import tampering
from browser.hand import Hand
from playwright.sync_api import expect

from mnist_core import runs

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("needs_mnist")]


@pytest.fixture
def inside(visit):
    """Opens the page, and waits until a network runs in the browser."""

    def open_page(path="/inside?run=report-ann"):
        seen = visit(path)
        expect(seen.page.locator(".inside[data-live=true]")).to_be_visible()
        return seen

    return open_page


def frames(page, layer):
    return int(page.locator(f"[data-layer={layer}]").get_attribute("data-frame"))


def picture(page, layer):
    return page.locator(f"[data-layer={layer}] canvas").evaluate("canvas => canvas.toDataURL()")


def numbers(page):
    """What stands in the sum: products, bias, total, output."""
    data = page.locator(".unit .sum").evaluate("element => ({...element.dataset})")
    return {name: float(value) for name, value in data.items()}


def bars(page):
    """The ten probabilities once all that was drawn is read: only then the address says it."""
    page.wait_for_function("() => location.search.includes('drawing=')")
    page.evaluate("() => new Promise(requestAnimationFrame)")
    rows = page.locator(".inside .live-bars [data-digit]")
    return np.array([float(row.get_attribute("data-probability") or 0) for row in rows.all()])


def test_maps_change_before_the_pen_is_lifted_and_a_pixel_can_be_worked_out(inside):
    page = inside("/inside?run=pen-cnn").page
    layers = page.locator(".st-key-layers [data-layer]")
    expect(layers).to_have_count(9)
    empty = picture(page, "conv2d_1")

    def look(_):
        page.wait_for_function(
            "() => document.querySelector('[data-layer=conv2d_1]')?.dataset.frame > 1"
        )
        assert picture(page, "conv2d_1") != empty
        expect(page.locator(".st-key-guess p")).not_to_have_text("")

    Hand(page).draw(7, before_lifting=look)
    before = frames(page, "conv2d_1")
    assert before > 1
    # Three clicks: a layer and one of its maps, a pixel, and there are the numbers.
    page.locator("[data-layer=conv2d_1] canvas").click(position={"x": 60, "y": 60})
    map_ = page.locator(".unit .near > .picture canvas")
    for x, y in ((60, 30), (110, 120), (130, 75)):
        map_.hover(position={"x": x, "y": y})
        found = numbers(page)
        assert found["products"] + found["bias"] == pytest.approx(found["total"], abs=1e-4)
        assert max(found["total"], 0) == pytest.approx(found["output"], abs=1e-4)
    expect(page.locator(".unit .numbers")).to_have_count(3)
    map_.focus()
    place = page.url
    page.keyboard.press("ArrowLeft")
    page.wait_for_function("before => location.href !== before", arg=place)
    # The end of it, written out, is what the bars show.
    page.locator("[data-layer=digit] button").click()
    rows = page.locator(".softmax tbody tr")
    expect(rows).to_have_count(10)
    shares = np.array([float(row.get_attribute("data-share")) for row in rows.all()])
    assert np.abs(shares - bars(page)).max() < 1e-3


def test_where_it_looks_is_shown_while_one_draws_and_gradients_afterwards(inside):
    page = inside().page
    looks = page.locator(".paper .looked")

    def look(_):
        page.wait_for_function("() => document.querySelector('.paper .looked')?.dataset.looks > 1")

    Hand(page).draw(4, before_lifting=look)
    assert looks.evaluate(
        "c => c.getContext('2d').getImageData(0, 0, 28, 28).data.some(level => level > 100)"
    )
    page.get_by_role("button", name="Test digit").click()
    expect(page.locator(".paper .picture")).to_be_visible()
    page.wait_for_function("() => location.search.includes('digit=mnist%3A')")
    page.get_by_text("Pixel by pixel, when the pen is lifted").click()
    expect(page.locator(".st-key-gradients img").last).to_be_visible(timeout=120_000)


def test_it_is_broken_and_put_back(inside):
    page = inside("/inside?run=report-ann&layer=dense&unit=5").page
    Hand(page).draw(3)
    page.wait_for_function("() => document.querySelector('.st-key-guess p')?.textContent === '3'")
    whole = bars(page)
    accuracy = page.locator(".accuracy[data-accuracy]")
    page.get_by_role("button", name="Drop half").click()
    expect(accuracy).to_contain_text("Broken:")
    broken = float(accuracy.get_attribute("data-accuracy"))
    assert broken < 0.97
    page.wait_for_function(
        "whole => ![undefined, whole].includes("
        "document.querySelector('.live-bars [data-digit=\"3\"]')?.dataset.probability)",
        arg=f"{whole[3]:.5f}",
    )
    page.get_by_role("button", name="Put it all back").click()
    expect(accuracy).to_contain_text("Whole: 97.")
    assert float(accuracy.get_attribute("data-accuracy")) > broken
    expect(page.locator(".live-bars [data-digit='3']")).to_have_attribute(
        "data-probability", f"{whole[3]:.5f}"
    )
    page.get_by_role("button", name="Switch off neuron 6").click()
    expect(page.locator(".broken li")).to_have_text("Dense 1: neuron 6 off")
    expect(accuracy).to_contain_text("Whole, it reads 97.")


def test_the_slider_goes_back_to_before_training(inside, server):
    # A shipped run that can be deleted, and whose temperature was found after its training.
    shutil.copytree(runs.SHIPPED_DIR / "report-ann", server.models / "watched", dirs_exist_ok=True)
    tampering.rewrite(runs.read(server.models / "watched"), temperature=2.0)
    page = inside("/inside?run=watched&epoch=1&layer=digit").page
    expect(page.locator(".slide .epoch")).to_have_text("after epoch 1")
    Hand(page).draw(1)
    expect(page.locator(".live-bars .best")).to_have_count(1)
    learned, kernels = bars(page), page.locator(".kernels canvas")
    pictures = kernels.evaluate("canvas => canvas.toDataURL()")
    page.locator(".slide input").fill("0")
    expect(page.locator(".slide .epoch")).to_have_text("before training")
    page.wait_for_function(
        "before => document.querySelector('.kernels canvas').toDataURL() !== before", arg=pictures
    )
    page.wait_for_function("() => location.search.includes('epoch=0')")
    assert np.abs(bars(page) - learned).max() > 0.01
    # What is written out is what the bars show, at each epoch.
    expect(page.locator(".softmax thead")).to_contain_text("÷ 1.00")
    page.wait_for_function(
        """() => [...document.querySelectorAll('.softmax tbody tr')].every((row, digit) => {
          const bar = document.querySelector(`.live-bars [data-digit="${digit}"]`);
          return Math.abs(row.dataset.share - bar.dataset.probability) < 1e-3;
        })"""
    )
    # A link with all of it opens the same.
    address = page.url
    before = bars(page)
    page.goto(address)
    expect(page.locator(".slide .epoch")).to_have_text("before training")
    page.wait_for_function(
        """before => before.every((share, digit) => Math.abs(share - (document.querySelector(
            `.inside .live-bars [data-digit="${digit}"]`)?.dataset.probability ?? 0)) < 0.1)""",
        arg=before.tolist(),
    )
    # Somebody deletes the run meanwhile: it is the slider or the whole page that first hears of it.
    shutil.rmtree(server.models / "watched")
    page.locator(".slide input").fill("2")
    expect(page.get_by_text("no longer there").last).to_be_visible()
    page.goto(address)
    expect(page.get_by_text("names a run watched that is not here.")).to_be_visible()


def test_links_with_nonsense_say_so(inside):
    nonsense = "/inside?run=report-ann&layer=nowhere&drawing=%25%25&epoch=99&digit=mnist:999999"
    seen = inside(nonsense)
    expect(seen.page.locator(".inside .note")).to_have_text(
        "Part of the address was not understood and is ignored: drawing, layer, epoch."
    )
    expect(seen.page.get_by_text("There is no digit 999999")).to_be_visible()
    seen.page.goto(re.sub(r"\?.*", "?run=nobody&unit=x&digit=-1", seen.page.url))
    expect(seen.page.get_by_text("names a run nobody that is not here.")).to_be_visible()
    expect(seen.page.get_by_text("The address names no digit: -1.")).to_be_visible()
    expect(seen.page.locator(".inside[data-live=true]")).to_be_visible()
    assert not seen.errors


def test_a_misread_digit_comes_from_the_confusion_page_and_goes_back(visit):
    page = visit("/confusion?run=report-ann&dataset=mnist&digit=340").page
    page.get_by_role("link", name="Look inside").click()
    expect(page.locator(".inside[data-live=true]")).to_be_visible()
    expect(page.locator(".paper .picture")).to_be_visible()
    expect(page.locator(".live-bars .best")).to_have_count(1)
    page.get_by_role("link", name="Back to this digit").click()
    expect(page.get_by_text("Digit 340: a 5")).to_be_visible()


def test_a_drawing_comes_from_the_drawing_page_and_goes_back(visit):
    page = visit("/").page
    hand = Hand(page)
    page.locator("[data-live=true]").wait_for()
    hand.draw(2)
    hand.wait_for_server()
    page.get_by_role("link", name="Look inside").click()
    expect(page.locator(".inside[data-live=true]")).to_be_visible()
    expect(page.locator(".inside .st-key-guess p")).to_have_text("2")
    page.get_by_role("button", name="To the drawing page").click()
    expect(page.locator(".st-key-correct")).to_be_visible()
    assert Hand(page).wait_for_guess("2") == "2"
