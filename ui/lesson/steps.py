"""The lesson: seven steps in forty-five minutes, as plain data."""

from __future__ import annotations

from dataclasses import dataclass

from mnist_core.runs import DEFAULT_RUN


@dataclass(frozen=True)
class Step:
    """One step: what to say, what the button sets up, and a question to the class."""

    title: str
    minutes: int
    say: tuple[str, ...]
    button: str
    ready: str  # what the button has set up: a function of `ui.lesson.stage`
    do: str  # what to do on the page that opens
    question: str
    answer: str
    terms: tuple[str, ...] = ()  # of the glossary


STEPS = (
    Step(
        "Draw a digit",
        5,
        (
            "This network has seen tens of thousands of handwritten digits. It has never seen "
            "yours.",
            "While you draw, it gives each of the ten digits a probability. Together they are "
            "always 100 %.",
        ),
        "Open an empty canvas",
        "empty_canvas",
        "Let three people draw a digit. Watch the bars while the pen still moves.",
        "Who can draw something that two people read differently? What do the bars do?",
        "Two bars share the 100 %. The network is as unsure as we are, and says so.",
        ("probability", "confidence"),
    ),
    Step(
        "What it sees",
        5,
        (
            "The network never sees your drawing. It gets 28 × 28 numbers from 0 (black) to 1 "
            "(white): 784 in all.",
            "Before that, the digit is cut out, made the same size, and put in the middle.",
        ),
        "Put a small 1 in a corner",
        "small_in_a_corner",
        "Compare the canvas with the small picture of what the network gets. Draw the same digit "
        "large, then small.",
        "Why is every digit made the same size first? What would happen without that?",
        "The network learned from digits of one size, in the middle. In a corner it would look at "
        "pixels where it has never seen ink.",
    ),
    Step(
        "Train a network",
        8,
        (
            "Now we train one ourselves. Its weights begin as random numbers, so at first it "
            "guesses: one in ten is right by chance.",
            "For each batch it compares its guesses with the labels, and moves every weight a "
            "little so that the loss falls.",
        ),
        "Prepare a network of your own",
        "training",
        "Press Train. Watch the nine test digits turn right, and the curves. When it is done, "
        "press Replay to see it again slowly.",
        "The dashed validation curve often lies above the training curve at first. How can it be "
        "better on digits that it has never seen?",
        "While it trains, dropout switches off some of its neurons. When the validation digits "
        "are read, all of them work.",
        ("epoch", "batch", "loss", "learning rate", "validation"),
    ),
    Step(
        "Where it errs",
        8,
        (
            "A single figure hides what goes wrong. This table counts, for each digit, what it "
            "was read as.",
            "What is right lies on the diagonal. Everything else is a mistake, and each one can "
            "be looked at.",
        ),
        "Open its confusion matrix",
        "confusion",
        "Choose the cell of fours that were read as nines. Look at the digits in it.",
        "Which of these mistakes would you have made, too? Which label would you doubt?",
        "Some are open fours that nobody could tell from a nine, and some labels are wrong. "
        "100 % cannot be reached, and nobody should believe a network that claims it.",
        ("confusion matrix", "precision", "recall"),
    ),
    Step(
        "What dropout does",
        7,
        (
            "A network with many weights can learn its training digits by heart. Then it is good "
            "at those and worse at new ones.",
            "Dropout makes that harder. Each value was tried with several seeds, as one training "
            "says little.",
        ),
        "Open the study of dropout",
        "dropout",
        "Compare no dropout with a little and with a lot. Look at the spread, too.",
        "Why does a lot of dropout make it worse again?",
        "With too few neurons at work it can no longer learn even what the training digits show.",
        ("dropout", "overfitting", "seed"),
    ),
    Step(
        "Why it misses a hand",
        6,
        (
            "This network reads 98 of 100 test digits. Here is a 1 as millions of people write "
            "it, with a long stroke up to its top.",
            "The digits that it learned from were written in the United States, where a 1 is "
            "mostly a plain stroke.",
        ),
        "Draw a 1 for the report's network",
        "foreign_one",
        f"See what it says, and how sure it is. Then choose {DEFAULT_RUN} as the network, which "
        "has learned from other hands as well.",
        "Whose fault is it: the network's, the writer's, or of whoever chose the digits?",
        "A network knows only what it was shown. People who are missing from the training digits "
        "are read badly, and test digits by the same writers do not show it.",
        ("test", "accuracy"),
    ),
    Step(
        "Teach it",
        6,
        (
            "It can learn your hand without being trained again: it remembers how your digits "
            "look to it, and compares.",
            "A few examples are enough, because it has learned long ago what strokes are.",
        ),
        "Open an empty canvas",
        "empty_canvas",
        "Draw a digit in a way that it misreads, and tell it which digit it was. Draw it again. "
        "Then draw the other digits: are they still read?",
        "What would happen if a whole class taught it wrong labels?",
        "It would believe them. Whoever labels decides what is right, and that holds for every "
        "network that learns from people.",
        ("training", "weights"),
    ),
)  # fmt: skip
