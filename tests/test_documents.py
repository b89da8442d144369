"""The documents: their commands are understood, and their links and paths lead somewhere."""

import ast
import contextlib
import fnmatch
import importlib
import io
import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from itertools import product
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from markdown_it import MarkdownIt
from PIL import Image, ImageDraw

from mnist_core import datasets, recipes, runs
from mnist_core.cli import entry
from mnist_core.experiments import studies
from routes import ROUTES

ROOT = Path(__file__).resolve().parent.parent
HERE = {p.relative_to(ROOT).as_posix(): p for p in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"))}
HERE |= {f"{folder}/README.md": ROOT / folder / "README.md" for folder in ("web", "deploy")}
COMMAND_LINE = "docs/command-line.md"

# What stands in commands for something of the reader's own.
PLACEHOLDERS = {
    "RECIPE": "cnn",
    "RUN": "report-ann",
    "NAME": "mine",
    "STUDY": "optimizer",
    "IMAGE": "digit.png",
    "FILE": "file.html",
    "D": "mnist",
    "N": "3",
    "S": "1",
}
# Paths that are made by the program, or are the reader's own.
NOT_IN_THE_TREE = (
    ".venv*",
    "models/.*",
    "~/*",
    "mnist.npz",
    "pendigits-orig.tra",
    "ujipenchars2.txt",
    "swiss28.npz",
    "log.txt",
    "classroom.sqlite",
)
SUFFIXES = (
    "py",
    "js",
    "css",
    "md",
    "json",
    "csv",
    "npz",
    "keras",
    "toml",
    "txt",
    "tra",
    "svg",
    "sqlite",
)


class Document:
    """What stands in a Markdown file, by kind."""

    def __init__(self, path):
        self.path = path
        self.code, self.lines, self.links, self.anchors = [], [], [], set()
        tokens = MarkdownIt("commonmark").enable("table").parse(path.read_text(encoding="utf-8"))
        for before, token in zip([None, *tokens], tokens, strict=False):
            if token.type in ("fence", "code_block"):
                self.lines += token.content.splitlines()
            for part in token.children or ():
                if part.type == "code_inline":
                    self.code.append(part.content)
                if (link := part.attrs.get("href") or part.attrs.get("src")) is not None:
                    self.links.append(link)
            if before is not None and before.type == "heading_open":
                words = "".join(p.content for p in token.children if not p.type.startswith("link"))
                self.anchors.add(re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-"))

    def commands(self, *programs):
        """The command lines of some programs, without a comment behind them."""
        given = [re.split(r"\s+# ", line)[0].strip() for line in (*self.lines, *self.code)]
        bare = [line.removeprefix(".venv/bin/") for line in given]
        return [line for line in bare if line.startswith(tuple(f"{p} " for p in programs))]


DOCUMENTS = {name: Document(path) for name, path in HERE.items()}


def all_of(find):
    """Whatever `find` gives of each document, as arguments of a test, each only once."""
    found = [(name, each) for name, document in DOCUMENTS.items() for each in find(document)]
    return [pytest.param(*pair, id=" ".join(pair)) for pair in dict.fromkeys(found)]


# --- commands ------------------------------------------------------------------------


def variants(line):
    """What a reader may make of a command line: each optional part left out or taken."""
    parts = re.split(r"\[([^\]]*)\]", line.replace("…", ""))
    optional = [("", part) if at % 2 else (part,) for at, part in enumerate(parts)]
    for chosen in product(*optional):
        yield from product(*map(spellings, shlex.split("".join(chosen))))


def spellings(word):
    """A word with its placeholder filled in, once for each of the endings that it offers."""
    first, *endings = word.split("|")
    stem, dot, ending = first.partition(".")
    if not dot:
        return [PLACEHOLDERS.get(word, word)]
    return [stem.replace("FILE", "file") + end for end in (dot + ending, *endings)]


def parsed(words):
    """The options of a command, as the program itself understands it."""
    said = io.StringIO()
    with contextlib.redirect_stderr(said):
        try:
            return entry.parser().parse_args(words)
        except SystemExit:
            pytest.fail(f"{shlex.join(words)}: {said.getvalue()}")


@pytest.mark.parametrize(
    ("name", "line"), all_of(lambda d: d.commands("python -m mnist_core", "mnist-canvas"))
)
def test_every_command_is_understood(name, line):
    given = line.removeprefix("python -m mnist_core").removeprefix("mnist-canvas")
    for words in variants(given):
        options = parsed(words)
        assert getattr(options, "recipe", "cnn") in recipes.RECIPES
        assert getattr(options, "dataset", None) in (None, *datasets.NAMES)
        assert set(getattr(options, "studies", ())) <= set(studies.STUDIES)
        for run in filter(None, (getattr(options, key, None) for key in ("run", "start"))):
            assert run in runs.SHIPPED or f"--name {run}" in DOCUMENTS[name].path.read_text("utf-8")


def test_every_command_is_documented():
    commands = DOCUMENTS[COMMAND_LINE].commands("python -m mnist_core")
    documented = {command.split()[3] for command in commands}
    names = {command.__name__.rpartition(".")[2] for command in entry.COMMANDS}
    assert documented == names


@pytest.mark.parametrize(("name", "line"), all_of(lambda d: d.commands("make")))
def test_every_target_and_variable_of_make_exists(name, line):
    makefile = (ROOT / "Makefile").read_text()
    for word in line.split()[1:]:
        variable, sign, _ = word.partition("=")
        wanted = rf"^{variable} \?=" if sign else rf"^{re.escape(word)}:"
        assert re.search(wanted, makefile, re.MULTILINE), f"the Makefile has no {word}"


@pytest.mark.parametrize(("name", "line"), all_of(lambda d: d.commands("python")))
def test_every_script_that_is_run_exists(name, line):
    script = line.split()[1]
    if not script.startswith("-"):
        assert (ROOT / script).is_file()


# --- links and paths -----------------------------------------------------------------


@pytest.mark.parametrize(("name", "link"), all_of(lambda d: d.links))
def test_every_link_leads_somewhere(name, link):
    if urlsplit(link).scheme:
        assert link.startswith("https://")
        return
    path, _, anchor = unquote(link).partition("#")
    target = (HERE[name].parent / path).resolve() if path else HERE[name]
    assert target.exists()
    if anchor:
        assert anchor in DOCUMENTS[target.relative_to(ROOT).as_posix()].anchors


def looks_like_a_path(code):
    if code.startswith("/"):  # the address of a page
        return True
    ends = code.rpartition(".")[2] in SUFFIXES and not code.startswith(".")
    return re.fullmatch(r"[\w.~*/-]+", code) and ("/" in code or ends)


@pytest.mark.parametrize(
    ("name", "path"), all_of(lambda d: [code for code in d.code if looks_like_a_path(code)])
)
def test_every_path_exists(name, path):
    if path.startswith("/"):
        address = urlsplit(path).path.replace("CODE", "{code}")
        page = ROOT / "pages" / f"{address[1:]}.py"
        assert page.is_file() or address in [getattr(route, "path", "") for route in ROUTES]
        return
    if any(fnmatch.fnmatch(path, pattern) for pattern in NOT_IN_THE_TREE):
        return
    home = HERE[name].parent
    rooms = () if home == ROOT else [room for room in home.iterdir() if room.is_dir()]
    places = (ROOT, home, *rooms, runs.SHIPPED_DIR, runs.SHIPPED_DIR / runs.DEFAULT_RUN)
    assert any((place / path).exists() for place in places)


def looks_like_a_name(code):
    first = code.partition(".")[0]
    rooms = {"mnist_core", *(p.stem for p in (ROOT / "mnist_core").iterdir())}
    if looks_like_a_path(code) or not re.fullmatch(r"\w+(\.\w+)+", code):
        return False
    return first in rooms


@pytest.mark.parametrize(
    ("name", "dotted"), all_of(lambda d: [code for code in d.code if looks_like_a_name(code)])
)
def test_every_name_of_the_code_exists(name, dotted):
    parts = dotted.removeprefix("mnist_core.").split(".")
    path = ROOT / "mnist_core"
    while parts and ((path / parts[0]).is_dir() or (path / f"{parts[0]}.py").is_file()):
        path /= parts.pop(0)
    module = ".".join(path.relative_to(ROOT).parts)
    if parts:
        found = importlib.import_module(module)
        for part in parts:
            found = getattr(found, part)


# --- what the documents say of the house ---------------------------------------------


def test_the_floors_are_those_that_are_checked():
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`[a-z_`, ]+`) \|", text, re.MULTILINE)
    told = [name for row in rows for name in re.findall(r"\w+", row)]
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    layers = next(c["layers"] for c in contracts["contracts"] if c["type"] == "layers")
    assert told == [n for layer in layers for n in re.findall(r"\w+", layer) if n != "__main__"]
    picture = (ROOT / "docs" / "house.svg").read_text(encoding="utf-8")
    drawn = re.findall(r'class="name">([^<]+)</tspan>', picture)
    assert re.findall(r"\w+", " ".join(drawn)) == [
        "pages",
        "ui",
        *(name for name in told if name != "predictor"),
    ]


def modules():
    """The name of each module of the core, from its root, and its statements at the top."""
    for path in (ROOT / "mnist_core").rglob("*.py"):
        name = ".".join(path.relative_to(ROOT / "mnist_core").with_suffix("").parts)
        yield name, ast.parse(path.read_text(encoding="utf-8")).body


def told_between(start, end):
    """The dotted names in a part of the plan of the house."""
    text = HERE["ARCHITECTURE.md"].read_text(encoding="utf-8")
    part = text[text.index(start) : text.index(end)]
    return set(re.findall(r"`([a-z_]+\.[a-z_]+)`", part))


def test_the_entry_modules_are_all_told():
    entries = {
        name
        for name, body in modules()
        if any(isinstance(node, ast.FunctionDef) and node.name == "main" for node in body)
    }
    assert told_between("**Entry modules.**", "Nothing starts") == entries - {"cli.entry"}


def test_the_modules_that_import_tensorflow_are_all_told():
    importing = {
        name
        for name, body in modules()
        for node in body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for imported in [getattr(node, "module", None) or node.names[0].name]
        if imported.split(".")[0] in ("keras", "tensorflow")
    }
    assert told_between("import it at their top", "Everybody else") == importing


def test_the_changelog_has_the_version():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert f"\n## {version} – " in HERE["CHANGELOG.md"].read_text(encoding="utf-8")


# --- the cheap commands, for real ----------------------------------------------------


def cheap_commands():
    """The lines under “Try it”, as they are printed."""
    text = HERE[COMMAND_LINE].read_text(encoding="utf-8")
    [block] = re.findall(r"## Try it\n.*?```sh\n(.*?)```", text, re.DOTALL)
    return block.splitlines()


def test_the_cheap_commands_do_what_they_say(tmp_path, models_dir):
    """In a folder with a picture of a seven and, as in a checkout, the environment in `.venv`."""
    image = Image.new("L", (200, 200), 255)
    ImageDraw.Draw(image).line([(50, 40), (150, 40), (90, 170)], fill=0, width=18)
    image.save(tmp_path / "seven.png")
    (tmp_path / ".venv").symlink_to(sys.prefix)
    printed = {}
    for line in cheap_commands():
        done = subprocess.run(
            line,
            shell=True,
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, f"{line}: {done.stderr}"
        printed[line.split("mnist_core ")[1]] = done.stdout
    assert all(name in printed["runs"] for name in runs.SHIPPED)
    assert printed["predict seven.png"].startswith("7 (")
    assert json.loads(printed["predict seven.png --run cnn --json"])["digit"] == 7
    assert "export report-ann report-ann.tflite" in printed
    assert (tmp_path / "report-ann.tflite").read_bytes()[4:8] == b"TFL3"
