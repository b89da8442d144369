"""The page of a class' members, and the field for the code of a class."""

from __future__ import annotations

import asyncio
import html
import re
import string
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from mnist_core import classroom, pocket, runs
from mnist_core.networks.kept import DEFAULT
from routes import networks
from routes.pocket import FOR_A_WHILE, OFFLINE, content

FIELD = "/join"
PAGE = "/join/{code}"
CODE = re.compile(r"[A-Z]{6}")


async def field(request: Request) -> Response:
    """Where somebody types the code that stands on the board; `?code=` leads to the class."""
    code = request.query_params.get("code", "").strip()
    if code:
        return RedirectResponse(f"join/{quote(code, safe='')}", 303)
    return _field("join")


async def page(request: Request) -> Response:
    """The page of a member; 404 with the field where there is no class of that code."""
    code = request.path_params["code"]
    try:
        known = (await run_in_threadpool(lambda: classroom.store().get(code))).code
    except classroom.UnavailableError as error:
        # The page needs no database to be shown, and asks for the class until it is back.
        if not CODE.fullmatch(code):
            return _field("../join", str(error), 503)
        known = code
    except classroom.NoClassError as error:
        return _field("../join", str(error), 404)
    if known != code:
        return RedirectResponse(known, 303)
    run = runs.read_if_changed(DEFAULT)
    packed = await asyncio.wrap_future(networks.packed(run))
    addresses = pocket.Addresses(f"..{networks.address_of(packed)}", f"..{OFFLINE}")
    return content(pocket.for_member(run, addresses, code), "text/html").answer(
        request, FOR_A_WHILE
    )


def _field(action: str, sentence: str = "", status: int = 200) -> Response:
    template = (pocket.MEMBERS / "code.html").read_text(encoding="utf-8")
    text = string.Template(template).substitute(action=action, sentence=html.escape(sentence))
    return HTMLResponse(text, status, {"Cache-Control": "no-store"})


ROUTES = [Route(FIELD, field), Route(PAGE, page)]
