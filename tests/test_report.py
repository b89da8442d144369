"""The report of a run: whole, self-contained, and refused where there is nothing to report."""

import dataclasses
import html
import html.parser
import json
import re

import numpy as np
import pytest
import tampering

from mnist_core import background, datasets, evaluation, report, runs
from mnist_core.datasets import analysis
from mnist_core.errors import InputError

PARTS = [
    "Data",
    "Architecture",
    "Configuration",
    "Training",
    "Evaluation",
    "Confusion matrix",
    "Classification report",
    "Sample predictions",
    "Misclassified samples",
    "Calibration",
    "Final summary",
]
VOID = {"meta", "img", "br", "hr"}


class Checker(html.parser.HTMLParser):
    """Every element is closed, every picture has words, and nothing comes from outside."""

    def __init__(self):
        super().__init__()
        self.open, self.sources, self.tags = [], [], []

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.tags.append(tag)
        if tag == "img":
            assert attributes["alt"]
            self.sources.append(attributes["src"])
        if tag == "svg":
            assert attributes["aria-label"]
        assert not {"href", "srcset", "onload"} & set(attributes)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def checked(text):
    checker = Checker()
    checker.feed(text)
    assert checker.open == []
    assert "script" not in checker.tags
    assert "link" not in checker.tags
    assert all(source.startswith("data:image/png;base64,") for source in checker.sources)
    assert "http" not in re.sub(r"data:image/png;base64,[^\"]*", "", text)
    assert re.findall("<h2>(.*?)</h2>", text) == PARTS
    return checker


def test_a_report_is_whole_and_self_contained(tiny_run):
    text = report.make(tiny_run)
    checker = checked(text)
    found = runs.read_evaluation(tiny_run)
    wrong = len(evaluation.misclassified(found.probabilities, found.labels))
    expected = report.SAMPLES + 10 + report.PREDICTIONS + min(wrong, report.MISTAKES)
    assert len(checker.sources) == expected
    words = html.unescape(re.sub("<[^>]+>", " ", text))
    for said in (
        f"{tiny_run.metrics.test_accuracy:.2%}",
        f"{tiny_run.metrics.train_accuracy:.2%}",
        f"{tiny_run.metrics.val_accuracy:.2%}",
        f"{tiny_run.record.parameters:,}",
        tiny_run.record.dataset.checksum,
        "Dense, relu",
        "macro avg",
        "weighted avg",
    ):
        assert said in words
    counts = evaluation.confusion_matrix(found.probabilities, found.labels)
    for count in counts[counts > 0]:
        assert f">{count:,}</text>" in text
    table = evaluation.classification_report(found.probabilities, found.labels)
    assert f"{table['macro avg']['f1-score']:.4f}" in words
    right = text.count('<figure class="right">')
    shown = datasets.load("optical-digits").y_test
    chosen = analysis.sample(report.PREDICTIONS, len(shown), report.SEED)
    read = found.probabilities.argmax(axis=1)
    assert right == (read[chosen] == shown[chosen]).sum()


@pytest.mark.parametrize("name", runs.SHIPPED)
def test_shipped_runs_have_a_report(name, needs_mnist, needs_pens):
    run = runs.read(runs.SHIPPED_DIR / name)
    checked(report.make(run))


def test_without_its_dataset_a_report_says_so_and_has_no_pictures(monkeypatch, tmp_path):
    monkeypatch.setenv("MNIST_PATH", str(tmp_path / "nowhere"))
    checker = checked(text := report.make(runs.read(runs.SHIPPED_DIR / "report-ann")))
    assert checker.sources == []
    assert "The dataset mnist is not on this machine" in text
    (tmp_path / "nowhere").write_bytes(b"half of it")
    checker = checked(text := report.make(runs.read(runs.SHIPPED_DIR / "report-ann")))
    assert checker.sources == []
    assert "no readable npz file" in text


def test_a_dataset_that_is_another_one_gives_no_pictures(own_run):
    found = runs.read_evaluation(own_run)
    runs.write_evaluation(own_run.path, dataclasses.replace(found, dataset_checksum="0" * 64))
    checker = checked(text := report.make(own_run))
    assert checker.sources == []
    assert "is not the one of this run" in text


def changed(run, **entries):
    tampering.write_json(run.path, {**tampering.as_json(run), **entries})
    return runs.read(run.path)


@pytest.mark.parametrize(
    ("entries", "says"),
    [
        ({"status": "queued"}, "is queued: ask for its report when it has finished"),
        (
            {"status": "running", "process": background.this_process()},
            "is running: ask for its report",
        ),
        ({"status": "failed"}, "has failed: train it again"),
        ({"metrics": {}}, "holds no final figures"),
        ({"format": 99}, "newer than this program reads"),
        ({"recipe": None}, "no readable recipe"),
    ],
)
def test_there_is_no_report_of_a_run_that_is_not_whole(own_run, entries, says):
    run = changed(own_run, **entries)
    with pytest.raises(InputError, match=says):
        report.make(run)
    assert says in report.refusal(run)


def test_a_run_without_evaluation_is_refused(own_run):
    (own_run.path / "evaluation.npz").write_bytes(b"PK")
    with pytest.raises(InputError, match="evaluation of mine cannot be read"):
        report.make(own_run)


def test_a_run_that_lacks_what_is_not_needed_has_a_report(own_run):
    (own_run.path / "history.csv").unlink()
    info = {
        k: v
        for k, v in tampering.as_json(own_run).items()
        if k not in ("seconds", "versions", "command")
    }
    info["metrics"] = {k: v for k, v in info["metrics"].items() if not k.startswith("val_")}
    tampering.write_json(own_run.path, info)
    text = report.make(runs.read(own_run.path))
    checked(text)
    assert "history of this run cannot be read" in text
    assert "no validation digits" in text


MARKUP = '<b title="x">\'&amp;<script>alert(1)</script>'


def test_no_text_that_a_person_gives_becomes_markup(own_run):
    folder = own_run.path.rename(own_run.path.with_name("<i>&amp;mine"))
    values = tampering.as_json(runs.read(folder))
    recipe = {**values["recipe"], **dict.fromkeys(("name", "title", "start_from"), MARKUP)}
    given = {
        "recipe": recipe,
        "dataset": {"name": MARKUP, "checksum": MARKUP},
        "versions": {MARKUP: MARKUP},
        **dict.fromkeys(("command", "finished"), MARKUP),
    }
    tampering.write_json(folder, {**values, **given})
    run = runs.read(folder)
    found = runs.read_evaluation(run)
    plain = {*checked(report.make(run)).tags}
    runs.write_evaluation(folder, dataclasses.replace(found, dataset=MARKUP))
    checker = checked(text := report.make(run))
    assert set(checker.tags) <= plain
    assert checker.tags.count("b") == 1  # round the accuracy
    words = html.unescape(re.sub("<[^>]+>", " ", text))
    # The recipe's title, name and start; the dataset thrice, its checksum, and thrice why there
    # are no pictures of it; the versions' two texts, the command.
    assert text.count("&lt;i&gt;&amp;amp;mine") == 2
    assert words.count(MARKUP) == 13
    assert MARKUP[:10] in words  # the day on which it was finished


def test_a_network_without_mistakes_is_praised(own_run):
    found = runs.read_evaluation(own_run)
    sure = np.eye(10, dtype=np.float32)[found.labels]
    runs.write_evaluation(own_run.path, dataclasses.replace(found, probabilities=sure))
    text = report.make(own_run)
    checked(text)
    assert text.count("Every test digit is read right.") == 2


def test_a_report_is_written_whole_or_not_at_all(own_run, tmp_path):
    path = tmp_path / "deep" / "report.html"
    report.write(own_run, path)
    assert path.read_text(encoding="utf-8") == report.make(own_run)
    assert [p.name for p in path.parent.iterdir()] == ["report.html"]
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(InputError, match="Cannot write"):
        report.write(own_run, blocked / "report.html")


def test_one_epoch_is_enough(own_run):
    rows = runs.read_history(own_run)[:1]
    runs.write_history(own_run.path, rows)
    checked(report.make(own_run))
    assert json.loads((own_run.path / "run.json").read_text())["epochs"] == 2
