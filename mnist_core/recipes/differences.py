"""What differs between recipes, in words."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from mnist_core.recipes.recipe import Recipe, widths

# Entries that say what a run is called, or that `layers` and `dropout` put into words.
_SKIPPED = ("name", "title", "hidden", "dataset")


def differences(recipes: Sequence[Recipe]) -> dict[str, list[str]]:
    """The entries in which recipes differ, each with its value in every one of them.

    The name of an entry is the recipe's own with blanks ("learning rate"); the layers are told
    as their widths, and the dropout apart from them.
    """
    rows = [_entries(recipe) for recipe in recipes]
    return {
        entry.replace("_", " "): [row[entry] for row in rows]
        for entry in (rows[0] if rows else ())
        if len({row[entry] for row in rows}) > 1
    }


def _entries(recipe: Recipe) -> dict[str, str]:
    rates = [f"{layer['rate']:g}" for layer in recipe.hidden if layer["kind"] == "dropout"]
    kinds = [layer["kind"] for layer in recipe.hidden if layer["kind"] != "dropout"]
    told = {
        "layers": ", ".join(dict.fromkeys(kinds)) or "none",
        "widths": ", ".join(map(str, widths(recipe.hidden))) or "none",
        "dropout": ", ".join(dict.fromkeys(rates)) or "none",
    }
    for entry in dataclasses.fields(Recipe):
        if entry.name not in _SKIPPED:
            told[entry.name] = _in_words(getattr(recipe, entry.name))
    return told


def _in_words(value: Any) -> str:
    if isinstance(value, Mapping):
        given = [f"{name} {size:g}" for name, size in value.items() if size]
        return ", ".join(given) or "none"
    if value is None or value is False:
        return "none"
    return f"{value:g}" if isinstance(value, float) else str(value)
