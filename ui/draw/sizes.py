"""How large the canvas and the reading beside it are on the screen."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from ui import projector
from ui.draw.state import State

HERE = Path(__file__).parent
SIZES = (HERE / "sizes.css").read_text(encoding="utf-8")
WIDE = (HERE / "wide.css").read_text(encoding="utf-8")
PHONE = (HERE / "phone.css").read_text(encoding="utf-8")
WIDE_FROM = 1200  # pixels of the window; a projector has the room for nothing else
WIDE_FROM_PROJECTED = 900
# What stands above and below the canvas; for a number, its reading as well.
ROOM, ROOM_NUMBER = "15.5rem", "24rem"


def show(now: State) -> None:
    """The style for what is drawn on now."""
    width, height = now.size
    start = WIDE_FROM_PROJECTED if projector.on() else WIDE_FROM
    own = {
        "canvas-width": f"{width}px",
        "canvas-ratio": f"{width / height:.4f}",
        "canvas-room": ROOM_NUMBER if now.number else ROOM,
        "canvas-share": "92vw" if now.number else "46vw",
        "reading-width": "0px" if now.number else "max(330px, var(--canvas-width))",
    }
    properties = " ".join(f"--{name}: {value};" for name, value in own.items())
    wide = f"@media (min-width: {start}px) and (min-height: 600px) {{ {WIDE} }}"
    st.html(f"<style>.stMain {{ {properties} }} {SIZES} {PHONE} {wide}</style>")
