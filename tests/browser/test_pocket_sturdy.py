"""The page without Streamlit where something is missing, altered, forbidden or in the way."""

import numpy as np
import pytest
from browser.hand import PocketHand
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

UPRIGHT = {"viewport": {"width": 390, "height": 844}}
FORBIDDEN = """
for (const name of ['localStorage', 'caches']) {
    Object.defineProperty(window, name, {get() { throw new DOMException('no', 'SecurityError'); }});
}
"""
NO_WORKER = "window.Worker = class { constructor() { throw new Error('no worker here'); } };"
NO_WASM = "delete window.WebAssembly;"
# What the page hands its worker is counted; whether it is seen is what the test says.
COUNTED = """
window.handed = 0;
const post = Worker.prototype.postMessage;
Worker.prototype.postMessage = function (...given) { window.handed++; post.apply(this, given); };
window.away = false;
Object.defineProperty(document, 'hidden', {get: () => window.away});
window.goAway = away => {
    window.away = away;
    document.dispatchEvent(new Event('visibilitychange'));
};
"""
# What a box is told from the page by, where the system's colours are forced.
EDGES = """() => [...document.querySelectorAll(
    'button:not(dialog button), fieldset, #canvas, #form, #bars .track')].map(element => {
    const style = getComputedStyle(element);
    const page = getComputedStyle(document.documentElement).backgroundColor;
    return [element.id || element.textContent || element.className,
            parseFloat(style.borderTopWidth) > 0 && style.borderTopColor !== page];
})"""


@pytest.fixture
def opened(chromium, app):
    """Opens the page; `before` is told of the page before it is asked for."""
    contexts = []

    def open_page(before=lambda page: None, network=True, **options):
        context = chromium.new_context(**UPRIGHT | options)
        contexts.append(context)
        page = context.new_page()
        page.errors = []
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        before(page)
        page.goto(f"{app}/pocket")
        hand = PocketHand(page)
        if network:
            hand.wait_for_network()
        return hand

    yield open_page
    for context in contexts:
        context.close()


def test_an_altered_network_is_not_read_with(opened):
    def alter(route):
        body = route.fetch().body()
        route.fulfill(body=body[:-1] + bytes([body[-1] ^ 1]))

    hand = opened(lambda page: page.route("**/networks/*", alter), False, service_workers="block")
    problem = hand.page.locator("#problem")
    expect(problem).to_be_visible()
    expect(problem).to_contain_text("The network did not arrive")
    hand.draw(3)  # one can draw all the same
    assert hand.page.locator("#undo").is_enabled()
    hand.page.unroute("**/networks/*")
    problem.get_by_role("button", name="Load again").click()
    hand.wait_for_network()
    hand.draw(3)
    assert hand.wait_for_guess("3") == "3"


def test_a_copy_that_was_altered_on_the_way_is_asked_for_again(opened):
    asked = []

    def alter_once(route):
        asked.append(route)
        body = route.fetch().body()
        route.fulfill(body=body[:1000] if len(asked) == 1 else body)

    hand = opened(lambda page: page.route("**/networks/*", alter_once), service_workers="block")
    assert len(asked) >= 2
    hand.draw(7)
    assert hand.wait_for_guess("7") == "7"


@pytest.mark.parametrize("script", [FORBIDDEN, NO_WORKER], ids=["storage", "worker"])
def test_without_storage_or_worker_it_reads(opened, script):
    hand = opened(lambda page: page.add_init_script(script))
    hand.draw(2)
    assert hand.wait_for_guess("2") == "2"
    hand.page.get_by_label("A number").check()
    assert not hand.page.errors


def test_without_javascript_one_sentence_says_so(chromium, app):
    context = chromium.new_context(java_script_enabled=False, **UPRIGHT)
    page = context.new_page()
    page.goto(f"{app}/pocket")
    expect(page.locator(".notice")).to_be_visible()
    context.close()


def test_right_to_left_and_turned_while_one_draws(opened):
    hand = opened()
    page = hand.page
    page.evaluate("document.documentElement.dir = 'rtl'")

    def turn(spot):
        page.set_viewport_size({"width": 844, "height": 390})
        expect(page.locator("#guess")).to_have_text("7")

    hand.draw(7, before_lifting=turn)
    assert hand.wait_for_guess("7") == "7"
    assert page.evaluate("document.documentElement.scrollWidth") <= 844
    page.set_viewport_size({"width": 390, "height": 844})
    page.locator("#undo").click()
    hand.draw(4)
    assert hand.wait_for_guess("4") == "4"
    assert not page.errors


def test_a_palm_and_a_second_finger_draw_nothing(opened):
    hand = opened()
    drawn = """steps => {
        const canvas = document.querySelector('#canvas');
        const box = canvas.getBoundingClientRect();
        for (const [kind, pointerId, pointerType, x, y, width] of steps) {
            canvas.dispatchEvent(new PointerEvent('pointer' + kind, {
                pointerId, pointerType, width, height: width, bubbles: true, button: 0, buttons: 1,
                clientX: box.left + x * box.width, clientY: box.top + y * box.height,
            }));
        }
    }"""
    palm = [("down", 1, "touch", 0.8, 0.9, 120), ("move", 1, "touch", 0.9, 0.9, 120)]
    hand.page.evaluate(drawn, palm)
    assert hand.page.locator("#clear").is_disabled()
    finger = [("down", 2, "touch", 0.5, 0.2, 20), ("down", 3, "touch", 0.9, 0.9, 20)]
    finger += [("move", 3, "touch", 0.1, 0.9, 20), ("up", 3, "touch", 0.1, 0.9, 20)]
    finger += [("move", 2, "touch", 0.5, 0.2 + 0.06 * step, 20) for step in range(11)]
    finger += [("up", 2, "touch", 0.5, 0.8, 20)]
    hand.page.evaluate(drawn, finger)
    assert hand.wait_for_guess("1") == "1"
    hand.page.locator("#clear").click()
    # The side of the hand comes first, then the pen that it holds.
    pen = [("down", 4, "touch", 0.9, 0.9, 30), ("move", 4, "touch", 0.8, 0.95, 30)]
    pen += [("down", 5, "pen", 0.5, 0.2, 1)]
    pen += [("move", 5, "pen", 0.5, 0.2 + 0.06 * step, 1) for step in range(11)]
    pen += [("up", 5, "pen", 0.5, 0.8, 1)]
    hand.page.evaluate(drawn, pen)
    assert hand.wait_for_guess("1") == "1"


def test_opened_a_second_time_it_needs_no_network(opened):
    hand = opened()
    page = hand.page
    page.wait_for_function(
        """async () => {
            const kept = await (await caches.open('pocket')).keys();
            return kept.length === 2 && navigator.serviceWorker.controller;
        }"""
    )
    page.context.set_offline(True)
    page.goto(page.url)
    hand.wait_for_network()
    hand.draw(5)
    assert hand.wait_for_guess("5") == "5"
    assert not page.errors


def test_forced_colours_leave_edges_marks_and_ink(opened):
    """Where backgrounds and shadows go, borders and the system's own highlight say it."""
    page = opened(forced_colors="active").page
    hand = PocketHand(page)
    hand.draw(7)
    assert hand.wait_for_guess("7") == "7"
    edges = page.evaluate(EDGES)
    assert len(edges) >= 10 + 3 + 1 + 2 + 10
    assert [name for name, seen in edges if not seen] == []
    colour = "element => getComputedStyle(element).backgroundColor"
    best, other = (page.locator(f"#bars .row:nth-child({n}) .fill") for n in (8, 1))
    assert best.evaluate(colour) != other.evaluate(colour)
    checked, free = (page.locator("fieldset span").nth(n) for n in (0, 1))
    assert checked.evaluate(colour) != free.evaluate(colour)
    ink = """canvas => {
        const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        const levels = data.filter((_, at) => at % 4 < 3);
        return [getComputedStyle(canvas).backgroundColor, levels.reduce((a, b) => Math.max(a, b))];
    }"""
    assert page.locator("#canvas").evaluate(ink) == ["rgb(16, 16, 16)", 255]


def test_a_hidden_page_does_no_work_until_it_is_seen(opened):
    """Another window teaches the reader meanwhile."""
    hand = opened(lambda page: page.add_init_script(COUNTED))
    page = hand.page
    hand.draw(7)
    assert hand.wait_for_guess("7") == "7"
    other = page.context.new_page()
    other.goto(page.url)
    second = PocketHand(other)
    second.wait_for_network()
    second.draw(7)
    assert second.wait_for_guess("7") == "7"
    page.evaluate("goAway(true)")
    handed = page.evaluate("handed")
    page.evaluate("addEventListener('storage', () => { window.told = true; })")
    other.locator("#correct button").nth(1).click()
    assert second.wait_for_guess("1") == "1"
    page.wait_for_function("window.told")
    page.evaluate("new Promise(done => setTimeout(done, 500))")  # time in which it might work
    assert page.evaluate("handed") == handed
    assert hand.guess() == "7"
    page.evaluate("goAway(false)")
    assert hand.wait_for_guess("1") == "1"
    assert page.evaluate("handed") > handed


@pytest.mark.parametrize("where", ["page", "worker"])
def test_without_webassembly_the_same_is_read(opened, where):
    """Missing where the page itself reads; or forbidden by the page's policy, in its worker."""

    def forbid(route):
        answer = route.fetch()
        policy = answer.headers["content-security-policy"]
        for word in ("'wasm-unsafe-eval'", "'unsafe-eval'"):
            policy = policy.replace(word, "")
        route.fulfill(
            response=answer, headers={**answer.headers, "content-security-policy": policy}
        )

    def without(page):
        if where == "page":
            page.add_init_script(NO_WORKER + NO_WASM)
        else:
            page.route("**/pocket", forbid)

    shares = "bars => bars.map(bar => Number(bar.dataset.probability))"
    read = []
    for before in (lambda page: None, without):
        hand = opened(before, service_workers="block")
        hand.draw(5)
        assert hand.wait_for_guess("5") == "5"
        read.append(hand.page.eval_on_selector_all("#bars > *", shares))
        assert not hand.page.errors
    assert np.abs(np.subtract(*read)).max() < 1e-4
