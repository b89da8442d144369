"""A run as one HTML file that needs nothing else.

`report.pictures` and `report.svg` draw digits and charts for other pages too.
"""

from mnist_core.report.page import make, refusal, write
from mnist_core.report.parts import MISTAKES, PREDICTIONS, SAMPLES, SEED

__all__ = [
    "MISTAKES",
    "PREDICTIONS",
    "SAMPLES",
    "SEED",
    "make",
    "refusal",
    "write",
]
