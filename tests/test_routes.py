"""What the server gives without Streamlit."""

import gzip
import http.client
import json
import posixpath
import re
import socket
import threading
from types import SimpleNamespace

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

import routes
from mnist_core import classroom, runs
from mnist_core.networks import browser
from routes import compression, networks, scripts

SCRIPT = b"export const digits = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];\n" * 100
asked = []


async def give(request):
    """A file as Streamlit gives its own: plain, or with a range or a tag of its own."""
    asked.append(request)
    if "missing" in request.url.path:
        return PlainTextResponse("Not found", 404)
    if request.headers.get("If-None-Match") == '"tag"':
        return PlainTextResponse("", 304)
    return PlainTextResponse(SCRIPT, headers={"ETag": '"tag"', "Cache-Control": "immutable"})


@pytest.fixture(scope="module", params=["", "/school/digits/"])
def site(request):
    """Called with a path and headers: the answer of an application, served at the top or below."""
    base = request.param.rstrip("/")
    app = Starlette(
        routes=[*routes.below(request.param), Route(base + "/static/{file:path}", give)],
        middleware=routes.MIDDLEWARE,
    )
    server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()

        def get(path, **headers):
            connection = http.client.HTTPConnection(*listener.getsockname(), timeout=30)
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request("GET", base + path, headers=named)
            answer = connection.getresponse()
            content = answer.read()
            connection.close()
            return SimpleNamespace(status=answer.status, headers=answer.headers, content=content)

        yield get
        server.should_exit = True
        thread.join()


def test_a_network_is_given_whole_compressed_and_for_good(site):
    run = runs.read("report-ann")
    address, packed = networks.address(run), browser.pack(run)
    plain = site(address)
    assert plain.content == packed
    assert "Content-Encoding" not in plain.headers
    answer = site(address, Accept_Encoding="gzip, br")
    assert answer.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(answer.content) == packed
    assert len(answer.content) < len(packed)
    assert "immutable" in answer.headers["Cache-Control"]
    again = site(address, If_None_Match=f'"other", W/{answer.headers["ETag"]}')
    assert (again.status, again.content) == (304, b"")
    assert site(address, If_None_Match='"other"').content == packed


def test_networks_of_other_content_have_other_addresses(site):
    addresses = {networks.address(runs.read(name)) for name in runs.SHIPPED}
    assert len({site(address).content for address in addresses}) == len(runs.SHIPPED)


def test_the_default_network_is_found_before_a_page_has_asked_for_it(site, monkeypatch):
    address = networks.address(runs.read(runs.DEFAULT_RUN))
    monkeypatch.setattr(networks, "_packed", networks.Kept(networks._pack, "test"))
    assert site(address).status == 200


@pytest.mark.parametrize("path", ["/networks/0123456789abcdef", "/scripts/0123/worker.js"])
def test_an_old_address_says_what_to_do_and_is_not_kept(site, path):
    answer = site(path)
    assert answer.status == 404
    assert answer.content == b"This page is older than the server: load it again."
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_worker_is_given_for_good(site):
    answer = site(scripts.WORKER_ADDRESS)
    assert answer.content == scripts.WORKER
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.headers["Content-Type"].startswith("text/javascript")


def test_scripts_are_compressed_once_for_everybody(site):
    asked.clear()
    answers = [site("/static/js/index.abc.js", Accept_Encoding="gzip") for _ in range(3)]
    assert len(asked) == 1
    for answer in answers:
        assert answer.headers["Content-Encoding"] == "gzip"
        assert int(answer.headers["Content-Length"]) == len(answer.content) < len(SCRIPT) / 5
        assert gzip.decompress(answer.content) == SCRIPT
        assert (answer.headers["ETag"], answer.headers["Cache-Control"]) == ('"tag"', "immutable")
        assert "Accept-Encoding" in answer.headers["Vary"]


def test_what_cannot_be_compressed_goes_through(site):
    path = "/static/js/index.abc.js"
    assert site(path).content == SCRIPT
    assert "Content-Encoding" not in site("/static/a.woff2", Accept_Encoding="gzip").headers
    assert site(path, Accept_Encoding="gzip", If_None_Match='"tag"').status == 304
    for _ in range(2):
        answer = site("/static/missing.js", Accept_Encoding="gzip")
        assert (answer.status, answer.content) == (404, b"Not found")


def test_not_more_is_kept_than_allowed(site, monkeypatch):
    monkeypatch.setattr(compression, "MOST", 1000)
    asked.clear()
    for number in (*range(100), 99, 0):
        answer = site(f"/static/{number}.css", Accept_Encoding="gzip")
        assert gzip.decompress(answer.content) == SCRIPT
    assert len(asked) == 101  # the last is kept, the first was dropped


def test_a_class_is_joined_by_its_code_wherever_the_application_is_served(
    site, tmp_path, monkeypatch
):
    store = classroom.Store(f"sqlite:///{tmp_path}/classroom.sqlite")
    monkeypatch.setattr(classroom, "store", lambda: store)
    code = store.open_class("Digits").code
    page = site(f"/join/{code}")
    settings = json.loads(re.search(rb'id="settings" [^>]*>([^<]*)<', page.content)[1])
    for address, status in (
        (settings["network"], 200),
        (settings["offline"], 200),
        (f"{settings['api']}/me", 401),
    ):
        assert site(posixpath.normpath(f"/join/{address}")).status == status
    for path, there in (
        (f"/join/{code.lower()}", code),
        ("/join?code=%20a%2Fb%20", "join/a%2Fb"),
    ):
        answer = site(path)
        assert (answer.status, answer.headers["Location"]) == (303, there)
    assert site("/join").status == 200
    unknown = site("/join/NOSUCH")
    assert unknown.status == 404
    assert b"There is no class with this code" in unknown.content
    store.shut()


def test_the_page_of_a_class_comes_although_its_database_is_away(site, monkeypatch):
    def away():
        raise classroom.UnavailableError("The database is <away>.")

    monkeypatch.setattr(classroom, "store", away)
    assert site("/join/CDFHJK").status == 200
    answer = site("/join/%3Cb%3E")
    assert answer.status == 503
    assert b"The database is &lt;away&gt;." in answer.content
