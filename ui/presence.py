"""Who draws with which run: a run is no longer deleted from under somebody unawares."""

from __future__ import annotations

from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from mnist_core.runs import Run

MOST = 2_000  # visitors that are remembered
_picked: dict[str, int | None] = {}  # by the visitor's session: the identity of the run


def note(run: Run) -> None:
    """This visitor draws with a run from now on."""
    session = _session()
    if session is None:
        return
    _picked.pop(session, None)
    _picked[session] = run.identity
    while len(_picked) > MOST:
        _picked.pop(next(iter(_picked)))


def others_with(run: Run) -> int:
    """How many other visitors, who are there now, draw with a run."""
    me, wanted = _session(), run.identity
    among = [session for session, identity in list(_picked.items()) if identity == wanted]
    return sum(session != me and _is_there(session) for session in among)


def _session() -> str | None:
    context = get_script_run_ctx(suppress_warning=True)
    return context.session_id if context else None


def _is_there(session: str) -> bool:
    return runtime.exists() and runtime.get_instance().is_active_session(session)
