"""The page that looks inside, where no browser runs the network."""

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
import tampering
from streamlit.testing.v1 import AppTest

from mnist_core.evaluation import exciting
from routes import inside
from ui.confusion import at_hand

PAGE = Path(__file__).parent.parent.parent / "streamlit_app.py"


@pytest.fixture
def foreign(own_run):
    """A run whose network has a layer that no browser here knows."""
    with zipfile.ZipFile(own_run.model_file) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(parts["config.json"])
    dense = next(layer for layer in config["config"]["layers"] if layer["class_name"] == "Dense")
    dense["config"]["activation"] = "mish"
    parts["config.json"] = json.dumps(config).encode()
    with zipfile.ZipFile(own_run.model_file, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return tampering.rewrite(own_run, model=None)


def test_the_server_shows_what_it_can_of_a_network_that_no_browser_runs(foreign):
    page = AppTest.from_file(str(PAGE), default_timeout=60)
    page.switch_page("pages/inside.py")
    page.query_params["run"] = foreign.name
    page.run()
    assert not page.exception
    assert "cannot run in a browser" in page.info[0].value
    assert page.button(key="find_exciting")
    dataset = at_hand.loaded(inside.digits_name())
    found = exciting.find(foreign, dataset)
    page.run()
    assert page.selectbox(key="server_layer").options == list(found)
    text = " ".join(element.proto.body for element in page.get("html"))
    first = next(iter(found.values()))
    assert f"Test digit {first.indices[0, 0]}, a " in text
    assert np.isfinite(first.values).all()
