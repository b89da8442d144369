"""How the digits that a person taught change what a network reads.

A digit x is read with the network's logits z(x) and, for each label, the largest boost that one of
the taught digits t of that label gives:

    boost(x, t) = (BOOST · k + extra(t) · k ** SHARP) · look(x, t)
    k(x, t) = exp(-BY_FEATURES · (1 - cos(f(x), f(t))) - BY_LOGITS · mean((z(x) - z(t))²))

f is what the network's last layer is given. Two digits are alike (k near 1) where the network
sees the same in both and takes them for the same. `extra` is what the taught digit itself lacks to
be read as its label, if `BOOST` is not enough; it reaches little further than that very shape. So
a boost is bounded by construction, however often and whatever is taught: by `BOOST` where a digit
is only alike, which is less than what separates most digits from the next label, and it fades to
nothing where it is not.

look(x, t) compares how the lines look, by the shares of faint and full pixels: from 1 for the same
pen down to `OTHER_PEN` for a scan beside a stroke. A hand is one person's; other people's digits
are mostly other pens' too.

`web/hands.js` does the same in the browser. The idea of kept examples is that of nearest
neighbours; that few of them adapt a reader to a person is in Kienzle, Chellapilla, "Personalized
handwriting recognition via biased regularization", ICML 2006. The constants were chosen on writers
of the pen strokes and of the Swiss digits (`benchmarks/hands.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

BOOST = 14.0  # logits that a taught digit's label gains for the same shape
BY_FEATURES = 10.0  # how fast that fades with the distance of the features,
BY_LOGITS = 0.02  # and with that of the logits
SHARP = 6  # a power of k, for what is to reach hardly further than the same shape
MARGIN = 3.0  # logits by which a taught digit is read as its label at least
LOWEST = -20.0  # logits (logarithms of probabilities) below which there are no differences
OTHER_PEN = 0.4  # of the boost, where lines look wholly different
PEN_WIDTH = 0.1  # share of the ink that may look otherwise with the same pen
SHADES = 4  # into which ink is sorted, from faint to full
SAME = 0.95  # k above which two taught digits are one and the same

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Seen:
    """Digits as a network sees them."""

    logits: Numbers  # (n, 10), logarithms of probabilities, at least `LOWEST`
    features: Numbers  # (n, d), each of length 1
    shades: Numbers  # (n, SHADES), shares of the inked pixels that sum to 1

    def __getitem__(self, which: slice | npt.NDArray[np.intp]) -> Seen:
        return Seen(self.logits[which], self.features[which], self.shades[which])

    def __len__(self) -> int:
        return len(self.logits)


def seen(
    images: npt.NDArray[np.uint8],
    probabilities: npt.NDArray[np.float32],
    features: npt.NDArray[np.float32],
) -> Seen:
    """What of a network's reading the kernel compares.

    Args:
        images: uint8 (n, 28, 28).
        probabilities: (n, 10), as the network gives them.
        features: (n, d).
    """
    with np.errstate(divide="ignore"):
        logits = np.maximum(np.log(probabilities.astype(np.float64)), LOWEST)
    directions = features.astype(np.float64)
    lengths = np.sqrt((directions * directions).sum(axis=1, keepdims=True))
    return Seen(logits, directions / np.maximum(lengths, 1e-12), shades(images))


def joined(parts: list[Seen]) -> Seen:
    """Some digits, then the others."""
    return Seen(
        np.concatenate([part.logits for part in parts]),
        np.concatenate([part.features for part in parts]),
        np.concatenate([part.shades for part in parts]),
    )


def shades(images: npt.NDArray[np.uint8]) -> Numbers:
    """How lines look: the share of the inked pixels in each shade, from faint to full.

    Args:
        images: uint8 (n, 28, 28).

    Returns:
        float64 (n, SHADES); zeros where there is no ink.
    """
    flat = images.reshape(len(images), -1)
    counts = [np.count_nonzero(flat, axis=1)]
    counts += [np.count_nonzero(flat >= 256 * n // SHADES, axis=1) for n in range(1, SHADES)]
    counts.append(np.zeros(len(flat), np.intp))
    stacked = np.stack(counts, axis=1).astype(np.float64)
    return (stacked[:, :-1] - stacked[:, 1:]) / np.maximum(stacked[:, :1], 1)


def likeness(some: Seen, others: Seen) -> Numbers:
    """k of each of `some` (n) and each of `others` (m), float64 (n, m) in (0, 1]."""
    cosines = some.features @ others.features.T
    return np.exp(
        -BY_FEATURES * (1 - np.minimum(cosines, 1))
        - BY_LOGITS / some.logits.shape[1] * _squares(some.logits, others.logits)
    )


def look(some: Seen, others: Seen) -> Numbers:
    """How alike lines look, float64 (n, m) from `OTHER_PEN` to 1."""
    apart = np.abs(some.shades[:, None] - others.shades[None]).sum(axis=2) / 2
    return OTHER_PEN + (1 - OTHER_PEN) * np.exp(-((apart / PEN_WIDTH) ** 2))


def kept(alike: Numbers, labels: npt.NDArray[np.intp], most: int) -> npt.NDArray[np.intp]:
    """Which taught digits to keep.

    Of digits that are the same (`SAME`) the newest is. Of more than `most`, the digit goes that
    is most like a newer one of its label, among the labels that have most digits.

    Args:
        alike: (m, m), among each other, the first taught first.

    Returns:
        Their numbers, in rising order.
    """
    newer = np.triu(alike, 1)  # how alike each is to each newer one
    numbers = np.flatnonzero(~(newer > SAME).any(axis=1))
    while len(numbers) > most:
        counts = np.bincount(labels[numbers], minlength=10)
        crowded = np.flatnonzero(labels[numbers] == counts.argmax())
        among = newer[np.ix_(numbers[crowded], numbers[crowded])]
        numbers = np.delete(numbers, crowded[among.max(axis=1).argmax()])
    return numbers


class Taught:
    """Taught digits, made ready to read with."""

    def __init__(self, digits: Seen, labels: npt.NDArray[np.intp]) -> None:
        """Find what each digit lacks, given those before it.

        Args:
            digits: at least one, the first taught first.
            labels: (m,), 0 to 9.
        """
        extras = _extras(digits, labels)
        order = np.argsort(labels, kind="stable")
        self._digits, self._extras = digits[order], extras[order]
        self._labels, self._starts = np.unique(labels[order], return_index=True)
        self._sharp = bool(extras.any())

    def probabilities(self, given: Seen) -> npt.NDArray[np.float32]:
        """Digits as the person who taught writes them: float32 (n, 10), rows summing to 1."""
        boosts = _boosts(given, self._digits, self._extras if self._sharp else None)
        logits = given.logits.copy()
        logits[:, self._labels] += np.maximum.reduceat(boosts, self._starts, axis=1)
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        return (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)


def _boosts(given: Seen, taught: Seen, extras: Numbers | None) -> Numbers:
    """What each taught digit (m) adds to its label's logit for each given one: (n, m)."""
    alike = likeness(given, taught)
    boosts = BOOST * alike
    if extras is not None:
        boosts += extras * alike**SHARP
    return boosts * look(given, taught)


def _extras(digits: Seen, labels: npt.NDArray[np.intp]) -> Numbers:
    """What each digit lacks besides `BOOST` to be read as its label, given those before it.

    Returns:
        float64 (m,), each from 0 to `MARGIN - LOWEST`.
    """
    alike, looks = likeness(digits, digits), look(digits, digits)
    usual, sharp = BOOST * alike * looks, alike**SHARP * looks
    count = len(labels)
    own = np.zeros(digits.logits.shape, bool)
    own[np.arange(count), labels] = True
    before = np.tril(usual, -1)
    logits = digits.logits.copy()  # of each digit, with what those before it give
    for label in np.unique(labels):
        logits[:, label] += before[:, labels == label].max(axis=1)
    found, done = np.zeros(count), 0
    while True:
        rivals = np.where(own, -np.inf, logits).max(axis=1)
        lacks = rivals + MARGIN - digits.logits[own] - BOOST
        lacking = np.flatnonzero(lacks[done:] > 0)
        if not len(lacking):
            return found
        first = done + int(lacking[0])
        found[first] = min(lacks[first], MARGIN - LOWEST)
        done, label = first + 1, labels[first]
        gained = usual[done:, first] + found[first] * sharp[done:, first]
        logits[done:, label] = np.maximum(
            logits[done:, label], digits.logits[done:, label] + gained
        )


def _squares(some: Numbers, others: Numbers) -> Numbers:
    """Squared distances of rows, (n, m)."""
    apart = (
        (some * some).sum(axis=1)[:, None]
        + (others * others).sum(axis=1)[None]
        - 2 * (some @ others.T)
    )
    return np.maximum(apart, 0)
