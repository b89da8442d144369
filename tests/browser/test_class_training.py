"""A class trains a network together, and all phones read with it."""

import uuid

import pytest
from browser.class_room import Lesson, Phone
from browser.hand import DIGITS
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("needs_mnist")]
TRAINING = 240_000  # milliseconds: a busy machine trains when nobody else wants it


def written(label, slant):
    """A digit as a member draws it, with that much slant."""
    strokes = [
        [[float(300 * (x + slant * y)), float(300 * y)] for x, y in path] for path in DIGITS[label]
    ]
    return {"id": str(uuid.uuid4()), "label": label, "guess": None, "strokes": strokes}


@pytest.mark.timeout(600)
def test_a_network_is_trained_together_and_given_to_all_phones(server, visit):
    lesson = Lesson(server)
    for slant in (-0.2, 0, 0.2):  # the second is held out
        token, _ = lesson.store.join(lesson.code)
        for label in range(10):
            lesson.store.add(lesson.code, token, written(label, slant))
    phone = Phone(visit, lesson)
    phone.expect("in", "free").wait_for_network()
    assert phone.write(3) == "3"
    page = visit(f"/classroom?class={lesson.code}").page
    expect(page.locator(".st-key-wall .tile")).to_have_count(30)
    page.locator(".st-key-train_together button:visible").last.click()
    expect(page.locator(".st-key-gain").last).to_contain_text("held out", timeout=TRAINING)
    new_network = f"/api/class/{lesson.code}/network/"
    with phone.page.expect_response(lambda answer: new_network in answer.url):
        page.locator(".st-key-give_network button:visible").last.click()
    expect(page.locator(".st-key-take_network_back").last).to_be_visible()
    assert lesson.store.get(lesson.code).network == f"class-{lesson.code}"
    assert phone.wait_for_guess("3") == "3"  # the same drawing, read anew
