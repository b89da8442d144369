"""A lesson on a running server: the teacher's side by the store, and phones that take part."""

import re
import time

from browser.hand import PHONE, PocketHand
from playwright.sync_api import expect

from mnist_core import classroom


class Lesson:
    """A class in the database of a server, and what its teacher does with it."""

    def __init__(self, server, code=None):
        """A new class, or the one of a code."""
        file = server.models.with_name("classroom.sqlite")
        self.store = classroom.store(
            server.environment.get("CLASSROOM_DATABASE", f"sqlite:///{file}")
        )
        self.code = code or self.store.open_class("Digits by hand").code
        self.address = f"{server.address}/join/{self.code}"

    def do(self, kind, subject=None):
        """What the class is to do from now on."""
        self.store.set_activity(self.code, kind, subject)

    def digits(self):
        return self.store.digits(self.code)

    def wait_for_digits(self, count, seconds=30):
        """All digits, once there are so many (or when the time is over)."""
        until = time.monotonic() + seconds
        while len(found := self.digits()) < count and time.monotonic() < until:
            time.sleep(0.05)
        return found

    def wait_for_votes(self, subject, wanted, seconds=30):
        """The votes on a subject, once they are as wanted (or when the time is over)."""
        until = time.monotonic() + seconds
        while (found := self.store.votes(self.code, subject)) != wanted:
            if time.monotonic() > until:
                break
            time.sleep(0.05)
        return found

    def member(self, phone):
        """Who that phone is."""
        return next(
            member
            for member in self.store.members(self.code)
            if f"{member.colour} {member.animal}" == phone.who()
        )


class Teacher:
    """A teacher at the class' page, who has opened a class there."""

    def __init__(self, visit, server):
        self.visit = visit("/classroom", viewport={"width": 1280, "height": 900})
        self.page = self.visit.page
        self.page.get_by_role("textbox", name="Name of the lesson").fill("Digits by hand")
        self.page.get_by_role("button", name="Open a class").click()
        code = self.page.locator(".st-key-class_code p").last
        expect(code).to_have_text(re.compile("[A-Z]{6}"))
        self.lesson = Lesson(server, code.inner_text())
        self.wall = self.page.locator(".st-key-wall .wall").last

    def press(self, name):
        self.page.get_by_role("button", name=name, exact=True).last.click()

    def do(self, activity):
        """Choose an activity, by its name on the page."""
        choice = self.page.locator(".st-key-activity").last.get_by_role("radio", name=activity)
        choice.click()
        expect(choice).to_be_checked()

    def expect_digits(self, count):
        """Wait until the wall has so many digits."""
        expect(self.wall).to_have_attribute("data-count", str(count))


class Phone(PocketHand):
    """A phone in a class, held by a hand that draws with a finger."""

    def __init__(self, visit, lesson, before="", **options):
        """Open the class' page.

        Args:
            before: a script that runs before the page's own.
        """
        seen = visit(address="about:blank", **PHONE | options)
        self.page, self.visit = seen.page, seen
        self.touch = self.page.context.new_cdp_session(self.page)
        if before:
            self.page.add_init_script(before)
        self.page.goto(lesson.address)

    def expect(self, state, kind=None):
        """Wait until the page is in a state, and at that kind of activity."""
        body = self.page.locator("body")
        expect(body).to_have_attribute("data-state", state)
        if kind:
            expect(body).to_have_attribute("data-kind", kind)
        return self

    def who(self):
        return self.page.locator("#who").inner_text()

    def press(self, label):
        """One of the ten digits under the canvas."""
        self.page.locator("#correct button").nth(label).tap()

    def write(self, digit):
        """Draw a digit, as large as a finger does, and wait until it is read."""
        self.draw(digit, height=0.65 * self.box()["height"])
        return self.wait_for_guess(str(digit))

    def sent(self):
        """Wait until nothing waits on the phone."""
        self.page.wait_for_function(
            "code => !Object.keys(localStorage).some(key => key.includes(`${code}.out.`))",
            arg=self.page.url.rstrip("/").rsplit("/", 1)[-1],
        )
