"""Look inside a network while you draw."""

import streamlit as st

from mnist_core import runs
from mnist_core.errors import InputError
from mnist_core.recipes import RECIPES
from routes import inside
from ui import heading, links, reading, say
from ui.inside import component, exciting, gradients, server_side, state

heading.begin("Inside", wide=True)
now = state.read()
for problem in now.problems:
    say.info(problem)
try:
    network = inside.network_address(now.run)
except InputError as error:
    server_side.show(now.run, str(error))
else:
    component.show(now, network)
    left, right = st.columns([1, 2], gap="large")
    with left:
        gradients.show(now.run, now.seen)
    with right:
        exciting.show(now.run, now.seen)
with st.container(horizontal=True, vertical_alignment="bottom"):
    reading.picker()
    if not runs.kept_epochs(now.run) and now.run.recipe.name in RECIPES:
        links.train(now.run.recipe.name, "Train it anew and watch it learn")
    if now.came_from:
        links.confusion_digit(now.run, *now.came_from)
if state.leaving():
    links.follow_to_drawing()
