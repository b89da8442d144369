"""The confusion page, run without a browser."""

import json
import re
import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from mnist_core import datasets, evaluation, runs
from mnist_core.evaluation import evaluator
from mnist_core.hands import Digit
from ui.draw import hand

ROOT = Path(__file__).parent.parent.parent


def opened():
    """The page within the application, which is to be run."""
    page = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=120)
    page.switch_page("pages/confusion.py")
    return page


@pytest.fixture
def visit(monkeypatch, tmp_path):
    """Opens the page at an address."""
    monkeypatch.setenv("MODELS_DIR", str(tmp_path / "models"))

    def open_page(**address):
        page = opened()
        for name, value in address.items():
            page.query_params[name] = str(value)
        return page.run()

    return open_page


def texts(page):
    elements = [
        *page.markdown,
        *page.header,
        *page.caption,
        *page.warning,
        *page.info,
        *page.error,
    ]
    return " ".join(str(element.value) for element in elements)


def charts(page):
    return page.get("plotly_chart")


def grids(page):
    """What the grids of digits were given."""
    found = []
    for element in page.get("bidi_component"):
        data = json.loads(element.proto.json)
        if "samples" in data:
            found.append(data["samples"])
    return found


def address(page):
    given = page.query_params.items()
    return {name: value if isinstance(value, str) else value[-1] for name, value in given}


def accuracy(name):
    """On MNIST's test digits, as the page writes it."""
    return f"{runs.read(name).metrics.test_accuracy:.2%}"


def test_the_default_runs_mistakes_on_opening(visit, needs_mnist):
    page = visit()
    assert not page.exception
    words = texts(page)
    (samples,) = grids(page)
    own = runs.read_evaluation(runs.read(runs.DEFAULT_RUN))
    wrong = evaluation.misclassified(own.probabilities, own.labels)
    assert accuracy(runs.DEFAULT_RUN) in words
    assert f"{len(wrong)} of 10,000 wrong" in words
    assert [sample["index"] for sample in samples] == wrong[:24].tolist()
    assert not any(sample["right"] for sample in samples)
    assert address(page)["run"] == runs.DEFAULT_RUN


def test_an_address_opens_its_cell(visit, needs_mnist):
    page = visit(run="report-ann", dataset="mnist", true=4, predicted=9)
    own = runs.read_evaluation(runs.read("report-ann"))
    cell = evaluation.select(own.probabilities, own.labels, 4, 9)
    assert f"4 read as 9 · {len(cell)}" in texts(page)
    assert {sample["index"] for sample in grids(page)[0]} == set(cell.tolist())
    assert all("✗ 4→9" in sample["words"] for sample in grids(page)[0])


@pytest.mark.parametrize(
    ("given", "heading"),
    [({"true": 4}, "All the 4s"), ({"predicted": 9}, "Everything read as 9")],
)
def test_an_address_opens_a_row_or_a_column(visit, needs_mnist, given, heading):
    page = visit(run="report-ann", **given)
    assert heading in texts(page)
    samples = grids(page)[0]
    assert len(samples) == 24
    page.selectbox(key="confusion_true").set_value(7).run()
    assert address(page)["true"] == "7"


def test_nonsense_in_the_address_is_left_out_in_one_sentence(visit, needs_mnist):
    page = visit(run="../../etc", dataset="cifar", true="banana", predicted=12, digit=-3, view="x")
    assert not page.exception
    (warning,) = page.warning
    for part in ("run=../../etc", "dataset=cifar", "true=banana", "predicted=12", "digit=-3"):
        assert part in warning.value
    assert address(page) == {"run": runs.DEFAULT_RUN, "dataset": "mnist"}


def test_a_digit_that_the_dataset_does_not_have(visit, needs_mnist):
    page = visit(digit=10000)
    assert not page.exception
    assert "There is no digit 10000" in texts(page)
    assert "digit" not in address(page)


def test_an_opened_digit_with_what_every_network_says(visit, needs_mnist):
    page = visit(run="report-ann", true=4, predicted=9, digit=2130)
    assert not page.exception
    words = texts(page)
    assert "Digit 2130: a 4, read as 9" in words
    assert "Second guess: 4" in words
    for name in runs.SHIPPED:
        assert name in words
    page.button(key="Next_digit").click().run()
    assert address(page)["digit"] != "2130"
    page.button(key="close_digit").click().run()
    assert "digit" not in address(page)
    assert "4 read as 9" in texts(page)


def test_filters_and_orders(visit, needs_mnist):
    page = visit(run="report-ann")
    own = runs.read_evaluation(runs.read("report-ann"))
    probabilities, labels = own.probabilities, own.labels
    page.selectbox(key="confusion_right").set_value("Right only").run()
    page.selectbox(key="confusion_order").set_value("Least confident first").run()
    right = evaluation.select(probabilities, labels, right=True)
    expected = right[probabilities[right].max(axis=1).argsort(kind="stable")]
    assert [sample["index"] for sample in grids(page)[0]] == expected[:24].tolist()
    page.slider(key="confusion_sureness").set_value((40, 60)).run()
    between = evaluation.select(probabilities, labels, right=True, confidence=(0.4, 0.6))
    assert f"· {len(between):,}" in texts(page)


def test_a_random_grid_is_its_seeds(visit, needs_mnist):
    page = visit(run="report-ann")
    page.selectbox(key="confusion_order").set_value("Random").run()
    page.segmented_control(key="confusion_size").set_value(10).run()
    first = [sample["index"] for sample in grids(page)[0]]
    assert len(first) == 10
    page.number_input(key="confusion_seed").set_value(7).run()
    assert [sample["index"] for sample in grids(page)[0]] != first
    page.number_input(key="confusion_seed").set_value(42).run()
    assert [sample["index"] for sample in grids(page)[0]] == first
    page.segmented_control(key="confusion_size").set_value(100).run()
    assert len(grids(page)[0]) == 100


def test_pages_are_turned_and_another_selection_begins_at_its_first(visit, needs_mnist):
    page = visit(run="report-ann")
    own = runs.read_evaluation(runs.read("report-ann"))
    wrong = evaluation.misclassified(own.probabilities, own.labels).tolist()
    page.button(key="turn_Next digits").click().run()
    assert [sample["index"] for sample in grids(page)[0]] == wrong[24:48]
    assert f"25–48 of {len(own.labels):,}" in texts(page)
    page.button(key="turn_Previous digits").click().run()
    assert [sample["index"] for sample in grids(page)[0]] == wrong[:24]
    page.button(key="turn_Next digits").click().run()
    page.selectbox(key="confusion_right").set_value("Right only").run()
    assert page.button(key="turn_Previous digits").disabled
    page.selectbox(key="confusion_right").set_value("Right and wrong").run()
    assert [sample["index"] for sample in grids(page)[0]] == wrong[:24]


def test_two_runs_and_the_digits_that_one_of_them_reads(visit, needs_mnist):
    usual = runs.DEFAULT_RUN
    page = visit(run="report-ann", other=usual)
    assert not page.exception
    first, second = (runs.read_evaluation(runs.read(n)) for n in ("report-ann", usual))
    split = evaluation.disagreement(first.probabilities, second.probabilities, first.labels)
    found = {sample["index"] for sample in grids(page)[0]}
    assert found <= set(split.only_first.tolist())
    page.pills(key="confusion_which").set_value(1).run()
    found = {sample["index"] for sample in grids(page)[0]}
    assert found <= set(split.only_second.tolist())
    assert len(found) == 24
    assert f"Only {usual} right · {len(split.only_second)}" in texts(page)
    assert address(page)["other"] == usual


def test_figures_with_links_to_the_most_confused_pairs(visit, needs_mnist):
    page = visit(run="report-ann", view="figures")
    assert not page.exception
    own = runs.read_evaluation(runs.read("report-ann"))
    matrix = evaluation.confusion_matrix(own.probabilities, own.labels)
    worst = evaluation.most_confused(matrix, 1)[0]
    table = page.dataframe[0].value
    report = evaluation.classification_report(own.probabilities, own.labels)
    assert table.loc["4", "f1-score"] == pytest.approx(report["4"]["f1-score"])
    assert {"macro avg", "weighted avg"} <= set(table.index)
    page.button(key=f"pair_{worst.true}_{worst.predicted}").click().run()
    assert f"{worst.true} read as {worst.predicted} · {worst.count}" in texts(page)


def test_the_threshold_says_how_many_are_answered_and_right(visit, needs_mnist):
    page = visit(run="report-ann", view="figures")
    page.slider(key="threshold_report-ann").set_value(90).run()
    own = runs.read_evaluation(runs.read("report-ann"))
    (answered,), (right,) = evaluation.coverage_and_accuracy(own.probabilities, own.labels, [0.9])
    assert f"**{round(10000 * answered):,}** of 10,000 are answered" in texts(page)
    assert f"{right:.2%} of those are right" in texts(page)


def test_label_issues_to_vote_on(visit, needs_mnist):
    page = visit(view="labels")
    assert not page.exception
    (samples,) = grids(page)
    assert 9729 in [sample["index"] for sample in samples[:3]]  # labelled 5, drawn as a 6
    page.multiselect[0].set_value([runs.DEFAULT_RUN]).run()
    assert "Choose at least two networks" in texts(page)


def test_everybody_has_one_vote_on_a_label(visit, needs_mnist):
    first, second = (visit(view="labels", digit=9729) for _ in range(2))
    first.button(key="vote_other").click().run()
    first.button(key="vote_other").click().run()
    second.button(key="vote_other").click().run()
    assert second.button(key="vote_other").label == "a 6 · 2"
    second.button(key="vote_label").click().run()
    assert second.button(key="vote_other").label == "a 6 · 1"
    assert second.button(key="vote_label").label == "a 5, as labelled · 1"


def test_without_the_dataset_the_matrix_still_shows_and_the_grid_says_what_is_missing(
    visit, monkeypatch, tmp_path
):
    monkeypatch.delenv("MNIST_PATH", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    page = visit(run="report-ann", true=4, predicted=9)
    assert not page.exception
    assert accuracy("report-ann") in texts(page)
    assert any("4 read as 9" in e.proto.json for e in page.get("bidi_component"))
    assert "The dataset mnist is not on this machine" in texts(page)
    assert any("Download mnist" in button.label for button in page.button)
    page.segmented_control(key="confusion_view").set_value("Figures").run()
    assert not page.exception
    assert len(charts(page)) == 3


def test_a_run_without_an_evaluation_offers_to_make_one(visit):
    page = visit(run="report-ann", dataset="optical-digits")
    assert not page.exception
    assert "report-ann has not been evaluated on optical-digits yet" in texts(page)
    assert page.button(key="evaluate_report-ann").label == "Evaluate report-ann on optical-digits"


def test_an_evaluation_of_other_digits_is_not_shown_with_these(visit, own_run, digits, monkeypatch):
    monkeypatch.setenv("MODELS_DIR", str(own_run.path.parent))
    found = runs.read_evaluation(own_run)
    changed = {**vars(found), "dataset_checksum": "f" * 64}
    runs.write_evaluation(own_run.path, runs.Evaluation(**changed))
    page = opened()
    page.query_params["run"] = "mine"
    page.run()
    assert not page.exception
    assert "belongs to other digits" in texts(page)
    assert not grids(page)
    assert page.button(key="evaluate_mine")
    evaluator.evaluate(own_run, digits)
    page.run()
    assert grids(page)


def test_a_broken_run_is_told(visit, tmp_path):
    folder = tmp_path / "models" / "mine"
    shutil.copytree(runs.SHIPPED_DIR / "report-ann", folder)
    (folder / "run.json").write_text("{")
    page = visit(run="mine")
    assert not page.exception
    assert "cannot be read" in texts(page)
    assert not page.button


def test_the_canvas_takes_a_digit_over(monkeypatch, tmp_path):
    monkeypatch.setenv("MODELS_DIR", str(tmp_path))
    page = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
    page.session_state["to_canvas"] = ([], "A note about the digit.")
    page.run()
    assert not page.exception
    assert "A note about the digit." in texts(page)
    assert "to_canvas" not in page.session_state


def test_a_cell_of_two_runs_holds_what_they_read_differently(visit, needs_mnist):
    names = "report-ann", runs.DEFAULT_RUN
    page = visit(run=names[0], other=names[1], view="figures")
    page.button(key="pair_9_4").click().run()
    page.segmented_control(key="confusion_size").set_value(100).run()
    first, second = (runs.read_evaluation(runs.read(name)) for name in names)
    read = first.probabilities.argmax(axis=1), second.probabilities.argmax(axis=1)
    inside = (first.labels == 9) & ((read[0] == 4) | (read[1] == 4)) & (read[0] != read[1])
    assert {sample["index"] for sample in grids(page)[0]} == set(inside.nonzero()[0].tolist())


def test_two_runs_of_which_one_has_no_evaluation(visit, needs_mnist, own_run, monkeypatch):
    monkeypatch.setenv("MODELS_DIR", str(own_run.path.parent))
    page = opened()
    page.query_params["run"], page.query_params["other"] = "report-ann", "mine"
    page.run()
    assert not page.exception
    assert "mine has not been evaluated on mnist" in texts(page)
    assert page.button(key="evaluate_mine")
    assert accuracy("report-ann") in texts(page)  # the other one shows meanwhile


def test_an_average_of_runs_is_explored_like_any_run(visit, own_run):
    from mnist_core.training import ensembles

    average = ensembles.create("average", [own_run, runs.read("report-ann")])
    # Two members were measured on as many datasets: the first one's digits are taken.
    page = visit(run="average", dataset=average.record.dataset.name)
    assert not page.exception
    assert f"{average.metrics.test_accuracy:.2%}" in texts(page)
    (samples,) = grids(page)
    page = visit(run="average", dataset="optical-digits", digit=samples[0]["index"])
    assert not page.exception


def test_a_hand_that_was_learnt_is_told(visit, own_run, needs_pens):
    changed = runs.change(own_run, dataset={"name": "pen-strokes-5"})
    evaluator.evaluate(changed, datasets.load("pen-strokes"))
    page = visit(run="mine", dataset="pen-strokes")
    assert not page.exception
    assert "mine was trained on digits of writer 5" in texts(page)


def test_the_digits_are_read_with_a_visitors_hand_beside_without(own_run, digits):
    mine = hand.Visitors()
    mine.digits = tuple(Digit(digits.x_test[n], int(digits.y_test[n] + 5) % 10) for n in range(3))
    page = opened()
    page.session_state["visitors_hand"] = mine
    page.query_params["run"] = own_run.name
    page.query_params["dataset"] = "optical-digits"
    page.run()
    page.toggle(key="with_my_hand").set_value(True).run()
    assert not page.exception
    (said,) = [caption.value for caption in page.caption if "With my hand" in caption.value]
    assert int(re.search(r"(\d+) no longer", said)[1]) >= 2
