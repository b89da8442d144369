"""Choose a recipe, train it, watch it learn, compare, and use the result."""

import streamlit as st

from ui import access, heading, links, reading, say
from ui.train import (
    actions,
    choose,
    comparison,
    snapshot,
    state,
    table,
    trash,
    upload,
    watch,
)

heading.begin("Train a network", wide=True)
st.html("<style>.st-key-diagram { overflow-x: auto; }</style>")

reading.active()  # the network for the drawing page begins to load
if state.leaving():
    links.follow_to_drawing()
state.take_address()
asked, found = state.read(), snapshot.take()
choosing, watching = st.columns([2, 3], gap="large")
with choosing, st.container(key="choose"):
    job = choose.show(found.listed)
    # What was typed a moment before the click counts: no callback, whose arguments are older.
    pressed = st.button(
        "Train",
        key="train",
        type="primary",
        icon=":material/play_arrow:",
        disabled=job is None or not access.allowed(),
    )
    access.note("Training, importing, renaming and deleting")
    if pressed and job is not None:
        choose.submit(job)
        st.rerun()  # there is one run more
    say.error_if(asked.note_at(state.TRAIN))
with watching, st.container(key="watch"):
    watch.show(found, asked)
with st.container(key="table"):
    ticked = table.show(found.listed, asked.ticked)
    if ticked:
        actions.show(ticked, asked)
    if len(ticked) > 1:
        comparison.show(ticked)
    trash.show(asked)
    upload.show()
state.write_address(asked)
