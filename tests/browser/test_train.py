"""A class trains networks, watches them learn, draws meanwhile, and uses what came out."""

import re
import shutil

import pytest
from browser.hand import Hand, pick_network
from playwright.sync_api import TimeoutError, expect

from mnist_core import runs

pytestmark = pytest.mark.browser
SLOW = 180_000  # milliseconds that a busy machine may take to start a training
ROW = 35  # pixels, of the table of runs


@pytest.fixture
def classroom(own_server, monkeypatch):
    monkeypatch.setenv("MODELS_DIR", str(own_server.models))
    yield own_server
    for run in runs.all_runs():  # whatever still trains is ended with the test
        if run.active:
            runs.ask_to_stop(run, runs.DISCARD)


def pick(page, key, option):
    """Choose from a list; it closes if the page is drawn anew in that very moment."""
    choice = page.get_by_role("option").filter(has_text=option).first
    for _ in range(10):
        page.locator(f".st-key-{key} [role=combobox]").click()
        try:
            choice.click(timeout=5000)
            return
        except TimeoutError:
            page.keyboard.press("Escape")
    pytest.fail(f"There is no {option} to choose.")


def press(page, key):
    # While a part of the page is drawn anew, its old button lies hidden beside the new one.
    page.locator(f".st-key-{key} button").locator("visible=true").last.click()


def fill(page, key, text):
    box = page.locator(f".st-key-{key} input")
    box.fill(str(text))
    box.press("Enter")


def train(page, dataset, epochs, name):
    pick(page, "report-ann-dataset", dataset)
    fill(page, "report-ann-epochs", epochs)
    fill(page, "report-ann-name", name)
    expect(page.locator(".st-key-train button")).to_be_enabled()
    page.wait_for_timeout(1000)  # what was typed is on its way to the server
    page.locator(".st-key-train button").click()
    expect(page.locator(".st-key-watch h2")).to_have_text(name)
    expect(page).to_have_url(re.compile(f"run={name}"))


def row_of(name):
    return [run.name for run in runs.all_runs()].index(name)


def select_row(page, name):
    """Tick a run in the table, whose cells are painted on a canvas; once it moves no more."""
    table = page.locator(".st-key-runs [data-testid=stDataFrame]").last
    table.click(position={"x": 20, "y": ROW * (row_of(name) + 1.5)})


def test_train_watch_stop_restart_and_use(classroom, visit, wait, needs_mnist):
    window = visit("/train", classroom.address)
    page = window.page
    watch = page.locator(".st-key-watch")
    expect(watch).to_contain_text("press Train", timeout=SLOW)
    # The first page that a server is asked for has the navigation too.
    expect(page.get_by_role("link", name="Draw")).to_be_visible()
    expect(page.get_by_text("streamlit app")).to_have_count(0)
    train(page, "optical-digits", 9000, "long")
    expect(watch).to_contain_text("Epoch", timeout=SLOW)
    expect(page.locator(".st-key-guesses figure")).to_have_count(9)
    expect(page.locator(".st-key-curve-accuracy .js-plotly-plot").first).to_be_visible()
    assert not window.elsewhere
    # Drawing stays live meanwhile.
    drawing = visit("/", classroom.address).page
    hand = Hand(drawing)
    expect(drawing.locator(".st-key-confidence").last).to_contain_text("Draw a digit", timeout=SLOW)
    hand.wait_for_rest()
    hand.draw(3)
    assert hand.wait_for_guess("3", 120) == "3"
    # A second run waits, and is still there after a reload and for everybody else.
    train(page, "mnist", 1, "short")
    expect(watch).to_contain_text("Waiting for its turn")
    page.reload()
    expect(page.locator(".st-key-watch h2")).to_have_text("short")
    other = visit("/train?run=long", classroom.address).page
    expect(other.locator(".st-key-queue")).to_contain_text("short")
    # The training does not need the server.
    classroom.stop()
    rows = len(runs.read_history(runs.read("long")))
    assert wait(lambda: len(runs.read_history(runs.read("long"))) > rows)
    assert runs.read("long").status == runs.RUNNING
    classroom.start()
    page.goto(f"{classroom.address}/train?run=long")
    expect(watch).to_contain_text("Epoch", timeout=SLOW)
    press(page, "stop")
    expect(watch).to_contain_text("Test accuracy", timeout=SLOW)
    assert runs.read("long").status == runs.STOPPED
    # The other one has its turn, and reads on the drawing page a moment later.
    page.goto(f"{classroom.address}/train?run=short")
    expect(watch).to_contain_text("Test accuracy", timeout=SLOW)
    press(page, "use")
    expect(page.get_by_role("combobox", name="Network")).to_have_value(
        "short – " + f"{runs.read('short').metrics.test_accuracy:.2%} of the test digits of MNIST"
    )
    hand = Hand(page)
    hand.wait_for_rest()
    hand.draw(1)
    assert hand.wait_for_guess("1", 120) == "1"


def test_runs_are_compared_renamed_deleted_and_had_back(classroom, visit, wait, tiny_run):
    for name in ("first", "second"):
        shutil.copytree(tiny_run.path, classroom.models / name)
    page = visit("/train", classroom.address).page
    table = page.locator(".st-key-table")
    expect(table.locator("canvas").first).to_be_visible()
    page.wait_for_timeout(2000)
    select_row(page, "first")
    expect(page.locator(".st-key-actions")).to_be_visible()
    select_row(page, "second")
    expect(table.locator(".js-plotly-plot").first).to_be_visible()
    select_row(page, "second")
    page.get_by_role("button", name="Rename, note").click()
    page.get_by_role("textbox", name="Name", exact=True).last.fill("renamed")
    page.get_by_role("textbox", name="Note").fill("from the test")
    page.get_by_role("button", name="Save", exact=True).click()
    renamed = classroom.models / "renamed"
    assert wait(lambda: renamed.exists() and runs.read("renamed").record.note == "from the test")
    expect(page.locator(".st-key-watch h2")).not_to_have_text("first")
    assert not (classroom.models / "first").exists()
    page.wait_for_timeout(2000)
    if not page.locator(".st-key-delete").is_visible():
        select_row(page, "renamed")
    press(page, "delete")
    expect(page.get_by_text("Deleted renamed.")).to_be_visible()
    assert not (classroom.models / "renamed").exists()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Deleted renamed.")).not_to_be_visible()
    assert runs.read("renamed").usable


def test_the_page_fits_a_phone(visit):
    page = visit("/train", viewport={"width": 390, "height": 844}).page
    expect(page.locator(".st-key-train button")).to_be_visible()
    overflow = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert overflow <= 0


def test_ticks_follow_runs_and_several_deletions_are_undone_after_a_reload(
    classroom, visit, tiny_run
):
    for name in ("first", "second", "third"):
        shutil.copytree(tiny_run.path, classroom.models / name)
    page = visit("/train", classroom.address).page
    delete = page.locator(".st-key-delete button p").locator("visible=true").last
    expect(page.locator(".st-key-table canvas").first).to_be_visible()
    page.wait_for_timeout(2000)
    select_row(page, "second")
    expect(delete).to_have_text("Delete second")
    before = row_of("second")
    # Another run comes, and stands above it.
    shutil.copytree(tiny_run.path, classroom.models / "newest")
    runs.change(runs.read("newest"), created=runs.now())
    expect(page.locator(".st-key-runs table")).to_contain_text("newest")
    assert row_of("second") > before
    expect(delete).to_have_text("Delete second")
    page.wait_for_timeout(2000)
    select_row(page, "third")
    expect(delete).to_have_text("Delete second and third")
    delete.click()
    expect(page.get_by_text("Deleted second and third.")).to_be_visible()
    expect(delete).to_have_count(0)
    page.reload()
    # The list stands where its button is, which the table moves down as it comes.
    expect(page.locator(".st-key-table canvas").first).to_be_visible()
    expect(page.locator("[data-test-script-state=notRunning]")).to_be_attached()
    page.wait_for_timeout(2000)
    page.get_by_role("button", name="Deleted runs").click()
    for name in ("second", "third"):  # the list stays open
        page.get_by_role("button", name=f"Bring back {name}").click()
        expect(page.locator(".st-key-runs table")).to_contain_text(name)
    assert runs.read("second").usable
    assert runs.read("third").usable


def open_train(visit, server, name):
    """The train page, with a run ticked, and what is written on the button that deletes it."""
    page = visit("/train", server.address).page
    expect(page.locator(".st-key-runs table").last).to_contain_text(name)
    expect(page.locator("[data-test-script-state=notRunning]")).to_be_attached()
    delete = page.locator(".st-key-delete button p").locator("visible=true").last
    select_row(page, name)
    expect(delete).to_have_text(f"Delete {name}")
    return page, delete


def test_a_deleted_run_goes_from_the_ticks_and_pickers_of_others(classroom, visit, tiny_run):
    for name in ("mine", "ours"):
        shutil.copytree(tiny_run.path, classroom.models / name)
    drawing = visit("/", classroom.address).page
    hand = Hand(drawing)
    hand.wait_for_rest()
    pick_network(drawing, "mine")
    expect(drawing.locator(".st-key-run input").last).to_have_value(re.compile("^mine"))
    # Both have ticked it, and one of them deletes it.
    (first, delete), (second, theirs) = (open_train(visit, classroom, "mine") for _ in range(2))
    expect(first.get_by_text("mine reads on the drawing page for 1 other.").last).to_be_visible()
    delete.click()
    expect(first.get_by_text("Deleted mine.").last).to_be_visible()
    expect(second.locator(".st-key-runs table").last).not_to_contain_text("mine")
    expect(theirs).to_have_count(0)
    assert not (classroom.models / "mine").exists()
    assert runs.read("ours").usable
    hand.draw(1)
    told = f"mine is no longer there. {runs.DEFAULT_RUN} reads now."
    expect(drawing.get_by_text(told).last).to_be_visible()
    box = drawing.locator(".st-key-run input").last
    expect(box).to_have_value(re.compile(f"^{runs.DEFAULT_RUN}"))


def test_the_second_of_two_who_rename_a_run_is_told(classroom, visit, tiny_run):
    shutil.copytree(tiny_run.path, classroom.models / "mine")
    (first, _), (second, _) = (open_train(visit, classroom, "mine") for _ in range(2))
    for page in (first, second):  # both have the form open
        page.locator(".st-key-rename button").last.click()
        expect(name_of(page)).to_have_value("mine")
    save(first, "hers")
    expect(first.locator(".st-key-runs table").last).to_contain_text("hers")
    assert runs.read("hers").usable
    expect(second.locator(".st-key-runs table").last).to_contain_text("hers")
    save(second, "his")
    told = "Somebody has renamed or deleted mine meanwhile"
    expect(second.get_by_text(told).last).to_be_visible()
    assert runs.read("hers").usable
    assert not (classroom.models / "his").exists()
    save(second, "his")  # who has read that may go on
    expect(second.locator(".st-key-runs table").last).to_contain_text("his")
    assert runs.read("his").usable
    assert not (classroom.models / "hers").exists()


def name_of(page):
    return page.get_by_role("textbox", name="Name", exact=True).last


def save(page, name):
    name_of(page).fill(name)
    name_of(page).press("Enter")
