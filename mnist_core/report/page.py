"""A report of a run: one HTML file that needs no network, no scripts and no other file.

It holds what a course hands in: data analysis, architecture, configuration, curves,
evaluation, confusion matrix, classification report, predictions, mistakes, calibration and
a final summary. Everything is read from the run directory; the pictures of digits come
from the dataset, if it is on this machine and the one that the run was measured on.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from mnist_core import datasets, evaluation, recipes, runs
from mnist_core.datasets import Dataset, analysis
from mnist_core.errors import InputError
from mnist_core.files import written_whole
from mnist_core.report import pictures, svg
from mnist_core.report.pictures import Picture
from mnist_core.runs import Evaluation, Run

SAMPLES, PREDICTIONS, MISTAKES = 9, 30, 40  # pictures in each part
SEED = 42  # by which the pictures are chosen

STYLE = """<style>
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; color: #1a1f26;
       background: #fff; max-width: 880px; margin: 0 auto; padding: 28px 20px 60px; }
h1 { font-size: 1.9rem; margin: 0 0 2px; overflow-wrap: anywhere; }
h2 { font-size: 1.25rem; margin: 40px 0 10px; padding-top: 10px; border-top: 1px solid #d5dae0;
     break-after: avoid; }
h3 { font-size: 1rem; margin: 18px 0 6px; break-after: avoid; }
p { margin: 6px 0; max-width: 70ch; }
.quiet { color: #56606b; }
.key { display: flex; flex-wrap: wrap; gap: 8px 34px; margin: 18px 0; }
.key div { display: flex; flex-direction: column-reverse; }
.key dd { font-size: 1.5rem; font-weight: 650; margin: 0; font-variant-numeric: tabular-nums; }
.key dt { color: #56606b; font-size: 0.85rem; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(300px, 1fr)); gap: 14px; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin: 6px 0; }
.wide { overflow-x: auto; }
th, td { padding: 4px 12px; border-bottom: 1px solid #e3e7eb; text-align: right;
         vertical-align: top; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
.words td { text-align: left; overflow-wrap: anywhere; }
thead th { border-bottom: 2px solid #b9c1c9; font-weight: 600; }
tr { break-inside: avoid; }
.layers { display: flex; flex-wrap: wrap; gap: 8px 0; list-style: none; padding: 0; }
.layers li { display: flex; align-items: center; }
.layers li + li::before { content: "→"; margin: 0 8px; color: #56606b; }
.layers div { border: 1.5px solid #0072b2; border-radius: 6px; padding: 4px 10px; }
.layers span { display: block; font-size: 0.8rem; color: #56606b; }
svg, .digits figure { break-inside: avoid; }
svg { display: block; }
@media print {
  @page { size: A4; margin: 16mm 14mm; }
  body { max-width: none; padding: 0; font-size: 10.5pt; }
  h2 { margin-top: 26px; }
  .wide { overflow: visible; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
</style>"""


def refusal(run: Run) -> str | None:
    """Why there can be no report of a run, in one sentence; None if there can be one."""
    if run.problem:
        return run.problem
    if run.status in (runs.QUEUED, runs.RUNNING):
        return f"The run {run.name} is {run.status}: ask for its report when it has finished."
    if not run.usable:
        return f"The run {run.name} has {run.status}: train it again to have a report of it."
    if run.members:
        return f"The run {run.name} averages others: ask for the report of one of them."
    if not {"train_accuracy", "test_accuracy"} <= set(run.metrics):
        return f"The run {run.name} holds no final figures: train it again."
    return None


def write(run: Run, path: Path) -> None:
    """Write a run's report to a file.

    Raises:
        InputError: the run is not finished or is broken, or the file cannot be written.
    """
    text = make(run)
    with written_whole(path) as beside:
        beside.write_text(text, encoding="utf-8")


def make(run: Run) -> str:
    """A run's report as the text of an HTML file.

    Raises:
        InputError: the run is not finished or is broken.
    """
    if reason := refusal(run):
        raise InputError(reason)
    found = runs.read_evaluation(run)
    if found is None or not len(found.labels):
        raise InputError(f"The evaluation of {run.name} cannot be read: train the run again.")
    dataset, note = _dataset(run, found)
    parts = [
        _head(run),
        _data(dataset, note),
        _architecture(run),
        _configuration(run),
        _curves(run),
        _evaluation(found),
        _confusion(found),
        _classification(found),
        _predictions(dataset, found, note),
        _mistakes(dataset, found, note),
        _calibration(found),
        _summary(run),
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(run.name)}</title>{STYLE}{pictures.STYLE}</head>\n<body>\n"
        + "\n".join(parts)
        + "\n</body></html>\n"
    )


def _dataset(run: Run, found: Evaluation) -> tuple[Dataset | None, str]:
    """The dataset that the run was measured on, or None and a sentence that says why."""
    name = found.dataset
    without = "so this report has no pictures of its digits."
    try:
        if not datasets.at_hand(name):
            return None, f"The dataset {name} is not on this machine, {without}"
        dataset = datasets.load(name, fetch=False)
    except InputError as error:
        return None, f"{str(error).rstrip('.')}; {without}"
    if dataset.checksum != found.dataset_checksum:
        return None, f"The dataset {name} on this machine is not the one of this run, {without}"
    return dataset, ""


# --- the parts -----------------------------------------------------------------------


def _head(run: Run) -> str:
    metrics, info = run.metrics, run.info
    figures = {
        "test accuracy": f"{metrics['test_accuracy']:.2%}",
        "parameters": f"{info['parameters']:,}" if "parameters" in info else "unknown",
        "epochs": f"{info.get('epochs', '?')}",
        "training time": runs.duration(info["seconds"]) if "seconds" in info else "unknown",
    }
    strip = "".join(f"<div><dt>{k}</dt><dd>{v}</dd></div>" for k, v in figures.items())
    when = str(info.get("finished", ""))[:10]
    return (
        f"<h1>{html.escape(run.name)}</h1>"
        f'<p class="quiet">{html.escape(run.recipe.title)}. Trained on '
        f"{html.escape(info['dataset']['name'])}{f', {html.escape(when)}' if when else ''}.</p>"
        f'<dl class="key">{strip}</dl>'
    )


def _data(dataset: Dataset | None, note: str) -> str:
    if dataset is None:
        return _part("Data", f"<p>{html.escape(note)}</p>")
    found = analysis.analyse(dataset)
    chosen = analysis.sample(SAMPLES, len(dataset.x_train), SEED)
    rows = [
        ("training images", f"{len(dataset.x_train):,}"),
        ("test images", f"{len(dataset.x_test):,}"),
        ("shape of an image", "28 × 28, one channel"),
        ("classes", str(datasets.CLASSES)),
        ("pixels before scaling", "whole numbers, 0 to 255"),
        ("pixels after scaling", f"0 to 1, mean {found.pixel_mean:.4f}, "
                                 f"standard deviation {found.pixel_std:.4f}"),
    ]  # fmt: skip
    counts = found.train_per_class
    balance = svg.bars(
        counts,
        [f"{count:,}" for count in counts],
        "Training images of each digit: "
        + ", ".join(f"{count:,} of {digit}" for digit, count in enumerate(counts)),
    )
    means = [
        Picture(mean, str(digit), f"The mean of all {digit}s")
        for digit, mean in enumerate(found.means)
    ]
    return _part(
        "Data",
        _rows(rows),
        "".join(f"<p>{html.escape(sentence)}</p>" for sentence in analysis.in_words(found)),
        '<div class="pair"><div>',
        "<h3>Class balance of the training images</h3>",
        balance,
        "</div><div><h3>Random samples</h3>",
        pictures.grid(
            [
                Picture(
                    dataset.x_train[i],
                    f"{dataset.y_train[i]} · #{i}",
                    f"Training image {i}, labelled {dataset.y_train[i]}",
                )
                for i in chosen
            ],
            92,
            3,
        ),
        "</div></div><h3>The mean of each digit</h3>",
        pictures.grid(means, 64),
    )


def _architecture(run: Run) -> str:
    table = recipes.layer_table(run.recipe)
    boxes = "".join(
        f"<li><div>{html.escape(row.name)}<span>{_shape(row.shape)}</span></div></li>"
        for row in table
    )
    total = sum(row.parameters for row in table)
    body = [[row.name, _shape(row.shape), f"{row.parameters:,}"] for row in table]
    return _part(
        "Architecture",
        f'<ol class="layers">{boxes}</ol>',
        _table(["layer", "output", "parameters"], [*body, ["in all", "", f"{total:,}"]]),
    )


def _configuration(run: Run) -> str:
    recipe, info = run.recipe, run.info
    rows = [
        ("recipe", recipe.name),
        ("dataset", info["dataset"]["name"]),
        ("checksum of the dataset (SHA-256)", str(info["dataset"].get("checksum", "unknown"))),
        ("optimizer", f"{recipe.optimizer}, learning rate {recipe.learning_rate:g}, "
                      f"{recipe.schedule}"),
        ("loss", recipe.loss.replace("_", " ")),
        ("output activation", recipe.output),
        ("batch size", f"{recipe.batch_size}"),
        ("epochs", f"at most {recipe.epochs}" if recipe.patience else f"{recipe.epochs}"),
        ("early stopping", f"after {recipe.patience} epochs without a lower validation loss, "
                           "best weights restored" if recipe.patience else "none"),
        ("validation split", f"{recipe.validation_split:.0%} of the training images"),
        ("seed", str(info.get("seed", "unknown"))),
    ]  # fmt: skip
    for name, amounts in (
        ("augmentation", recipe.augmentation),
        ("augmentation of strokes", recipe.stroke_augmentation),
    ):
        if any(amounts.values()):
            rows.append((name, ", ".join(f"{key} {value:g}" for key, value in amounts.items())))
    if recipe.start_from:
        frozen = f", the first {recipe.frozen} layers frozen" if recipe.frozen else ""
        rows.append(("starts from", f"the weights of {recipe.start_from}{frozen}"))
    if recipe.renderings:
        rows.append(("renderings of each stroke digit", str(recipe.renderings)))
    if recipe.non_digits:
        rows.append(("drawings that are no digit", f"{recipe.non_digits:,}"))
    if recipe.turned:
        rows.append(("read turned by", f"{recipe.turned:g}° both ways"))
    if run.temperature != 1:
        rows.append(("temperature of the probabilities", f"{run.temperature:.3f}"))
    versions = info.get("versions") or {}
    if versions:
        rows.append(("versions", ", ".join(f"{name} {v}" for name, v in versions.items())))
    if command := info.get("command"):
        rows.append(("command", str(command)))
    return _part("Configuration", _rows(rows))


def _curves(run: Run) -> str:
    history = runs.read_history(run)
    if not history:
        return _part("Training", "<p>The history of this run cannot be read.</p>")
    charts = []
    for figure, percent in (("accuracy", True), ("loss", False)):
        series = {
            name: [row.get(key, np.nan) for row in history]
            for name, key in (("training", figure), ("validation", f"val_{figure}"))
            if any(key in row for row in history)
        }
        last = ", ".join(
            f"{name} {values[-1]:{'.2%' if percent else '.4f'}}" for name, values in series.items()
        )
        alt = f"{figure.capitalize()} over {len(history)} epochs; at the end {last}"
        charts.append(f"<div><h3>{figure.capitalize()}</h3>{svg.lines(series, alt, percent)}</div>")
    best = run.metrics.get("best_epoch")
    kept = f"<p>The weights of epoch {best} were kept.</p>" if best else ""
    return _part("Training", f'<div class="pair">{"".join(charts)}</div>', kept)


def _evaluation(found: Evaluation) -> str:
    given, labels = found.probabilities, found.labels
    shares = evaluation.digit_accuracy(given, labels)
    wrong = len(evaluation.misclassified(given, labels))
    texts = ["" if np.isnan(share) else f"{share:.1%}" for share in shares]
    low = max(0.0, float(np.nanmin(shares)) - 0.02)
    return _part(
        "Evaluation",
        f"<p>On the {len(labels):,} test images of {html.escape(found.dataset)}: accuracy "
        f"<b>{evaluation.accuracy(given, labels):.2%}</b>, loss "
        f"{evaluation.loss(given, labels):.4f}, {wrong:,} read wrong.</p>",
        f"<h3>Accuracy of each digit <span class='quiet'>(bars begin at {low:.0%})</span></h3>",
        svg.bars(
            shares.tolist(),
            texts,
            "Accuracy of each digit: " + ", ".join(f"{d}: {t}" for d, t in enumerate(texts) if t),
            low,
        ),
    )


def _confusion(found: Evaluation) -> str:
    counts = evaluation.confusion_matrix(found.probabilities, found.labels)
    pairs = evaluation.most_confused(counts, 8)
    words = ", ".join(f"{p.true} read as {p.predicted} ({p.count:,})" for p in pairs)
    return _part(
        "Confusion matrix",
        svg.matrix(counts, f"Confusion matrix. Most confused: {words or 'no digits'}"),
        f"<p>Most confused: {words}.</p>" if pairs else "<p>Every test digit is read right.</p>",
    )


def _classification(found: Evaluation) -> str:
    body = [
        [name, *(f"{values[key]:.4f}" for key in ("precision", "recall", "f1-score")),
         f"{values['support']:,.0f}"]
        for name, values in evaluation.classification_report(
            found.probabilities, found.labels
        ).items()
    ]  # fmt: skip
    return _part(
        "Classification report",
        _table(["digit", "precision", "recall", "F1", "support"], body),
    )


def _predictions(dataset: Dataset | None, found: Evaluation, note: str) -> str:
    if dataset is None:
        return _part("Sample predictions", f"<p>{html.escape(note)}</p>")
    chosen = analysis.sample(PREDICTIONS, len(found.labels), SEED)
    return _part(
        "Sample predictions",
        f"<p>{len(chosen)} random test digits (seed {SEED}): what was read, and how surely; "
        "✓ right, ✗ wrong.</p>",
        pictures.grid(read_digits(dataset, found, chosen), 74),
    )


def _mistakes(dataset: Dataset | None, found: Evaluation, note: str) -> str:
    wrong = evaluation.misclassified(found.probabilities, found.labels)
    title = "Misclassified samples"
    if not len(wrong):
        return _part(title, "<p>Every test digit is read right.</p>")
    if dataset is None:
        return _part(title, f"<p>{len(wrong):,} in all. {html.escape(note)}</p>")
    shown = f"The {MISTAKES} surest of {len(wrong):,}" if len(wrong) > MISTAKES else "All"
    return _part(
        title,
        f"<p>{shown}, the surest mistake first.</p>",
        pictures.grid(read_digits(dataset, found, wrong[:MISTAKES]), 74),
    )


def _calibration(found: Evaluation) -> str:
    given, labels = found.probabilities, found.labels
    bins = evaluation.reliability(given, labels, 10)
    error = evaluation.calibration_error(given, labels)
    confidence = given.max(axis=1)
    right = given.argmax(axis=1) == labels
    rows = [
        ("calibration error", f"{error:.2%}"),
        ("mean confidence", f"{confidence.mean():.2%}"),
        ("… where read right", f"{confidence[right].mean():.2%}" if right.any() else "–"),
        ("… where read wrong", f"{confidence[~right].mean():.2%}" if (~right).any() else "–"),
    ]
    alt = "How often digits are read right, by confidence: " + ", ".join(
        f"{c:.0%} sure, {a:.0%} right ({n:,})"
        for c, a, n in zip(bins.confidence, bins.accuracy, bins.counts, strict=True)
        if n
    )
    chart = svg.reliability(
        bins.confidence.tolist(), bins.accuracy.tolist(), bins.counts.tolist(), alt
    )
    return _part(
        "Calibration",
        "<p>Of the digits that a calibrated network is 90 % sure of, nine in ten are right: "
        "the dots lie on the line. Below it the network is too sure of itself.</p>",
        f'<div class="pair"><div>{chart}</div><div>{_rows(rows)}</div></div>',
    )


def _summary(run: Run) -> str:
    recipe, metrics, info = run.recipe, run.metrics, run.info
    layers = " – ".join(row.name for row in recipes.layer_table(recipe) if row.name != "Input")
    rows = [
        ("architecture", layers),
        ("parameters", f"{info['parameters']:,}" if "parameters" in info else "unknown"),
        ("training accuracy", f"{metrics['train_accuracy']:.2%}"),
        ("validation accuracy", f"{metrics['val_accuracy']:.2%}"
         if "val_accuracy" in metrics else "no validation digits"),
        ("test accuracy", f"{metrics['test_accuracy']:.2%}"),
        ("epochs", f"{info.get('epochs', 'unknown')}"),
    ]  # fmt: skip
    return _part("Final summary", _rows(rows))


# --- what the parts share ------------------------------------------------------------


def read_digits(dataset: Dataset, found: Evaluation, chosen: Iterable[int]) -> list[Picture]:
    """Test digits with what was read, how surely, and what was right."""
    shown = []
    for index in map(int, chosen):
        given, label = found.probabilities[index], int(found.labels[index])
        read, sure = int(given.argmax()), float(given.max())
        truth = "" if read == label else f", is {label}"
        alt = f"Test digit {index}, a {label}, read as {read} with {sure:.0%}"
        caption = f"{read}{truth} · {sure:.0%}"
        shown.append(Picture(dataset.x_test[index], caption, alt, read == label))
    return shown


def _part(title: str, *body: str) -> str:
    return f"<section><h2>{title}</h2>{''.join(body)}</section>"


def _rows(rows: Sequence[tuple[str, str]]) -> str:
    cells = "".join(
        f'<tr><th scope="row">{html.escape(name)}</th><td>{html.escape(value)}</td></tr>'
        for name, value in rows
    )
    return f'<table class="words"><tbody>{cells}</tbody></table>'


def _table(head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    top = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in head)
    rows = "".join(
        "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in body
    )
    return (
        f'<div class="wide"><table><thead><tr>{top}</tr></thead><tbody>{rows}</tbody></table></div>'
    )


def _shape(shape: Sequence[int]) -> str:
    return " × ".join(map(str, shape))
