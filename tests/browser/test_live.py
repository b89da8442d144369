"""Bars that move with the pen, in the application."""

import itertools
import os
import signal
from functools import partial

import numpy as np
import pytest
from browser.hand import DIGITS, INK_IS_SEEN, PHONE, Hand, pick_network
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

LIVE = ".live-bars[data-live=true]"
PATIENCE = 240_000  # milliseconds: TensorFlow may take long to start on a busy machine

# Notes every state of the bars that is shown: who read, the guess, the bars' lengths.
NOTE_STATES = """() => {
    window.states = [];
    const look = () => {
        const chart = document.querySelector('.live-bars');
        if (chart) {
            const state = {
                by: chart.dataset.by,
                guess: [...document.querySelectorAll('.st-key-guess')].at(-1).innerText.trim(),
                shares: [...chart.querySelectorAll('.row')].map(
                    row => Number(row.style.getPropertyValue('--share'))),
            };
            const last = window.states.at(-1);
            if (JSON.stringify(state) !== JSON.stringify(last)) window.states.push(state);
        }
        requestAnimationFrame(look);
    };
    look();
}"""


def open_live(visit, **options):
    window = visit(**options)
    window.page.locator(LIVE).wait_for(timeout=PATIENCE)
    return window


def wait_until_the_server_reads(page):
    """Until the network has started there too."""
    page.wait_for_function(
        """() => {
            const found = [...document.querySelectorAll('.server-reading')].at(-1);
            return found && !JSON.parse(found.dataset.reading).starting;
        }""",
        timeout=PATIENCE,
    )


def draw_slowly(page, points, look=lambda number: None):
    """Draw a stroke, waiting at each point until the bars have read it; the pen stays down."""
    box = Hand(page).box()
    readings = 0
    for number, (x, y) in enumerate(points):
        page.mouse.move(box["x"] + x, box["y"] + y)
        if number == 0:
            page.mouse.down()
        page.wait_for_function(
            "count => Number(document.querySelector('.live-bars')?.dataset.readings) > count",
            arg=readings,
        )
        readings = int(page.locator(".live-bars").get_attribute("data-readings"))
        look(number)


def along(*corners, step=9):
    """Points on straight lines between corners."""
    points = [np.array(corners[0], float)]
    for start, stop in itertools.pairwise(corners):
        start, stop = np.array(start, float), np.array(stop, float)
        count = max(1, round(np.hypot(*(stop - start)) / step))
        points += [start + (stop - start) * share for share in np.linspace(0, 1, count + 1)[1:]]
    return points


SEVEN = along((80, 90), (120, 62), (180, 62), (205, 100), (170, 170), (95, 260))
THEN_TWO = along((95, 260), (225, 260))[1:]


def wait_for_server(page):
    expect(page.locator(".live-bars[data-by=server]")).to_be_attached(timeout=PATIENCE)


def read_to_the_end(page, spot):
    """Wait until the bars have read the stroke as far as `spot`, where the mouse is held down.

    A reading may have begun before the last point came. So the mouse goes to the next pixel and
    back: of two more readings, the second has begun since.
    """
    readings = int(page.locator(".live-bars").get_attribute("data-readings"))
    for number, x in enumerate((spot[0] - 1, spot[0]), 1):
        page.mouse.move(x, spot[1])
        page.wait_for_function(
            "count => Number(document.querySelector('.live-bars')?.dataset.readings) >= count",
            arg=readings + number,
        )


def handed_over(page):
    """The bars' lengths as the browser showed them last, and then as the server did."""
    page.wait_for_function(
        """() => {
            const browser = states.findLastIndex(state => state.by === 'browser');
            return browser >= 0 && browser + 1 < states.length;
        }""",
        timeout=PATIENCE,
    )
    states = page.evaluate("states")
    last = max(number for number, state in enumerate(states) if state["by"] == "browser")
    return states[last], states[last + 1]


def test_the_bars_move_while_a_seven_becomes_a_two(visit):
    window = open_live(visit)
    page = window.page
    hand = Hand(page)
    wait_until_the_server_reads(page)
    page.evaluate(NOTE_STATES)
    draw_slowly(page, SEVEN)
    expect(page.locator(".st-key-guess").last).to_have_text("7")
    draw_slowly_on(page, THEN_TWO)
    expect(page.locator(".st-key-guess").last).to_have_text("2")
    shown = page.evaluate("states.filter(state => state.by === 'browser')")
    assert len(shown) >= 10
    guesses = [state["guess"] for state in shown]
    assert guesses.index("7") < len(guesses) - 1 - guesses[::-1].index("2")
    assert len({tuple(state["shares"]) for state in shown}) >= 10
    # Nothing is said of it to those who hear the page until the pen is lifted.
    assert page.locator(".live-spoken").inner_text() == ""
    box = hand.box()
    read_to_the_end(page, (box["x"] + THEN_TWO[-1][0], box["y"] + THEN_TWO[-1][1]))
    page.mouse.up()
    wait_for_server(page)
    assert hand.wait_for_guess("2") == "2"
    before, after = handed_over(page)
    assert after["by"] == "server"
    assert before["guess"] == after["guess"] == "2"
    assert np.abs(np.array(before["shares"]) - after["shares"]).max() < 0.01
    expect(page.locator(".live-spoken")).to_contain_text("2, ")
    expect(page.locator(".live-bars[aria-label*='most probable are 2']")).to_be_attached()
    assert page.locator(".live-form").count() == 0  # the server's picture stands again
    assert not window.elsewhere
    assert not window.errors


def draw_slowly_on(page, points):
    box = Hand(page).box()
    for x, y in points:
        readings = int(page.locator(".live-bars").get_attribute("data-readings"))
        page.mouse.move(box["x"] + x, box["y"] + y)
        page.wait_for_function(
            "count => Number(document.querySelector('.live-bars')?.dataset.readings) > count",
            arg=readings,
        )


def test_a_one_becomes_a_four_in_its_second_stroke(visit):
    page = open_live(visit).page
    hand = Hand(page)
    wait_until_the_server_reads(page)
    hand.stroke([(190, 60), (185, 280)])
    assert hand.wait_for_guess("1") == "1"
    draw_slowly(page, along((165, 65), (80, 190), (250, 190)))
    expect(page.locator(".st-key-guess").last).to_have_text("4")
    expect(page.locator(".live-bars[data-by=browser]")).to_be_attached()
    page.mouse.up()
    wait_for_server(page)
    assert hand.wait_for_guess("4") == "4"


def test_the_bars_go_on_while_the_server_stands_still(visit, server):
    page = open_live(visit).page
    hand = Hand(page)
    wait_until_the_server_reads(page)
    process = server.process

    def suspend(number):
        if number == 8:
            os.kill(process.pid, signal.SIGSTOP)

    try:
        draw_slowly(page, SEVEN, suspend)
        expect(page.locator(".st-key-guess").last).to_have_text("7")
        draw_slowly_on(page, THEN_TWO)
        expect(page.locator(".st-key-guess").last).to_have_text("2")
        page.mouse.up()
        # Whoever hears the page is not left without an answer either.
        expect(page.locator(".live-spoken")).to_contain_text("2, ")
        assert page.locator(".live-bars").get_attribute("data-by") == "browser"
        # A second stroke is read together with the first, which the server has not seen.
        hand.stroke([(60, 320), (300, 20)])
        expect(page.locator(".st-key-confidence").last).not_to_have_text("")
        assert page.locator(".live-bars").get_attribute("data-by") == "browser"
    finally:
        os.kill(process.pid, signal.SIGCONT)
    wait_for_server(page)


def test_ten_digits_are_read_alike_in_the_browser_and_on_the_server(visit):
    page = open_live(visit).page
    hand = Hand(page)
    wait_until_the_server_reads(page)
    page.evaluate(NOTE_STATES)
    for digit in DIGITS:
        for brush in ("", "Home", "End"):
            if (brush != "") != (digit in (2, 5)):  # with the thinnest and thickest brush too
                continue
            if brush:
                hand.take_brush(brush)
            page.evaluate("states.length = 0")
            hand.draw(digit, height=150, before_lifting=partial(read_to_the_end, page))
            before, after = handed_over(page)
            expect(page.locator(".st-key-guess").last).not_to_have_text("")
            difference = np.abs(np.array(before["shares"]) - after["shares"]).max()
            assert difference < 0.01, (digit, brush, before, after)
            hand.clear()


def test_strokes_over_a_test_digit_are_read_too(visit):
    page = open_live(visit).page
    wait_until_the_server_reads(page)
    page.locator(".st-key-test_digit button").click()
    expect(page.get_by_text("Its label says")).to_be_visible()
    expect(page.locator(".live-bars .best")).to_be_attached()
    page.wait_for_function(INK_IS_SEEN)
    page.evaluate(NOTE_STATES)
    draw_slowly(page, along((20, 20), (320, 320), step=30))
    box = Hand(page).box()
    read_to_the_end(page, (box["x"] + 320, box["y"] + 320))
    page.mouse.up()
    before, after = handed_over(page)
    assert after["by"] == "server"
    # Curves and pictures are not smoothed alike by a browser and by the server.
    assert np.abs(np.array(before["shares"]) - after["shares"]).max() < 0.1


def test_undo_and_clear_are_followed(visit):
    page = open_live(visit).page
    hand = Hand(page)
    wait_until_the_server_reads(page)
    hand.stroke([(170, 60), (165, 280)])
    assert hand.wait_for_guess("1") == "1"
    hand.stroke([(20, 40), (320, 60)])
    hand.stroke([(20, 300), (320, 200)])
    # The server's reading is drawn anew now and then, and is not there for a moment.
    told = "[...document.querySelectorAll('.server-reading')].at(-1)?.dataset.reading"
    count = f"JSON.parse({told} ?? '{{}}').count"
    for _ in range(2):
        wait_for_server(page)
        before = page.wait_for_function(f"() => {count}").json_value()
        page.locator(".st-key-undo button").click()
        page.wait_for_function(f"before => {count} === before - 1", arg=before)
    assert hand.wait_for_guess("1") == "1"
    page.wait_for_timeout(500)
    # What was taken back is not read again.
    draw_slowly(page, along((150, 60), (70, 190), (240, 190)))
    expect(page.locator(".st-key-guess").last).to_have_text("4")
    page.mouse.up()
    assert hand.wait_for_guess("4") == "4"
    hand.clear()
    expect(page.locator(".live-bars .best")).to_have_count(0)


def test_weights_that_do_not_arrive_leave_the_servers_reading(visit, app, chromium):
    context = chromium.new_context(viewport={"width": 1100, "height": 900})
    page = context.new_page()
    page.route("**/networks/*", lambda route: route.abort())
    page.goto(app)
    hand = Hand(page)
    expect(page.locator(".live-note")).to_have_text(
        "It reads when you lift the pen.", timeout=PATIENCE
    )
    wait_until_the_server_reads(page)
    box = hand.box()
    page.mouse.move(box["x"] + 80, box["y"] + 80)
    page.mouse.down()
    for x, y in SEVEN:
        page.mouse.move(box["x"] + x, box["y"] + y)
    assert hand.guess() == ""
    page.mouse.up()
    assert hand.wait_for_guess("7") == "7"
    # Once they can arrive, they are asked for again.
    page.unroute("**/networks/*")
    hand.clear()
    page.wait_for_timeout(5000)
    hand.stroke([(100, 100), (110, 110)])
    page.locator(LIVE).wait_for(timeout=PATIENCE)
    expect(page.locator(".live-note")).to_have_text("")
    context.close()


def test_with_a_finger_on_a_phone(visit):
    page = open_live(visit, **PHONE).page
    hand = Hand(page, touch=True)
    wait_until_the_server_reads(page)
    page.evaluate(NOTE_STATES)
    hand.draw(2)
    shown = page.evaluate("states.filter(state => state.by === 'browser')")
    assert len(shown) >= 3
    assert hand.wait_for_guess("2") == "2"
    overflow = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert overflow <= 0


def test_another_network_is_read_with_once_it_is_picked(visit):
    page = open_live(visit).page
    hand = Hand(page)
    wait_until_the_server_reads(page)
    for name in ("report-ann", "pen-cnn"):
        pick_network(page, name)
        expect(page.locator(LIVE)).to_be_attached(timeout=PATIENCE)
        wait_until_the_server_reads(page)
        hand.draw(3)
        assert hand.wait_for_guess("3") == "3"
        hand.clear()
    assert len(page.workers) == 1


def test_going_to_numbers_and_back_leaves_one_worker_and_no_words(visit):
    page = open_live(visit).page
    hand = Hand(page)
    wait_until_the_server_reads(page)
    for _ in range(3):
        page.get_by_text("A number", exact=True).click()
        expect(page.locator(".st-key-confidence").last).to_contain_text("several digits")
        expect(page.locator(".live-bars:not(.of-number)")).to_have_count(0)
        page.get_by_text("One digit", exact=True).click()
        page.locator(LIVE).wait_for()
    hand.wait_for_width(340)
    page.wait_for_timeout(500)
    draw_slowly(page, SEVEN)
    expect(page.locator(".st-key-guess").last).to_have_text("7")
    page.mouse.up()
    wait_for_server(page)
    assert len(page.workers) == 1
    assert page.locator(".live-form").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_bars_are_legible_in_both_themes_and_without_motion(visit, scheme):
    page = open_live(visit, color_scheme=scheme, reduced_motion="reduce").page
    transition = "getComputedStyle(document.querySelector('.live-bars .fill')).transitionDuration"
    assert page.evaluate(transition) == "0s"
    contrast = page.evaluate(
        """() => {
            const probe = document.createElement('canvas').getContext('2d');
            const bright = colour => {
                probe.fillStyle = colour;
                probe.fillRect(0, 0, 1, 1);
                const parts = [...probe.getImageData(0, 0, 1, 1).data].slice(0, 3)
                    .map(part => part / 255)
                    .map(part => part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
                return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
            };
            const chart = document.querySelector('.live-bars');
            const row = chart.querySelector('.row');
            row.classList.add('best');
            const style = element => getComputedStyle(element);
            const ground = bright(style(document.querySelector('.stApp')).backgroundColor);
            return [style(row.querySelector('.fill')).backgroundColor,
                    style(row.querySelector('.digit')).color].map(colour => {
                const [low, high] = [bright(colour), ground].sort((a, b) => a - b);
                return (high + 0.05) / (low + 0.05);
            });
        }"""
    )
    assert contrast[0] >= 3
    assert contrast[1] >= 4.5
