"""What this visitor has taught the reader, on the server: for as long as the page is open.

The browser keeps it (`ui/draw/keeper.py`); no other module of this page touches the session for it.
"""

from __future__ import annotations

import concurrent.futures

import numpy as np
import numpy.typing as npt
import streamlit as st

from mnist_core.errors import InputError
from mnist_core.hands import Digit, Hand, dump, load
from mnist_core.predictor import Predictor
from ui import canvas, reading
from ui.draw import state

UNDONE = 50  # changes that can be taken back
Digits = tuple[Digit, ...]


class Visitors:
    """A visitor's hand, whichever network reads."""

    def __init__(self) -> None:
        self.digits: Digits = ()
        self.changes = 0  # since the page was opened; with none, the browser knows better
        self.before: list[Digits] = []  # what can be gone back to
        self.note: str | None = None  # a sentence about the last change
        self._ready: Hand | None = None
        self._for: tuple[Predictor, Digits] | None = None

    def by(self, predictor: Predictor) -> Hand:
        """The hand as this network reads it; made anew when either is another one."""
        known = self._for
        same = known is not None and known[0] is predictor and known[1] is self.digits
        if self._ready is None or not same:
            self._ready = Hand.of(self.digits, predictor)
            self.digits = self._ready.digits
            self._for = predictor, self.digits
        return self._ready

    def learn(self, predictor: Predictor, image: npt.NDArray[np.float32], label: int) -> None:
        """Learn an image, float32 (28, 28), as this digit.

        Raises:
            InputError: there is no ink.
        """
        hand = self.by(predictor)
        hand.learn(image, label)
        self.change(hand.digits, f"Learnt as {'an' if label == 8 else 'a'} {label}.")
        self._for = predictor, self.digits

    def change(self, digits: Digits, note: str | None = None) -> None:
        """Have other digits, which the browser is to keep."""
        self.before = [*self.before[-UNDONE + 1 :], self.digits]
        self.digits, self.note = digits, note
        self.changes += 1

    @property
    def text(self) -> str | None:
        """The hand as a file; None if nothing was learnt."""
        return dump(self.digits) if self.digits else None


def mine() -> Visitors:
    """The visitor's own, always the same one."""
    found: Visitors = st.session_state.setdefault("visitors_hand", Visitors())
    return found


def predict(
    reader: concurrent.futures.Future[Predictor], images: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    """Probabilities (n, 10) of images (n, 28, 28), as this visitor writes.

    Raises:
        InputError: the network is broken, or the images have another shape.
    """
    if not mine().digits:
        return reading.predict(reader, images)
    return mine().by(reader.result()).predict(images)


def learn(label: int) -> None:
    """Learn what lies on the canvas as this digit."""
    teach(canvas.read(state.at_hand().objects), label)


def teach(image: npt.NDArray[np.float32], label: int) -> None:
    """Learn an image, float32 (28, 28), as this digit; what is wrong is said below the buttons."""
    hand, active = mine(), reading.active()
    try:
        if not active.reader.done():
            raise InputError("The network is still starting: try again in a moment.")
        hand.learn(active.reader.result(), image, label)
    except InputError as error:
        hand.note = str(error)


def remove(number: int) -> None:
    """Forget one of the digits."""
    digits = mine().digits
    mine().change(digits[:number] + digits[number + 1 :])


def forget() -> None:
    """Forget everything."""
    mine().change((), "Forgotten.")


def undo() -> None:
    """Take the last change back."""
    hand = mine()
    if hand.before:
        before = hand.before[:-1]
        hand.change(hand.before[-1])
        hand.before = before


def bring(text: str | bytes) -> None:
    """Have the hand of a saved file, in place of what there is."""
    hand, active = mine(), reading.active()
    try:
        brought = Hand.of(load(text), active.reader.result())
    except InputError as error:
        hand.note = str(error)
        return
    less = brought.left_out
    words = f" {less} older digits were left out: there is no room for more." if less else ""
    hand.change(brought.digits, f"Brought back.{words}")


def found(text: str | None) -> None:
    """The browser has had this all along, or another window of it has changed it."""
    hand = mine()
    try:
        hand.digits = tuple(load(text)) if text else ()
    except InputError:
        hand.digits = ()  # altered: it is replaced with the next change
    hand.note = None
