"""What documents report beside what was measured here."""

from __future__ import annotations

import html
import math

import streamlit as st

from mnist_core import figures, runs
from mnist_core.errors import InputError
from mnist_core.experiments import reproductions
from ui import charts, glossary, links, say

STYLE = """<style>
.st-key-reproductions table { width: 100%; border-collapse: collapse; font-size: 0.875rem;
                              font-variant-numeric: tabular-nums; }
.st-key-reproductions :is(th, td) { padding: 6px 8px; text-align: left; vertical-align: top;
                                    border-bottom: 1px solid #8884; }
.st-key-reproductions th { font-weight: 600; }
@media (max-width: 900px) {
  .st-key-reproductions thead { display: none; }
  .st-key-reproductions :is(tr, th, td) { display: block; border: 0; padding: 2px 0; }
  .st-key-reproductions tr { padding: 8px 0; border-bottom: 1px solid #8884; }
  .st-key-reproductions td { display: flex; justify-content: space-between; gap: 1rem;
                             text-align: right; }
  .st-key-reproductions td::before { content: attr(data-name); opacity: 0.8; text-align: left; }
}
</style>"""


def show() -> None:
    """The whole section."""
    try:
        rows = reproductions.read()
    except InputError as error:
        say.error(error)
        return
    st.write(
        "Five documents train networks on MNIST and say how well they read. Here each was "
        "trained again, over several seeds."
    )
    names = [name for name in reproductions.REPORTED if any(row.recipe == name for row in rows)]
    if not names:
        st.info(f"Nothing has been measured yet. Run `{reproductions.COMMAND}`.")
        return
    key = "; ".join(f"**{letter}** {words}" for letter, words in reproductions.DOCUMENTS.items())
    with st.container(key="documents"):
        st.markdown(f"The documents: {key}.")
    with st.container(key="reported"):
        show_accuracies(names, rows)
        show_table(list(reproductions.REPORTED), rows)
    st.write(reproductions.best_of_documents(rows))
    st.header("Where the documents cannot be right", anchor=False)
    with st.container(key="findings"):
        for finding in reproductions.findings(rows):
            st.markdown(f"**{finding.title}.** {finding.text}")
    st.header("Train one again, live", anchor=False)
    with st.container(horizontal=True, key="train_again"):
        for name in reproductions.REPORTED:
            links.train(name)
    st.caption(f"The table was written by this project with `{reproductions.COMMAND}`.")


def show_accuracies(names: list[str], rows: list[reproductions.Row]) -> None:
    def of(figure: str) -> list[list[float]]:
        return [[getattr(r, figure) for r in rows if r.recipe == name] for name in names]

    values = [
        [r.value for r in reproductions.REPORTED[name] if r.figure == "test"] for name in names
    ]
    words = "; ".join(
        f"{name} {reproductions.summary(rows, name, 'test_accuracy')}" for name in names
    )
    charts.show(
        figures.reported_and_reproduced(names, values, of("test_accuracy"), of("drawn_accuracy")),
        f"Test accuracy as reported and as measured here. Measured: {words}.",
        "accuracies",
    )


def show_table(names: list[str], rows: list[reproductions.Row]) -> None:
    st.html(STYLE)
    with st.container(key="reproductions"):
        st.html(as_html(lines(names, rows)))
    glossary.words("test", "validation", "training", "parameters", "seed")


def lines(names: list[str], rows: list[reproductions.Row]) -> list[dict[str, str]]:
    """A line for each recipe: what was reported and what was measured, by column."""
    found = []
    for name in names:
        those = [row for row in rows if row.recipe == name]

        def measured(figure: str, name: str = name) -> str:
            return str(reproductions.summary(rows, name, figure))

        seconds = reproductions.summary(rows, name, "cpu_seconds").mean
        found.append(
            {
                "Recipe": name,
                "Reported, test": reported(name, "test"),
                "Measured, test": measured("test_accuracy"),
                "Reported, validation": reported(name, "validation"),
                "Measured, validation": measured("val_accuracy"),
                "Reported, training": reported(name, "train"),
                "Measured, training": measured("train_accuracy"),
                "Drawn digits": measured("drawn_accuracy"),
                "Parameters": f"{those[0].parameters:,}" if those else "",
                "Processor time": "" if math.isnan(seconds) else runs.duration(seconds),
                "Seeds": str(len(those)),
            }
        )
    return found


def as_html(lines: list[dict[str, str]]) -> str:
    """A table as wide as the page; on a phone each line stands for itself, with its headings."""
    escape = html.escape
    heads = "".join(f'<th scope="col">{escape(name)}</th>' for name in lines[0])
    body = ""
    for line in lines:
        first, *rest = line.items()
        body += f'<tr><th scope="row">{escape(first[1])}</th>'
        body += "".join(
            f'<td data-name="{escape(name)}">{escape(_whole(text)) or "–"}</td>'
            for name, text in rest
        )
        body += "</tr>"
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"


def _whole(text: str) -> str:
    """A text in which no figure is torn at the end of a line."""
    return text.replace(" ± ", "\u00a0±\u00a0").replace(" %", "\u00a0%")


def reported(name: str, figure: str) -> str:
    """What the documents report, each with its letter; marked where it is of another model."""
    texts = []
    for claim in reproductions.REPORTED[name]:
        if claim.figure == figure:
            mark = " (wrong model)" if "wrong model" in claim.where else ""
            texts.append(f"{claim.document}: {claim.value:.2%}".replace("%", " %") + mark)
    return ", ".join(texts) or "–"
