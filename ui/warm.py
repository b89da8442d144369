"""What takes TensorFlow, done in a process beside the server while somebody waits for it.

The server itself never loads TensorFlow. One process does for everybody: it starts at the first
call and ends when nobody has called for five minutes.
"""

from __future__ import annotations

import concurrent.futures
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import numpy as np
import numpy.typing as npt
from streamlit.runtime.scriptrunner import get_script_run_ctx

from mnist_core import limits
from mnist_core.background import WarmHelper
from mnist_core.errors import InputError
from mnist_core.evaluation import likeness
from mnist_core.evaluation.likeness import Likeness
from mnist_core.files import scratch
from mnist_core.runs import Run

Maps = tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]
Future = concurrent.futures.Future[Maps]

P = ParamSpec("P")
T = TypeVar("T")

KEPT = 500  # pairs of maps
_helper = WarmHelper()
_caller = concurrent.futures.ThreadPoolExecutor(1, thread_name_prefix="warm")
_maps: OrderedDict[tuple[str, bytes, int], Future] = OrderedDict()
_awaited: dict[concurrent.futures.Future[Any], str] = {}  # and by whom
_lock = threading.Lock()


def explanation(run: Run, image: npt.NDArray[np.float32], digit: int) -> Future:
    """What in an image speaks for a digit, by occlusion and by gradients, now or soon.

    Args:
        image: float32 (28, 28) in [0, 1].

    Returns:
        Two maps float32 (28, 28), as `evaluation.explanations` gives them; its `result()` raises
        InputError if the run is broken.
    """
    key = str(run.path), image.tobytes(), digit
    with _lock:
        known = _maps.get(key)
        if known is None or (known.done() and known.exception() is not None):
            _maps[key] = _queued(_explain, run, image, digit)
        _maps.move_to_end(key)
        if len(_maps) > KEPT:
            _maps.popitem(last=False)
        return _maps[key]


def _explain(run: Run, image: npt.NDArray[np.float32], digit: int) -> Maps:
    with scratch() as folder:
        given, result = folder / "image.npy", folder / "maps.npz"
        np.save(given, image)
        _helper.call(
            "evaluation.explainer", str(run.path.resolve()), str(given), str(digit), str(result)
        )
        with np.load(result, allow_pickle=False) as maps:
            return maps["occlusion"], maps["gradients"]


def what_it_is_like(
    run: Run, image: npt.NDArray[np.float32]
) -> concurrent.futures.Future[Likeness]:
    """What all networks say of a drawing and which training digits are like it, soon.

    Args:
        image: float32 (28, 28) in [0, 1].

    Returns:
        Its `result()` raises InputError if the run is broken.
    """
    with _lock:
        return _queued(_compare, run, image)


def _queued(
    work: Callable[P, T], *given: P.args, **named: P.kwargs
) -> concurrent.futures.Future[T]:
    """Work that the visitor waits for; where that is too much, its `result()` says so."""
    for future in [each for each in _awaited if each.done()]:
        del _awaited[future]
    context = get_script_run_ctx(suppress_warning=True)
    visitor = context.session_id if context else ""
    mine = list(_awaited.values()).count(visitor)
    what, advice = "explanations are waited for", "wait for one of them"
    try:
        limits.check_count(mine, limits.MOST_EXPLANATIONS, what, advice)
        limits.check_count(len(_awaited), limits.MOST_EXPLANATIONS_OF_ALL, what, advice)
    except InputError as error:
        refused: concurrent.futures.Future[T] = concurrent.futures.Future()
        refused.set_exception(error)
        return refused
    future = _caller.submit(work, *given, **named)
    _awaited[future] = visitor
    return future


def _compare(run: Run, image: npt.NDArray[np.float32]) -> Likeness:
    with scratch() as folder:
        given, result = folder / "image.npy", folder / "likeness.npz"
        np.save(given, image)
        _helper.call("evaluation.likeness", str(run.path.resolve()), str(given), str(result))
        return likeness.read(result)


def export(run: Run, ending: str) -> bytes:
    """A run's network as the content of a file with that ending.

    Raises:
        InputError: the run is broken, or its network does not fit into such a file.
    """
    with scratch() as folder:
        path = folder / f"model{ending}"
        _helper.call("networks.exporter", str(run.path.resolve()), str(path))
        return path.read_bytes()
