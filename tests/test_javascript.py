"""Modules joined into one script."""

import gzip
import re

import pytest

from mnist_core import javascript, pocket, runs
from routes import scripts
from ui import live_bars
from ui.inside import component

WORKER = scripts.WORKER.decode()


@pytest.fixture
def modules(tmp_path):
    """Writes modules; gives what comes of joining the first."""

    def join(**texts):
        for name, text in texts.items():
            (tmp_path / f"{name}.js").write_text(text)
        return javascript.join(tmp_path / f"{next(iter(texts))}.js")

    return join


def test_what_is_imported_stands_first_and_once(modules):
    script = modules(
        page='import { left } from "./left.js";\nimport { right } from "./right.js";\n\nleft();',
        left='import {\n base,\n} from "./base.js";\nexport function left() {\n  return base;\n}\n',
        right='import { base } from "./base.js";\nexport const right = base;\n',
        base="export const base = 2;\n",
    )
    code = [line for line in script.splitlines() if line and not line.startswith("//")]
    assert code == [
        '"use strict";',
        "const base = 2;",
        "function left() {",
        "  return base;",
        "}",
        "const right = base;",
        "left();",
    ]


def test_only_the_first_module_goes_on_exporting(modules):
    script = modules(
        page='import { A } from "./a.js";\nexport default function () {}\nexport const page = A;\n',
        a="export class A {}\n",
    )
    assert re.findall("^export.*", script, re.MULTILINE) == [
        "export default function () {}",
        "export const page = A;",
    ]


@pytest.mark.parametrize(
    ("page", "other", "complaint"),
    [
        ('import { x } from "./other.js";', "const x = 1;", "x, not exported by other.js"),
        ('import { x } from "./other.js";\nconst y = 1;', "export const x = 1;\nlet y;", "y"),
        ('import { x as y } from "./other.js";', "export const x = 1;", "x as y"),
        ('import x from "./other.js";', "export const x = 1;", "cannot be joined"),
        ('import "./other.js";', "", "cannot be joined"),
        ('import { x } from "other";', "", "cannot be joined"),
        ('import { x } from "./other.js";', "export default function x() {}", "x"),
        ('import { x } from "./other.js";', "const x = 1;\nexport { x };", "x"),
        ('import { x } from "./other.js";', 'export { x } from "./page.js";', "x"),
        ("const [x, y] = [1, 2];", "", "more than one name"),
        ('import { x } from "./other.js";', 'import { y } from "./page.js";', "imports itself"),
        ('const end = "</script>";', "", "</script"),
    ],
)
def test_what_cannot_be_joined_is_refused(modules, page, other, complaint):
    with pytest.raises(ValueError, match=re.escape(complaint)):
        modules(page=page + "\n", other=other + "\n")


def test_a_module_that_is_not_there(modules):
    with pytest.raises(FileNotFoundError):
        modules(page='import { x } from "./nowhere.js";\n')


@pytest.mark.parametrize("script", [WORKER, live_bars.JS], ids=["worker", "bars"])
def test_the_drawing_pages_scripts_import_nothing(script):
    code = re.sub(r"/\*.*?\*/", "", script, flags=re.DOTALL)
    assert not re.search(r"^import\b|\bimport[(.]", code, re.MULTILINE)
    exports = re.findall(r"^export.*", script, re.MULTILINE)
    assert len(exports) == (script is live_bars.JS)


def test_every_module_is_part_of_a_script():
    pages = pocket.script() + pocket.script(pocket.MEMBERS) + component.JS
    joined = WORKER + scripts.INSPECTION.decode() + live_bars.JS + pages
    for path in set(javascript.WEB.rglob("*.js")) - {pocket.SERVICE_WORKER}:
        assert f"\n// {path.name}\n" in joined


def test_the_page_for_phones_is_small():
    run = runs.read(runs.SHIPPED_DIR / runs.DEFAULT_RUN)
    page = pocket.served(run, pocket.Addresses("networks/0123456789abcdef", "worker.js")).encode()
    assert len(page) <= 100_000
    assert len(gzip.compress(page)) <= 35_000
    addresses = pocket.Addresses("../networks/0123456789abcdef", "../worker.js")
    member = pocket.for_member(run, addresses, "CDFHJK").encode()
    assert len(member) <= 120_000
    assert len(gzip.compress(member)) <= 40_000
