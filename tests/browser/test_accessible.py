"""Every page for everybody: axe finds nothing, fingers find every target, the focus is seen."""

import re
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from browser.class_room import Lesson
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("needs_mnist")]
SLOW = 120_000  # milliseconds
WINDOWS = ((390, 664), (1024, 768), (1920, 1080))
FINGER = 44  # pixels

# What is looked at, and what is there once all of it is.
PLACES = {
    "/": ".st-key-canvas canvas",
    "/inside?run=report-ann&layer=dense&unit=3": ".inside[data-live=true] .unit .story",
    "/train": ".st-key-runs_table, .st-key-all_runs, h2",
    "/confusion?run=report-ann&true=4": ".st-key-samples button",
    "/confusion?run=report-ann&view=figures": ".st-key-answering_chart .js-plotly-plot",
    "/confusion?run=report-ann&view=labels": ".st-key-doubts button",
    "/confusion?run=report-ann&digit=340": ".st-key-digit_bars .js-plotly-plot",
    "/confusion?run=report-ann&other=cnn": ".st-key-samples button",
    "/compare?view=What+each+choice+does": ".st-key-conclusion",
    "/compare?view=Reports+reproduced": ".st-key-findings",
    "/compare?view=Runs+side+by+side": ".st-key-recommendation p",
    "/compare?view=Search": ".st-key-search_start",
    "/data?dataset=optical-digits": ".st-key-one_hot td",
    "/data?dataset=optical-digits&part=Samples": ".st-key-samples :is(img, button)",
    "/data?dataset=optical-digits&part=Typical": ".st-key-least_typical :is(img, button)",
    "/data?dataset=optical-digits&part=Map": ".st-key-map canvas[data-ready]",
    "/data?dataset=optical-digits&part=Odd+ones": "h2 >> nth=1",
    "/classroom": ".st-key-open_class button",
    "/lesson": "h2 >> nth=0",
}

# Buttons, links and fields whose place on the screen is smaller than a finger. A field's place is
# its frame, that of a box to be ticked its line, that of a slider its track.
TOO_SMALL = """finger => {
    const frame = ['.stCheckbox label', '.react-aria-ComboBox > [role=group]',
                   '.stSlider [data-orientation]'].join();
    const found = [];
    (function walk(root) {
        for (const element of root.querySelectorAll('*')) {
            if (element.shadowRoot) walk(element.shadowRoot);
            if (!element.matches('button, a[href], input, summary, textarea, [role="button"]')) {
                continue;
            }
            const box = (element.closest(frame) ?? element).getBoundingClientRect();
            const hidden = !element.checkVisibility({visibilityProperty: true});
            const within = element.closest('p, li:not(nav li), [data-testid="stSkipToContent"]');
            // Ten cells of a matrix beside each other are as wide as the screen has them.
            const wide = element.closest('table.matrix') ? 24 : finger;
            if (hidden || within || (box.width >= wide && box.height >= finger)) continue;
            const name = element.ariaLabel || element.innerText || element.outerHTML.slice(0, 99);
            found.push(`${name}: ${Math.round(box.width)} x ${Math.round(box.height)}`);
        }
    })(document);
    return found;
}"""

# Choices of which one has to scroll to see them.
BEYOND_THE_EDGE = """() => [...document.querySelectorAll('.stButtonGroup button')]
    .filter(button => button.checkVisibility({visibilityProperty: true}))
    .filter(button => button.getBoundingClientRect().right > innerWidth)
    .map(button => button.innerText)"""

# Whatever the Tab key reaches has an outline, or lies within what has.
FOCUS_UNSEEN = """() => {
    const seen = element => {
        for (; element; element = element.parentElement ?? element.getRootNode().host) {
            const style = getComputedStyle(element);
            if (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2) return true;
        }
        return false;
    };
    const found = [];
    (function walk(root) {
        for (const element of root.querySelectorAll('*')) {
            if (element.shadowRoot) walk(element.shadowRoot);
            const visible = element.checkVisibility({visibilityProperty: true});
            if (element.tabIndex < 0 || !visible || element.matches(':disabled')) continue;
            element.focus({focusVisible: true, preventScroll: true});
            if (element.matches(':focus') && !seen(element)) {
                found.push(element.outerHTML.slice(0, 160));
            }
        }
    })(document);
    document.activeElement.blur();
    return found;
}"""


# What is about to be drawn anew fades for a moment, whenever a part of the page looks for news.
# That is no colour of the page: here nothing fades.
NO_FADING = """* { transition: none !important }
[data-stale=true] { opacity: 1 !important }"""

# Fulfilled once the page has been left as it is for a moment: a window that changes its size is
# followed by menus and columns that change theirs.
AT_REST = """() => new Promise(done => {
    let timer;
    const watch = new MutationObserver(wait);
    function wait() {
        clearTimeout(timer);
        timer = setTimeout(() => { watch.disconnect(); done(); }, 200);
    }
    watch.observe(document, {subtree: true, childList: true, attributes: true});
    wait();
})"""


def violations(page, rules=None):
    """What axe finds on the page: each rule with the first elements that break it."""
    options = {"resultTypes": ["violations"]}
    if rules:
        options["runOnly"] = {"type": "rule", "values": rules}
    found = page.evaluate("options => axe.run(options)", options)["violations"]
    return [
        f"{rule['id']}: {node['html'][:200]} {node['failureSummary'][:300]}"
        for rule in found
        for node in rule["nodes"][:3]
    ]


@pytest.fixture(scope="module")
def opened(chromium, app):
    """Opens a place in a window that all share, and waits until all of it is there."""
    context = chromium.new_context(viewport={"width": 1024, "height": 768})
    page = context.new_page()

    def go(place):
        page.set_viewport_size({"width": 1024, "height": 768})
        page.emulate_media(color_scheme="light")
        page.goto(app + place)
        expect(page.locator(PLACES[place]).last).to_be_visible(timeout=SLOW)
        expect(page.locator("[data-test-script-state=notRunning]")).to_be_attached(timeout=SLOW)
        page.add_style_tag(content=NO_FADING)
        page.evaluate(AXE_SCRIPT)
        return page

    yield go
    context.close()


@pytest.mark.parametrize("place", PLACES)
def test_everybody_can_use_it(opened, place):
    page = opened(place)
    for width, height in WINDOWS:
        page.set_viewport_size({"width": width, "height": height})
        page.evaluate(AT_REST)
        assert violations(page) == [], width
        if width == min(WINDOWS)[0]:
            assert page.evaluate(TOO_SMALL, FINGER) == []
            assert page.evaluate(BEYOND_THE_EDGE) == []
    assert page.evaluate(FOCUS_UNSEEN) == []
    page.emulate_media(color_scheme="dark")
    is_dark = re.compile("rgb\\([0-4]?\\d,")
    expect(page.locator(".stApp")).to_have_css("background-color", is_dark)
    for width, height in reversed(WINDOWS):
        page.set_viewport_size({"width": width, "height": height})
        page.evaluate(AT_REST)
        # A theme changes colours and nothing else.
        assert violations(page, ["color-contrast", "link-in-text-block"]) == [], width


def test_no_page_is_left_out(opened):
    page = opened("/")
    links = page.locator("[data-testid=stTopNavLinkContainer] a, [data-testid=stSidebarNavLink]")
    expect(links).to_have_count(len({urlsplit(place).path for place in PLACES}))
    there = {urlsplit(link.get_attribute("href")).path or "/" for link in links.all()}
    assert there == {urlsplit(place).path for place in PLACES}


def test_on_a_phone_the_menu_has_a_name(opened):
    page = opened("/data?dataset=optical-digits")
    page.set_viewport_size({"width": 390, "height": 664})
    page.get_by_role("button", name="Menu", exact=True).click()
    expect(page.get_by_role("link", name="Confusion")).to_be_in_viewport()
    page.get_by_role("button", name="Close the menu").click()
    expect(page.get_by_role("button", name="Menu", exact=True)).to_be_visible()


@pytest.mark.parametrize("place", ["/pocket", "/join/CODE", "/join"])
def test_the_pages_for_phones(chromium, server, place):
    page = chromium.new_page(viewport={"width": 390, "height": 664})
    page.goto(server.address + place.replace("CODE", Lesson(server).code))
    expect(page.locator("#canvas, #code")).to_be_visible(timeout=SLOW)
    page.evaluate(AXE_SCRIPT)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert violations(page) == [], scheme
    assert page.evaluate(TOO_SMALL, FINGER) == []
    page.close()


def test_the_page_of_a_class(opened):
    page = opened("/classroom")
    page.locator(".st-key-sample_class button:visible").click()
    tiles = page.locator(".st-key-wall .tile")
    expect(tiles.last).to_be_visible(timeout=SLOW)
    expect(page.locator("[data-test-script-state=notRunning]")).to_be_attached(timeout=SLOW)
    for width, height in WINDOWS:
        page.set_viewport_size({"width": width, "height": height})
        page.evaluate(AT_REST)
        assert violations(page) == [], width
        if width == min(WINDOWS)[0]:
            assert page.evaluate(TOO_SMALL, FINGER) == []
    assert page.evaluate(FOCUS_UNSEEN) == []
    tiles.first.focus()
    page.keyboard.press("ArrowRight")
    expect(tiles.nth(1)).to_be_focused()
    page.emulate_media(color_scheme="dark")
    assert violations(page, ["color-contrast"]) == []
