"""Reported and reproduced: the table, its sentences, and the run directories agree."""

import dataclasses
import math
import re
from pathlib import Path

import pytest

from mnist_core import recipes, runs
from mnist_core.errors import InputError
from mnist_core.experiments import reproductions
from mnist_core.experiments.reproductions import REPORTED, Row
from mnist_core.recipes import RECIPES, Recipe, dense

DOCUMENT = Path(__file__).parent.parent / "docs" / "reports.md"


@pytest.fixture(scope="module")
def shipped():
    return reproductions.read()


def row(recipe="report-ann", seed=0, **figures):
    usual = {f.name: 0.5 if f.type == "float" else 1 for f in dataclasses.fields(Row)}
    usual |= {"dataset": "mnist", "tensorflow": "2", "measured": "2026-01-01"}
    fingerprint = recipes.fingerprint(recipes.get(recipe))
    return Row(**(usual | {"recipe": recipe, "seed": seed, "fingerprint": fingerprint} | figures))


# --- the shipped table ---------------------------------------------------------------


@pytest.mark.parametrize("name", [n for n in REPORTED if n not in ("cnn", "rnn")])
def test_every_documented_recipe_was_measured_over_three_seeds(shipped, name):
    rows = [r for r in shipped if r.recipe == name]
    assert {0, 1, 2} <= {r.seed for r in rows}
    for r in rows:
        assert r.dataset == "mnist"
        assert r.parameters == sum(x.parameters for x in recipes.layer_table(RECIPES[name]))
        assert 0.9 < r.test_accuracy < 1
        assert 0.8 < r.drawn_accuracy < 1
        assert r.lowest_digit_accuracy < r.test_accuracy
        assert 1 <= r.best_epoch <= r.epochs <= RECIPES[name].epochs


def test_no_row_is_of_a_recipe_that_has_changed(shipped):
    with reproductions.TABLE.open() as file:
        assert len(file.readlines()) == len(shipped) + 1


def test_shipped_runs_agree_with_the_table(shipped):
    """A run with another seed may differ by as much as seeds differ, not by more."""
    compared = 0
    for name in runs.SHIPPED:
        run = runs.read(runs.SHIPPED_DIR / name)
        rows = [r for r in shipped if r.recipe == run.recipe.name]
        for r in rows:
            assert run.record.parameters == r.parameters
            assert run.record.dataset.name == r.dataset
            assert abs(run.metrics.test_accuracy - r.test_accuracy) < 0.006
            compared += 1
    assert compared >= 3


def test_the_document_shows_the_table(shipped):
    lines = DOCUMENT.read_text(encoding="utf-8").splitlines()
    for name in {r.recipe for r in shipped}:
        test = str(reproductions.summary(shipped, name, "test_accuracy"))
        drawn = str(reproductions.summary(shipped, name, "drawn_accuracy"))
        found = [line for line in lines if line.startswith(f"| `{name}` |") and test in line]
        assert found, f"run benchmarks/reports.py and put its table into docs/reports.md: {name}"
        assert drawn in found[0]


# --- sentences -----------------------------------------------------------------------


def test_the_sentences_take_their_figures_from_the_table(shipped):
    found = reproductions.findings(shipped)
    assert len(found) >= 5
    allowed = {claim.value for claims in REPORTED.values() for claim in claims} | {0.97, 0.98}
    for finding in found:
        rows = [r for r in shipped if r.recipe in finding.recipes]
        assert rows
        known = {*allowed}
        for name in finding.recipes:
            for figure in ("test_accuracy", "lowest_digit_accuracy"):
                known.add(reproductions.summary(rows, name, figure).mean)
                known |= {getattr(r, figure) for r in rows}
            for figure in ("several_likely", "calibration_error"):
                known.add(reproductions.summary(rows, name, figure).mean)
        for number in re.findall(r"(\d+(?:\.\d+)?)(?: ± [\d.]+)? ?%", finding.text):
            places = len(number.partition(".")[2])
            assert any(f"{value * 100:.{places}f}" == number for value in known), number


def test_each_contradiction_is_explained_once_it_was_measured():
    assert reproductions.findings([]) == []
    only = reproductions.findings([row("perceptron", test_accuracy=0.92)])
    assert only == []  # model 2 is not measured, so nothing can be said of it
    both = [row("perceptron", test_accuracy=0.921), row("mlp", test_accuracy=0.974)]
    (finding,) = reproductions.findings(both)
    assert "92.10 %" in finding.text
    assert "97.40 %" in finding.text


def test_the_wrong_model_is_named_as_above_or_below():
    for three, word in ((0.96, "below"), (0.98, "above")):
        rows = [row("mlp", test_accuracy=0.97), row("dropout-mlp", test_accuracy=three)]
        (finding,) = reproductions.findings(rows)
        assert f"{word} model 2 by 1.00 points" in finding.text


@pytest.mark.parametrize(
    ("lowest", "words"), [([0.96, 0.96], "none of 2"), ([0.98, 0.96], "1 of 2"), ([0.99], "1 of 1")]
)
def test_a_claim_of_every_digit_is_counted(lowest, words):
    rows = [row("early-stopping-ann", s, lowest_digit_accuracy=v) for s, v in enumerate(lowest)]
    (finding,) = reproductions.findings(rows)
    assert words in finding.text


def test_the_best_of_the_documents_is_named(shipped):
    assert reproductions.best_of_documents([]) == ""
    rows = [
        row("perceptron", test_accuracy=0.92, parameters=100),
        row("mlp", test_accuracy=0.97, parameters=300),
    ]
    words = reproductions.best_of_documents(rows)
    assert "**mlp** reads most" in words
    assert "perceptron follows with 92.00 % and 3.0 times fewer" in words
    best = max(
        (n for n in REPORTED if n not in ("cnn", "rnn")),
        key=lambda n: reproductions.summary(shipped, n, "test_accuracy").mean,
    )
    assert f"**{best}**" in reproductions.best_of_documents(shipped)


# --- the table as a file -------------------------------------------------------------


def test_a_table_survives_being_written(tmp_path, shipped):
    path = tmp_path / "table.csv"
    assert reproductions.read(path) == []
    reproductions.write(reversed(shipped), path)
    assert reproductions.read(path) == shipped
    assert path.read_bytes() == reproductions.TABLE.read_bytes()


def test_rows_of_a_recipe_that_has_changed_are_left_out(tmp_path, monkeypatch):
    path = tmp_path / "table.csv"
    reproductions.write([row(), row("mlp")], path)
    changed = dataclasses.replace(RECIPES["mlp"], epochs=7)
    monkeypatch.setitem(RECIPES, "mlp", changed)
    assert [r.recipe for r in reproductions.read(path)] == ["report-ann"]


@pytest.mark.parametrize("content", ["recipe,seed\nmlp,x\n", "recipe\n\xff", "recipe,seed\nmlp\n"])
def test_a_damaged_table_is_refused_in_a_sentence(tmp_path, content):
    path = tmp_path / "table.csv"
    path.write_bytes(content.encode("latin-1"))
    with pytest.raises(InputError, match="cannot be read: delete it and run"):
        reproductions.read(path)


def test_a_fingerprint_is_of_what_decides_a_training():
    recipe = RECIPES["mlp"]
    assert recipes.fingerprint(recipe) == recipes.fingerprint(
        dataclasses.replace(recipe, title="other words")
    )
    for change in ({"epochs": 3}, {"batch_size": 5}, {"hidden": (dense(5),)}, {"patience": 2}):
        other = dataclasses.replace(recipe, **change)
        assert recipes.fingerprint(other) != recipes.fingerprint(recipe)
    whole = Recipe("whole", "whole", (), validation_split=0.0)  # nothing is not the usual
    assert recipes.fingerprint(whole) != recipes.fingerprint(Recipe("whole", "whole", ()))


def test_a_summary_of_one_or_no_row():
    assert str(
        reproductions.summary([row(test_accuracy=0.975)], "report-ann", "test_accuracy")
    ) == ("97.50 %")
    nothing = reproductions.summary([], "report-ann", "test_accuracy")
    assert str(nothing) == ""
    assert math.isnan(nothing.mean)
    rows = [row(test_accuracy=0.97), row(seed=1, test_accuracy=0.98)]
    assert str(reproductions.summary(rows, "report-ann", "test_accuracy")) == "97.50 ± 0.71 %"


# --- training ------------------------------------------------------------------------

SMALL = Recipe("small", "small", (dense(8),), output="sigmoid", epochs=2, dataset="optical-digits")


@pytest.fixture
def small(monkeypatch, needs_pens):
    monkeypatch.setitem(RECIPES, "small", SMALL)


def test_what_is_missing_is_trained_and_the_rest_is_kept(small, tmp_path, models_dir):
    path = tmp_path / "table.csv"
    begun, ended = [], []

    def go(seeds):
        return reproductions.reproduce(
            ["small"], seeds, path, lambda *what: begun.append(what), None, ended.append
        )

    first = go(1)
    assert begun == [("small", 0)]
    (one,) = first
    assert [(r.recipe, r.seed) for r in ended] == [("small", 0)]
    assert one.parameters == 784 * 8 + 8 + 8 * 10 + 10
    assert one.epochs == 2
    assert 0 < one.test_accuracy < 1
    assert 0 < one.drawn_accuracy < 1
    assert one.cpu_seconds > 0
    assert one.output_sum != pytest.approx(1, abs=1e-3)  # sigmoid outputs do not sum to 1
    both = go(2)
    assert begun == [("small", 0), ("small", 1)]
    assert both[0] == first[0]
    assert both[1].seed == 1
    assert go(2) == both
    assert len(begun) == 2
    assert list(models_dir.iterdir()) == []  # nothing is left where runs are kept


def test_softmax_outputs_sum_to_one(small, tmp_path, monkeypatch):
    monkeypatch.setitem(RECIPES, "small", dataclasses.replace(SMALL, output="softmax", epochs=1))
    (one,) = reproductions.reproduce(["small"], 1, tmp_path / "table.csv")
    assert one.output_sum == pytest.approx(1, abs=1e-4)
    assert one.several_likely == 0


def test_nonsense_is_refused(tmp_path):
    with pytest.raises(InputError, match="at least 1"):
        reproductions.reproduce(["mlp"], 0, tmp_path / "t.csv")
    with pytest.raises(InputError, match="no recipe 'cmn'"):
        reproductions.reproduce(["cmn"], 1, tmp_path / "t.csv")
