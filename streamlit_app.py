"""Page configuration and navigation, nothing else. Start with `make run`."""

from pathlib import Path

import streamlit as st

ICON = Path(__file__).parent / "ui" / "icon.png"

st.set_page_config(page_title="Draw a digit", page_icon=ICON, layout="centered")
st.navigation(
    [
        st.Page("pages/draw.py", title="Draw", icon=":material/draw:", default=True),
        st.Page("pages/train.py", title="Train", icon=":material/model_training:"),
        st.Page("pages/confusion.py", title="Confusion", icon=":material/grid_on:"),
        st.Page("pages/compare.py", title="Compare", icon=":material/leaderboard:"),
        st.Page("pages/data.py", title="Data", icon=":material/grid_view:"),
    ],
    position="top",
).run()
