"""A class: thirty people with phones, one with a projector, and what they write on the wall."""

import html

import streamlit as st

from ui import access, heading, say
from ui.classroom import (
    activity,
    after,
    begin,
    door,
    fooling,
    members,
    state,
    train,
    visitors,
    wall,
)

beside = heading.begin("A class", wide=True)
if not access.allowed():
    visitors.show()
    st.stop()
if there := wall.leaving():
    st.switch_page(there)
found = state.current()
say.error_if(state.told())
if found is None:
    begin.show()
    st.stop()
with beside, st.container(horizontal=True, vertical_alignment="center"):
    with st.container(key="class_name", width="content"):
        st.html(f"<h2>{html.escape(found.name)}</h2>")
    st.button("Other classes", key="leave_class", type="tertiary", on_click=state.leave)
if state.is_large():
    door.show(found, large=True)
    activity.show(found)
    wall.show(found)
else:
    side, main = st.columns([1, 4], gap="medium")
    with side:
        door.show(found, large=False)
    with main:
        activity.show(found)
        wall.show(found)
fooling.show(found)
train.show(found)
members.show(found)
after.show(found)
