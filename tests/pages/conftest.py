"""What the tests of pages share."""

import functools

import pytest
from streamlit.components.v2 import manifest_scanner
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner import script_runner

scan = functools.cache(manifest_scanner.scan_component_manifests)


@pytest.fixture(autouse=True)
def visited_before(monkeypatch):
    """Pages run as on a server that has shown one: every test would else be its first visitor.

    The first visitor's page begins a second time (`ui.heading`), and a click would be lost.
    """
    begin = PagesManager.__init__

    def started(self, *positional, **named):
        begin(self, *positional, **named)
        PagesManager.uses_pages_directory = False

    monkeypatch.setattr(PagesManager, "__init__", started)


@pytest.fixture(autouse=True)
def as_on_a_server(monkeypatch):
    """A server looks for components once, and never has Keras.

    Here every test would look for them, and where an earlier one has loaded Keras, each page that
    is drawn would clear its session, which takes a quarter of a second.
    """
    monkeypatch.setattr(manifest_scanner, "scan_component_manifests", scan)
    monkeypatch.setattr(script_runner, "_clean_problem_modules", lambda: None)
