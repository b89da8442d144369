"""What a dataset holds: its digits, their pixels, their hands, and the odd ones."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import streamlit as st

from mnist_core import datasets, figures
from mnist_core.datasets import Dataset, Images, Labels, analysis
from mnist_core.datasets.analysis import Analysis, Outlier
from mnist_core.errors import InputError
from mnist_core.report import pictures
from mnist_core.report.pictures import Picture
from ui import background, digit_map, heading, replay

OVERVIEW, SAMPLES, TYPICAL, MAP, ODD, PENS = (
    "Overview", "Samples", "Typical", "Map", "Odd ones", "Pens",
)  # fmt: skip
COUNTS = [9, 16, 25, 50, 100]
MAPPED = 3000  # digits on the map
PCA, TSNE = "PCA", "t-SNE"


@st.cache_resource(max_entries=8, show_spinner=False)
def analysis_of(checksum: str, _dataset: Dataset) -> Analysis:
    return analysis.analyse(_dataset)


@st.cache_resource(max_entries=8, show_spinner=False)
def typicality_of(checksum: str, _dataset: Dataset) -> npt.NDArray[np.float64]:
    return analysis.typicality(_dataset.x_train, _dataset.y_train)


@st.cache_resource(max_entries=8, show_spinner=False)
def outliers_of(checksum: str, _dataset: Dataset) -> list[Outlier]:
    return analysis.outliers(_dataset.x_train, _dataset.y_train)


def waiting(words: str, compute: Callable[..., Any], dataset: Dataset) -> Any:
    """What `compute` gives for the dataset, with a word of patience while it does."""
    with st.spinner(words, show_time=True):
        return compute(dataset.checksum, dataset)


def training_picture(dataset: Dataset, index: int, caption: str = "") -> Picture:
    label = dataset.y_train[index]
    return Picture(
        dataset.x_train[index],
        caption or f"{label} · #{index}",
        f"Training image {index}, labelled {label}",
    )


# --- the parts -----------------------------------------------------------------------


def show_overview(dataset: Dataset) -> None:
    found = waiting("Counting the pixels …", analysis_of, dataset)
    st.markdown("\n".join(f"- {sentence}" for sentence in analysis.in_words(found)))
    st.subheader("Class balance")
    words = ", ".join(f"{n:,} of {digit}" for digit, n in enumerate(found.train_per_class))
    chart(
        figures.balance(found.train_per_class, found.test_per_class),
        f"Images of each digit. Training: {words}.",
        "balance",
    )
    st.subheader("Pixels before and after scaling")
    left, right = st.columns(2)
    empty = found.pixels[0] / found.pixels.sum()
    for column, scaled in ((left, False), (right, True)):
        with column:
            span = "0 to 1" if scaled else "0 to 255"
            chart(
                figures.pixel_values(found.pixels, scaled),
                f"How often each pixel value from {span} occurs; {empty:.0%} are 0.",
                "scaled" if scaled else "pixels",
            )
    st.subheader("Ink of each digit")
    medians = ", ".join(
        f"{digit}: {np.median(ink):.1%}" for digit, ink in enumerate(found.ink) if len(ink)
    )
    chart(
        figures.ink_of_digits(found.ink),
        f"The share of the image that is ink, in the median: {medians}.",
        "ink",
    )
    st.caption("Box: the middle half of the images; whiskers: nine in ten.")
    st.subheader("A label as a network is taught it")
    label = int(dataset.y_train[0])
    cells = "".join(
        f"<td>{'<b>1</b>' if value else '0'}</td>"
        for value in datasets.one_hot(np.array([label]))[0]
    )
    heads = "".join(f'<th scope="col">{digit}</th>' for digit in range(10))
    with st.container(key="one_hot"):
        st.html(
            '<div class="one-hot">'
            + pictures.grid([training_picture(dataset, 0, f"label {label}")], 84, 1)
            + f"<table><thead><tr>{heads}</tr></thead><tbody><tr>{cells}</tr></tbody></table></div>"
        )
        st.caption(f"One-hot: ten numbers, a one in the place of the label {label}.")


def show_samples(dataset: Dataset) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        part = st.segmented_control(
            "Part", ["Training", "Test"], default="Training", required=True, key="sample_part"
        )
        count = st.segmented_control("Number", COUNTS, default=9, required=True, key="sample_count")
        seed = st.number_input("Seed", 0, 2**31 - 1, 42, key="sample_seed", width=130)
    digits = st.pills(
        "Digits", range(10), selection_mode="multi", key="sample_digits", help="None chosen: all."
    )
    images, labels = (
        (dataset.x_train, dataset.y_train)
        if part == "Training"
        else (dataset.x_test, dataset.y_test)
    )
    among = np.flatnonzero(np.isin(labels, list(digits or range(10))))
    chosen = among[analysis.sample(count or 9, len(among), int(seed))]
    shown = [
        Picture(images[i], f"{labels[i]} · #{i}", f"{part} image {i}, labelled {labels[i]}")
        for i in chosen
    ]
    with st.container(key="samples"):
        if not shown:
            st.info("There are no such digits here: choose others.")
        elif len(shown) == 9:
            st.html(pictures.grid(shown, 112, 3))
        else:
            st.html(pictures.grid(shown, 64))


def show_typical(dataset: Dataset) -> None:
    found = waiting("Averaging the digits …", analysis_of, dataset)
    apart = waiting("Comparing each digit with the mean …", typicality_of, dataset)
    st.subheader("The mean of each digit")
    with st.container(key="means"):
        means = [
            Picture(mean, str(digit), f"The mean of all images of {digit}")
            for digit, mean in enumerate(found.means)
        ]
        st.html(pictures.grid(means, 58))
    digit = st.segmented_control("Digit", range(10), default=0, required=True, key="typical_digit")
    most, least = analysis.extremes(apart, dataset.y_train, int(digit or 0), 10)
    for title, chosen, key in (
        (f"The most typical images of {digit}", most, "most_typical"),
        (f"The least typical images of {digit}", least, "least_typical"),
    ):
        st.subheader(title)
        with st.container(key=key):
            pictured = [training_picture(dataset, int(i), f"#{i} · {apart[i]:.2f}") for i in chosen]
            st.html(pictures.grid(pictured, 64))
    st.caption(
        "Below each: its number and its distance from the mean (root mean square over the pixels)."
    )


def show_map(dataset: Dataset) -> None:
    count = min(MAPPED, len(dataset.x_train))
    chosen = analysis.sample(count, len(dataset.x_train))
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
        points = embedded(dataset.checksum, images)
        if points is None:
            return
    else:
        points = pca_of(dataset.checksum, count, images)
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
def pca_of(checksum: str, count: int, _images: Images) -> npt.NDArray[np.float32]:
    return analysis.principal_components(_images)


def embedded(checksum: str, images: Images) -> npt.NDArray[np.float32] | None:
    """The t-SNE of the images, or None while it is computed; then its progress is shown."""
    found = background.embedding(checksum, images)
    if found.points is not None:
        return found.points
    if found.error:
        st.error(found.error)
        if st.button("Try again", key="map_again"):
            background.embedding(checksum, images, again=True)
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


def show_odd(dataset: Dataset) -> None:
    odd = waiting("Looking for digits that look like others …", outliers_of, dataset)
    found = waiting("Looking for images that occur twice …", analysis_of, dataset)
    st.subheader("Digits that look like another")
    if odd:
        st.caption(
            "Another digit's principal components describe these training images better than "
            "their own do, the clearest first. Among them are wrong labels."
        )
        with st.container(key="outliers"):
            shown = [
                training_picture(dataset, o.index, f"{o.label}, like {o.like} · #{o.index}")
                for o in odd
            ]
            st.html(pictures.grid(shown, 84))
    else:
        st.write("Every training image looks most like its own digit.")
    st.subheader("Images that occur twice")
    if not found.duplicates and not found.shared:
        st.write("There are none, neither within the training images nor among the test images.")
    with st.container(key="duplicates"):
        groups = [
            Picture(
                dataset.x_train[group[0]],
                " = ".join(f"#{i}" for i in group[:4]),
                f"Training images {', '.join(map(str, group[:4]))} are the same",
            )
            for group in found.duplicates[:20]
        ]
        shared = [
            Picture(
                dataset.x_train[train],
                f"#{train} = test #{test}",
                f"Training image {train} is test image {test}",
            )
            for train, test in found.shared[:20]
        ]
        if groups or shared:
            st.html(pictures.grid([*groups, *shared], 84))


def show_pens(dataset: Dataset) -> None:
    strokes, labels, writers = written(dataset)
    counts = {int(w): int((writers == w).sum()) for w in np.unique(writers)}
    chart(
        figures.writers(counts, set(datasets.TEST_WRITERS) & set(counts)),
        f"{len(counts)} writers with {min(counts.values())} to {max(counts.values())} digits each.",
        "writers",
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        writer = st.selectbox(
            "Writer",
            list(counts),
            key="writer",
            format_func=lambda w: (
                f"{w}, kept for testing" if w in datasets.TEST_WRITERS else str(w)
            ),
        )
        nth = st.number_input(
            "Which of each digit", 1, 30, 1, key="writing", help="Every writer wrote each often."
        )
    digits = []
    for digit in range(10):
        those = np.flatnonzero((writers == writer) & (labels == digit))
        if len(those):
            index = those[(int(nth) - 1) % len(those)]
            count = sum(map(len, strokes[index]))
            digits.append(
                (
                    strokes[index],
                    f"{digit} · {len(strokes[index])} stroke{'s' * (len(strokes[index]) != 1)}",
                    f"A {digit} by writer {writer}, {count} points",
                )
            )
    with st.container(key="replay"):
        replay.show(digits)
    st.caption("At the pace of the pen, whose place was taken at equal steps of time.")


def written(dataset: Dataset) -> tuple[list[datasets.Strokes], Labels, datasets.Writers]:
    """Strokes, labels and writers of all digits that have strokes, test digits included."""
    strokes: list[datasets.Strokes] = []
    labels, writers = [], []
    for paths, digits, hands in (
        (dataset.strokes_train, dataset.y_train, dataset.writers_train),
        (dataset.strokes_test, dataset.y_test, dataset.writers_test),
    ):
        if hands is None or not paths:
            continue
        for index in map(int, np.flatnonzero(hands > 0)):
            strokes.append(paths[index])
            labels.append(digits[index])
            writers.append(hands[index])
    return strokes, np.array(labels, np.uint8), np.array(writers, np.int16)


# --- a dataset that is not here ------------------------------------------------------


def offer(name: str) -> None:
    """Say how a dataset can be had, and download it if asked to."""
    parts = [part for part in name.split("+") if not datasets.at_hand(part)]
    given = [part for part in parts if datasets.find(part) is not None]
    if given:  # the environment names a file that is not there
        st.error(f"{datasets.missing(given[0])} It looks for {datasets.find(given[0])} now.")
        return
    under_way = background.download(name)
    if under_way and not under_way.done:

        @st.fragment(run_every=0.3)
        def wait() -> None:
            if under_way.done:
                st.rerun()
            received, total, left = under_way.received, under_way.total, under_way.seconds_left
            words = f"{received / 1e6:.1f} MB"
            if total:
                words += f" of {total / 1e6:.1f} MB"
            if left is not None:
                words += f", {left:.0f} s left"
            st.progress(min(1.0, received / total) if total else 0.0, f"Downloading: {words}")

        wait()
        return
    st.info(" ".join(datasets.missing(part) for part in parts))
    if under_way and under_way.error:
        st.error(under_way.error)
    size = datasets.ABOUT[name].megabytes
    if st.button(
        f"Download (about {size:g} MB)", type="primary", icon=":material/download:", key="download"
    ):
        background.start_download(name)
        st.rerun()


def chart(figure: Any, alt: str, key: str) -> None:
    st.plotly_chart(figure, alt=alt, key=key, config={"displayModeBar": False})


heading.begin("The data")
st.html(
    pictures.STYLE
    + """<style>
    h3 { font-size: 1.3rem !important; }
    .st-key-facts dl { display: flex; flex-wrap: wrap; gap: 6px 36px; margin: 0;
                        padding: 0 !important; }
    .st-key-facts div { display: flex; flex-direction: column-reverse; }
    .st-key-facts dd { font-size: 1.6rem; font-weight: 600; line-height: 1.25; margin: 0 !important;
                       font-variant-numeric: tabular-nums; }
    .st-key-facts dt { font-size: 0.85rem; opacity: 0.75; }
    .one-hot { display: flex; flex-wrap: wrap; gap: 24px; align-items: center; }
    .one-hot table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
    .one-hot th, .one-hot td { padding: 2px 8px; text-align: center;
                               border: 1px solid #8886; font-weight: 400; }
    .one-hot th { opacity: 0.7; font-size: 0.85rem; }
    </style>"""
)
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
    offer(name)
    st.stop()
try:
    with st.spinner("Reading the digits …", show_time=True):
        dataset = datasets.load(name, fetch=False)
except InputError as error:
    st.error(str(error))
    st.stop()
facts = {
    "training images": f"{len(dataset.x_train):,}",
    "test images": f"{len(dataset.x_test):,}",
    "pixels": "28 × 28",
    "classes": str(datasets.CLASSES),
}
with st.container(key="facts"):
    cells = "".join(
        f"<div><dt>{label}</dt><dd>{value}</dd></div>" for label, value in facts.items()
    )
    st.html(f"<dl>{cells}</dl>")
PARTS: dict[str, Callable[[Dataset], None]] = {
    OVERVIEW: show_overview,
    SAMPLES: show_samples,
    TYPICAL: show_typical,
    MAP: show_map,
    ODD: show_odd,
}
if dataset.strokes_train:
    PARTS[PENS] = show_pens
part = st.segmented_control(
    "Part",
    list(PARTS),
    default=OVERVIEW,
    required=True,
    key="part",
    label_visibility="collapsed",
    bind="query-params",
)
PARTS[part or OVERVIEW](dataset)
