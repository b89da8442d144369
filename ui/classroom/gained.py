"""Before and after, on classmates of whom the network had seen nothing."""

from __future__ import annotations

import streamlit as st

from mnist_core import datasets
from mnist_core.evaluation import gain
from mnist_core.evaluation.gain import Gain
from mnist_core.report import gains, pictures
from mnist_core.runs import Run
from ui.classroom.keeping import counted
from ui.classroom.picture import picture
from ui.confusion import screen

STYLE = """<style>
.gain { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0.25rem 2rem;
        margin: 0; padding: 0; }
.gain div { display: flex; flex-direction: column-reverse; }
.gain dd { margin: 0; font-size: 2.75rem; font-weight: 750; line-height: 1.1;
           font-variant-numeric: tabular-nums; }
.gain dt { font-size: 1rem; }
</style>"""


def show(code: str, before: Run, after: Run) -> None:
    """The accuracy of both networks, their matrices subtracted, and the digits that differ.

    Raises:
        InputError: one of them cannot read, or there is nobody to test on.
    """
    found = compared(code, before, after)
    with st.container(key="gain"):
        first, second = found.accuracies
        count = counted(len(found.labels), "digit", "digits")
        st.html(
            f'{STYLE}<dl class="gain"><div><dt>before</dt><dd>{first:.1%}</dd></div>'
            f"<div><dt>after</dt><dd>{second:.1%}</dd></div>"
            f"<div><dt>saved</dt><dd>{len(found.saved)}</dd></div>"
            f"<div><dt>lost</dt><dd>{len(found.lost)}</dd></div></dl>"
            f"<p>of {count} by members who were held out</p>"
        )
        left, right = st.columns([2, 3], gap="large")
        with left:
            st.markdown("**After minus before**")
            st.html(
                picture(gains.difference(found, screen.is_dark()), gains.in_words(found), "34rem")
            )
            st.caption("Blue is better: more on the diagonal, fewer beside it. Orange is worse.")
        with right:
            _digits("Saved", found, saved=True)
            _digits("Lost", found, saved=False)


def compared(code: str, before: Run, after: Run) -> Gain:
    """Both networks' readings of the held-out digits that there are now.

    Raises:
        InputError: one of them cannot read, or there is nobody to test on.
    """
    tests = datasets.load(f"class-{code}", fetch=False)
    return _compared(before, after, tests)


@st.cache_data(
    max_entries=4,
    show_spinner=False,
    hash_funcs={Run: lambda run: (run.path, run.identity), datasets.Dataset: lambda d: d.checksum},
)
def _compared(before: Run, after: Run, tests: datasets.Dataset) -> Gain:
    return gain.compare(before, after, tests.x_test, tests.y_test)


def _digits(title: str, found: Gain, saved: bool) -> None:
    shown = gains.changed(found, saved)
    st.markdown(f"**{title} · {len(found.saved if saved else found.lost)}**")
    if shown:
        st.html(pictures.STYLE + pictures.grid(shown, 64))
    else:
        st.caption("None.")
