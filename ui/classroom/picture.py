"""SVG as a picture: Streamlit takes SVG out of the HTML that a page shows."""

from __future__ import annotations

import html
import re
from urllib.parse import quote

from ui.confusion import screen

INK, INK_ON_DARK = "#1a1f26", "#fafafa"


def picture(svg: str, alt: str, width: str = "100%") -> str:
    """SVG of `mnist_core.report.svg` as an image in HTML, in the ink of the page's theme.

    Args:
        alt: for those who cannot see it.
        width: at most, as CSS has it.
    """
    bare = re.sub(r' style="[^"]*"', "", svg, count=1)  # which says how wide it is in a page
    alone = bare.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    alone = alone.replace("currentColor", INK_ON_DARK if screen.is_dark() else INK)
    alone = alone.replace('font-family="inherit"', 'font-family="sans-serif"')
    return (
        f'<img src="data:image/svg+xml,{quote(alone)}" alt="{html.escape(alt)}" '
        f'style="display: block; width: 100%; max-width: {width}">'
    )
