"""What a page may send: how large, how deep, and what happens to whoever sends more."""

import asyncio
import json

from hypothesis import given
from hypothesis import strategies as st
from streamlit.proto.BackMsg_pb2 import BackMsg

from mnist_core import nesting
from ui import messages


def as_sent(**value):
    """A widget's state as a page sends it."""
    message = BackMsg()
    message.rerun_script.widget_states.widgets.add(id="canvas", **value)
    return message.SerializeToString()


def answered(*contents):
    """What reaches Streamlit of what a page sends, and what goes back to the page."""
    back = []

    async def run():
        coming = iter(contents)

        async def receive():
            return {"type": "websocket.receive", "bytes": next(coming)}

        async def send(message):
            back.append(message)

        received, sent = messages.bounded(receive, send)
        reached = []
        for _ in contents:
            reached.append(await received())
            await sent({"type": "websocket.send", "bytes": b"answer"})
            if reached[-1]["type"] == "websocket.disconnect":
                break
        return reached

    return asyncio.run(run()), back


def test_what_a_page_sends_goes_through_as_it_is():
    content = as_sent(json_value='{"drawing": {"raw": {"objects": []}}}')
    (reached,), (back,) = answered(content)
    assert reached["bytes"] == content
    assert back["type"] == "websocket.send"
    (reached,), _ = answered(b"\xff no message")
    assert reached["type"] == "websocket.receive"  # for Streamlit to refuse


def test_what_is_too_much_ends_the_connection_with_a_sentence():
    deep = "[" * 100_000
    for content, says in (
        (b"x" * (messages.LARGEST + 1), messages.TOO_LARGE),
        (as_sent(json_value=deep), messages.TOO_DEEP),
        (as_sent(json_trigger_value=deep), messages.TOO_DEEP),
        (as_sent(string_value='{"a":' * 300), messages.TOO_DEEP),
    ):
        reached, back = answered(as_sent(json_value="{}"), content, b"never")
        assert [one["type"] for one in reached] == ["websocket.receive", "websocket.disconnect"]
        assert [one["type"] for one in back] == ["websocket.send", "websocket.close"]
        assert back[-1]["reason"] == says
        assert len(says.encode()) <= 123  # bytes, RFC 6455


trees = st.recursive(
    st.none() | st.floats() | st.text(alphabet='a"\\[]{}', max_size=6),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(alphabet='a"\\[]{}'), inner),
    max_leaves=20,
)


def depth(value):
    if isinstance(value, dict):
        value = list(value.values())
    return 1 + max(map(depth, value), default=0) if isinstance(value, list) else 0


@given(trees, st.integers(0, 40))
def test_depth_is_counted_past_what_stands_in_texts(tree, more):
    many = [[] for _ in range(nesting.FEW + 1)]  # so that it is counted at all
    for _ in range(more):
        tree = [tree]
    assert nesting.depth(json.dumps([many, tree]).encode()) == 1 + max(2, depth(tree))
