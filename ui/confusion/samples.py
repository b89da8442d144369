"""Digits as a grid that can be clicked, as a picture, and as a contact sheet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import streamlit as st
from PIL import Image, ImageDraw, ImageFont

from mnist_core.datasets import Images
from mnist_core.drawing import SIDE
from mnist_core.report import pictures

HERE = Path(__file__).parent
_grid = st.components.v2.component(
    "digit_samples",
    html='<div class="grid"></div>',
    css=(HERE / "samples.css").read_text(encoding="utf-8"),
    js=(HERE / "samples.js").read_text(encoding="utf-8"),
)


@dataclass(frozen=True)
class Sample:
    """One digit of a grid: its index in the dataset and what stands below it."""

    index: int
    lines: Sequence[str]
    right: bool = True

    @property
    def words(self) -> str:
        return ", ".join(self.lines)


def grid(
    images: Images,
    samples: Sequence[Sample],
    key: str,
    on_open: Callable[[int], None],
    side: int = 64,
    room: int = 0,
) -> None:
    """Show digits as a grid; a click on one calls `on_open` with its index.

    Args:
        images: uint8 (n, 28, 28), one for each sample.
        side: of a digit on the screen, in pixels.
        room: for what stands below a digit, in pixels; as wide as the digit at least.
    """

    def opened() -> None:
        index = getattr(st.session_state[key], "opened", None)
        if index is not None:
            on_open(int(index))

    sheet = np.concatenate(list(images), axis=1) if len(images) else np.zeros((28, 28), np.uint8)
    _grid(
        key=key,
        data={
            "sheet": pictures.data_uri(sheet),
            "side": side,
            "room": max(side, room),
            "samples": [
                {"index": s.index, "lines": list(s.lines), "words": s.words, "right": s.right}
                for s in samples
            ],
        },
        on_opened_change=opened,
    )


def picture(pixels: npt.NDArray[np.uint8], words: str, side: int, caption: str = "") -> str:
    """An image, uint8 (h, w) or (h, w, 3), as HTML, each of its pixels a sharp square."""
    shown = f"<figcaption>{caption}</figcaption>" if caption else ""
    return (
        f'<figure class="digit"><img src="{pictures.data_uri(pixels)}" alt="{words}" '
        f'width="{side}" height="{side}" style="image-rendering: pixelated; border-radius: 4px">'
        f"{shown}</figure>"
    )


def contact_sheet(images: Images, samples: Sequence[Sample], title: str) -> bytes:
    """The grid as a PNG file, for print: dark ink on white, ten digits in a row."""
    columns, side, gap, line = min(10, max(1, len(samples))), SIDE * 4, 16, 20
    below = line * max((len(sample.lines) for sample in samples), default=0) + 8
    rows = -(-len(samples) // columns)
    size = max(columns, 5) * (side + gap) + gap, 56 + rows * (side + below + gap)
    page = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(page)
    draw.text((gap, 18), title, "black", ImageFont.load_default(22))
    font = ImageFont.load_default(16)
    for place, (image, sample) in enumerate(zip(images, samples, strict=True)):
        row, column = divmod(place, columns)
        x, y = gap + column * (side + gap), 56 + row * (side + below + gap)
        digit = Image.fromarray(255 - image).resize((side, side), Image.Resampling.NEAREST)
        page.paste(digit, (x, y))
        frame = (x - 2, y - 2, x + side + 1, y + side + 1)
        draw.rectangle(frame, outline="#9aa5b1" if sample.right else "#d55e00", width=2)
        if not sample.right:
            draw.rectangle((x - 6, y - 6, x + side + 5, y + side + 5), outline="#d55e00", width=2)
        for number, text in enumerate(sample.lines):
            # The font that comes with Pillow has no marks and no arrow.
            plain = text.replace("✗ ", "").replace("✓ ", "").replace("→", "as")
            spot = (x + side / 2, y + side + 8 + number * line)
            draw.text(spot, plain, "black", font, anchor="ma")
    return pictures.png(np.asarray(page))
