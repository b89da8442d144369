"""Who may do what: the rule, the key, and what stands before the server's answers."""

import ast
import asyncio
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from streamlit.proto.BackMsg_pb2 import BackMsg

from routes import ROUTES, access, guard
from routes.access import Access
from ui import guard as streamlit_guard

ROOT = Path(__file__).parent.parent
OPEN = Access(True, "right", "secret")
CLOSED = Access(False, "right", "secret")
UPLOAD = "/_stcore/upload_file/session/file"


async def take(request: Request):
    return PlainTextResponse(str(len(await request.body())))


def served(rule=OPEN, **options):
    routes = [*ROUTES, Route("/{path:path}", take, methods=["GET", "PUT", "POST"])]
    before = [Middleware(guard.Guard, access=rule, **options)]
    before.append(Middleware(streamlit_guard.StreamlitGuard))
    return Starlette(routes=routes, middleware=before)


async def ask(app, path="/", method="GET", body=(b"",), kind="http", **headers):
    """The status, the headers and the body of the application's answer."""
    named = {"host": "127.0.0.1:8501", **headers}
    path, _, query = path.partition("?")
    sent, parts = [], list(body)

    async def receive():
        part = parts.pop(0)
        return {"type": "http.request", "body": part, "more_body": bool(parts)}

    async def send(message):
        sent.append(message)

    scope = {
        "type": kind, "path": path, "raw_path": path.encode(), "query_string": query.encode(),
        "headers": [(k.replace("_", "-").encode(), v.encode()) for k, v in named.items()],
        "client": ("10.0.0.9", 1), "server": ("127.0.0.1", 8501), "scheme": "http",
        "root_path": "", "http_version": "1.1",
    } | ({"method": method} if kind == "http" else {"subprotocols": []})  # fmt: skip
    await app(scope, receive, send)
    if kind == "websocket":
        return sent
    answer = {k.decode(): v.decode() for k, v in sent[0]["headers"]}
    return sent[0]["status"], answer, b"".join(m.get("body", b"") for m in sent[1:]).decode()


def asked(*positional, **named):
    return asyncio.run(ask(*positional, **named))


# --- the rule and the key --------------------------------------------------------------


@pytest.mark.parametrize("address", ["127.0.0.1", "127.3.2.1", "::1", "[::1]", "localhost"])
def test_a_server_of_its_own_machine_asks_nobody(address, monkeypatch):
    monkeypatch.setenv("TEACHER_KEY", "x")
    assert Access.given(address, "secret").allows({})


@pytest.mark.parametrize("address", [None, "", "0.0.0.0", "::", "192.168.1.5", "school.example"])
def test_a_server_on_a_network_asks_for_the_token_of_the_key(address, monkeypatch):
    monkeypatch.setenv("TEACHER_KEY", "right")
    rule = Access.given(address, "secret")
    assert rule.allows({"teacher": rule.token})
    other = Access.given(address, "another secret")
    for cookie in ("", "right", "é\udcff", rule.token[:-1], other.token):
        assert not rule.allows({"teacher": cookie})
    assert not rule.allows({})
    assert "right" not in rule.token


def test_a_proxy_opens_a_server_of_this_machine(monkeypatch):
    monkeypatch.setenv("OPEN_TO_NETWORK", "1")
    assert not Access.given("127.0.0.1", "secret").allows({})
    monkeypatch.setenv("OPEN_TO_NETWORK", "0")
    assert Access.given("127.0.0.1", "secret").allows({})


def test_without_a_key_in_the_environment_there_is_a_random_one(monkeypatch):
    for given in (None, "", "  "):
        monkeypatch.delenv("TEACHER_KEY", raising=False)
        if given is not None:
            monkeypatch.setenv("TEACHER_KEY", given)
        key = Access.given(None, "secret").key
        assert len(key) >= 20
        assert key == Access.given(None, "secret").key


def test_both_links_are_printed_with_an_address_that_others_reach():
    text = access.invitation(Access(True, "a key&", "secret"), "0.0.0.0", 8501)
    visitors, teacher = (line.split()[-1] for line in text.strip().splitlines())
    assert teacher == f"{visitors}/teacher?key=a+key%26"
    assert "0.0.0.0" not in visitors
    assert "http://[::2]:80/teacher" in access.invitation(OPEN, "::2", 80)


def test_the_link_sets_a_cookie_that_holds_no_key_and_goes_on():
    status, answer, _ = asked(served(), "/teacher?key=right")
    assert (status, answer["location"]) == (303, "/")
    cookie = answer["set-cookie"]
    assert cookie.startswith(f"teacher={OPEN.token};")
    assert "HttpOnly" in cookie
    assert "samesite=lax" in cookie.lower()
    assert "Secure" not in cookie
    assert answer["cache-control"] == "no-store"
    _, answer, _ = asked(served(), "/teacher?key=right", x_forwarded_proto="https")
    assert "Secure" in answer["set-cookie"]
    status, answer, _ = asked(served(), "/teacher/leave")
    assert status == 303
    assert 'teacher=""' in answer["set-cookie"]


def test_a_wrong_key_is_slow_and_holds_up_nobody(monkeypatch):
    monkeypatch.setattr(access, "WRONG_SECONDS", 0.5)
    app = served()

    async def try_many():
        wrong = [asyncio.create_task(ask(app, "/teacher?key=wrong")) for _ in range(9)]
        await asyncio.sleep(0.05)
        started = time.monotonic()
        assert (await ask(app, "/other"))[0] == 200
        assert (await ask(app, "/teacher?key=right"))[0] == 429  # too many of this address
        assert time.monotonic() - started < 0.3
        answers = await asyncio.gather(*wrong)
        assert (await ask(app, "/teacher?key=right"))[0] == 303
        return answers

    started = time.monotonic()
    answers = asyncio.run(try_many())
    assert time.monotonic() - started >= 0.5
    assert sorted(status for status, _, _ in answers) == [403] * 5 + [429] * 4
    assert all("set-cookie" not in answer for _, answer, _ in answers)
    assert {text for _, _, text in answers} == {access.WRONG, access.BUSY}
    assert not access._trying


# --- what stands before every answer ---------------------------------------------------


def test_every_answer_has_the_headers():
    for path in ("/", "/teacher", "/scripts/none/worker.js"):
        _, answer, _ = asked(served(scripts=["'sha256-x'"]), path)
        for name, value in guard.HEADERS.items():
            assert answer[name.lower()] == value
        policy = answer["content-security-policy"]
        assert "frame-ancestors 'none'" in policy
        assert "script-src 'self' blob: 'wasm-unsafe-eval' 'sha256-x';" in policy
        assert "connect-src 'self' ws://127.0.0.1:8501 wss://127.0.0.1:8501;" in policy
        assert "http:" not in policy
        assert "*" not in policy
        assert "unsafe-eval" not in policy.replace("wasm-unsafe-eval", "")
    assert "'unsafe-eval'" in asked(served(CLOSED))[1]["content-security-policy"]


@pytest.mark.parametrize(
    ("rule", "host", "status"),
    [
        (CLOSED, "localhost:8501", 200),
        (CLOSED, "[::1]:8501", 200),
        (CLOSED, "127.0.0.1", 200),
        (CLOSED, "rebound.example:8501", 403),
        (CLOSED, "192.168.1.5:8501", 403),
        (OPEN, "school.example", 200),
        (OPEN, "a.example/x", 403),
        (OPEN, "x;script-src *", 403),
        (OPEN, "", 403),
    ],
)
def test_a_server_of_its_own_machine_answers_to_its_names_alone(rule, host, status):
    found, answer, _ = asked(served(rule), host=host)
    assert found == status
    assert "script-src *" not in answer["content-security-policy"]


@pytest.mark.parametrize(
    ("origin", "may"),
    [
        (None, True),
        ("http://192.168.1.5:8501", True),
        ("https://192.168.1.5:8501", True),
        ("https://allowed.example", True),
        ("http://192.168.1.5:3000", False),
        ("http://localhost:8501", False),
        ("https://evil.example", False),
        ("null", False),
        ("http://[", False),
    ],
)
def test_a_page_of_another_host_changes_nothing_and_opens_no_websocket(origin, may):
    app = served(origins=["https://allowed.example/"])
    named = {"host": "192.168.1.5:8501"} | ({"origin": origin} if origin else {})
    for method in ("PUT", "POST"):
        assert asked(app, method=method, **named)[0] == (200 if may else 403)
    assert asked(app, **named)[0] == 200  # reading is for Streamlit's CORS headers to refuse
    sent = asked(app, kind="websocket", path="/nowhere", **named)
    assert (sent[0].get("reason", "")[:6] == "A page") is not may


# --- what Streamlit takes itself -------------------------------------------------------


@pytest.fixture
def kept(monkeypatch):
    """The files that Streamlit keeps, by session; each as long as it says."""
    files = {}
    manager = SimpleNamespace(file_storage=files)
    monkeypatch.setattr(
        streamlit_guard.runtime, "get_instance", lambda: SimpleNamespace(uploaded_file_mgr=manager)
    )

    def keep(session, *sizes):
        files[session] = {str(n): SimpleNamespace(data=range(size)) for n, size in enumerate(sizes)}

    return keep


def test_a_visitor_sends_a_few_small_pictures_and_a_teacher_more(kept, monkeypatch):
    monkeypatch.setattr(streamlit_guard, "LARGEST", 1000)
    monkeypatch.setattr(streamlit_guard, "FRAMING", 100)
    monkeypatch.setattr(streamlit_guard, "ALL_VISITORS", 5000)
    app = served()

    def put(size, parts=1, **headers):
        return asked(app, UPLOAD, "PUT", (b"x" * size,) * parts, **headers)

    assert put(1000)[::2] == (200, "1000")
    assert put(10, content_length="1101")[::2] == (413, streamlit_guard.TOO_LARGE)
    assert put(10, content_length="many")[0] == 413
    assert put(600, parts=2)[::2] == (413, streamlit_guard.TOO_LARGE)  # whatever it said before
    teacher = {"cookie": f"teacher={OPEN.token}"}
    assert put(600, parts=2, **teacher)[0] == 200
    kept("session", 10, 10, 10)
    assert put(10)[::2] == (429, streamlit_guard.TOO_MANY)
    kept("session", 10, 10)
    assert put(10)[0] == 200
    kept("another", 2000, 2100)
    assert put(10)[::2] == (503, streamlit_guard.FULL)
    assert put(10, **teacher)[0] == 200
    assert asked(served(CLOSED), UPLOAD, "PUT", (b"x" * 9000,))[0] == 200
    kept("session", *[10] * streamlit_guard.OWN_MOST)  # chosen and never sent off
    assert put(10, **teacher)[::2] == (429, streamlit_guard.TOO_MANY)
    kept("session")
    kept("another", streamlit_guard.ALL_OWN)
    for whose in (app, served(CLOSED)):
        assert asked(whose, UPLOAD, "PUT", (b"x",), **teacher)[0] == 503


def test_a_visitor_has_nothing_forgotten_that_all_share():
    async def received(cookie):
        messages = [
            BackMsg(clear_cache=True), BackMsg(load_git_info=True), BackMsg(set_run_on_save=True),
            BackMsg(rerun_script={}),
        ]  # fmt: skip
        waiting, came = [{"type": "websocket.receive", "bytes": b"\xff\xff"}], []
        waiting += [{"type": "websocket.receive", "bytes": m.SerializeToString()} for m in messages]

        async def app(scope, receive, send):
            while waiting:
                came.append((await receive())["bytes"])

        async def receive():
            return waiting.pop(0)

        scope = {
            "type": "websocket", "path": "/_stcore/stream", "access": OPEN,
            "headers": [(b"cookie", f"teacher={cookie}".encode())],
        }  # fmt: skip
        await streamlit_guard.StreamlitGuard(app)(scope, receive, None)
        return [message.SerializeToString() for message in messages if
                message.SerializeToString() in came], came  # fmt: skip

    found, came = asyncio.run(received("wrong"))
    assert found == [BackMsg(rerun_script={}).SerializeToString()]
    assert len(came) == 2  # what is no message is for Streamlit to refuse
    assert len(asyncio.run(received(OPEN.token))[0]) == 4


# --- the pages -------------------------------------------------------------------------

# What writes or works for long: a call of any of these stands in `ui/actions.py` alone.
TAKES_THE_KEY = {
    "queue": {"submit", "stop", "discard", "resume"},
    "runs": {"change", "create", "delete", "rename", "restore", "write", "ask_to_stop"},
    "imports": {"import_keras"},
    "ensembles": {"start", "create", "measure_ensemble"},
    "search": {"create", "start", "stop", "delete", "winner", "extend"},
    "study_trials": {"submit", "stop", "remove", "take_in"},
    "study_pool": {"start", "stop", "train", "fetch"},
    "results": {"start"},
    "converter": {"start", "convert", "wait_for"},
    "shared_work": {"start_download", "embedding", "measured"},
}


def test_no_page_does_what_takes_the_key_by_another_way():
    places = [*(ROOT / "ui").rglob("*.py"), *(ROOT / "pages").glob("*.py")]
    found = set()
    for path in places:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            owner = getattr(getattr(node, "value", None), "id", None)
            if isinstance(node, ast.Attribute) and node.attr in TAKES_THE_KEY.get(owner, ()):
                found.add((path.relative_to(ROOT).as_posix(), f"{owner}.{node.attr}"))
    assert {path for path, _ in found} == {"ui/actions.py"}
    assert len(found) > 15


def test_every_action_is_guarded():
    tree = ast.parse((ROOT / "ui" / "actions.py").read_text(encoding="utf-8"))
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    guarded = [f.name for f in functions if [d.id for d in f.decorator_list] == ["teachers_only"]]
    assert {f.name for f in functions} - set(guarded) == {"measure"}  # which asks for itself
    assert len(guarded) > 15


def test_phones_are_sent_where_they_come_in():
    assert access.for_phones("http://10.0.0.5:8501/classroom", "0.0.0.0", 8501) == (
        "http://10.0.0.5:8501"
    )
    behind_a_proxy = access.for_phones("https://school.example/classroom", "127.0.0.1", 8501, "x")
    assert behind_a_proxy == "https://school.example/x"
    here = access.for_phones("http://localhost:8501/classroom", "0.0.0.0", 8501)
    assert here == f"http://{access.lan_address()}:8501"
    assert access.for_phones("", "127.0.0.1", 8501) == "http://127.0.0.1:8501"
