"""Sentences that hold words of others: names, notes, addresses, reasons why something failed.

Streamlit reads what it is given as Markdown, in which a name could become a link, a picture of
another host, or a heading. Here it is text and nothing else. And what the core says on a terminal
names whole paths; on a page, which may be seen by anybody, only their last part is told.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from pathlib import Path

import streamlit as st

from mnist_core import datasets, runs

# Two folders and more, but no address of the web and no fraction.
UNIX_PATH = re.compile(r"(?<![\w.:/~])~?(?:/[^\s/:;,'\"()<>|]+)+/([^\s/:;,'\"()<>|]*)")
WINDOWS_PATH = re.compile(r"(?<!\w)[A-Za-z]:\\(?:[^\s\\:;,'\"()<>|]+\\)*([^\s\\:;,'\"()<>|]*)")
# Emphasis and code do no harm, and our own sentences have them.
MARKUP = re.compile(r"([\\\[\]<>$|~]|&(?=#?\w+;))")
EDGE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")  # an underscore within a word means nothing
LINE_START = re.compile(  # a heading, a list, a line across, code
    r"^(\d*)([#=+-]|`{3}|\*(?=[* ]*$|\** |\*\*)|(?<=\d)[.)](?= |$))"
)
# What begins an address, a directive or an icon.
LINKING = re.compile(r"(?<=http):(?=//)|(?<=https):(?=//)|:(?=[a-z_+-])|(?<=www)\.", re.IGNORECASE)
APART = "\u200c"  # takes no room


def plain(text: object) -> str:
    """The text as Markdown that shows it as it is, on one line, without paths of this machine."""
    words = " ".join(without_paths(str(text)).split())
    words = EDGE.sub(r"\\_", MARKUP.sub(r"\\\1", words))
    words = LINE_START.sub(r"\1\\\2", words)
    return LINKING.sub(lambda found: found[0] + APART, words)


def without_paths(text: str) -> str:
    """The text with the last part of each path of this machine in the path's place."""
    for folder in _folders():
        text = text.replace(folder + os.sep, "/-/-/")  # found below, without its blanks
    return WINDOWS_PATH.sub(r"\1", UNIX_PATH.sub(r"\1", text))


def _folders() -> list[str]:
    """Folders that are named in messages and may have blanks in their names, the longest first."""
    places = (
        runs.models_dir(), runs.SHIPPED_DIR, runs.SHIPPED_DIR.parent, datasets.cache_folder(),
        Path.home(), Path.cwd(), Path(sys.prefix), Path(tempfile.gettempdir()),
    )  # fmt: skip
    return sorted({str(place) for place in places if len(place.parts) > 1}, key=len, reverse=True)


def error(text: object) -> None:
    st.error(plain(text))


def error_if(text: object | None) -> None:
    """Say what is wrong, if anything is."""
    if text is not None:
        error(text)


def warning(text: object) -> None:
    st.warning(plain(text))


def info(text: object) -> None:
    st.info(plain(text), icon=":material/info:")
