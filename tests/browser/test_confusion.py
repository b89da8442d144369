"""From a number in the matrix to a digit, to why, and onto the canvas."""

import csv
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
    """Where a cell of the matrix is on the screen; 10 stands for the sums."""
    # Looked for in one go: the page may draw the chart anew at any moment.
    spot = page.wait_for_function(
        """([x, y]) => {
            const charts = [...document.querySelectorAll('.st-key-matrix .js-plotly-plot')];
            const chart = charts.filter(chart => chart._fullLayout && chart.offsetWidth).at(-1);
            if (!chart?.querySelector('.nsewdrag')) return null;
            chart.scrollIntoView({block: 'nearest'});
            const {xaxis, yaxis, _size} = chart._fullLayout;
            const box = chart.getBoundingClientRect();
            return [box.left + _size.l + xaxis.d2p(x), box.top + _size.t + yaxis.d2p(y)];
        }""",
        arg=[read, true],
        timeout=SLOW,
    )
    return spot.json_value()


def click_cell(page, true, read, wanted):
    """Click a cell, once the page has come to rest, and wait for its digits."""
    expect(samples(page).first).to_be_visible(timeout=SLOW)
    expect(page.locator("[data-test-script-state=notRunning]")).to_be_attached(timeout=SLOW)
    page.mouse.click(*cell(page, true, read))
    expect(page.locator(".st-key-samples_head").last).to_contain_text(wanted, timeout=SLOW)


def samples(page):
    return page.locator(".st-key-samples button[data-index]")


def count(run, true, read):
    found = runs.read_evaluation(runs.read(runs.SHIPPED_DIR / run))
    return int(evaluation.confusion_matrix(found.probabilities, found.labels)[true, read])


def test_from_a_cell_to_a_digit_to_the_canvas_to_another_guess(visit):
    window = visit("/confusion?run=report-ann")
    page = window.page
    click_cell(page, 4, 9, "4 read as 9")
    expect(samples(page)).to_have_count(count("report-ann", 4, 9))
    expect(page).to_have_url(re.compile("true=4&predicted=9"))
    first = samples(page).first
    expect(first).to_have_attribute("aria-label", re.compile("✗ 4→9"))
    index = first.get_attribute("data-index")
    first.click()
    expect(page.locator(".st-key-digit").last).to_contain_text(f"Digit {index}: a 4, read as 9")
    expect(page).to_have_url(re.compile(f"digit={index}"))
    maps = page.locator(".st-key-evidence img")
    expect(maps).to_have_count(2, timeout=3 * SLOW)  # TensorFlow starts
    expect(page.locator("table")).to_contain_text("pen-cnn")
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
    page = visit("/confusion?run=report-ann&other=pen-cnn").page
    found = [
        runs.read_evaluation(runs.read(runs.SHIPPED_DIR / n)) for n in ("report-ann", "pen-cnn")
    ]
    split = evaluation.disagreement(*(one.probabilities for one in found), found[0].labels)
    expect(page.locator(".st-key-headline")).to_contain_text("99.59%", timeout=SLOW)
    page.get_by_text(f"Only pen-cnn right · {len(split.only_second)}").click()
    heading = page.locator(".st-key-samples_head").last
    expect(heading).to_contain_text(f"Only pen-cnn right · {len(split.only_second)}")
    expect(samples(page)).to_have_count(24)
    expect(samples(page).first).to_have_attribute("aria-label", re.compile("✗ .* ✓ "))
    click_cell(page, 7, 2, "7 read as 2")
    expect(page).to_have_url(re.compile("other=pen-cnn&true=7&predicted=2"))


def test_everything_can_be_taken_away(visit):
    page = visit("/confusion?run=report-ann&true=9&predicted=4").page
    expect(samples(page)).to_have_count(count("report-ann", 9, 4), timeout=SLOW)
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
        page.locator(".st-key-matrix .modebar-btn").last.click()
    assert Image.open(download.value.path()).width > 800


def test_a_missing_evaluation_is_made_while_one_watches(visit):
    page = visit("/confusion?run=report-ann&dataset=optical-digits").page
    expect(page.get_by_text("has not been evaluated on optical-digits")).to_be_visible(timeout=SLOW)
    page.get_by_role("button", name="Evaluate report-ann on optical-digits").click()
    expect(page.locator(".st-key-headline")).to_contain_text("of 360 wrong", timeout=3 * SLOW)
    expect(samples(page).first).to_be_visible(timeout=SLOW)


def test_the_page_fits_a_phone(visit):
    page = visit("/confusion?run=report-ann&true=9&predicted=4", **PHONE).page
    expect(samples(page)).to_have_count(count("report-ann", 9, 4), timeout=SLOW)
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    box = page.locator(".st-key-matrix .js-plotly-plot").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390


def test_the_keyboard_opens_a_digit(visit):
    page = visit("/confusion?run=report-ann&true=9&predicted=4").page
    expect(samples(page)).to_have_count(count("report-ann", 9, 4), timeout=SLOW)
    index = samples(page).nth(1).get_attribute("data-index")
    samples(page).nth(1).focus()
    page.keyboard.press("Enter")
    expect(page.locator(".st-key-digit").last).to_contain_text(f"Digit {index}: a 9, read as 4")
