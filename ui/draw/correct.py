"""What it was: ten small buttons below the guess, and what was learnt by them."""

from __future__ import annotations

import html

import streamlit as st

from mnist_core.report import pictures
from ui import say
from ui.draw import hand, keeper, teach

ASK = "Misread? Tap what it was."
STYLE = """<style>
.st-key-correct { display: grid !important; grid-template-columns: repeat(10, 1fr); gap: 4px; }
.st-key-correct > div { min-width: 0; width: 100%; }
.st-key-correct button { width: 100%; min-width: 0; padding: 0; min-height: 2rem; }
.st-key-hand_words { margin-top: -0.625rem; }
.st-key-hand_words p { font-size: 0.875rem; line-height: 1.25rem; margin: 0; }
@media (max-width: 640px) {
    .st-key-correct { grid-template-columns: repeat(5, 1fr); }
    .st-key-correct button { min-height: 44px; }
}
</style>"""
STRIP_STYLE = """<style>
.st-key-strip img { width: 56px; height: 56px; image-rendering: pixelated; border-radius: 6px;
                    display: block; }
.st-key-strip button { min-width: 56px; min-height: 44px; }
</style>"""


def show() -> None:
    """The buttons, or what is to be written now."""
    if teach.under_way():
        teach.show()
    else:
        with st.container(key="correct"):
            for label in range(10):
                st.button(
                    str(label),
                    key=f"it_was_{label}",
                    on_click=hand.learn,
                    args=(label,),
                    width="stretch",
                )
        with st.container(key="hand_words"):
            words = html.escape(say.without_paths(hand.mine().note or ASK), quote=False)
            st.html(f'{STYLE}<p role="status">{words}</p>')
    keeper.show()


def show_learnt() -> None:
    """Behind a button: the strip of what was learnt, and what can be done with it."""
    digits = hand.mine().digits
    name = f"Your hand ({len(digits)})" if digits else "Your hand"
    with st.popover(name, icon=":material/back_hand:", type="tertiary"):
        if digits:
            count = "One digit" if len(digits) == 1 else f"{len(digits)} digits"
            st.caption(f"{count} learnt, and kept in this browser alone.")
            _strip(digits)
        else:
            st.caption("Nothing learnt yet. What you teach is kept in this browser alone.")
        with st.container(horizontal=True):
            st.button("Teach it", key="teach", on_click=teach.begin)
            st.button("Undo", key="hand_undo", on_click=hand.undo, disabled=not hand.mine().before)
            if digits:
                st.download_button(
                    "Save",
                    hand.mine().text or "",
                    "hand.json",
                    "application/json",
                    key="hand_save",
                    on_click="ignore",
                )
                st.button("Forget all", key="hand_forget", on_click=hand.forget)
        st.file_uploader("Bring a saved hand back", ["json"], key="hand_file", on_change=_bring)


def _strip(digits: hand.Digits) -> None:
    st.html(STRIP_STYLE)
    with st.container(key="strip", horizontal=True):
        for number, digit in enumerate(digits):
            with st.container(width="content", gap=None):
                st.html(f'<img src="{pictures.data_uri(digit.image)}" alt="">')
                st.button(
                    f"{digit.label} ✕",
                    key=f"forget_{number}",
                    help=f"Forget this {digit.label}",
                    on_click=hand.remove,
                    args=(number,),
                    type="tertiary",
                )


def _bring() -> None:
    file = st.session_state.get("hand_file")
    if file is not None:
        hand.bring(file.getvalue())
