"""Tables of what was measured: rows in a CSV file, and what they sum up to over the seeds."""

from __future__ import annotations

import csv
import dataclasses
import io
import math
import statistics
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from mnist_core.errors import InputError
from mnist_core.files import read_text, written_whole

Row = TypeVar("Row")  # a dataclass whose fields are int, float or str
KINDS = {"int": int, "float": float, "str": str}


def read(path: Path, row: type[Row], command: str) -> list[Row]:
    """The rows of a table; none if there is no such file.

    Args:
        row: what a line becomes.
        command: that makes the table anew.

    Raises:
        InputError: the table cannot be read.
    """
    kinds = {field.name: KINDS[str(field.type)] for field in _fields(row)}
    try:
        return [
            row(**{name: kind(line[name]) for name, kind in kinds.items()})
            for line in csv.DictReader(io.StringIO(read_text(path), newline=""))
        ]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError, csv.Error) as error:
        raise InputError(
            f"The table {path} cannot be read: delete it and run `{command}` again."
        ) from error


def write(path: Path, row: type[Row], rows: Iterable[Row]) -> None:
    """Write a table with these rows.

    Raises:
        InputError: the disk is full or the folder cannot be written to.
    """
    with written_whole(path) as beside, beside.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [field.name for field in _fields(row)], lineterminator="\n")
        writer.writeheader()
        for line in rows:
            values = vars(line).items()
            writer.writerow({k: f"{v:.6g}" if isinstance(v, float) else v for k, v in values})


def _fields(row: type[Any]) -> tuple[dataclasses.Field[Any], ...]:
    return dataclasses.fields(row)


def percent(share: float, places: int = 2) -> str:
    """A share of 1 as a percentage, e.g. `97.81 %`."""
    return f"{100 * share:.{places}f} %"


@dataclass(frozen=True)
class Summary:
    """Mean and sample standard deviation of one figure over the seeds; NaN where unknown."""

    mean: float
    std: float
    seeds: int

    def __str__(self) -> str:
        """As a percentage, e.g. `97.81 ± 0.12 %`."""
        if not self.seeds:
            return ""
        if self.seeds == 1:
            return percent(self.mean)
        return f"{100 * self.mean:.2f} ± {percent(self.std)}"


def summarize(values: Iterable[float]) -> Summary:
    """Sum up one figure of several seeds; what is not known (NaN) does not count."""
    known = [value for value in values if not math.isnan(value)]
    if not known:
        return Summary(math.nan, math.nan, 0)
    std = statistics.stdev(known) if len(known) > 1 else math.nan
    return Summary(statistics.fmean(known), std, len(known))


def or_nan(value: float | None) -> float:
    """A figure as rows hold it: NaN where it is not known."""
    return math.nan if value is None else value
