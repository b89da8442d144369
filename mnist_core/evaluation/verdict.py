"""What a training run's curves say, in a sentence or two of plain words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mnist_core.recipes import Recipe

History = Sequence[Mapping[str, float]]

GUESSING = 0.2  # accuracy below which a network does little more than guess: chance is 0.1
LOST = 0.1  # of accuracy, lost since the best epoch: training fell apart
LEARNED_BY_HEART = 1.1  # times the lowest validation loss, while the training loss fell
STILL_FALLING = 0.98  # times the validation loss of the epoch before
FIRST_STEPS = 0.995  # times the first loss: it falls, but hardly


def verdict(recipe: Recipe, history: History) -> str:
    """What the curves of a run say of its training.

    Args:
        recipe: that was trained.
        history: the rows of history.csv, one an epoch: `loss` and `accuracy`, and where digits
            were held back for validation `val_loss` and `val_accuracy`. Losses in nats,
            accuracies from 0 to 1.

    Returns:
        One or two sentences; empty if there is no row.
    """
    if not history:
        return ""
    told = [_course(recipe, history), _above_training(recipe, history)]
    return " ".join(sentence for sentence in told if sentence)


def _course(recipe: Recipe, history: History) -> str:
    accuracy = "val_accuracy" if "val_accuracy" in history[-1] else "accuracy"
    loss = "val_loss" if "val_loss" in history[-1] else "loss"
    last, rate = history[-1], f"{recipe.learning_rate:g}"
    reached = max(row[accuracy] for row in history)
    if reached < GUESSING:
        falls = len(history) > 1 and last["loss"] < FIRST_STEPS * history[0]["loss"]
        if falls or recipe.learning_rate < 1e-4:
            return f"It hardly does better than guessing: the learning rate {rate} is too low."
        return f"It guesses: the learning rate {rate} is too high."
    best = min(history, key=lambda row: row[loss])
    epoch = f"{best['epoch']:.0f}"
    if last[accuracy] < reached - LOST:
        return (
            f"It was better before: what it had learned by epoch {epoch} was lost again, as "
            f"the learning rate {rate} is too high."
        )
    if loss == "val_loss" and _by_heart(history, best):
        return (
            f"Since epoch {epoch} it learns its training digits by heart: the training loss "
            "falls, the validation loss rises. Fewer epochs or more dropout would help."
        )
    if len(history) == 1:
        return f"After one epoch it reads {last[accuracy]:.1%} correctly: more would help."
    if last is best and last[loss] < STILL_FALLING * history[-2][loss]:
        return f"It was still getting better at {last[accuracy]:.1%}: more epochs would help."
    return f"It has levelled off at {last[accuracy]:.1%}: more epochs would change little."


def _by_heart(history: History, best: Mapping[str, float]) -> bool:
    last = history[-1]
    return last["val_loss"] > LEARNED_BY_HEART * best["val_loss"] and last["loss"] < best["loss"]


def _above_training(recipe: Recipe, history: History) -> str:
    """Why validation may lie above training, which looks wrong at first."""
    last = history[-1]
    if last.get("val_accuracy", 0.0) <= last["accuracy"] or last["accuracy"] < GUESSING:
        return ""
    if any(layer["kind"] == "dropout" for layer in recipe.hidden):
        return "Validation is above training because dropout is off there."
    if any(recipe.augmentation.values()) or recipe.renderings:
        return "Validation is above training because its digits are not changed at random."
    return (
        "Validation is above training because training is measured during the epoch, "
        "validation at its end."
    )
