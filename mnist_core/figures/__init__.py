"""Figures from arrays and tables: Plotly's, and SVG.

Colours are Okabe and Ito's, which colour-blind eyes tell apart, and no figure says with
colour alone what it has to say.
"""

from mnist_core.figures.comparison import accuracy_and_cost, curves, reported_and_reproduced
from mnist_core.figures.data import balance, ink_of_digits, pixel_values, writers
from mnist_core.figures.guess import bars, bars_in_words
from mnist_core.figures.matrix import (
    LINEAR,
    LOGARITHMIC,
    MISTAKES,
    TOTAL,
    Cells,
    confusion,
    confusion_difference,
    confusion_in_words,
)
from mnist_core.figures.network import architecture
from mnist_core.figures.search import (
    search_history,
    search_importance,
    search_in_words,
    search_parallel,
)
from mnist_core.figures.studies import accuracy_by_value
from mnist_core.figures.training import curve, curves_in_words, curves_of, digit_accuracy
from mnist_core.figures.trust import confidence, coverage, reliability

__all__ = [
    "LINEAR",
    "LOGARITHMIC",
    "MISTAKES",
    "TOTAL",
    "Cells",
    "accuracy_and_cost",
    "accuracy_by_value",
    "architecture",
    "balance",
    "bars",
    "bars_in_words",
    "confidence",
    "confusion",
    "confusion_difference",
    "confusion_in_words",
    "coverage",
    "curve",
    "curves",
    "curves_in_words",
    "curves_of",
    "digit_accuracy",
    "ink_of_digits",
    "pixel_values",
    "reliability",
    "reported_and_reproduced",
    "search_history",
    "search_importance",
    "search_in_words",
    "search_parallel",
    "writers",
]
