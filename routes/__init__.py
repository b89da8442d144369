"""What the server gives without Streamlit, in the same process: one file a kind of route.

Nothing here imports Streamlit; the core does the work.
"""

from starlette.routing import BaseRoute

from routes import access, scripts

__all__ = ["ROUTES"]

ROUTES: list[BaseRoute] = [*access.ROUTES, *scripts.ROUTES]
