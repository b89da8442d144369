"""How deeply a JSON text is nested, told before anything unpacks it.

What unpacks it goes into itself for each level, and gives up or worse where there are too many.
"""

from __future__ import annotations

import re

import numpy as np

FEW = 50  # levels that do no harm anywhere
_ESCAPED = re.compile(rb"\\.", re.DOTALL)


def depth(text: bytes) -> int:
    """How deeply lists and objects of a JSON text lie within each other.

    Nothing is unpacked; texts that are no JSON are counted up to where they cease to be. Where
    there are no more than `FEW` lists and objects at all, their number is given.
    """
    count = text.count(b"[") + text.count(b"{")
    if count <= FEW:
        return count
    signs = np.frombuffer(_ESCAPED.sub(b"", text) if b"\\" in text else text, np.uint8)
    outside = np.cumsum(signs == ord('"')) % 2 == 0
    opened = ((signs == ord("[")) | (signs == ord("{"))) & outside
    closed = ((signs == ord("]")) | (signs == ord("}"))) & outside
    return int(np.cumsum(opened.astype(np.int32) - closed).max(initial=0))
