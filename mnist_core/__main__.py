"""The command line: `python -m mnist_core train | resume | evaluate | predict | runs | …`."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import functools
import json
import logging
import math
import os
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from rich.console import Console
from rich.progress import TaskID
from rich.table import Table

from mnist_core import datasets, drawing, jobs, recipes, runs, studies, transfer, trials
from mnist_core.errors import InputError

if TYPE_CHECKING:
    from mnist_core.training import Progress

console = Console(highlight=False, markup=False)


def main(argv: list[str] | None = None) -> int:
    """Run a command; the exit status is 0, or 2 after one clear line on bad input."""
    arguments = sys.argv[1:] if argv is None else argv
    options = _parser().parse_args(arguments)
    try:
        options.command(options, arguments)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    return 0


def _start_tensorflow() -> None:
    """Import TensorFlow without its start-up notices, which no setting turns off."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.stderr.flush()
    kept = os.dup(2)
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123
        os.dup2(nowhere.fileno(), 2)
    try:
        import tensorflow  # noqa: F401
    finally:
        os.dup2(kept, 2)
        os.close(kept)


class _Parser(argparse.ArgumentParser):
    """Refuses an argument in one line, as everything else is refused."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"error: {message} (see {self.prog} --help)\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m mnist_core",
        description="Train, evaluate and use networks that read digits.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    train = commands.add_parser("train", help="train a recipe into a new run")
    train.set_defaults(command=_train)
    train.add_argument("recipe", metavar="RECIPE", help=", ".join(recipes.RECIPES))
    train.add_argument(
        "--dataset",
        metavar="D",
        help=f"{', '.join(datasets.NAMES)}, or pen-strokes-7 for that writer alone",
    )
    train.add_argument("--images", metavar="N", type=int, help="train on so many, chosen by seed")
    train.add_argument("--from", metavar="RUN", dest="start", help="begin with a run's weights")
    train.add_argument(
        "--freeze", metavar="N", type=int, default=0, help="keep those of the first N layers"
    )
    train.add_argument("--epochs", metavar="N", type=int, help="instead of the recipe's")
    train.add_argument("--seed", metavar="S", type=int, default=0, help="default: 0")
    train.add_argument("--name", help="of the run (default: the recipe's with date and time)")
    train.add_argument("--h5", action="store_true", help="save model.h5 beside model.keras")

    resume = commands.add_parser(
        "resume", help="train a run that waits, or go on with an interrupted one"
    )
    resume.set_defaults(command=_resume)
    resume.add_argument("run", metavar="RUN", help="name or directory of a run")

    work = commands.add_parser("work", help="train the runs that wait, one after another")
    work.set_defaults(command=lambda *_: jobs.work())

    export = commands.add_parser("export", help="write a run's network in another format")
    export.set_defaults(command=_export)
    export.add_argument("run", metavar="RUN", help="name or directory of a run")
    export.add_argument("file", metavar="FILE", type=Path, help="ends in .keras, .h5 or .tflite")

    ensemble = commands.add_parser("ensemble", help="average several runs into a new run")
    ensemble.set_defaults(command=_ensemble)
    ensemble.add_argument("name", metavar="NAME", help="of the new run")
    ensemble.add_argument("runs", metavar="RUN", nargs="+", help="names or directories of runs")

    evaluate = commands.add_parser("evaluate", help="measure a run on a test set")
    evaluate.set_defaults(command=_evaluate)
    evaluate.add_argument("run", metavar="RUN", help="name or directory of a run")
    evaluate.add_argument("--dataset", metavar="D", help="default: the run's own")

    predict = commands.add_parser("predict", help="read the digit in an image file")
    predict.set_defaults(command=_predict)
    predict.add_argument("image", metavar="IMAGE", type=Path, help="PNG, JPEG, WebP, …")
    predict.add_argument("--run", metavar="RUN", help="default: the shipped default run")
    predict.add_argument("--json", action="store_true", help="print the probabilities as JSON")

    listing = commands.add_parser("runs", help="list the runs")
    listing.set_defaults(command=_runs)

    report = commands.add_parser("report", help="write a run's report, one HTML file")
    report.set_defaults(command=_report)
    report.add_argument("run", metavar="RUN", help="name or directory of a run")
    report.add_argument(
        "--output", metavar="FILE", type=Path, help="default: RUN-report.html in this folder"
    )

    reproduce = commands.add_parser(
        "reproduce", help="train the documents' recipes over several seeds, into a table"
    )
    reproduce.set_defaults(command=_reproduce)
    reproduce.add_argument(
        "recipes", metavar="RECIPE", nargs="*", help="default: all that documents report"
    )
    reproduce.add_argument("--seeds", metavar="N", type=int, default=3, help="default: 3")

    study = commands.add_parser(
        "study", help="measure what one choice does to accuracy, over several seeds"
    )
    study.set_defaults(command=_study)
    study.add_argument(
        "studies", metavar="STUDY", nargs="*", help=f"{', '.join(studies.STUDIES)} (default: all)"
    )
    study.add_argument(
        "--seeds", metavar="N", type=int, default=studies.SEEDS, help="default: %(default)s"
    )
    return parser


def _train(options: argparse.Namespace, arguments: list[str]) -> None:
    recipe = _recipe(options)
    if options.epochs is not None:
        recipe = dataclasses.replace(recipe, epochs=options.epochs)
    if not 0 <= options.seed < 2**31:
        raise InputError(
            f"The seed must be a whole number from 0 to 2147483647, not {options.seed}."
        )
    recipes.check(recipe)
    dataset = _load(options.dataset or recipe.dataset)
    _start_tensorflow()
    from mnist_core import training

    with _ProgressLine() as line:
        run = training.train(
            recipe,
            dataset,
            options.seed,
            options.name,
            line.show,
            command="python -m mnist_core " + shlex.join(arguments),
            on_preparation=line.prepare,
        )
    if options.h5:
        from mnist_core import predictor

        training.save(predictor.load(run).model, run.path / "model.h5", dataset.x_test[:500])
    _print_summary(run)


def _recipe(options: argparse.Namespace) -> recipes.Recipe:
    """The recipe that is asked for; of the run that it starts from, if that has it."""
    if options.start is None:
        if options.freeze:
            raise InputError("--freeze keeps the weights of a run: name it with --from.")
        recipe = recipes.get(options.recipe)
    else:
        run = transfer.source(options.start)
        own = run.recipe.name == options.recipe
        recipe = run.recipe if own else recipes.get(options.recipe)
        recipe = recipes.continued(recipe, runs.reference(run), options.freeze)
    if options.images is not None:
        if options.images < 1:
            raise InputError(f"Train on at least one image, not {options.images}.")
        recipe = recipes.few(recipe, options.images)
    return recipe


def _resume(options: argparse.Namespace, _: list[str]) -> None:
    with jobs.turn(runs.read(options.run)) as run, _ProgressLine() as line:
        dataset = _load(
            run.info["dataset"]["name"],
            lambda share: runs.write_progress(run.path, {"phase": "downloading", "share": share}),
        )
        _start_tensorflow()
        from mnist_core import training

        measure = None
        if run.study:
            measure = functools.partial(
                trials.measure, dataset=dataset, recipe=run.recipe, seed=run.info["seed"]
            )
        run = training.carry_out(
            run, dataset, line.show, on_preparation=line.prepare, measure=measure
        )
    _print_summary(run)
    if run.study:
        trials.gather()


def _export(options: argparse.Namespace, _: list[str]) -> None:
    _start_tensorflow()
    from mnist_core import exchange

    exchange.export(runs.read(options.run), options.file)


def _ensemble(options: argparse.Namespace, _: list[str]) -> None:
    from mnist_core import comparison, ensembles

    members = [runs.read(name) for name in options.runs]
    ensembles.check(members)
    _start_tensorflow()
    logging.getLogger("tensorflow").setLevel(logging.ERROR)  # each member makes a graph
    run = ensembles.create(options.name, members)
    _print_summary(run)
    found = [comparison.contender(run, comparison.measure(run)) for run in (*members, run)]
    table = Table("run", *(figure.title for figure in comparison.GAIN_AND_COST), box=None)
    for contender in found:
        values = [(f, contender.figures.get(f.key)) for f in comparison.GAIN_AND_COST]
        table.add_row(contender.name, *("–" if v is None else f.write(v) for f, v in values))
    console.print(table)
    console.print(comparison.gain(found[-1], found[:-1]))


def _report(options: argparse.Namespace, _: list[str]) -> None:
    from mnist_core import report

    run = runs.read(options.run)
    path = options.output or Path(f"{run.name}-report.html")
    if path.is_dir():
        path = path / f"{run.name}-report.html"
    report.write(run, path)
    print(path)


def _reproduce(options: argparse.Namespace, _: list[str]) -> None:
    from mnist_core import reproductions
    from mnist_core.reproductions import Row

    names = options.recipes or list(reproductions.REPORTED)
    for recipe in [recipes.get(name) for name in names]:
        _load(recipe.dataset)
    _load(reproductions.DRAWN)
    _start_tensorflow()
    # Every training makes a graph anew, which TensorFlow would warn of.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)

    with contextlib.ExitStack() as lines:
        line: _ProgressLine | None = None

        def start(name: str, seed: int) -> None:
            nonlocal line
            console.print(f"{name}, seed {seed}")
            line = lines.enter_context(_ProgressLine())

        def show(progress: Progress) -> None:
            assert line is not None
            line.show(progress)

        def end(row: Row) -> None:
            lines.close()
            console.print(
                f"  test accuracy {row.test_accuracy:.2%}, on drawn digits "
                f"{row.drawn_accuracy:.2%}, in {row.seconds:,.0f} s"
            )

        rows = reproductions.reproduce(names, options.seeds, reproductions.TABLE, start, show, end)
    table = Table("recipe", "seeds", "test accuracy", "drawn digits", box=None)
    for name in dict.fromkeys(names):
        test = reproductions.summary(rows, name, "test_accuracy")
        drawn = reproductions.summary(rows, name, "drawn_accuracy")
        table.add_row(name, str(test.seeds), str(test), str(drawn))
    console.print(table)


def _study(options: argparse.Namespace, arguments: list[str]) -> None:
    wanted = studies.wanted(options.studies, options.seeds)
    if trials.look(wanted).measured < len(wanted):
        for name in dict.fromkeys(trial.recipe.dataset for trial in wanted):
            _load(name)
        try:
            if not datasets.at_hand(trials.DRAWN):
                _load(trials.DRAWN)
        except InputError as error:
            console.print(f"Without drawn digits: {error}")
    try:
        trials.submit(wanted)
        with _TrialsLine() as line:
            state = trials.follow(wanted, line.show)
    except KeyboardInterrupt:
        trials.stop(wanted)
        console.print(
            "No further trials wait in the queue; one that is in training ends by itself. Go on "
            f"with: python -m mnist_core {shlex.join(arguments)}"
        )
        raise
    rows = trials.read()
    for name in options.studies or studies.STUDIES:
        study = studies.STUDIES[name]
        table = Table(study.title, "seeds", "test accuracy", "drawn digits", box=None)
        for value in study.values:
            test, drawn = (study.summary(rows, value, f) for f in (studies.TEST, studies.DRAWN))
            table.add_row(value, str(test.seeds), str(test), str(drawn))
        console.print(table)
        console.print(studies.conclusion(study, rows).replace("**", "") + "\n")
    if state.measured < state.total:
        raise InputError(
            f"{state.total - state.measured} of {state.total} trials are not measured"
            + "".join(f"; {trials.why(run)}" for run in state.failed[:1])
            + f" Try them again with: python -m mnist_core {shlex.join(arguments)}"
        )


def _load(name: str, also: Callable[[float], None] | None = None) -> datasets.Dataset:
    """Load a dataset, with a progress bar if it has to be downloaded."""
    from rich.progress import DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = TextColumn("downloading {task.description}"), DownloadColumn(), TimeRemainingColumn()
    bar = Progress(*columns, console=console, transient=True)
    task = None

    def show(done: int, total: int | None) -> None:
        nonlocal task
        if task is None:
            bar.start()
            task = bar.add_task(name, total=total)
        bar.update(task, completed=done)
        if also and total:
            also(done / total)

    try:
        return datasets.load(name, show)
    finally:
        if task is not None:  # a bar that never started would still end in an empty line
            bar.stop()


class _ProgressLine:
    """One living line: epoch, bar, time left, loss and accuracy, pace."""

    def __enter__(self) -> _ProgressLine:
        from rich.progress import BarColumn, Progress, TextColumn

        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f}%"),
            TextColumn("{task.fields[figures]}"),
            console=console,
            disable=not console.is_terminal,  # a log has a line an epoch instead
        )
        self._task: TaskID | None = None
        return self

    def __exit__(self, *_: object) -> None:
        if self._task is not None:
            self._bar.stop()

    def prepare(self, share: float) -> None:
        """The time before the first epoch, in which strokes are drawn."""
        self._show("drawing strokes", share, 1, "")

    def show(self, progress: Progress) -> None:
        minutes, seconds = divmod(round(progress.seconds_left), 60)
        figures = (
            f"{minutes}:{seconds:02} left  loss {progress.loss:.4f}  "
            f"accuracy {progress.accuracy:.2%}  {progress.images_per_second:,.0f} images/s"
        )
        done = (progress.epoch - 1) * progress.steps + progress.step
        words = f"epoch {progress.epoch}/{progress.epochs}"
        self._show(words, done, progress.epochs * progress.steps, figures)

    def _show(self, words: str, done: float, total: float, figures: str) -> None:
        if self._task is None:
            self._bar.start()
            self._task = self._bar.add_task(words, total=total, figures=figures)
        self._bar.update(
            self._task, description=words, completed=done, total=total, figures=figures
        )


class _TrialsLine:
    """A line for each trial that is measured, and a living one: how many, time left, which."""

    def __enter__(self) -> _TrialsLine:
        from rich.progress import BarColumn, Progress, TextColumn

        self._bar = Progress(
            TextColumn("{task.completed}/{task.total} trials"),
            BarColumn(),
            TextColumn("{task.description}"),
            console=console,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("", total=None)
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def show(self, state: trials.State, new: list[trials.Row]) -> None:
        for row in new:
            drawn = row.drawn_accuracy
            console.print(
                f"{row.study} {row.value}, seed {row.seed}: test accuracy {row.test_accuracy:.2%}"
                + ("" if math.isnan(drawn) else f", on drawn digits {drawn:.2%}")
                + f", in {runs.duration(row.seconds)}"
            )
        words = f"{runs.duration(state.seconds_left)} left" if state.active else ""
        if state.training:
            words += f", now {trials.words(state.training)}"
        self._bar.update(self._task, description=words, completed=state.measured, total=state.total)


def _print_summary(run: runs.Run) -> None:
    table = Table(show_header=False, box=None)
    for label, value in runs.summary(run).items():
        table.add_row(label, value)
    console.print(table)


def _evaluate(options: argparse.Namespace, _: list[str]) -> None:
    _start_tensorflow()
    from mnist_core import evaluation, predictor

    reader = predictor.load(options.run)
    assert reader.run is not None
    dataset = _load(options.dataset or reader.run.info["dataset"]["name"])
    probabilities = reader.predict(datasets.scale(dataset.x_test))
    labels = dataset.y_test
    console.print(
        f"{reader.run.name} on the {len(labels):,} test images of {dataset.name}: "
        f"accuracy {evaluation.accuracy(probabilities, labels):.2%}, "
        f"loss {evaluation.loss(probabilities, labels):.4f}\n"
    )
    table = Table("", "precision", "recall", "F1", "support", box=None)
    for column in table.columns:
        column.justify = "right"
    for row, values in evaluation.classification_report(probabilities, labels).items():
        shares = [f"{values[key]:.4f}" for key in ("precision", "recall", "f1-score")]
        table.add_row(row, *shares, f"{values['support']:,.0f}")
    console.print(table)
    console.print("\nconfusion matrix (rows: true digit, columns: predicted)")
    matrix = evaluation.confusion_matrix(probabilities, labels)
    for digit, row in enumerate(matrix):
        console.print(f"{digit:>4} " + "".join(f"{count:>6}" for count in row))
    pairs = evaluation.most_confused(matrix, 5)
    if pairs:
        most = ", ".join(f"{p.true} as {p.predicted} ({p.count})" for p in pairs)
        console.print(f"\nmost confused: {most}")


def _predict(options: argparse.Namespace, _: list[str]) -> None:
    try:
        data = options.image.read_bytes()
    except OSError as error:
        raise InputError(f"Cannot read {options.image} ({error.strerror}).") from error
    image = drawing.from_image(drawing.read_image(data))
    if not image.any():
        raise InputError(f"There is no ink in {options.image}: give an image of a digit.")
    _start_tensorflow()
    from mnist_core import predictor

    probabilities = predictor.load(options.run).predict(image[None])[0]
    digit = int(probabilities.argmax())
    if options.json:
        answer = {
            "digit": digit,
            "confidence": round(float(probabilities[digit]), 6),
            "probabilities": [round(float(p), 6) for p in probabilities],
        }
        print(json.dumps(answer))
    else:
        console.print(f"{digit} ({probabilities[digit]:.1%})")


def _runs(_: argparse.Namespace, __: list[str]) -> None:
    table = Table("run", "recipe", "dataset", "parameters", "test accuracy", "status", box=None)
    for run in runs.all_runs():
        if run.problem:
            table.add_row(run.name, "", "", "", "", f"broken: {run.problem}")
            continue
        info, accuracy = run.info, run.metrics.get("test_accuracy")
        table.add_row(
            run.name,
            info["recipe"]["name"],
            info["dataset"]["name"],
            f"{info['parameters']:,}" if "parameters" in info else "",
            f"{accuracy:.2%}" if accuracy is not None else "",
            run.status,
        )
    # As wide as it has to be: names are there to be copied whole.
    Console(highlight=False, markup=False, width=500).print(table)


if __name__ == "__main__":
    sys.exit(main())
