"""Architectures and hyperparameters as plain data.

A recipe is a frozen dataclass: `dataclasses.replace` changes one, `check` refuses one that
makes no sense, `layer_table` shows what its network would be. `RECIPES` holds those with a
name.
"""

from mnist_core.recipes.changes import common_layers, fine_tuned, for_few_images, with_widths
from mnist_core.recipes.checks import (
    ACTIVATIONS,
    AUGMENTATIONS,
    OPTIMIZERS,
    OUTPUTS,
    STROKE_AUGMENTATIONS,
    check,
    check_seed,
)
from mnist_core.recipes.differences import differences
from mnist_core.recipes.named import AUGMENTED, LIGHT, RECIPES, STRONG, get
from mnist_core.recipes.recipe import (
    CLASSES,
    ENSEMBLE,
    IMPORTED,
    Layer,
    Recipe,
    average_pool,
    conv,
    dense,
    dropout,
    fingerprint,
    lstm,
    max_pool,
    widths,
)
from mnist_core.recipes.table import LayerRow, layer_table

__all__ = [
    "ACTIVATIONS",
    "AUGMENTATIONS",
    "AUGMENTED",
    "CLASSES",
    "ENSEMBLE",
    "IMPORTED",
    "LIGHT",
    "OPTIMIZERS",
    "OUTPUTS",
    "RECIPES",
    "STROKE_AUGMENTATIONS",
    "STRONG",
    "Layer",
    "LayerRow",
    "Recipe",
    "average_pool",
    "check",
    "check_seed",
    "common_layers",
    "conv",
    "dense",
    "differences",
    "dropout",
    "fine_tuned",
    "fingerprint",
    "for_few_images",
    "get",
    "layer_table",
    "lstm",
    "max_pool",
    "widths",
    "with_widths",
]
