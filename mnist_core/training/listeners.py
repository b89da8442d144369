"""Who wants to know how far a training run is, and what they are told."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Progress:
    """Where a training run is. Losses and accuracies are means over the epoch so far."""

    epoch: int  # from 1
    epochs: int
    step: int  # batches done in this epoch
    steps: int
    loss: float
    accuracy: float
    images_per_second: float
    seconds_left: float  # as if all epochs were run
    recent_loss: float  # since the last report
    recent_accuracy: float


OnProgress = Callable[[Progress], None]
OnPreparation = Callable[[float], None]  # the share of the training digits that is drawn, 0 to 1


@dataclass(frozen=True)
class Listeners:
    """Who wants to know how far a run is."""

    on_progress: OnProgress | None = None
    on_preparation: OnPreparation | None = None
    callbacks: Iterable[keras.callbacks.Callback] = ()
