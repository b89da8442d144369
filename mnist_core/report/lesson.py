"""The report of a lesson: one HTML file that needs no network, no scripts and no other file.

It holds what the class wrote and how it was read, whose hands were hardest, what was voted on,
and what the network gained on members who were held out. Nobody is named in it, for nobody's
name is known.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mnist_core import classroom, datasets, evaluation, runs
from mnist_core.classroom import Class, Digit, Member
from mnist_core.errors import InputError
from mnist_core.evaluation import gain
from mnist_core.report import gains, svg
from mnist_core.report.rendering import environment
from mnist_core.runs import Run
from mnist_core.training import classes

MISTAKES, HANDS, VOTED = 60, 10, 12
LEAST_OF_A_HAND = 3  # labelled digits from which a hand is compared with others
KINDS = {
    "write": "Write",
    "free": "Draw freely",
    "fool": "Fool it",
    "what": "What is it?",
    "pause": "Pause",
}
Part = dict[str, Any]  # what the template calls by name


@dataclass(frozen=True)
class Read:
    """A digit with a label that some network has read."""

    digit: Digit
    label: int
    read: int

    @property
    def right(self) -> bool:
        return self.read == self.label


def make(code: str) -> str:
    """The report of a class, as the text of an HTML file.

    Raises:
        InputError: there is no such class.
    """
    store = classroom.store()
    found = store.get(code)
    members = {member.id: member for member in store.members(code) if not member.removed}
    digits = store.digits(code)
    read = [Read(d, d.label, given) for d in digits if d.label is not None
            and (given := _read_as(d)) is not None]  # fmt: skip
    return (
        environment()
        .get_template("lesson.html")
        .render(
            name=found.name,
            when=f"{found.opened.day} {found.opened:%B %Y}",
            figures=_figures(members, digits, read),
            done=_done(code),
            balance=_balance(digits),
            matrix=_matrix(read),
            mistakes=_mistakes(read, members),
            hands=_hands(read, members),
            votes=_votes(code, digits),
            trainings=[part for run in _trained(code) if (part := _training(found, run))],
        )
    )


def _read_as(digit: Digit) -> int | None:
    return digit.guess if digit.read is None else digit.read[0]


def _figures(
    members: dict[int, Member], digits: Sequence[Digit], read: Sequence[Read]
) -> list[tuple[str, str]]:
    wrote = {digit.member for digit in digits} & set(members)
    share = f"{sum(one.right for one in read) / len(read):.1%}" if read else "–"
    return [
        ("members who wrote", str(len(wrote))),
        ("digits", f"{len(digits):,}"),
        ("with a label", f"{sum(digit.label is not None for digit in digits):,}"),
        ("read right", share),
    ]


def _done(code: str) -> list[list[str]]:
    """What the class was asked to do, and when; another digit of a vote is no other activity."""
    rows: list[list[str]] = []
    for activity, at in classroom.store().activities(code):
        if not rows or rows[-1][1] != KINDS[activity.kind]:
            rows.append([f"{at:%H:%M} UTC", KINDS[activity.kind]])
    return rows


def _balance(digits: Sequence[Digit]) -> str:
    counts = np.bincount([d.label for d in digits if d.label is not None], minlength=10).tolist()
    words = ", ".join(f"{count} of {digit}" for digit, count in enumerate(counts))
    return svg.bars(counts, [str(count) for count in counts], f"Digits of each label: {words}")


def _matrix(read: Sequence[Read]) -> str | None:
    if not read:
        return None
    counts = np.zeros((10, 10), np.int64)
    for one in read:
        counts[one.label, one.read] += 1
    pairs = evaluation.most_confused(counts, 8)
    words = ", ".join(f"{p.true} read as {p.predicted} ({p.count})" for p in pairs)
    return svg.matrix(counts, f"Confusion matrix. Most confused: {words or 'no digits'}")


def _mistakes(read: Sequence[Read], members: dict[int, Member]) -> list[tuple[str, str]]:
    """Misread digits as SVG, each with a caption."""
    shown = []
    for one in [one for one in read if not one.right][:MISTAKES]:
        member = members.get(one.digit.member)
        alt = f"A {one.label}, read as {one.read}"
        whose = f" · {_hand(member)}" if member else ""
        shown.append((svg.strokes(one.digit.strokes, alt), f"{one.label} as {one.read}{whose}"))
    return shown


def _hands(read: Sequence[Read], members: dict[int, Member]) -> list[list[str]]:
    """The hands that were misread most, the hardest first."""
    all_of = Counter(one.digit.member for one in read)
    wrong = Counter(one.digit.member for one in read if not one.right)
    compared = [m for m, count in all_of.items() if m in members and count >= LEAST_OF_A_HAND]
    hardest = sorted(compared, key=lambda m: (-wrong[m] / all_of[m], m))[:HANDS]
    return [
        [_hand(members[m]), str(wrong[m]), str(all_of[m]), f"{wrong[m] / all_of[m]:.0%}"]
        for m in hardest
        if wrong[m]
    ]


def _hand(member: Member) -> str:
    return f"{member.colour} {member.animal}"


def _votes(code: str, digits: Sequence[Digit]) -> list[tuple[str, str]]:
    """The digits that were voted on most, with what was seen in them."""
    store = classroom.store()
    found = []
    subjects = dict.fromkeys(a.subject for a, _ in store.activities(code) if a.subject)
    by_id = {digit.id: digit for digit in digits}
    for subject in subjects:
        counts = {str(value): count for value, count in store.votes(code, subject).items()}
        if not sum(counts.values()):
            continue
        picture, what = _subject(subject, by_id.get(subject))
        seen = ", ".join(
            f"{'no digit' if value == 'none' else value} ({count})"
            for value, count in sorted(counts.items(), key=lambda pair: -pair[1])
        )
        found.append((sum(counts.values()), picture, f"{what}: {seen}"))
    found.sort(key=lambda each: -each[0])
    return [(picture, words) for _, picture, words in found[:VOTED]]


def _subject(subject: str, digit: Digit | None) -> tuple[str, str]:
    """A digit that was voted on, as SVG (empty for what is not the class's own), and its name."""
    if digit is None:
        _, _, index = subject.partition(":")
        return "", f"Test digit {index} of MNIST" if index else "A digit that was deleted"
    label = "?" if digit.label is None else str(digit.label)
    return svg.strokes(digit.strokes, f"A {label} that was voted on"), f"labelled {label}"


def _trained(code: str) -> list[Run]:
    return [run for run in classes.runs_of(code, runs.all_runs()) if run.usable]


def _training(found: Class, run: Run) -> Part | None:
    """A network of the class: its curves, and what it gains over the default run."""
    base = runs.read(runs.SHIPPED_DIR / runs.DEFAULT_RUN)
    try:
        tests = datasets.load(f"class-{found.code}", fetch=False)
        if not len(tests.x_test):
            return None
        gained = gain.compare(base, run, tests.x_test, tests.y_test)
    except InputError:
        return None
    before, after = gained.accuracies
    history = runs.read_history(run)
    curve = {
        name: [row.get(key, np.nan) for row in history]
        for name, key in (("training", "accuracy"), ("validation", "val_accuracy"))
        if any(key in row for row in history)
    }
    return {
        "name": run.name,
        "how": f"{base.name} fine-tuned" if run.recipe.start_from else "from fresh weights",
        "on_phones": run.name == found.network,
        "figures": [
            ("before", f"{before:.1%}"),
            ("after", f"{after:.1%}"),
            ("saved", str(len(gained.saved))),
            ("lost", str(len(gained.lost))),
            ("held-out digits", str(len(gained.labels))),
        ],
        "curve": svg.lines(curve, "Accuracy over the epochs", percent=True) if curve else None,
        "difference": gains.difference(gained),
        "saved": gains.changed(gained, saved=True),
        "lost": gains.changed(gained, saved=False),
    }
