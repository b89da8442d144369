"""A run as one HTML file that needs nothing else."""

from mnist_core.report.page import (
    MISTAKES,
    PREDICTIONS,
    SAMPLES,
    SEED,
    make,
    refusal,
    write,
)

__all__ = [
    "MISTAKES",
    "PREDICTIONS",
    "SAMPLES",
    "SEED",
    "make",
    "refusal",
    "write",
]
