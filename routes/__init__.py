"""What the server gives without Streamlit, in the same process: one file a kind of route.

Nothing here imports Streamlit; the core does the work.
"""

from starlette.middleware import Middleware
from starlette.routing import Route

from routes import (
    access,
    classroom,
    compression,
    inside,
    join,
    kept,
    networks,
    pocket,
    scripts,
)

__all__ = ["MIDDLEWARE", "ROUTES", "below"]

MIDDLEWARE = [Middleware(compression.Compressed)]
ROUTES: list[Route] = [
    *access.ROUTES,
    *scripts.ROUTES,
    *networks.ROUTES,
    *inside.ROUTES,
    *pocket.ROUTES,
    *classroom.ROUTES,
    *join.ROUTES,
    *kept.ROUTES,
]


def below(path: str) -> list[Route]:
    """The routes of an application that is served below a path; "" for none.

    Streamlit puts only its own routes there.
    """
    base = path.strip("/")
    if not base:
        return ROUTES
    return [Route(f"/{base}{r.path}", r.endpoint, methods=list(r.methods or ())) for r in ROUTES]
