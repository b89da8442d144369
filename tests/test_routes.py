"""What the server gives without Streamlit."""

import gzip
import http.client
import socket
import threading
from types import SimpleNamespace

import pytest
import uvicorn
from starlette.applications import Starlette

import routes
from mnist_core import runs
from mnist_core.networks import browser
from routes import networks, scripts


@pytest.fixture(scope="module", params=["", "/school/digits/"])
def site(request):
    """Called with a path and headers: the answer of an application, served at the top or below."""
    app = Starlette(routes=routes.below(request.param))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()

        def get(path, **headers):
            connection = http.client.HTTPConnection(*listener.getsockname(), timeout=30)
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request("GET", request.param.rstrip("/") + path, headers=named)
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
