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
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from rich.console import Console
from rich.progress import TaskID
from rich.table import Table

from mnist_core import datasets, drawing, recipes, runs
from mnist_core.errors import InputError
from mnist_core.experiments import studies, trials, worker_pool
from mnist_core.experiments.search import FAMILIES
from mnist_core.training import queue, transfer

if TYPE_CHECKING:
    from mnist_core.experiments.search import Search
    from mnist_core.experiments.search_worker import Step
    from mnist_core.training.loop import Progress

WORKERS_SHOWN = 8
SEVERAL = 4  # trials of a search at a time, on a cluster whose size is not known yet
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
    work.set_defaults(command=lambda *_: queue.work())

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
    _add_workers(study)
    _add_search(commands)
    return parser


def _add_workers(command: _Parser) -> None:
    where = command.add_mutually_exclusive_group()
    where.add_argument(
        "--workers",
        metavar="N",
        type=int,
        nargs="?",
        const=worker_pool.most(),
        help="train N trials at a time, each on its own cores (default: as many as cores and "
        "memory allow)",
    )
    where.add_argument(
        "--scheduler", metavar="ADDRESS", help="train on a Dask cluster, e.g. tcp://HOST:8786"
    )


def _add_search(commands: argparse._SubParsersAction[_Parser]) -> None:
    search = commands.add_parser(
        "search",
        help="search architectures and hyperparameters",
        description=(
            "Search architectures and hyperparameters by validation accuracy, or go on with a "
            "search that was stopped or interrupted. Ctrl-C ends it; the same command goes on. "
            "Test digits are read for the winner alone, once it has been trained."
        ),
    )
    search.set_defaults(command=_search)
    search.add_argument("name", metavar="NAME", help="of the search, new or to go on with")
    search.add_argument("--trials", metavar="N", type=int, help="in all (default: 20)")
    search.add_argument(
        "--winner", action="store_true", help="train the best trial into a run at the end"
    )
    _add_workers(search)
    new = search.add_argument_group("settings of a new search")
    new.add_argument("--dataset", metavar="D", help="default: mnist")
    new.add_argument("--seed", metavar="S", type=int, help="default: 0")
    new.add_argument(
        "--at-a-time",
        metavar="K",
        type=int,
        help="trials that can be trained beside each other: each is chosen by all but the K "
        f"before it (default: as many as workers, {SEVERAL} with --scheduler, else 1)",
    )
    new.add_argument("--epochs", metavar="N", type=int, help="of each trial (default: 5)")
    new.add_argument(
        "--train-images", metavar="N", type=int, help="that each trial sees (default: all)"
    )
    new.add_argument(
        "--layers", metavar=("LOW", "HIGH"), type=int, nargs=2, help="hidden (default: 1 3)"
    )
    new.add_argument("--widths", metavar="N", type=int, nargs="+", help="of hidden layers")
    new.add_argument("--dropout", metavar=("LOW", "HIGH"), type=float, nargs=2)
    new.add_argument("--learning-rate", metavar=("LOW", "HIGH"), type=float, nargs=2)
    new.add_argument("--batch-sizes", metavar="N", type=int, nargs="+")
    for plural, choices in (
        ("activations", recipes.ACTIVATIONS),
        ("optimizers", tuple(recipes.OPTIMIZERS)),
        ("augmentations", tuple(recipes.AUGMENTED)),
        ("families", FAMILIES),
    ):
        new.add_argument(
            f"--{plural}", metavar=plural.upper()[:1], nargs="+", help=", ".join(choices)
        )


def _train(options: argparse.Namespace, arguments: list[str]) -> None:
    recipe = _recipe(options)
    if options.epochs is not None:
        recipe = dataclasses.replace(recipe, epochs=options.epochs)
    recipes.check_seed(options.seed)
    recipes.check(recipe)
    dataset = _load(options.dataset or recipe.dataset)
    _start_tensorflow()
    from mnist_core.training import loop

    with _ProgressLine() as line:
        run = loop.train(
            recipe,
            dataset,
            options.seed,
            options.name,
            line.show,
            command="python -m mnist_core " + shlex.join(arguments),
            on_preparation=line.prepare,
        )
    if options.h5:
        from mnist_core.networks import predictor

        loop.save(predictor.load(run).model, run.path / "model.h5", dataset.x_test[:500])
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
    with queue.turn(runs.read(options.run)) as run, _ProgressLine() as line:
        dataset = _load(
            run.info["dataset"]["name"],
            lambda share: runs.write_progress(run.path, {"phase": "downloading", "share": share}),
        )
        _start_tensorflow()
        from mnist_core.training import loop

        measure = None
        if run.study:
            measure = functools.partial(
                trials.measure, dataset=dataset, recipe=run.recipe, seed=run.info["seed"]
            )
        run = loop.carry_out(run, dataset, line.show, on_preparation=line.prepare, measure=measure)
    _print_summary(run)
    if run.study:
        trials.gather()


def _export(options: argparse.Namespace, _: list[str]) -> None:
    _start_tensorflow()
    from mnist_core.training import imports

    imports.export(runs.read(options.run), options.file)


def _ensemble(options: argparse.Namespace, _: list[str]) -> None:
    from mnist_core.evaluation import comparison
    from mnist_core.training import averaging

    members = [runs.read(name) for name in options.runs]
    averaging.check(members)
    _start_tensorflow()
    logging.getLogger("tensorflow").setLevel(logging.ERROR)  # each member makes a graph
    run = averaging.create(options.name, members)
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
    from mnist_core.experiments import reproductions
    from mnist_core.experiments.reproductions import Row

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
    here = options.scheduler is None and options.workers is None
    if not here:
        worker_pool.check()
    try:
        if here:
            _fetch(wanted)
            trials.submit(wanted)
        else:
            at = options.studies or list(studies.STUDIES)
            with worker_pool.noted(worker_pool.name_of("study", at), at) as crew:
                _fetch(wanted)
                _train_by_workers(options.scheduler, options.workers, wanted, crew)
        with _TrialsLine() as line:
            state = trials.follow(wanted, line.show)
    except KeyboardInterrupt:
        trials.stop(wanted)
        if here:
            console.print("No further trials wait in the queue; one in training ends by itself.")
        console.print(f"Go on with: python -m mnist_core {shlex.join(arguments)}")
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


def _fetch(wanted: Sequence[trials.Trial]) -> None:
    """Have the digits at hand that trials need."""
    if trials.look(wanted).measured < len(wanted):
        for name in dict.fromkeys(trial.recipe.dataset for trial in wanted):
            _load(name)
        try:
            if not datasets.at_hand(trials.DRAWN):
                _load(trials.DRAWN)
        except InputError as error:
            console.print(f"Without drawn digits: {error}")


def _train_by_workers(
    scheduler: str | None,
    count: int | None,
    wanted: Sequence[trials.Trial],
    crew: worker_pool.Noted,
) -> None:
    from mnist_core.experiments import cluster

    def stop() -> None:
        console.print(
            "No further trials are begun; those in training are waited for. Ctrl-C again leaves "
            "them."
        )

    with contextlib.ExitStack() as stack:
        if scheduler is None:
            scheduler = stack.enter_context(cluster.local(count or 0))
        line = stack.enter_context(_TrialsLine())
        asked = stack.enter_context(_interrupt_asks(stop))

        def show(look: worker_pool.Look) -> None:
            line.show_workers(look)
            crew.tell(look)

        work = trials.ForWorkers(wanted, line.show_row)
        cluster.carry_out_all(scheduler, work, show, lambda: asked.is_set() or crew.asked_to_stop())
    if asked.is_set():
        raise KeyboardInterrupt


def _search(options: argparse.Namespace, _: list[str]) -> None:
    from mnist_core.experiments import search

    fields = {field.name for field in dataclasses.fields(search.Space)}
    asked: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in vars(options).items()
        if key in fields | {"dataset", "seed", "at_a_time"} and value is not None
    }
    space = {key: value for key, value in asked.items() if key in fields}
    if options.name in search.names():
        settings = search.state(options.name).settings
        known = {**vars(settings.space), **vars(settings)}
        for key, value in asked.items():
            if known[key] != value:
                raise InputError(
                    f"The search {options.name} has other settings ({key.replace('_', ' ')}): "
                    "leave them out to go on with it, or give another name."
                )
        _more_trials(options)
    else:
        search.create(
            options.name,
            asked.get("dataset", "mnist"),
            20 if options.trials is None else options.trials,
            asked.get("seed", 0),
            search.Space(**space),
            asked.get("at_a_time", SEVERAL if options.scheduler else options.workers or 1),
        )
    found = search.state(options.name)
    if len(found.trials) < found.settings.trials:
        found = _try_out(options.name, options.scheduler, options.workers)
    best = found.best
    if best is None:
        console.print("no trial ran to its end yet")
    else:
        console.print(f"best: trial {best.number}, validation accuracy {best.value:.2%}")
        for key, value in best.params.items():
            console.print(f"  {key.replace('_', ' ')} {_short(value)}")
    if found.activity != search.FINISHED:
        console.print(f"stopped: the same command goes on with {found.name}")
    elif options.winner:
        _print_summary(_follow(search.winner(options.name)))
    elif best is not None and found.winner is None:
        console.print(f"train it: python -m mnist_core search {found.name} --winner")


def _more_trials(options: argparse.Namespace) -> None:
    """Make an existing search longer, if that is asked for."""
    from mnist_core.experiments import search

    found = search.state(options.name)
    if options.trials is not None and options.trials != found.settings.trials:
        search.extend(options.name, options.trials)
    elif len(found.trials) >= found.settings.trials and not options.winner:
        search.extend(options.name)  # which says that there is nothing left to try


def _try_out(name: str, scheduler: str | None, count: int | None) -> Search:
    """Try what is left, with a living line for what is under way and a line for each ended."""
    from mnist_core.experiments import search

    if by_workers := scheduler is not None or count is not None:
        worker_pool.check()
    _load(search.state(name).settings.dataset)
    if not by_workers:
        _start_tensorflow()
    from mnist_core.experiments import search_worker

    # Every trial makes a graph anew, which TensorFlow would warn of.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    search.side(name, "stop").unlink(missing_ok=True)
    printed = {trial.number for trial in search.state(name).trials}

    def report_ended(found: Search) -> None:
        for trial in found.trials:
            if trial.number not in printed:
                printed.add(trial.number)
                value = "–" if trial.value is None else f"{trial.value:.2%}"
                console.print(
                    f"trial {trial.number}: {value}  {trial.state}, "
                    f"{runs.duration(trial.seconds or 0)}"
                    + (f"  {trial.note}" if trial.note else "")
                )

    if by_workers:
        with _TrialsLine() as line, _interrupt_asks(lambda: search.stop(name)) as asked:

            def show_look(look: worker_pool.Look) -> None:
                report_ended(search.state(name))
                line.show_workers(look)

            found = search_worker.carry_out(
                name, scheduler=scheduler, workers=count, on_look=show_look
            )
    else:
        with _ProgressLine() as bar, _interrupt_asks(lambda: search.stop(name)) as asked:

            def show_step(step: Step) -> None:
                found = search.state(name)
                if step.trial - 1 not in printed:
                    report_ended(found)
                bar.show_trial(step, found)

            found = search_worker.carry_out(name, show_step)
    report_ended(found)
    if asked.is_set():
        console.print(f"the same command goes on with {name}")
        raise KeyboardInterrupt
    return found


@contextlib.contextmanager
def _interrupt_asks(stop: Callable[[], None]) -> Iterator[threading.Event]:
    """Let the first Ctrl-C ask for a stop; a second one ends it at once.

    Python drops a KeyboardInterrupt that comes while it tidies up, which TensorFlow has it do
    often.
    """
    asked = threading.Event()

    def ask(*_: object) -> None:
        asked.set()
        signal.signal(signal.SIGINT, before)
        stop()

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield asked
    finally:
        signal.signal(signal.SIGINT, before)


def _short(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _follow(run: runs.Run) -> runs.Run:
    """Wait for a run that trains in a process of its own, and show how far it is."""
    with _ProgressLine() as line:
        while run.active:
            told = runs.read_progress(run)
            if told.get("phase") == "training":
                line.show_told(told)
            queue.tend()
            time.sleep(0.3)
            run = runs.read(run.path)
    if not run.usable:
        raise InputError(run.problem or str(run.info.get("reason", f"{run.name} failed.")))
    return run


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
    """One living line: epoch, bar, time left, loss and accuracy, pace.

    Ctrl-C ends what is shown, at the next report if Python dropped the interrupt because it came
    while it tidied up.
    """

    def __enter__(self) -> _ProgressLine:
        from rich.progress import BarColumn, Progress, TextColumn

        self._interrupted = threading.Event()
        self._handler = signal.getsignal(signal.SIGINT)
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, self._interrupt)
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
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, self._handler)
        if self._task is not None:
            self._bar.stop()

    def _interrupt(self, *_: object) -> NoReturn:
        self._interrupted.set()
        raise KeyboardInterrupt

    def prepare(self, share: float) -> None:
        """The time before the first epoch, in which strokes are drawn."""
        self._show("drawing strokes", share, 1, "")

    def show(self, progress: Progress) -> None:
        self.show_told(dataclasses.asdict(progress))

    def show_told(self, told: Mapping[str, Any]) -> None:
        """What a training says of itself, as `runs.read_progress` gives it."""
        figures = (
            f"{_clock(told['seconds_left'])} left  loss {told['loss']:.4f}  "
            f"accuracy {told['accuracy']:.2%}  {told['images_per_second']:,.0f} images/s"
        )
        done = (told["epoch"] - 1) * told["steps"] + told["step"]
        words = f"epoch {told['epoch']}/{told['epochs']}"
        self._show(words, done, told["epochs"] * told["steps"], figures)

    def show_trial(self, step: Step, found: Search) -> None:
        left, best = found.seconds_left, found.best
        figures = "" if left is None else f"{_clock(left)} left  "
        if best is not None:
            figures += f"best {best.value:.2%}"
        words = f"trial {step.trial}/{found.settings.trials}, epoch {step.epoch}"
        self._show(words, step.trial - 1 + step.share, found.settings.trials, figures)

    def _show(self, words: str, done: float, total: float, figures: str) -> None:
        if self._interrupted.is_set():
            raise KeyboardInterrupt
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
        self._told = ""
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def show(self, state: trials.State, new: list[trials.Row]) -> None:
        for row in new:
            self.show_row(row)
        words = f"{runs.duration(state.seconds_left)} left" if state.active else ""
        if state.training:
            words += f", now {trials.words(state.training)}"
        self._bar.update(self._task, description=words, completed=state.measured, total=state.total)

    def show_workers(self, look: worker_pool.Look) -> None:
        words = [] if look.seconds_left is None else [f"{runs.duration(look.seconds_left)} left"]
        words.append(look.note or _count(len(look.workers), "worker"))
        if not console.is_terminal and words[-1] != self._told:  # there is no line that lives
            self._told = words[-1]
            console.print(self._told)
        lines = [", ".join(words)]
        for address, has in list(look.workers.items())[:WORKERS_SHOWN]:
            lines.append(f"{address}: {'; '.join(has) or '–'}")
        if len(look.workers) > WORKERS_SHOWN:
            lines.append(f"and {len(look.workers) - WORKERS_SHOWN} more")
        self._bar.update(
            self._task, description="\n".join(lines), completed=look.done, total=look.total
        )

    def show_row(self, row: trials.Row) -> None:
        drawn = row.drawn_accuracy
        console.print(
            f"{row.study} {row.value}, seed {row.seed}: test accuracy {row.test_accuracy:.2%}"
            + ("" if math.isnan(drawn) else f", on drawn digits {drawn:.2%}")
            + f", in {runs.duration(row.seconds)}"
        )


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02}"


def _print_summary(run: runs.Run) -> None:
    table = Table(show_header=False, box=None)
    for label, value in runs.summary(run).items():
        table.add_row(label, value)
    console.print(table)


def _evaluate(options: argparse.Namespace, _: list[str]) -> None:
    _start_tensorflow()
    from mnist_core import evaluation
    from mnist_core.networks import predictor

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
    from mnist_core.networks import predictor

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
