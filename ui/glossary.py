"""The field's words, each in one plain sentence: written here and nowhere else.

Every page shows them by Streamlit's own help sign, which opens by hover, by tap and by keyboard:

    st.slider("Dropout", ..., help=glossary.help_for("dropout"))
    glossary.words("precision", "recall", "F1")
"""

from __future__ import annotations

import streamlit as st

TERMS = {
    "accuracy": "The share of the digits that are read correctly.",
    "activation": "What a neuron makes of its sum before it passes it on; "
    "ReLU passes on what is above zero and nothing else.",
    "augmentation": "Training images are moved, turned or stretched a little at random, "
    "so that the network meets more hands than there are.",
    "batch": "The few images that the network looks at before it changes its weights once.",
    "calibration": "Whether the confidence can be believed: of the answers given with 80 %, "
    "80 % should be right.",
    "checkpoint": "All that training needs to go on later, saved after each epoch.",
    "confidence": "The probability that the network gives to its answer.",
    "confidence threshold": "The confidence below which an answer counts as “not sure”.",
    "confusion matrix": "A table that counts, for each digit, what it was read as: "
    "what is right lies on the diagonal.",
    "dropout": "While it trains, a network switches off a random share of its neurons at each "
    "step, so that it cannot rely on any single one.",
    "early stopping": "Training ends once the validation loss has stopped falling, "
    "and the best weights are kept.",
    "ensemble": "Several networks read the same digit, and their probabilities are averaged.",
    "epoch": "One pass through all training images.",
    "F1": "One figure for precision and recall together; it is high only if both are.",
    "fine-tuning": "Training goes on from the weights of a trained network, in smaller steps.",
    "frozen": "Layers that are frozen keep their weights while the others are trained.",
    "hyperparameters": "What a person decides before training, such as the learning rate; "
    "the network finds its weights itself.",
    "learning rate": "How large a step the weights take each time: "
    "too small is slow, too large and nothing is learned.",
    "loss": "How wrong the network is, with its confidence counted: "
    "0 is perfect, 2.3 is what guessing gives.",
    "optimizer": "The rule by which the weights are changed after each batch.",
    "overfitting": "The network gets better on its training images only: "
    "it learns them by heart.",
    "parameters": "The numbers that are learned: all weights of the network.",
    "patience": "For how many epochs training goes on without a lower validation loss.",
    "precision": "Of all that was read as this digit, the share that was this digit.",
    "probability": "How likely the network thinks a digit is; the ten add up to 100 %.",
    "recall": "Of all images of this digit, the share that was read as it.",
    "seed": "Where the random numbers begin: the same seed gives the same training again.",
    "support": "How many images of this digit there are.",
    "temperature": "One number that makes all confidences lower or higher, "
    "so that they can be believed; no answer changes.",
    "test": "Digits that the network has never seen, read once when all is decided.",
    "training": "Digits that the network learns from, in each epoch again.",
    "validation": "Digits held back from training, read after each epoch "
    "to see whether what is learned holds for others.",
    "weights": "The numbers by which a network multiplies what it sees; training changes them.",
}  # fmt: skip


def help_for(*terms: str, also: str = "") -> str:
    """The sentences of one term or several, for the `help` of any widget.

    Args:
        also: a sentence of the widget's own, which comes first.
    """
    if len(terms) == 1:
        return f"{also} {TERMS[terms[0]]}".strip()
    return "\n\n".join([*([also] if also else []), *(_entry(term) for term in terms)])


def words(*terms: str) -> None:
    """The terms in a row, each with its sentence behind a help sign."""
    with st.container(horizontal=True, gap="small", key=f"words-{'-'.join(terms)}"):
        for term in terms:
            st.caption(_capital(term), help=TERMS[term], width="content")


def everything() -> None:
    """All terms with their sentences, to be read one after another."""
    st.markdown("\n\n".join(_entry(term) for term in sorted(TERMS, key=str.lower)))


def _entry(term: str) -> str:
    return f"**{_capital(term)}**: {TERMS[term]}"


def _capital(term: str) -> str:
    return term[0].upper() + term[1:]
