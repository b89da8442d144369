"""A class by HTTP: what phones may send, how they are refused, what they and the wall are told."""

import contextlib
import http.client
import json
import socket
import threading
import uuid

import pytest
import uvicorn
from hypothesis import given as over
from hypothesis import settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.middleware import Middleware

import routes
from mnist_core import classroom, runs
from mnist_core.errors import InputError
from mnist_core.networks import browser
from routes import access
from routes import classroom as api
from routes.guard import Guard

SEVEN = [[[50, 40], [150, 40], [90, 170]]]


# What databases may do differently is asked on both.
BOTH = pytest.mark.parametrize("address", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture(scope="module")
def address(request, tmp_path_factory):
    """Where a server listens that is open to a network, with the key `right`."""
    kind = getattr(request, "param", "sqlite")
    with pytest.MonkeyPatch.context() as patch:
        if kind == "postgresql":
            url = request.getfixturevalue("postgresql").database()
            patch.setenv("CLASSROOM_DATABASE", url)
        patch.setenv("MODELS_DIR", str(tmp_path_factory.mktemp("lesson") / "models"))
        patch.setenv("TEACHER_KEY", "right")
        patch.setenv("OPEN_TO_NETWORK", "1")
        rule = access.Access.given("127.0.0.1", "secret")
        app = Starlette(routes=routes.ROUTES, middleware=[Middleware(Guard, access=rule)])
        config = uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            thread = threading.Thread(target=server.run, args=([listener],))
            thread.start()
            yield listener.getsockname()
            server.should_exit = True
            thread.join()


@pytest.fixture
def store(address):
    return classroom.store()


@pytest.fixture
def ask(address):
    """Called with a method, a path and what to send: status and answer."""

    def asked(method, path, message=None, token="", **headers):
        connection = http.client.HTTPConnection(*address, timeout=60)
        content = message if isinstance(message, bytes | None) else json.dumps(message)
        if token:
            headers["Authorization"] = f"Bearer {token}"
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it is answered early
            connection.request(method, f"/api/class/{path}", content, headers)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, json.loads(body), answer.headers

    return asked


class Stream:
    """The events of a stream as they come."""

    def __init__(self, address, path, **headers):
        self._connection = http.client.HTTPConnection(*address, timeout=60)
        self._connection.request("GET", f"/api/class/{path}", headers=headers)
        self.answer = self._connection.getresponse()
        assert self.answer.headers["Content-Type"].startswith("text/event-stream")

    def next(self, wanted):
        """The next event of that name, with its id."""
        number, name = None, None
        for line in self.answer:
            key, _, value = line.decode().rstrip("\n").partition(": ")
            if key == "id":
                number = int(value)
            elif key == "event":
                name = value
            elif key == "data" and name == wanted:
                return number, json.loads(value)
        raise AssertionError(f"The stream ended before {wanted}.")

    def close(self):
        self._connection.sock and self._connection.sock.shutdown(socket.SHUT_RDWR)
        self.answer.close()
        self._connection.close()


@pytest.fixture
def stream(address):
    with contextlib.ExitStack() as stack:

        def opened(path, **headers):
            return stack.enter_context(contextlib.closing(Stream(address, path, **headers)))

        yield opened


@pytest.fixture
def lesson(store, ask):
    """The code of an open class, and the token of a member."""
    code = store.open_class("Tuesday").code
    status, answer, _ = ask("POST", f"{code}/members")
    assert (status, answer["admitted"]) == (201, True)
    assert answer["animal"] in classroom.ANIMALS
    assert answer["colour"] in classroom.COLOURS
    return code, answer["member"]


def digit(which=None, **more):
    return {"id": which or str(uuid.uuid4()), "label": 7, "guess": 1, "strokes": SEVEN, **more}


@BOTH
def test_a_digit_is_answered_the_same_way_each_time_and_read(ask, lesson, store):
    code, token = lesson
    one = digit()
    for _ in range(3):
        assert ask("POST", f"{code}/digits", one, token)[:2] == (200, {"id": one["id"]})
    (kept,) = store.digits(code)
    assert (kept.id, kept.label, kept.guess, kept.strokes) == (one["id"], 7, 1, SEVEN)
    assert kept.read[0] == 7
    assert 0.5 < kept.read[1] <= 1
    status, me, _ = ask("GET", f"{code.lower()}/me", token=token)
    assert (status, me["digits"]) == (200, 1)
    assert ask("GET", f"{code}/prompt", token=token)[1]["label"] != 7
    assert ask("POST", f"{code}/votes", {"subject": one["id"], "value": "none"}, token)[0] == 200
    assert store.votes(code, one["id"]) == {"none": 1}
    assert ask("DELETE", f"{code}/members/me", token=token)[:2] == (200, {"deleted": 1})
    assert store.digits(code, hidden=True) == []
    assert ask("POST", f"{code}/digits", one, token)[0] == 401


@BOTH
def test_each_refusal_has_its_status_and_one_sentence(ask, lesson, store):
    code, token = lesson
    other = ask("POST", f"{code}/members")[1]["member"]
    taken = digit()
    ask("POST", f"{code}/digits", taken, other)
    cases = [
        (404, "POST", "ABCDEF/members", None, ""),
        (404, "POST", "CDFHJK/members", None, ""),
        (404, "GET", "CDFHJK/events", None, ""),
        (401, "POST", f"{code}/digits", digit(), ""),
        (401, "POST", f"{code}/digits", digit(), "somebody"),
        (401, "GET", f"{code}/me", None, "somebody"),
        (401, "GET", f"{code}/events", None, "somebody"),
        (401, "DELETE", f"{code}/members/me", None, "somebody"),
        (400, "POST", f"{code}/digits", digit(label=11), token),
        (400, "POST", f"{code}/digits", digit(strokes=[[[1, 2]] * 2_500]), token),
        (400, "POST", f"{code}/digits", b'{"id": NaN}', token),
        (400, "POST", f"{code}/digits", b"", token),
        (409, "POST", f"{code}/digits", taken, token),
        (413, "POST", f"{code}/digits", digit(strokes=[[[1, 2]] * 100_000]), token),
        (413, "POST", f"{code}/digits", b" " * 10_000_000, token),
        (400, "POST", f"{code}/votes", {"subject": taken["id"], "value": 11}, token),
        (404, "POST", f"{code}/votes", {"subject": str(uuid.uuid4()), "value": 1}, token),
        (404, "POST", f"{code}/votes", {"subject": "\0", "value": 1}, token),
        (400, "POST", f"{code}/votes", b'{"subject": "\\ud800", "value": 1}', token),
        (401, "POST", f"{code}/digits", b"", "x" * 300),
        (403, "GET", f"{code}/wall", None, token),
    ]
    for status, method, path, message, bearer in cases:
        found, answer, headers = ask(method, path, message, bearer)
        assert (found, list(answer)) == (status, ["error"]), (path, answer)
        assert answer["error"][-1] == "."
        assert "\n" not in answer["error"]
        assert headers["Cache-Control"] == "no-store"
    store.remove(code, 1)
    assert ask("POST", f"{code}/digits", digit(), token)[0] == 403
    assert ask("GET", f"{code}/me", token=token)[0] == 403
    store.close(code)
    assert ask("POST", f"{code}/digits", digit(), other)[0] == 409
    assert ask("POST", f"{code}/members")[0] == 409
    assert len(store.digits(code, hidden=True)) == 1


@BOTH
@settings(max_examples=50)
@over(st.binary(max_size=60), st.sampled_from(["digits", "votes"]), st.text(max_size=20))
def test_nothing_that_is_sent_breaks_the_server(address, content, path, code):
    quoted = code.encode().hex() if len(code) % 2 else "CDFHJK"
    connection = http.client.HTTPConnection(*address, timeout=60)
    headers = {"Authorization": b"Bearer " + content.hex().encode()}
    connection.request("POST", f"/api/class/{quoted}/{path}", content, headers)
    answer = connection.getresponse()
    assert answer.status in (400, 401, 404)
    assert json.loads(answer.read())["error"]
    connection.close()


def test_who_sends_too_fast_is_slowed_and_not_banned():
    clock = [0.0]
    pace = api.Pace(api.AT_ONCE, api.A_SECOND, lambda: clock[0])

    def sent(phone):
        try:
            pace.check(phone)
        except InputError as error:
            refused.append(api.refusal(error))
            return False
        return True

    refused, taken = [], 0
    for _ in range(500):  # fifty a second for ten seconds
        taken += sent("eager")
        clock[0] += 0.02
    assert 100 <= taken <= api.AT_ONCE + 10 * api.A_SECOND
    assert {(answer.status_code, answer.headers["Retry-After"]) for answer in refused} == {
        (429, "1")
    }
    assert sent("calm")
    clock[0] += 1
    assert sent("eager")


def test_a_class_is_not_flooded_with_members(ask, lesson, monkeypatch):
    code, _ = lesson
    monkeypatch.setattr(api, "_doors", api.Pace(3, 0))
    answers = [ask("POST", f"{each}/members") for each in (code, code.lower(), code, code)]
    assert [status for status, *_ in answers] == [201, 201, 201, 429]
    assert answers[-1][2]["Retry-After"] == "1"


@BOTH
def test_phones_are_told_what_the_class_is_asked_to_do(stream, lesson, store):
    code, token = lesson
    mine = stream(f"{code}/events", Authorization=f"Bearer {token}")
    anyone = stream(f"{code}/events")
    _, told = mine.next("class")
    assert told["you"] == {"admitted": True, "removed": False}
    assert (told["name"], told["state"], told["admits"]) == ("Tuesday", "open", "all")
    assert (told["activity"]["kind"], told["subject"], told["network"]) == ("free", None, None)
    assert anyone.next("class")[1]["you"] is None
    store.add(code, token, one := digit())  # of which phones are told nothing
    store.set_activity(code, "fool", one["id"])
    for told in (mine.next("class")[1], anyone.next("class")[1]):
        assert told["activity"] == {"kind": "fool", "number": 2, "subject": one["id"]}
        assert told["subject"] == {"strokes": SEVEN}
    store.remove(code, 1)
    assert mine.next("class")[1]["you"] == {"admitted": True, "removed": True}
    store.delete_class(code)
    for each in (mine, anyone):
        assert each.next("gone")[1]["error"] == "This class was deleted."


def test_a_test_digit_is_shown_to_all(stream, lesson, store, mnist):
    code, _ = lesson
    store.set_activity(code, "what", "mnist:3")
    told = stream(f"{code}/events").next("class")[1]
    assert told["subject"] == {"image": mnist.x_test[3].ravel().tolist()}


def test_the_class_s_network_is_given_to_all_phones(stream, lesson, store, address):
    code, _ = lesson
    phone = stream(f"{code}/events")
    phone.next("class")
    store.set_network(code, "report-ann")
    told = phone.next("class")[1]
    run = runs.read("report-ann")
    assert told["confidence_threshold"] == run.confidence_threshold
    connection = http.client.HTTPConnection(*address, timeout=60)
    connection.request("GET", told["network"])
    answer = connection.getresponse()
    assert answer.read() == browser.pack(run)
    assert "immutable" in answer.headers["Cache-Control"]
    connection.request("GET", told["network"][:-4] + "0000")
    assert connection.getresponse().status == 404
    connection.close()


@BOTH
def test_the_wall_is_told_everything_once_and_what_was_missed(stream, lesson, store, address):
    code, token = lesson
    token_of_teacher = access.Access.given("127.0.0.1", "secret").token
    key = {"Cookie": f"{access.COOKIE}={token_of_teacher}"}
    store.add(code, token, first := digit(), (7, 0.75))
    wall = stream(f"{code}/wall", **key)
    # Only the last of what comes together has a version: who is cut off before it missed some.
    number, told = wall.next("class")
    assert (number, told["votes"]) == (None, {})
    number, told = wall.next("members")
    assert (number, [m["digits"] for m in told]) == (None, [1])
    number, (told,) = wall.next("digits")
    assert number == told["number"]
    assert (told["id"], told["label"], told["guess"]) == (first["id"], 7, 1)
    assert told["read"] == {"digit": 7, "probability": 0.75}
    assert (told["strokes"], told["member"]["id"]) == (SEVEN, 1)
    store.add(code, token, second := digit())
    number, (told,) = wall.next("digits")
    assert (told["id"], told["hidden"]) == (second["id"], False)
    store.hide(code, first["id"])
    assert [(d["id"], d["hidden"]) for d in wall.next("changed")[1]] == [(first["id"], True)]
    wall.close()

    store.relabel(code, second["id"], 1)
    store.delete_digit(code, first["id"])
    again = stream(f"{code}/wall?after={number}", **key)
    changed = {d["id"]: d for d in again.next("changed")[1]}
    assert changed[first["id"]] == {"id": first["id"], "deleted": True}
    assert (changed[second["id"]]["label"], len(changed)) == (1, 2)
    store.set_activity(code, "what", second["id"])
    store.vote(code, second["id"], token, 4)
    while not (told := again.next("class")[1])["votes"]:
        pass
    assert told["votes"] == {"4": 1}
