"""Two teachers with one class: each page follows what the other does."""

import uuid

import pytest
from browser.class_room import Lesson
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
STROKE = [[[100, 20], [100, 220]]]


class Page:
    """A teacher's page of a class that is under way."""

    def __init__(self, visit, lesson):
        self.visit = visit(
            f"/classroom?class={lesson.code}", viewport={"width": 1280, "height": 900}
        )
        self.page = self.visit.page
        self.wall = self.page.locator(".st-key-wall .wall").last
        self.dialog = self.page.get_by_role("dialog")

    def activity(self, name):
        return self.page.locator(".st-key-activity").last.get_by_role("radio", name=name)

    def open(self, digit):
        self.wall.locator(f"[data-id='{digit}']").click()
        expect(self.dialog.get_by_role("button", name="Hide")).to_be_visible()

    def expect_digits(self, count):
        expect(self.wall).to_have_attribute("data-count", str(count))


def test_each_sees_what_the_other_does(visit, server):
    lesson = Lesson(server)
    store, code = lesson.store, lesson.code
    token, _ = store.join(code)
    one, other = (
        store.add(code, token, {"id": str(uuid.uuid4()), "label": label, "strokes": STROKE})
        for label in (1, 7)
    )
    ann, bob = Page(visit, lesson), Page(visit, lesson)
    for teacher in (ann, bob):
        teacher.expect_digits(2)
    for teacher, then, activity in ((ann, bob, "Pause"), (bob, ann, "Write")):
        teacher.activity(activity).click()
        expect(then.activity(activity)).to_be_checked()
        expect(teacher.activity(activity)).to_be_checked()

    for teacher in (ann, bob):
        teacher.open(other)
    ann.dialog.get_by_role("radio", name="1", exact=True).click()
    for teacher in (ann, bob):
        expect(teacher.wall.locator("[data-label='1']")).to_have_count(2)
    expect(ann.dialog).to_have_count(0)
    bob.dialog.get_by_role("button", name="Hide").click()
    for teacher in (ann, bob):
        teacher.expect_digits(1)
    ann.page.locator(".st-key-hidden_digits").last.get_by_role("button", name="Show").click()
    for teacher in (ann, bob):
        teacher.expect_digits(2)
    assert store.digit(code, other).label == 1

    for teacher in (ann, bob):
        teacher.open(one)
    ann.dialog.get_by_role("button", name="Delete for good").click()
    for teacher in (ann, bob):
        teacher.expect_digits(1)
    bob.dialog.get_by_role("button", name="Hide").click()
    expect(bob.dialog.get_by_role("alert")).to_contain_text("may have been deleted")

    store.delete_class(code)
    for teacher in (ann, bob):
        expect(teacher.page.get_by_text("This class has been deleted.").last).to_be_visible()
        expect(teacher.page.get_by_role("button", name="Open a class")).to_be_visible()
        assert teacher.visit.errors == []
