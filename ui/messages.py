"""What a page sends to Streamlit, bounded before it is unpacked.

A drawing that is more than a person draws is told by the page (`canvas.checked`). What is larger
or nested deeper than any page sends ends the connection of whoever sent it, and nobody else's.
"""

from __future__ import annotations

from google.protobuf.message import DecodeError
from starlette.types import Message, Receive, Send
from streamlit.proto.BackMsg_pb2 import BackMsg

from mnist_core import nesting

LARGEST = 5_000_000  # bytes
DEEPEST = 200  # lists and objects within each other; Python itself gives up at a thousand
TOO_LARGE = "A page may send 5 MB at once: clear the canvas."
TOO_DEEP = "What the page sent is nested too deeply: reload the page."
TOO_BIG, POLICY = 1009, 1008  # RFC 6455, 7.4.1
IN_JSON = ("json_value", "json_trigger_value", "string_value")  # of a widget's state


def bounded(receive: Receive, send: Send) -> tuple[Receive, Send]:
    """A websocket that ends with a sentence at the first message that is too much."""
    ended = False

    async def received() -> Message:
        nonlocal ended
        message = await receive()
        refusal = _refusal(message.get("bytes") or b"")
        if message["type"] != "websocket.receive" or refusal is None:
            return message
        ended = True
        code, reason = refusal
        await send({"type": "websocket.close", "code": code, "reason": reason})
        return {"type": "websocket.disconnect", "code": code, "reason": reason}

    async def sent(message: Message) -> None:
        if not ended:
            await send(message)

    return received, sent


def _refusal(content: bytes) -> tuple[int, str] | None:
    if len(content) > LARGEST:
        return TOO_BIG, TOO_LARGE
    try:
        states = BackMsg.FromString(content).rerun_script.widget_states.widgets
    except DecodeError:
        return None  # Streamlit closes the connection
    for state in states:
        kind = state.WhichOneof("value")
        if kind not in IN_JSON:
            continue
        if nesting.depth(getattr(state, kind).encode("utf-8", "replace")) > DEEPEST:
            return POLICY, TOO_DEEP
    return None
