"""What a dataset holds: its digits, their pixels, their hands, and the odd ones."""

from collections.abc import Callable

import streamlit as st

from mnist_core import datasets
from mnist_core.datasets import Dataset
from mnist_core.errors import InputError
from mnist_core.report import pictures
from ui import heading, links, say
from ui.data import download, facts, opened, outliers, overview, pens, projection, samples, typical

OVERVIEW = "Overview"

heading.begin("The data")
st.html(pictures.STYLE)
first = "mnist" if datasets.at_hand("mnist") else "optical-digits"
name = st.segmented_control(
    "Dataset",
    list(datasets.NAMES),
    default=first,
    required=True,
    key="dataset",
    label_visibility="collapsed",
    bind="query-params",
)
name = name or first
st.write(datasets.ABOUT[name].text)
if not datasets.at_hand(name):
    download.offer(name)
    st.stop()
try:
    with st.spinner("Reading the digits …", show_time=True):
        dataset = datasets.load(name, fetch=False)
except InputError as error:
    say.error(error)
    st.stop()
facts.show(dataset)
sections: dict[str, Callable[[Dataset], None]] = {
    OVERVIEW: overview.show,
    "Samples": samples.show,
    "Typical": typical.show,
    "Map": projection.show,
    "Odd ones": outliers.show,
}
if dataset.strokes_train:
    sections["Pens"] = pens.show
part = st.segmented_control(
    "Part",
    list(sections),
    default=OVERVIEW,
    required=True,
    key="part",
    label_visibility="collapsed",
    bind="query-params",
)
sections[part or OVERVIEW](dataset)
opened.show(dataset)
if opened.leaving():
    links.follow_to_drawing()
