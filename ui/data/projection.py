"""Section Map: digits laid out in the plane, by PCA or t-SNE."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import streamlit as st

from mnist_core.datasets import Dataset, Images, analysis, embedding
from mnist_core.errors import InputError
from ui import access, actions, say, shared_work
from ui.data import digit_map

PCA, TSNE = "PCA", "t-SNE"


def show(dataset: Dataset) -> None:
    """The whole section."""
    chosen = embedding.mapped(dataset)
    count = len(chosen)
    images, labels = dataset.x_train[chosen], dataset.y_train[chosen]
    way = st.segmented_control(
        "How",
        [PCA, TSNE],
        default=PCA,
        required=True,
        key="map_way",
        help="PCA shows the two directions in which digits differ most; t-SNE puts together "
        "what is alike, and distances between groups mean little.",
    )
    digits = st.pills(
        "Digits", range(10), selection_mode="multi", key="map_digits", help="None chosen: all."
    )
    if way == TSNE:
        points = _tsne(dataset.checksum, images)
        if points is None:
            return
    else:
        points = _pca(dataset.checksum, count, images)
    shown = np.flatnonzero(np.isin(labels, list(digits or range(10))))
    if not len(shown):
        st.info("There are no such digits here: choose others.")
        return
    with st.container(key="map"):
        digit_map.show(
            points[shown],
            images[shown],
            labels[shown],
            [f"label {labels[i]} · #{chosen[i]}" for i in shown],
            f"A map of {len(shown):,} digits by {way}: alike ones lie close together. Move with "
            "the arrow keys.",
        )
    st.caption(
        f"{len(shown):,} random training digits. Point at one, or go with the arrow keys, to see "
        "it."
    )


@st.cache_resource(max_entries=8, show_spinner=False)
def _pca(checksum: str, count: int, _images: Images) -> npt.NDArray[np.float32]:
    return analysis.principal_components(_images)


def _tsne(checksum: str, images: Images) -> npt.NDArray[np.float32] | None:
    """The t-SNE of the images, or None while it is computed; then its progress is shown."""
    kept = shared_work.kept_embedding(checksum, images)
    if kept is not None:
        return kept
    try:
        found = actions.embed(checksum, images)
    except InputError:
        access.note("Computing this map")
        return None
    if found.points is not None:
        return found.points
    if found.error:
        say.error(found.error)
        if st.button("Try again", key="map_again"):
            actions.embed(checksum, images, again=True)
            st.rerun()
        return None

    @st.fragment(run_every=0.5)
    def wait() -> None:
        if found.done:
            st.rerun()
        left = found.seconds_left
        words = "about to begin" if left is None else f"{left:.0f} s left"
        st.progress(found.share, f"t-SNE places {len(images):,} digits: {words}")
        st.caption("You may go elsewhere meanwhile; it is kept for the next time.")

    wait()
    return None
