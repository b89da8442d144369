"""Draw a digit and see what the network makes of it."""

import base64
import functools
from typing import Any

import numpy as np
import numpy.typing as npt
import streamlit as st
from PIL import Image
from streamlit_drawable_canvas import st_canvas

from mnist_core import datasets, drawing
from mnist_core.errors import InputError
from mnist_core.runs import Run
from ui import canvas, heading, live_bars, reading
from ui.wording import in_words, percent

ONE, NUMBER = "One digit", "A number"
# The component's own toolbar lies over the upper right corner of the canvas, invisible until
# it is pointed at, and would take the strokes that begin there. Undo and clear stand below.
HIDE_TOOLBAR = """<script>
(function hide(tries) {
    for (const element of document.querySelectorAll('.st-key-canvas *')) {
        const root = element.shadowRoot;
        if (root?.querySelector('.dc-toolbar')) {
            const style = document.createElement('style');
            style.textContent = '.dc-toolbar { display: none !important; }';
            root.append(style);
            return;
        }
    }
    if (tries > 0) setTimeout(hide, 50, tries - 1);
})(400);
</script>"""
INVITATION = {ONE: "Draw a digit from 0 to 9.", NUMBER: "Draw a number of several digits."}
STARTING = "The network is starting …"

heading.begin("Draw a digit")
st.html(
    """<style>
    .st-key-guess p { font-size: 6.5rem; line-height: 1; height: 6.5rem; margin: 0;
                      font-weight: 700; font-variant-numeric: tabular-nums; }
    .st-key-guess p.unsure::after { content: "?"; opacity: 0.45; }
    .st-key-confidence p { min-height: 1.5rem; line-height: 1.5rem; margin: 0; }
    .st-key-model_input img { width: 112px; height: 112px; image-rendering: pixelated;
                              border: 1px solid #8888; border-radius: 4px; display: block; }
    .st-key-model_input figure { display: flex; gap: 1rem; align-items: center; margin: 0; }
    .st-key-boxes img { width: 100%; border-radius: 4px; display: block; }
    .st-key-canvas { max-width: 100%; }
    .st-key-bars { gap: 0; }
    @media (max-width: 640px) {
        .st-key-guess p { font-size: 3.5rem; height: 3.5rem; }
    }
    </style>"""
)


def put(objects: list[dict[str, Any]], note: str | None = None) -> None:
    """Replace what is on the canvas."""
    number = st.session_state.get("drawing_number", 0) + 1
    st.session_state["drawing_number"] = number
    # The number makes every replacement differ from the last: clear, draw, clear again.
    st.session_state["start"] = {"objects": objects, "number": number}
    # Until the canvas answers, it goes on reporting what was on it before.
    st.session_state["replaced"] = st.session_state.get("drawing", [])
    st.session_state["drawing"] = objects
    st.session_state["note"] = note


def undo() -> None:
    put(list(st.session_state.get("drawing", []))[:-1])


def put_test_digit() -> None:
    """Put a random test digit on the canvas, from MNIST if it is on this machine."""
    try:
        name = "mnist" if datasets.at_hand("mnist") else "optical-digits"
        dataset = datasets.load(name, fetch=False)
    except InputError as error:
        st.session_state["note"] = str(error)
        return
    index = int(np.random.default_rng().integers(len(dataset.x_test)))
    label = dataset.y_test[index]
    put(
        [canvas.picture_object(dataset.x_test[index])],
        f"Test digit {index} of {name}. Its label says **{label}**.",
    )


def put_picture() -> None:
    """Put an uploaded picture's ink on the canvas."""
    file = st.session_state.get("picture")
    if file is None:
        return
    try:
        ink = drawing.ink_of(drawing.read_image(file.getvalue()))
    except InputError as error:
        st.session_state["note"] = str(error)
        return
    if not ink.any():
        st.session_state["note"] = "There is no ink in this picture: take one with more contrast."
        return
    small = Image.fromarray(np.round(ink * 255).astype(np.uint8))
    small.thumbnail((canvas.SIDE, canvas.SIDE))
    put([canvas.picture_object(np.asarray(small))], "Your picture, as ink.")


def canvas_size() -> tuple[int, int]:
    if st.session_state.get("mode") != NUMBER:
        return canvas.SIDE, canvas.SIDE
    on_phone = "Mobi" in st.context.headers.get("User-Agent", "")
    return canvas.NUMBER_SIZE_ON_PHONE if on_phone else canvas.NUMBER_SIZE


def desk() -> None:
    run, reader, problem = reading.active()
    if not st.session_state["ready"] and reading.started():
        st.rerun()  # the network has started: no need to look every half second any more
    if st.session_state.get("mode") == NUMBER:
        objects = show_canvas()
        show_controls(objects)
        if problem:
            st.warning(problem)
        show_number(run, reader, objects)
        return
    left, right = st.columns([canvas.SIDE, 330], gap="medium")
    with left:
        objects = show_canvas()
    with right:
        if problem:
            st.warning(problem)
        show_digit(run, reader, objects)
    with left:  # the answer first: these hardly ever change
        show_controls(objects)


def show_canvas() -> list[dict[str, Any]]:
    width, height = canvas_size()
    with st.container(key="canvas"):
        result = st_canvas(
            stroke_width=st.session_state.get("brush", 22),
            stroke_color=canvas.INK,
            background_color=canvas.GROUND,
            width=width,
            height=height,
            initial_drawing=st.session_state.get("start"),
            key="drawing_canvas",
        )
        st.html(HIDE_TOOLBAR, unsafe_allow_javascript=True)
    return drawn((result.json_data or {}).get("objects", []))


def show_controls(objects: list[dict[str, Any]]) -> None:
    """What stands below the canvas."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.button("Undo", key="undo", icon=":material/undo:", on_click=undo)
        st.button("Clear", key="clear", icon=":material/delete:", on_click=put, args=([],))
        st.slider("Brush", 6, 48, 22, key="brush", persist_state="session")
    with st.container(horizontal=True):
        if st.session_state.get("mode") != NUMBER:
            show_sources()
        st.download_button(
            "Save",
            functools.partial(canvas.png, objects, canvas_size()),
            "drawing.png",
            "image/png",
            icon=":material/download:",
            type="tertiary",
            on_click="ignore",
        )
    if note := st.session_state.get("note"):
        st.caption(note)


def show_sources() -> None:
    """What can be put on the canvas in place of a drawing."""
    st.button(
        "Test digit",
        key="test_digit",
        icon=":material/casino:",
        on_click=put_test_digit,
        type="tertiary",
    )
    with st.popover("Picture", icon=":material/photo_camera:", type="tertiary"):
        st.file_uploader(
            "A photo or scan of one digit",
            ["png", "jpg", "jpeg", "webp", "bmp", "gif", "tif", "tiff"],
            key="picture",
            on_change=put_picture,
        )


def drawn(reported: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What is on the canvas, from what the canvas reports."""
    if reported == st.session_state.get("replaced"):
        return list(st.session_state["drawing"])
    st.session_state["replaced"] = None
    st.session_state["drawing"] = reported
    return reported


def probabilities_of(
    reader: reading.Reader, images: npt.NDArray[np.float32]
) -> tuple[npt.NDArray[np.float32] | None, str]:
    """The network's answer to images (n, 28, 28), or None and why there is none."""
    if not reader.done():
        return None, STARTING
    try:
        return reading.predict(reader, images), ""
    except InputError as error:
        return None, str(error)


def show_guess(guess: str, words: str, unsure: bool = False, spoken: bool = True) -> None:
    role = ' role="status" aria-live="polite"' if spoken else ""
    with st.container(key="guess"):
        kind = ' class="unsure"' if unsure else ""
        st.html(f"<p{role}{kind}>{guess}</p>")
    with st.container(key="confidence"):
        st.html(f"<p{role}>{words}</p>")


def show_digit(run: Run, reader: reading.Reader, objects: list[dict[str, Any]]) -> None:
    image = canvas.read(objects)
    probabilities, guess, words, unsure = None, "", INVITATION[ONE], False
    if image.any():
        answers, words = probabilities_of(reader, image[None])
        if answers is not None:
            probabilities = answers[0]
            guess, words, unsure = in_words(probabilities, run.sure_above)
    show_guess(guess, words, unsure, spoken=False)  # the bars speak
    with st.container(key="bars"):
        starting = words == STARTING
        live_bars.show(run, objects, probabilities, guess, words, unsure, starting)
    with st.container(key="model_input"):
        st.html(model_input(image))


def model_input(image: drawing.Ink) -> str:
    """The network's input as a picture of 28×28 pixels with a caption."""
    data = base64.b64encode(canvas.encode(np.round(image * 255).astype(np.uint8))).decode("ascii")
    words = "What the network sees: your digit in 28×28 pixels, scaled and centred as MNIST's are."
    alt = "Your digit in 28 by 28 pixels" if image.any() else "An empty image of 28 by 28 pixels"
    return (
        f'<figure><img src="data:image/png;base64,{data}" alt="{alt}">'
        f"<figcaption>{words}</figcaption></figure>"
    )


def show_number(run: Run, reader: reading.Reader, objects: list[dict[str, Any]]) -> None:
    digits = canvas.read_number(objects)
    answers, words = None, INVITATION[NUMBER]
    if digits:
        answers, words = probabilities_of(reader, np.stack([digit.form for digit in digits]))
    if answers is None:
        show_guess("", words)
        return
    best, read = answers.max(axis=1), answers.argmax(axis=1)
    sure = best >= run.sure_above
    if sure.all():
        words = f"{percent(best.min())} sure of each digit"
    else:
        words = f"Not sure of {np.count_nonzero(~sure)} of {len(digits)} digits, marked with ?"
    labels = [f"{r} {b:.0%}" if s else "?" for r, b, s in zip(read, best, sure, strict=True)]
    show_guess("".join(str(r) if s else "?" for r, s in zip(read, sure, strict=True)), words)
    boxes = [digit.box for digit in digits]
    picture = canvas.boxed(canvas.image(objects, canvas_size()), boxes, labels, sure.tolist())
    alt = f"Your number with a box around each digit: {', '.join(labels)}"
    with st.container(key="boxes"):
        data = base64.b64encode(picture).decode("ascii")
        st.html(f'<img src="data:image/png;base64,{data}" alt="{alt}">')


if "to_canvas" in st.session_state:  # what another page hands over: objects and a note
    st.session_state["mode"] = ONE
    put(*st.session_state.pop("to_canvas"))
st.segmented_control(
    "What to draw",
    [ONE, NUMBER],
    default=ONE,
    required=True,
    key="mode",
    on_change=put,
    args=([],),
    label_visibility="collapsed",
    persist_state="session",
)
# The network begins to load now. Drawing never waits for it: until it has started, the desk
# looks every half second whether it has.
st.session_state["ready"] = reading.started()
st.fragment(desk, run_every=None if st.session_state["ready"] else 0.5)()
reading.picker()
