"""What stands below the canvas: undo, clear, the brush, what can be put on it, save."""

from __future__ import annotations

import functools

import numpy as np
import streamlit as st
from PIL import Image

from mnist_core import datasets, drawing
from mnist_core.errors import InputError
from ui import canvas, say
from ui.draw import correct, state
from ui.draw.state import BRUSH, AtHand, State


def show(now: State) -> None:
    """The controls of the canvas; each has the whole page drawn anew."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.button("Undo", key="undo", icon=":material/undo:", on_click=state.undo)
        st.button("Clear", key="clear", icon=":material/delete:", on_click=state.clear)
        st.button(
            "Draw" if now.erasing else "Erase",
            key="eraser",
            icon=":material/edit:" if now.erasing else ":material/ink_eraser:",
            type="primary" if now.erasing else "secondary",
            on_click=state.change_tool,
        )
        st.slider("Brush", 6, 48, BRUSH, key="brush", persist_state="session")
    with st.container(horizontal=True):
        show_sources(now)
        st.download_button(
            "Save",
            functools.partial(_png, state.at_hand(), now.size),
            "drawing.png",
            "image/png",
            icon=":material/download:",
            type="tertiary",
            on_click="ignore",
        )
        if not now.number:
            correct.show_learnt()
    if now.note:
        st.caption(say.plain(now.note))


def _png(at_hand: AtHand, size: tuple[int, int]) -> bytes:
    """What lies on the canvas when somebody asks for it, as a PNG file."""
    return canvas.png(at_hand.objects, size)


def show_sources(now: State) -> None:
    """What can be put on the canvas in place of a drawing."""
    if not now.number:
        st.button(
            "Test digit",
            key="test_digit",
            icon=":material/casino:",
            on_click=put_test_digit,
            type="tertiary",
        )
    with st.popover("Picture", icon=":material/photo_camera:", type="tertiary"):
        st.file_uploader(
            f"A photo or scan of {'a number' if now.number else 'one digit'}",
            ["png", "jpg", "jpeg", "webp", "bmp", "gif", "tif", "tiff"],
            key="picture",
            on_change=put_picture,
            args=(now.size,),
        )


def put_test_digit(wanted: int | None = None) -> None:
    """Put a random test digit on the canvas, from MNIST if it is on this machine.

    Args:
        wanted: which digit; any if None.
    """
    try:
        name = "mnist" if datasets.at_hand("mnist") else "optical-digits"
        dataset = datasets.load(name, fetch=False)
    except InputError as error:
        state.tell(str(error))
        return
    fitting = wanted is None or dataset.y_test == wanted
    among = np.flatnonzero(np.broadcast_to(fitting, dataset.y_test.shape))
    index = int(np.random.default_rng().choice(among))
    label = int(dataset.y_test[index])
    state.put(
        [canvas.picture_object(dataset.x_test[index])],
        f"Test digit {index} of {name}. Its label says **{label}**.",
        label,
    )


def put_picture(size: tuple[int, int]) -> None:
    """Put an uploaded picture's ink on the canvas of that width and height in pixels."""
    file = st.session_state.get("picture")
    if file is None:
        return
    try:
        ink = drawing.ink_of(drawing.read_image(file.getvalue()))
    except InputError as error:
        state.tell(str(error))
        return
    if not ink.any():
        state.tell("There is no ink in this picture: take one with more contrast.")
        return
    small = Image.fromarray(np.round(ink * 255).astype(np.uint8))
    small.thumbnail(size)
    state.put([canvas.picture_object(np.asarray(small), size)], "Your picture, as ink.")
