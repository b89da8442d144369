"""Drawings that are no digit, as strokes: what a network must learn to be unsure of.

A network that has only ever seen digits takes everything for one. Shown drawings of other
things with the answer "any digit is as likely as any other", it learns to say so (outlier
exposure: Hendrycks, Mazeika, Dietterich 2019, "Deep anomaly detection with outlier
exposure").
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from mnist_core.datasets import Strokes

Path = np.ndarray
Random = np.random.Generator


def make(count: int, digits: Sequence[Strokes], labels: np.ndarray, seed: int) -> list[list[Path]]:
    """Make `count` drawings, as many of each kind.

    Args:
        digits, labels: pen digits, of which some drawings are made by turning, mirroring
            and joining them; without any, those kinds are left out.

    Returns:
        Of each drawing its strokes, arrays (n, 2), y downward, in any unit.
    """
    random = np.random.default_rng(seed)

    def some(allowed: Sequence[int]) -> list[Path]:
        among = np.flatnonzero(np.isin(labels, allowed))
        return _unit(digits[random.choice(among)]) if len(among) else _scribble(random)

    kinds: list[Callable[[], list[Path]]] = [
        lambda: _scribble(random),
        lambda: _zigzag(random),
        lambda: _letter(random),
        lambda: _letter(random),
        lambda: _round_letter(random),
        lambda: _round_letter(random),
        lambda: _symbol(random),
        lambda: _dots(random),
    ]
    if len(digits):
        kinds += [
            # Those that mirrored or turned by a quarter are no other digit.
            lambda: [path * (-1, 1) for path in some([3, 6, 7, 9])],
            lambda: [
                path[:, ::-1] * random.choice([(-1, 1), (1, -1)]) for path in some(range(1, 10))
            ],
            lambda: _beside(some(range(10)), some(range(10)), random),
            lambda: _beside(some(range(10)), some(range(10)), random),
        ]
    return [kinds[index % len(kinds)]() for index in range(count)]


def _unit(strokes: Strokes) -> list[Path]:
    """Strokes moved and scaled into a box whose longer side is 1, centred at 0."""
    points = np.concatenate(list(strokes))
    low, high = points.min(axis=0), points.max(axis=0)
    return [(path - (low + high) / 2) / max(float((high - low).max()), 1e-9) for path in strokes]


def _beside(left: list[Path], right: list[Path], random: Random) -> list[Path]:
    """Two digits side by side, as in a number."""
    width = max(path[:, 0].max() for path in left) - min(path[:, 0].min() for path in right)
    size = random.uniform(0.7, 1.3)
    return left + [path * size + (width + random.uniform(0.05, 0.4), 0) for path in right]


def _scribble(random: Random) -> list[Path]:
    """One to five strokes that wander smoothly."""
    strokes = []
    for _ in range(random.integers(1, 6)):
        steps = random.normal(0, 1, (random.integers(20, 90), 2))
        # Two sums over a leaky memory: the more it keeps, the wider the curves.
        path = _leaky(_leaky(steps, random.uniform(0.6, 0.97)), 1.0)
        path = path / max(np.ptp(path, axis=0).max(), 1e-9)
        strokes.append(path * random.uniform(0.3, 1) + random.uniform(-0.4, 0.4, 2))
    return strokes


def _leaky(steps: Path, decay: float) -> Path:
    out = np.zeros_like(steps)
    for i in range(1, len(steps)):
        out[i] = decay * out[i - 1] + steps[i]
    return out


def _zigzag(random: Random) -> list[Path]:
    """Straight lines back and forth, or anywhere."""
    count = int(random.integers(4, 14))
    if random.random() < 0.5:
        x = np.linspace(0, random.uniform(0.3, 1.5), count)
        path = np.stack([x, np.resize([0.0, 1.0], count) + random.normal(0, 0.08, count)], 1)
        return [path if random.random() < 0.5 else path[:, ::-1]]
    return [random.uniform(0, 1, (count, 2))]


# Letters that no digit looks like, in a box one unit high.
_LETTERS: dict[str, list[list[tuple[float, float]]]] = {
    "A": [[(0, 1), (0.4, 0), (0.8, 1)], [(0.18, 0.6), (0.62, 0.6)]],
    "D": [[(0, 0), (0, 1), (0.45, 0.9), (0.65, 0.5), (0.45, 0.08), (-0.1, 0)]],
    "E": [[(0.6, 0), (0, 0), (0, 1), (0.6, 1)], [(0, 0.5), (0.5, 0.5)]],
    "F": [[(0.6, 0), (0, 0), (0, 1)], [(0, 0.5), (0.5, 0.5)]],
    "H": [[(0, 0), (0, 1)], [(0.7, 0), (0.7, 1)], [(0, 0.5), (0.7, 0.5)]],
    "K": [[(0, 0), (0, 1)], [(0.65, 0), (0, 0.55), (0.65, 1)]],
    "L": [[(0, 0), (0, 1), (0.6, 1)]],
    "M": [[(0, 1), (0.05, 0), (0.45, 0.7), (0.85, 0), (0.9, 1)]],
    "N": [[(0, 1), (0, 0), (0.7, 1), (0.7, 0)]],
    "P": [[(0, 1), (0, 0), (0.45, 0.03), (0.6, 0.25), (0.45, 0.5), (0, 0.52)]],
    "R": [[(0, 1), (0, 0), (0.45, 0.03), (0.6, 0.25), (0.45, 0.5), (0, 0.52), (0.65, 1)]],
    "T": [[(0, 0), (0.8, 0)], [(0.4, 0), (0.4, 1)]],
    "U": [[(0, 0), (0.02, 0.75), (0.2, 1), (0.5, 1), (0.68, 0.75), (0.7, 0)]],
    "V": [[(0, 0), (0.4, 1), (0.8, 0)]],
    "W": [[(0, 0), (0.25, 1), (0.5, 0.3), (0.75, 1), (1, 0)]],
    "X": [[(0, 0), (0.7, 1)], [(0.7, 0), (0, 1)]],
    "Y": [[(0, 0), (0.35, 0.5), (0.7, 0)], [(0.35, 0.5), (0.35, 1)]],
    "a": [[(0.6, 0.3), (0.3, 0.2), (0, 0.6), (0.25, 1), (0.6, 0.6), (0.6, 0.2), (0.65, 1)]],
    "d": [[(0.6, 0.5), (0.3, 0.4), (0, 0.7), (0.25, 1), (0.6, 0.7), (0.6, 0), (0.62, 1)]],
    "e": [[(0, 0.6), (0.6, 0.5), (0.5, 0.2), (0.2, 0.2), (0, 0.6), (0.2, 0.95), (0.6, 0.85)]],
    "h": [[(0, 0), (0, 1)], [(0, 0.6), (0.3, 0.4), (0.5, 0.55), (0.5, 1)]],
    "k": [[(0, 0), (0, 1)], [(0.5, 0.4), (0, 0.7), (0.5, 1)]],
    "m": [
        [(0, 0.3), (0, 1), (0.05, 0.4), (0.35, 0.35), (0.4, 1), (0.45, 0.4), (0.8, 0.4), (0.8, 1)]
    ],
    "n": [[(0, 0.3), (0, 1), (0.05, 0.5), (0.35, 0.3), (0.6, 0.5), (0.62, 1)]],
    "p": [[(0, 0), (0, 1), (0, 0.3), (0.3, 0), (0.6, 0.25), (0.4, 0.55), (0.05, 0.5)]],
    "r": [[(0, 0.3), (0, 1), (0.1, 0.5), (0.45, 0.32)]],
    "v": [[(0, 0), (0.3, 1), (0.65, 0)]],
    "w": [[(0, 0.2), (0.2, 0.9), (0.4, 0.85), (0.5, 0.3), (0.6, 0.9), (0.8, 0.85), (1, 0.2)]],
    "x": [[(0, 0), (0.35, 0.45), (0.75, 1)], [(0.7, 0), (0.35, 0.5), (0, 1)]],
    "y": [[(0, 0), (0.3, 0.5)], [(0.65, 0), (0.35, 0.55), (0.05, 1)]],
}


def _letter(random: Random) -> list[Path]:
    strokes = _LETTERS[random.choice(list(_LETTERS))]
    width = random.uniform(0.7, 1.3)
    paths = [np.array(stroke) + random.normal(0, 0.04, (len(stroke), 2)) for stroke in strokes]
    rounded = random.random() < 0.5
    return [(_rounded(path) if rounded else path) * (width, 1) for path in paths]


def _round_letter(random: Random) -> list[Path]:
    """A letter of bows, as hands write them, that is easily taken for a digit."""

    def bow(first: float, last: float, wide: float, high: float = 1.0) -> Path:
        """Part of an ellipse, from one angle to another in degrees; 0 is right, 90 below."""
        angle = np.radians(np.linspace(first, last, 24))
        return 0.5 * np.stack([wide * np.cos(angle), high * np.sin(angle)], 1)

    def off(amount: float) -> float:
        return float(random.uniform(-amount, amount))

    wide = random.uniform(0.55, 1.05)
    right = wide / 2
    letter = random.choice(list("cccCuuUUaaajjJJdft"))
    match letter:
        case "c" | "C":
            path = bow(-45 + off(25), -315 + off(25), wide)
            serif = path[:1] + (off(0.06), random.uniform(0.05, 0.2))
            strokes = [np.concatenate([serif, path]) if letter == "C" else path]
        case "u" | "U":
            depth = random.uniform(0.1, 0.35)
            bowl = bow(180, 0, wide, 2 * depth) + (0, 0.5 - depth)
            left, last = [(-right + off(0.08), -0.5)], [(right + off(0.08), -0.5 + off(0.12))]
            path = np.concatenate([left, bowl, last])
            if letter == "u":
                path = np.concatenate([path, [(right, 0.4), (right + random.uniform(0, 0.3), 0.5)]])
            strokes = [path]
        case "a":
            bowl = bow(-30 + off(25), -360 + off(30), wide)
            stem = [(right, -0.5 + off(0.1)), (right + off(0.05), 0.35)]
            exit_ = [(right + random.uniform(0.05, 0.35), random.uniform(0.35, 0.5))]
            strokes = [np.concatenate([bowl, stem, exit_])]
        case "d":
            bowl = bow(-30 + off(20), -350 + off(20), wide)
            stem = [(right, random.uniform(-1.4, -0.9)), (right, 0.4), (right + 0.15, 0.5)]
            strokes = [np.concatenate([bowl, stem])]
        case "j" | "J":
            hook = bow(0, random.uniform(100, 190), random.uniform(0.3, 0.8), 0.5)
            staff = np.array([[hook[0, 0] + off(0.05), random.uniform(-1.2, -0.7)]])
            strokes = [np.concatenate([staff, hook])]
            top = staff[0] - (0, random.uniform(0.12, 0.35))
            if letter == "j":
                strokes.append(top[None] + (off(0.05), 0))
            elif random.random() < 0.6:
                ends = (-random.uniform(0.15, 0.5), 0), (random.uniform(0.0, 0.4), 0)
                strokes.append(staff + np.array(ends))
        case "f":
            top = bow(-20 + off(20), -180, 0.5, 0.5) + (0.25, -0.25)
            strokes = [np.concatenate([top, [(off(0.05), random.uniform(0.6, 1.0))]])]
            strokes.append(np.array([(-0.25, 0.15 + off(0.1)), (0.3, 0.15 + off(0.1))]))
        case _:
            foot = bow(180, 60, 0.5, 0.5) + (0.25, 0.35)
            strokes = [np.concatenate([[(off(0.05), -0.6)], foot])]
            strokes.append(np.array([(-0.3, -0.2 + off(0.1)), (0.35, -0.2 + off(0.1))]))
    return [path * (1, random.uniform(0.8, 1.3)) for path in strokes]


def _rounded(path: Path) -> Path:
    """A path with its corners cut twice (Chaikin's curve)."""
    for _ in range(2):
        first, second = path[:-1], path[1:]
        inner = np.stack([0.75 * first + 0.25 * second, 0.25 * first + 0.75 * second], 1)
        path = np.concatenate([path[:1], inner.reshape(-1, 2), path[-1:]])
    return path


def _ring(x: float, y: float, radius: float, start: float = 0.0, turn: float = 2 * np.pi) -> Path:
    angle = np.linspace(start, start + turn, 30)
    return np.stack([x + radius * np.cos(angle), y + radius * np.sin(angle)], 1)


def _symbol(random: Random) -> list[Path]:
    """A face, a heart, a star, an arrow, signs, hatching, a spiral."""
    t = np.linspace(0, 2 * np.pi, 40)
    match random.integers(9):
        case 0:
            eyes = [_ring(x, -0.15, 0.04) for x in (-0.18, 0.18)]
            mouth = _ring(0, 0.05, 0.25, 0.2, np.pi - 0.4) * (1, random.choice([-1, 1]))
            return [_ring(0, 0, 0.5), *eyes, mouth]
        case 1:
            x, y = 16 * np.sin(t) ** 3, -13 * np.cos(t) + 5 * np.cos(2 * t) + 2 * np.cos(3 * t)
            return [np.stack([x, y], 1) / 32]
        case 2:
            angle = np.arange(6) * 4 * np.pi / 5 - np.pi / 2
            return [np.stack([np.cos(angle), np.sin(angle)], 1)]
        case 3:
            head = np.array([[0.7, -0.25], [1, 0], [0.7, 0.25]])
            turn = random.integers(4) * np.pi / 2
            matrix = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
            return [np.array([[0.0, 0], [1, 0]]) @ matrix, head @ matrix]
        case 4:
            return [np.array([[0.0, 0.5], [1, 0.5]]), np.array([[0.5, 0.0], [0.5, 1]])]
        case 5:
            gap = random.uniform(0.3, 0.7)
            return [np.array([[0.0, y], [1, y]]) for y in (0, gap)]
        case 6:
            lines = np.linspace(0, 1, int(random.integers(3, 6)))
            across = [np.array([[0.0, y], [1, y]]) for y in lines]
            return across + [np.array([[x, 0.0], [x, 1]]) for x in lines]
        case 7:
            turns = random.uniform(2, 5) * 2 * np.pi
            angle = np.linspace(0, turns, 120)
            return [np.stack([angle * np.cos(angle), angle * np.sin(angle)], 1) / turns]
        case _:
            return [np.array([[0.0, 1], [0.5, 0], [1, 1], [0, 1]])]


def _dots(random: Random) -> list[Path]:
    """One dot, fine or as large as the page, or a few."""
    if random.random() < 0.3:
        angle = np.linspace(0, 30 * np.pi, 500)
        filled = np.stack([angle * np.cos(angle), angle * np.sin(angle)], 1)
        return [filled * (random.uniform(0.7, 1.4), 1)]
    count = random.choice([1, 1, 2, 3, 5])
    return [random.uniform(0, 1, (1, 2)) for _ in range(count)]
