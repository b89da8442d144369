"""Train a recipe into a new run."""

from __future__ import annotations

import argparse
import dataclasses
import shlex

from mnist_core import datasets, recipes, runs
from mnist_core.cli.progress import ProgressLine, load
from mnist_core.cli.terminal import PROGRAM, Commands, print_summary
from mnist_core.errors import InputError
from mnist_core.networks.startup import start_tensorflow
from mnist_core.training import queue, transfer


def add(commands: Commands) -> None:
    command = commands.add_parser("train", help="train a recipe into a new run")
    command.set_defaults(command=run)
    command.add_argument("recipe", metavar="RECIPE", help=", ".join(recipes.RECIPES))
    command.add_argument(
        "--dataset",
        metavar="D",
        help=f"{', '.join(datasets.NAMES)}, joined by +, or pen-strokes-7 for that writer alone",
    )
    command.add_argument("--images", metavar="N", type=int, help="train on so many, chosen by seed")
    command.add_argument("--from", metavar="RUN", dest="start", help="begin with a run's weights")
    command.add_argument(
        "--freeze", metavar="N", type=int, default=0, help="keep those of the first N layers"
    )
    command.add_argument("--epochs", metavar="N", type=int, help="instead of the recipe's")
    command.add_argument("--seed", metavar="S", type=int, default=0, help="default: 0")
    command.add_argument("--name", help="of the run (default: the recipe's with date and time)")
    command.add_argument("--h5", action="store_true", help="save model.h5 beside model.keras")


def run(options: argparse.Namespace) -> None:
    recipe = _recipe(options)
    if options.epochs is not None:
        recipe = dataclasses.replace(recipe, epochs=options.epochs)
    recipes.check_seed(options.seed)
    recipes.check(recipe)
    dataset = load(options.dataset or recipe.dataset)
    start_tensorflow()
    from mnist_core.training import training_run
    from mnist_core.training.listeners import Listeners

    with ProgressLine() as line, queue.one_at_a_time(on_wait=line.wait):
        trained = training_run.train(
            recipe,
            dataset,
            options.seed,
            options.name,
            Listeners(line.show, line.prepare),
            command=f"{PROGRAM} " + shlex.join(options.arguments),
        )
    if options.h5:
        from mnist_core.networks import formats

        formats.export(trained, trained.path / "model.h5")
    print_summary(trained)


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
        recipe = recipes.fine_tuned(recipe, runs.reference(run), options.freeze)
    if options.images is not None:
        if options.images < 1:
            raise InputError(f"Train on at least one image, not {options.images}.")
        recipe = recipes.for_few_images(recipe, options.images)
    return recipe
