"""What is kept of a class, on one page for parents and heads."""

from __future__ import annotations

import functools

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mnist_core import javascript
from routes.content import Content

PAGE = "/kept"
FOR_AN_HOUR = {"Cache-Control": "public, max-age=3600"}


@functools.cache
def _content() -> Content:
    text = (javascript.WEB / "kept.html").read_text(encoding="utf-8")
    return Content.of(text.encode(), "text/html; charset=utf-8")


async def page(request: Request) -> Response:
    """The page, which asks for nothing else."""
    return _content().answer(request, FOR_AN_HOUR)


ROUTES = [Route(PAGE, page)]
