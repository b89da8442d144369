"""Who votes: a browser, told from others by the token that Streamlit gives each."""

from __future__ import annotations

import hashlib
import uuid

import streamlit as st

COOKIE = "_streamlit_xsrf"


def name() -> str:
    """The same for as long as the browser is open, whatever page it loads again.

    Without a cookie, a name for as long as the page is open.
    """
    token = unmasked(st.context.cookies.get(COOKIE, ""))
    return hashlib.sha256(token).hexdigest()[:32] if token else uuid.uuid4().hex


def unmasked(cookie: str) -> bytes:
    """The token of a cookie `2|MASK|TOKEN|TIME`, masked anew each time; b"" if it is no such."""
    try:
        version, mask, masked, _ = cookie.split("|")
        mask_bytes, token = bytes.fromhex(mask), bytes.fromhex(masked)
    except ValueError:
        return b""
    if version != "2" or not mask_bytes:
        return b""
    return bytes(byte ^ mask_bytes[at % len(mask_bytes)] for at, byte in enumerate(token))
