"""Ensembles: several runs averaged as one, a run like any other whose network holds all of theirs.

The average is taken over calibrated probabilities, each member's as it gives them alone, with
its temperature and its test-time augmentation. Networks that err on different digits outvote each
other's errors (Hansen, Salamon 1990, "Neural network ensembles"); the price is the time and
the size of all of them together.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mnist_core import background, datasets, drawing, recipes, runs
from mnist_core.background import Note
from mnist_core.errors import InputError
from mnist_core.evaluation import results
from mnist_core.recipes import Recipe
from mnist_core.runs import Ensemble, Member, Run

if TYPE_CHECKING:
    import keras

FEWEST, MOST = 2, 8
MOST_PARAMETERS = 20_000_000  # of all members together, as much as an imported network may have


def check(members: Sequence[Run]) -> None:
    """Refuse runs that cannot be averaged.

    Raises:
        InputError: too few or too many, one of them twice, broken or without a network, or
            too large together.
    """
    if not FEWEST <= len(members) <= MOST:
        raise InputError(f"An average takes {FEWEST} to {MOST} runs, not {len(members)}.")
    for run in members:
        if run.problem:
            raise InputError(run.problem)
        if not run.usable:
            raise InputError(f"The run {run.name} is {run.status}: average runs that are finished.")
        if [other.path.resolve() for other in members].count(run.path.resolve()) > 1:
            raise InputError(f"The run {run.name} is named twice: name each run once.")
    total = sum(run.record.parameters or 0 for run in members)
    if total > MOST_PARAMETERS:
        raise InputError(
            f"These runs have {total:,} parameters together, more than {MOST_PARAMETERS:,}: "
            "average fewer or smaller ones."
        )


def create(name: str, members: Sequence[Run]) -> Run:
    """Average runs into a new run, and measure it.

    Its test digits are those that most members were measured on, of the datasets on this
    machine.

    Returns:
        The finished run; its run.json names the members with their model files' checksums.

    Raises:
        InputError: runs that cannot be averaged (see `check`), a name that cannot be used, or
            nothing can be written.
    """
    return measure_ensemble(_begin(name, members))


def start(name: str, members: Sequence[Run]) -> Run:
    """As `create`, in a process of its own; the run is `running` until that has ended."""
    run = _begin(name, members)
    log = runs.job(run.path).log_file
    child = background.start("training.ensemble_worker", str(run.path.resolve()), log=log)
    mark = background.process_of(child.pid)
    return run if mark is None else runs.change(run, process=mark)


def _begin(name: str, members: Sequence[Run]) -> Run:
    check(members)
    runs.check_name(name)
    dataset = _dataset(members)
    described = tuple(
        Member(
            run=runs.reference(run),
            sha256=results.model_sha256(run),
            datasets=tuple(sorted(runs.trained_on(run))),
        )
        for run in members
    )
    recipe = Recipe(recipes.ENSEMBLE, "Several runs averaged", (), dataset=dataset)
    # It never waits in the queue: there is nothing to train.
    return runs.create(
        recipe,
        dataset,
        0,
        name,
        status=runs.RUNNING,
        process=background.this_process(),
        ensemble=Ensemble(members=described),
    )


def _dataset(members: Sequence[Run]) -> str:
    """The test digits that most members were measured on, of those on this machine."""
    names = [results.test_set(run.dataset) for run in members]
    known = [name for name in names if datasets.at_hand(name)]
    return max(known, key=known.count, default="optical-digits")


def measure_ensemble(run: Run) -> Run:
    """Build and measure the ensemble that a new run's run.json describes.

    Raises:
        InputError: a member has gone or changed since, or nothing can be written. The run has
            failed then, and says why.
    """
    with background.claim(runs.job(run.path).claim_file):
        return _measured(run)


def _measured(run: Run) -> Run:
    from mnist_core.training import finished as files

    note = Note(runs.job(run.path))
    try:
        note("evaluating")
        described = run.record.ensemble.members if run.record.ensemble else ()
        members = [runs.read(name) for name in run.members]
        check(members)
        for member, noted in zip(members, described, strict=True):
            if results.model_sha256(member) != noted.sha256:
                raise InputError(f"The run {member.name} has changed meanwhile: average anew.")
        # Answers that are sure enough for the members, on average, are so for all together.
        sure = sum(member.confidence_threshold for member in members) / len(members)
        seconds = [member.record.seconds for member in members]
        finished = files.save_as_run(
            run,
            build(members),
            datasets.load(run.dataset, fetch=False),
            confidence_threshold=round(sure, 4),
            seconds=None if None in seconds else round(sum(filter(None, seconds)), 1),
        )
    except BaseException as error:
        reason = str(error) or type(error).__name__
        with contextlib.suppress(InputError, OSError):
            runs.change(run, status=runs.FAILED, reason=reason, finished=runs.now(), process=None)
        raise
    finally:
        note.forget()
    return finished


def build(members: Sequence[Run]) -> keras.Model:
    """One network of Keras' own layers that gives the mean of the members' probabilities.

    Returns:
        A model from float32 (n, 28, 28) in [0, 1] to float32 (n, 10), rows summing to 1.

    Raises:
        InputError: a member is broken.
    """
    import keras

    from mnist_core.networks import folding, keras_predictor

    image = keras.Input((drawing.SIDE, drawing.SIDE), name="image")
    probabilities = []
    for number, run in enumerate(members, 1):
        network = folding.fold(keras_predictor.load_model(run))
        network = keras.Model(network.inputs[0], network.outputs[0], name=f"member_{number}")
        probabilities.append(_calibrated(network, image, run.temperature, run.recipe.tta_angle))
    return keras.Model(image, keras.layers.Average()(probabilities), name="ensemble")


def _calibrated(
    network: keras.Model, image: keras.KerasTensor, temperature: float, tta_angle: float
) -> keras.KerasTensor:
    """The probabilities of a `Predictor` with that temperature and angle, as layers."""
    from keras import layers, ops

    from mnist_core.networks import rotation
    from mnist_core.networks.calibrated import LEAST
    from mnist_core.networks.gathering import gathered

    logs = []
    for angle in (tta_angle, -tta_angle) if tta_angle else (0.0,):
        view = gathered(image, rotation.projective_map(angle)) if angle else image
        logs.append(ops.log(ops.maximum(network(view), LEAST)))
    mean = layers.Average()(logs) if len(logs) > 1 else logs[0]
    return layers.Softmax()(layers.Rescaling(1 / temperature)(mean))
