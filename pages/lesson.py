"""Forty-five minutes with a class: what to say, what to press, what to ask."""

import streamlit as st

from ui import glossary, heading
from ui.lesson import stage
from ui.lesson.steps import STEPS

heading.begin("A lesson")
st.markdown(
    f"{sum(step.minutes for step in STEPS)} minutes in {len(STEPS)} steps. Each button opens a "
    "page with everything ready; come back here by **Lesson** in the menu. No network connection "
    "is needed."
)
begun = 0
for number, step in enumerate(STEPS, 1):
    with st.container(border=True, key=f"step-{number}"):
        ends = begun + step.minutes
        st.html(f"<h2>{number}. {step.title}</h2>")
        st.caption(f"{step.minutes} minutes: from {begun} to {ends}")
        st.markdown("**Say**")
        st.markdown("\n\n".join(step.say))
        st.markdown(f"**Do**: {step.do}")
        pressed = st.button(
            step.button, key=f"ready-{number}", type="primary", icon=":material/play_arrow:"
        )
        st.markdown(f"**Ask**: {step.question}")
        with st.expander("An answer"):
            st.markdown(step.answer)
        if step.terms:
            glossary.words(*step.terms)
        begun = ends
    if pressed:
        stage.open_for(step.ready)
with st.expander("All terms"):
    glossary.everything()
