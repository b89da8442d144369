"""What a visitor teaches the reader, on the page without Streamlit and on Streamlit's."""

import json
import re

import numpy as np
import pytest
from browser.hand import Hand, PocketHand
from playwright.sync_api import expect

from mnist_core import datasets, predictor
from mnist_core.hands import Digit, dump
from mnist_core.hands import Hand as TaughtHand
from mnist_core.networks import browser

pytestmark = pytest.mark.browser

LIVE = ".live-bars[data-live=true]"

# A one with so long an upstroke that it looks like a seven.
FLAG = [(70, 70), (200, 60), (150, 280)]
DEAF = "window.addEventListener('storage', event => event.stopImmediatePropagation(), true)"


def kept(page):
    """The labels that the browser has stored."""
    text = page.evaluate("localStorage.getItem('mnist-canvas.hand')")
    return [digit["label"] for digit in json.loads(text)["digits"]] if text else []


def beside(page, script=""):
    """A hand at the same page in a second window, behind the first."""
    other = page.context.new_page()
    other.add_init_script(script)
    other.goto(page.url)
    second = PocketHand(other)
    second.wait_for_network()
    page.bring_to_front()
    return second


def teach_flag(hand):
    """Draw the flag, which is read as 7, and say that it is a 1."""
    hand.stroke(FLAG)
    assert hand.wait_for_guess() == "7"
    hand.page.locator("#correct button").nth(1).click()


def test_the_browser_reads_with_a_hand_as_the_server_does(chromium, web_files, digits):
    """Kept digits, contradictions, a full hand: the same digits are kept, the same is read."""
    reader = predictor.load()
    random = np.random.default_rng(1)
    taught = [
        Digit(digits.x_train[n], int(random.integers(10) if n % 3 == 0 else digits.y_train[n]))
        for n in [*range(240), *range(5)]
    ]
    hand = TaughtHand.of(taught, reader)
    images = datasets.scale(digits.x_test[:60])
    context = chromium.new_context()
    page = context.new_page()
    page.goto(web_files)
    given, labels = page.evaluate(
        """async ([network, text, images]) => {
            const {Network} = await import('/network/network.js');
            const {Hand, handOf} = await import('/hands.js');
            const bytes = Uint8Array.from(atob(network), letter => letter.charCodeAt(0));
            const reader = new Network(bytes.buffer);
            const read = form => ({form, ...reader.read(form)});
            const {digits} = handOf(text);
            const forms = digits.map(({ink}) => Float32Array.from(ink, level => level / 255));
            const hand = new Hand(digits, forms.map(read));
            const given = images.map(image => hand.adjust(read(Float32Array.from(image))));
            return [given.map(one => one.probabilities), hand.digits.map(({label}) => label)];
        }""",
        [packed(reader.run), dump(taught), images.reshape(60, -1).tolist()],
    )
    context.close()
    assert labels == [digit.label for digit in hand.digits]
    wanted = hand.predict(images)
    assert np.abs(wanted - reader.predict(images)).max() > 0.1
    assert np.abs(np.array(given) - wanted).max() < 0.04  # weights of less precision


def packed(run):
    import base64

    return base64.b64encode(browser.pack(run)).decode()


def test_a_misread_digit_is_learnt_kept_and_forgotten(opened, tmp_path):
    hand = opened(viewport={"width": 390, "height": 844})
    page, moving = hand.page, []
    hand.stroke(FLAG)
    assert hand.wait_for_guess() == "7"
    page.locator("#correct button").nth(1).click()
    assert hand.wait_for_guess("1") == "1"
    hand.clear()

    def look(spot):
        expect(page.locator("#guess")).to_have_text("1")
        moving.append(spot)

    hand.stroke(FLAG, look)
    assert moving
    page.reload()
    hand.wait_for_network()
    hand.stroke(FLAG)
    assert hand.wait_for_guess("1") == "1"
    page.locator("#hand").click()
    expect(page.locator("#strip button")).to_have_count(1)
    with page.expect_download() as saving:
        page.get_by_role("button", name="Save").click()
    saving.value.save_as(tmp_path / "hand.json")
    page.get_by_role("button", name="Forget all").click()
    page.set_input_files("#hand_file", tmp_path / "hand.json")
    page.get_by_role("button", name="Forget this 1").click()
    page.get_by_role("button", name="Close").click()
    assert hand.wait_for_guess("7") == "7"
    assert kept(page) == []
    assert not hand.visit.errors


def test_two_windows_share_a_hand_and_a_file_brings_it_back(hand, tmp_path):
    page = hand.page
    other = beside(page).page
    teach_flag(hand)
    expect(other.locator("#hand")).to_have_text("Hand 1")
    page.locator("#hand").click()
    with page.expect_download() as saving:
        page.get_by_role("button", name="Save").click()
    saving.value.save_as(tmp_path / "hand.json")
    page.get_by_role("button", name="Forget all").click()
    expect(other.locator("#hand")).to_have_text("Hand")
    for text, said in (
        ("nothing", "This is no saved hand"),
        ('{"hand": 9, "digits": []}', "another version"),
        ('{"hand": 1, "digits": [{"label": 12, "ink": ""}]}', "Digit 1 of this hand"),
    ):
        (tmp_path / "bad.json").write_text(text)
        page.set_input_files("#hand_file", tmp_path / "bad.json")
        expect(page.locator("#hand_note")).to_contain_text(said)
    page.set_input_files("#hand_file", tmp_path / "hand.json")
    expect(page.locator("#hand_note")).to_have_text("Brought back.")
    expect(page.locator("#strip button")).to_have_count(1)
    assert kept(page) == [1]
    assert not hand.visit.errors


def test_what_two_windows_learn_at_once_is_kept_of_both(hand):
    """The one that learns last has not heard of the other yet."""
    page = hand.page
    second = beside(page, DEAF)
    other = second.page
    teach_flag(hand)
    expect(page.locator("#hand")).to_have_text("Hand 1")
    other.bring_to_front()
    second.draw(3)
    assert second.wait_for_guess() == "3"
    other.locator("#correct button").nth(3).click()
    expect(other.locator("#hand")).to_have_text("Hand 2")
    assert kept(page) == [1, 3]


def test_the_page_inside_reads_with_a_hand_and_without(hand, app):
    page = hand.page
    hand.stroke(FLAG)
    assert hand.wait_for_guess() == "7"
    page.locator("#correct button").nth(1).click()
    assert hand.wait_for_guess("1") == "1"
    page.goto(f"{app}/inside")
    expect(page.locator(".inside[data-live=true]")).to_be_visible()
    paper = Hand(page)
    paper.stroke(np.array(FLAG) * paper.box()["width"] / 340)  # as large as it was taught
    expect(page.locator(".st-key-guess p").last).to_have_text("7")
    expect(page.locator(".with-hand")).to_have_text(re.compile("With your hand: 1, .*% sure"))
    assert not hand.visit.errors


def test_a_browser_without_room_says_so_and_reads_on(hand):
    page = hand.page
    page.evaluate("() => { Storage.prototype.setItem = () => { throw new Error('full'); }; }")
    hand.stroke(FLAG)
    assert hand.wait_for_guess() == "7"
    page.locator("#correct button").nth(1).click()
    expect(page.locator("#asked")).to_contain_text("has no room")
    assert hand.wait_for_guess("1") == "1"
    assert kept(page) == []


def test_what_is_stored_and_altered_does_no_harm(hand):
    page = hand.page
    page.evaluate("localStorage.setItem('mnist-canvas.hand', '{\"hand\": 1, \"digits\": [7]}')")
    page.reload()
    hand.wait_for_network()
    hand.stroke(FLAG)
    assert hand.wait_for_guess() == "7"
    page.locator("#correct button").nth(1).click()
    assert hand.wait_for_guess("1") == "1"
    assert kept(page) == [1]
    assert not hand.visit.errors


def test_a_minute_of_teaching_can_be_left_at_any_point(hand):
    page = hand.page
    page.locator("#hand").click()
    page.get_by_role("button", name="Teach it").click()
    for digit in (0, 1, 2):
        expect(page.locator("#asked")).to_contain_text(f"Write a {digit}")
        if digit == 1:
            hand.stroke(FLAG)
        else:
            hand.draw(digit)
        page.get_by_role("button", name="Next").click()
    expect(page.locator("#asked")).to_contain_text("Write a 3")
    page.get_by_role("button", name="Enough").click()
    expect(page.locator("#asked")).to_have_text("It read 2 of 3; now it reads 3.")
    expect(page.locator("#correct button")).to_have_count(10)
    assert kept(page) == [0, 1, 2]
    assert not hand.visit.errors


@pytest.fixture
def streamlits(visit):
    seen = visit()
    seen.page.locator(LIVE).wait_for()
    found = Hand(seen.page)
    found.wait_for_rest()
    found.visit = seen
    return found


def test_streamlits_page_learns_keeps_and_forgets_too(streamlits):
    """In the bars that move with the pen, and in the server's reading."""
    hand, page, moving = streamlits, streamlits.page, []
    hand.stroke(FLAG)
    hand.wait_for_server()
    assert hand.wait_for_guess("7") == "7"
    page.locator(".st-key-correct button").nth(1).click()
    assert hand.wait_for_guess("1") == "1"
    hand.wait_for_server()
    hand.clear()

    def look(spot):
        expect(page.locator(".live-bars[data-by=browser]")).to_be_attached()
        expect(page.locator(".st-key-guess p").last).to_have_text("1")
        moving.append(spot)

    hand.stroke(FLAG, look)
    assert moving
    hand.wait_for_server()
    assert hand.wait_for_guess("1") == "1"
    assert kept(page) == [1]
    page.reload()
    page.locator(LIVE).wait_for()
    expect(page.get_by_text("Your hand (1)")).to_be_visible()
    hand.wait_for_rest()
    hand.stroke(FLAG)
    hand.wait_for_server()
    assert hand.wait_for_guess("1") == "1"
    page.get_by_text("Your hand (1)").click()
    page.locator(".st-key-hand_forget button").click()
    assert hand.wait_for_guess("7") == "7"
    assert kept(page) == []
    page.locator(".st-key-hand_undo button").click()
    assert hand.wait_for_guess("1") == "1"
    assert not streamlits.visit.errors


def test_streamlits_page_teaches_in_a_minute_that_can_be_left(streamlits):
    hand, page = streamlits, streamlits.page
    page.get_by_text("Your hand", exact=True).click()
    page.locator(".st-key-teach button").click()
    for digit in (0, 1):
        expect(page.locator(".st-key-teaching")).to_contain_text(f"Write a {digit}")
        hand.wait_for_rest()
        if digit:
            hand.stroke(FLAG)
        else:
            hand.draw(0)
        hand.wait_for_server()
        assert hand.wait_for_guess() == ("7" if digit else "0")
        page.locator(".st-key-teach_next button").click()
    expect(page.locator(".st-key-teaching")).to_contain_text("Write a 2")
    page.locator(".st-key-teach_enough button").click()
    expect(page.locator(".st-key-hand_words")).to_contain_text("It read 1 of 2; now it reads 2.")
    assert kept(page) == [0, 1]
    assert not streamlits.visit.errors
