"""Phones in a class: coming in, drawing, voting, through sleep and lost networks, and leaving."""

import re

import pytest
from browser.class_room import Lesson, Phone, Teacher
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

SIZES = [(360, 640), (390, 844), (1024, 768), (844, 390)]
WRONG_CLOCK = "Date.now = () => 0; Date.prototype.getTime = () => 0;"
# No digit leaves the page while `cut` is kept: one that Chromium has just loaded again is not
# offline at once, though it should be.
CUT = """
const online = window.fetch;
window.fetch = (address, ...more) => localStorage.getItem('cut') && address.endsWith('/digits')
    ? Promise.reject(new TypeError('offline')) : online(address, ...more);
"""
FORBIDDEN = """
for (const name of ['localStorage', 'caches']) {
    Object.defineProperty(window, name, {get() { throw new DOMException('no', 'SecurityError'); }});
}
"""
ASLEEP = """
window.asleep = false;
Object.defineProperty(document, 'hidden', {get: () => window.asleep});
window.fallAsleep = asleep => {
    window.asleep = asleep;
    document.dispatchEvent(new Event('visibilitychange'));
};
"""
# Where things are, and which of them are smaller than a finger.
PLACED = """() => {
    const seen = element => element.checkVisibility({visibilityProperty: true});
    const boxes = [...document.querySelectorAll(
        'header *, #task, #answer > *, #bars, #canvas, #subject, #asked, button, #sentence')]
        .filter(element => seen(element) && !element.matches('svg *'))
        .map(element => [element, element.getBoundingClientRect()]);
    const name = element => element.id || element.textContent;
    const out = boxes.filter(([, b]) => b.left < 0 || b.top < 0
        || b.right > innerWidth || b.bottom > innerHeight).map(([element]) => name(element));
    const small = boxes.filter(([element, b]) => element.matches('button')
        && (b.width < 44 || b.height < 44)).map(([element]) => name(element));
    const wide = document.documentElement.scrollWidth > innerWidth
        || document.documentElement.scrollHeight > innerHeight;
    return [...out, ...small, ...(wide ? ['it scrolls'] : [])];
}"""


@pytest.fixture
def lesson(server):
    return Lesson(server)


@pytest.fixture
def phone(visit, lesson):
    """Opens the class' page on one more phone."""
    return lambda **options: Phone(visit, lesson, **options)


def test_a_teacher_and_three_phones_through_a_lesson(visit, server, needs_mnist):
    teacher = Teacher(visit, server)
    lesson = teacher.lesson
    phones = [Phone(visit, lesson, before=script) for script in ("", "", WRONG_CLOCK)]
    for each in phones:
        each.expect("in", "free").wait_for_network()
    assert len({each.who() for each in phones}) == 3
    expect(teacher.page.locator(".class-there").last).to_have_text("3 here")
    teacher.press("Begin")
    first, second, third = phones

    # Draw freely: right, and wrong.
    assert first.write(3) == "3"
    expect(first.page.locator("#correct button.likely")).to_have_text("3")
    first.press(3)
    expect(first.page.locator("#asked")).to_contain_text("Taken as a 3")
    teacher.expect_digits(1)
    assert second.write(7) == "7"
    second.press(1)
    teacher.expect_digits(2)
    misread = teacher.wall.locator(".tile.misread")
    expect(misread).to_have_count(1)
    expect(misread).to_have_attribute("aria-label", f"A 1 by the {second.who()}, misread as 7")
    found = {digit.label: digit for digit in lesson.digits()}
    assert {label: digit.guess for label, digit in found.items()} == {3: 3, 1: 7}
    assert found[1].label_source == "corrected"
    assert found[1].member == lesson.member(second).id

    # Write what is asked.
    teacher.do("Write")
    asked_for = []
    for each in phones:
        each.expect("in", "write")
        task = each.page.locator("#task")
        expect(task).to_have_text(re.compile(r"Write an? \d"))
        asked_for.append(int(task.inner_text()[-1]))
        each.write(asked_for[-1])
        each.page.locator("#send").tap()
        each.wait_for_guess("")
        expect(task).to_have_text(re.compile(r"Write an? \d"))
        assert each.page.locator("#send").is_disabled()
    teacher.expect_digits(5)
    written = lesson.digits()[2:]
    assert {digit.label_source for digit in written} == {"prompted"}
    assert [digit.label for digit in written] == asked_for

    # Fool it: what it reads is not sent; classmates vote on what it does not.
    teacher.do("Fool it")
    third.expect("in", "fool")
    assert third.write(7) == "7"
    third.press(7)
    expect(third.page.locator("#asked")).to_contain_text("not fooled yet")
    third.press(1)
    expect(third.page.locator("#asked")).to_contain_text("Fooled it")
    teacher.expect_digits(6)
    fooled = lesson.digits()[5]
    assert (fooled.label, fooled.guess, fooled.activity) == (1, 7, "fool")
    teacher.press("Vote on a digit")
    for each in (first, second):
        each.expect("in", "vote")
    first.press(1)
    second.page.locator("#none").tap()
    assert lesson.wait_for_votes(fooled.id, {1: 1, "none": 1}) == {1: 1, "none": 1}
    expect(teacher.page.locator(".foolers")).to_contain_text("a 1 for 1 of 2 votes")
    third.expect("in", "fool")  # nobody votes on their own
    first.page.locator("#send").tap()
    first.expect("in", "fool")

    # What is it: a vote can be changed, and is one.
    teacher.do("What is it?")
    first.expect("in", "vote")
    subject = lesson.store.get(lesson.code).activity.subject
    first.press(9)
    first.press(4)
    assert lesson.wait_for_votes(subject, {4: 1}) == {4: 1}
    first.page.reload()
    expect(first.page.locator("#correct [aria-pressed=true]")).to_have_text("4")

    teacher.do("Pause")
    for each in phones:
        each.expect("in", "pause")
        expect(each.page.locator("#task")).to_have_text("Eyes to the front")
        assert not each.page.locator("#canvas").is_visible()

    # Out: one by the teacher, one by themselves, with all that is theirs.
    misread.first.click()
    teacher.press("Take out who drew it")
    expect(second.page.locator("body")).to_have_attribute("data-state", re.compile("removed"))
    third.page.locator("#leave").tap()
    third.page.locator("#leave_now").tap()
    third.expect("left")
    drawn = [digit for digit in lesson.digits() if digit.member == lesson.member(first).id]
    assert lesson.digits() == drawn
    teacher.expect_digits(len(drawn))
    teacher.press("Close the door")
    first.expect("closed")
    own = server.address
    for each in (teacher, *phones):
        assert not each.visit.errors
        assert [url for url in each.visit.elsewhere if not url.startswith(own)] == []


def test_each_digit_arrives_once_through_silence_reload_and_lost_answers(lesson, phone):
    one = phone(before=WRONG_CLOCK + CUT)
    page, context = one.page, one.page.context
    one.expect("in", "free").wait_for_network()
    page.wait_for_function("navigator.serviceWorker.controller")  # which gives the page offline
    page.wait_for_function("async () => (await (await caches.open('pocket')).keys()).length >= 2")

    # Without a network: what is sent waits, also through a reload.
    context.set_offline(True)
    page.evaluate("localStorage.setItem('cut', 'yes')")
    for digit in (1, 7):
        one.write(digit)
        one.press(digit)
    expect(page.locator("#status")).to_have_text("No connection, 2 to send")
    page.reload()
    one.expect("in", "free").wait_for_network()
    expect(page.locator("#status")).to_contain_text("2 to send")
    assert lesson.digits() == []

    # The network is back, but the first answers are lost, and the class asks for patience.
    heard = []

    def disturb(route):
        heard.append(route.request.post_data_json["id"])
        if len(heard) <= 2:
            route.fetch()  # the class has it, the phone hears nothing
            route.abort()
        elif len(heard) <= 4:
            route.fulfill(status=429, headers={"Retry-After": "1"}, json={"error": "Slower."})
        else:
            route.continue_()

    context.route("**/digits", disturb)
    page.evaluate("localStorage.removeItem('cut')")
    context.set_offline(False)
    one.sent()
    assert len(heard) >= 6
    assert {digit.id for digit in lesson.wait_for_digits(2)} == set(heard)
    assert sorted(digit.label for digit in lesson.digits()) == [1, 7]
    assert not one.visit.errors


def test_what_a_phone_holds_in_two_tabs_is_one_members(lesson, phone):
    one = phone()
    one.expect("in").wait_for_network()
    other = one.page.context.new_page()
    other.goto(lesson.address)
    expect(other.locator("body")).to_have_attribute("data-state", "in")
    assert other.locator("#who").inner_text() == one.who()
    one.page.bring_to_front()
    one.write(1)
    one.press(1)
    assert [digit.label for digit in lesson.wait_for_digits(1)] == [1]
    one.sent()
    assert len(lesson.store.members(lesson.code)) == 1
    one.page.locator("#leave").tap()
    one.page.locator("#leave_now").tap()
    expect(other.locator("body")).to_have_attribute("data-state", "unknown")
    assert lesson.digits() == []
    assert lesson.store.members(lesson.code) == []
    other.locator("#enter").click()
    one.expect("in")
    assert len(lesson.store.members(lesson.code)) == 1


def test_the_door_and_who_is_let_in(lesson, phone):
    store, code = lesson.store, lesson.code
    store.set_admission(code, "one by one")
    one = phone()
    one.expect("waiting")
    sentence = one.page.locator("#sentence")
    expect(sentence).to_contain_text(f"You are the {one.who()}.")
    me = lesson.member(one).id
    store.admit(code, me)
    one.expect("in", "free").wait_for_network()
    one.write(1)
    one.press(1)
    assert len(lesson.wait_for_digits(1)) == 1
    one.sent()
    store.remove(code, me)
    one.expect("removed")
    expect(sentence).to_have_text("Your teacher has taken you out of this class.")
    store.bring_back(code, me)
    one.expect("in", "free")

    # What is drawn while the door is shut waits until it opens.
    one.page.context.set_offline(True)
    one.write(7)
    one.press(7)
    store.close(code)
    one.page.context.set_offline(False)
    one.expect("closed")
    expect(sentence).to_contain_text("waits here")
    late = phone()
    late.expect("closed")
    store.reopen(code)
    one.expect("in")
    late.expect("waiting")
    one.sent()
    assert [digit.label for digit in lesson.wait_for_digits(2)] == [1, 7]
    store.delete_class(code)
    one.expect("gone")
    assert one.page.evaluate("Object.keys(localStorage).filter(k => k.includes('class.'))") == []
    assert not one.visit.errors


def test_the_network_of_the_class_reads_what_is_drawn_already(lesson, phone):
    one = phone()
    one.expect("in").wait_for_network()
    one.write(5)
    bars = one.page.locator("#bars")
    before = bars.get_attribute("data-network")
    shares = "bars => bars.map(bar => Number(bar.dataset.probability))"
    read = one.page.eval_on_selector_all("#bars > *", shares)
    lesson.store.set_network(lesson.code, "report-ann")
    expect(bars).not_to_have_attribute("data-network", before)
    one.page.wait_for_function(
        """before => [...document.querySelectorAll('#bars > *')].some((bar, digit) =>
            Math.abs(bar.dataset.probability - before[digit]) > 1e-4)""",
        arg=read,
    )
    expect(one.page.locator("#about")).to_contain_text("class")


def test_a_phone_asleep_hears_nothing_and_catches_up(lesson, phone):
    """And one whose browser keeps nothing takes part until its page is closed."""
    one, other = phone(before=ASLEEP), phone(before=FORBIDDEN)
    for each in (one, other):
        each.expect("in", "free").wait_for_network()
    one.page.evaluate("fallAsleep(true)")
    lesson.do("write")
    other.expect("in", "write")
    one.expect("in", "free")
    one.page.evaluate("fallAsleep(false)")
    one.expect("in", "write")
    lesson.do("free")
    other.expect("in", "free")
    other.page.context.set_offline(True)
    other.write(1)
    other.press(1)
    expect(other.page.locator("#status")).to_contain_text("1 to send: keep this page open")
    other.page.context.set_offline(False)
    assert [digit.label for digit in lesson.wait_for_digits(1)] == [1]
    expect(other.page.locator("#status")).to_have_text("")
    assert not one.visit.errors
    assert not other.visit.errors


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_all_that_an_activity_needs_is_in_view(lesson, phone, size, needs_mnist):
    width, height = size
    one = phone(viewport={"width": width, "height": height})
    one.expect("in").wait_for_network()
    one.draw(5, height=0.6 * one.box()["height"])
    for kind, subject, shown in (
        ("free", None, "free"),
        ("write", None, "write"),
        ("fool", None, "fool"),
        ("fool", "mnist:7", "vote"),
        ("what", "mnist:7", "vote"),
        ("what", None, "what"),
        ("pause", None, "pause"),
    ):
        lesson.do(kind, subject)
        one.expect("in", shown)
        assert one.page.evaluate(PLACED) == [], (kind, subject)


def test_a_code_that_is_none_is_asked_for_again(visit, app, lesson):
    page = visit(address=f"{app}/join/NOSUCH").page
    expect(page.get_by_role("alert")).to_contain_text("There is no class with this code")
    page.get_by_label("The code on the board").fill(f" {lesson.code[:3].lower()}-{lesson.code[3:]}")
    page.get_by_role("button", name="Join").click()
    expect(page.locator("body")).to_have_attribute("data-state", "in")
    assert page.url == lesson.address
