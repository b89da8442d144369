"""A person compares runs and takes a report home."""

import re

import pytest
from browser.hand import PHONE
from playwright.sync_api import expect

from mnist_core import runs
from mnist_core.experiments import reproductions

pytestmark = pytest.mark.browser
SLOW = 120_000  # milliseconds; networks are loaded and read 1,499 digits each


def test_reported_and_reproduced(visit):
    window = visit("/compare?view=Reports+reproduced")
    page = window.page
    expect(page.locator(".st-key-accuracies .js-plotly-plot")).to_be_visible(timeout=SLOW)
    marks = page.locator(".st-key-accuracies .point")
    rows = reproductions.read()
    reported = sum(
        claim.figure == "test"
        for name, claims in reproductions.REPORTED.items()
        for claim in claims
        if any(row.recipe == name for row in rows)
    )
    expect(marks).to_have_count(2 * len(rows) + reported)
    expect(page.locator(".st-key-findings p")).to_have_count(len(reproductions.findings(rows)))
    table = page.locator(".st-key-reproductions table")
    expect(table).to_be_visible()
    assert table.evaluate("e => e.getBoundingClientRect().right <= innerWidth")  # nothing cut off
    assert not window.elsewhere
    assert not window.errors


def test_runs_side_by_side(visit, needs_pens):
    window = visit("/compare?view=Runs+side+by+side")
    page = window.page
    expect(page.locator(".st-key-recommendation")).to_contain_text("Use ", timeout=SLOW)
    expect(page.locator(".st-key-recommendation")).to_contain_text("drawn by people")
    chart = page.locator(".st-key-accuracy_and_cost .js-plotly-plot")
    expect(chart).to_be_visible()
    names = page.locator(".st-key-accuracy_and_cost .textpoint")
    expect(names).to_have_count(len(runs.SHIPPED))
    expect(page.locator(".st-key-curves .js-plotly-plot")).to_be_visible()
    page.locator(".st-key-cost").get_by_text("Time for one image").click()
    # For a moment the old chart stands beside the new one.
    expect(chart.filter(has_text="one image, ms")).to_be_visible(timeout=SLOW)
    assert not window.errors


def test_a_report_is_written_read_offline_and_printed(visit, chromium, tmp_path):
    page = visit("/compare?view=Runs+side+by+side").page
    button = page.get_by_role("button", name="Write report")
    expect(button).to_be_visible(timeout=SLOW)
    # The network that is measured first may still hold the server up.
    with page.expect_download(timeout=SLOW) as download:
        button.click()
    name = download.value.suggested_filename
    assert name.removesuffix("-report.html") in runs.SHIPPED
    path = tmp_path / name
    download.value.save_as(path)
    asked, errors = [], []
    context = chromium.new_context(viewport={"width": 390, "height": 800}, offline=True)
    try:
        report = context.new_page()
        report.on("request", lambda request: asked.append(request.url))
        report.on("pageerror", lambda error: errors.append(str(error)))
        report.goto(path.as_uri())
        expect(report.get_by_role("heading", level=1)).to_have_text(name[: -len("-report.html")])
        expect(report.get_by_role("heading", level=2)).to_have_count(11)
        expect(report.get_by_role("img", name=re.compile("Confusion matrix"))).to_be_visible()
        overflow = "document.documentElement.scrollWidth - window.innerWidth"
        assert report.evaluate(overflow) <= 0
        broken = "[...document.images].filter(i => !i.complete || !i.naturalWidth).length"
        assert report.evaluate(broken) == 0
        pdf = report.pdf(prefer_css_page_size=True)
    finally:
        context.close()
    assert errors == []
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert pdf.startswith(b"%PDF")
    assert 3 <= len(re.findall(rb"/Type\s*/Page\b", pdf)) <= 12


@pytest.mark.parametrize("view", ["Reports reproduced", "Runs side by side"])
def test_it_fits_a_phone(visit, view):
    page = visit(f"/compare?view={view.replace(' ', '+')}", **PHONE).page
    key = "findings" if view.startswith("Reports") else "report"
    expect(page.locator(f".st-key-{key}")).to_be_visible(timeout=SLOW)
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
