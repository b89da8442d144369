"""What the tests share: a dataset that is always there, a trained run, a folder for runs."""

import functools
import http.server
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

# TensorFlow writes its notices when it is imported, so this stands before everything else.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import hypothesis
import pytest

from mnist_core import datasets, runs
from mnist_core.recipes import Recipe, dense

# Examples that build a graph or draw an image take as long as they take. CI tries the same ones
# each time, so that it speaks of the change alone; whoever runs the tests elsewhere tries others.
hypothesis.settings.register_profile(
    "unhurried", deadline=None, derandomize=os.environ.get("CI") == "true"
)
hypothesis.settings.load_profile("unhurried")

# Files that train or start processes nearly everywhere: `make check` leaves them out. With them
# others that take long, all by the time they take: with several workers, one that takes long
# would be waited for if it began last.
SLOW_FILES = (
    "test_cluster", "test_studies", "test_jobs", "test_faults", "test_search", "test_command_line",
    "pages/test_search", "test_ensembles", "test_wheel", "test_results", "test_training",
    "pages/test_compare", "pages/test_data", "test_predictor", "test_transfer", "test_exchange",
    "pages/test_studies", "pages/test_train", "pages/test_damage", "pages/test_confusion",
    "test_embedding",
    "test_training_step", "test_processes", "test_report", "test_reproductions", "test_weights",
    "pages/test_draw", "test_architectures", "test_augmentation", "test_workers", "test_explain",
    "test_warm", "test_likeness", "test_memory", "test_house", "test_documents", "test_routes",
    "test_mutations", "classroom/test_api", "classroom/test_deploy",
)  # fmt: skip
SLOW_FIXTURES = {"tiny_run", "postgresql", "chromium", "server", "own_server", "open_server"}
HERE = Path(__file__).parent
TINY = Recipe("tiny", "tiny", (dense(16),), epochs=2, batch_size=64)


def missing(reason):
    """Skip a test for want of something, or fail it where every test is required to run."""
    if os.environ.get("REQUIRE_ALL_TESTS") == "1":
        pytest.fail(f"REQUIRE_ALL_TESTS is set, but: {reason}", pytrace=False)
    pytest.skip(reason)


def place(path):
    """A test file as `SLOW_FILES` has it."""
    return path.relative_to(HERE).with_suffix("").as_posix()


def quick(config):
    """Whether only what is quick is asked for, as by `make check`."""
    return config.option.markexpr == "not slow"


def pytest_ignore_collect(collection_path, config):
    """Do not even import the files that would import TensorFlow, where only quick tests run."""
    if not quick(config):
        return None
    return place(collection_path) in {*SLOW_FILES, "browser"} or None


def pytest_collection_modifyitems(config, items):
    """Mark what is slow, and put what takes longest first."""
    for item in items:
        fixtures = SLOW_FIXTURES.intersection(item.fixturenames)
        if fixtures or place(item.path) in SLOW_FILES or item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.slow)
    if quick(config) and "tensorflow" in sys.modules:
        raise pytest.UsageError("A test file imports TensorFlow and is not among SLOW_FILES.")
    order = {name: number for number, name in enumerate(SLOW_FILES)}
    items.sort(key=lambda item: order.get(place(item.path), len(order)))


@pytest.fixture(autouse=True)
def quick_or_marked(request, monkeypatch):
    """A test that is not marked as slow starts no process and no TensorFlow."""
    if request.node.get_closest_marker("slow"):
        yield
        return

    def refuse(*_, **__):
        pytest.fail("This test starts a process: mark it as slow.", pytrace=False)

    monkeypatch.setattr(subprocess.Popen, "__init__", refuse)
    before = "tensorflow" in sys.modules
    yield
    if "tensorflow" in sys.modules and not before:
        pytest.fail("This test starts TensorFlow: mark it as slow.", pytrace=False)


@pytest.fixture(scope="session")
def wait():
    """Called with a condition: whether it holds before a busy machine's patience is over."""

    def until_it_holds(condition, seconds=120):
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if condition():
                return True
            time.sleep(0.05)
        return False

    return until_it_holds


@pytest.fixture(scope="session")
def unavailable():
    """Called with one sentence that says what is missing and how to get it."""
    return missing


@pytest.fixture
def needs_mnist():
    if not datasets.at_hand("mnist"):
        missing("MNIST is not on this machine: set MNIST_PATH to a copy of mnist.npz.")


@pytest.fixture
def needs_pens():
    if not datasets.at_hand("pen-strokes"):
        missing(
            "The pen strokes are not on this machine: set PENDIGITS_PATH to a copy of "
            f"{datasets.PENS_FILE}."
        )


@pytest.fixture
def needs_uji():
    if not datasets.at_hand("uji-pen"):
        missing("The UJI digits are not on this machine: set UJIPEN_PATH to a copy.")


@pytest.fixture
def needs_swiss():
    if not datasets.at_hand("swiss-digits"):
        missing("The Swiss digits are not on this machine: set SWISS_DIGITS_PATH to a copy.")


@pytest.fixture(scope="session")
def digits():
    """1,797 real digits that need no file and no network."""
    return datasets.load("optical-digits")


@pytest.fixture
def models_dir(tmp_path, monkeypatch):
    """An empty folder for runs; nothing is written to the project's own."""
    folder = tmp_path / "models"
    folder.mkdir()
    monkeypatch.setenv("MODELS_DIR", str(folder))
    return folder


@pytest.fixture(scope="session")
def tiny():
    """A recipe that is trained in a second."""
    return TINY


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory, digits):
    """A finished run. It is shared: copy it (`own_run`) before changing anything in it."""
    from mnist_core.training import training_run

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MODELS_DIR", str(tmp_path_factory.mktemp("models")))
        return training_run.train(TINY, digits, seed=1, name="tiny")


@pytest.fixture
def own_run(tiny_run, models_dir):
    """A copy of the finished run in `models_dir`, free to be damaged."""
    return runs.read(shutil.copytree(tiny_run.path, models_dir / "mine"))


@pytest.fixture
def mnist(needs_mnist):
    """MNIST itself."""
    return datasets.load("mnist", fetch=False)


@pytest.fixture
def no_datasets(tmp_path, monkeypatch):
    """A machine without any dataset; its cache folder."""
    for variable, _ in datasets.FILES.values():
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    return tmp_path / "keras" / "datasets"


@pytest.fixture
def site(tmp_path):
    """A folder and the address at which a server gives its files."""
    folder = tmp_path / "site"
    folder.mkdir()
    handler = functools.partial(QuietFiles, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield folder, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


class QuietFiles(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass
