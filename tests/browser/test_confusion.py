"""From a number in the matrix to a digit, to why, and onto the canvas."""

import csv
import datetime
import io
import re

import pytest
from browser.hand import PHONE, Hand
from PIL import Image
from playwright.sync_api import expect

from mnist_core import evaluation, runs

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("needs_mnist")]

SLOW = 60_000  # milliseconds for what loads a network or a dataset


def cell(page, true, read):
    """A cell of the matrix; 10 stands for the sums."""
    return page.locator(f".st-key-matrix button[data-true='{true}'][data-read='{read}']")


def click_cell(page, true, read, wanted):
    """Click a cell, and wait for its digits."""
    expect(samples(page).first).to_be_visible(timeout=SLOW)
    cell(page, true, read).click()
    expect(page.locator(".st-key-samples_head").last).to_contain_text(wanted, timeout=SLOW)


def samples(page):
    return page.locator(".st-key-samples button[data-index]")


def count(run, true, read):
    found = runs.read_evaluation(runs.read(runs.SHIPPED_DIR / run))
    return int(evaluation.confusion_matrix(found.probabilities, found.labels)[true, read])


def on_first_page(run, true, read):
    """So many of a cell's digits stand on its first page."""
    return min(count(run, true, read), 24)


def test_from_a_cell_to_a_digit_to_the_canvas_to_another_guess(visit):
    window = visit("/confusion?run=report-ann")
    page = window.page
    click_cell(page, 4, 9, "4 read as 9")
    expect(samples(page)).to_have_count(on_first_page("report-ann", 4, 9))
    expect(page).to_have_url(re.compile("true=4&predicted=9"))
    first = samples(page).first
    expect(first).to_have_attribute("aria-label", re.compile("✗ 4→9"))
    index = first.get_attribute("data-index")
    first.click()
    expect(page.locator(".st-key-digit").last).to_contain_text(f"Digit {index}: a 4, read as 9")
    expect(page.locator(".st-key-digit h3").last).to_have_text("Label 4 · Guess 9 ✗")
    expect(page).to_have_url(re.compile(f"digit={index}"))
    maps = page.locator(".st-key-evidence img")
    expect(maps).to_have_count(2, timeout=3 * SLOW)  # TensorFlow starts
    expect(page.get_by_role("row", name=runs.DEFAULT_RUN)).to_be_visible()
    page.locator(".st-key-to_canvas_button button:visible").last.click()
    expect(page.get_by_text(f"Test digit {index} of mnist")).to_be_visible(timeout=SLOW)
    expect(page.get_by_role("combobox", name="Network")).to_have_value(re.compile("report-ann"))
    hand = Hand(page)
    assert hand.wait_for_guess("9") == "9"
    before = page.locator(".st-key-confidence").last.inner_text()
    hand.stroke([(100, 300), (170, 310), (250, 300)])  # a foot: no longer a 9, or less surely
    hand.stroke([(100, 318), (170, 325), (250, 318)])
    expect(page.locator(".st-key-confidence").last).not_to_have_text(before)
    assert not window.elsewhere
    assert not window.errors


def test_rows_columns_and_everything_again(visit):
    page = visit("/confusion?run=report-ann").page
    click_cell(page, 10, 9, "Everything read as 9")
    expect(page).to_have_url(re.compile(r"dataset=mnist&predicted=9$"))
    click_cell(page, 4, 10, "All the 4s")
    expect(page).to_have_url(re.compile(r"dataset=mnist&true=4$"))
    page.locator(".st-key-select_all button:visible").last.click()
    expect(page.locator(".st-key-samples_head").last).to_contain_text("All digits · 10,000")


def test_a_shared_address_shows_the_same_and_going_back_returns(visit):
    first = visit("/confusion?run=report-ann").page
    click_cell(first, 7, 2, "7 read as 2")
    second = visit(first.url.replace(first.url.split("/confusion")[0], "")).page
    shown = f"7 read as 2 · {count('report-ann', 7, 2)}"
    expect(second.locator(".st-key-samples_head")).to_contain_text(shown, timeout=SLOW)
    expect(samples(second)).to_have_count(count("report-ann", 7, 2))
    second.get_by_role("link", name="Draw").click()
    Hand(second)
    second.get_by_role("link", name="Confusion").click()
    expect(second.locator(".st-key-samples_head").last).to_contain_text(shown)


def test_two_runs_compared(visit):
    usual = runs.DEFAULT_RUN
    page = visit(f"/confusion?run=report-ann&other={usual}").page
    both = [runs.read(runs.SHIPPED_DIR / name) for name in ("report-ann", usual)]
    found = [runs.read_evaluation(run) for run in both]
    split = evaluation.disagreement(*(one.probabilities for one in found), found[0].labels)
    expect(page.locator(".st-key-headline")).to_contain_text(
        f"{both[1].metrics.test_accuracy:.2%}", timeout=SLOW
    )
    page.get_by_text(f"Only {usual} right · {len(split.only_second)}").click()
    heading = page.locator(".st-key-samples_head").last
    expect(heading).to_contain_text(f"Only {usual} right · {len(split.only_second)}")
    expect(samples(page)).to_have_count(24)
    expect(samples(page).first).to_have_attribute("aria-label", re.compile("✗ .* ✓ "))
    click_cell(page, 7, 2, "7 read as 2")
    expect(page).to_have_url(re.compile(f"other={usual}&true=7&predicted=2"))


def test_everything_can_be_taken_away(visit):
    page = visit("/confusion?run=report-ann&true=9&predicted=4").page
    expect(samples(page)).to_have_count(on_first_page("report-ann", 9, 4), timeout=SLOW)
    with page.expect_download() as download:
        page.get_by_role("button", name="List as CSV").click()
    rows = list(csv.DictReader(io.StringIO(download.value.path().read_text())))
    assert len(rows) == count("report-ann", 9, 4)
    assert {(row["true"], row["predicted"]) for row in rows} == {("9", "4")}
    with page.expect_download() as download:
        page.get_by_role("button", name="Matrix as CSV").click()
    matrix = list(csv.reader(io.StringIO(download.value.path().read_text())))
    assert int(matrix[10][5]) == count("report-ann", 9, 4)
    with page.expect_download() as download:
        page.get_by_role("button", name="Contact sheet").click()
    sheet = Image.open(download.value.path())
    assert sheet.width > 1000
    with page.expect_download() as download:
        page.get_by_role("button", name="Matrix as picture").click()
    assert Image.open(download.value.path()).width > 800
    today = datetime.date.today().isoformat()
    assert download.value.suggested_filename == f"confusion_report-ann_mnist_{today}.png"


def test_a_missing_evaluation_is_made_while_one_watches(visit):
    page = visit("/confusion?run=report-ann&dataset=optical-digits").page
    expect(page.get_by_text("has not been evaluated on optical-digits")).to_be_visible(timeout=SLOW)
    page.get_by_role("button", name="Evaluate report-ann on optical-digits").click()
    expect(page.locator(".st-key-headline")).to_contain_text("of 360 wrong", timeout=3 * SLOW)
    expect(samples(page).first).to_be_visible(timeout=SLOW)


def test_the_page_fits_a_phone(visit):
    page = visit("/confusion?run=report-ann&true=9&predicted=4", **PHONE).page
    expect(samples(page)).to_have_count(on_first_page("report-ann", 9, 4), timeout=SLOW)
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    box = page.locator(".st-key-matrix table").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    cell(page, 7, 2).tap()  # once
    expect(page.locator(".st-key-samples_head")).to_contain_text("7 read as 2", timeout=SLOW)


def test_the_keyboard_opens_a_digit(visit):
    page = visit("/confusion?run=report-ann&true=9&predicted=4").page
    expect(samples(page)).to_have_count(on_first_page("report-ann", 9, 4), timeout=SLOW)
    index = samples(page).nth(1).get_attribute("data-index")
    samples(page).nth(1).focus()
    page.keyboard.press("Enter")
    expect(page.locator(".st-key-digit").last).to_contain_text(f"Digit {index}: a 9, read as 4")


def test_the_keyboard_goes_through_the_matrix(visit):
    page = visit("/confusion?run=report-ann&true=9&predicted=3").page
    expect(samples(page).first).to_be_visible(timeout=SLOW)
    cell(page, 9, 3).focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.locator(".st-key-samples_head").last).to_contain_text("9 read as 4", timeout=SLOW)
    expect(cell(page, 9, 4)).to_be_focused()
    expect(cell(page, 9, 4)).to_have_attribute("aria-pressed", "true")


@pytest.mark.parametrize(("width", "height"), [(1024, 768), (1280, 800), (1920, 1080)])
def test_the_whole_matrix_is_seen_without_scrolling(visit, width, height):
    size = {"width": width, "height": height}
    page = visit("/confusion?run=report-ann", viewport=size).page
    expect(samples(page).first).to_be_visible(timeout=SLOW)
    box = page.locator(".st-key-matrix table").bounding_box()
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= height
    if width == 1920:  # for those in the back row
        figures = cell(page, 1, 1).evaluate("cell => parseFloat(getComputedStyle(cell).fontSize)")
        assert figures >= 28
        fits = "cell => cell.scrollWidth <= cell.clientWidth"
        assert cell(page, 1, 1).evaluate(fits)


def test_a_selection_leaves_width_and_columns_as_they_are(visit):
    page = visit("/confusion?run=report-ann", viewport={"width": 1280, "height": 800}).page
    expect(samples(page).first).to_be_visible(timeout=SLOW)
    page.evaluate(
        """() => {
            window.places = new Set();
            (function look() {
                const matrix = document.querySelector('.st-key-matrix')?.getBoundingClientRect();
                const grid = document.querySelector('.st-key-samples')?.getBoundingClientRect();
                if (matrix) window.places.add(`matrix ${matrix.x} ${matrix.width}`);
                if (grid) window.places.add(`grid ${grid.x} ${grid.width}`);
                requestAnimationFrame(look);
            })();
        }"""
    )
    for true, read in ((4, 9), (7, 2)):
        click_cell(page, true, read, f"{true} read as {read}")
    page.locator(".st-key-confusion_view").get_by_text("Figures").click()
    expect(page.locator(".st-key-in_words")).to_be_visible(timeout=SLOW)
    page.locator(".st-key-confusion_view").get_by_text("Matrix").click()
    expect(samples(page).first).to_be_visible(timeout=SLOW)
    assert page.evaluate("window.places.size") == 2, page.evaluate("[...window.places]")
