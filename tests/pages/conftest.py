"""What the tests of pages share."""

import pytest
from streamlit.runtime.pages_manager import PagesManager


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
