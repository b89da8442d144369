"""A server open to a network: one browser with the key and one without, and messages past pages."""

import contextlib
import time

import pytest
from playwright.sync_api import expect
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

pytestmark = pytest.mark.browser

PATHS = (
    "/", "/train?run=report-ann", "/confusion?run=report-ann&dataset=optical-digits",
    "/compare?view=Runs+side+by+side", "/compare?view=Search", "/data?dataset=optical-digits",
)  # fmt: skip
NOTE = "with the teacher's link only"


@pytest.fixture
def browsers(open_server, chromium):
    """A visitor's page and a teacher's, and what their browsers complained of."""
    contexts = [chromium.new_context(viewport={"width": 1100, "height": 900}) for _ in range(2)]
    pages, complaints = [context.new_page() for context in contexts], []
    for page in pages:
        page.set_default_timeout(60_000)
        page.on("console", lambda m: "Content Security" in m.text and complaints.append(m.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
    yield *pages, complaints
    for context in contexts:
        context.close()


def test_with_the_key_one_does_everything_and_without_one_looks(open_server, browsers):
    visitor, teacher, complaints = browsers
    link = f"{open_server.address}/teacher?key="
    assert f"{link}right" in open_server.log.read_text()
    started = time.monotonic()
    assert visitor.goto(f"{link}wrong").status == 403
    assert time.monotonic() - started > 0.9
    teacher.goto(f"{link}right")
    assert teacher.url == f"{open_server.address}/"
    (cookie,) = (c for c in teacher.context.cookies() if c["name"] == "teacher")
    assert cookie["httpOnly"]
    assert cookie["sameSite"] == "Lax"
    assert "right" not in cookie["value"]
    for path in PATHS:
        for page in (visitor, teacher):
            page.goto(open_server.address + path)
            expect(page.locator("h1")).to_be_visible()
        noted = path.startswith(("/train", "/confusion", "/compare"))
        expect(visitor.get_by_text(NOTE)).to_have_count(int(noted))
        expect(visitor.locator(".stException")).to_have_count(0)
        expect(teacher.get_by_text(NOTE)).to_have_count(0)
    visitor.goto(f"{open_server.address}/train")
    teacher.goto(f"{open_server.address}/train")
    expect(visitor.locator(".st-key-train button")).to_be_disabled()
    expect(teacher.locator(".st-key-train button")).to_be_enabled()
    teacher.goto(f"{open_server.address}/teacher/leave")
    teacher.goto(f"{open_server.address}/train")
    expect(teacher.locator(".st-key-train button")).to_be_disabled()
    assert not complaints


def test_a_visitors_large_file_is_refused_before_it_is_kept(open_server, browsers):
    visitor, teacher, _ = browsers
    teacher.goto(f"{open_server.address}/teacher?key=right")
    place = f"{open_server.address}/_stcore/upload_file/session/file"
    large = b"x" * 11_000_000
    answer = visitor.request.put(place, data=large)
    assert (answer.status, answer.text()) == (413, "A picture may have 10 MB at most.")
    # A teacher's reaches Streamlit, which asks for its own token.
    assert "XSRF" in teacher.request.put(place, data=large).text()
    evil = {"Origin": "https://evil.example"}
    assert teacher.request.put(place, data=b"x", headers=evil).status == 403


class Session:
    """A browser's side of Streamlit's protocol, without a page."""

    def __init__(self, address, page, query="", **headers):
        address = address.replace("http://", "ws://") + "/_stcore/stream"
        self.socket = connect(
            address, subprotocols=["streamlit"], additional_headers=headers, max_size=None
        )
        self.page, self.query, self.buttons = page, query, {}
        self.send()

    def send(self, *pressed):
        """Ask for the page, with buttons pressed, and wait until it has been drawn."""
        message = BackMsg()
        message.rerun_script.page_name, message.rerun_script.query_string = self.page, self.query
        for button in pressed:
            message.rerun_script.widget_states.widgets.add(id=button, trigger_value=True)
        self.socket.send(message.SerializeToString())
        with contextlib.suppress(TimeoutError):
            while True:
                came = ForwardMsg.FromString(self.socket.recv(timeout=30))
                element = came.delta.new_element
                if element.HasField("button"):
                    self.buttons[element.button.label] = element.button.id
                if came.WhichOneof("type") == "script_finished" and came.script_finished == 0:
                    return


def test_a_message_sent_past_the_page_takes_the_key_too(open_server, chromium):
    context = chromium.new_context()
    context.request.get(f"{open_server.address}/teacher?key=right")
    (cookie,) = (c["value"] for c in context.cookies() if c["name"] == "teacher")
    context.close()
    where = open_server.address, "confusion", "run=report-ann&dataset=optical-digits"
    teacher = Session(*where, Cookie=f"teacher={cookie}")
    evaluate = teacher.buttons["Evaluate report-ann on optical-digits"]
    begun = open_server.models / ".evaluations"

    visitor = Session(*where, Cookie=f"teacher={'0' * 64}")
    assert "Evaluate report-ann on optical-digits" not in visitor.buttons
    visitor.send(evaluate)
    visitor.page, visitor.query = "train", ""
    visitor.send()
    visitor.send(visitor.buttons["Train"])
    found = [path for path in open_server.models.rglob("*") if path.is_file()]
    assert not found

    teacher.send(evaluate)
    for _ in range(300):
        if begun.is_dir() and any(begun.iterdir()):
            break
        time.sleep(0.1)
    assert any(begun.iterdir())
    for session in (teacher, visitor):
        session.socket.close()


@pytest.mark.parametrize("kind", ["open_server", "server"])
def test_a_page_of_another_host_is_not_let_in(kind, request):
    address = request.getfixturevalue(kind).address
    place = address.replace("http://", "ws://") + "/_stcore/stream"
    for origin in ("https://evil.example", "null", "http://localhost:3000"):
        with pytest.raises(InvalidStatus, match="403"), connect(place, origin=origin):
            pass
    with connect(place, origin=address, subprotocols=["streamlit"]):
        pass


def test_no_address_of_a_page_makes_it_load_anything(open_server, browsers):
    visitor, _, complaints = browsers
    picture = "x\n\n![](http://picture.example/a.png) <img src='http://picture.example/b.png'>"
    asked = []
    visitor.on("request", lambda r: asked.append(r.url))
    quoted = picture.replace("\n", "%0A")
    for path in ("/confusion?run={0}&other={0}", "/train?run={0}", "/compare?view={0}"):
        visitor.goto(open_server.address + path.format(quoted))
        expect(visitor.locator("h1")).to_be_visible()
        expect(visitor.locator(".stException")).to_have_count(0)
    visitor.goto(f"{open_server.address}/confusion?run={quoted}")
    expect(visitor.get_by_text("was not understood")).to_contain_text("picture.example")
    assert visitor.locator(".stAlert img").count() == 0
    ours = (open_server.address, "data:", "blob:")
    assert not [url for url in asked if not url.startswith(ours)]
    assert not complaints
