"""The application: Streamlit's pages and, beside them, the light routes. Start with `make run`.

The server imports this file once, for `app`; Streamlit runs it once more for each visitor and
each press, for the page.
"""

from pathlib import Path

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

ICON = Path(__file__).parent / "ui" / "icon.png"

if get_script_run_ctx(suppress_warning=True) is None:
    import routes
    from ui import serving

    base = st.get_option("server.baseUrlPath") or ""
    app = st.App(
        __file__,
        routes=routes.below(base),
        middleware=serving.middleware(),
        lifespan=serving.lifespan,
    )
else:
    st.set_page_config(page_title="Draw a digit", page_icon=ICON, layout="wide")
    st.navigation(
        [
            st.Page("pages/draw.py", title="Draw", icon=":material/draw:", default=True),
            st.Page("pages/inside.py", title="Inside", icon=":material/visibility:"),
            st.Page("pages/train.py", title="Train", icon=":material/model_training:"),
            st.Page("pages/confusion.py", title="Confusion", icon=":material/grid_on:"),
            st.Page("pages/compare.py", title="Compare", icon=":material/leaderboard:"),
            st.Page("pages/data.py", title="Data", icon=":material/grid_view:"),
            st.Page("pages/classroom.py", title="Class", icon=":material/groups:"),
            st.Page("pages/lesson.py", title="Lesson", icon=":material/school:"),
        ],
        position="top",
    ).run()
