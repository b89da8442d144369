"""A hand: the digits that one person taught, and the reading that follows from them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mnist_core.datasets import hand_file as file
from mnist_core.datasets.hand_file import MOST, Digit
from mnist_core.errors import InputError
from mnist_core.hands import kernel
from mnist_core.networks import calibrated
from mnist_core.networks.predictor import Images, Predictor


class Hand:
    """Reads digits with a network, and with what one person has taught it.

    A hand belongs to one person: learning is not safe from several threads, reading is.
    """

    def __init__(self, predictor: Predictor) -> None:
        """A hand that has learnt nothing, and reads as its network does."""
        self._predictor = predictor
        self._digits: tuple[Digit, ...] = ()
        self._seen: kernel.Seen | None = None
        self._taught: kernel.Taught | None = None
        self.left_out = 0  # digits of a file that were too many

    @property
    def digits(self) -> tuple[Digit, ...]:
        """What was learnt, the first first; at most `MOST`."""
        return self._digits

    def learn(self, image: npt.ArrayLike, label: int) -> None:
        """Learn that a digit is what the label says.

        The same shape is read as this label from now on. What was taught of the same shape before
        is forgotten; of too many digits, one that is most like a newer one of its label.

        Args:
            image: float32 (28, 28) in [0, 1], in MNIST's form.
            label: 0 to 9.

        Raises:
            InputError: another shape, values that are not finite, no ink, or no digit as label.
        """
        if not file.is_digit(label):
            raise InputError(f"What a digit is must be a whole number from 0 to 9, not {label!r}.")
        (found,) = calibrated.checked(np.asarray(image, np.float32)[None])
        pixels = np.round(np.clip(found, 0, 1) * 255).astype(np.uint8)
        if not pixels.any():
            raise InputError("There is no ink to learn from: draw a digit first.")
        self._set((*self._digits, Digit(pixels, int(label))))

    def predict(self, images: Images) -> calibrated.Probabilities:
        """Probabilities of the ten digits, as this person writes them.

        Args, returns and errors: as those of `Predictor.predict`.
        """
        if self._taught is None:
            return self._predictor.predict(images)
        images = calibrated.checked(images)
        probabilities, features = self._predictor.read(images)
        pixels = np.round(np.clip(images, 0, 1) * 255).astype(np.uint8)
        return self.adjusted(pixels, probabilities, features)

    def adjusted(
        self,
        images: npt.NDArray[np.uint8],
        probabilities: calibrated.Probabilities,
        features: npt.NDArray[np.float32],
    ) -> calibrated.Probabilities:
        """What `predict` gives for images that the network has read (`Predictor.read`).

        Args:
            images: uint8 (n, 28, 28).
            probabilities, features: float32 (n, 10) and (n, d), as the network gave them.
        """
        if self._taught is None or not len(images):
            return probabilities
        return self._taught.probabilities(kernel.seen(images, probabilities, features))

    def remove(self, number: int) -> None:
        """Forget one of `digits`.

        Raises:
            IndexError: there is none of that number.
        """
        kept = list(self._digits)
        del kept[number]
        self._set(tuple(kept))

    def forget(self) -> None:
        """Forget everything."""
        self._set(())

    def to_json(self) -> str:
        """The hand as the text of a file (`datasets.hand_file`)."""
        return file.dump(self._digits)

    @classmethod
    def from_json(cls, text: str | bytes, predictor: Predictor) -> Hand:
        """The hand of a file, whatever network it was taught to.

        Of more than `MOST` digits the newest of each label are taken; `left_out` says how many
        were not.

        Raises:
            InputError: it is no such file, of another version, or altered.
        """
        return cls.of(file.load(text), predictor)

    @classmethod
    def of(cls, digits: list[Digit] | tuple[Digit, ...], predictor: Predictor) -> Hand:
        """A hand that has learnt these digits, the first first."""
        hand = cls(predictor)
        kept = file.thinned(digits)
        hand._set(tuple(kept))
        hand.left_out = len(digits) - len(kept)
        return hand

    def _set(self, digits: tuple[Digit, ...]) -> None:
        """Keep these digits; what is known of those that were there already is not read again."""
        seen = self._look_at(digits)
        if seen is not None:
            alike = kernel.likeness(seen, seen)
            kept = kernel.kept(alike, np.array([d.label for d in digits]), MOST)
            digits, seen = tuple(digits[n] for n in kept), seen[kept]
            labels = np.array([d.label for d in digits], np.intp)
            self._taught = kernel.Taught(seen, labels)
        else:
            self._taught = None
        self._digits, self._seen = digits, seen

    def _look_at(self, digits: tuple[Digit, ...]) -> kernel.Seen | None:
        if not digits:
            return None
        known = {id(digit): place for place, digit in enumerate(self._digits)}
        new = [digit for digit in digits if id(digit) not in known]
        parts = [] if self._seen is None else [self._seen]
        if new:
            pixels = np.stack([digit.image for digit in new])
            scaled = pixels.astype(np.float32) / np.float32(255)
            parts.append(kernel.seen(pixels, *self._predictor.read(scaled)))
            known |= {id(digit): len(known) + place for place, digit in enumerate(new)}
        places = np.array([known[id(digit)] for digit in digits], np.intp)
        return kernel.joined(parts)[places]
