"""Studies: what one choice does to accuracy, all else being equal, over several seeds.

Each study changes one thing in `BASE`. What was measured lies in the table of `study_trials`; the
command

    python -m mnist_core study [STUDY …] [--seeds 3]

adds what is missing. Conclusions are drawn from the rows: a difference that is not larger than
the standard deviations of both values over the seeds, added up, is none.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from mnist_core import recipes, tables
from mnist_core.experiments.study_trials import Row, StudyTrial
from mnist_core.recipes import Recipe, dense
from mnist_core.tables import Summary

SEEDS = 3
# Trained in seconds, and of the size and with the settings of the documents' own networks.
BASE = Recipe("trial", "The base of the studies: one hidden layer of 128", (dense(128),))

TEST, DRAWN, VALIDATION = "test_accuracy", "drawn_accuracy", "val_accuracy"
TRAINING, GAP = "train_accuracy", "gap"


@dataclass(frozen=True)
class Verdict:
    """Whether the figures bear a claim out (None: they do not tell yet), and the figures."""

    holds: bool | None
    figures: str = ""


@dataclass(frozen=True)
class Claim:
    """What documents conclude or take for granted, and the rule that tries it."""

    documents: str  # letters, as in `reproductions.DOCUMENTS`
    text: str
    rule: Callable[[Study, Sequence[Row]], Verdict]


@dataclass(frozen=True)
class Study:
    """One choice, and the values that are tried."""

    name: str
    title: str
    question: str
    values: Mapping[str, Recipe]  # by label, in the order of the figure
    claims: tuple[Claim, ...] = ()
    note: str = ""  # what else has to be said of the values
    steps: bool = True  # whether the values are steps of one scale, to be joined by a line
    gap: bool = False  # whether the accuracy on training digits belongs to the picture

    def trials(self, seeds: int = SEEDS) -> list[StudyTrial]:
        """All trials, every value with one seed before any with the next."""
        return [
            StudyTrial(
                self.name, value, dataclasses.replace(recipe, title=f"{self.title}: {value}"), s
            )
            for s in range(seeds)
            for value, recipe in self.values.items()
        ]

    def rows(self, rows: Iterable[Row]) -> dict[str, list[Row]]:
        """The rows of each value, in the order of their seeds."""
        prints = {value: recipes.fingerprint(recipe) for value, recipe in self.values.items()}
        ordered = sorted(rows, key=lambda row: row.seed)
        return {v: [row for row in ordered if row.fingerprint == p] for v, p in prints.items()}

    def summary(self, rows: Iterable[Row], value: str, figure: str = TEST) -> Summary:
        """Sum up a figure of a value (a field of `Row`, or `GAP`) over its seeds."""
        return tables.summarize(getattr(row, figure) for row in self.rows(rows)[value])


# --- what the figures bear out -------------------------------------------------------


def difference(one: Summary, other: Summary) -> float | None:
    """By how much `one` is above `other`; 0 within their standard deviations; None if unknown."""
    if min(one.seeds, other.seeds) < 2:
        return None
    apart = one.mean - other.mean
    return apart if abs(apart) > one.std + other.std else 0.0


def reads_more(more: str, less: str, figure: str = TEST) -> Callable[..., Verdict]:
    """The rule that one value reads more digits than another."""

    def rule(study: Study, rows: Sequence[Row]) -> Verdict:
        one, other = (study.summary(rows, value, figure) for value in (more, less))
        apart = difference(one, other)
        if apart is None:
            return Verdict(None)
        within = "" if apart else ", a difference within the spread over seeds"
        return Verdict(apart > 0, f"{more}: {one}; {less}: {other}{within}")

    return rule


def none_reads_more(than: str) -> Callable[..., Verdict]:
    """The rule that no other value reads more test digits."""

    def rule(study: Study, rows: Sequence[Row]) -> Verdict:
        base = study.summary(rows, than)
        others = {v: study.summary(rows, v) for v in study.values if v != than}
        apart = {v: difference(other, base) for v, other in others.items()}
        better = [v for v, by in apart.items() if by is not None and by > 0]
        if better:
            best = max(better, key=lambda v: others[v].mean)
            return Verdict(False, f"{than}: {base}; {best}: {others[best]}")
        if any(by is None for by in apart.values()):
            return Verdict(None)
        best = max(others, key=lambda v: others[v].mean)
        return Verdict(True, f"{than}: {base}; the best of the others, {best}: {others[best]}")

    return rule


def reads_at_least(value: str, share: float) -> Callable[..., Verdict]:
    def rule(study: Study, rows: Sequence[Row]) -> Verdict:
        found = study.summary(rows, value)
        if found.seeds < 2 or abs(found.mean - share) <= found.std:
            return Verdict(None, str(found))
        return Verdict(found.mean > share, str(found))

    return rule


def validation_above_training(value: str) -> Callable[..., Verdict]:
    """The rule that new digits are read better than those that were trained on."""

    def rule(study: Study, rows: Sequence[Row]) -> Verdict:
        new, known = (study.summary(rows, value, figure) for figure in (VALIDATION, TRAINING))
        apart = difference(new, known)
        if apart is None:
            return Verdict(None)
        return Verdict(
            apart > 0, f"with {value}, validation {new}, training {known} once nothing is left out"
        )

    return rule


def conclusion(study: Study, rows: Sequence[Row]) -> str:
    """What the rows say of a study, in a sentence or three; empty if there are none.

    Markdown; every figure is taken from the rows, and only what they bear out is concluded.
    """
    if not any(study.rows(rows).values()):
        return ""
    test = _ranking(study, rows, TEST, "test digits")
    if not test:
        return "Nothing can be concluded yet: that takes two values, with two seeds each."
    parts = [test, _ranking(study, rows, DRAWN, "drawn digits")]
    if study.gap:
        parts.append(_gap(study, rows))
    missing = sum(study.summary(rows, value).seeds < 2 for value in study.values)
    if missing:
        parts.append(f"(Without {missing} of {len(study.values)} values, not measured yet.)")
    return " ".join(part for part in parts if part)


def _known(study: Study, rows: Sequence[Row], figure: str) -> dict[str, Summary]:
    sums = {value: study.summary(rows, value, figure) for value in study.values}
    return {value: found for value, found in sums.items() if found.seeds > 1}


def _ranking(study: Study, rows: Sequence[Row], figure: str, digits: str) -> str:
    """Which values read digits best and worst; empty where too little is known."""
    known = _known(study, rows, figure)
    if len(known) < 2:
        return ""
    best, worst = (pick(known, key=lambda v: known[v].mean) for pick in (max, min))
    level = [v for v in known if v != best and not difference(known[best], known[v])]
    if len(level) == len(known) - 1:
        return (
            f"On {digits} no difference is larger than the spread over seeds: the highest is "
            f"{best} ({known[best]}), the lowest {worst} ({known[worst]})."
        )
    words = f"{digits.capitalize()} are read best with **{best}** ({known[best]})"
    if level:
        verb = "is" if len(level) == 1 else "are"
        words += f", and {_listed(level)} {verb} as good within the spread over seeds"
    if worst in level:  # its own deviation is as large as what it lacks
        rest = [v for v in known if v != best and v not in level]
        worst = min(rest, key=lambda v: known[v].mean)
        return f"{words}; worse with {worst} ({known[worst]})."
    return f"{words}; worst with {worst} ({known[worst]})."


def _gap(study: Study, rows: Sequence[Row]) -> str:
    known = _known(study, rows, GAP)
    if len(known) < 2:
        return ""
    first, *_, last = known
    apart = difference(known[last], known[first])
    before, after = (f"{100 * known[v].mean:.2f}" for v in (first, last))
    if not apart:
        return (
            "The gap between training and test accuracy does not change beyond the spread over "
            f"seeds ({before} points with {first}, {after} with {last})."
        )
    return (
        f"The gap between training and test accuracy {'grows' if apart > 0 else 'shrinks'} from "
        f"{before} points with {first} to {after} with {last}."
    )


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
